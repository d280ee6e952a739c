"""`jax.image`: resizing by a matrix of weights along each axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import dtype_of, inexact, is_constant, rank, refuse, shape_of, tensor

Kernel = Callable[[Any], Any]


def _triangle(x: Any) -> Any:
    return np.maximum(0, 1 - np.abs(x))


def _cubic(x: Any) -> Any:
    """Keys's kernel with a = -1/2."""
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0, np.where(x >= 1, far, near))


def _lanczos(radius: float) -> Kernel:
    return lambda x: np.where(x > radius, 0, np.sinc(x) * np.sinc(x / radius))


_KERNELS: Mapping[str, Kernel] = {
    "cubic": _cubic,
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
    "linear": _triangle,
}
_SAME = {
    "bilinear": "linear",
    "trilinear": "linear",
    "triangle": "linear",
    "bicubic": "cubic",
    "tricubic": "cubic",
}
METHODS: Mapping[str, str] = {
    "NEAREST": "nearest",
    "LINEAR": "linear",
    "CUBIC": "cubic",
    "LANCZOS3": "lanczos3",
    "LANCZOS5": "lanczos5",
}


def _method(method: Any) -> str:
    name = str(METHODS.get(getattr(method, "name", ""), method)).lower()
    name = _SAME.get(name, name)
    if name not in (*_KERNELS, "nearest"):
        refuse("image.resize", f"method={method!r}", f"use nearest, {', '.join((*_KERNELS, *_SAME))}")
    return name


def _weights(size: int, count: int, scale: float, shift: float, kernel: Kernel, antialias: bool) -> Any:
    """How much each of `size` elements adds to each of `count`."""
    inverse = 1 / scale
    width = max(inverse, 1.0) if antialias else 1.0
    places = (np.arange(count) + 0.5) * inverse - shift * inverse - 0.5
    weights = kernel(np.abs(places[None, :] - np.arange(size)[:, None]) / width)
    total = weights.sum(axis=0, keepdims=True)
    weights = np.where(
        np.abs(total) > 1000 * np.finfo(np.float32).eps, weights / np.where(total == 0, 1, total), 0
    )
    return np.where((places >= -0.5) & (places <= size - 0.5), weights, 0).astype(np.float32)


def _along(x: Any, axis: int, weights: Any) -> Any:
    moved = x if axis == rank(x) - 1 else ops.moveaxis(x, axis, -1)
    scaled = ops.matmul(moved, ops.cast(weights, dtype_of(x)) if dtype_of(x) != "float32" else weights)
    return scaled if axis == rank(x) - 1 else ops.moveaxis(scaled, -1, axis)


def _known(function: str, size: Any) -> int:
    if not isinstance(size, int):
        refuse(function, "an axis of unknown size is resized", "give the layer an input of known size")
    return size


def resize(image: Any, shape: Any, method: Any, antialias: bool = True, precision: Any = None) -> Any:
    """`jax.image.resize`: to a whole shape; smoothed where it gets smaller unless `antialias=False`."""
    x, name = tensor(image), _method(method)
    sizes = shape_of(x)
    if len(sizes) != len(shape):
        refuse("image.resize", f"a shape of {len(shape)} axes for {len(sizes)}", "give the size of each axis")
    x = x if name == "nearest" else inexact(x)
    for axis, (size, count) in enumerate(zip(sizes, shape, strict=True)):
        if not (isinstance(size, int) and isinstance(count, int)) and size == count:
            continue
        if size != count:
            have, want = (_known("image.resize", n) for n in (size, count))
            x = _resized(x, axis, have, want, name, antialias)
    return x


def _resized(x: Any, axis: int, size: int, count: int, name: str, antialias: bool) -> Any:
    if name == "nearest":
        places = np.floor((np.arange(count, dtype=np.float32) + 0.5) * size / count).astype(np.int32)
        return ops.take(x, places, axis=axis)
    return _along(x, axis, _weights(size, count, count / size, 0.0, _KERNELS[name], antialias))


def scale_and_translate(
    image: Any,
    shape: Any,
    spatial_dims: Any,
    scale: Any,
    translation: Any,
    method: Any,
    antialias: bool = True,
    precision: Any = None,
) -> Any:
    """`jax.image.scale_and_translate` by known numbers."""
    if not (is_constant(scale) and is_constant(translation)):
        refuse("image.scale_and_translate", "scale or translation is a tensor", "give them as numbers")
    x, kernel = inexact(tensor(image)), _KERNELS.get(_method(method))
    if kernel is None:
        refuse("image.scale_and_translate", "nearest", "use jax.image.resize")
    sizes = shape_of(x)
    for axis, factor, shift in zip(spatial_dims, np.asarray(scale), np.asarray(translation), strict=True):
        have, want = (_known("image.scale_and_translate", n) for n in (sizes[axis], shape[axis]))
        x = _along(x, axis % rank(x), _weights(have, want, float(factor), float(shift), kernel, antialias))
    return x
