"""Activations, losses and normalisation with Keras 2's own definitions."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.config import epsilon, layout
from lamina.vocabulary.keras_backend.shapes import product, rank, sizes, static_axis


def sqrt(x: Any) -> Any:
    """`K.sqrt`: negative numbers count as zero."""
    return ops.sqrt(ops.maximum(x, 0.0))


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """`K.clip`: no bound where it is `None`; the lower bound wins over a smaller upper one."""
    numbers = isinstance(min_value, (int, float)) and isinstance(max_value, (int, float))
    if numbers and max_value < min_value:
        max_value = min_value
    if min_value is None:
        return x if max_value is None else ops.minimum(x, max_value)
    return ops.maximum(x, min_value) if max_value is None else ops.clip(x, min_value, max_value)


def relu(x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> Any:
    """`K.relu`: `x` from `threshold` to `max_value`, `alpha * (x - threshold)` below."""
    plain = isinstance(alpha, (int, float))
    if plain and alpha != 0 and max_value is None and threshold == 0:
        return ops.leaky_relu(x, negative_slope=alpha)
    positive = _positive_part(x, max_value, threshold)
    if plain and alpha == 0:
        return positive
    below = ops.negative(x) if threshold == 0 else ops.subtract(threshold, x)
    return ops.subtract(positive, ops.multiply(alpha, ops.relu(below)))


def _positive_part(x: Any, max_value: Any, threshold: Any) -> Any:
    if threshold == 0 and max_value == 6:
        return ops.relu6(x)
    positive = ops.relu(x) if threshold == 0 else ops.multiply(x, ops.greater(x, threshold))
    return positive if max_value is None else ops.clip(positive, 0.0, max_value)


def hard_sigmoid(x: Any) -> Any:
    """`K.hard_sigmoid` of Keras 2: `clip(0.2 * x + 0.5, 0, 1)`; Keras 3 divides by 6."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def softmax(x: Any, axis: Any = -1) -> Any:
    """`K.softmax`, over one axis or several."""
    return ops.softmax(x, axis=static_axis(axis))


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """`K.l2_normalize`: `x * rsqrt(max(sum(x ** 2), 1e-12))`."""
    total = ops.sum(ops.square(x), axis=static_axis(axis), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(total, 1e-12)))


def _probabilities(output: Any) -> Any:
    small = epsilon()
    return ops.clip(output, small, 1.0 - small)


def _normalized(output: Any, axis: int) -> Any:
    return _probabilities(ops.divide(output, ops.sum(output, axis=axis, keepdims=True)))


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """`K.categorical_crossentropy`: probabilities are made to add up to 1 first."""
    log = ops.log_softmax(output, axis=axis) if from_logits else ops.log(_normalized(output, axis))
    return ops.negative(ops.sum(ops.multiply(target, log), axis=axis))


