"""Zip archives that two readers could read in two ways are refused, each by its rule."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lamina.archive import Limits, RefusedError, open_model

pytestmark = pytest.mark.backend_free

CONFIG = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}}).encode()


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as writer:
        for name, data in (
            ("metadata.json", b'{"keras_version": "3.0.0"}'),
            ("config.json", CONFIG),
            *members,
        ):
            writer.writestr(name, data)
    return file.getvalue()


def info(name: str, mode: int = 0o600 | stat.S_IFREG) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.filename = name
    return entry


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        open_model(data, limits or Limits())
    return caught.value.note.rule


def test_a_plain_archive_opens() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        model = open_model(archive(("assets/words.txt", b"a\nb"), method=method))
        assert (model.kind, model.keras_version, model.notes) == ("keras", "3.0.0", ())


def test_zip64_and_streamed_archives_open() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        with writer.open("config.json", "w", force_zip64=True) as member:
            member.write(CONFIG)
    assert open_model(file.getvalue()).config["class_name"] == "Sequential"

    class Stream(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, chunk: bytes) -> int:  # type: ignore[override]
            self.data += bytes(chunk)
            return len(chunk)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("config.json", CONFIG)
        writer.writestr("assets/a", b"x" * 50)
    assert open_model(stream.data).config["class_name"] == "Sequential"


def test_bytes_around_the_archive_are_refused() -> None:
    data = archive()
    assert refused(b"#!/bin/sh\n" + data) == "zip.prefix"
    assert refused(data + b"tail") == "zip.trailing"
    commented = io.BytesIO(data)
    with zipfile.ZipFile(commented, "a") as writer:
        writer.comment = b"hello"
    assert refused(commented.getvalue()) == "zip.trailing"
    assert refused(data + data) in ("zip.prefix", "zip.gap")
    shifted = bytearray(b"PK\3\4" + b"\0" * 40 + data)
    assert refused(bytes(shifted)) in ("zip.prefix", "zip.damaged", "zip.gap")


def test_hdf5_with_an_archive_behind_is_refused(legacy: Path) -> None:
    hdf5 = (legacy / "v311_k315__keras3" / "closure_float.h5").read_bytes()
    assert refused(hdf5 + archive()) == "file.polyglot"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (["config.json"], "zip.duplicate-member"),
        (["Config.JSON"], "zip.case-twins"),
        (["assets/stra\u00dfe", "assets/STRASSE"], "zip.case-twins"),
        (["assets/e\u0301", "assets/\u00e9"], "zip.case-twins"),
        (["../x"], "zip.unsafe-name"),
        (["assets/../../x"], "zip.unsafe-name"),
        (["/etc/x"], "zip.unsafe-name"),
        (["a\\b"], "zip.unsafe-name"),
        (["C:x"], "zip.unsafe-name"),
        (["a//b"], "zip.unsafe-name"),
        (["./a"], "zip.unsafe-name"),
        (["a\nb"], "zip.unsafe-name"),
    ],
)
def test_bad_names_are_refused(names: list[str], rule: str) -> None:
    assert refused(archive(*((info(name), b"x") for name in names))) == rule


def test_a_nul_in_a_name_is_refused() -> None:
    data = archive((info("assets/aXb"), b"x")).replace(b"assets/aXb", b"assets/a\0b")
    assert refused(data) == "zip.unsafe-name"


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(mode: int) -> None:
    assert refused(archive((info("assets/x", mode | 0o777), b"/etc/passwd"))) == "zip.symlink"


def patched(data: bytes, change: Callable[[bytearray, int, int], None]) -> bytes:
    """Changes the archive at the member `config.json`: its own header and its directory entry."""
    copy = bytearray(data)
    local = data.index(b"config.json") - 30
    central = data.rindex(b"config.json") - 46
    change(copy, local, central)
    return bytes(copy)


def put(where: int, layout: str, value: int) -> Callable[[bytearray, int], None]:
    return lambda data, base: struct.pack_into(layout, data, base + where, value)


@pytest.mark.parametrize(
    ("local", "central", "rule"),
    [
        ((22, "<I", 5), None, "zip.header-mismatch"),
        (None, (24, "<I", 5), "zip.header-mismatch"),
        ((22, "<I", 5), (24, "<I", 5), "zip.size-mismatch"),
        ((6, "<H", 1), (8, "<H", 1), "zip.encrypted"),
        ((8, "<H", 12), (10, "<H", 12), "zip.method"),
        ((14, "<I", 7), (16, "<I", 7), "zip.checksum"),
        (None, (42, "<I", 0), "zip.overlap"),
        ((0, "<I", 7), None, "zip.damaged"),
    ],
)
def test_contradicting_headers_are_refused(
    local: tuple[int, str, int] | None, central: tuple[int, str, int] | None, rule: str
) -> None:
    def change(data: bytearray, at_local: int, at_central: int) -> None:
        for place, base in ((local, at_local), (central, at_central)):
            if place:
                put(*place)(data, base)

    assert refused(patched(archive(), change)) == rule


def test_another_name_in_the_member_header_is_refused() -> None:
    data = archive()
    assert refused(data.replace(b"config.json", b"konfig.json", 1)) == "zip.header-mismatch"


def test_a_member_larger_than_declared_is_refused() -> None:
    """Python's own zipfile silently cuts such a member off and accepts it."""
    data = archive(method=zipfile.ZIP_DEFLATED)
    short = CONFIG[:10]

    def change(copy: bytearray, at_local: int, at_central: int) -> None:
        for at, base in ((14, at_local), (16, at_central)):
            struct.pack_into("<I", copy, base + at, zlib.crc32(short))
            struct.pack_into("<I", copy, base + at + 8, len(short))

    hostile = patched(data, change)
    assert zipfile.ZipFile(io.BytesIO(hostile)).read("config.json") == short
    assert refused(hostile) == "zip.size-mismatch"


def test_bombs_are_refused_before_they_expand() -> None:
    assert refused(archive(("assets/x", b"\0" * 2_000_000), method=zipfile.ZIP_DEFLATED)) == "zip.ratio"
    small = Limits(json_bytes=10)
    assert refused(archive(), small) == "file.too-large"
    many = archive(*((f"assets/{index}", b"") for index in range(20)))
    assert refused(many, Limits(zip_members=10)) == "zip.too-many-members"


def test_a_gap_between_members_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        writer.writestr("config.json", CONFIG)
        file.write(b"hidden")
        writer.start_dir = file.tell()
        writer.writestr("assets/a", b"x")
    assert refused(file.getvalue()) == "zip.gap"


def test_members_without_a_config_and_unknown_members() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        writer.writestr("data.txt", b"x")
    assert refused(file.getvalue()) == "zip.no-config"
    model = open_model(archive(("data.pkl", b"\x80\x04."), ("assets/x", b"\x80\x02.")))
    assert [(note.rule, note.severity) for note in model.notes] == [
        ("zip.unknown-member", "warning"),
        ("zip.pickle-member", "warning"),
        ("zip.pickle-member", "warning"),
    ]


def test_every_truncation_is_refused() -> None:
    data = archive()
    for size in range(len(data)):
        refused(data[:size])
