"""`python -m benchmarks`: lamina beside its peers, in one process per backend.

A run of everything writes benchmarks/results/DEVICE.json and, from it, docs/benchmarks.md with its plots
and the table of the README. A run of some rows or backends replaces just these where `--update` is given.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import bars, publish, tables
from benchmarks.processes import environment
from benchmarks.registry import BACKENDS, NO_BACKEND, WITH_BACKEND, WITHOUT, names_for
from benchmarks.results import Results
from benchmarks.timing import Missing


def main() -> int:
    """Measure, print, and keep the results.

    Returns:
        1 if a contender that should have run did not.
    """
    options = _options()
    if options.publish:
        publish.publish()
        return 0
    records = [record for backend in (*BACKENDS, NO_BACKEND) for record in _measured(backend, options)]
    results = Results.of(records, options.quick)
    console = Console() if sys.stdout.isatty() else Console(width=160)
    tables.show(console, results)
    bars.show(console, results)
    whole = not (options.quick or options.row or options.backend)
    if options.output:
        options.output.write_text(results.to_json())
    elif whole or options.update:
        results.keep()
        publish.publish()
    failures = list(results.failures())
    for failure in failures:
        console.print(failure, style="red")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, only to see that it runs")
    parser.add_argument("--row", action="append", choices=(*WITH_BACKEND, *WITHOUT), help="only this row")
    parser.add_argument(
        "--backend", action="append", choices=(*BACKENDS, NO_BACKEND), help="only rows of this backend"
    )
    parser.add_argument("--scanners", type=Path, help="the folder with the commands of other scanners")
    parser.add_argument("--output", type=Path, help="write the figures to this file, and nothing else")
    parser.add_argument("--update", action="store_true", help="replace what was measured in the results")
    parser.add_argument("--publish", action="store_true", help="write the documents from the results")
    return parser.parse_args()


def _measured(backend: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """What a process with this backend measures."""
    rows = [name for name in names_for(backend) if not options.row or name in options.row]
    if not rows or (options.backend and backend not in options.backend):
        return []
    with tempfile.TemporaryDirectory() as place:
        output = Path(place, "figures.jsonl")
        command = [sys.executable, "-m", "benchmarks.worker", backend, str(output), *rows]
        command += ["--quick"] if options.quick else []
        command += ["--scanners", str(options.scanners)] if options.scanners else []
        ended = subprocess.run(command, env=environment(backend), check=False).returncode
        lines = output.read_text().splitlines() if output.exists() else []
        return [json.loads(line) for line in lines] + ([_crash(backend, ended)] if ended else [])


def _crash(backend: str, code: int) -> dict[str, Any]:
    failed = Missing(f"the process ended with code {code}", failed=True)
    row = {"row": "crash", "title": "Crashed", "unit": "s", "backend": backend, "group": "the rest"}
    return {**row, "figures": {"lamina": failed.to_dict()}}


if __name__ == "__main__":
    sys.exit(main())
