"""Expressions to JSON data: one line for each type in `ENCODERS`."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from types import EllipsisType, NoneType
from typing import Any

from lamina.expression.model import (
    Array,
    Call,
    Closure,
    Expression,
    FrozenDict,
    FrozenList,
    Ref,
    Slice,
    Spec,
    State,
)

Json = Any


def encode_fields(expression: Expression) -> dict[str, Json]:
    """The fields of an expression that has been verified; those with their default are left out."""
    fields = {
        "name": expression.name,
        "parameters": list(expression.parameters),
        "inputs": _encode(expression.inputs),
        "state": [_encode_state(slot) for slot in expression.state],
        "parts": [[name, count] for name, count in expression.parts],
    }
    data = {name: value for name, value in fields.items() if value != DEFAULTS[name]}
    return data | {
        "calls": [_encode_call(call) for call in expression.calls],
        "outputs": _encode(expression.outputs),
    }


DEFAULTS: Mapping[str, Json] = {
    "name": "function",
    "parameters": ["x"],
    "inputs": "any[...]",
    "state": [],
    "parts": [],
}


def _encode_spec(spec: Spec) -> str:
    return str(spec).replace(", ", ",")


def _encode_state(slot: State) -> Json:
    data: dict[str, Json] = {"kind": slot.kind, "name": slot.name}
    if slot.spec != Spec():
        data["spec"] = _encode_spec(slot.spec)
    if slot.trainable:
        data["trainable"] = True
    return data


def _encode_call(call: Call) -> Json:
    data: list[Json] = [call.op, [_encode(value) for value in call.args]]
    if call.kwargs:
        data.append({name: _encode(value) for name, value in call.kwargs})
    return data


def _encode(value: Any) -> Json:
    return ENCODERS[type(value)](value)


def _encode_float(value: float) -> Json:
    return value if math.isfinite(value) else {"float": str(value)}


def _encode_ref(ref: Ref) -> Json:
    return {"item": [f"%{ref.index}", *ref.path]} if ref.path else f"%{ref.index}"


def _encode_closure(closure: Closure) -> Json:
    data = {"closure": encode_fields(closure.expression)}
    return data | {"captured": [_encode(ref) for ref in closure.captured]} if closure.captured else data


def _same(value: Any) -> Json:
    return value


ENCODERS: Mapping[type, Callable[[Any], Json]] = {
    NoneType: _same,
    bool: _same,
    int: _same,
    float: _encode_float,
    str: lambda value: f"%{value}" if value.startswith("%") else value,
    Spec: _encode_spec,
    Ref: _encode_ref,
    FrozenList: lambda value: [_encode(item) for item in value],
    tuple: lambda value: {"tuple": [_encode(item) for item in value]},
    FrozenDict: lambda value: {"dict": {key: _encode(item) for key, item in value.items()}},
    Slice: lambda value: {"slice": [_encode(value.start), _encode(value.stop), _encode(value.step)]},
    EllipsisType: lambda value: {"ellipsis": True},
    complex: lambda value: {"complex": [_encode_float(value.real), _encode_float(value.imag)]},
    Array: lambda value: {
        "array": [value.dtype, list(value.shape), base64.b64encode(value.data).decode("ascii")]
    },
    Closure: _encode_closure,
}
