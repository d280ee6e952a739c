"""Interpolation, derivatives, convolution and polynomials."""

from __future__ import annotations

import math
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    Axis,
    as_float,
    axis_tuple,
    index,
    one_of,
    operand,
    rank,
    refuse,
    result_type,
    static_size,
    tensor,
)
from lamina.vocabulary.numpy.selection import searchsorted
from lamina.vocabulary.numpy.shaping import diff, trim


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None) -> Any:
    """`numpy.interp`: linear between the points, constant outside of them."""
    x, xp, fp = (as_float(tensor(v)) for v in (x, xp, fp))
    if period is not None:
        x, xp, fp = _periodic(x, xp, fp, abs(period))
    last = static_size("interp", xp, 0) - 1
    found = ops.cast(searchsorted(xp, x, "right"), "int32")
    low = ops.clip(ops.subtract(found, 1), 0, max(last - 1, 0))
    high = ops.minimum(ops.add(low, 1), last)
    x0, x1, y0, y1 = (ops.take(v, n, axis=0) for v in (xp, fp) for n in (low, high))
    width = ops.subtract(x1, x0)
    safe = ops.where(ops.equal(width, 0.0), 1.0, width)
    result = ops.add(y0, ops.multiply(ops.divide(ops.subtract(y1, y0), safe), ops.subtract(x, x0)))
    below = index(fp, 0, 0) if left is None else left
    above = index(fp, 0, -1) if right is None else right
    result = ops.where(ops.less(x, index(xp, 0, 0)), below, result)
    result = ops.where(ops.equal(x, index(xp, 0, -1)), index(fp, 0, -1), result)
    return ops.where(ops.greater(x, index(xp, 0, -1)), above, result)


def _periodic(x: Any, xp: Any, fp: Any, period: float) -> tuple[Any, Any, Any]:
    x, xp = ops.mod(x, period), ops.mod(xp, period)
    order = ops.argsort(xp)
    xp, fp = ops.take(xp, order, axis=0), ops.take(fp, order, axis=0)
    first, last = slice(0, 1), slice(-1, None)
    xp = ops.concatenate(
        [ops.subtract(index(xp, 0, last), period), xp, ops.add(index(xp, 0, first), period)], axis=0
    )
    return x, xp, ops.concatenate([index(fp, 0, last), fp, index(fp, 0, first)], axis=0)


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """`numpy.gradient`: central differences, with one spacing per axis."""
    f = as_float(tensor(f))
    axes = axis_tuple(f, axis)
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if any(rank(operand(s)) for s in spacings):
        refuse("gradient", "a spacing is an array of coordinates", "give one number per axis")
    if edge_order not in (1, 2):
        refuse("gradient", f"edge_order={edge_order} is not supported", "use 1 or 2")
    results = [_slope(f, n, h, edge_order) for n, h in zip(axes, spacings, strict=True)]
    return results[0] if len(results) == 1 else tuple(results)


def _slope(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    step = diff(f, axis=axis)
    middle = ops.multiply(ops.add(trim(step, axis, 1, None), trim(step, axis, 0, -1)), 0.5)
    first, last = trim(step, axis, 0, 1), trim(step, axis, -1, None)
    if edge_order == 2:
        first = ops.subtract(ops.multiply(first, 1.5), ops.multiply(trim(step, axis, 1, 2), 0.5))
        last = ops.subtract(ops.multiply(last, 1.5), ops.multiply(trim(step, axis, -2, -1), 0.5))
    return ops.divide(ops.concatenate([first, middle, last], axis=axis), spacing)


def _vectors(name: str, a: Any, v: Any) -> tuple[Any, Any, bool]:
    a, v = tensor(a), tensor(v)
    a, v = (ops.expand_dims(x, 0) if rank(x) == 0 else x for x in (a, v))
    if rank(a) != 1 or rank(v) != 1:
        refuse(
            name, f"takes vectors, received {rank(a)} and {rank(v)} axes", "use keras.ops.conv for batches"
        )
    shorter = static_size(name, a, 0) < static_size(name, v, 0)
    return (v, a, True) if shorter else (a, v, False)


def _windows(a: Any, v: Any, mode: str) -> Any:
    """The sums of products of the shorter vector with each window of the longer one."""
    size, count = static_size("convolve", a, 0), static_size("convolve", v, 0)
    before = {"valid": 0, "same": count // 2, "full": count - 1}[mode]
    after = {"valid": 0, "same": (count - 1) // 2, "full": count - 1}[mode]
    dtype = result_type(a, v)
    padded = ops.pad(ops.cast(a, dtype), [(before, after)])
    places = np.arange(size + before + after - count + 1)[:, None] + np.arange(count)
    windows = ops.take(padded, places.astype(np.int32), axis=0)
    return ops.matmul(windows, ops.cast(v, dtype))


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """`numpy.convolve`, of vectors."""
    one_of("convolve", "mode", mode, ("full", "same", "valid"), "use one of these")
    a, v, _ = _vectors("convolve", a, v)
    size = static_size("convolve", v, 0)
    if mode == "same" and size % 2 == 0:
        # NumPy centres the window of an even length one place to the left.
        full = _windows(a, ops.flip(v), "full")
        start = (size - 1) // 2
        return index(full, 0, slice(start, start + static_size("convolve", a, 0)))
    return _windows(a, ops.flip(v), mode)


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """`numpy.correlate`, of vectors."""
    one_of("correlate", "mode", mode, ("full", "same", "valid"), "use one of these")
    a, v, swapped = _vectors("correlate", a, v)
    result = _windows(a, v, mode)
    return ops.flip(result) if swapped else result


def unwrap(p: Any, discont: float | None = None, axis: int = -1, *, period: float = math.tau) -> Any:
    """`numpy.unwrap`, of floating input."""
    p = as_float(tensor(p))
    half = period / 2
    step = diff(p, axis=axis)
    folded = ops.subtract(ops.mod(ops.add(step, half), period), half)
    edge = ops.logical_and(ops.equal(folded, -half), ops.greater(step, 0.0))
    correction = ops.subtract(ops.where(edge, half, folded), step)
    small = ops.less(ops.abs(step), half if discont is None else discont)
    correction = ops.where(small, 0.0, correction)
    rest = ops.add(trim(p, axis, 1, None), ops.cumsum(correction, axis=axis))
    return ops.concatenate([trim(p, axis, 0, 1), rest], axis=axis)


def polyval(p: Any, x: Any) -> Any:
    """`numpy.polyval`: the polynomial with coefficients `p`, the highest power first."""
    p, x = tensor(p), operand(x)
    result = ops.zeros_like(x)
    for n in range(static_size("polyval", p, 0)):
        result = ops.add(ops.multiply(result, x), index(p, 0, n))
    return result


def cumulative(name: str, op: Any, start: float) -> Any:
    """`numpy.cumulative_sum` and `numpy.cumulative_prod`."""

    def call(
        x: Any,
        /,
        *,
        axis: int | None = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        if axis is None and rank(operand(x)) > 1:
            refuse(name, "has more than one axis", "name one with axis=")
        axis = 0 if axis is None else axis
        result = op(x, axis=axis, dtype=dtype, out=out)
        if not include_initial:
            return result
        edge = ops.full_like(trim(result, axis, 0, 1), start)
        return ops.concatenate([edge, result], axis=axis)

    call.__doc__ = f"`numpy.{name}`."
    return call
