"""Functions that sort, and those that return values together with their places."""

from __future__ import annotations

from typing import Any, NamedTuple

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    Function,
    along,
    as_float,
    axis_of,
    is_kind,
    is_tensor,
    keep_dtype,
    known_rank,
    known_size,
    operand,
    rank,
    refuse,
    sizes,
    static,
    tensor,
)
from lamina.vocabulary.torch.notation import named
from lamina.vocabulary.torch.reductions import argmax, argmin, compare_with


class ValuesAndIndices(NamedTuple):
    """What `torch.max` along an axis and its relatives return."""

    values: Any
    indices: Any


class MinAndMax(NamedTuple):
    """What `torch.aminmax` returns."""

    min: Any
    max: Any


def _extreme(name: str, place: Function) -> Function:
    def call(input: Any, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
        if other is not None or is_tensor(dim):
            return compare_with(name, input, dim if other is None else other)
        x = operand(input)
        if dim is None:
            return getattr(ops, name)(x)
        if known_rank(x) == 0:
            return ValuesAndIndices(x, place(x))
        values = getattr(ops, name)(x, axis=static(dim), keepdims=bool(keepdim))
        return ValuesAndIndices(values, place(x, dim, keepdim))

    return named(call, name, f"`torch.{name}`: of all, along an axis with places, or of two tensors.")


max_, min_ = _extreme("max", argmax), _extreme("min", argmin)


def aminmax(input: Any, *, dim: Any = None, keepdim: Any = False) -> MinAndMax:
    """`torch.aminmax`."""
    from lamina.vocabulary.torch.reductions import SAME

    return MinAndMax(SAME["amin"](input, dim, keepdim), SAME["amax"](input, dim, keepdim))


def _order(x: Any, axis: int, descending: Any) -> Any:
    """The places of the elements in order; equal ones keep theirs."""
    x = ops.cast(x, "int32") if is_kind(x, 0) else x
    if not descending:
        return ops.argsort(x, axis=axis)
    # Backwards twice: equal elements stay in their order, and what is no number comes first.
    turned = ops.flip(ops.argsort(ops.flip(x, axis=axis), axis=axis), axis=axis)
    return ops.subtract(sizes(x)[axis] - 1, turned)


def argsort(input: Any, dim: Any = -1, descending: Any = False, stable: Any = False) -> Any:
    """`torch.argsort`."""
    x = operand(input)
    if rank(x) == 0:
        return ops.zeros((), dtype="int64")
    return ops.cast(_order(x, axis_of(x, dim), descending), "int64")


def sort(input: Any, dim: Any = -1, descending: Any = False, stable: Any = False) -> ValuesAndIndices:
    """`torch.sort`: the values in order, and their places."""
    x = operand(input)
    if rank(x) == 0:
        return ValuesAndIndices(x, ops.zeros((), dtype="int64"))
    axis = axis_of(x, dim)
    order = _order(x, axis, descending)
    return ValuesAndIndices(ops.take_along_axis(x, order, axis=axis), ops.cast(order, "int64"))


def msort(input: Any) -> Any:
    """`torch.msort`: along the first axis."""
    return sort(input, 0).values


def topk(input: Any, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> ValuesAndIndices:
    """`torch.topk`: the `k` largest or smallest elements, in order."""
    x = operand(input)
    axis, k = axis_of(x, dim), static(k)
    if is_tensor(k):
        refuse("topk", "k is a tensor", "give it as a Python number")
    if largest and axis == rank(x) - 1:
        values, places = ops.top_k(x, int(k))
        return ValuesAndIndices(values, ops.cast(places, "int64"))
    order = along(_order(x, axis, largest), axis, slice(0, k))
    return ValuesAndIndices(ops.take_along_axis(x, order, axis=axis), ops.cast(order, "int64"))


def kthvalue(input: Any, k: Any, dim: Any = -1, keepdim: Any = False) -> ValuesAndIndices:
    """`torch.kthvalue`: the `k`-th smallest element, counted from 1."""
    x = operand(input)
    return _picked(x, static(k) - 1, axis_of(x, dim), keepdim)


def _picked(x: Any, place: Any, axis: int, keepdim: Any) -> ValuesAndIndices:
    order = along(_order(x, axis, False), axis, slice(place, place + 1))
    values = ops.take_along_axis(x, order, axis=axis)
    places = ops.cast(order, "int64")
    if keepdim:
        return ValuesAndIndices(values, places)
    return ValuesAndIndices(ops.squeeze(values, axis=axis), ops.squeeze(places, axis=axis))


def median(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
    """`torch.median`: the lower of the two in the middle; along an axis also its place."""
    x = operand(input)
    if dim is None:
        flat = ops.sort(ops.reshape(x, (-1,)), axis=0)
        return flat[(sizes(flat)[0] - 1) // 2]
    axis = axis_of(x, dim)
    return _picked(x, (sizes(x)[axis] - 1) // 2, axis, keepdim)


def nanmedian(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
    """`torch.nanmedian`: the lower middle of the numbers."""
    x = as_float(input)
    if dim is None:
        return nanmedian(ops.reshape(x, (-1,)), 0).values
    axis = axis_of(x, dim)
    numbers = ops.sum(ops.cast(ops.logical_not(ops.isnan(x)), "int32"), axis=axis, keepdims=True)
    place = ops.maximum(ops.floor_divide(ops.subtract(numbers, 1), 2), 0)
    numbers_first = ops.where(ops.isnan(x), float("inf"), x)
    order = ops.take_along_axis(_order(numbers_first, axis, False), place, axis=axis)
    found = ops.take_along_axis(x, order, axis=axis), ops.cast(order, "int64")
    return ValuesAndIndices(*(found if keepdim else (ops.squeeze(t, axis=axis) for t in found)))


_METHODS = "linear lower higher midpoint nearest".split()


def _quantile(name: str) -> Function:
    def call(
        input: Any, q: Any, dim: Any = None, keepdim: Any = False, *, interpolation: str = "linear"
    ) -> Any:
        if interpolation not in _METHODS:
            refuse(name, f"interpolation={interpolation!r}", f"use one of {', '.join(_METHODS)}")
        x = ops.reshape(input, (-1,)) if dim is None else operand(input)
        axis = 0 if dim is None else axis_of(x, dim)
        result = _interpolated(x, q, axis, interpolation, name == "nanquantile")
        if dim is None:
            result = ops.squeeze(result, axis=-1)
            shape = (*sizes(result), *[1] * rank(input)) if keepdim else None
            return ops.reshape(result, shape) if shape else result
        return result if keepdim else ops.squeeze(result, axis=axis - rank(x))

    return named(call, name, f"`torch.{name}`.")


def _interpolated(x: Any, q: Any, axis: int, method: str, skip: bool) -> Any:
    """The quantiles along an axis that is kept, those of several `q` along a new first axis."""
    several = is_tensor(q) and rank(q) == 1
    numbers = ops.logical_not(ops.isnan(x))
    count = ops.cast(ops.sum(ops.cast(numbers, "int32"), axis=axis, keepdims=True), "float32")
    last = ops.subtract(count, 1.0) if skip else float(known_size("quantile", x, axis) - 1)
    weights = ops.reshape(q, (-1, *[1] * rank(x))) if several else q
    place = ops.multiply(weights, last)
    # Not every backend puts what is no number at the end.
    ordered = ops.sort(ops.where(numbers, x, float("inf")), axis=axis)
    low, high = ops.floor(place), ops.ceil(place)
    part = {
        "linear": ops.subtract(place, low),
        "lower": ops.zeros_like(place),
        "higher": ops.ones_like(place),
        "midpoint": ops.multiply(ops.ones_like(place), 0.5),
        "nearest": ops.subtract(ops.round(place), low),
    }[method]
    ends = [_at(ordered, p, axis, several) for p in (low, high)]
    value = ops.add(ends[0], ops.multiply(ops.subtract(ends[1], ends[0]), part))
    broken = ops.logical_not(ops.any(numbers, axis=axis, keepdims=True) if skip else _all(numbers, axis))
    return keep_dtype(ops.where(broken, float("nan"), value), x)


def _all(numbers: Any, axis: int) -> Any:
    return ops.all(numbers, axis=axis, keepdims=True)


def _at(ordered: Any, place: Any, axis: int, several: bool) -> Any:
    shape = list(sizes(ordered))
    shape[axis] = 1
    indices = ops.cast(ops.maximum(place, 0.0), "int32")
    if not several:
        return ops.take_along_axis(ordered, ops.broadcast_to(indices, tuple(shape)), axis=axis)
    count = sizes(place)[0]
    indices = ops.broadcast_to(indices, (count, *shape))
    wide = ops.broadcast_to(ops.expand_dims(ordered, axis=0), (count, *sizes(ordered)))
    return ops.take_along_axis(wide, indices, axis=axis + 1)


quantile, nanquantile = _quantile("quantile"), _quantile("nanquantile")


def _running(name: str, better: str) -> Function:
    def call(input: Any, dim: Any) -> ValuesAndIndices:
        x = operand(input)
        axis = axis_of(x, dim)
        count = sizes(x)[axis]
        places = ops.reshape(ops.arange(count, dtype="int32"), (-1, *[1] * (rank(x) - axis - 1)))
        places = ops.broadcast_to(places, sizes(x))

        def combine(left: Any, right: Any) -> Any:
            later = getattr(ops, better)(right[0], left[0])
            return tuple(ops.where(later, r, l_) for l_, r in zip(left, right, strict=True))

        values, found = ops.associative_scan(combine, (x, places), axis=axis)
        return ValuesAndIndices(values, ops.cast(found, "int64"))

    return named(call, name, f"`torch.{name}`: the extreme so far, and its last place.")


cummax, cummin = _running("cummax", "greater_equal"), _running("cummin", "less_equal")


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """`torch.searchsorted`: where values belong in rows that are in order."""
    rows = tensor(sorted_sequence)
    rows = rows if sorter is None else ops.take_along_axis(rows, sorter, axis=-1)
    x = tensor(input)
    after = right if side is None else side == "right"
    wide = ops.expand_dims(rows, axis=-2) if rank(rows) > 1 else rows
    below = (ops.less_equal if after else ops.less)(wide, ops.expand_dims(x, axis=-1))
    return ops.sum(ops.cast(below, "int32"), axis=-1) if out_int32 else _count(below)


def _count(below: Any) -> Any:
    return ops.cast(ops.sum(ops.cast(below, "int32"), axis=-1), "int64")


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """`torch.bucketize`: the number of the interval that each value lies in."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """`torch.isin`: whether each element is one of the others."""
    x, others = tensor(elements), ops.reshape(tensor(test_elements), (-1,))
    found = ops.any(ops.equal(ops.expand_dims(x, axis=-1), others), axis=-1)
    return ops.logical_not(found) if invert else found
