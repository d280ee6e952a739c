"""Operations that stand among the layers: TensorFlow's in Keras 2, `keras.ops` in Keras 3."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from lamina.errors import ArchiveError
from lamina.layer import Lambda
from lamina.vocabulary import registry


def _getitem(tensor: Any, slice_spec: Any) -> Any:
    return tensor[tuple(slice_spec) if isinstance(slice_spec, list) else slice_spec]


_OPERATORS: Mapping[str, Callable[..., Any]] = {
    "__operators__.add": lambda x, y: x + y,
    "__operators__.eq": lambda self, other: self == other,
    "__operators__.ne": lambda self, other: self != other,
    "__operators__.getitem": _getitem,
}


class Operator:
    """Stands for a layer until it is called; its constants come with the call.

    Args:
        name: The layer's name.
        function: What it computes, over tracers.
        lowered: Whether it becomes a `lamina.Lambda`, and not a call of `keras.ops`.
    """

    def __init__(self, name: str | None, function: Callable[..., Any], lowered: bool = True) -> None:
        self.name = name
        self._function = function
        self._lowered = lowered
        self._calls = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it on Keras tensors."""
        if not self._lowered:
            return self._function(*args, **kwargs)
        tensors = list(_tensors((args, kwargs)))
        name = f"{self.name}_{self._calls}" if self._calls else self.name
        self._calls += 1
        layer = Lambda(functools.partial(_apply, self._function, _template((args, kwargs))), name=name)
        return layer(tensors if len(tensors) > 1 else tensors[0])


class _Hole:
    """Where a tensor goes."""


def _apply(function: Callable[..., Any], template: Any, tensors: Any) -> Any:
    given = iter(tensors if isinstance(tensors, (list, tuple)) else [tensors])
    args, kwargs = _filled(template, given)
    return function(*args, **kwargs)


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, keras.KerasTensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


def _template(value: Any) -> Any:
    """The arguments with holes for tensors, and what JSON cannot say put back."""
    if isinstance(value, keras.KerasTensor):
        return _Hole()
    if isinstance(value, Mapping):
        if set(value) == {"start", "stop", "step"}:
            return slice(*(_template(value[key]) for key in ("start", "stop", "step")))
        if value.get("class_name") == "__tuple__":
            return tuple(_template(value["items"]))
        if value.get("class_name") == "__ellipsis__":
            return ...
        return {key: _template(item) for key, item in value.items() if key != "name"}
    if isinstance(value, (list, tuple)):
        return type(value)([_template(item) for item in value])
    return value


def _filled(template: Any, given: Iterator[Any]) -> Any:
    if isinstance(template, _Hole):
        return next(given)
    if isinstance(template, Mapping):
        return {key: _filled(item, given) for key, item in template.items()}
    if isinstance(template, (list, tuple)):
        return type(template)([_filled(item, given) for item in template])
    if isinstance(template, slice):
        return slice(*(_filled(part, given) for part in (template.start, template.stop, template.step)))
    return template


def operator_layer(kind: str, config: Mapping[str, Any], place: str) -> Operator:
    """A TensorFlow function that a Keras 2 model holds as a layer.

    Args:
        kind: `TFOpLambda` or `SlicingOpLambda`.
        config: Its config, with the public name of the function.
        place: Where it is.

    Raises:
        ArchiveError: The function is no public one of TensorFlow.
        CaptureError: It is one that no expression can hold.
    """
    symbol = config.get("function")
    if not isinstance(symbol, str):
        raise ArchiveError(f"{place}: expected the name of a TensorFlow function, received {symbol!r:.100}")
    symbol = symbol.removeprefix("tf.").removeprefix("compat.v1.")
    if symbol in _OPERATORS:
        return Operator(config.get("name"), _OPERATORS[symbol])
    found = registry.for_module("tensorflow")
    if found is None:
        raise ArchiveError(f"{place}: {kind} tf.{symbol} needs lamina's vocabulary of TensorFlow")
    return Operator(config.get("name"), found[0].get(symbol))


_OPS: Mapping[str, Callable[..., Any]] = {
    name.replace("_", ""): value for name, value in vars(keras.ops).items() if callable(value)
}


def is_operation(node: Mapping[str, Any]) -> bool:
    """Whether a node of a Keras 3 file is an operation: these have no `trainable`."""
    config = node.get("config")
    plain = isinstance(config, Mapping) and not {"trainable", "layers", "batch_shape"} & set(config)
    return plain and str(node.get("class_name")).lower() in _OPS


def operation(node: Mapping[str, Any]) -> Operator:
    """An operation of `keras.ops` that a Keras 3 model holds among its layers."""
    config = {key: value for key, value in node["config"].items() if key not in ("name", "dtype")}
    function = _OPS[str(node["class_name"]).lower()]
    return Operator(None, functools.partial(function, **config), lowered=False)
