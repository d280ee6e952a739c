"""Pooling of `torch.nn.functional`."""

from __future__ import annotations

import math
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product
from lamina.vocabulary.torch.arguments import (
    Function,
    dtype_of,
    is_integral,
    known_size,
    refuse,
    sizes,
    static,
    tuple_of,
)
from lamina.vocabulary.torch.conv import batched, channels_first, channels_last, window_taps
from lamina.vocabulary.torch.indexing import scatter
from lamina.vocabulary.torch.notation import named
from lamina.vocabulary.torch.padding import constant

Widths = list[tuple[Any, Any]]


def _rest(size: Any, kernel: int, step: int, pad: int, rate: int) -> Any:
    """What has to follow the axis so that `ceil_mode` has its last window, which starts inside."""
    room = size + 2 * pad - rate * (kernel - 1) - 1
    count = -(-room // step) + 1
    if isinstance(count, int) and (count - 1) * step >= size + pad:
        count -= 1
    return _positive((count - 1) * step - room)


def _positive(n: Any) -> Any:
    return max(n, 0) if isinstance(n, int) else (n + abs(n)) // 2


class _Windows:
    """Where the windows of a pooling lie."""

    def __init__(self, axes: int, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> None:
        self.kernel = tuple_of(kernel, axes)
        stride = static(stride)
        self.steps = self.kernel if stride in (None, ()) else tuple_of(stride, axes)
        self.pads, self.rates = tuple_of(padding, axes), tuple_of(dilation, axes)

    def widths(self, x: Any, ceil_mode: bool) -> Widths:
        """The paddings of the positions of `x`, which are its last axes."""
        shape = sizes(x)[2:]
        if not ceil_mode:
            return [(p, p) for p in self.pads]
        rest = map(_rest, shape, self.kernel, self.steps, self.pads, self.rates)
        return [(p, p + r) for p, r in zip(self.pads, rest, strict=True)]


def _lowest(x: Any) -> float:
    return int(np.iinfo(dtype_of(x)).min) if is_integral(x) else -math.inf


def _max_pool(axes: int, with_indices: bool = False) -> Function:
    def call(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        windows = _Windows(axes, kernel_size, stride, padding, dilation)

        def pool(x: Any) -> Any:
            widths = windows.widths(x, ceil_mode)
            padded = constant(x, [(0, 0), (0, 0), *widths], _lowest(x)) if _any(widths) else x
            if return_indices or with_indices:
                return _greatest_and_places(x, padded, windows)
            if any(d > 1 for d in windows.rates):
                return _greatest(window_taps(padded, windows.kernel, windows.steps, windows.rates))
            return _pooled(ops.max_pool, padded, windows)

        return batched(pool, axes, input)

    name = f"max_pool{axes}d{'_with_indices' if with_indices else ''}"
    return named(call, name, f"`F.{name}`.")


def _any(widths: Widths) -> bool:
    return any(not isinstance(n, int) or n for pair in widths for n in pair)


def _greatest(taps: list[Any]) -> Any:
    total = taps[0]
    for tap in taps[1:]:
        total = ops.maximum(total, tap)
    return total


def _pooled(pool: Any, x: Any, windows: _Windows) -> Any:
    options = {"strides": windows.steps, "padding": "valid", "data_format": "channels_last"}
    return channels_first(pool(channels_last(x), windows.kernel, **options))


def _greatest_and_places(x: Any, padded: Any, windows: _Windows) -> tuple[Any, Any]:
    """The greatest of each window, and its place in the flattened positions of `x`, as int64."""
    taps = ops.stack(window_taps(padded, windows.kernel, windows.steps, windows.rates), axis=-1)
    number = ops.cast(ops.argmax(taps, axis=-1), "int32")
    counts, shape = sizes(number)[2:], sizes(x)[2:]
    place: Any = 0
    stride: Any = 1
    for axis in reversed(range(len(shape))):
        first = ops.subtract(
            ops.multiply(ops.arange(counts[axis], dtype="int32"), windows.steps[axis]), windows.pads[axis]
        )
        first = ops.reshape(first, (-1, *[1] * (len(shape) - axis - 1)))
        within = ops.multiply(ops.mod(number, windows.kernel[axis]), windows.rates[axis])
        place = ops.add(ops.multiply(ops.add(first, within), stride), place)
        number = ops.floor_divide(number, windows.kernel[axis])
        stride = stride * shape[axis]
    return ops.max(taps, axis=-1), ops.cast(place, "int64")


max_pool1d, max_pool2d, max_pool3d = (_max_pool(n) for n in (1, 2, 3))


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = (
    _max_pool(n, with_indices=True) for n in (1, 2, 3)
)


def _max_unpool(axes: int) -> Function:
    def call(
        input: Any,
        indices: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Any:
        windows = _Windows(axes, kernel_size, stride, padding)
        lead, have = sizes(input)[:-axes], sizes(input)[-axes:]
        shape = _unpooled(have, windows) if output_size is None else static(output_size)[-axes:]
        flat = ops.zeros((*lead, product(shape)), dtype=dtype_of(input))
        places, values = (ops.reshape(x, (*lead, product(have))) for x in (indices, input))
        return ops.reshape(scatter(flat, -1, places, values), (*lead, *shape))

    return named(call, f"max_unpool{axes}d", f"`F.max_unpool{axes}d`: the inverse, with zeros between.")


def _unpooled(shape: Any, windows: _Windows) -> tuple[Any, ...]:
    each = zip(shape, windows.kernel, windows.steps, windows.pads, strict=True)
    return tuple((n - 1) * step - 2 * pad + kernel for n, kernel, step, pad in each)


max_unpool1d, max_unpool2d, max_unpool3d = map(_max_unpool, (1, 2, 3))


def _avg_pool(axes: int) -> Function:
    def call(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Any:
        windows = _Windows(axes, kernel_size, stride, padding)
        extent = math.prod(windows.kernel)

        def pool(x: Any) -> Any:
            widths: Widths = [(0, 0), (0, 0), *windows.widths(x, ceil_mode)]
            mean = _pooled(ops.average_pool, constant(x, widths, 0) if _any(widths) else x, windows)
            if divisor_override is not None:
                return ops.multiply(mean, extent / divisor_override)
            if not ceil_mode and (count_include_pad or not any(windows.pads)):
                return mean
            return ops.divide(mean, _share(x, widths, windows, count_include_pad))

        return batched(pool, axes, input)

    return named(call, f"avg_pool{axes}d", f"`F.avg_pool{axes}d`.")


def _share(x: Any, widths: Widths, windows: _Windows, count_pads: bool) -> Any:
    """Which share of each window counts: the padding may, what `ceil_mode` adds does not."""
    ones = ops.ones_like(x[:1, :1])
    inner: Widths = [(0, 0), (0, 0), *((p, p) if count_pads else (0, 0) for p in windows.pads)]
    ones = constant(ones, inner, 1) if _any(inner) else ones
    outer = [(a - c, b - d) for (a, b), (c, d) in zip(widths, inner, strict=True)]
    return _pooled(ops.average_pool, constant(ones, outer, 0) if _any(outer) else ones, windows)


avg_pool1d, avg_pool2d, avg_pool3d = (_avg_pool(n) for n in (1, 2, 3))


def _lp_pool(axes: int) -> Function:
    def call(
        input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> Any:
        windows = _Windows(axes, kernel_size, stride, 0)
        pool = _avg_pool(axes)
        mean = pool(ops.power(input, norm_type), kernel_size, stride, 0, ceil_mode)
        return ops.power(ops.multiply(mean, float(math.prod(windows.kernel))), 1.0 / norm_type)

    return named(call, f"lp_pool{axes}d", f"`F.lp_pool{axes}d`: the norm of each window.")


lp_pool1d, lp_pool2d, lp_pool3d = (_lp_pool(n) for n in (1, 2, 3))


def _bins(size: int, count: int) -> list[tuple[int, int]]:
    """Where each of `count` parts of an axis starts and ends; parts may overlap."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def _wanted(x: Any, output_size: Any, axes: int) -> list[int | None]:
    return [
        None if isinstance(have, int) and want == have else want
        for have, want in zip(sizes(x)[2:], tuple_of(output_size, axes), strict=True)
    ]


def _adaptive(axes: int, kind: str) -> Function:
    reduce = ops.mean if kind == "avg" else ops.max
    name = f"adaptive_{kind}_pool{axes}d"

    def call(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        if return_indices:
            refuse(f"nn.functional.{name}", "return_indices=True", "use torch.max over the positions")

        def pool(x: Any) -> Any:
            for axis, count in enumerate(_wanted(x, output_size, axes), start=2):
                x = x if count is None else _along_axis(x, axis, count)
            return x

        return batched(pool, axes, input)

    def _along_axis(x: Any, axis: int, count: int) -> Any:
        if count == 1:
            return reduce(x, axis=axis, keepdims=True)
        parts = [
            reduce(x[(*[slice(None)] * axis, slice(start, end))], axis=axis)
            for start, end in _bins(known_size(f"nn.functional.{name}", x, axis), count)
        ]
        return ops.stack(parts, axis=axis)

    return named(call, name, f"`F.{name}`.")


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (_adaptive(n, "avg") for n in (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (_adaptive(n, "max") for n in (1, 2, 3))
