"""Random operations: seeds, streams, phases, and training under jit."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops
from tests.layer.helpers import X, array, reloaded, same, sequential, train

import lamina
from lamina import Lambda
from lamina import backend as K

ZEROS = np.zeros((64, 4), "float32")


def noise(x):
    return x + keras.random.normal(ops.shape(x))


def sampling(inputs):
    mean, log_var = inputs
    epsilon = K.random_normal(shape=(K.shape(mean)[0], K.int_shape(mean)[1]), mean=0.0, stddev=1.0)
    return mean + K.exp(log_var / 2) * epsilon


def flip(x, training=None):
    if not training:
        return x
    chosen = keras.random.uniform((ops.shape(x)[0], 1, 1, 1)) < 0.5
    return ops.where(chosen, ops.flip(x, axis=2), x)


def test_each_call_differs_and_each_layer_has_its_own_stream():
    first, second = Lambda(noise), Lambda(noise)
    draws = [array(first(ZEROS)), array(first(ZEROS)), array(second(ZEROS))]
    assert len(np.unique(np.round(draws, 5))) > 0.9 * 3 * ZEROS.size
    assert len(first._seed_generators) == 1
    assert [v.name for v in first.variables] == ["seed_generator_state"]


def test_the_global_seed_decides():
    def draws():
        keras.utils.set_random_seed(3)
        layer = Lambda(noise)
        return array(layer(X)), array(layer(X))

    (a, b), (c, d) = draws(), draws()
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, d)
    assert not np.array_equal(a, b)


def test_a_fixed_seed():
    fixed = Lambda(lambda x: x + keras.random.normal(ops.shape(x), seed=5))
    expected = X + array(keras.random.normal(X.shape, seed=5))
    np.testing.assert_allclose(array(fixed(X)), expected, rtol=1e-6)
    np.testing.assert_allclose(array(fixed(X)), expected, rtol=1e-6)
    first, second = (Lambda(lambda x: x + K.random_normal(K.shape(x), seed=5)) for _ in range(2))
    run = [array(first(X)), array(first(X))]
    assert not np.array_equal(*run)
    np.testing.assert_array_equal(run, [array(second(X)), array(second(X))])


def test_a_seed_generator_of_the_user():
    generator = keras.random.SeedGenerator(7)
    layer = Lambda(lambda x: x + keras.random.normal(ops.shape(x), seed=generator))
    found = array(layer(X))
    other = keras.random.SeedGenerator(7)
    np.testing.assert_allclose(found, X + array(keras.random.normal(X.shape, seed=other)), rtol=1e-6)
    np.testing.assert_array_equal(array(generator.state.value), array(other.state.value))


def test_predict_draws_anew_for_each_batch_and_each_run(tmp_path):
    model = sequential(Lambda(noise))
    for one in (model, reloaded(model, tmp_path)):
        runs = [one.predict(ZEROS, batch_size=16, verbose=0) for _ in range(2)]
        assert len(np.unique(np.round(runs, 5))) > 0.9 * 2 * ZEROS.size
        assert abs(np.mean(runs)) < 0.2
        assert 0.8 < np.std(runs) < 1.2


GENERATOR = keras.random.SeedGenerator(7)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + K.random_normal(K.shape(x), seed=5),
        lambda x: x + keras.random.normal(ops.shape(x), seed=GENERATOR),
        lambda x: x + keras.random.normal(ops.shape(x), seed=6),
    ],
)
def test_a_given_seed_is_saved_and_starts_the_loaded_stream(function, tmp_path):
    GENERATOR.state.assign(keras.random.SeedGenerator(7).state)
    model = sequential(Lambda(function))
    loaded = reloaded(reloaded(model, tmp_path), tmp_path)
    for _ in range(2):
        np.testing.assert_array_equal(array(model(X)), array(loaded(X)))


def test_random_flip_acts_in_training_alone(tmp_path):
    images = np.random.default_rng(0).normal(size=(64, 4, 6, 3)).astype("float32")
    model = keras.Sequential([keras.Input((4, 6, 3)), Lambda(flip, name="horizontal_flip")])
    for one in (model, reloaded(model, tmp_path)):
        states = [array(v) for v in one.variables]
        same(one, lambda x: x, images)
        np.testing.assert_array_equal(states, [array(v) for v in one.variables])
        flipped = array(one(images, training=True))
        kept = np.array([np.array_equal(a, b) for a, b in zip(flipped, images, strict=True)])
        mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, images, strict=True)]
        np.testing.assert_array_equal(mirrored, ~kept)
        assert 10 < kept.sum() < 54


def test_vae_sampling_trains_under_jit(tmp_path):
    inputs = keras.Input((4,))
    mean, log_var = layers.Dense(2, name="mean")(inputs), layers.Dense(2, name="log_var")(inputs)
    code = Lambda(sampling, output_shape=(2,))([mean, log_var])
    model = keras.Model(inputs, layers.Dense(4)(code))
    assert code.shape == (None, 2)
    before = [array(v) for v in model.trainable_weights]
    train(model, X, compiled=True)
    assert all(not np.array_equal(a, array(v)) for a, v in zip(before, model.trainable_weights, strict=True))
    losses = [model.evaluate(X, X, verbose=0) for _ in range(2)]
    assert losses[0] != losses[1]
    loaded = reloaded(model, tmp_path)
    loaded.fit(X, X, verbose=0)


def test_dropout_by_any_name():
    for function in (lambda x: K.dropout(x, 0.5), lambda x: keras.random.dropout(x, 0.5)):
        layer = Lambda(function)
        found = array(layer(np.ones((100, 10), "float32")))
        assert set(np.unique(found)) == {0.0, 2.0}
        assert 0.4 < (found == 0).mean() < 0.6


@pytest.mark.parametrize("wrong", ["x", 1.5])
def test_a_seed_is_an_int_or_a_generator(wrong):
    with pytest.raises(lamina.LaminaError, match="a seed is an int"):
        Lambda(lambda x: x + keras.random.normal((4,), seed=wrong)).get_config()
