"""Methods and attributes of `tf.Tensor`, as functions whose first argument is the tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.tensorflow.arguments import Function


def get_shape(tensor: Any) -> Any:
    """`x.get_shape()`: the shape, which also answers `as_list()`."""
    return tensor.shape


def set_shape(tensor: Any, shape: Any) -> None:
    """`x.set_shape(shape)`: what it tells TensorFlow's graph is found out from the input here."""


def value(tensor: Any) -> Any:
    """`variable.value()` and `variable.read_value()`."""
    return tensor


def consumers(tensor: Any) -> list[Any]:
    """`x.consumers()`: an expression knows no consumers while it is written."""
    return []


METHODS: Mapping[str, Function] = {
    "get_shape": get_shape,
    "set_shape": set_shape,
    "read_value": value,
    "value": value,
    "initialized_value": value,
    "ref": value,
    "experimental_ref": value,
    "deref": value,
    "consumers": consumers,
}
