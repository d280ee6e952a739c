"""What a report says to people, before it is laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from lamina.auditing.rules import describe
from lamina.auditing.verdicts import Finding, Report, Verdict

_LONGEST = 400


class Said(NamedTuple):
    """A finding in words: what it is, the Pythons that may have written it, its rule, and its source."""

    message: str
    python: str
    rule: str
    source: str


def said(finding: Finding) -> Said:
    """The words for a finding."""
    message = finding.message or describe(finding.rule).summary
    first = message.splitlines()[0][:_LONGEST] if message else ""
    python = f"(Python {finding.python})" if finding.python else ""
    return Said(visible(first), python, finding.rule, visible(_body(finding.source or "")))


def kind_of(report: Report) -> str:
    """What kind of file it is."""
    version = f", Keras {visible(report.keras_version)}" if report.keras_version else ""
    return f"({report.kind}{version})" if report.kind else ""


def shown(report: Report, verbose: bool) -> list[Finding]:
    """The findings to tell of."""
    return [finding for finding in report.findings if verbose or finding.verdict is not Verdict.PURE]


def summary(
    reports: Iterable[Report], marked: Callable[[Verdict, str], str] = lambda verdict, text: text
) -> str:
    """How many files have which verdict.

    Args:
        reports: The reports on the files.
        marked: Gives the words on a verdict its colour.
    """
    counts = Counter(report.verdict for report in reports)
    parts = [marked(verdict, f"{counts[verdict]} {verdict.text}") for verdict in Verdict if counts[verdict]]
    return f"{sum(counts.values())} files: {', '.join(parts) or 'none'}"


def place(finding: Finding) -> str:
    """Where it is."""
    return visible(finding.path or "file")


def visible(text: str) -> str:
    """Text of a file without control characters, which would act on the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _body(source: str) -> str:
    """Source without its imports and blank lines."""
    lines = [line for line in source.splitlines() if line and not line.startswith(("import ", "from "))]
    return "\n".join(lines)
