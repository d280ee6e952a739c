"""Keeps an eye on the framework functions that a function calls while it is captured."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Any

from lamina._keras import keras
from lamina._records import dataclass
from lamina.expression.model import map_tree
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import active
from lamina.vocabulary.tracer import Tracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


@dataclass(frozen=True)
class Event:
    """One call of a framework's function during a capture.

    Args:
        name: The function as the user knows it.
        real: The framework's own function.
        home: The framework whose tensors it takes; `None` for any.
        args: Its arguments, with tracers for tensors.
        kwargs: Its keyword arguments.
        result: What it returned.
        start: Position of the first call that was recorded for it.
        end: Position after the last.
    """

    name: str
    real: Callable[..., Any]
    home: str | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any
    start: int
    end: int


@dataclass
class Observer:
    """Notes the calls of framework functions in the first capture that it sees."""

    recorder: TraceRecorder | None = None
    events: list[Event] = field(default_factory=list)

    def watched(self, name: str, real: Any, stand_in: Any) -> Any:
        """The stand-in for a framework's function, which is noted when it is called."""
        plain = callable(real) and callable(stand_in) and not isinstance(real, type)
        return (
            _Watched(self, name, real, stand_in)
            if plain and not hasattr(stand_in, "lamina_class")
            else stand_in
        )

    def call(self, name: str, real: Any, stand_in: Any, args: Any, kwargs: Any) -> Any:
        """Call the stand-in and note what it was given, and what it recorded and returned."""
        recorder: Any = active()
        first = recorder is not None and recorder.parent is None and self.recorder in (None, recorder)
        if not first:
            return stand_in(*args, **kwargs)
        self.recorder = recorder
        given = _snapshot(tuple(args)), _snapshot(dict(kwargs))
        start = len(recorder.calls)
        result = stand_in(*args, **kwargs)
        event = Event(name, real, _home(real), *given, _snapshot(result), start, len(recorder.calls))
        self.events.append(event)
        return result


class _Watched:
    """A framework's function that is observed."""

    def __init__(self, observer: Observer, name: str, real: Any, stand_in: Any) -> None:
        self._call = functools.partial(observer.call, name, real, stand_in)
        self._stand_in = stand_in

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stand_in, name)


def _snapshot(value: Any) -> Any:
    """A value with copies of its tracers, which assignments cannot change any more."""
    return map_tree(lambda leaf: copy.copy(leaf) if isinstance(leaf, Tracer) else leaf, value)


def _home(real: Any) -> str | None:
    root = str(getattr(real, "__module__", None) or type(real).__module__).partition(".")[0]
    root = "jax" if root == "jaxlib" else root
    if root in ("jax", "numpy", "tensorflow", "torch"):
        return root
    return str(keras.backend.backend()) if root == "keras" else None


@contextmanager
def observed() -> Iterator[Observer]:
    """Observe the captures of a `with` block."""
    observer = Observer()
    with context.hook(context.observer, observer):
        yield observer
