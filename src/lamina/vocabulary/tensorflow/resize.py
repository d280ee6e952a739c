"""Every resize of TensorFlow: the kernels of both versions, and where they put the pixels.

A method is a list of taps along each axis: which input pixels an output pixel is made of, and with
which weights. They are worked out in NumPy where the sizes are known, in operations where not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import rank
from lamina.vocabulary.tensorflow.arguments import (
    dtype_of,
    known_dtype,
    known_sizes,
    operand,
    refuse,
    size_or_none,
    static,
)

Taps = list[tuple[Any, Any]]

METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
_NUMBERED = METHODS[:4]


# `tf.image.ResizeMethod`; the numbers of TensorFlow 1 are accepted as well.
NAMED_METHODS: Mapping[str, str] = {
    "NEAREST_NEIGHBOR" if method == "nearest" else method.upper(): method for method in METHODS
}


def _method(method: Any) -> str:
    name = _NUMBERED[method] if isinstance(method, int) else str(getattr(method, "value", method)).lower()
    if name not in METHODS:
        refuse("image.resize", f"method={method!r}", f"use one of {', '.join(METHODS)}")
    return name


def _places(count: Any, scale: Any, half_pixel: bool) -> Any:
    """Where the centre of each output pixel lies in the input."""
    if isinstance(count, int):
        steps = np.arange(count, dtype=np.float32)
        return (steps + np.float32(0.5)) * scale - np.float32(0.5) if half_pixel else steps * scale
    steps = ops.arange(count, dtype="float32")
    return (
        ops.subtract(ops.multiply(ops.add(steps, 0.5), scale), 0.5)
        if half_pixel
        else ops.multiply(steps, scale)
    )


def _scale(size: Any, count: Any, align_corners: bool) -> Any:
    if isinstance(size, int) and isinstance(count, int):
        corners = align_corners and count > 1
        return (
            np.float32(size - 1) / np.float32(count - 1) if corners else np.float32(size) / np.float32(count)
        )
    if align_corners:
        return ops.divide(_number(size - 1), ops.maximum(_number(count - 1), 1.0))
    return ops.divide(_number(size), _number(count))


def _number(n: Any) -> Any:
    return np.float32(n) if isinstance(n, int) else ops.cast(ops.convert_to_tensor(n), "float32")


def _whole(places: Any) -> Any:
    return places.astype(np.int32) if isinstance(places, np.ndarray) else ops.cast(places, "int32")


def _floor(places: Any) -> Any:
    return np.floor(places) if isinstance(places, np.ndarray) else ops.floor(places)


def _within(indices: Any, size: Any) -> Any:
    if isinstance(indices, np.ndarray) and isinstance(size, int):
        return np.clip(indices, 0, size - 1)
    return ops.maximum(ops.minimum(indices, ops.convert_to_tensor(size - 1)), 0)


def _nearest(size: Any, count: Any, align_corners: bool, half_pixel: bool) -> Taps:
    scale = _scale(size, count, align_corners)
    if half_pixel:
        steps = _places(count, 1.0, False)
        places = _floor((steps + np.float32(0.5)) * scale)
    else:
        places = _places(count, scale, False)
        places = _floor(places + np.float32(0.5)) if align_corners else _floor(places)
    return [(_within(_whole(places), size), None)]


def _bilinear(size: Any, count: Any, align_corners: bool, half_pixel: bool) -> Taps:
    places = _places(count, _scale(size, count, align_corners), half_pixel)
    low = _floor(places)
    weight = places - low
    first = _whole(low)
    return [(_within(first, size), 1.0 - weight), (_within(first + 1, size), weight)]


# TensorFlow takes cubic weights from a table of this many steps between two pixels.
_STEPS = 1024


def _cubic(size: int, count: int, align_corners: bool, half_pixel: bool) -> Any:
    places = _places(count, _scale(size, count, align_corners), half_pixel)
    low = np.floor(places)
    fraction = np.rint((places - low).astype(np.float64) * _STEPS) / _STEPS
    a = -0.5 if half_pixel else -0.75
    matrix = np.zeros((count, size), np.float64)
    rows = np.arange(count)
    for offset in (-1, 0, 1, 2):
        weights = _cubic_kernel(np.abs(fraction - offset), a)
        index = low.astype(np.int64) + offset
        if half_pixel:
            weights = np.where((index >= 0) & (index < size), weights, 0.0)
        np.add.at(matrix, (rows, np.clip(index, 0, size - 1)), weights)
    return matrix / matrix.sum(1, keepdims=True) if half_pixel else matrix


def _cubic_kernel(x: Any, a: float) -> Any:
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _area(size: int, count: int, align_corners: bool, half_pixel: bool) -> Any:
    """The share of each input pixel in an output pixel."""
    scale = float(_scale(size, count, align_corners))
    matrix = np.zeros((count, size), np.float64)
    for row in range(count):
        start, end = row * scale, (row + 1) * scale
        for column in range(math.floor(start), math.ceil(end)):
            share = min(column + 1, end) - max(column, start)
            matrix[row, min(max(column, 0), size - 1)] += share / scale
    return matrix


def _lanczos(radius: float) -> Callable[[Any], Any]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


def _gaussian(x: Any) -> Any:
    return np.where(x < 1.5, np.exp(-(x**2) / (2 * 0.5**2)), 0.0)


def _mitchell(x: Any) -> Any:
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x >= 2, 0.0, np.where(x >= 1, far, (7 / 6 * x - 2) * x * x + 8 / 9))


_KERNELS: dict[str, tuple[float, Callable[[Any], Any]]] = {
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2.0, _mitchell),
    "bilinear": (1.0, lambda x: np.maximum(0.0, 1.0 - x)),
    "bicubic": (2.0, lambda x: _cubic_kernel(x, -0.5)),
}


def _sampled(method: str, size: int, count: int, antialias: bool) -> Any:
    """The weights of `ScaleAndTranslate`, which are normalised over the pixels that exist."""
    radius, kernel = _KERNELS[method]
    # In single precision, as a pixel at the edge of the kernel is in or out by a rounding.
    scale = np.float32(1) / (np.float32(count) / np.float32(size))
    width = max(scale, np.float32(1)) if antialias else np.float32(1)
    matrix = np.zeros((count, size), np.float64)
    for row in range(count):
        place = (np.float32(row) + np.float32(0.5)) * scale
        reach = np.float32(radius) * width
        first = max(0, math.ceil(place - reach - np.float32(0.5)))
        last = min(size - 1, math.floor(place + reach - np.float32(0.5)))
        columns = np.arange(first, last + 1)
        distance = np.abs(columns.astype(np.float32) + np.float32(0.5) - place)
        weights = kernel(distance * (np.float32(1) / width))
        if 0 <= place <= size and abs(weights.sum()) >= 1000 * np.finfo(np.float32).tiny:
            matrix[row, columns] = weights / weights.sum()
    return matrix


def _matrix(method: str, size: int, count: int, align_corners: bool, half_pixel: bool) -> Any:
    kernel = _cubic if method == "bicubic" else _area
    return kernel(size, count, align_corners, half_pixel)


def _apply_taps(x: Any, axis: int, taps: Taps) -> Any:
    total: Any = None
    for indices, weight in taps:
        part = ops.take(x, indices, axis=axis)
        if weight is not None:
            part = ops.multiply(part, ops.reshape(weight, (-1, *[1] * (-axis - 1))))
        total = part if total is None else ops.add(total, part)
    return total


def _apply_matrices(x: Any, matrices: Sequence[Any]) -> Any:
    rows, columns = (m.astype(np.float32) for m in matrices)
    return ops.einsum("...hwc,ph,qw->...pqc", x, rows, columns)


def _sizes(x: Any, size: Any) -> tuple[list[Any], list[Any]]:
    wanted = static(size)
    if not isinstance(wanted, (tuple, list)):
        refuse("image.resize", "size is a tensor", "give it as two numbers or sizes")
    shape = x.shape
    axes = (1, 2) if rank(x) == 4 else (0, 1)
    have = [size_or_none(shape[axis]) for axis in axes]
    dims = ops.shape(x)
    want = [n if size_or_none(n) is None else size_or_none(n) for n in wanted]
    return [dims[a] if n is None else n for a, n in zip(axes, have, strict=True)], want


def _resize(
    x: Any, size: Any, method: str, align_corners: bool, half_pixel: bool, antialias: bool = False
) -> Any:
    have, want = _sizes(x, size)
    if method == "nearest":
        for axis, n, count in zip((-3, -2), have, want, strict=True):
            x = _apply_taps(x, axis, _nearest(n, count, align_corners, half_pixel))
        return x
    if known_dtype(x) != "float32":
        x = ops.cast(x, "float32") if known_dtype(x) is None or dtype_of(x) != "float32" else x
    if method == "bilinear" and not antialias:
        for axis, n, count in zip((-3, -2), have, want, strict=True):
            x = _apply_taps(x, axis, _bilinear(n, count, align_corners, half_pixel))
        return x
    if not all(isinstance(n, int) for n in (*have, *want)):
        refuse(
            "image.resize", f"{method} of images of unknown size", "use bilinear or nearest, or fix the size"
        )
    if antialias or method in ("lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
        return _apply_matrices(
            x, [_sampled(method, n, count, antialias) for n, count in zip(have, want, strict=True)]
        )
    return _apply_matrices(
        x, [_matrix(method, n, c, align_corners, half_pixel) for n, c in zip(have, want, strict=True)]
    )


def _unchanged(x: Any, size: Any) -> bool:
    have, want = _sizes(x, size)
    return all(isinstance(n, int) and n == m for n, m in zip(have, want, strict=True))


def _within_size(x: Any, size: Any) -> tuple[int, int]:
    """The largest size of the same proportions; rounded to even, as TensorFlow does."""
    height, width = known_sizes(x, "image.resize(preserve_aspect_ratio=True)", (-3, -2))
    rows, columns = (int(n) for n in static(size))
    scale = min(np.float32(rows) / np.float32(height), np.float32(columns) / np.float32(width))
    return int(np.rint(scale * np.float32(height))), int(np.rint(scale * np.float32(width)))


def resize(
    images: Any,
    size: Any,
    method: Any = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Any:
    """`tf.image.resize` of TensorFlow 2: pixels are areas, with their centre in the middle."""
    x, name = operand(images), _method(method)
    size = _within_size(x, size) if preserve_aspect_ratio else size
    return _resize(x, size, name, False, True, antialias and name not in ("nearest", "area"))


def resize_images(
    images: Any,
    size: Any,
    method: Any = 0,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    new_width: Any = None,
) -> Any:
    """`tf.image.resize_images` of TensorFlow 1: pixels are points; also `(images, height, width)` of 0.x."""
    if not isinstance(static(size), tuple) and isinstance(method, int) and method > 3:
        size, method, align_corners = (
            (size, method),
            align_corners if align_corners is not False else 0,
            False,
        )
    x = operand(images)
    size = _within_size(x, size) if preserve_aspect_ratio else size
    if _unchanged(x, size):
        return x
    return _resize(x, size, _method(method), align_corners, False)


def _single(method: str) -> Any:
    def call(images: Any, size: Any, align_corners: bool = False, half_pixel_centers: bool = False) -> Any:
        return _resize(operand(images), size, method, align_corners, half_pixel_centers)

    call.__name__ = call.__qualname__ = f"resize_{method}"
    call.__doc__ = f"`tf.image.resize_{method}` of TensorFlow 1."
    return call


resize_bilinear, resize_nearest_neighbor, resize_bicubic, resize_area = map(_single, _NUMBERED)


def resize_with_pad(
    image: Any, target_height: Any, target_width: Any, method: Any = "bilinear", antialias: bool = False
) -> Any:
    """`tf.image.resize_with_pad`: the proportions stay, the rest is zero."""
    return _with_pad(
        image, (target_height, target_width), lambda x, s: resize(x, s, method, antialias=antialias)
    )


def resize_image_with_pad(
    image: Any, target_height: Any, target_width: Any, method: Any = 0, align_corners: bool = False
) -> Any:
    """`tf.image.resize_image_with_pad` of TensorFlow 1."""
    return _with_pad(
        image, (target_height, target_width), lambda x, s: resize_images(x, s, method, align_corners)
    )


def _with_pad(image: Any, target: tuple[Any, Any], scaled: Callable[[Any, Any], Any]) -> Any:
    x = operand(image)
    height, width = known_sizes(x, "image.resize_with_pad", (-3, -2))
    rows, columns = map(int, target)
    have, want = (np.array(pair, np.float32) for pair in ((height, width), (rows, columns)))
    exact = have / np.max(have / want)
    size = tuple(np.floor(exact).astype(int).tolist())
    x = scaled(x, size)
    top, left = np.floor((want - exact) / 2).astype(int).tolist()
    pads = ((top, rows - size[0] - top), (left, columns - size[1] - left))
    return ops.pad(x, (*[(0, 0)] * (rank(x) - 3), *pads, (0, 0)))
