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
    functions = (_adapter(line, converters) for line in lines)
    return {f.__name__: with_old_keywords(f, old) for f in functions}


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
    spellings = {before: now for before, now in old.items() if now in inspect.signature(function).parameters}
    if not spellings:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{spellings.get(key, key): value for key, value in kwargs.items()})

    return call
