"""The state that a layer owns on behalf of its expressions."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from lamina.errors import CaptureError, ExpressionError, SavingError
from lamina.expression.model import Expression, Spec, State
from lamina.layer.holder import VariableHolder, holder_of, maker_of
from lamina.tracing import Captured
from lamina.tracing.state import SeedRequest, Tie, VariableRequest
from lamina.vocabulary import context


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
        self._constants: set[str] = set()
        self._requests: dict[str, SeedRequest] = {}

    def adopt(self, captured: Captured) -> Expression:
        """Own what an expression reads; its slots get the names under which the layer keeps it."""
        used: set[str] = set()
        slots = []
        for slot in captured.expression.state:
            source = captured.objects[slot.name]
            tie = captured.ties.get(slot.name) or self._found_tie(source, captured)
            name = self._own(slot, source, tie, used)
            used.add(name)
            slots.append(replace(slot, name=name))
        return replace(captured.expression, state=tuple(slots))

    def _found_tie(self, variable: Any, captured: Captured) -> Tie | None:
        """The layer that a variable belongs to, where the function reached it by another way."""
        if not isinstance(variable, keras.Variable):
            return None
        used = [captured.objects[slot.name] for slot in captured.expression.state if slot.kind == "layer"]
        for layer in itertools.chain(self._layers.values(), used, maker_of(variable)):
            for index, weight in enumerate(layer.weights):
                if weight is variable:
                    return Tie(layer, index)
        return None

    @property
    def sublayers(self) -> tuple[keras.Layer, ...]:
        """The layers that the expressions call or whose variables they read."""
        return tuple(layer for layer in self._layers.values() if not isinstance(layer, VariableHolder))

    @contextmanager
    def hooks(self, inputs: Any, training: bool | None) -> Iterator[None]:
        """What a function that is called itself may ask of the layer."""
        used: set[str] = set()
        with (
            context.training(training),
            context.hook(context.variable_dtype, self._layer.variable_dtype),
            context.hook(context.loss_sink, lambda loss: self._layer.add_loss(loss, inputs=inputs)),
            context.hook(context.variable_factory, functools.partial(self._created, used)),
        ):
            yield

    def _created(
        self, used: set[str], value: Any, dtype: str | None, name: str | None, trainable: bool = True
    ) -> Any:
        name = name or "variable"
        if name in used:
            raise CaptureError(
                f"layer {self._layer.name!r} creates two variables named {name!r}; give each its own name"
            )
        used.add(name)
        if name not in self.objects:
            value = keras.ops.convert_to_numpy(value() if callable(value) else value)
            request = VariableRequest(name, value, dtype or keras.config.floatx(), trainable)
            slot = State("variable", name, Spec(tuple(np.shape(value)), request.dtype), trainable)
            unlocked(self._layer, lambda: self._own(slot, request, None, set()))
        return self.objects[name]

    def _keep_layer(self, layer: keras.Layer) -> str:
        for name, known in self._layers.items():
            if known is layer:
                return name
        name = next(n for n in _names(layer.name) if n not in self._layers)
        self._track(name, layer)
        return name

    def _track(self, name: str, layer: keras.Layer) -> None:
        """Keep a sublayer in a list: Keras saves the weights of listed layers by place, not by name."""
        if not self._layers:
            self._layer._sublayers = []
        self._layers[name] = layer
        self._layer._sublayers.append(layer)

    def autocast(self, expression: Expression) -> Expression:
        """The expression with the dtypes that its variables have in a call under the policy of the layer."""
        computed = self._layer.compute_dtype
        if not self._layer.autocast or computed == self._layer.variable_dtype or "float" not in computed:
            return expression
        slots = (
            replace(slot, spec=Spec(slot.spec.shape, computed))
            if slot.kind == "variable" and "float" in str(slot.spec.dtype)
            else slot
            for slot in expression.state
        )
        return replace(expression, state=tuple(slots))

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
                request = self._requests.get(slot.name) if slot.kind == "seed" else None
                self._keep(slot.name, _CREATE[slot.kind](self._layer, slot, request), request)
                if slot.kind == "constant":
                    self._constants.add(slot.name)

    def share(self, slot: State, other: OwnedState) -> State:
        """Own the very object that another layer owns; the slot gets the name under which it is kept."""
        value = other.objects[slot.name]
        for name, known in self.objects.items():
            if known is value:
                return replace(slot, name=name)
        if slot.kind == "layer":
            name = self._keep_layer(value)
        else:
            name = next(n for n in _names(slot.name) if n not in self.objects)
            if slot.name in other._ties:
                layer, index = other._ties[slot.name]
                self._ties[name] = (self._keep_layer(other._layers[layer]), index)
            else:
                setattr(self._layer, f"_state_{name}", value)
        self._keep(name, value, other._sources[slot.name])
        if slot.kind == "constant":
            self._constants.add(name)
        return replace(slot, name=name)

    def saved(self) -> dict[str, Any]:
        """The sublayers, which variables are theirs, and the seeds, as plain data.

        Raises:
            SavingError: A sublayer no longer has a variable that an expression reads.
        """
        layers = {name: _serialized(layer) for name, layer in self._layers.items()}
        ties = {name: [tie[0], self._place(name, *tie)] for name, tie in self._ties.items()}
        fields = {"layers": layers, "ties": ties, "seeds": self._seeds()}
        return {key: value for key, value in fields.items() if value}

    def _seeds(self) -> dict[str, int]:
        """What the generators start with, where the user said so."""
        found = {name: _seed_of(source) for name, source in self._sources.items()}
        return {name: seed for name, seed in found.items() if seed is not None}

    def _place(self, name: str, layer: str, index: int) -> int:
        """Where a variable stands in the weights of its layer now; LoRA adds weights before it."""
        for place, weight in enumerate(self._layers[layer].weights):
            if weight is self.objects[name]:
                return place
        raise SavingError(
            f"layer {self._layer.name!r} reads the weight {name!r} of {self._layers[layer].name!r}, "
            "which no longer has it (quantization replaces weights); quantize before the function is "
            "captured, or leave this layer out"
        )

    def exact(self) -> dict[int, Any]:
        """Constants that the backend cannot hold exactly, as int64 under JAX, by the id of their variable."""
        return {
            id(self.objects[name]): source
            for name, source in self._sources.items()
            if isinstance(source, np.ndarray) and self._is_rounded(name, source)
        }

    def _is_rounded(self, name: str, source: np.ndarray[Any, Any]) -> bool:
        """Whether the variable holds the constant in fewer bits, and no other value."""
        held = keras.ops.convert_to_numpy(self.objects[name].value)
        return held.dtype != source.dtype and np.array_equal(source.astype(held.dtype), held, equal_nan=True)

    def keep_exact(self, values: Mapping[int, Any]) -> None:
        """Remember the constants of a file, by the id of their variable, where the backend rounds them."""
        for name, slot_object in self.objects.items():
            if id(slot_object) in values and name in self._constants:
                self._sources[name] = np.asarray(values[id(slot_object)])

    def load(self, layers: Mapping[str, Any], ties: Mapping[str, Any], seeds: Mapping[str, Any]) -> None:
        """Make the sublayers that `saved` wrote, and note the rest for `restore`.

        Raises:
            ExpressionError: An entry is no layer, a tie names none, or a seed is no number.
        """
        for name, seed in seeds.items():
            if not isinstance(seed, int) or isinstance(seed, bool):
                raise ExpressionError(f"$.seeds.{name}: expected a number, received {seed!r:.100}")
            self._requests[name] = SeedRequest(seed)
        for name, data in layers.items():
            layer = keras.saving.deserialize_keras_object(data)
            if not isinstance(layer, keras.Layer):
                raise ExpressionError(f"$.layers.{name}: expected a layer, received {type(layer).__name__}")
            self._track(name, layer)
        for name, tie in ties.items():
            if not (
                isinstance(tie, list) and len(tie) == 2 and tie[0] in self._layers and isinstance(tie[1], int)
            ):
                raise ExpressionError(
                    f"$.ties.{name}: expected the name of a layer and a number, received {tie!r}"
                )
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
        return dict(zip(self.objects, current(self.objects.values()), strict=True))


def current(objects: Iterable[Any]) -> list[Any]:
    """What variables hold now; other objects as they are."""
    return [each.value if isinstance(each, keras.Variable) else each for each in objects]


def _seed_of(source: Any) -> int | None:
    if isinstance(source, keras.random.SeedGenerator):
        return int(source.get_config()["seed"])
    return source.seed if isinstance(source, SeedRequest) else None


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
        name=slot.name,
        shape=_shape(slot.spec),
        dtype=slot.spec.dtype,
        trainable=slot.trainable,
        initializer="zeros",
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
    assert spec.shape is not None
    assert None not in spec.shape
    return tuple(n for n in spec.shape if n is not None)


_CREATE: Mapping[str, Callable[[keras.Layer, State, Any], Any]] = {
    "variable": _create_variable,
    "constant": _create_constant,
    "seed": _create_seed,
}
