"""Rewrite a model so that Lambdas that follow one another are one Lambda."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras

from lamina.errors import SavingError
from lamina.freezing import is_functional
from lamina.layer.chains import Chain, Part, part_of
from lamina.layer_v1.internals import origin


def fuse(model: Any) -> Any:
    """Gives an equivalent model in which Lambda layers that follow one another are one layer.

    The model shares its layers, variables and random state with the given one, so training either
    trains both, each with an optimizer of its own; it is saved, loaded and exported like any other.
    A fused layer has the names of its parts, joined, and its expression shows them one after the
    other, as they were written.

    Lambdas stay apart where one layer would not be the same: where a result is used elsewhere or is an
    output of the model, and around a layer that is called several times, takes or makes a mask, adds a
    loss, has an activity regularizer, another dtype policy or another `trainable`, or whose function
    is no expression. Models inside the model are fused too.

    Args:
        model: A Functional or Sequential model that knows its input shape.

    Returns:
        The new model, compiled like the given one; the given model itself where there is nothing to fuse.

    Raises:
        SavingError: It is no such model, or it is compiled with functions that Keras cannot save.

    Example:
        >>> import keras, lamina
        >>> half = lamina.Lambda(lambda x: x / 2, name="half")
        >>> square = lamina.Lambda(lambda x: x * x, name="square")
        >>> fused = fuse(keras.Sequential([keras.Input((3,)), half, square]))
        >>> [layer.name for layer in fused.layers]
        ['half_square']
        >>> print(fused.layers[0].expression.source())
        from keras import ops
        <BLANKLINE>
        <BLANKLINE>
        def half_square(x):
            # half
            v0 = ops.true_divide(x, 2)
            # square
            return ops.multiply(v0, v0)
        <BLANKLINE>
    """
    fused = _Fuser().model(model)
    if fused is not model:
        _compile_like(model, fused)
    return fused


def _compile_like(model: Any, fused: Any) -> None:
    """Compile a model as another one; its optimizer goes on where that of the other one is."""
    if not model.compiled:
        return
    try:
        fused.compile_from_config(model.get_compile_config())
    except Exception as error:
        raise SavingError(
            f"model {model.name!r} is compiled with functions that Keras cannot save; fuse it before it is compiled"
        ) from error
    if not fused.compiled:
        raise SavingError(
            f"model {model.name!r} is compiled in a way that Keras cannot save; fuse it before it is compiled"
        )
    if getattr(model.optimizer, "built", False):
        _copy_slots(model.optimizer, fused.optimizer)


def _copy_slots(source: Any, target: Any) -> None:
    """Copy what an optimizer knows of each variable; the variables may stand in another order."""
    values: dict[str, deque[Any]] = defaultdict(deque)
    for variable in source.variables:
        values[variable.path].append(variable)
    for variable in target.variables:
        variable.assign(values[variable.path].popleft())


class _Promise:
    """Stands for a result inside a chain while the model is put together again.

    Args:
        inputs: What the layer would be called on.
    """

    def __init__(self, inputs: Any) -> None:
        self.inputs = keras.tree.flatten(inputs)


class _Fuser:
    """Rewrites models.

    Attributes:
        ends: The chain that ends with a layer, by the layer's id.
        inside: How many results a layer inside a chain has, by its id.
        models: What became of the models inside the model.
    """

    def __init__(self) -> None:
        self.ends: dict[int, Chain] = {}
        self.inside: dict[int, int] = {}
        self.models: dict[int, Any] = {}

    def model(self, model: Any) -> Any:
        """The fused model, or the same one."""
        sequential = isinstance(model, keras.Sequential)
        if (sequential and not model.built) or not (sequential or is_functional(model)):
            raise SavingError(
                "expected a Functional model, or a Sequential one with an input shape, received "
                f"{type(model).__name__} {model!r:.80}"
            )
        for chain in _chains(model):
            self.ends[id(chain.end.layer)] = chain
            self.inside.update((id(part.layer), len(part.outputs)) for part in chain.parts[:-1])
        if not any(self._is_changed(layer) for layer in model.layers):
            return model
        if sequential:
            return keras.Sequential([*_inputs(model), *self._sequence(model.layers)], name=model.name)
        twin = keras.Model(model.input, model.output, name=model.name) if model.compiled else model
        return keras.models.clone_model(twin, clone_function=self._layer, call_function=self._call)

    def _is_changed(self, layer: Any) -> bool:
        return id(layer) in self.ends or self._layer(layer) is not layer

    def _layer(self, layer: Any) -> Any:
        """A layer itself, but for a model that something was fused in."""
        if not isinstance(layer, keras.Sequential) and not is_functional(layer):
            return layer
        if id(layer) not in self.models:
            self.models[id(layer)] = self.model(layer)
        return self.models[id(layer)]

    def _sequence(self, layers: Sequence[Any]) -> list[Any]:
        kept = [layer for layer in layers if id(layer) not in self.inside]
        return [
            self.ends[id(layer)].layer if id(layer) in self.ends else self._layer(layer) for layer in kept
        ]

    def _call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if id(layer) in self.inside:
            return [_Promise(args[0]) for _ in range(self.inside[id(layer)])]
        chain = self.ends.get(id(layer))
        return layer(*args, **kwargs) if chain is None else chain(_given(chain.end, args[0]))


def _given(part: Part, inputs: Any) -> dict[int, Any]:
    """What a chain is called on, by the id of the tensor that it stands for."""
    found: dict[int, Any] = {}
    for tensor, source, value in zip(part.inputs, part.sources, keras.tree.flatten(inputs), strict=True):
        found |= {id(tensor): value} if source is None else _given(source, value.inputs)
    return found


def _inputs(model: Any) -> list[Any]:
    return [keras.Input(batch_shape=t.shape, dtype=t.dtype, name=t.name) for t in model.inputs]


def _chains(model: Any) -> Iterator[Chain]:
    """The chains of a model, none of which is part of another."""
    nodes = _nodes(model)
    calls = Counter(id(node.operation) for node in nodes)
    parts = {id(node): part_of(node) if calls[id(node.operation)] == 1 else None for node in nodes}
    users = _users(model, nodes)
    inside: set[Part] = set()
    for node in nodes:
        part = parts[id(node)]
        if part is not None:
            makers = (origin(tensor) for tensor in part.inputs)
            found = [parts.get(id(made[0])) if made is not None else None for made in makers]
            part.sources += [source if _is_joined(source, part, node, users) else None for source in found]
            inside.update(source for source in part.sources if source is not None)
    names = {layer.name for layer in model.layers}
    ends = [part for part in parts.values() if part is not None and part not in inside and any(part.sources)]
    yield from (chain for chain in (Chain(end, names) for end in ends) if chain.layer is not None)


def _is_joined(source: Part | None, part: Part, node: Any, users: Mapping[int, set[Any]]) -> bool:
    """Whether a part and one that takes its results become one layer: nothing else takes any of them."""
    return (
        source is not None
        and source.joins(part)
        and all(users[id(tensor)] <= {node} for tensor in source.outputs)
    )


def _nodes(model: Any) -> list[Any]:
    """The symbolic calls between the inputs and the outputs of a model."""
    known, waiting = {id(tensor) for tensor in model.inputs}, list(model.outputs)
    found: dict[int, Any] = {}
    while waiting:
        tensor = waiting.pop()
        made = None if id(tensor) in known else origin(tensor)
        if made is not None and id(made[0]) not in found:
            found[id(made[0])] = made[0]
            waiting.extend(made[0].input_tensors)
    return list(found.values())


def _users(model: Any, nodes: Sequence[Any]) -> Mapping[int, set[Any]]:
    """The calls that take a tensor, by its id; an output of the model is taken by the model."""
    users: dict[int, set[Any]] = defaultdict(set)
    for node in nodes:
        for tensor in node.input_tensors:
            users[id(tensor)].add(node)
    for tensor in model.outputs:
        users[id(tensor)].add(model)
    return users
