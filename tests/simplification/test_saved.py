"""What is saved is the simplified expression; the layer keeps what was captured."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops
from tests.layer.helpers import X, array, reloaded, same, sequential

from lamina import Lambda


def wasteful(x):
    y = ops.relu(ops.relu(x)) + ops.relu(x)
    return ops.transpose(ops.transpose(y * 1 + ops.cast(y, x.dtype)))


def ops_of(expression):
    return [call.op for call in expression.calls]


def test_a_file_holds_the_simplified_expression(tmp_path):
    layer = Lambda(wasteful, name="wasteful")
    model = sequential(layer)
    captured = layer.expression
    loaded = reloaded(model, tmp_path)
    assert layer.expression is captured
    assert ops_of(captured) == "relu relu relu add multiply cast add transpose transpose".split()
    assert ops_of(loaded.layers[0].expression) == ["relu", "add", "add"]
    np.testing.assert_array_equal(array(loaded(X)), array(model(X)))
    assert reloaded(loaded, tmp_path).get_config() == loaded.get_config()


def test_weights_of_a_simplified_expression_find_their_place(tmp_path):
    gain = keras.Variable(np.full(4, 3.0, "float32"), name="gain")
    bias = keras.Variable(np.full(4, 0.5, "float32"), name="bias")

    def function(x):
        return ops.transpose(ops.transpose(x * gain)) + (ops.zeros_like(bias) + bias)

    model = sequential(Lambda(function), keras.layers.Dense(2))
    loaded = reloaded(model, tmp_path)
    assert [w.shape for w in loaded.weights] == [w.shape for w in model.weights]
    same(model, loaded)
