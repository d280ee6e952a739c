"""`x.at[key].set(value)` and its relatives: a new tensor, with JAX's rules for places out of range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lamina._numpy import np
from lamina._records import dataclass
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import (
    cast,
    dtype_of,
    is_constant,
    is_kind,
    is_number,
    is_size,
    operand,
    rank,
    refuse,
    shape_of,
    tensor,
)
from lamina.vocabulary.jax.arrays import broadcast_shapes
from lamina.vocabulary.tracer import TensorTracer

_MODES = (None, "drop", "fill", "clip", "promise_in_bounds")
_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "set": lambda old, new: new,
    "add": lambda old, new: ops.add(old, new),
    "mul": lambda old, new: ops.multiply(old, new),
    "min": lambda old, new: ops.minimum(old, new),
    "max": lambda old, new: ops.maximum(old, new),
}


class At:
    """`x.at`: what it is indexed with is the place of an update."""

    def __init__(self, x: Any) -> None:
        self._x = x

    def __getitem__(self, key: Any) -> Place:
        return Place(self._x, key)


class Place:
    """`x.at[key]`: the functions that give a tensor with other values at the place.

    Each takes `mode=`: a place out of range is left out, or moved into the range by `mode="clip"`.
    """

    # What code read from a file may use of it.
    saved_attributes = frozenset("set add subtract multiply mul divide power min max apply get".split())

    def __init__(self, x: Any, key: Any) -> None:
        self._x, self._key = tensor(x), key

    def set(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] = values`."""
        return self._update("set", values, mode)

    def add(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] += values`; places that are named several times add up."""
        return self._update("add", values, mode)

    def subtract(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] -= values`."""
        return self._update("add", ops.negative(tensor(values)), mode)

    def multiply(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] *= values`."""
        return self._update("mul", values, mode)

    mul = multiply

    def divide(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] /= values`."""
        factors = Place(ops.ones_like(self._x), self._key)._update("mul", values, mode)
        return ops.divide(self._x, factors)

    def power(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] **= values`."""
        factors = Place(ops.ones_like(self._x), self._key)._update("mul", values, mode)
        return ops.power(self._x, factors)

    def min(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] = minimum(x[key], values)`."""
        return self._update("min", values, mode)

    def max(self, values: Any, *, mode: Any = None, **other: Any) -> Any:
        """`x[key] = maximum(x[key], values)`."""
        return self._update("max", values, mode)

    def apply(self, func: Callable[[Any], Any], *, mode: Any = None, **other: Any) -> Any:
        """`x[key] = func(x[key])`."""
        if _mask_of(self._key) is not None:
            return ops.where(_wide(_mask_of(self._key), self._x), func(self._x), self._x)
        return self._update("set", func(self.get()), mode)

    def get(self, *, mode: Any = None, fill_value: Any = None, **other: Any) -> Any:
        """`x[key]`: a place out of range gives the nearest one, or `fill_value` where that is given."""
        kind = mode or ("clip" if fill_value is None else "fill")
        parts = _parts(self._x, self._key)
        if not parts.arrays:
            return ops.get_item(self._x, tuple(parts.keys))
        return _gathered(self._x, parts, kind, fill_value)

    def _update(self, how: str, values: Any, mode: Any) -> Any:
        if mode not in _MODES:
            refuse(f"Array.at[].{how}", f"mode={mode!r}", "use 'drop', 'clip' or 'promise_in_bounds'")
        values = cast(tensor(values), dtype_of(self._x))
        mask = _mask_of(self._key)
        if mask is not None:
            return _masked(self._x, mask, values, how)
        parts = _parts(self._x, self._key)
        return (
            _scattered(self._x, parts, values, how, mode)
            if parts.arrays
            else _boxed(self._x, parts, values, how)
        )


def _mask_of(key: Any) -> Any:
    """The key where it is a tensor of bools; constant ones are places."""
    if is_constant(key) or isinstance(key, (tuple, slice, type(None), type(Ellipsis))) or is_size(key):
        return None
    if isinstance(key, TensorTracer) and key.recorder.computes_booleans(key.ref):
        return key
    return key if is_kind(key, "b") else None


