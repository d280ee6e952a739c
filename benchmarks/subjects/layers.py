"""Layers that do what a function does: lamina's, and its peers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

import lamina
from benchmarks.names import BY_HAND, COMPILED, KERAS, LAMINA
from benchmarks.subjects.functions import Subject


def by_hand(function: Callable[..., Any]) -> keras.Layer:
    """The layer that a user would write instead: its `call` is the function."""

    class ByHand(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return function(inputs)

    return ByHand()


def by_hand_with_seed(function: Callable[..., Any]) -> keras.Layer:
    """The same for a function of random numbers."""

    class ByHand(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(1)

        def call(self, inputs: Any) -> Any:
            return function(inputs, seed=self.seed_generator)

    return ByHand()


def keras_layers(subject: Subject) -> dict[str, Callable[[Any], Any]]:
    """The contenders that every backend has, lamina first."""
    hand = by_hand_with_seed if subject.random else by_hand
    return {
        LAMINA: lamina.Lambda(subject.function),
        KERAS: keras.layers.Lambda(subject.function),
        BY_HAND: hand(subject.function),
        "raw": subject.function,
    }


def native_forms(subject: Subject) -> dict[str, Callable[[Any], Any]]:
    """What the backend's own users have: its modules, and functions that it compiled."""
    return _NATIVE[keras.backend.backend()](subject)


def _in_jax(subject: Subject) -> dict[str, Callable[[Any], Any]]:
    import jax

    from benchmarks.subjects import in_jax

    compiled = jax.jit(subject.native(in_jax))
    if not subject.random:
        return {"raw, jax.jit": compiled}
    state = {"key": jax.random.key(1)}

    def sample(inputs: Any) -> Any:
        result, state["key"] = compiled(inputs, state["key"])
        return result

    return {"raw, jax.jit": sample}


def _in_tensorflow(subject: Subject) -> dict[str, Callable[[Any], Any]]:
    import tensorflow as tf
    import tf_keras

    from benchmarks.subjects import in_tensorflow

    native = subject.native(in_tensorflow)
    return {
        "tf_keras.layers.Lambda": tf_keras.layers.Lambda(native),
        "raw, tf.function": tf.function(native),
        "raw, tf.function with XLA": tf.function(native, jit_compile=True),
    }


def _in_torch(subject: Subject) -> dict[str, Callable[[Any], Any]]:
    import torch

    from benchmarks.subjects import in_torch

    native = subject.native(in_torch)

    class Module(torch.nn.Module):
        def forward(self, inputs: Any) -> Any:
            return native(inputs)

    return {
        COMPILED: lamina.Lambda(subject.function, jit=True),
        "torch.nn.Module": Module(),
        "raw, torch.compile": torch.compile(native),
    }


_NATIVE = {"jax": _in_jax, "tensorflow": _in_tensorflow, "torch": _in_torch}
