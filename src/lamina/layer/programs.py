"""The expressions of one layer, and which of them holds for a call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lamina._records import dataclass
from lamina.expression.inference import spec_of
from lamina.expression.model import (
    Expression,
    Spec,
    call_references,
    freeze_tree,
    leaves,
    references,
)
from lamina.tracing.api import Captured, capture_structures, present
from lamina.tracing.created import LayerStore
from lamina.tracing.watch import Watched
from lamina.vocabulary import context


@dataclass(frozen=True)
class Situation:
    """What decides which expression a call runs.

    Args:
        inputs: The inputs as a frozen structure of specs.
        training: Whether the layer runs in training.
        mask: The masks as a structure of specs, with `None` for a mask that is not there.
    """

    inputs: Any
    training: bool
    mask: Any = None


@dataclass(frozen=True)
class Program:
    """An expression and when it holds.

    Args:
        expression: Its inputs are the layer's inputs, or the pair of these and the masks that are there.
        training: The phase that it was captured for; `None` if it is the same in both.
        mask: Which masks it takes, as `presence` says; `None` if it does not look at masks.
        losses: Whether its outputs are the pair of the layer's outputs and its losses.
    """

    expression: Expression
    training: bool | None = None
    mask: Any = None
    losses: bool = False

    @property
    def masked(self) -> bool:
        """Whether masks are among the inputs of the expression."""
        return any(leaves(self.mask))

    @functools.cached_property
    def conditional(self) -> tuple[bool, ...]:
        """For each loss, whether it depends on the inputs."""
        return _depend_on_inputs(self.expression, self.expression.outputs[1])

    def fits(self, situation: Situation) -> bool:
        """Whether the expression holds in a situation."""
        if self.training is not None and self.training != situation.training:
            return False
        if self.mask is not None and self.mask != presence(situation.mask):
            return False
        return accepts(self.expression.inputs, self.given(situation.inputs, situation.mask))

    def given(self, inputs: Any, mask: Any) -> Any:
        """The inputs of the expression, for the inputs of the layer and their masks."""
        return (inputs, present(mask)) if self.masked else inputs


def _depend_on_inputs(expression: Expression, outputs: Any) -> tuple[bool, ...]:
    """For each of some outputs, whether it is computed from the inputs."""
    count = len(expression.input_specs)
    dependent = set(range(count))
    for number, call in enumerate(expression.calls, start=expression.first_call):
        if any(ref.index in dependent for ref in call_references(call)):
            dependent.add(number)
    return tuple(any(ref.index in dependent for ref in references(leaf)) for leaf in leaves(outputs))


def without_masks(expression: Expression) -> Expression:
    """An expression captured for masks of which none is there, as one of the inputs alone."""
    return replace(expression, inputs=expression.inputs[0], parameters=expression.parameters[:1])


def presence(mask: Any) -> Any:
    """Which masks there are, as plain data: True or False, or a structure of these.

    Example:
        >>> presence(None), presence([Spec(), None])
        (False, [True, False])
    """
    if isinstance(mask, Mapping):
        return {key: presence(item) for key, item in mask.items()}
    if isinstance(mask, (list, tuple)):
        return [presence(item) for item in mask]
    return mask is not None


def accepts(template: Any, given: Any) -> bool:
    """Whether inputs of the structure and specs `given` may stand where `template` is asked for."""
    if isinstance(template, Spec):
        return isinstance(given, Spec) and template.accepts(given)
    if isinstance(template, Mapping):
        return (
            isinstance(given, Mapping)
            and set(given) == set(template)
            and all(accepts(template[k], given[k]) for k in template)
        )
    return (
        isinstance(given, (tuple, list))
        and len(given) == len(template)
        and all(accepts(t, g) for t, g in zip(template, given, strict=True))
    )


def specs(value: Any) -> Any:
    """The specs of tensors in a frozen structure of the same kind.

    Raises:
        ExpressionError: A leaf is no tensor.
    """
    return freeze_tree(value, spec_of)


def mask_specs(mask: Any) -> Any:
    """The specs of masks; None stays None."""
    return freeze_tree(mask, lambda leaf: None if leaf is None else spec_of(leaf))


class Recipe:
    """The user's function with what is passed to it, and how it is captured.

    Args:
        function: The function.
        arguments: Keyword arguments for it.
    """

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self.function = function
        self.arguments = dict(arguments)
        self.watched: tuple[Watched, ...] = ()
        self._known: dict[tuple[int, str], Watched] = {}
        self._made = LayerStore()
        parameters = _parameters(function)
        self.takes_mask = "mask" in parameters and "mask" not in self.arguments
        self.takes_training = "training" in parameters and "training" not in self.arguments

    def keywords(self, training: bool | None, mask: Any) -> dict[str, Any]:
        """The keyword arguments of a direct call."""
        given = dict(self.arguments)
        if self.takes_mask:
            given["mask"] = mask
        if self.takes_training:
            given["training"] = training
        return given

    def programs(self, situation: Situation) -> list[tuple[Captured, bool | None]]:
        """The function captured for a situation: once, or for both phases where they differ.

        Raises:
            CaptureError: The function is no expression.
        """
        with context.observed_phase() as reads:
            inference = self.captured(situation, False)
        if not (self.takes_training or reads):
            return [(inference, None)]
        training = self.captured(situation, True)
        if inference.expression == training.expression:
            return [(inference, None)]
        return [(inference, False), (training, True)]

    @property
    def makes_layers(self) -> bool:
        """Whether the function makes layers when it is called."""
        return bool(self._made.layers)

    def changed(self) -> list[str]:
        """The values that the function reads and that are not what they were; each is named once."""
        for watched in self.watched:
            if watched.read() is not watched.value and watched.changed():
                names = [each.name for each in self.watched if each.changed()]
                self.watched = ()
                return names
        return []

    def _watch(self, found: Mapping[tuple[int, str], Watched]) -> None:
        new = {key: watched for key, watched in found.items() if key not in self._known}
        self._known |= new
        self.watched += tuple(new.values())

    def captured(self, situation: Situation, training: bool) -> Captured:
        """The function captured for a situation and a phase."""
        keywords = self.keywords(training, None)
        tensors = {}
        if self.takes_mask and situation.mask is not None:
            del keywords["mask"]
            tensors = {"mask": situation.mask}
        with context.training(training), context.hook(context.layer_store, self._made):
            captured = capture_structures(self.function, (situation.inputs,), tensors, keywords)
        self._watch(captured.watched)
        if not tensors or any(leaves(presence(situation.mask))):
            return captured
        return replace(captured, expression=without_masks(captured.expression))


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
