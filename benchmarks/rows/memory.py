"""Peak memory of capture, save, load and a call, each in a fresh process."""

from __future__ import annotations

import json
import sys

from benchmarks.processes import output_of
from benchmarks.registry import BACKENDS, Groups, Run, row
from benchmarks.timing import Measured, exact

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
        found = {name: _peaks(backend, name) for name in names}
        for index, what in enumerate(("capture, save, load and call", "capture, Python objects")):
            yield f"{what}, {backend}", {k: exact(peaks[index]) for k, peaks in found.items()}
    yield "capture of 10,000 calls, Python objects", {"lamina": _large_capture()}


def _peaks(backend: str, name: str) -> list[float]:
    return json.loads(output_of([sys.executable, "-m", "benchmarks.peak", backend, name], backend))


def _large_capture() -> Measured:
    return exact(json.loads(output_of([sys.executable, "-m", "benchmarks.peak", "jax", "10000"], "jax")))
