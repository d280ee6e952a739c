"""Taking, sorting and finding elements, by JAX's rules for places out of range."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import (
    dtype_of,
    is_constant,
    is_kind,
    operand,
    rank,
    refuse,
    shape_of,
    tensor,
)


def take(
    a: Any,
    indices: Any,
    axis: int | None = None,
    out: Any = None,
    mode: str | None = None,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    fill_value: Any = None,
) -> Any:
    """`jax.numpy.take`: out of range is nan or the least integer, or `fill_value`; other modes as named."""
    x, indices = tensor(a), operand(indices)
    x, axis = (ops.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    size = shape_of(x)[axis]
    if is_constant(indices) and isinstance(size, int) and mode is None:
        known = np.asarray(indices)
        if known.size and known.min() >= -size and known.max() < size:
            return ops.take(x, np.where(known < 0, known + size, known).astype(np.int32), axis=axis)
    return gathered(x, tensor(indices, None), axis, size, mode, fill_value, "take")


def gathered(x: Any, indices: Any, axis: int, size: Any, mode: str | None, fill: Any, name: str) -> Any:
    """`x` at places along an axis, by JAX's rules for places out of range."""
    along = name == "take_along_axis"
    pick = ops.take_along_axis if along else ops.take
    if mode == "clip":
        return pick(x, ops.clip(indices, 0, ops.subtract(size, 1)), axis=axis)
    if mode == "wrap":
        return pick(x, ops.mod(indices, size), axis=axis)
    if mode == "promise_in_bounds":
        return pick(x, indices, axis=axis)
    if mode not in (None, "fill"):
        refuse(f"numpy.{name}", f"mode={mode!r}", "use 'fill', 'clip', 'wrap' or 'promise_in_bounds'")
    places = ops.where(ops.less(indices, 0), ops.add(indices, size), indices)
    inside = ops.logical_and(ops.greater_equal(places, 0), ops.less(places, size))
    found = pick(x, ops.where(inside, places, 0), axis=axis)
    if not along:
        tail = rank(x) - 1 - (axis % rank(x))
        inside = ops.reshape(inside, (*shape_of(indices), *(1,) * tail)) if tail else inside
    return ops.where(inside, found, ops.cast(fill_of(x) if fill is None else fill, dtype_of(x)))


def fill_of(x: Any) -> Any:
    """What JAX gives for a place out of range: nan, the least signed or the greatest unsigned integer."""
    name = dtype_of(x)
    if name == "bool":
        return True
    if name.startswith(("int", "uint")):
        info = np.iinfo(name)
        return int(info.min or info.max)
    return float("nan")


def take_along_axis(
    arr: Any, indices: Any, axis: int | None = -1, mode: Any = None, fill_value: Any = None
) -> Any:
    """`jax.numpy.take_along_axis`, with the modes of `take`."""
    x, indices = tensor(arr), tensor(indices)
    x, indices, axis = (
        (ops.reshape(x, (-1,)), ops.reshape(indices, (-1,)), 0) if axis is None else (x, indices, axis)
    )
    return gathered(x, indices, axis, shape_of(x)[axis], mode, fill_value, "take_along_axis")


def sort(
    a: Any, axis: int | None = -1, *, kind: Any = None, order: Any = None, stable: bool = True,
    descending: bool = False,
) -> Any:  # fmt: skip
    """`jax.numpy.sort`."""
    x = tensor(a)
    x, axis = (ops.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    result = ops.sort(x, axis=axis)
    return ops.flip(result, axis=axis) if descending else result


def argsort(
    a: Any, axis: int | None = -1, *, kind: Any = None, order: Any = None, stable: bool = True,
    descending: bool = False,
) -> Any:  # fmt: skip
    """`jax.numpy.argsort`: equal elements keep their order."""
    x = tensor(a)
    x, axis = (ops.reshape(x, (-1,)), 0) if axis is None else (x, axis)
    x = ops.cast(x, "int32") if is_kind(x, "b") else x
    if not descending:
        return ops.argsort(x, axis=axis)
    # The last of equal elements comes first where everything is turned round.
    places = ops.argsort(ops.flip(x, axis=axis), axis=axis)
    return ops.flip(ops.subtract(ops.subtract(shape_of(x)[axis], 1), places), axis=axis)


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None, *, method: str = "scan") -> Any:
    """`jax.numpy.searchsorted`."""
    from lamina.vocabulary.numpy.selection import searchsorted as plain

    return ops.cast(plain(operand(a), operand(v), side, sorter), "int32")
