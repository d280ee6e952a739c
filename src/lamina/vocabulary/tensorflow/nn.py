"""Activations, losses, normalisation and dropout of `tf.nn`, and `tf.losses` of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary import context
from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.keras_backend.shapes import product, rank, sizes
from lamina.vocabulary.tensorflow.arguments import Function, dtype_of, operand, refuse, static, tensor


def softmax(logits: Any, axis: Any = None) -> Any:
    """`tf.nn.softmax`."""
    return ops.softmax(operand(logits), axis=-1 if axis is None else static(axis))


def log_softmax(logits: Any, axis: Any = None) -> Any:
    """`tf.nn.log_softmax`."""
    return ops.log_softmax(operand(logits), axis=-1 if axis is None else static(axis))


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Any:
    """`tf.nn.sigmoid_cross_entropy_with_logits`, element by element."""
    logits, labels = operand(logits), operand(labels)
    tail = ops.log1p(ops.exp(ops.negative(ops.absolute(logits))))
    return ops.add(ops.subtract(ops.relu(logits), ops.multiply(logits, labels)), tail)


def weighted_cross_entropy_with_logits(labels: Any = None, logits: Any = None, pos_weight: Any = None) -> Any:
    """`tf.nn.weighted_cross_entropy_with_logits`: positive labels count `pos_weight` times."""
    weight = ops.add(1.0, ops.multiply(ops.subtract(pos_weight, 1.0), labels))
    tail = ops.add(ops.log1p(ops.exp(ops.negative(ops.absolute(logits)))), ops.relu(ops.negative(logits)))
    return ops.add(ops.multiply(ops.subtract(1.0, labels), logits), ops.multiply(weight, tail))


def softmax_cross_entropy_with_logits(labels: Any = None, logits: Any = None, axis: Any = -1) -> Any:
    """`tf.nn.softmax_cross_entropy_with_logits`: labels are probabilities."""
    axis = -1 if axis is None else axis
    logits = operand(logits)
    log = ops.log_softmax(logits, axis=axis)
    return ops.negative(ops.sum(ops.multiply(ops.cast(operand(labels), dtype_of(logits)), log), axis=axis))


def sparse_softmax_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Any:
    """`tf.nn.sparse_softmax_cross_entropy_with_logits`: labels are class numbers."""
    log = ops.log_softmax(operand(logits), axis=-1)
    places = ops.expand_dims(ops.cast(operand(labels), "int32"), axis=-1)
    return ops.negative(ops.squeeze(ops.take_along_axis(log, places, axis=-1), axis=-1))


def log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False) -> Any:
    """`tf.nn.log_poisson_loss`."""
    loss = ops.subtract(ops.exp(log_input), ops.multiply(log_input, targets))
    if not compute_full_loss:
        return loss
    safe = ops.where(ops.greater(targets, 1), targets, ops.ones_like(targets))
    stirling = ops.subtract(ops.multiply(safe, ops.log(safe)), safe)
    stirling = ops.add(stirling, ops.multiply(0.5, ops.log(ops.multiply(6.283185307179586, safe))))
    inside = ops.logical_and(ops.greater_equal(targets, 0), ops.less_equal(targets, 1))
    return ops.add(loss, ops.where(inside, ops.zeros_like(targets), stirling))


def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
) -> Any:
    """`tf.nn.ctc_loss` of dense labels; the blank is class 0 unless told otherwise."""
    logits = ops.swapaxes(logits, 0, 1) if logits_time_major else logits
    labels, label_length = ops.cast(labels, "int32"), ops.cast(label_length, "int32")
    blank = 0 if blank_index is None else blank_index
    if isinstance(blank, int) and blank < 0:
        blank = blank + sizes(logits)[-1]
    used = ops.less(ops.arange(ops.shape(labels)[1], dtype="int32"), ops.expand_dims(label_length, axis=-1))
    target = ops.where(used, labels, 0)
    return ops.ctc_loss(target, logits, label_length, ops.cast(logit_length, "int32"), mask_index=blank)


def bias_add(value: Any, bias: Any, data_format: str | None = None) -> Any:
    """`tf.nn.bias_add`: a bias for each channel."""
    if data_format is None or not data_format.upper().startswith("NC"):
        return ops.add(value, bias)
    return ops.add(value, ops.reshape(bias, (1, -1, *[1] * (rank(value) - 2))))


def xw_plus_b(x: Any, weights: Any, biases: Any) -> Any:
    """`tf.nn.xw_plus_b`."""
    return ops.add(ops.matmul(x, weights), biases)


def relu_layer(x: Any, weights: Any, biases: Any) -> Any:
    """`tf.nn.relu_layer`."""
    return ops.relu(xw_plus_b(x, weights, biases))


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any
) -> Any:
    """`tf.nn.batch_normalization`: everything is broadcast."""
    factor = ops.rsqrt(ops.add(variance, variance_epsilon))
    factor = factor if scale is None else ops.multiply(factor, scale)
    shift = ops.multiply(mean, factor)
    return ops.add(
        ops.multiply(x, factor), ops.negative(shift) if offset is None else ops.subtract(offset, shift)
    )


def batch_norm_with_global_normalization(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: Any,
    scale_after_normalization: Any,
) -> Any:
    """`tf.nn.batch_norm_with_global_normalization`."""
    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon)


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    exponential_avg_factor: float = 1.0,
) -> tuple[Any, Any, Any]:
    """`tf.nn.fused_batch_norm` of TensorFlow 1: the result, the mean and the (unbiased) variance."""
    if exponential_avg_factor != 1.0:
        refuse("nn.fused_batch_norm", "exponential_avg_factor keeps state", "use a BatchNormalization layer")
    axes, epsilon = ((0, 1, 2) if data_format == "NHWC" else (0, 2, 3)), max(epsilon, 1.001e-5)
    if is_training:
        mean, variance = ops.mean(x, axis=axes), ops.var(x, axis=axes)
    given = (mean, variance, offset, scale)
    mean_, variance_, offset_, scale_ = (
        p if data_format == "NHWC" else ops.reshape(p, (1, -1, 1, 1)) for p in given
    )
    y = batch_normalization(x, mean_, variance_, offset_, scale_, epsilon)
    if is_training:
        count = tensor(product(ops.shape(x)[a] for a in axes), "float32")
        variance = ops.multiply(variance, ops.divide(count, ops.maximum(ops.subtract(count, 1.0), 1.0)))
    return y, mean, variance


def local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5
) -> Any:
    """`tf.nn.local_response_normalization`: divided by the squares of the channels around."""
    window = 2 * depth_radius + 1
    squares = ops.pad(ops.square(input), (*[(0, 0)] * 3, (depth_radius, depth_radius)))
    dims = ops.shape(input)
    flat = ops.reshape(squares, (product(dims[:3]), dims[3] + 2 * depth_radius, 1))
    mean = ops.average_pool(flat, window, strides=1, padding="valid", data_format="channels_last")
    total = ops.multiply(ops.reshape(mean, dims), float(window))
    return ops.divide(input, ops.power(ops.add(bias, ops.multiply(alpha, total)), beta))


def dropout(
    x: Any, rate: Any = None, noise_shape: Any = None, seed: Any = None, keep_prob: Any = None
) -> Any:
    """`tf.nn.dropout`: always active; `rate` is the share that is dropped, `keep_prob` the other."""
    if keep_prob is not None:
        rate = ops.subtract(1.0, keep_prob) if not isinstance(keep_prob, (int, float)) else 1.0 - keep_prob
    if isinstance(rate, (int, float)) and rate == 0:
        return x
    shape = None if noise_shape is None else static(noise_shape)
    if isinstance(shape, tuple) and any(n is None for n in shape):
        shape = tuple(d if n is None else n for n, d in zip(shape, ops.shape(x), strict=True))
    return random.dropout(x, rate, noise_shape=shape, seed=context.stateful_seed(seed))


def dropout_v1(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None, rate: Any = None
) -> Any:
    """`tf.nn.dropout` of TensorFlow 1, whose second argument is the share that is kept."""
    return dropout(x, rate, noise_shape, seed, keep_prob if rate is None else None)


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """`tf.nn.compute_average_loss` on one device."""
    loss = per_example_loss if sample_weight is None else ops.multiply(per_example_loss, sample_weight)
    count = ops.shape(loss)[0] if global_batch_size is None else global_batch_size
    return ops.divide(ops.sum(loss), tensor(count, "float32"))


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """`tf.nn.scale_regularization_loss` on one device."""
    return ops.sum(tensor(regularization_loss))


# `tf.losses` of TensorFlow 1

_BY_NONZERO = "weighted_sum_by_nonzero_weights"


def compute_weighted_loss(losses: Any, weights: Any = 1.0, reduction: str = _BY_NONZERO) -> Any:
    """`tf.losses.compute_weighted_loss`."""
    losses = ops.cast(losses, "float32")
    weights = tensor(weights, "float32")
    if 0 < rank(weights) < rank(losses):
        weights = ops.reshape(weights, (*ops.shape(weights), *[1] * (rank(losses) - rank(weights))))
    weighted = ops.multiply(losses, weights)
    if reduction == "none":
        return weighted
    total = ops.sum(weighted)
    if reduction == "weighted_sum":
        return total
    spread = ops.multiply(weights, ops.ones_like(losses))
    if reduction == "weighted_mean":
        return _safe_mean(total, ops.sum(spread))
    if reduction == "weighted_sum_over_batch_size":
        return _safe_mean(total, ops.sum(ops.ones_like(losses)))
    return _safe_mean(total, ops.sum(ops.cast(ops.not_equal(spread, 0), "float32")))


def _safe_mean(total: Any, count: Any) -> Any:
    return ops.where(ops.equal(count, 0), 0.0, ops.divide(total, ops.maximum(count, 1e-30)))


def _loss(name: str, parameters: str, function: Function) -> Function:
    """A loss of `tf.losses`: `function(labels, predictions, options)` weighted and reduced."""
    names = ["labels", "predictions", *parameters.split()]

    def call(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for ignored in ("scope", "loss_collection"):
            given.pop(ignored, None)
        weights, reduction = given.pop("weights", 1.0), given.pop("reduction", _BY_NONZERO)
        labels = given.pop("labels", given.pop("onehot_labels", given.pop("multi_class_labels", None)))
        predictions = given.pop("predictions", given.pop("logits", None))
        return compute_weighted_loss(
            function(operand(labels), operand(predictions), **given), weights, reduction
        )

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`tf.losses.{name}` of TensorFlow 1."
    return call


def _squared(labels: Any, predictions: Any) -> Any:
    return ops.square(ops.subtract(ops.cast(predictions, "float32"), ops.cast(labels, "float32")))


def _absolute(labels: Any, predictions: Any) -> Any:
    return ops.absolute(ops.subtract(ops.cast(predictions, "float32"), ops.cast(labels, "float32")))


def _huber(labels: Any, predictions: Any, delta: float = 1.0) -> Any:
    error = _absolute(labels, predictions)
    near = ops.minimum(error, delta)
    return ops.add(ops.multiply(0.5, ops.square(near)), ops.multiply(delta, ops.subtract(error, near)))


def _log(labels: Any, predictions: Any, epsilon: float = 1e-7) -> Any:
    hit = ops.multiply(labels, ops.log(ops.add(predictions, epsilon)))
    rest = ops.log(ops.add(ops.subtract(1.0, predictions), epsilon))
    return ops.negative(ops.add(hit, ops.multiply(ops.subtract(1.0, labels), rest)))


def _hinge(labels: Any, logits: Any) -> Any:
    signs = ops.subtract(ops.multiply(2.0, ops.cast(labels, "float32")), 1.0)
    return ops.relu(ops.subtract(1.0, ops.multiply(signs, logits)))


def _cosine(labels: Any, predictions: Any, axis: Any = None, dim: Any = None) -> Any:
    product_ = ops.multiply(ops.cast(labels, "float32"), predictions)
    return ops.subtract(1.0, ops.sum(product_, axis=dim if axis is None else axis, keepdims=True))


def _sigmoid(labels: Any, logits: Any, label_smoothing: float = 0) -> Any:
    labels = ops.cast(labels, dtype_of(logits))
    if label_smoothing > 0:
        labels = ops.add(ops.multiply(labels, 1 - label_smoothing), 0.5 * label_smoothing)
    return sigmoid_cross_entropy_with_logits(labels, logits)


def _softmax(labels: Any, logits: Any, label_smoothing: float = 0) -> Any:
    labels = ops.cast(labels, dtype_of(logits))
    if label_smoothing > 0:
        classes = tensor(ops.shape(labels)[1], "float32")
        labels = ops.add(ops.multiply(labels, 1 - label_smoothing), ops.divide(label_smoothing, classes))
    return softmax_cross_entropy_with_logits(labels, logits)


LOSSES: Mapping[str, Function] = {
    name: _loss(name, parameters, function)
    for name, parameters, function in (
        ("absolute_difference", "weights", _absolute),
        ("cosine_distance", "axis weights", _cosine),
        ("hinge_loss", "weights", _hinge),
        ("huber_loss", "weights delta", _huber),
        ("log_loss", "weights epsilon", _log),
        ("mean_squared_error", "weights", _squared),
        ("sigmoid_cross_entropy", "weights label_smoothing", _sigmoid),
        ("softmax_cross_entropy", "weights label_smoothing", _softmax),
        ("sparse_softmax_cross_entropy", "weights", sparse_softmax_cross_entropy_with_logits),
    )
}
