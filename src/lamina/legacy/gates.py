"""Copies of layers that stock Keras can hold, also where they used the old `hard_sigmoid`.

`clip(0.2 * x + 0.5, 0, 1)` is Keras 3's `hard_sigmoid` of `1.2 * x`. Where the activation follows a
product with weights, the factor goes into the weights, and the layer computes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from lamina.errors import SavingError
from lamina.legacy.activations import hard_sigmoid

_FACTOR = 1.2
_NAME = "hard_sigmoid"
# Which of the gates go through the recurrent activation, in the order of the columns.
_GATES: Mapping[str, tuple[bool, ...]] = {
    "LSTM": (True, True, False, True),
    "LSTMCell": (True, True, False, True),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), (True, True, False, True)),
    "GRU": (True, True, False),
    "GRUCell": (True, True, False),
}


def copy_of(layer: Any) -> Any:
    """A new layer or operation of the same config.

    Args:
        layer: A layer of Keras, or one of the user's that can be saved.

    Raises:
        SavingError: It uses the old `hard_sigmoid` in a place where weights cannot make up for it.
    """
    config = layer.get_config()
    if not uses_old_sigmoid(layer):
        return type(layer).from_config(config)
    for part in _parts(layer):
        _scale(part)
    for inner in (config, _inner_config(config, "layer"), _inner_config(config, "backward_layer")):
        inner.update(
            {key: _NAME for key in ("recurrent_activation", "activation") if _is_old(inner.get(key))}
        )
    return type(layer).from_config(config)


def _inner_config(config: Any, key: str) -> Any:
    inner = config.get(key)
    return inner["config"] if isinstance(inner, Mapping) else {}


def _is_old(saved: Any) -> bool:
    if isinstance(saved, Mapping):
        saved = saved.get("config")
    return bool(saved is hard_sigmoid or saved == "lamina>hard_sigmoid")


def uses_old_sigmoid(layer: Any) -> bool:
    """Whether a layer, or one inside it, uses the `hard_sigmoid` of Keras 2."""
    return any(_activations(one) for one in _parts(layer))


def _parts(layer: Any) -> list[Any]:
    if isinstance(layer, keras.layers.Bidirectional):
        return [layer.forward_layer, layer.backward_layer]
    return [layer.layer] if isinstance(layer, keras.layers.TimeDistributed) else [layer]


def _activations(layer: Any) -> list[str]:
    names = ("activation", "recurrent_activation")
    return [name for name in names if getattr(layer, name, None) is hard_sigmoid]


def values_of(layer: Any, copy: Any) -> list[Any]:
    """The values for the variables of a copy.

    Args:
        layer: The layer.
        copy: What `copy_of` made of it.
    """
    scales: dict[int, Any] = {}
    for part in _parts(layer) if uses_old_sigmoid(layer) else ():
        scale = _scale(part)
        scales |= {id(weight): scale for weight in part.weights}
    return [_scaled(variable, scales.get(id(variable))) for variable in layer.variables]


def _scaled(variable: Any, scale: Any) -> Any:
    # By way of an array of its own: training gives the buffers of the old variable to the compiler.
    value = np.array(keras.ops.convert_to_numpy(variable.value))
    return value if scale is None else value * scale


def _scale(layer: Any) -> Any:
    """The factor for the weights of a layer, along their last axis."""
    kind, used = type(layer).__name__, _activations(layer)
    if not used:
        return np.float32(1.0)
    if kind in _GATES and used == ["recurrent_activation"]:
        units = layer.filters if hasattr(layer, "filters") else layer.units
        return np.repeat([_FACTOR if gate else 1.0 for gate in _GATES[kind]], units).astype(np.float32)
    if kind in _GATES or used != ["activation"] or not hasattr(layer, "kernel"):
        raise SavingError(
            f"the {kind} {layer.name!r} uses the hard_sigmoid of Keras 2 where stock Keras has none"
        )
    return np.float32(_FACTOR)
