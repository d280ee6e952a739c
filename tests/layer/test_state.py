"""Variables and layers that a function reads, calls or makes."""

from __future__ import annotations

import types

import keras
import numpy as np
import pytest
from keras import layers, ops
from tests.layer.helpers import X, array, changed, reloaded, same, sequential, train

import lamina
from lamina import Lambda
from lamina import backend as K

BACKEND = keras.backend.backend()
SETTINGS = types.ModuleType("settings")
SETTINGS.gain = keras.Variable(np.full(4, 1.5, "float32"), name="module_gain")
GLOBAL = keras.Variable(np.float32(2.0), name="global_gain")


class Holder:
    def __init__(self, variable):
        self.variable = variable
        self.many = {"inner": [variable]}


# Variables from outside


def readers():
    held = Holder(keras.Variable(np.float32(3.0), name="held"))
    closed = keras.Variable(np.float32(4.0), name="closed")
    return {
        "closure": lambda x: x * closed,
        "global": lambda x: x * GLOBAL,
        "attribute": lambda x: x * held.variable,
        "nested": lambda x: x * held.many["inner"][0],
        "module": lambda x: x * SETTINGS.gain,
    }


@pytest.mark.parametrize("how", list(readers()))
def test_a_variable_from_outside_is_trained_and_saved(how, tmp_path):
    layer = Lambda(readers()[how])
    model = sequential(layer)
    before = array(model(X))
    assert len(layer.trainable_weights) == 1
    assert layer.non_trainable_weights == []
    train(model, 0 * X)
    assert np.abs(array(model(X))).mean() < np.abs(before).mean()
    loaded = reloaded(model, tmp_path)
    same(model, loaded)
    weights = loaded.get_weights()
    train(loaded, 0 * X)
    assert changed(weights, loaded.get_weights()) == [True]


def test_the_flag_of_a_variable_decides(tmp_path):
    frozen = keras.Variable(np.float32(3.0), name="frozen", trainable=False)
    free = keras.Variable(np.float32(1.0), name="free")
    model = sequential(Lambda(lambda x: x * frozen + free))
    for one in (model, reloaded(model, tmp_path)):
        assert [v.name for v in one.trainable_weights] == ["free"]
        assert [v.name for v in one.non_trainable_weights] == ["frozen"]
        before = one.get_weights()
        train(one, 0 * X)
        assert changed(before, one.get_weights()) == [True, False]


def native(value, trainable=True):
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.Variable(value, trainable=trainable)
    import torch

    return torch.nn.Parameter(torch.tensor(value), requires_grad=trainable)


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has no variables")
def test_a_variable_of_the_framework_is_trained_and_shared(tmp_path):
    gain, offset = native([2.0] * 4), native([1.0] * 4, trainable=False)
    model = sequential(Lambda(lambda x: x * gain + offset), Lambda(lambda x: x - gain))
    assert [tuple(v.shape) for v in model.trainable_weights] == [(4,)]
    assert len(model.non_trainable_weights) == 1
    train(model, 0 * X)
    value = gain.detach().numpy() if BACKEND == "torch" else gain.numpy()
    assert np.abs(value - 2.0).min() > 1e-3
    np.testing.assert_allclose(array(model.trainable_weights[0]), value)
    loaded = reloaded(model, tmp_path)
    same(model, loaded)
    assert len(loaded.weights) == 2


@pytest.mark.skipif(BACKEND == "jax", reason="every other framework is foreign there")
def test_a_variable_of_another_framework_is_refused():
    torch, tf = pytest.importorskip("torch"), pytest.importorskip("tensorflow")
    foreign = torch.nn.Parameter(torch.ones(4)) if BACKEND == "tensorflow" else tf.Variable([1.0] * 4)
    with pytest.raises(lamina.LaminaError, match="which every backend trains"):
        Lambda(lambda x: x * foreign).get_config()


def test_a_variable_of_two_layers_is_one_and_stays_one(tmp_path):
    gain = keras.Variable(np.float32(2.0), name="gain")
    inputs = keras.Input((4,))
    left, right = Lambda(lambda x: x * gain)(inputs), Lambda(lambda x: x + gain)(inputs)
    model = keras.Model(inputs, layers.add([left, right]))
    assert model.weights == [gain]
    assert model.count_params() == 1
    loaded = reloaded(model, tmp_path)
    assert len(loaded.weights) == 1
    loaded.weights[0].assign(5.0)
    np.testing.assert_allclose(array(loaded(X)), X * 6 + 5, rtol=1e-5)


def test_a_custom_loop_reaches_the_variable():
    gain = keras.Variable(np.float32(2.0), name="gain")
    layer = Lambda(lambda x: x * gain)
    layer(X)
    layer.trainable_weights[0].assign(3.0)
    np.testing.assert_allclose(array(layer(X)), 3 * X, rtol=1e-6)
    layer.set_weights([np.float32(4.0)])
    assert float(array(gain)) == 4.0


