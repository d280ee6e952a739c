"""What a function may ask for inside a Lambda, beside the functions of the frameworks."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina._keras import keras
from lamina.errors import LaminaError
from lamina.vocabulary import context


def variable(
    name: str,
    value: Any = None,
    *,
    shape: tuple[int, ...] | None = None,
    initializer: Any = "zeros",
    dtype: str | None = None,
    trainable: bool = True,
) -> Any:
    """A variable of the Lambda layer whose function calls this: made once, trained and saved.

    Args:
        name: Its name; each variable of a function has its own.
        value: What it starts with. Give either this or `shape`.
        shape: Its shape, filled by `initializer`.
        initializer: A Keras initializer or its name.
        dtype: Its dtype; by default that of the layer's variables for floating numbers (`float16` under the
            policy `float16`), and that of `value` for others.
        trainable: Whether it is trained.

    Returns:
        What stands for the variable in the function; outside of one, a `keras.Variable`.

    Raises:
        LaminaError: Neither or both of `value` and `shape` are given.

    Example:
        >>> import numpy as np, lamina
        >>> layer = lamina.Lambda(lambda x: x * lamina.variable("gain", 2.0))
        >>> tuple(layer(np.ones((1, 2))).shape), [v.name for v in layer.trainable_weights]
        ((1, 2), ['gain'])
    """
    if (value is None) == (shape is None):
        raise LaminaError(
            f"variable {name!r} needs either a value or a shape, received {value!r} and {shape!r}"
        )
    if dtype is None and (shape is not None or _is_floating(value)):
        dtype = context.variable_dtype.get()
    if shape is not None:
        value = keras.initializers.get(initializer)(shape, dtype=dtype or keras.config.floatx())
    factory = context.variable_factory.get()
    if factory is None:
        return keras.Variable(value, dtype=dtype, name=name, trainable=trainable)
    return factory(value, dtype, name, trainable)


def _is_floating(value: Any) -> bool:
    plain = isinstance(value, (float, list, tuple, np.floating, np.ndarray))
    return plain and np.asarray(value).dtype.kind == "f"


def add_loss(value: Any) -> None:
    """Add a scalar to the losses of the Lambda layer whose function calls this.

    Args:
        value: A scalar tensor; it is added to the loss in `fit` and `evaluate`.

    Raises:
        LaminaError: It is called outside of the function of a Lambda layer.

    Example:
        >>> import lamina
        >>> from keras import ops
        >>> def penalised(x):
        ...     lamina.add_loss(0.5 * ops.sum(ops.square(x)))
        ...     return x
        >>> layer = lamina.Lambda(penalised)
        >>> layer(ops.ones((2, 2))) is not None, float(layer.losses[0])
        (True, 2.0)
    """
    sink = context.loss_sink.get()
    if sink is None:
        raise LaminaError(
            "lamina.add_loss belongs inside the function of a lamina.Lambda layer; elsewhere use layer.add_loss"
        )
    sink(value)
