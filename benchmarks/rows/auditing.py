"""Verdicts on files, beside the scanners that read Keras files."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from attacks.make import make

from benchmarks.processes import seconds_of
from benchmarks.registry import Contender, Groups, Run, row
from benchmarks.timing import Measured, Missing, seconds_once, spread
from lamina.auditing import audit

_AUDIT = [sys.executable, "-m", "lamina", "audit", "--quiet"]
SCANNERS = {"modelscan": ("-p",), "modelaudit": ("scan", "--no-cache")}
_CODES = (0, 1, 2, 3)  # verdicts; what each tool answers is in attacks/README.md
_HOSTILE = 40  # files in the folder that is scanned, beside the harmless ones


@row("Auditing files")
def auditing(run: Run) -> Groups:
    """One file by each command, a folder by each command, and one file in a warm process."""
    with tempfile.TemporaryDirectory() as place:
        corpus, folder = Path(place, "corpus"), Path(place, "folder")
        attacks = make(corpus)
        folder.mkdir()
        chosen = _chosen([attack.file for attack in attacks], run)
        for name in chosen:
            shutil.copy(corpus / name, folder)
        yield "one file, cold, per file", _by_command(run, folder / chosen[0], 1)
        yield f"a folder of {len(chosen)} files, per file", _by_command(run, folder, len(chosen))
        yield "in a warm process, per file", {"lamina": _warm(corpus, [a.file for a in attacks], run)}


def _chosen(names: list[str], run: Run) -> list[str]:
    readable = [name for name in names if name.endswith((".keras", ".h5"))]
    benign = [name for name in readable if "_benign_" in name]
    hostile = [name for name in readable if "_benign_" not in name]
    return run.some(benign) + run.some(hostile[:_HOSTILE])


def _by_command(run: Run, path: Path, files: int) -> dict[str, Contender]:
    times, warm = (1 if run.quick or files > 1 else 3), files > 1
    found = seconds_of({"lamina audit": [*_AUDIT, str(path)]}, 3 * times, _CODES)
    for name, options in SCANNERS.items():
        command = scanner(run, name)
        if command is None:
            found[name] = Missing(f"{name} is not installed")
        else:
            arguments = [str(command), *options, str(path)]
            found |= seconds_of({name: arguments}, times, _CODES, timeout=120.0, warm=warm)
    return {name: _shared_out(figure, files) for name, figure in found.items()}


def scanner(run: Run, name: str) -> Path | None:
    """The command of a scanner, in the folder that was given, beside this Python, or on the path."""
    for folder in (run.scanners, Path(sys.executable).parent):
        if folder is not None and (folder / name).exists():
            return folder / name
    found = shutil.which(name)
    return Path(found) if found else None


def _shared_out(figure: Measured | Missing, files: int) -> Contender:
    if isinstance(figure, Missing):
        return figure
    return Measured(figure.median / files, figure.low / files, figure.high / files)


def _warm(corpus: Path, names: list[str], run: Run) -> Measured:
    """The spread over the files, of the fastest of three audits of each."""
    paths = [str(corpus / name) for name in run.some(names, quick=5)]
    for path in paths:
        audit(path)
    return spread([min(seconds_once(lambda p=path: audit(p)) for _ in range(3)) for path in paths])
