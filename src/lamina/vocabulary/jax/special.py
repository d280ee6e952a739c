"""`jax.scipy.special` and `jax.scipy.stats`: functions with a formula over the opset."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.jax.arguments import Function, dtype_of, inexact, operand, tensor
from lamina.vocabulary.tensorflow import elementwise as formulas


def _floats(*values: Any) -> tuple[Any, ...]:
    """Operands as floats; numbers stay numbers beside a tensor."""
    made = [inexact(v) for v in map(operand, values)]
    return tuple(made) if any(hasattr(v, "shape") for v in made) else tuple(map(tensor, made))


def on_floats(function: Function, name: str) -> Function:
    """A function of tensors, of floats whatever it is given."""

    def call(*args: Any) -> Any:
        return function(*_floats(*args))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`jax.scipy.special.{name}`."
    return call


def _xlogy(x: Any, y: Any) -> Any:
    zero = ops.equal(x, 0)
    return ops.where(zero, ops.zeros_like(ops.add(x, y)), ops.multiply(x, ops.log(ops.where(zero, 1.0, y))))


def _xlog1py(x: Any, y: Any) -> Any:
    zero = ops.equal(x, 0)
    return ops.where(zero, ops.zeros_like(ops.add(x, y)), ops.multiply(x, ops.log1p(ops.where(zero, 0.0, y))))


def _entr(x: Any) -> Any:
    return ops.where(ops.less(x, 0), -math.inf, ops.negative(_xlogy(x, x)))


def _logit(x: Any) -> Any:
    return ops.subtract(ops.log(x), ops.log1p(ops.negative(x)))


def _ndtr(x: Any) -> Any:
    return ops.multiply(ops.erfc(ops.multiply(x, -math.sqrt(0.5))), 0.5)


def _rel_entr(p: Any, q: Any) -> Any:
    both = ops.logical_and(ops.greater(p, 0), ops.greater(q, 0))
    value = ops.multiply(p, ops.subtract(ops.log(ops.where(both, p, 1.0)), ops.log(ops.where(both, q, 1.0))))
    edge = ops.logical_and(ops.equal(p, 0), ops.greater_equal(q, 0))
    return ops.where(both, value, ops.where(edge, 0.0, math.inf))


def _kl_div(p: Any, q: Any) -> Any:
    return ops.add(ops.subtract(_rel_entr(p, q), p), q)


def _betaln(a: Any, b: Any) -> Any:
    return ops.subtract(ops.add(formulas.lgamma(a), formulas.lgamma(b)), formulas.lgamma(ops.add(a, b)))


def _gammasgn(x: Any) -> Any:
    odd = ops.not_equal(ops.mod(ops.floor(x), 2.0), 0)
    return ops.where(ops.logical_and(ops.less(x, 0), odd), -1.0, ops.ones_like(x))


def _gamma(x: Any) -> Any:
    return ops.multiply(_gammasgn(x), ops.exp(formulas.lgamma(x)))


def multigammaln(a: Any, d: int) -> Any:
    """`jax.scipy.special.multigammaln`, of a known dimension."""
    (a,) = _floats(a)
    total: Any = d * (d - 1) / 4 * math.log(math.pi)
    for place in range(d):
        total = ops.add(formulas.lgamma(ops.subtract(a, place / 2)), total)
    return total


def factorial(n: Any, exact: bool = False) -> Any:
    """`jax.scipy.special.factorial`."""
    (n,) = _floats(n)
    return ops.where(ops.less(n, 0), 0.0, ops.exp(formulas.lgamma(ops.add(n, 1.0))))


_FORMULAS: Mapping[str, Function] = {
    "erf": op_function("erf"),
    "erfc": op_function("erfc"),
    "erfinv": op_function("erfinv"),
    "expit": op_function("sigmoid"),
    "i0": op_function("i0"),
    "i0e": lambda x: ops.multiply(ops.exp(ops.negative(ops.abs(x))), ops.i0(x)),
    "gammaln": formulas.lgamma,
    "loggamma": formulas.lgamma,
    "gamma": _gamma,
    "gammasgn": _gammasgn,
    "digamma": formulas.digamma,
    "ndtri": formulas.ndtri,
    "ndtr": _ndtr,
    "logit": _logit,
    "xlogy": _xlogy,
    "xlog1py": _xlog1py,
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": _kl_div,
    "betaln": _betaln,
    "beta": lambda a, b: ops.multiply(
        ops.multiply(_gammasgn(a), ops.multiply(_gammasgn(b), _gammasgn(ops.add(a, b)))),
        ops.exp(_betaln(a, b)),
    ),
    "boxcox": lambda x, power: ops.where(
        ops.equal(power, 0),
        ops.log(x),
        ops.divide(ops.expm1(ops.multiply(ops.log(x), power)), ops.where(ops.equal(power, 0), 1.0, power)),
    ),
}
SPECIAL: Mapping[str, Function] = {
    name: on_floats(function, name) for name, function in _FORMULAS.items()
} | {"multigammaln": multigammaln, "factorial": factorial}


# Distributions of location and scale, by the logarithm of their density at standard place.
def _density(log_density: Callable[[Any], Any], log: bool) -> Function:
    def call(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        x, loc, scale = _floats(x, loc, scale)
        place = ops.divide(ops.subtract(x, loc), scale)
        found = ops.subtract(log_density(place), ops.log(scale))
        return found if log else ops.exp(found)

    return call


def _cumulative(function: Callable[[Any], Any]) -> Function:
    def call(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        x, loc, scale = _floats(x, loc, scale)
        return function(ops.divide(ops.subtract(x, loc), scale))

    return call


def _norm(z: Any) -> Any:
    return ops.subtract(ops.multiply(ops.square(z), -0.5), 0.5 * math.log(2 * math.pi))


def _laplace(z: Any) -> Any:
    return ops.subtract(ops.negative(ops.abs(z)), math.log(2.0))


def _logistic(z: Any) -> Any:
    return ops.negative(ops.add(ops.softplus(z), ops.softplus(ops.negative(z))))


def _cauchy(z: Any) -> Any:
    return ops.subtract(-math.log(math.pi), ops.log1p(ops.square(z)))


def _expon(z: Any) -> Any:
    return ops.where(ops.less(z, 0), -math.inf, ops.negative(z))


def _uniform(z: Any) -> Any:
    outside = ops.logical_or(ops.less(z, 0), ops.greater(z, 1))
    return ops.where(outside, -math.inf, ops.zeros_like(z))


def norm_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """`jax.scipy.stats.norm.logcdf`, also where the probability is too small for a float."""
    x, loc, scale = _floats(x, loc, scale)
    z = ops.divide(ops.subtract(x, loc), scale)
    far = ops.less(z, -5.0)
    near = ops.log(_ndtr(ops.where(far, 0.0, z)))
    tail = ops.where(far, z, -6.0)
    inverse = ops.reciprocal(ops.square(tail))
    series: Any = 1.0
    # The asymptotic series of the tail, 1 - 1/z^2 + 3/z^4 - 15/z^6 + 105/z^8 - 945/z^10.
    for odd in (9, 7, 5, 3, 1):
        series = ops.subtract(1.0, ops.multiply(ops.multiply(inverse, float(odd)), series))
    below = ops.add(ops.subtract(_norm(tail), ops.log(ops.negative(tail))), ops.log(series))
    return ops.where(far, below, near)


def norm_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """`jax.scipy.stats.norm.ppf`: the inverse of `cdf`."""
    q, loc, scale = _floats(q, loc, scale)
    return ops.add(ops.multiply(formulas.ndtri(q), scale), loc)


def bernoulli_logpmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """`jax.scipy.stats.bernoulli.logpmf`."""
    k, p, loc = _floats(k, p, loc)
    k = ops.subtract(k, loc)
    value = ops.add(_xlogy(k, p), _xlog1py(ops.subtract(1.0, k), ops.negative(p)))
    inside = ops.logical_or(ops.equal(k, 0), ops.equal(k, 1))
    return ops.where(inside, value, -math.inf)


def poisson_logpmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """`jax.scipy.stats.poisson.logpmf`."""
    k, mu, loc = _floats(k, mu, loc)
    k = ops.subtract(k, loc)
    value = ops.subtract(ops.subtract(_xlogy(k, mu), mu), formulas.lgamma(ops.add(ops.maximum(k, 0.0), 1.0)))
    return ops.where(ops.less(k, 0), -math.inf, value)


def gamma_logpdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """`jax.scipy.stats.gamma.logpdf`."""
    x, a, loc, scale = _floats(x, a, loc, scale)
    z = ops.divide(ops.subtract(x, loc), scale)
    value = ops.subtract(
        _xlogy(ops.subtract(a, 1.0), z), ops.add(z, ops.add(formulas.lgamma(a), ops.log(scale)))
    )
    return ops.where(ops.less(z, 0), -math.inf, value)


def beta_logpdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """`jax.scipy.stats.beta.logpdf`."""
    x, a, b, loc, scale = _floats(x, a, b, loc, scale)
    z = ops.divide(ops.subtract(x, loc), scale)
    near = ops.add(_xlogy(ops.subtract(a, 1.0), z), _xlog1py(ops.subtract(b, 1.0), ops.negative(z)))
    value = ops.subtract(ops.subtract(near, _betaln(a, b)), ops.log(scale))
    return ops.where(ops.logical_or(ops.less(z, 0), ops.greater(z, 1)), -math.inf, value)


def t_logpdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """`jax.scipy.stats.t.logpdf`."""
    x, df, loc, scale = _floats(x, df, loc, scale)
    z = ops.divide(ops.subtract(x, loc), scale)
    half = ops.multiply(df, 0.5)
    level = ops.subtract(formulas.lgamma(ops.add(half, 0.5)), formulas.lgamma(half))
    level = ops.subtract(
        level, ops.add(ops.log(scale), ops.multiply(ops.log(ops.multiply(df, math.pi)), 0.5))
    )
    return ops.subtract(level, ops.multiply(ops.add(half, 0.5), ops.log1p(ops.divide(ops.square(z), df))))


def multivariate_normal_logpdf(x: Any, mean: Any, cov: Any, allow_singular: Any = None) -> Any:
    """`jax.scipy.stats.multivariate_normal.logpdf` of a full covariance."""
    x, mean = (inexact(tensor(v)) for v in (x, mean))
    cov = inexact(tensor(cov))
    away = ops.subtract(x, mean)
    size = away.shape[-1]
    factor = ops.cholesky(cov)
    if len(factor.shape) == 2:
        flat = ops.reshape(away, (-1, size))
        solved = ops.transpose(
            ops.solve_triangular(factor, ops.transpose(flat, axes=(1, 0)), lower=True), axes=(1, 0)
        )
        distance = ops.reshape(ops.sum(ops.square(solved), axis=-1), tuple(away.shape)[:-1])
    else:
        solved = ops.solve_triangular(factor, ops.expand_dims(away, -1), lower=True)
        distance = ops.sum(ops.square(ops.squeeze(solved, axis=-1)), axis=-1)
    level = ops.sum(ops.log(ops.diagonal(factor, axis1=-2, axis2=-1)), axis=-1)
    constant = ops.multiply(ops.cast(size, dtype_of(x)), 0.5 * math.log(2 * math.pi))
    return ops.subtract(ops.multiply(distance, -0.5), ops.add(level, constant))


def _exponential_of(function: Function) -> Function:
    return lambda *args, **kwargs: ops.exp(function(*args, **kwargs))


def _stats() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for name, log_density in (
        ("norm", _norm), ("laplace", _laplace), ("logistic", _logistic), ("cauchy", _cauchy),
        ("expon", _expon), ("uniform", _uniform),
    ):  # fmt: skip
        found[f"{name}.logpdf"] = _density(log_density, log=True)
        found[f"{name}.pdf"] = _density(log_density, log=False)
    found |= {
        "norm.cdf": _cumulative(_ndtr),
        "norm.sf": _cumulative(lambda z: _ndtr(ops.negative(z))),
        "norm.logcdf": norm_logcdf,
        "norm.ppf": norm_ppf,
        "logistic.cdf": _cumulative(ops.sigmoid),
        "expon.cdf": _cumulative(lambda z: ops.negative(ops.expm1(ops.negative(ops.maximum(z, 0.0))))),
        "uniform.cdf": _cumulative(lambda z: ops.clip(z, 0.0, 1.0)),
        "laplace.cdf": _cumulative(
            lambda z: ops.where(
                ops.less_equal(z, 0),
                ops.multiply(ops.exp(ops.minimum(z, 0.0)), 0.5),
                ops.subtract(1.0, ops.multiply(ops.exp(ops.negative(ops.maximum(z, 0.0))), 0.5)),
            )
        ),
        "multivariate_normal.logpdf": multivariate_normal_logpdf,
        "multivariate_normal.pdf": _exponential_of(multivariate_normal_logpdf),
    }
    for name, log_mass in (("bernoulli", bernoulli_logpmf), ("poisson", poisson_logpmf)):
        found |= {f"{name}.logpmf": log_mass, f"{name}.pmf": _exponential_of(log_mass)}
    for name, logs in (("gamma", gamma_logpdf), ("beta", beta_logpdf), ("t", t_logpdf)):
        found |= {f"{name}.logpdf": logs, f"{name}.pdf": _exponential_of(logs)}
    return found


STATS: Mapping[str, Function] = _stats()
