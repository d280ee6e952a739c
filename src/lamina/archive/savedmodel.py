"""The Keras architecture in a SavedModel: `keras_metadata.pb`, or JSON inside `saved_model.pb`.

TF 2.6 and later write the metadata of every Keras object to `keras_metadata.pb`
(`SavedMetadata` of keras/protobuf/saved_metadata.proto); earlier versions write it into the user
objects of the object graph in `saved_model.pb`. Both hold one JSON text per object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lamina._records import dataclass
from lamina.archive.folder import Folder
from lamina.archive.jsondata import parse_json
from lamina.archive.limits import Limits
from lamina.archive.rules import Findings
from lamina.archive.wire import Wire

_METADATA, _GRAPH = "keras_metadata.pb", "saved_model.pb"
_MODELS = ("_tf_keras_model", "_tf_keras_sequential", "_tf_keras_network")
# SavedModel.meta_graphs, MetaGraphDef.object_graph_def, SavedObjectGraph.nodes.
_OBJECTS = (2, 7, 1)
_USER_OBJECT = 4


@dataclass(frozen=True, slots=True)
class KerasObject:
    """The metadata of one Keras object: its number in the object graph and its JSON."""

    node: int
    identifier: str
    metadata: dict[str, Any]


def read_objects(folder: Folder, findings: Findings, limits: Limits) -> tuple[KerasObject, ...]:
    """Reads the metadata of every Keras object, the root model first.

    Args:
        folder: The SavedModel.
        findings: Receives notes.
        limits: Bounds on the protocol buffer and the JSON in it.

    Raises:
        RefusedError: There is no Keras model, or its metadata are damaged.
    """
    name = _METADATA if folder.has(_METADATA) else _GRAPH
    if not folder.has(name):
        raise findings.refused("file.unknown", f"a folder without {_GRAPH}")
    wire = Wire(findings, "protobuf.damaged", name)
    data = memoryview(folder.read(name, limits.protobuf_bytes))
    texts = _from_metadata(data, wire) if name == _METADATA else _from_graph(data, wire)
    budget = limits.json_bytes
    found = []
    for node, identifier, text in texts:
        budget -= len(text)
        if budget < 0:
            raise findings.refused("json.size", f"the limit is {limits.json_bytes} bytes", name)
        metadata = parse_json(text, findings, limits, f"{name}, object {node}")
        if not isinstance(metadata, dict):
            raise findings.refused("json.not-a-model", f"object {node}", name)
        found.append(KerasObject(node, identifier, metadata))
    found.sort(key=lambda item: item.node)
    if not found or found[0].node != 0 or found[0].identifier not in _MODELS:
        raise findings.refused("savedmodel.no-keras", name)
    return tuple(found)


def _from_metadata(data: memoryview, wire: Wire) -> Iterator[tuple[int, str, str]]:
    for message in wire.messages(data, 1):
        record = wire.record(message)
        yield wire.number(record.get(2)), wire.text(record.get(4)), wire.text(record.get(5))


def _from_graph(data: memoryview, wire: Wire) -> Iterator[tuple[int, str, str]]:
    for node, message in enumerate(wire.messages(data, *_OBJECTS)):
        user_object = wire.record(message).get(_USER_OBJECT)
        if isinstance(user_object, memoryview):
            record = wire.record(user_object)
            identifier = wire.text(record.get(1))
            if identifier.startswith("_tf_keras_") and 3 in record:
                text = wire.text(record.get(3))
                if text:
                    yield node, identifier, text
