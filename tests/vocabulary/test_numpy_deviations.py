"""Where a backend differs from NumPy: each entry is asserted to differ still."""

from __future__ import annotations

from collections.abc import Mapping

_SORT_NAN = "TensorFlow sorts through top_k, which knows no place for nan; NumPy puts it last"

_BIAS = "keras.ops.add takes the second operand of {} for a bias and does not broadcast it as NumPy does"

DEVIATIONS: Mapping[tuple[str, str], str] = {
    ("tensorflow", "add(A3, F1)"): _BIAS.format("(3, 4, 1) + (4,)"),
    ("tensorflow", "add(A2, V2)"): _BIAS.format("(3, 3) + (3, 1)"),
    ("tensorflow", "add.outer(I2, F1)"): _BIAS.format("(3, 4, 1) + (4,)"),
    ("tensorflow", "sort(N1)"): _SORT_NAN,
    ("tensorflow", "argsort(N1)"): _SORT_NAN,
    ("torch", "sign(X1)"): "PyTorch gives 0 as the sign of nan",
}
