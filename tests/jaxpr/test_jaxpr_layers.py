"""Layers whose functions use JAX code that no vocabulary has."""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax import lax
from keras import ops

import lamina
from lamina import Lambda

sys.path.insert(0, str(Path(__file__).parent))
import third_party

X = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
SPEC = keras.KerasTensor((None, 6))
GAIN = keras.Variable(2.0, name="gain")
ON_JAX = keras.backend.backend() == "jax"
only_jax = pytest.mark.skipif(not ON_JAX, reason="functions of JAX are traced where JAX is the backend")


FUNCTIONS = {
    "jitted helper": lambda x: third_party.huber(x, 0.7),
    "jax.scipy": lambda x: third_party.entropy(x),
    "custom_vjp": lambda x: third_party.straight_through(x * 2),
    "custom_jvp": lambda x: third_party.bent(x) + x,
    "grad of a closure": lambda x: jax.grad(lambda v: (jnp.tanh(v) * GAIN).sum())(x),
    "vmap of a closure": lambda x: jax.vmap(lambda row: jax.scipy.special.entr(jnp.abs(row)).sum() * GAIN)(x),
    "scan with a variable": lambda x: lax.scan(lambda c, r: (c + r * GAIN, c * 2.0), jnp.zeros(6), x)[0],
    "keras.ops inside": lambda x: jax.scipy.special.expit(ops.relu(x)) * GAIN,
}


def gradient(function):
    return jax.grad(lambda x: jnp.sum(function(x) ** 2))(jnp.asarray(X))


@only_jax
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_gradients_and_variables_are_those_of_the_function(name):
    function = FUNCTIONS[name]
    layer = Lambda(function, verify=True)
    np.testing.assert_allclose(layer(X), function(X), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gradient(layer), gradient(function), rtol=1e-4, atol=1e-4)
    assert len(layer.trainable_weights) == (
        "GAIN" in function.__code__.co_names or "GAIN" in nested(function)
    )
    assert layer(X[:2]).shape == function(X[:2]).shape
    assert len(layer.expressions) == 1


def nested(function):
    codes = [c for c in function.__code__.co_consts if hasattr(c, "co_names")]
    return [name for code in codes for name in code.co_names]


@only_jax
def test_saved_and_loaded(tmp_path):
    model = keras.Sequential([keras.Input((6,)), Lambda(FUNCTIONS["jax.scipy"])])
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again(X), third_party.entropy(X), rtol=1e-5)


@only_jax
def test_what_has_no_counterpart_says_which_primitive():
    with pytest.raises(lamina.LaminaError, match=r"betainc.*'regularized_incomplete_beta'"):
        lamina.capture(lambda x: jax.scipy.special.betainc(1.0, 2.0, x), SPEC)


@only_jax
def test_a_layer_that_changes_its_variables_is_not_lowered():
    normalization = keras.layers.BatchNormalization()
    normalization.build((None, 6))

    def function(x):
        return jax.grad(lambda v: normalization(v, training=True).sum())(x)

    layer = Lambda(function)
    layer(X)
    with pytest.raises(lamina.LaminaError):
        layer.get_config()


@pytest.mark.skipif(ON_JAX, reason="there the function is lowered")
def test_other_backends_refuse():
    with pytest.raises(lamina.LaminaError, match="jax"):
        lamina.capture(lambda x: jax.scipy.special.betainc(1.0, 2.0, x), SPEC)
