"""Python's operators, with those refused that would need more memory or time than allowed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from lamina.bytecode.budget import CONTAINERS, PLAIN, Budget, Refusal
from lamina.bytecode.formatting import percent_format

_SEQUENCES = (list, tuple, str, bytes)
_SEARCHABLE = (*CONTAINERS, str, bytes, range)


def binary(budget: Budget, symbol: str, left: Any, right: Any) -> Any:
    """`left symbol right`; an augmented symbol changes a list, set or dict in place.

    Args:
        budget: What may be spent.
        symbol: "+", "+=", ..., or "classic /" for Python 2's division.
        left: The left operand; what a tracer does with an operator is its own matter.
        right: The right operand.

    Returns:
        The result.

    Raises:
        Refusal: It would be too large.
    """
    if symbol in ("%", "%=") and type(left) in (str, bytes):
        return percent_format(budget, left, right)
    if type(left) in PLAIN and type(right) in PLAIN:
        guard = _GUARDS.get(symbol.rstrip("="))
        if guard is not None:
            guard(budget, left, right)
    if symbol.endswith("=") and type(left) in (list, set, dict):
        return _IN_PLACE[symbol[:-1]](left, right)
    return _BINARY[symbol.removesuffix("=")](left, right)


def compare(budget: Budget, symbol: str, left: Any, right: Any) -> Any:
    """`left symbol right` for one of the six orders."""
    budget.weigh(left, right)
    return _COMPARISONS[symbol](left, right)


def contains(budget: Budget, container: Any, item: Any) -> bool:
    """`item in container`, for plain Python containers."""
    if type(container) not in _SEARCHABLE:
        raise Refusal(f"`in` is understood for plain Python containers, not for {_kind(container)}")
    budget.weigh(container, item)
    return item in container


def subscript(budget: Budget, value: Any, key: Any) -> Any:
    """`value[key]`."""
    budget.weigh(key)
    if type(key) is slice and type(value) in _SEQUENCES:
        budget.allow_size(len(value))
    return value[key]


def unary(symbol: str, value: Any) -> Any:
    """`-value`, `+value`, `~value` or `not value`."""
    return _UNARY[symbol](value)


def _classic_divide(left: Any, right: Any) -> Any:
    """Python 2: integers are floored."""
    both_integers = isinstance(left, int) and isinstance(right, int)
    return left // right if both_integers else left / right


def _guard_add(budget: Budget, left: Any, right: Any) -> None:
    if type(left) in _SEQUENCES and type(right) in _SEQUENCES:
        budget.allow_size(len(left) + len(right))


def _guard_multiply(budget: Budget, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        budget.allow_bits(left.bit_length() + right.bit_length())
    for sequence, times in ((left, right), (right, left)):
        if type(sequence) in _SEQUENCES and isinstance(times, int):
            budget.allow_size(len(sequence) * max(times, 0))


def _guard_power(budget: Budget, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        budget.allow_bits(left.bit_length() * right)


def _guard_shift(budget: Budget, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        budget.allow_bits(left.bit_length() + right)


def _kind(value: Any) -> str:
    return type(value).__name__


_GUARDS: dict[str, Callable[[Budget, Any, Any], None]] = {
    "+": _guard_add,
    "*": _guard_multiply,
    "**": _guard_power,
    "<<": _guard_shift,
    "|": lambda budget, left, right: budget.weigh(left, right),
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "@": operator.matmul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "<<": operator.lshift,
    ">>": operator.rshift, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "classic /": _classic_divide,
}  # fmt: skip
_IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    **_BINARY, "+": operator.iadd, "*": operator.imul, "|": operator.ior, "&": operator.iand,
    "-": operator.isub, "^": operator.ixor,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}
