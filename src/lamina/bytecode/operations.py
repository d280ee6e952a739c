"""The small set of operations that every version's instructions are rewritten into.

An operation takes its operands from a stack. `EFFECTS` lists them all, with how many values each
takes and leaves; where that depends on the argument, a function says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lamina._records import dataclass
from lamina.bytecode.code import Code
from lamina.bytecode.decode import Instruction


class Operation(NamedTuple):
    """One step of the evaluator; `at` is the index of the instruction that it belongs to."""

    name: str
    arg: Any
    at: int


@dataclass(frozen=True, slots=True)
class Target:
    """The offset that an operation jumps to, until it becomes the index of an operation."""

    offset: int


@dataclass(frozen=True, slots=True)
class Site:
    """One instruction among its neighbours, as a rule of the rewriting sees it.

    `places` maps the offset of each instruction to its index.
    """

    code: Code
    minor: int
    instructions: list[Instruction]
    index: int
    places: dict[int, int]

    @property
    def instruction(self) -> Instruction:
        """The instruction to be rewritten."""
        return self.instructions[self.index]

    @property
    def arg(self) -> int:
        """Its argument, as a number."""
        return self.instruction.arg

    @property
    def value(self) -> Any:
        """What its argument stands for."""
        return self.instruction.argval


Steps = list[tuple[str, Any]]
Rule = Callable[[Site], Steps]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A call of Python 2.7 to 3.5: counts of arguments, `*` and `**` given or not.

    `star_first` says that the `*` sequence lies below the keyword pairs (3.5), not above them.
    """

    positional: int
    keywords: int
    star: bool = False
    double_star: bool = False
    star_first: bool = False

    @property
    def operands(self) -> int:
        """How many values the call takes, without the function."""
        return self.positional + 2 * self.keywords + self.star + self.double_star


@dataclass(frozen=True, slots=True)
class Making:
    """What lies on the stack when a function is made.

    `flags` are those of Python 3.6 (1 defaults, 2 keyword defaults, 4 annotations, 8 closure); up to
    3.5 `defaults`, `keyword_defaults` and `annotations` count single values instead.
    """

    flags: int = 0
    qualname: bool = False
    defaults: int = 0
    keyword_defaults: int = 0
    annotations: int = 0

    @property
    def operands(self) -> int:
        """How many values are taken, the code object included."""
        named = self.annotations + 1 if self.annotations else 0
        return 1 + self.qualname + self.flags.bit_count() + self.defaults + 2 * self.keyword_defaults + named


Effect = tuple[int, int] | Callable[[Any], tuple[int, int]]

EFFECTS: dict[str, Effect] = {
    # the stack itself
    "NOP": (0, 0),
    "POP": (1, 0),
    "COPY": lambda n: (n, n + 1),
    "SWAP": lambda n: (n, n),
    "SINK": lambda n: (n, n),  # the top goes below the n - 1 values under it
    "NULL": (0, 1),
    # values
    "CONST": (0, 1),
    "VALUE": (0, 1),
    "GLOBAL": (0, 1),
    "BUILTIN": (0, 1),
    "LOAD": (0, 1),
    "LOAD_CLEAR": (0, 1),
    "STORE": (1, 0),
    "DELETE": (0, 0),
    "MAKE_CELL": (0, 0),
    "COPY_FREE": (0, 0),
    "CLOSURE": (0, 1),
    "LOAD_CELL": (0, 1),
    "STORE_CELL": (1, 0),
    "DELETE_CELL": (0, 0),
    "ATTR": (1, 1),
    "IMPORT": (2, 1),
    "IMPORT_FROM": (1, 2),
    # operators
    "UNARY": (1, 1),
    "BINARY": (2, 1),
    "COMPARE": (2, 1),
    "IS": (2, 1),
    "IN": (2, 1),
    "BOOL": (1, 1),
    "SUBSCR": (2, 1),
    "STORE_SUBSCR": (3, 0),
    "DELETE_SUBSCR": (2, 0),
    # building
    "TUPLE": lambda n: (n, 1),
    "LIST": lambda n: (n, 1),
    "SET": lambda n: (n, 1),
    "MAP": lambda n: (2 * n, 1),
    "KEY_MAP": lambda n: (n + 1, 1),
    "STRING": lambda n: (n, 1),
    "SLICE": lambda n: (n, 1),
    "CONCAT": lambda kind_n: (kind_n[1], 1),
    "MERGE": lambda kind_n: (kind_n[1], 1),
    "APPEND": lambda n: (n + 1, n),
    "ADD": lambda n: (n + 1, n),
    "MAP_ADD": lambda n_key_last: (n_key_last[0] + 2, n_key_last[0]),
    "EXTEND": lambda n: (n + 1, n),
    "UPDATE": lambda n: (n + 1, n),
    "DICT_UPDATE": lambda n: (n + 1, n),
    "DICT_MERGE": lambda n: (n + 1, n),
    "TO_TUPLE": (1, 1),
    "UNPACK": lambda n: (1, n),
    "UNPACK_EX": lambda before_after: (1, before_after[0] + before_after[1] + 1),
    "CONVERT": (1, 1),
    "FORMAT": (1, 1),
    "FORMAT_SPEC": (2, 1),
    # control
    "ITER": (1, 1),
    "FOR": (1, 2),  # and (1, 0) where it jumps
    "JUMP": (0, 0),
    "JUMP_TRUE": (1, 0),
    "JUMP_FALSE": (1, 0),
    "BLOCK": (0, 0),  # a loop, try or finally of 2.7 to 3.10 begins
    "POP_BLOCK": (0, 0),
    "BREAK": (0, 0),
    "CONTINUE": (0, 0),
    "END_FINALLY": (1, 0),
    "YIELD": (1, 1),
    "YIELD_FROM": (2, 1),
    "RETURN": (1, 0),
    "RAISE": lambda n: (n, 0),
    "REFUSE": (0, 0),
    # functions; a call has the function and a NULL or a first argument below the arguments
    "KEYWORDS": (0, 0),
    "CALL": lambda n: (n + 2, 1),
    "CALL_FLAT": lambda n: (n + 1, 1),
    "CALL_NAMED": lambda n: (n + 3, 1),
    "CALL_NAMED_FLAT": lambda n: (n + 2, 1),
    "CALL_PAIRS": lambda pairs: (pairs.operands + 1, 1),
    "CALL_STAR": lambda kw_flat: (3 + kw_flat[0] - kw_flat[1], 1),
    "FUNCTION": lambda making: (making.operands, 1),
    "SET_FUNCTION": (2, 1),
}
# The operations whose argument is the index of another one.
JUMPS = frozenset(["JUMP", "JUMP_TRUE", "JUMP_FALSE", "FOR", "CONTINUE"])
ENDS_PATH = frozenset(["RETURN", "RAISE", "REFUSE"])


def effect(operation: Operation) -> tuple[int, int]:
    """How many values an operation takes from the stack, and how many it leaves.

    Example:
        >>> effect(Operation("TUPLE", 3, 0))
        (3, 1)
    """
    found = EFFECTS[operation.name]
    return found if isinstance(found, tuple) else found(operation.arg)
