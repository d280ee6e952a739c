"""Keras, imported when something of it is first used.

Reading and auditing files goes through the same code as capture and must not wait for a framework.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


class _Keras:
    """Stands for the module `keras`."""

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = getattr(importlib.import_module("keras"), name)
        return value

    def __bool__(self) -> bool:
        """Whether it has been imported."""
        return "keras" in sys.modules


keras: Any = _Keras()


def is_a(value: Any, *names: str) -> bool:
    """Whether `value` is of one of Keras's classes, by dotted name; imports nothing.

    Example:
        >>> is_a(3.0, "Variable", "random.SeedGenerator")
        False
    """
    return bool(keras) and isinstance(value, tuple(_attribute(name) for name in names))


def _attribute(dotted: str) -> Any:
    found: Any = keras
    for name in dotted.split("."):
        found = getattr(found, name)
    return found
