"""Losses that a function adds, and regularizers of the output."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from tests.layer.helpers import X, array, reloaded, sequential

import lamina
from lamina import Lambda

GAIN = keras.Variable(np.float32(2.0), name="gain")


def penalised(x):
    lamina.add_loss(0.5 * ops.sum(ops.square(x)))
    lamina.add_loss(ops.square(GAIN))
    return x * GAIN


def uncaptured(x):
    assert float(ops.convert_to_numpy(x).max()) < 100
    lamina.add_loss(0.5 * ops.sum(ops.square(x)))
    return x


EXPECTED = 0.5 * float(np.sum(X**2))


def test_losses_count_in_fit_and_evaluate(tmp_path):
    GAIN.assign(2.0)
    model = sequential(Lambda(penalised))
    for one in (model, reloaded(model, tmp_path)):
        gain = float(array(one.weights[0]))
        one.compile(keras.optimizers.SGD(0.01), keras.losses.MeanSquaredError())
        plain = np.mean((gain * X) ** 2)
        assert one.evaluate(X, 0 * X, verbose=0) == pytest.approx(plain + EXPECTED + gain**2, rel=1e-4)
        one.fit(X, 0 * X, verbose=0)
        slope = 2 * gain * np.mean(X**2) + 2 * gain
        assert float(array(one.weights[0])) == pytest.approx(gain - 0.01 * slope, rel=1e-3)


def test_losses_are_those_of_the_latest_call():
    GAIN.assign(2.0)
    layer = Lambda(penalised)
    for _ in range(2):
        layer(X)
        assert [float(array(loss)) for loss in layer.losses] == pytest.approx([EXPECTED, 4.0], rel=1e-5)


def test_get_losses_for_tells_what_depends_on_the_inputs():
    GAIN.assign(2.0)
    layer = Lambda(penalised)
    x = ops.convert_to_tensor(X)
    layer(x)
    assert [float(array(loss)) for loss in layer.get_losses_for(x)] == pytest.approx([EXPECTED], rel=1e-5)
    assert [float(array(loss)) for loss in layer.get_losses_for(None)] == pytest.approx([4.0])


def test_losses_of_a_function_that_is_no_expression():
    layer = Lambda(uncaptured)
    x = ops.convert_to_tensor(X)
    layer(x)
    assert float(array(layer.losses[0])) == pytest.approx(EXPECTED, rel=1e-5)
    assert len(layer.get_losses_for(x)) == 1


def test_the_activity_regularizer_is_saved(tmp_path):
    model = sequential(Lambda(lambda x: 2.0 * x, activity_regularizer=keras.regularizers.L2(0.1)))
    for one in (model, reloaded(model, tmp_path)):
        one(X)
        assert float(array(one.losses[0])) == pytest.approx(0.1 * np.sum((2 * X) ** 2) / 8, rel=1e-5)
        assert len(one.layers[0].get_losses_for(None)) == 0


def test_add_loss_outside_of_a_layer_is_refused():
    with pytest.raises(lamina.LaminaError, match="belongs inside the function"):
        lamina.add_loss(1.0)


def test_losses_of_layers_inside(tmp_path):
    dense = keras.layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l2")
    model = sequential(Lambda(lambda x: dense(x)))
    for one in (model, reloaded(model, tmp_path)):
        one(X)
        kernel, activity = float(np.sum(array(one.weights[0]) ** 2)), float(np.sum(array(one(X)) ** 2)) / 8
        found = sorted(float(array(loss)) for loss in one.losses)
        assert found == pytest.approx(sorted([0.01 * kernel, 0.01 * activity]), rel=1e-4)
