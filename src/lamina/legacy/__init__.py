"""Models that old Keras versions saved, as Keras 3 models.

model = lamina.load_model("old.h5", names={"SCALE": 3.0})
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamina.legacy.load import Loaded as Loaded
    from lamina.legacy.load import load_model as load_model
    from lamina.legacy.load import read_model as read_model
    from lamina.legacy.notes import LegacyWarning as LegacyWarning
    from lamina.legacy.notes import Note as Note

_HOMES = {
    "Loaded": "lamina.legacy.load",
    "load_model": "lamina.legacy.load",
    "read_model": "lamina.legacy.load",
    "LegacyWarning": "lamina.legacy.notes",
    "Note": "lamina.legacy.notes",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lamina.legacy' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
