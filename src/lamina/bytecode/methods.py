"""The methods of plain Python values that saved code may call; there are no other attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina.bytecode.budget import Budget
from lamina.bytecode.formatting import brace_format

Method = Callable[..., Any]
# Methods that look at every element, comparing or copying it.
_WALKING = frozenset(
    "index count remove copy reverse union intersection difference issubset issuperset".split()
)


class BoundMethod:
    """A method of a plain Python value, from the table below."""

    def __init__(self, budget: Budget, value: Any, name: str, method: Method) -> None:
        self.budget = budget
        self.value = value
        self.name = name
        self.method = method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the method, its cost charged."""
        self.budget.spend()
        self.budget.weigh(*args, *([self.value] if self.name in _WALKING else []))
        if type(self.value) is str:
            self.budget.allow_size(len(self.value))
        return self.method(self.budget, self.value, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<method {self.name} of {type(self.value).__name__}>"


def find_method(budget: Budget, value: Any, name: str) -> BoundMethod:
    """The method `name` of a plain Python value.

    Raises:
        AttributeError: The table has no such method for that type.
    """
    method = _METHODS.get(type(value), {}).get(name)
    if method is None:
        raise AttributeError(f"{type(value).__name__}.{name} is not among the methods that are understood")
    return BoundMethod(budget, value, name, method)


def _own(kind: type, names: str) -> dict[str, Method]:
    """The type's own methods, for those whose result is no larger than what goes in."""
    return {name: _without_budget(getattr(kind, name)) for name in names.split()}


def _without_budget(method: Method) -> Method:
    return lambda budget, *args, **kwargs: method(*args, **kwargs)


def _extend(budget: Budget, value: list[Any], items: Any) -> None:
    added = budget.collect(items)
    budget.allow_size(len(value) + len(added))
    value.extend(added)


def _join(budget: Budget, value: Any, items: Any) -> Any:
    parts = budget.collect(items)
    budget.allow_size(sum(len(part) + len(value) for part in parts))
    return value.join(parts)


def _replace(budget: Budget, value: Any, old: Any, new: Any) -> Any:
    budget.allow_size(len(value) + (value.count(old) if old else len(value) + 1) * len(new))
    return value.replace(old, new)


def _sort(budget: Budget, value: list[Any], key: Any = None, reverse: bool = False) -> None:
    budget.spend(len(value))
    value.sort(key=key, reverse=reverse)


def _format(budget: Budget, template: str, *args: Any, **kwargs: Any) -> str:
    return brace_format(budget, template, args, kwargs)


def _update(budget: Budget, value: Any, *others: Any, **kwargs: Any) -> None:
    budget.allow_size(len(value) + len(kwargs) + sum(len(other) for other in others))
    value.update(*others, **kwargs)


_METHODS: dict[type, dict[str, Method]] = {
    list: {
        **_own(list, "append pop insert reverse index count copy clear remove"),
        "extend": _extend,
        "sort": _sort,
    },
    tuple: _own(tuple, "index count"),
    dict: {
        **_own(dict, "get items keys values pop setdefault copy clear"),
        "iteritems": _without_budget(dict.items),
        "iterkeys": _without_budget(dict.keys),
        "itervalues": _without_budget(dict.values),
        "has_key": _without_budget(dict.__contains__),
        "update": _update,
    },
    set: {
        **_own(set, "add discard remove copy clear union intersection difference issubset issuperset"),
        "update": _update,
    },
    frozenset: _own(frozenset, "union intersection difference issubset issuperset"),
    str: {
        **_own(str, "lower upper strip lstrip rstrip split rsplit splitlines partition rpartition"),
        **_own(str, "startswith endswith find rfind index count title capitalize"),
        **_own(str, "isdigit isalpha isupper islower"),
        "join": _join,
        "replace": _replace,
        "format": _format,
    },
    range: _own(range, "index count"),
    int: _own(int, "bit_length"),
    float: _own(float, "is_integer"),
}
