"""Functions of saved code, and one call of such a function: its variables and its stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamina.bytecode.budget import Refusal
from lamina.bytecode.code import COROUTINES, VARARGS, VARKEYWORDS, Code
from lamina.bytecode.lower import Program

if TYPE_CHECKING:
    from lamina.bytecode.machine import Machine


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


class Function:
    """A function made of saved code; anyone it is handed to can call it."""

    def __init__(
        self,
        machine: Machine,
        code: Code,
        defaults: Sequence[Any],
        keyword_defaults: dict[str, Any],
        closure: Sequence[Cell],
    ) -> None:
        self.machine = machine
        self.code = code
        self.defaults = tuple(defaults)
        self.keyword_defaults = keyword_defaults
        self.closure = closure
        self.name = self.__name__ = code.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates the function, within the budget of the evaluation that made it."""
        if self.code.flags & COROUTINES:
            raise Refusal(f"{self.name}() is asynchronous")
        slots = bind(self.code, args, kwargs, self.defaults, self.keyword_defaults)
        return self.machine.run(self.machine.programs[id(self.code)], slots, self.closure)

    def __repr__(self) -> str:
        return f"<saved function {self.name}>"
