"""Primitives of lax that read and write at computed places."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from lamina._records import dataclass
from lamina.jaxpr.equation import Equation, Rule
from lamina.vocabulary.dispatch import ops


def _dynamic_slice(eqn: Equation) -> Any:
    """`lax.dynamic_slice`: the start is moved so that the slice fits."""
    starts = _starts(eqn, 1, eqn.out.shape)
    if all(isinstance(start, int) for start in starts):
        pairs = zip(starts, eqn.out.shape, strict=True)
        return eqn.tensor(0)[tuple(slice(start, start + size) for start, size in pairs)]
    return ops.slice(eqn.tensor(0), starts, eqn.out.shape)


def _dynamic_update_slice(eqn: Equation) -> Any:
    return ops.slice_update(eqn.tensor(0), _starts(eqn, 2, eqn.inputs[1].shape), eqn.tensor(1))


def _starts(eqn: Equation, first: int, window: Sequence[Any]) -> list[Any]:
    starts = []
    for axis, (whole, part) in enumerate(zip(eqn.inputs[0].shape, window, strict=True)):
        known, room = eqn.known(first + axis), 0 if whole is part else whole - part
        if isinstance(room, int) and room == 0:
            starts.append(0)
        elif known is not None and isinstance(room, int):
            starts.append(min(max(int(known), 0), room))
        else:
            limit = room if isinstance(room, int) else ops.convert_to_tensor(room, dtype="int32")
            start = ops.cast(eqn.tensor(first + axis), "int32")
            starts.append(ops.minimum(ops.maximum(start, 0), limit))
    return starts


@dataclass(frozen=True)
class Places:
    """Where in a tensor the elements of a window stand, for each of many windows.

    Args:
        operand: Sizes of the tensor.
        full: The sizes of the result: those of the indices, and of the window.
        batch: The axes of the result that are the indices'.
        window: The axes of the result that are the window's.
        kept: The axes of the tensor that the window's axes are, in order.
        starts: The axes of the tensor that the last axis of the indices speaks of.
        operand_batch: Axes of the tensor that run along with axes of the indices.
        index_batch: These axes of the indices.
    """

    operand: Sequence[Any]
    full: Sequence[Any]
    batch: Sequence[int]
    window: Sequence[int]
    kept: Sequence[int]
    starts: Sequence[int]
    operand_batch: Sequence[int]
    index_batch: Sequence[int]

    def start(self, indices: Any, axis: int) -> Any:
        """The start of each window along an axis of the tensor, in the shape of the result; `None` for 0."""
        if axis not in self.starts:
            return None
        component = indices[(Ellipsis, list(self.starts).index(axis))]
        sizes: list[Any] = [1] * len(self.full)
        for place, size in zip(self.batch, [self.full[i] for i in self.batch], strict=True):
            sizes[place] = size
        return ops.reshape(component, tuple(sizes)) if sizes else component

    def offset(self, axis: int) -> Any:
        """The place within the window along an axis of the tensor, in the shape of the result; `None` for 0."""
        if axis in self.kept:
            place = self.window[list(self.kept).index(axis)]
        elif axis in self.operand_batch:
            place = self.batch[self.index_batch[list(self.operand_batch).index(axis)]]
        else:
            return None
        shape = [1] * len(self.full)
        shape[place] = -1
        return ops.reshape(ops.arange(self.full[place], dtype="int32"), tuple(shape))

    def flat(self, starts: Sequence[Any]) -> Any:
        """The places as numbers in the flattened tensor."""
        total: Any = 0
        for axis, start in enumerate(starts):
            stride = (
                math.prod(self.operand[axis + 1 :])
                if self._static(axis)
                else _product(self.operand[axis + 1 :])
            )
            for part in (start, self.offset(axis)):
                if part is not None:
                    total = part * stride + total if not _is_one(stride) else part + total
        return ops.broadcast_to(ops.convert_to_tensor(total, dtype="int32"), tuple(self.full))

    def _static(self, axis: int) -> bool:
        return all(isinstance(size, int) for size in self.operand[axis + 1 :])


def _product(sizes: Sequence[Any]) -> Any:
    return functools.reduce(operator.mul, sizes, 1)


def _is_one(size: Any) -> bool:
    return isinstance(size, int) and size == 1


def _gather(eqn: Equation) -> Any:
    """`lax.gather`: along one axis by `take`, in general by the places in the flattened tensor."""
    numbers, mode = eqn.params["dimension_numbers"], str(eqn.params["mode"])
    sliced = _as_slice(eqn, numbers)
    if sliced is not None:
        return sliced
    window = list(map(int, numbers.offset_dims))
    places = Places(
        eqn.inputs[0].shape,
        eqn.out.shape,
        [i for i in range(eqn.out.rank) if i not in window],
        window,
        [
            i
            for i in range(eqn.inputs[0].rank)
            if i not in (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
        ],
        list(map(int, numbers.start_index_map)),
        list(map(int, numbers.operand_batching_dims)),
        list(map(int, numbers.start_indices_batching_dims)),
    )
    sizes = list(map(eqn.size, eqn.params["slice_sizes"]))
    indices = ops.cast(eqn.tensor(1), "int32")
    starts, inside = _bounded(eqn, places, indices, sizes, "FILL" in mode, "PROMISE" not in mode)
    flat = ops.reshape(eqn.tensor(0), (-1,))
    result = ops.take(flat, places.flat(starts), axis=0)
    if inside is None:
        return result
    fill = eqn.params["fill_value"]
    if fill is None:
        fill = math.nan if eqn.out.is_float else 0
    return ops.where(inside, result, fill)


def _as_slice(eqn: Equation, numbers: Any) -> Any:
    """A gather of one window at a known place, as indexing writes a slice; `None` for any other."""
    known = eqn.known(1)
    if known is None or known.ndim != 1 or numbers.operand_batching_dims:
        return None
    starts = dict(zip(map(int, numbers.start_index_map), map(int, known), strict=True))
    keys: list[Any] = []
    for axis, (size, part) in enumerate(
        zip(eqn.inputs[0].shape, map(eqn.size, eqn.params["slice_sizes"]), strict=True)
    ):
        start = starts.get(axis, 0)
        outside = isinstance(size, int) and isinstance(part, int) and not 0 <= start <= size - part
        if outside or (not isinstance(size, int) and isinstance(part, int)):
            return None
        if axis in numbers.collapsed_slice_dims:
            keys.append(start)
        else:
            keys.append(slice(None) if start == 0 and size is part else slice(start, start + part))
    return eqn.tensor(0)[tuple(keys)] if list(numbers.offset_dims) == list(range(eqn.out.rank)) else None


def _bounded(
    eqn: Equation, places: Places, indices: Any, sizes: Sequence[Any], fills: bool, clips: bool
) -> tuple[list[Any], Any]:
    """The starts of the windows, moved into the tensor, and where they were inside; `None` for everywhere."""
    starts, inside = [], None
    for axis, whole in enumerate(places.operand):
        start = places.start(indices, axis)
        if start is not None and clips:
            room = whole - sizes[axis]
            limit = room if isinstance(room, int) else ops.convert_to_tensor(room, dtype="int32")
            if fills:
                fits = ops.logical_and(ops.greater_equal(start, 0), ops.less_equal(start, limit))
                inside = fits if inside is None else ops.logical_and(inside, fits)
            start = ops.minimum(ops.maximum(start, 0), limit)
        starts.append(start)
    return starts, inside


_REDUCTIONS: Mapping[str, str | None] = {
    "scatter": None,
    "scatter-add": "add",
    "scatter-mul": "mul",
    "scatter_add": "add",
    "scatter_mul": "mul",
    "scatter_max": "max",
    "scatter_min": "min",
    "scatter-max": "max",
    "scatter-min": "min",
}


def _scatter(eqn: Equation) -> Any:
    """`lax.scatter` and its kin, by the places in the flattened tensor; what falls outside goes to a spare one."""
    numbers = eqn.params["dimension_numbers"]
    window = list(map(int, numbers.update_window_dims))
    updates = eqn.inputs[2]
    dropped = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    kept = [i for i in range(eqn.inputs[0].rank) if i not in dropped]
    places = Places(
        eqn.inputs[0].shape,
        updates.shape,
        [i for i in range(updates.rank) if i not in window],
        window,
        kept,
        list(map(int, numbers.scatter_dims_to_operand_dims)),
        list(map(int, numbers.operand_batching_dims)),
        list(map(int, numbers.scatter_indices_batching_dims)),
    )
    sizes: list[Any] = [1] * eqn.inputs[0].rank
    for axis, place in zip(kept, window, strict=True):
        sizes[axis] = updates.shape[place]
    indices = ops.cast(eqn.tensor(1), "int32")
    mode = str(eqn.params["mode"])
    starts, inside = _bounded(eqn, places, indices, sizes, "FILL" in mode, "PROMISE" not in mode)
    flat, where = ops.reshape(eqn.tensor(0), (-1,)), places.flat(starts)
    if inside is not None:
        spare = _product(places.operand)
        where = ops.where(
            inside, where, spare if isinstance(spare, int) else ops.convert_to_tensor(spare, "int32")
        )
        flat = ops.pad(flat, [(0, 1)])
    where = ops.reshape(where, (-1, 1))
    values = ops.reshape(eqn.tensor(2), (-1,))
    reduction = _REDUCTIONS[eqn.primitive]
    result = ops.scatter_update(flat, where, values, **({"reduction": reduction} if reduction else {}))
    result = result if inside is None else result[:-1]
    return ops.reshape(result, eqn.out.shape)


TABLE: Mapping[str, Rule] = {
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    **dict.fromkeys(_REDUCTIONS, _scatter),
}
