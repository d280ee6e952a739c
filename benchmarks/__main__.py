"""`python -m benchmarks`: every row, as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import keras
from rich.console import Console
from rich.table import Table

from benchmarks import capturing
from benchmarks.timing import Measured, side_by_side


def main() -> None:
    """Run the rows and print them; `--json FILE` keeps the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    rounds, seconds = (1, 0.0) if options.quick else (15, 0.05)
    results = {row: side_by_side(timed, rounds, seconds) for row, timed in capturing.rows().items()}
    sizes = capturing.sizes()
    for row, measured in results.items():
        Console().print(_table(row, measured))
    Console().print(_size_table(sizes))
    if options.json:
        options.json.write_text(json.dumps(_record(results, sizes), indent=1) + "\n")


def _table(row: str, measured: dict[str, Measured]) -> Table:
    first = next(iter(measured.values()))
    table = Table(row, "median (quartiles)", "ratio to lamina", title=f"antirectifier: {row}")
    for name, figure in measured.items():
        table.add_row(name, str(figure), f"{figure.median / first.median:.2f}")
    return table


def _size_table(sizes: dict[str, int]) -> Table:
    table = Table("what", "bytes", title="antirectifier: size")
    for name, size in sizes.items():
        table.add_row(name, str(size))
    return table


def _record(results: dict[str, dict[str, Measured]], sizes: dict[str, int]) -> dict[str, Any]:
    seconds = {row: {name: vars(m) for name, m in measured.items()} for row, measured in results.items()}
    return {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "seconds": seconds,
        "bytes": sizes,
    }


if __name__ == "__main__":
    main()
