"""Any expression as a Keras layer: portable, safe, trainable, fast.

    Python function --capture--> Expression --> run, train, save, show

Example:
    >>> import lamina
    >>> layer = lamina.Lambda(lambda x: x / 255.0)
    >>> layer.expression
    <Expression: x -> x / 255.0>
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lamina import _registration
from lamina.errors import LaminaError as LaminaError

if TYPE_CHECKING:
    from lamina.capture import capture as capture
    from lamina.expression.model import Expression as Expression
    from lamina.installation import install as install
    from lamina.layer import Lambda as Lambda

__version__ = "0.1.0"

_HOMES = {
    "Expression": "lamina.expression.model",
    "Lambda": "lamina.layer",
    "capture": "lamina.capture",
    "install": "lamina.installation",
}
_MODULES = ("archive", "backend", "bytecode", "errors", "vocabulary")

__all__ = ["Expression", "Lambda", "LaminaError", "capture", "install"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"lamina.{name}")
    raise AttributeError(f"module 'lamina' has no attribute {name!r}")


_registration.register()
