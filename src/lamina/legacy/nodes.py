"""How the layers of a model are connected, in the spelling of every Keras version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lamina._records import dataclass
from lamina.errors import ArchiveError

CONSTANT = "_CONSTANT_VALUE"


@dataclass(frozen=True)
class Output:
    """An output tensor of a call of a layer.

    Attributes:
        layer: The layer's name in the file.
        node: Which call, as the file numbers them.
        tensor: Which of its outputs.
    """

    layer: str
    node: int
    tensor: int


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer: arguments with an `Output` wherever a tensor stands."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def outputs(self) -> Iterator[Output]:
        """The tensors that it takes."""
        yield from outputs_in(self.args)
        yield from outputs_in(self.kwargs)


def outputs_in(value: Any) -> Iterator[Output]:
    """Every `Output` in a nested structure."""
    if isinstance(value, Output):
        yield value
    elif isinstance(value, Mapping):
        yield from outputs_in(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from outputs_in(item)


def replaced(value: Any, tensor: Callable[[Output], Any]) -> Any:
    """The structure with each `Output` replaced by its tensor."""
    if isinstance(value, Output):
        return tensor(value)
    if isinstance(value, Mapping):
        return {key: replaced(item, tensor) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([replaced(item, tensor) for item in value])
    return value


def layer_calls(node: Mapping[str, Any], layers: frozenset[str], keep_list: bool = False) -> list[LayerCall]:
    """The calls of one layer.

    Args:
        node: The layer as the file has it, with `inbound_nodes`.
        layers: The names of the layers of the model.
        keep_list: Whether a list of one tensor stays a list; Keras 1 and 2 wrote both alike.

    Raises:
        ArchiveError: The connections are in no known spelling.

    Example:
        >>> layer_calls({"inbound_nodes": [[["input_1", 0, 0, {}]]]}, frozenset({"input_1"}))
        [LayerCall(args=(Output(layer='input_1', node=0, tensor=0),), kwargs={})]
    """
    found = node.get("inbound_nodes") or []
    if not isinstance(found, list):
        raise ArchiveError(f"inbound_nodes: expected a list, received {found!r:.200}")
    return [_call(data, layers, keep_list) for data in found]


def _call(data: Any, layers: frozenset[str], keep_list: bool) -> LayerCall:
    if isinstance(data, Mapping) and set(data) == {"args", "kwargs"}:
        return LayerCall(tuple(_keras3(item) for item in data["args"]), _keras3(data["kwargs"]))
    kwargs: dict[str, Any] = {}
    inputs = _connections(data, layers, kwargs)
    if isinstance(inputs, list) and len(inputs) == 1 and not keep_list:
        inputs = inputs[0]
    return LayerCall((inputs,), kwargs)


def _connections(data: Any, layers: frozenset[str], kwargs: dict[str, Any]) -> Any:
    """The first argument; the other arguments stand beside each tensor in it."""
    if is_connection(data, layers):
        if len(data) > 3 and data[3]:
            kwargs.update({key: _tensors(value, layers) for key, value in data[3].items()})
        return data[2] if data[0] == CONSTANT else Output(*data[:3])
    if isinstance(data, Mapping):
        return {key: _connections(item, layers, kwargs) for key, item in data.items()}
    if isinstance(data, list):
        return [_connections(item, layers, kwargs) for item in data]
    raise ArchiveError(f"inbound_nodes: expected [layer, node, tensor], received {data!r:.200}")


def is_connection(data: Any, layers: frozenset[str]) -> bool:
    """Whether data are `[layer, node, tensor]`, perhaps with further arguments."""
    return (
        isinstance(data, list)
        and len(data) in (3, 4)
        and isinstance(data[0], str)
        and type(data[1]) is int
        and (data[0] == CONSTANT or (type(data[2]) is int and data[0] in layers))
    )


def _tensors(value: Any, layers: frozenset[str]) -> Any:
    if is_connection(value, layers) and len(value) == 3:
        return Output(*value)
    if isinstance(value, Mapping):
        return {key: _tensors(item, layers) for key, item in value.items()}
    if isinstance(value, list):
        return [_tensors(item, layers) for item in value]
    return value


def _keras3(value: Any) -> Any:
    """An argument as Keras 3 writes it."""
    if isinstance(value, list):
        return [_keras3(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__keras_tensor__" and isinstance(config, Mapping):
        return Output(*config["keras_history"])
    if kind == "__ellipsis__":
        return ...
    if kind == "__slice__" and isinstance(config, Mapping):
        return slice(*(_keras3(config[key]) for key in ("start", "stop", "step")))
    if kind in ("__numpy__", "__tensor__") and isinstance(config, Mapping):
        import numpy as np

        return np.array(config["value"], dtype=config["dtype"])
    return {key: _keras3(item) for key, item in value.items()}


def ends(value: Any, layers: frozenset[str], single: bool) -> Any:
    """The inputs or outputs of a model.

    Args:
        value: `input_layers` or `output_layers`.
        layers: The names of the layers of the model.
        single: Whether a list of one stands for the tensor itself, as before Keras 3.
    """
    found = _connections(value, layers, {})
    return found[0] if single and isinstance(found, list) and len(found) == 1 else found


def first_node(name: str, calls: int, used: Mapping[str, set[int]]) -> int:
    """The number of the first call of a layer.

    A model that stands in another begins at 1 in most versions, since 0 was its own.
    """
    indices = used.get(name, set())
    return 1 if indices and min(indices) > 0 and max(indices) == calls else 0
