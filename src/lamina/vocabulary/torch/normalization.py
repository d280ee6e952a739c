"""Normalisation and dropout of `torch.nn.functional`."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.torch.arguments import Function, rank, refuse, sizes, static
from lamina.vocabulary.torch.notation import named


def _scaled(x: Any, weight: Any, bias: Any) -> Any:
    x = x if weight is None else ops.multiply(x, weight)
    return x if bias is None else ops.add(x, bias)


def _centred(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    gap = ops.subtract(x, ops.mean(x, axis=axes, keepdims=True))
    spread = ops.mean(ops.square(gap), axis=axes, keepdims=True)
    return ops.multiply(gap, ops.rsqrt(ops.add(spread, eps)))


def _per_channel(x: Any, value: Any) -> Any:
    """A value for each channel, beside a tensor with the channels in axis 1."""
    return None if value is None else ops.reshape(value, (1, -1, *[1] * (rank(x) - 2)))


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """`F.layer_norm`: over the last axes."""
    axes = tuple(range(-len(_shape(normalized_shape)), 0))
    return _scaled(_centred(input, axes, eps), weight, bias)


def _shape(value: Any) -> tuple[Any, ...]:
    value = static(value)
    return value if isinstance(value, tuple) else (value,)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """`F.rms_norm`: divided by the root of the mean square."""
    from lamina.vocabulary.torch.dtypes import FloatInfo

    axes = tuple(range(-len(_shape(normalized_shape)), 0))
    eps = FloatInfo(input.dtype).eps if eps is None else eps
    mean = ops.mean(ops.square(input), axis=axes, keepdims=True)
    return _scaled(ops.multiply(input, ops.rsqrt(ops.add(mean, eps))), weight, None)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """`F.batch_norm`: by the given moments, or in training by those of the batch, which are not kept."""
    weight, bias = _per_channel(input, weight), _per_channel(input, bias)
    if training or running_mean is None:
        if running_mean is not None:
            refuse(
                "nn.functional.batch_norm",
                "in training it changes running_mean and running_var",
                "give None for both, or use keras.layers.BatchNormalization",
            )
        axes = (0, *range(2, rank(input)))
        return _scaled(_centred(input, axes, eps), weight, bias)
    gap = ops.subtract(input, _per_channel(input, running_mean))
    scaled = ops.multiply(gap, ops.rsqrt(ops.add(_per_channel(input, running_var), eps)))
    return _scaled(scaled, weight, bias)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """`F.instance_norm`: over the positions of each channel of each sample."""
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    centred = _centred(input, tuple(range(2, rank(input))), eps)
    return _scaled(centred, _per_channel(input, weight), _per_channel(input, bias))


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """`F.group_norm`: over the positions and channels of each group."""
    shape = sizes(input)
    grouped = ops.reshape(input, (shape[0], num_groups, shape[1] // num_groups, *shape[2:]))
    centred = ops.reshape(_centred(grouped, tuple(range(2, rank(input) + 1)), eps), shape)
    return _scaled(centred, _per_channel(input, weight), _per_channel(input, bias))


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """`F.local_response_norm`: divided by the mean square of the channels around."""
    squares = ops.square(input)
    widths = [(0, 0)] * rank(input)
    widths[1] = (size // 2, (size - 1) // 2)
    padded = ops.pad(squares, tuple(widths))
    count = sizes(input)[1]
    total: Any = None
    for offset in range(size):
        part = padded[:, offset : offset + count]
        total = part if total is None else ops.add(total, part)
    mean = ops.divide(total, float(size))
    return ops.divide(input, ops.power(ops.add(ops.multiply(mean, alpha), k), beta))


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`F.dropout`: as `training` says, which is true unless it is given."""
    return random.dropout(input, p) if training and p else input


def root_dropout(input: Any, p: float, train: bool) -> Any:
    """`torch.dropout`."""
    return dropout(input, p, train)


def _whole_channels(name: str) -> Function:
    def call(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if not training or not p:
            return input
        shape = sizes(input)
        unbatched = name != "dropout1d" and len(shape) == {"dropout2d": 3, "dropout3d": 4}.get(name, 0)
        kept = 1 if unbatched or (name == "dropout1d" and len(shape) == 2) else 2
        return random.dropout(input, p, noise_shape=(*shape[:kept], *[1] * (len(shape) - kept)))

    return named(call, name, f"`F.{name}`: whole channels at once.")


dropout1d, dropout2d, dropout3d = (_whole_channels(f"dropout{n}d") for n in (1, 2, 3))
# What SELU tends to for large negative numbers.
_SATURATION = -1.7580993408473766


def _alpha(name: str, by_channel: bool) -> Function:
    def call(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
        if not training or not p:
            return input
        shape = sizes(input)
        shape = (*shape[:2], *[1] * (len(shape) - 2)) if by_channel else shape
        kept = ops.greater_equal(random.uniform(shape), p)
        scale = ((1 - p) * (1 + p * _SATURATION**2)) ** -0.5
        shift = -scale * p * _SATURATION
        return ops.add(ops.multiply(ops.where(kept, input, _SATURATION), scale), shift)

    return named(call, name, f"`F.{name}`: mean and variance stay.")


alpha_dropout, feature_alpha_dropout = _alpha("alpha_dropout", False), _alpha("feature_alpha_dropout", True)
