"""Several index arrays in one key, read and written through one flat index."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.tracing.lowering import as_tensor
from lamina.vocabulary.tracer import DimTracer, TensorTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


def take(
    recorder: TraceRecorder, tensor: TensorTracer, arrays: Sequence[Any], axes: Sequence[int], in_front: bool
) -> Any:
    """What index arrays pick along axes, in their common shape.

    Args:
        recorder: The recorder.
        tensor: The tensor.
        arrays: An index array for each axis; they are broadcast.
        axes: The axes, in rising order.
        in_front: Whether the axes of the arrays are the first of the result; in place of `axes[0]` if not.
    """
    sizes = list(tensor.shape)
    indices = flat_index(recorder, arrays, [sizes[axis] for axis in axes])
    first = axes[0]
    if list(axes) != list(range(first, first + len(axes))):
        rest = [axis for axis in range(len(sizes)) if axis not in axes]
        tensor = recorder.op("transpose", tensor, axes=(*axes, *rest))
        sizes = [sizes[axis] for axis in (*axes, *rest)]
        first = 0
    if len(axes) > 1:
        end = first + len(axes)
        joined = _product(sizes[first:end])
        tensor = recorder.op("reshape", tensor, (*sizes[:first], joined, *sizes[end:]))
    result = recorder.op("take", tensor, indices, axis=first)
    if not in_front or first == 0 or indices.ndim == 0:
        return result
    moved = range(first, first + indices.ndim)
    return recorder.op("moveaxis", result, tuple(moved), tuple(range(indices.ndim)))


def _product(sizes: Sequence[Any]) -> Any:
    return math.prod(sizes) if all(isinstance(size, int) for size in sizes) else -1


def flat_index(recorder: TraceRecorder, arrays: Sequence[Any], sizes: Sequence[Any]) -> Any:
    """The place in the joined axes that the indices of each of them name.

    An index from the end of the first axis is one from the end of the joined axes; in any other axis it
    is counted from the start.
    """
    total: Any = None
    for array, size in zip(arrays, sizes, strict=True):
        index = whole_numbers(recorder, array, size)
        if total is None:
            total = index
        elif isinstance(total, np.ndarray) and isinstance(index, np.ndarray) and isinstance(size, int):
            total = total * size + index % max(size, 1)
        else:
            start = recorder.op("multiply", total, size)
            total = recorder.op("add", start, recorder.op("mod", index, size))
    return total


def put(
    recorder: TraceRecorder,
    tensor: TensorTracer,
    arrays: Sequence[Any],
    axes: Sequence[int],
    value: Any,
    in_front: bool,
) -> Any:
    """The tensor with a value at the places that index arrays name along axes.

    Args:
        recorder: The recorder.
        tensor: The tensor.
        arrays: An index array, or an int, for each axis.
        axes: The axes, in rising order.
        value: A tensor of the dtype of `tensor`, which is broadcast to what the arrays pick.
        in_front: Whether the axes of the arrays are the first of what they pick; at `axes[0]` if not.
    """
    sizes = list(tensor.shape)
    rest = [axis for axis in range(len(sizes)) if axis not in axes]
    columns = _columns(recorder, arrays, [sizes[axis] for axis in axes])
    picked, first = list(columns.shape[:-1]), 0 if in_front else axes[0]
    kept = [sizes[axis] for axis in rest]
    updates = recorder.op("broadcast_to", value, (*kept[:first], *picked, *kept[first:]))
    if first and picked:
        moved = range(first, first + len(picked))
        updates = recorder.op("moveaxis", updates, tuple(moved), tuple(range(len(picked))))
    updates = recorder.op("reshape", updates, (-1, *kept))
    order = [*axes, *rest]
    turned = order != sorted(order)
    tensor = recorder.op("transpose", tensor, axes=tuple(order)) if turned else tensor
    indices = recorder.op("reshape", columns, (-1, len(axes)))
    result = recorder.op("scatter_update", tensor, indices, updates)
    back = tuple(order.index(axis) for axis in range(len(order)))
    return recorder.op("transpose", result, axes=back) if turned else result


def _columns(recorder: TraceRecorder, arrays: Sequence[Any], sizes: Sequence[Any]) -> Any:
    """The indices of each axis in their common shape, side by side along a last axis."""
    found = [whole_numbers(recorder, *pair) for pair in zip(arrays, sizes, strict=True)]
    found = [_from_start(recorder, *pair) for pair in zip(found, sizes, strict=True)]
    if all(isinstance(index, np.ndarray) for index in found):
        return as_tensor(recorder, np.stack(np.broadcast_arrays(*found), axis=-1))
    blank = functools.reduce(lambda a, b: recorder.op("add", a, b), found)
    blank = recorder.op("multiply", blank, 0)
    return recorder.op("stack", [recorder.op("add", index, blank) for index in found], axis=-1)


def _from_start(recorder: TraceRecorder, index: Any, size: Any) -> Any:
    if isinstance(index, np.ndarray):
        if not index.size or index.min() >= 0:
            return index
        if isinstance(size, int):
            return index % size
    return recorder.op("mod", index, size)


def whole_numbers(recorder: TraceRecorder, array: Any, size: Any) -> Any:
    """An index array as int32, or as it is where it is known to be wide enough.

    Raises:
        CaptureError: It holds known indices beyond the axis, or no integers.
    """
    if isinstance(array, (int, np.ndarray)):
        return _checked(recorder, np.asarray(array), size)
    if isinstance(array, DimTracer):
        return recorder.op("convert_to_tensor", array, dtype="int32")
    array = as_tensor(recorder, array)
    return array if array.peek_dtype() in ("int32", "int64") else recorder.op("cast", array, "int32")


def _checked(recorder: TraceRecorder, array: Any, size: Any) -> Any:
    if array.dtype.kind not in "iu":
        raise CaptureError(f"{recorder.name!r} uses an array of {array.dtype} as an index; expected integers")
    if isinstance(size, int) and array.size and not -size <= array.min() <= array.max() < size:
        raise CaptureError(
            f"{recorder.name!r} uses the index {array.max() if array.max() >= size else array.min()} on an axis "
            f"of size {size}"
        )
    return array.astype(np.int32)
