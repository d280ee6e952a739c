"""Reductions and scans of `jax.numpy` and `jax.lax`, with `where=` and `initial=`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.jax.arguments import (
    Axis,
    Function,
    axes_of,
    cast,
    dtype_of,
    inexact,
    is_bool,
    is_kind,
    kind,
    operand,
    rank,
    refuse,
    shape_of,
    tensor,
)


def lowest(x: Any) -> Any:
    """The least number of the type of a tensor."""
    return _limit(dtype_of(x), low=True)


def highest(x: Any) -> Any:
    """The greatest number of the type of a tensor."""
    return _limit(dtype_of(x), low=False)


def _limit(name: str, low: bool) -> Any:
    if name == "bool":
        return not low
    if name.startswith(("int", "uint")):
        info = np.iinfo(name)
        return int(info.min if low else info.max)
    return -math.inf if low else math.inf


def _kept(x: Any, axis: Axis, keepdims: Any) -> Any:
    """The axes by number where all are kept: on PyTorch, Keras forgets to keep them otherwise."""
    return axes_of(x, None) if axis is None and keepdims else tuple(axis) if isinstance(axis, list) else axis


def _masked(x: Any, where: Any, neutral: Any) -> Any:
    return x if where is None else ops.where(operand(where), x, ops.cast(neutral, dtype_of(x)))


def _no_out(name: str, out: Any) -> None:
    if out is not None:
        refuse(f"numpy.{name}", "out= is not supported", "use the result of the call")


def _summing(name: str, op: str, neutral: Any, combine: str) -> Function:
    reduce, joined = op_function(op), op_function(combine)

    def call(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
        promote_integers: bool = True,
    ) -> Any:
        _no_out(name, out)
        x = _masked(cast(tensor(a), dtype), where, neutral)
        result = reduce(x, axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))
        result = result if initial is None else joined(result, operand(initial))
        if dtype is not None:
            return cast(result, dtype)
        return result if promote_integers or not is_kind(x, "i") else ops.cast(result, dtype_of(x))

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def _extreme(name: str, op: str, limit: Callable[[Any], Any], combine: str) -> Function:
    reduce, joined = op_function(op), op_function(combine)

    def call(
        a: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        _no_out(name, out)
        x = tensor(a)
        if where is not None and initial is None:
            refuse(f"numpy.{name}", "where= has no meaning without initial=", "give initial= as well")
        x = x if where is None else _masked(x, where, limit(x))
        result = reduce(x, axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))
        return result if initial is None else ops.cast(joined(result, operand(initial)), dtype_of(x))

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def _logical(name: str, op: str, neutral: bool) -> Function:
    reduce = op_function(op)

    def call(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = None) -> Any:
        _no_out(name, out)
        x = tensor(a)
        x = x if where is None else ops.where(operand(where), ops.cast(x, "bool"), neutral)
        return reduce(x, axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def _count(x: Any, axis: Axis, where: Any) -> Any:
    """How many elements are averaged: a number, or a tensor where a mask decides."""
    if where is None:
        return math.prod([shape_of(x)[a] for a in axes_of(x, axis)])
    mask = ops.broadcast_to(operand(where), shape_of(x))
    kept = ops.cast(mask, dtype_of(x))
    return ops.sum(kept, axis=axes_of(x, axis), keepdims=True)


def mean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Any:
    """`jax.numpy.mean`: float32 of integers."""
    _no_out("mean", out)
    x = inexact(cast(tensor(a), dtype))
    if where is None:
        return ops.mean(x, axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))
    total = ops.sum(_masked(x, where, 0), axis=axes_of(x, axis), keepdims=True)
    return _squeezed(ops.divide(total, _count(x, axis, where)), x, axis, keepdims)


def _squeezed(result: Any, x: Any, axis: Axis, keepdims: Any) -> Any:
    axes = axes_of(x, axis)
    return result if keepdims or not axes else ops.squeeze(result, axis=axes)


def _spread(name: str, root: bool) -> Function:
    plain = ops.std if root else ops.var

    def call(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: bool = False,
        *,
        where: Any = None,
        mean: Any = None,
        correction: Any = None,
    ) -> Any:
        _no_out(name, out)
        x = inexact(cast(tensor(a), dtype))
        freedom = ddof if correction is None else correction
        if where is None and mean is None and not freedom and not is_kind(x, "c"):
            return plain(x, axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))
        result = _variance(x, axis, where, mean, freedom)
        return _squeezed(ops.sqrt(result) if root else result, x, axis, keepdims)

    call.__doc__ = f"`jax.numpy.{name}`, with `ddof` or `correction` degrees of freedom taken off."
    return call


def _variance(x: Any, axis: Axis, where: Any, centre: Any, freedom: Any) -> Any:
    axes = axes_of(x, axis)
    centre = mean(x, axes, keepdims=True, where=where) if centre is None else operand(centre)
    away = ops.subtract(x, centre)
    squares = ops.square(ops.abs(away) if kind(x) == "c" else away)
    total = ops.sum(_masked(squares, where, 0), axis=axes, keepdims=True)
    return ops.divide(total, ops.cast(ops.subtract(_count(x, axis, where), freedom), dtype_of(total)))


def _position(name: str, op: str) -> Function:
    found = op_function(op)

    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
        _no_out(name, out)
        x = tensor(a)
        x = ops.cast(x, "int32") if is_bool(x) else x
        if axis is None and keepdims:
            return ops.reshape(found(x), (1,) * rank(x))
        return found(x, axis=axis, keepdims=bool(keepdims))

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def _cumulative(name: str, op: str) -> Function:
    scan = op_function(op)

    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        _no_out(name, out)
        x = cast(tensor(a), dtype)
        x, axis = (ops.reshape(x, (-1,)), 0) if axis is None else (x, axis)
        return cast(scan(x, axis=axis), dtype)

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def _without_nan(name: str, plain: Function, neutral: Callable[[Any], Any]) -> Function:
    def call(a: Any, *args: Any, where: Any = None, **kwargs: Any) -> Any:
        x = tensor(a)
        if is_kind(x, "bi"):
            return plain(x, *args, **({} if where is None else {"where": where}), **kwargs)
        x = _masked(x, where, neutral(x))
        return plain(ops.where(ops.isnan(x), neutral(x), x), *args, **kwargs)

    call.__doc__ = f"`jax.numpy.{name}`: over the elements that are not nan."
    return call


def _nan_extreme(name: str, plain: Function, neutral: Callable[[Any], Any]) -> Function:
    filled = _without_nan(name, plain, neutral)

    def call(
        a: Any,
        axis: Axis = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        _no_out(name, out)
        x = tensor(a)
        if is_kind(x, "bi"):
            return plain(x, axis, None, keepdims, initial, where)
        result = filled(x, axis, None, keepdims, initial, where=where)
        if initial is not None:
            return result
        none = ops.all(ops.isnan(x), axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))
        return ops.where(none, math.nan, result)

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, where: Any = None
) -> Any:
    """`jax.numpy.nanmean`."""
    x = inexact(cast(tensor(a), dtype))
    return mean(ops.where(ops.isnan(x), 0.0, x), axis, None, out, keepdims, where=_numbers(x, where))


def _numbers(x: Any, where: Any) -> Any:
    known = ops.logical_not(ops.isnan(x))
    return known if where is None else ops.logical_and(known, operand(where))


def _nan_spread(name: str, spread: Function) -> Function:
    def call(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: bool = False,
        where: Any = None,
        mean: Any = None,
    ) -> Any:
        x = inexact(cast(tensor(a), dtype))
        zeroed = ops.where(ops.isnan(x), 0.0, x)
        known = _numbers(x, where)
        result = spread(zeroed, axis, None, out, ddof, keepdims, where=known, mean=mean)
        if not ddof:
            return result
        count = ops.sum(ops.cast(known, "int32"), axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))
        return ops.where(ops.greater(count, ddof), result, math.nan)

    call.__doc__ = f"`jax.numpy.{name}`: over the elements that are not nan."
    return call


def _nan_position(name: str, op: str, fill: float) -> Function:
    found = op_function(op)

    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
        _no_out(name, out)
        x = tensor(a)
        if is_kind(x, "bi"):
            return found(x, axis=axis, keepdims=bool(keepdims))
        missing = ops.isnan(x)
        place = found(ops.where(missing, fill, x), axis=axis, keepdims=bool(keepdims))
        return ops.where(ops.all(missing, axis=axis, keepdims=bool(keepdims)), -1, place)

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """`jax.numpy.ptp`: the greatest minus the least."""
    return ops.subtract(NUMPY["max"](a, axis, out, keepdims), NUMPY["min"](a, axis, out, keepdims))


def count_nonzero(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """`jax.numpy.count_nonzero`."""
    x = tensor(a)
    hits = ops.cast(x if is_bool(x) else ops.not_equal(x, 0), "int32")
    return ops.sum(hits, axis=_kept(x, axis, keepdims), keepdims=bool(keepdims))


def histogram(
    a: Any, bins: Any = 10, range: Any = None, weights: Any = None, density: bool | None = None
) -> tuple[Any, Any]:
    """`jax.numpy.histogram`: the counts as floats, and the edges."""
    from lamina.vocabulary.numpy.statistics import histogram as plain

    counts, edges = plain(operand(a), operand(bins), range, density, weights)
    return inexact(counts), edges


def average(
    a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, keepdims: bool = False
) -> Any:
    """`jax.numpy.average`."""
    from lamina.vocabulary.numpy.statistics import average as plain

    x = inexact(tensor(a))
    mean, total = plain(x, axis, None if weights is None else operand(weights), True, keepdims=keepdims)
    total = tensor(total, dtype_of(mean)) if returned else total
    return (mean, total) if returned else mean


_sum, _prod = _summing("sum", "sum", 0, "add"), _summing("prod", "prod", 1, "multiply")
_max = _extreme("max", "max", lowest, "maximum")
_min = _extreme("min", "min", highest, "minimum")
_std, _var = _spread("std", root=True), _spread("var", root=False)
NUMPY: Mapping[str, Function] = {
    "sum": _sum,
    "prod": _prod,
    "max": _max,
    "amax": _max,
    "min": _min,
    "amin": _min,
    "all": _logical("all", "all", True),
    "any": _logical("any", "any", False),
    "mean": mean,
    "std": _std,
    "var": _var,
    "argmax": _position("argmax", "argmax"),
    "argmin": _position("argmin", "argmin"),
    "cumsum": _cumulative("cumsum", "cumsum"),
    "cumprod": _cumulative("cumprod", "cumprod"),
    "ptp": ptp,
    "count_nonzero": count_nonzero,
    "average": average,
    "histogram": histogram,
    "nansum": _without_nan("nansum", _sum, lambda x: 0),
    "nanprod": _without_nan("nanprod", _prod, lambda x: 1),
    "nancumsum": _without_nan("nancumsum", _cumulative("nancumsum", "cumsum"), lambda x: 0),
    "nancumprod": _without_nan("nancumprod", _cumulative("nancumprod", "cumprod"), lambda x: 1),
    "nanmax": _nan_extreme("nanmax", _max, lowest),
    "nanmin": _nan_extreme("nanmin", _min, highest),
    "nanmean": nanmean,
    "nanstd": _nan_spread("nanstd", _std),
    "nanvar": _nan_spread("nanvar", _var),
    "nanargmax": _nan_position("nanargmax", "argmax", -math.inf),
    "nanargmin": _nan_position("nanargmin", "argmin", math.inf),
}