def _wide(mask: Any, x: Any) -> Any:
    missing = rank(x) - rank(mask)
    return ops.expand_dims(mask, list(range(-missing, 0))) if missing else mask


def _masked(x: Any, mask: Any, values: Any, how: str) -> Any:
    if rank(values) > rank(x) - rank(mask):
        refuse(
            f"Array.at[mask].{how}",
            "a value for each hit, whose number depends on data",
            "give one value, or use jnp.where(mask, values, x) with values of the shape of x",
        )
    return ops.where(_wide(mask, x), _COMBINE[how](x, values), x)


@dataclass
class _Parts:
    """A key with one entry for each axis.

    Args:
        keys: The entries: slices, ints, sizes, arrays and tensors of integers.
        sizes: The sizes of the axes.
        arrays: Whether a place is named by an array, or a slice has a step.
        new: How many axes of size 1 the key adds, which values may have.
    """

    keys: list[Any]
    sizes: tuple[Any, ...]
    arrays: bool
    new: list[int]


def _parts(x: Any, key: Any) -> _Parts:
    given = list(key) if isinstance(key, tuple) else [key]
    given = [np.asarray(k) if isinstance(k, list) and is_constant(k) else operand(k) for k in given]
    flat: list[Any] = []
    for k in given:
        known = isinstance(k, np.ndarray) and k.dtype == bool
        flat.extend(np.nonzero(k) if known else [k])
    missing = rank(x) - sum(k is not Ellipsis and k is not None for k in flat)
    new = [_kept(flat[:place], missing) for place, k in enumerate(flat) if k is None]
    flat = [k for k in flat if k is not None]
    at = next((place for place, k in enumerate(flat) if k is Ellipsis), len(flat))
    keys = [*flat[:at], *[slice(None)] * missing, *flat[at + 1 :]]
    keys = [int(k) if isinstance(k, np.ndarray) and k.ndim == 0 else k for k in keys]
    arrays = any(not isinstance(k, (int, slice)) and not is_size(k) for k in keys)
    arrays = arrays or any(isinstance(k, slice) and k.step not in (None, 1) for k in keys)
    return _Parts(keys, shape_of(x), arrays, new)


def _kept(keys: list[Any], missing: int) -> int:
    """How many axes of the result the entries stand for."""
    return sum(missing if k is Ellipsis else k is None or isinstance(k, slice) for k in keys)


def _bounds(key: Any, size: Any) -> tuple[Any, Any]:
    """Where an entry starts, and how many places it has."""
    if not isinstance(key, slice):
        return (key + size if isinstance(key, int) and key < 0 else key), 1
    if isinstance(size, int) and all(n is None or isinstance(n, int) for n in (key.start, key.stop)):
        start, stop, _ = key.indices(size)
        return start, max(stop - start, 0)
    start = (
        0
        if key.start is None
        else key.start + size
        if isinstance(key.start, int) and key.start < 0
        else key.start
    )
    stop = (
        size
        if key.stop is None
        else key.stop + size
        if isinstance(key.stop, int) and key.stop < 0
        else key.stop
    )
    return start, stop - start


def _boxed(x: Any, parts: _Parts, values: Any, how: str) -> Any:
    """The update of a box: an int or a range along each axis."""
    if any(
        isinstance(k, int) and isinstance(n, int) and not -n <= k < n
        for k, n in zip(parts.keys, parts.sizes, strict=True)
    ):
        return x
    bounds = [_bounds(k, n) for k, n in zip(parts.keys, parts.sizes, strict=True)]
    if any(isinstance(n, int) and n == 0 for _, n in bounds):
        return x
    kept = tuple(n for k, (_, n) in zip(parts.keys, bounds, strict=True) if isinstance(k, slice))
    if how != "set":
        old = ops.get_item(x, tuple(parts.keys)) if any(k != slice(None) for k in parts.keys) else x
        values = _COMBINE[how](old, _without_new(values, parts, len(kept)))
    values = ops.broadcast_to(_without_new(values, parts, len(kept)), kept)
    whole = all(isinstance(k, slice) and k == slice(None) for k in parts.keys)
    if whole:
        return values
    update = ops.reshape(values, tuple(n for _, n in bounds))
    return ops.slice_update(x, tuple(start for start, _ in bounds), update)


