"""Convolutions, pooling, and the blocks that move between space, depth and batch."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.conv import _conv_transpose
from lamina.vocabulary.keras_backend.shapes import product, rank
from lamina.vocabulary.tensorflow.arguments import numbers, operand, refuse, static


def _layout(data_format: str | None) -> str:
    return "channels_first" if data_format and data_format.upper().startswith("NC") else "channels_last"


def _spatial(value: Any, axes: int, first: bool) -> Any:
    """The spatial entries of strides, window sizes or dilations, which may count all axes."""
    value = static(value)
    if value is None or isinstance(value, int):
        return 1 if value is None else value
    if len(value) == axes + 2:
        return value[2:] if first else value[1:-1]
    return value if len(value) == axes else value[0]


def _padded(x: Any, padding: Any) -> tuple[Any, str]:
    """The input and the name of the padding; explicit paddings are zeros around the input."""
    if isinstance(padding, str):
        return x, padding.lower()
    return ops.pad(x, static(padding)), "valid"


def _options(axes: int, strides: Any, data_format: str | None, dilations: Any) -> dict[str, Any]:
    layout = _layout(data_format)
    first = layout == "channels_first"
    options = {"strides": _spatial(strides, axes, first), "data_format": layout}
    rate = _spatial(dilations, axes, first)
    return (
        options
        if rate == 1 or set(rate if isinstance(rate, tuple) else (rate,)) == {1}
        else options | {"dilation_rate": rate}
    )


def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.convolution`, and `tf.nn.conv1d`, `conv2d` and `conv3d`."""
    x, padding = _padded(operand(input), padding)
    return ops.conv(
        x, operand(filters), padding=padding, **_options(rank(x) - 2, strides, data_format, dilations)
    )


def convolution_v1(
    input: Any,
    filter: Any,
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    data_format: Any = None,
) -> Any:
    """`tf.nn.convolution` of TensorFlow 1: padding before strides."""
    return convolution(input, filter, strides, padding, data_format, dilation_rate)


def conv1d(
    input: Any,
    filters: Any,
    stride: Any = 1,
    padding: Any = "VALID",
    data_format: Any = "NWC",
    dilations: Any = None,
) -> Any:
    """`tf.nn.conv1d`."""
    return convolution(input, filters, stride, padding, data_format, dilations)


def conv2d_v1(
    input: Any,
    filter: Any,
    strides: Any = None,
    padding: Any = "VALID",
    use_cudnn_on_gpu: bool = True,
    data_format: Any = "NHWC",
    dilations: Any = None,
) -> Any:
    """`tf.nn.conv2d` of TensorFlow 1."""
    return convolution(input, filter, strides, padding, data_format, dilations)


def atrous_conv2d(value: Any, filters: Any, rate: Any, padding: Any) -> Any:
    """`tf.nn.atrous_conv2d`: a convolution with holes."""
    return convolution(value, filters, 1, padding, dilations=rate)


def depthwise_conv2d(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: Any = None, dilations: Any = None
) -> Any:
    """`tf.nn.depthwise_conv2d`."""
    x, padding = _padded(input, padding)
    return ops.depthwise_conv(x, filter, padding=padding, **_options(2, strides, data_format, dilations))


