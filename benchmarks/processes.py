"""Fresh processes, and what they cost.

They run as a package that was installed does: what Python compiles stays on disk. So the first of them, which
compiles, is never counted.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from benchmarks.timing import Measured, Missing, spread

_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PROMPTFOO_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def environment(backend: str) -> dict[str, str]:
    """The variables of a process with this backend."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **_QUIET, "KERAS_BACKEND": backend if backend != "none" else "jax"}


def output_of(command: Sequence[str], backend: str) -> str:
    """The last line that a command prints.

    Raises:
        RuntimeError: It failed; the message is what it wrote to standard error.
    """
    done = subprocess.run(command, env=environment(backend), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip().splitlines()[-1]


def seconds_of(
    commands: Mapping[str, Sequence[str]],
    times: int,
    codes: Sequence[int] = (0,),
    timeout: float = 300.0,
    warm: bool = False,
) -> dict[str, Measured | Missing]:
    """Seconds that each command takes from start to exit, in turn.

    Args:
        commands: The commands by name.
        times: How often each runs.
        codes: Exit codes that mean that it did its work.
        timeout: Seconds after which a command is given up.
        warm: Whether they ran before, so that they are compiled; otherwise each runs once more, first.
    """
    found: dict[str, list[float]] = {name: [] for name in commands}
    failed: dict[str, Missing] = {}
    for turn in range(times if warm else times + 1):
        for name in [name for name in commands if name not in failed]:
            begun = time.perf_counter()
            problem = _problem(commands[name], codes, timeout)
            if problem:
                failed[name] = Missing(problem, failed=True)
            elif warm or turn:
                found[name].append(time.perf_counter() - begun)
    return {name: failed[name] if name in failed else spread(values) for name, values in found.items()}


def _problem(command: Sequence[str], codes: Sequence[int], timeout: float) -> str | None:
    try:
        done = subprocess.run(
            command, env=environment("none"), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {timeout:.0f} s"
    if done.returncode in codes:
        return None
    return f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-200:]}"
