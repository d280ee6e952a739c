"""A second layer with the configuration and the state of a first one."""

from __future__ import annotations

from typing import Any

import keras

from lamina.errors import SavingError
from lamina.layer_v1 import internals


def copied(layer: Any) -> Any:
    """A layer with the same configuration, name and variable values, connected to nothing.

    Raises:
        SavingError: the configuration does not lead to the same variables.
    """
    copy = type(layer).from_config(layer.get_config())
    if layer.built:
        _build_like(copy, layer)
    _require_same_variables(copy, layer)
    for new, old in zip(copy.variables, layer.variables, strict=True):
        new.assign(old.value)
        new.trainable = old.trainable
    return copy


def _build_like(copy: Any, layer: Any) -> None:
    config = layer.get_build_config()
    if config is None:
        return
    if internals.is_default(copy.build) and "input_shape" in config:
        with keras.name_scope(copy.name):  # a layer without `build` creates its variables in `call`
            copy.compute_output_spec(symbolic(copy, config["input_shape"]))
    copy.build_from_config(config)


def _require_same_variables(copy: Any, layer: Any) -> None:
    ours = [tuple(variable.shape) for variable in copy.variables]
    theirs = [tuple(variable.shape) for variable in layer.variables]
    if ours != theirs:
        raise SavingError(
            f"Layer {layer.name!r} cannot be copied: its configuration leads to variables of shapes {ours}, "
            f"expected {theirs}. Create the variables in `__init__` or `build`, and return all arguments "
            f"of `__init__` from `get_config`."
        )


def symbolic(layer: Any, input_shape: Any) -> Any:
    """Symbolic tensors of the given shape or shapes, of the dtype that the layer computes with."""
    return keras.tree.map_shape_structure(
        lambda shape: keras.KerasTensor(shape, dtype=layer.compute_dtype), input_shape
    )
