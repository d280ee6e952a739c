"""Sample inputs for a function of which only the specs of its inputs are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lamina.expression.model import Spec, leaves, map_tree
from lamina.expression.runner import numpy_dtype

SEED = 20

# Sizes for unknown dimensions: by axis, as a batch is shared between inputs; else one for all.
_SIZES: tuple[Callable[[int], int], ...] = (lambda axis: (4, 12, 24, 36)[axis % 4], lambda axis: 12)
_DRAWS = ("normal", "uniform")


def samples_of(specs: Any) -> Iterator[list[Any]]:
    """Choices of samples for a structure of specs; a choice of sizes may not fit the function.

    Floating samples are drawn twice: normally distributed, and uniformly from 0 to 1 for functions that
    take probabilities or pixels. Integers are 0 and 1, which are also classes and indices; booleans are
    drawn evenly. The numbers are the same each time.

    Args:
        specs: A structure of `Spec` of known rank.

    Returns:
        For each choice of sizes, two structures of arrays.
    """
    unknown = any(None in (spec.shape or ()) for spec in leaves(specs) if spec is not None)
    for size_of in _SIZES if unknown else _SIZES[:1]:
        yield [drawn(specs, size_of, draw) for draw in _DRAWS]


def drawn(specs: Any, size_of: Callable[[int], int] = _SIZES[0], draw: str = "normal") -> Any:
    """One sample, a structure of arrays."""
    random = np.random.default_rng(SEED)

    def one(spec: Spec | None) -> Any:
        if spec is None:
            return None
        shape = tuple(size_of(i) if n is None else n for i, n in enumerate(spec.shape or ()))
        return _array(random, shape, spec.dtype or "float32", draw)

    return map_tree(one, specs)


def _array(random: np.random.Generator, shape: tuple[int, ...], dtype: str, draw: str) -> Any:
    if dtype == "bool":
        return random.random(shape) < 0.5
    if "int" in dtype:
        return random.integers(0, 2, shape).astype(dtype)
    values = random.normal(size=shape) if draw == "normal" else random.random(shape)
    if dtype.startswith("complex"):
        values = values + 1j * random.normal(size=shape)
    return values.astype(numpy_dtype(dtype))
