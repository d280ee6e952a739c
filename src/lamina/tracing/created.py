"""Layers that a function makes while it runs: one for each place in its code, made once.

`keras.layers.Dense(3)(x)` inside a function would make another layer at every call. The `LayerStore`
of a Lambda keeps the first one, and gives it out again in each further capture.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from lamina.errors import CaptureError
from lamina.tracing.proxy import LayerStandIn, Proxy, parts
from lamina.vocabulary import context, registry
from lamina.vocabulary.python import any_tracer, class_stand_in

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder
    from lamina.tracing.substitution import Substitution

# The calls that lead to a place in the user's code, and how often it was reached before.
Site = tuple[tuple[tuple[CodeType, int], ...], int]


class LayerStore:
    """The layers that the function of one Lambda makes, by the place where it makes them."""

    def __init__(self) -> None:
        self._made: dict[Site, tuple[Any, Any]] = {}

    @property
    def layers(self) -> tuple[Any, ...]:
        """The layers that were made."""
        return tuple(layer for _, layer in self._made.values())

    def get(self, site: Site, kind: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The layer of this place; it is made at the first call.

        Raises:
            CaptureError: The place makes a layer with other arguments than before.
        """
        asked = _described((kind, args, kwargs))
        if site not in self._made:
            self._made[site] = asked, self._make(kind, args, kwargs)
        known, layer = self._made[site]
        if known != asked:
            raise CaptureError(
                f"{kind.__name__} is made with other arguments than at the first call: {asked[1:]}, expected "
                f"{known[1:]}; a layer that a function makes is made once, so its arguments must not change"
            )
        return layer

    def _make(self, kind: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A layer whose name does not depend on what was made elsewhere in the process."""
        if kwargs.get("name") is None and _takes_name(kind):
            kwargs = {**kwargs, "name": self._name(kind)}
        return kind(*args, **kwargs)

    def _name(self, kind: type) -> str:
        base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()
        count = sum(type(layer) is kind for _, layer in self._made.values())
        return f"{base}_{count}" if count else base


def layer_class(substitution: Substitution, recorder: TraceRecorder, kind: type) -> Any:
    """What a captured function sees in place of a class of layers."""

    def make(*args: Any, **kwargs: Any) -> Any:
        if any_tracer(args, kwargs):
            raise CaptureError(recorder.message(f"a tensor as an argument of {kind.__name__}", "host"))
        real_args, real_kwargs = original(substitution, args), original(substitution, kwargs)
        store = context.layer_store.get()
        assert store is not None
        return LayerStandIn(substitution, store.get(_site(recorder), kind, real_args, real_kwargs))

    return class_stand_in(kind, make)


def _site(recorder: TraceRecorder) -> Site:
    path = tuple((frame.f_code, frame.f_lasti) for frame in _user_frames())
    counts = recorder.root.state.places
    counts[path] += 1
    return path, counts[path]


def _user_frames() -> list[FrameType]:
    """The frames of the captured function, innermost first."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != "lamina.tracing.api":
        if not str(frame.f_globals.get("__name__")).startswith("lamina."):
            found.append(frame)
        frame = frame.f_back
    return found


def original(substitution: Substitution, value: Any) -> Any:
    """A value with the real objects in place of what stands for them in a captured function."""
    if isinstance(value, dict):
        return {key: original(substitution, item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(original(substitution, item) for item in value)
    if issubclass(type(value), Proxy):
        return parts(value)[1]
    if callable(value):
        return substitution.behind(getattr(value, "lamina_class", value)) or _named(value)
    return value


def _named(value: Any) -> Any:
    """The framework's function that a function of a vocabulary stands for; others as they are."""
    return next((real for stand, real in _stand_ins() if stand is value), value)


def _stand_ins() -> list[tuple[Any, Any]]:
    homes = ("keras.activations", "keras.ops", "tensorflow", "jax", "torch")
    return [pair for home in homes if home in sys.modules for pair in _table_of(home)]


@functools.cache
def _table_of(home: str) -> list[tuple[Any, Any]]:
    vocabularies = registry.vocabularies(home.partition(".")[0])
    tables = (v.table for v in vocabularies if home in v.modules)
    return [(stand, _attribute(home, name)) for table in tables for name, stand in table.items()]


def _attribute(home: str, dotted: str) -> Any:
    try:
        return functools.reduce(getattr, dotted.split("."), sys.modules[home])
    except AttributeError:
        return None


def _described(value: Any) -> Any:
    """What two equal constructions have in common: plain values themselves, others by their type."""
    if isinstance(value, Mapping):
        return {key: _described(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_described(item) for item in value]
    plain = isinstance(value, (bool, int, float, str, type, type(None)))
    return value if plain else type(value)


def _takes_name(kind: type) -> bool:
    parameters = inspect.signature(kind.__init__).parameters  # type: ignore[misc]
    return "name" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
