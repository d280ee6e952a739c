"""The input shapes of layers, as far as a config tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lamina.archive import LambdaNode

_Found = list[tuple[tuple[int | None, ...], str | None]]


class Shapes:
    """Looks up what a file says about the inputs of a Lambda.

    Keras 3 and late Keras 2 write it beside the layer; in a functional model of an earlier one, the
    layers that a Lambda is connected to may be input layers; in a Sequential the first layer says it.

    Args:
        parts: The parts of the model file by their name in pointers, such as `"config"`.
    """

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts

    def of(self, node: LambdaNode) -> list[Any] | None:
        """Specs for the arguments of the layer's function, or None."""
        layer = self._at(node.pointer)
        if not isinstance(layer, dict):
            return None
        found = _built(layer) or _batch(layer) or self._connected(layer, node.pointer)
        return None if found is None else [found]

    def _at(self, pointer: str) -> Any:
        value: Any = self._parts
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return value

    def _connected(self, layer: dict[str, Any], pointer: str) -> Any:
        layers = self._at(pointer.rsplit("/", 1)[0])
        if not isinstance(layers, list):
            return None
        named = {_name(item): item for item in layers if isinstance(item, dict)}
        sources = [named.get(name) for name in _inbound(layer)]
        shapes = [_batch(item) for item in sources if isinstance(item, dict)]
        if not shapes or len(shapes) != len(sources) or any(shape is None for shape in shapes):
            return None
        return shapes[0] if len(shapes) == 1 else shapes


def _name(layer: dict[str, Any]) -> Any:
    config = layer.get("config")
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else None


def _inbound(layer: dict[str, Any]) -> Iterator[str]:
    """The layers that the first call of a Keras 1 or 2 layer takes its inputs from."""
    nodes = layer.get("inbound_nodes")
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    for link in first if isinstance(first, list) else ():
        if isinstance(link, list) and link and isinstance(link[0], str):
            yield link[0]


def _built(layer: dict[str, Any]) -> Any:
    config = layer.get("build_config")
    return _shape(config.get("input_shape")) if isinstance(config, dict) else None


def _batch(layer: dict[str, Any]) -> Any:
    config = layer.get("config")
    if not isinstance(config, dict):
        return None
    return _shape(config.get("batch_input_shape")) or _shape(config.get("batch_shape"))


def _shape(value: Any) -> Any:
    """A shape, or a list of shapes."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if not isinstance(value, list) or not value or len(value) > 32:
        return None
    if all(size is None or (type(size) is int and 0 <= size < 2**31) for size in value):
        return tuple(value)
    inner = [_shape(item) if isinstance(item, list | dict) else None for item in value]
    return None if any(item is None for item in inner) else inner
