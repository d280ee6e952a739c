"""Where a backend of Keras computes something else than Keras documents, silently.

An expression must mean the same everywhere, so these operations run with their documented meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lamina._keras import keras


def tensorflow_add(x1: Any, x2: Any) -> Any:
    """`keras.ops.add` under TensorFlow, with NumPy's broadcasting.

    Keras 3.15 passes a second operand that can be squeezed to a vector to `tf.nn.bias_add` when its
    size is that of the first operand's last axis or of axis 1, wherever the vector stands: a (4, 4)
    matrix plus a (4, 1) column adds a row. The sum is the same with the operands in the other order,
    or with axes of one element where Keras looks.

    TensorFlow adds no bools; elsewhere their sum is true where one of them is.
    """
    if not _is_taken_for_bias(x1, x2):
        try:
            return keras.ops.add(x1, x2)
        except Exception:
            if not all(getattr(x, "dtype", None) == "bool" for x in (x1, x2)):
                raise
            return keras.ops.logical_or(x1, x2)
    if not _is_taken_for_bias(x2, x1):
        return keras.ops.add(x2, x1)
    before = range(2 + max(0, len(x2.shape) - len(x1.shape)))
    first = keras.ops.expand_dims(x1, (*before, -1))
    return keras.ops.add(first, keras.ops.expand_dims(x2, -1))[0, 0, ..., 0]


def _is_taken_for_bias(x1: Any, x2: Any) -> bool:
    """Whether Keras adds `x2` to `x1` as a bias although broadcasting means another axis."""
    first, second = _shape(x1), _shape(x2)
    if first is None or second is None or len(first) < 2:
        return False
    vector = [axis for axis, size in enumerate(second) if size is None or size > 1]
    if len(vector) != 1 or second[vector[0]] not in {first[1], first[-1]} - {None}:
        return False
    from_end = len(second) - vector[0]
    axis_from_end = 1 if first[-1] == second[vector[0]] else len(first) - 1
    # Keras squeezes it, which leaves an axis of no elements where it is.
    return from_end != axis_from_end or len(second) > len(first) or 0 in second


def _shape(value: Any) -> list[int | None] | None:
    shape = getattr(value, "shape", None)
    if shape is None or getattr(shape, "rank", 0) is None:
        return None
    return list(shape)


def jax_where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """`keras.ops.where` under JAX, of the dtype that Keras infers.

    A choice between two numbers is of weak type there: beside bfloat16 it is bfloat16, where Keras says
    float32, and other backends compute in float32.
    """
    if isinstance(x1, _NUMBERS) and isinstance(x2, _NUMBERS):
        x1 = keras.ops.convert_to_tensor(x1, dtype=keras.backend.result_type(type(x1), type(x2)))
    return keras.ops.where(condition, x1, x2)


_NUMBERS = (bool, int, float)
# By backend and operation.
CORRECTIONS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("tensorflow", "add"): tensorflow_add,
    ("jax", "where"): jax_where,
}


def corrected(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function to run for an operation under the backend in use."""
    return CORRECTIONS.get((keras.backend.backend(), name), function)
