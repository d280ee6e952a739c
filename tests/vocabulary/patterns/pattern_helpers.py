"""Helpers as a project keeps them in a module of their own."""

from __future__ import annotations

import numpy as np
from tf_keras import backend as K

EPS = 1e-8


def weighted_mean(values, weights):
    weights = K.expand_dims(K.cast(weights, K.floatx()), -1)
    return K.sum(values * weights, axis=1) / (K.sum(weights, axis=1) + EPS)


def gaussian_kernel(size, sigma):
    axis = np.arange(size) - (size - 1) / 2.0
    kernel = np.exp(-0.5 * (axis / sigma) ** 2)
    return (kernel / kernel.sum()).astype("float32")


def smooth(x, size=3, sigma=1.0):
    kernel = gaussian_kernel(size, sigma)
    padded = K.temporal_padding(x, (size // 2, size // 2))
    length = K.int_shape(x)[1]
    return sum(kernel[k] * padded[:, k : k + length] for k in range(size))
