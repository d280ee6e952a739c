"""Convolutions and windows of `jax.lax`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import (
    dtype_of,
    is_constant,
    is_kind,
    operand,
    rank,
    refuse,
    shape_of,
    tensor,
)
from lamina.vocabulary.jax.lax import pad
from lamina.vocabulary.jax.reductions import highest, lowest

Pads = Sequence[tuple[int, int]]


def _numbers(spec: Any, axes: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The axes of (batch, channels, *space), (out, in, *space) and (batch, channels, *space)."""
    if spec is None:
        plain = tuple(range(axes + 2))
        return plain, plain, plain
    if hasattr(spec, "lhs_spec"):
        return tuple(spec.lhs_spec), tuple(spec.rhs_spec), tuple(spec.out_spec)
    lhs, rhs, out = spec
    if not isinstance(lhs, str):
        return tuple(lhs), tuple(rhs), tuple(out)
    space = [c for c in rhs if c not in "IO"]
    return (
        _places(lhs, "NC", space),
        _places(rhs, "OI", space),
        _places(out, "NC", space),
    )


def _places(spec: str, first: str, space: Sequence[str]) -> tuple[int, ...]:
    return tuple(spec.index(c) for c in (*first, *space))


class ConvDimensionNumbers(tuple[Any, ...]):
    """What `jax.lax.conv_dimension_numbers` returns: three orders of axes."""

    lhs_spec = property(lambda self: self[0])
    rhs_spec = property(lambda self: self[1])
    out_spec = property(lambda self: self[2])


def conv_dimension_numbers(lhs_shape: Any, rhs_shape: Any, dimension_numbers: Any) -> ConvDimensionNumbers:
    """`jax.lax.conv_dimension_numbers`."""
    return ConvDimensionNumbers(_numbers(dimension_numbers, len(lhs_shape) - 2))


