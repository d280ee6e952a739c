"""TensorFlow checkpoints ("tensor bundles"), read without TensorFlow.

An index table maps names to dtype, shape and place; data files hold the bytes as they are in
memory. The entry `_CHECKPOINTABLE_OBJECT_GRAPH` tells which object of the model owns each tensor;
its root's `variables` list is in the order of Keras's `get_weights()`.
Source: `tensor_bundle.proto` and `trackable_object_graph.proto` of TensorFlow.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lamina._records import dataclass
from lamina.archive.limits import Limits
from lamina.archive.table import masked_crc32c, table_entries
from lamina.archive.weights import Slot, Weights
from lamina.archive.wire import Wire

if TYPE_CHECKING:
    from lamina.archive.folder import Folder
    from lamina.archive.weights import Array

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_STRING = 7
# DataType of tensorflow/core/framework/types.proto.
_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 8: "complex64",
    9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16",
    22: "uint32", 23: "uint64",
}  # fmt: skip
_WIDTHS = {"bool": 1, "bfloat16": 2, "complex64": 8, "complex128": 16}


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of the index (`BundleEntryProto`)."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """The checkpoint of a SavedModel folder.

    Attributes:
        folder: The SavedModel folder.
        entries: The index.
        shards: Number of data files.
        big_endian: Byte order of the numbers.
    """

    folder: Folder
    entries: dict[str, Entry]
    shards: int
    big_endian: bool

    def read(self, slots: Sequence[Slot]) -> Iterator[Array]:
        """Yields the array of each slot."""
        import numpy as np

        for slot in slots:
            raw = self.raw(slot.key)
            kind = "uint16" if slot.dtype == "bfloat16" else slot.dtype
            value = np.frombuffer(raw, np.dtype(kind).newbyteorder(">" if self.big_endian else "<")).reshape(
                slot.shape
            )
            if slot.dtype == "bfloat16":
                yield (value.astype(np.uint32) << 16).view(np.float32)
            else:
                yield value.astype(kind)

    def raw(self, key: str) -> bytes:
        """The stored bytes of a tensor.

        Raises:
            RefusedError: They do not lie in the data file.
        """
        entry = self.entries[key]
        name = f"variables/variables.data-{entry.shard:05d}-of-{self.shards:05d}"
        with self.folder.source(name).open() as file:
            size = file.seek(0, os.SEEK_END)
            if entry.offset < 0 or entry.size < 0 or entry.offset + entry.size > size:
                detail = f"{key}: {entry.size} bytes at {entry.offset} of {size}"
                raise self.folder.findings(name).refused("checkpoint.damaged", detail)
            file.seek(entry.offset)
            return file.read(entry.size)


def checkpoint_weights(folder: Folder, limits: Limits) -> Weights:
    """Lists the weights in the checkpoint of a SavedModel.

    Args:
        folder: The SavedModel folder.
        limits: Bounds on the index.

    Returns:
        The model's weights; optimizer and metric state is left out.

    Raises:
        RefusedError: The checkpoint is missing, damaged, compressed or partitioned.
    """
    bundle = read_bundle(folder, limits)
    names = _ordered_names(bundle)
    ordered = names is not None
    keys = names or {key: key.removesuffix(_VALUE) for key in bundle.entries if key.startswith("layer_with_")}
    slots = tuple(_slot(bundle, key, name) for key, name in keys.items())
    return Weights(slots, "checkpoint", ordered, bundle)


def read_bundle(folder: Folder, limits: Limits) -> Bundle:
    """Reads the index of a SavedModel's checkpoint."""
    name = "variables/variables.index"
    findings = folder.findings(name)
    wire = Wire(findings, "checkpoint.damaged")
    data = memoryview(folder.read(name, limits.protobuf_bytes))
    table = table_entries(data, wire, limits.checkpoint_entries)
    header = wire.record(table.pop(b"", memoryview(b"")))
    shards = wire.number(header.get(1))
    if not 0 < shards < 100_000:
        raise wire.damaged(f"{shards} data files")
    entries = {wire.text(memoryview(key)): _entry(value, wire) for key, value in table.items()}
    return Bundle(folder, entries, shards, wire.number(header.get(2)) == 1)


