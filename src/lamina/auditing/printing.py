"""Writes reports for people: with rich on a terminal, and as the same text without it elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lamina.auditing.plain import plain_report, plain_width
from lamina.auditing.verdicts import Report
from lamina.auditing.wording import summary

if TYPE_CHECKING:
    from rich.console import Console


class Printer:
    """Where reports are written.

    Args:
        stream: An open text file.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._width = plain_width(stream)

    @functools.cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self._stream, highlight=False, emoji=False, width=self._width)

    def report(self, report: Report, verbose: bool) -> None:
        """Write one file: its verdict, and a table of findings where there is something to say.

        Args:
            report: The report.
            verbose: Whether pure findings are shown, too.
        """
        plain = None if self._width is None else plain_report(report, verbose, self._width)
        if plain is not None:
            self._stream.write(plain)
            return
        from lamina.auditing.text import print_report

        print_report(self._console, report, verbose)

    def summary(self, reports: Sequence[Report]) -> None:
        """Write how many files have which verdict."""
        plain = summary(reports)
        if self._width is not None and len(plain) <= self._width:
            self._stream.write(f"{plain}\n")
            return
        from lamina.auditing.text import print_summary

        print_summary(self._console, reports)
