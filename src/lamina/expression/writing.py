"""How values and calls are written as Python; what a reference is called is left to the printers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType, NoneType
from typing import Any

from lamina.expression.model import Array, Call, Closure, FrozenDict, FrozenList, Ref, Slice

# How tightly an operator binds, as in Python; what binds less tightly goes into parentheses.
COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)

# Text, and how tightly its outermost operator binds.
Written = tuple[str, int]

INFIX: Mapping[str, tuple[str, int]] = {
    "operator.add": ("+", SUM),
    "operator.sub": ("-", SUM),
    "operator.mul": ("*", PRODUCT),
    "operator.truediv": ("/", PRODUCT),
    "operator.floordiv": ("//", PRODUCT),
    "operator.mod": ("%", PRODUCT),
    "operator.pow": ("**", POWER),
}
PREFIX: Mapping[str, str] = {"operator.neg": "-", "operator.pos": "+"}
_INDEXING = ("get_item", "operator.getitem")


class Writer(ABC):
    """Writes values and calls.

    Args:
        infix: The binary operations that are written with an operator.
        prefix: The unary ones.
    """

    def __init__(
        self, infix: Mapping[str, tuple[str, int]] = INFIX, prefix: Mapping[str, str] = PREFIX
    ) -> None:
        self._infix = infix
        self._prefix = prefix

    @abstractmethod
    def reference(self, ref: Ref) -> Written:
        """What a value is called."""

    @abstractmethod
    def function(self, op: str) -> str:
        """What an operation is called."""

    @abstractmethod
    def array(self, array: Array) -> str:
        """A constant array."""

    @abstractmethod
    def argument(self, call: Call, key: int | str, value: Any) -> str:
        """An argument of a call, given by position or by name."""

    def written(self, value: Any) -> Written:
        """A literal, a reference or a structure of them."""
        return _WRITERS[type(value)](self, value)

    def text(self, value: Any, level: int = COMPARISON) -> str:
        """The same in parentheses where it binds less tightly than `level`."""
        text, binds = self.written(value)
        return text if binds >= level else f"({text})"

    def sequence(self, values: Sequence[Any]) -> str:
        """Items separated by commas."""
        return ", ".join([self.text(value) for value in values])

    def call(self, call: Call) -> Written:
        """A call of an operation, with an operator where it has one."""
        if not call.kwargs and len(call.args) == 2:
            if call.op in self._infix:
                return self._binary(*self._infix[call.op], *call.args)
            if call.op in _INDEXING:
                return f"{self.text(call.args[0], ATOM)}[{self._index(call.args[1])}]", ATOM
        if not call.kwargs and len(call.args) == 1 and call.op in self._prefix:
            return self._prefix[call.op] + self.text(call.args[0], SIGN), SIGN
        if call.op == "operator.call" and call.args:
            return f"{self.text(call.args[0], ATOM)}({self._arguments(call, 1)})", ATOM
        return f"{self.function(call.op)}({self._arguments(call, 0)})", ATOM

    def _binary(self, symbol: str, binds: int, left: Any, right: Any) -> Written:
        if binds == POWER:
            return f"{self.text(left, ATOM)} {symbol} {self.text(right, SIGN)}", binds
        first = binds + 1 if binds == COMPARISON else binds
        return f"{self.text(left, first)} {symbol} {self.text(right, binds + 1)}", binds

    def _arguments(self, call: Call, first: int) -> str:
        args = [self.argument(call, i, value) for i, value in enumerate(call.args) if i >= first]
        return ", ".join(args + [f"{name}={self.argument(call, name, value)}" for name, value in call.kwargs])

    def _index(self, key: Any) -> str:
        if type(key) is not tuple or not key:
            return self._index_item(key)
        text = ", ".join(map(self._index_item, key))
        return text if len(key) > 1 else f"{text},"

    def _index_item(self, key: Any) -> str:
        if type(key) is not Slice:
            return self.text(key)
        start, stop, step = (
            "" if part is None else self.text(part) for part in (key.start, key.stop, key.step)
        )
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


def quoted(text: str) -> str:
    """A string literal, in double quotes where that needs no escapes."""
    literal = repr(text)
    return (
        f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal and "\\'" not in literal else literal
    )


def _number(writer: Writer, value: float) -> Written:
    if not math.isfinite(value):
        return f'float("{value}")', ATOM
    text = repr(value)
    return text, SIGN if text[0] == "-" else ATOM


def _tuple(writer: Writer, value: tuple[Any, ...]) -> Written:
    return f"({writer.sequence(value)}{',' if len(value) == 1 else ''})", ATOM


def _dict(writer: Writer, value: FrozenDict) -> Written:
    return "{" + ", ".join(f"{quoted(k)}: {writer.text(v)}" for k, v in value.items()) + "}", ATOM


def _slice(writer: Writer, value: Slice) -> Written:
    parts = (value.start, value.stop) if value.step is None else (value.start, value.stop, value.step)
    return f"slice({writer.sequence(parts)})", ATOM


def _plain(writer: Writer, value: Any) -> Written:
    return repr(value), ATOM


def _misplaced(writer: Writer, value: Closure) -> Written:
    return f"<{value.expression.name}>", ATOM


_WRITERS: Mapping[type, Callable[[Writer, Any], Written]] = {
    Ref: lambda writer, value: writer.reference(value),
    NoneType: _plain,
    bool: _plain,
    int: _number,
    float: _number,
    complex: lambda writer, value: (f"complex({writer.sequence((value.real, value.imag))})", ATOM),
    str: lambda writer, value: (quoted(value), ATOM),
    EllipsisType: lambda writer, value: ("...", ATOM),
    Slice: _slice,
    Array: lambda writer, value: (writer.array(value), ATOM),
    tuple: _tuple,
    FrozenList: lambda writer, value: (f"[{writer.sequence(value)}]", ATOM),
    FrozenDict: _dict,
    Closure: _misplaced,
}
