"""Lambdas on a terminal: a table of where they stand, and the source of each below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from lamina.auditing.text import clean


class Row(NamedTuple):
    """One Lambda: where it stands, which Python wrote it, its arguments, what it computes."""

    path: str
    python: str
    arguments: str
    computes: str


def print_lambdas(console: Console, title: str, rows: Sequence[Row]) -> None:
    """Print the table, and below it each source as it is, without breaking its lines."""
    console.print(clean(title), style="bold", soft_wrap=True, highlight=False)
    if rows:
        console.print(_table(rows))
    for row in rows:
        if _is_source(row.computes):
            console.print(f"\n# {clean(row.path)}", soft_wrap=True, highlight=False)
            console.print(clean(row.computes.strip()), style="cyan", soft_wrap=True, highlight=False)
    if any(_is_source(row.computes) for row in rows):
        console.print()


def _table(rows: Sequence[Row]) -> Table:
    """The rows, without the arguments where there are none."""
    cells = [(row.path, row.python, row.arguments, _summary(row.computes)) for row in rows]
    shown = [index for index in range(4) if index != 2 or any(row.arguments for row in rows)]
    table = Table(*(("path", "Python", "arguments", "computes")[index] for index in shown))
    for row in cells:
        table.add_row(*(clean(row[index]) for index in shown))
    return table


def _is_source(text: str) -> bool:
    return "\n" in text


def _summary(text: str) -> str:
    return "source below" if _is_source(text) else text
