"""`jax.lax`: shapes, slices, products and sorting, by named dimensions."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import (
    axes_of,
    cast,
    dtype_name,
    dtype_of,
    is_constant,
    is_kind,
    is_number,
    operand,
    rank,
    refuse,
    shape_of,
    shape_tuple,
    tensor,
)
from lamina.vocabulary.numpy.arguments import index


def broadcast(operand: Any, sizes: Any, **other: Any) -> Any:
    """`jax.lax.broadcast`: new axes before all others."""
    x = tensor(operand)
    return ops.broadcast_to(x, (*sizes, *shape_of(x)))


def broadcast_in_dim(operand: Any, shape: Any, broadcast_dimensions: Any, **other: Any) -> Any:
    """`jax.lax.broadcast_in_dim`: each axis to the place that is named for it."""
    x, sizes = tensor(operand), shape_of(operand) if hasattr(operand, "shape") else ()
    full: list[Any] = [1] * len(shape)
    for axis, place in enumerate(broadcast_dimensions):
        full[place] = sizes[axis]
    return ops.broadcast_to(ops.reshape(x, tuple(full)), tuple(shape))


def broadcast_to_rank(x: Any, rank: int) -> Any:
    """`jax.lax.broadcast_to_rank`: axes of size 1 in front."""
    x = tensor(x)
    missing = rank - len(shape_of(x))
    return ops.expand_dims(x, list(range(missing))) if missing > 0 else x


def broadcasted_iota(dtype: Any, shape: Any, dimension: int, **other: Any) -> Any:
    """`jax.lax.broadcasted_iota`: numbers that count along one axis."""
    shape = shape_tuple(shape)
    line = ops.arange(shape[dimension], dtype=dtype_name(dtype))
    return ops.broadcast_to(
        ops.reshape(line, tuple(-1 if a == dimension else 1 for a in range(len(shape)))), shape
    )


def iota(dtype: Any, size: Any) -> Any:
    """`jax.lax.iota`."""
    return ops.arange(size, dtype=dtype_name(dtype))


def collapse(operand: Any, start_dimension: int, stop_dimension: int | None = None) -> Any:
    """`jax.lax.collapse`: a range of axes made one."""
    x = tensor(operand)
    sizes = shape_of(x)
    start, stop, _ = slice(start_dimension, stop_dimension).indices(len(sizes))
    return ops.reshape(x, (*sizes[:start], math.prod(sizes[start:stop]), *sizes[stop:]))


def expand_dims(array: Any, dimensions: Any) -> Any:
    """`jax.lax.expand_dims`."""
    return ops.expand_dims(tensor(array), list(dimensions))


def reshape(operand: Any, new_sizes: Any, dimensions: Any = None, **other: Any) -> Any:
    """`jax.lax.reshape`."""
    x = tensor(operand)
    x = x if dimensions is None else ops.transpose(x, axes=tuple(dimensions))
    return ops.reshape(x, shape_tuple(new_sizes))


def squeeze(array: Any, dimensions: Any) -> Any:
    """`jax.lax.squeeze`."""
    return ops.squeeze(tensor(array), axis=tuple(dimensions)) if dimensions else tensor(array)


def transpose(operand: Any, permutation: Any) -> Any:
    """`jax.lax.transpose`."""
    return ops.transpose(tensor(operand), axes=shape_tuple(permutation))


def rev(operand: Any, dimensions: Any) -> Any:
    """`jax.lax.rev`."""
    return ops.flip(tensor(operand), axis=tuple(dimensions)) if dimensions else tensor(operand)


def concatenate(operands: Any, dimension: int) -> Any:
    """`jax.lax.concatenate`."""
    return ops.concatenate([tensor(x) for x in operands], axis=dimension)


def split(operand: Any, sizes: Any, axis: int = 0) -> list[Any]:
    """`jax.lax.split`: into parts of the given sizes."""
    ends = np.cumsum([int(n) for n in sizes])[:-1].tolist()
    return list(ops.split(tensor(operand), ends, axis=axis)) if ends else [tensor(operand)]


def unstack(x: Any, axis: int = 0) -> tuple[Any, ...]:
    """`jax.lax.unstack`."""
    return tuple(ops.unstack(tensor(x), axis=axis))


def tile(operand: Any, reps: Any) -> Any:
    """`jax.lax.tile`."""
    return ops.tile(tensor(operand), shape_tuple(reps))


def pad(operand: Any, padding_value: Any, padding_config: Any) -> Any:
    """`jax.lax.pad`: before, after and between; negative widths cut off."""
    x = tensor(operand)
    value = cast(padding_value, dtype_of(x))
    for axis, (low, high, inner) in enumerate(padding_config):
        x = _spread(x, axis, inner, value) if inner else x
        x = _with_edges(x, axis, int(low), int(high), value)
    return x


def _with_edges(x: Any, axis: int, low: int, high: int, value: Any) -> Any:
    cut = slice(-low if low < 0 else None, high if high < 0 else None)
    x = index(x, axis, cut) if low < 0 or high < 0 else x
    parts = [_filled(x, axis, low, value), x, _filled(x, axis, high, value)]
    kept = [p for p in parts if p is not None]
    return ops.concatenate(kept, axis=axis) if len(kept) > 1 else x


def _filled(x: Any, axis: int, width: int, value: Any) -> Any:
    if width <= 0:
        return None
    sizes = list(shape_of(x))
    sizes[axis] = width
    return ops.broadcast_to(value, tuple(sizes))


def _spread(x: Any, axis: int, inner: int, value: Any) -> Any:
    """The elements of an axis with `inner` copies of a value between them."""
    sizes = list(shape_of(x))
    lone = ops.expand_dims(x, axis + 1)
    between = ops.broadcast_to(value, (*sizes[: axis + 1], inner, *sizes[axis + 1 :]))
    joined = ops.concatenate([lone, between], axis=axis + 1)
    wide = ops.reshape(joined, (*sizes[:axis], sizes[axis] * (inner + 1), *sizes[axis + 1 :]))
    return index(wide, axis, slice(None, -inner))


def slice_(operand: Any, start_indices: Any, limit_indices: Any, strides: Any = None) -> Any:
    """`jax.lax.slice`."""
    x = tensor(operand)
    steps = [None] * len(start_indices) if strides is None else strides
    keys = zip(start_indices, limit_indices, steps, strict=True)
    return ops.get_item(x, tuple(slice(a, b, None if s in (None, 1) else s) for a, b, s in keys))


def slice_in_dim(operand: Any, start_index: Any, limit_index: Any, stride: int = 1, axis: int = 0) -> Any:
    """`jax.lax.slice_in_dim`."""
    return index(tensor(operand), axis, slice(start_index, limit_index, None if stride == 1 else stride))


def index_in_dim(operand: Any, index: int, axis: int = 0, keepdims: bool = True) -> Any:
    """`jax.lax.index_in_dim`."""
    return dynamic_index_in_dim(operand, index, axis, keepdims)


def _start(start: Any, size: Any, length: Any) -> Any:
    """Where a slice starts: a negative place counts from the end, and the slice stays inside."""
    if is_constant(start) and isinstance(size, int) and isinstance(length, int):
        place = int(np.asarray(start))
        return min(max(place + size if place < 0 else place, 0), size - length)
    place = ops.cast(tensor(start), "int32")
    place = ops.where(ops.less(place, 0), ops.add(place, size), place)
    return ops.minimum(ops.maximum(place, 0), ops.subtract(size, length))


def _starts(starts: Any, sizes: Sequence[Any], lengths: Sequence[Any]) -> Any:
    if not isinstance(starts, (list, tuple)):
        starts = (
            list(operand(starts)) if isinstance(starts, np.ndarray) else list(ops.unstack(starts, len(sizes)))
        )
    found = [_start(*parts) for parts in zip(starts, sizes, lengths, strict=True)]
    if all(isinstance(place, int) for place in found):
        return tuple(found)
    return ops.stack([ops.cast(place, "int32") if is_number(place) else place for place in found])


def dynamic_slice(operand: Any, start_indices: Any, slice_sizes: Any, **other: Any) -> Any:
    """`jax.lax.dynamic_slice`: a start that would leave the tensor is moved back into it."""
    x, sizes = tensor(operand), shape_tuple(slice_sizes)
    return ops.slice(x, _starts(start_indices, shape_of(x), sizes), sizes)


def _along(x: Any, start: Any, length: Any, axis: int) -> tuple[list[Any], tuple[Any, ...]]:
    starts: list[Any] = [0] * rank(x)
    lengths = list(shape_of(x))
    (place,) = axes_of(x, axis)
    starts[place], lengths[place] = start, length
    return starts, tuple(lengths)


def dynamic_slice_in_dim(operand: Any, start_index: Any, slice_size: Any, axis: int = 0, **other: Any) -> Any:
    """`jax.lax.dynamic_slice_in_dim`."""
    x = tensor(operand)
    return dynamic_slice(x, *_along(x, start_index, slice_size, axis))


def dynamic_index_in_dim(operand: Any, index: Any, axis: int = 0, keepdims: bool = True, **other: Any) -> Any:
    """`jax.lax.dynamic_index_in_dim`."""
    x = tensor(operand)
    (place,) = axes_of(x, axis)
    at = _start(index, shape_of(x)[place], 1)
    found = ops.take(x, at, axis=place)
    return ops.expand_dims(found, place) if keepdims else found


def dynamic_update_slice(operand: Any, update: Any, start_indices: Any, **other: Any) -> Any:
    """`jax.lax.dynamic_update_slice`: a start that would leave the tensor is moved back into it."""
    x, update = tensor(operand), tensor(update)
    return ops.slice_update(x, _starts(start_indices, shape_of(x), shape_of(update)), update)


def dynamic_update_slice_in_dim(operand: Any, update: Any, start_index: Any, axis: int, **other: Any) -> Any:
    """`jax.lax.dynamic_update_slice_in_dim`."""
    x, update = tensor(operand), tensor(update)
    return dynamic_update_slice(x, update, _along(x, start_index, 1, axis)[0])


def dynamic_update_index_in_dim(operand: Any, update: Any, index: Any, axis: int, **other: Any) -> Any:
    """`jax.lax.dynamic_update_index_in_dim`."""
    x, update = tensor(operand), tensor(update)
    update = ops.expand_dims(update, axes_of(x, axis)[0]) if rank(update) < rank(x) else update
    return dynamic_update_slice_in_dim(x, update, index, axis)


def sort(operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1) -> Any:
    """`jax.lax.sort`: of one tensor, or of several by the first `num_keys`."""
    if not isinstance(operand, (list, tuple)):
        return ops.sort(tensor(operand), axis=dimension)
    tensors = [tensor(x) for x in operand]
    # From the last key to the first: a stable sort keeps the order of those before.
    for place in reversed(range(num_keys)):
        order = ops.argsort(tensors[place], axis=dimension)
        tensors = [ops.take_along_axis(x, order, axis=dimension) for x in tensors]
    return tuple(tensors)


def sort_key_val(keys: Any, values: Any, dimension: int = -1, is_stable: bool = True) -> tuple[Any, Any]:
    """`jax.lax.sort_key_val`."""
    return sort((keys, values), dimension)  # type: ignore[no-any-return]


def top_k(operand: Any, k: int, *, axis: int = -1) -> list[Any]:
    """`jax.lax.top_k`: the greatest values and where they were."""
    x = tensor(operand)
    if axis in (-1, rank(x) - 1):
        found = ops.top_k(x, k)
        return [found[0], ops.cast(found[1], "int32")]
    values, places = top_k(ops.moveaxis(x, axis, -1), k)
    return [ops.moveaxis(values, -1, axis), ops.moveaxis(places, -1, axis)]


def approx_max_k(
    operand: Any, k: int, reduction_dimension: int = -1, *args: Any, **other: Any
) -> tuple[Any, ...]:
    """`jax.lax.approx_max_k`, exactly."""
    return tuple(top_k(operand, k, axis=reduction_dimension))


def approx_min_k(
    operand: Any, k: int, reduction_dimension: int = -1, *args: Any, **other: Any
) -> tuple[Any, ...]:
    """`jax.lax.approx_min_k`, exactly."""
    values, places = top_k(ops.negative(tensor(operand)), k, axis=reduction_dimension)
    return ops.negative(values), places


def dot_general(
    lhs: Any,
    rhs: Any,
    dimension_numbers: Any,
    precision: Any = None,
    preferred_element_type: Any = None,
    **other: Any,
) -> Any:
    """`jax.lax.dot_general`: contracting and batch axes by number; the result has batch, left, right."""
    x, y = tensor(lhs), tensor(rhs)
    (left, right), (left_batch, right_batch) = dimension_numbers
    letters = iter(string.ascii_letters)
    first = [next(letters) for _ in range(rank(x))]
    second = [next(letters) for _ in range(rank(y))]
    for a, b in (*zip(left, right, strict=True), *zip(left_batch, right_batch, strict=True)):
        second[b] = first[a]
    batch = [first[a] for a in left_batch]
    kept = [n for a, n in enumerate(first) if a not in (*left, *left_batch)]
    others = [n for b, n in enumerate(second) if b not in (*right, *right_batch)]
    result = "".join((*batch, *kept, *others))
    return _accumulated(f"{''.join(first)},{''.join(second)}->{result}", x, y, preferred_element_type)


def _accumulated(subscripts: str, x: Any, y: Any, name: Any) -> Any:
    name = dtype_name(name)
    if name is not None:
        x, y = ops.cast(x, name), ops.cast(y, name)
    result = ops.einsum(subscripts, x, y)
    return ops.cast(result, name or dtype_of(x)) if is_kind(x, "i") else result


def dot(
    lhs: Any, rhs: Any, *, dimension_numbers: Any = None, preferred_element_type: Any = None, **other: Any
) -> Any:
    """`jax.lax.dot`: of vectors and matrices."""
    x, y = tensor(lhs), tensor(rhs)
    numbers = dimension_numbers or (((rank(x) - 1,), (0,)), ((), ()))
    return dot_general(x, y, numbers, preferred_element_type=preferred_element_type)


def batch_matmul(lhs: Any, rhs: Any, precision: Any = None) -> Any:
    """`jax.lax.batch_matmul`."""
    return ops.matmul(tensor(lhs), tensor(rhs))


def fft(x: Any, fft_type: Any, fft_lengths: Any) -> Any:
    """`jax.lax.fft`: over the last axes."""
    from lamina.vocabulary.numpy import fft as plain

    kind = str(getattr(fft_type, "name", fft_type)).removeprefix("jax.lax.").upper().removeprefix("FFTTYPE.")
    function = {"FFT": plain.fftn, "IFFT": plain.ifftn, "RFFT": plain.rfftn, "IRFFT": plain.irfftn}.get(kind)
    if function is None:
        refuse("lax.fft", f"fft_type={fft_type!r}", "use FFT, IFFT, RFFT or IRFFT")
    lengths = list(fft_lengths)
    return function(tensor(x), lengths, list(range(-len(lengths), 0)))


def index_take(src: Any, idxs: Any, axes: Any) -> Any:
    """`jax.lax.index_take` along one axis."""
    if len(axes) != 1:
        refuse("lax.index_take", f"{len(axes)} axes", "index one axis after the other with jnp.take")
    return ops.take(tensor(src), tensor(idxs[0]), axis=axes[0])


def reduce(operands: Any, init_values: Any, computation: Any, dimensions: Any, **other: Any) -> Any:
    """`jax.lax.reduce` with a function that the opset has as a reduction."""
    from lamina.vocabulary.jax.windows import reducer

    x = tensor(operands)
    whole, combine, _ = reducer("lax.reduce", computation)
    result = ops.cast(whole(x, axis=axes_of(x, tuple(dimensions))), dtype_of(x))
    return combine(result, operand(init_values))


def shape_as_value(shape: Any) -> Any:
    """`jax.lax.shape_as_value`: a shape as a vector."""
    return ops.convert_to_tensor(list(shape), dtype="int32")
