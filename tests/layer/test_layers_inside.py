"""Layers that a function calls: trained, saved, shared, and made once."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops
from tests.layer.helpers import X, array, changed, reloaded, rng, same, sequential, train

import lamina
from lamina import Lambda


def test_a_captured_layer_is_trained_and_saved(tmp_path):
    dense = layers.Dense(3, name="dense")
    layer = Lambda(lambda x: ops.relu(dense(x)))
    model = sequential(layer)
    assert layer.sublayers == (dense,)
    before = model.get_weights()
    train(model, rng.normal(size=(8, 3)))
    assert all(changed(before, model.get_weights()))
    loaded = reloaded(model, tmp_path)
    same(model, loaded)
    before = loaded.get_weights()
    train(loaded, rng.normal(size=(8, 3)))
    assert all(changed(before, loaded.get_weights()))


def made_layers(x):
    for _ in range(2):
        x = layers.Dense(4, activation="tanh")(x)
    return layers.Dense(
        2, activation=keras.activations.relu, kernel_initializer=keras.initializers.HeNormal()
    )(x)


def made_model(x):
    model = keras.Sequential([layers.Dense(3, activation="relu"), layers.BatchNormalization()])
    return model(x)


@pytest.mark.parametrize(("function", "count"), [(made_layers, 6), (made_model, 6)])
def test_layers_made_inside_are_made_once(function, count, tmp_path):
    layer, other = Lambda(function), Lambda(function)
    model = sequential(layer)
    other.build((None, 4))
    assert len(model.weights) == count
    assert not {id(v) for v in layer.weights} & {id(v) for v in other.weights}
    same(model, model)
    model(np.ones((3, 4), "float32"), training=True)
    assert len(model.weights) == count
    before = [array(v) for v in model.trainable_weights]
    train(model, 1.0 + np.ones(model(X).shape), epochs=1)
    assert any(changed(before, [array(v) for v in model.trainable_weights]))
    same(model, reloaded(model, tmp_path))


def test_a_made_layer_serves_every_kind_of_input():
    layer = Lambda(made_layers)
    layer(X)
    layer(np.ones((2, 5, 4), "float32"))
    assert len(layer.weights) == 6


def test_a_made_layer_is_the_same_in_both_phases(tmp_path):
    def function(x, training=None):
        if training:
            x = layers.Dropout(0.5)(x, training=training)
        return layers.Dense(3)(x)

    layer = Lambda(function)
    model = sequential(layer)
    model(X, training=True)
    assert len(layer.expressions) == 2
    assert len(model.weights) == 2
    same(model, reloaded(model, tmp_path))


def test_a_made_layer_with_changing_arguments_is_refused():
    layer = Lambda(lambda x: layers.Dense(x.shape[-1] * 2)(x))
    layer(X)
    layer(np.ones((2, 6), "float32"))
    with pytest.raises(lamina.LaminaError, match="made with other arguments"):
        layer._recipe.programs(layer._situation(ops.ones((2, 6)), None, False))


def test_a_model_called_inside(tmp_path):
    inner = sequential(layers.Dense(3), layers.Dropout(0.5))
    model = sequential(Lambda(lambda x: 2.0 * inner(x)))
    for one in (model, reloaded(model, tmp_path)):
        assert len(one.trainable_weights) == 2
        np.testing.assert_array_equal(array(one(X)), array(one(X)))
        assert not np.array_equal(array(one(X, training=True)), array(one(X, training=True)))


@pytest.mark.parametrize("created", [False, True])
def test_batch_normalization_inside_moves_its_averages(created, tmp_path):
    outside = layers.BatchNormalization(momentum=0.5)
    layer = Lambda(lambda x: layers.BatchNormalization(momentum=0.5)(x) if created else outside(x))
    model = sequential(layer)
    for one in (model, reloaded(model, tmp_path)):
        before = [array(v) for v in one.non_trainable_weights]
        train(one, X, X + 5)
        assert changed(before, [array(v) for v in one.non_trainable_weights]) == [True, True]
        same(one, one)


def test_a_layer_that_also_stands_in_the_model(tmp_path):
    dense = layers.Dense(4, name="shared")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, Lambda(lambda x: dense(x) + 1.0)(dense(inputs)))
    assert len(model.weights) == 2
    loaded = reloaded(model, tmp_path)
    assert len(loaded.weights) == 2
    assert loaded.layers[-1].sublayers == (loaded.get_layer("shared"),)
    same(model, loaded)


def by_name(embedding):
    return lambda x: ops.matmul(x, ops.transpose(embedding.embeddings))


def by_list(embedding):
    return lambda x: ops.matmul(x, ops.transpose(embedding.weights[0]))


def by_itself(embedding):
    embedding.build()
    table = embedding.embeddings
    return lambda x: ops.matmul(x, ops.transpose(table))


@pytest.mark.parametrize("read", [by_name, by_list, by_itself])
def test_tied_embeddings_stay_tied(read, tmp_path):
    embedding = layers.Embedding(10, 4, name="embedding")
    tokens = keras.Input((3,), dtype="int32")
    model = keras.Model(tokens, Lambda(read(embedding))(embedding(tokens)))
    ids = np.array([[1, 2, 3]])
    for one in (model, reloaded(model, tmp_path)):
        assert len(one.weights) == 1
        one.get_layer("embedding").embeddings.assign(np.eye(10, 4))
        np.testing.assert_allclose(array(one(ids))[0], np.eye(10, 4)[1:4] @ np.eye(4, 10))
        before = one.get_weights()
        train(one, np.ones((1, 3, 10)), ids)
        assert changed(before, one.get_weights()) == [True]


def test_a_weight_of_a_called_layer_read_by_another_way(tmp_path):
    dense = layers.Dense(4, use_bias=False)
    dense.build((None, 4))
    kernel = dense.kernel
    model = sequential(Lambda(lambda x: ops.matmul(dense(x), kernel)))
    loaded = reloaded(model, tmp_path)
    assert len(loaded.weights) == 1
    same(model, loaded)


def test_a_layer_that_is_not_built_yet_is_captured_later():
    embedding = layers.Embedding(10, 4)
    layer = Lambda(by_name(embedding))
    with pytest.raises(AttributeError, match="embeddings"):
        layer(X)
    embedding(np.array([1]))
    assert layer(X).shape == (8, 10)
    assert layer.weights == embedding.weights
    assert layer.get_config()["expressions"]


def test_the_calls_of_a_capture_leave_no_node():
    dense = layers.Dense(3)
    layer = Lambda(lambda x: dense(x))
    sequential(layer)
    layer.compute_output_shape((None, 4))
    assert dense._inbound_nodes == []
