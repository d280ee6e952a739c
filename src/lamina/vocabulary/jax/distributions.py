"""Distributions of `jax.random` that are computed from uniform and normal numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.jax.arguments import (
    cast,
    dtype_name,
    dtype_of,
    inexact,
    is_number,
    operand,
    refuse,
    shape_of,
    shape_tuple,
    tensor,
)
from lamina.vocabulary.jax.arrays import broadcast_shapes
from lamina.vocabulary.jax.keys import as_keys, split
from lamina.vocabulary.jax.randoms import bernoulli, float_name, limits, normal, shape_or_params, uniform

# The chance that a number is accepted is above 0.95; this many tries fail once in 10**20.
_TRIES = 16


def exponential(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.exponential`."""
    return ops.negative(ops.log1p(ops.negative(uniform(key, shape, dtype))))


def laplace(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.laplace`."""
    name = float_name(dtype)
    u = uniform(key, shape, name, -1.0 + float(limits(name).epsneg), 1.0)
    return ops.multiply(ops.sign(u), ops.log1p(ops.negative(ops.abs(u))))


def logistic(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.logistic`."""
    name = float_name(dtype)
    u = uniform(key, shape, name, float(limits(name).tiny), 1.0)
    return ops.subtract(ops.log(u), ops.log1p(ops.negative(u)))


def cauchy(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.cauchy`."""
    name = float_name(dtype)
    u = uniform(key, shape, name, float(limits(name).eps), 1.0)
    return ops.tan(ops.multiply(ops.subtract(u, 0.5), math.pi))


def rademacher(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.rademacher`: -1 or 1."""
    signs = ops.cast(bernoulli(key, 0.5, shape_tuple(shape)), dtype_name(dtype) or "int32")
    return ops.subtract(ops.multiply(signs, 2), 1)


def lognormal(key: Any, sigma: Any = 1.0, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.lognormal`."""
    return ops.exp(
        ops.multiply(normal(key, shape_or_params(shape, sigma), dtype), cast(sigma, float_name(dtype)))
    )


def maxwell(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.maxwell`."""
    return ops.sqrt(ops.sum(ops.square(normal(key, (*shape_tuple(shape), 3), dtype)), axis=-1))


def double_sided_maxwell(
    key: Any, loc: Any, scale: Any, shape: Any = (), dtype: Any = None, **other: Any
) -> Any:
    """`jax.random.double_sided_maxwell`."""
    params = shape_or_params(None, loc, scale)
    shape = (*(shape_tuple(shape) or params), *params)
    first, second = split(key)
    signed = ops.multiply(rademacher(second, shape, float_name(dtype)), maxwell(first, shape, dtype))
    return ops.add(ops.multiply(signed, operand(scale)), operand(loc))


def rayleigh(key: Any, scale: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.rayleigh`."""
    logs = ops.log(uniform(key, shape_or_params(shape, scale), dtype))
    return ops.multiply(ops.sqrt(ops.multiply(logs, -2.0)), cast(scale, float_name(dtype)))


def pareto(key: Any, b: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.pareto`."""
    return ops.exp(ops.divide(exponential(key, shape_or_params(shape, b), dtype), cast(b, float_name(dtype))))


def weibull_min(
    key: Any, scale: Any, concentration: Any, shape: Any = (), dtype: Any = None, **other: Any
) -> Any:
    """`jax.random.weibull_min`."""
    power = 1.0 / concentration if is_number(concentration) else ops.divide(1.0, operand(concentration))
    return ops.multiply(ops.power(exponential(key, shape, dtype), power), operand(scale))


def triangular(
    key: Any, left: Any, mode: Any, right: Any, shape: Any = None, dtype: Any = None, **other: Any
) -> Any:
    """`jax.random.triangular`."""
    name = float_name(dtype)
    a, m, b = (cast(v, name) for v in (left, mode, right))
    u = uniform(key, shape_or_params(shape, left, mode, right), name)
    width, before, after = ops.subtract(b, a), ops.subtract(m, a), ops.subtract(b, m)
    low = ops.add(a, ops.sqrt(ops.multiply(ops.multiply(u, width), before)))
    high = ops.subtract(b, ops.sqrt(ops.multiply(ops.multiply(ops.subtract(1.0, u), width), after)))
    return ops.where(ops.less(u, ops.divide(before, width)), low, high)


def geometric(key: Any, p: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.geometric`."""
    p = inexact(tensor(p))
    u = uniform(key, shape_or_params(shape, p), dtype_of(p))
    u = ops.where(ops.equal(u, 0), 1.0, u)
    tries = ops.add(ops.floor(ops.divide(ops.log(u), ops.log1p(ops.negative(p)))), 1.0)
    return ops.cast(tries, dtype_name(dtype) or "int32")


def wald(key: Any, mean: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.wald`."""
    name, shape = float_name(dtype), shape_or_params(shape, mean)
    first, second = split(key)
    mean = cast(mean, name)
    y, z = ops.square(normal(first, shape, name)), uniform(second, shape, name)
    squared = ops.square(mean)
    root = ops.sqrt(ops.add(ops.multiply(ops.multiply(mean, 4.0), y), ops.multiply(squared, ops.square(y))))
    x = ops.add(mean, ops.divide(ops.multiply(squared, y), 2.0))
    x = ops.subtract(x, ops.multiply(ops.divide(mean, 2.0), root))
    near = ops.less_equal(z, ops.divide(mean, ops.add(mean, x)))
    return ops.where(near, x, ops.divide(squared, x))


_FACTORS: dict[str, Callable[[Any], Any]] = {
    "cholesky": lambda cov: ops.cholesky(cov),
    "svd": lambda cov: _scaled(*(ops.svd(cov)[n] for n in (0, 1))),
    "eigh": lambda cov: _scaled(*(ops.eigh(cov)[n] for n in (1, 0))),
}


def _scaled(vectors: Any, values: Any) -> Any:
    return ops.multiply(vectors, ops.expand_dims(ops.sqrt(values), -2))


def multivariate_normal(
    key: Any,
    mean: Any,
    cov: Any,
    shape: Any = None,
    dtype: Any = None,
    method: str = "cholesky",
    **other: Any,
) -> Any:
    """`jax.random.multivariate_normal`."""
    name = float_name(dtype)
    mean, cov = cast(tensor(mean), name), cast(tensor(cov), name)
    sizes = shape_of(mean)
    shape = broadcast_shapes(sizes[:-1], shape_of(cov)[:-2]) if shape is None else shape_tuple(shape)
    drawn = normal(key, (*shape, sizes[-1]), name)
    return ops.add(mean, ops.einsum("...ij,...j->...i", _FACTORS[method](cov), drawn))


def orthogonal(key: Any, n: int, shape: Any = (), dtype: Any = None, m: Any = None, **other: Any) -> Any:
    """`jax.random.orthogonal`: rows or columns of length 1 at right angles."""
    m = n if m is None else m
    drawn = normal(key, (*shape_tuple(shape), max(n, m), min(n, m)), dtype)
    factors = ops.qr(drawn)
    signs = ops.sign(ops.diagonal(factors[1], axis1=-2, axis2=-1))
    result = ops.multiply(factors[0], ops.expand_dims(signs, -2))
    return ops.swapaxes(result, -1, -2) if n < m else result


def gamma(key: Any, a: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.gamma`, by distribution: the first accepted of several tries.

    The tries are those of Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
    """
    name, shape = float_name(dtype), shape_or_params(shape, a)
    a = ops.broadcast_to(cast(a, name), shape)
    tries, chances, boosts = split(key, 3)
    small = ops.less(a, 1.0)
    d = ops.subtract(ops.where(small, ops.add(a, 1.0), a), 1.0 / 3.0)
    x = normal(tries, (_TRIES, *shape), name)
    root = ops.add(ops.divide(x, ops.multiply(ops.sqrt(d), 3.0)), 1.0)
    fits = ops.greater(root, 0.0)
    v = ops.power(ops.where(fits, root, 1.0), 3)
    bound = ops.add(
        ops.multiply(ops.square(x), 0.5), ops.multiply(d, ops.add(ops.subtract(1.0, v), ops.log(v)))
    )
    chance = uniform(chances, (_TRIES, *shape), name, float(limits(name).tiny), 1.0)
    fits = ops.logical_and(fits, ops.less(ops.log(chance), bound))
    first = ops.expand_dims(ops.argmax(ops.cast(fits, "int32"), axis=0), 0)
    drawn = ops.multiply(d, ops.squeeze(ops.take_along_axis(v, first, axis=0), axis=0))
    boost = ops.power(uniform(boosts, shape, name, float(limits(name).tiny), 1.0), ops.divide(1.0, a))
    return ops.where(small, ops.multiply(drawn, boost), drawn)


def loggamma(key: Any, a: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.loggamma`, by distribution."""
    return ops.log(gamma(key, a, shape, dtype))


def beta(key: Any, a: Any, b: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.beta`, by distribution."""
    first, second = split(key)
    shape = shape_or_params(shape, a, b)
    x, y = gamma(first, a, shape, dtype), gamma(second, b, shape, dtype)
    return ops.divide(x, ops.add(x, y))


def dirichlet(key: Any, alpha: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.dirichlet`, by distribution."""
    alpha = tensor(alpha)
    sizes = shape_of(alpha)
    shape = sizes[:-1] if shape is None else shape_tuple(shape)
    drawn = gamma(key, alpha, (*shape, sizes[-1]), dtype)
    return ops.divide(drawn, ops.sum(drawn, axis=-1, keepdims=True))


def chisquare(key: Any, df: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.chisquare`, by distribution."""
    half = ops.multiply(cast(df, float_name(dtype)), 0.5)
    return ops.multiply(gamma(key, half, shape_or_params(shape, df), dtype), 2.0)


def f(key: Any, dfnum: Any, dfden: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.f`, by distribution."""
    shape, name = shape_or_params(shape, dfnum, dfden), float_name(dtype)
    parts = zip(split(key), (dfnum, dfden), strict=True)
    top, bottom = (ops.divide(chisquare(k, df, shape, name), cast(df, name)) for k, df in parts)
    return ops.divide(top, bottom)


def t(key: Any, df: Any, shape: Any = None, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.t`, by distribution."""
    shape, name = shape_or_params(shape, df), float_name(dtype)
    first, second = split(key)
    half = ops.multiply(cast(df, name), 0.5)
    return ops.multiply(
        normal(first, shape, name), ops.sqrt(ops.divide(half, gamma(second, half, shape, name)))
    )


def generalized_normal(key: Any, p: float, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.generalized_normal`, by distribution."""
    first, second = split(key)
    size = ops.power(gamma(first, 1 / p, shape_tuple(shape), dtype), 1 / p)
    return ops.multiply(rademacher(second, shape, float_name(dtype)), size)


def ball(key: Any, d: int, p: float = 2, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.ball`, by distribution: uniform in the unit ball of the p-norm."""
    first, second = split(key)
    shape = shape_tuple(shape)
    g = generalized_normal(first, p, (*shape, d), dtype)
    e = exponential(second, shape, dtype)
    total = ops.add(ops.sum(ops.power(ops.abs(g), p), axis=-1), e)
    return ops.divide(g, ops.expand_dims(ops.power(total, 1 / p), -1))


def binomial(key: Any, n: Any, p: Any, shape: Any = None, dtype: Any = None) -> Any:
    """`jax.random.binomial`, by distribution, from a key that is a constant."""
    keys, shape, name = as_keys(key), shape_or_params(shape, n, p), float_name(dtype)
    if not keys.is_known:
        refuse("random.binomial", "the key is a tensor", "sum jax.random.bernoulli over an axis")
    seed = int(np.random.SeedSequence(keys.words.tolist()).generate_state(1)[0] >> 1)
    counts, chances = (ops.broadcast_to(cast(v, "float32"), shape) for v in (n, p))
    return ops.cast(random.binomial(shape, counts, chances, dtype="float32", seed=seed), name)
