"""Sums, means, extremes and what else makes one number of many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product, rank
from lamina.vocabulary.tensorflow.arguments import (
    Function,
    cast_like,
    dtype_name,
    dtype_of,
    is_integer,
    is_sizes,
    numbers,
    operand,
    spelled,
    static,
    tensor,
)
from lamina.vocabulary.tensorflow.elementwise import truncatediv

Axis = Any


def axes_of(x: Any, axis: Axis, keepdims: Any) -> Any:
    """The axes to reduce; by number where all are kept, which not every backend does by itself."""
    axis = static(axis)
    return tuple(range(rank(x))) if axis is None and keepdims else axis


def _reduction(name: str, op: str) -> Function:
    def call(input_tensor: Any, axis: Axis = None, keepdims: Any = False) -> Any:
        x = operand(input_tensor)
        return getattr(ops, op)(x, axis=axes_of(x, axis, keepdims), keepdims=bool(keepdims))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`tf.{name}`."
    return call


SAME: Mapping[str, Function] = {
    f"reduce_{name}": _reduction(f"reduce_{name}", op or name)
    for name, _, op in (w.partition("=") for w in "all any max min logsumexp std variance=var".split())
}


def reduce_sum(input_tensor: Any, axis: Axis = None, keepdims: Any = False) -> Any:
    """`tf.reduce_sum`: small integers keep their dtype."""
    if is_sizes(input_tensor):
        return sum(input_tensor)
    return _whole(ops.sum, input_tensor, axis, keepdims)


def reduce_prod(input_tensor: Any, axis: Axis = None, keepdims: Any = False) -> Any:
    """`tf.reduce_prod`; the product of a shape stays a size."""
    if is_sizes(input_tensor) or (isinstance(input_tensor, tuple) and _are_ints(input_tensor)):
        return product(input_tensor)
    return _whole(ops.prod, input_tensor, axis, keepdims)


def _are_ints(values: tuple[Any, ...]) -> bool:
    return all(isinstance(v, int) for v in values)


def _whole(op: Any, x: Any, axis: Axis, keepdims: Any) -> Any:
    x = operand(x)
    return cast_like(op(x, axis=axes_of(x, axis, keepdims), keepdims=bool(keepdims)), x)


def reduce_mean(input_tensor: Any, axis: Axis = None, keepdims: Any = False) -> Any:
    """`tf.reduce_mean`: the mean of integers is an integer, cut towards zero."""
    x = operand(input_tensor)
    axis = axes_of(x, axis, keepdims)
    if not is_integer(x):
        return ops.mean(x, axis=axis, keepdims=bool(keepdims))
    x = tensor(x)
    total = ops.sum(x, axis=axis, keepdims=bool(keepdims))
    count = product(ops.shape(x)[a] for a in _axes(x, axis))
    return ops.cast(truncatediv(total, ops.convert_to_tensor(count)), dtype_of(x))


def _axes(x: Any, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(len(x.shape)))
    return axis if isinstance(axis, tuple) else (axis,)


def reduce_euclidean_norm(input_tensor: Any, axis: Axis = None, keepdims: Any = False) -> Any:
    """`tf.math.reduce_euclidean_norm`: the root of the sum of squares."""
    x = operand(input_tensor)
    total = ops.sum(ops.square(x), axis=axes_of(x, axis, keepdims), keepdims=bool(keepdims))
    return cast_like(ops.sqrt(total), x)


@spelled
def argmax(input: Any, axis: Any = None, output_type: Any = "int64") -> Any:
    """`tf.argmax`: over axis 0 unless told otherwise."""
    return _position(ops.argmax, input, axis, output_type)


@spelled
def argmin(input: Any, axis: Any = None, output_type: Any = "int64") -> Any:
    """`tf.argmin`: over axis 0 unless told otherwise."""
    return _position(ops.argmin, input, axis, output_type)


def _position(op: Any, x: Any, axis: Any, output_type: Any) -> Any:
    found = op(operand(x), axis=0 if axis is None else numbers(axis, "argmax", "axis"))
    name = dtype_name(output_type)
    return found if name == "int32" else ops.cast(found, name)


def count_nonzero(input: Any, axis: Axis = None, keepdims: Any = None, dtype: Any = "int64") -> Any:
    """`tf.math.count_nonzero`."""
    x = operand(input)
    hits = ops.cast(ops.not_equal(x, 0), "int32")
    total = ops.sum(hits, axis=axes_of(x, axis, keepdims), keepdims=bool(keepdims))
    return ops.cast(total, dtype_name(dtype))


def zero_fraction(value: Any) -> Any:
    """`tf.math.zero_fraction`: the share of zeros."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


def _from_end(scan: Function, x: Any, axis: int, reverse: bool) -> Any:
    return ops.flip(scan(ops.flip(x, axis=axis)), axis=axis) if reverse else scan(x)


