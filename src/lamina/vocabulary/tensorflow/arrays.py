"""Making tensors, and changing their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina._numpy import np
from lamina.vocabulary import dispatch
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import ShapeVector, is_size, product, rank
from lamina.vocabulary.keras_backend.shapes import shape as _shape
from lamina.vocabulary.tensorflow.arguments import (
    constant_array,
    dtype_name,
    dtype_of,
    is_constant,
    is_size_like,
    is_sizes,
    known_rank,
    numbers,
    operand,
    pair,
    refuse,
    shape_of,
    static,
    tensor,
)

# Longer ranges are computed where they are used instead of being written out.
_WRITTEN_OUT = 64


def constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """`tf.constant`: one number fills the shape."""
    result = tensor(value, dtype)
    if shape is None:
        return result
    size = product(result.shape)
    return (
        ops.broadcast_to(ops.reshape(result, ()), static(shape))
        if size == 1
        else ops.reshape(result, static(shape))
    )


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None) -> Any:
    """`tf.convert_to_tensor`; a shape stays a shape."""
    return value if is_sizes(value) and dtype is None else tensor(value, dtype)


def zeros(shape: Any, dtype: Any = "float32") -> Any:
    """`tf.zeros`."""
    return ops.zeros(shape_of(shape), dtype=dtype_name(dtype))


def ones(shape: Any, dtype: Any = "float32") -> Any:
    """`tf.ones`."""
    return ops.ones(shape_of(shape), dtype=dtype_name(dtype))


def zeros_like(input: Any, dtype: Any = None) -> Any:
    """`tf.zeros_like`."""
    return ops.zeros_like(operand(input), dtype=dtype_name(dtype))


def ones_like(input: Any, dtype: Any = None) -> Any:
    """`tf.ones_like`."""
    return ops.ones_like(operand(input), dtype=dtype_name(dtype))


def fill(dims: Any, value: Any) -> Any:
    """`tf.fill`."""
    value = tensor(value) if is_constant(value) or is_size_like(value) else value
    return ops.broadcast_to(value, shape_of(dims))


def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    """`tf.range`: int32 unless a bound is a float."""
    if limit is None:
        start, limit = 0, start
    bounds = [static(b) for b in (start, limit, delta)]
    name = dtype_name(dtype) or _range_dtype((start, limit, delta))
    if is_constant(bounds) and dispatch.active() is not None:
        values = np.arange(*bounds, dtype=name)
        if values.size <= _WRITTEN_OUT:
            return constant_array(values)
    return ops.arange(*bounds, dtype=name)


def _range_dtype(bounds: Sequence[Any]) -> str:
    names = [dtype_of(b) for b in bounds]
    known = [n for n in names if n != "int32"]
    return max(known, key=lambda n: ("float" in n, n)) if known else "int32"


def linspace(start: Any, stop: Any, num: Any, axis: int = 0) -> Any:
    """`tf.linspace`: both ends included."""
    start, stop = (tensor(b) for b in pair(start, stop))
    line = ops.linspace(start, stop, num=static(num))
    return line if axis == 0 else ops.moveaxis(line, 0, axis)


def eye(num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = "float32") -> Any:
    """`tf.eye`, one for each place of `batch_shape`."""
    rows = static(num_rows)
    columns = rows if num_columns is None else static(num_columns)
    matrix = ops.eye(rows, columns, dtype=dtype_name(dtype))
    return (
        matrix if batch_shape is None else ops.broadcast_to(matrix, (*shape_of(batch_shape), rows, columns))
    )


def one_hot(
    indices: Any, depth: Any, on_value: Any = None, off_value: Any = None, axis: Any = None, dtype: Any = None
) -> Any:
    """`tf.one_hot`: indices out of range give no hit."""
    axis = -1 if axis is None else axis
    depth, indices = static(depth), operand(indices)
    # Keras's own one_hot fails on PyTorch for an index out of range.
    hit = ops.equal(ops.expand_dims(indices, axis=-1), ops.arange(depth, dtype="int32"))
    hit = hit if axis == -1 else ops.moveaxis(hit, -1, axis)
    if on_value is None and off_value is None:
        return ops.cast(hit, dtype_name(dtype) or "float32")
    given = next(v for v in (on_value, off_value) if v is not None)
    name = dtype_name(dtype) or dtype_of(given)
    on, off = (tensor(d if v is None else v, name) for v, d in ((on_value, 1), (off_value, 0)))
    return ops.where(hit, on, off)


def shape(input: Any, out_type: Any = None) -> Any:
    """`tf.shape`: the sizes of all axes as an integer vector, which may be used as a shape."""
    return _shape(operand(input))


def shape_n(input: Any, out_type: Any = None) -> list[Any]:
    """`tf.shape_n`."""
    return [shape(x) for x in input]


def size(input: Any, out_type: Any = None) -> Any:
    """`tf.size`: the number of elements, as a size."""
    return product(ops.shape(operand(input))) if not is_sizes(input) else len(input)


def rank_(input: Any) -> int:
    """`tf.rank`: the number of axes, as a Python number."""
    return 1 if is_sizes(input) else rank(operand(input))


def reshape(tensor: Any, shape: Any) -> Any:
    """`tf.reshape`; a shape of one axis stays a shape."""
    if is_sizes(tensor) and static(shape) in ((-1,), -1, (len(tensor),)):
        return ShapeVector(tensor)
    if is_size_like(tensor) and static(shape) in ((1,), (-1,)):
        return ShapeVector((tensor,))
    if is_sizes(tensor) and len(tensor) == 1 and static(shape) in ((), []):
        return tensor[0]
    return ops.reshape(operand(tensor), shape_of(shape))


def expand_dims(input: Any, axis: Any = None) -> Any:
    """`tf.expand_dims`; a size becomes a shape of one axis."""
    axis = numbers(axis, "expand_dims", "axis")
    axis = axis[0] if isinstance(axis, tuple) else axis
    if is_size_like(input):
        return ShapeVector((input,))
    return ops.expand_dims(operand(input), axis=axis)


def squeeze(input: Any, axis: Any = None) -> Any:
    """`tf.squeeze`: all axes of size 1, or those of `axis`."""
    axis = static(axis)
    return ops.squeeze(operand(input), axis=None if axis == () else axis)


def transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Any:
    """`tf.transpose`."""
    x = operand(a)
    axes = None if perm is None else numbers(perm, "transpose", "perm")
    if axes is None and known_rank(x) not in (None, 2):
        axes = tuple(reversed(range(rank(x))))  # PyTorch reverses only matrices without a warning
    result = ops.transpose(x, axes=axes)
    return ops.conj(result) if conjugate else result


def concat(values: Any, axis: Any = None) -> Any:
    """`tf.concat`, in the argument order of every TensorFlow; joined shapes stay a shape."""
    if isinstance(values, (int, np.integer)) or (
        not isinstance(values, (list, tuple)) and isinstance(axis, (list, tuple))
    ):
        values, axis = axis, values
    axis = numbers(axis, "concat", "axis")
    parts = [_part(v) for v in values] if isinstance(values, (list, tuple)) else values
    if isinstance(parts, list) and _are_shapes(parts):
        return ShapeVector(n for p in parts for n in p)
    items = [operand(p) for p in parts] if isinstance(parts, list) else parts
    if isinstance(items, list) and len(items) == 1:
        return items[0]
    return ops.concatenate(items, axis=axis)


def _part(value: Any) -> Any:
    """One of the tensors to join: known integer vectors are lists, so that they may be sizes."""
    known = (
        isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iu" and value.size <= 16
    )
    return value.tolist() if known else value


def _are_shapes(parts: Sequence[Any]) -> bool:
    return all(isinstance(p, (tuple, list)) and all(map(is_size, p)) for p in parts)


def stack(values: Any, axis: int = 0) -> Any:
    """`tf.stack` and `tf.pack`; a stack of sizes stays a shape."""
    axis = numbers(axis, "stack", "axis")
    if isinstance(values, (list, tuple)):
        values = [
            v.item() if isinstance(v, np.ndarray) and v.ndim == 0 and v.dtype.kind in "iu" else v
            for v in values
        ]
        if axis in (0, -1) and any(map(is_size_like, values)) and all(map(is_size, values)):
            return ShapeVector(values)
        if all(isinstance(v, int) and not isinstance(v, bool) for v in values):
            return tensor(values)
        values = [tensor(v) if is_constant(v) or is_size_like(v) else operand(v) for v in values]
    return ops.stack(values, axis=axis)


def unstack(value: Any, num: Any = None, axis: int = 0) -> list[Any]:
    """`tf.unstack`: a list of tensors, one for each place of the axis."""
    if is_sizes(value):
        return list(value)
    return list(ops.unstack(operand(value), num=num, axis=axis))


def split(value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None) -> list[Any]:
    """`tf.split`: into equal parts, or parts of given sizes, one of which may be -1."""
    value = operand(value)
    parts = numbers(num_or_size_splits, "split", "num_or_size_splits")
    axis = numbers(axis, "split", "axis")
    if is_size(parts):
        return list(ops.split(value, int(parts), axis=axis))
    if -1 in parts:
        given = sum(n for n in parts if n != -1)
        parts = tuple(value.shape[axis] - given if n == -1 else n for n in parts)
    ends = np.cumsum([int(n) for n in parts])[:-1].tolist()
    return list(ops.split(value, ends, axis=axis)) if ends else [value]


def split_v0(split_dim: Any, num_split: Any, value: Any) -> list[Any]:
    """`tf.split` of TensorFlow 0.x: axis first."""
    return split(value, num_split, split_dim)


def tile(input: Any, multiples: Any) -> Any:
    """`tf.tile`."""
    return ops.tile(operand(input), shape_of(multiples))


def repeat(input: Any, repeats: Any, axis: Any = None) -> Any:
    """`tf.repeat`: each element a number of times."""
    repeats = static(repeats)
    if isinstance(repeats, tuple):
        repeats = repeats[0] if len(repeats) == 1 else np.asarray(numbers(repeats, "repeat", "repeats"))
    return ops.repeat(operand(input), repeats, axis=axis)


def broadcast_to(input: Any, shape: Any) -> Any:
    """`tf.broadcast_to`."""
    return ops.broadcast_to(operand(input), shape_of(shape))


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    """`tf.pad`: `CONSTANT`, `REFLECT` or `SYMMETRIC`."""
    x = operand(tensor)
    widths, mode = static(paddings), mode.lower()
    if mode == "constant":
        plain = isinstance(constant_values, (int, float)) and constant_values == 0
        return ops.pad(x, widths) if plain else ops.pad(x, widths, constant_values=static(constant_values))
    if mode == "symmetric":
        return _symmetric(x, numbers(widths, "pad", "paddings"))
    return ops.pad(x, widths, mode=mode)


def _symmetric(x: Any, widths: Sequence[Sequence[int]]) -> Any:
    """Not every backend has this mode for every number of axes; flipped borders are the same."""
    for axis, (before, after) in enumerate(widths):
        lead = [slice(None)] * axis
        parts = [ops.flip(x[(*lead, slice(0, before))], axis=axis)] if before else []
        parts.append(x)
        if after:
            parts.append(ops.flip(x[(*lead, slice(-after, None))], axis=axis))
        x = ops.concatenate(parts, axis=axis) if len(parts) > 1 else x
    return x


def reverse(tensor: Any, axis: Any) -> Any:
    """`tf.reverse`, by axes, or by a bool for each axis as in TensorFlow 0.x."""
    if is_sizes(tensor):
        return ShapeVector(reversed(tensor))
    axes = numbers(axis, "reverse", "axis")
    axes = (axes,) if is_size(axes) else axes
    if axes and all(isinstance(a, bool) for a in axes):
        axes = tuple(i for i, flipped in enumerate(axes) if flipped)
    return ops.flip(operand(tensor), axis=axes) if axes else tensor


def roll(input: Any, shift: Any, axis: Any) -> Any:
    """`tf.roll`."""
    return ops.roll(operand(input), static(shift), axis=static(axis))


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[Any]:
    """`tf.meshgrid`."""
    return list(ops.meshgrid(*map(operand, args), indexing=indexing))


def identity(input: Any) -> Any:
    """`tf.identity`, and what differs from it in a graph only."""
    return input


def identity_n(input: Any) -> list[Any]:
    """`tf.identity_n`."""
    return list(input)


def stop_gradient(input: Any) -> Any:
    """`tf.stop_gradient`."""
    return ops.stop_gradient(operand(input))


def ensure_shape(x: Any, shape: Any) -> Any:
    """`tf.ensure_shape`: what is declared here is found out from the input when it is needed."""
    return x


def unravel_index(indices: Any, dims: Any) -> Any:
    """`tf.unravel_index`: one row of the result per axis."""
    return ops.stack(list(ops.unravel_index(operand(indices), shape_of(dims))), axis=0)


def invert_permutation(x: Any) -> Any:
    """`tf.math.invert_permutation`."""
    return constant_array(np.argsort(x), "int32") if is_constant(x) else ops.argsort(x)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> Any:
    """`tf.broadcast_static_shape` of known shapes."""
    return np.broadcast_shapes(numbers(shape_x, "broadcast_static_shape", "shape"), tuple(shape_y))


def parallel_stack(values: Any) -> Any:
    """`tf.parallel_stack`."""
    return stack(values)


def is_tensor(x: Any) -> bool:
    """`tf.is_tensor`."""
    from lamina.vocabulary.keras_backend.arrays import is_tensor as check

    known = isinstance(x, np.ndarray) and hasattr(x, "set_shape")
    return known or isinstance(x, ShapeVector) or is_size_like(x) or check(x)


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """`tf.get_static_value`: the values where they are known, otherwise `None`."""
    return np.asarray(tensor) if is_constant(tensor) else None


def boolean_mask(tensor: Any, mask: Any, axis: Any = None) -> Any:
    """`tf.boolean_mask` by a mask that is known.

    Raises:
        CaptureError: The mask is a tensor, so that the size of the result is not known.
    """
    if not is_constant(mask):
        refuse(
            "boolean_mask",
            "the size of its result depends on the values of the mask",
            "keep the shape: tf.where(mask, x, 0), or multiply by the mask and divide by its sum",
        )
    mask, axis = np.asarray(mask, bool), axis or 0
    x = operand(tensor)
    sizes = ops.shape(x)
    merged = (*sizes[:axis], product(sizes[axis : axis + mask.ndim]), *sizes[axis + mask.ndim :])
    flat = x if mask.ndim == 1 else ops.reshape(x, merged)
    return ops.take(flat, np.flatnonzero(mask).astype(np.int32), axis=axis)
