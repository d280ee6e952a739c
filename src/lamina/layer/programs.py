"""The expressions of one layer, and which of them holds for a call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from lamina.tracing import Captured, capture_with_state

from lamina.expression.inference import spec_of
from lamina.expression.model import Expression, FrozenDict, FrozenList, Spec, leaves
from lamina.vocabulary import context


@dataclass(frozen=True)
class Situation:
    """What decides which expression a call runs.

    Args:
        inputs: The inputs as a frozen structure of specs.
        training: Whether the layer runs in training.
        mask: The masks as a structure of specs, or `None` without any.
    """

    inputs: Any
    training: bool
    mask: Any = None


@dataclass(frozen=True)
class Program:
    """An expression and when it holds.

    Args:
        expression: Its inputs are the layer's inputs, or the pair of these and the mask.
        training: The phase that it was captured for; `None` if it is the same in both.
        mask: Whether it takes the mask as a second input.
        losses: Whether its outputs are the pair of the layer's outputs and its losses.
    """

    expression: Expression
    training: bool | None = None
    mask: bool = False
    losses: bool = False

    def fits(self, situation: Situation) -> bool:
        """Whether the expression holds in a situation."""
        if self.training is not None and self.training != situation.training:
            return False
        given = (situation.inputs, situation.mask) if self.mask else situation.inputs
        return self.mask == (situation.mask is not None) and accepts(self.expression.inputs, given)


def accepts(template: Any, given: Any) -> bool:
    """Whether inputs of the structure and specs `given` may stand where `template` is asked for."""
    if isinstance(template, Spec):
        return isinstance(given, Spec) and template.accepts(given)
    if isinstance(template, Mapping):
        return isinstance(given, Mapping) and set(given) == set(template) and all(accepts(template[k], given[k]) for k in template)
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
    if isinstance(value, Mapping):
        return FrozenDict({key: specs(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        kind = FrozenList if isinstance(value, list) else tuple
        return kind(specs(item) for item in value)
    return spec_of(value)


class Recipe:
    """The user's function with what is passed to it, and how it is captured.

    Args:
        function: The function.
        arguments: Keyword arguments for it.
    """

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self.function = function
        self.arguments = dict(arguments)
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
            inference = self._capture(situation, False)
        if not (self.takes_training or reads):
            return [(inference, None)]
        training = self._capture(situation, True)
        if inference.expression == training.expression:
            return [(inference, None)]
        return [(inference, False), (training, True)]

    def _capture(self, situation: Situation, training: bool) -> Captured:
        keywords = self.keywords(training, None)
        tensors = {}
        if self.takes_mask and situation.mask is not None:
            del keywords["mask"]
            tensors = {"mask": situation.mask}
        with context.training(training):
            return capture_with_state(self.function, situation.inputs, tensors=tensors, **keywords)


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def symbolic(inputs: Any) -> bool:
    """Whether inputs are Keras tensors, which have shapes but no values."""
    return any(isinstance(leaf, keras.KerasTensor) for leaf in leaves(inputs))


