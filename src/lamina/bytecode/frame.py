"""One call of a saved function: its variables, its stack, and the markers that live there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamina.bytecode.budget import Refusal
from lamina.bytecode.code import VARARGS, VARKEYWORDS, Code
from lamina.bytecode.lower import Program


class Marker:
    """A thing on the stack that is no value."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


NULL = Marker("NULL")
UNBOUND = Marker("unbound variable")


class Cell:
    """A variable shared with inner functions."""

    def __init__(self, value: Any = UNBOUND) -> None:
        self.value = value


class Frame:
    """The state of one call.

    `yields` collects what a generator yields; saved code consumes its generators at once, so they
    are run to their end when they are made.
    """

    def __init__(self, program: Program, slots: list[Any], closure: Sequence[Cell]) -> None:
        self.program = program
        self.slots = slots
        self.closure = closure
        self.stack: list[Any] = []
        self.blocks: list[tuple[str, int | None, int]] = []
        self.keywords: tuple[str, ...] = ()
        self.yields: list[Any] | None = [] if program.code.is_generator else None
        self.result: Any = UNBOUND
        self.at = 0

    def pop_many(self, count: int) -> list[Any]:
        """The top `count` values, the lowest first, taken from the stack."""
        if count == 0:
            return []
        values = self.stack[-count:]
        del self.stack[-count:]
        return values


def bind(
    code: Code,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    defaults: Sequence[Any],
    keyword_defaults: Mapping[str, Any],
) -> list[Any]:
    """The first values of the function's variables, its parameters bound as Python binds them.

    Args:
        code: The function's code.
        args: Positional arguments.
        kwargs: Keyword arguments.
        defaults: Defaults of the last positional parameters.
        keyword_defaults: Defaults of keyword-only parameters.

    Returns:
        A value for each of `code.slots`, UNBOUND for those that are no parameters.

    Raises:
        Refusal: The arguments do not fit the parameters.
    """
    positional = code.varnames[: code.argcount]
    named = code.varnames[: code.argcount + code.kwonlyargcount]
    bound: dict[str, Any] = dict(zip(positional[::-1], list(defaults)[::-1], strict=False))
    bound.update(keyword_defaults)
    given: dict[str, Any] = dict(zip(positional, args, strict=False))
    extra: dict[str, Any] = {}
    for name, value in kwargs.items():
        if name in given:
            raise Refusal(f"{code.name}() received two values for {name!r}")
        is_parameter = name in named[code.posonlyargcount :]
        (given if is_parameter else extra)[name] = value
    bound.update(given)
    _check_arguments(code, named, bound, extra, len(args))
    slots: list[Any] = [bound[name] for name in named]
    if code.flags & VARARGS:
        slots.append(tuple(args[code.argcount :]))
    if code.flags & VARKEYWORDS:
        slots.append(extra)
    return slots + [UNBOUND] * (len(code.slots) - len(slots))


def _check_arguments(
    code: Code, named: Sequence[str], bound: Mapping[str, Any], extra: Mapping[str, Any], count: int
) -> None:
    missing = [name for name in named if name not in bound]
    if missing:
        raise Refusal(f"{code.name}() needs a value for {', '.join(map(repr, missing))}")
    if extra and not code.flags & VARKEYWORDS:
        raise Refusal(f"{code.name}() has no parameter {', '.join(map(repr, extra))}")
    if count > code.argcount and not code.flags & VARARGS:
        raise Refusal(f"{code.name}() takes {code.argcount} arguments, received {count}")
