"""The few kinds of value that a saved function carries besides plain Python ones."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from lamina._records import dataclass
from lamina.bytecode.code import Code


@dataclass(frozen=True)
class Array:
    """A NumPy array of a closure, as data: nested lists, and the dtype where the file says it."""

    value: Any
    dtype: str | None = None


@dataclass(frozen=True)
class NamedFunction:
    """A function of which the file holds only the name (and sometimes the module)."""

    name: str
    module: str | None = None
    kind: str = "function"


@dataclass(frozen=True)
class SavedFunction:
    """A function as a model file holds it.

    `closure` holds a value for each of `code.freevars`. `encoding` is "base64" or
    "raw_unicode_escape"; `notes` tells what was repaired or guessed while reading.
    """

    code: Code
    defaults: tuple[Any, ...] = ()
    closure: tuple[Any, ...] = ()
    name: str = "<lambda>"
    encoding: str = "base64"
    notes: tuple[str, ...] = ()
    damaged: bool = field(default=False, compare=False)
