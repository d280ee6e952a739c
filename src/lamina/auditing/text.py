"""Reports for people, with rich."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lamina.auditing.verdicts import Finding, Report, Verdict
from lamina.auditing.wording import kind_of, place, said, shown, summary, visible

_COLOURS = {
    Verdict.PURE: "green",
    Verdict.NEEDS_NAMES: "yellow",
    Verdict.BY_NAME: "yellow",
    Verdict.NOT_ALLOWED: "red",
    Verdict.NOT_UNDERSTOOD: "magenta",
}


def print_report(console: Console, report: Report, verbose: bool) -> None:
    """Print one file: its verdict, and a table of findings where there is something to say.

    Args:
        console: Where to.
        report: The report.
        verbose: Whether pure findings are shown, too.
    """
    kind = f" [dim]{escape(kind_of(report))}[/]" if report.kind else ""
    console.print(
        f"{_coloured(report.verdict, report.verdict.text)}  {clean(report.file)}{kind}", soft_wrap=True
    )
    findings = shown(report, verbose)
    if findings:
        uncut = [Column(overflow="fold") for _ in range(3)]
        table = Table(*uncut, box=None, padding=(0, 1, 0, 2), show_header=False)
        for finding in findings:
            table.add_row(
                escape(place(finding)), _coloured(finding.verdict, finding.verdict.text), _what(finding)
            )
        console.print(table)


def print_summary(console: Console, reports: Iterable[Report]) -> None:
    """Print how many files have which verdict."""
    console.print(summary(reports, _coloured))


def _what(finding: Finding) -> str:
    message, python, rule, source = said(finding)
    writer = f" [dim]{python}[/]" if python else ""
    code = f"\n[cyan]{escape(source)}[/]" if finding.source else ""
    return f"{escape(message)}{writer} [dim]{rule}[/]{code}"


def _coloured(verdict: Verdict, text: str) -> str:
    return f"[{_COLOURS[verdict]}]{text}[/]"


def clean(text: str) -> str:
    """Text of a file without control characters, which would act on the terminal."""
    return escape(visible(text))
