"""Results as tables: a line for each group, a column for each contender."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.registry import BACKENDS, NO_BACKEND, WITH_BACKEND, WITHOUT
from benchmarks.results import Figure, Results
from benchmarks.units import digits, with_spread

_ROWS = (*WITH_BACKEND, *WITHOUT, "crash")


@dataclass(frozen=True)
class Pivot:
    """Groups with the same contenders.

    Args:
        row: Name of the row.
        title: Its title.
        backend: The backend, or `none`.
        header: The contenders.
        lines: Name of the group, and a cell for each contender.
    """

    row: str
    title: str
    backend: str
    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]

    @property
    def caption(self) -> str:
        """What the table is about."""
        return self.title if self.backend == NO_BACKEND else f"{self.title}, {self.backend}"


def pivots(results: Results) -> Iterator[Pivot]:
    """The tables, in the order of the rows."""
    ordered = sorted(results.groups, key=lambda g: (_ROWS.index(g["row"]), _place(g["backend"])))
    for (row, backend, names), some in groupby(ordered, key=_kind):
        groups = list(some)
        lines = tuple((g["group"], *_cells(g["figures"], g["unit"])) for g in groups)
        yield Pivot(row, groups[0]["title"], backend, names, lines)


def _place(backend: str) -> int:
    return (*BACKENDS, NO_BACKEND).index(backend)


def _kind(group: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    return group["row"], group["backend"], tuple(group["figures"])


def _cells(figures: dict[str, Figure], unit: str) -> Iterator[str]:
    first = next(iter(figures.values()))
    for figure in figures.values():
        if "missing" in figure:
            yield "failed" if figure.get("failed") else figure["missing"]
        elif figure is first or "median" not in first:
            yield with_spread(figure, unit)
        else:
            ratio = figure.get("ratio", [figure["median"] / first["median"]])[0]
            yield f"{with_spread(figure, unit)}, {digits(ratio, 2)}x"


def show(console: Console, results: Results) -> None:
    """Print every table."""
    for pivot in pivots(results):
        whole = [("", *pivot.header), *pivot.lines]
        if len(pivot.header) > len(pivot.lines):
            whole = list(zip(*whole, strict=True))
        table = Table(*whole[0], title=pivot.caption)
        for line in whole[1:]:
            table.add_row(*line)
        console.print(table)


def markdown(header: tuple[str, ...], lines: Any, align: str = "---:") -> str:
    """A table in Markdown, its first column to the left."""
    rows = ["| " + " | ".join(header) + " |", "|---" + f"|{align}" * (len(header) - 1) + "|"]
    return "\n".join(rows + ["| " + " | ".join(line) + " |" for line in lines])
