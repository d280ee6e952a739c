"""The operations in the TensorFlow graph of a SavedModel, which TensorFlow may run at loading."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

from lamina.archive.folder import Folder
from lamina.archive.limits import Limits
from lamina.archive.rules import Findings
from lamina.archive.wire import Wire
from lamina.auditing.functions import finding
from lamina.auditing.verdicts import Finding

_GRAPH = "saved_model.pb"
# SavedModel.meta_graphs, MetaGraphDef.graph_def, and in it node, or library.function.
_NODES, _FUNCTIONS = (2, 2, 1), (2, 2, 2, 1)
_CHECKPOINT = frozenset({"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"})
_TABLE = os.path.join(os.path.dirname(__file__), "tensorflow_ops.txt")
_SAVING = ("save", "restore", "__inference__traced_save", "__inference__traced_restore")


@functools.cache
def _operations() -> dict[str, str]:
    with open(_TABLE, encoding="utf-8") as file:
        text = file.read()
    allowed, _, outside = text.partition("\noutside:\n")
    _, _, allowed = allowed.partition("allowed:\n")
    return dict.fromkeys(outside.split(), "outside") | dict.fromkeys(allowed.split(), "allowed")


def classify(operation: str) -> str:
    """What kind of operation it is.

    Returns:
        `"allowed"` for those that compute, `"outside"`, or `"custom"` for what is not TensorFlow's.

    Example:
        >>> classify("MatMul"), classify("WriteFile"), classify("MyOp")
        ('allowed', 'outside', 'custom')
    """
    return _operations().get(operation, "custom")


def graph_findings(path: str, limits: Limits) -> Iterator[Finding]:
    """Yields what the graph of a SavedModel folder could reach.

    Reading and writing of checkpoints is allowed where TensorFlow puts it, in the functions that
    save and restore the variables.

    Args:
        path: The folder.
        limits: Bounds on the protocol buffer.

    Raises:
        RefusedError: The graph is damaged.
    """
    folder = Folder(path)
    if not folder.has(_GRAPH):
        return
    wire = Wire(Findings(path), "protobuf.damaged", _GRAPH)
    data = memoryview(folder.read(_GRAPH, limits.protobuf_bytes))
    outside: dict[str, str] = {}
    for operation, name in _used(wire, data):
        kind = classify(operation)
        saving = operation in _CHECKPOINT and name.startswith(_SAVING)
        if kind != "allowed" and not saving:
            outside[operation] = kind
    for rule, wanted in (("graph.op", "outside"), ("graph.custom-op", "custom")):
        names = tuple(sorted(op for op, kind in outside.items() if kind == wanted))
        if names:
            yield finding(rule, ", ".join(names)[:500], path=_GRAPH, names=names)


def _used(wire: Wire, data: memoryview) -> Iterator[tuple[str, str]]:
    """Each operation with the name of the function, or of the node, that it stands in."""
    functions: list[tuple[str, memoryview]] = []
    for message in wire.messages(data, *_FUNCTIONS):
        signature = wire.record(message).get(1)
        name = wire.text(wire.record(signature).get(1)) if isinstance(signature, memoryview) else ""
        functions.append((name, message))
    defined = {name for name, _ in functions}
    for name, message in functions:
        for node in wire.messages(message, 3):
            operation = wire.text(wire.record(node).get(2))
            if operation not in defined:
                yield operation, name
    for node in wire.messages(data, *_NODES):
        record = wire.record(node)
        operation, name = wire.text(record.get(2)), wire.text(record.get(1))
        if operation not in defined:
            yield operation, os.path.dirname(name) or name
