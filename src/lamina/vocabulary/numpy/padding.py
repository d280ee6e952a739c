"""`numpy.pad` in all of its modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    Function,
    dtype_of,
    index,
    kind,
    one_of,
    rank,
    refuse,
    refuse_arguments,
    shape_of,
    tensor,
)

Widths = list[tuple[int, int]]

_BY_INDEX = ("edge", "reflect", "symmetric", "wrap")
_STATISTICS: Mapping[str, Function] = {
    "maximum": ops.max, "minimum": ops.min, "mean": ops.mean, "median": ops.median
}  # fmt: skip
_MODES = ("constant", "empty", "linear_ramp", *_BY_INDEX, *_STATISTICS)


def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """`numpy.pad` by widths that are known."""
    if callable(mode):
        refuse("pad", "mode is a function that writes into its argument", f"use one of {', '.join(_MODES)}")
    one_of("pad", "mode", mode, _MODES, "use one of these")
    x = tensor(array)
    widths = _pairs(pad_width, rank(x))
    if mode in ("constant", "empty"):
        return _constant(x, widths, kwargs.get("constant_values", 0))
    if mode == "linear_ramp":
        return _ramps(x, widths, _pairs(kwargs.get("end_values", 0), rank(x), float))
    if mode in _STATISTICS:
        return _statistic(x, widths, mode, kwargs.get("stat_length"))
    refuse_arguments(
        "pad", reflect_type=None if kwargs.get("reflect_type") == "even" else kwargs.get("reflect_type")
    )
    return _by_index(x, widths, mode)


def _pairs(widths: Any, count: int, kind: type = int) -> list[tuple[Any, Any]]:
    if isinstance(widths, dict):
        pairs = [(0, 0)] * count
        for axis, width in widths.items():
            pairs[axis] = _pairs(width, 1, kind)[0]
        return pairs
    both = np.broadcast_to(np.asarray(widths), (count, 2)).tolist()
    return [(kind(before), kind(after)) for before, after in both]


def _constant(x: Any, widths: Widths, values: Any) -> Any:
    number = np.asarray(values)
    if number.size == 1:
        # Keras takes a value of the tensor's own type only.
        value = number.item() if kind(x) in "fc" or kind(x) == "b" else int(number.item())
        return ops.pad(x, widths, mode="constant", constant_values=value or None)
    for axis, ends in enumerate(_pairs(values, rank(x), lambda v: v)):  # type: ignore[arg-type]
        x = _between(x, axis, *(_filled(x, axis, n, v) for n, v in zip(widths[axis], ends, strict=True)))
    return x


def _filled(x: Any, axis: int, width: int, value: Any) -> Any:
    shape = list(shape_of(x))
    shape[axis] = width
    return ops.full(tuple(shape), value, dtype=dtype_of(x))


def _between(x: Any, axis: int, before: Any, after: Any) -> Any:
    return ops.concatenate([before, x, after], axis=axis)


def _by_index(x: Any, widths: Widths, mode: str) -> Any:
    for axis, width in enumerate(widths):
        size = shape_of(x)[axis] if any(width) else 0
        if isinstance(size, int) and any(width):
            places = np.pad(np.arange(size), width, mode=mode)  # type: ignore[call-overload]
            x = ops.take(x, places.astype(np.int32), axis=axis)
        elif any(width):
            x = _between(x, axis, *_ends(x, axis, width, mode))
    return x


def _ends(x: Any, axis: int, width: tuple[int, int], mode: str) -> tuple[Any, Any]:
    """What lies before and after an axis of unknown size, which is at least as long as the widths."""
    before, after = width
    if mode == "edge":
        first, last = (index(x, axis, s) for s in (slice(0, 1), slice(-1, None)))
        return ops.repeat(first, before, axis=axis), ops.repeat(last, after, axis=axis)
    if mode == "wrap":
        return index(x, axis, slice(-before, None) if before else slice(0, 0)), index(
            x, axis, slice(0, after)
        )
    skip = 1 if mode == "reflect" else 0
    first = index(x, axis, slice(skip, before + skip))
    last = index(x, axis, slice(-after - skip, -skip or None) if after else slice(0, 0))
    return ops.flip(first, axis=axis), ops.flip(last, axis=axis)


def _ramps(x: Any, widths: Widths, ends: list[tuple[Any, Any]]) -> Any:
    for axis, (width, end) in enumerate(zip(widths, ends, strict=True)):
        edges = [index(x, axis, slice(0, 1)), index(x, axis, slice(-1, None))]
        before, after = (_ramp(e, axis, n, v) for e, n, v in zip(edges, width, end, strict=True))
        x = _between(x, axis, ops.flip(before, axis=axis), after)
    return x


def _ramp(edge: Any, axis: int, width: int, end: float) -> Any:
    """From just after the edge to `end`, rounded down where the tensor holds integers."""
    left = np.arange(width - 1, -1, -1, dtype=np.int32)
    left = left.reshape([-1 if n == axis else 1 for n in range(rank(edge))])
    if kind(edge) != "i":
        return ops.add(end, ops.multiply(ops.subtract(edge, end), (left / max(width, 1)).astype(np.float32)))
    end = int(end)
    return ops.add(end, ops.floor_divide(ops.multiply(ops.subtract(edge, end), left), max(width, 1)))


def _statistic(x: Any, widths: Widths, mode: str, length: Any) -> Any:
    lengths = [(None, None)] * rank(x) if length is None else _pairs(length, rank(x))
    for axis, (width, count) in enumerate(zip(widths, lengths, strict=True)):
        ends = slice(0, count[0]), slice(None if count[1] is None else -count[1], None)
        before, after = (_repeated(x, axis, e, n, mode) for e, n in zip(ends, width, strict=True))
        x = _between(x, axis, before, after)
    return x


def _repeated(x: Any, axis: int, part: slice, width: int, mode: str) -> Any:
    value = _STATISTICS[mode](index(x, axis, part), axis=axis, keepdims=True)
    if kind(x) == "i" and mode in ("mean", "median"):
        value = ops.round(value)
    return ops.repeat(ops.cast(value, dtype_of(x)), width, axis=axis)
