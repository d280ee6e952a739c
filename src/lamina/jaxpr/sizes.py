"""Symbolic sizes of JAX as sizes of the function being captured."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from lamina.errors import CaptureError


def _floordiv(a: Any, b: Any) -> Any:
    return a // b


def _largest(a: Any, b: Any) -> Any:
    return (a + b + abs(a - b)) // 2


def _smallest(a: Any, b: Any) -> Any:
    return (a + b - abs(a - b)) // 2


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "floordiv": _floordiv,
    "mod": operator.mod,
    "max": _largest,
    "min": _smallest,
}
_OPERATORS: Mapping[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
}


class Sizes:
    """What stands for each symbolic size.

    Args:
        known: By the name of a symbol, a function that gives the size, an int or a `DimTracer`.
    """

    def __init__(self, known: Mapping[str, Callable[[], Any]]) -> None:
        self._known = known
        self._made: dict[str, Any] = {}

    def __call__(self, size: Any) -> Any:
        """A size of a shape of JAX: an int, or a polynomial of symbols such as `2*b + 1`."""
        if isinstance(size, int) or not hasattr(size, "scope"):
            return int(size)
        text = str(size).replace("^", "**")
        if text not in self._made:
            self._made[text] = self._evaluate(ast.parse(text, mode="eval").body)
        return self._made[text]

    def shape(self, sizes: Any) -> tuple[Any, ...]:
        """A shape of JAX."""
        return tuple(map(self, sizes))

    def _evaluate(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._known[node.id]()
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._evaluate(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](self._evaluate(node.left), self._evaluate(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            return _FUNCTIONS[node.func.id](*map(self._evaluate, node.args))
        raise CaptureError(f"the size {ast.unparse(node)} of a JAX function cannot be written as a size")
