"""`python -m benchmarks.worker BACKEND OUTPUT ROW...`: measures rows in this process, for the driver.

Each group of figures is a line of JSON in OUTPUT, so that what was measured survives a crash.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from benchmarks.registry import NO_BACKEND, Run, find
from benchmarks.timing import Missing


def main(arguments: list[str]) -> None:
    """Measure the rows one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backend")
    parser.add_argument("output", type=Path)
    parser.add_argument("rows", nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--scanners", type=Path)
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # of the peers; the tests are where lamina's are errors
    run = Run(given.quick, given.backend, given.scanners)
    with given.output.open("w") as stream:
        for name in given.rows:
            measure(run, name, stream)
        stream.write(json.dumps({"accelerator": _accelerator(given.backend)}) + "\n")


def measure(run: Run, name: str, stream: Any) -> None:
    """Write the groups of one row."""
    begun, one = time.perf_counter(), find(name)
    row = {"row": name, "title": one.title, "unit": one.unit, "backend": run.backend}
    try:
        for group, figures in one.measure(run):
            stream.write(json.dumps({**row, "group": group, "figures": figures}) + "\n")
            stream.flush()
    except Exception as error:  # the other rows can still be measured
        traceback.print_exc()
        failed = Missing(f"{type(error).__name__}: {error}"[:200], failed=True)
        stream.write(json.dumps({**row, "group": "the rest", "figures": {"lamina": failed.to_dict()}}) + "\n")
    print(f"{run.backend}: {name} took {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)


def _accelerator(backend: str) -> str | None:
    if backend == NO_BACKEND:
        return None
    from benchmarks.device import accelerator

    return accelerator(backend)


if __name__ == "__main__":
    main(sys.argv[1:])
