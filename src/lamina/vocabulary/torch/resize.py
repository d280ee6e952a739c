"""`F.interpolate` in every mode, by the weight of each input pixel in each output pixel.

Weights are worked out in NumPy where the sizes are known, and in operations where not, which
"nearest", "nearest-exact" and the linear modes need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tensorflow.resize import _apply_taps as apply_taps
from lamina.vocabulary.tensorflow.resize import _cubic_kernel as cubic_kernel
from lamina.vocabulary.tensorflow.resize import _floor as floor
from lamina.vocabulary.tensorflow.resize import _number as number
from lamina.vocabulary.tensorflow.resize import _whole as whole
from lamina.vocabulary.tensorflow.resize import _within as within
from lamina.vocabulary.torch.arguments import (
    known_dtype,
    rank,
    refuse,
    sizes,
    static,
    tuple_of,
)
from lamina.vocabulary.torch.pooling import _bins as bins

_AXES: Mapping[str, tuple[int, ...]] = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3),
    "linear": (1,), "bilinear": (2,), "trilinear": (3,), "bicubic": (2,),
}  # fmt: skip
_LINEAR = ("linear", "bilinear", "trilinear")


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """`F.interpolate` and `F.upsample`."""
    axes = rank(input) - 2
    if axes not in _AXES.get(mode, ()):
        refuse(
            "nn.functional.interpolate",
            f"mode={mode!r} of {axes} axes of positions",
            f"use one of {', '.join(m for m, counts in _AXES.items() if axes in counts)}",
        )
    if (size is None) == (scale_factor is None):
        refuse("nn.functional.interpolate", "size and scale_factor", "give one of them")
    have = sizes(input)[2:]
    factors: tuple[Any, ...] = (None,) * axes if scale_factor is None else tuple_of(scale_factor, axes)
    want = tuple_of(size, axes) if size is not None else tuple(map(_scaled, have, factors))
    if recompute_scale_factor or size is not None:
        factors = (None,) * axes
    corners = bool(align_corners)
    x = input
    for axis, (n, count, factor) in enumerate(zip(have, want, factors, strict=True), start=-axes):
        x = _along(x, axis, mode, n, static(count), factor, corners, antialias)
    return x


def _scaled(size: Any, factor: Any) -> Any:
    """The size times a factor, rounded down."""
    if isinstance(size, int):
        return math.floor(size * factor)
    if float(factor).is_integer():
        return size * int(factor)
    inverse = 1 / factor
    if not float(inverse).is_integer():
        refuse(
            "nn.functional.interpolate",
            f"a size that is not known, times {factor}",
            "use a whole factor, or give the layer an input of known size",
        )
    return size // int(inverse)


def _along(
    x: Any, axis: int, mode: str, size: Any, count: Any, factor: Any, corners: bool, antialias: bool
) -> Any:
    if mode in ("nearest", "nearest-exact"):
        return apply_taps(x, axis, [(_nearest(size, count, factor, mode == "nearest-exact"), None)])
    if mode in _LINEAR and not antialias:
        return _cast(x, apply_taps(x, axis, _linear(size, count, factor, corners)))
    if not isinstance(size, int) or not isinstance(count, int):
        refuse(
            "nn.functional.interpolate",
            f"mode={mode!r} from or to a size that is not known",
            "give the layer an input of known size, or use a linear mode",
        )
    if mode == "area":
        return _weighted(x, axis, _area(size, count))
    scale = _scale(size, count, factor, corners)
    if antialias:
        return _weighted(x, axis, _antialiased(size, count, scale, corners, mode))
    return _weighted(x, axis, _cubic(size, count, scale, corners))


def _cast(x: Any, result: Any) -> Any:
    known = known_dtype(x)
    return result if known is None or known == known_dtype(result) else ops.cast(result, known)


def _weighted(x: Any, axis: int, matrix: Any) -> Any:
    """Each output position as the weighted sum of input positions along an axis."""
    moved = ops.moveaxis(x, axis, -1)
    weights = ops.cast(matrix.T.astype(np.float32), known_dtype(x) or "float32")
    return ops.moveaxis(ops.matmul(moved, weights), -1, axis)


def _scale(size: Any, count: Any, factor: Any, corners: bool) -> Any:
    """How far two output pixels are apart in the input."""
    if corners:
        if isinstance(size, int) and isinstance(count, int):
            return np.float32(size - 1) / np.float32(count - 1) if count > 1 else np.float32(0)
        return ops.divide(number(size - 1), ops.maximum(number(count - 1), 1.0))
    if factor is not None:
        return np.float32(1.0 / factor)
    if isinstance(size, int) and isinstance(count, int):
        return np.float32(size) / np.float32(count)
    return ops.divide(number(size), number(count))


def _steps(count: Any) -> Any:
    return (
        np.arange(count, dtype=np.float32) if isinstance(count, int) else ops.arange(count, dtype="float32")
    )


def _nearest(size: Any, count: Any, factor: Any, exact: bool) -> Any:
    scale, steps = _scale(size, count, factor, False), _steps(count)
    places = (steps + np.float32(0.5)) * scale if exact else steps * scale
    return within(whole(floor(places)), size)


def _positive(places: Any) -> Any:
    return np.maximum(places, np.float32(0)) if isinstance(places, np.ndarray) else ops.maximum(places, 0.0)


def _linear(size: Any, count: Any, factor: Any, corners: bool) -> list[tuple[Any, Any]]:
    scale, steps = _scale(size, count, factor, corners), _steps(count)
    if corners:
        places = steps * scale
    else:
        places = _positive((steps + np.float32(0.5)) * scale - np.float32(0.5))
    first = whole(floor(places))
    weight = places - floor(places)
    return [(within(first, size), 1.0 - weight), (within(first + 1, size), weight)]


def _area(size: int, count: int) -> Any:
    """The mean of the pixels of each part, as adaptive pooling takes it."""
    matrix = np.zeros((count, size))
    for row, (start, end) in enumerate(bins(size, count)):
        matrix[row, start:end] = 1 / (end - start)
    return matrix


def _cubic(size: int, count: int, scale: Any, corners: bool) -> Any:
    steps = np.arange(count, dtype=np.float32)
    places = steps * scale if corners else (steps + np.float32(0.5)) * scale - np.float32(0.5)
    low = np.floor(places)
    matrix, rows = np.zeros((count, size)), np.arange(count)
    for offset in (-1, 0, 1, 2):
        weights = cubic_kernel(np.abs((places - low).astype(np.float64) - offset), -0.75)
        np.add.at(matrix, (rows, np.clip(low.astype(int) + offset, 0, size - 1)), weights)
    return matrix


def _triangle(x: Any) -> Any:
    return np.maximum(0.0, 1.0 - x)


_KERNELS: Mapping[str, tuple[float, Callable[[Any], Any]]] = {
    "bilinear": (1.0, _triangle),
    "bicubic": (2.0, lambda x: cubic_kernel(x, -0.5)),
}


def _antialiased(size: int, count: int, scale: Any, corners: bool, mode: str) -> Any:
    """Kernels as wide as the pixels are apart, over the pixels that exist."""
    if mode not in _KERNELS:
        refuse("nn.functional.interpolate", f"antialias of mode={mode!r}", "use bilinear or bicubic")
    radius, kernel = _KERNELS[mode]
    width = max(float(scale), 1.0)
    reach = radius * width
    matrix = np.zeros((count, size))
    for row in range(count):
        centre = float(scale) * (row if corners else row + 0.5) + (0.5 if corners else 0.0)
        first, last = max(int(centre - reach + 0.5), 0), min(int(centre + reach + 0.5), size)
        columns = np.arange(first, last)
        weights = kernel(np.abs((columns - centre + 0.5) / width))
        matrix[row, columns] = weights / weights.sum()
    return matrix


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """`F.upsample`."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`F.upsample_nearest`."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`F.upsample_bilinear`: corners are aligned."""
    return interpolate(input, size, scale_factor, "bilinear", True)
