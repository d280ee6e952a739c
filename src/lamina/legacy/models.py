"""Models from their configs: layers made, and called as the file connects them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

import keras

from lamina._records import dataclass
from lamina.errors import ArchiveError, LaminaError
from lamina.legacy.nodes import LayerCall, Output, ends, first_node, is_connection, layer_calls, replaced
from lamina.legacy.operators import Operator, is_operation, operation
from lamina.legacy.values import Config

if TYPE_CHECKING:
    from lamina.legacy.layers import Restorer

_KEEP_LISTS = "Add Average Concatenate Dot Maximum Merge Minimum Multiply Subtract TFOpLambda".split()


def model_of(restorer: Restorer, node: Mapping[str, Any], place: str) -> Any:
    """A Functional or Sequential model.

    Args:
        restorer: Makes the layers.
        node: The model's node in the file.
        place: Names of the models around it, and its own.

    Raises:
        ArchiveError: The file connects layers that it does not have.
    """
    config = node["config"]
    if isinstance(config, list):
        config = {"name": node.get("name"), "layers": config}
    if "output_layers" in config:
        model = _Graph(restorer, config, place).model()
    else:
        model = _sequential(restorer, config, place)
    if config.get("trainable") is False:
        model.trainable = False
    return model


def _input(config: Mapping[str, Any], restorer: Restorer, place: str) -> Any:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None and config.get("input_shape") is not None:
        shape = [None, *config["input_shape"]]
    if isinstance(shape, Mapping):
        shape = shape.get("items")  # a SavedModel says that it is a tuple
    if not isinstance(shape, list):
        raise ArchiveError(
            f"{place}: expected an input with a batch_input_shape, received {dict(config)!r:.200}"
        )
    if config.get("ragged"):
        restorer.notes.add(place, "the input was ragged; it became a dense one")
    dtype = config.get("dtype") or config.get("input_dtype") or "float32"
    dtype = dtype["config"]["name"] if isinstance(dtype, Mapping) else dtype
    extra = {"optional": True} if config.get("optional") else {}
    name = restorer.name(config.get("name"))
    return keras.Input(
        batch_shape=tuple(shape), dtype=dtype, sparse=bool(config.get("sparse")), name=name, **extra
    )


# Sequential


def _sequential(restorer: Restorer, config: Mapping[str, Any], place: str) -> Any:
    from lamina.legacy.layers import class_of

    nodes = [_with_class(node) for node in config.get("layers") or []]
    name = restorer.name(config.get("name"))
    if nodes and class_of(nodes[0]) == "Merge" and nodes[0]["config"].get("layers"):
        return _merged_sequential(restorer, nodes, name, place)
    model = keras.Sequential(name=name)
    made: list[tuple[Config, Any]] = []
    for position, node in enumerate(nodes):
        if position == 0:
            first = _first_input(node, restorer, place)
            if first is not None:
                model.add(first)
        if class_of(node) == "InputLayer":
            continue
        layer = operation(node) if _is_operation(restorer, node) else restorer.layer(node, place)
        made.append((node, layer))
        model.add(layer)
    if not model.built and config.get("build_input_shape"):
        model.build(tuple(config["build_input_shape"]))
    restorer.children[id(model)] = made
    return model


def _with_class(node: Any) -> Config:
    """A layer's node; before Keras 1 it was the config itself."""
    if isinstance(node, dict) and "class_name" not in node and "name" in node:
        return {"class_name": node["name"], "config": {**node, "name": node.get("custom_name")}}
    if not isinstance(node, dict):
        raise ArchiveError(f"expected a layer, received {node!r:.200}")
    return node


def _first_input(node: Config, restorer: Restorer, place: str) -> Any:
    from lamina.legacy.layers import class_of

    config = node.get("config")
    if not isinstance(config, Mapping):
        # A model in list form: its own first layer says what it takes.
        return None
    if class_of(node) == "InputLayer":
        return _input(config, restorer, place)
    if config.get("batch_input_shape") is None:
        return None
    dtype = config.get("input_dtype") or config.get("dtype")
    # Its name would be that of the first layer.
    return _input({"batch_input_shape": config["batch_input_shape"], "dtype": dtype}, restorer, place)


def _merged_sequential(restorer: Restorer, nodes: list[Config], name: Any, place: str) -> Any:
    """A Sequential of Keras 1 that began by merging other models."""
    branches = [
        (node, restorer.layer(node, place)) for node in map(_with_class, nodes[0]["config"]["layers"])
    ]
    merge = restorer.layer(nodes[0], place)
    inputs = [keras.Input(batch_shape=b.inputs[0].shape, dtype=b.inputs[0].dtype) for _, b in branches]
    tensor = merge([branch(tensor) for (_, branch), tensor in zip(branches, inputs, strict=True)])
    made = [*branches, (nodes[0], merge)]
    for node in nodes[1:]:
        layer = restorer.layer(node, place)
        made.append((node, layer))
        tensor = layer(tensor)
    model = keras.Model(inputs, tensor, name=name)
    restorer.children[id(model)] = made
    return model


def _is_operation(restorer: Restorer, node: Mapping[str, Any]) -> bool:
    return restorer.generation >= 3 and is_operation(node)


# Functional


