"""The Python values that a captured function reads from outside, and whether they still are what they were.

An expression keeps the value of a global, closure variable or attribute that it had at capture. A later
change cannot reach it; comparing tells the user.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable
from typing import Any

from lamina._keras import is_a, keras
from lamina._numpy import np
from lamina._records import dataclass
from lamina.tracing.variables import is_foreign_variable

_SCALARS = (bool, int, float, complex, str, bytes, type(None))
# What a name refers to for good, nearly always; there is no value of it to compare.
_FIXED = (types.ModuleType, types.FunctionType, type)
_COMPARED = {*_SCALARS, tuple, list, dict}
# Containers are compared item by item at each call, so only small ones are.
_ITEMS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A value that was read.

    Args:
        name: How the function reads it, such as `settings.rate`.
        read: Reads it again.
        value: What it was: scalars and small containers of them by value, tensors by identity.
    """

    name: str
    read: Callable[[], Any]
    value: Any

    def changed(self) -> bool:
        """Whether it is another value now.

        Example:
            >>> settings = {"rate": 1.0}
            >>> rate = Watched("rate", lambda: settings["rate"], 1.0)
            >>> settings["rate"] = 2.0
            >>> rate.changed()
            True
        """
        now = self.read()
        if now is self.value:
            return False
        if type(now) is not type(self.value) or type(now) not in _COMPARED:
            return True
        return bool(now != self.value) and not (now != now and self.value != self.value)  # nan is still nan


def watch(name: str, read: Callable[[], Any]) -> Watched | None:
    """A `Watched` for a value that can be compared cheaply; `None` for any other, and for variables."""
    value = read()
    if isinstance(value, _FIXED):
        return None
    if is_a(value, "Variable") or is_foreign_variable(value):
        return None
    if isinstance(value, _SCALARS) or is_tensor(value):
        return Watched(name, read, value)
    if type(value) in (tuple, list, dict) and len(value) <= _ITEMS and _holds_scalars(value):
        return Watched(name, read, value if type(value) is tuple else value.copy())
    return None


def _holds_scalars(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return all(isinstance(item, _SCALARS) for item in items)


def is_tensor(value: Any) -> bool:
    """Whether a value is an array or a tensor, which is compared by identity."""
    return isinstance(value, np.ndarray) or (bool(keras) and bool(keras.ops.is_tensor(value)))


@functools.lru_cache(maxsize=4096)
def global_reads(code: types.CodeType) -> frozenset[str]:
    """The names that a code object, or one nested in it, loads from its globals."""
    own = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    nested = (global_reads(c) for c in code.co_consts if isinstance(c, types.CodeType))
    return frozenset(own).union(*nested)
