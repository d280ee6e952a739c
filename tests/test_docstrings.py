"""Every example in a docstring runs and prints what it says, on every backend."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import lamina

(PACKAGE,) = map(Path, lamina.__path__)
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, capsys):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    as_a_user = {"__name__": "__main__"}  # capture does not follow lamina's own functions
    result = doctest.testmod(importlib.import_module(name), optionflags=flags, extraglobs=as_a_user)
    assert result.attempted > 0
    assert result.failed == 0, capsys.readouterr().out
