"""The exception table of Python 3.11 and later: which ranges of bytecode have which handler.

Source: `Objects/exception_handling_notes.txt`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lamina.bytecode.code import Code
from lamina.bytecode.decode import Impossible, Instruction


def check_exception_table(code: Code, instructions: Sequence[Instruction]) -> None:
    """Checks that each entry names a range within the bytecode and a handler where one starts.

    Args:
        code: The code object.
        instructions: Its instructions.

    Raises:
        Impossible: An entry does not fit.
    """
    offsets = {instruction.offset for instruction in instructions}
    numbers = _numbers(code.exceptiontable)
    if len(numbers) % 4:
        raise Impossible("the exception table is cut")
    for start, length, handler, _ in zip(*[iter(numbers)] * 4, strict=True):
        end = 2 * (start + length)
        if 2 * start not in offsets or 2 * handler not in offsets or end > len(code.code) or not length:
            raise Impossible("the exception table does not fit the bytecode")


def _numbers(table: bytes) -> list[int]:
    """Numbers in groups of six bits, the highest first; bit 6 says that another group follows."""
    numbers = []
    value = 0
    for byte in table:
        value = value << 6 | byte & 0x3F
        if value >= 1 << 32:
            raise Impossible("an exception table with numbers of more than 32 bits")
        if not byte & 0x40:
            numbers.append(value)
            value = 0
    return numbers
