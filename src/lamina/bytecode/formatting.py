"""The three ways to format text, without attribute access and without gigantic widths."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import Any

from lamina.bytecode.budget import CONTAINERS, Budget, Refusal

_WIDEST = 1000
_CONVERSIONS: dict[int, Callable[[Any], str]] = {1: str, 2: repr, 3: ascii}
_NUMBER = re.compile(r"\d+")
_PERCENT = re.compile(r"%(?:\([^()]*\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")
_PLAIN_FIELD = re.compile(r"\w*\Z")


def to_text(budget: Budget, value: Any, conversion: int = 1) -> str:
    """`str`, `repr` or `ascii` of a value (1, 2 or 3), not more than allowed."""
    budget.weigh(value)
    if conversion not in _CONVERSIONS:
        raise Refusal(f"conversion {conversion} does not exist")
    text = _CONVERSIONS[conversion](value)
    budget.allow_size(len(text))
    return text


def format_value(budget: Budget, value: Any, specification: str = "") -> str:
    """`format(value, specification)`."""
    if type(specification) is not str:
        raise Refusal("a format specification that is no text")
    _check_widths(_NUMBER.findall(specification))
    if not specification or type(value) in CONTAINERS:
        return to_text(budget, value)
    return format(value, specification)


def percent_format(budget: Budget, template: Any, values: Any) -> Any:
    """`template % values`."""
    text = template.decode("latin-1") if type(template) is bytes else template
    _check_widths([number for match in _PERCENT.finditer(text) for number in match.groups() if number])
    parts = values if type(values) is tuple else (values,)
    for part in parts:
        to_text(budget, part, 2)
    return template % values


def brace_format(budget: Budget, template: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """`template.format(*args, **kwargs)`, for fields that are a bare name or number."""
    pieces = []
    automatic = iter(range(len(args) + 1))
    for literal, field, specification, conversion in string.Formatter().parse(template):
        pieces.append(literal)
        if field is None:
            continue
        if not _PLAIN_FIELD.match(field) or "{" in (specification or ""):
            raise Refusal(f"the format field {field!r} reads more than a value")
        value = _field(field or str(next(automatic, len(args))), args, kwargs)
        if conversion:
            value = to_text(budget, value, {"s": 1, "r": 2, "a": 3}.get(conversion, 0))
        pieces.append(format_value(budget, value, specification or ""))
    budget.allow_size(sum(len(piece) for piece in pieces))
    return "".join(pieces)


def _field(field: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[int(field)] if field.isdigit() else kwargs[field]


def _check_widths(numbers: list[str]) -> None:
    for number in numbers:
        if number == "*" or len(number) > 4 or int(number) > _WIDEST:
            raise Refusal(f"a format width of {number}, more than {_WIDEST}")
