"""The rules of an audit: one table, beside the one of `lamina.archive` for containers."""

from __future__ import annotations

from lamina._records import dataclass
from lamina.archive.rules import RULES as CONTAINER_RULES
from lamina.archive.rules import Note
from lamina.auditing.verdicts import Finding, Verdict


@dataclass(frozen=True, slots=True)
class AuditRule:
    """One line of the table.

    Attributes:
        id: Stable name, such as `"lambda.outside"`.
        verdict: The verdict of what breaks it.
        summary: What it found.
        advice: What to do.
        advisory: The public advisory it belongs to, or an empty string.
    """

    id: str
    verdict: Verdict
    summary: str
    advice: str
    advisory: str = ""


_PURE, _NAMES, _BY_NAME, _OUT, _UNKNOWN = Verdict
_BYTECODE = "CVE-2024-3660, CVE-2025-9905"
_MODULES = "CVE-2025-1550, CVE-2025-8747, CVE-2025-9906"

_AUDIT_RULES = (
    AuditRule("lambda.pure", _PURE, "computes with tensors and does nothing else", "Nothing"),
    AuditRule("lambda.needs-shape", _PURE, "calls tensor functions only, and depends on the input's shape",
              "Nothing; `lamina show` with Keras installed prints what it computes"),
    AuditRule("lambda.needs-names", _NAMES, "reads names that the file does not contain",
              "Supply them: names={...}, or --names FILE.py:NAME; look at what they are", _BYTECODE),
    AuditRule("lambda.outside", _OUT, "does what no expression over tensors can",
              "Do not load it with anything that runs it; ask the author for the source", _BYTECODE),
    AuditRule("lambda.hidden", _OUT, "reaches outside in code that lamina did not come through",
              "Do not load it with stock Keras, which may take that branch", _BYTECODE),
    AuditRule("lambda.damaged", _UNKNOWN, "is bytecode that no known Python wrote, or damaged",
              "Get the file again, or the source of the function", _BYTECODE),
    AuditRule("lambda.expression", _UNKNOWN, "is an expression of lamina that breaks the format",
              "Get the file again, or update lamina"),
    AuditRule("function.library", _PURE, "is a function of Keras or of a framework, by name", "Nothing"),
    AuditRule("function.library-code", _BY_NAME, "holds code that says it is a function of a framework",
              "Nothing with lamina, which takes the framework's own; stock Keras runs what the file holds",
              _BYTECODE),
    AuditRule("function.by-name", _BY_NAME, "is a function of which the file holds only the name",
              "Supply the function: names={...}; look at what it is", "CVE-2025-1550"),
    AuditRule("function.gadget", _OUT, "names a function that is no tensor function and needs no supplying",
              "Do not load it with Keras before 3.12", _MODULES),
    AuditRule("object.custom", _BY_NAME, "is a class that is not Keras's own",
              "Supply it: custom_objects={...}; look at what it is", "CVE-2025-1550"),
    AuditRule("object.gadget", _OUT, "names a class or module that no model is made of",
              "Do not load it with Keras before 3.12", _MODULES),
    AuditRule("object.shadow", _OUT, "gives a class of Keras's own another registered name",
              "Do not load it: a registered object would take the class's place", "Keras commit a7316d5"),
    AuditRule("object.malformed", _UNKNOWN, "has a value of the wrong type where an object says what it is",
              "Get the file again from its author", "Keras commit 341ab04"),
    AuditRule("object.name", _OUT, "has a name that would be a path outside of its folder",
              "Do not load it with Keras before 3.15", "CVE-2026-12479"),
    AuditRule("layer.torch-module", _OUT, "is a PyTorch module as a pickle", "Do not load it",
              "CVE-2025-49655"),
    AuditRule("layer.tfsm", _OUT, "loads a SavedModel from a path that the file names", "Do not load it",
              "CVE-2026-1462"),
    AuditRule("layer.jax", _BY_NAME, "wraps functions or modules of JAX or Flax",
              "Supply the functions; look at what they are", "CVE-2025-49655"),
    AuditRule("layer.graph-op", _OUT, "calls a TensorFlow operation that reaches outside or is unknown",
              "Do not load it"),
    AuditRule("config.file", _OUT, "has a vocabulary or table that is read from a path or URL",
              "Put the vocabulary itself into the file", "CVE-2025-12058"),
    AuditRule("config.path", _BY_NAME, "holds a path or URL", "Look at what it is for", "CVE-2025-12058"),
    AuditRule("config.pickle", _OUT, "holds a pickle inside a text", "Do not load it", "CVE-2025-49655"),
    AuditRule("graph.op", _OUT, "has a TensorFlow graph with operations that reach outside",
              "Do not load it with TensorFlow, which may run them at loading"),
    AuditRule("graph.custom-op", _BY_NAME, "has a TensorFlow graph with operations that are not TensorFlow's",
              "Look at the library that it needs"),
    AuditRule("weights.object", _OUT, "holds NumPy arrays of Python objects, which are pickles",
              "Do not load it with allow_pickle", "CVE-2025-49655"),
    AuditRule("audit.unfinished", _UNKNOWN, "could not be audited to the end", "Report it with the file"),
)  # fmt: skip

AUDIT_RULES: dict[str, AuditRule] = {rule.id: rule for rule in _AUDIT_RULES}

# Container rules that say that a file reaches outside; every other refusal is "not understood".
_REACHING = frozenset(
    "hdf5.external-link hdf5.soft-link hdf5.user-link hdf5.external-storage hdf5.virtual-dataset hdf5.filter "
    "zip.unsafe-name zip.symlink zip.pickle-member savedmodel.symlink yaml.tag".split()
)


def container_finding(note: Note) -> Finding:
    """A finding for a note or refusal of `lamina.archive`.

    Example:
        >>> container_finding(Note("zip.symlink", "a.keras")).verdict.text
        'not allowed'
    """
    return Finding(note.rule, container_verdict(note.rule), message=str(note).rsplit(" [", 1)[0])


def container_verdict(rule: str) -> Verdict:
    """The verdict of a container rule: what only informs is pure."""
    if rule in _REACHING:
        return Verdict.NOT_ALLOWED
    severity = CONTAINER_RULES[rule].severity
    harmless = severity == "info" or rule == "zip.no-metadata"
    return Verdict.PURE if harmless else Verdict.NOT_UNDERSTOOD


def describe(rule: str) -> AuditRule:
    """The line of either table.

    Example:
        >>> describe("zip.symlink").summary
        'has a zip member that is a link or a device'
    """
    if rule in AUDIT_RULES:
        return AUDIT_RULES[rule]
    found = CONTAINER_RULES[rule]
    return AuditRule(rule, container_verdict(rule), found.summary, found.advice, found.advisory)


def every_rule() -> list[AuditRule]:
    """All rules, those of audits first."""
    return [*_AUDIT_RULES, *map(describe, CONTAINER_RULES)]
