"""`F.grid_sample` and `F.affine_grid`."""

from __future__ import annotations

import itertools
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product
from lamina.vocabulary.tensorflow.resize import _number as number
from lamina.vocabulary.torch.arguments import known_dtype, rank, refuse, sizes, static

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Any:
    """`F.affine_grid`: where each output position lies in the input, from -1 to 1."""
    shape = static(size)
    spatial = shape[2:]
    lines = [_line(n, bool(align_corners)) for n in spatial]
    grids = np.meshgrid(*lines, indexing="ij")
    points = np.stack([*grids[::-1], np.ones_like(grids[0])], axis=-1).reshape(-1, len(spatial) + 1)
    points = ops.cast(points.astype(np.float32), known_dtype(theta) or "float32")
    found = ops.einsum("pk,nck->npc", points, theta)
    return ops.reshape(found, (sizes(theta)[0], *spatial, len(spatial)))


def _line(count: int, corners: bool) -> Any:
    steps = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    return steps if corners or count == 1 else steps * (count - 1) / count


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Any:
    """`F.grid_sample`: the input at places from -1 to 1, the last axis of the grid x first."""
    if mode not in _MODES or padding_mode not in _PADDINGS:
        refuse(
            "nn.functional.grid_sample",
            f"mode={mode!r} with padding_mode={padding_mode!r}",
            f"use one of {', '.join(_MODES)} and one of {', '.join(_PADDINGS)}",
        )
    axes, corners = rank(input) - 2, bool(align_corners)
    if mode == "bicubic" and axes != 2:
        refuse("nn.functional.grid_sample", "bicubic of volumes", "use bilinear")
    spatial = sizes(input)[2:]
    places = [_unscaled(grid[..., axes - 1 - axis], spatial[axis], corners) for axis in range(axes)]
    if mode != "bicubic":
        places = [_folded(p, n, padding_mode, corners) for p, n in zip(places, spatial, strict=True)]
    taps = [_TAPS[mode](p) for p in places]
    total: Any = None
    for corner in itertools.product(*taps):
        part = _corner(input, corner, padding_mode, corners)
        total = part if total is None else ops.add(total, part)
    return total


def _unscaled(x: Any, size: Any, corners: bool) -> Any:
    n = number(size)
    if corners:
        return ops.multiply(ops.divide(ops.add(x, 1.0), 2.0), n - 1)
    return ops.divide(ops.subtract(ops.multiply(ops.add(x, 1.0), n), 1.0), 2.0)


def _folded(x: Any, size: Any, padding: str, corners: bool) -> Any:
    """Places inside the input, where the padding asks for that."""
    if padding == "zeros":
        return x
    n = number(size)
    if padding == "reflection":
        low, span = (0.0, n - 1) if corners else (-0.5, n)
        x = _reflected(x, low, span, corners and isinstance(size, int) and size == 1)
    return ops.minimum(ops.maximum(x, 0.0), n - 1)


def _reflected(x: Any, low: float, span: Any, single: bool) -> Any:
    if single:
        return ops.zeros_like(x)
    gap = ops.absolute(ops.subtract(x, low))
    flips = ops.floor(ops.divide(gap, span))
    rest = ops.subtract(gap, ops.multiply(flips, span))
    even = ops.equal(ops.mod(flips, 2.0), 0.0)
    return ops.add(ops.where(even, rest, ops.subtract(span, rest)), low)


def _linear_taps(place: Any) -> list[tuple[Any, Any]]:
    low = ops.floor(place)
    weight = ops.subtract(place, low)
    return [(low, ops.subtract(1.0, weight)), (ops.add(low, 1.0), weight)]


def _nearest_taps(place: Any) -> list[tuple[Any, Any]]:
    return [(ops.round(place), None)]


def _cubic_taps(place: Any) -> list[tuple[Any, Any]]:
    low = ops.floor(place)
    part = ops.subtract(place, low)
    return [
        (ops.add(low, float(offset)), _cubic_weight(ops.absolute(ops.subtract(part, float(offset))), offset))
        for offset in (-1, 0, 1, 2)
    ]


def _cubic_weight(x: Any, offset: int) -> Any:
    a = -0.75
    if offset in (0, 1):
        inner = ops.subtract(ops.multiply(a + 2, x), a + 3)
        return ops.add(ops.multiply(ops.multiply(inner, x), x), 1.0)
    inner = ops.add(ops.multiply(ops.subtract(ops.multiply(a, x), 5 * a), x), 8 * a)
    return ops.subtract(ops.multiply(inner, x), 4 * a)


_TAPS = {"bilinear": _linear_taps, "nearest": _nearest_taps, "bicubic": _cubic_taps}


def _corner(x: Any, corner: tuple[tuple[Any, Any], ...], padding: str, corners: bool) -> Any:
    """The input at whole places, weighted; what lies outside is zero."""
    spatial = sizes(x)[2:]
    flat: Any = 0
    inside: Any = True
    weight: Any = None
    for (place, share), size in zip(corner, spatial, strict=True):
        place = _folded(place, size, padding, corners)
        last = number(size) - 1
        if padding == "zeros":
            fits = ops.logical_and(ops.greater_equal(place, 0.0), ops.less_equal(place, last))
            inside = fits if inside is True else ops.logical_and(inside, fits)
            place = ops.minimum(ops.maximum(place, 0.0), last)
        step = ops.cast(place, "int32")
        flat = step if isinstance(flat, int) else ops.add(ops.multiply(flat, size), step)
        if share is not None:
            weight = share if weight is None else ops.multiply(weight, share)
    picked = _at(x, flat, spatial)
    factor = weight if inside is True else ops.where(inside, 1.0 if weight is None else weight, 0.0)
    return picked if factor is None else ops.multiply(picked, _beside(picked, factor))


def _beside(picked: Any, factor: Any) -> Any:
    known = known_dtype(picked)
    factor = factor if known is None or known == known_dtype(factor) else ops.cast(factor, known)
    return ops.expand_dims(factor, axis=1)


def _at(x: Any, flat: Any, spatial: tuple[Any, ...]) -> Any:
    batch, channels = sizes(x)[:2]
    shape = sizes(flat)
    values = ops.reshape(x, (batch, channels, product(spatial)))
    places = ops.broadcast_to(ops.reshape(flat, (batch, 1, -1)), (batch, channels, product(shape[1:])))
    picked = ops.take_along_axis(values, places, axis=2)
    return ops.reshape(picked, (batch, channels, *shape[1:]))
