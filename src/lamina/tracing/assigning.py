"""`x[key] = value` on tracers: the tensor with some elements replaced, as operations of every backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.tracing import gathering
from lamina.tracing.indexing import is_apart, is_mask, static_key
from lamina.tracing.lowering import as_tensor, unsupported
from lamina.vocabulary.tracer import DimTracer, TensorTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


def set_item(recorder: TraceRecorder, tensor: TensorTracer, key: Any, value: Any) -> TensorTracer:
    """Record `tensor[key] = value` as a new tensor.

    Raises:
        CaptureError: The key is of a kind that no operation writes to.
    """
    given = list(key) if isinstance(key, tuple) else [key]
    if is_mask(recorder, given[0]):
        return _masked(recorder, tensor, given, value)
    keys = _full_key(recorder, tensor, [static_key(k) for k in given])
    if any(_is_places(k) or _is_stepped(k) for k in keys):
        return _scattered(recorder, tensor, keys, value)
    sizes = tensor.shape
    starts = [_start(k, size) for k, size in zip(keys, sizes, strict=True)]
    extent = [_extent(k, size) for k, size in zip(keys, sizes, strict=True)]
    kept = tuple(n for n, k in zip(extent, keys, strict=True) if isinstance(k, slice))
    update = recorder.op("cast", as_tensor(recorder, value), tensor.dtype)
    update = recorder.op("reshape", recorder.op("broadcast_to", update, kept), tuple(extent))
    return _tensor(recorder.op("slice_update", tensor, tuple(starts), update))


def _tensor(value: Any) -> TensorTracer:
    assert isinstance(value, TensorTracer)
    return value


def _masked(recorder: TraceRecorder, tensor: TensorTracer, keys: list[Any], value: Any) -> TensorTracer:
    """`x[mask] = value`, of one value or one for each place behind the mask."""
    mask = as_tensor(recorder, keys[0])
    rest = tensor.ndim - mask.ndim
    update = recorder.op("cast", as_tensor(recorder, value), tensor.dtype)
    if update.ndim > rest or not all(k is Ellipsis or _is_full(k) for k in keys[1:]):
        raise CaptureError(
            f"{recorder.name!r} assigns several values by a boolean mask, whose number depends on the mask; "
            "use `ops.where(mask, values, x)` with values of the shape of x"
        )
    for _ in range(rest):
        mask = recorder.op("expand_dims", mask, axis=-1)
    return _tensor(recorder.op("where", mask, update, tensor))


def _scattered(recorder: TraceRecorder, tensor: TensorTracer, keys: list[Any], value: Any) -> TensorTracer:
    """`x[:, places] = value`: index arrays and ints, or one slice with a step, among full slices."""
    axes = [axis for axis, key in enumerate(keys) if not _is_full(key)]
    slices = any(isinstance(keys[axis], slice) for axis in axes)
    if (slices and len(axes) > 1) or any(is_mask(recorder, key) for key in keys):
        raise _refusal(recorder, keys)
    arrays = [_places(tensor, keys[axis], axis) for axis in axes]
    update = recorder.op("cast", as_tensor(recorder, value), tensor.dtype)
    in_front = not slices and is_apart(keys)
    return _tensor(gathering.put(recorder, tensor, arrays, axes, update, in_front))


def _places(tensor: TensorTracer, key: Any, axis: int) -> Any:
    """The places that a key names along an axis: those of a slice counted, others as they are."""
    if not isinstance(key, slice):
        return key
    size = tensor.static_shape[axis]
    if size is None:
        raise unsupported(tensor.recorder, "a slice with a step on an axis of unknown size", "dimension")
    return np.arange(size, dtype=np.int32)[key]


def _full_key(recorder: TraceRecorder, tensor: TensorTracer, keys: list[Any]) -> list[Any]:
    rank = tensor.ndim
    at = next((i for i, key in enumerate(keys) if key is Ellipsis), None)
    if at is not None:
        keys = keys[:at] + [slice(None)] * (rank - len(keys) + 1) + keys[at + 1 :]
    keys += [slice(None)] * (rank - len(keys))
    for key in keys:
        if not isinstance(key, (int, DimTracer, slice)) and not _is_places(key):
            raise _refusal(recorder, key)
    return keys


def _refusal(recorder: TraceRecorder, key: Any) -> CaptureError:
    return CaptureError(
        f"{recorder.name!r} assigns to the key {key!r}; an expression can assign to ints, slices, a mask, "
        "index arrays among full slices and ints, and one slice with a step among full slices; use `ops.where` "
        "or `ops.scatter_update` for others"
    )


def _is_places(key: Any) -> bool:
    """Whether a key is an index array."""
    return isinstance(key, (list, np.ndarray, TensorTracer))


def _is_stepped(key: Any) -> bool:
    return isinstance(key, slice) and key.step not in (None, 1)


def _is_full(key: Any) -> bool:
    return isinstance(key, slice) and all(part is None for part in (key.start, key.stop, key.step))


def _start(key: Any, size: Any) -> Any:
    start = key.start if isinstance(key, slice) else key
    if start is None:
        return 0
    return start + size if isinstance(start, int) and start < 0 else start


def _extent(key: Any, size: Any) -> Any:
    if not isinstance(key, slice):
        return 1
    stop = size if key.stop is None else key.stop
    if isinstance(stop, int) and stop < 0:
        stop = stop + size
    if isinstance(stop, int) and isinstance(size, int):
        stop = min(stop, size)
    return stop - _start(key, size)
