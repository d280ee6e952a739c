"""`x[key]` on tracers, as operations that every backend has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina._numpy import np
from lamina.tracing import gathering
from lamina.tracing.dialect import speaks_torch
from lamina.tracing.lowering import foreign_array, is_foreign_tensor, unsupported
from lamina.vocabulary.tracer import DimTracer, TensorTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


def get_item(recorder: TraceRecorder, tensor: TensorTracer, key: Any) -> Any:
    """Record `tensor[key]`.

    Basic keys become `get_item`; arrays of indices become `take`, and a negative step a flip,
    because TensorFlow and PyTorch tensors take neither as a key.
    """
    keys = list(key) if isinstance(key, tuple) else [key]
    keys = [part for k in keys for part in _spelled_out(static_key(k))]
    gathers = [i for i, k in enumerate(keys) if is_indices(k)]
    if gathers:
        return _take(recorder, tensor, keys, gathers)
    flips = [i for i, k in enumerate(keys) if isinstance(k, slice) and _is_negative(k.step)]
    for position in flips:
        keys[position] = _forward(recorder, tensor, keys, position)
    result = tensor
    if any(map(_selects, keys)):
        simple = tuple(keys) if isinstance(key, tuple) else keys[0]
        result = recorder.op("get_item", tensor, simple)
    axes = [_result_axis(keys, position) for position in flips]
    return recorder.op("flip", result, axis=axes[0] if len(axes) == 1 else tuple(axes)) if axes else result


def _is_negative(step: Any) -> bool:
    return isinstance(step, (int, np.integer)) and int(step) < 0


def static_key(key: Any) -> Any:
    """A constant boolean mask selects known positions; a NumPy integer is an int."""
    if isinstance(key, np.integer) or (
        isinstance(key, np.ndarray) and key.ndim == 0 and key.dtype.kind in "iu"
    ):
        return int(key)
    if is_foreign_tensor(key):
        key = foreign_array(key)
    if not isinstance(key, (list, np.ndarray)) or _holds_tracer(key):
        return key
    array = np.asarray(key) if np.size(key) else np.zeros(np.shape(key), np.int32)
    return np.nonzero(array)[0] if array.dtype == bool and array.ndim == 1 else array


def _holds_tracer(key: Any) -> bool:
    return isinstance(key, list) and any(isinstance(k, (TensorTracer, DimTracer)) for k in key)


def _spelled_out(key: Any) -> tuple[Any, ...]:
    """A constant boolean mask of several axes as an index array for each of them."""
    return np.nonzero(key) if isinstance(key, np.ndarray) and key.dtype == bool and key.ndim > 1 else (key,)


def is_indices(key: Any) -> bool:
    """Whether a key is an array of indices, or a mask."""
    return isinstance(key, (TensorTracer, list)) or (isinstance(key, np.ndarray) and key.ndim > 0)


def _take(recorder: TraceRecorder, tensor: TensorTracer, keys: list[Any], positions: list[int]) -> Any:
    if any(is_mask(recorder, keys[i]) for i in positions):
        raise unsupported(
            recorder, "a selection by a boolean mask, whose size depends on the values,", "mask"
        )
    before = [slice(None) if i in positions else k for i, k in enumerate(keys)]
    rest = get_item(recorder, tensor, tuple(before)) if any(_selects(k) for k in before) else tensor
    axes = [_result_axis(before, i) for i in positions]
    arrays = [keys[i] for i in positions]
    in_front = is_apart(keys)
    if len(arrays) == 1 and not in_front:
        return recorder.op("take", rest, arrays[0], axis=axes[0])
    return gathering.take(recorder, rest, arrays, [axis % rest.ndim for axis in axes], in_front)


def is_mask(recorder: TraceRecorder, indices: Any) -> bool:
    """Whether a key is boolean, and selects by value."""
    if isinstance(indices, TensorTracer):
        return indices.recorder.computes_booleans(indices.ref) or indices.peek_dtype() == "bool"
    return isinstance(indices, np.ndarray) and indices.dtype.kind == "b"


def is_apart(keys: list[Any]) -> bool:
    """Whether what the arrays pick comes first: other keys stand between them, or between them and an int.

    An int beside an array is an array without axes to NumPy and JAX; PyTorch takes it out first.
    """
    picks = [i for i, key in enumerate(keys) if is_indices(key) or isinstance(key, (int, DimTracer))]
    if picks == list(range(picks[0], picks[-1] + 1)):
        return False
    if not speaks_torch():
        return True
    kept = [key for key in keys if not isinstance(key, (int, DimTracer))]
    places = [i for i, key in enumerate(kept) if is_indices(key)]
    return places != list(range(places[0], places[-1] + 1))


def _selects(key: Any) -> bool:
    if isinstance(key, slice):  # by identity, as an unknown size equals None
        return any(part is not None for part in (key.start, key.stop, key.step))
    return key is not Ellipsis


def _result_axis(keys: list[Any], position: int) -> int:
    """Axis of the result that the key at `position` stands for; from the end behind an Ellipsis."""
    ellipsis = next((i for i, k in enumerate(keys) if k is Ellipsis), len(keys))
    if position < ellipsis:
        return sum(_keeps_axis(k) for k in keys[:position])
    return -sum(_keeps_axis(k) for k in keys[position:])


def _keeps_axis(key: Any) -> bool:
    return key is None or isinstance(key, slice)


def _source_axis(keys: list[Any], position: int) -> int:
    """Axis of the indexed tensor that the key at `position` stands for."""
    ellipsis = next((i for i, k in enumerate(keys) if k is Ellipsis), len(keys))
    if position < ellipsis:
        return sum(k is not None for k in keys[:position])
    return -sum(k is not None for k in keys[position:])


def _forward(recorder: TraceRecorder, tensor: TensorTracer, keys: list[Any], position: int) -> slice:
    """The same positions as a slice with a negative step, in rising order."""
    key: slice = keys[position]
    if key.start is None and key.stop is None and key.step == -1:
        return slice(None)
    size = tensor.static_shape[_source_axis(keys, position)]
    if size is None:
        raise unsupported(recorder, "a slice with a negative step on an axis of unknown size", "dimension")
    taken = range(*key.indices(size))
    return slice(taken[-1], taken[0] + 1, -taken.step) if taken else slice(0, 0)
