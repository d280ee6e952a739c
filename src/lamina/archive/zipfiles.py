"""Read the members of a zip archive in which nothing is ambiguous, without extracting any.

Python's `zipfile` is made to open whatever can be opened: bytes before and after the archive,
two members of one name, headers that contradict each other, members that expand beyond their
declared size. Two readers then see two files in one. This reader accepts only archives whose
every byte is accounted for once. Source: PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterable
from typing import BinaryIO

from lamina._records import dataclass
from lamina.archive.limits import Limits
from lamina.archive.rules import Findings
from lamina.archive.source import Window

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR = (b"PK" + s for s in (b"\3\4", b"\1\2", b"\5\6", b"\6\6", b"\6\7"))
_ZIP64_EXTRA, _UNICODE_PATH_EXTRA = 0x0001, 0x7075
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1 | 0x40 | 0x2000, 0x8, 0x800
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_BAD_NAME = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:|(^|/)\.{0,2}(/|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Member:
    """One member, as the central directory and its own header agree on it."""

    name: str
    method: int
    checksum: int
    packed: int
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class _Central:
    """A central directory entry."""

    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    mode: int
    header: int


def looks_like_zip_end(file: BinaryIO, size: int) -> bool:
    """Whether a zip reader that searches from the end would find an archive in the file."""
    start = max(0, size - 22 - _FULL16)
    tail = _read_at(file, start, size - start)
    at = tail.rfind(_END)
    while at >= 0:
        if at + 22 <= len(tail):
            count, length, comment = struct.unpack_from("<10xHI4xH", tail, at)
            directory = start + at - length
            inside = at + 22 + comment <= len(tail) and directory >= 0
            if inside and (count == 0 or length == _FULL32 or _read_at(file, directory, 4) == _CENTRAL):
                return True
        at = tail.rfind(_END, 0, at)
    return False


def read_directory(file: BinaryIO, size: int, findings: Findings, limits: Limits) -> dict[str, Member]:
    """Reads and checks the list of members.

    Args:
        file: An open file whose first byte is the first byte of the archive.
        size: Its size.
        findings: Where refusals are raised.
        limits: Bounds on number and ratio.

    Returns:
        The members by name, in the order of the directory; folders are left out.

    Raises:
        RefusedError: The archive breaks a `zip.*` rule.
    """
    try:
        start, length, count, end = _end_record(file, size, findings)
        if count > limits.zip_members or length > limits.member_bytes:
            raise findings.refused("zip.too-many-members", str(count))
        entries = _central_entries(_read_at(file, start, length), count, findings)
        _check_names(entries, findings)
        members = _check_layout(file, entries, start, findings)
    except struct.error as error:
        raise findings.refused("zip.damaged", str(error)) from error
    if start + length != end:
        raise findings.refused("zip.gap", "between the directory and its end record")
    for member in members:
        if member.size > limits.ratio * max(member.packed, 1):
            raise findings.refused("zip.ratio", f"{member.packed} bytes to {member.size}", member.name)
    return {member.name: member for member in members if not member.name.endswith("/")}


def open_member(file: BinaryIO, member: Member) -> Window:
    """A view of a stored member's bytes, without a copy and without the checksum."""
    return Window(file, member.start, member.size)


def read_member(file: BinaryIO, member: Member, findings: Findings, limit: int) -> bytes:
    """Reads a member into memory.

    Args:
        file: The open archive.
        member: The member.
        findings: Where refusals are raised.
        limit: The most bytes to read.

    Returns:
        The bytes, of exactly the declared size and checksum.

    Raises:
        RefusedError: Size, checksum or limit do not hold.
    """
    if member.size > limit:
        raise findings.refused("file.too-large", f"{member.size} bytes, the limit is {limit}", member.name)
    data = _read_at(file, member.start, member.packed)
    if member.method == _DEFLATED:
        data = _inflate(data, member, findings)
    if len(data) != member.size:
        raise findings.refused("zip.size-mismatch", f"{len(data)} bytes, declared {member.size}", member.name)
    if zlib.crc32(data) != member.checksum:
        raise findings.refused("zip.checksum", "", member.name)
    return data


def _inflate(data: bytes, member: Member, findings: Findings) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(data, member.size + 1)
    except zlib.error as error:
        raise findings.refused("zip.damaged", str(error), member.name) from error
    if not inflater.eof or inflater.unused_data:
        raise findings.refused("zip.size-mismatch", f"declared {member.size} bytes", member.name)
    return plain


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def _end_record(file: BinaryIO, size: int, findings: Findings) -> tuple[int, int, int, int]:
    """Start, length and number of entries of the directory, and where its end record begins."""
    end = size - 22
    record = _read_at(file, max(end, 0), 22)
    if record[:4] != _END or record[-2:] != b"\0\0":
        raise findings.refused(
            "zip.trailing" if looks_like_zip_end(file, size) else "zip.damaged", "end record"
        )
    disk, first, here, count, length, start, _ = struct.unpack("<4x4H2IH", record)
    if disk or first or here != count:
        raise findings.refused("zip.damaged", "an archive in several parts")
    locator = _read_at(file, max(end - 20, 0), 20)
    if locator[:4] == _LOCATOR and end >= 76:
        record64 = _read_at(file, end - 76, 56)
        (at,) = struct.unpack_from("<Q", locator, 8)
        if at != end - 76 or record64[:4] != _END64 or struct.unpack_from("<Q", record64, 4) != (44,):
            raise findings.refused("zip.header-mismatch", "zip64 end record")
        count64, length64, start64 = struct.unpack_from("<32x3Q", record64)
        wide = ((count, count64, _FULL16), (length, length64, _FULL32), (start, start64, _FULL32))
        if any(short not in (full, long) for short, long, full in wide):
            raise findings.refused("zip.header-mismatch", "zip64 end record")
        return start64, length64, count64, end - 76
    return start, length, count, end


