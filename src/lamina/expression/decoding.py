"""JSON data to expressions: one function for each form, in `FIELDS`, `TREES` and `TAGS`.

Only the form is checked here; what it says is for `verify` to judge.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import EllipsisType, NoneType
from typing import Any

from lamina.expression.encoding import DEFAULTS, Json
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
from lamina.expression.place import Place, refuse, short


class Repeated(dict[str, Json]):
    """An object of a JSON text with a key given twice: no plain dict, so refused in its place."""

    def __init__(self, pairs: list[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        self.key = Counter(key for key, _ in pairs).most_common(1)[0][0]


def decode_fields(data: Json, place: Place, depth: int, heading: tuple[str, ...] = ()) -> Expression:
    """The expression whose fields are in an object, which may hold the keys of `heading` too."""
    for key in check_dict(data, place):
        if key not in FIELDS and key not in heading:
            refuse(place, f"unknown key {short(key)}; expected {', '.join((*heading, *FIELDS))}")
    fields = {}
    for name, field in FIELDS.items():
        if name in data:
            fields[name] = field(data[name], (place, f".{name}"), depth - 1)
        elif name not in DEFAULTS:
            refuse(place, f"the key {name!r} is missing")
    return Expression(**{"inputs": Spec(), **fields})


def check_dict(data: Json, place: Place) -> dict[str, Json]:
    """The same data, once it is known to be an object."""
    if isinstance(data, Repeated):
        refuse(place, f"the key {short(data.key)} is given twice in this object")
    if type(data) is not dict:
        refuse(place, f"expected an object, received {short(data)}")
    for key in data:
        if type(key) is not str:
            refuse(place, f"expected keys that are strings, received {short(key)}")
    return data


def _list(data: Json, place: Place, *lengths: int) -> list[Json]:
    if type(data) is not list:
        refuse(place, f"expected a list, received {short(data)}")
    if lengths and len(data) not in lengths:
        refuse(place, f"expected {' or '.join(map(str, lengths))} items, received {len(data)}")
    return data


def _str(data: Json, place: Place, depth: int = 0) -> str:
    if type(data) is not str:
        refuse(place, f"expected a string, received {short(data)}")
    return data


def _names(data: Json, place: Place, depth: int) -> tuple[str, ...]:
    return tuple(_str(item, (place, i)) for i, item in enumerate(_list(data, place)))


def _parts(data: Json, place: Place, depth: int) -> tuple[tuple[str, int], ...]:
    return tuple(_part(item, (place, i)) for i, item in enumerate(_list(data, place)))


def _part(data: Json, place: Place) -> tuple[str, int]:
    name, count = _list(data, place, 2)
    if type(count) is not int:
        refuse((place, 1), f"expected a number of calls, received {short(count)}")
    return _str(name, (place, 0)), count


def _inputs(data: Json, place: Place, depth: int) -> Any:
    return _value(data, place, depth, spec=True)


_SIZE = r"(?:\?|0|[1-9][0-9]{0,18})"
_SPEC = re.compile(rf"(?P<dtype>[a-z][a-z0-9_]*)\[(?P<shape>\.\.\.|(?:{_SIZE}(?:,{_SIZE})*)?)\]")


def _spec(text: Json, place: Place) -> Spec:
    match = _SPEC.fullmatch(_str(text, place))
    if match is None:
        refuse(place, f"expected a spec such as 'float32[?,3]' or 'any[...]', received {short(text)}")
    dtype = None if match["dtype"] == "any" else match["dtype"]
    if match["shape"] == "...":
        return Spec(None, dtype)
    sizes = match["shape"].split(",") if match["shape"] else []
    return Spec(tuple(None if size == "?" else int(size) for size in sizes), dtype)


def _state(data: Json, place: Place, depth: int) -> tuple[State, ...]:
    return tuple(_slot(item, (place, i)) for i, item in enumerate(_list(data, place)))


def _slot(data: Json, place: Place) -> State:
    for key in check_dict(data, place):
        if key not in ("kind", "name", "spec", "trainable"):
            refuse(place, f"unknown key {short(key)}; expected kind, name, spec, trainable")
    trainable = data.get("trainable", False)
    if type(trainable) is not bool:
        refuse((place, ".trainable"), f"expected true or false, received {short(trainable)}")
    return State(
        _str(data.get("kind"), (place, ".kind")),
        _str(data.get("name"), (place, ".name")),
        _spec(data.get("spec", "any[...]"), (place, ".spec")),
        trainable,
    )


def _calls(data: Json, place: Place, depth: int) -> tuple[Call, ...]:
    return tuple([_call(item, (place, i), depth - 1) for i, item in enumerate(_list(data, place))])


def _call(data: Json, place: Place, depth: int) -> Call:
    call = _list(data, place, 2, 3)
    args = tuple(_items(call[1], (place, 1), depth - 1))
    kwargs = _entries(call[2], (place, 2), depth - 1) if len(call) == 3 else {}
    return Call(_str(call[0], (place, 0)), args, tuple(kwargs.items()))


def _items(data: Json, place: Place, depth: int, spec: bool = False) -> list[Any]:
    return [_value(item, (place, i), depth - 1, spec) for i, item in enumerate(_list(data, place))]


def _entries(data: Json, place: Place, depth: int, spec: bool = False) -> dict[str, Any]:
    return {
        key: _value(item, (place, (".%.60s", key)), depth - 1, spec)
        for key, item in check_dict(data, place).items()
    }


def _value(data: Json, place: Place, depth: int, spec: bool = False) -> Any:
    """A literal, a reference or a structure of them; with `spec`, a structure of specs."""
    kind = type(data)
    if kind is str:
        return _spec(data, place) if spec else _text(data, place)
    if depth <= 0:
        refuse(place, "nested too deeply")
    if kind is list:
        return FrozenList(_items(data, place, depth, spec))
    if kind is dict or kind is Repeated:
        return _tagged(check_dict(data, place), place, depth, spec)
    if spec or kind not in (NoneType, bool, int, float):
        refuse(place, f"expected {'specs' if spec else 'JSON data'}, received {short(data)}")
    if kind is float and not math.isfinite(data):
        refuse(place, 'no finite number; it is written {"float":"nan"}, {"float":"inf"} or {"float":"-inf"}')
    return data


_REF = re.compile(r"%(0|[1-9][0-9]{0,9})")


def _text(text: str, place: Place) -> Ref | str:
    if not text.startswith("%"):
        return text
    return text[1:] if text.startswith("%%") else _ref(text, place)


def _ref(text: Json, place: Place) -> Ref:
    match = _REF.fullmatch(_str(text, place))
    if match is None:
        refuse(
            place, f"expected a reference such as '%3', received {short(text)}; a literal % is written '%%'"
        )
    return Ref(int(match[1]))


def _tagged(data: dict[str, Json], place: Place, depth: int, spec: bool) -> Any:
    tag = next(iter(data), "")
    if tag in TREES and len(data) == 1:
        return TREES[tag](data[tag], (place, f".{tag}"), depth - 1, spec)
    if "closure" in data and not spec and data.keys() <= {"closure", "captured"}:
        return _closure(data, place, depth)
    if tag not in TAGS or len(data) > 1 or spec:
        known = ", ".join(TREES if spec else (*TREES, *TAGS, "closure"))
        received = ", ".join(short(key) for key in list(data)[:4]) or "an empty one"
        refuse(place, f"expected an object with one key of {known}; received {received}")
    return TAGS[tag](data[tag], (place, f".{tag}"), depth - 1)


def _item(data: Json, place: Place, depth: int) -> Ref:
    ref, *path = _list(data, place) or [None]
    index = _ref(ref, (place, 0)).index
    for i, key in enumerate(path, 1):
        if type(key) not in (int, str):
            refuse((place, i), f"expected an index or a key, received {short(key)}")
    if not path:
        refuse(place, "a reference without items is written as a string")
    return Ref(index, tuple(path))


def _slice(data: Json, place: Place, depth: int) -> Slice:
    return Slice(*[_value(v, (place, i), depth - 1) for i, v in enumerate(_list(data, place, 3))])


def _ellipsis(data: Json, place: Place, depth: int) -> EllipsisType:
    if data is not True:
        refuse(place, f"expected true, received {short(data)}")
    return ...


_NOT_FINITE: Mapping[str, float] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _float(data: Json, place: Place, depth: int) -> float:
    if _str(data, place) not in _NOT_FINITE:
        refuse(place, f"expected one of {', '.join(_NOT_FINITE)}, received {short(data)}")
    return _NOT_FINITE[data]


def _complex(data: Json, place: Place, depth: int) -> complex:
    parts = [_value(part, (place, i), depth - 1) for i, part in enumerate(_list(data, place, 2))]
    for i, part in enumerate(parts):
        if type(part) is not float:
            refuse((place, i), f"expected a number with a decimal point, received {short(part)}")
    return complex(*parts)


def _array(data: Json, place: Place, depth: int) -> Array:
    dtype, shape, text = _list(data, place, 3)
    try:
        content = base64.b64decode(_str(text, (place, 2)), validate=True)
    except (binascii.Error, ValueError) as error:
        refuse((place, 2), f"expected base64: {error}")
    if base64.b64encode(content).decode("ascii") != text:
        refuse((place, 2), "expected base64 with zero bits as padding")
    return Array(_str(dtype, (place, 0)), tuple(_list(shape, (place, 1))), content)


def _closure(data: dict[str, Json], place: Place, depth: int) -> Closure:
    expression = decode_fields(data["closure"], (place, ".closure"), depth - 1)
    captured = _items(data.get("captured", []), (place, ".captured"), depth - 1)
    return Closure(expression, tuple(captured))


FIELDS: Mapping[str, Callable[[Json, Place, int], Any]] = {
    "name": _str,
    "parameters": _names,
    "inputs": _inputs,
    "state": _state,
    "calls": _calls,
    "outputs": _value,
    "parts": _parts,
}

TREES: Mapping[str, Callable[[Json, Place, int, bool], Any]] = {
    "tuple": lambda *args: tuple(_items(*args)),
    "dict": lambda *args: FrozenDict(_entries(*args)),
}

TAGS: Mapping[str, Callable[[Json, Place, int], Any]] = {
    "item": _item,
    "slice": _slice,
    "ellipsis": _ellipsis,
    "float": _float,
    "complex": _complex,
    "array": _array,
}
