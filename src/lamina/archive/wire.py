"""The protocol buffer wire format: fields by number, bounded by the bytes at hand.

Source: protobuf.dev, "Encoding". Only what the readers of SavedModel and TensorFlow checkpoints
need: no groups, no packed fields, no schema.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from lamina.archive.rules import Findings, RefusedError

Value = int | memoryview
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Wire:
    r"""Reads messages of one file.

    Args:
        findings: Where refusals are raised.
        rule: The rule that damaged bytes break.
        at: The place inside the file.

    Example:
        >>> wire = Wire(Findings("a.pb"), "protobuf.damaged")
        >>> [(number, bytes(value)) for number, value in wire.fields(memoryview(b"\x0a\x02hi"))]
        [(1, b'hi')]
    """

    def __init__(self, findings: Findings, rule: str, at: str = "") -> None:
        self._findings, self._rule, self._at = findings, rule, at

    def damaged(self, detail: str) -> RefusedError:
        """The error that refuses the file."""
        return self._findings.refused(self._rule, detail, self._at)

    def refused(self, rule: str, detail: str) -> RefusedError:
        """The error that refuses the file for another rule than damage."""
        return self._findings.refused(rule, detail, self._at)

    def varint(self, data: memoryview, at: int) -> tuple[int, int]:
        """The number at a position, and the position after it."""
        value = 0
        for index in range(10):
            if at + index >= len(data):
                break
            byte = data[at + index]
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, at + index + 1
        raise self.damaged("a number is cut short or too long")

    def fields(self, data: memoryview) -> Iterator[tuple[int, Value]]:
        """The fields of a message in file order: an unsigned number, or the bytes of the rest."""
        at = 0
        while at < len(data):
            key, at = self.varint(data, at)
            number, kind = key >> 3, key & 7
            if kind == _VARINT:
                value, at = self.varint(data, at)
                yield number, value
                continue
            size = {_FIXED64: 8, _FIXED32: 4}.get(kind)
            if size is None:
                if kind != _BYTES:
                    raise self.damaged(f"wire type {kind}")
                size, at = self.varint(data, at)
            if size > len(data) - at:
                raise self.damaged(f"a field of {size} bytes where {len(data) - at} are left")
            chunk = data[at : at + size]
            yield number, chunk if kind == _BYTES else int.from_bytes(chunk, "little")
            at += size

    def messages(self, data: memoryview, *path: int) -> Iterator[memoryview]:
        """Every submessage reached by a path of field numbers."""
        number, *rest = path
        for found, value in self.fields(data):
            if found == number and isinstance(value, memoryview):
                if rest:
                    yield from self.messages(value, *rest)
                else:
                    yield value

    def record(self, data: memoryview) -> dict[int, Value]:
        """The last value of each field, which is how protobuf reads fields that are not repeated."""
        return dict(self.fields(data))

    def text(self, value: Value | None) -> str:
        """A string field; absent means empty."""
        if value is None:
            return ""
        if isinstance(value, int):
            raise self.damaged("a number where text was expected")
            raise AssertionError("refused above")
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            raise self.damaged("text that is not UTF-8") from None

    def number(self, value: Value | None) -> int:
        """A signed 64-bit number field; absent means zero."""
        if isinstance(value, memoryview):
            raise self.damaged("bytes where a number was expected")
        return 0 if value is None else int(struct.unpack("<q", struct.pack("<Q", value))[0])
