"""Reports for people, with rich."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lamina.auditing.rules import describe
from lamina.auditing.verdicts import Finding, Report, Verdict

_COLOURS = {
    Verdict.PURE: "green",
    Verdict.NEEDS_NAMES: "yellow",
    Verdict.BY_NAME: "yellow",
    Verdict.NOT_ALLOWED: "red",
    Verdict.NOT_UNDERSTOOD: "magenta",
}
_LONGEST = 400


def print_report(console: Console, report: Report, verbose: bool) -> None:
    """Print one file: its verdict, and a table of findings where there is something to say.

    Args:
        console: Where to.
        report: The report.
        verbose: Whether pure findings are shown, too.
    """
    kind = (
        f" [dim]({report.kind}{f', Keras {clean(report.keras_version)}' if report.keras_version else ''})[/]"
    )
    console.print(
        f"{_coloured(report.verdict)}  {clean(report.file)}{kind if report.kind else ''}", soft_wrap=True
    )
    shown = [f for f in report.findings if verbose or f.verdict is not Verdict.PURE]
    if shown:
        uncut = [Column(overflow="fold") for _ in range(3)]
        table = Table(*uncut, box=None, padding=(0, 1, 0, 2), show_header=False)
        for finding in shown:
            table.add_row(clean(finding.path or "file"), _coloured(finding.verdict), _what(finding))
        console.print(table)


def print_summary(console: Console, reports: Iterable[Report]) -> None:
    """Print how many files have which verdict."""
    counts = Counter(report.verdict for report in reports)
    parts = [
        f"[{_COLOURS[verdict]}]{counts[verdict]} {verdict.text}[/]" for verdict in Verdict if counts[verdict]
    ]
    console.print(f"{sum(counts.values())} files: {', '.join(parts) or 'none'}")


def _what(finding: Finding) -> str:
    message = finding.message or describe(finding.rule).summary
    first = message.splitlines()[0][:_LONGEST] if message else ""
    source = f"\n[cyan]{clean(_body(finding.source))}[/]" if finding.source else ""
    python = f" [dim](Python {finding.python})[/]" if finding.python else ""
    return f"{clean(first)}{python} [dim]{finding.rule}[/]{source}"


def _body(source: str) -> str:
    """Source without its imports and blank lines."""
    lines = [line for line in source.splitlines() if line and not line.startswith(("import ", "from "))]
    return "\n".join(lines)


def _coloured(verdict: Verdict) -> str:
    return f"[{_COLOURS[verdict]}]{verdict.text}[/]"


def clean(text: str) -> str:
    """Text of a file without control characters, which would act on the terminal."""
    plain = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return escape(plain)
