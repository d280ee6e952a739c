"""Convolutions and pooling with Keras 2's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.config import layout
from lamina.vocabulary.keras_backend.images import temporal_padding
from lamina.vocabulary.keras_backend.shapes import sizes, static_shape


def _numbers(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _options(strides: Any, padding: str, data_format: str | None, dilation_rate: Any) -> dict[str, Any]:
    if padding not in ("same", "valid"):
        raise ArgumentError(f"padding is 'same' or 'valid', received {padding!r}")
    return {
        "strides": _numbers(strides),
        "padding": padding,
        "data_format": layout(data_format),
        "dilation_rate": _numbers(dilation_rate),
    }


def conv1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """`K.conv1d`; `padding="causal"` lets no output see a later input."""
    if padding == "causal":
        rate = dilation_rate if isinstance(dilation_rate, int) else dilation_rate[0]
        x, padding = temporal_padding(x, (rate * (sizes(kernel)[0] - 1), 0)), "valid"
    return ops.conv(x, kernel, **_options(strides, padding, data_format, dilation_rate))


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """`K.conv2d`, with a kernel of shape `(rows, columns, channels, filters)`."""
    return ops.conv(x, kernel, **_options(strides, padding, data_format, dilation_rate))


def conv3d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Any:
    """`K.conv3d`."""
    return ops.conv(x, kernel, **_options(strides, padding, data_format, dilation_rate))


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """`K.depthwise_conv2d`."""
    return ops.depthwise_conv(x, depthwise_kernel, **_options(strides, padding, data_format, dilation_rate))


def separable_conv1d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """`K.separable_conv1d`."""
    options = _options(strides, padding, data_format, dilation_rate)
    return ops.separable_conv(x, depthwise_kernel, pointwise_kernel, **options)


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """`K.separable_conv2d`."""
    options = _options(strides, padding, data_format, dilation_rate)
    return ops.separable_conv(x, depthwise_kernel, pointwise_kernel, **options)


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Sequence[Any],
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """`K.conv2d_transpose` to the spatial sizes of `output_shape`, which must be known."""
    return _conv_transpose(x, kernel, output_shape, _options(strides, padding, data_format, dilation_rate))


def conv3d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Sequence[Any],
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """`K.conv3d_transpose` to the spatial sizes of `output_shape`, which must be known."""
    return _conv_transpose(x, kernel, output_shape, _options(strides, padding, data_format, (1, 1, 1)))


def _conv_transpose(x: Any, kernel: Any, output_shape: Sequence[Any], options: dict[str, Any]) -> Any:
    """Transposed convolution in full, cut to what a forward convolution would have read.

    TensorFlow finds the padding from `output_shape`: a forward convolution of that size, with the
    same padding, gives the size of `x`.
    """
    first = 2 if options["data_format"] == "channels_first" else 1
    spatial = slice(first, first + len(options["strides"]))
    before, wanted = _known(static_shape(x), spatial), _known(output_shape, spatial)
    window = [
        (k - 1) * rate + 1
        for k, rate in zip(_known(static_shape(kernel), slice(-2)), options["dilation_rate"], strict=True)
    ]
    full = [(n - 1) * stride + k for n, stride, k in zip(before, options["strides"], window, strict=True)]
    same = options["padding"] == "same"
    cuts = [_cut(have, want, same) for have, want in zip(full, wanted, strict=True)]
    result = ops.conv_transpose(x, kernel, **options | {"padding": "valid", "output_padding": 0})
    return _cropped(result, cuts, first)


def _known(shape: Sequence[Any], spatial: slice) -> list[int]:
    wanted = list(shape)[spatial]
    try:
        return [int(n) for n in wanted]
    except (TypeError, ValueError):
        raise ArgumentError(
            f"a transposed convolution needs known spatial sizes, received {wanted}; "
            "write ops.conv_transpose(x, kernel, strides, padding) for sizes that are not known"
        ) from None


def _cut(have: int, want: int, same: bool) -> tuple[int, int, int]:
    """First element kept, last one kept, zeros to append."""
    start = max(have - want, 0) // 2 if same else 0
    return start, min(start + want, have), max(start + want - have, 0)


def _cropped(x: Any, cuts: Sequence[Any], first: int) -> Any:
    after = len(x.shape) - first - len(cuts)
    x = x[(*[slice(None)] * first, *(slice(start, stop) for start, stop, _ in cuts))]
    if not any(zeros for *_, zeros in cuts):
        return x
    return ops.pad(x, (*[(0, 0)] * first, *((0, zeros) for *_, zeros in cuts), *[(0, 0)] * after))


def _pool(x: Any, pool_size: Any, strides: Any, padding: str, data_format: Any, pool_mode: str) -> Any:
    if pool_mode not in ("max", "avg"):
        raise ArgumentError(f"pool_mode is 'max' or 'avg', received {pool_mode!r}")
    options = _options(strides, padding, data_format, None)
    del options["dilation_rate"]
    if pool_mode == "max":
        return ops.max_pool(x, pool_size=_numbers(pool_size), **options)
    if padding == "same":
        return _average_same(x, _numbers(pool_size), options)
    return ops.average_pool(x, pool_size=_numbers(pool_size), **options)


def _average_same(x: Any, pool_size: Any, options: dict[str, Any]) -> Any:
    """Average pooling whose padding does not count, written out where Keras does not agree.

    Keras 3 on PyTorch repeats the border where the padding is uneven.
    """
    first = 2 if options["data_format"] == "channels_first" else 1
    known = static_shape(x)[first : first + len(pool_size)]
    pads = [_same_padding(*each) for each in zip(known, pool_size, options["strides"], strict=True)]
    if None in known or all(before == after for before, after in pads):
        return ops.average_pool(x, pool_size=pool_size, **options)
    lead, tail = [(0, 0)] * first, [(0, 0)] * (2 - first)
    options |= {"padding": "valid", "pool_size": pool_size}
    total = ops.average_pool(ops.pad(x, (*lead, *pads, *tail)), **options)
    ones = ops.ones((*[1] * first, *known, *[1] * len(tail)))
    return ops.divide(total, ops.average_pool(ops.pad(ones, (*lead, *pads, *tail)), **options))


def _same_padding(size: int | None, window: int, stride: int) -> tuple[int, int]:
    total = 0 if size is None else max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """`K.pool2d`: the largest element or the mean of each window; by default windows overlap."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """`K.pool3d`: the largest element or the mean of each window; by default windows overlap."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)
