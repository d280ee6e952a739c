"""The state that a layer owns on behalf of its expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from lamina.tracing import Captured
from lamina.tracing.state import SeedRequest, VariableRequest
from lamina.expression.model import Expression, Spec, State


class OwnedState:
    """Variables, constants, seed generators and sublayers of one layer, by slot name.

    Expressions of the same layer share them: the same variable, an equal constant, and the seed
    generators in their order.

    Args:
        layer: The layer that tracks the objects.
    """

    def __init__(self, layer: keras.Layer) -> None:
        self._layer = layer
        self.objects: dict[str, Any] = {}
        self._sources: dict[str, Any] = {}

    def adopt(self, captured: Captured) -> Expression:
        """Own what an expression reads; its slots get the names under which the layer keeps it."""
        used: set[str] = set()
        slots = []
        for slot in captured.expression.state:
            name = self._own(slot, captured.objects[slot.name], used)
            used.add(name)
            slots.append(replace(slot, name=name))
        return replace(captured.expression, state=tuple(slots))

    def restore(self, expression: Expression) -> None:
        """Make what a loaded expression reads; values come with the weights of the model."""
        for slot in expression.state:
            if slot.name not in self.objects:
                self._keep(slot.name, _CREATE[slot.kind](self._layer, slot, None), None)

    def _own(self, slot: State, source: Any, used: set[str]) -> str:
        for name, known in self._sources.items():
            if name not in used and _same(slot, known, source):
                return name
        name = self._unique(slot.name)
        self._keep(name, _CREATE[slot.kind](self._layer, replace(slot, name=name), source), source)
        return name

    def _unique(self, name: str) -> str:
        if name not in self.objects:
            return name
        return next(f"{name}_{i}" for i in range(1, len(self.objects) + 2) if f"{name}_{i}" not in self.objects)

    def _keep(self, name: str, value: Any, source: Any) -> None:
        self.objects[name] = value
        self._sources[name] = source

    def values(self) -> dict[str, Any]:
        """What a run reads: tensors of variables and constants, generators, layers."""
        return {name: v.value if isinstance(v, keras.Variable) else v for name, v in self.objects.items()}


def _same(slot: State, known: Any, source: Any) -> bool:
    if isinstance(source, SeedRequest):
        return isinstance(known, SeedRequest) and known == source
    if isinstance(source, VariableRequest):
        return isinstance(known, VariableRequest) and known.name == source.name
    if isinstance(source, np.ndarray):
        return (
            isinstance(known, np.ndarray)
            and known.dtype == source.dtype
            and known.shape == source.shape
            and known.tobytes() == source.tobytes()
        )
    return known is source and source is not None


def unlocked(layer: keras.Layer, make: Callable[[], Any]) -> Any:
    """Run `make` while the layer accepts new state.

    Keras locks a layer once it is built; a Lambda that meets another kind of input may need more.
    Keras does the same when it quantizes, and has no public name for it.
    """
    tracker = layer._tracker
    locked = getattr(tracker, "locked", False)
    tracker.unlock()
    try:
        return make()
    finally:
        if locked:
            tracker.lock()


def _create_variable(layer: keras.Layer, slot: State, source: Any) -> Any:
    if isinstance(source, keras.Variable):
        setattr(layer, f"_state_{slot.name}", source)
        return source
    variable = layer.add_weight(
        name=slot.name, shape=_shape(slot.spec), dtype=slot.spec.dtype, trainable=slot.trainable, initializer="zeros"
    )
    if isinstance(source, VariableRequest):
        variable.assign(source.value)
    return variable


def _create_constant(layer: keras.Layer, slot: State, source: Any) -> Any:
    variable = layer.add_weight(
        name=slot.name,
        shape=_shape(slot.spec),
        dtype=slot.spec.dtype,
        trainable=False,
        initializer="zeros",
        autocast=False,
    )
    if source is not None:
        variable.assign(source)
    return variable


def _create_seed(layer: keras.Layer, slot: State, source: Any) -> Any:
    generator = source
    if not isinstance(source, keras.random.SeedGenerator):
        generator = keras.random.SeedGenerator(source.seed if source is not None else None)
    setattr(layer, f"_state_{slot.name}", generator)
    return generator


def _create_layer(layer: keras.Layer, slot: State, source: Any) -> Any:
    if source is not None:
        setattr(layer, f"_state_{slot.name}", source)
    return source


def _shape(spec: Spec) -> tuple[int, ...]:
    assert spec.shape is not None and None not in spec.shape
    return tuple(n for n in spec.shape if n is not None)


_CREATE: Mapping[str, Callable[[keras.Layer, State, Any], Any]] = {
    "variable": _create_variable,
    "constant": _create_constant,
    "seed": _create_seed,
    "layer": _create_layer,
}
