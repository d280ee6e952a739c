"""`keras.metrics`: the functions, one value per sample; those that are losses too are in `losses`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras.alike import cast_like, last_size, pair, same_rank
from lamina.vocabulary.keras.losses import LOSSES
from lamina.vocabulary.keras_backend.config import epsilon, floatx
from lamina.vocabulary.keras_backend.shapes import rank, sizes


def _matches(x: Any, y: Any) -> Any:
    return ops.cast(ops.equal(x, y), floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """`keras.metrics.binary_accuracy`, element by element."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return _matches(y_true, cast_like(ops.greater(y_pred, threshold), y_true))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """`keras.metrics.categorical_accuracy`, of one-hot labels."""
    return _matches(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """`keras.metrics.sparse_categorical_accuracy`, of integer labels."""
    y_true = cast_like(y_true, y_pred)
    shape = sizes(y_true)
    column = rank(y_true) == rank(y_pred) and last_size(y_true) == 1
    labels = ops.squeeze(y_true, axis=-1) if column else y_true
    matches = _matches(labels, cast_like(ops.argmax(y_pred, axis=-1), y_pred))
    if rank(y_true) > 1 and last_size(y_true) == 1:
        return matches if column else ops.squeeze(matches, axis=-1)
    return ops.reshape(matches, shape) if column else matches


def _in_top_k(labels: Any, y_pred: Any, k: int) -> Any:
    """Whether each label is among the best k, in the shape of the labels."""
    shape = sizes(labels)
    scores = ops.reshape(y_pred, (-1, sizes(y_pred)[-1])) if rank(y_pred) > 2 else y_pred
    flat = ops.reshape(labels, (-1,)) if rank(labels) > 1 else labels
    matches = ops.cast(ops.in_top_k(ops.cast(flat, "int32"), scores, k=k), floatx())
    return ops.reshape(matches, shape) if rank(labels) > 1 else matches


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """`keras.metrics.top_k_categorical_accuracy`, of one-hot labels."""
    return _in_top_k(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """`keras.metrics.sparse_top_k_categorical_accuracy`; with `from_sorted_ids` of classes, best first."""
    if not from_sorted_ids:
        return _in_top_k(y_true, y_pred, k)
    shape = sizes(y_true)
    best = ops.reshape(y_pred, (-1, sizes(y_pred)[-1])) if rank(y_pred) > 2 else y_pred
    labels = ops.reshape(cast_like(y_true, y_pred), (-1, 1))
    matches = ops.cast(ops.any(ops.equal(labels, best[:, :k]), axis=1), floatx())
    return ops.reshape(matches, shape) if rank(y_true) > 1 else matches


def _centered(y: Any, axis: Any) -> Any:
    return ops.subtract(y, ops.mean(y, axis=axis, keepdims=True))


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """`keras.metrics.pearson_correlation`."""
    centered = (_centered(y, axis) for y in pair(y_true, y_pred))
    normed = (ops.divide(y, ops.std(y, axis=axis, keepdims=True)) for y in centered)
    return ops.mean(ops.multiply(*normed), axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """`keras.metrics.concordance_correlation`.

    The covariance is taken about the mean of the predictions on both sides, as Keras does.
    """
    y_true, y_pred = pair(y_true, y_pred)
    means = [ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred)]
    spreads = [ops.var(y, axis=axis, keepdims=True) for y in (y_true, y_pred)]
    covariance = ops.multiply(ops.subtract(y_true, means[1]), ops.subtract(y_pred, means[1]))
    norm = ops.add(ops.add(*spreads), ops.square(ops.subtract(*means)))
    ratio = ops.divide(ops.multiply(2.0, covariance), ops.add(norm, epsilon()))
    return ops.mean(ratio, axis=axis)


_FUNCTIONS = (
    binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, top_k_categorical_accuracy,
    sparse_top_k_categorical_accuracy, pearson_correlation, concordance_correlation,
)  # fmt: skip
_LOSSES_ONLY = ("categorical_generalized_cross_entropy", "circle", "ctc", "dice", "tversky")
METRICS: Mapping[str, Any] = MappingProxyType(
    {name: function for name, function in LOSSES.items() if name not in _LOSSES_ONLY}
    | {function.__name__: function for function in _FUNCTIONS}
)
