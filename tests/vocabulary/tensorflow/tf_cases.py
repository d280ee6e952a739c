"""Calls of TensorFlow, each declared once for lamina and for the oracle.

A case is the name of a function and its arguments; NumPy arrays among them are tensors, `Dtype`
names a dtype. Where a call needs functions of its own, the case is a function of `(tf, *tensors)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

RANDOM = np.random.RandomState(0)


@dataclass(frozen=True)
class Dtype:
    """A dtype by name, as each side spells it."""

    name: str


@dataclass(frozen=True)
class Case:
    """One call.

    Args:
        name: The function, by its name below `tf`.
        args: Positional arguments.
        kwargs: Keyword arguments.
        run: What to do instead of calling the function, `(tf, *tensors)`; `args` are the tensors.
        tolerance: Of values, relative and absolute.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    run: Callable[..., Any] | None = None
    tolerance: float = 1e-5


CASES: list[Case] = []


def case(names: str, *args: Any, **kwargs: Any) -> None:
    """A case of each of the names."""
    CASES.extend(Case(name, args, kwargs) for name in names.split())


def loose(tolerance: float, names: str, *args: Any, **kwargs: Any) -> None:
    """A case whose values are compared less closely."""
    CASES.extend(Case(name, args, kwargs, tolerance=tolerance) for name in names.split())


def runs(names: str, run: Callable[..., Any], *tensors: Any, tolerance: float = 1e-5) -> None:
    """A case of each of the names that is a function of `(tf, *tensors)`."""
    CASES.extend(Case(name, tensors, run=run, tolerance=tolerance) for name in names.split())


def variants(names: str, args: tuple[Any, ...], *options: dict[str, Any]) -> None:
    """A case for each choice of keywords."""
    for option in options:
        case(names, *args, **option)


def floats(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype("float32")


def positive(*shape: int) -> Any:
    return RANDOM.uniform(0.05, 0.95, size=shape).astype("float32")


def simplex(*shape: int) -> Any:
    values = positive(*shape)
    return values / values.sum(-1, keepdims=True)


def ints(high: int, *shape: int, low: int = 0) -> Any:
    return RANDOM.randint(low, high, size=shape).astype("int32")


def bools(*shape: int) -> Any:
    return RANDOM.uniform(size=shape) < 0.5


def complexes(*shape: int) -> Any:
    return (floats(*shape) + 1j * floats(*shape)).astype("complex64")


def spd(*batch: int, n: int = 3) -> Any:
    """Symmetric positive definite matrices."""
    a = floats(*batch, n, n)
    return (a @ np.swapaxes(a, -1, -2) + n * np.eye(n)).astype("float32")
