"""What people do with trained models: freeze, look up, load weights, quantize, adapt, copy."""

from __future__ import annotations

import copy

import keras
import numpy as np
import pytest
from keras import layers, ops
from tests.layer.helpers import X, array, changed, reloaded, rng, same, sequential, train

import lamina
from lamina import Lambda

Y = rng.normal(size=(8, 2))


def everything(**kwargs):
    """A layer with an outer variable, a captured layer, a made layer and a made variable."""
    gain, dense = keras.Variable(np.full(4, 1.5, "float32")), layers.Dense(4)
    return Lambda(lambda x: layers.Dense(2)(dense(x) * gain) + lamina.variable("bias", 0.1), **kwargs)


def test_a_frozen_layer_does_not_train(tmp_path):
    layer = everything(name="features")
    model = sequential(layer)
    layer.trainable = False
    for one in (model, reloaded(model, tmp_path)):
        assert one.get_layer("features").trainable_weights == []
        assert len(one.non_trainable_weights) == 6
    layer.trainable = True
    assert len(model.trainable_weights) == 6


def test_frozen_before_it_is_built():
    layer = everything(trainable=False)
    layer(X)
    assert layer.trainable_weights == []
    assert len(layer.weights) == 6


def test_a_frozen_sublayer_stays_frozen(tmp_path):
    model = sequential(everything(name="features"))
    for one in (model, reloaded(model, tmp_path)):
        kept = one.get_layer("features").sublayers
        assert [type(layer) for layer in kept] == [layers.Dense, layers.Dense]
        kept[0].trainable = False
        assert len(one.trainable_weights) == 4
        before = [array(v) for v in kept[0].weights]
        train(one, Y)
        assert changed(before, [array(v) for v in kept[0].weights]) == [False, False]
    assert len(reloaded(one, tmp_path).trainable_weights) == 4


def test_weights_load_into_a_model_that_is_made_again(tmp_path):
    path = str(tmp_path / "model.weights.h5")
    first = sequential(everything())
    layers.Dense(1), keras.Variable(0.0)  # what was made before must not matter
    second = sequential(everything())
    train(first, Y)
    first.save_weights(path)
    second.load_weights(path)
    same(first, second)


def test_weights_load_by_name(tmp_path):
    path = str(tmp_path / "old.h5")
    first = sequential(layers.Dense(4, name="body"), everything(name="features"))
    first.save(path)
    second = sequential(
        layers.Dense(4, name="body"), everything(name="features"), layers.Dense(3, name="head")
    )
    second.load_weights(path, by_name=True)
    np.testing.assert_allclose(array(second.layers[1](X)), array(first.layers[1](X)), rtol=1e-5)


def test_a_part_of_a_model_serves_another(tmp_path):
    model = reloaded(sequential(layers.Dense(4), everything(name="features")), tmp_path)
    part = keras.Model(model.inputs, model.get_layer("features").output)
    other = keras.Sequential([keras.Input((4,)), part, layers.Dense(3)])
    part.trainable = False
    before = [array(v) for v in part.weights]
    train(other, rng.normal(size=(8, 3)))
    assert not any(changed(before, [array(v) for v in part.weights]))


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_quantization_of_the_model_around_it(tmp_path):
    dense = layers.Dense(8)
    model = sequential(layers.Dense(16), Lambda(lambda x: dense(x) * 2.0))
    before = array(model(X))
    model.quantize("int8")
    assert dense.quantization_mode == "int8"
    assert np.abs(array(model(X)) - before).max() < 0.05 * np.abs(before).max()
    same(model, reloaded(model, tmp_path))


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_a_tie_that_quantization_cuts_is_not_saved_silently(tmp_path):
    embedding = layers.Embedding(10, 4)
    tokens = keras.Input((3,), dtype="int32")
    model = keras.Model(
        tokens, Lambda(lambda x: ops.matmul(x, ops.transpose(embedding.embeddings)))(embedding(tokens))
    )
    model.quantize("int8")
    with pytest.raises(lamina.LaminaError, match="no longer has it"):
        model.save(str(tmp_path / "m.keras"))


