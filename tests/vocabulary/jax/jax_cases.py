"""The calls of JAX that are declared in the modules beside this one, and what declares them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
from tests.vocabulary.conformance import Cases, Values
from tests.vocabulary.conformance import Dtype as Dtype

CASES = Cases()
case, loose, variants = CASES.case, CASES.loose, CASES.variants
_values = Values(3)
floats, positive, simplex, ints = _values.floats, _values.positive, _values.simplex, _values.ints
bools, complexes, spd = _values.bools, _values.complexes, _values.spd
F32, I32, BF16 = Dtype("numpy.float32"), Dtype("numpy.int32"), Dtype("numpy.bfloat16")


def runs(names: str, run: Callable[..., Any], *tensors: Any, tolerance: float = 1e-5) -> None:
    """A case of each of the names that is a function of `(jax, *tensors)`, of one tensor at least."""
    CASES.runs(names, run, *(tensors or (np.zeros(1, "float32"),)), tolerance=tolerance)


def halves(*shape: int):
    """Numbers of bfloat16."""
    return floats(*shape).astype(ml_dtypes.bfloat16)


def numpy(names: str) -> str:
    """The names below `jax.numpy`."""
    return " ".join(f"numpy.{name}" for name in names.split())


def lax(names: str) -> str:
    """The names below `jax.lax`."""
    return " ".join(f"lax.{name}" for name in names.split())
