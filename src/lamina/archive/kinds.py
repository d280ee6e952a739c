"""Tell the kinds of model file apart by their content, never by the ending of their name."""

from __future__ import annotations

import os
from typing import BinaryIO, Literal

from lamina.archive.rules import Findings
from lamina.archive.zipfiles import looks_like_zip_end

Kind = Literal["keras", "h5", "json", "yaml", "savedmodel"]

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_HEAD = 4096
_LOOKS_LIKE = (
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (b"<", "HTML or XML"),
)


def sniff(file: BinaryIO, findings: Findings) -> Kind:
    """Decides what a file is.

    Args:
        file: An open file.
        findings: Where refusals are raised.

    Returns:
        The kind; `"savedmodel"` is a folder and never returned here.

    Raises:
        RefusedError: The file is of no known kind, or of two.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_HEAD)
    zip_end = looks_like_zip_end(file, size)
    if head.startswith(_ZIP_MAGIC):
        return "keras"
    if head.startswith(HDF5_MAGIC):
        if zip_end:
            raise findings.refused("file.polyglot", "HDF5 at the start, zip at the end")
        return "h5"
    if zip_end:
        raise findings.refused("zip.prefix", repr(head[:16]))
    if _hdf5_later(file, size):
        raise findings.refused("hdf5.user-block", repr(head[:16]))
    return _text_kind(head, findings)


def _text_kind(head: bytes, findings: Findings) -> Kind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b'"', b"["):
        return "json"
    if b"class_name:" in text and b"\0" not in text:
        return "yaml"
    known = next((name for magic, name in _LOOKS_LIKE if text.startswith(magic)), "")
    raise findings.refused(
        "file.unknown", f"it looks like {known}" if known else f"it begins with {head[:16]!r}"
    )


def _hdf5_later(file: BinaryIO, size: int) -> bool:
    """Whether HDF5's own search, at 512 bytes and every doubling, finds a superblock."""
    at = 512
    while at < size:
        file.seek(at)
        if file.read(8) == HDF5_MAGIC:
            return True
        at *= 2
    return False
