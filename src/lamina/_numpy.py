"""NumPy, imported when something of it is first used.

Reading and auditing files rarely needs an array, and importing NumPy takes longer than reading a
model. `isinstance(value, np.ndarray)` imports nothing: before NumPy is loaded there are no arrays.
Its classes must therefore not be looked up while a module is imported.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["np"]

_CLASSES = frozenset({"ndarray", "generic", "integer", "floating"})


class _Absent:
    """A class of NumPy before NumPy is loaded: nothing is an instance of it."""


class _NumPy:
    """Stands for the module `numpy`."""

    def __getattr__(self, name: str) -> Any:
        if name in _CLASSES and "numpy" not in sys.modules:
            return _Absent
        value = getattr(importlib.import_module("numpy"), name)
        setattr(self, name, value)  # so that the next time it costs nothing
        return value


if not TYPE_CHECKING:
    np = _NumPy()
