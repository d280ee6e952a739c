"""`torch.special`: the functions that elementary ones do not cover."""

from __future__ import annotations

import math
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tensorflow import elementwise as shared
from lamina.vocabulary.torch.arguments import as_float, keep_dtype

_ROOT_HALF = math.sqrt(0.5)


def lgamma(input: Any) -> Any:
    """`torch.lgamma`: infinite at zero and at negative whole numbers."""
    x = as_float(input)
    pole = ops.logical_and(ops.less_equal(x, 0), ops.equal(x, ops.floor(x)))
    inside = ops.where(pole, ops.ones_like(x), x)
    return keep_dtype(ops.where(pole, math.inf, shared.lgamma(inside)), x)


def digamma(input: Any) -> Any:
    """`torch.digamma`: no number at negative whole numbers, minus infinity at zero."""
    x = as_float(input)
    pole = ops.logical_and(ops.less_equal(x, 0), ops.equal(x, ops.floor(x)))
    value = shared.digamma(ops.where(pole, ops.ones_like(x), x))
    at_pole = ops.where(ops.equal(x, 0), -math.inf, math.nan)
    return keep_dtype(ops.where(pole, at_pole, value), x)


def multigammaln(input: Any, p: int) -> Any:
    """`torch.special.multigammaln`: the logarithm of the multivariate gamma function."""
    total: Any = math.log(math.pi) * p * (p - 1) / 4
    for j in range(p):
        total = ops.add(lgamma(ops.subtract(input, j / 2)), total)
    return total


def ndtr(input: Any) -> Any:
    """`torch.special.ndtr`: the distribution function of the normal distribution."""
    return ops.multiply(ops.erfc(ops.multiply(as_float(input), -_ROOT_HALF)), 0.5)


def ndtri(input: Any) -> Any:
    """`torch.special.ndtri`: the quantile function of the normal distribution."""
    return ops.multiply(ops.erfinv(ops.subtract(ops.multiply(as_float(input), 2.0), 1.0)), math.sqrt(2))


def log_ndtr(input: Any) -> Any:
    """`torch.special.log_ndtr`: far below zero by the asymptotic series."""
    x = as_float(input)
    far = ops.less(x, -5.0)
    near = ops.log(ndtr(ops.where(far, ops.zeros_like(x), x)))
    deep = ops.where(far, x, ops.full_like(x, -5.0))
    inverse = ops.reciprocal(ops.square(deep))
    series: Any = ops.ones_like(deep)
    for n in (11, 9, 7, 5, 3, 1):
        series = ops.subtract(1.0, ops.multiply(ops.multiply(inverse, float(n)), series))
    tail = ops.subtract(ops.multiply(-0.5, ops.square(deep)), ops.log(ops.negative(deep)))
    tail = ops.add(tail, ops.subtract(ops.log(series), 0.5 * math.log(2 * math.pi)))
    return ops.where(far, tail, near)


# Modified Bessel functions: their power series up to this size, the asymptotic one beyond; both are
# exact to single precision there (Abramowitz and Stegun, 9.6.10 and 9.7.1).
_NEAR, _TERMS, _FAR_TERMS = 12.0, 32, 9


def _series(square: Any, order: int) -> Any:
    """The sum of `square ** k / (k! (k + order)!)`."""
    total: Any = ops.ones_like(square)
    for k in range(_TERMS, 0, -1):
        total = ops.add(ops.divide(ops.multiply(total, square), float(k * (k + order))), 1.0)
    return total


def _asymptotic(size: Any, order: int) -> Any:
    """The sum that `exp(x) / sqrt(2 pi x)` is multiplied by."""
    total: Any = ops.ones_like(size)
    for k in range(_FAR_TERMS, 0, -1):
        factor = -(4.0 * order**2 - (2 * k - 1) ** 2) / (8.0 * k)
        total = ops.add(ops.divide(ops.multiply(total, factor), size), 1.0)
    return total


def _scaled_bessel(input: Any, order: int) -> Any:
    """The function divided by `exp(|x|)`."""
    x = as_float(input)
    size = ops.absolute(x)
    near = ops.minimum(size, _NEAR)
    far = ops.maximum(size, _NEAR)
    half = ops.divide(near, 2.0)
    small = ops.multiply(_series(ops.square(half), order), ops.exp(ops.negative(near)))
    small = ops.multiply(small, half) if order else small
    large = ops.divide(_asymptotic(far, order), ops.sqrt(ops.multiply(2 * math.pi, far)))
    value = ops.where(ops.less(size, _NEAR), small, large)
    return ops.multiply(value, ops.sign(x)) if order else value


def i0e(input: Any) -> Any:
    """`torch.special.i0e`: `i0(x) * exp(-|x|)`."""
    return _scaled_bessel(input, 0)


def i1e(input: Any) -> Any:
    """`torch.special.i1e`: `i1(x) * exp(-|x|)`."""
    return _scaled_bessel(input, 1)


def i1(input: Any) -> Any:
    """`torch.special.i1`: the modified Bessel function of order one."""
    x = as_float(input)
    return ops.multiply(_scaled_bessel(x, 1), ops.exp(ops.absolute(x)))


def erfcx(input: Any) -> Any:
    """`torch.special.erfcx`: `erfc(x) * exp(x ** 2)`, for large numbers by a continued fraction."""
    x = as_float(input)
    far = ops.greater(x, 4.0)
    near = ops.where(far, ops.zeros_like(x), x)
    small = ops.multiply(ops.erfc(near), ops.exp(ops.square(near)))
    deep = ops.where(far, x, ops.full_like(x, 4.0))
    tail: Any = deep
    for k in range(24, 0, -1):
        tail = ops.add(deep, ops.divide(k / 2, tail))
    return ops.where(far, ops.divide(1 / math.sqrt(math.pi), tail), small)