def _entry(data: memoryview, wire: Wire) -> Entry:
    record = wire.record(data)
    if 7 in record:
        raise wire.refused("checkpoint.sliced", "")
    shape = tuple(wire.number(wire.record(dim).get(1)) for dim in wire.messages(data, 2, 2))
    dtype, shard, offset, size, checksum = (wire.number(record.get(number)) for number in (1, 3, 4, 5, 6))
    known = _DTYPES.get(dtype)
    if known and (min(shape, default=0) < 0 or math.prod(shape) * _width(known) != size):
        raise wire.damaged(f"{size} bytes for shape {shape} of {known}")
    return Entry(dtype, shape, shard, offset, size, checksum)


def _width(dtype: str) -> int:
    return _WIDTHS.get(dtype) or int(dtype.lstrip("abcdefghijklmnopqrstuvwxyz")) // 8


def _slot(bundle: Bundle, key: str, name: str) -> Slot:
    entry = bundle.entries[key]
    if entry.dtype not in _DTYPES:
        raise bundle.folder.findings(key).refused("weights.format", f"TensorFlow data type {entry.dtype}")
    return Slot(name, name.split("/")[0], entry.shape, _DTYPES[entry.dtype], key)


def _ordered_names(bundle: Bundle) -> dict[str, str] | None:
    """Names of the model's weights by checkpoint key, in order; None without an object graph."""
    if _OBJECT_GRAPH not in bundle.entries:
        return None
    findings = bundle.folder.findings(_OBJECT_GRAPH)
    wire = Wire(findings, "checkpoint.damaged")
    nodes = list(wire.messages(memoryview(_string_scalar(bundle, wire)), 1))
    root = _children(nodes, 0, wire)
    if "variables" not in root:
        return None
    variables = _children(nodes, root["variables"], wire)
    found: dict[str, str] = {}
    for index in sorted((name for name in variables if name.isdecimal()), key=int):
        key, full_name = _attribute(nodes, variables[index], wire)
        if key not in bundle.entries:
            raise wire.damaged(f"no tensor {key!r}")
        taken = not full_name or full_name in found.values()
        found[key] = key.removesuffix(_VALUE) if taken else full_name
    return found


def _children(nodes: list[memoryview], index: int, wire: Wire) -> dict[str, int]:
    if not 0 <= index < len(nodes):
        raise wire.damaged(f"no object {index}")
    records = [wire.record(child) for child in wire.messages(nodes[index], 1)]
    return {wire.text(record.get(2)): wire.number(record.get(1)) for record in records}


def _attribute(nodes: list[memoryview], index: int, wire: Wire) -> tuple[str, str]:
    """Checkpoint key and full name of a variable."""
    if 0 <= index < len(nodes):
        for data in wire.messages(nodes[index], 2):
            record = wire.record(data)
            if wire.text(record.get(1)) == "VARIABLE_VALUE":
                return wire.text(record.get(3)), wire.text(record.get(2))
    raise wire.damaged(f"object {index} is no variable")


def _string_scalar(bundle: Bundle, wire: Wire) -> bytes:
    """A string tensor of one element: its length, the checksum of the length, its bytes."""
    entry = bundle.entries[_OBJECT_GRAPH]
    data = bundle.raw(_OBJECT_GRAPH)
    length, at = wire.varint(memoryview(data), 0)
    if entry.dtype != _STRING or at + 4 + length != len(data):
        raise wire.damaged("object graph")
    if masked_crc32c(length.to_bytes(4, "little")) != int.from_bytes(data[at : at + 4], "little"):
        raise wire.refused("checkpoint.checksum", "object graph")
    return data[at + 4 :]
