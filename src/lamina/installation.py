"""`install`: existing scripts use lamina's layer without a change."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

from keras.src.layers.core import lambda_layer

from lamina.layer import Lambda

_STOCK = lambda_layer.Lambda
_PACKAGES = ("keras", "tensorflow.keras")


def install() -> AbstractContextManager[None]:
    """Make `keras.layers.Lambda` and `tf.keras.layers.Lambda` lamina's.

    It takes effect at once, for imports that come later too. As a context manager it is taken back
    at the end of the block.

    Example:
        >>> import keras, lamina
        >>> with lamina.install():
        ...     keras.layers.Lambda is lamina.Lambda
        True
        >>> keras.layers.Lambda is lamina.Lambda
        False
    """
    return _Installation(_replace(_STOCK, Lambda))


def _replace(old: Any, new: Any) -> list[ModuleType]:
    """Put `new` in the place of `old` in every module that holds it under this name."""
    _load_views()
    holding = [module for module in _modules() if vars(module).get("Lambda") is old]
    for module in holding:
        module.Lambda = new  # type: ignore[attr-defined]
    return holding


def _load_views() -> None:
    """Load TensorFlow's view of Keras where TensorFlow is in use; it copies the names when it is loaded."""
    if "tensorflow" in sys.modules:
        importlib.import_module("tensorflow.keras.layers")


def _modules() -> Iterator[ModuleType]:
    for name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and name.startswith(_PACKAGES):
            yield module


class _Installation(AbstractContextManager[None]):
    """What `install` returns: leaving it takes the replacement back where it was made."""

    def __init__(self, replaced: list[ModuleType]) -> None:
        self._replaced = replaced

    def __exit__(self, *error: object) -> None:
        for module in self._replaced:
            module.Lambda = _STOCK  # type: ignore[attr-defined]
