"""An expression and when it holds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.errors import ExpressionError
from lamina.expression.codec import decode, encode
from lamina.layer.programs import Program

_CONDITIONS = {"training": None, "mask": None, "losses": False}


def encode_program(program: Program) -> dict[str, Any]:
    """An expression and when it holds, as plain data.

    The file holds the simplified expression. It loses nothing by that: the names of the function, of its
    parameters and of the state stay, and places in the source are not saved. In the process the layer
    keeps the expression as it was captured, which its messages refer to line by line.
    """
    when = {"training": program.training, "mask": program.mask, "losses": program.losses or None}
    return {"expression": encode(program.expression.simplified())} | {
        k: v for k, v in when.items() if v is not None
    }


def decode_program(data: Any, place: str) -> Program:
    """A `Program` from what `encode_program` wrote.

    Raises:
        ExpressionError: It is damaged.
    """
    if not isinstance(data, Mapping) or not {"expression"} <= set(data) <= {"expression", *_CONDITIONS}:
        raise ExpressionError(
            f"{place}: expected 'expression' and perhaps {', '.join(map(repr, _CONDITIONS))}, received "
            f"{data!r:.200}"
        )
    conditions = {name: data.get(name, default) for name, default in _CONDITIONS.items()}
    flags = {**conditions, "mask": True if _is_presence(conditions["mask"]) else conditions["mask"]}
    wrong = [
        name
        for name, value in flags.items()
        if value is not _CONDITIONS[name] and not isinstance(value, bool)
    ]
    if wrong:
        raise ExpressionError(f"{place}.{wrong[0]}: expected true or false, received {data[wrong[0]]!r:.200}")
    return Program(decode(data["expression"]), **conditions)


def _is_presence(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_presence, value.values()))
    return all(map(_is_presence, value)) if isinstance(value, list) else isinstance(value, bool)
