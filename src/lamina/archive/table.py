"""The sorted string table in which TensorFlow keeps the index of a checkpoint.

Source: LevelDB's `doc/table_format.md`, which `tensorflow/core/lib/io/table` follows: blocks of
prefix-compressed entries, each followed by a compression byte and a checksum, found through an
index block whose place stands in the footer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

from lamina.archive.wire import Wire

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5


def table_entries(data: memoryview, wire: Wire, limit: int) -> dict[bytes, memoryview]:
    """Reads a whole table.

    Args:
        data: The file.
        wire: Reads its numbers and refuses what is damaged.
        limit: The most entries to read.

    Returns:
        Values by key, in the order of the file, which is sorted by key.
    """
    if len(data) < _FOOTER or struct.unpack_from("<Q", data, len(data) - 8) != (_MAGIC,):
        raise wire.damaged("no table footer")
    footer = data[len(data) - _FOOTER :]
    _, at = _handle(footer, 0, wire)
    index, _ = _handle(footer, at, wire)
    entries: dict[bytes, memoryview] = {}
    for _, where in _entries(_block(data, index, wire), wire):
        handle, _ = _handle(where, 0, wire)
        for key, value in _entries(_block(data, handle, wire), wire):
            if key in entries:
                raise wire.damaged("two entries of one key")
            entries[key] = value
            if len(entries) > limit:
                raise wire.damaged(f"more than {limit} entries")
    return entries


def _handle(data: memoryview, at: int, wire: Wire) -> tuple[tuple[int, int], int]:
    start, at = wire.varint(data, at)
    size, at = wire.varint(data, at)
    return (start, size), at


def _block(data: memoryview, handle: tuple[int, int], wire: Wire) -> memoryview:
    start, size = handle
    if start + size + _TRAILER > len(data):
        raise wire.damaged(f"a block of {size} bytes at {start}")
    kind, checksum = struct.unpack_from("<BI", data, start + size)
    if kind:
        raise wire.refused("checkpoint.compressed", f"compression {kind}")
    if masked_crc32c(data[start : start + size + 1]) != checksum:
        raise wire.refused("checkpoint.checksum", "index block")
    return data[start : start + size]


def _entries(block: memoryview, wire: Wire) -> Iterator[tuple[bytes, memoryview]]:
    restarts = struct.unpack_from("<I", block, len(block) - 4)[0] if len(block) >= 4 else -1
    end = len(block) - 4 * (restarts + 1)
    if restarts < 0 or end < 0:
        raise wire.damaged("a block without an end")
    key, at = b"", 0
    while at < end:
        shared, at = wire.varint(block, at)
        unshared, at = wire.varint(block, at)
        size, at = wire.varint(block, at)
        if shared > len(key) or at + unshared + size > end:
            raise wire.damaged("an entry that leaves its block")
        key = key[:shared] + bytes(block[at : at + unshared])
        yield key, block[at + unshared : at + unshared + size]
        at += unshared + size


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


def masked_crc32c(data: memoryview | bytes) -> int:
    """The Castagnoli checksum, rotated and offset as LevelDB stores it.

    Example:
        >>> hex(masked_crc32c(b"123456789"))
        '0xc78ab0e5'
    """
    table, crc = _crc_table(), 0xFFFFFFFF
    for byte in bytes(data):
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
