"""How the sizes of a function's arguments are shown to JAX: as numbers, or as symbols."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamina._records import dataclass
from lamina.errors import CaptureError
from lamina.vocabulary.tracer import DimTracer, TensorTracer, Tracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

# An axis of an argument by its place, and `None` for the argument itself where it is a size.
Place = tuple[int, int | None]


@dataclass(frozen=True)
class Argument:
    """One tensor or size among the arguments.

    Args:
        tracer: What stands for it in the capture.
        struct: Shape and dtype for JAX; `None` for a size.
        size: For a size, the number or symbol.
        symbols: What stands for the symbols that it brings, each made when it is needed.
    """

    tracer: Tracer
    struct: Any
    size: Any
    symbols: Mapping[str, Callable[[], Any]]


def choices(recorder: TraceRecorder, tracers: Sequence[Tracer]) -> Iterator[list[Argument]]:
    """The ways to show some arguments to JAX, the most general first.

    First every unknown size is a symbol of its own, and so is a known first size of the input, which is a
    batch. Where JAX must know that two sizes are equal, as in a sum, those of one axis share a symbol: pairs
    of them, then all. Last, if all sizes are known, they are numbers, and guards of the expression.

    Raises:
        SpecNeededError: A rank or dtype is not known.
    """
    dtypes = [recorder.read_dtype(t.ref) if isinstance(t, TensorTracer) else None for t in tracers]
    open_places = [place for i, tracer in enumerate(tracers) for place in _open(recorder, i, tracer)]
    for groups in _groupings(open_places):
        yield _arguments(recorder, tracers, dtypes, groups)
    if open_places and not any(_unknown(recorder, tracers[i], axis) for i, axis in open_places):
        yield _arguments(recorder, tracers, dtypes, {})


def _open(recorder: TraceRecorder, number: int, tracer: Tracer) -> Iterator[Place]:
    """The places of a tracer whose size becomes a symbol."""
    if isinstance(tracer, DimTracer):
        yield number, None
        return
    for axis, size in enumerate(_shape(recorder, tracer)):
        if size is None or _is_batch(recorder, tracer, axis):
            yield number, axis


def _shape(recorder: TraceRecorder, tracer: Tracer) -> tuple[int | None, ...]:
    recorder.read_rank(tracer.ref)
    shape = recorder.spec(tracer.ref).shape
    assert shape is not None
    return shape


def _is_batch(recorder: TraceRecorder, tracer: Tracer, axis: int) -> bool:
    """Whether a known size comes from the first size of an input, and from nothing else."""
    sources = list(recorder.dependencies(tracer.ref, axis))
    return bool(sources) and all(source_axis == 0 for _, source_axis in sources)


def _unknown(recorder: TraceRecorder, tracer: Tracer, axis: int | None) -> bool:
    if axis is None:
        return recorder.size(tracer.ref) is None
    return _shape(recorder, tracer)[axis] is None


def _groupings(places: Sequence[Place]) -> Iterator[dict[Place, str]]:
    """By place the name of its symbol."""
    own = {place: f"d{i}" for i, place in enumerate(places)}
    yield own
    alike = [pair for pair in itertools.combinations(places, 2) if pair[0][1] == pair[1][1]]
    for first, second in alike:
        yield {**own, second: own[first]}
    if len(alike) > 1:
        leaders: dict[int | None, str] = {}
        yield {place: leaders.setdefault(place[1], own[place]) for place in places}


def _arguments(
    recorder: TraceRecorder,
    tracers: Sequence[Tracer],
    dtypes: Sequence[str | None],
    names: Mapping[Place, str],
) -> list[Argument]:
    import jax
    from jax.export import symbolic_shape

    used = tuple(dict.fromkeys(names.values()))
    symbols = dict(zip(used, symbolic_shape(",".join(used)), strict=True)) if used else {}
    first = {name: place for place, name in reversed(list(names.items()))}
    arguments = []
    for number, tracer in enumerate(tracers):
        mine = {
            name: functools.partial(_size, recorder, tracer, axis)
            for name, (owner, axis) in first.items()
            if owner == number
        }
        if isinstance(tracer, DimTracer):
            size = symbols[names[number, None]] if (number, None) in names else int(tracer)
            arguments.append(Argument(tracer, None, size, mine))
            continue
        shape = tuple(
            symbols[names[number, axis]] if (number, axis) in names else _read(recorder, tracer, axis)
            for axis in range(len(_shape(recorder, tracer)))
        )
        arguments.append(Argument(tracer, jax.ShapeDtypeStruct(shape, dtypes[number]), None, mine))
    return arguments


def _read(recorder: TraceRecorder, tracer: Tracer, axis: int) -> int:
    """A known size, which becomes a guard."""
    size = recorder.read_shape(tracer.ref)[axis]
    if not isinstance(size, int):
        raise CaptureError(recorder.message("the value of a size that is not known", "dimension"))
    return size


def _size(recorder: TraceRecorder, tracer: Tracer, axis: int | None) -> Any:
    """What stands for a symbol in the capture."""
    return tracer if axis is None else recorder.dims(tracer)[axis]
