"""Calls in the conventions of every version, and the making of inner functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lamina.bytecode.budget import Refusal
from lamina.bytecode.code import Code
from lamina.bytecode.decode import Impossible
from lamina.bytecode.frame import NULL, Cell, Frame, Function
from lamina.bytecode.handlers_stack import Handler
from lamina.bytecode.operations import Making, Pairs

if TYPE_CHECKING:
    from lamina.bytecode.machine import Machine

_DEFAULTS, _KEYWORD_DEFAULTS, _ANNOTATIONS, _CLOSURE = 1, 2, 4, 8


def _keywords(machine: Machine, frame: Frame, index: int) -> None:
    frame.keywords = _names(frame.program.code.consts[index])


def _names(value: Any) -> tuple[str, ...]:
    if type(value) is not tuple or not all(type(name) is str for name in value):
        raise Impossible("the names of keyword arguments are not a tuple of names")
    return value


def _call(machine: Machine, frame: Frame, n: int) -> None:
    names, frame.keywords = frame.keywords, ()
    _finish(machine, frame, frame.pop_many(n), names, flat=False)


def _call_flat(machine: Machine, frame: Frame, n: int) -> None:
    _finish(machine, frame, frame.pop_many(n), (), flat=True)


def _call_named(machine: Machine, frame: Frame, n: int) -> None:
    names = _names(frame.stack.pop())
    _finish(machine, frame, frame.pop_many(n), names, flat=False)


def _call_named_flat(machine: Machine, frame: Frame, n: int) -> None:
    names = _names(frame.stack.pop())
    _finish(machine, frame, frame.pop_many(n), names, flat=True)


def _finish(machine: Machine, frame: Frame, values: list[Any], names: Sequence[str], flat: bool) -> None:
    """Calls what lies below `values`, the last of which are named."""
    if len(names) > len(values):
        raise Impossible("more keyword names than arguments")
    split = len(values) - len(names)
    kwargs = dict(zip(names, values[split:], strict=True))
    if len(kwargs) != len(names):
        raise Impossible("a keyword argument twice")
    function, first = _callee(frame, flat)
    frame.stack.append(machine.call(function, (*first, *values[:split]), kwargs))


def _callee(frame: Frame, flat: bool) -> tuple[Any, tuple[Any, ...]]:
    """The function, and the argument that lies beside it where that is no NULL."""
    upper = frame.stack.pop()
    if flat:
        return upper, ()
    lower = frame.stack.pop()
    if lower is NULL:
        return upper, ()
    return lower, () if upper is NULL else (upper,)


def _call_pairs(machine: Machine, frame: Frame, pairs: Pairs) -> None:
    """Up to Python 3.5: positional arguments, then pairs of a name and a value."""
    double_star = frame.stack.pop() if pairs.double_star else {}
    star = frame.stack.pop() if pairs.star and not pairs.star_first else ()
    named = frame.pop_many(2 * pairs.keywords)
    star = frame.stack.pop() if pairs.star_first else star
    positional = frame.pop_many(pairs.positional)
    kwargs = dict(zip(_names(tuple(named[::2])), named[1::2], strict=True))
    _add_keywords(kwargs, double_star)
    args = (*positional, *machine.budget.collect(star))
    frame.stack.append(machine.call(frame.stack.pop(), args, kwargs))


def _add_keywords(kwargs: dict[str, Any], more: Any) -> None:
    if type(more) is not dict or not all(type(name) is str for name in more):
        raise Refusal(f"** of {type(more).__name__}, not of a dictionary of names")
    twice = [name for name in more if name in kwargs]
    if twice:
        raise Refusal(f"two values for the argument {', '.join(map(repr, twice))}")
    kwargs.update(more)


def _call_star(machine: Machine, frame: Frame, keywords_flat: tuple[bool, bool]) -> None:
    with_keywords, flat = keywords_flat
    more = frame.stack.pop() if with_keywords else NULL
    args = machine.budget.collect(frame.stack.pop())
    kwargs: dict[str, Any] = {}
    _add_keywords(kwargs, {} if more is NULL else more)
    function, first = _callee(frame, flat)
    frame.stack.append(machine.call(function, (*first, *args), kwargs))


def _function(machine: Machine, frame: Frame, making: Making) -> None:
    if making.qualname:
        frame.stack.pop()
    code = frame.stack.pop()
    if not isinstance(code, Code):
        raise Impossible("a function is made of what is no code")
    cells = _cells(frame.stack.pop()) if making.flags & _CLOSURE else ()
    if making.annotations or making.flags & _ANNOTATIONS:
        frame.pop_many(making.annotations + 1)
    keyword_defaults = frame.stack.pop() if making.flags & _KEYWORD_DEFAULTS else {}
    defaults = frame.stack.pop() if making.flags & _DEFAULTS else ()
    if making.defaults or making.keyword_defaults:
        defaults, keyword_defaults = _counted_defaults(frame, making)
    frame.stack.append(Function(machine, code, defaults, keyword_defaults, cells))


def _counted_defaults(frame: Frame, making: Making) -> tuple[list[Any], dict[str, Any]]:
    """Up to 3.5: single values, the pairs of keyword-only ones above or below the others.

    Which of the two changed within the life of 3.4 and 3.5; the names show it.
    """
    values = frame.pop_many(making.defaults + 2 * making.keyword_defaults)
    split = 2 * making.keyword_defaults
    below, above = values[:split], values[len(values) - split :]
    pairs, defaults = (below, values[split:])
    if not all(type(name) is str for name in below[::2]):
        pairs, defaults = above, values[: len(values) - split]
    return defaults, dict(zip(_names(tuple(pairs[::2])), pairs[1::2], strict=True))


def _cells(value: Any) -> tuple[Cell, ...]:
    if type(value) is not tuple or not all(isinstance(cell, Cell) for cell in value):
        raise Impossible("a closure that is no tuple of variables")
    return value


def _set_function(machine: Machine, frame: Frame, flag: int) -> None:
    """3.13 on: one of a new function's attributes."""
    function, value = frame.stack.pop(), frame.stack.pop()
    _SETTERS.get(flag, _ignore)(_expect_function(function), value)
    frame.stack.append(function)


def _expect_function(value: Any) -> Function:
    if not isinstance(value, Function):
        raise Impossible("an attribute of a function is set on what is none")
    return value


def _set_defaults(function: Function, value: Any) -> None:
    function.defaults = tuple(value)


def _set_keyword_defaults(function: Function, value: Any) -> None:
    function.keyword_defaults = dict(value)


def _set_closure(function: Function, value: Any) -> None:
    function.closure = _cells(value)


def _ignore(function: Function, value: Any) -> None:
    """Annotations do not change what a function computes."""


_SETTERS = {_DEFAULTS: _set_defaults, _KEYWORD_DEFAULTS: _set_keyword_defaults, _CLOSURE: _set_closure}
CALL_HANDLERS: dict[str, Handler] = {
    "KEYWORDS": _keywords,
    "CALL": _call,
    "CALL_FLAT": _call_flat,
    "CALL_NAMED": _call_named,
    "CALL_NAMED_FLAT": _call_named_flat,
    "CALL_PAIRS": _call_pairs,
    "CALL_STAR": _call_star,
    "FUNCTION": _function,
    "SET_FUNCTION": _set_function,
}
