"""A place for what Keras must not track."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")


class Untracked(Generic[Value]):
    """Holds what Keras's attribute tracking must not wrap or walk."""

    def __init__(self, value: Value) -> None:
        self.value = value
