"""What may be loaded: the same verdicts, as a rule that fails closed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from lamina.auditing.rules import describe
from lamina.auditing.verdicts import Finding, Report, Verdict
from lamina.errors import ArchiveError, ArgumentError, NamesNeededError

# Its code is never read further: the loader takes lamina's own function of that name, or asks which one.
_REPLACED = "function.library-code"
# Rules about a container that is odd, and about texts that nothing opens: these may be allowed by their id.
_WAIVABLE = frozenset({"zip.unknown-member", "config.path"})
# Further objects of a SavedModel, and the shape that a layer declares and lamina infers: nothing is made of them.
_UNUSED = re.compile(r"^/objects/|/config/output_shape$")
_OPEN = (Verdict.NEEDS_NAMES, Verdict.BY_NAME)


class NotAllowedError(ArchiveError):
    """A model file holds what the policy does not allow; `findings` says what."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class NotSuppliedError(NotAllowedError, NamesNeededError):
    """A model file refers to names that nobody supplied, and holds nothing worse; `names` lists them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names."""
        return tuple(sorted({name for finding in self.findings for name in _wanted(finding)}))


def check(
    report: Report, allow: Collection[str] = (), names: Mapping[str, Any] | None = None
) -> tuple[Finding, ...]:
    """Refuse to load a file unless everything in it is pure, supplied, or allowed by name.

    Args:
        report: What the audit found.
        allow: Names of functions and classes by which the file may refer to code that is already
            imported, such as `["contrastive_loss", "my_package>Gate"]`, or `"zip.unknown-member"`
            and `"config.path"`, the rules about what is odd and never opened. There is no way to
            allow everything, and nothing that is "not allowed" or damaged.
        names: The values that the caller supplies for names.

    Returns:
        What is wrong with how the model was compiled only. The model may be loaded without that.

    Raises:
        NotSuppliedError: Names are neither supplied nor allowed.
        NotAllowedError: There is something that nobody can supply.
        ArgumentError: `allow` is no collection of names.

    Example:
        >>> check(Report("a.keras"))
        ()
        >>> bad = Finding("function.by-name", Verdict.BY_NAME, names=("gate",))
        >>> check(Report("a.keras", findings=(bad,)), allow=["gate"])
        ()
    """
    supplied = {*_names(allow), *(names or {})}
    refused = tuple(finding for finding in report.findings if not _passes(finding, supplied))
    blocking = tuple(finding for finding in refused if not _only_compiles(finding))
    if not blocking:
        return refused
    named = all(finding.verdict in _OPEN for finding in blocking)
    raise (NotSuppliedError if named else NotAllowedError)(_explain(report, blocking), blocking)


def _names(allow: Collection[str]) -> Collection[str]:
    listed = isinstance(allow, Collection) and not isinstance(allow, str | bytes | Mapping)
    if not listed or not all(isinstance(name, str) for name in allow):
        raise ArgumentError(
            f"allow is a list of names, such as ['gate']; received {allow!r}. Name each function or class "
            "that the file may refer to; `lamina audit` lists them"
        )
    return allow


def _passes(finding: Finding, supplied: set[str]) -> bool:
    if finding.verdict is Verdict.PURE or finding.rule == _REPLACED:
        return True
    if finding.rule in _WAIVABLE and finding.rule in supplied:
        return True
    if finding.verdict in _OPEN and _UNUSED.search(finding.pointer):
        return True
    if finding.verdict is Verdict.NEEDS_NAMES:
        return all(name in supplied or name.partition(".")[0] in supplied for name in finding.names)
    return finding.verdict is Verdict.BY_NAME and any(name in supplied for name in finding.names)


def _only_compiles(finding: Finding) -> bool:
    return finding.verdict in _OPEN and finding.pointer.startswith("/compile_config")


def _explain(report: Report, refused: tuple[Finding, ...]) -> str:
    lines = [
        f"  {finding.path or 'file'}: {finding.verdict.text}, {_message(finding)} [{finding.rule}]"
        for finding in refused[:10]
    ]
    more = len(refused) - len(lines)
    lines += [f"  and {more} more"] if more > 0 else []
    return "\n".join([f"{report.file} holds what may not be loaded:", *lines, _advice(refused)])


def _wanted(finding: Finding) -> tuple[str, ...]:
    """The names to supply: all that code reads, or one of those under which an object is known."""
    return finding.names[: {Verdict.NEEDS_NAMES: None, Verdict.BY_NAME: 1}.get(finding.verdict, 0)]


def _message(finding: Finding) -> str:
    """What was found; the code around it, where there is some, below."""
    text = finding.message or describe(finding.rule).summary
    return text[:2000].replace("\n", "\n    ")


def _advice(refused: tuple[Finding, ...]) -> str:
    missing = sorted({name for finding in refused for name in _wanted(finding)})
    look = "`lamina audit` shows the file."
    if not missing:
        return f"{describe(refused[0].rule).advice}. {look}"
    given = ", ".join(f"{name!r}: ..." for name in missing)
    return (
        f"Supply what you trust: names={{{given}}} (--name, --names), or allow={missing!r} (--allow) for what "
        f"is registered with Keras. {look}"
    )
