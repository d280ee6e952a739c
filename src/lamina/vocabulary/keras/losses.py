"""`keras.losses`: the functions, one loss per sample."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras.alike import cast_like, last_size, pair
from lamina.vocabulary.keras_backend.config import epsilon
from lamina.vocabulary.keras_backend.nn import binary_crossentropy as keras_2_crossentropy
from lamina.vocabulary.keras_backend.shapes import rank, sizes


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.mean_squared_error`, over the last axis."""
    return ops.mean(ops.square(ops.subtract(*pair(y_true, y_pred))), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.mean_absolute_error`, over the last axis."""
    return ops.mean(ops.abs(ops.subtract(*pair(y_true, y_pred))), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.mean_absolute_percentage_error`, in percent of the label."""
    y_true, y_pred = pair(y_true, y_pred)
    scale = ops.maximum(ops.abs(y_true), epsilon())
    error = ops.abs(ops.divide(ops.subtract(y_true, y_pred), scale))
    return ops.multiply(100.0, ops.mean(error, axis=-1))


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.mean_squared_logarithmic_error`, of values that are not negative."""
    logs = (ops.log(ops.add(ops.maximum(y, epsilon()), 1.0)) for y in reversed(pair(y_true, y_pred)))
    return ops.mean(ops.square(ops.subtract(*logs)), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """`keras.losses.cosine_similarity`: the negative cosine of the angle."""
    y_true, y_pred = (ops.normalize(y, axis=axis) for y in pair(y_true, y_pred))
    return ops.negative(ops.sum(ops.multiply(y_true, y_pred), axis=axis))


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """`keras.losses.huber`: squares up to `delta`, straight lines beyond."""
    y_true, y_pred = pair(y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    size = ops.abs(error)
    line = ops.subtract(ops.multiply(delta, size), 0.5 * delta**2)
    curve = ops.multiply(0.5, ops.square(error))
    return ops.mean(ops.where(ops.less_equal(size, delta), curve, line), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.log_cosh`: the logarithm of the hyperbolic cosine of the error."""
    y_true, y_pred = pair(y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    value = ops.subtract(ops.add(error, ops.softplus(ops.multiply(error, -2.0))), _LOG_2)
    return ops.mean(value, axis=-1)


_LOG_2 = 0.6931471805599453


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.kl_divergence`: of two distributions along the last axis."""
    y_true = cast_like(y_true, y_pred)
    y_true, y_pred = (ops.clip(y, epsilon(), 1.0) for y in (y_true, y_pred))
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.poisson`."""
    log = ops.log(ops.add(y_pred, epsilon()))
    return ops.mean(ops.subtract(y_pred, ops.multiply(cast_like(y_true, y_pred), log)), axis=-1)


def _signs(y_true: Any) -> Any:
    """Labels 0 and 1 as -1 and 1; others as they are."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(binary, ops.subtract(ops.multiply(2.0, y_true), 1.0), y_true)


def _margin(y_true: Any, y_pred: Any) -> Any:
    signs = _signs(cast_like(y_true, y_pred))
    return ops.maximum(ops.subtract(1.0, ops.multiply(signs, y_pred)), 0.0)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.hinge`; labels 0 and 1 count as -1 and 1."""
    return ops.mean(_margin(y_true, y_pred), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.squared_hinge`; labels 0 and 1 count as -1 and 1."""
    return ops.mean(ops.square(_margin(y_true, y_pred)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.categorical_hinge`, of labels 0 and 1."""
    y_true = cast_like(y_true, y_pred)
    hit = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    miss = ops.max(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=-1)
    return ops.maximum(ops.add(ops.subtract(miss, hit), 1.0), 0.0)


def _smoothed(y_true: Any, y_pred: Any, smoothing: Any, classes: Any = None) -> Any:
    y_true = cast_like(y_true, y_pred)
    if not smoothing:
        return y_true
    count = last_size(y_true) if classes is None else classes
    if count is None:
        raise ArgumentError("label_smoothing needs to know the number of classes, the last size of y_true")
    return ops.add(ops.multiply(y_true, 1.0 - smoothing), smoothing / count)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`keras.losses.categorical_crossentropy`, of one-hot labels."""
    y_true = _smoothed(y_true, y_pred, label_smoothing)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """`keras.losses.categorical_focal_crossentropy`."""
    y_true = _smoothed(y_true, y_pred, label_smoothing)
    y_pred = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    y_pred = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    y_pred = ops.clip(y_pred, epsilon(), 1.0 - epsilon())
    loss = ops.multiply(ops.negative(y_true), ops.log(y_pred))
    weight = ops.multiply(ops.power(ops.subtract(1.0, y_pred), gamma), alpha)
    return ops.sum(ops.multiply(weight, loss), axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """`keras.losses.sparse_categorical_crossentropy`, of integer labels; that of `ignore_class` is 0."""
    if rank(y_true) == rank(y_pred) and sizes(y_true)[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    valid = ops.not_equal(y_true, ignore_class)
    y_true = ops.where(valid, y_true, 0)
    y_pred = ops.where(ops.expand_dims(valid, axis=axis), y_pred, 0.0)
    loss = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    return ops.where(valid, loss, 0.0)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`keras.losses.binary_crossentropy`, the mean over `axis`."""
    y_true = _smoothed(y_true, y_pred, label_smoothing, classes=2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def binary_crossentropy_2(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`binary_crossentropy` of Keras 2, which adds epsilon to what it takes the logarithm of."""
    y_true = _smoothed(y_true, y_pred, label_smoothing, classes=2)
    return ops.mean(keras_2_crossentropy(y_true, y_pred, from_logits), axis=axis)


def _mixed(y_true: Any, one: Any, zero: Any) -> Any:
    return ops.add(ops.multiply(y_true, one), ops.multiply(ops.subtract(1.0, y_true), zero))


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """`keras.losses.binary_focal_crossentropy`, the mean over `axis`."""
    y_true = _smoothed(y_true, y_pred, label_smoothing, classes=2)
    y_pred = ops.sigmoid(y_pred) if from_logits else y_pred
    hit = _mixed(y_true, y_pred, ops.subtract(1.0, y_pred))
    loss = ops.multiply(ops.power(ops.subtract(1.0, hit), gamma), ops.binary_crossentropy(y_true, y_pred))
    if apply_class_balancing:
        loss = ops.multiply(_mixed(y_true, alpha, 1 - alpha), loss)
    return ops.mean(loss, axis=axis)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`keras.losses.categorical_generalized_cross_entropy`, of integer labels.

    Source: Zhang and Sabuncu, Generalized Cross Entropy Loss, NeurIPS 2018.
    """
    hot = cast_like(ops.one_hot(ops.cast(y_true, "int32"), sizes(y_pred)[-1]), y_pred)
    chosen = ops.sum(ops.multiply(y_pred, hot), axis=-1)
    return ops.divide(ops.subtract(1.0, ops.power(chosen, q)), q)


def ctc(y_true: Any, y_pred: Any) -> Any:
    """`keras.losses.ctc`: labels `(batch, length)` padded with 0, which is the blank; logits by step.

    Raises:
        ArgumentError: The labels have not 2 axes, or the logits not 3.
    """
    if rank(y_true) != 2 or rank(y_pred) != 3:
        raise ArgumentError(
            "keras.losses.ctc expects labels of 2 axes and logits of 3, "
            f"received {rank(y_true)} and {rank(y_pred)}"
        )
    batch, steps, _ = sizes(y_pred)
    lengths = ops.multiply(ops.ones((batch,), dtype="int32"), steps)
    labels = ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1)
    return ops.ctc_loss(y_true, y_pred, labels, lengths, mask_index=0)


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """`keras.losses.dice`: 1 minus the Dice coefficient."""
    y_true = cast_like(y_true, y_pred)
    both = ops.multiply(2.0, ops.sum(ops.multiply(y_true, y_pred), axis=axis))
    total = ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis))
    return ops.subtract(1.0, ops.divide(both, ops.add(total, epsilon())))


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """`keras.losses.tversky`: Dice with a weight for each kind of error."""
    y_true = cast_like(y_true, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    missed = ops.sum(ops.multiply(ops.subtract(1.0, y_pred), y_true), axis=axis)
    extra = ops.sum(ops.multiply(y_pred, ops.subtract(1.0, y_true)), axis=axis)
    errors = ops.add(ops.multiply(missed, alpha), ops.multiply(extra, beta))
    return ops.subtract(1.0, ops.divide(both, ops.add(ops.add(both, errors), epsilon())))


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """`keras.losses.circle`, of labels and embeddings of unit length.

    Source: Sun et al., Circle Loss, CVPR 2020.
    """
    y_true = ops.cast(y_true, "int32")
    references = y_pred if ref_embeddings is None else ref_embeddings
    distance = ops.maximum(ops.subtract(1.0, ops.matmul(y_pred, ops.transpose(references))), 0.0)
    others = y_true if ref_labels is None else ops.cast(ref_labels, "int32")
    same = ops.equal(ops.reshape(y_true, (-1, 1)), ops.reshape(others, (1, -1)))
    different = ops.logical_not(same)
    if remove_diagonal:
        rows, columns = sizes(distance)
        itself = ops.equal(ops.expand_dims(ops.arange(rows), 1), ops.expand_dims(ops.arange(columns), 0))
        same = ops.logical_and(same, ops.logical_not(itself))
    near = _pulled(same, ops.add(margin, distance), ops.subtract(distance, margin), gamma)
    far = _pulled(different, ops.subtract(1 + margin, distance), ops.subtract(1 - margin, distance), gamma)
    return ops.softplus(ops.add(near, far))


def _pulled(pairs: Any, weight: Any, distance: Any, gamma: float) -> Any:
    weight = ops.maximum(ops.multiply(weight, cast_like(pairs, weight)), 0.0)
    pulled = ops.multiply(ops.multiply(gamma, weight), distance)
    return ops.logsumexp(ops.where(pairs, pulled, float("-inf")), axis=1)


_FUNCTIONS = (
    mean_squared_error, mean_absolute_error, mean_absolute_percentage_error, mean_squared_logarithmic_error,
    cosine_similarity, huber, log_cosh, kl_divergence, poisson, hinge, squared_hinge, categorical_hinge,
    categorical_crossentropy, categorical_focal_crossentropy, sparse_categorical_crossentropy,
    binary_crossentropy, binary_focal_crossentropy, categorical_generalized_cross_entropy, ctc, dice, tversky, circle,
)  # fmt: skip

# Short names and those of older versions.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "mse": "mean_squared_error",
        "MSE": "mean_squared_error",
        "mae": "mean_absolute_error",
        "MAE": "mean_absolute_error",
        "mape": "mean_absolute_percentage_error",
        "MAPE": "mean_absolute_percentage_error",
        "msle": "mean_squared_logarithmic_error",
        "MSLE": "mean_squared_logarithmic_error",
        "kld": "kl_divergence",
        "KLD": "kl_divergence",
        "kullback_leibler_divergence": "kl_divergence",
        "logcosh": "log_cosh",
        "cosine": "cosine_similarity",
        "cosine_proximity": "cosine_similarity",
    }
)
_BY_NAME: Mapping[str, Any] = {function.__name__: function for function in _FUNCTIONS}
LOSSES: Mapping[str, Any] = MappingProxyType(
    {**_BY_NAME, **{alias: _BY_NAME[name] for alias, name in ALIASES.items()}}
)
LOSSES_2: Mapping[str, Any] = MappingProxyType({**LOSSES, "binary_crossentropy": binary_crossentropy_2})
