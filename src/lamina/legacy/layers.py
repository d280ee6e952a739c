"""Layers from their configs of any Keras version."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import keras

from lamina._records import dataclass
from lamina.errors import ArchiveError, LaminaError
from lamina.layer import Lambda
from lamina.legacy.lambda_config import restore_lambda
from lamina.legacy.merge import merge_layer
from lamina.legacy.notes import Notes
from lamina.legacy.operators import operator_layer
from lamina.legacy.upgrades import GONE, upgrade
from lamina.legacy.values import Config, Values

MODELS = ("Model", "Functional", "Sequential")
# Fields that hold one layer or several.
_INNER = {"layer": "layer", "backward_layer": "backward_layer", "cell": "cell"}
# Values that mean that a layer does nothing special, and fields that say what the weights say too.
_NOTHING: tuple[Any, ...] = (None, False, 0, 0.0, 1, [], {})
_HARMLESS = ("query_shape", "key_shape", "value_shape")
_NEVER = {*GONE, "Lambda", "Layer", "Wrapper", "InputSpec", "InputLayer"}
_CLASSES: Mapping[str, type[Any]] = {
    name: value
    for name, value in vars(keras.layers).items()
    if isinstance(value, type) and name not in _NEVER
}


@dataclass
class Restorer:
    """Makes layers, and remembers what a model was made of.

    Attributes:
        generation: The major version of the Keras that wrote the file.
        names: The caller's own values, functions and classes.
        notes: Where losses are reported.
        loses_masks: Whether the writing version did not save the mask function of a Lambda.
        children: The layers of each model with the nodes of the file, by the model's id.
        shared: What was made, by class and config, for objects that stand in several models.
    """

    generation: int
    names: Mapping[str, Any]
    notes: Notes
    loses_masks: bool = False
    children: dict[int, list[tuple[Config, Any]]] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def values(self) -> Values:
        """Brings what is inside a config up to date."""
        return Values(self.generation, self.names, self.notes)

    def layer(self, node: Mapping[str, Any], place: str = "") -> Any:
        """A layer or model from its node in the file.

        Args:
            node: A dict with `class_name` and `config`.
            place: Names of the models around it.

        Raises:
            ArchiveError: Keras 3 has no such layer, or refuses the config.
            BytecodeError: A saved function cannot be read.
        """
        name = name_of(node)
        place = f"{place}/{name}" if place else name
        # Keras 2 wrote the number only where the object stands for the second time.
        key = json.dumps(_unnumbered([node.get("class_name"), node.get("config")]), sort_keys=True)
        if node.get("shared_object_id") is not None and key in self.shared:
            return self.shared[key]
        try:
            made = self._restored(node, place)
        except LaminaError:
            raise
        except Exception as error:
            raise ArchiveError(
                f"{place}: Keras does not take this {node.get('class_name')}: {type(error).__name__}: {error}"
            ) from error
        self.shared[key] = made
        return made

    def _restored(self, node: Mapping[str, Any], place: str) -> Any:
        from lamina.legacy.models import model_of

        kind, config = class_of(node), node.get("config")
        if is_model(node):
            return model_of(self, node, place)
        if not isinstance(config, Mapping):
            raise ArchiveError(f"{place}: expected a config, received {config!r:.200}")
        config = self._common(dict(config), place)
        own = self._own_class(node)
        if own is not None:
            return self._custom(own, node, config)
        special = _SPECIAL.get(kind)
        if special is not None:
            return special(self, kind, config, place)
        config.update(
            {new: self._inner(config[old], place) for old, new in _INNER.items() if config.get(old)}
        )
        if isinstance(config.get("cells"), list):
            config["cells"] = [self._inner(cell, place) for cell in config["cells"]]
        return stock_layer(kind, config, self.values, self.notes, place)

    def _inner(self, value: Any, place: str) -> Any:
        if isinstance(value, list):
            return [self._inner(item, place) for item in value]
        return self.layer(value, place)

    def _common(self, config: Config, place: str) -> Config:
        """Name and dtype, which every layer has."""
        if "name" in config:
            config["name"] = self.name(config["name"])
        dtype = self.values.dtype(config.pop("dtype", None), place)
        return config if dtype is None else {**config, "dtype": dtype}

    def name(self, name: Any) -> Any:
        """A name that Keras 3 takes."""
        if isinstance(name, str) and "/" in name:
            self.notes.add(name, "Keras 3 allows no '/' in names; it became '_'")
            return name.replace("/", "_")
        return name

    def _own_class(self, node: Mapping[str, Any]) -> Any:
        registered = str(node.get("registered_name") or node.get("class_name"))
        for key in (class_of(node), registered):
            if isinstance(self.names.get(key), type):
                return self.names[key]
        found = keras.saving.get_registered_object(registered)
        return found if isinstance(found, type) else None

    def _custom(self, cls: Any, node: Mapping[str, Any], config: Config) -> Any:
        if issubclass(cls, Lambda) and "expressions" not in config:
            return restore_lambda(cls, config, self.names)
        return cls.from_config(config)


def _lambda(restorer: Restorer, kind: str, config: Config, place: str) -> Any:
    return restore_lambda(Lambda, config, restorer.names)


def _merge(restorer: Restorer, kind: str, config: Config, place: str) -> Any:
    return merge_layer(config, restorer.names)


def _operator(restorer: Restorer, kind: str, config: Config, place: str) -> Any:
    return operator_layer(kind, config, place)


_SPECIAL: Mapping[str, Callable[[Restorer, str, Config, str], Any]] = {
    "Lambda": _lambda,
    "Merge": _merge,
    "TFOpLambda": _operator,
    "SlicingOpLambda": _operator,
    "ClassMethod": _operator,
}


def _unnumbered(value: Any) -> Any:
    """The value without the numbers of shared objects."""
    if isinstance(value, Mapping):
        return {key: _unnumbered(item) for key, item in value.items() if key != "shared_object_id"}
    return [_unnumbered(item) for item in value] if isinstance(value, list) else value


def class_of(node: Mapping[str, Any]) -> str:
    """The class name without the package of a registered class."""
    return str(node.get("class_name")).rsplit(">", 1)[-1]


def name_of(node: Mapping[str, Any]) -> str:
    """The layer's name in the file."""
    config = node.get("config")
    inner = config.get("name") if isinstance(config, Mapping) else None
    return str(node.get("name") or inner or class_of(node))


