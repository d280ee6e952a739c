"""Primitives of lax that move elements: shapes, slices, padding, sorting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamina.jaxpr.equation import Equation, Rule, Spread
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tracer import Tracer


def _broadcast_in_dim(eqn: Equation) -> Any:
    axes = [int(axis) for axis in eqn.params["broadcast_dimensions"]]
    value, source = eqn.values[0], eqn.inputs[0]
    if isinstance(value, Spread):
        value = value.small
    if not isinstance(value, Tracer):
        if source.rank == 0:
            return Spread(value, eqn.out.shape)
        value = eqn.tensor(0)
    ones: list[Any] = [1] * eqn.out.rank
    for axis, size in zip(axes, _sizes_of(eqn, value), strict=True):
        ones[axis] = size
    if eqn.out.rank == source.rank:
        return Spread(value, eqn.out.shape)
    if axes == sorted(axes) and eqn.out.rank:
        missing = [axis for axis in range(eqn.out.rank) if axis not in axes]
        return Spread(_expanded(value, missing), eqn.out.shape)
    return Spread(ops.reshape(value, tuple(ones)), eqn.out.shape)


def _sizes_of(eqn: Equation, value: Any) -> Sequence[Any]:
    return eqn.inputs[0].shape


def _expanded(value: Any, axes: Sequence[int]) -> Any:
    return ops.expand_dims(value, axes[0] if len(axes) == 1 else tuple(axes)) if axes else value


def _reshape(eqn: Equation) -> Any:
    if eqn.params.get("dimensions") is not None:
        eqn.refuse("reorders axes")
    shape = list(eqn.out.shape)
    unknown = [i for i, size in enumerate(shape) if not isinstance(size, int)]
    if len(unknown) == 1 and all(size for size in shape if isinstance(size, int)):
        shape[unknown[0]] = -1
    return ops.reshape(eqn.tensor(0), tuple(shape))


def _squeeze(eqn: Equation) -> Any:
    axes = tuple(int(axis) for axis in eqn.params["dimensions"])
    if not axes:
        return eqn.values[0]
    return ops.squeeze(eqn.tensor(0), axis=axes[0] if len(axes) == 1 else axes)


def _transpose(eqn: Equation) -> Any:
    return ops.transpose(eqn.tensor(0), axes=tuple(int(axis) for axis in eqn.params["permutation"]))


def _rev(eqn: Equation) -> Any:
    axes = tuple(eqn.params["dimensions"])
    return ops.flip(eqn.tensor(0), axis=axes[0] if len(axes) == 1 else axes) if axes else eqn.values[0]


def _concatenate(eqn: Equation) -> Any:
    parts = [eqn.tensor(i) for i in range(len(eqn.values))]
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=eqn.params["dimension"])


def _slice(eqn: Equation) -> Any:
    starts, limits = (eqn.params[name] for name in ("start_indices", "limit_indices"))
    strides = eqn.params["strides"] or (1,) * eqn.out.rank
    bounds = zip(
        *(map(eqn.size, part) for part in (starts, limits, strides)), eqn.inputs[0].shape, strict=True
    )
    return eqn.tensor(0)[tuple(_key(*each) for each in bounds)]


def _key(start: Any, limit: Any, stride: Any, size: Any) -> slice:
    """A slice as it is written, without the bounds that it has anyway."""
    whole = limit is size or (isinstance(limit, int) and isinstance(size, int) and limit == size)
    return slice(
        None if _is(start, 0) else start, None if whole else limit, None if _is(stride, 1) else stride
    )


def _is(size: Any, number: int) -> bool:
    return isinstance(size, int) and size == number


def _split(eqn: Equation) -> Any:
    sizes, axis = list(map(eqn.size, eqn.params["sizes"])), eqn.params["axis"]
    places, total = [], 0
    for size in sizes[:-1]:
        total = total + size
        places.append(total)
    return ops.split(eqn.tensor(0), places, axis=axis) if places else [eqn.tensor(0)]


def _pad(eqn: Equation) -> Any:
    """`lax.pad`: around and between the elements; negative padding cuts off."""
    x, value = eqn.tensor(0), eqn.operand(1)
    config = [tuple(map(eqn.size, item)) for item in eqn.params["padding_config"]]
    for axis, (_, _, interior) in enumerate(config):
        if interior:
            x = dilated(x, axis, interior, value, eqn.inputs[0].rank)
    around = [(_positive(low), _positive(high)) for low, high, _ in config]
    if any(pair != (0, 0) for pair in around):
        x = ops.pad(x, around, constant_values=value)
    cut = tuple(
        slice(-low if _negative(low) else None, high if _negative(high) else None) for low, high, _ in config
    )
    return x[cut] if any(part != slice(None) for part in cut) else x


def _negative(size: Any) -> bool:
    return isinstance(size, int) and size < 0


def _positive(size: Any) -> Any:
    return 0 if _negative(size) else size


def dilated(x: Any, axis: int, count: int, value: Any, rank: int) -> Any:
    """A tensor with `count` times `value` between its elements along an axis."""
    widths = [(0, 0)] * (rank + 1)
    widths[axis + 1] = (0, count)
    padded = ops.pad(ops.expand_dims(x, axis + 1), widths, constant_values=value)
    shape = list(ops.shape(x))
    shape[axis] = shape[axis] * (count + 1)
    joined = ops.reshape(padded, tuple(shape))
    return joined[(*[slice(None)] * axis, slice(None, -count))]


def _iota(eqn: Equation) -> Any:
    axis = eqn.params["dimension"]
    numbers = ops.arange(eqn.out.shape[axis], dtype=eqn.out.dtype)
    shape = [1] * eqn.out.rank
    shape[axis] = -1
    return numbers if eqn.out.rank == 1 else Spread(ops.reshape(numbers, tuple(shape)), eqn.out.shape)


def _sort(eqn: Equation) -> Any:
    """`lax.sort`: several tensors are sorted by the first of them, and where those are equal by the next."""
    axis = eqn.params["dimension"]
    if len(eqn.values) == 1:
        return [ops.sort(eqn.tensor(0), axis=axis)]
    keys = [eqn.tensor(i) for i in range(eqn.params["num_keys"])]
    order = ops.argsort(keys[-1], axis=axis)
    for key in reversed(keys[:-1]):
        finer = ops.argsort(ops.take_along_axis(key, order, axis=axis), axis=axis)
        order = ops.take_along_axis(order, finer, axis=axis)
    return [ops.take_along_axis(eqn.tensor(i), order, axis=axis) for i in range(len(eqn.values))]


def _top_k(eqn: Equation) -> Any:
    if eqn.params.get("axis", eqn.inputs[0].rank - 1) != eqn.inputs[0].rank - 1:
        eqn.refuse("looks along another axis than the last")
    values, places = ops.top_k(eqn.tensor(0), eqn.params["k"])
    return [values, ops.cast(places, eqn.outputs[1].dtype)]


def _dim_as_value(eqn: Equation) -> Any:
    return ops.convert_to_tensor(eqn.size(eqn.params["dim"]), dtype=eqn.out.dtype)


TABLE: Mapping[str, Rule] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "dim_as_value": _dim_as_value,
    "iota": _iota,
    "pad": _pad,
    "reshape": _reshape,
    "rev": _rev,
    "slice": _slice,
    "sort": _sort,
    "split": _split,
    "squeeze": _squeeze,
    "top_k": _top_k,
    "transpose": _transpose,
}
