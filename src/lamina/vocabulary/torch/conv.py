"""Convolutions of `torch.nn.functional`: channels in axis 1, groups, dilation and explicit paddings.

They are computed with the channels last, which every backend has on every device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product
from lamina.vocabulary.torch.arguments import Function, rank, refuse, sizes, static, tuple_of
from lamina.vocabulary.torch.notation import named
from lamina.vocabulary.torch.padding import constant

Numbers = Sequence[int]


def channels_last(x: Any) -> Any:
    """Axis 1 moved to the end."""
    return ops.moveaxis(x, 1, -1)


def channels_first(x: Any) -> Any:
    """The last axis moved to place 1."""
    return ops.moveaxis(x, -1, 1)


def batched(function: Function, axes: int, input: Any) -> Any:
    """`function` of a batch; a single sample is made one and taken out again."""
    if rank(input) != axes + 1:
        return function(input)
    found = function(ops.expand_dims(input, axis=0))
    if isinstance(found, tuple):
        return tuple(ops.squeeze(part, axis=0) for part in found)
    return ops.squeeze(found, axis=0)


def _widths(padding: Any, kernel: Numbers, dilation: Numbers, stride: Numbers) -> list[tuple[int, int]]:
    axes = len(kernel)
    if padding == "valid":
        return [(0, 0)] * axes
    if padding == "same":
        if any(s != 1 for s in stride):
            refuse("nn.functional.conv", "padding='same' with a stride", "give numbers for the padding")
        total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [(n // 2, n - n // 2) for n in total]
    return [(n, n) for n in tuple_of(padding, axes)]


def _with_bias(x: Any, bias: Any) -> Any:
    """Channels last, with the bias, and back to channels in axis 1."""
    return channels_first(x if bias is None else ops.add(x, bias))


def _convolution(axes: int) -> Function:
    def call(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        steps, rates = tuple_of(stride, axes), tuple_of(dilation, axes)
        kernel = tuple(sizes(weight)[2:])
        widths = _widths(static(padding), kernel, rates, steps)

        def convolve(x: Any) -> Any:
            found = _strided(_padded(channels_last(x), widths), _last(weight), steps, rates)
            return _with_bias(found, bias)

        return batched(convolve, axes, input)

    return named(call, f"conv{axes}d", f"`F.conv{axes}d`.")


def _strided(x: Any, kernel: Any, steps: Numbers, rates: Numbers) -> Any:
    """A convolution without padding; not every backend takes strides and dilations at once."""
    if any(s > 1 for s in steps) and any(d > 1 for d in rates):
        found = ops.conv(
            x, kernel, strides=1, padding="valid", data_format="channels_last", dilation_rate=rates
        )
        return found[(slice(None), *(slice(None, None, s) for s in steps))]
    options = {"dilation_rate": tuple(rates)} if any(d > 1 for d in rates) else {}
    return ops.conv(x, kernel, strides=tuple(steps), padding="valid", data_format="channels_last", **options)


def _last(weight: Any) -> Any:
    """(out, in, *kernel) as (*kernel, in, out)."""
    axes = rank(weight) - 2
    return ops.transpose(weight, axes=(*range(2, axes + 2), 1, 0))


def _padded(x: Any, widths: Sequence[tuple[Any, Any]]) -> Any:
    """The positions of a tensor with its channels last, with zeros around them."""
    return constant(x, [(0, 0), *widths, (0, 0)], 0) if any(map(any, widths)) else x


conv1d, conv2d, conv3d = (_convolution(n) for n in (1, 2, 3))


def _spread(x: Any, axis: int, step: int) -> Any:
    """The positions of an axis apart by `step`, with zeros between."""
    if step == 1:
        return x
    shape = sizes(x)
    wide = ops.expand_dims(x, axis=axis + 1)
    widths = [(0, 0)] * (len(shape) + 1)
    widths[axis + 1] = (0, step - 1)
    merged = ops.reshape(
        ops.pad(wide, tuple(widths)), (*shape[:axis], shape[axis] * step, *shape[axis + 1 :])
    )
    key = [slice(None)] * len(shape)
    key[axis] = slice(0, shape[axis] * step - (step - 1))
    return merged[tuple(key)]


def _flipped(weight: Any, groups: int) -> Any:
    """The kernel of a transposed convolution as that of a plain one: (*kernel, in / groups, out)."""
    shape = sizes(weight)
    axes = len(shape) - 2
    parts = ops.reshape(weight, (groups, shape[0] // groups, *shape[1:]))
    merged = ops.transpose(parts, axes=(*range(3, axes + 3), 1, 0, 2))
    merged = ops.reshape(merged, (*shape[2:], shape[0] // groups, groups * shape[1]))
    return ops.flip(merged, axis=tuple(range(axes)))


def _transposed(axes: int) -> Function:
    def call(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Any:
        steps, rates = tuple_of(stride, axes), tuple_of(dilation, axes)
        reach = [d * (k - 1) for k, d in zip(sizes(weight)[2:], rates, strict=True)]
        extra = tuple_of(output_padding, axes)
        widths = [(n - p, n - p + e) for n, p, e in zip(reach, tuple_of(padding, axes), extra, strict=True)]

        def convolve(x: Any) -> Any:
            x = channels_last(x)
            for axis, step in enumerate(steps, start=1):
                x = _spread(x, axis, step)
            found = _strided(_fitted(x, widths), _flipped(weight, groups), (1,) * axes, rates)
            return _with_bias(found, bias)

        return batched(convolve, axes, input)

    return named(call, f"conv_transpose{axes}d", f"`F.conv_transpose{axes}d`.")


def _fitted(x: Any, widths: Sequence[tuple[int, int]]) -> Any:
    """Padded, or cut where a width is negative."""
    cuts = [slice(-a if a < 0 else None, b if b < 0 else None) for a, b in widths]
    x = x if all(c == slice(None) for c in cuts) else x[(slice(None), *cuts)]
    return _padded(x, [(max(a, 0), max(b, 0)) for a, b in widths])


conv_transpose1d, conv_transpose2d, conv_transpose3d = (_transposed(n) for n in (1, 2, 3))


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """`F.unfold`: each window as a column."""
    (rows, columns), rates = tuple_of(kernel_size, 2), tuple_of(dilation, 2)
    pads, steps = tuple_of(padding, 2), tuple_of(stride, 2)

    def columns_of(x: Any) -> Any:
        x = ops.pad(x, ((0, 0), (0, 0), *((n, n) for n in pads))) if any(pads) else x
        shape = sizes(x)
        taps = window_taps(x, (rows, columns), steps, rates)
        stacked = ops.stack(taps, axis=2)
        return ops.reshape(stacked, (shape[0], shape[1] * rows * columns, product(sizes(taps[0])[2:])))

    return batched(columns_of, 2, input)


def window_taps(x: Any, kernel: Numbers, steps: Numbers, rates: Numbers) -> list[Any]:
    """For each place in the window, what all windows have there; positions are the last axes of `x`."""
    shape = sizes(x)[2:]
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(shape, kernel, steps, rates, strict=True)]
    places: list[tuple[int, ...]] = [()]
    for k in kernel:
        places = [(*p, i) for p in places for i in range(k)]
    taps = []
    for place in places:
        starts = [i * d for i, d in zip(place, rates, strict=True)]
        keys = [slice(a, a + (c - 1) * s + 1, s) for a, c, s in zip(starts, counts, steps, strict=True)]
        taps.append(x[(slice(None), slice(None), *keys)])
    return taps


def fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """`F.fold`: columns put back as windows, and added up where they overlap."""
    (height, width), kernel = tuple_of(output_size, 2), tuple_of(kernel_size, 2)
    rates, pads, steps = (tuple_of(v, 2) for v in (dilation, padding, stride))
    full = [n + 2 * p for n, p in zip((height, width), pads, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, rates, strict=True)]
    counts = [(n - r) // s + 1 for n, r, s in zip(full, reach, steps, strict=True)]

    def image_of(x: Any) -> Any:
        shape = sizes(x)
        taps = ops.reshape(x, (shape[0], shape[1] // product(kernel), *kernel, *counts))
        total: Any = None
        for i in range(kernel[0]):
            for j in range(kernel[1]):
                part = _placed(taps[:, :, i, j], (i * rates[0], j * rates[1]), steps, full)
                total = part if total is None else ops.add(total, part)
        return total[:, :, pads[0] : pads[0] + height, pads[1] : pads[1] + width]

    return batched(image_of, 1, input)


def _placed(tap: Any, start: Numbers, steps: Numbers, full: Numbers) -> Any:
    for axis, step in enumerate(steps, start=2):
        tap = _spread(tap, axis, step)
    extent = sizes(tap)[2:]
    widths = [(a, n - a - m) for a, n, m in zip(start, full, extent, strict=True)]
    return ops.pad(tap, ((0, 0), (0, 0), *widths))


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """`F.pixel_shuffle`: channels become positions."""
    r, shape = upscale_factor, sizes(input)
    *lead, channels, height, width = shape
    count = len(lead)
    split = ops.reshape(input, (*lead, channels // (r * r), r, r, height, width))
    order = (*range(count), count, count + 3, count + 1, count + 4, count + 2)
    moved = ops.transpose(split, axes=order)
    return ops.reshape(moved, (*lead, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """`F.pixel_unshuffle`: positions become channels."""
    r, shape = downscale_factor, sizes(input)
    *lead, channels, height, width = shape
    count = len(lead)
    split = ops.reshape(input, (*lead, channels, height // r, r, width // r, r))
    order = (*range(count), count, count + 2, count + 4, count + 1, count + 3)
    moved = ops.transpose(split, axes=order)
    return ops.reshape(moved, (*lead, channels * r * r, height // r, width // r))


def channel_shuffle(input: Any, groups: int) -> Any:
    """`F.channel_shuffle`."""
    shape = sizes(input)
    split = ops.reshape(input, (shape[0], groups, shape[1] // groups, *shape[2:]))
    return ops.reshape(ops.swapaxes(split, 1, 2), shape)
