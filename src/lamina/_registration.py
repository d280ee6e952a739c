"""Registers the layer with Keras as soon as Keras is there.

`import lamina` alone must let `keras.saving.load_model` find `lamina.Lambda`, and must not import
Keras: the commands that read files work without it.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType


def register() -> None:
    """Register now if Keras is loaded, and otherwise right after it is imported."""
    if "keras" in sys.modules:
        importlib.import_module("lamina.layer")
    else:
        sys.meta_path.insert(0, _AfterKeras())


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Finds `keras` with the other finders, once, and adds the registration to its loading."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("keras")
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        importlib.import_module("lamina.layer")

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)
