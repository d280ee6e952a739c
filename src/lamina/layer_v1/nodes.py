"""What the symbolic calls of a layer received and returned.

A Keras 3 layer keeps a node for each symbolic call. `at` reads one node; `only` reads the single
connection that the properties `input`, `output`, ... of the 1.8 API speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras

from lamina.errors import NodeError, NodeIndexError
from lamina.layer_v1 import internals

_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "input": ("input_tensors", lambda tensor: tensor),
    "input_mask": ("input_tensors", internals.mask_of),
    "input_shape": ("input_tensors", lambda tensor: tensor.shape),
    "output": ("output_tensors", lambda tensor: tensor),
    "output_mask": ("output_tensors", internals.mask_of),
    "output_shape": ("output_tensors", lambda tensor: tensor.shape),
}


def at(layer: Any, node_index: int, what: str) -> Any:
    """Reads `what` (a key of the table above) of the call number `node_index` of `layer`.

    Raises:
        NodeError: the layer has no symbolic call.
        NodeIndexError: the layer has fewer symbolic calls.
    """
    nodes = _called(layer, what)
    if not -len(nodes) <= node_index < len(nodes):
        raise NodeIndexError(
            f"Expected a node index below {len(nodes)}, the number of symbolic calls of layer "
            f"{layer.name!r}. Received: node_index={node_index} for its {what}."
        )
    return _read(nodes[node_index], what)


def only(layer: Any, what: str) -> Any:
    """Reads `what` of a layer that is connected once.

    Calls that are repetitions of one another count as one: `Sequential.add` calls the layers that
    it already holds again.

    Raises:
        NodeError: the layer has no symbolic call, or calls that differ.
    """
    nodes = _called(layer, what)
    if not all(_repeats(nodes[0], node) for node in nodes[1:]):
        raise _several(layer, len(nodes), what)
    return _read(nodes[0], what)


def common_shape(layer: Any, what: str) -> Any:
    """Reads the shape `what` of a layer, where all its calls have the same one.

    Raises:
        NodeError: the layer has no symbolic call, or calls with different shapes.
    """
    nodes = _called(layer, what)
    shapes = [_read(node, what) for node in nodes]
    if any(shape != shapes[0] for shape in shapes[1:]):
        raise _several(layer, len(nodes), what)
    return shapes[0]


def reached(layer: Any, sources: Iterable[Any]) -> list[int]:
    """The indices of the calls of `layer` whose inputs depend on a tensor of `sources`."""
    wanted = {id(tensor) for tensor in sources}
    calls = enumerate(internals.inbound_nodes(layer))
    return [index for index, node in calls if wanted & _upstream(node)]


def _upstream(node: Any) -> set[int]:
    """The ids of all tensors that `node` depends on."""
    seen: set[int] = set()
    waiting = list(node.input_tensors)
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        origin = internals.origin(tensor)
        if origin is not None:
            waiting.extend(origin[0].input_tensors)
    return seen


def _called(layer: Any, what: str) -> list[Any]:
    nodes = internals.inbound_nodes(layer)
    if not nodes:
        raise NodeError(
            f"Layer {layer.name!r} has no {what}: expected a call on a symbolic tensor "
            f"(`keras.Input`), received none. Calls on values leave no node, in Keras 3 as in the "
            f"eager mode of TensorFlow 1.8; put the layer in a Functional or Sequential model."
        )
    return nodes


def _several(layer: Any, count: int, what: str) -> NodeError:
    return NodeError(
        f"Layer {layer.name!r} has no single {what}: expected one symbolic call, received {count} that "
        f"differ. Use `get_{what}_at(node_index)` with an index from 0 to {count - 1}."
    )


def _read(node: Any, what: str) -> Any:
    tensors, read = _READERS[what]
    values = [read(tensor) for tensor in getattr(node, tensors)]
    return values[0] if len(values) == 1 else values


def _repeats(first: Any, second: Any) -> bool:
    """Whether two calls compute the same thing from the same tensors.

    Without recursion on the Python stack: chains of nodes can be long.
    """
    compared: set[tuple[int, int]] = set()
    waiting = [(first, second)]
    while waiting:
        one, other = waiting.pop()
        if one is other or (id(one), id(other)) in compared:
            continue
        compared.add((id(one), id(other)))
        parents = _matching_parents(one, other)
        if parents is None:
            return False
        waiting.extend(parents)
    return True


def _matching_parents(first: Any, second: Any) -> list[tuple[Any, Any]] | None:
    """The pairs of nodes that must repeat one another if these two do; None if they do not."""
    if first.operation is not second.operation:
        return None
    ours, theirs = _arguments(first), _arguments(second)
    if len(ours) != len(theirs):
        return None
    parents = []
    for one, other in zip(ours, theirs, strict=True):
        if one is other or _same_scalar(one, other):
            continue
        pair = _matching_origins(one, other)
        if pair is None:
            return None
        parents.append(pair)
    return parents


def _matching_origins(one: Any, other: Any) -> tuple[Any, Any] | None:
    if not (isinstance(one, keras.KerasTensor) and isinstance(other, keras.KerasTensor)):
        return None
    ours, theirs = internals.origin(one), internals.origin(other)
    if ours is None or theirs is None or ours[1] != theirs[1]:
        return None
    return ours[0], theirs[0]


def _same_scalar(one: Any, other: Any) -> bool:
    return isinstance(one, bool | int | float | str) and type(one) is type(other) and one == other


def _arguments(node: Any) -> list[Any]:
    arguments = node.arguments
    return [*keras.tree.flatten((arguments.args, arguments.kwargs)), *sorted(arguments.kwargs)]