def pads_of(padding: Any, sizes: Sequence[Any], window: Sequence[int], strides: Sequence[int]) -> Pads | None:
    """Explicit paddings; `None` where they are not known and Keras must find them."""
    if not isinstance(padding, str):
        return [(int(a), int(b)) for a, b in padding]
    mode = padding.upper()
    if mode == "VALID":
        return [(0, 0)] * len(window)
    if mode not in ("SAME", "SAME_LOWER"):
        refuse("lax", f"padding={padding!r}", "use 'SAME', 'SAME_LOWER', 'VALID' or pairs of numbers")
    if not all(isinstance(n, int) for n in sizes):
        if all(s == 1 for s in strides):
            return [_halves(k - 1, mode) for k in window]
        if mode == "SAME":
            return None
        refuse("lax", "SAME_LOWER on sizes that are not known", "give the layer an input of known size")
    return [
        _halves(max((-(-n // s) - 1) * s + k - n, 0), mode)
        for n, k, s in zip(sizes, window, strides, strict=True)
    ]


def _halves(total: int, mode: str) -> tuple[int, int]:
    small = total // 2
    return (small, total - small) if mode == "SAME" else (total - small, small)


def conv_general_dilated(
    lhs: Any,
    rhs: Any,
    window_strides: Any,
    padding: Any,
    lhs_dilation: Any = None,
    rhs_dilation: Any = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
    **other: Any,
) -> Any:
    """`jax.lax.conv_general_dilated`, in any order of axes, with groups and both dilations."""
    if batch_group_count != 1:
        refuse("lax.conv_general_dilated", "batch_group_count", "split the batch and convolve each part")
    x, kernel = tensor(lhs), tensor(rhs)
    axes = rank(x) - 2
    lhs_spec, rhs_spec, out_spec = _numbers(dimension_numbers, axes)
    x = _ordered(x, (lhs_spec[0], *lhs_spec[2:], lhs_spec[1]))
    kernel = _ordered(kernel, (*rhs_spec[2:], rhs_spec[1], rhs_spec[0]))
    if lhs_dilation is not None and any(d != 1 for d in lhs_dilation):
        x = pad(x, 0, [(0, 0, 0), *((0, 0, int(d) - 1) for d in lhs_dilation), (0, 0, 0)])
    result = _convolved(x, kernel, tuple(window_strides), padding, rhs_dilation, feature_group_count)
    back = [0] * (axes + 2)
    for place, axis in zip(
        (0, *range(1, axes + 1), axes + 1), (out_spec[0], *out_spec[2:], out_spec[1]), strict=True
    ):
        back[axis] = place
    result = _ordered(result, tuple(back))
    return result if preferred_element_type is None else tensor(result, preferred_element_type)


def _ordered(x: Any, order: tuple[int, ...]) -> Any:
    return x if order == tuple(range(len(order))) else ops.transpose(x, axes=order)


def _convolved(x: Any, kernel: Any, strides: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """A convolution of (batch, *space, channels) with (*space, in, out)."""
    axes = len(strides)
    rates = tuple(dilation) if dilation is not None else (1,) * axes
    window = [(shape_of(kernel)[a] - 1) * rates[a] + 1 for a in range(axes)]
    pads = pads_of(padding, shape_of(x)[1:-1], window, strides)
    mode = "same" if pads is None else "valid"
    if pads is not None and any(a or b for a, b in pads):
        if all(a >= 0 and b >= 0 for a, b in pads):
            x = ops.pad(x, ((0, 0), *pads, (0, 0)))
        else:
            x = pad(x, 0, [(0, 0, 0), *((a, b, 0) for a, b in pads), (0, 0, 0)])
    step = strides[0] if len(set(strides)) == 1 else strides
    rate = rates[0] if len(set(rates)) == 1 else rates
    options = {"strides": step, "padding": mode, "data_format": "channels_last", "dilation_rate": rate}
    if groups == 1:
        return ops.conv(x, kernel, **options)
    parts = zip(ops.split(x, groups, axis=-1), ops.split(kernel, groups, axis=-1), strict=True)
    return ops.concatenate([ops.conv(a, k, **options) for a, k in parts], axis=-1)


def conv(
    lhs: Any,
    rhs: Any,
    window_strides: Any,
    padding: Any,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """`jax.lax.conv`: channels first."""
    return conv_general_dilated(
        lhs, rhs, window_strides, padding, preferred_element_type=preferred_element_type
    )


def conv_with_general_padding(
    lhs: Any, rhs: Any, window_strides: Any, padding: Any, lhs_dilation: Any, rhs_dilation: Any, precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:  # fmt: skip
    """`jax.lax.conv_with_general_padding`: channels first."""
    return conv_general_dilated(lhs, rhs, window_strides, padding, lhs_dilation, rhs_dilation)


def conv_transpose(
    lhs: Any,
    rhs: Any,
    strides: Any,
    padding: Any,
    rhs_dilation: Any = None,
    dimension_numbers: Any = None,
    transpose_kernel: bool = False,
    precision: Any = None,
    preferred_element_type: Any = None,
    use_consistent_padding: bool = False,
) -> Any:
    """`jax.lax.conv_transpose`: the channels last unless told otherwise."""
    x, kernel = tensor(lhs), tensor(rhs)
    axes = rank(x) - 2
    letters = "DHW"[3 - axes :]
    numbers = dimension_numbers or (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    _, rhs_spec, _ = _numbers(numbers, axes)
    rates = (1,) * axes if rhs_dilation is None else tuple(rhs_dilation)
    window = [(shape_of(kernel)[a] - 1) * r + 1 for a, r in zip(rhs_spec[2:], rates, strict=True)]
    pads = padding
    if isinstance(padding, str):
        pads = [_transposed_pads(k, s, padding.upper()) for k, s in zip(window, strides, strict=True)]
    if transpose_kernel:
        kernel = ops.flip(kernel, axis=tuple(rhs_spec[2:]))
        kernel = ops.swapaxes(kernel, rhs_spec[0], rhs_spec[1])
    return conv_general_dilated(x, kernel, (1,) * axes, pads, strides, rates, numbers)


def _transposed_pads(window: int, stride: int, mode: str) -> tuple[int, int]:
    if mode == "SAME":
        total = window + stride - 2
        before = window - 1 if stride > window - 1 else math.ceil(total / 2)
    else:
        total = window + stride - 2 + max(window - stride, 0)
        before = window - 1
    return before, total - before


def conv_general_dilated_patches(
    lhs: Any,
    filter_shape: Any,
    window_strides: Any,
    padding: Any,
    lhs_dilation: Any = None,
    rhs_dilation: Any = None,
    dimension_numbers: Any = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Any:
    """`jax.lax.conv_general_dilated_patches`: each window as channels, the input's channels first."""
    x = tensor(lhs)
    axes = rank(x) - 2
    lhs_spec, rhs_spec, _ = _numbers(dimension_numbers, axes)
    channels, count = shape_of(x)[lhs_spec[1]], math.prod(filter_shape)
    kernel = ops.reshape(ops.eye(count, dtype=dtype_of(x)), (*filter_shape, 1, count))
    kernel = ops.tile(kernel, (*(1,) * (axes + 1), channels))
    back = [0] * (axes + 2)
    for place, axis in enumerate((*rhs_spec[2:], rhs_spec[1], rhs_spec[0])):
        back[axis] = place
    return conv_general_dilated(
        x, ops.transpose(kernel, axes=tuple(back)), window_strides, padding, lhs_dilation, rhs_dilation,
        dimension_numbers, channels,
    )  # fmt: skip


Reducer = tuple[Callable[..., Any], Callable[..., Any], float]
_REDUCERS: Mapping[str, Reducer] = {
    "add": (ops.sum, ops.add, 0.0),
    "sum": (ops.sum, ops.add, 0.0),
    "mul": (ops.prod, ops.multiply, 1.0),
    "multiply": (ops.prod, ops.multiply, 1.0),
    "max": (ops.max, ops.maximum, -math.inf),
    "maximum": (ops.max, ops.maximum, -math.inf),
    "min": (ops.min, ops.minimum, math.inf),
    "minimum": (ops.min, ops.minimum, math.inf),
}


_PREFIXES = ("lax.", "numpy.")


def reducer(function: str, computation: Any) -> Reducer:
    """The reduction that a function of two numbers stands for.

    Raises:
        CaptureError: It is none of those that are known.
    """
    from lamina.vocabulary.jax import TABLE

    known = {id(TABLE[p + n]): found for n, found in _REDUCERS.items() for p in _PREFIXES if p + n in TABLE}
    if id(computation) not in known:
        name = getattr(computation, "__name__", repr(computation))
        refuse(function, f"the computation {name}", "use jax.lax.add, mul, max or min")
    return known[id(computation)]


def reduce_window(
    operand: Any,
    init_value: Any,
    computation: Any,
    window_dimensions: Any,
    window_strides: Any = None,
    padding: Any = "VALID",
    base_dilation: Any = None,
    window_dilation: Any = None,
) -> Any:
    """`jax.lax.reduce_window` with `jax.lax.add`, `mul`, `max` or `min`."""
    x = tensor(operand)
    _, combine, _ = reducer("lax.reduce_window", computation)
    window = tuple(map(int, window_dimensions))
    strides = (1,) * len(window) if window_strides is None else tuple(map(int, window_strides))
    rates = (1,) * len(window) if window_dilation is None else tuple(map(int, window_dilation))
    if base_dilation is not None:
        x = pad(x, init_value, [(0, 0, int(d) - 1) for d in base_dilation])
    spans = [(k - 1) * r + 1 for k, r in zip(window, rates, strict=True)]
    pads = pads_of(padding, shape_of(x), spans, strides)
    if pads is None:
        refuse("lax.reduce_window", "SAME on sizes that are not known", "give the paddings as numbers")
    x = pad(x, init_value, [(a, b, 0) for a, b in pads])
    for axis, (size, stride, rate) in enumerate(zip(window, strides, rates, strict=True)):
        if size > 1 or stride > 1:
            x = _reduced_along(x, axis, size, stride, rate, combine)
    return _with_start(x, init_value, combine)


def _reduced_along(x: Any, axis: int, size: int, stride: int, rate: int, combine: Callable[..., Any]) -> Any:
    """The windows of one axis combined: as many slices as the window is long."""
    total = shape_of(x)[axis]
    count = (total - ((size - 1) * rate + 1)) // stride + 1
    result = None
    for place in range(size):
        first = place * rate
        key = [slice(None)] * axis
        stop = first + (count - 1) * stride + 1
        part = ops.get_item(x, (*key, slice(first, stop, None if stride == 1 else stride)))
        result = part if result is None else combine(result, part)
    return result


def _with_start(x: Any, init: Any, combine: Callable[..., Any]) -> Any:
    """The start value itself, where it would change the result."""
    neutral: float = next(n for _, c, n in _REDUCERS.values() if c is combine)
    if abs(neutral) == math.inf and is_kind(x, "bi"):
        neutral = float((lowest if neutral < 0 else highest)(x))
    if is_constant(init) and float(init) == neutral:
        return x
    return combine(x, tensor(operand(init), dtype_of(x)))
