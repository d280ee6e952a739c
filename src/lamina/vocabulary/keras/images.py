"""`preprocess_input` of `keras.applications`, in its three modes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.config import layout

_MODES: Mapping[str, str] = MappingProxyType(
    {
        "caffe": "resnet resnet50 vgg16 vgg19",
        "tf": "inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 nasnet resnet_v2 xception",
        "torch": "densenet",
        "none": "convnext efficientnet efficientnet_v2 mobilenet_v3",
    }
)
# The images of ImageNet: means and deviations of the channels, red first.
_CAFFE_MEANS = (123.68, 116.779, 103.939)
_TORCH_MEANS = (0.485, 0.456, 0.406)
_TORCH_DEVIATIONS = (0.229, 0.224, 0.225)


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """`keras.applications.imagenet_utils.preprocess_input` on a tensor.

    Args:
        x: Images with values from 0 to 255, one or a batch.
        data_format: Where the channels are; as configured unless given.
        mode: `caffe` (blue first, the mean colour subtracted), `tf` (from -1 to 1) or `torch`.

    Raises:
        ArgumentError: The mode is unknown.

    Example:
        >>> import numpy as np
        >>> [float(value) for value in preprocess_input(np.array([0.0, 255.0]), mode="tf")]
        [-1.0, 1.0]
    """
    if mode == "tf":
        return ops.subtract(ops.divide(x, 127.5), 1.0)
    shape = (3, 1, 1) if layout(data_format) == "channels_first" else (3,)
    axis = -len(shape)
    if mode == "caffe":
        blue_first = ops.take(x, [2, 1, 0], axis=axis)
        return ops.subtract(blue_first, _channels(_CAFFE_MEANS[::-1], shape))
    if mode == "torch":
        centered = ops.subtract(ops.divide(x, 255.0), _channels(_TORCH_MEANS, shape))
        return ops.divide(centered, _channels(_TORCH_DEVIATIONS, shape))
    raise ArgumentError(f"preprocess_input knows the modes caffe, tf and torch, received {mode!r}")


def _channels(values: tuple[float, ...], shape: tuple[int, ...]) -> Any:
    return list(values) if shape == (3,) else [[[value]] for value in values]


def _unchanged(x: Any, data_format: str | None = None) -> Any:
    """`preprocess_input` of the models that scale their input themselves."""
    return x


def _build() -> dict[str, Any]:
    table: dict[str, Any] = {"imagenet_utils.preprocess_input": preprocess_input}
    for mode, models in _MODES.items():
        for model in models.split():
            function = _unchanged if mode == "none" else functools.partial(preprocess_input, mode=mode)
            table[f"{model}.preprocess_input"] = function
    return table


APPLICATIONS: Mapping[str, Any] = MappingProxyType(_build())
