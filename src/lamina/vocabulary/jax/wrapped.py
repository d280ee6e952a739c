"""Functions of the user that JAX has wrapped before they are captured: `@jax.jit`, `@jax.vmap`."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from lamina.jaxpr import applies
from lamina.vocabulary.jax.arguments import refuse
from lamina.vocabulary.jax.control import vmap
from lamina.vocabulary.jax.refused import REFUSED

Follow = Callable[[Any], Any]

_TRANSPARENT = ("PjitFunction", "checkpoint.", "ExtendNameStackContextManager.", "vectorize.")


def unwrapped(value: Any, follow: Follow) -> Any:
    """What stands for a wrapped function; `None` if it is none that is known.

    Args:
        value: A function or object that JAX has made of a function.
        follow: Replaces what the inner function reaches.
    """
    maker, made = _maker(value), _closure(value)
    if maker.startswith("api_boundary."):
        return unwrapped(made["fun"], follow)
    name = maker.partition(".")[0]
    if name in REFUSED:
        # Where JAX is the backend, such a function is lowered as it is, with its own gradient.
        return None if applies("jax") else functools.partial(_refused, name)
    inner = getattr(value, "__wrapped__", None) or made.get("fun")
    if inner is None:
        return None
    if maker.startswith(_TRANSPARENT):
        return follow(inner)
    if maker.startswith("vmap."):
        return vmap(follow(inner), made.get("in_axes", 0), made.get("out_axes", 0))
    return None


def _refused(name: str, *args: Any, **kwargs: Any) -> Any:
    """What a function that computes derivatives, or has a gradient of its own, does when it is called."""
    refuse(name, "an expression cannot hold it", REFUSED[name])


def _maker(value: Any) -> str:
    """The name of the class of an object, or of the function of JAX that made a function."""
    return value.__code__.co_qualname if isinstance(value, types.FunctionType) else type(value).__name__


def _closure(value: Any) -> dict[str, Any]:
    return dict(inspect.getclosurevars(value).nonlocals) if isinstance(value, types.FunctionType) else {}
