"""The parameters of a vocabulary's functions, looked up at a call: there are thousands, and few are called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


@functools.cache
def parameters(function: Function) -> tuple[str, ...]:
    """The names of what it takes, in order."""
    return tuple(inspect.signature(function).parameters)


@functools.cache
def collects(function: Function) -> bool:
    """Whether it takes any keyword."""
    found = inspect.signature(function).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in found)
