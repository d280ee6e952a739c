"""Medians with their spread, for functions that are timed in turn."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_WARM_CALLS = (6, 12)  # a layer that compiles itself does so at its fourth call
_WARM_SECONDS = (0.5, 3.0)
_GROUP_SECONDS = 20.0  # after so many there are no further rounds, if there were a few
_FEW_ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """A figure and its spread.

    Args:
        median: Median over the rounds.
        low: First quartile.
        high: Third quartile.
        ratio: Median and quartiles of this figure over that of the first contender of the group, round by
            round, where both were timed in turn.
    """

    median: float
    low: float
    high: float
    ratio: tuple[float, float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON data."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Missing:
    """Why there is no figure.

    Args:
        reason: What is shown in its place.
        failed: Whether it ought to have worked.
    """

    reason: str
    failed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The reason as JSON data."""
        return {"missing": self.reason} | ({"failed": True} if self.failed else {})


def exact(value: float) -> Measured:
    """A figure without spread, such as a number of bytes."""
    return Measured(value, value, value)


def spread(values: Sequence[float]) -> Measured:
    """Median and quartiles of a few values."""
    return Measured(*_quartiles(values))


def side_by_side(
    functions: Mapping[str, Callable[[], Any]], rounds: int, seconds: float
) -> dict[str, Measured | Missing]:
    """Time functions in turn, round by round, so that a change of the machine's speed hits them all.

    Args:
        functions: What to call, by name; each is called until it is warm before it is timed. One that
            raises has the error in place of a figure.
        rounds: How often each is timed; less often where all of it takes long.
        seconds: About how long one timing of one function takes; 0 to call each twice and be done.
    """
    prepared = {name: _repeats(function, seconds) for name, function in functions.items()}
    running = {name: repeats for name, repeats in prepared.items() if isinstance(repeats, int)}
    times: dict[str, list[float]] = {name: [] for name in running}
    gc.collect()
    gc.disable()
    try:
        begun = time.perf_counter()
        for done in range(rounds):
            if done >= _FEW_ROUNDS and time.perf_counter() - begun > _GROUP_SECONDS:
                break
            for name, repeats in running.items():
                times[name].append(_time(functions[name], repeats))
    finally:
        gc.enable()
    first = next(iter(times.values()), [])
    return {
        name: Measured(*_quartiles(times[name]), ratio=_paired(times[name], first))
        if isinstance(repeats, int)
        else repeats
        for name, repeats in prepared.items()
    }


def seconds_once(function: Callable[[], Any]) -> float:
    """Seconds that one call takes."""
    return _time(function, 1)


def _repeats(function: Callable[[], Any], seconds: float) -> int | Missing:
    """How many calls take about so many seconds, once the function is warm."""
    try:
        function()
        if seconds:
            _warm_up(function)
        once = max(seconds_once(function), 1e-7)
    except Exception as error:  # whatever a peer raises belongs in the table
        return Missing(f"{type(error).__name__}: {error}".splitlines()[0][:200], failed=True)
    return max(1, min(10_000, int(seconds / once)))


def _warm_up(function: Callable[[], Any]) -> None:
    """Call it the most times in little time, the least times in a longer one, or fewer."""
    begun = time.perf_counter()
    least, most = _WARM_CALLS
    little, longer = _WARM_SECONDS
    for done in range(1, most):
        if time.perf_counter() - begun > (little if done >= least else longer):
            break
        function()


def _time(function: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return (time.perf_counter() - start) / repeats


def _paired(times: Sequence[float], reference: Sequence[float]) -> tuple[float, float, float]:
    return _quartiles([mine / its for mine, its in zip(times, reference, strict=True)])


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, median, high = statistics.quantiles(values, n=4)
    return median, low, high
