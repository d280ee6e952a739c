"""What an audit says: verdicts, findings, and the report on one file."""

from __future__ import annotations

import enum
import functools
from typing import Any

from lamina._records import dataclass


class Verdict(enum.IntEnum):
    """What is known about a file or a place in it; the worst one counts.

    Example:
        >>> Verdict.of("needs names"), max(Verdict.PURE, Verdict.NOT_ALLOWED).text
        (<Verdict.NEEDS_NAMES: 1>, 'not allowed')
    """

    PURE = 0
    NEEDS_NAMES = 1
    BY_NAME = 2
    NOT_ALLOWED = 3
    NOT_UNDERSTOOD = 4

    @property
    def text(self) -> str:
        """The verdict as it is printed."""
        return self.name.lower().replace("_", " ")

    @property
    def exit_code(self) -> int:
        """0 pure, 1 a human must look, 2 not allowed, 3 not understood."""
        return (0, 1, 1, 2, 3)[self]

    @classmethod
    def of(cls, text: str) -> Verdict:
        """The verdict of that text, with spaces or dashes."""
        return cls[text.replace(" ", "_").replace("-", "_").upper()]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a file that holds a function, refers to code, or breaks a rule.

    Attributes:
        rule: Stable id, which names a page of the documentation.
        verdict: What is known about the place.
        path: Names from the outermost model down, such as `"model/lambda_3.function"`.
        pointer: JSON pointer from the model file's parts.
        message: What was found there.
        names: Names that the place needs or refers to.
        python: Which Python wrote the code, such as `"3.8, 3.9"`.
        source: What the code computes, as Python source, where it is understood.
        line: The line of the author's source at which the problem is.
    """

    rule: str
    verdict: Verdict
    path: str = ""
    pointer: str = ""
    message: str = ""
    names: tuple[str, ...] = ()
    python: str = ""
    source: str = ""
    line: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON data, without what is empty."""
        found = {
            "rule": self.rule,
            "verdict": self.verdict.text,
            "path": self.path,
            "pointer": self.pointer,
            "message": self.message,
            "names": list(self.names),
            "python": self.python,
            "source": self.source,
            "line": self.line,
        }
        return {key: value for key, value in found.items() if value not in ("", [], None)}


@dataclass(frozen=True)
class Report:
    """What an audit found in one file.

    Attributes:
        file: The file, as it was given.
        kind: The kind of file by its content; empty where it could not be told.
        keras_version: The version that the file claims.
        findings: Every function and every broken rule.
    """

    file: str
    kind: str = ""
    keras_version: str | None = None
    findings: tuple[Finding, ...] = ()

    @functools.cached_property
    def verdict(self) -> Verdict:
        """The worst verdict of its findings; a file without any is pure."""
        return max((finding.verdict for finding in self.findings), default=Verdict.PURE)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data: `file`, `verdict`, `kind`, `keras_version`, `findings`.

        Example:
            >>> Report("a.keras", "keras").to_dict()
            {'file': 'a.keras', 'verdict': 'pure', 'kind': 'keras', 'keras_version': None, 'findings': []}
        """
        return {
            "file": self.file,
            "verdict": self.verdict.text,
            "kind": self.kind,
            "keras_version": self.keras_version,
            "findings": [finding.to_dict() for finding in self.findings],
        }
