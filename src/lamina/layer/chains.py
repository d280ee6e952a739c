"""Lambda layers that follow one another as one Lambda layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import keras

from lamina._records import dataclass
from lamina.errors import LaminaError
from lamina.expression.composition import Composer
from lamina.expression.model import Expression, Ref, Spec, freeze_tree, leaves
from lamina.layer.layer import Lambda
from lamina.layer.programs import Program, Situation
from lamina.layer_v1.internals import origin

_LONGEST_NAME = 60
_PHASES = (False, True)


@dataclass(eq=False)
class Part:
    """One call of a Lambda in a model.

    Args:
        layer: The layer.
        inputs: The symbolic tensors that it is called on, flat.
        outputs: Those that it returns.
        programs: What it computes in inference and in training.
        sources: For each input the part that makes it, where that becomes one layer with this one.
    """

    layer: Lambda
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    programs: tuple[Program, Program]
    sources: list[Part | None] = field(default_factory=list)

    def chain(self) -> list[Part]:
        """All parts that end in this one, each after those whose results it takes."""
        found: dict[Part, None] = {}
        for source in filter(None, self.sources):
            found |= dict.fromkeys(source.chain())
        return [*found, self]

    def joins(self, after: Part) -> bool:
        """Whether one layer can be this one and the one after it."""
        first, second = self.layer, after.layer
        same_policy = (
            first.dtype_policy.name == second.dtype_policy.name and first.autocast == second.autocast
        )
        return same_policy and bool(first.trainable == second.trainable) and first.jit == second.jit


def part_of(node: Any) -> Part | None:
    """The part that a symbolic call of a layer can be; `None` where the layer has to stay as it is."""
    layer, arguments = node.operation, node.arguments
    extras = (*arguments.args[1:], *arguments.kwargs.values())
    if type(layer) is not Lambda or len(arguments.args) != 1 or any(extra is not None for extra in extras):
        return None
    if layer.mask is not None or layer.activity_regularizer is not None:
        return None
    inputs = keras.tree.flatten(arguments.args[0])
    if not all(isinstance(tensor, keras.KerasTensor) for tensor in inputs):
        return None
    given = freeze_tree(arguments.args[0], lambda tensor: _spec(layer, tensor))
    programs = _programs(layer, given)
    if programs is None or not all(_plain(program, node.outputs) for program in programs):
        return None
    return Part(layer, inputs, node.outputs, programs)


def _spec(layer: Lambda, tensor: Any) -> Spec:
    """What the layer is called on: Keras casts floating inputs to its compute dtype."""
    return Spec(tuple(tensor.shape), layer.compute_dtype if _is_cast(layer, tensor) else tensor.dtype)


def _is_cast(layer: Lambda, tensor: Any) -> bool:
    return bool(layer.autocast) and "float" in tensor.dtype and tensor.dtype != layer.compute_dtype


def _programs(layer: Lambda, given: Any) -> tuple[Program, Program] | None:
    try:
        inference, training = (layer._program(Situation(given, phase)) for phase in _PHASES)
    except LaminaError:
        return None
    return None if inference is None or training is None else (inference, training)


def _plain(program: Program, outputs: Sequence[Any]) -> bool:
    found = list(leaves(program.expression.outputs))
    tensors = len(found) == len(outputs) and all(type(leaf) is Ref for leaf in found)
    return tensors and program.mask is None and not program.losses


class Chain:
    """Parts that become one layer.

    Args:
        end: The last one.
        names: The names that other layers have.

    Attributes:
        layer: The layer; `None` where it would not be the same.
    """

    def __init__(self, end: Part, names: set[str]) -> None:
        self.parts = end.chain()
        self.end = end
        outside = [
            tensor
            for part in self.parts
            for tensor, source in zip(part.inputs, part.sources, strict=True)
            if source is None
        ]
        self._outside = list({id(tensor): tensor for tensor in outside}.values())
        self.layer = self._fused(_free([part.layer.name for part in self.parts], names))

    def __call__(self, tensors: Mapping[int, Any]) -> Any:
        """Call the layer.

        Args:
            tensors: What it is called on, by the id of the tensor that it stands for.
        """
        assert self.layer is not None
        given = [tensors[id(tensor)] for tensor in self._outside]
        return self.layer(given[0] if len(given) == 1 else given)

    def _fused(self, name: str) -> Lambda | None:
        end = self.end.layer
        shape = end._declared_shape.given
        layer = Lambda.from_programs(
            [],
            {"output_shape": None if callable(shape) else shape, "jit": end.jit},
            {"name": name, "dtype": end.dtype_policy, "trainable": end.trainable, "autocast": end.autocast},
        )
        inference, training = (self._composed(layer, i, name) for i in range(len(_PHASES)))
        if inference == training:
            layer._programs.value.append(Program(inference))
        else:
            layer._programs.value += [Program(inference, False), Program(training, True)]
        return layer if self._is_same(layer) else None

    def _is_same(self, layer: Lambda) -> bool:
        """Whether the layer says of its output what the last part says."""
        specs = [_spec(layer, tensor) for tensor in self._outside]
        given = [keras.KerasTensor(spec.shape, dtype=spec.dtype) for spec in specs]
        try:
            found = keras.tree.flatten(layer.compute_output_spec(given[0] if len(given) == 1 else given))
        except LaminaError:
            return False
        return [(t.shape, t.dtype) for t in found] == [(t.shape, t.dtype) for t in self.end.outputs]

    def _composed(self, layer: Lambda, phase: int, name: str) -> Expression:
        expressions = {part: self._shared(layer, part, phase) for part in self.parts}
        slots = {slot.name: slot for each in expressions.values() for slot in each.state}
        whole = Composer(len(self._outside), tuple(slots.values()))
        numbers = {id(tensor): Ref(i) for i, tensor in enumerate(self._outside)}
        results: dict[Part, Any] = {}
        for part, expression in expressions.items():
            inputs = [
                numbers[id(tensor)] if source is None else _taken(whole, part, tensor, results[source])
                for tensor, source in zip(part.inputs, part.sources, strict=True)
            ]
            results[part] = whole.add(expression, inputs, part.layer.name)
        return whole.expression(
            results[self.end], name, self._inputs(expressions.values()), self._parameters(phase)
        )

    def _shared(self, layer: Lambda, part: Part, phase: int) -> Expression:
        """The expression of a part, reading what the new layer now owns too."""
        expression = part.programs[phase].expression
        owner = part.layer._owned.value
        slots = tuple(layer._owned.value.share(slot, owner) for slot in expression.state)
        return replace(expression, state=slots)

    def _inputs(self, expressions: Any) -> Any:
        """The specs of the inputs: what the parts ask of theirs holds for these shapes, perhaps not for others."""
        free = all(spec == Spec() for expression in expressions for spec in expression.input_specs)
        found = tuple(Spec() if free else _spec(self.end.layer, tensor) for tensor in self._outside)
        return found[0] if len(found) == 1 else found

    def _parameters(self, phase: int) -> tuple[str, ...]:
        first = self.parts[0].programs[phase].expression.parameters
        return first[:1] if len(self._outside) == len(first) == 1 else ()


def _taken(whole: Composer, part: Part, tensor: Any, results: Any) -> Ref:
    """The result that a tensor stands for, as the layer after it takes it."""
    made = origin(tensor)
    assert made is not None
    found: Ref = list(leaves(results))[made[1]]
    return (
        whole.call("cast", found, dtype=part.layer.compute_dtype) if _is_cast(part.layer, tensor) else found
    )


def _free(names: Sequence[str], taken: set[str]) -> str:
    """The names of the parts as one, which no other layer has."""
    name = "_".join(names)
    name = name if len(name) <= _LONGEST_NAME else f"{names[0]}_to_{names[-1]}"
    while name in taken:
        name += "_fused"
    return name
