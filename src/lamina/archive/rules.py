"""Every reason for which a model file is refused or remarked upon, in one table.

A rule has a stable id, `container.what`, so that reports, suppressions and documentation pages
can refer to it. Its severity decides what happens when a file breaks it: "refuse" raises
`RefusedError`, "warning" and "info" are recorded as a `Note` on the opened file.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from lamina._records import dataclass
from lamina.errors import ArchiveError

Severity = Literal["info", "warning", "refuse"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Attributes:
        id: Stable name, such as `"zip.duplicate-member"`.
        severity: What happens when a file breaks the rule.
        summary: What the rule found, as the first half of a sentence.
        advice: What the reader of the message can do.
        advisory: The public advisory that the rule answers, or an empty string.
    """

    id: str
    severity: Severity
    summary: str
    advice: str
    advisory: str = ""


_TAMPERED = "No Keras writes this; get the file again from its author"
_DAMAGED = "The file is damaged or cut short; get it again"
_LIMITS = "If the file is legitimate, open it with larger `limits`"
_HDF5_PATHS = "CVE-2026-1669"
_HDF5_BOMB = "CVE-2026-0897"
_ZIP_PATHS = "GHSA-hqp4-2352-xf5r"
_DECOMPRESS = "Keras's zip-bomb hardening, 3.15"

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule("file.unknown", "refuse", "is no model file that lamina knows",
             "Expected a .keras zip, HDF5, a JSON or YAML architecture, or a SavedModel folder"),
        Rule("file.not-regular", "refuse", "is not a regular file or folder", "Give a file or a folder"),
        Rule("file.missing", "refuse", "cannot be opened", "Check the path and its permissions"),
        Rule("file.changed", "refuse", "changed after it was opened", "Open the file again"),
        Rule("file.too-large", "refuse", "is larger than the limit", _LIMITS),
        Rule("file.polyglot", "refuse", "is two kinds of file at once, so readers disagree on what it holds",
             _TAMPERED),
        Rule("zip.damaged", "refuse", "is a zip archive that cannot be read", _DAMAGED),
        Rule("zip.prefix", "refuse", "has bytes before the zip archive", _TAMPERED),
        Rule("zip.trailing", "refuse", "has bytes or a comment after the zip archive", _TAMPERED),
        Rule("zip.gap", "refuse", "has bytes in the zip archive that belong to no member", _TAMPERED),
        Rule("zip.overlap", "refuse", "has zip members that share bytes", _TAMPERED, _DECOMPRESS),
        Rule("zip.duplicate-member", "refuse", "has two zip members of one name", _TAMPERED),
        Rule("zip.case-twins", "refuse", "has zip members whose names differ only in case or Unicode form",
             _TAMPERED, _ZIP_PATHS),
        Rule("zip.unsafe-name", "refuse", "has a zip member whose name leaves the archive", _TAMPERED,
             _ZIP_PATHS),
        Rule("zip.symlink", "refuse", "has a zip member that is a link or a device", _TAMPERED, _ZIP_PATHS),
        Rule("zip.encrypted", "refuse", "has an encrypted zip member", "Decrypt it first"),
        Rule("zip.method", "refuse", "uses a compression method other than store and deflate",
             "Write the archive again with stored members"),
        Rule("zip.header-mismatch", "refuse", "has zip headers that contradict each other", _TAMPERED),
        Rule("zip.size-mismatch", "refuse", "has a zip member of another size than declared", _TAMPERED,
             _DECOMPRESS),
        Rule("zip.checksum", "refuse", "has a zip member whose checksum is wrong", _DAMAGED),
        Rule("zip.ratio", "refuse", "has a zip member that expands beyond the ratio limit", _LIMITS,
             _DECOMPRESS),
        Rule("zip.too-many-members", "refuse", "has more zip members than the limit", _LIMITS),
        Rule("zip.no-config", "refuse", "is a zip archive without config.json", "It is no Keras model"),
        Rule("zip.no-metadata", "warning", "has no metadata.json, so its Keras version is unknown",
             "Nothing, if the model loads"),
        Rule("zip.unknown-member", "warning", "has a zip member that Keras does not write",
             "It is never read; find out why it is there"),
        Rule("zip.pickle-member", "warning", "has a zip member that is a Python pickle",
             "It is never read; do not load it with anything else", "CVE-2025-49655"),
        Rule("json.damaged", "refuse", "holds JSON that cannot be read", _DAMAGED),
        Rule("json.not-utf8", "refuse", "holds JSON that is not UTF-8", "Convert the text to UTF-8"),
        Rule("json.duplicate-key", "refuse", "has two JSON members of one name in an object", _TAMPERED),
        Rule("json.depth", "refuse", "nests JSON deeper than the limit", _LIMITS),
        Rule("json.size", "refuse", "holds more JSON than the limit", _LIMITS),
        Rule("json.non-finite", "info", "holds NaN or Infinity, which are no JSON",
             "Nothing: Keras writes them"),
        Rule("json.double-encoded", "info", "holds JSON inside a JSON string",
             "Nothing: that is json.dump of to_json()"),
        Rule("json.not-a-model", "refuse", "holds JSON that describes no model",
             "Expected an object with class_name and config, as model.to_json() writes"),
        Rule("yaml.damaged", "refuse", "holds YAML that cannot be read", _DAMAGED),
        Rule("yaml.tag", "refuse", "holds a YAML tag that builds Python objects", _TAMPERED),
        Rule("yaml.alias-cycle", "refuse", "holds a YAML value that contains itself", _TAMPERED),
        Rule("yaml.needs-pyyaml", "refuse", "is YAML, which needs the package PyYAML",
             "Install lamina[yaml], or convert the text to JSON"),
        Rule("hdf5.damaged", "refuse", "is HDF5 that cannot be read", _DAMAGED),
        Rule("hdf5.user-block", "refuse", "has bytes before the HDF5 data", _TAMPERED),
        Rule("hdf5.trailing", "refuse", "has bytes after the HDF5 data", _TAMPERED),
        Rule("hdf5.external-link", "refuse", "has an HDF5 link to another file", _TAMPERED, _HDF5_PATHS),
        Rule("hdf5.soft-link", "refuse", "has an HDF5 soft link", _TAMPERED, _HDF5_PATHS),
        Rule("hdf5.user-link", "refuse", "has an HDF5 link of an unknown kind", _TAMPERED, _HDF5_PATHS),
        Rule("hdf5.external-storage", "refuse", "has an HDF5 dataset stored in another file", _TAMPERED,
             _HDF5_PATHS),
        Rule("hdf5.virtual-dataset", "refuse", "has an HDF5 dataset made of other datasets", _TAMPERED,
             _HDF5_PATHS),
        Rule("hdf5.shape-bomb", "refuse", "declares an HDF5 dataset larger than its stored data", _TAMPERED,
             _HDF5_BOMB),
        Rule("hdf5.needs-h5py", "refuse", "uses HDF5 features that only the HDF5 library reads",
             "If you trust the file, allow it with Limits(h5py=True)"),
        Rule("hdf5.filter", "refuse", "uses an HDF5 filter that would load a native plugin",
             "Write the weights again uncompressed"),
        Rule("hdf5.linked-twice", "refuse", "links one HDF5 object in two places, or in a cycle", _TAMPERED,
             _HDF5_BOMB),
        Rule("hdf5.too-many-objects", "refuse", "has more HDF5 objects than the limit", _LIMITS),
        Rule("hdf5.attribute-size", "refuse", "has an HDF5 attribute larger than the limit", _LIMITS),
        Rule("hdf5.attribute-type", "refuse", "has an HDF5 attribute of another type than Keras writes",
             _TAMPERED),
        Rule("hdf5.weights-only", "info", "holds weights and no architecture",
             "Give it as the weights of a JSON or YAML architecture"),
        Rule("hdf5.no-model", "refuse", "is HDF5 without a Keras model or weights", "It is no Keras model"),
        Rule("weights.missing", "refuse", "has no weights where they are needed",
             "Give the weights file explicitly"),
        Rule("weights.format", "refuse", "stores weights in a way that lamina does not read",
             "Save the weights as .h5"),
        Rule("savedmodel.symlink", "refuse", "has a link that leaves the SavedModel folder",
             "Copy the folder with links resolved", _HDF5_PATHS),
        Rule("savedmodel.no-keras", "refuse", "is a SavedModel without Keras metadata",
             "Its architecture is only in the TensorFlow graph; lamina cannot read it"),
        Rule("protobuf.damaged", "refuse", "holds a protocol buffer that cannot be read", _DAMAGED),
        Rule("protobuf.size", "refuse", "holds a protocol buffer larger than the limit", _LIMITS),
        Rule("checkpoint.damaged", "refuse", "holds a TensorFlow checkpoint that cannot be read", _DAMAGED),
        Rule("checkpoint.checksum", "refuse", "holds a TensorFlow checkpoint whose checksum is wrong",
             _DAMAGED),
        Rule("checkpoint.compressed", "refuse", "has a compressed TensorFlow checkpoint index",
             "Save the model again with TensorFlow"),
        Rule("checkpoint.sliced", "refuse", "has a partitioned variable in its TensorFlow checkpoint",
             "Save the model again without partitioning"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A finding about a container: which rule, where, and what exactly was found.

    Attributes:
        rule: Id of a `Rule` in `RULES`.
        where: The file, and the place in it, such as `"model.keras: config.json"`.
        detail: What was found there, or an empty string.
    """

    rule: str
    where: str
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """The severity of the rule."""
        return RULES[self.rule].severity

    def __str__(self) -> str:
        rule = RULES[self.rule]
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.where} {rule.summary}{detail}. {rule.advice}. [{rule.id}]"


class RefusedError(ArchiveError):
    """A file breaks a rule whose severity is "refuse".

    Attributes:
        note: The finding; `error.note.rule` is the stable id.
    """

    def __init__(self, note: Note) -> None:
        super().__init__(str(note))
        self.note = note

    def __reduce__(self) -> tuple[type[RefusedError], tuple[Note]]:
        return RefusedError, (self.note,)


@dataclass(slots=True)
class Findings:
    """Collects the notes on one file; a rule of severity "refuse" raises instead."""

    where: str
    notes: list[Note] = field(default_factory=list)

    def add(self, rule: str, detail: str = "", at: str = "") -> None:
        """Records a finding once.

        Args:
            rule: Id of the rule.
            detail: What was found.
            at: The place inside the file.

        Raises:
            RefusedError: The rule says that such a file is refused.
        """
        note = self._note(rule, detail, at)
        if note.severity == "refuse":
            raise RefusedError(note)
        if note not in self.notes:
            self.notes.append(note)

    def refused(self, rule: str, detail: str = "", at: str = "") -> RefusedError:
        """The error that refuses the file, to be raised.

        Args:
            rule: Id of a rule of severity "refuse".
            detail: What was found.
            at: The place inside the file.

        Returns:
            The error.
        """
        return RefusedError(self._note(rule, detail, at))

    def _note(self, rule: str, detail: str, at: str) -> Note:
        return Note(rule, f"{self.where}: {at}" if at else self.where, detail[:300])
