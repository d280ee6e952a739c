"""The state that a layer owns on behalf of its expressions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from lamina.errors import ExpressionError
from lamina.expression.model import Expression, Spec, State
from lamina.layer.holder import holder_of
from lamina.tracing import Captured
from lamina.tracing.state import SeedRequest, Tie, VariableRequest


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
        self._layers: dict[str, keras.Layer] = {}
        self._ties: dict[str, tuple[str, int]] = {}

    def adopt(self, captured: Captured) -> Expression:
        """Own what an expression reads; its slots get the names under which the layer keeps it."""
        used: set[str] = set()
        slots = []
        for slot in captured.expression.state:
            name = self._own(slot, captured.objects[slot.name], captured.ties.get(slot.name), used)
            used.add(name)
            slots.append(replace(slot, name=name))
        return replace(captured.expression, state=tuple(slots))

    def _keep_layer(self, layer: keras.Layer) -> str:
        for name, known in self._layers.items():
            if known is layer:
                return name
        name = next(n for n in _names(layer.name) if n not in self._layers)
        self._layers[name] = layer
        setattr(self._layer, f"_state_{name}", layer)
        return name

    def restore(self, expression: Expression) -> None:
        """Make what a loaded expression reads; values come with the weights of the model."""
        for slot in expression.state:
            if slot.name in self.objects:
                continue
            if slot.name in self._ties:
                layer, index = self._ties[slot.name]
                self._keep(slot.name, self._layers[layer].weights[index], None)
            elif slot.kind == "layer":
                self._keep(slot.name, self._layers[slot.name], None)
            else:
                self._keep(slot.name, _CREATE[slot.kind](self._layer, slot, None), None)

    def saved(self) -> dict[str, Any]:
        """The sublayers, and which variables are theirs, as plain data."""
        layers = {name: _serialized(layer) for name, layer in self._layers.items()}
        ties = {name: list(tie) for name, tie in self._ties.items()}
        return {key: value for key, value in (("layers", layers), ("ties", ties)) if value}

    def load(self, layers: Mapping[str, Any], ties: Mapping[str, Any]) -> None:
        """Make the sublayers that `saved` wrote.

        Raises:
            ExpressionError: An entry is no layer, or a tie names none.
        """
        for name, data in layers.items():
            layer = keras.saving.deserialize_keras_object(data)
            if not isinstance(layer, keras.Layer):
                raise ExpressionError(f"$.layers.{name}: expected a layer, received {type(layer).__name__}")
            self._layers[name] = layer
            setattr(self._layer, f"_state_{name}", layer)
        for name, tie in ties.items():
            if not (isinstance(tie, list) and len(tie) == 2 and tie[0] in self._layers and isinstance(tie[1], int)):
                raise ExpressionError(f"$.ties.{name}: expected the name of a layer and a number, received {tie!r}")
            self._ties[name] = (tie[0], tie[1])

    def _own(self, slot: State, source: Any, tie: Tie | None, used: set[str]) -> str:
        for name, known in self._sources.items():
            if name not in used and _same(slot, known, source):
                return name
        if slot.kind == "layer":
            name = self._keep_layer(source)
            self._keep(name, source, source)
            return name
        name = next(n for n in _names(slot.name) if n not in self.objects)
        if tie is None and isinstance(source, keras.Variable):
            tie = Tie(holder_of(source), 0)
        if tie is not None:
            self._ties[name] = (self._keep_layer(tie.layer), tie.index)
            self._keep(name, source, source)
            return name
        self._keep(name, _CREATE[slot.kind](self._layer, replace(slot, name=name), source), source)
        return name

    def _keep(self, name: str, value: Any, source: Any) -> None:
        self.objects[name] = value
        self._sources[name] = source

    def values(self) -> dict[str, Any]:
        """What a run reads: tensors of variables and constants, generators, layers."""
        return {name: v.value if isinstance(v, keras.Variable) else v for name, v in self.objects.items()}


def _serialized(layer: keras.Layer) -> dict[str, Any]:
    """The configuration of a sublayer, marked so that Keras loads it as one object wherever it stands.

    Keras marks only from the second time on, and by then the first configuration has been copied.
    """
    data: dict[str, Any] = keras.saving.serialize_keras_object(layer)
    if _keras_shares_objects():
        data["shared_object_id"] = id(layer)
    return data


def _keras_shares_objects() -> bool:
    """Whether a whole model is being saved, which shows in how Keras writes an object twice."""
    probe = keras.initializers.Zeros()
    keras.saving.serialize_keras_object(probe)
    return "shared_object_id" in keras.saving.serialize_keras_object(probe)


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{i}" for i in itertools.count(1))


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


def _shape(spec: Spec) -> tuple[int, ...]:
    assert spec.shape is not None and None not in spec.shape
    return tuple(n for n in spec.shape if n is not None)


_CREATE: Mapping[str, Callable[[keras.Layer, State, Any], Any]] = {
    "variable": _create_variable,
    "constant": _create_constant,
    "seed": _create_seed,
}
