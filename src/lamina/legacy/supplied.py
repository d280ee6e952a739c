"""The names that the caller of a load supplies, where Keras restores the layers itself."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Mapping
from typing import Any

_SUPPLIED: contextvars.ContextVar[Mapping[str, Any] | None] = contextvars.ContextVar("supplied", default=None)


@contextlib.contextmanager
def supplied(names: Mapping[str, Any]) -> Iterator[None]:
    """Gives names to every Lambda that is restored within.

    Args:
        names: Values by name.

    Example:
        >>> with supplied({"SCALE": 3.0}):
        ...     supplied_names()
        {'SCALE': 3.0}
    """
    token = _SUPPLIED.set(names)
    try:
        yield
    finally:
        _SUPPLIED.reset(token)


def supplied_names() -> Mapping[str, Any]:
    """The names given by the `supplied` around; none without one."""
    return _SUPPLIED.get() or {}
