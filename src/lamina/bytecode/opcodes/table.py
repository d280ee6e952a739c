"""What distinguishes one Python's instruction encoding from another's."""

from __future__ import annotations

from typing import Literal

from lamina._records import dataclass
from lamina.bytecode.opcodes.numbers import CACHES, NUMBERS

ArgumentKind = Literal["const", "name", "slot", "deref", "jump", "compare", "binary", "number"]

# What the argument of an instruction is an index into; all others are plain numbers.
_INDICES: tuple[tuple[ArgumentKind, str], ...] = (
    ("const", "LOAD_CONST RETURN_CONST KW_NAMES"),
    (
        "name",
        "LOAD_GLOBAL LOAD_NAME LOAD_ATTR LOAD_METHOD STORE_ATTR DELETE_ATTR STORE_GLOBAL "
        "DELETE_GLOBAL STORE_NAME DELETE_NAME IMPORT_NAME IMPORT_FROM LOAD_SUPER_ATTR "
        "LOAD_FROM_DICT_OR_GLOBALS STORE_ANNOTATION",
    ),
    (
        "slot",
        "LOAD_FAST STORE_FAST DELETE_FAST LOAD_FAST_CHECK LOAD_FAST_AND_CLEAR LOAD_FAST_BORROW",
    ),
    (
        "deref",
        "LOAD_CLOSURE LOAD_DEREF STORE_DEREF DELETE_DEREF LOAD_CLASSDEREF MAKE_CELL LOAD_FROM_DICT_OR_DEREF",
    ),
    ("compare", "COMPARE_OP"),
    ("binary", "BINARY_OP"),
)
_KINDS: dict[str, ArgumentKind] = {name: kind for kind, names in _INDICES for name in names.split()}
_ABSOLUTE = frozenset(
    "JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP JUMP_ABSOLUTE POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE "
    "CONTINUE_LOOP JUMP_IF_NOT_EXC_MATCH".split()
)
_RELATIVE = frozenset(
    "FOR_ITER JUMP_FORWARD SETUP_LOOP SETUP_EXCEPT SETUP_FINALLY SETUP_WITH SETUP_ASYNC_WITH "
    "CALL_FINALLY SEND".split()
)

BINARY_OPERATORS = tuple("+ & // << @ * % | ** >> - / ^".split())
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not", "exception match")


@dataclass(frozen=True)
class Table:
    """The encoding of one Python version.

    `minor` is 0 for Python 2.7, else the y of 3.y. `names` maps numbers to instructions; `caches`
    says how many two-byte slots follow a number.
    """

    version: str
    minor: int
    names: dict[int, str]
    caches: dict[int, int]
    have_argument: int
    kinds: dict[int, ArgumentKind]

    @property
    def wide(self) -> bool:
        """Whether each instruction has two bytes (3.6 on), not one or three."""
        return self.minor >= 6

    def jump_target(self, name: str, argument: int, following: int) -> int:
        """The offset that a jump leads to, `following` being the offset after the instruction."""
        distance = argument * 2 if self.minor >= 10 else argument
        if self.minor < 11 and name in _ABSOLUTE:
            return distance
        return following - distance if "BACKWARD" in name else following + distance


def _is_jump(name: str) -> bool:
    return name in _ABSOLUTE or name in _RELATIVE or "JUMP" in name


def _parse(words: list[str], before: dict[str, int]) -> dict[str, int]:
    """Instruction numbers after applying the `words` of `NUMBERS` to those of the version before."""
    numbers = dict(before)
    number = 0
    for word in words:
        if word == "START":
            numbers = {}
        elif word.isdigit():
            number = int(word)
        elif word.startswith("-"):
            del numbers[word[1:]]
        else:
            numbers[word] = number
            number += 1
    return numbers


def _tables() -> dict[str, Table]:
    tables = {}
    numbers: dict[str, int] = {}
    for version, words in NUMBERS.items():
        numbers = _parse(words.split(), numbers)
        minor = 0 if version == "2.7" else int(version.split(".")[1])
        kinds = {number: _kind(name) for name, number in numbers.items()}
        tables[version] = Table(
            version=version,
            minor=minor,
            names={number: name for name, number in numbers.items()},
            caches={numbers[name]: count for name, count in CACHES.get(version, {}).items()},
            have_argument={13: 44, 14: 43}.get(minor, 90),
            kinds=kinds,
        )
    return tables


def _kind(name: str) -> ArgumentKind:
    return "jump" if _is_jump(name) else _KINDS.get(name, "number")


TABLES: dict[str, Table] = _tables()
VERSIONS: tuple[str, ...] = tuple(TABLES)