def categorical_focal_crossentropy(
    target: Any, output: Any, alpha: Any = 0.25, gamma: Any = 2.0, from_logits: bool = False, axis: int = -1
) -> Any:
    """`K.categorical_focal_crossentropy`."""
    probability = _normalized(ops.softmax(output, axis=axis) if from_logits else output, axis)
    loss = ops.multiply(ops.negative(target), ops.log(probability))
    weight = ops.multiply(ops.power(ops.subtract(1.0, probability), gamma), alpha)
    return ops.sum(ops.multiply(weight, loss), axis=axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    """`K.sparse_categorical_crossentropy`; the loss of `ignore_class` is zero."""
    logits = output if from_logits else ops.log(_probabilities(output))
    target = ops.cast(target, "int32")
    axes = rank(output)
    if axis % axes != axes - 1:
        logits = ops.moveaxis(logits, axis, -1)
    if rank(target) != axes - 1:
        target, logits = _aligned(target, logits, axes)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(target, logits, from_logits=True)
    valid = ops.not_equal(target, ignore_class)
    safe = ops.where(valid, target, 0)
    loss = ops.sparse_categorical_crossentropy(safe, logits, from_logits=True)
    return ops.where(valid, loss, 0.0)


def _aligned(target: Any, logits: Any, axes: int) -> tuple[Any, Any]:
    if axes > 2:
        return ops.reshape(target, sizes(logits)[:-1]), logits
    return ops.reshape(target, (-1,)), ops.reshape(logits, (-1, sizes(logits)[-1]))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """`K.binary_crossentropy`, element by element."""
    if from_logits:
        softplus = ops.softplus(ops.negative(ops.abs(output)))
        return ops.add(ops.subtract(ops.relu(output), ops.multiply(output, target)), softplus)
    probability = _probabilities(output)
    log = ops.log(ops.add(probability, epsilon()))
    log_not = ops.log(ops.add(ops.subtract(1.0, probability), epsilon()))
    both = ops.add(ops.multiply(target, log), ops.multiply(ops.subtract(1.0, target), log_not))
    return ops.negative(both)


def _mixed(target: Any, one: Any, zero: Any) -> Any:
    return ops.add(ops.multiply(target, one), ops.multiply(ops.subtract(1.0, target), zero))


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: Any = 0.25,
    gamma: Any = 2.0,
    from_logits: bool = False,
) -> Any:
    """`K.binary_focal_crossentropy`."""
    probability = ops.sigmoid(output) if from_logits else output
    hit = _mixed(target, probability, ops.subtract(1.0, probability))
    factor = ops.power(ops.subtract(1.0, hit), gamma)
    loss = ops.multiply(factor, binary_crossentropy(target, output, from_logits))
    return ops.multiply(_mixed(target, alpha, 1 - alpha), loss) if apply_class_balancing else loss


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """`K.bias_add`: a bias per channel, or per place and channel."""
    if layout(data_format) == "channels_last":
        return ops.add(x, bias)
    axes = rank(x)
    if rank(bias) == 1:
        return ops.add(x, ops.reshape(bias, (1, -1, *[1] * (axes - 2))))
    # Keras 2 reshapes here, where one would expect a transposition.
    *places, channels = sizes(bias)
    return ops.add(x, ops.reshape(bias, (1, channels, *places)))


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """`K.batch_normalization`: with given moments, offset `beta` and scale `gamma`."""
    if axis not in (-1, 3) and rank(x) == 4 and axis % 4 == 1:
        mean, var, beta, gamma = (
            None if p is None else ops.reshape(p, (1, -1, 1, 1)) for p in (mean, var, beta, gamma)
        )
    scale = ops.rsqrt(ops.add(var, epsilon))
    if gamma is not None:
        scale = ops.multiply(scale, gamma)
    shift = ops.multiply(mean, scale)
    offset = ops.negative(shift) if beta is None else ops.subtract(beta, shift)
    return ops.add(ops.multiply(x, scale), offset)


# TensorFlow normalises a batch of images with a fused kernel, which has its own two habits.
_FUSED_AXES = [0, 1, 2]
_FUSED_EPSILON = 1.001e-5


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """`K.normalize_batch_in_training`: the normalised batch, its mean and its variance."""
    axes = rank(x)
    fused = axes == 4 and list(reduction_axes) == _FUSED_AXES
    reduced = tuple(axis % axes for axis in reduction_axes)
    mean, var = ops.mean(x, axis=reduced), ops.var(x, axis=reduced)
    kept = tuple(1 if axis in reduced else -1 for axis in range(axes))
    around, spread, offset, scale = (
        None if p is None else _spread(p, kept) for p in (mean, var, beta, gamma)
    )
    least = _FUSED_EPSILON if fused else 0.0
    normed = batch_normalization(x, around, spread, offset, scale, epsilon=max(epsilon, least))
    return normed, mean, _unbiased(var, x) if fused else var


def _spread(parameter: Any, kept: tuple[int, ...]) -> Any:
    if kept.count(-1) <= 1:
        return ops.reshape(parameter, kept)
    return ops.expand_dims(parameter, axis=tuple(axis for axis, n in enumerate(kept) if n == 1))


def _unbiased(var: Any, x: Any) -> Any:
    count = ops.cast(ops.convert_to_tensor(product(sizes(x)[:3])), "float32")
    return ops.multiply(var, ops.divide(count, ops.maximum(ops.subtract(count, 1.0), 1.0)))
