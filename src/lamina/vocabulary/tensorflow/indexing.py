"""Slices, gathers, scatters, and what is sorted or counted."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import ShapeVector, is_size, product, rank
from lamina.vocabulary.tensorflow.arguments import (
    beside,
    dtype_name,
    is_sizes,
    known_dtype,
    known_sizes,
    numbers,
    operand,
    pair,
    refuse,
    shape_of,
    static,
    tensor,
)


def slice_(input_: Any, begin: Any, size: Any) -> Any:
    """`tf.slice`: `size[axis]` elements from `begin[axis]`; -1 takes the rest."""
    begin, size = static(begin), static(size)
    if is_sizes(input_):
        return ShapeVector(input_[_from_size(begin[0], size[0])])
    x = operand(input_)
    if not isinstance(begin, tuple) or not all(map(is_size, begin)):
        return ops.slice(x, begin, size)
    return x[tuple(_from_size(b, n) for b, n in zip(begin, size, strict=True))]


def _from_size(begin: Any, size: Any) -> slice:
    rest = isinstance(size, int) and size == -1
    if isinstance(begin, int) and begin == 0:
        return slice(None, None if rest else size)
    return slice(begin, None if rest else begin + size)


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    """`tf.strided_slice`: Python's slices, spelled with a bit for each axis."""
    begin, end = static(begin), static(end)
    steps = static(strides) if strides is not None else (1,) * len(begin)
    keys: list[Any] = []
    for axis, (first, last, step) in enumerate(zip(begin, end, steps, strict=True)):
        bit = 1 << axis
        if ellipsis_mask & bit:
            keys.append(...)
        elif new_axis_mask & bit:
            keys.append(None)
        elif shrink_axis_mask & bit:
            keys.append(first)
        else:
            step = None if isinstance(step, int) and step == 1 else step
            keys.append(slice(None if begin_mask & bit else first, None if end_mask & bit else last, step))
    return input_[keys[0]] if is_sizes(input_) else operand(input_)[tuple(keys)]


def gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: Any = 0
) -> Any:
    """`tf.gather`: with `batch_dims`, the leading axes go together."""
    batch = static(batch_dims) or 0
    axis = batch if axis is None else numbers(axis, "gather", "axis")
    if is_sizes(params):
        return _sizes_at(params, static(indices))
    x, indices = operand(params), _indices(indices)
    if batch == 0:
        return ops.take(x, indices, axis=axis)
    return _gather_batch(
        x, indices, axis % rank(x) if axis < 0 else axis, batch % rank(indices) if batch < 0 else batch
    )


def _sizes_at(params: Any, indices: Any) -> Any:
    return ShapeVector(params[i] for i in indices) if isinstance(indices, tuple) else params[indices]


def _indices(indices: Any) -> Any:
    return static(indices) if isinstance(indices, int) else tensor(indices)


def _gather_batch(x: Any, indices: Any, axis: int, batch: int) -> Any:
    """Gather along an axis for each place of the leading `batch` axes, as one gather from one axis."""
    sizes, places = ops.shape(x), ops.shape(indices)
    x = ops.moveaxis(x, axis, batch) if axis != batch else x
    moved = [sizes[a] for a in range(len(sizes)) if a != axis]
    count, extent = product(places[:batch]), sizes[axis]
    flat = ops.reshape(x, (count * extent, *moved[batch:]))
    wide = ops.cast(indices, "int32")
    offset = ops.multiply(ops.reshape(ops.arange(count, dtype="int32"), (count, 1)), extent)
    rows = ops.add(ops.reshape(wide, (count, product(places[batch:]))), offset)
    taken = ops.reshape(ops.take(flat, rows, axis=0), (*places, *moved[batch:]))
    if axis == batch:
        return taken
    # The gathered axes belong where the axis was.
    new = len(places) - batch
    order = [
        *range(batch),
        *range(batch + new, new + axis),
        *range(batch, batch + new),
        *range(new + axis, new + len(sizes) - 1),
    ]
    return ops.transpose(taken, axes=tuple(order))


