"""Random numbers that are JAX's own."""

from __future__ import annotations

import numpy as np
from jax_cases import floats, ints, positive, runs, simplex, spd


def random(names: str, run, *tensors, tolerance=1e-5) -> None:
    runs(" ".join(f"random.{name}" for name in names.split()), run, *tensors, tolerance=tolerance)


word = np.array([3, 4294967295], "uint32")
random("PRNGKey uniform", lambda jax, x: jax.random.uniform(jax.random.PRNGKey(0), (2, 3)))
random("key uniform", lambda jax, x: jax.random.uniform(jax.random.key(42), (5,)))
random("PRNGKey", lambda jax, x: jax.random.uniform(jax.random.PRNGKey(2**31 - 1), x.shape), floats(3))
random("PRNGKey", lambda jax, x: jax.random.uniform(jax.random.PRNGKey(-7), x.shape), floats(3))
random("key", lambda jax, s: jax.random.uniform(jax.random.key(s), (3,)), np.int32(5))
random("split", lambda jax, x: [jax.random.uniform(k, (2,)) for k in jax.random.split(jax.random.key(1), 3)])
random(
    "split",
    lambda jax, x: jax.random.uniform(jax.random.split(jax.random.split(jax.random.PRNGKey(1))[0])[1], (2,)),
)
random("split", lambda jax, k: jax.random.uniform(jax.random.split(k, 4)[2], (2,)), word)
random("split", lambda jax, x: jax.random.uniform(jax.random.split(jax.random.key(1), (2, 3))[1, 2], (2,)))
random("fold_in", lambda jax, x: jax.random.normal(jax.random.fold_in(jax.random.key(1), 7), (4,)))
random(
    "fold_in",
    lambda jax, i: jax.random.normal(jax.random.fold_in(jax.random.PRNGKey(1), i), (4,)),
    np.int32(7),
)
random("fold_in", lambda jax, k, i: jax.random.uniform(jax.random.fold_in(k, i), (4,)), word, np.int32(7))
random("clone", lambda jax, x: jax.random.normal(jax.random.clone(jax.random.key(3)), (3,)))
random("uniform", lambda jax, x: jax.random.uniform(jax.random.key(1), (7,), minval=-2.0, maxval=3.0))
random(
    "uniform", lambda jax, x: jax.random.uniform(jax.random.key(1), (2, 3), minval=x, maxval=x + 2), floats(3)
)
for dtype in ("float32", "float16", "bfloat16"):
    random("uniform", lambda jax, x, dtype=dtype: jax.random.uniform(jax.random.key(1), (7,), dtype))
    random("normal", lambda jax, x, dtype=dtype: jax.random.normal(jax.random.key(1), (7,), dtype))
random("normal", lambda jax, k: jax.random.normal(k, (2, 3)), word)
random("normal", lambda jax, x: jax.random.normal(jax.random.key(9)))
random("normal", lambda jax, x: x + jax.random.normal(jax.random.key(9), x.shape, x.dtype), floats(3, 2))
random("bits", lambda jax, x: jax.random.bits(jax.random.key(1), (7,)))
random("bernoulli", lambda jax, x: jax.random.bernoulli(jax.random.key(1), 0.3, (20,)))
random("bernoulli", lambda jax, p: jax.random.bernoulli(jax.random.key(1), p), positive(20))
random("categorical", lambda jax, x: jax.random.categorical(jax.random.key(1), x), floats(6, 4))
random("categorical", lambda jax, x: jax.random.categorical(jax.random.key(1), x, axis=0), floats(6, 4))
random("categorical", lambda jax, x: jax.random.categorical(jax.random.key(1), x, shape=(5, 6)), floats(6, 4))
random(
    "categorical",
    lambda jax, x: jax.random.categorical(jax.random.key(1), x, shape=(2, 6), replace=False),
    floats(6, 4),
)
random(
    "truncated_normal",
    lambda jax, x: jax.random.truncated_normal(jax.random.key(1), -2.0, 2.0, (7,)),
    tolerance=1e-4,
)
random(
    "truncated_normal",
    lambda jax, x: jax.random.truncated_normal(jax.random.key(1), x, x + 1),
    floats(7),
    tolerance=1e-4,
)
random("randint", lambda jax, x: jax.random.randint(jax.random.key(1), (9,), 0, 10))
random("randint", lambda jax, x: jax.random.randint(jax.random.key(1), (9,), -1000, 1000000))
random("randint", lambda jax, n: jax.random.randint(jax.random.key(1), (9,), n, n + 7), ints(9, 9))
random("gumbel", lambda jax, x: jax.random.gumbel(jax.random.key(1), (7,)), tolerance=1e-4)
random("permutation", lambda jax, x: jax.random.permutation(jax.random.key(1), 9))
random("permutation", lambda jax, x: jax.random.permutation(jax.random.key(1), x), floats(9, 2))
random(
    "permutation",
    lambda jax, x: jax.random.permutation(jax.random.key(1), x, axis=1, independent=True),
    floats(3, 5),
)
random("choice", lambda jax, x: jax.random.choice(jax.random.key(1), 9, (4,)))
random("choice", lambda jax, x: jax.random.choice(jax.random.key(1), x, (4,), replace=False), floats(9))
random(
    "choice", lambda jax, x, p: jax.random.choice(jax.random.key(1), x, (4,), p=p), floats(5, 2), simplex(5)
)
random("choice", lambda jax, p: jax.random.choice(jax.random.key(1), 5, (3,), replace=False, p=p), simplex(5))
for name in "exponential laplace logistic cauchy maxwell".split():
    random(name, lambda jax, x, name=name: getattr(jax.random, name)(jax.random.key(1), (7,)), tolerance=1e-4)
    random(name, lambda jax, k, name=name: getattr(jax.random, name)(k, (2, 2)), word, tolerance=1e-4)
