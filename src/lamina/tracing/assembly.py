"""Puts a recorded function together as an expression: live calls only, numbered in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lamina.errors import CaptureError
from lamina.expression.model import Call, Closure, Expression, Ref, Spec, map_tree, references
from lamina.expression.rewriting import Replace, call_with_references, with_references
from lamina.tracing.recorder import OUTER, TraceRecorder
from lamina.vocabulary.tracer import DimTracer


def assemble(recorder: TraceRecorder, inputs: Any, lowered: Any, parameters: tuple[str, ...]) -> Expression:
    """The expression of a whole function, whose outputs are data already."""
    live = _live_calls(recorder, lowered)
    slots = _used_slots(recorder, live, lowered)
    count = len(recorder.inputs)
    numbers = {-number: count + position for position, number in enumerate(slots)}
    numbers |= {recorder.first_call + old: count + len(slots) + new for new, old in enumerate(live)}
    renumber = _renumbering(numbers)
    return Expression(
        inputs=inputs,
        state=tuple(recorder.state.slots[number - 1] for number in slots),
        calls=_moved_calls(recorder, live, numbers, renumber),
        outputs=with_references(lowered, renumber),
        name=recorder.name,
        parameters=parameters,
    )


def assemble_nested(recorder: TraceRecorder, outputs: Any) -> Closure:
    """The closure of a function argument: what it takes from outside are its last inputs."""
    assert recorder.parent is not None
    lowered = lower_outputs(recorder, outputs)
    live = _live_calls(recorder, lowered)
    outside = sorted({i for i in _used(recorder, live, lowered) if i < 0}, reverse=True)
    count = len(recorder.inputs)
    total = count + len(outside)
    numbers = {number: count + position for position, number in enumerate(outside)}
    numbers |= {recorder.first_call + old: count + len(outside) + new for new, old in enumerate(live)}
    renumber = _renumbering(numbers)
    expression = Expression(
        inputs=Spec() if total == 1 else (Spec(),) * total,
        calls=_moved_calls(recorder, live, numbers, renumber),
        outputs=with_references(lowered, renumber),
        name=recorder.name,
        parameters=tuple(f"x{i}" for i in range(total)),
    )
    return Closure(expression, tuple(_outer_reference(recorder, number) for number in outside))


def _outer_reference(recorder: TraceRecorder, number: int) -> Ref:
    assert recorder.parent is not None
    if number > OUTER:
        return Ref(number)
    ref = recorder.parent.reference(recorder.captured[OUTER - number])
    assert isinstance(ref, Ref)
    return ref


def lower_outputs(recorder: TraceRecorder, outputs: Any) -> Any:
    """What the function returned, as data.

    Raises:
        CaptureError: It returned nothing, or something that is no tensor.
    """
    from lamina.tracing.lowering import lower

    if outputs is None:
        raise CaptureError(
            f"{recorder.name!r} returned None; it must return a tensor or a structure of tensors"
        )
    if _is_shape(outputs):
        outputs = recorder.op("convert_to_tensor", list(outputs), dtype="int32")
    lowered = lower(recorder, map_tree(lambda leaf: _tensor_of_size(recorder, leaf), outputs))
    if isinstance(lowered, str):
        raise CaptureError(f"{recorder.name!r} returned the string {lowered!r}; it must return a tensor")
    return lowered


def _is_shape(outputs: Any) -> bool:
    """Whether a function returned a shape itself, which is a vector of sizes to its caller."""
    special = isinstance(outputs, tuple) and type(outputs) is not tuple and not hasattr(outputs, "_fields")
    return special and all(isinstance(size, (int, DimTracer)) for size in outputs)


def _tensor_of_size(recorder: TraceRecorder, leaf: Any) -> Any:
    """An output that is a size is a scalar tensor, as it has to be in a graph."""
    return recorder.op("convert_to_tensor", leaf) if isinstance(leaf, DimTracer) else leaf


def _live_calls(recorder: TraceRecorder, outputs: Any) -> list[int]:
    live: set[int] = set()
    waiting = [ref.index - recorder.first_call for ref in references(outputs)]
    while waiting:
        position = waiting.pop()
        if position >= 0 and position not in live:
            live.add(position)
            waiting.extend(index - recorder.first_call for index in recorder.reads[position])
    return sorted(live)


def _used(recorder: TraceRecorder, live: Iterable[int], outputs: Any) -> set[int]:
    used = {ref.index for ref in references(outputs)}
    for position in live:
        used.update(recorder.reads[position])
    return used


def _used_slots(recorder: TraceRecorder, live: Iterable[int], outputs: Any) -> list[int]:
    return sorted(-i for i in _used(recorder, live, outputs) if OUTER < i < 0)


def _renumbering(numbers: Mapping[int, int]) -> Replace:
    changed = {old: new for old, new in numbers.items() if old != new}
    return lambda ref: Ref(changed.get(ref.index, ref.index), ref.path)


def _moved_calls(
    recorder: TraceRecorder, live: list[int], numbers: Mapping[int, int], renumber: Replace
) -> tuple[Call, ...]:
    moves = {old for old, new in numbers.items() if old != new}
    return tuple(
        recorder.calls[old]
        if moves.isdisjoint(recorder.reads[old])
        else call_with_references(recorder.calls[old], renumber)
        for old in live
    )
