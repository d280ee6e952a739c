"""Functions that move, join, split and repeat elements."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    Axis,
    Function,
    axis_tuple,
    cast,
    dtype_of,
    index,
    is_bool,
    one_of,
    operand,
    rank,
    refuse,
    refuse_arguments,
    shape_of,
    static_size,
    tensor,
)

_ORDERS = ("C", "F", "A", "K")


def reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    """`numpy.reshape`, in C or Fortran order."""
    a = tensor(a)
    shape = newshape if shape is None else shape
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if one_of("reshape", "order", order, _ORDERS, "use 'C'") != "F":
        return ops.reshape(a, shape)
    return ops.transpose(ops.reshape(ops.transpose(a), shape[::-1]))


def ravel(a: Any, order: str = "C") -> Any:
    """`numpy.ravel`, and `flatten` of an array."""
    return reshape(a, (-1,), order)


def expand_dims(a: Any, axis: int | Sequence[int]) -> Any:
    """`numpy.expand_dims`."""
    return ops.expand_dims(operand(a), list(axis) if isinstance(axis, (tuple, list)) else axis)


def matrix_transpose(x: Any, /) -> Any:
    """`numpy.matrix_transpose`: the last two axes exchanged."""
    return ops.swapaxes(operand(x), -1, -2)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """`numpy.rollaxis`: an axis moved to lie before `start`."""
    a = operand(a)
    axis = axis % rank(a)
    start = start + rank(a) if start < 0 else start
    return ops.moveaxis(a, axis, start - 1 if axis < start else start)


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """`numpy.broadcast_arrays`."""
    tensors = [tensor(x) for x in args]
    shape = _broadcast_shape(*map(shape_of, tensors))
    return tuple(ops.broadcast_to(x, shape) for x in tensors)


def _broadcast_shape(*shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    columns = itertools.zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)
    return tuple(next((n for n in sizes if not (isinstance(n, int) and n == 1)), 1) for sizes in columns)[
        ::-1
    ]


def _at_least(count: int, shapes: tuple[tuple[int, ...], ...]) -> Function:
    def one(x: Any) -> Any:
        x = tensor(x)
        return ops.expand_dims(x, list(shapes[rank(x)])) if rank(x) < count else x

    def call(*arys: Any) -> Any:
        results = tuple(map(one, arys))
        return results[0] if len(results) == 1 else results

    call.__doc__ = f"`numpy.atleast_{count}d`: axes of size 1 added where the rank is below {count}."
    return call


atleast_1d = _at_least(1, ((0,),))
atleast_2d = _at_least(2, ((0, 1), (0,)))
atleast_3d = _at_least(3, ((0, 1, 2), (0, 2), (2,)))


def _items(arrays: Any) -> list[Any]:
    if isinstance(arrays, (list, tuple)):
        return [tensor(x) for x in arrays]
    return list(ops.unstack(arrays, static_size("concatenate", arrays, 0)))


def concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """`numpy.concatenate`; `axis=None` flattens the arrays first."""
    refuse_arguments("concatenate", out=out)
    items = [cast(x, dtype) for x in _items(arrays)]
    if axis is None:
        return ops.concatenate([ravel(x) for x in items], axis=0)
    return ops.concatenate(items, axis=axis)


def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """`numpy.stack`."""
    refuse_arguments("stack", out=out)
    return ops.stack([cast(x, dtype) for x in _items(arrays)], axis=axis)


def _joined(name: str, prepare: Function, axis: int) -> Function:
    def call(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
        items = [cast(prepare(x), dtype) for x in _items(tup)]
        return ops.concatenate(items, axis=0 if rank(items[0]) == 1 else axis)

    call.__doc__ = f"`numpy.{name}`."
    return call


hstack = _joined("hstack", atleast_1d, 1)
vstack = _joined("vstack", atleast_2d, 0)
dstack = _joined("dstack", atleast_3d, 2)
column_stack = _joined("column_stack", lambda x: ops.expand_dims(x, 1) if rank(x) == 1 else x, 1)


def block(arrays: Any) -> Any:
    """`numpy.block`: nested lists of blocks joined, the innermost lists along the last axis."""
    depth = _depth(arrays)
    return _block(arrays, depth, max(depth, _block_rank(arrays)))


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _block_rank(arrays: Any) -> int:
    return max(map(_block_rank, arrays)) if isinstance(arrays, list) else rank(arrays)


def _block(arrays: Any, depth: int, count: int) -> Any:
    if not isinstance(arrays, list):
        x = tensor(arrays)
        return ops.reshape(x, (*(1,) * (count - rank(x)), *shape_of(x))) if rank(x) < count else x
    return ops.concatenate([_block(x, depth - 1, count) for x in arrays], axis=-depth)


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """`numpy.append`."""
    return concatenate([arr, values], axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """`numpy.array_split`: parts of nearly the same size."""
    ary = operand(ary)
    places = indices_or_sections
    if isinstance(places, int):
        ends = [len(part) for part in np.array_split(range(static_size("array_split", ary, axis)), places)]
        places = np.cumsum(ends)[:-1].tolist()
    bounds = itertools.pairwise([0, *map(int, places), None])
    return [index(ary, axis, slice(start, stop)) for start, stop in bounds]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """`numpy.split`: parts of the same size, or cut at the given places."""
    ary = operand(ary)
    if not isinstance(indices_or_sections, int):
        return array_split(ary, indices_or_sections, axis)
    size = shape_of(ary)[axis]
    if isinstance(size, int) and size % indices_or_sections:
        refuse(
            "split", f"axis {axis} of size {size} has no {indices_or_sections} equal parts", "use array_split"
        )
    return list(ops.split(ary, indices_or_sections, axis=axis))


def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """`numpy.hsplit`."""
    return split(ary, indices_or_sections, 0 if rank(ary) == 1 else 1)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """`numpy.vsplit`."""
    return split(ary, indices_or_sections, 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """`numpy.dsplit`."""
    return split(ary, indices_or_sections, 2)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """`numpy.unstack`."""
    x = operand(x)
    return tuple(ops.unstack(x, static_size("unstack", x, axis), axis=axis))


def tile(A: Any, reps: Any) -> Any:
    """`numpy.tile`."""
    A = tensor(A)
    reps = tuple(reps) if isinstance(reps, (tuple, list, np.ndarray)) else (reps,)
    missing = len(reps) - rank(A)
    if missing > 0:
        A = ops.reshape(A, (*(1,) * missing, *shape_of(A)))
    return ops.tile(A, (*(1,) * -missing, *reps))


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """`numpy.repeat`, by counts that are known."""
    if not isinstance(repeats, (int, list, tuple, np.ndarray, np.integer)) and rank(repeats) > 0:
        refuse("repeat", "repeats is a tensor: the size of the result would depend on data", "use constants")
    return ops.repeat(tensor(a), np.asarray(repeats) if np.ndim(repeats) else repeats, axis=axis)


def resize(a: Any, new_shape: Any) -> Any:
    """`numpy.resize`: the elements, repeated as often as the new shape needs."""
    flat = ravel(a)
    places = np.resize(np.arange(static_size("resize", flat, 0)), new_shape)
    return ops.take(flat, places.astype(np.int32), axis=0)


def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """`numpy.delete`, of places that are known."""
    arr, axis = (ravel(arr), 0) if axis is None else (operand(arr), axis)
    kept = np.delete(np.arange(static_size("delete", arr, axis)), obj)
    return ops.take(arr, kept.astype(np.int32), axis=axis)


def insert(arr: Any, obj: int, values: Any, axis: int | None = None) -> Any:
    """`numpy.insert`, before one place."""
    arr, axis = (ravel(arr), 0) if axis is None else (operand(arr), axis)
    if not isinstance(obj, int):
        refuse(
            "insert", f"obj is {type(obj).__name__}", "insert before one place, given as an int, at a time"
        )
    values = ops.cast(tensor(values), dtype_of(arr))
    # NumPy takes the first axis of the values as the one that they are inserted along.
    values = ops.reshape(values, (*(1,) * (rank(arr) - rank(values)), *shape_of(values)))
    values = ops.moveaxis(values, 0, axis)
    part = list(shape_of(arr))
    part[axis] = shape_of(values)[axis]
    before, after = index(arr, axis, slice(None, obj)), index(arr, axis, slice(obj, None))
    return ops.concatenate([before, ops.broadcast_to(values, part), after], axis=axis)


def trim(x: Any, axis: int, start: int, stop: int | None) -> Any:
    """A slice along one axis."""
    return index(x, axis, slice(start, stop))


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """`numpy.diff`; of bools, whether neighbours differ."""
    parts = [a, *((append,) if append is not None else ())]
    parts = [*((prepend,) if prepend is not None else ()), *parts]
    a = operand(a)
    if len(parts) > 1:
        a = concatenate([_edge(x, a, axis) for x in parts], axis)
    if not is_bool(a):
        return ops.diff(a, n=n, axis=axis)
    for _ in range(n):
        a = ops.not_equal(trim(a, axis, 1, None), trim(a, axis, 0, -1))
    return a


def _edge(x: Any, a: Any, axis: int) -> Any:
    x = tensor(x)
    if rank(x) > 0:
        return x
    shape = list(shape_of(a))
    shape[axis] = 1
    return ops.broadcast_to(x, shape)


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """`numpy.ediff1d`."""
    middle = diff(ravel(ary))
    ends = [None if x is None else ravel(tensor(x)) for x in (to_begin, to_end)]
    parts = [x for x in (ends[0], middle, ends[1]) if x is not None]
    return ops.concatenate(parts, axis=0) if len(parts) > 1 else middle


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """`numpy.roll`; one shift serves several axes."""
    several = isinstance(axis, (tuple, list))
    shifts = tuple(shift) if isinstance(shift, (tuple, list)) else (shift,) * len(axis) if several else shift
    return ops.roll(operand(a), shifts, axis=axis)


def rot90(m: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """`numpy.rot90`: in the plane of two axes."""
    m = operand(m)
    first, second = axis_tuple(m, tuple(axes))
    turns = k % 4
    if turns in (0, 2):
        return ops.flip(m, axis=(first, second)) if turns else m
    turned = ops.swapaxes(m if turns == 3 else ops.flip(m, axis=second), first, second)
    return ops.flip(turned, axis=second) if turns == 3 else turned


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """`numpy.meshgrid`."""
    tensors = [ravel(x) for x in xi]
    if not sparse and len(set(map(dtype_of, tensors))) == 1:
        return tuple(ops.meshgrid(*tensors, indexing=indexing))
    order = list(range(len(tensors)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    grids = tuple(
        ops.reshape(x, [-1 if n == place else 1 for n in range(len(tensors))])
        for x, place in zip(tensors, order, strict=True)
    )
    return grids if sparse else broadcast_arrays(*grids)


def size(a: Any, axis: Axis = None) -> Any:
    """`numpy.size`: the number of elements, as a number."""
    count = 1
    for n in axis_tuple(a, axis):
        count = count * shape_of(a)[n]
    return count
