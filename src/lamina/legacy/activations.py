"""Activations that computed something else before Keras 3."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="lamina", name="hard_sigmoid")  # type: ignore[untyped-decorator]
def hard_sigmoid(x: Any) -> Any:
    """`clip(0.2 * x + 0.5, 0, 1)`, as Keras 1 and 2 computed it.

    Keras 3's function of this name has the slope 1/6. LSTM and GRU layers used this one as their
    gate by default.

    Source: `keras.backend.hard_sigmoid` of Keras 2.

    Args:
        x: A tensor.

    Returns:
        A tensor of the same shape.

    Example:
        >>> round(float(hard_sigmoid(1.0)), 6)
        0.7
    """
    return keras.ops.clip(0.2 * keras.ops.convert_to_tensor(x) + 0.5, 0.0, 1.0)
