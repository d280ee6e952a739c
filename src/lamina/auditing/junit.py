"""JUnit XML, which CI systems show as tests: one test case for each file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from lamina.auditing.verdicts import Report, Verdict

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(reports: Sequence[Report], fail_on: Verdict) -> str:
    """The reports as one test suite; a file whose verdict is `fail_on` or worse is a failure.

    Args:
        reports: The reports.
        fail_on: The verdict from which a file fails; what was not understood is an error.
    """
    failed = [r for r in reports if r.verdict >= fail_on]
    errors = [r for r in failed if r.verdict is Verdict.NOT_UNDERSTOOD]
    counts = f'tests="{len(reports)}" failures="{len(failed) - len(errors)}" errors="{len(errors)}"'
    cases = "\n".join(_case(report, fail_on) for report in reports)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites {counts}>\n<testsuite name="lamina audit" {counts}>\n'
        f"{cases}\n</testsuite>\n</testsuites>"
    )


def _case(report: Report, fail_on: Verdict) -> str:
    head = f'<testcase classname="lamina.audit" name={quoteattr(_clean(report.file))}>'
    if report.verdict < fail_on:
        return f"{head}</testcase>"
    tag = "error" if report.verdict is Verdict.NOT_UNDERSTOOD else "failure"
    lines = [f"{f.path or report.file}: {f.verdict.text}, {f.message} [{f.rule}]" for f in report.findings]
    text = escape(_clean("\n".join(lines)))
    return f"{head}<{tag} message={quoteattr(report.verdict.text)}>{text}</{tag}></testcase>"


def _clean(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
