"""The order in which each Python marshals the fields of a code object, and what they must hold."""

from __future__ import annotations

from typing import cast

from lamina.bytecode.code import VARARGS, VARKEYWORDS, Code
from lamina.errors import BytecodeError

# Everything before "code" and "firstlineno" itself is a number, the rest are objects.
FIELDS: dict[str, tuple[str, ...]] = {
    layout: tuple(fields.split())
    for layout, fields in {
        "2.7": "argcount nlocals stacksize flags code consts names varnames freevars cellvars "
        "filename name firstlineno linetable",
        "3.4": "argcount kwonlyargcount nlocals stacksize flags code consts names varnames freevars "
        "cellvars filename name firstlineno linetable",
        "3.8": "argcount posonlyargcount kwonlyargcount nlocals stacksize flags code consts names "
        "varnames freevars cellvars filename name firstlineno linetable",
        "3.11": "argcount posonlyargcount kwonlyargcount stacksize flags code consts names localsplus "
        "kinds filename name qualname firstlineno linetable exceptiontable",
    }.items()
}
_NAME_TUPLES = ("names", "varnames", "freevars", "cellvars", "localsplus")
_TEXTS = ("filename", "name", "qualname")
_BYTES = ("code", "linetable", "kinds", "exceptiontable")
_LOCAL, _CELL, _FREE = 0x20, 0x40, 0x80
_MOST = 1 << 16


def build_code(layout: str, values: dict[str, object]) -> Code:
    """The code object of checked `values`, the variables of every layout brought into one form.

    Args:
        layout: A key of `FIELDS`.
        values: A value for each of its fields, as read.

    Returns:
        The code object.

    Raises:
        BytecodeError: A field has the wrong type, or the counts contradict one another.
    """
    if layout == "2.7":
        values = _python2_fields(values)
    _check_types(values)
    if layout == "3.11":
        values = {**values, **_split_slots(values)}
    varnames = cast(tuple[str, ...], values["varnames"])
    cellvars = cast(tuple[str, ...], values["cellvars"])
    freevars = cast(tuple[str, ...], values["freevars"])
    code = Code(
        layout=layout,
        name=cast(str, values["name"]),
        qualname=cast(str, values.get("qualname", values["name"])),
        filename=cast(str, values["filename"]),
        firstlineno=_number(values, "firstlineno", signed=True),
        argcount=_number(values, "argcount"),
        posonlyargcount=_number(values, "posonlyargcount"),
        kwonlyargcount=_number(values, "kwonlyargcount"),
        stacksize=_number(values, "stacksize"),
        flags=_number(values, "flags", signed=True),
        code=cast(bytes, values["code"]),
        consts=cast(tuple[object, ...], values["consts"]),
        names=cast(tuple[str, ...], values["names"]),
        varnames=varnames,
        cellvars=cellvars,
        freevars=freevars,
        slots=cast(tuple[str, ...], values.get("localsplus", varnames + cellvars + freevars)),
        linetable=cast(bytes, values["linetable"]),
        exceptiontable=cast(bytes, values.get("exceptiontable", b"")),
    )
    _check_counts(code, _number(values, "nlocals") if "nlocals" in values else len(varnames))
    return code


def _number(values: dict[str, object], field: str, signed: bool = False) -> int:
    number = cast(int, values.get(field, 0))
    if not signed and not 0 <= number < _MOST:
        raise BytecodeError(f"{number} is no sensible {field}")
    return number


def _check_types(values: dict[str, object]) -> None:
    expected = dict.fromkeys(_BYTES, bytes) | dict.fromkeys(_TEXTS, str)
    for field, value in values.items():
        kind = expected.get(field, tuple if field in (*_NAME_TUPLES, "consts") else int)
        if type(value) is not kind:
            raise BytecodeError(f"{field} should be {kind.__name__}, not {type(value).__name__}")
        if field in _NAME_TUPLES and not all(type(name) is str for name in cast(tuple[object], value)):
            raise BytecodeError(f"{field} should contain names only")


def _python2_fields(values: dict[str, object]) -> dict[str, object]:
    """Python 2 strings as text everywhere but in the fields that are bytes."""
    return {field: value if field in _BYTES else _texts(value) for field, value in values.items()}


def _texts(value: object) -> object:
    if isinstance(value, bytes):
        return as_text(value)
    return tuple([_texts(item) for item in value]) if isinstance(value, tuple) else value


def as_text(raw: bytes) -> str:
    r"""A Python 2 string, which is bytes, as the text it most likely was.

    Example:
        >>> as_text(b"\xe9")
        'é'
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _split_slots(values: dict[str, object]) -> dict[str, object]:
    """Locals, cells and free variables out of the one list that Python 3.11 and later keep."""
    names = cast(tuple[str, ...], values["localsplus"])
    kinds = cast(bytes, values["kinds"])
    if len(names) != len(kinds):
        raise BytecodeError(f"{len(names)} variables, but {len(kinds)} kinds of variable")
    pairs = list(zip(names, kinds, strict=True))
    first_free = next((i for i, kind in enumerate(kinds) if kind & _FREE), len(kinds))
    if not all(kind & _FREE for kind in kinds[first_free:]):
        raise BytecodeError("a free variable stands before a local one")
    return {
        "varnames": tuple([name for name, kind in pairs if kind & _LOCAL]),
        "cellvars": tuple([name for name, kind in pairs if kind & _CELL]),
        "freevars": tuple([name for name, kind in pairs if kind & _FREE]),
    }


def _check_counts(code: Code, nlocals: int) -> None:
    needed = code.argcount + code.kwonlyargcount
    needed += bool(code.flags & VARARGS) + bool(code.flags & VARKEYWORDS)
    if nlocals != len(code.varnames) or needed > nlocals or code.posonlyargcount > code.argcount:
        raise BytecodeError(
            f"{needed} parameters and {nlocals} local variables, but {len(code.varnames)} names for them"
        )
