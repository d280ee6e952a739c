"""A compiled training step and `predict` of a model with five layers of this kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

import lamina
from benchmarks.names import BY_HAND, KERAS, LAMINA
from benchmarks.registry import Groups, Run, row
from benchmarks.subjects.functions import WIDTH, antirectifier
from benchmarks.subjects.layers import by_hand

BATCH = 64
STEPS = 4  # of a call of predict
WRAPPERS: dict[str, Callable[[Callable[[Any], Any]], keras.Layer]] = {
    LAMINA: lamina.Lambda,
    BY_HAND: by_hand,
    KERAS: keras.layers.Lambda,
}


def standardise(x: Any) -> Any:
    """Zero mean and unit variance in each sample."""
    mean = ops.mean(x, axis=1, keepdims=True)
    return (x - mean) / ops.sqrt(ops.mean(ops.square(x - mean), axis=1, keepdims=True) + 1e-6)


def swish_gate(x: Any) -> Any:
    """Half of the features decide how much of the other half passes."""
    return x[:, ::2] * ops.sigmoid(x[:, 1::2])


def pairs(x: Any) -> Any:
    """Products of neighbouring features, beside the features."""
    return ops.concatenate([x, x * ops.roll(x, 1, axis=1)], axis=1)


def unit_length(x: Any) -> Any:
    """Each sample scaled to unit length."""
    return x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), 1e-12))


def model(wrap: Callable[[Callable[[Any], Any]], keras.Layer]) -> keras.Model:
    """A classifier with five wrapped functions between its dense layers, always with the same weights."""
    keras.utils.set_random_seed(0)
    built = keras.Sequential(
        [
            keras.Input((WIDTH,)),
            wrap(standardise),
            keras.layers.Dense(128),
            wrap(antirectifier),
            keras.layers.Dense(128),
            wrap(swish_gate),
            wrap(pairs),
            keras.layers.Dense(64, activation="relu"),
            wrap(unit_length),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    built.compile(keras.optimizers.SGD(0.01), loss)
    return built


@row("Training and prediction", slow=8.0)
def training(run: Run) -> Groups:
    """As Keras compiles it: jitted on JAX, a tf.function on TensorFlow, eager on PyTorch."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH * STEPS, WIDTH)).astype("float32")
    y = rng.integers(0, 10, BATCH)
    models = {name: model(wrap) for name, wrap in run.some(WRAPPERS.items())}
    first = models[LAMINA].predict_on_batch(x[:BATCH])
    for other in models.values():
        np.testing.assert_allclose(other.predict_on_batch(x[:BATCH]), first, rtol=1e-4, atol=1e-4)
    yield "training step", {k: lambda m=m: m.train_on_batch(x[:BATCH], y) for k, m in models.items()}
    yield (
        f"predict, {STEPS} batches",
        {k: lambda m=m: m.predict(x, batch_size=BATCH, verbose=0) for k, m in models.items()},
    )
