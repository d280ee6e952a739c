"""Changes in place: which tensors of a captured function would share memory with one that is changed.

A change in place makes the tracer stand for a new value. A slice that is changed is written back to
the tensor it was taken from. What else shares its memory, and would have changed too, may not be read
from then on: the expression would go on with the old values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina.errors import CaptureError
from lamina.expression.model import Ref
from lamina.tracing.dialect import speaks_torch
from lamina.vocabulary.tracer import TensorTracer, Tracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

# Operations whose result is another look at the memory of their first operand.
_VIEWS = frozenset(
    """array_split broadcast_to diagonal expand_dims get_item hsplit moveaxis ravel reshape split squeeze
    stop_gradient swapaxes transpose unstack vsplit""".split()
)


class Memory:
    """What one recorder knows of shared memory.

    Args:
        recorder: The recorder.
    """

    def __init__(self, recorder: TraceRecorder) -> None:
        self._recorder = recorder
        self._slices: dict[int, tuple[TensorTracer, Any]] = {}
        self._outdated: set[int] = set()
        self._collecting: list[list[TensorTracer]] = []

    def noted(self, tracer: TensorTracer) -> TensorTracer:
        """The tracer, noted by who asked for what is made."""
        for made in self._collecting:
            made.append(tracer)
        return tracer

    def watch_made(self) -> list[TensorTracer]:
        """A list to which each tensor that is made from now on is added."""
        self._collecting.append([])
        return self._collecting[-1]

    def unwatch_made(self, made: list[TensorTracer]) -> None:
        """Add no more to a list."""
        self._collecting = [other for other in self._collecting if other is not made]

    def viewed(self, tensor: TensorTracer, key: Any, part: Any) -> Any:
        """The part of a tensor, remembered as a slice of it."""
        if isinstance(part, TensorTracer) and self._op(part.ref.index) == "get_item":
            self._slices[part.ref.index] = tensor, key
        return part

    def check(self, value: Tracer) -> None:
        """Refuse a tensor whose memory was changed through another one.

        Raises:
            CaptureError: It was.
        """
        if self._outdated and value.ref.index in self._outdated:
            raise CaptureError(
                self._recorder.message("a tensor that shares memory with one changed in place", "shared")
            )

    def update(self, tensor: TensorTracer, op: str, other: Any) -> Any:
        """`tensor += other`: in place and in its dtype where the function names PyTorch, else a new tensor."""
        value = self._recorder.binary(op, tensor, other)
        if not isinstance(value, TensorTracer) or not speaks_torch(unsaid=False):
            return value
        kept, new = tensor.peek_dtype(), value.peek_dtype()
        if kept is not None and new is not None and kept != new:
            value = self._recorder.op("cast", value, tensor.dtype)
        self.overwrite(tensor, value)
        return tensor

    def overwrite(self, tensor: TensorTracer, value: TensorTracer) -> None:
        """Let `tensor` stand for `value`."""
        if tensor is value:
            return
        recorder, old = tensor.recorder, tensor.ref.index
        tensor.recorder, tensor.ref = value.recorder, value.ref
        source = recorder.memory._slices.get(old)
        if source is None:
            recorder.memory._outdate(old, value.ref.index if value.recorder is recorder else old)
            return
        base, key = source
        base[key] = value
        again = base[key]
        tensor.recorder, tensor.ref = again.recorder, again.ref

    def is_slice(self, part: Any, tensor: TensorTracer, key: Any) -> bool:
        """Whether `part` is the slice `tensor[key]` as it is now, as it is at the end of `x[key] += y`."""
        if not isinstance(part, TensorTracer):
            return False
        base, place = self._slices.get(part.ref.index, (None, None))
        return base is tensor and place is key and self._root(part.ref.index) == self._root(tensor.ref.index)

    def _outdate(self, changed: int, new: int) -> None:
        """Mark what shares memory with a value, itself left out; nothing where the new one is a look at it."""
        root = self._root(changed)
        if self._root(new) == root:
            return
        first = self._recorder.first_call
        sharing = {
            index for index in range(first, first + len(self._recorder.calls)) if self._root(index) == root
        }
        self._outdated |= (sharing | {root}) - {changed}

    def _root(self, index: int) -> int:
        """The value whose memory another one is a look at."""
        while self._op(index) in _VIEWS:
            source = self._recorder.calls[index - self._recorder.first_call].args[0]
            if not isinstance(source, Ref):
                break
            index = source.index
        return index

    def _op(self, index: int) -> str:
        position = index - self._recorder.first_call
        return self._recorder.calls[position].op if 0 <= position < len(self._recorder.calls) else ""
