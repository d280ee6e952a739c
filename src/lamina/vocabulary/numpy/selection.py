"""Functions that choose, order, look up and compare elements."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    NOT_GIVEN,
    as_float,
    dtype_of,
    floatx,
    is_given,
    is_kind,
    kind,
    one_of,
    operand,
    rank,
    refuse,
    refuse_arguments,
    result_type,
    shape_of,
    tensor,
)
from lamina.vocabulary.numpy.creation import DType

_MODES = ("raise", "wrap", "clip")


def where(condition: Any, x: Any = NOT_GIVEN, y: Any = NOT_GIVEN, /) -> Any:
    """`numpy.where` of three arguments."""
    if not is_given(x) or not is_given(y):
        refuse(
            "where",
            "with a condition alone, the shape of the result depends on data",
            "give both values, np.where(mask, x, y), or keep the mask and multiply by it",
        )
    return ops.where(_as_bool(operand(condition)), operand(x), operand(y))


def _as_bool(condition: Any) -> Any:
    return ops.cast(condition, "bool") if hasattr(condition, "shape") else condition


def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    where: Any = True,
    dtype: Any = None,
) -> Any:
    """`numpy.clip`; a bound of `None` does not bound."""
    refuse_arguments("clip", out=out, where=where, dtype=dtype)
    a, low, high = operand(a), operand(a_min if min is None else min), operand(a_max if max is None else max)
    if is_kind(a, "bi") and any(b is not None and kind(b) == "f" for b in (low, high)):
        a = as_float(a)
    if low is None:
        return a if high is None else ops.minimum(a, high)
    return ops.maximum(a, low) if high is None else ops.clip(a, low, high)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """`numpy.select`: each element from the first choice whose condition holds."""
    pairs = zip(reversed(condlist), reversed(choicelist), strict=True)
    return functools.reduce(lambda rest, pair: where(pair[0], pair[1], rest), pairs, operand(default))


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """`numpy.piecewise`; every function is called with all of `x`."""
    x = tensor(x)
    conditions = list(condlist) if isinstance(condlist, (list, tuple)) else [condlist]
    default = funclist[len(conditions)] if len(funclist) > len(conditions) else 0
    values = [f(x, *args, **kw) if callable(f) else f for f in (*funclist[: len(conditions)], default)]
    values = [ops.cast(tensor(v), dtype_of(x)) for v in values]
    result = ops.broadcast_to(values[-1], shape_of(x))
    for condition, value in zip(conditions, values, strict=False):
        result = where(condition, value, result)
    return result


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """`numpy.choose`; an index out of range is not noticed by `mode="raise"`."""
    refuse_arguments("choose", out=out)
    items = [operand(c) for c in choices]
    a = _in_range("choose", operand(a), len(items), mode)
    pairs = list(enumerate(items))[:-1]
    return functools.reduce(
        lambda rest, p: ops.where(ops.equal(a, p[0]), p[1], rest), reversed(pairs), items[-1]
    )


def _in_range(name: str, indices: Any, size: Any, mode: str) -> Any:
    one_of(name, "mode", mode, _MODES, "use one of these")
    if mode == "clip":
        return ops.clip(indices, 0, size - 1)
    return ops.mod(indices, size) if mode == "wrap" else indices


def take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    """`numpy.take`; an index out of range is not noticed by `mode="raise"`."""
    refuse_arguments("take", out=out)
    a = tensor(a)
    a, axis = (ops.ravel(a), 0) if axis is None else (a, axis)
    return ops.take(a, _in_range("take", operand(indices), shape_of(a)[axis], mode), axis=axis)


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """`numpy.take_along_axis`."""
    return ops.take_along_axis(operand(arr), operand(indices), axis=axis)


def sort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None
) -> Any:
    """`numpy.sort`; `axis=None` flattens first."""
    refuse_arguments("sort", order=order)
    a = tensor(a)
    return ops.sort(ops.ravel(a), axis=0) if axis is None else ops.sort(a, axis=axis)


def argsort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None
) -> Any:
    """`numpy.argsort`; `axis=None` flattens first."""
    refuse_arguments("argsort", order=order)
    a = tensor(a)
    return ops.argsort(ops.ravel(a), axis=0) if axis is None else ops.argsort(a, axis=axis)


def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    """`numpy.partition`, by sorting: one of the orders that NumPy may give."""
    return sort(a, axis, order=order)


def argpartition(
    a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Any:
    """`numpy.argpartition`, by sorting: one of the orders that NumPy may give."""
    return argsort(a, axis, order=order)


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """`numpy.searchsorted`."""
    a, v = operand(a), tensor(v)
    if sorter is not None:
        a = ops.take(a, operand(sorter), axis=0)
    dtype = result_type(a, v)
    found = ops.searchsorted(ops.cast(a, dtype), ops.reshape(ops.cast(v, dtype), (-1,)), side=side)
    return ops.reshape(found, shape_of(v))


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """`numpy.digitize`; decreasing bins must be constants."""
    bins = operand(bins)
    if isinstance(bins, np.ndarray) and bins.size > 1 and bins[0] > bins[-1]:
        found = searchsorted(bins[::-1].copy(), x, "right" if right else "left")
        return ops.subtract(bins.size, found)
    return searchsorted(bins, x, "left" if right else "right")


def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
) -> Any:
    """`numpy.isin`."""
    values = ops.reshape(tensor(test_elements), (-1,))
    found = ops.any(ops.equal(ops.expand_dims(tensor(element), -1), values), axis=-1)
    return ops.logical_not(found) if invert else found


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """`numpy.in1d`, of older NumPys."""
    return isin(ops.reshape(tensor(ar1), (-1,)), ar2, invert=invert)


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """`numpy.array_equal`: false where the shapes differ."""
    a1, a2 = tensor(a1), tensor(a2)
    return _all_equal(a1, a2, equal_nan) if shape_of(a1) == shape_of(a2) else False


def array_equiv(a1: Any, a2: Any) -> Any:
    """`numpy.array_equiv`: false where the shapes do not broadcast."""
    a1, a2 = tensor(a1), tensor(a2)
    try:
        np.broadcast_shapes(shape_of(a1), shape_of(a2))
    except ValueError:
        return False
    return _all_equal(a1, a2, False)


def _all_equal(a1: Any, a2: Any, equal_nan: bool) -> Any:
    same = ops.equal(a1, a2)
    if equal_nan:
        same = ops.logical_or(same, ops.logical_and(ops.isnan(a1), ops.isnan(a2)))
    return ops.all(same)


def iscomplex(x: Any) -> Any:
    """`numpy.iscomplex`: whether the imaginary part is not zero."""
    return ops.logical_not(ops.isreal(operand(x)))


def iscomplexobj(x: Any) -> bool:
    """`numpy.iscomplexobj`: whether the type is complex."""
    return kind(operand(x)) == "c"


def isrealobj(x: Any) -> bool:
    """`numpy.isrealobj`: whether the type is not complex."""
    return not iscomplexobj(x)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """`numpy.nan_to_num`."""
    return ops.nan_to_num(operand(x), nan, posinf, neginf)


def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """`numpy.round`, half to even."""
    refuse_arguments("round", out=out)
    a = operand(a)
    if is_kind(a, "b"):
        return ops.cast(a, floatx())
    if not is_kind(a, "i"):
        return ops.round(a, decimals=decimals)
    if decimals >= 0:
        return a
    unit = 10**-decimals
    return ops.cast(ops.multiply(ops.round(ops.divide(a, float(unit))), float(unit)), dtype_of(a))


def angle(z: Any, deg: bool = False) -> Any:
    """`numpy.angle`."""
    z = operand(z)
    result = ops.angle(z) if kind(z) == "c" else ops.arctan2(ops.zeros_like(as_float(z)), as_float(z))
    return ops.rad2deg(result) if deg else result


def apply_over_axes(func: Callable[[Any, int], Any], a: Any, axes: Any) -> Any:
    """`numpy.apply_over_axes`: a reduction over one axis after the other, axes kept."""
    result = tensor(a)
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        axis = axis % rank(result)
        reduced = func(result, axis)
        result = reduced if rank(reduced) == rank(result) else ops.expand_dims(reduced, axis)
    return result


def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    """`numpy.compress`, by a condition that is known."""
    refuse_arguments("compress", out=out)
    if not isinstance(condition, (list, tuple, np.ndarray)):
        refuse(
            "compress",
            "the condition is a tensor: the shape would depend on data",
            "use np.where(mask, x, y)",
        )
    places = np.flatnonzero(np.asarray(condition)).astype(np.int32)
    a, axis = (ops.ravel(a), 0) if axis is None else (operand(a), axis)
    return ops.take(a, places, axis=axis)


def isscalar(element: Any) -> bool:
    """`numpy.isscalar`: false of every tensor."""
    return bool(np.isscalar(element))


def result_type_(*arrays_and_dtypes: Any) -> DType:
    """`numpy.result_type`, of tensors."""
    return DType(result_type(*map(operand, arrays_and_dtypes)))


def unravel_index(indices: Any, shape: Sequence[int], order: str = "C") -> tuple[Any, ...]:
    """`numpy.unravel_index`, in C order."""
    one_of("unravel_index", "order", order, ("C",), "use 'C'")
    rest, places = operand(indices), []
    for size in reversed(tuple(shape)):
        places.append(ops.mod(rest, size))
        rest = ops.floor_divide(rest, size)
    return tuple(reversed(places))


def ravel_multi_index(multi_index: Any, dims: Sequence[int], mode: str = "raise", order: str = "C") -> Any:
    """`numpy.ravel_multi_index`, in C order; an index out of range is not noticed by `mode="raise"`."""
    one_of("ravel_multi_index", "order", order, ("C",), "use 'C'")
    places = [
        _in_range("ravel_multi_index", operand(i), n, mode) for i, n in zip(multi_index, dims, strict=True)
    ]
    return functools.reduce(
        lambda flat, p: ops.add(ops.multiply(flat, p[1]), p[0]), zip(places, dims, strict=True), 0
    )


def shape(a: Any) -> tuple[Any, ...]:
    """`numpy.shape`."""
    return shape_of(tensor(a))


def ndim(a: Any) -> int:
    """`numpy.ndim`."""
    return rank(operand(a))
