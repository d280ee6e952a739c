"""The functions of the eager row, written with keras.ops."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import keras
import numpy as np
from keras import ops

WIDTH = 64


def antirectifier(x: Any) -> Any:
    """The example of the Keras documents, in 11 operations."""
    x = x - ops.mean(x, axis=1, keepdims=True)
    x = x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), 1e-12))
    return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)


def pixel_scaling(x: Any) -> Any:
    """Pixels from 0 to 255 as numbers from -1 to 1."""
    return x / 127.5 - 1.0


def siamese_distance(pair: Any) -> Any:
    """The Euclidean distance of two embeddings."""
    a, b = pair
    return ops.sqrt(ops.maximum(ops.sum(ops.square(a - b), axis=1, keepdims=True), 1e-7))


def vae_sampling(pair: Any, seed: Any = None) -> Any:
    """The sampling layer of a variational autoencoder."""
    mean, log_variance = pair
    return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=seed)


def crop_and_resize(x: Any) -> Any:
    """The middle of an image, at another size."""
    return ops.image.resize(x[:, 8:56, 8:56, :], (32, 32), interpolation="bilinear")


def attention(x: Any) -> Any:
    """Each position as a mean of all, weighted by likeness."""
    weights = ops.softmax(ops.einsum("bid,bjd->bij", x, x) * 0.125, axis=-1)
    return ops.einsum("bij,bjd->bid", weights, x)


@dataclass(frozen=True)
class Subject:
    """A function and what it is measured on.

    Args:
        function: In keras.ops.
        shapes: Shape of each input, without the batch axis.
        scale: The largest value of the inputs.
    """

    function: Callable[[Any], Any]
    shapes: tuple[tuple[int, ...], ...]
    scale: float = 1.0

    @property
    def name(self) -> str:
        """Its name, which the modules with the frameworks' own versions use, too."""
        return self.function.__name__

    @property
    def random(self) -> bool:
        """Whether each call gives other values."""
        return self.function is vae_sampling

    def inputs(self, batch: int, convert: Callable[[Any], Any] = ops.convert_to_tensor) -> Any:
        """A tensor, or a list of two, of the backend in use."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        arrays = [rng.uniform(0, self.scale, (batch, *shape)).astype("float32") for shape in self.shapes]
        tensors = [convert(array) for array in arrays]
        return tensors[0] if len(tensors) == 1 else tensors

    def native(self, module: ModuleType) -> Callable[..., Any]:
        """The same function as users of one framework write it."""
        return getattr(module, self.name)


SUBJECTS = (
    Subject(antirectifier, ((WIDTH,),)),
    Subject(pixel_scaling, ((32, 32, 3),), 255.0),
    Subject(siamese_distance, ((WIDTH,), (WIDTH,))),
    Subject(vae_sampling, ((32,), (32,))),
    Subject(crop_and_resize, ((64, 64, 3),), 255.0),
    Subject(attention, ((32, WIDTH),)),
)
