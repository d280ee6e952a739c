"""`install`: existing scripts use lamina's layer without a change."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

from lamina.layer import Lambda

# Where Keras 3 and TensorFlow's view of it keep the class.
_HOMES = ("keras.layers", "keras._tf_keras.keras.layers", "tensorflow.keras.layers")


def install() -> AbstractContextManager[None]:
    """Make `keras.layers.Lambda` and `tf.keras.layers.Lambda` lamina's.

    It takes effect at once. As a context manager it is taken back at the end of the block.

    Example:
        >>> import keras, lamina
        >>> with lamina.install():
        ...     keras.layers.Lambda is lamina.Lambda
        True
        >>> keras.layers.Lambda is lamina.Lambda
        False
    """
    replaced = [(module, "Lambda", module.Lambda) for module in _modules()]
    for module, name, _ in replaced:
        setattr(module, name, Lambda)
    return _restoring(replaced)


def _modules() -> Iterator[ModuleType]:
    import keras._tf_keras.keras.layers

    for name in _HOMES:
        module = sys.modules.get(name)
        if module is not None and getattr(module, "Lambda", Lambda) is not Lambda:
            yield module


@contextmanager
def _restoring(replaced: list[tuple[ModuleType, str, Any]]) -> Iterator[None]:
    try:
        yield
    finally:
        for module, name, original in replaced:
            setattr(module, name, original)