def _shifted(x: Any, axis: int, fill: Any) -> Any:
    """The elements moved on by one place along an axis, `fill` first."""
    first = ops.full_like(_slice(x, axis, slice(0, 1)), fill)
    return ops.concatenate([first, _slice(x, axis, slice(0, -1))], axis=axis)


def _slice(x: Any, axis: int, part: slice) -> Any:
    return x[(*[slice(None)] * axis, part)] if axis >= 0 else x[(..., part, *[slice(None)] * (-axis - 1))]


def cumsum(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """`tf.cumsum`: `exclusive` leaves out the element itself, `reverse` starts at the end."""
    x, axis = operand(x), numbers(axis, "cumsum", "axis")

    def scan(t: Any) -> Any:
        return cast_like(ops.cumsum(_shifted(t, axis, 0) if exclusive else t, axis=axis), x)

    return _from_end(scan, x, axis, reverse)


def cumprod(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """`tf.math.cumprod`: `exclusive` leaves out the element itself, `reverse` starts at the end."""
    x, axis = operand(x), numbers(axis, "cumprod", "axis")

    def scan(t: Any) -> Any:
        return cast_like(ops.cumprod(_shifted(t, axis, 1) if exclusive else t, axis=axis), x)

    return _from_end(scan, x, axis, reverse)


def cumulative_logsumexp(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """`tf.math.cumulative_logsumexp`."""

    def scan(t: Any) -> Any:
        totals = ops.associative_scan(ops.logaddexp, t, axis=axis)
        return _shifted(totals, axis, -math.inf) if exclusive else totals

    return _from_end(scan, operand(x), axis, reverse)


def moments(x: Any, axes: Any, shift: Any = None, keepdims: Any = False) -> tuple[Any, Any]:
    """`tf.nn.moments`: mean and variance; `shift` was a matter of rounding only."""
    axes = static(axes)
    return (
        ops.mean(x, axis=axes, keepdims=bool(keepdims)),
        ops.var(x, axis=axes, keepdims=bool(keepdims)),
    )


def weighted_moments(x: Any, axes: Any, frequency_weights: Any, keepdims: Any = False) -> tuple[Any, Any]:
    """`tf.nn.weighted_moments`."""
    axes = static(axes)
    weights = ops.broadcast_to(ops.cast(frequency_weights, dtype_of(x)), ops.shape(x))
    total = ops.sum(weights, axis=axes, keepdims=True)
    mean = ops.divide(ops.sum(ops.multiply(weights, x), axis=axes, keepdims=True), total)
    spread = ops.multiply(weights, ops.square(ops.subtract(x, mean)))
    variance = ops.divide(ops.sum(spread, axis=axes, keepdims=True), total)
    if keepdims:
        return mean, variance
    return ops.squeeze(mean, axis=axes), ops.squeeze(variance, axis=axes)


def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: Any = False
) -> tuple[Any, Any, Any, Any]:
    """`tf.nn.sufficient_statistics`: count, sum, sum of squares, shift."""
    axes, keep = static(axes), bool(keepdims)
    count = ops.cast(ops.convert_to_tensor(product(ops.shape(x)[a] for a in _axes(x, axes))), "float32")
    moved = x if shift is None else ops.subtract(x, shift)
    total = ops.sum(moved, axis=axes, keepdims=keep)
    return count, total, ops.sum(ops.square(moved), axis=axes, keepdims=keep), shift


def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any) -> tuple[Any, Any]:
    """`tf.nn.normalize_moments`: mean and variance from sufficient statistics."""
    shifted = ops.divide(mean_ss, counts)
    mean = shifted if shift is None else ops.add(shifted, shift)
    return mean, ops.subtract(ops.divide(variance_ss, counts), ops.square(shifted))


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Any:
    """`tf.clip_by_norm`: scaled down to the norm where it is larger."""
    norm = ops.sqrt(ops.sum(ops.square(t), axis=static(axes), keepdims=True))
    return ops.divide(ops.multiply(t, clip_norm), ops.maximum(norm, clip_norm))


def clip_by_average_norm(t: Any, clip_norm: Any) -> Any:
    """`tf.clip_by_average_norm`: by the norm divided by the number of elements."""
    count = ops.cast(ops.convert_to_tensor(product(ops.shape(t))), "float32")
    norm = ops.divide(ops.sqrt(ops.sum(ops.square(t))), count)
    return ops.multiply(t, ops.divide(clip_norm, ops.maximum(norm, clip_norm)))


def global_norm(t_list: Any) -> Any:
    """`tf.linalg.global_norm`: the norm of all tensors together."""
    total: Any = None
    for t in t_list:
        if t is not None:
            part = ops.sum(ops.square(t))
            total = part if total is None else ops.add(total, part)
    return ops.sqrt(total)


def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None) -> tuple[list[Any], Any]:
    """`tf.clip_by_global_norm`: the tensors scaled down together, and their norm."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    scale = ops.multiply(clip_norm, ops.minimum(ops.reciprocal(norm), 1.0 / clip_norm))
    return [t if t is None else ops.multiply(t, scale) for t in t_list], norm
