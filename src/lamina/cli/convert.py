"""`lamina convert`: old model files become `.keras` files of Keras 3."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from typing import Any

import click


@click.command(name="convert")
@click.argument("sources", nargs=-1, required=True)
@click.argument("target")
@click.option("--name", "values", multiple=True, metavar="NAME=VALUE", help="A constant that the file reads.")
@click.option(
    "--names", "functions", multiple=True, metavar="FILE.py:NAME", help="Functions of your own that it reads."
)
@click.option(
    "--allow", multiple=True, metavar="NAME", help="A registered function or class that the file may name."
)
@click.option("--weights", metavar="FILE", help="Where the weights are, if not in the file.")
@click.option(
    "--verify", metavar="FILE.npz", help="Inputs i0, ... and outputs o0, ... that must be reproduced."
)
@click.option("--freeze", is_flag=True, help="Write stock Keras layers only, for processes without lamina.")
def command(sources: tuple[str, ...], target: str, **options: Any) -> None:
    """Convert SOURCES, model files of any Keras, to TARGET: a .keras file, or a directory for several.

    SOURCES may be directories and patterns, which are converted in parallel; what lies in a subdirectory
    is written to one of that name. The sources are not changed, and nothing in them is run. A target
    appears only when it is complete.
    Exit code 0: all converted; 1: some could not be, and the reason is printed.
    """
    jobs = _jobs(sources, target)
    for _, written in jobs:
        if written != target:
            os.makedirs(os.path.dirname(written), exist_ok=True)
    failed = [file for file, outcome in _run(jobs, options) if isinstance(outcome, str)]
    sys.exit(1 if failed else 0)


def _jobs(sources: tuple[str, ...], target: str) -> list[tuple[str, str]]:
    """Each file and what is written of it: in the target directory as it lay in the one that was given."""
    from lamina.auditing.targets import expand

    places = {file: _below(file, source) for source in sources for file in expand([source])}
    if len(places) == 1 and target.endswith(".keras") and not os.path.isdir(target):
        return [(file, target) for file in places]
    short = {file: os.path.splitext(place)[0] + ".keras" for file, place in places.items()}
    common = Counter(short.values())
    # m.h5 and m.json, side by side, become m.h5.keras and m.json.keras.
    names = {file: name if common[name] == 1 else places[file] + ".keras" for file, name in short.items()}
    return [(file, os.path.join(target, name)) for file, name in names.items()]


def _below(file: str, source: str) -> str:
    """Where a file lies in the directory, or in the fixed part of the pattern, that it was found by."""
    file, source = file.rstrip(os.sep), source.rstrip(os.sep)
    if file == source:
        return os.path.basename(file)
    while glob.has_magic(source):
        source = os.path.dirname(source)
    return os.path.relpath(file, source or ".")


def _run(jobs: list[tuple[str, str]], options: dict[str, Any]) -> list[tuple[str, Any]]:
    """Convert, several at a time, with a bar; each outcome is printed when it is there."""
    from rich.console import Console
    from rich.progress import Progress

    console, outcomes = Console(emoji=False), []
    with Progress(console=Console(stderr=True), disable=len(jobs) == 1) as progress:
        task = progress.add_task("converting", total=len(jobs))
        for file, outcome in _converted(jobs, options):
            progress.advance(task)
            _print(console, file, outcome)
            outcomes.append((file, outcome))
    if len(jobs) > 1:
        lost = sum(isinstance(outcome, str) for _, outcome in outcomes)
        console.print(f"{len(jobs) - lost} of {len(jobs)} files converted", style="red" if lost else "")
    return outcomes


def _converted(jobs: list[tuple[str, str]], options: dict[str, Any]) -> Any:
    if len(jobs) == 1:
        yield jobs[0][0], _convert(*jobs[0], options)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    # A forked process would share the threads of an imported framework.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(len(jobs), os.cpu_count() or 1), mp_context=context) as pool:
        waiting = {pool.submit(_convert, source, target, options): source for source, target in jobs}
        for done in as_completed(waiting):
            ended = done.exception()  # the process of a file that needs too much memory may be killed
            yield waiting[done], done.result() if ended is None else f"{type(ended).__name__}: {ended}"


def _convert(source: str, target: str, options: dict[str, Any]) -> Any:
    """The outcome for one file, or why it could not be converted."""
    from lamina.cli.names import read_names
    from lamina.conversion import convert
    from lamina.errors import LaminaError

    try:
        names = read_names(options["values"], options["functions"])
        return convert(
            source,
            target,
            names=names,
            weights=options["weights"],
            verify=options["verify"],
            freeze=options["freeze"],
            allow=options["allow"],
        )
    except (LaminaError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    except Exception:  # one file must not end a run over many
        import traceback

        return f"lamina failed; please report this with the file.\n{traceback.format_exc()}"


def _print(console: Any, file: str, outcome: Any) -> None:
    from lamina.view.tables import Row, print_lambdas

    if isinstance(outcome, str):
        console.print(f"{file}: not converted. {outcome}", markup=False, style="red", soft_wrap=True)
        return
    verified = "" if outcome.difference is None else f", samples reproduced to {outcome.difference:.1e}"
    rows = [Row(path, python, "", source) for path, python, source in outcome.lambdas]
    print_lambdas(console, f"{file} -> {outcome.target}{verified}", rows)
    for note in outcome.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
