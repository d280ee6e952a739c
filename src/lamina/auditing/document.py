"""The documentation page of the rules, made from their table: `python -m lamina.auditing.document`."""

from __future__ import annotations

from lamina.auditing.rules import AuditRule, every_rule
from lamina.auditing.verdicts import Verdict

_HEAD = """# The rules of `lamina audit`

Each finding carries the id of a rule. Ids do not change. This page is made from the table in the code by
`python -m lamina.auditing.document > docs/audit/rules.md`.

What the verdicts mean is told in [the guide](README.md), what they promise in
[the threat model](threat-model.md).
"""


def rules_page() -> str:
    """The page as Markdown: a section for each rule."""
    return _HEAD + "".join(_section(rule) for rule in every_rule())


def _section(rule: AuditRule) -> str:
    advisory = f"\n- Advisory: {rule.advisory}" if rule.advisory else ""
    kind = "" if rule.verdict is not Verdict.PURE else " (a remark)"
    return (
        f"\n## {rule.id}\n\nThe place or file {rule.summary}.\n\n"
        f"- Verdict: {rule.verdict.text}{kind}{advisory}\n- What to do: {rule.advice}.\n"
    )


if __name__ == "__main__":
    print(rules_page(), end="")