def batch_gather(params: Any, indices: Any) -> Any:
    """`tf.batch_gather` of TensorFlow 1: all axes of `indices` but the last go together."""
    return gather(
        params, indices, axis=-1 if rank(params) == rank(indices) else rank(indices) - 1, batch_dims=-1
    )


def gather_nd(params: Any, indices: Any, batch_dims: int = 0) -> Any:
    """`tf.gather_nd`: the last axis of `indices` holds positions in `params`."""
    x, indices = operand(params), ops.cast(tensor(indices), "int32")
    (depth,) = known_sizes(indices, "gather_nd", (-1,))
    sizes = ops.shape(x)
    if batch_dims:
        indices, depth = _with_batch(indices, batch_dims), depth + batch_dims
    if depth == 0:
        return x
    flat = ops.reshape(x, (product(sizes[:depth]), *sizes[depth:]))
    return ops.take(flat, _flat_positions(indices, sizes[:depth]), axis=0)


def _with_batch(indices: Any, batch_dims: int) -> Any:
    """Positions that name the places of the batch axes as well."""
    sizes = ops.shape(indices)
    leading = [
        ops.broadcast_to(
            ops.reshape(
                ops.arange(sizes[axis], dtype="int32"), (*[1] * axis, -1, *[1] * (len(sizes) - axis - 1))
            ),
            (*sizes[:-1], 1),
        )
        for axis in range(batch_dims)
    ]
    return ops.concatenate([*leading, indices], axis=-1)


def _flat_positions(indices: Any, sizes: Any) -> Any:
    total: Any = None
    for axis, extent in enumerate(sizes):
        place = indices[..., axis]
        total = place if total is None else ops.add(ops.multiply(total, extent), place)
    return total


def scatter_nd(indices: Any, updates: Any, shape: Any) -> Any:
    """`tf.scatter_nd`: updates of the same place are added."""
    return ops.scatter(tensor(indices), tensor(updates), shape_of(shape))


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any) -> Any:
    """`tf.tensor_scatter_nd_update`."""
    return _scattered(tensor, indices, updates, None)


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any) -> Any:
    """`tf.tensor_scatter_nd_add`."""
    return _scattered(tensor, indices, updates, "add")


def tensor_scatter_nd_sub(tensor: Any, indices: Any, updates: Any) -> Any:
    """`tf.tensor_scatter_nd_sub`."""
    return _scattered(tensor, indices, ops.negative(operand(updates)), "add")


def tensor_scatter_nd_max(tensor: Any, indices: Any, updates: Any) -> Any:
    """`tf.tensor_scatter_nd_max`."""
    return _scattered(tensor, indices, updates, "max")


def tensor_scatter_nd_min(tensor: Any, indices: Any, updates: Any) -> Any:
    """`tf.tensor_scatter_nd_min`."""
    return _scattered(tensor, indices, updates, "min")


def _scattered(x: Any, indices: Any, updates: Any, reduction: str | None) -> Any:
    x, indices, updates = operand(x), tensor(indices), tensor(beside(updates, x))
    if reduction is None:
        return ops.scatter_update(x, indices, updates)
    return ops.scatter_update(x, indices, updates, reduction=reduction)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """`tf.where` of three arguments, broadcast together.

    Raises:
        CaptureError: With the condition alone, the size of the result depends on its values.
    """
    if x is None or y is None:
        refuse(
            "where",
            "with a condition alone, the size of its result depends on the values",
            "write tf.where(condition, x, y), or keep the mask",
        )
    x, y = pair(operand(x), operand(y))
    return ops.where(operand(condition), x, y)


def where_v1(condition: Any, x: Any = None, y: Any = None) -> Any:
    """`tf.where` of TensorFlow 1: a condition of one axis chooses rows."""
    if x is not None and rank(condition) == 1 and rank(x) > 1:
        condition = ops.reshape(condition, (-1, *[1] * (rank(x) - 1)))
    return where(condition, x, y)


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Any:
    """`tf.sequence_mask`: `maxlen` must be given, as the greatest length is a value."""
    if maxlen is None:
        refuse("sequence_mask", "without maxlen, its size is the greatest length", "give maxlen=")
    if maxlen is None or not is_size(static(maxlen)):
        refuse(
            "sequence_mask",
            "maxlen is a tensor, whose value is not known",
            "give maxlen as a number or a size",
        )
    lengths = tensor(lengths)
    steps = ops.arange(static(maxlen), dtype="int32")
    mask = ops.less(steps, ops.expand_dims(ops.cast(lengths, "int32"), axis=-1))
    name = dtype_name(dtype)
    return mask if name == "bool" else ops.cast(mask, name)


