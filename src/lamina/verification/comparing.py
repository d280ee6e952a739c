"""Whether two results are the same: structure, shapes, dtypes and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamina._keras import keras
from lamina._records import dataclass
from lamina.expression.model import leaves

# By the dtype of what is expected; every other dtype is compared exactly.
TOLERANCES = {
    "float16": 1e-2,
    "bfloat16": 1e-2,
    "float32": 1e-5,
    "float64": 1e-5,
    "complex64": 1e-5,
    "complex128": 1e-5,
}
# What a backend of 32 bits, or Keras's default float, makes of the types that NumPy and TensorFlow pick.
_NARROWED = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


@dataclass(frozen=True)
class Leaf:
    """One tensor of a result.

    Args:
        dtype: Keras name of its dtype; `None` for a Python number, which has none.
        value: Its values, those of narrow floats in float32.
    """

    dtype: str | None
    value: np.ndarray[Any, Any]

    def __str__(self) -> str:
        return f"{self.dtype or self.value.dtype}{list(self.value.shape)}"


def leaf_of(value: Any) -> Leaf:
    """A tensor of any framework, an array or a number, as a `Leaf`."""
    if not hasattr(value, "dtype"):
        return Leaf(None, np.asarray(value))
    dtype = str(keras.backend.standardize_dtype(value.dtype))
    if hasattr(value, "detach"):  # a tensor of PyTorch, under another backend too
        value = value.detach().cpu()
        return Leaf(dtype, np.asarray(value.float() if dtype == "bfloat16" else value))
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    return Leaf(dtype, array.astype(np.float32) if dtype in ("bfloat16", "float16") else array)


def leaves_of(result: Any) -> list[Leaf]:
    """The tensors of a nested result, in the order of `leaves`; None is none."""
    return [leaf_of(leaf) for leaf in leaves(result) if leaf is not None]


def largest_difference(found: Leaf, expected: Leaf) -> float:
    """The largest absolute difference of two values of one shape; `inf` where only one is nan or infinite."""
    kind = complex if "c" in (found.value.dtype.kind, expected.value.dtype.kind) else float
    a, b = found.value.astype(kind), expected.value.astype(kind)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.where(same, 0.0, np.abs(a - b))
    return float(np.max(np.where(np.isnan(distance), np.inf, distance), initial=0.0))


def explain_difference(
    found: Sequence[Leaf], expected: Sequence[Leaf], tolerance: float | None = None, narrow: bool = False
) -> str | None:
    """In what two results differ; `None` where they do not.

    Values are the same within `tolerance * (max(1, root mean square) + absolute value)`.

    Args:
        found: What the expression gives.
        expected: What the function gives.
        tolerance: Instead of those of `TOLERANCES`.
        narrow: Whether 32 bits may stand where 64 are expected.
    """
    if len(found) != len(expected):
        return f"the expression gives {len(found)} tensors, the function {len(expected)}"
    for number, (a, b) in enumerate(zip(found, expected, strict=True)):
        which = f"output {number}: " if len(found) > 1 else ""
        if a.value.shape != b.value.shape or not _same_dtype(a, b, narrow):
            return f"{which}the expression gives {a}, the function {b}"
        if not _is_close(a, b, tolerance):
            return f"{which}{_values(a, b)}"
    return None


def _same_dtype(found: Leaf, expected: Leaf, narrow: bool) -> bool:
    if found.dtype is None or expected.dtype is None or found.dtype == expected.dtype:
        return True
    return narrow and found.dtype == _NARROWED.get(expected.dtype)


def _is_close(found: Leaf, expected: Leaf, tolerance: float | None) -> bool:
    if tolerance is None:
        narrowest = [TOLERANCES.get(leaf.dtype or "float32", 0.0) for leaf in (found, expected)]
        tolerance = max(narrowest)
    if found.value.dtype.kind not in "fc" and expected.value.dtype.kind not in "fc":
        return bool(np.array_equal(found.value, expected.value))
    finite = expected.value[np.isfinite(expected.value)].astype(complex)
    scale = max(1.0, float(np.sqrt(np.mean(np.abs(finite) ** 2)))) if finite.size else 1.0
    return bool(
        np.allclose(found.value, expected.value, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    )


def _values(found: Leaf, expected: Leaf) -> str:
    difference = largest_difference(found, expected)
    unequal = found.value != expected.value
    if found.value.dtype.kind in "fc":
        unequal &= ~(np.isnan(found.value) & np.isnan(expected.value))
    with np.errstate(invalid="ignore"):
        distance = np.abs(found.value.astype(complex) - expected.value.astype(complex))
    place = np.unravel_index(
        np.argmax(np.where(unequal, np.nan_to_num(distance, nan=np.inf), -1)), unequal.shape
    )
    index = f" at {[int(i) for i in place]}" if place else ""
    return (
        f"the largest difference is {difference:.3g}{index}, where the expression gives "
        f"{found.value[place]} and the function {expected.value[place]} ({expected})"
    )
