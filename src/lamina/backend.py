"""The Keras 2 backend on any Keras 3 backend: `from lamina import backend as K`.

Functions run eagerly on tensors, and are recorded inside a function that is being captured.

Example:
    >>> from lamina import backend as K
    >>> K.int_shape(K.sum(K.ones((2, 3)), axis=1))
    (2,)
"""

from __future__ import annotations

import difflib
from typing import Any

from lamina.errors import UnavailableError
from lamina.vocabulary.keras_backend import REFUSED, TABLE

__all__ = sorted(TABLE)

globals().update(TABLE)


def __getattr__(name: str) -> Any:
    if name in REFUSED:
        raise UnavailableError(f"K.{name} cannot be part of an expression: {REFUSED[name]}")
    near = difflib.get_close_matches(name, TABLE, n=3)
    hint = f"; the nearest names are {', '.join(near)}" if near else ""
    raise UnavailableError(f"the Keras 2 backend of lamina has no {name!r}{hint}")