def test_lora_on_a_sublayer(tmp_path):
    dense = layers.Dense(8)
    model = sequential(Lambda(lambda x: dense(x) * 2.0))
    dense.enable_lora(2)
    assert len(model.trainable_weights) == 3
    frozen = array(model.non_trainable_weights[0])
    before = [array(v) for v in model.trainable_weights]
    train(model, rng.normal(size=(8, 8)), epochs=3)
    assert any(changed(before, [array(v) for v in model.trainable_weights]))
    np.testing.assert_array_equal(array(model.non_trainable_weights[0]), frozen)
    same(model, reloaded(model, tmp_path))


def test_lora_under_a_tie(tmp_path):
    embedding = layers.Embedding(10, 4, name="embedding")
    tokens = keras.Input((3,), dtype="int32")
    read = lambda x: ops.matmul(x, ops.transpose(embedding.embeddings))
    model = keras.Model(tokens, Lambda(read)(embedding(tokens)))
    embedding.enable_lora(2)
    same(model, reloaded(model, tmp_path), np.array([[1, 2, 3]]))
    with pytest.raises(lamina.LaminaError, match="computed from its variables"):
        Lambda(read).get_config()


# Copies


def test_a_copy_has_variables_of_its_own():
    layer = everything()
    layer(X)
    twin = copy.deepcopy(layer)
    np.testing.assert_allclose(array(twin(X)), array(layer(X)), rtol=1e-6)
    assert not {id(v) for v in twin.weights} & {id(v) for v in layer.weights}


def test_a_function_that_is_no_expression_is_copied_in_this_process():
    layer = Lambda(
        lambda x, by: x * float(ops.convert_to_numpy(x).max()) * by,
        arguments={"by": 2.0},
        name="host",
        dtype="float16",
    )
    for twin in (copy.deepcopy(layer), copy.deepcopy({"layer": layer})["layer"]):
        assert (twin.name, twin.dtype_policy, twin.arguments) == ("host", layer.dtype_policy, {"by": 2.0})
        np.testing.assert_allclose(array(twin(X)), array(layer(X)))


class Scaled(keras.layers.Layer):
    def call(self, x):
        return 3.0 * x


def test_custom_objects_of_a_configuration():
    scaled = Scaled()
    layer = Lambda(lambda x: scaled(x) + 1.0)
    layer(X)
    config = layer.get_config()
    again = Lambda.from_config(config, custom_objects={"Scaled": Scaled})
    np.testing.assert_allclose(array(again(X)), 3 * X + 1, rtol=1e-6)


# Values that change


def test_a_changed_value_is_reported_once(recwarn):
    class Settings:
        rate = 1.0

    gain, table, settings, text = 2.0, {"offset": 1.0}, Settings(), "same"

    def function(x):
        return x * gain * settings.rate + table["offset"] + len(text)

    def warned(change):
        layer = Lambda(function)
        layer(X)
        assert not recwarn.list
        change()
        layer(X)
        layer(X)
        messages = [str(recwarn.pop(UserWarning).message)]
        assert not recwarn.list
        return messages[0]

    def set_gain():
        nonlocal gain
        gain = 3.0

    assert "when gain had another value" in warned(set_gain)
    assert "when table had another value" in warned(lambda: table.update(offset=5.0))
    assert "when rate had another value" in warned(lambda: setattr(settings, "rate", 7.0))


RATE = 2.0
ARRAY = np.ones(4, "float32")


def test_globals_and_arrays_are_compared_too(recwarn, monkeypatch):
    for name, value in (("RATE", 3.0), ("ARRAY", np.zeros(4, "float32"))):
        layer = Lambda(lambda x: x * RATE + ARRAY)
        layer(X)
        monkeypatch.setitem(globals(), name, value)
        found = layer(X)
        assert f"when {name} had another value" in str(recwarn.pop(UserWarning).message)
        assert np.isfinite(array(found)).all()


def test_equal_values_and_unrelated_names_are_not_reported(recwarn, monkeypatch):
    shape = (1, 2)

    def function(x):
        return ops.reshape(x, x.shape) * RATE * float("nan")

    layer = Lambda(function)
    layer(X)
    monkeypatch.setitem(globals(), "RATE", float(str(RATE)))
    monkeypatch.setitem(globals(), "shape", shape)
    layer(X)
    assert not recwarn.list
