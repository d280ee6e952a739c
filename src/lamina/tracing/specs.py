"""Works out shapes, dtypes and sizes for a function that asks for them while it is captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lamina._keras import keras
from lamina._records import dataclass
from lamina.errors import CaptureError, LaminaError, SpecNeededError
from lamina.expression.evaluation import CallFailed, Evaluator
from lamina.expression.inference import AXIS_RULES, agreed, merge, reason, sample_size
from lamina.expression.model import Ref, Spec, call_references
from lamina.expression.runner import UNKNOWN, failure_text

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


@dataclass(frozen=True, slots=True)
class World:
    """One choice of sizes for the unknown dimensions of the inputs.

    Args:
        sample: Which of the two sets of sample sizes.
        rule: Which unknown dimensions share a size; an index into `AXIS_RULES`.
        changed: An input axis of known size that is given another one, to see what depends on it.
    """

    sample: int = 0
    rule: int = 0
    changed: tuple[int, int] | None = None


class SpecReader:
    """Answers questions about the values of one recorder.

    Args:
        recorder: The recorder.
        default_dtype: Assumed for inputs of unknown dtype.
    """

    def __init__(self, recorder: TraceRecorder, default_dtype: str) -> None:
        self._recorder = recorder
        self._dtype = default_dtype
        self._worlds: dict[World, Evaluator] = {}
        self._sources: dict[int, frozenset[int]] = {}

    def spec(self, ref: Ref) -> Spec:
        """Shape and dtype, with `None` where unknown."""
        sources = self.sources(ref)
        merged = self._merged(ref)
        if not isinstance(merged, Spec):
            return Spec((), "int32")
        if any(self._root.inputs[source].dtype is None for source in sources):
            return Spec(merged.shape, None)
        return merged

    def assumed_dtype(self, ref: Ref) -> str | None:
        """The dtype, with the default for inputs of unknown dtype."""
        merged = self._merged(ref)
        return merged.dtype if isinstance(merged, Spec) else "int32"

    def size(self, ref: Ref) -> int | None:
        """The value of a dimension, or `None`."""
        merged = self._merged(ref)
        return None if merged is UNKNOWN or isinstance(merged, Spec) else merged

    def sources(self, ref: Ref) -> frozenset[int]:
        """Numbers of the function's inputs that a value is computed from."""
        waiting = [ref.index]
        while waiting:
            index = waiting[-1]
            missing = [i for i in self._direct(index) if i not in self._sources]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            if index not in self._sources:
                self._sources[index] = self._own_sources(index)
        return self._sources[ref.index]

    def _direct(self, index: int) -> tuple[int, ...]:
        first = self._recorder.first_call
        return self._recorder.reads[index - first] if index >= first else ()

    def _own_sources(self, index: int) -> frozenset[int]:
        if index < self._recorder.first_call:
            return frozenset(self._recorder.input_sources(index))
        return frozenset().union(*(self._sources[i] for i in self._direct(index)))

    def dependencies(self, ref: Ref, axis: int | None = None) -> Iterator[tuple[int, int]]:
        """The input axes of known size that a size depends on: of a dimension, or of one axis."""
        if self._recorder is self._root and 0 <= ref.index < self._recorder.first_call and axis is not None:
            yield ref.index, axis
            return
        base = self._part(ref, axis)
        for source in self.sources(ref):
            for source_axis, size in enumerate(self._root.inputs[source].shape or ()):
                if size is not None and self._changes(ref, axis, base, (source, source_axis)):
                    yield source, source_axis

    def _changes(self, ref: Ref, axis: int | None, base: Any, changed: tuple[int, int]) -> bool:
        try:
            return bool(self._part(ref, axis, changed) != base)
        except LaminaError:
            return True

    def _part(self, ref: Ref, axis: int | None, changed: tuple[int, int] | None = None) -> Any:
        merged = self._merged(ref, changed)
        if axis is None or not isinstance(merged, Spec):
            return merged
        return None if merged.shape is None or axis >= len(merged.shape) else merged.shape[axis]

    @property
    def _root(self) -> TraceRecorder:
        return self._recorder.root

    def _merged(self, ref: Ref, changed: tuple[int, int] | None = None) -> Any:
        self._require_ranks(ref)
        error: CallFailed | None = None
        for rule in range(len(AXIS_RULES)):
            try:
                return merge(*(self._value(World(sample, rule, changed), ref) for sample in (0, 1)))
            except CallFailed as failed:
                error = error or failed
        assert error is not None
        raise CaptureError(self._explain(error)) from error.error

    def _explain(self, failed: CallFailed) -> str:
        call = self._recorder.calls[failed.position]
        evaluators = [self.evaluator(World(sample)) for sample in (0, 1)]
        env = {ref.index: agreed(evaluators, ref.index) for ref in call_references(call)}
        return failure_text(self._recorder.name, call, "", env, reason(failed.error))

    def _require_ranks(self, ref: Ref) -> None:
        for source in self.sources(ref):
            if self._root.inputs[source].shape is None:
                raise SpecNeededError(self._recorder.message("the shape of its input", "spec"))

    def _value(self, world: World, ref: Ref) -> Any:
        return self.evaluator(world)(ref)

    def evaluator(self, world: World) -> Evaluator:
        """The evaluator that uses the sizes of `world`."""
        if world not in self._worlds:
            self._worlds[world] = Evaluator(
                lambda index: self._recorder.input_value(index, world),
                self._recorder.calls,
                self._recorder.first_call,
            )
        return self._worlds[world]

    def sampled_input(self, index: int, world: World) -> Any:
        """The stand-in for an input of the outermost function."""
        spec = self._recorder.inputs[index]
        axis_of = AXIS_RULES[world.rule]
        shape = [
            sample_size(world.sample, axis_of(axis)) if size is None else size
            for axis, size in enumerate(spec.shape or ())
        ]
        if world.changed is not None and world.changed[0] == index:
            shape[world.changed[1]] = sample_size(0, len(shape) + index)
        return keras.KerasTensor(tuple(shape), dtype=spec.dtype or self._dtype)
