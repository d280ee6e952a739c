"""Functions that differ from an operation in spelling only, as lines of a table.

    gather(reference, indices) = take(reference, indices, axis=0)

The left side is the framework's signature, the right side the operation it stands for; the
arguments there are parameters of the left side or literals.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from lamina.vocabulary.dispatch import ops

Function = Callable[..., Any]
Argument = tuple[bool, Any]


def parse_table(
    text: str, converters: Mapping[str, Callable[[Any], Any]], old: Mapping[str, str]
) -> dict[str, Function]:
    """The functions of a table, by name.

    Args:
        text: One line per function; empty lines and lines that start with `#` do not count.
        converters: What to do with the arguments for a parameter of an operation, by its name.
        old: Present names of keywords by their older names.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    return {line.partition("(")[0]: Adapter(line, converters, old) for line in lines}


class Adapter:
    """A function of the table; its line is parsed when it is first used.

    Args:
        line: The line.
        converters: As for `parse_table`.
        old: As for `parse_table`.
    """

    def __init__(
        self, line: str, converters: Mapping[str, Callable[[Any], Any]], old: Mapping[str, str]
    ) -> None:
        self._line = line
        self._converters = converters
        self._old = old
        self.__name__ = self.__qualname__ = line.partition("(")[0]
        self.__doc__ = f"`keras.ops.{line.partition(' = ')[2]}`."

    @functools.cached_property
    def _function(self) -> Function:
        return with_old_keywords(_adapter(self._line, self._converters), self._old)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self._function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the operation of the line."""
        return self._function(*args, **kwargs)


def _adapter(line: str, converters: Mapping[str, Callable[[Any], Any]]) -> Function:
    left, right = (_call(side) for side in line.split(" = "))
    parameters = [a.id for a in left.args if isinstance(a, ast.Name)]
    defaults = {k.arg: ast.literal_eval(k.value) for k in left.keywords if k.arg}
    names = (*parameters, *defaults)
    operands = [_argument(a) for a in right.args]
    options = [(k.arg, _argument(k.value), converters.get(k.arg)) for k in right.keywords if k.arg]
    target = attrgetter(ast.unparse(right.func))
    signature = _signature(parameters, defaults)

    def call(*args: Any, **kwargs: Any) -> Any:
        given = {**defaults, **dict(zip(names, args, strict=False)), **kwargs}
        if len(given) != len(names) or len(args) + len(kwargs) > len(names):
            given = signature.bind(*args, **kwargs).arguments
        positional = [given[value] if named else value for named, value in operands]
        keywords = {}
        for key, (named, value), convert in options:
            argument = given[value] if named else value
            keywords[key] = convert(argument) if convert and named else argument
        return target(ops)(*positional, **keywords)

    call.__name__ = call.__qualname__ = ast.unparse(left.func)
    call.__doc__ = f"`keras.ops.{right_side}`." if (right_side := ast.unparse(right)) else None
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _call(text: str) -> ast.Call:
    node = ast.parse(text.strip(), mode="eval").body
    assert isinstance(node, ast.Call), text
    return node


def _argument(node: ast.expr) -> Argument:
    return (True, node.id) if isinstance(node, ast.Name) else (False, ast.literal_eval(node))


def _signature(parameters: list[str], defaults: Mapping[str, Any]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    required = [inspect.Parameter(name, kind) for name in parameters]
    return inspect.Signature(
        [*required, *(inspect.Parameter(n, kind, default=d) for n, d in defaults.items())]
    )


def with_old_keywords(function: Function, old: Mapping[str, str]) -> Function:
    """The same function, which also takes the older names of its keywords."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not old.keys().isdisjoint(kwargs):
            kwargs = _renamed(function, kwargs, old)
        return function(*args, **kwargs)

    return call


def _renamed(function: Function, kwargs: Mapping[str, Any], old: Mapping[str, str]) -> dict[str, Any]:
    known = inspect.signature(function).parameters
    return {old[key] if key in old and old[key] in known else key: value for key, value in kwargs.items()}
