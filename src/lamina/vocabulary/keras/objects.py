"""Objects of `keras.losses`, such as `Huber(delta=0.5)`, as a captured function calls them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras.alike import cast_like, same_rank


def loss_object(real: Any, replaced: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function that computes what a `keras.losses.Loss` computes.

    Args:
        real: The loss.
        replaced: What a captured function sees in place of the function behind the loss.
    """
    own = functools.partial(replaced(type(real).call), real)
    function = replaced(real.fn) if hasattr(real, "fn") else own
    options = getattr(real, "_fn_kwargs", {})

    def loss(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = same_rank(*(ops.cast(y, real.dtype) for y in (y_true, y_pred)))
        values = function(y_true, y_pred, **options)
        weights = None
        if sample_weight is not None:
            values, weights = same_rank(values, cast_like(ops.convert_to_tensor(sample_weight), values))
            values = ops.multiply(values, weights)
        return _reduced(values, weights, real.reduction)

    return loss


def _reduced(values: Any, weights: Any, reduction: str | None) -> Any:
    if reduction in (None, "none"):
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and weights is not None:
        return ops.divide_no_nan(ops.sum(values), ops.sum(weights))
    if reduction in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        return ops.mean(values)
    raise ArgumentError(f"a loss has the reduction {reduction!r}, which Keras does not know")
