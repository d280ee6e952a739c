"""What losses, metrics and merge functions do to bring two tensors together."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import rank, static_shape


def cast_like(x: Any, reference: Any) -> Any:
    """`x` in the dtype of `reference`."""
    return ops.cast(x, reference.dtype)


def last_size(x: Any) -> int | None:
    """The size of the last axis, `None` where it is not known."""
    return static_shape(x)[-1] if rank(x) else None


def same_rank(x: Any, y: Any) -> tuple[Any, Any]:
    """Both with the same number of axes: a last axis of size 1 that only one has is added or dropped.

    As in Keras, a tensor of one axis gets the axis, and a longer one loses it.
    """
    difference = rank(x) - rank(y)
    if difference == 1 and last_size(x) == 1:
        return (x, ops.expand_dims(y, axis=-1)) if rank(y) == 1 else (ops.squeeze(x, axis=-1), y)
    if difference == -1 and last_size(y) == 1:
        return (ops.expand_dims(x, axis=-1), y) if rank(x) == 1 else (x, ops.squeeze(y, axis=-1))
    return x, y


def pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Labels and predictions of one dtype and one number of axes."""
    return same_rank(cast_like(y_true, y_pred), y_pred)