@dataclass
class _Graph:
    restorer: Restorer
    config: Mapping[str, Any]
    place: str
    layers: dict[str, Any] = field(default_factory=dict)
    tensors: dict[tuple[str, int], Any] = field(default_factory=dict)

    @functools.cached_property
    def nodes(self) -> dict[str, Config]:
        from lamina.legacy.layers import name_of

        found = [_with_class(node) for node in self.config["layers"]]
        return {name_of(node): node for node in found}

    @functools.cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.nodes)

    @functools.cached_property
    def calls(self) -> dict[str, list[LayerCall]]:
        from lamina.legacy.layers import class_of

        return {
            name: layer_calls(node, self.names, class_of(node) in _KEEP_LISTS)
            for name, node in self.nodes.items()
        }

    def model(self) -> Any:
        made = [(node, self._make(name, node)) for name, node in self.nodes.items()]
        self._connect()
        saved = [self.config[key] for key in ("input_layers", "output_layers")]
        # Until some Keras 3, a list of one stood for the tensor itself, too.
        single = not any(is_connection(value, self.names) for value in saved)
        inputs, outputs = (replaced(ends(value, self.names, single), self._tensor) for value in saved)
        name = self.restorer.name(self.config.get("name"))
        model = keras.Model(inputs, outputs, name=name)
        self.restorer.children[id(model)] = [pair for pair in made if isinstance(pair[1], keras.Layer)]
        return model

    def _make(self, name: str, node: Config) -> Any:
        from lamina.legacy.layers import class_of

        if class_of(node) == "InputLayer":
            layer: Any = None
            self.tensors[name, 0] = _input({"name": name, **node["config"]}, self.restorer, self.place)
        elif _is_operation(self.restorer, node):
            layer = operation(node)
        else:
            layer = self.restorer.layer(node, self.place)
        self.layers[name] = layer
        return layer

    def _connect(self) -> None:
        """Call each layer once its inputs are there, in as many rounds as it takes."""
        firsts = self._first_nodes()
        waiting = [
            (name, firsts[name] + index, call)
            for name, calls in self.calls.items()
            for index, call in enumerate(calls)
            if self.layers[name] is not None
        ]
        while waiting:
            left = [item for item in waiting if not self._called(*item)]
            if len(left) == len(waiting):
                raise ArchiveError(
                    f"{self.place}: the layers {', '.join(name for name, _, _ in left)} wait for tensors that no layer "
                    "gives; the file connects them in a loop or lacks a layer"
                )
            waiting = left

    def _first_nodes(self) -> dict[str, int]:
        used: dict[str, set[int]] = {}
        references = [output for calls in self.calls.values() for call in calls for output in call.outputs()]
        for output in [*references, *self._ends()]:
            used.setdefault(output.layer, set()).add(output.node)
        return {name: first_node(name, len(calls), used) for name, calls in self.calls.items()}

    def _ends(self) -> list[Output]:
        from lamina.legacy.nodes import outputs_in

        return list(outputs_in(ends(self.config["output_layers"], self.names, single=False)))

    def _called(self, name: str, index: int, call: LayerCall) -> bool:
        if any((output.layer, output.node) not in self.tensors for output in call.outputs()):
            return False
        args, kwargs = replaced(call.args, self._tensor), replaced(dict(call.kwargs), self._tensor)
        layer = self.layers[name]
        try:
            self.tensors[name, index] = _call(layer, args, kwargs)
        except LaminaError:
            raise
        except Exception as error:
            raise ArchiveError(
                f"{self.place}/{name}: Keras cannot call this {type(layer).__name__} as the file does: "
                f"{type(error).__name__}: {error}"
            ) from error
        self._remark_mask(name, args)
        return True

    def _tensor(self, output: Output) -> Any:
        if (output.layer, output.node) not in self.tensors:
            raise ArchiveError(f"{self.place}: no layer gives {output}")
        found = self.tensors[output.layer, output.node]
        flat = keras.tree.flatten(found)
        if not 0 <= output.tensor < len(flat):
            raise ArchiveError(
                f"{self.place}: {output.layer!r} has {len(flat)} outputs, and {output} is asked for"
            )
        return flat[output.tensor]

    def _remark_mask(self, name: str, args: Any) -> None:
        masked = any(getattr(tensor, "_keras_mask", None) is not None for tensor in keras.tree.flatten(args))
        node = self.nodes[name]
        if masked and self.restorer.loses_masks and node.get("class_name") == "Lambda":
            self.restorer.notes.add(
                f"{self.place}/{name}",
                "this version of Keras did not save the mask function of a Lambda. The layer receives a mask and "
                "passes none on; if it had a mask function, the layers after it compute something else",
            )


_STATES = ("RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional")


def _call(layer: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if isinstance(layer, Operator):
        return layer(*args, **kwargs)
    kwargs = {key: value for key, value in kwargs.items() if value is not None and not _nothing(value)}
    states = type(layer).__name__ in _STATES and isinstance(args[0], list)
    if states and len(args[0]) > 1:
        # Before Keras 3 the initial states of a recurrent layer were further inputs.
        return layer(args[0][0], initial_state=args[0][1:], **kwargs)
    return layer(*args, **kwargs)


def _nothing(value: Any) -> bool:
    return isinstance(value, list) and all(item is None for item in value)
