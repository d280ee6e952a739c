"""Which framework's tensors a function means, where their methods differ: `x.max(1)`, `x += y`.

A function that names PyTorch, or is called from one that does, means PyTorch's tensors, and one that
names TensorFlow, JAX or the Keras 2 backend means theirs. Any other function gets what it would get
without a capture: the tensors of the backend in use.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

from lamina._keras import keras
from lamina.vocabulary.registry import Namespace, framework_of

# NumPy, Keras and Python go with tensors of every kind.
_DECISIVE = {"torch": True, "tensorflow": False, "jax": False, "keras_backend": False}
_VOCABULARIES = "lamina.vocabulary."
# A capture starts in the one; saved functions are read in the other, and were not written for PyTorch.
_STARTS = "lamina.tracing.api"
_SAVED = "lamina.bytecode"


def speaks_torch(unsaid: bool | None = None) -> bool:
    """Whether the function that is running means PyTorch's tensors.

    Args:
        unsaid: The answer of a function that names no framework; by the backend unless given.
    """
    for frame in _frames():
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(_SAVED):
            return False
        for vocabulary in _vocabularies(module, frame):
            if vocabulary in _DECISIVE:
                return _DECISIVE[vocabulary]
    if unsaid is not None:
        return unsaid
    return bool(keras) and keras.backend.backend() == "torch"


def _vocabularies(module: str, frame: types.FrameType) -> Iterator[str]:
    """The vocabularies that a frame names, or the one that it is of, as that of `jax.vmap` around a lambda."""
    if module.startswith(_VOCABULARIES):
        yield _part(module)
        return
    yield from map(_vocabulary_of, (*frame.f_locals.values(), *frame.f_globals.values()))


def _part(module: str) -> str:
    return module.removeprefix(_VOCABULARIES).partition(".")[0]


def _frames() -> Iterator[types.FrameType]:
    """The frames of the user's functions, of vocabularies and of the reader of saved ones, innermost first."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module == _STARTS:
            return
        if framework_of(module) is None and (
            not module.startswith("lamina.") or module.startswith((_SAVED, _VOCABULARIES))
        ):
            yield frame
        frame = frame.f_back


def _vocabulary_of(value: Any) -> str:
    """The vocabulary that a value of a captured function stands in for, if it does."""
    if isinstance(value, Namespace):
        root = framework_of(value._vocabulary.modules[0]) or ""
        return "keras_backend" if value._vocabulary.name == "K" else root
    kind = type(value)
    module = value.__module__ if kind is types.FunctionType else kind.__module__
    return _part(module) if isinstance(module, str) and module.startswith(_VOCABULARIES) else ""
