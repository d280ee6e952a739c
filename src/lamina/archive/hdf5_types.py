"""The messages of an HDF5 object header that describe a type, a shape and an attribute.

Source: "HDF5 File Format Specification Version 3.0", sections IV.A.2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from lamina._records import dataclass

# Exponent and mantissa places of the IEEE formats, by size in bytes.
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}
_INTEGER, _FLOAT, _STRING, _OPAQUE, _ENUM, _VLEN = 0, 1, 3, 5, 8, 9
_SCALAR, _NULL = 0, 2

Heap = Callable[[int, int, int], bytes]


class UnsupportedError(Exception):
    """The file uses a feature that this reader leaves to h5py; never seen by users."""


@dataclass(frozen=True, slots=True)
class Type:
    """A datatype.

    Attributes:
        size: Bytes of one element.
        name: NumPy's name, `"text"`, `"vlen"` (text in the global heap), `"opaque"` or `""`.
        order: `"<"` or `">"`.
    """

    size: int
    name: str
    order: str = "<"


def read_type(data: bytes) -> Type:
    """Reads a datatype message."""
    kind, flags, size = (
        data[0] & 15,
        int.from_bytes(data[1:4], "little"),
        struct.unpack_from("<I", data, 4)[0],
    )
    order = ">" if flags & 1 else "<"
    if kind == _INTEGER and struct.unpack_from("<HH", data, 8) == (0, size * 8) and size in (1, 2, 4, 8):
        return Type(size, f"{'int' if flags & 8 else 'uint'}{size * 8}", order)
    if kind == _FLOAT and not flags & 64 and struct.unpack_from("<HHBBBBI", data, 8) == _IEEE.get(size):
        return Type(size, f"float{size * 8}", order)
    if kind == _STRING:
        return Type(size, "text")
    if kind == _VLEN and flags & 15 == 1:
        return Type(size, "vlen")
    if kind == _OPAQUE:
        return Type(size, "opaque")
    if kind == _ENUM and size == 1 and b"FALSE\0" in data and b"TRUE\0" in data:
        return Type(1, "bool")
    return Type(size, "")


def read_shape(data: bytes) -> tuple[int, ...] | None:
    """Reads a dataspace message; None is the null space, which holds nothing."""
    version, rank, _, kind = struct.unpack_from("<4B", data)
    if version not in (1, 2):
        raise UnsupportedError(f"dataspace version {version}")
    if version == 2 and kind == _NULL:
        return None
    return struct.unpack_from(f"<{rank}Q", data, 8 if version == 1 else 4)


def read_attribute(data: bytes) -> tuple[bytes, Type, tuple[int, ...] | None, bytes]:
    """Reads an attribute message: name, type, shape and raw value."""
    version, flags, named, typed, spaced = struct.unpack_from("<BBHHH", data)
    if version not in (1, 2, 3) or (version > 1 and flags & 3):
        raise UnsupportedError(f"attribute version {version}, flags {flags}")
    at = 9 if version == 3 else 8
    parts = []
    for size in (named, typed, spaced):
        parts.append(data[at : at + size])
        at += -(-size // 8) * 8 if version == 1 else size
    return parts[0].split(b"\0")[0], read_type(parts[1]), read_shape(parts[2]), data[at:]


def read_text(kind: Type, count: int, raw: bytes, heap: Heap) -> list[bytes] | None:
    """The elements of an attribute of text; None where it is no text.

    Args:
        kind: The type of the elements.
        count: Their number.
        raw: Their bytes in the message.
        heap: Reads from the global heap: address, index, length.
    """
    if kind.name == "text":
        cells = [raw[index * kind.size : (index + 1) * kind.size] for index in range(count)]
        return [cell.rstrip(b"\0") for cell in cells]
    if kind.name != "vlen":
        return None
    found = []
    for index in range(count):
        length, address, number = struct.unpack_from("<IQI", raw, index * 16)
        found.append(heap(address, number, length) if length else b"")
    return found
