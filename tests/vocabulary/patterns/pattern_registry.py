"""Functions as people write them, with their inputs, by the number of the pattern that they follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

rng = np.random.RandomState(11)


@dataclass(frozen=True)
class Pattern:
    """One function.

    Args:
        number: Its pattern.
        function: As a user wrote it.
        inputs: Arrays; the first size is that of the batch.
        arguments: What `Lambda(arguments=)` is given.
        check: How results are compared: by `values`, by `moments` of each column, or `shuffled` rows.
    """

    number: int
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    arguments: dict[str, Any] | None = None
    check: str = "values"


def f(*shape: int) -> Any:
    """Positive numbers."""
    return rng.uniform(0.05, 1.0, size=shape).astype("float32")


def n(*shape: int) -> Any:
    """Normal numbers."""
    return rng.normal(size=shape).astype("float32")


def i(high: int, *shape: int) -> Any:
    """Integers."""
    return rng.randint(0, high, size=shape).astype("int32")


class Patterns(list[Pattern]):
    """The functions of one way of writing."""

    def of(self, number: int, function: Callable[..., Any], *inputs: Any, **options: Any) -> None:
        """Register a function."""
        self.append(Pattern(number, function, inputs, **options))

    def pattern(self, number: int, *inputs: Any, **options: Any) -> Any:
        """Register the decorated function."""

        def keep(function: Any) -> Any:
            self.of(number, function, *inputs, **options)
            return function

        return keep
