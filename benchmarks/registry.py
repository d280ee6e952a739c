"""The table of rows.

A row is a function that yields groups of contenders:

    @row("Eager call")
    def eager(run):
        x = make_input()
        yield "square", {"lamina": lambda: layer(x), "keras.layers.Lambda": lambda: peer(x)}

The contenders of a group are timed in turn and compared with the first of them. In place of a function
to time, a contender may be a figure (`Measured`), or say why there is none (`Missing`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.timing import Measured, Missing, side_by_side

BACKENDS = ("jax", "tensorflow", "torch")
NO_BACKEND = "none"

Contender = Callable[[], Any] | Measured | Missing
Groups = Iterator[tuple[str, Mapping[str, Contender]]]


@dataclass(frozen=True)
class Run:
    """How thoroughly to measure.

    Args:
        quick: Only to see that everything runs: one round, the smallest of each kind.
        backend: The backend of this process, or `none`.
        scanners: The folder with the commands of other scanners.
    """

    quick: bool
    backend: str
    scanners: Path | None = None

    @property
    def rounds(self) -> int:
        """How often each contender is timed."""
        return 1 if self.quick else 11

    @property
    def seconds(self) -> float:
        """How long one timing takes, about."""
        return 0.0 if self.quick else 0.02

    def some(self, items: Any, quick: int = 1) -> list[Any]:
        """All of the items, or as many of the first as a quick run takes."""
        return list(items)[:quick] if self.quick else list(items)


@dataclass(frozen=True)
class Row:
    """A row of the benchmarks.

    Args:
        name: For `--row`.
        title: For the tables.
        unit: `s`, `B` or `B/s`.
        groups: Yields the groups of contenders.
        slow: How many times longer than usual one timing takes.
    """

    name: str
    title: str
    unit: str
    groups: Callable[[Run], Groups]
    slow: float

    def measure(self, run: Run) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
        """Yields the figures of each group by contender, as JSON data."""
        for name, contenders in self.groups(run):
            functions = {key: value for key, value in contenders.items() if callable(value)}
            timed = side_by_side(functions, run.rounds, run.seconds * self.slow)
            yield name, {key: {**contenders, **timed}[key].to_dict() for key in contenders}


ROWS: dict[str, Row] = {}

# A module of `benchmarks.rows` for each row, with a function of its name. Those that need no backend run in a
# process that imports none.
WITH_BACKEND = ("eager", "fusing", "training", "saving", "size", "growth", "bandwidth")
WITHOUT = ("importing", "memory", "reading", "auditing")


def row(
    title: str, unit: str = "s", *, slow: float = 1.0
) -> Callable[[Callable[[Run], Groups]], Callable[[Run], Groups]]:
    """Enter a function that yields groups into the table, under its name.

    Args:
        title: For the tables.
        unit: `s`, `B` or `B/s`.
        slow: How many times longer than usual one timing takes.
    """

    def enter(groups: Callable[[Run], Groups]) -> Callable[[Run], Groups]:
        name = groups.__name__
        ROWS[name] = Row(name, title, unit, groups, slow)
        return groups

    return enter


def find(name: str) -> Row:
    """The row of this name."""
    importlib.import_module(f"benchmarks.rows.{name}")
    return ROWS[name]


def names_for(backend: str) -> tuple[str, ...]:
    """The rows that a process with this backend measures, or one without any."""
    return WITHOUT if backend == NO_BACKEND else WITH_BACKEND
