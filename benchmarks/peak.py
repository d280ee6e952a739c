"""`python -m benchmarks.peak BACKEND FORMAT`: the peak memory of one format, in a process of its own.

Prints two numbers of bytes: how far the process grows from after its imports to the peak of capture,
save, load and a call; and the most that Python objects take during a capture. With a number in place
of the format: what Python objects take during lamina's capture of so many calls.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(backend: str, what: str) -> None:
    """Measure and print."""
    from benchmarks.device import waiting
    from benchmarks.subjects.formats import formats
    from benchmarks.subjects.functions import SUBJECTS

    if what.isdecimal():
        import lamina
        from benchmarks.rows.growth import chain

        print(json.dumps(allocated(lambda: lamina.capture(chain(int(what))))))
        return
    way, inputs, wait = formats(backend)[what], SUBJECTS[0].inputs(32), waiting(backend)
    before = forget_peak()
    wait(way.load(way.save(way.capture()))(inputs))
    grown = peak() - before
    print(json.dumps([grown, allocated(way.capture)]))


def allocated(function: Callable[[], Any]) -> int:
    """The most bytes that Python objects take while the function runs."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def forget_peak() -> int:
    """Make the present size of the process its peak, where the system can do that, and return it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The most bytes of memory that the process took."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main(*sys.argv[1:])