def _without_new(values: Any, parts: _Parts, count: int) -> Any:
    """Values without the axes of size 1 that `None` in the key has added."""
    if not parts.new or rank(values) <= count:
        return values
    return ops.reshape(values, tuple(n for axis, n in enumerate(shape_of(values)) if axis not in parts.new))


def _advanced(parts: _Parts) -> tuple[list[int], list[Any], tuple[Any, ...]]:
    """The axes that are named by numbers, the numbers for each, and the shape that they have together."""
    slices = [a for a, k in enumerate(parts.keys) if isinstance(k, slice)]
    ranges = [a for a in slices if parts.keys[a] != slice(None)]
    axes = [a for a in range(len(parts.keys)) if a not in slices or a in ranges]
    arrays = {a: parts.keys[a] for a in axes if a not in ranges}
    shape = broadcast_shapes(*(shape_of(k) if rank(k) else () for k in arrays.values()))
    numbers: list[Any] = []
    for axis in axes:
        if axis in ranges:
            places = _range(parts.keys[axis], parts.sizes[axis])
            after = sum(r > axis for r in ranges)
            numbers.append(places.reshape((-1, *(1,) * after)))
        else:
            value = arrays[axis]
            numbers.append(_with_axes(value, len(ranges), len(shape)))
    sizes = tuple(len(_range(parts.keys[a], parts.sizes[a])) for a in ranges)
    return axes, numbers, (*shape, *sizes)


def _with_axes(value: Any, after: int, count: int) -> Any:
    """Places with `after` axes of size 1 behind, where ranges go."""
    if is_number(value) or is_size(value) or not rank(value):
        return value
    return value.reshape((*value.shape, *(1,) * after)) if isinstance(value, np.ndarray) else (
        ops.expand_dims(value, list(range(-after, 0))) if after else value
    )  # fmt: skip


def _range(key: slice, size: Any) -> Any:
    if not isinstance(size, int):
        refuse(
            "Array.at",
            "a slice of an axis of unknown size beside other places",
            "give the layer a fixed size",
        )
    return np.arange(*key.indices(size), dtype=np.int32)


def _flat_places(parts: _Parts, mode: Any) -> tuple[list[int], Any, tuple[Any, ...], Any, bool]:
    """The axes, the places in them counted as one axis, their shape, the size, and whether some may be outside."""
    axes, numbers, shape = _advanced(parts)
    total: Any = 1
    flat: Any = 0
    outside: Any = None
    for axis, number in zip(axes, numbers, strict=True):
        size = parts.sizes[axis]
        known = is_constant(number) and isinstance(size, int)
        if known:
            number = np.asarray(number)
            number = np.where(number < 0, number + size, number).astype(np.int32)
            beyond = (number < 0) | (number >= size)
            wrong = beyond if beyond.any() else None
            number = np.clip(number, 0, size - 1)
        else:
            number = ops.cast(tensor(number), "int32")
            number = ops.where(ops.less(number, 0), ops.add(number, size), number)
            wrong = ops.logical_or(ops.less(number, 0), ops.greater_equal(number, size))
            number = ops.minimum(ops.maximum(number, 0), ops.subtract(size, 1))
        if wrong is not None:
            outside = wrong if outside is None else ops.logical_or(outside, wrong)
        both = is_constant(number) and is_constant(flat) and isinstance(size, int)
        flat = flat * size + number if both else ops.add(ops.multiply(flat, size), number)
        total = total * size
    if outside is not None and mode not in ("clip", "promise_in_bounds"):
        flat = ops.where(outside, total, flat)
        return axes, flat, shape, total, True
    return axes, flat, shape, total, False


