"""Expressions in one line, for `repr`, error messages and `model.summary()`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lamina.expression.closures import children
from lamina.expression.model import Array, Call, Closure, Expression, Ref, Spec, call_references, references
from lamina.expression.writing import (
    ATOM,
    COMPARISON,
    INFIX,
    POWER,
    PREFIX,
    PRODUCT,
    SUM,
    Writer,
    Written,
    quoted,
)

_TENSOR_INFIX: Mapping[str, tuple[str, int]] = {
    **INFIX,
    "add": ("+", SUM),
    "subtract": ("-", SUM),
    "multiply": ("*", PRODUCT),
    "divide": ("/", PRODUCT),
    "true_divide": ("/", PRODUCT),
    "floor_divide": ("//", PRODUCT),
    "mod": ("%", PRODUCT),
    "matmul": ("@", PRODUCT),
    "power": ("**", POWER),
    "equal": ("==", COMPARISON),
    "not_equal": ("!=", COMPARISON),
    "less": ("<", COMPARISON),
    "less_equal": ("<=", COMPARISON),
    "greater": (">", COMPARISON),
    "greater_equal": (">=", COMPARISON),
}
_TENSOR_PREFIX: Mapping[str, str] = {**PREFIX, "negative": "-"}
_DEPTH = 16
_ITEMS = 8
_CUT = "..."


def one_line(expression: Expression, width: int = 80) -> str:
    """An expression in one line, such as `x -> relu(x - mean(x, axis=1))`.

    A value that is used once stands where it is used; others are named after the result.

    Args:
        expression: The expression.
        width: The longest line; a longer one is cut and ends in `...`.

    Example:
        >>> from lamina.expression.model import Call, Expression, Ref, Spec
        >>> calls = (Call("add", (Ref(0), 1)), Call("multiply", (Ref(1), Ref(1))))
        >>> one_line(Expression(Spec(), calls, Ref(2)))
        'x -> v0 * v0 where v0 = x + 1'
    """
    line = _Line(expression, [*_inputs(expression), *((slot.name, ATOM) for slot in expression.state)], width)
    text = f"{_parameters(expression.parameters)} -> {line.body(width)}"
    return text if len(text) <= width else text[: max(0, width - len(_CUT))] + _CUT


def _parameters(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _inputs(expression: Expression) -> Iterator[Written]:
    single = len(expression.parameters) == 1
    trees = (expression.inputs,) if single else expression.inputs
    for name, tree in zip(expression.parameters, trees, strict=False):
        yield from _accesses(name, tree)


def _accesses(text: str, tree: Any) -> Iterator[Written]:
    items = children(tree)
    if items is None:
        yield text, ATOM
    for key, item in items or ():
        yield from _accesses(f"{text}[{quoted(key) if isinstance(key, str) else key}]", item)


class _Line(Writer):
    """Writes values nested into each other, as far as the width lets them be seen."""

    def __init__(
        self, expression: Expression, known: list[Written], width: int, depth: int = _DEPTH, stem: str = "v"
    ) -> None:
        super().__init__(_TENSOR_INFIX, _TENSOR_PREFIX)
        self._expression = expression
        self._known = known
        self._left = width
        self._depth = depth
        self._stem = stem
        self._position = 0
        self._uses = _uses(expression)
        self._named: dict[int, str] = {}

    def body(self, width: int) -> str:
        """The result, then the values it names."""
        text = self.text(self._expression.outputs)
        done = 0
        while done < len(self._named) and len(text) <= width:
            index, name = list(self._named.items())[done]
            separator = "; " if done else " where "
            text += f"{separator}{name} = {self._call(index)[0]}"
            done += 1
        return text

    def _call(self, index: int) -> Written:
        outer, self._position = self._position, index - len(self._known)
        written = self.call(self._expression.calls[self._position])
        self._position = outer
        return written

    def reference(self, ref: Ref) -> Written:
        """The value itself where it is used once, else its name."""
        path = "".join(f"[{quoted(key) if isinstance(key, str) else key}]" for key in ref.path)
        text, binds = self._value(ref.index)
        if not path:
            return text, binds
        return (f"({text})" if binds < ATOM else text) + path, ATOM

    def _value(self, index: int) -> Written:
        if 0 <= index < len(self._known):
            return self._known[index]
        if not 0 <= index < len(self._known) + len(self._expression.calls):
            return f"%{index}", ATOM
        if self._uses.get(index, 0) > 1:
            return self._named.setdefault(index, f"{self._stem}{index - len(self._known)}"), ATOM
        return self._inlined(index)

    def _inlined(self, index: int) -> Written:
        if self._left <= 0 or self._depth <= 0:
            return _CUT, ATOM
        self._left -= 1
        self._depth -= 1
        written = self._call(index)
        self._depth += 1
        return written

    def sequence(self, values: Sequence[Any]) -> str:
        """The first items."""
        shown = [self.text(value) for value in values[:_ITEMS]]
        return ", ".join(shown if len(values) <= _ITEMS else [*shown, _CUT])

    def function(self, op: str) -> str:
        """The last part of its name."""
        return op if op.startswith("random.") else op.rpartition(".")[2]

    def array(self, array: Array) -> str:
        """Its dtype and shape."""
        return str(Spec(array.shape, array.dtype))

    def argument(self, call: Call, key: int | str, value: Any) -> str:
        """An argument; a nested expression is written as an arrow in parentheses."""
        if isinstance(value, Closure):
            return self._arrow(value)
        if isinstance(value, tuple) and value and isinstance(value[0], Closure):
            return f"[{', '.join(self._arrow(item) for item in value[:_ITEMS])}]"
        return self.text(value)

    def _arrow(self, closure: Closure) -> str:
        nested = closure.expression
        if self._left <= 0 or self._depth <= 0:
            return _CUT
        passed = len(nested.input_specs) - len(closure.captured)
        given = nested.parameters if len(nested.parameters) == len(nested.input_specs) else ()
        names = list(given[:passed] or (f"x{i}" for i in range(passed)))
        known = [(name, ATOM) for name in names] + [self.reference(ref) for ref in closure.captured]
        line = _Line(nested, known, self._left, self._depth - 1, f"{self._stem}{self._position}_")
        return f"({_parameters(names)} -> {line.body(self._left)})"


def _uses(expression: Expression) -> dict[int, int]:
    uses: dict[int, int] = {}
    for call in expression.calls:
        for ref in call_references(call):
            uses[ref.index] = uses.get(ref.index, 0) + 1
    for ref in references(expression.outputs):
        uses[ref.index] = uses.get(ref.index, 0) + 1
    return uses
