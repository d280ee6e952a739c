"""A code object as data: what Python's own `code` type holds, and nothing that can run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from lamina._records import dataclass

OPTIMIZED = 0x1
VARARGS = 0x4
VARKEYWORDS = 0x8
GENERATOR = 0x20
COROUTINES = 0x80 | 0x200  # a coroutine, an asynchronous generator


@dataclass(frozen=True, slots=True)
class Code:
    """One code object, of whichever Python.

    `layout` names the first version whose fields lie in this order: "2.7", "3.4", "3.8" or "3.11".
    `slots` lists the local variables in the order in which instructions number them; up to 3.10 that
    is the arguments and locals, then the cells, then the free variables.

    Source: the `co_` attributes of `code` in the `inspect` documentation.
    """

    layout: str
    name: str
    qualname: str
    filename: str
    firstlineno: int
    argcount: int
    posonlyargcount: int
    kwonlyargcount: int
    stacksize: int
    flags: int
    code: bytes
    consts: tuple[object, ...]
    names: tuple[str, ...]
    varnames: tuple[str, ...]
    cellvars: tuple[str, ...]
    freevars: tuple[str, ...]
    slots: tuple[str, ...]
    linetable: bytes
    exceptiontable: bytes = b""
    # What `readings` found, by whether the line tables counted.
    known: dict[bool, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of all parameters, `*args` and `**kwargs` last."""
        count = self.argcount + self.kwonlyargcount
        count += bool(self.flags & VARARGS) + bool(self.flags & VARKEYWORDS)
        return self.varnames[:count]

    @property
    def is_generator(self) -> bool:
        """Whether calling the function makes a generator."""
        return bool(self.flags & GENERATOR)

    def nested(self) -> Iterator[Code]:
        """The code objects among the constants: lambdas, inner functions, comprehensions."""
        return (const for const in self.consts if isinstance(const, Code))

    def tree(self) -> Iterator[Code]:
        """This code object and every one inside it, each once."""
        found = {id(self): self}
        waiting = [self]
        while waiting:
            new = [inner for inner in waiting.pop().nested() if id(inner) not in found]
            found.update((id(inner), inner) for inner in new)
            waiting += new
        return iter(found.values())


def short_repr(value: object, width: int = 60) -> str:
    """`repr` of a constant, cut to `width` characters; a code object is named, not dumped.

    Example:
        >>> short_repr("a" * 100, 12)
        "'aaaaaaaa..."
    """
    text = f"<code {value.name}>" if isinstance(value, Code) else _plain_repr(value, width)
    return text if len(text) <= width else text[: width - 3] + "..."


def _plain_repr(value: object, width: int) -> str:
    if isinstance(value, str | bytes):
        return repr(value[:width])
    if isinstance(value, tuple | list):
        inner = ", ".join(short_repr(item, width) for item in value[:8])
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, int | float | complex | type(None) | type(...)):
        return repr(value)
    return f"<{type(value).__name__}>"