def is_model(node: Mapping[str, Any]) -> bool:
    """Whether a node holds layers of its own."""
    config = node.get("config")
    functional = isinstance(config, Mapping) and "layers" in config and "output_layers" in config
    return functional or class_of(node) in MODELS


def stock_layer(kind: str, config: Config, values: Values, notes: Notes, place: str) -> Any:
    """A layer of Keras's own.

    Args:
        kind: The class as the file names it.
        config: Its config, with inner layers already made.
        values: Brings the objects inside it up to date.
        notes: Where losses are reported.
        place: Where the layer is.

    Raises:
        ArchiveError: Keras 3 has no such class.
    """
    name, config = upgrade(kind, config)
    if name not in _CLASSES:
        raise ArchiveError(
            f"{place}: Keras 3 has no layer class {name!r}; supply it: names={{{name!r}: class}}, or register it "
            "with keras.saving.register_keras_serializable"
        )
    cls = _CLASSES[name]
    config = {key: _value(values, key, value, place) for key, value in config.items()}
    known = _fields(cls)  # type: ignore[arg-type]  # classes are hashable
    for key in sorted(set(config) - known):
        value = config.pop(key)
        if value not in _NOTHING and key not in _HARMLESS and not key.endswith("initializer"):
            notes.add(place, f"{name} of Keras 3 has no {key!r}; {value!r:.80} was dropped")
    if any(isinstance(value, keras.Layer) for value in _flat(config)):
        return cls(**config)
    data = {"module": "keras.layers", "class_name": name, "config": config, "registered_name": None}
    return keras.saving.deserialize_keras_object(data, safe_mode=True)


def _flat(config: Config) -> list[Any]:
    return [item for value in config.values() for item in (value if isinstance(value, list) else [value])]


def _value(values: Values, key: str, value: Any, place: str) -> Any:
    if key.endswith("initializer"):
        return values.initializer(value, place)
    if key.endswith("regularizer"):
        return values.regularizer(value, place)
    if key.endswith("constraint"):
        return values.constraint(value, place)
    return values.activation(value, place) if key.endswith("activation") else value


@functools.cache
def _fields(cls: Any) -> frozenset[str]:
    """The keywords that a layer class takes."""
    found: set[str] = set()
    for base in cls.__mro__:
        if issubclass(base, keras.Layer) and "__init__" in vars(base):
            parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
            found |= {parameter.name for parameter in parameters if parameter.kind in (1, 3)}
            if not any(parameter.kind == 4 for parameter in parameters):
                break
    return frozenset(found - {"self"})
