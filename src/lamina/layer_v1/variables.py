"""The weight methods of the 1.8 API: old argument order, existing variables, checked values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from lamina.errors import UnavailableError, WeightsError
from lamina.layer_v1 import internals


def is_old_order(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether `add_weight` or `add_variable` is called as in 1.8, the name before the shape."""
    if "partitioner" in kwargs:
        return True
    if args and args[0] is None:
        return len(args) > 1 and isinstance(args[1], tuple | list)
    return bool(args) and isinstance(args[0], str)


def from_old_order(
    name: str | None = None,
    shape: Any = (),
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    constraint: Any = None,
    partitioner: Any = None,
    **others: Any,
) -> dict[str, Any]:
    """The keyword arguments of Keras 3 for arguments in the order of 1.8.

    Raises:
        UnavailableError: a partitioner was given.
    """
    if partitioner is not None:
        raise UnavailableError(
            f"Expected no partitioner for the variable {name!r}: Keras 3 has no PartitionedVariable. "
            f"Received: partitioner={partitioner!r}. To split variables over devices, set a layout with "
            f"keras.distribution.ModelParallel and keras.distribution.LayoutMap."
        )
    return {
        "name": name,
        "shape": shape,
        "dtype": dtype,
        "initializer": initializer,
        "regularizer": regularizer,
        "trainable": trainable,
        "constraint": constraint,
        **others,
    }


def existing(layer: Any, name: str | None, shape: Any, dtype: Any) -> Any:
    """The variable called `name` of this layer, or None.

    Raises:
        WeightsError: it has another shape or dtype than asked for.
    """
    found = [variable for variable in internals.own_variables(layer) if variable.name == name]
    if name is None or not found:
        return None
    variable = found[0]
    wanted = (tuple(variable.shape) if shape is None else tuple(shape), _dtype_name(layer, dtype))
    if wanted != (tuple(variable.shape), variable.dtype):
        raise WeightsError(
            f"Layer {layer.name!r} has a variable {name!r} already, of shape {tuple(variable.shape)} and "
            f"dtype {variable.dtype}. Received: shape={wanted[0]}, dtype={wanted[1]}. Use another name."
        )
    return variable


def _dtype_name(layer: Any, dtype: Any) -> str:
    return str(keras.backend.standardize_dtype(layer.variable_dtype if dtype is None else dtype))


def checked(layer: Any, weights: Sequence[Any]) -> list[Any]:
    """The values of `weights` as arrays that fit the weights of `layer`.

    Raises:
        WeightsError: another number of values, or a value of another shape.
    """
    variables = layer.weights
    if len(weights) != len(variables):
        raise WeightsError(
            f"Expected {len(variables)} arrays for the weights of layer {layer.name!r}, "
            f"{[variable.name for variable in variables]}. Received {len(weights)} arrays. Pass what "
            f"`get_weights()` returns{'' if layer.built else '; the layer is not built yet'}."
        )
    arrays = [value if hasattr(value, "shape") else np.asarray(value) for value in weights]
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != tuple(array.shape):
            raise WeightsError(
                f"Expected an array of shape {tuple(variable.shape)} for the weight {variable.path!r} of "
                f"layer {layer.name!r}. Received: shape={tuple(array.shape)}."
            )
    return arrays
