"""Random numbers of the JAX vocabulary that are JAX's by distribution only; keys."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.vocabulary.conformance import Framework, captured

import lamina
from lamina.errors import CaptureError
from lamina.vocabulary.jax import DEVIATIONS, VOCABULARIES

jax = pytest.importorskip("jax")
JAX = Framework(VOCABULARIES[0], jax, jax.numpy.asarray, np.asarray)
OURS = JAX.ours
N = 4000
DISTRIBUTIONS = {
    "gamma": lambda jax, key: jax.random.gamma(key, 2.5, (N,)),
    "gamma small": lambda jax, key: jax.random.gamma(key, 0.4, (N,)),
    "loggamma": lambda jax, key: jax.random.loggamma(key, 2.5, (N,)),
    "beta": lambda jax, key: jax.random.beta(key, 2.0, 3.0, (N,)),
    "dirichlet": lambda jax, key: jax.random.dirichlet(key, jax.numpy.array([1.0, 2.0, 3.0]), (N // 2,)),
    "chisquare": lambda jax, key: jax.random.chisquare(key, 5.0, (N,)),
    "f": lambda jax, key: jax.random.f(key, 6.0, 20.0, (N,)),
    "t": lambda jax, key: jax.random.t(key, 8.0, (N,)),
    "generalized_normal": lambda jax, key: jax.random.generalized_normal(key, 3.0, (N,)),
    "ball": lambda jax, key: jax.random.ball(key, 3, shape=(N // 2,)),
    "binomial": lambda jax, key: jax.random.binomial(key, 10.0, 0.3, (N,)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name):
    draw = DISTRIBUTIONS[name]
    got = keras.ops.convert_to_numpy(captured(lambda: draw(JAX.ours, JAX.ours.random.key(2)), []))
    want = np.asarray(draw(jax, jax.random.key(2)))
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    spread = want.std()
    assert abs(got.mean() - want.mean()) < 0.1 * spread
    assert abs(got.std() - want.std()) < 0.12 * spread
    for percent in (10, 50, 90):
        assert abs(np.percentile(got, percent) - np.percentile(want, percent)) < 0.15 * spread


def test_every_distribution_is_tested():
    named = {name.removeprefix("random.") for name, text in DEVIATIONS.items() if "distribution" in text}
    assert {name.split()[0] for name in DISTRIBUTIONS} == named


def test_a_key_gives_the_same_numbers_in_each_call_and_another_key_others():
    def layer(seed):
        return lamina.Lambda(lambda x: x + jax.random.normal(jax.random.key(seed), x.shape))

    x, first = keras.ops.zeros((50, 40)), layer(1)
    a, b, c = (keras.ops.convert_to_numpy(f(x)) for f in (first, first, layer(2)))
    np.testing.assert_array_equal(a, b)
    assert abs(np.corrcoef(a.ravel(), c.ravel())[0, 1]) < 0.1


def test_a_key_may_be_an_input():
    expression = lamina.capture(
        lambda inputs: inputs[0] + jax.random.normal(inputs[1], inputs[0].shape),
        [keras.KerasTensor((None, 3)), keras.KerasTensor((2,), dtype="uint32")],
    )
    key = jax.random.PRNGKey(7)
    got = expression.run([keras.ops.zeros((4, 3)), keras.ops.convert_to_tensor(np.asarray(key))])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(got), jax.random.normal(key, (4, 3)), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: OURS.numpy.where(x > 0), "jnp.where"),
        (lambda x: OURS.numpy.bincount(x), "length="),
        (lambda x: x.at[x > 0].set(x[0]), "jnp.where"),
        (lambda x: OURS.grad(lambda v: v.sum())(x), "derivative"),
        (lambda x: OURS.lax.reduce_window(x, 0.0, lambda a, b: a, (2, 2), (1, 1), "VALID"), "jax.lax.add"),
        (lambda x: OURS.random.normal(0, x.shape), "jax.random.key"),
        (lambda x: OURS.numpy.max(x, where=x > 0), "initial="),
        (lambda x: OURS.image.resize(x, (6, 8), "spline"), "lanczos3"),
        (lambda x: OURS.ops.segment_sum(x, OURS.numpy.arange(3)), "num_segments="),
        (lambda x: OURS.random.poisson(OURS.random.key(0), x), "gamma"),
    ],
)
def test_calls_that_cannot_be_expressions_say_why(function, message):
    with pytest.raises(CaptureError, match=message):
        lamina.capture(function, keras.KerasTensor((3, 4)))
