"""What a layer and the process ask for: whether eager calls are compiled."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from helpers_execution import (
    BACKEND,
    TENSOR,
    array,
    centred,
    gradient_of_sum_of_squares,
    is_compiled,
    warm,
)

import lamina
from lamina import Lambda
from lamina.errors import ArgumentError, ExpressionError


def test_jit_false_is_never_compiled():
    layer = warm(Lambda(centred, jit=False), TENSOR)
    assert not is_compiled(layer)


@pytest.mark.skipif(BACKEND == "torch", reason="torch.compile has a test of its own")
def test_jit_true_compiles_the_first_call():
    layer = Lambda(centred, jit=True)
    np.testing.assert_allclose(array(layer(TENSOR)), array(centred(TENSOR)), rtol=1e-6)
    assert is_compiled(layer)


def test_jit_true_says_what_cannot_be_compiled():
    dense = keras.layers.Dense(3)
    layer = Lambda(lambda x: dense(x), jit=True)
    with pytest.warns(UserWarning, match="not compiled: it calls layers"):
        layer(TENSOR)
    layer(TENSOR)


def test_the_switch_of_the_process():
    with lamina.set_jit(False):
        layer = warm(Lambda(centred, jit=BACKEND != "torch" or "auto"), TENSOR)
        assert not is_compiled(layer)
        if BACKEND != "torch":  # the compiler takes seconds
            with lamina.set_jit(True):
                fresh = Lambda(centred)
                fresh(TENSOR)
                assert is_compiled(fresh)
                assert not is_compiled(warm(Lambda(centred, jit=False), TENSOR))
    warm(layer, TENSOR)
    assert is_compiled(layer)


@pytest.mark.parametrize("value", ["yes", None, 1, 0.0])
def test_a_value_that_is_none_of_the_three(value):
    with pytest.raises(ArgumentError, match='jit is "auto", True or False, received'):
        Lambda(centred, jit=value)
    with pytest.raises(ArgumentError):
        lamina.set_jit(value)


@pytest.mark.parametrize("value", ["auto", True, False])
def test_the_option_is_kept_in_the_configuration(value, tmp_path):
    layer = Lambda(centred, jit=value)
    config = layer.get_config()
    assert config.get("jit", "auto") == value
    assert ("jit" in config) == (value != "auto")
    assert Lambda.from_config(config).jit == value
    model = keras.Sequential([keras.Input((3,)), layer])
    model.save(tmp_path / "m.keras")
    assert keras.saving.load_model(tmp_path / "m.keras").layers[0].jit == value


def test_a_damaged_configuration():
    config = {**Lambda(centred).get_config(), "jit": "maybe"}
    with pytest.raises(ExpressionError, match=r"\$\.jit"):
        Lambda.from_config(config)


@pytest.mark.skipif(BACKEND != "torch", reason="torch.compile is torch's")
@pytest.mark.filterwarnings("ignore")  # of torch, about itself
def test_torch_compile_on_request():
    layer = Lambda(lambda x: centred(x) * lamina.variable("gain", 2.0), jit=True)
    np.testing.assert_allclose(array(layer(TENSOR)), 2 * array(centred(TENSOR)), rtol=1e-5, atol=1e-6)
    assert is_compiled(layer)
    gain = layer.trainable_weights[0]
    gain.assign(3.0)
    np.testing.assert_allclose(array(layer(TENSOR)), 3 * array(centred(TENSOR)), rtol=1e-5, atol=1e-6)
    expected = 2 * 3.0 * (array(centred(TENSOR)) ** 2).sum()
    np.testing.assert_allclose(gradient_of_sum_of_squares(layer, gain), expected, rtol=1e-4)
