"""What two reshapes, transposes, casts or slices in a row come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lamina.expression.model import Call, Ref, Slice
from lamina.simplification.patterns import Match

# Every value of a dtype is one of these dtypes too. JAX has no 64 bits unless it is told, so they may
# stand in between only where 32 bits would do as well.
LOSSLESS = {
    "bool": "uint8 int8 uint16 int16 uint32 int32 float16 bfloat16 float32 float64",
    "uint8": "uint16 int16 uint32 int32 float16 bfloat16 float32 float64",
    "int8": "int16 int32 int64 float16 bfloat16 float32 float64",
    "uint16": "uint32 int32 uint64 float32 float64",
    "int16": "int32 int64 float32 float64",
    "uint32": "uint64",
    "int32": "int64",
    "float16": "float32 float64",
    "bfloat16": "float32 float64",
    "float32": "float64",
}


def cast_through(found: Match) -> Call | Ref | None:
    """`cast(cast(x, through), to)`, where every value of x is one of the dtype between."""
    x: Ref = found["x"]
    before, through, to = found.dtype("x"), found["a"], found["b"]
    if before is None or through not in LOSSLESS.get(before, "").split():
        return None
    if "float" in through and "float" not in to:
        return None  # backends differ in how they round a float to an integer
    return x if before == to else Call("cast", (x,), (("dtype", to),))


def transposed_twice(found: Match) -> Call | Ref | None:
    """Axis i of the result is axis p[q[i]] of x; without axes, their order is reversed."""
    x: Ref = found["x"]
    first, second = found["p"], found["q"]
    if first is None and second is None:
        return x
    rank = len(first or second)
    inner, outer = _order(first, rank), _order(second, rank)
    if inner is None or outer is None:
        return None
    return _transposed(x, tuple(inner[axis] for axis in outer))


def transposed(found: Match) -> Ref | None:
    """A transpose that leaves every axis where it is."""
    x: Ref = found["x"]
    axes = found["p"]
    order = None if axes is None else _order(axes, len(axes))
    return x if order is not None and order == tuple(range(len(order))) else None


def _transposed(x: Ref, order: tuple[int, ...]) -> Call | Ref:
    if order == tuple(range(len(order))):
        return x
    return Call("transpose", (x,), (("axes", order),))


def _order(axes: Any, rank: int) -> tuple[int, ...] | None:
    if axes is None:
        return tuple(reversed(range(rank)))
    if not isinstance(axes, tuple) or len(axes) != rank or not all(type(axis) is int for axis in axes):
        return None
    order = tuple(axis % rank for axis in axes if -rank <= axis < rank)
    return order if sorted(order) == list(range(rank)) else None


def reshaped_twice(found: Match) -> Call | None:
    """Only the last shape counts, but for what the first says of a size that is to be inferred."""
    first, second = _sizes(found["a"]), _sizes(found["b"])
    if first is None or second is None:
        return None
    if -1 not in first and not _literal(second):
        second = _inferred(first, second)
    return None if second is None else Call("reshape", (found["x"], second))


def reshaped_then_raveled(found: Match) -> Call | None:
    """The size is that of x, or what the first shape says."""
    first = _sizes(found["a"])
    if first is None:
        return None
    if -1 in first:
        return Call("ravel", (found["x"],))
    return Call("reshape", (found["x"], (math.prod(first),))) if _literal(first) else None


def _literal(sizes: Sequence[Any]) -> bool:
    return all(type(size) is int and size >= 0 for size in sizes)


def _sizes(value: Any) -> tuple[Any, ...] | None:
    if type(value) is int:
        value = (value,)
    if not isinstance(value, tuple) or not all(type(size) in (int, Ref) for size in value):
        return None
    return tuple(value)


def _inferred(first: Sequence[Any], second: Sequence[Any]) -> tuple[int, ...] | None:
    """Sizes with the one that is left to be inferred written out."""
    known = [size for size in second if size != -1]
    if not _literal(first) or not _literal(known) or len(known) != len(second) - 1:
        return None
    rest = math.prod(known)
    total = math.prod(first)
    if rest == 0 or total % rest:
        return None
    return tuple(total // rest if size == -1 else size for size in second)


def sliced_twice(found: Match) -> Call | None:
    """`x[a:b:s][c:d:t]` begins at a + c s, ends before b and a + d s, and steps by s t."""
    first, second = _slices(found["a"]), _slices(found["b"])
    if first is None or second is None:
        return None
    whole = Slice()
    count = max(len(first), len(second))
    pairs = zip(
        (*first, *[whole] * (count - len(first))), (*second, *[whole] * (count - len(second))), strict=True
    )
    key = tuple(_sliced(one, other) for one, other in pairs)
    return Call("get_item", (found["x"], key))


def _slices(key: Any) -> tuple[Slice, ...] | None:
    """A key of nothing but slices that count from the start."""
    parts = key if type(key) is tuple else (key,)
    return parts if parts and all(map(_counts_from_start, parts)) else None


def _counts_from_start(part: Any) -> bool:
    if type(part) is not Slice:
        return False
    bounds = all(bound is None or (type(bound) is int and bound >= 0) for bound in (part.start, part.stop))
    return bounds and (part.step is None or (type(part.step) is int and part.step > 0))


def _sliced(first: Slice, second: Slice) -> Slice:
    start, step = first.start or 0, first.step or 1
    ends = [] if first.stop is None else [first.stop]
    ends += [] if second.stop is None else [start + second.stop * step]
    begin, stride = start + (second.start or 0) * step, step * (second.step or 1)
    return Slice(begin or None, min(ends, default=None), None if stride == 1 else stride)


def whole(found: Match) -> Ref | None:
    """A slice that takes everything, on at least as many axes as it names."""
    x: Ref = found["x"]
    key, shape = found["k"], found.shape("x")
    parts = key if type(key) is tuple else (key,)
    everything = Slice()
    if all(part is ... for part in parts) and len(parts) <= 1:
        return x
    known = shape is not None and len(parts) <= len(shape)
    return x if known and all(part == everything for part in parts) else None
