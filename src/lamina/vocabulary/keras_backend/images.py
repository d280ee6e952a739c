"""Padding and resizing of images, volumes and sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.config import layout
from lamina.vocabulary.keras_backend.shapes import sizes

_METHODS = ("nearest", "area", "bilinear", "bicubic", "lanczos3", "lanczos5")


def _pad(x: Any, padding: Sequence[Any], axes: int, data_format: str | None) -> Any:
    if len(padding) != axes:
        raise ArgumentError(f"padding gives (before, after) for {axes} axes, received {padding!r}")
    # Keras 1 gave one number per axis.
    pairs = [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in padding]
    none = (0, 0)
    first = layout(data_format) == "channels_first"
    return ops.pad(x, (none, none, *pairs) if first else (none, *pairs, none))


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """`K.temporal_padding`: zeros before and after the middle axis of a tensor of three."""
    return _pad(x, [padding], 1, "channels_last")


def asymmetric_temporal_padding(x: Any, left_pad: int = 1, right_pad: int = 1) -> Any:
    """`K.asymmetric_temporal_padding` of Keras 1."""
    return temporal_padding(x, (left_pad, right_pad))


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """`K.spatial_2d_padding`: zeros around the two spatial axes."""
    return _pad(x, padding, 2, data_format)


def spatial_3d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """`K.spatial_3d_padding`: zeros around the three spatial axes."""
    return _pad(x, padding, 3, data_format)


def asymmetric_spatial_2d_padding(
    x: Any,
    top_pad: int = 1,
    bottom_pad: int = 1,
    left_pad: int = 1,
    right_pad: int = 1,
    data_format: str | None = None,
) -> Any:
    """`K.asymmetric_spatial_2d_padding` of Keras 1."""
    return _pad(x, ((top_pad, bottom_pad), (left_pad, right_pad)), 2, data_format)


def resize_images(
    x: Any,
    height_factor: Any,
    width_factor: Any,
    data_format: str | None = None,
    interpolation: str = "nearest",
) -> Any:
    """`K.resize_images`: enlarge by whole factors.

    Args:
        x: Images.
        height_factor: Factor of the height; a fraction is cut off.
        width_factor: The same for the width.
        data_format: `channels_last` or `channels_first`.
        interpolation: `nearest`, `area`, `bilinear`, `bicubic`, `lanczos3` or `lanczos5`.

    Raises:
        ArgumentError: Keras 3 has no such interpolation (`gaussian`, `mitchellcubic`).
    """
    if interpolation not in _METHODS:
        raise ArgumentError(f"interpolation is one of {', '.join(_METHODS)}, received {interpolation!r}")
    order = layout(data_format)
    rows = 2 if order == "channels_first" else 1
    factors = int(height_factor), int(width_factor)
    # Whole factors make the area of an output pixel part of one input pixel.
    if interpolation in ("nearest", "area"):
        return _repeat(x, factors, rows)
    height, width = sizes(x)[rows : rows + 2]
    size = (height * factors[0], width * factors[1])
    return ops.image.resize(x, size, interpolation=interpolation, data_format=order)


def resize_volumes(
    x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str | None = None
) -> Any:
    """`K.resize_volumes`: repeat each voxel."""
    first = 2 if layout(data_format) == "channels_first" else 1
    return _repeat(x, (depth_factor, height_factor, width_factor), first)


def _repeat(x: Any, factors: Sequence[int], axis: int) -> Any:
    for offset, factor in enumerate(factors):
        x = x if factor == 1 else ops.repeat(x, factor, axis=axis + offset)
    return x