def _front(x: Any, axes: list[int], parts: _Parts, total: Any) -> tuple[Any, tuple[Any, ...], list[int]]:
    """The tensor with the named axes first and as one, the sizes of the rest, and the order of the axes."""
    rest = [a for a in range(len(parts.keys)) if a not in axes]
    order = [*axes, *rest]
    moved = x if order == sorted(order) else ops.transpose(x, axes=order)
    sizes = tuple(parts.sizes[a] for a in rest)
    return ops.reshape(moved, (total, *sizes)), sizes, order


def _scattered(x: Any, parts: _Parts, values: Any, how: str, mode: Any) -> Any:
    axes, flat, shape, total, outside = _flat_places(parts, mode)
    table, sizes, order = _front(x, axes, parts, total)
    values = _arranged(values, parts, axes, shape, sizes)
    updates = ops.reshape(values, (math.prod(shape), *sizes))
    if outside:
        # One more row takes what is out of range.
        row = ops.zeros((1, *sizes), dtype=dtype_of(x))
        table = ops.concatenate([table, row], axis=0)
    places = ops.reshape(ops.broadcast_to(tensor(flat), shape), (-1, 1))
    options = {} if how == "set" else {"reduction": how}
    table = ops.scatter_update(table, places, updates, **options)
    table = ops.get_item(table, slice(0, total)) if outside else table
    back = ops.reshape(table, tuple(parts.sizes[a] for a in order))
    return back if order == sorted(order) else ops.transpose(back, axes=np.argsort(order).tolist())


def _result_order(parts: _Parts, axes: list[int], shape: tuple[Any, ...]) -> tuple[list[int], int]:
    """Where each axis of (places, rest) lies in the result of `x[key]`, and how many axes are named by arrays."""
    ranges = [a for a in axes if isinstance(parts.keys[a], slice)]
    arrays = [a for a in axes if a not in ranges]
    count = len(shape) - len(ranges)
    adjacent = arrays == list(range(arrays[0], arrays[0] + len(arrays))) if arrays else True
    slots: list[Any] = []
    for axis in range(len(parts.keys)):
        if axis in arrays:
            if axis == arrays[0] and adjacent:
                slots.extend(("array", n) for n in range(count))
        else:
            slots.append(("axis", axis))
    if arrays and not adjacent:
        slots = [*(("array", n) for n in range(count)), *slots]
    rest = [a for a in range(len(parts.keys)) if a not in axes]
    wanted = [
        *(("array", n) for n in range(count)),
        *(("axis", a) for a in ranges),
        *(("axis", a) for a in rest),
    ]
    return [slots.index(w) for w in wanted], count


def _arranged(
    values: Any, parts: _Parts, axes: list[int], shape: tuple[Any, ...], sizes: tuple[Any, ...]
) -> Any:
    """Values in the order (places, rest)."""
    order, _ = _result_order(parts, axes, shape)
    wanted = (*shape, *sizes)
    full = [wanted[order.index(place)] for place in range(len(order))]
    values = ops.broadcast_to(_without_new(values, parts, len(full)), tuple(full))
    return values if order == sorted(order) else ops.transpose(values, axes=order)


def _gathered(x: Any, parts: _Parts, mode: str, fill_value: Any) -> Any:
    axes, flat, shape, total, outside = _flat_places(parts, mode)
    table, sizes, _ = _front(x, axes, parts, total)
    if outside:
        from lamina.vocabulary.jax.selection import fill_of

        fill = fill_of(x) if fill_value is None else fill_value
        table = ops.concatenate([table, ops.full((1, *sizes), fill, dtype=dtype_of(x))], axis=0)
    places = ops.broadcast_to(tensor(flat), shape)
    found = ops.take(table, places, axis=0)
    order, _ = _result_order(parts, axes, shape)
    return found if order == sorted(order) else ops.transpose(found, axes=np.argsort(order).tolist())
