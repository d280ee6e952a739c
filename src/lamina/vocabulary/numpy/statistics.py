"""Means, spreads, quantiles and counts, where NumPy's definition differs from the opset's."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    NOT_GIVEN,
    Axis,
    Function,
    as_float,
    axis_tuple,
    cast,
    dtype_of,
    index,
    is_given,
    kind,
    one_of,
    operand,
    rank,
    refuse,
    refuse_arguments,
    shape_of,
    size_along,
    static_size,
    tensor,
)

# The continuous definitions of a quantile by Hyndman and Fan, by their parameters alpha and beta.
_CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_OF_KERAS = ("linear", "lower", "higher", "midpoint", "nearest")


def _spread(name: str, op: Function, root: bool) -> Function:
    def call(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: int = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
        mean: Any = NOT_GIVEN,
        correction: Any = NOT_GIVEN,
    ) -> Any:
        refuse_arguments(name, out=out, where=where, mean=mean)
        a = cast(operand(a), dtype)
        spread = op(a, axis=axis, keepdims=keepdims)
        freedom = correction if is_given(correction) else ddof
        if not freedom:
            return spread
        size = size_along(a, axis)
        scale = size / (size - freedom)
        return ops.multiply(spread, scale**0.5 if root else scale)

    call.__doc__ = f"`numpy.{name}`, with `ddof` degrees of freedom taken off."
    return call


std = _spread("std", ops.std, root=True)
var = _spread("var", ops.var, root=False)


def _nan_spread(name: str, root: bool) -> Function:
    def call(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: int = 0,
        keepdims: bool = False,
        where: Any = True,
        mean: Any = NOT_GIVEN,
        correction: Any = NOT_GIVEN,
    ) -> Any:
        refuse_arguments(name, out=out, where=where, mean=mean)
        a = as_float(cast(operand(a), dtype))
        spread = ops.nanvar(a, axis=axis, keepdims=keepdims)
        freedom = correction if is_given(correction) else ddof
        if freedom:
            count = ops.sum(
                ops.cast(ops.logical_not(ops.isnan(a)), dtype_of(spread)), axis=axis, keepdims=keepdims
            )
            left = ops.subtract(count, freedom)
            spread = ops.where(ops.greater(left, 0), ops.divide(ops.multiply(spread, count), left), np.nan)
        return ops.sqrt(spread) if root else spread

    call.__doc__ = f"`numpy.{name}`: over the elements that are not nan."
    return call


nanstd = _nan_spread("nanstd", root=True)
nanvar = _nan_spread("nanvar", root=False)


def average(
    a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """`numpy.average`: the mean, weighted where weights are given."""
    a = operand(a)
    if weights is None:
        mean = ops.mean(a, axis=axis, keepdims=keepdims)
        return (mean, ops.multiply(ops.ones_like(mean), size_along(a, axis))) if returned else mean
    weights = as_float(_aligned(tensor(weights), a, axis))
    total = ops.sum(ops.multiply(ops.ones_like(as_float(a)), weights), axis=axis, keepdims=keepdims)
    mean = ops.divide(ops.sum(ops.multiply(a, weights), axis=axis, keepdims=keepdims), total)
    return (mean, total) if returned else mean


def _aligned(weights: Any, a: Any, axis: Axis) -> Any:
    if rank(weights) == rank(a):
        return weights
    axes = axis_tuple(a, axis)
    if axis is None or rank(weights) != len(axes):
        refuse(
            "average",
            f"weights of shape {shape_of(weights)} do not fit shape {shape_of(a)}",
            "give one weight per element, or per place along axis=",
        )
    order = np.argsort(axes).tolist()
    shape = [1] * rank(a)
    for place in order:
        shape[axes[place]] = shape_of(weights)[place]
    return ops.reshape(ops.transpose(weights, order), shape)


def _quantile(name: str, op: Function, scale: float) -> Function:
    def call(
        a: Any,
        q: Any,
        axis: Axis = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: Any = None,
        interpolation: str | None = None,
    ) -> Any:
        refuse_arguments(name, out=out, weights=weights)
        method = interpolation or method
        one_of(name, "method", method, (*_OF_KERAS, *_CONTINUOUS), "it jumps; choose one of these")
        a, q = operand(a), operand(q)
        if method in _OF_KERAS:
            return op(as_float(a), q, axis=axis, method=method, keepdims=keepdims)
        if name.startswith("nan"):
            refuse(name, f"method={method!r} is not supported", f"choose one of {', '.join(_OF_KERAS)}")
        return _continuous(
            name, a, ops.divide(ops.cast(q, dtype_of(as_float(a))), scale), axis, method, keepdims
        )

    call.__doc__ = f"`numpy.{name}`, by the methods whose result is a continuous function of `q`."
    return call


def _continuous(name: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool) -> Any:
    axes = axis_tuple(a, axis)
    kept = [n for n in range(rank(a)) if n not in axes]
    shape = shape_of(a)
    flat = ops.reshape(ops.transpose(as_float(a), [*axes, *kept]), (-1, *(shape[n] for n in kept)))
    last = static_size(name, flat, 0) - 1
    alpha, beta = _CONTINUOUS[method]
    place = ops.subtract(ops.add(ops.multiply(q, last + 2 - alpha - beta), alpha), 1.0)
    place = ops.clip(place, 0.0, float(last))
    below = ops.floor(place)
    ordered = ops.sort(flat, axis=0)
    low = ops.take(ordered, ops.cast(below, "int32"), axis=0)
    high = ops.take(ordered, ops.minimum(ops.add(ops.cast(below, "int32"), 1), last), axis=0)
    part = ops.reshape(ops.subtract(place, below), (*shape_of(q), *(1,) * len(kept)))
    result = ops.add(low, ops.multiply(ops.subtract(high, low), part))
    return ops.expand_dims(result, [n + rank(q) for n in axes]) if keepdims else result


quantile = _quantile("quantile", ops.quantile, 1.0)
percentile = _quantile("percentile", ops.percentile, 100.0)
nanquantile = _quantile("nanquantile", ops.nanquantile, 1.0)
nanpercentile = _quantile("nanpercentile", ops.nanpercentile, 100.0)


def nanmedian(
    a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """`numpy.nanmedian`."""
    refuse_arguments("nanmedian", out=out)
    return ops.nanmedian(as_float(operand(a)), axis=axis, keepdims=keepdims)


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """`numpy.count_nonzero`."""
    a = operand(a)
    return ops.sum(ops.cast(ops.not_equal(a, ops.zeros_like(a)), "int32"), axis=axis, keepdims=keepdims)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """`numpy.cov`, without weights."""
    refuse_arguments("cov", fweights=fweights, aweights=aweights)
    rows = [cast(as_float(_rows(tensor(x), rowvar)), dtype) for x in (m, y) if x is not None]
    data = rows[0] if len(rows) == 1 else ops.concatenate(rows, axis=0)
    freedom = (0 if bias else 1) if ddof is None else ddof
    centred = ops.subtract(data, ops.mean(data, axis=1, keepdims=True))
    product = ops.matmul(centred, ops.conj(ops.transpose(centred)))
    return ops.squeeze(ops.divide(product, float(shape_of(data)[1] - freedom)))


def _rows(x: Any, rowvar: bool) -> Any:
    if rank(x) < 2:
        return ops.reshape(x, (1, -1))
    return x if rowvar or shape_of(x)[0] == 1 else ops.transpose(x)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """`numpy.corrcoef`."""
    covariance = cov(x, y, rowvar, dtype=dtype)
    if rank(covariance) == 0:
        return ops.divide(covariance, covariance)
    spread = ops.sqrt(ops.diagonal(covariance))
    scaled = ops.divide(ops.divide(covariance, ops.expand_dims(spread, 1)), ops.expand_dims(spread, 0))
    return scaled if kind(scaled) == "c" else ops.clip(scaled, -1.0, 1.0)


def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """`numpy.histogram_bin_edges`, for a number of bins or given edges."""
    if isinstance(bins, str):
        refuse("histogram", f"bins={bins!r}: the number of bins would depend on the data", "give a number")
    if not isinstance(bins, int):
        return tensor(bins)
    if range is not None:
        return ops.linspace(float(range[0]), float(range[1]), bins + 1)
    a = as_float(tensor(a))
    low, high = ops.min(a), ops.max(a)
    flat = ops.cast(ops.equal(low, high), dtype_of(low))
    half = ops.multiply(flat, 0.5)
    return ops.linspace(ops.subtract(low, half), ops.add(high, half), bins + 1)


def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None
) -> tuple[Any, Any]:
    """`numpy.histogram`: the counts and the edges."""
    values = ops.reshape(as_float(tensor(a)), (-1,))
    edges = as_float(histogram_bin_edges(values, bins, range))
    count = static_size("histogram", edges, 0) - 1
    # The last bin contains its right edge; values outside of all bins go to the two ends, which are cut off.
    inside = ops.searchsorted(edges, values, side="right")
    place = ops.where(ops.equal(values, index(edges, 0, -1)), count, ops.cast(inside, "int32"))
    member = ops.one_hot(place, count + 2, dtype=dtype_of(values))
    if weights is not None:
        member = ops.multiply(member, ops.reshape(as_float(tensor(weights)), (-1, 1)))
    counts = index(ops.sum(member, axis=0), 0, slice(1, count + 1))
    if density:
        counts = ops.divide(ops.divide(counts, ops.diff(edges)), ops.sum(counts))
    return (counts if density or weights is not None else ops.cast(counts, "int32")), edges