random("rademacher", lambda jax, x: jax.random.rademacher(jax.random.key(1), (9,)))
random("rademacher", lambda jax, x: jax.random.rademacher(jax.random.key(1), (9,), "float32"))
random("lognormal", lambda jax, x: jax.random.lognormal(jax.random.key(1), 0.5, (7,)), tolerance=1e-4)
random(
    "double_sided_maxwell",
    lambda jax, x: jax.random.double_sided_maxwell(jax.random.key(1), 1.0, 2.0, (7,)),
    tolerance=1e-4,
)
random("rayleigh", lambda jax, s: jax.random.rayleigh(jax.random.key(1), s), positive(7), tolerance=1e-4)
random("pareto", lambda jax, b: jax.random.pareto(jax.random.key(1), b), positive(7) + 1, tolerance=1e-4)
random(
    "weibull_min", lambda jax, x: jax.random.weibull_min(jax.random.key(1), 2.0, 1.5, (7,)), tolerance=1e-4
)
random(
    "triangular", lambda jax, x: jax.random.triangular(jax.random.key(1), 0.0, 0.3, 1.0, (7,)), tolerance=1e-4
)
random("geometric", lambda jax, p: jax.random.geometric(jax.random.key(1), p), positive(7))
random("wald", lambda jax, m: jax.random.wald(jax.random.key(1), m), positive(7), tolerance=1e-3)
for method in ("cholesky", "eigh", "svd"):
    random(
        "multivariate_normal",
        lambda jax, m, c, method=method: abs(
            jax.random.multivariate_normal(jax.random.key(1), m, c, (5,), method=method) - m
        ),
        floats(3),
        np.diag(np.array([1.0, 2.0, 3.0], "float32")) if method != "cholesky" else spd(),
        tolerance=1e-3,
    )
random("orthogonal", lambda jax, x: jax.random.orthogonal(jax.random.key(1), 3), tolerance=1e-4)
random("orthogonal", lambda jax, x: jax.random.orthogonal(jax.random.key(1), 2, (2,), m=3), tolerance=1e-4)

# Keys in loops and maps
random(
    "split",
    lambda jax, x: jax.vmap(lambda k: jax.random.normal(k, (2,)))(jax.random.split(jax.random.key(0), 3)),
)


def _drawn(jax):
    def step(total, key):
        return total + jax.random.uniform(key, (2,)), None

    return jax.lax.scan(step, jax.numpy.zeros(2), jax.random.split(jax.random.key(0), 3))[0]


random("split", lambda jax, x: _drawn(jax))


def _folded(jax, key, x):
    return jax.lax.fori_loop(0, 3, lambda i, v: v + jax.random.uniform(jax.random.fold_in(key, i), (3,)), x)


def _walk(jax, key, x):
    def step(i, state):
        key, total = state
        key, part = jax.random.split(key)
        return key, total + jax.random.uniform(part, (3,))

    return jax.lax.fori_loop(0, 3, step, (key, x))[1]


random("split", lambda jax, x: _walk(jax, jax.random.PRNGKey(4), x), floats(3))
random("fold_in", lambda jax, x: _folded(jax, jax.random.key(3), x), floats(3))
