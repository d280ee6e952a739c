"""Puts the weights of a file into a model that was built from its config."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from lamina._records import dataclass
from lamina.archive import Weights
from lamina.errors import WeightsError
from lamina.layer import Lambda
from lamina.legacy.kernels import Array, Writer, modern, split_gates
from lamina.legacy.layers import class_of, name_of
from lamina.legacy.values import Config

Made = list[tuple[Config, Any]]
Children = Mapping[int, Made]


@dataclass(frozen=True)
class Leaf:
    """A layer without layers of its own, and how many arrays the file has for it.

    Attributes:
        layer: The layer of Keras 3.
        node: Its node in the file.
        trained: Number of arrays in the file that were trained.
        fixed: Number of the others.
    """

    layer: Any
    node: Config
    trained: int
    fixed: int


def leaves(layer: Any, node: Config, children: Children) -> Iterator[Leaf]:
    """The layers inside a layer that hold weights, in the order of Keras's `get_weights()`.

    Args:
        layer: A layer or model.
        node: Its node in the file.
        children: The layers of each model, by its id.
    """
    inner = node.get("config")
    if id(layer) in children:
        for child_node, child in children[id(layer)]:
            yield from leaves(child, child_node, children)
    elif isinstance(layer, keras.layers.Bidirectional) and isinstance(inner, Mapping):
        yield from leaves(layer.forward_layer, inner["layer"], children)
        yield from leaves(layer.backward_layer, inner.get("backward_layer") or inner["layer"], children)
    elif isinstance(layer, keras.layers.TimeDistributed) and isinstance(inner, Mapping):
        yield from leaves(layer.layer, inner["layer"], children)
    elif layer.weights and not _restored_lambda(layer, node):
        yield _leaf(layer, node)


def _restored_lambda(layer: Any, node: Config) -> bool:
    """Whether what the layer holds came with its function, and not from the weights."""
    config = node.get("config")
    return isinstance(layer, Lambda) and not (isinstance(config, Mapping) and "expressions" in config)


def _leaf(layer: Any, node: Config) -> Leaf:
    trained = [weight for weight in layer.weights if any(weight is one for one in _own_trained(layer))]
    fixed = len(layer.weights) - len(trained)
    return Leaf(layer, node, len(trained), fixed)


def _own_trained(layer: Any) -> list[Any]:
    """The variables that training would change if the layer were not frozen."""
    if layer.trainable:
        return list(layer.trainable_weights)
    return [weight for weight in layer.weights if weight.name not in _FIXED]


_FIXED = ("moving_mean", "moving_variance", "mean", "variance", "count")


def assign(
    model: Any, root: Config, weights: Weights | Sequence[Array], children: Children, writer: Writer
) -> None:
    """Assigns every array of a file.

    Args:
        model: The model.
        root: Its node in the file.
        weights: The weights of a file by layer, or all arrays in the order of `get_weights()`.
        children: The layers of each model, by its id.
        writer: What wrote them.

    Raises:
        WeightsError: They are not those of the model.
    """
    made = children.get(id(model), [(root, model)])
    if not isinstance(weights, Weights):
        _assign_list(made, list(weights), children, writer)
    elif weights.layout == "checkpoint" and weights.ordered:
        # Its names are those of variables, which need not be those of the outermost layers.
        _assign_list(made, weights.arrays(), children, writer)
    else:
        _assign_layers(made, weights, children, writer)


def _assign_layers(made: Made, weights: Weights, children: Children, writer: Writer) -> None:
    by_layer, seen = _by_layer(weights), set[int]()
    known = {name_of(node) for node, _ in made}
    lost = [name for name in by_layer if name not in known]
    if lost:
        raise WeightsError(f"the file has weights for {', '.join(lost)}, and the model has no such layers")
    for node, layer in made:
        listed = weights.layout == "layers"
        # This layout repeats the weights of a layer that stands in several models.
        found = list(leaves(layer, node, children)) if listed else _unseen(layer, node, children, seen)
        _assign_layer(found, node, by_layer.get(name_of(node), []), writer, listed)


def _unseen(layer: Any, node: Config, children: Children, seen: set[int]) -> list[Leaf]:
    """The layers inside a layer that no layer before had, too."""
    found = []
    for leaf in leaves(layer, node, children):
        if id(leaf.layer) not in seen:
            seen.add(id(leaf.layer))
            found.append(leaf)
    return found


def _by_layer(weights: Weights) -> dict[str, list[Array]]:
    found: dict[str, list[Array]] = {}
    for slot, array in zip(weights.slots, weights.store.read(weights.slots), strict=True):
        found.setdefault(slot.layer, []).append(array)
    return found


def _assign_list(made: Made, arrays: list[Array], children: Children, writer: Writer) -> None:
    at, seen = 0, set[int]()
    for node, layer in made:
        found = _unseen(layer, node, children, seen)
        count = sum(_count(leaf, arrays[at:]) for leaf in found)
        _assign_layer(found, node, arrays[at : at + count], writer, writer.generation < 2)
        at += count
    if at != len(arrays):
        raise WeightsError(f"expected {at} arrays for the model, received {len(arrays)}")


def _count(leaf: Leaf, arrays: list[Array]) -> int:
    """How many arrays a layer has, where Keras 1 kept one for each gate."""
    split = split_gates(type(leaf.layer).__name__)
    kernel = leaf.layer.weights[0]
    if (
        split
        and arrays
        and arrays[0].shape != tuple(kernel.shape)
        and leaf.node["class_name"] == type(leaf.layer).__name__
    ):
        return split
    return leaf.trained + leaf.fixed


def _assign_layer(
    found: list[Leaf], node: Config, arrays: list[Array], writer: Writer, trained_first: bool
) -> None:
    groups = _in_groups(found, arrays, trained_first)
    if groups is None:
        expected = sum(leaf.trained + leaf.fixed for leaf in found)
        raise WeightsError(
            f"layer {name_of(node)!r} of class {class_of(node)}: expected {expected} arrays, the file has {len(arrays)}"
        )
    for leaf, group in zip(found, groups, strict=True):
        _assign_leaf(leaf, group, writer, name_of(node))


def _in_groups(found: list[Leaf], arrays: list[Array], trained_first: bool) -> list[list[Array]] | None:
    """The arrays of each layer; those of a model stand with all trained ones first in old files."""
    if len(found) == 1:
        return [arrays]
    total = sum(leaf.trained + leaf.fixed for leaf in found)
    split = [split_gates(type(leaf.layer).__name__) for leaf in found]
    if len(arrays) != total:
        counts = [gates or leaf.trained + leaf.fixed for gates, leaf in zip(split, found, strict=True)]
        return _cut(arrays, counts) if sum(counts) == len(arrays) else None
    if not trained_first:
        return _cut(arrays, [leaf.trained + leaf.fixed for leaf in found])
    early = [leaf.trained if leaf.layer.trainable else 0 for leaf in found]
    late = [leaf.trained + leaf.fixed - count for leaf, count in zip(found, early, strict=True)]
    first, second = _cut(arrays, early), _cut(arrays[sum(early) :], late)
    return [one + other for one, other in zip(first, second, strict=True)]


def _cut(arrays: list[Array], counts: list[int]) -> list[list[Array]]:
    ends = list(itertools.accumulate(counts, initial=0))
    return [arrays[start:end] for start, end in itertools.pairwise(ends)]


def _assign_leaf(leaf: Leaf, arrays: list[Array], writer: Writer, name: str) -> None:
    arrays = modern(leaf.layer, class_of(leaf.node), arrays, writer)
    variables = _file_order(leaf.layer)
    shapes = [tuple(array.shape) for array in arrays]
    expected = [tuple(variable.shape) for variable in variables]
    if len(arrays) != len(variables) or any(
        np.prod(one, dtype=int) != np.prod(other, dtype=int)
        for one, other in zip(shapes, expected, strict=True)
    ):
        raise WeightsError(
            f"layer {name!r} of class {class_of(leaf.node)}: expected arrays of shapes {expected}, "
            f"the file has {shapes}"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(
            array.reshape(tuple(variable.shape)) if array.shape != tuple(variable.shape) else array
        )


def _file_order(layer: Any) -> list[Any]:
    """Trained variables first, as every version saved a layer."""
    trained = _own_trained(layer)
    rest = [weight for weight in layer.weights if not any(weight is one for one in trained)]
    return [*trained, *rest]
