"""JAX functions that no vocabulary has: their jaxpr, written over the opset.

    real function --jax.make_jaxpr--> primitives of lax --TABLE--> calls of the opset

Only where JAX is the backend in use: the function is traced by JAX itself, with symbolic sizes where the
capture does not know them. What has no counterpart is refused by the name of its primitive.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lamina._keras import keras
from lamina.errors import LaminaError, SpecNeededError

if TYPE_CHECKING:
    from lamina.tracing.substitution import Substitution


def applies(framework: str | None) -> bool:
    """Whether functions of a framework can be lowered: those of JAX, where it is the backend."""
    return framework == "jax" and bool(keras) and bool(keras.backend.backend() == "jax")


def whole(function: Callable[..., Any], error: LaminaError) -> Callable[..., Any]:
    """A function that could not be captured name by name, to be lowered as a whole.

    Only a function that is written with JAX; what it reads of variables stays theirs.

    Args:
        function: The user's function itself.
        error: Why it could not be captured.

    Raises:
        LaminaError: `error`, if the function has nothing to do with JAX.
    """
    from lamina.tracing.frameworks import frameworks_of

    if not applies("jax") or "jax" not in frameworks_of(function):
        raise error

    @functools.wraps(function)
    def lowered(*args: Any, **kwargs: Any) -> Any:
        from lamina.jaxpr.entry import lower_call
        from lamina.vocabulary.dispatch import active

        recorder: Any = active()
        try:
            return lower_call(recorder, function, args, kwargs)
        except SpecNeededError:
            raise
        except LaminaError as reason:
            raise error from reason

    lowered.__module__ = __name__
    return lowered


def stand_in(
    substitution: Substitution, function: Callable[..., Any], explanation: str
) -> Callable[..., Any]:
    """What stands for a function of JAX that no vocabulary has.

    Args:
        substitution: Knows the user's functions behind those that a captured function sees.
        function: The function itself.
        explanation: What to say where it cannot be lowered.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        from lamina.jaxpr.entry import call_lowered

        return call_lowered(substitution, function, explanation, args, kwargs)

    return call
