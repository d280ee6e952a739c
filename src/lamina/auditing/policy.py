"""What may be loaded: the same verdicts, as a rule that fails closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lamina.auditing.verdicts import Finding, Report, Verdict
from lamina.errors import ArchiveError, ArgumentError


class NotAllowedError(ArchiveError):
    """A model file holds what the policy does not allow; `findings` says what."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


def check(report: Report, allow: Collection[str] = (), names: Mapping[str, Any] | None = None) -> None:
    """Refuse to load a file unless everything in it is pure, supplied, or allowed by name.

    Args:
        report: What the audit found.
        allow: Names of functions and classes by which the file may refer to code that is already
            imported, such as `["contrastive_loss", "my_package>Gate"]`. It is a list of names: there
            is no way to allow everything, and nothing that is "not allowed" or "not understood".
        names: The values that the caller supplies for names.

    Raises:
        NotAllowedError: A finding is neither pure, nor are its names supplied or allowed.
        ArgumentError: `allow` is no collection of names.

    Example:
        >>> check(Report("a.keras"))
        >>> bad = Finding("function.by-name", Verdict.BY_NAME, names=("gate",))
        >>> check(Report("a.keras", findings=(bad,)), allow=["gate"])
    """
    if isinstance(allow, str | bytes | bool) or not isinstance(allow, Collection):
        raise ArgumentError(f"allow is a list of names, such as ['gate']; received {allow!r}")
    if not all(isinstance(name, str) for name in allow):
        raise ArgumentError(f"allow is a list of names, such as ['gate']; received {allow!r}")
    supplied = {*allow, *(names or {})}
    refused = tuple(finding for finding in report.findings if not _passes(finding, supplied))
    if refused:
        raise NotAllowedError(_explain(report, refused), refused)


def _passes(finding: Finding, supplied: set[str]) -> bool:
    if finding.verdict is Verdict.PURE:
        return True
    if finding.verdict is Verdict.NEEDS_NAMES:
        return all(name in supplied or name.partition(".")[0] in supplied for name in finding.names)
    if finding.verdict is Verdict.BY_NAME:
        return any(name in supplied for name in finding.names)
    return False


def _explain(report: Report, refused: tuple[Finding, ...]) -> str:
    lines = [
        f"  {finding.path or report.file}: {finding.verdict.text}, {_first_line(finding)} [{finding.rule}]"
        for finding in refused[:10]
    ]
    open_ended = (Verdict.NEEDS_NAMES, Verdict.BY_NAME)
    missing = sorted({name for finding in refused if finding.verdict in open_ended for name in finding.names})
    advice = "Look at the file with `lamina audit`."
    if missing:
        advice = f"Supply what you trust: names={{{missing[0]!r}: ...}}, or allow={missing!r}. {advice}"
    return f"{report.file} holds what may not be loaded:\n" + "\n".join(lines) + f"\n{advice}"


def _first_line(finding: Finding) -> str:
    return finding.message.partition("\n")[0]
