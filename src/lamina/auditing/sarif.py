"""SARIF 2.1.0, which code-scanning dashboards read. Source: OASIS SARIF 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from lamina.auditing.rules import AuditRule, describe
from lamina.auditing.verdicts import Finding, Report, Verdict

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Verdict.PURE: "note",
    Verdict.NEEDS_NAMES: "warning",
    Verdict.BY_NAME: "warning",
    Verdict.NOT_ALLOWED: "error",
    Verdict.NOT_UNDERSTOOD: "error",
}


def to_sarif(reports: Sequence[Report], version: str) -> str:
    """The reports as a SARIF log with one run; what is pure is no result.

    Args:
        reports: The reports.
        version: Of lamina.
    """
    told = [(report, finding) for report in reports for finding in report.findings if finding.verdict]
    used = sorted({finding.rule for _, finding in told})
    driver = {
        "name": "lamina audit",
        "semanticVersion": version,
        "rules": [_rule(describe(rule)) for rule in used],
    }
    results = [_result(report, finding, used) for report, finding in told]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: AuditRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": f"It {rule.summary}."},
        "help": {
            "text": f"{rule.advice}.{f' Advisory: {rule.advisory}.' if rule.advisory else ''} "
            f"See docs/audit/rules.md, {rule.id}."
        },
        "defaultConfiguration": {"level": _LEVELS[rule.verdict]},
        "properties": {"verdict": rule.verdict.text},
    }


def _result(report: Report, finding: Finding, used: list[str]) -> dict[str, Any]:
    text = finding.message or describe(finding.rule).summary
    source = f"\n{finding.source}" if finding.source else ""
    return {
        "ruleId": finding.rule,
        "ruleIndex": used.index(finding.rule),
        "level": _LEVELS[finding.verdict],
        "message": {"text": f"{finding.path or report.file}: {finding.verdict.text}. {text}{source}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(report.file)}},
                "logicalLocations": [{"fullyQualifiedName": finding.path or "file"}],
            }
        ],
        "properties": {"verdict": finding.verdict.text, "pointer": finding.pointer},
    }


def _uri(file: str) -> str:
    if "://" in file:
        return quote(file, safe=":/?&=%#")
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
