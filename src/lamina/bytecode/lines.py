"""Line numbers out of the line tables of every Python; also evidence for the version.

Source: `Objects/lnotab_notes.txt` (up to 3.10), `Objects/locations.md` (3.11 on).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from lamina.bytecode.code import Code

Ranges = list[tuple[int, int | None]]
_NO_LINE_310 = -128
_NO_LOCATION, _LONG, _NO_COLUMN, _ONE_LINE = 15, 14, 13, (10, 11, 12)


def line_starts(code: Code, minor: int) -> Ranges | None:
    """The offset at which each line starts; None where the table does not fit the bytecode.

    Args:
        code: The code object.
        minor: The y of Python 3.y, 0 for 2.7.

    Returns:
        Pairs of an offset and a line number (None for code without a line), in order of offset.
    """
    if minor >= 11:
        return _location_table(code)
    return _line_table_310(code) if minor == 10 else _line_number_table(code, signed=minor >= 6)


def line_at(starts: Ranges, offset: int) -> int | None:
    """The line of the instruction at `offset`.

    Example:
        >>> line_at([(0, 7), (6, 8)], 4)
        7
    """
    index = bisect_right(starts, offset, key=lambda start: start[0]) - 1
    return starts[index][1] if index >= 0 else None


def _line_number_table(code: Code, signed: bool) -> Ranges | None:
    """Up to 3.9: pairs of bytes, how far the offset and the line advance."""
    table = code.linetable
    offset, line = 0, code.firstlineno
    starts: Ranges = [(0, line)]
    for advance, delta in zip(table[::2], table[1::2], strict=False):
        offset += advance
        line += delta - 256 if signed and delta > 127 else delta
        starts.append((offset, line))
    return starts if len(table) % 2 == 0 and offset < len(code.code) else None


def _line_table_310(code: Code) -> Ranges | None:
    """Python 3.10: pairs of bytes, the length of a range and the line's change at its start."""
    table = code.linetable
    offset, line = 0, code.firstlineno
    starts: Ranges = []
    for length, delta in zip(table[::2], table[1::2], strict=False):
        signed = delta - 256 if delta > 127 else delta
        line += 0 if signed == _NO_LINE_310 else signed
        starts.append((offset, None if signed == _NO_LINE_310 else line))
        offset += length
    return starts if len(table) % 2 == 0 and offset == len(code.code) else None


def _location_table(code: Code) -> Ranges | None:
    """3.11 on: entries whose first byte has its top bit set, holding a kind and a length."""
    table = iter(code.linetable)
    offset, line = 0, code.firstlineno
    starts: Ranges = []
    try:
        for head in table:
            if not head & 0x80:
                return None
            kind = head >> 3 & 15
            line += _skip_location(table, kind)
            starts.append((offset, None if kind == _NO_LOCATION else line))
            offset += 2 * ((head & 7) + 1)
    except (StopIteration, OverflowError):
        return None
    return starts if offset == len(code.code) else None


def _skip_location(table: Iterator[int], kind: int) -> int:
    """How much the line changes in an entry of this kind; consumes the entry's bytes."""
    if kind == _NO_LOCATION:
        return 0
    if kind in (_LONG, _NO_COLUMN):
        delta = _signed(_variable_number(table))
        for _ in range(3 if kind == _LONG else 0):
            _variable_number(table)
        return delta
    for _ in range(2 if kind in _ONE_LINE else 1):
        next(table)
    return kind - 10 if kind in _ONE_LINE else 0


def _variable_number(table: Iterator[int]) -> int:
    """A number in groups of six bits, the lowest first; bit 6 says that another group follows."""
    value, shift = 0, 0
    while True:
        byte = next(table)
        value |= (byte & 0x3F) << shift
        shift += 6
        if not byte & 0x40:
            return value
        if shift > 60:
            raise OverflowError("a number of more than 60 bits in a line table")


def _signed(value: int) -> int:
    return -(value >> 1) if value & 1 else value >> 1
