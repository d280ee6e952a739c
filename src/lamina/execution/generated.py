"""Straight-line Python for an expression.

    def antirectifier(v0):
        v1 = ops_mean(v0, axis=1, keepdims=True)
        v2 = ops_subtract(v0, v1); del v1
        ...

Only an expression that `verify` passed becomes code, and nothing of a file does: each name is made here
or stands in the opset, functions are looked up in the opset and passed by reference, and so are strings,
arrays and whatever else is no plain number. Tracebacks show the code, through `linecache`.
"""

from __future__ import annotations

import builtins
import itertools
import linecache
import math
import sys
import weakref
from collections.abc import Callable, Mapping
from types import CodeType, TracebackType
from typing import Any

from lamina.errors import RunError
from lamina.expression import opset
from lamina.expression.model import Array, Call, Closure, Expression, FrozenDict, FrozenList, Ref, Slice
from lamina.expression.runner import bind, constant, explain, function_of, last_uses
from lamina.expression.verify import verify

_numbers = itertools.count(1)
_INLINE = (bool, type(None), type(...))
# Longer integers have no decimal form within Python's limit, and none of them is worth reading.
_LARGEST = 2**63


class Writer:
    """Writes values as source, and collects what the source refers to."""

    def __init__(self) -> None:
        # torch.compile wants the builtins; of these the code names `slice` alone.
        self.namespace: dict[str, Any] = {"__builtins__": vars(builtins), "slice": slice, "bind": bind}

    def value(self, value: Any) -> str:
        """A value as an expression of Python."""
        if isinstance(value, Ref):
            return f"v{value.index}" + "".join(f"[{self.value(key)}]" for key in value.path)
        if isinstance(value, Closure):
            return f"bind({self.refer(value.expression)}, {self.value(value.captured)})"
        if isinstance(value, Slice):
            return f"slice({self.value(value.start)}, {self.value(value.stop)}, {self.value(value.step)})"
        if isinstance(value, FrozenDict):
            return "{" + ", ".join(f"{self.value(k)}: {self.value(v)}" for k, v in value.items()) + "}"
        if isinstance(value, FrozenList):
            return f"[{', '.join(map(self.value, value))}]"
        if isinstance(value, tuple):
            return f"({''.join(self.value(item) + ', ' for item in value)})"
        return self._literal(value)

    def _literal(self, value: Any) -> str:
        if value is ...:
            return "..."
        if type(value) in _INLINE or (type(value) is int and abs(value) < _LARGEST):
            return repr(value)
        if type(value) is float and math.isfinite(value):
            return repr(value)
        return self.refer(constant(value) if isinstance(value, Array) else value)

    def refer(self, value: Any, kind: str = "c") -> str:
        """A new name for a value."""
        name = f"{kind if kind.isidentifier() else 'c'}{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def call(self, call: Call) -> str:
        """A call; keywords that the operation does not name itself are passed by reference."""
        name = f"ops_{call.op.replace('.', '_')}"
        self.namespace[name] = function_of(call.op)
        known = {parameter.name for parameter in opset.lookup(call.op).parameters}
        named = [f"{key}={self.value(value)}" for key, value in call.kwargs if key in known]
        further = FrozenDict({key: value for key, value in call.kwargs if key not in known})
        rest = [f"**{self.value(further)}"] if further else []
        return f"{name}({', '.join([*map(self.value, call.args), *named, *rest])})"


def source_of(expression: Expression, writer: Writer | None = None) -> tuple[str, dict[str, Any]]:
    """The code of an expression, and what its names stand for.

    Args:
        expression: A valid expression.
        writer: Writes the calls; by default, as those of the opset.

    Returns:
        The source of a function `run` of the values by number; and its globals.
    """
    writer = writer or Writer()
    first = expression.first_call
    frees = last_uses(expression)
    lines = [f"def run({', '.join(f'v{i}' for i in range(first))}):"]
    for number, call in enumerate(expression.calls, start=first):
        done = ", ".join(f"v{i}" for i in frees.get(number, ()))
        lines.append(f"    v{number} = {writer.call(call)}{f'; del {done}' if done else ''}")
    lines.append(f"    return {writer.value(expression.outputs)}")
    return "\n".join(lines) + "\n", writer.namespace


def compiled(source: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function of a source, which tracebacks show for as long as it lives."""
    filename = f"<lamina expression {next(_numbers)}>"
    # Without a time of change, `linecache.checkcache` keeps the entry.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace.pop("run")  # no cycle, so that it goes with its last reference
    weakref.finalize(function, linecache.cache.pop, filename, None).atexit = False
    return function


class Generated:
    """The generated function of an expression.

    Args:
        expression: A valid expression.

    Raises:
        ExpressionError: It is not valid.
    """

    def __init__(self, expression: Expression) -> None:
        verify(expression)
        self._expression = weakref.ref(expression)
        self.source, namespace = source_of(expression)
        self._calls = len(expression.calls)
        self.function = compiled(self.source, namespace)
        self._code: CodeType = self.function.__code__

    def run(self, values: list[Any]) -> Any:
        """Run on flat values, as `Plan.run` does.

        Raises:
            RunError: A call failed; the message names it, its arguments and the user's line.
        """
        try:
            return self.function(*values)
        except RunError:
            raise
        except Exception as error:
            expression = self._expression()
            found = self._failed(error.__traceback__)
            if found is None or expression is None:
                raise
            position, values_by_number = found
            reason = f"{type(error).__name__}: {error}"
            raise RunError(explain(expression, position, values_by_number, reason)) from error

    def _failed(self, traceback: TracebackType | None) -> tuple[int, _Values] | None:
        """The call that a traceback passes through, and the values there."""
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code is self._code:
                position = traceback.tb_lineno - 2  # the calls begin in line 2, and are followed by `return`
                return (position, _Values(frame.f_locals)) if position < self._calls else None
            traceback = traceback.tb_next
        return None


class _Values(dict[int, Any]):
    """The values of a frame by number."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__({int(name[1:]): value for name, value in names.items()})


def worth_generating(expression: Expression) -> bool:
    """Whether Python compiles the code in reasonable time, and its stack holds the arguments."""
    return len(expression.calls) <= 4096 and expression.first_call < sys.getrecursionlimit()
