"""The variables that a function reads while JAX traces it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from lamina._keras import keras
from lamina.errors import CaptureError


class VariableReads:
    """Gives the variables that are known their traced values, and collects the others that are read.

    Args:
        known: Variables that are inputs of the trace.
    """

    def __init__(self, known: Sequence[Any]) -> None:
        self._known = list(known)
        self.others: list[Any] = []

    @contextmanager
    def given(self, values: Sequence[Any]) -> Iterator[None]:
        """Read the known variables as `values` in a `with` block."""
        with _scope(self, list(zip(self._known, values, strict=True))):
            yield

    def note(self, variable: Any) -> None:
        """A variable is read."""
        if not any(variable is each for each in (*self._known, *self.others)):
            self.others.append(variable)


def _scope(reads: VariableReads, mapping: list[tuple[Any, Any]]) -> Any:
    """A scope of Keras in which reading a variable is noted, and changing one refused."""

    class Scope(keras.StatelessScope):  # type: ignore[misc, unused-ignore]
        def get_current_value(self, variable: Any) -> Any:
            reads.note(variable)
            return super().get_current_value(variable)

        def add_update(self, update: Any) -> NoReturn:
            raise CaptureError(
                f"a JAX function changes the variable {update[0].name!r} (a layer in training, or a seed); "
                "return the value instead, or call the layer from the function itself"
            )

    return Scope(state_mapping=mapping)
