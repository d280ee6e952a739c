"""Counts and segments: sums over elements that share a number."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product, rank
from lamina.vocabulary.tensorflow.arguments import (
    cast_like,
    dtype_name,
    dtype_of,
    is_constant,
    operand,
    refuse,
    static,
    tensor,
)
from lamina.vocabulary.tensorflow.elementwise import truncatediv


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = "int32",
    axis: Any = None,
    binary_output: bool = False,
) -> Any:
    """`tf.math.bincount` into a known number of bins: `minlength` and `maxlength` must be the same.

    Raises:
        CaptureError: The number of bins depends on the values.
    """
    if maxlength is None or minlength != maxlength:
        refuse(
            "math.bincount",
            "the number of bins depends on the values",
            "give the same minlength and maxlength",
        )
    hits = ops.one_hot(operand(arr), maxlength, dtype="float32" if weights is not None else dtype_name(dtype))
    if weights is not None:
        hits = ops.multiply(hits, ops.expand_dims(weights, axis=-1))
    axes = tuple(range(rank(arr))) if axis is None else -2
    return ops.max(hits, axis=axes) if binary_output else ops.sum(hits, axis=axes)


def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, weights: Any = None, dtype: Any = "int32"
) -> Any:
    """`tf.math.confusion_matrix`: rows are labels; `num_classes` must be given."""
    if num_classes is None:
        refuse("math.confusion_matrix", "its size is the greatest label", "give num_classes=")
    rows, columns = (
        ops.one_hot(ops.reshape(x, (-1,)), num_classes, dtype="float32") for x in (labels, predictions)
    )
    if weights is not None:
        rows = ops.multiply(rows, ops.expand_dims(ops.reshape(weights, (-1,)), axis=-1))
    return ops.cast(ops.matmul(ops.transpose(rows), columns), dtype_name(dtype))


def histogram_fixed_width_bins(values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32") -> Any:
    """`tf.histogram_fixed_width_bins`: the bin of each value; the outer bins take what lies outside."""
    low, high = value_range[0], value_range[1]
    scaled = ops.divide(ops.subtract(values, low), ops.subtract(high, low))
    place = ops.floor(ops.multiply(scaled, float(nbins)))
    return ops.cast(ops.clip(place, 0.0, float(nbins - 1)), dtype_name(dtype))


def histogram_fixed_width(values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32") -> Any:
    """`tf.histogram_fixed_width`: how many values each bin holds."""
    places = histogram_fixed_width_bins(values, value_range, nbins)
    return ops.sum(ops.one_hot(ops.reshape(places, (-1,)), nbins, dtype=dtype_name(dtype)), axis=0)


def _segments(op: str) -> Any:
    def call(data: Any, segment_ids: Any, num_segments: Any) -> Any:
        return _segment(op, data, segment_ids, static(num_segments))

    call.__name__ = call.__qualname__ = f"unsorted_segment_{op}"
    call.__doc__ = f"`tf.math.unsorted_segment_{op}`: ids below 0 count nowhere."
    return call


_EMPTY = {"sum": 0, "mean": 0, "sqrt_n": 0, "prod": 1}


def _segment(op: str, data: Any, segment_ids: Any, count: Any) -> Any:
    """A reduction by one row of hits for each segment; what belongs nowhere is left out."""
    data, ids = operand(data), tensor(segment_ids)
    axes = rank(ids)
    sizes = ops.shape(data)
    rows = (
        ops.reshape(data, (product(sizes[:axes]), 1, *sizes[axes:]))
        if axes != 1
        else ops.expand_dims(data, axis=1)
    )
    hit = ops.one_hot(ops.reshape(ids, (-1,)), count, dtype="bool")
    for axis in range(rank(data) - axes):
        hit = ops.expand_dims(hit, axis=2 + axis)
    if op in ("max", "min"):
        return _extreme(op, rows, hit, dtype_of(data))
    filled = ops.where(hit, rows, ops.cast(_EMPTY[op], dtype_of(data)))
    if op == "prod":
        return cast_like(ops.prod(filled, axis=0), data)
    total = ops.sum(filled, axis=0)
    if op == "sum":
        return cast_like(total, data)
    counts = ops.maximum(ops.sum(ops.cast(hit, dtype_of(data)), axis=0), 1)
    if dtype_of(data).startswith("int"):
        return truncatediv(total, counts)
    return ops.divide(total, ops.sqrt(counts) if op == "sqrt_n" else counts)


def _extreme(op: str, rows: Any, hit: Any, dtype: str) -> Any:
    from lamina.vocabulary.tensorflow.dtypes import DTYPES

    limit = DTYPES[dtype].min if op == "max" else DTYPES[dtype].max
    return getattr(ops, op)(ops.where(hit, rows, ops.cast(limit, dtype)), axis=0)


SEGMENTS = {f"unsorted_segment_{op}": _segments(op) for op in "sum mean max min prod sqrt_n".split()}


def _sorted_segments(op: str) -> Any:
    def call(data: Any, segment_ids: Any) -> Any:
        if not is_constant(segment_ids):
            refuse(
                f"math.segment_{op}",
                "the number of segments is the greatest id, a value",
                f"use tf.math.unsorted_segment_{op}(data, ids, num_segments)",
            )
        result = _segment(op, data, segment_ids, int(np.max(segment_ids)) + 1)
        if op not in ("max", "min"):
            return result
        empty = np.setdiff1d(np.arange(np.max(segment_ids) + 1), np.asarray(segment_ids))
        return (
            result
            if empty.size == 0
            else refuse(f"math.segment_{op}", "an empty segment", "number them without gaps")
        )

    call.__name__ = call.__qualname__ = f"segment_{op}"
    call.__doc__ = f"`tf.math.segment_{op}` by ids that are known."
    return call


SEGMENTS |= {f"segment_{op}": _sorted_segments(op) for op in "sum mean max min prod".split()}
