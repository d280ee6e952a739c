"""Peak memory of capture, save, load and a call, each in a fresh process."""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.processes import output_of
from benchmarks.registry import BACKENDS, Groups, Run, row
from benchmarks.timing import exact

FORMATS = {
    "jax": ("lamina.Lambda config", "keras.layers.Lambda config", "jax.export"),
    "tensorflow": ("lamina.Lambda config", "keras.layers.Lambda config", "SavedModel"),
    "torch": ("lamina.Lambda config", "keras.layers.Lambda config", "torch.export", "torch.fx"),
}


@row("Peak memory", unit="B")
def memory(run: Run) -> Groups:
    """The growth of the process beyond its imports, and what Python allocates during capture."""
    for backend in run.some(BACKENDS):
        names = run.some(FORMATS[backend])
        found = {name: _peaks(run, backend, name) for name in names}
        for index, what in enumerate(("capture, save, load and call", "capture, Python objects")):
            yield f"{what}, {backend}", {k: exact(peaks[index]) for k, peaks in found.items()}
    yield "capture of 10,000 calls, Python objects", {"lamina": exact(_peaks(run, "jax", "10000"))}


def _peaks(run: Run, backend: str, what: str) -> Any:
    """What the process prints, the second time: a process that compiles modules needs memory for that."""
    command = [sys.executable, "-m", "benchmarks.peak", backend, what]
    printed = [output_of(command, backend) for _ in range(1 if run.quick else 2)]
    return json.loads(printed[-1])
