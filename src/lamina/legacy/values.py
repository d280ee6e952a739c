"""What stands inside a layer's config: initializers, regularizers, constraints, activations, dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from lamina.errors import ArchiveError, NamesNeededError
from lamina.legacy.activations import hard_sigmoid
from lamina.legacy.notes import Notes

Config = dict[str, Any]

_INITIALIZERS = {
    "zero": "Zeros",
    "one": "Ones",
    "uniform": "RandomUniform",
    "normal": "RandomNormal",
    "orthogonalinitializer": "Orthogonal",
    "identityinitializer": "Identity",
}
_DISTRIBUTIONS = {"normal": "truncated_normal"}
_REGULARIZERS = {
    "WeightRegularizer": "L1L2",
    "ActivityRegularizer": "L1L2",
    "L1L2Regularizer": "L1L2",
    "l1_l2": "L1L2",
    "l1": "L1",
    "l2": "L2",
}
_CONSTRAINTS = {
    "max_norm": "MaxNorm",
    "non_neg": "NonNeg",
    "unit_norm": "UnitNorm",
    "min_max_norm": "MinMaxNorm",
}
_CONSTRAINT_FIELDS = {"m": "max_value", "low": "min_value", "high": "max_value"}
_FIELDS_LOST = ("dtype", "name")
# Keras writes the name of an activation in more ways than it has activations.
_ACTIVATIONS = {
    "swish": "silu",
    "leakyrelu": "leaky_relu",
    "log_softmax_v2": "log_softmax",
    "softmax_v2": "softmax",
}


def _classes(module: Any) -> dict[str, str]:
    """The classes of a Keras module by their name, also in snake case and small letters."""
    found = {name: name for name, value in vars(module).items() if isinstance(value, type)}
    folded = {name.replace("_", "").lower(): name for name in found}
    return {**folded, **found}


_KNOWN: Mapping[str, Mapping[str, str]] = {
    name: _classes(getattr(keras, name)) for name in ("initializers", "regularizers", "constraints")
}


class Values:
    """Brings the objects inside a config up to date.

    Args:
        generation: The major version of the Keras that wrote the file.
        names: The caller's own functions and classes.
        notes: Where losses are reported.
    """

    def __init__(self, generation: int, names: Mapping[str, Any], notes: Notes) -> None:
        self._generation = generation
        self._names = names
        self._notes = notes

    def initializer(self, value: Any, place: str) -> Any:
        """An initializer; `None` stays `None`."""
        if value is None or callable(value):
            return value
        name, config = _named(value)
        known = _INITIALIZERS.get(name.replace("_", "").lower(), name)
        config = {key: item for key, item in config.items() if key not in _FIELDS_LOST}
        if config.get("distribution") in _DISTRIBUTIONS:
            config["distribution"] = _DISTRIBUTIONS[config["distribution"]]
        if name == "uniform" and isinstance(value, str):
            config = {"minval": -0.05, "maxval": 0.05}
        return self._object("initializers", known, config, place)

    def regularizer(self, value: Any, place: str) -> Any:
        """A regularizer; one that has no effect becomes `None`."""
        if value is None or callable(value):
            return value
        name, config = _named(value)
        config = {key: item for key, item in config.items() if key not in _FIELDS_LOST}
        if set(config) <= {"l1", "l2"} and not any(config.values()):
            return None
        return self._object("regularizers", _REGULARIZERS.get(name, name), config, place)

    def constraint(self, value: Any, place: str) -> Any:
        """A constraint."""
        if value is None or callable(value):
            return value
        name, config = _named(value)
        fields = {key: item for key, item in config.items() if key not in _FIELDS_LOST}
        config = {_CONSTRAINT_FIELDS.get(key, key): item for key, item in fields.items()}
        return self._object("constraints", _CONSTRAINTS.get(name, name), config, place)

    def activation(self, value: Any, place: str) -> Any:
        """An activation: a name that Keras 3 has with the same meaning, or a function.

        Raises:
            NamesNeededError: The file names a function that Keras does not have.
        """
        if value is None or callable(value):
            return value
        name, config = _named(value)
        if name in ("function", "builtin_function_or_method"):
            name = value["config"] if isinstance(value["config"], str) else value.get("registered_name", name)
        short = name.rsplit(">", 1)[-1]
        found = self._own(name) or self._own(short)
        if found is not None:
            return found
        if short == "hard_sigmoid" and (self._generation < 3 or name.startswith("lamina>")):
            return hard_sigmoid
        known = _ACTIVATIONS.get(short, short)
        if known in _PLAIN_ACTIVATIONS:
            return known
        if config or short in vars(keras.layers):
            return self.layer_activation(short, config, place)
        raise NamesNeededError(
            f"{place}: the activation {name!r} is no function of Keras, and the file does not hold it; "
            f"supply it: names={{{name!r}: function}}"
        )

    def layer_activation(self, name: str, config: Config, place: str) -> Any:
        """A layer that stands where an activation is expected."""
        from lamina.legacy.layers import stock_layer

        return stock_layer(name, config, self, self._notes, place)

    def dtype(self, value: Any, place: str) -> Any:
        """A dtype or dtype policy; integers were the dtype of the input before Keras 3."""
        if isinstance(value, Mapping):
            kind = str(value.get("class_name"))
            if kind not in ("Policy", "PolicyV1", "DTypePolicy"):
                return value
            value = (value.get("config") or {}).get("name")
        if value in (None, "infer", "_infer", "infer_with_float32_vars"):
            return None
        if self._generation < 3 and not str(value).startswith(("float", "bfloat", "mixed", "complex")):
            return None
        return value

    def _own(self, name: str) -> Any:
        return self._names.get(name) or keras.saving.get_registered_object(name)

    def _object(self, kind: str, name: str, config: Config, place: str) -> Any:
        own = self._own(name)
        if own is not None:
            return own(**config) if isinstance(own, type) else own
        known = _KNOWN[kind].get(name) or _KNOWN[kind].get(name.replace("_", "").lower())
        if known is None:
            raise ArchiveError(
                f"{place}: expected one of Keras's {kind}, received {name!r}; supply it: names={{{name!r}: class}}"
            )
        return {"module": f"keras.{kind}", "class_name": known, "config": config, "registered_name": None}


_PLAIN_ACTIVATIONS = frozenset(
    name for name, value in vars(keras.activations).items() if callable(value) and not isinstance(value, type)
) - {"get", "serialize", "deserialize"}


def _named(value: Any) -> tuple[str, Config]:
    """The name and config of an object in any spelling: a string, a dict of Keras 1, or of Keras 2 and 3."""
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, Mapping):
        raise ArchiveError(f"expected the name or config of an object, received {value!r:.200}")
    config = value.get("config", value)
    name = value.get("class_name") or value.get("name")
    if not isinstance(name, str):
        raise ArchiveError(f"expected an object with a class_name, received {value!r:.200}")
    return name, dict(config) if isinstance(config, Mapping) else {}
