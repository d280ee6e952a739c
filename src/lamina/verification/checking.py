"""`verify`: an expression and the original function on the same samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from lamina._keras import is_a, keras
from lamina._records import dataclass
from lamina.errors import LaminaError, UnavailableError, VerificationError
from lamina.expression import opset
from lamina.expression.inference import spec_of
from lamina.expression.model import Closure, Expression, freeze_tree, leaves
from lamina.expression.runner import flatten_inputs, plan_of
from lamina.tracing import frameworks
from lamina.tracing.api import Captured, capture_structures
from lamina.tracing.variables import value_now
from lamina.verification import comparing
from lamina.verification.apart import variables_kept
from lamina.verification.distributions import explain_distributions
from lamina.verification.locating import locate
from lamina.vocabulary import context


@dataclass(frozen=True)
class Verified:
    """What was compared, and found equal.

    Args:
        samples: How many samples.
        compared: `"values"`, or `"distribution"` where the expression draws random numbers.
        difference: The largest absolute difference of values; `None` for distributions.
    """

    samples: int
    compared: str
    difference: float | None


@dataclass(frozen=True)
class Pair:
    """An expression and the function it stands for, ready to be run.

    Args:
        expression: The expression.
        state: The objects of its state slots, by name.
        function: Takes what a sample holds, as positional arguments.
        home: The framework whose tensors the function takes.
        capture: Captures the function for the specs of a sample, to find what differs.
        arrange: The inputs of the expression, from the positional arguments of the function.
    """

    expression: Expression
    state: Mapping[str, Any]
    function: Callable[..., Any]
    home: str
    capture: Callable[[Any], Captured]
    arrange: Callable[..., Any] = lambda *inputs: inputs[0] if len(inputs) == 1 else inputs

    def inputs(self, sample: Sequence[Any]) -> list[Any]:
        """The tensors that the expression takes, in the order of their numbers."""
        tensors = frameworks.tensors_of(keras.backend.backend(), list(sample))
        return flatten_inputs(self.expression, self.arrange(*tensors))

    def found(self, sample: Sequence[Any]) -> Any:
        """What the expression gives."""
        state = [self.state[slot.name] for slot in self.expression.state]
        return plan_of(self.expression).run([*self.inputs(sample), *state])

    def expected(self, sample: Sequence[Any]) -> Any:
        """What the function gives.

        Raises:
            UnavailableError: The function cannot be run here.
        """
        try:
            return self.function(*frameworks.tensors_of(self.home, list(sample)))
        except Exception as error:
            raise UnavailableError(
                f"{self.expression.name!r} cannot be compared with its function: on tensors of "
                f"{self.home}, the function raises {type(error).__name__}: {error}. Verify it where the "
                "framework that it is written with is the backend, on samples that it takes"
            ) from error


def verify(
    expression: Any,
    function: Callable[..., Any],
    samples: Any,
    *,
    state: Mapping[str, Any] | None = None,
    training: bool = False,
    tolerance: float | None = None,
    **kwargs: Any,
) -> Verified:
    """Compare an expression with the function that it was captured from.

    The function runs itself, on tensors of the framework that it is written with, if that is loaded.
    Structure, shapes and dtypes must be the same, and values within `tolerance * (max(1, root mean
    square) + absolute value)`. Where the expression draws random numbers, and values differ, the
    distributions of many runs are compared.

    Args:
        expression: An `Expression`, or a `Lambda` layer, which brings its state.
        function: The original.
        samples: A list of samples: an array for a function of one tensor, a tuple of arrays (or nested
            structures of them) for its positional arguments. An array alone is one sample.
        state: The objects of the expression's state slots, by name; by default those that the function
            reaches.
        training: The phase.
        tolerance: By default 1e-5, and 1e-2 for half precisions; integers and booleans are compared
            exactly.
        **kwargs: Further arguments of the function.

    Returns:
        What was compared, as `Verified`.

    Raises:
        VerificationError: They differ; the message names the first call that does.
        UnavailableError: The function cannot be run here.

    Example:
        >>> import numpy as np, lamina
        >>> def half(x):
        ...     return x / 2
        >>> lamina.verify(lamina.capture(half), half, np.ones((2, 3), "float32"))
        Verified(samples=1, compared='values', difference=0.0)
        >>> lamina.verify(lamina.capture(lambda x: x / 3), half, np.ones(2, "float32"))
        Traceback (most recent call last):
        lamina.errors.VerificationError: 'function' differs from its expression...
    """

    def recapture(specs: Any) -> Captured:
        with context.training(training):
            return capture_structures(function, specs, {}, kwargs)

    def run(*inputs: Any) -> Any:
        with context.training(training):
            return function(*inputs, **kwargs)

    given = [_positional(sample) for sample in _several(samples)]
    if not given:
        raise VerificationError("verify needs at least one sample, received none")
    if is_a(expression, "Layer"):
        expression, state = expression.expression, expression.state
    if state is None and expression.state:
        state = {n: value_now(v) for n, v in recapture(specs_of(given[0])).objects.items()}
    pair = Pair(expression, state or {}, run, frameworks.home_of(function), recapture)
    with variables_kept(()) if _changes(pair.state) else contextlib.nullcontext():
        return compare(pair, given, tolerance)


def _changes(state: Mapping[str, Any]) -> bool:
    """Whether a run may change what it reads."""
    return any(is_a(value, "Layer", "random.SeedGenerator") for value in state.values())


def _several(samples: Any) -> list[Any]:
    return list(samples) if isinstance(samples, list) else [samples]


def _positional(sample: Any) -> tuple[Any, ...]:
    return sample if isinstance(sample, tuple) else (sample,)


def specs_of(sample: Sequence[Any]) -> tuple[Any, ...]:
    """The specs of a sample, a structure for each positional argument."""
    return tuple(freeze_tree(part, spec_of) for part in sample)


def compare(pair: Pair, samples: Sequence[Sequence[Any]], tolerance: float | None = None) -> Verified:
    """Compare on each sample.

    Raises:
        VerificationError: They differ.
        UnavailableError: The function cannot be run here.
    """
    largest, random = 0.0, False
    for sample in samples:
        expected = comparing.leaves_of(pair.expected(sample))
        found = comparing.leaves_of(pair.found(sample))
        difference = comparing.explain_difference(found, expected, tolerance, narrows(pair.home))
        if difference is None:
            pairs = zip(found, expected, strict=True)
            largest = max([largest, *(comparing.largest_difference(a, b) for a, b in pairs)])
        elif draws(pair.expression):
            random = True
            _compare_distributions(pair, sample, tolerance)
        else:
            _refuse(pair, sample, difference, tolerance)
    return Verified(len(samples), "distribution" if random else "values", None if random else largest)


def narrows(home: str) -> bool:
    """Whether the function may give 64 bits where the expression gives 32."""
    backend: str = keras.backend.backend()
    return home != backend or backend == "jax"


def _compare_distributions(pair: Pair, sample: Sequence[Any], tolerance: float | None) -> None:
    difference = explain_distributions(
        lambda: comparing.leaves_of(pair.found(sample)),
        lambda: comparing.leaves_of(pair.expected(sample)),
        tolerance,
        narrows(pair.home),
    )
    if difference is not None:
        _refuse(pair, sample, difference, tolerance)


def _refuse(pair: Pair, sample: Sequence[Any], difference: str, tolerance: float | None) -> NoReturn:
    shapes = ", ".join(map(str, comparing.leaves_of(list(sample))))
    try:
        place = locate(pair, sample, specs_of(sample), tolerance)
    except LaminaError:
        place = None
    raise VerificationError(
        f"{pair.expression.name!r} differs from its expression on {shapes}: {difference}. "
        + (f"The first call that differs is {place}" if place else "No single call that differs was found")
    )


def draws(expression: Expression) -> bool:
    """Whether an expression draws random numbers, in a function argument or a layer too."""
    for call in expression.calls:
        if opset.lookup(call.op).takes_seed or call.op == "operator.call":
            return True
        values = (*call.args, *(value for _, value in call.kwargs))
        nested = (leaf for value in values for leaf in leaves(value) if isinstance(leaf, Closure))
        if any(draws(closure.expression) for closure in nested):
            return True
    return False