def depthwise_conv2d_v1(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.depthwise_conv2d` of TensorFlow 1: the rate before the layout."""
    return depthwise_conv2d(
        input, filter, strides, padding, data_format, rate if dilations is None else dilations
    )


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.separable_conv2d`."""
    deep = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return convolution(deep, pointwise_filter, 1, "VALID", data_format)


def separable_conv2d_v1(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.separable_conv2d` of TensorFlow 1: the rate before the layout."""
    rate = rate if dilations is None else dilations
    return separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, data_format, rate)


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.conv2d_transpose` and its relatives, to the known spatial sizes of `output_shape`."""
    axes = rank(input) - 2
    options = _options(axes, strides, data_format, dilations)
    for key in ("strides", "dilation_rate"):
        value = options.get(key, 1)
        options[key] = (value,) * axes if isinstance(value, int) else value
    shape = static(output_shape)
    if not isinstance(shape, tuple):
        refuse("nn.conv_transpose", "output_shape is a tensor", "give it as a list of numbers and sizes")
    if len(shape) == axes:
        first = options["data_format"] == "channels_first"
        shape = (None, None, *shape) if first else (None, *shape, None)
    return _conv_transpose(input, filters, shape, options | {"padding": padding.lower()})


def _pool(kind: str, x: Any, ksize: Any, strides: Any, padding: Any, data_format: Any) -> Any:
    axes, layout = rank(x) - 2, _layout(data_format)
    first = layout == "channels_first"
    if not isinstance(padding, str):
        refuse(f"nn.{kind}_pool", "explicit paddings", "pad with tf.pad first")
    size, step = _spatial(ksize, axes, first), _spatial(strides, axes, first)
    if kind == "max":
        return ops.max_pool(x, size, strides=step, padding=padding.lower(), data_format=layout)
    if padding.lower() == "valid" or _numbers(size, axes) == (1,) * axes:
        return ops.average_pool(x, size, strides=step, padding="valid", data_format=layout)
    return _average_same(x, _numbers(size, axes), _numbers(step, axes), layout)


def _numbers(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _average_same(x: Any, size: tuple[int, ...], step: tuple[int, ...], layout: str) -> Any:
    """The mean of what lies inside the image: not every backend leaves out the padding."""
    axes = len(size)
    first = 2 if layout == "channels_first" else 1
    pads = [
        _same_padding(n, k, s) for n, k, s in zip(ops.shape(x)[first : first + axes], size, step, strict=True)
    ]
    widths = (*[(0, 0)] * first, *pads, *[(0, 0)] * (2 - first))
    options = {"strides": step, "padding": "valid", "data_format": layout}
    total = ops.average_pool(ops.pad(x, widths), size, **options)
    return ops.divide(total, ops.average_pool(ops.pad(ops.ones_like(x), widths), size, **options))


def _same_padding(size: Any, window: int, step: int) -> tuple[Any, Any]:
    missing = (-(-size // step) - 1) * step + window - size
    missing = max(missing, 0) if isinstance(missing, int) else (missing + abs(missing)) // 2
    return missing // 2, missing - missing // 2


def max_pool(input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None) -> Any:
    """`tf.nn.max_pool`, and those with the number of axes in their name."""
    return _pool("max", operand(input), ksize, strides, padding, data_format)


def avg_pool(input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = None) -> Any:
    """`tf.nn.avg_pool`, and those with the number of axes in their name."""
    return _pool("avg", operand(input), ksize, strides, padding, data_format)


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.pool` without dilation."""
    if dilations is not None and set(static(dilations)) != {1}:
        refuse("nn.pool", "dilations", "use tf.image.extract_patches and a reduction")
    return _pool(pooling_type.lower(), operand(input), window_shape, strides, padding, data_format)


def pool_v1(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    padding: Any,
    dilation_rate: Any = None,
    strides: Any = None,
    data_format: Any = None,
) -> Any:
    """`tf.nn.pool` of TensorFlow 1: padding before strides."""
    return pool(input, window_shape, pooling_type, strides, padding, data_format, dilation_rate)


def depth_to_space(input: Any, block_size: Any, data_format: str = "NHWC") -> Any:
    """`tf.nn.depth_to_space`."""
    return ops.depth_to_space(operand(input), int(static(block_size)), data_format=_layout(data_format))


def space_to_depth(input: Any, block_size: Any, data_format: str = "NHWC") -> Any:
    """`tf.nn.space_to_depth`."""
    return ops.space_to_depth(operand(input), int(static(block_size)), data_format=_layout(data_format))


def _pairs(value: Any, function: str) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in numbers(value, function, "paddings or crops")]


def space_to_batch(input: Any, block_shape: Any, paddings: Any) -> Any:
    """`tf.space_to_batch`: blocks of the axes after the first become more batch."""
    x, blocks = operand(input), _blocks(block_shape, paddings)
    count = len(blocks)
    pads = _pairs(paddings, "space_to_batch")
    x = ops.pad(x, ((0, 0), *pads, *[(0, 0)] * (rank(x) - 1 - count)))
    sizes = ops.shape(x)
    split: list[Any] = [sizes[0]]
    for size, block in zip(sizes[1 : 1 + count], blocks, strict=True):
        split += [size // block, block]
    rest = range(1 + 2 * count, len(split) + len(sizes) - 1 - count)
    x = ops.reshape(x, (*split, *sizes[1 + count :]))
    x = ops.transpose(x, axes=(*range(2, 2 + 2 * count, 2), 0, *range(1, 1 + 2 * count, 2), *rest))
    inner = [size // block for size, block in zip(sizes[1 : 1 + count], blocks, strict=True)]
    return ops.reshape(x, (sizes[0] * product(blocks), *inner, *sizes[1 + count :]))


def batch_to_space(input: Any, block_shape: Any, crops: Any) -> Any:
    """`tf.batch_to_space`: the inverse of `space_to_batch`."""
    x, blocks = operand(input), _blocks(block_shape, crops)
    count, sizes = len(blocks), ops.shape(x)
    batch = sizes[0] // product(blocks)
    x = ops.reshape(x, (*blocks, batch, *sizes[1:]))
    order = [count]
    for axis in range(count):
        order += [count + 1 + axis, axis]
    x = ops.transpose(x, axes=(*order, *range(2 * count + 1, count + len(sizes))))
    merged = [size * block for size, block in zip(sizes[1 : 1 + count], blocks, strict=True)]
    x = ops.reshape(x, (batch, *merged, *sizes[1 + count :]))
    keys = [slice(a or None, -b or None) for a, b in _pairs(crops, "batch_to_space")]
    return x[(slice(None), *keys)] if any(k != slice(None) for k in keys) else x


def _blocks(block_shape: Any, paddings: Any) -> tuple[int, ...]:
    blocks: Any = numbers(block_shape, "space_to_batch", "block_shape")
    return (blocks,) * len(static(paddings)) if isinstance(blocks, int) else blocks


def space_to_batch_v1(input: Any, paddings: Any, block_size: Any = None, block_shape: Any = None) -> Any:
    """`tf.space_to_batch` of TensorFlow 1: paddings first."""
    return space_to_batch(input, block_size if block_shape is None else block_shape, paddings)


def batch_to_space_v1(input: Any, crops: Any, block_size: Any = None, block_shape: Any = None) -> Any:
    """`tf.batch_to_space` of TensorFlow 1: crops first."""
    return batch_to_space(input, block_size if block_shape is None else block_shape, crops)


def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    """`tf.image.extract_patches`: each window as one vector of channels."""
    size, step, rate = (_spatial(v, 2, False) for v in (sizes, strides, rates))
    window, rate = (
        size if isinstance(size, tuple) else (size, size),
        rate if isinstance(rate, int) else rate[0],
    )
    return ops.image.extract_patches(
        operand(images),
        window,
        strides=step,
        dilation_rate=rate,
        padding=padding.lower(),
        data_format="channels_last",
    )


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str = "VALID",
    sizes: Any = None,
) -> Any:
    """`tf.extract_image_patches` of TensorFlow 1."""
    return extract_patches(images, ksizes if sizes is None else sizes, strides, rates, padding)
