"""Models with each kind of state, and what a fresh process does with them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

import lamina
from lamina import Lambda
from lamina import backend as K

X = np.random.default_rng(5).normal(size=(16, 4)).astype("float32")
IDS = np.random.default_rng(6).integers(1, 9, (16, 3))
MATRIX = np.random.default_rng(7).normal(size=(4, 80)).astype("float32")


def of_features(*lambdas):
    return keras.Sequential([keras.Input((4,)), *lambdas])


def outside():
    gain, offset = (
        keras.Variable(np.ones(4, "float32"), name="gain"),
        keras.Variable(1.0, name="offset", trainable=False),
    )
    return of_features(Lambda(lambda x: x * gain + offset), Lambda(lambda x: x - gain))


def native():
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gain = tf.Variable([2.0] * 4)
    elif keras.backend.backend() == "torch":
        import torch

        gain = torch.nn.Parameter(torch.full((4,), 2.0))
    else:
        gain = keras.Variable([2.0] * 4)
    return of_features(Lambda(lambda x: x * gain))


def made():
    return of_features(
        Lambda(
            lambda x: x * lamina.variable("gain", 1.0) + K.variable(np.zeros(4, "float32"), name="offset")
        ),
        Lambda(lambda x: layers.Dense(4)(layers.Dense(5, activation="tanh")(x))),
    )


def sublayers():
    dense = layers.Dense(4)
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()])
    return keras.Model(inputs, Lambda(lambda x: inner(dense(x)))(dense(inputs)))


def tied():
    embedding = layers.Embedding(9, 4, name="embedding", mask_zero=True)
    tokens = keras.Input((3,), dtype="int32")

    def attend(x, mask=None):
        scores = ops.matmul(x, ops.transpose(embedding.embeddings))
        return scores * ops.expand_dims(ops.cast(mask, scores.dtype), -1)

    return keras.Model(tokens, Lambda(attend, mask=lambda x, m: m)(embedding(tokens)))


def random():
    def noisy(x):
        lamina.add_loss(0.01 * ops.mean(ops.square(x)))
        return K.in_train_phase(x + K.random_normal(K.shape(x), seed=3), x)

    return of_features(layers.Dense(4), Lambda(noisy))


def constant():
    return of_features(layers.Dense(4), Lambda(lambda x: ops.matmul(x, MATRIX)))


MODELS = {f.__name__: f for f in (outside, native, made, sublayers, tied, random, constant)}


def inputs_of(name: str) -> np.ndarray:
    return IDS if name == "tied" else X


def train(model: keras.Model, name: str) -> list[bool]:
    """Train a little; for each trainable weight whether it changed."""
    before = [np.array(ops.convert_to_numpy(v)) for v in model.trainable_weights]
    model.compile(keras.optimizers.SGD(0.05), keras.losses.MeanSquaredError(), run_eagerly=True)
    model.fit(inputs_of(name), 2.0 + np.ones((16, *model.output_shape[1:])), verbose=0, batch_size=8)
    after = [ops.convert_to_numpy(v) for v in model.trainable_weights]
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def write(folder: Path) -> None:
    """Train each model, and save it with what it predicts."""
    for name, make in MODELS.items():
        model = make()
        assert all(train(model, name))
        model.save(str(folder / f"{name}.keras"))
        counts = [len(model.trainable_weights), len(model.non_trainable_weights)]
        np.savez(folder / f"{name}.npz", y=ops.convert_to_numpy(model(inputs_of(name))), counts=counts)


def read(folder: Path) -> None:
    """Load each model, compare, train further, and save again."""
    for name in MODELS:
        path = str(folder / f"{name}.keras")
        model = keras.saving.load_model(path)
        with np.load(folder / f"{name}.npz") as data:
            expected = dict(data)
        found = ops.convert_to_numpy(model(inputs_of(name)))
        np.testing.assert_allclose(found, expected["y"], rtol=1e-4, atol=1e-5, err_msg=name)
        counts = [len(model.trainable_weights), len(model.non_trainable_weights)]
        assert counts == expected["counts"].tolist(), name
        assert all(train(model, name)), name
        after = ops.convert_to_numpy(model(inputs_of(name)))
        assert not np.array_equal(after, found), name
        model.save(path)
        np.testing.assert_allclose(
            ops.convert_to_numpy(keras.saving.load_model(path)(inputs_of(name))), after, rtol=1e-5, atol=1e-6
        )
        print(name)
