"""Expressions as Python source that runs, with stable names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

from lamina._numpy import np
from lamina._records import dataclass
from lamina.errors import ExpressionError
from lamina.expression import opset
from lamina.expression.closures import PASSED, children
from lamina.expression.model import Array, Call, Closure, Expression, FrozenDict, FrozenList, Ref
from lamina.expression.naming import Names, identifier
from lamina.expression.runner import constant
from lamina.expression.summary import one_line as one_line
from lamina.expression.writing import ATOM, Writer, Written, quoted


def to_source(expression: Expression) -> str:
    """An expression as Python source: the imports it needs and one function.

    State slots are keyword parameters; functions of control flow are nested functions.

    Args:
        expression: A verified expression.

    Returns:
        Source that computes the same numbers on every backend.

    Raises:
        ExpressionError: A reference points nowhere, or an operation is unknown.

    Example:
        >>> from lamina.expression.model import Call, Expression, Ref, Spec
        >>> print(to_source(Expression(Spec(), (Call("square", (Ref(0),)),), Ref(1), name="f")), end="")
        from keras import ops
        <BLANKLINE>
        <BLANKLINE>
        def f(x):
            return ops.square(x)
    """
    return "\n".join(_print(expression).lines) + "\n"


def call_line(expression: Expression, index: int) -> str:
    """The line of `to_source` that computes call `index`."""
    printed = _print(expression)
    return printed.lines[printed.calls[index]].strip()


def line_number(expression: Expression, index: int) -> int:
    """The number of the line of `to_source`, from 1, that computes call `index`."""
    return _print(expression).calls[index] + 1


@dataclass
class _Printed:
    lines: list[str] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)

    def with_imports(self) -> _Printed:
        imports = self._imports()
        head = [*imports, "", ""] if imports else []
        return _Printed(head + self.lines, [line + len(head) for line in self.calls])

    def _imports(self) -> list[str]:
        keras = [name for name in ("ops", "random") if name in self.modules]
        lines = ["import operator"] if "operator" in self.modules else []
        lines += ["import numpy as np"] if "np" in self.modules else []
        return lines + ([f"from keras import {', '.join(keras)}"] if keras else [])


def _print(expression: Expression) -> _Printed:
    printed = _Printed()
    names = Names()
    function = _Function(expression, names, printed, indent="    ", stem="v")
    name = names.fresh(_base(expression.name, "function"))
    parameters = [names.parameter(parameter) for parameter in expression.parameters]
    slots = [names.fresh(slot.name) for slot in expression.state]
    signature = ", ".join([*parameters, "*", *slots] if slots else parameters)
    printed.lines.append(f"def {name}({signature}):")
    inputs = (expression.inputs,) if len(parameters) == 1 else expression.inputs
    for parameter, tree in zip(parameters, inputs, strict=True):
        function.unpack(tree, parameter)
    function.values += slots
    printed.calls = function.body()
    return printed.with_imports()


def _headings(parts: tuple[tuple[str, int], ...]) -> dict[int, list[str]]:
    """The names of the parts that begin at a call."""
    found: dict[int, list[str]] = {}
    position = 0
    for name, count in parts:
        found.setdefault(position, []).append(name)
        position += count
    return found


def _base(name: str, fallback: str) -> str:
    return fallback if name in ("function", "<lambda>") else identifier(name)


class _Function(Writer):
    """Prints the body of one function."""

    def __init__(
        self, expression: Expression, names: Names, printed: _Printed, indent: str, stem: str
    ) -> None:
        super().__init__()
        self.values: list[str] = []
        self._expression = expression
        self._names = names
        self._printed = printed
        self._indent = indent
        self._stem = stem

    def body(self) -> list[int]:
        """Print the calls and the outputs; returns the line of each call."""
        calls, outputs = self._expression.calls, self._expression.outputs
        headings = _headings(self._expression.parts)
        lines = []
        for i, call in enumerate(calls):
            for heading in headings.get(i, ()):
                self._line(f"# {heading}")
            text, _ = self.call(call)
            lines.append(len(self._printed.lines))
            if i == len(calls) - 1 and outputs == Ref(len(self.values)):
                self._line(f"return {text}")
                return lines
            self.values.append(self._names.fresh(f"{self._stem}{i}"))
            self._line(f"{self.values[-1]} = {text}")
        self._line(f"return {self.text(outputs)}")
        return lines

    def unpack(self, tree: Any, text: str) -> None:
        """Print the lines that give each tensor of an argument a name."""
        items = children(tree)
        if items is None:
            self.values.extend([text] if tree is not None else [])
            return
        names = [self._names.fresh(f"{text}_{key}") for key, _ in items]
        if isinstance(tree, FrozenDict):
            for name, (key, _) in zip(names, items, strict=True):
                self._line(f"{name} = {text}[{quoted(str(key))}]")
        elif names:
            self._line(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {text}")
        for name, (_, item) in zip(names, items, strict=True):
            self.unpack(item, name)

    def reference(self, ref: Ref) -> Written:
        """The name of a value, and the items of it."""
        if not 0 <= ref.index < len(self.values):
            raise ExpressionError(f"%{ref.index} is read before it is computed; verify() says where")
        path = "".join(f"[{quoted(key) if isinstance(key, str) else key}]" for key in ref.path)
        return self.values[ref.index] + path, ATOM

    def function(self, op: str) -> str:
        """The public name behind its import."""
        if op == "operator.abs":
            return "abs"
        module, _, _ = op.partition(".")
        if module in ("random", "operator"):
            self._printed.modules.add(module)
            return op
        self._printed.modules.add("ops")
        return f"ops.{op}"

    def array(self, array: Array) -> str:
        """`np.array(...)`; NumPy alone does not know the small floats."""
        self._printed.modules.add("np")
        if not array.dtype.startswith(("bfloat", "float8")):
            return _array(constant(array))
        self._printed.modules.add("ops")
        return f"ops.cast({_array(constant(array).astype('float32'))}, {quoted(array.dtype)})"

    def argument(self, call: Call, key: int | str, value: Any) -> str:
        """An argument; a nested expression is printed as a function before the call."""
        if isinstance(value, Closure):
            return self._define(call, key, value)
        if isinstance(value, tuple) and value and all(isinstance(item, Closure) for item in value):
            branches = ", ".join(self._define(call, key, item) for item in value)
            if isinstance(value, FrozenList):
                return f"[{branches}]"
            return f"({branches}{',' if len(value) == 1 else ''})"
        return self.text(value)

    def _define(self, call: Call, key: int | str, closure: Closure) -> str:
        op = opset.lookup(call.op)
        parameter = op.parameter(key).name
        trees = PASSED[call.op, parameter](op.bind(call.args, dict(call.kwargs)))
        name = self._names.fresh(_base(closure.expression.name, parameter))
        mark = self._names.mark()
        nested = _Function(
            closure.expression,
            self._names,
            self._printed,
            self._indent + "    ",
            f"{self._stem}{len(self.values) - self._expression.first_call}_",
        )
        nested.header(name, trees)
        nested.values += [self.text(ref) for ref in closure.captured]
        nested.body()
        self._names.release(mark)
        return name

    def header(self, name: str, trees: Iterable[Any]) -> None:
        """Print the first lines of a nested function that is called with `trees`."""
        position = len(self._printed.lines)
        parameters = []
        for tree in trees:
            parameters.append(self._names.fresh("unused" if tree is None else self._parameter_name()))
            self.unpack(tree, parameters[-1])
        self._printed.lines.insert(position, f"{self._indent[4:]}def {name}({', '.join(parameters)}):")

    def _parameter_name(self) -> str:
        position, given = len(self.values), self._expression.parameters
        return given[position] if len(given) == len(self._expression.input_specs) > position else "x"

    def _line(self, text: str) -> None:
        self._printed.lines.append(self._indent + text)


def _array(array: np.ndarray[Any, Any]) -> str:
    if not array.size:
        return f'np.zeros({array.shape}, dtype="{array.dtype}")'
    return f'np.array({_nested(array)}, dtype="{array.dtype}")'


def _nested(array: np.ndarray[Any, Any]) -> str:
    if array.ndim:
        return "[" + ", ".join(_nested(row) for row in array) + "]"
    if array.dtype.kind == "c":
        return f"complex({_element(array.real)}, {_element(array.imag)})"
    return _element(array)


def _element(array: np.ndarray[Any, Any]) -> str:
    if array.dtype.kind != "f":
        return str(array.item())
    if not np.isfinite(array):
        return "np.nan" if np.isnan(array) else "np.inf" if array > 0 else "-np.inf"
    # The digits that tell the value from its neighbours, unless reading them as a double and
    # rounding again would miss it.
    text = str(array[()])
    return text if array.dtype.type(float(text)) == array else repr(array.item())
