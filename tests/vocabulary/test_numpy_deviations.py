"""Where a backend differs from NumPy: each entry is asserted to differ still."""

from __future__ import annotations

from collections.abc import Mapping

_SORT_NAN = "TensorFlow sorts through top_k, which knows no place for nan; NumPy puts it last"

DEVIATIONS: Mapping[tuple[str, str], str] = {
    ("tensorflow", "sort(N1)"): _SORT_NAN,
    ("tensorflow", "argsort(N1)"): _SORT_NAN,
    ("torch", "sign(X1)"): "PyTorch gives 0 as the sign of nan",
}
