"""The functions as users of TensorFlow write them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from benchmarks.subjects.functions import pixel_scaling as pixel_scaling  # operators alone


def antirectifier(x: Any) -> Any:
    """See `functions.antirectifier`."""
    x = x - tf.reduce_mean(x, axis=1, keepdims=True)
    x = x * tf.math.rsqrt(tf.maximum(tf.reduce_sum(tf.square(x), axis=1, keepdims=True), 1e-12))
    return tf.concat([tf.nn.relu(x), tf.nn.relu(-x)], axis=1)


def siamese_distance(pair: Any) -> Any:
    """See `functions.siamese_distance`."""
    a, b = pair
    return tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(a - b), axis=1, keepdims=True), 1e-7))


def vae_sampling(pair: Any) -> Any:
    """See `functions.vae_sampling`."""
    mean, log_variance = pair
    return mean + tf.exp(0.5 * log_variance) * tf.random.normal(tf.shape(mean))


def crop_and_resize(x: Any) -> Any:
    """See `functions.crop_and_resize`."""
    return tf.image.resize(x[:, 8:56, 8:56, :], (32, 32))


def attention(x: Any) -> Any:
    """See `functions.attention`."""
    weights = tf.nn.softmax(tf.einsum("bid,bjd->bij", x, x) * 0.125, axis=-1)
    return tf.einsum("bij,bjd->bid", weights, x)
