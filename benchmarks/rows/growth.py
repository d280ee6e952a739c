"""How cost grows with the number of calls in an expression."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import lamina
from benchmarks.device import waiting
from benchmarks.registry import Groups, Run, row
from benchmarks.subjects.functions import SUBJECTS

SIZES = (10, 100, 1_000, 10_000)


def chain(calls: int) -> Callable[[Any], Any]:
    """A function of so many calls."""

    def function(x: Any) -> Any:
        for _ in range(calls // 2):
            x = x * 1.0001 + 0.0001
        return x

    return function


@row("Growth with the number of calls")
def growth(run: Run) -> Groups:
    """Capture, save, load, and the first call of a layer that was loaded."""
    sizes = run.some(SIZES, quick=2)
    functions = {f"{n:,} calls": chain(n) for n in sizes}
    expressions = {name: lamina.capture(function) for name, function in functions.items()}
    texts = {name: expression.dumps() for name, expression in expressions.items()}
    configs = {name: lamina.Lambda(function).get_config() for name, function in functions.items()}
    inputs, wait = SUBJECTS[0].inputs(32), waiting(run.backend)

    def load_and_call(name: str) -> Any:
        return wait(lamina.Lambda.from_config(configs[name])(inputs))

    yield "capture", {k: functools.partial(lamina.capture, f) for k, f in functions.items()}
    yield "save", {k: expression.dumps for k, expression in expressions.items()}
    yield "load", {k: functools.partial(lamina.Expression.loads, text) for k, text in texts.items()}
    yield "load and first call", {k: functools.partial(load_and_call, k) for k in configs}
