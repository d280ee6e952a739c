"""What the tests of a layer's state share."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import ops

rng = np.random.default_rng(4)
X = rng.normal(size=(8, 4)).astype("float32")


def array(value) -> np.ndarray:
    """A tensor or variable as an array."""
    return np.asarray(ops.convert_to_numpy(value))


def reloaded(model: keras.Model, folder: Path, ending: str = ".keras") -> keras.Model:
    """The model, saved and loaded."""
    path = str(folder / f"model{ending}")
    model.save(path)
    return keras.saving.load_model(path)


def sequential(*layers: keras.Layer) -> keras.Sequential:
    """A model of four features."""
    return keras.Sequential([keras.Input((4,)), *layers])


def same(first, second, x=X) -> None:
    """Both compute the same in inference."""
    np.testing.assert_allclose(array(first(x)), array(second(x)), rtol=1e-5, atol=1e-6)


def train(model: keras.Model, y: np.ndarray, x=X, epochs: int = 2, compiled: bool = False) -> None:
    """A little training with a plain optimizer; compiled only where that is the point, as it takes long."""
    model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError(), run_eagerly=not compiled)
    model.fit(x, y, epochs=epochs, verbose=0)


def changed(before: list[np.ndarray], after: list[np.ndarray]) -> list[bool]:
    """Which weights training changed."""
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
