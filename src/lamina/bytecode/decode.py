"""Bytecode to instructions: caches skipped, extended arguments folded, arguments resolved."""

from __future__ import annotations

from typing import NamedTuple

from lamina.bytecode.code import Code, short_repr
from lamina.bytecode.lines import line_at, line_starts
from lamina.bytecode.opcodes import TABLES, Table
from lamina.bytecode.opcodes.table import BINARY_OPERATORS, COMPARISONS


class Impossible(Exception):
    """No compiler of this version writes such code; another version is to be tried."""


class Instruction(NamedTuple):
    """One instruction as its own Python's `dis` shows it.

    `argval` is what the argument stands for: a constant, a name, the offset that a jump leads to.
    `following` is the offset of the next instruction, after any caches.
    """

    offset: int
    following: int
    line: int | None
    opname: str
    arg: int
    argval: object

    def __str__(self) -> str:
        if self.opname == str(self.argval) or self.argval is _NOTHING:
            return f"{self.offset:>5} {self.opname}"
        return f"{self.offset:>5} {self.opname:<24} {self.arg:<4} ({_show(self.argval)})"


class _Nothing:
    """The argument value of an instruction that takes no argument."""


_NOTHING = _Nothing()


def decode(code: Code, version: str, lines: bool = True) -> list[Instruction]:
    """The instructions of `code`, read as Python `version` wrote them.

    Args:
        code: One code object; those nested in it are not touched.
        version: A key of `TABLES`, such as "3.8".
        lines: Whether the line table must fit; without, a table that does not is ignored.

    Returns:
        The instructions in order.

    Raises:
        Impossible: That version's compiler does not write such code.
    """
    table = TABLES[version]
    starts = line_starts(code, table.minor)
    if starts is None and lines:
        raise Impossible("the line table does not fit the bytecode")
    starts = starts or []
    instructions = []
    position, end = 0, len(code.code)
    while position < end:
        offset = position
        number, arg, position = _one(code.code, position, table)
        position = _skip_caches(code.code, position, table.caches.get(number, 0))
        name = table.names[number]
        argval = _resolve(code, table, number, name, arg, position)
        instructions.append(Instruction(offset, position, line_at(starts, offset), name, arg, argval))
    _check_jumps(instructions)
    return instructions


def disassemble(instructions: list[Instruction], around: int | None = None, context: int = 4) -> str:
    """The instructions as text, those near the offset `around` only, that one marked.

    Args:
        instructions: What `decode` returned.
        around: The offset to mark; None shows everything.
        context: How many instructions to show before and after it.

    Returns:
        One line per instruction, with the source line number where a new one starts.
    """
    marked = next((i for i, at in enumerate(instructions) if at.offset == around), None)
    first = 0 if marked is None else max(0, marked - context)
    last = len(instructions) if marked is None else marked + context + 1
    rows, previous = [], None
    for index, instruction in enumerate(instructions[first:last], first):
        line = instruction.line if instruction.line != previous else None
        previous = instruction.line
        arrow = "-->" if index == marked else "   "
        rows.append(f"{line if line is not None else '':>5} {arrow}{instruction}".rstrip())
    return "\n".join(rows)


def _one(raw: bytes, position: int, table: Table) -> tuple[int, int, int]:
    """The number and the whole argument of the instruction at `position`, and where it ends."""
    extended = 0
    while True:
        number, arg, position = _unit(raw, position, table)
        name = table.names.get(number)
        if name is None:
            raise Impossible(f"{number} is no instruction of Python {table.version}")
        arg |= extended
        if name != "EXTENDED_ARG":
            return number, arg, position
        extended = arg << (8 if table.wide else 16)
        if extended >= 1 << 40:
            raise Impossible("an argument of more than 32 bits")


def _unit(raw: bytes, position: int, table: Table) -> tuple[int, int, int]:
    number = raw[position]
    has_argument = number >= table.have_argument
    size = 2 if table.wide else 3 if has_argument else 1
    argument = raw[position + 1 : position + size]
    if len(argument) != size - 1:
        raise Impossible("the bytecode ends within an instruction")
    # 3.10 alone leaves the argument of a ROT_N on the ROT_TWO that replaces it
    if not has_argument and any(argument) and table.minor != 10:
        raise Impossible(f"instruction {number} has an argument but takes none")
    return number, int.from_bytes(argument, "little"), position + size


def _skip_caches(raw: bytes, position: int, count: int) -> int:
    """The offset after `count` caches; saved code holds them as zeros."""
    caches = raw[position : position + 2 * count]
    if len(caches) != 2 * count or any(caches):
        raise Impossible("a cache is missing or not empty")
    return position + 2 * count


def _resolve(code: Code, table: Table, number: int, name: str, arg: int, following: int) -> object:
    kind = table.kinds[number]
    if kind == "number":
        return arg if number >= table.have_argument else _NOTHING
    if kind == "jump":
        return table.jump_target(name, arg, following)
    if kind == "compare":
        return _pick(COMPARISONS, _comparison_index(table, arg))
    if kind == "binary":
        return _binary_operator(table, arg)
    return _pick(_pool(code, table, kind), _index(table, name, arg))


def _index(table: Table, name: str, arg: int) -> int:
    """The index within an argument whose low bits say something else."""
    if (name == "LOAD_GLOBAL" and table.minor >= 11) or (name == "LOAD_ATTR" and table.minor >= 12):
        return arg >> 1
    return arg >> 2 if name == "LOAD_SUPER_ATTR" else arg


def _pool(code: Code, table: Table, kind: str) -> tuple[object, ...]:
    if kind == "const":
        return code.consts
    if kind == "name":
        return code.names
    if table.minor >= 11:
        return code.slots
    return code.varnames if kind == "slot" else code.cellvars + code.freevars


# From 3.12 on the low bits repeat which orders satisfy a comparison: unordered, <, > and ==.
_ORDERS = (0b0010, 0b1010, 0b1000, 0b0111, 0b0100, 0b1100)


def _comparison_index(table: Table, arg: int) -> int:
    shift = {12: 4, 13: 5, 14: 5}.get(table.minor, 0)
    index = arg >> shift
    if (table.minor >= 9 and index >= 6) or (shift and arg & 15 != _ORDERS[index]):
        raise Impossible(f"comparison {arg} does not exist")
    return index


def _binary_operator(table: Table, arg: int) -> str:
    if arg == 26 and table.minor >= 14:
        return "[]"
    operator = _pick(BINARY_OPERATORS, arg % 13 if arg < 26 else arg)
    return f"{operator}=" if arg >= 13 else str(operator)


def _pick(pool: tuple[object, ...], index: int) -> object:
    if not 0 <= index < len(pool):
        raise Impossible(f"index {index} into {len(pool)} items")
    return pool[index]


def _check_jumps(instructions: list[Instruction]) -> None:
    offsets = {instruction.offset for instruction in instructions}
    for at in instructions:
        if at.opname in _JUMPS and at.argval not in offsets:
            raise Impossible(f"a jump to {at.argval}, where no instruction starts")


_JUMPS = frozenset(
    name for table in TABLES.values() for number, name in table.names.items() if table.kinds[number] == "jump"
)


def _show(value: object) -> str:
    return value if isinstance(value, str) else short_repr(value)