def _central_entries(data: bytes, count: int, findings: Findings) -> list[_Central]:
    entries, at = [], 0
    while at < len(data):
        if data[at : at + 4] != _CENTRAL:
            raise findings.refused("zip.damaged", "central directory")
        flags, method, checksum, packed, size, named, extra, comment = struct.unpack_from(
            "<8xHH4xIIIHHH", data, at
        )
        mode, header = struct.unpack_from("<38xII", data, at)
        name = data[at + 46 : at + 46 + named]
        extras = data[at + 46 + named : at + 46 + named + extra]
        size, packed, header = _widen(extras, (size, packed, header), findings)
        entries.append(_Central(name, flags, method, checksum, packed, size, mode >> 16, header))
        at += 46 + named + extra + comment
    if at != len(data) or len(entries) != count:
        raise findings.refused("zip.damaged", f"{len(entries)} members, declared {count}")
    return entries


def _widen(extras: bytes, values: Iterable[int], findings: Findings) -> tuple[int, ...]:
    """Replaces values of all ones by those of the zip64 extra field, in order."""
    wide: tuple[int, ...] = ()
    at = 0
    while at + 4 <= len(extras):
        kind, length = struct.unpack_from("<HH", extras, at)
        if kind == _UNICODE_PATH_EXTRA:
            raise findings.refused("zip.header-mismatch", "a second name in an extra field")
        if kind == _ZIP64_EXTRA:
            wide = struct.unpack_from(f"<{length // 8}Q", extras, at + 4)
        at += 4 + length
    left = iter(wide)
    return tuple(next(left, value) if value == _FULL32 else value for value in values)


def _check_names(entries: list[_Central], findings: Findings) -> None:
    seen: dict[str, str] = {}
    for entry in entries:
        name = _name(entry)
        if not name or _BAD_NAME.search(name.removesuffix("/")):
            raise findings.refused("zip.unsafe-name", ascii(name))
        kind = stat.S_IFMT(entry.mode)
        if kind not in (0, stat.S_IFDIR if name.endswith("/") else stat.S_IFREG):
            raise findings.refused("zip.symlink", ascii(name))
        folded = unicodedata.normalize("NFKC", name.casefold())
        if folded in seen:
            rule = "zip.duplicate-member" if seen[folded] == name else "zip.case-twins"
            raise findings.refused(rule, f"{seen[folded]!a} and {name!a}")
        seen[folded] = name


def _name(entry: _Central) -> str:
    return entry.name.decode("utf-8" if entry.flags & _UTF8 else "cp437", "surrogateescape")


def _check_layout(file: BinaryIO, entries: list[_Central], end: int, findings: Findings) -> list[Member]:
    """Members in directory order, after every byte before the directory was found to belong to one."""
    members: dict[int, Member] = {}
    at = 0
    for entry in sorted(entries, key=lambda e: e.header):
        if entry.header != at:
            rule = "zip.overlap" if entry.header < at else "zip.gap" if at else "zip.prefix"
            raise findings.refused(rule, f"at byte {at}", ascii(_name(entry)))
        member, at = _local(file, entry, findings)
        members[entry.header] = member
    if at != end:
        raise findings.refused(
            "zip.overlap" if at > end else "zip.gap" if at else "zip.prefix", f"at byte {at}"
        )
    return [members[entry.header] for entry in entries]


def _local(file: BinaryIO, entry: _Central, findings: Findings) -> tuple[Member, int]:
    """The member, and the byte after it, once its own header agrees with the directory."""
    name = _name(entry)
    header = _read_at(file, entry.header, 30)
    if header[:4] != _LOCAL:
        raise findings.refused("zip.damaged", "member header", ascii(name))
    flags, method, checksum, packed, size, named, extra = struct.unpack("<6xHH4xIIIHH", header)
    rest = _read_at(file, entry.header + 30, named + extra)
    size, packed = _widen(rest[named:], (size, packed), findings)
    described = flags & _DESCRIPTOR and (checksum, packed, size) == (0, 0, 0)
    same = described or (checksum, packed, size) == (entry.checksum, entry.packed, entry.size)
    if not same or (rest[:named], flags, method) != (entry.name, entry.flags, entry.method):
        raise findings.refused("zip.header-mismatch", "", ascii(name))
    if flags & _ENCRYPTED:
        raise findings.refused("zip.encrypted", "", ascii(name))
    if method not in (_STORED, _DEFLATED):
        raise findings.refused("zip.method", f"method {method}", ascii(name))
    if method == _STORED and entry.packed != entry.size:
        raise findings.refused(
            "zip.size-mismatch", f"stored {entry.packed}, declared {entry.size}", ascii(name)
        )
    start = entry.header + 30 + named + extra
    end = start + entry.packed
    if flags & _DESCRIPTOR:
        end += _descriptor_length(_read_at(file, end, 24), entry, findings)
    return Member(name, method, entry.checksum, entry.packed, entry.size, start), end


def _descriptor_length(data: bytes, entry: _Central, findings: Findings) -> int:
    expected = (entry.checksum, entry.packed, entry.size)
    for layout in ("<4xIII", "<4xIQQ", "<III", "<IQQ"):
        length = struct.calcsize(layout)
        marked = data[:4] == b"PK\7\10" or "x" not in layout
        if marked and len(data) >= length and struct.unpack_from(layout, data) == expected:
            return length
    raise findings.refused("zip.header-mismatch", "data descriptor", ascii(_name(entry)))
