"""HDF5 metadata in pure Python: the part of the format that Keras files use, and nothing else.

The HDF5 library hangs or crashes on some damaged files, and importing h5py takes longer than
reading a model. This reader visits each address once, so it ends, and reads only metadata. Files
with features beyond it (dense groups and attributes, shared messages, which h5py does not write by
default) are left to h5py.
Source: "HDF5 File Format Specification Version 3.0".
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import BinaryIO

from lamina.archive.hdf5_tree import Dataset, Group, Text, check_attribute_size, is_read
from lamina.archive.hdf5_types import Type, UnsupportedError, read_attribute, read_shape, read_text, read_type
from lamina.archive.limits import MIB, Limits
from lamina.archive.rules import Findings, RefusedError

_UNDEFINED = 0xFFFFFFFFFFFFFFFF
_SPACE, _LINK_INFO, _TYPE, _LINK, _EXTERNAL, _LAYOUT = 0x1, 0x2, 0x3, 0x6, 0x7, 0x8
_ATTRIBUTE, _CONTINUE, _TABLE, _ATTRIBUTE_INFO = 0xC, 0x10, 0x11, 0x15
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
_HARD, _SOFT, _EXTERNAL_LINK = 0, 1, 64
# deflate, shuffle, fletcher32, szip, nbit, scaleoffset, lzf: all inside h5py's own libraries.
BUILTIN_FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})
_MAX_HEADER = 16 * MIB

Message = tuple[int, bytes]


class RawReader:
    """Reads one file's metadata.

    Args:
        file: The open file.
        size: Its size.
        findings: Where refusals are raised.
        limits: Bounds on objects and attributes.
        at: The place of the data inside an outer file.
    """

    def __init__(self, file: BinaryIO, size: int, findings: Findings, limits: Limits, at: str = "") -> None:
        self._file, self._size, self._findings, self._limits, self._at = file, size, findings, limits, at
        self._seen: set[int] = set()
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self._text = self._strings = 0
        self._budget = 4 * size + MIB

    def tree(self) -> Group:
        """Reads every object of the file.

        Raises:
            RefusedError: The file breaks an `hdf5.*` rule.
            UnsupportedError: h5py must read it.
        """
        try:
            root = Group("")
            todo = [(root, self._header(self._root_address(), ""))]
            while todo:
                group, messages = todo.pop()
                self._attributes(group.attributes, messages)
                for name, address in self._links(group, messages):
                    path = group.child_path(name)
                    found = self._header(address, path)
                    if any(kind == _LAYOUT for kind, _ in found):
                        group.children[name] = self._dataset(path, found)
                    else:
                        child = Group(path)
                        group.children[name] = child
                        todo.append((child, found))
            return root
        except (struct.error, IndexError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, detail: str) -> RefusedError:
        return self._findings.refused("hdf5.damaged", detail, self._at)

    def _refused(self, rule: str, path: str, detail: str = "") -> RefusedError:
        return self._findings.refused(rule, f"{path!a}{': ' if detail else ''}{detail}", self._at)

    def _read(self, address: int, size: int) -> bytes:
        if address + size > self._size or size > self._limits.json_bytes + _MAX_HEADER:
            raise self._damaged(f"{size} bytes at {address} leave the file")
        # Metadata does not overlap, so an honest file is read once at most.
        self._budget -= size
        if self._budget < 0:
            raise self._damaged("metadata that overlaps")
        self._file.seek(address)
        return self._file.read(size)

    def _root_address(self) -> int:
        head = self._read(0, min(96, self._size))
        version = head[8]
        widths = head[13:15] if version < 2 else head[9:11]
        if version > 3 or widths != b"\x08\x08":
            raise UnsupportedError(f"superblock version {version}")
        start = {0: 24, 1: 28}.get(version, 12)
        base, _, end = struct.unpack_from("<QQQ", head, start)
        if base:
            raise self._findings.refused("hdf5.user-block", "", self._at)
        if end < self._size:
            raise self._findings.refused("hdf5.trailing", f"{self._size - end} bytes", self._at)
        if end > self._size:
            raise self._damaged(f"{self._size} bytes of {end}")
        place = start + 24 if version > 1 else start + 40
        return int(struct.unpack_from("<Q", head, place)[0])

    def _header(self, address: int, path: str) -> list[Message]:
        """The messages of an object header, with those of its continuations."""
        if address in self._seen:
            raise self._refused("hdf5.linked-twice", path)
        self._seen.add(address)
        if len(self._seen) > self._limits.hdf5_objects:
            raise self._refused("hdf5.too-many-objects", path)
        head = self._read(address, min(16, self._size - address)) if address < self._size else b""
        if head[:4] == b"OHDR":
            return self._header2(address)
        if head[:1] != b"\1":
            raise self._damaged(f"object header at {address}")
        found: list[Message] = []
        todo = [(address + 16, struct.unpack_from("<I", head, 8)[0])]
        while todo:
            data = self._chunk(*todo.pop(0), found)
            at = 0
            while at + 8 <= len(data):
                kind, size, flags = struct.unpack_from("<HHB", data, at)
                self._message(kind, flags, data[at + 8 : at + 8 + size], found, todo)
                at += 8 + size
        return found

    def _header2(self, address: int) -> list[Message]:
        flags = self._read(address, 6)[5]
        width = 1 << (flags & 3)
        start = address + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
        size = int.from_bytes(self._read(start, width), "little")
        found: list[Message] = []
        todo = [(start + width, size)]
        prefix = 6 if flags & 4 else 4
        first = True
        while todo:
            data = self._chunk(*todo.pop(0), found)
            at = 0
            if not first:
                data = data[4:-4]
            first = False
            while at + prefix <= len(data):
                kind, length, bits = struct.unpack_from("<BHB", data, at)
                self._message(kind, bits, data[at + prefix : at + prefix + length], found, todo)
                at += prefix + length
        return found

    def _chunk(self, address: int, size: int, found: list[Message]) -> bytes:
        if len(found) > self._limits.hdf5_objects or size > _MAX_HEADER:
            raise self._damaged(f"object header of {size} bytes")
        return self._read(address, size)

    def _message(
        self, kind: int, flags: int, data: bytes, found: list[Message], todo: list[tuple[int, int]]
    ) -> None:
        if flags & 2:
            raise UnsupportedError("shared message")
        if kind == _CONTINUE:
            address, size = struct.unpack_from("<QQ", data)
            if address in self._seen:
                raise self._damaged("object header that continues in itself")
            self._seen.add(address)
            todo.append((address, size))
        else:
            found.append((kind, data))

    def _attributes(self, attributes: dict[str, Text], messages: list[Message]) -> None:
        for kind, data in messages:
            if kind == _ATTRIBUTE_INFO and _is_dense(data, 2):
                raise UnsupportedError("dense attributes")
            if kind != _ATTRIBUTE:
                continue
            raw_name, value_type, shape, raw = read_attribute(data)
            name = raw_name.decode("utf-8", "replace")
            if not is_read(name):
                continue
            if name in attributes:
                raise self._findings.refused("hdf5.linked-twice", f"two attributes {name}", self._at)
            attributes[name] = self._value(name, value_type, shape, raw)

    def _value(self, name: str, kind: Type, shape: tuple[int, ...] | None, raw: bytes) -> Text:
        count = 0 if shape is None else math.prod(shape)
        check_attribute_size(count * kind.size, name, self._findings, self._limits, self._at)
        if count * kind.size > len(raw):
            raise self._damaged(f"attribute {name} is cut short")
        if not count:
            return []
        found = read_text(kind, count, raw, self._heap_object)
        if found is None:
            return None
        self._text += sum(map(len, found))
        check_attribute_size(self._text, name, self._findings, self._limits, self._at)
        return found[0] if shape == () else list(found)

    def _heap_object(self, address: int, number: int, length: int) -> bytes:
        """One object of the global heap; each holds one string."""
        if address not in self._heaps:
            self._heaps[address] = dict(self._collection(address))
        at, size = self._heaps[address].get(number, (0, -1))
        if length > size:
            raise self._damaged(f"no text of {length} bytes in the global heap at {address}")
        check_attribute_size(self._text + length, "text", self._findings, self._limits, self._at)
        return self._read(at, length)

    def _collection(self, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """Place and size of every object of a collection of the global heap, by number."""
        head = self._read(address, 16)
        if head[:5] != b"GCOL\1":
            raise self._damaged(f"global heap at {address}")
        at, end = address + 16, address + int(struct.unpack_from("<Q", head, 8)[0])
        while at + 16 <= end:
            index, size = struct.unpack("<H6xQ", self._read(at, 16))
            if index == 0:
                return
            self._strings += 1
            if self._strings > self._limits.hdf5_objects:
                raise self._refused("hdf5.too-many-objects", f"global heap at {address}")
            yield index, (at + 16, size)
            at += 16 + -(-size // 8) * 8

    def _links(self, group: Group, messages: list[Message]) -> Iterator[tuple[str, int]]:
        names: set[bytes] = set()
        for kind, data in messages:
            if kind == _LINK_INFO and _is_dense(data, 8):
                raise UnsupportedError("dense links")
            if kind == _TABLE:
                found = self._table(group, *struct.unpack_from("<QQ", data))
            elif kind == _LINK:
                found = iter([self._link(group, data)])
            else:
                continue
            for name, address in found:
                if name in names or not name or b"/" in name:
                    raise self._refused("hdf5.linked-twice", group.path, f"the name {name!r}")
                names.add(name)
                yield name.decode("utf-8", "surrogateescape"), address

    def _link(self, group: Group, data: bytes) -> tuple[bytes, int]:
        version, flags = data[0], data[1]
        if version != 1:
            raise UnsupportedError(f"link version {version}")
        at = 2
        kind = data[at] if flags & 8 else _HARD
        at += (1 if flags & 8 else 0) + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        length = int.from_bytes(data[at : at + width], "little")
        name = data[at + width : at + width + length]
        if kind != _HARD:
            rules = {_SOFT: "hdf5.soft-link", _EXTERNAL_LINK: "hdf5.external-link"}
            path = group.child_path(name.decode("utf-8", "replace"))
            raise self._refused(rules.get(kind, "hdf5.user-link"), path)
        return name, struct.unpack_from("<Q", data, at + width + length)[0]

    def _table(self, group: Group, tree: int, heap: int) -> Iterator[tuple[bytes, int]]:
        """The entries of a symbol table: a B-tree of nodes, names in a local heap."""
        head = self._read(heap, 32)
        if head[:5] != b"HEAP\0":
            raise self._damaged(f"local heap at {heap}")
        size, _, start = struct.unpack_from("<QQQ", head, 8)
        if size > min(self._size, _MAX_HEADER):
            raise self._damaged(f"local heap of {size} bytes")
        names = self._read(start, size)
        todo = [tree]
        while todo:
            node = todo.pop()
            if node in self._seen:
                raise self._refused("hdf5.linked-twice", group.path)
            self._seen.add(node)
            mark = self._read(node, 8)
            if mark[:4] == b"SNOD":
                count = struct.unpack_from("<H", mark, 6)[0]
                yield from self._symbols(group, self._read(node + 8, 40 * count), names)
            elif mark[:5] == b"TREE\0":
                count = struct.unpack_from("<H", mark, 6)[0]
                keys = struct.unpack(f"<{2 * count}Q", self._read(node + 24, 16 * count))
                todo += reversed(keys[1::2])  # keys and children alternate
            else:
                raise self._damaged(f"symbol table at {node}")

    def _symbols(self, group: Group, data: bytes, names: bytes) -> Iterator[tuple[bytes, int]]:
        for place, address, cache in struct.iter_unpack("<QQI20x", data):
            end = names.find(b"\0", place)
            if end < 0:
                raise self._damaged("a name that leaves its heap")
            name = names[place:end]
            if cache == 2:
                raise self._refused("hdf5.soft-link", group.child_path(name.decode("utf-8", "replace")))
            yield name, address

    def _dataset(self, path: str, messages: list[Message]) -> Dataset:
        parts = dict(messages)
        if _EXTERNAL in parts:
            raise self._refused("hdf5.external-storage", path)
        if _SPACE not in parts or _TYPE not in parts:
            raise self._damaged(f"dataset {path!a} without type or shape")
        kind, shape, layout = read_type(parts[_TYPE]), read_shape(parts[_SPACE]), parts[_LAYOUT]
        stored = layout[1]
        if layout[0] not in (3, 4) or stored > _VIRTUAL:
            raise UnsupportedError(f"layout version {layout[0]}")
        if stored == _VIRTUAL:
            raise self._refused("hdf5.virtual-dataset", path)
        if stored == _CHUNKED:
            # How much a chunked dataset stores is known only to its index, which h5py reads.
            raise UnsupportedError("chunks")
        attributes: dict[str, Text] = {}
        self._attributes(attributes, messages)
        name = (
            "bfloat16"
            if kind.name == "opaque" and attributes.get("dtype") in ("bfloat16", b"bfloat16")
            else kind.name
        )
        declared = 0 if shape is None else math.prod(shape) * kind.size
        if stored == _COMPACT:
            raise UnsupportedError("compact dataset")
        offset, size = struct.unpack_from("<QQ", layout, 2)
        if declared and (offset == _UNDEFINED or declared > size or offset + declared > self._size):
            raise self._refused(
                "hdf5.shape-bomb", path, f"declares {declared} bytes, stores {size} at {offset}"
            )
        return Dataset(
            path, shape or (), name if name not in ("text", "vlen", "opaque") else "", kind.order, offset
        )


def _is_dense(data: bytes, width: int) -> bool:
    """Whether a link or attribute info message points to a fractal heap."""
    at = 2 + (width if data[1] & 1 else 0)
    return bool(struct.unpack_from("<Q", data, at)[0] != _UNDEFINED)
