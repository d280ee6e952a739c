"""Sums, means, extremes and what else makes one number of many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product
from lamina.vocabulary.torch.arguments import (
    Function,
    as_float,
    axes_of,
    axis_of,
    cast_to,
    default_dtype,
    exactly,
    is_integral,
    is_kind,
    keep_dtype,
    known_dtype,
    known_rank,
    operand,
    rank,
    refuse,
    sizes,
    static,
    tensor,
)
from lamina.vocabulary.torch.elementwise import SAME as ELEMENTWISE
from lamina.vocabulary.torch.notation import named, truth


def dims_of(x: Any, dim: Any, keepdim: Any) -> Any:
    """The axes to reduce; by number where all are kept, which not every backend does by itself."""
    dim = static(dim)
    if known_rank(x) == 0:
        return None if rank(x) == 0 else dim
    if dim is None or dim == ():
        return tuple(range(rank(x))) if keepdim else None
    return dim


def count_of(x: Any, dim: Any) -> Any:
    """How many elements lie along the axes."""
    shape = sizes(x)
    return product(shape[a] for a in axes_of(x, dim)) if shape else 1


def _whole(op: str, about: str) -> Function:
    def call(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Any:
        x = cast_to(operand(input), dtype)
        wide = "int64" if is_integral(x) else known_dtype(x)
        if is_kind(x, 0):
            x = ops.cast(x, "int32")
        result = getattr(ops, op)(x, axis=dims_of(x, dim, keepdim), keepdims=bool(keepdim))
        return exactly(result, wide)

    return named(call, op, f"`torch.{op}`: {about}")


def _floating(name: str, op: str) -> Function:
    def call(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Any:
        x = as_float(cast_to(operand(input), dtype))
        return keep_dtype(getattr(ops, op)(x, axis=dims_of(x, dim, keepdim), keepdims=bool(keepdim)), x)

    return named(call, name, f"`torch.{name}`.")


def _truth(op: str) -> Function:
    def call(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
        result = getattr(ops, op)(truth(input), axis=dims_of(input, dim, keepdim), keepdims=bool(keepdim))
        return ops.cast(result, "uint8") if known_dtype(input) == "uint8" else result

    return named(call, op, f"`torch.{op}`: of what is not zero.")


def _extreme_values(name: str, op: str) -> Function:
    def call(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
        x = operand(input)
        return getattr(ops, op)(x, axis=dims_of(x, dim, keepdim), keepdims=bool(keepdim))

    return named(call, name, f"`torch.{name}`: the values alone.")


SAME: Mapping[str, Function] = {
    "sum": _whole("sum", "integers and bools are added as int64."),
    "prod": _whole("prod", "integers and bools are multiplied as int64."),
    "mean": _floating("mean", "mean"),
    "logsumexp": _floating("logsumexp", "logsumexp"),
    "all": _truth("all"),
    "any": _truth("any"),
    "amax": _extreme_values("amax", "max"),
    "amin": _extreme_values("amin", "min"),
}


def _without_nan(x: Any, filling: float) -> Any:
    return x if is_integral(x) else ops.where(ops.isnan(x), filling, x)


def nansum(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Any:
    """`torch.nansum`: what is no number counts as zero."""
    return SAME["sum"](_without_nan(operand(input), 0.0), dim, keepdim, dtype=dtype)


def nanmean(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Any:
    """`torch.nanmean`: the mean of the numbers."""
    x = as_float(cast_to(operand(input), dtype))
    count = ops.sum(
        ops.cast(ops.logical_not(ops.isnan(x)), "int32"),
        axis=dims_of(x, dim, keepdim),
        keepdims=bool(keepdim),
    )
    return ops.divide(nansum(x, dim, keepdim), cast_to(count, known_dtype(x) or "float32"))


def count_nonzero(input: Any, dim: Any = None) -> Any:
    """`torch.count_nonzero`."""
    return ops.cast(ops.sum(ops.cast(truth(input), "int32"), axis=dims_of(input, dim, False)), "int64")


def _number(count: Any, like: Any) -> Any:
    """A size as a number of the dtype of a tensor."""
    if isinstance(count, int):
        return float(count)
    return ops.cast(ops.convert_to_tensor(count), known_dtype(like) or default_dtype())


def _variance(x: Any, dim: Any, correction: Any, keepdim: Any) -> Any:
    x = as_float(x)
    spread = keep_dtype(ops.var(x, axis=dims_of(x, dim, keepdim), keepdims=bool(keepdim)), x)
    if correction == 0:
        return spread
    count = count_of(x, dim)
    if isinstance(count, int):
        rest = max(count - correction, 0)
        if rest == 0:
            return ops.divide(spread, 0.0)
        # Keras on PyTorch would multiply a half without axes by a number in float32.
        return ops.divide(spread, rest / count)
    number = _number(count, spread)
    return ops.multiply(spread, ops.divide(number, ops.maximum(ops.subtract(number, correction), 0.0)))


def _spread(name: str, root: bool, with_mean: bool) -> Function:
    def call(
        input: Any, dim: Any = None, unbiased: Any = None, keepdim: Any = False, *, correction: Any = None
    ) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 0 if unbiased is False else 1
        x = operand(input)
        result = _variance(x, dim, correction, keepdim)
        result = ops.sqrt(result) if root else result
        return (result, SAME["mean"](x, dim, keepdim)) if with_mean else result

    return named(call, name, f"`torch.{name}`: of a sample, unless `correction=0`.")


SPREADS: Mapping[str, Function] = {
    "var": _spread("var", False, False),
    "std": _spread("std", True, False),
    "var_mean": _spread("var_mean", False, True),
    "std_mean": _spread("std_mean", True, True),
}


def _arg(op: str) -> Function:
    def call(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
        x = operand(input)
        x = ops.cast(x, "int32") if is_kind(x, 0) else x
        if dim is None or known_rank(x) == 0:
            found = getattr(ops, op)(ops.reshape(x, (-1,)), axis=0)
            found = ops.reshape(found, (1,) * rank(x)) if keepdim else found
        else:
            found = getattr(ops, op)(x, axis=static(dim), keepdims=bool(keepdim))
        return ops.cast(found, "int64")

    return named(call, op, f"`torch.{op}`: the first place of the extreme.")


argmax, argmin = _arg("argmax"), _arg("argmin")


def _scan(name: str, op: str) -> Function:
    def call(input: Any, dim: Any, *, dtype: Any = None) -> Any:
        x = cast_to(operand(input), dtype)
        integral = is_integral(x)
        x = ops.cast(x, "int64") if integral and dtype is None else x
        if known_rank(x) == 0:
            return x
        return exactly(getattr(ops, op)(x, axis=static(dim)), known_dtype(x))

    return named(call, name, f"`torch.{name}`: integers as int64.")


cumsum, cumprod = _scan("cumsum", "cumsum"), _scan("cumprod", "cumprod")


def logcumsumexp(input: Any, dim: Any) -> Any:
    """`torch.logcumsumexp`."""
    x = operand(input)
    return x if rank(x) == 0 else ops.associative_scan(ops.logaddexp, x, axis=axis_of(x, dim))


def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: Any = False, dtype: Any = None) -> Any:
    """`torch.norm`: of vectors; several axes count as one."""
    from lamina.vocabulary.torch.linalg import matrix_norm

    if p == "nuc":
        return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(input, 2 if p is None or p == "fro" else p, dim, keepdim, dtype=dtype)


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Any:
    """`torch.linalg.vector_norm`: of all elements, or of those along the axes."""
    x = cast_to(operand(x), dtype)
    options = {"axis": dims_of(x, dim, keepdim), "keepdims": bool(keepdim)}
    size = ops.absolute(x)
    if ord == 2:
        return ops.sqrt(ops.sum(ops.square(size), **options))
    if ord in (math.inf, -math.inf):
        return (ops.max if ord > 0 else ops.min)(size, **options)
    if ord == 0:
        return ops.sum(ops.cast(ops.not_equal(x, 0), known_dtype(size) or "float32"), **options)
    if ord == 1:
        return ops.sum(size, **options)
    return ops.power(ops.sum(ops.power(size, float(ord)), **options), 1.0 / ord)


def dist(input: Any, other: Any, p: Any = 2) -> Any:
    """`torch.dist`: the norm of the difference."""
    return vector_norm(ops.subtract(input, other), p)


def renorm(input: Any, p: Any, dim: Any, maxnorm: Any) -> Any:
    """`torch.renorm`: what is longer than `maxnorm` along the other axes is scaled down."""
    others = tuple(a for a in range(rank(input)) if a != axis_of(input, dim))
    length = vector_norm(input, p, others, True)
    scale = ops.where(ops.greater(length, maxnorm), ops.divide(maxnorm, ops.add(length, 1e-7)), 1.0)
    return ops.multiply(input, scale)


def diff(input: Any, n: int = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> Any:
    """`torch.diff`: of neighbours, `n` times."""
    axis = axis_of(input, dim)
    parts = [part for part in (prepend, input, append) if part is not None]
    x = ops.concatenate(parts, axis=axis) if len(parts) > 1 else tensor(input)
    if is_kind(x, 0):
        refuse("diff", "of bools", "use torch.logical_xor of two slices")
    return ops.diff(x, n=n, axis=axis)


def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> Any:
    """`torch.trapezoid`: the area below `y`."""
    return SAME["sum"](_trapezoids(y, x, dx, dim), dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> Any:
    """`torch.cumulative_trapezoid`: the area from the start."""
    return cumsum(_trapezoids(y, x, dx, dim), dim)


def _trapezoids(y: Any, x: Any, dx: Any, dim: Any) -> Any:
    axis = axis_of(y, dim)
    from lamina.vocabulary.torch.arguments import along

    y = as_float(y)
    heights = ops.divide(ops.add(along(y, axis, slice(1, None)), along(y, axis, slice(None, -1))), 2)
    if x is None:
        return ops.multiply(heights, 1.0 if dx is None else dx)
    widths = ops.diff(tensor(x), axis=axis if rank(x) == rank(y) else -1)
    if rank(x) == 1:
        widths = ops.reshape(widths, (-1, *[1] * (rank(y) - axis - 1)))
    return ops.multiply(heights, widths)


def cov(input: Any, *, correction: int = 1) -> Any:
    """`torch.cov`: of the rows."""
    x = ops.reshape(input, (1, -1)) if rank(input) == 1 else as_float(input)
    moved = ops.subtract(x, ops.mean(x, axis=1, keepdims=True))
    count = sizes(x)[1]
    rest = float(count - correction) if isinstance(count, int) else _number(count - correction, x)
    found = ops.divide(ops.matmul(moved, ops.transpose(moved)), rest)
    return ops.reshape(found, ()) if rank(input) == 1 else found


def corrcoef(input: Any) -> Any:
    """`torch.corrcoef`: of the rows."""
    spread = cov(input)
    if rank(input) == 1:
        return ops.divide(spread, spread)
    deviation = ops.sqrt(ops.diagonal(spread))
    scaled = ops.divide(ops.divide(spread, ops.expand_dims(deviation, axis=1)), deviation)
    return ops.minimum(ops.maximum(scaled, -1.0), 1.0)


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """`torch.histc`: how many elements lie in each of equal intervals; the last one has both ends."""
    x = ops.reshape(as_float(input), (-1,))
    low, high = (min, max) if min != max else (ops.min(x), ops.max(x))
    width = ops.divide(ops.subtract(high, low), float(bins))
    place = ops.floor(ops.divide(ops.subtract(x, low), width))
    place = ops.where(ops.equal(x, high), float(bins - 1), place)
    hits = ops.equal(ops.expand_dims(place, axis=-1), np.arange(bins, dtype=np.float32))
    return ops.sum(ops.cast(hits, known_dtype(x) or "float32"), axis=0)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: Any = None) -> Any:
    """`torch.cdist`: the distance of each row of `x1` to each row of `x2`."""
    gaps = ops.subtract(ops.expand_dims(x1, axis=-2), ops.expand_dims(x2, axis=-3))
    return vector_norm(gaps, p, -1)


def compare_with(name: str, input: Any, other: Any) -> Any:
    """`torch.max` and `torch.min` of two tensors."""
    return ELEMENTWISE[{"max": "maximum", "min": "minimum"}[name]](input, other)