# Variables made inside


def made(kind):
    def named(x):
        return x * kind(2.0, name="gain") + kind(np.zeros(4, "float32"), name="offset")

    return named


@pytest.mark.parametrize(
    "function", [made(K.variable), made(keras.Variable)], ids=["K.variable", "keras.Variable"]
)
def test_variables_made_inside(function, tmp_path):
    first, second = Lambda(function), Lambda(function)
    model = sequential(first, second)
    assert sorted(v.name for v in first.trainable_weights) == ["gain", "offset"]
    assert len(model.trainable_weights) == 4
    model(np.ones((3, 4), "float32"))
    first(np.ones((2, 5, 4), "float32"))
    assert len(model.weights) == 4
    train(model, 0 * X)
    loaded = reloaded(model, tmp_path)
    same(model, loaded)
    before = loaded.get_weights()
    train(loaded, 0 * X)
    assert all(changed(before, loaded.get_weights()))


def test_variables_of_the_framework_made_inside(tmp_path):
    if BACKEND == "tensorflow":
        import tensorflow as tf

        def function(x):
            offset = tf.compat.v1.get_variable("offset", (4,), initializer=tf.compat.v1.zeros_initializer())
            return x * tf.Variable(2.0, name="gain") + offset

    elif BACKEND == "torch":
        import torch

        def function(x):
            return x * torch.nn.Parameter(torch.full((4,), 2.0))

    else:
        pytest.skip("JAX has no variables")
    layer = Lambda(function)
    model = sequential(layer)
    assert all(v.trainable for v in layer.weights)
    np.testing.assert_allclose(array(model(X)), 2 * X, rtol=1e-6)
    train(model, 0 * X)
    loaded = reloaded(model, tmp_path)
    same(model, loaded)
    assert len(loaded.trainable_weights) == (2 if BACKEND == "tensorflow" else 1)


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda x: x * lamina.variable("v", shape=(4,), initializer="random_normal"), (4,)),
        (
            lambda x: ops.matmul(
                x, lamina.variable("v", shape=(x.shape[-1], 3), initializer="glorot_uniform")
            ),
            (4, 3),
        ),
        (lambda x: ops.matmul(x, keras.Variable("he_normal", shape=(4, 2), name="v")), (4, 2)),
        (lambda x: x * lamina.variable("v", 0.1 * keras.random.normal((4,)) + 1.0), (4,)),
        (lambda x: x * lamina.variable("v", np.random.default_rng().normal(size=4)), (4,)),
        (lambda x: x * lamina.variable("v", keras.random.uniform((4,), seed=3)), (4,)),
    ],
)
def test_initial_values(function, shape, tmp_path):
    layer = Lambda(function)
    model = sequential(layer)
    assert [tuple(v.shape) for v in layer.weights] == [shape]
    assert len(np.unique(array(layer.weights[0]))) == np.prod(shape)
    same(model, model)
    same(model, reloaded(model, tmp_path))


def test_initial_values_follow_the_global_seed():
    def value():
        keras.utils.set_random_seed(7)
        layer = Lambda(lambda x: x * lamina.variable("v", shape=(4,), initializer="random_normal"))
        layer.build((None, 4))
        return layer.get_weights()[0]

    np.testing.assert_array_equal(value(), value())


def test_flags_and_dtypes_of_made_variables():
    def function(x):
        steps = lamina.variable("steps", 3, dtype="int32", trainable=False)
        return x * ops.cast(steps, x.dtype) + K.variable([1, 2, 3, 4], dtype="int32", name="ints")

    layer = Lambda(function)
    layer.build((None, 4))
    layer(X)
    assert layer.trainable_weights == []
    assert {v.name: v.dtype for v in layer.weights} == {"steps": "int32", "ints": "int32"}


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * keras.Variable(1.0) + keras.Variable(2.0),
        lambda x: x * K.variable(1.0) + K.variable(2.0),
        lambda x: x * lamina.variable("same", 1.0) + lamina.variable("same", 2.0),
    ],
)
def test_two_variables_need_two_names(function):
    with pytest.raises(lamina.LaminaError, match="two variables named"):
        Lambda(function).get_config()


def test_a_variable_that_starts_with_the_input_is_refused():
    with pytest.raises(lamina.LaminaError, match="computed from the input"):
        Lambda(lambda x: x * lamina.variable("v", ops.mean(x))).get_config()


def test_variables_of_a_function_that_is_no_expression_are_the_layers_too():
    def function(x):
        assert float(ops.convert_to_numpy(x).max()) < 100
        return x * lamina.variable("gain", 2.0)

    layer = Lambda(function)
    np.testing.assert_allclose(array(layer(X)), 2 * X, rtol=1e-6)
    layer.weights[0].assign(3.0)
    np.testing.assert_allclose(array(layer(X)), 3 * X, rtol=1e-6)
    assert [v.name for v in layer.trainable_weights] == ["gain"]
