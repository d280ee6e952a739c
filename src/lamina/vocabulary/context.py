"""What a vocabulary function asks of its surroundings: the phase, new variables, seeds.

A capture sets the two hooks; without one, functions run eagerly on plain Keras objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol


class VariableFactory(Protocol):
    """Makes the variable that a captured function asks for, or finds it by its name."""

    def __call__(self, value: Any, dtype: str | None, name: str | None, trainable: bool = True) -> Any:
        """Return what stands for the variable."""


training_phase: ContextVar[bool | None] = ContextVar("lamina_training_phase", default=None)
variable_factory: ContextVar[VariableFactory | None] = ContextVar("lamina_variable_factory", default=None)
seed_factory: ContextVar[Callable[[int], Any] | None] = ContextVar("lamina_seed_factory", default=None)
loss_sink: ContextVar[Callable[[Any], Any] | None] = ContextVar("lamina_loss_sink", default=None)
layer_store: ContextVar[Any] = ContextVar("lamina_layer_store", default=None)
variable_dtype: ContextVar[str | None] = ContextVar("lamina_variable_dtype", default=None)
observer: ContextVar[Any] = ContextVar("lamina_observer", default=None)


def watched(name: str, real: Any, stand_in: Any) -> Any:
    """What stands for a framework's function, noted at each call where a capture is observed."""
    watching = observer.get()
    return stand_in if watching is None else watching.watched(name, real, stand_in)


def is_training() -> bool:
    """Whether the layer runs in training; an unknown phase counts as inference."""
    reads = _phase_reads.get()
    if reads is not None:
        reads.append(True)
    return bool(training_phase.get())


_phase_reads: ContextVar[list[bool] | None] = ContextVar("lamina_phase_reads", default=None)


@contextmanager
def observed_phase() -> Iterator[list[bool]]:
    """Whether anything in a `with` block asks for the phase: the list is then not empty.

    Example:
        >>> from lamina.vocabulary import context
        >>> with context.observed_phase() as reads:
        ...     context.is_training()
        False
        >>> bool(reads)
        True
    """
    reads: list[bool] = []
    with hook(_phase_reads, reads):
        yield reads


@contextmanager
def hook(variable: ContextVar[Any], value: Any) -> Iterator[None]:
    """Give one of the context variables of this module a value for a `with` block."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


@contextmanager
def training(value: bool | None) -> Iterator[None]:
    """Set the phase for a `with` block.

    Example:
        >>> from lamina.vocabulary import context
        >>> with context.training(True):
        ...     context.is_training()
        True
    """
    with hook(training_phase, value):
        yield


def create_variable(
    value: Any, dtype: str | None = None, name: str | None = None, trainable: bool | None = None
) -> Any:
    """A variable that starts at `value`: the capture's, or a `keras.Variable` outside of one.

    Args:
        value: A number, an array, a tensor, or a function without arguments that makes one.
        dtype: A Keras dtype name; `None` for that of the value.
        name: Its name; a function that makes several must name them.
        trainable: Whether it is trained; `None` for floating dtypes only.
    """
    if trainable is None:
        trainable = not (dtype or "float").startswith(("int", "uint", "bool"))
    factory = variable_factory.get()
    if factory is not None:
        return factory(value, dtype, name, trainable)
    import keras

    return keras.Variable(value, dtype=dtype, name=name, trainable=trainable)


def stateful_seed(seed: int | None) -> Any:
    """A seed whose numbers differ from call to call, as TensorFlow means `seed=`.

    Outside a capture nothing can keep the state, so a fixed seed gives the same numbers each time.
    """
    factory = seed_factory.get()
    return seed if seed is None or factory is None else factory(seed)