def reverse_sequence(input: Any, seq_lengths: Any, seq_axis: Any = None, batch_axis: Any = None) -> Any:
    """`tf.reverse_sequence`: each sequence up to its length."""
    x, seq, batch = operand(input), seq_axis or 0, batch_axis or 0
    axes = rank(x)
    lengths = ops.cast(tensor(seq_lengths), "int32")
    by_batch = [1] * axes
    by_batch[batch] = -1
    by_step = [1] * axes
    by_step[seq] = -1
    lengths = ops.reshape(lengths, tuple(by_batch))
    steps = ops.reshape(ops.arange(ops.shape(x)[seq], dtype="int32"), tuple(by_step))
    source = ops.where(ops.less(steps, lengths), ops.subtract(ops.subtract(lengths, 1), steps), steps)
    return ops.take_along_axis(x, ops.broadcast_to(source, ops.shape(x)), axis=seq)


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = "int32") -> Any:
    """`tf.searchsorted`: the last axis is sorted, the others go together."""
    edges, wanted = pair(tensor(sorted_sequence), tensor(values))
    below = ops.less if side == "left" else ops.less_equal
    hits = below(ops.expand_dims(edges, axis=-2), ops.expand_dims(wanted, axis=-1))
    return ops.sum(ops.cast(hits, dtype_name(out_type)), axis=-1)


def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    """`tf.argsort`: int32; equal values stay in order."""
    x = operand(values)
    return ops.cast(ops.argsort(_ascending(x, direction), axis=axis), "int32")


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    """`tf.sort`."""
    ascending = ops.sort(operand(values), axis=axis)
    return ops.flip(ascending, axis=axis) if direction == "DESCENDING" else ascending


def _ascending(x: Any, direction: str) -> Any:
    if direction == "ASCENDING":
        return x
    return ops.bitwise_not(x) if (known_dtype(x) or "").startswith(("int", "uint")) else ops.negative(x)


def top_k(input: Any, k: Any = 1, sorted: bool = True, index_type: Any = "int32") -> Any:
    """`tf.math.top_k`: the largest values of the last axis and where they are."""
    from lamina.vocabulary.tensorflow.graph import TopK

    values, places = ops.top_k(operand(input), static(k), sorted=sorted)
    return TopK(values, ops.cast(places, dtype_name(index_type)))


def in_top_k(targets: Any, predictions: Any, k: Any) -> Any:
    """`tf.math.in_top_k`: ties with the last of the best count."""
    if rank(targets) > rank(predictions):
        targets, predictions = predictions, targets
    targets = ops.cast(tensor(targets), "int32")
    own = ops.take_along_axis(predictions, ops.expand_dims(targets, axis=-1), axis=-1)
    better = ops.sum(ops.cast(ops.greater(predictions, own), "int32"), axis=-1)
    return ops.less(better, k)


def embedding_lookup(params: Any, ids: Any, max_norm: Any = None) -> Any:
    """`tf.nn.embedding_lookup`: rows of one table."""
    table = params[0] if isinstance(params, (list, tuple)) and len(params) == 1 else params
    if isinstance(table, (list, tuple)):
        refuse("nn.embedding_lookup", "a table in several parts", "join the parts with tf.concat")
    rows = gather(table, ids, axis=0)
    if max_norm is None:
        return rows
    axes = tuple(range(rank(ids), rank(rows)))
    norm = ops.sqrt(ops.sum(ops.square(rows), axis=axes, keepdims=True))
    return ops.divide(ops.multiply(rows, max_norm), ops.maximum(norm, max_norm))
