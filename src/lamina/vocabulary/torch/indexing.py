"""Picking elements by index, and putting them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    axis_of,
    cast_to,
    exactly,
    is_integral,
    is_tensor,
    keep_dtype,
    known_dtype,
    known_size,
    rank,
    refuse,
    sizes,
    static,
    tensor,
)

Index = Any


def index_select(input: Any, dim: Any, index: Index) -> Any:
    """`torch.index_select`."""
    if rank(input) == 0:
        return input
    return ops.take(input, ops.reshape(tensor(index), (-1,)), axis=axis_of(input, dim))


def take(input: Any, index: Index) -> Any:
    """`torch.take`: by places in the flattened tensor; negative ones count from the end."""
    flat, index = ops.reshape(input, (-1,)), tensor(index)
    return ops.take(flat, ops.where(ops.less(index, 0), ops.add(index, sizes(flat)[0]), index), axis=0)


def take_along_dim(input: Any, indices: Index, dim: Any = None) -> Any:
    """`torch.take_along_dim`: the other axes are broadcast."""
    if dim is None:
        return ops.take(ops.reshape(input, (-1,)), ops.reshape(indices, (-1,)), axis=0)
    axis = axis_of(input, dim)
    have, want = list(sizes(input)), list(sizes(indices))
    shape = [_wider(a, b) for a, b in zip(have, want, strict=True)]
    x = ops.broadcast_to(input, tuple(have[axis] if a == axis else n for a, n in enumerate(shape)))
    index = ops.broadcast_to(indices, tuple(want[axis] if a == axis else n for a, n in enumerate(shape)))
    return ops.take_along_axis(x, index, axis=axis)


def _wider(a: Any, b: Any) -> Any:
    return b if isinstance(a, int) and a == 1 else a


def gather(input: Any, dim: Any, index: Index) -> Any:
    """`torch.gather`: along the other axes `index` may be smaller than `input`."""
    if rank(input) == 0:
        return ops.reshape(ops.take(ops.reshape(input, (1,)), index, axis=0), sizes(index))
    axis = axis_of(input, dim)
    return ops.take_along_axis(_cut(input, index, axis), index, axis=axis)


def _cut(x: Any, index: Any, axis: int) -> Any:
    """`x` without what lies beyond the index along the other axes."""
    pairs = enumerate(zip(sizes(x), sizes(index), strict=True))
    keys = [slice(None) if a == axis or _same(n, m) else slice(0, m) for a, (n, m) in pairs]
    return x if all(k == slice(None) for k in keys) else x[tuple(keys)]


def _same(n: Any, m: Any) -> bool:
    return n is m or (isinstance(n, int) and isinstance(m, int) and n == m)


# Scatter


def _places(index: Any, axis: int) -> Any:
    """The place of each entry of `index` in all axes, as rows."""
    shape = sizes(index)
    columns = []
    for a, n in enumerate(shape):
        if a == axis:
            columns.append(ops.reshape(ops.cast(index, "int32"), (-1,)))
            continue
        steps = ops.reshape(ops.arange(n, dtype="int32"), (-1, *[1] * (len(shape) - a - 1)))
        columns.append(ops.reshape(ops.broadcast_to(steps, shape), (-1,)))
    return ops.stack(columns, axis=1)


_REDUCTIONS: Mapping[str, str | None] = {
    "sum": "add", "add": "add", "amax": "max", "amin": "min", "prod": "mul", "multiply": "mul"
}  # fmt: skip


def _scattered(x: Any, axis: int, index: Any, src: Any, reduction: str | None) -> Any:
    if rank(x) == 0:
        return ops.reshape(_scattered(ops.reshape(x, (1,)), 0, ops.reshape(index, (-1,)), src, reduction), ())
    index = tensor(index)
    if is_tensor(src):
        updates = ops.reshape(_within(src, index), (-1,))
    else:
        updates = ops.broadcast_to(tensor(src), (sizes(ops.reshape(index, (-1,)))[0],))
    updates = cast_to(updates, known_dtype(x))
    if reduction is None:
        return ops.scatter_update(x, _places(index, axis), updates)
    return ops.scatter_update(x, _places(index, axis), updates, reduction=reduction)


def _within(src: Any, index: Any) -> Any:
    """The part of `src` that the index names."""
    pairs = list(zip(sizes(src), sizes(index), strict=True))
    if all(_same(n, m) for n, m in pairs):
        return src
    return src[tuple(slice(None) if _same(n, m) else slice(0, m) for n, m in pairs)]


def scatter(
    input: Any, dim: Any, index: Index, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Any:
    """`torch.scatter`: `src`, or one value, put at the places of `index` along an axis."""
    axis = axis_of(input, dim)
    return _scattered(
        input, axis, index, value if src is None else src, _REDUCTIONS[reduce] if reduce else None
    )


def scatter_add(input: Any, dim: Any, index: Index, src: Any) -> Any:
    """`torch.scatter_add`."""
    return _scattered(input, axis_of(input, dim), index, src, "add")


def scatter_reduce(
    input: Any, dim: Any, index: Index, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """`torch.scatter_reduce`: sum, prod, mean, amax or amin of what falls on one place."""
    axis = axis_of(input, dim)
    ones = ops.ones_like(_within(src, index))
    if reduce == "mean":
        total = _scattered(input if include_self else ops.zeros_like(input), axis, index, src, "add")
        count = _scattered(
            ops.ones_like(input) if include_self else ops.zeros_like(input), axis, index, ones, "add"
        )
        count = ops.maximum(count, ops.ones_like(count))
        mean = ops.floor_divide(total, count) if is_integral(total) else ops.divide(total, count)
        return mean if include_self else ops.where(_touched(input, axis, index), mean, input)
    if include_self:
        return _scattered(input, axis, index, src, _REDUCTIONS[reduce])
    start = ops.where(_touched(input, axis, index), _neutral(input, reduce), input)
    return _scattered(start, axis, index, src, _REDUCTIONS[reduce])


def _touched(x: Any, axis: int, index: Any) -> Any:
    marks = _scattered(ops.zeros_like(x), axis, index, ops.ones_like(index), "add")
    return ops.not_equal(marks, 0)


def _neutral(x: Any, reduce: str) -> Any:
    if reduce in ("sum", "prod"):
        return ops.zeros_like(x) if reduce == "sum" else ops.ones_like(x)
    if not is_integral(x):
        return ops.full_like(x, float("-inf") if reduce == "amax" else float("inf"))
    info = np.iinfo(known_dtype(x) or "int32")
    return ops.full_like(x, int(info.min if reduce == "amax" else info.max))


def _spread(x: Any, axis: int, index: Any, source: Any) -> tuple[Any, Any]:
    """A vector of places along an axis, and its source, as `scatter` takes them."""
    index = ops.reshape(tensor(index), (-1,))
    shape = tuple(sizes(index)[0] if a == axis else n for a, n in enumerate(sizes(x)))
    wide = ops.broadcast_to(ops.reshape(index, (-1, *[1] * (rank(x) - axis - 1))), shape)
    return wide, ops.broadcast_to(tensor(source), shape)


def index_add(input: Any, dim: Any, index: Index, source: Any, *, alpha: Any = 1) -> Any:
    """`torch.index_add`: `alpha * source` added at places along an axis."""
    axis = axis_of(input, dim)
    wide, source = _spread(input, axis, index, source)
    scaled = source if isinstance(alpha, (int, float)) and alpha == 1 else ops.multiply(source, alpha)
    return _scattered(input, axis, wide, scaled, "add")


def index_copy(input: Any, dim: Any, index: Index, source: Any) -> Any:
    """`torch.index_copy`."""
    axis = axis_of(input, dim)
    return _scattered(input, axis, *_spread(input, axis, index, source), None)


def index_fill(input: Any, dim: Any, index: Index, value: Any) -> Any:
    """`torch.index_fill`."""
    axis = axis_of(input, dim)
    wide, _ = _spread(input, axis, index, 0)
    return _scattered(input, axis, wide, value, None)


def select_scatter(input: Any, src: Any, dim: Any, index: int) -> Any:
    """`torch.select_scatter`: one slice replaced."""
    axis = axis_of(input, dim)
    return _replaced(input, ops.expand_dims(src, axis=axis), axis, index)


def slice_scatter(
    input: Any, src: Any, dim: Any = 0, start: Any = None, end: Any = None, step: int = 1
) -> Any:
    """`torch.slice_scatter`: a range of slices replaced."""
    axis = axis_of(input, dim)
    if step == 1 and (start is None or not isinstance(start, int) or start >= 0):
        return _replaced(input, src, axis, 0 if start is None else start)
    places = range(known_size("slice_scatter", input, axis))[slice(start, end, step)]
    return index_copy(input, axis, np.array(list(places), np.int64), src)


def _replaced(x: Any, update: Any, axis: int, start: Any) -> Any:
    if isinstance(start, int) and start < 0:
        start = start + sizes(x)[axis]
    places = tuple(start if a == axis else 0 for a in range(rank(x)))
    return ops.slice_update(x, places, cast_to(update, known_dtype(x)))


def diagonal(input: Any, offset: int = 0, dim1: Any = 0, dim2: Any = 1) -> Any:
    """`torch.diagonal`."""
    return ops.diagonal(input, offset=offset, axis1=axis_of(input, dim1), axis2=axis_of(input, dim2))


def diag(input: Any, diagonal: int = 0) -> Any:
    """`torch.diag`: the diagonal of a matrix, or a matrix with a vector on it."""
    return ops.diag(input, k=diagonal)


def diagflat(input: Any, offset: int = 0) -> Any:
    """`torch.diagflat`."""
    return ops.diag(ops.reshape(input, (-1,)), k=offset)


def diag_embed(input: Any, offset: int = 0, dim1: Any = -2, dim2: Any = -1) -> Any:
    """`torch.diag_embed`: matrices with the last axis on a diagonal."""
    count = sizes(input)[-1]
    places = ops.arange(count, dtype="int32")
    total = count + abs(offset)
    columns = ops.expand_dims(ops.add(places, max(offset, 0)), axis=-1)
    on = ops.equal(columns, ops.arange(total, dtype="int32"))
    wide = ops.where(on, ops.expand_dims(input, axis=-1), ops.zeros_like(ops.expand_dims(input, axis=-1)))
    gaps = (max(-offset, 0), max(offset, 0))
    square = ops.pad(wide, (*[(0, 0)] * (rank(input) - 1), gaps, (0, 0))) if offset else wide
    ends = (dim1 % rank(square), dim2 % rank(square))
    return square if ends == (rank(square) - 2, rank(square) - 1) else ops.moveaxis(square, (-2, -1), ends)


def tril(input: Any, diagonal: Any = 0) -> Any:
    """`torch.tril`: the lower triangle."""
    return keep_dtype(ops.tril(input, k=static(diagonal)), input)


def triu(input: Any, diagonal: Any = 0) -> Any:
    """`torch.triu`: the upper triangle."""
    return keep_dtype(ops.triu(input, k=static(diagonal)), input)


def trace(input: Any) -> Any:
    """`torch.trace`: integers are added as int64."""
    found = ops.trace(input)
    return cast_to(found, "int64") if is_integral(input) else found


def embedding(
    input: Any,
    weight: Any,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """`F.embedding`: rows of a table; no gradient reaches the row `padding_idx`."""
    if max_norm is not None:
        refuse("nn.functional.embedding", "max_norm changes the table", "renormalise it before the call")
    rows = ops.take(weight, input, axis=0)
    if padding_idx is None:
        return rows
    padding = static(padding_idx)
    padding = padding + sizes(weight)[0] if isinstance(padding, int) and padding < 0 else padding
    blank = ops.expand_dims(ops.equal(input, padding), axis=-1)
    return ops.where(blank, ops.stop_gradient(rows), rows)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """`F.one_hot`: as int64; the number of classes must be given."""
    if num_classes == -1:
        refuse("nn.functional.one_hot", "the number of classes depends on the values", "give num_classes=")
    return ops.cast(ops.one_hot(tensor, static(num_classes), dtype="int32"), "int64")


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """`torch.unravel_index`."""
    found, rest = [], tensor(indices)
    for n in reversed(static(shape)):
        found.append(exactly(ops.mod(rest, n), known_dtype(indices)))
        rest = ops.floor_divide(rest, n)
    return tuple(reversed(found))


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`torch.masked_scatter`: the elements of `source` in order, where the mask is true."""
    mask = ops.broadcast_to(mask, sizes(input))
    flat = ops.reshape(mask, (-1,))
    order = ops.maximum(ops.subtract(ops.cumsum(ops.cast(flat, "int32"), axis=0), 1), 0)
    values = ops.reshape(source, (-1,))
    room = ops.minimum(order, sizes(values)[0] - 1)
    picked = ops.reshape(ops.take(values, room, axis=0), sizes(input))
    return ops.where(mask, picked, input)
