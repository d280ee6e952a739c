"""Assembles code objects of Python 3.4 and 3.5, for which no interpreter is at hand.

`translate` rewrites a Python 2.7 code object into their instruction set: the encoding is the same, some
instructions differ. Source: "Python Bytecode Instructions" in the `dis` documentation of 3.4 and 3.5.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lamina.bytecode import Code, decode
from lamina.bytecode.opcodes import TABLES

Line = tuple[str, Any]
JUMPS_TO = frozenset(
    "FOR_ITER JUMP_FORWARD SETUP_LOOP SETUP_EXCEPT SETUP_FINALLY JUMP_IF_FALSE_OR_POP "
    "JUMP_IF_TRUE_OR_POP JUMP_ABSOLUTE POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE CONTINUE_LOOP".split()
)
ABSOLUTE = frozenset(
    "JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP JUMP_ABSOLUTE POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE "
    "CONTINUE_LOOP".split()
)


@dataclass
class Assembly:
    """A function to be; `lines` are instructions with arguments, ("LABEL", name) or a jump to a label."""

    lines: list[Line]
    consts: Sequence[Any] = (None,)
    names: Sequence[str] = ()
    varnames: Sequence[str] = ()
    freevars: Sequence[str] = ()
    cellvars: Sequence[str] = ()
    argcount: int = 1
    kwonlyargcount: int = 0
    stacksize: int = 20
    flags: int = 0x43
    name: str = "<lambda>"
    extra: dict[str, Any] = field(default_factory=dict)


def encode(lines: list[Line], version: str) -> bytes:
    """One byte per instruction, two more where it has an argument."""
    numbers = {name: number for number, name in TABLES[version].names.items()}
    offsets: dict[Any, int] = {}
    position = 0
    for name, arg in lines:
        if name == "LABEL":
            offsets[arg] = position
        else:
            position += 3 if numbers[name] >= 90 else 1
    raw = bytearray()
    for name, arg in lines:
        if name == "LABEL":
            continue
        raw.append(numbers[name])
        if numbers[name] >= 90:
            following = len(raw) + 2
            if name in JUMPS_TO:
                arg = offsets[arg] - (0 if name in ABSOLUTE else following)
            raw += struct.pack("<H", arg)
    return bytes(raw)


def marshal_code(assembly: Assembly, version: str) -> bytes:
    """The code object as Python 3.4 and 3.5 marshal it."""
    header = struct.pack(
        "<5i",
        assembly.argcount,
        assembly.kwonlyargcount,
        len(assembly.varnames),
        assembly.stacksize,
        assembly.flags,
    )
    parts = [
        encode(assembly.lines, version),
        tuple(assembly.consts),
        tuple(assembly.names),
        tuple(assembly.varnames),
        tuple(assembly.freevars),
        tuple(assembly.cellvars),
        "assembled.py",
        assembly.name,
    ]
    body = b"".join(marshal_value(part, version) for part in parts)
    return b"\xe3" + header + body + struct.pack("<i", 1) + marshal_value(b"", version)


def marshal_value(value: Any, version: str) -> bytes:
    if value is None or value is ... or isinstance(value, bool):
        return {None: b"N", True: b"T", False: b"F", ...: b"."}[value]
    if isinstance(value, Assembly):
        return marshal_code(value, version)
    if isinstance(value, int):
        if abs(value) < 1 << 31:
            return b"i" + struct.pack("<i", value)
        digits = []
        rest = abs(value)
        while rest:
            digits.append(rest & 0x7FFF)
            rest >>= 15
        count = len(digits) if value > 0 else -len(digits)
        return b"l" + struct.pack("<i", count) + b"".join(struct.pack("<H", digit) for digit in digits)
    if isinstance(value, float):
        return b"g" + struct.pack("<d", value)
    if isinstance(value, complex):
        return b"y" + struct.pack("<dd", value.real, value.imag)
    if isinstance(value, bytes):
        return b"s" + struct.pack("<i", len(value)) + value
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return b"u" + struct.pack("<i", len(raw)) + raw
    return b"(" + struct.pack("<i", len(value)) + b"".join(marshal_value(item, version) for item in value)


class Untranslatable(Exception):
    """Python 2 code that has no counterpart written by the same compiler rules."""


# Instructions of 2.7 that 3.4 lacks, and what stands for them there.
REPLACED: dict[str, list[Line]] = {
    "BINARY_DIVIDE": [("BINARY_TRUE_DIVIDE", None)],
    "INPLACE_DIVIDE": [("INPLACE_TRUE_DIVIDE", None)],
    "ROT_FOUR": [("ROT_THREE", None)],
}


def translate(code: Code, version: str) -> Assembly:
    """The same function as the compiler of `version` (3.4 or 3.5) would lay it out."""
    consts = [translate(const, version) if isinstance(const, Code) else const for const in code.consts]
    none = len(consts)
    consts.append(None)
    lines: list[Line] = []
    for instruction in decode(code, "2.7"):
        lines.append(("LABEL", instruction.offset))
        name, arg = instruction.opname, instruction.arg
        if name in JUMPS_TO:
            lines.append((name, instruction.argval))
        elif name == "DUP_TOPX":
            lines += [("DUP_TOP_TWO", None)] if arg == 2 else _no(name)
        elif "SLICE+" in name:
            lines += _slice(name, none)
        elif name in ("MAKE_FUNCTION", "MAKE_CLOSURE"):
            consts.append("inner")
            lines += [("LOAD_CONST", len(consts) - 1), (name, arg)]
        elif name == "LIST_APPEND":
            lines.append((name, arg))
        elif name == "RAISE_VARARGS" and arg > 1:
            _no(name)
        elif (name == "STORE_MAP" and version == "3.5") or name.startswith(("PRINT", "CALL_FUNCTION_")):
            _no(name)
        elif name == "LOAD_GLOBAL" and instruction.argval in ("True", "False", "None"):
            consts.append({"True": True, "False": False, "None": None}[str(instruction.argval)])
            lines.append(("LOAD_CONST", len(consts) - 1))
        else:
            lines += REPLACED.get(name, [(name, arg)])
    return Assembly(
        lines,
        consts,
        code.names,
        code.varnames,
        code.freevars,
        code.cellvars,
        code.argcount,
        0,
        code.stacksize + 3,
        code.flags,
        code.name,
    )


def _no(name: str) -> list[Line]:
    raise Untranslatable(name)


def _slice(name: str, none: int) -> list[Line]:
    """`x[a:b]` builds a slice object in Python 3."""
    kind, form = name.split("+")
    before: dict[str, list[Line]] = {
        "0": [("LOAD_CONST", none), ("LOAD_CONST", none)],
        "1": [("LOAD_CONST", none)],
        "2": [("LOAD_CONST", none), ("ROT_TWO", None)],
        "3": [],
    }
    last = {"SLICE": "BINARY_SUBSCR", "STORE_SLICE": "STORE_SUBSCR", "DELETE_SLICE": "DELETE_SUBSCR"}[kind]
    return [*before[form], ("BUILD_SLICE", 2), (last, None)]
