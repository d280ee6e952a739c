"""Registers the layer with Keras as soon as Keras is there.

`import lamina` alone must let `keras.saving.load_model` find `lamina.Lambda`, and must not import
Keras: the commands that read files work without it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def register() -> None:
    """Register now if Keras is loaded, and otherwise right after it is imported."""
    if "keras" in sys.modules:
        importlib.import_module("lamina.layer")
    else:
        sys.meta_path.insert(0, _AfterKeras())


class _AfterKeras:
    """Finds `keras` with the other finders, once, and adds the registration to its loading."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "keras":
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(self)
        spec = find_spec("keras")
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
        return spec


class _Loader:
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        importlib.import_module("lamina.layer")

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)
