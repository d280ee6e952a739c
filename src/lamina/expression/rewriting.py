"""Values of an expression with other references in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina.expression.model import Call, Closure, FrozenDict, FrozenList, Ref, Slice

Replace = Callable[[Ref], Ref]


def _unchanged(closure: Closure) -> Closure:
    return closure


def with_references(value: Any, replace: Replace, nested: Callable[[Closure], Closure] = _unchanged) -> Any:
    """A value with every reference replaced.

    Args:
        value: An argument or the outputs of an expression.
        replace: The new reference for an old one.
        nested: What becomes of a function argument, once its captured values are replaced.
    """
    kind = type(value)
    if kind is Ref:
        return replace(value)
    if kind is Slice:
        return Slice(*(with_references(part, replace) for part in (value.start, value.stop, value.step)))
    if kind is Closure:
        return nested(Closure(value.expression, tuple(map(replace, value.captured))))
    if kind is FrozenDict:
        return FrozenDict({key: with_references(item, replace, nested) for key, item in value.items()})
    if kind is FrozenList:
        return FrozenList(with_references(item, replace, nested) for item in value)
    if kind is tuple:
        return tuple(with_references(item, replace, nested) for item in value)
    return value


def call_with_references(
    call: Call, replace: Replace, nested: Callable[[Closure], Closure] = _unchanged
) -> Call:
    """A call with every reference replaced, as in `with_references`."""
    kwargs = tuple((name, with_references(value, replace, nested)) for name, value in call.kwargs)
    return Call(call.op, with_references(call.args, replace, nested), kwargs, call.where)
