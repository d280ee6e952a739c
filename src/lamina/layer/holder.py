"""A layer that is nothing but a variable, so that Keras keeps it one object when it is shared."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import keras

from lamina.layer_v1.internals import owns


@keras.saving.register_keras_serializable(package="lamina", name="VariableHolder")
class VariableHolder(keras.layers.Layer):
    """Holds a variable that was made outside of any layer.

    Keras saves a layer that stands in two places once, and loads it as one object; it does not do so
    for variables. Two Lambda layers that read the same variable share its holder.

    Args:
        shape: Shape of the variable.
        variable_dtype: Its dtype.
        variable: The variable; a new one of zeros without it, to be loaded.
        **kwargs: As for every layer.

    Example:
        >>> import keras
        >>> scale = keras.Variable(1.0, name="scale")
        >>> holder_of(scale) is holder_of(scale)
        True
    """

    def __init__(self, shape: Any, variable_dtype: str, variable: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._spec = (tuple(shape), variable_dtype)
        if variable is None:
            variable = self.add_weight(
                name=self.name,
                shape=tuple(shape),
                dtype=variable_dtype,
                trainable=self.trainable,
                initializer="zeros",
            )
        self.variable = variable
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The inputs, unchanged: the layer is there for its variable."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Shape and dtype; the value is saved with the weights."""
        shape, dtype = self._spec
        return {**super().get_config(), "shape": list(shape), "variable_dtype": dtype}


# An entry lives as long as a layer uses the holder.
_HOLDERS: weakref.WeakValueDictionary[int, VariableHolder] = weakref.WeakValueDictionary()


def holder_of(variable: Any) -> VariableHolder:
    """The holder of a variable; the same one each time."""
    known = _HOLDERS.get(id(variable))
    if known is not None and known.variable is variable:
        return known
    dtype = keras.backend.standardize_dtype(variable.dtype)
    holder = VariableHolder(
        tuple(variable.shape),
        dtype,
        variable,
        name=variable.name.replace("/", "_"),
        trainable=bool(variable.trainable),
    )
    _HOLDERS[id(variable)] = holder
    return holder


def maker_of(variable: Any) -> Iterator[Any]:
    """The layer that made a variable, if one did and still has it.

    A variable knows no more of its layer than the name, so the layer is looked for among all objects:
    once in the life of a function that reads a weight without its layer, as `kernel = dense.kernel`.

    Example:
        >>> import keras
        >>> dense = keras.layers.Dense(2)
        >>> dense.build((None, 3))
        >>> next(maker_of(dense.kernel)) is dense
        True
    """
    if "/" not in variable.path:
        return
    for found in gc.get_objects():
        # The type itself: objects that stand for others may lie about their class, or fail.
        if issubclass(type(found), keras.Layer) and owns(found, variable):
            yield found
            return
