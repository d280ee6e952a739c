"""`lamina audit`: what model files would run or reach, without loading them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lamina.auditing import Report, Verdict

_FORMATS = ("text", "json", "sarif", "junit")
_VERDICTS = ("needs-names", "by-name", "not-allowed", "not-understood", "never")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", help="How to write the result."
)
@click.option("--json", "form", flag_value="json", help="The same as --format json: one object per line.")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--fail-on", type=click.Choice(_VERDICTS), default="needs-names", show_default=True,
              help="The verdict from which the exit code is not 0.")  # fmt: skip
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1),
    help="Processes; by default one per core, if that is faster.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show what is pure, too, with its source.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    fail_on: str,
    jobs: int | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Say of model files whether they are only arithmetic.

    PATHS are .keras, HDF5, JSON and YAML files, SavedModel folders, folders of these, patterns,
    URLs that fsspec knows, or - for a list on standard input. Nothing in them is run.

    Verdicts, and the exit code of the worst: pure 0, needs names 1, by name 1, not allowed 2,
    not understood 3.
    """
    from lamina.auditing.many import audit_many
    from lamina.auditing.targets import expand as files_of
    from lamina.auditing.verdicts import Verdict

    targets = files_of(_arguments(paths))
    floor = None if fail_on == "never" else Verdict.of(fail_on)
    reports = _progress(audit_many(targets, jobs), len(targets), quiet)
    with click.open_file(output or "-", "w", encoding="utf-8") as stream:
        done = _write(reports, form, stream, floor, verbose or len(targets) == 1)
    worst = max((report.verdict for report in done), default=Verdict.PURE)
    sys.exit(0 if floor is None or worst < floor else worst.exit_code)


def _arguments(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if path == "-":
            yield from (line.rstrip("\r\n") for line in sys.stdin if line.strip())
        else:
            yield path


def _progress(reports: Iterator[Report], total: int, quiet: bool) -> Iterator[Report]:
    if quiet or total < 2 or not sys.stderr.isatty():
        yield from reports
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(reports, "Auditing", total, console=Console(stderr=True), transient=True)


def _write(
    reports: Iterator[Report], form: str, stream: Any, floor: Verdict | None, verbose: bool
) -> list[Report]:
    done: list[Report] = []
    if form == "json":
        import json

        for report in reports:
            stream.write(json.dumps(report.to_dict()) + "\n")
            done.append(report)
    elif form == "text":
        from lamina.auditing.printing import Printer

        printer = Printer(stream)
        for report in reports:
            printer.report(report, verbose)
            done.append(report)
        if len(done) != 1:
            printer.summary(done)
    else:
        done = sorted(reports, key=lambda report: report.file)
        stream.write(_document(done, form, floor) + "\n")
    return done


def _document(reports: list[Report], form: str, floor: Verdict | None) -> str:
    from lamina import __version__
    from lamina.auditing.junit import to_junit
    from lamina.auditing.sarif import to_sarif
    from lamina.auditing.verdicts import Verdict

    if form == "sarif":
        return to_sarif(reports, __version__)
    return to_junit(reports, Verdict.NOT_UNDERSTOOD if floor is None else floor)
