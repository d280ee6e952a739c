"""Reports for files and pipes: the text that rich lays out on a terminal, without loading rich.

The layout is rich's: columns as wide as their longest line, the widest ones narrowed until they fit, lines broken
between words where there are any. What is not plain ASCII is left to rich, which knows how wide characters are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lamina.auditing.verdicts import Finding, Report
from lamina.auditing.wording import kind_of, place, said, shown, visible

_COLUMNS = 80  # of what is no terminal and has none beside it
_LEFT, _RIGHT = 2, 1  # spaces around each cell
_PADDING = _LEFT + _RIGHT
_CHANGES_RICH = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "DATABRICKS_RUNTIME_VERSION")
_WORD = re.compile(r"\s*\S+\s*")


def plain_width(stream: Any, environment: Mapping[str, str] = os.environ) -> int | None:
    """The columns of a stream that is no terminal, as rich counts them; `None` where rich is to write.

    Args:
        stream: Where a report goes.
        environment: The variables of the process.
    """
    if stream.isatty() or not environment.keys().isdisjoint(_CHANGES_RICH) or os.name == "nt":
        return None
    given = environment.get("COLUMNS", "")
    if given.isdigit():
        return int(given)
    for descriptor in range(3):
        try:
            return os.get_terminal_size(descriptor).columns or _COLUMNS
        except OSError:
            continue
    return _COLUMNS


def plain_report(report: Report, verbose: bool, width: int) -> str | None:
    """One file: its verdict, and its findings; `None` if it is for rich.

    Args:
        report: The report.
        verbose: Whether pure findings are shown, too.
        width: The columns of the output.
    """
    words = (f"{report.verdict.text}  {visible(report.file)}", kind_of(report))
    heading = plain_line(" ".join(filter(None, words)))
    rows = [(place(finding), finding.verdict.text, _what(finding)) for finding in shown(report, verbose)]
    table = plain_table(rows, width) if rows else ""
    return None if heading is None or table is None else heading + table


def _what(finding: Finding) -> str:
    message, python, rule, source = said(finding)
    words = " ".join([message, *filter(None, [python]), rule])
    return f"{words}\n{source}" if finding.source else words


def plain_line(text: str) -> str | None:
    """Text that is not to be broken; `None` if it is for rich."""
    return f"{text}\n" if _is_plain(text) and not re.search(r"\s(\n|$)", text) else None


def plain_table(rows: Sequence[Sequence[str]], width: int) -> str | None:
    r"""Rows of cells in columns; `None` if they are for rich.

    Args:
        rows: The cells, which may have several lines.
        width: The columns of the output.

    Example:
        >>> plain_table([("a", "one two three")], 16)
        '  a   one two   \n      three     \n'
    """
    if not all(_is_plain(cell) for row in rows for cell in row):
        return None
    widths = _fitted([max(map(_widest, column)) for column in zip(*rows, strict=True)], width)
    if min(widths) <= _PADDING:
        return None
    return "".join(_row(row, widths) for row in rows)


def _is_plain(text: str) -> bool:
    return text.isascii() and "\\" not in text  # which has a meaning in rich's markup


def _widest(cell: str) -> int:
    return max(map(len, cell.split("\n"))) + _PADDING


def _fitted(widths: Iterable[int], width: int) -> list[int]:
    """Column widths that fit, of which the widest ones are narrowed to the next."""
    fitted = [min(wanted, width) for wanted in widths]
    while (excess := sum(fitted) - width) > 0:
        widest = max(fitted)
        following = max((wanted for wanted in fitted if wanted != widest), default=0)
        left, places = excess, fitted.count(widest)
        for index, wanted in enumerate(fitted):
            if wanted == widest:
                less = min(widest - following, excess, round(left / places))
                fitted[index], left, places = wanted - less, left - less, places - 1
    return fitted


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    columns = [_wrapped(cell, width - _PADDING) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    lines = [[*column, *[""] * (height - len(column))] for column in columns]
    padded = [
        "".join(
            " " * _LEFT + part.ljust(width - _PADDING) + " " * _RIGHT
            for part, width in zip(parts, widths, strict=True)
        )
        for parts in zip(*lines, strict=True)
    ]
    return "".join(f"{line}\n" for line in padded)


def _wrapped(cell: str, width: int) -> list[str]:
    return [part[:width] for line in cell.split("\n") for part in _broken(line, width)]


def _broken(line: str, width: int) -> list[str]:
    """The line in parts that end between words, or within a word that is longer than a part."""
    parts = [""]
    for match in _WORD.finditer(line):
        word = match.group()
        length = len(word.rstrip())
        if parts[-1] and len(parts[-1]) + length > width:
            parts.append("")
        parts[-1] += word[:width] if length > width else word
        if length > width:
            parts += [word[start : start + width] for start in range(width, len(word), width)]
    return parts if line.strip() else [line]
