"""`Lambda(..., verify=True)`: each expression of a layer beside its function, once."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras

from lamina.errors import LaminaError, UnavailableError, VerificationError
from lamina.expression.model import leaves
from lamina.layer.programs import Program, Recipe, Situation
from lamina.tracing import frameworks
from lamina.tracing.api import Captured
from lamina.verification.apart import apart, variables_kept
from lamina.verification.checking import Pair, compare
from lamina.verification.sampling import samples_of
from lamina.vocabulary import context

if TYPE_CHECKING:
    from lamina.layer.owned import OwnedState


class Check:
    """Compares the expressions of one layer with its function when they are first used.

    Args:
        name: Of the layer, for messages.
        recipe: The function, and how it is captured.
        owned: The state of the layer.
    """

    def __init__(self, name: str, recipe: Recipe, owned: OwnedState) -> None:
        self._name = name
        self._recipe = recipe
        self._owned = owned
        self._done: list[Program] = []

    def __call__(self, program: Program, situation: Situation) -> None:
        """Compare one expression, on samples made from the specs of a call.

        Raises:
            VerificationError: They differ.
        """
        specs = [spec for spec in leaves((situation.inputs, situation.mask)) if spec is not None]
        if any(program is done for done in self._done) or any(spec.shape is None for spec in specs):
            return
        try:
            apart(functools.partial(self._compare, program, situation))
        except VerificationError as error:
            raise VerificationError(f"layer {self._name!r}: {error}") from error
        except LaminaError as error:
            warnings.warn(f"layer {self._name!r} was not verified: {error}", UserWarning, stacklevel=3)
        self._done.append(program)

    def _compare(self, program: Program, situation: Situation) -> None:
        """Compare on the first choice of samples that both sides can take."""
        with variables_kept(self._variables()):
            self._compare_samples(self._pair(program, situation), program, situation)

    def _compare_samples(self, pair: Pair, program: Program, situation: Situation) -> None:
        if self._recipe.makes_layers:
            raise UnavailableError(
                "its function makes layers, and would make others, with other weights, when it is called itself"
            )
        refused: LaminaError | None = None
        for samples in samples_of((situation.inputs, situation.mask)):
            given = [(inputs,) if program.mask is None else (inputs, mask) for inputs, mask in samples]
            try:
                compare(pair, given)
            except VerificationError:
                raise
            except LaminaError as error:
                refused = refused or error
            else:
                return
        assert refused is not None
        raise refused

    def _variables(self) -> list[Any]:
        """The variables of the layer and of its sublayers, and the states of seeds."""
        found: list[Any] = []
        for value in self._owned.objects.values():
            if isinstance(value, keras.random.SeedGenerator):
                found.append(value.state)
            else:
                found.extend(value.variables if isinstance(value, keras.Layer) else [value])
        return found

    def _pair(self, program: Program, situation: Situation) -> Pair:
        training = bool(program.training)
        seeds = _Seeds()

        def run(inputs: Any, mask: Any = None) -> Any:
            losses: list[Any] = []
            with _surroundings(self._owned, inputs, training, losses, seeds):
                outputs = self._recipe.function(inputs, **self._recipe.keywords(training, mask))
            return (outputs, tuple(losses)) if program.losses else outputs

        def capture(specs: Any) -> Captured:
            return self._recipe.captured(situation, training)

        def arrange(inputs: Any, mask: Any = None) -> Any:
            return program.given(inputs, mask)

        home = frameworks.home_of(self._recipe.function)
        return Pair(program.expression, self._owned.values(), run, home, capture, arrange)


class _Seeds:
    """The seed generators of a function that is run itself, in the order in which it asks for them."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self.next = 0

    def __call__(self, seed: int | None) -> Any:
        if self.next == len(self.made):
            self.made.append(keras.random.SeedGenerator(seed))
        self.next += 1
        return self.made[self.next - 1]


@contextmanager
def _surroundings(
    owned: OwnedState, inputs: Any, training: bool, losses: list[Any], seeds: _Seeds
) -> Iterator[None]:
    """What the function may ask of the layer; its losses go to a list."""
    seeds.next = 0
    with (
        owned.hooks(inputs, training),
        context.hook(context.loss_sink, losses.append),
        context.hook(context.seed_factory, seeds),
    ):
        yield
