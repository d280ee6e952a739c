"""Weights as `.npz`: whether an array is of Python objects, which NumPy would unpickle."""

from __future__ import annotations

from collections.abc import Iterator

from lamina.archive import ModelFile, RefusedError
from lamina.archive.rules import Findings
from lamina.archive.source import Window
from lamina.archive.zipfiles import open_member, read_directory, read_member
from lamina.auditing.functions import finding
from lamina.auditing.rules import container_finding
from lamina.auditing.verdicts import Finding

_HEADER = 1 << 16


def npz_findings(model: ModelFile) -> Iterator[Finding]:
    """Yields a finding for each array that is a pickle.

    Args:
        model: A `.keras` file whose weights are a `.npz` member.
    """
    assert model.member is not None
    findings = Findings(model.source.label)
    try:
        with model.source.open() as file:
            inner = Window(file, model.member.start, model.member.size)
            for name, member in read_directory(inner, model.member.size, findings, model.limits).items():  # type: ignore[arg-type]
                if member.method == 0:
                    head = open_member(inner, member).read(_HEADER)  # type: ignore[arg-type]
                else:
                    head = read_member(inner, member, findings, model.limits.member_bytes)[:_HEADER]  # type: ignore[arg-type]
                if not head.startswith(b"\x93NUMPY") or b"O" in _descr(head):
                    yield finding("weights.object", f"the array {name!a}", names=(name,))
    except RefusedError as error:
        yield container_finding(error.note)


def _descr(head: bytes) -> bytes:
    """The data type in the header of a `.npy` member, or `b"O"` where it cannot be told."""
    _, found, rest = head.partition(b"'descr':")
    return rest.partition(b"'fortran_order'")[0] if found else b"O"
