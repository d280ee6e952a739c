"""Products of tensors: `batch_dot` and locally connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.config import layout
from lamina.vocabulary.keras_backend.shapes import StaticShape, product, sizes, static_shape

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """`K.batch_dot`: for each sample, sum `x * y` over one axis of each.

    Args:
        x: Tensor of at least two axes, the first being the batch.
        y: The same.
        axes: The axis of both, or a pair of axes; by default the last of `x` and the last but
            one of `y` (the last, if `y` has two axes).

    Returns:
        The other axes of `x`, then those of `y`; `(batch, 1)` if none is left.

    Example:
        >>> from lamina import backend as K
        >>> K.int_shape(K.batch_dot(K.ones((4, 2, 3)), K.ones((4, 5, 3)), axes=(2, 2)))
        (4, 2, 5)
    """
    x_shape, y_shape = static_shape(x), static_shape(y)
    a, b = _batch_dot_axes(x_shape, y_shape, axes)
    _check_batch_dot(x_shape, y_shape, a, b)
    x_letters = list(_LETTERS[: len(x_shape)])
    y_letters = list(_LETTERS[len(x_shape) : len(x_shape) + len(y_shape)])
    y_letters[0], y_letters[b] = x_letters[0], x_letters[a]
    rest = [n for axis, n in enumerate(x_letters) if axis != a] + [
        n for axis, n in enumerate(y_letters) if axis not in (0, b)
    ]
    result = ops.einsum(f"{''.join(x_letters)},{''.join(y_letters)}->{''.join(rest)}", x, y)
    return ops.expand_dims(result, axis=1) if len(rest) == 1 else result


def _batch_dot_axes(x_shape: StaticShape, y_shape: StaticShape, axes: Any) -> tuple[int, int]:
    x_rank, y_rank = len(x_shape), len(y_shape)
    if x_rank < 2 or y_rank < 2:
        raise ArgumentError(
            f"K.batch_dot needs a batch axis and one more, received shapes {x_shape} and {y_shape}"
        )
    if axes is None:
        axes = (x_rank - 1, y_rank - 1 if y_rank == 2 else y_rank - 2)
    pair = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if len(pair) != 2 or not all(isinstance(axis, int) for axis in pair):
        raise ArgumentError(
            f"K.batch_dot sums over one axis of each tensor, received axes={axes!r}; see ops.einsum"
        )
    return pair[0] % x_rank if pair[0] < 0 else pair[0], pair[1] % y_rank if pair[1] < 0 else pair[1]


def _check_batch_dot(x_shape: StaticShape, y_shape: StaticShape, a: int, b: int) -> None:
    if 0 in (a, b):
        raise ArgumentError("K.batch_dot cannot sum over the batch axis 0; add one with K.expand_dims(x, 0)")
    for name, m, n in (
        ("batch sizes", x_shape[0], y_shape[0]),
        (f"axes {a} and {b}", x_shape[a], y_shape[b]),
    ):
        if m is not None and n is not None and m != n:
            raise ArgumentError(
                f"K.batch_dot: {name} differ ({m} and {n}) for shapes {x_shape} and {y_shape}"
            )


def local_conv(
    inputs: Any,
    kernel: Any,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    output_shape: Sequence[int],
    data_format: str | None = None,
) -> Any:
    """`K.local_conv`: a convolution with a kernel of its own at each place.

    Args:
        inputs: Tensor of one or two spatial axes.
        kernel: Shape `(places, kernel_size * channels, filters)`.
        kernel_size: Window, one size per spatial axis.
        strides: Step, one per spatial axis.
        output_shape: Places per spatial axis.
        data_format: `channels_last` or `channels_first`.
    """
    first = layout(data_format) == "channels_first"
    spatial = len(output_shape)
    windows = [_taps(inputs, offset, strides, output_shape, first) for offset in _offsets(kernel_size)]
    # Keras 2 numbers the features of a window in the order of the layout.
    stacked = ops.stack(windows, axis=2 if first else spatial + 1)
    if first:
        stacked = ops.moveaxis(stacked, (1, 2), (-2, -1))
    patches = ops.reshape(stacked, (-1, product(output_shape), static_shape(kernel)[1]))
    result = ops.einsum("bpf,pfo->bpo", patches, kernel)
    result = ops.reshape(result, (-1, *output_shape, sizes(kernel)[-1]))
    return ops.moveaxis(result, -1, 1) if first else result


def _offsets(kernel_size: Sequence[int]) -> list[tuple[int, ...]]:
    offsets: list[tuple[int, ...]] = [()]
    for size in kernel_size:
        offsets = [(*offset, i) for offset in offsets for i in range(size)]
    return offsets


def _taps(
    inputs: Any, offset: Sequence[int], strides: Sequence[int], counts: Sequence[int], first: bool
) -> Any:
    window = [
        slice(i, i + (count - 1) * stride + 1, stride)
        for i, stride, count in zip(offset, strides, counts, strict=False)
    ]
    lead = (slice(None), slice(None)) if first else (slice(None),)
    return inputs[(*lead, *window)]


def local_conv1d(
    inputs: Any,
    kernel: Any,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    data_format: str | None = None,
) -> Any:
    """`K.local_conv1d`: `local_conv` over one axis, with as many places as the kernel has."""
    places = static_shape(kernel)[0]
    if places is None:
        raise ArgumentError("K.local_conv1d needs a kernel of known size")
    return local_conv(inputs, kernel, kernel_size, strides, (places,), data_format)
