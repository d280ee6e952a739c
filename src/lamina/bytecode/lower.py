"""The instructions of every Python, rewritten into one small set of operations.

Each instruction becomes zero or more operations that mean the same in every version, so that the
evaluator knows no versions, and two versions whose operations agree are the same program.
"""

from __future__ import annotations

from typing import Any

from lamina._records import dataclass
from lamina.bytecode.code import Code
from lamina.bytecode.decode import Impossible, Instruction, decode
from lamina.bytecode.lower_calls import CALLS
from lamina.bytecode.lower_plain import BY_ARGUMENT, FIXED, RENAMED, cell_slot
from lamina.bytecode.opcodes import TABLES
from lamina.bytecode.operations import JUMPS, Operation, Rule, Site, Steps, Target

_RULES: dict[str, Rule] = {**BY_ARGUMENT, **CALLS}
_REFUSED = {
    "SETUP_WITH": "a with statement",
    "BEFORE_WITH": "a with statement",
    "LOAD_SPECIAL": "a with statement",
    "LOAD_BUILD_CLASS": "a class definition",
    "BUILD_CLASS": "a class definition",
    "STORE_ATTR": "setting an attribute",
    "DELETE_ATTR": "deleting an attribute",
    "STORE_GLOBAL": "assigning a global variable",
    "DELETE_GLOBAL": "deleting a global variable",
    "IMPORT_STAR": "import *",
    "EXEC_STMT": "an exec statement",
    "LOAD_SUPER_ATTR": "super()",
    "CALL_FINALLY": "returning from a try with finally",
    "GET_AWAITABLE": "await",
    "MATCH_CLASS": "a match statement",
    "MATCH_MAPPING": "a match statement",
    "MATCH_SEQUENCE": "a match statement",
    "BUILD_TEMPLATE": "a template string",
}


@dataclass(frozen=True)
class Program:
    """One code object, as one version wrote it, ready to be evaluated.

    `reachable` lists the operations that evaluation can come to, once that is known; the others
    belong to exception handlers.
    """

    code: Code
    version: str
    instructions: tuple[Instruction, ...]
    operations: tuple[Operation, ...]
    reachable: tuple[int, ...] = ()

    @property
    def meaning(self) -> tuple[tuple[str, Any], ...]:
        """What tells this program from one that another version would have written."""
        rank = {at: place for place, at in enumerate(self.reachable)}
        return tuple([_ranked(self.operations[at], rank) for at in self.reachable])


def _ranked(operation: Operation, rank: dict[int, int]) -> tuple[str, Any]:
    """An operation whose jump counts reachable operations only."""
    name, arg, _ = operation
    if name == "BLOCK":
        return name, (arg[0], rank.get(arg[1]))
    return name, rank.get(arg) if name in JUMPS else arg


def lower(code: Code, version: str, lines: bool = True) -> Program:
    """The program that `code` is when read as Python `version`.

    Args:
        code: One code object; nested ones are lowered when they are called.
        version: A key of `TABLES`.
        lines: Whether the line table must fit.

    Returns:
        The program; its jumps are indices of operations.

    Raises:
        Impossible: That version's compiler does not write such code.
    """
    instructions = decode(code, version, lines)
    minor = TABLES[version].minor
    places = {instruction.offset: index for index, instruction in enumerate(instructions)}
    expansions = [_expand(Site(code, minor, instructions, i, places)) for i in range(len(instructions))]
    prologue = _prologue(code, minor)
    starts: dict[int, int] = {}
    total = len(prologue)
    for instruction, steps in zip(instructions, expansions, strict=True):
        starts[instruction.offset] = total
        total += len(steps)
    operations = [Operation(name, arg, 0) for name, arg in prologue] + [
        Operation(name, _placed(arg, starts), at)
        for at, steps in enumerate(expansions)
        for name, arg in steps
    ]
    return Program(code, version, tuple(instructions), tuple(operations))


def _expand(site: Site) -> Steps:
    name = site.instruction.opname
    if name in RENAMED:
        return [(RENAMED[name], site.arg)]
    if name in FIXED:
        return FIXED[name]
    if name in _RULES:
        return _RULES[name](site)
    return [("REFUSE", _REFUSED.get(name, f"the instruction {name}"))]


def _placed(arg: Any, starts: dict[int, int]) -> Any:
    """An argument whose jump target is an index of an operation instead of an offset."""
    if isinstance(arg, tuple) and len(arg) == 2 and isinstance(arg[1], Target):
        return arg[0], _placed(arg[1], starts)
    if not isinstance(arg, Target):
        return arg
    if arg.offset not in starts:
        raise Impossible("a jump past the end of the bytecode")
    return starts[arg.offset]


def _prologue(code: Code, minor: int) -> Steps:
    """The making of closure variables, which only 3.11 and later write out."""
    if minor >= 11:
        return []
    site = Site(code, minor, [], 0, {})
    cells: Steps = [("MAKE_CELL", cell_slot(site, index)) for index in range(len(code.cellvars))]
    return [*cells, ("COPY_FREE", None)] if code.freevars else cells
