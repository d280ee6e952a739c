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
    from lamina.auditing import audit as audit
    from lamina.conversion import convert as convert
    from lamina.execution import set_jit as set_jit
    from lamina.expression.model import Expression as Expression
    from lamina.freezing import freeze as freeze
    from lamina.fusing import fuse as fuse
    from lamina.inside import add_loss as add_loss
    from lamina.inside import variable as variable
    from lamina.installation import install as install
    from lamina.layer import Lambda as Lambda
    from lamina.legacy import load_model as load_model
    from lamina.tracing import capture as capture
    from lamina.verification.checking import verify as verify

__version__ = "0.1.0"

_HOMES = {
    "Expression": "lamina.expression.model",
    "Lambda": "lamina.layer",
    "add_loss": "lamina.inside",
    "audit": "lamina.auditing",
    "capture": "lamina.tracing",
    "convert": "lamina.conversion",
    "freeze": "lamina.freezing",
    "fuse": "lamina.fusing",
    "install": "lamina.installation",
    "load_model": "lamina.legacy",
    "set_jit": "lamina.execution",
    "variable": "lamina.inside",
    "verify": "lamina.verification",
}
_MODULES = ("archive", "backend", "bytecode", "errors", "legacy", "vocabulary")

__all__ = [
    "Expression",
    "Lambda",
    "LaminaError",
    "add_loss",
    "audit",
    "capture",
    "convert",
    "freeze",
    "fuse",
    "install",
    "load_model",
    "set_jit",
    "variable",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"lamina.{name}")
    raise AttributeError(f"module 'lamina' has no attribute {name!r}")


_registration.register()
