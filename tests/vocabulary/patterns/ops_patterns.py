"""Functions as people write them with `keras.ops`, NumPy and plain Python in a Lambda layer."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops
from pattern_registry import Patterns, f, i, n

P = Patterns()
of, pattern = P.of, P.pattern
MEAN, STD = np.array([0.485, 0.456, 0.406], "float32"), np.array([0.229, 0.224, 0.225], "float32")

of(1, lambda x: ops.cast(x, "float32") / 255.0, i(255, 2, 4, 4, 3))


@pattern(
    2, *(np.tile(row, (4000, 1)).astype("float32") for row in ([0.5, -1.0], [0.0, 0.7])), check="moments"
)
def sample(inputs):
    mean, log_var = inputs
    noise = keras.random.normal(ops.shape(mean))
    return mean + ops.exp(0.5 * log_var) * noise


of(4, lambda x: ops.logsumexp(x, axis=1), n(2, 3, 4))
of(5, lambda x: np.float32(0.5) * x, n(2, 3))
of(6, lambda x: x[:, 1:3, ..., :-1], n(2, 4, 4, 3))
of(7, keras.activations.gelu, n(2, 3))
of(7, keras.ops.swish, n(2, 3))
of(8, lambda x: ops.image.resize(x, (6, 8)), f(2, 3, 4, 1))
of(9, lambda x: ops.norm(x[0] - x[1], axis=1, keepdims=True), n(4, 3), n(4, 3))
of(10, lambda x: sum(a * b for a, b in zip(x, x[::-1], strict=True)), n(2, 3), n(2, 3), n(2, 3))
of(11, lambda x: ops.concatenate([x[..., k::2] for k in range(2)], axis=-1), n(2, 3, 4))
of(13, lambda x: ops.reshape(x, (ops.shape(x)[0], -1)), n(2, 3, 4))
of(14, lambda x: (1.0 - x) ** 2, n(2, 3))
of(15, lambda x: ops.normalize(x, axis=-1), n(2, 3))
of(
    16,
    lambda xs: np.concatenate(xs, axis=-1) if isinstance(xs, np.ndarray) else ops.stack(xs, 1),
    n(2, 3),
    n(2, 3),
)
of(18, lambda x, times=3: ops.repeat(ops.expand_dims(x, 1), times, axis=1), n(2, 3))
of(24, lambda x: ops.einsum("bij,bkj->bik", x[0], x[1]), n(2, 3, 4), n(2, 5, 4))


@pattern(25, n(2, 4, 3), i(2, 2, 4))
def mean_of_valid(inputs):
    x, ids = inputs
    mask = (ids != 0)[..., np.newaxis]
    return ops.sum(ops.where(mask, x, 0.0), axis=1) / ops.maximum(
        ops.sum(ops.cast(mask, x.dtype), axis=1), 1.0
    )


of(26, lambda x: (x - MEAN) / STD, f(2, 4, 4, 3))
of(28, lambda x: ops.flip(x, axis=1)[:, ::2], n(2, 5, 3))
of(30, lambda x: x[-1], n(2, 3), n(2, 4))
of(
    33,
    lambda x: x + keras.random.uniform(ops.shape(x), -1.0, 1.0),
    np.ones((4000, 2), "float32"),
    check="moments",
)
of(33, lambda x: keras.random.shuffle(x, axis=0), n(6, 1), check="shuffled")
of(36, lambda x: ops.binary_crossentropy(x[0], ops.sigmoid(x[1])), f(4, 3), n(4, 3))
of(38, lambda x: x[None, ..., None][0], n(2, 3))
of(39, lambda x: ops.one_hot(x, 5), i(5, 2, 3))
of(41, lambda x: ops.take_along_axis(x[0], x[1][..., None], axis=1), n(2, 5, 3), i(5, 2, 2))


@pattern(43, n(4, 3))
def exponential_average(x, decay=0.9):
    step = lambda carry, item: (decay * carry + item, decay * carry + item)
    return ops.scan(step, ops.zeros_like(x[:, 0]), ops.transpose(x))[1]


of(44, lambda x: ops.transpose(x, (0, 2, 1)), n(2, 3, 4))
of(45, lambda x: keras.layers.MaxPooling1D(2)(x), n(2, 4, 3))
of(51, lambda x: ops.concatenate([x[0][:, 1:-1], x[1]], axis=-1), n(2, 6, 2), n(2, 4, 2))


@pattern(52, n(2, 5, 8))
def heads(x, count=2):
    batch, length, width = ops.shape(x)
    x = ops.reshape(x, (batch, length, count, width // count))
    return ops.transpose(x, (0, 2, 1, 3))


of(56, ops.abs, n(2, 3))
of(57, lambda x: ops.stop_gradient(x), n(2, 3))
