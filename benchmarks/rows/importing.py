"""What importing lamina adds to importing Keras, and how long a command takes, each in fresh processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from benchmarks.processes import output_of, seconds_of
from benchmarks.registry import BACKENDS, Groups, Run, row
from benchmarks.timing import spread

_IMPORTS = """
import json, time
times = [time.perf_counter()]
import keras
times.append(time.perf_counter())
import lamina
times.append(time.perf_counter())
lamina.Lambda
times.append(time.perf_counter())
lamina.capture(lambda x: x + 1)
times.append(time.perf_counter())
print(json.dumps([later - times[0 if i == 0 else 1] for i, later in enumerate(times[1:])]))
"""
_STEPS = (
    "import keras",
    "import lamina, after keras",
    "... and lamina.Lambda",
    "... and the first capture",
)
_COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "lamina --version": ["-m", "lamina", "--version"],
    "lamina --help": ["-m", "lamina", "--help"],
}


@row("Importing lamina, and its command")
def importing(run: Run) -> Groups:
    """Medians over fresh processes, the backends in turn."""
    backends, times = run.some(BACKENDS), 1 if run.quick else 5
    found: dict[str, list[Sequence[float]]] = {backend: [] for backend in backends}
    for _ in range(times + 1):
        for backend, each in found.items():
            each.append(json.loads(output_of([sys.executable, "-c", _IMPORTS], backend)))
    for backend, (_, *each) in found.items():
        steps = {step: spread(values) for step, values in zip(_STEPS, zip(*each, strict=True), strict=True)}
        yield f"import, {backend}", steps
    yield (
        "command",
        seconds_of({name: [sys.executable, *rest] for name, rest in _COMMANDS.items()}, 2 * times),
    )
