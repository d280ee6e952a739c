"""Mends instructions and constants in which Windows wrote 0x2F for 0x5C."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

from lamina.bytecode.code import Code
from lamina.bytecode.decode import Impossible
from lamina.bytecode.limits import Limits
from lamina.bytecode.mend_container import BACKSLASH, SLASH, attempts
from lamina.bytecode.opcodes import TABLES, Table
from lamina.bytecode.version import LAYOUTS, check_code, readings
from lamina.errors import BytecodeError

_SUSPECTS = 6
_DRIVE = re.compile(r"[A-Za-z]:/")
_LONG_REPR, _SHORT_REPR = 15, 8


def mend_instructions(code: Code, limits: Limits, notes: list[str]) -> Code:
    """The code object with the instructions and arguments put back that Windows changed.

    Args:
        code: A code object that no version could have written as it is.
        limits: `repairs` bounds the attempts per version.
        notes: Receives a note for each byte put back.

    Returns:
        A code object that some version could have written.

    Raises:
        BytecodeError: None can be found, or several that differ.
    """
    found: list[tuple[Code, list[str]]] = []
    size = sum(len(part.code) for part in code.tree())
    for version in LAYOUTS[code.layout]:
        made: list[str] = []
        mended = _mend_tree(code, version, iter(range(attempts(limits, size))), made)
        if mended is not None and all(mended != other for other, _ in found):
            found.append((mended, made))
    if not found:
        readings(code)
    fewest = min([len(made) for _, made in found], default=0)
    best = [(mended, made) for mended, made in found if len(made) == fewest]
    if len(best) != 1:
        raise BytecodeError(
            f"The saved function {code.name!r} is damaged, and {len(best)} repairs are equally likely."
        )
    notes.extend(best[0][1])
    return best[0][0]


def _mend_tree(code: Code, version: str, tries: Iterator[int], made: list[str]) -> Code | None:
    """The code object with every nested one mended for one version; None where that fails.

    All of them share the `tries`.
    """
    consts = []
    for const in code.consts:
        inner = _mend_tree(const, version, tries, made) if isinstance(const, Code) else const
        if inner is None and const is not None:
            return None
        consts.append(inner)
    for raw, _ in zip(_variants(code.code, TABLES[version]), tries, strict=False):
        mended = replace(code, code=raw, consts=tuple(consts))
        try:
            check_code(mended, version, lines=False)
        except Impossible:
            continue
        made.extend(_changes(code, raw))
        return mended
    return None


def _variants(raw: bytes, table: Table) -> Iterator[bytes]:
    """The bytecode with what cannot be as it is put back, then with more and more put back."""
    forced = _with_instructions_back(raw, table)
    yield forced
    suspects = [at for at, byte in enumerate(forced) if byte == SLASH][:_SUSPECTS]
    for size in range(1, len(suspects) + 1):
        for chosen in combinations(suspects, size):
            changed = bytearray(forced)
            for at in chosen:
                changed[at] = BACKSLASH
            yield bytes(changed)


def _with_instructions_back(raw: bytes, table: Table) -> bytes:
    """Every instruction 47 that cannot be one made 92 again.

    Up to 3.12 there is no 47. In 3.14 it is BUILD_MAP, which unlike 92 (LOAD_GLOBAL) has no caches.
    """
    changed = bytearray(raw)
    empty = bytes(2 * table.caches.get(BACKSLASH, 0))
    at = 0
    while at < len(changed):
        cached = empty and changed[at + 2 : at + 2 + len(empty)] == empty
        if changed[at] == SLASH and (SLASH not in table.names or cached):
            changed[at] = BACKSLASH
        at += 2 if table.wide else 3 if changed[at] >= table.have_argument else 1
    return bytes(changed)


def _changes(code: Code, raw: bytes) -> list[str]:
    return [
        f"byte {at} of {code.name!r} was 0x5C before Windows wrote 0x2F"
        for at, (before, after) in enumerate(zip(code.code, raw, strict=True))
        if before != after
    ]


def has_windows_path(code: Code) -> bool:
    """Whether the source file's path is one of Windows with slashes for its backslashes.

    Source: `func_dump` of Keras 2.0 to 3, which replaces them `if os.name == "nt"`.
    """
    return _DRIVE.match(code.filename) is not None


def mend_constants(code: Code, notes: list[str]) -> Code:
    """Numbers that Windows changed: floats are put back where that is evident, others are named.

    Args:
        code: A code object written on Windows.
        notes: Receives a note for each number.

    Returns:
        The code object with the numbers put back.
    """
    return replace(code, consts=tuple([_mend_constant(const, notes) for const in code.consts]))


def _mend_constant(const: Any, notes: list[str]) -> Any:
    if isinstance(const, Code):
        return mend_constants(const, notes)
    if isinstance(const, tuple):
        return tuple([_mend_constant(item, notes) for item in const])
    if type(const) is float:
        return _mend_float(const, notes)
    if type(const) is int and SLASH in const.to_bytes(const.bit_length() // 8 + 1, "little", signed=True):
        notes.append(f"the constant {const} may have been another: Windows wrote each 0x5C as 0x2F")
    return const


def _mend_float(value: float, notes: list[str]) -> float:
    """A float of many digits that has few ones once its 0x2F bytes are 0x5C again."""
    raw = struct.pack("<d", value)
    suspects = [at for at, byte in enumerate(raw) if byte == SLASH]
    options = [value]
    for size in range(1, len(suspects) + 1):
        for chosen in combinations(suspects, size):
            changed = bytes(BACKSLASH if at in chosen else byte for at, byte in enumerate(raw))
            options.append(struct.unpack("<d", changed)[0])
    shortest = min((option for option in options if math.isfinite(option)), key=_digits, default=value)
    if _digits(shortest) > _SHORT_REPR or _digits(value) < _LONG_REPR:
        return value
    notes.append(f"the constant {value!r} was {shortest!r} before Windows wrote 0x2F for 0x5C")
    return shortest


def _digits(value: float) -> int:
    return len(repr(value))
