"""Medians with their spread, for functions that are timed in turn."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Seconds per call.

    Args:
        median: Median over the rounds.
        low: First quartile.
        high: Third quartile.
    """

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median * 1e6:,.0f} us ({self.low * 1e6:,.0f} to {self.high * 1e6:,.0f})"


def side_by_side(
    functions: Mapping[str, Callable[[], Any]], rounds: int = 15, seconds: float = 0.05
) -> dict[str, Measured]:
    """Time functions in turn, round by round, so that a change of the machine's speed hits them all.

    Args:
        functions: What to call, by name; each is called once before it is timed.
        rounds: How often each is timed.
        seconds: About how long one timing of one function takes.
    """
    repeats = {name: _repeats(function, seconds) for name, function in functions.items()}
    times: dict[str, list[float]] = {name: [] for name in functions}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, function in functions.items():
                times[name].append(_time(function, repeats[name]))
    finally:
        gc.enable()
    return {name: _measured(values) for name, values in times.items()}


def _repeats(function: Callable[[], Any], seconds: float) -> int:
    function()
    once = max(_time(function, 1), 1e-7)
    return max(1, min(10_000, int(seconds / once)))


def _time(function: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def _measured(values: list[float]) -> Measured:
    if len(values) < 2:
        return Measured(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4)
    return Measured(median, low, high)
