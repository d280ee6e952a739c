"""A report for a file or a pipe is the text that rich would write."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lamina.auditing import Finding, Report, Verdict
from lamina.auditing.plain import plain_report, plain_table, plain_width
from lamina.auditing.printing import Printer
from lamina.auditing.text import print_report, print_summary

pytestmark = pytest.mark.backend_free

_words = st.text("abc.,[]()/=_:'", min_size=1, max_size=30)
_lines = st.lists(_words, min_size=1, max_size=12).map(" ".join)
_cells = st.lists(_lines, min_size=1, max_size=3).map("\n  ".join)
_rows = st.lists(st.tuples(_cells, _cells, _cells), min_size=1, max_size=3)


@settings(max_examples=150)
@given(rows=_rows, width=st.sampled_from([40, 80, 100, 200]))
def test_tables_are_those_of_rich(rows: list[tuple[str, ...]], width: int) -> None:
    stream = io.StringIO()
    columns = [Column(overflow="fold") for _ in range(3)]
    table = Table(*columns, box=None, padding=(0, 1, 0, 2), show_header=False)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(file=stream, highlight=False, emoji=False, width=width).print(table)
    assert plain_table(rows, width) == stream.getvalue()


_REPORTS = [
    Report("a.keras"),
    Report("a [b].keras", "keras", "3.15.1", (Finding("lambda.pure", Verdict.PURE, path="x/y", source="f = 1\n"),)),
    Report("w.h5", "h5", None, tuple(Finding("lambda.outside", Verdict.NOT_ALLOWED, message=f"{n} " * 60, path="p" * n,
           python="3.8") for n in (3, 30))),
    Report("non-ASCII \u00e9", "h5", None, (Finding("lambda.outside", Verdict.NOT_ALLOWED, message="\u4e2d " * 60),)),
    Report("back\\slash[.h5", "h5", None, (Finding("lambda.outside", Verdict.NOT_ALLOWED, message="\\[x] \x1b[1m"),)),
]  # fmt: skip


@pytest.mark.parametrize("report", _REPORTS, ids=lambda report: str(len(report.file)))
@pytest.mark.parametrize("verbose", [True, False])
def test_reports_are_those_of_rich(report: Report, verbose: bool) -> None:
    want, found = io.StringIO(), io.StringIO()
    print_report(Console(file=want, highlight=False, emoji=False), report, verbose)
    Printer(found).report(report, verbose)
    assert found.getvalue() == want.getvalue()


def test_summaries_are_those_of_rich() -> None:
    want, found = io.StringIO(), io.StringIO()
    print_summary(Console(file=want, highlight=False, emoji=False), _REPORTS)
    Printer(found).summary(_REPORTS)
    assert found.getvalue() == want.getvalue()


def test_what_is_not_ascii_is_left_to_rich() -> None:
    assert [plain_report(report, True, 80) is None for report in _REPORTS] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_terminals_and_colours_are_left_to_rich(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert plain_width(Terminal(), {}) is None
    assert plain_width(io.StringIO(), {"FORCE_COLOR": "1"}) is None
    assert plain_width(io.StringIO(), {"COLUMNS": "123"}) == 123
