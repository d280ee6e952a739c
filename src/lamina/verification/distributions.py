"""Random results, which are compared by what many runs have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lamina.verification.comparing import TOLERANCES, Leaf, explain_difference

_RUNS = 100
# Standard errors; chance exceeds them about once in two million comparisons.
_ERRORS = 5.0

Draw = Callable[[], list[Leaf]]
_Values = np.ndarray[Any, Any]


def explain_distributions(found: Draw, expected: Draw, tolerance: float | None, narrow: bool) -> str | None:
    """In what the results of two random functions differ; `None` where they do not.

    Shapes and dtypes are compared, and of each tensor the mean and the mean square over its elements, which
    vary from run to run: their averages over the runs must agree within five standard errors.
    """
    first, second = [found() for _ in range(_RUNS)], [expected() for _ in range(_RUNS)]
    shapes = explain_difference(_blank(first[0]), _blank(second[0]), tolerance, narrow)
    if shapes is not None:
        return shapes
    for number in range(len(first[0])):
        for name, statistic in _STATISTICS.items():
            a, b = (
                np.array([statistic(run[number]) for run in runs], dtype=complex) for runs in (first, second)
            )
            if not _agree(
                a, b, tolerance or TOLERANCES.get(second[0][number].dtype or "", 1e-5), first[0][number]
            ):
                return (
                    f"both are random, and over {_RUNS} runs the {name} of output {number} is "
                    f"{_text(a)} in the expression and {_text(b)} in the function"
                )
    return None


def _blank(results: Sequence[Leaf]) -> list[Leaf]:
    """Results without their values."""
    return [Leaf(leaf.dtype, np.zeros_like(leaf.value)) for leaf in results]


_STATISTICS: dict[str, Callable[[Leaf], complex]] = {
    "mean": lambda leaf: complex(np.mean(leaf.value.astype(complex))) if leaf.value.size else 0j,
    "mean square": lambda leaf: (
        complex(np.mean(np.abs(leaf.value.astype(complex)) ** 2)) if leaf.value.size else 0j
    ),
}


def _agree(first: _Values, second: _Values, tolerance: float, leaf: Leaf) -> bool:
    distance = abs(first.mean() - second.mean())
    if np.isnan(distance):
        return bool(np.isnan(first.mean()) and np.isnan(second.mean()))
    size = max(1.0, abs(second.mean()))
    if not first.std() or not second.std():
        # One of them draws the same numbers in every run: its elements are all the sample there is.
        spread = _ERRORS * float(np.std(leaf.value)) * size / max(1.0, leaf.value.size**0.5)
        return bool(distance <= spread + 10 * tolerance * size)
    error = ((first.var() + second.var()) / len(first)) ** 0.5
    return bool(distance <= _ERRORS * error + tolerance * size)


def _text(values: _Values) -> str:
    mean = values.mean()
    return f"{mean.real:.4g}" if not mean.imag else f"{mean:.4g}"
