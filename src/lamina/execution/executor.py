"""Chooses how an expression runs: by the loop, by generated code, or compiled."""

from __future__ import annotations

import threading
import warnings
import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from lamina._keras import keras
from lamina.errors import LaminaError, SignatureError
from lamina.execution.frameworks import framework
from lamina.execution.generated import Generated, worth_generating
from lamina.execution.switch import Jit, effective
from lamina.execution.traced import DRAWING, Form, obstacle, seed_places
from lamina.expression.model import Expression, Spec
from lamina.expression.runner import flatten_inputs, plan_of

# A signature is compiled at this call, and so many forms of an expression are kept.
COMPILED_AT = 4
KEPT = 16
# Signatures that are remembered to count their calls.
COUNTED = 256
# Longer expressions take a compiler too long to do it unasked.
LONGEST = 512


class Signature:
    """What is known of the calls on tensors of one kind."""

    __slots__ = ("calls", "form", "key", "used")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.calls = 0
        self.form: Form | None = None
        self.used = True


class Executor:
    """Runs one expression, faster the more often it runs.

    Args:
        expression: The expression; it is not kept alive.
    """

    def __init__(self, expression: Expression) -> None:
        self._expression = weakref.ref(expression)
        self._plan = plan_of(expression)
        self.state_names = self._plan.state_names
        self._code: Callable[[list[Any]], Any] | None = None
        self._runs = 0
        self._seeds = frozenset(seed_places(expression))
        self._signatures: dict[Hashable, Signature] = {}
        self._compilations = 0
        self._lock = threading.Lock()
        self._framework = framework()
        ways = self._framework.ways
        self._ways = {asked: list(ways(expression, asked)) for asked in (False, True)}
        reason = obstacle(expression)
        self._obstacles = {
            asked: reason or self._without_ways(asked, "the backend does not compile it")
            for asked in self._ways
        }
        self._told = False
        self._short = len(expression.calls) <= LONGEST

    def run(self, values: list[Any], jit: Jit = "auto") -> Any:
        """Run on flat values: the input leaves, then the state, in the order of their numbers.

        Args:
            values: Tensors, and the seed generators and layers of the state.
            jit: Whether to compile.

        Raises:
            RunError: A call failed; the message names it, its arguments and the user's line.
        """
        mode = effective(jit)
        signature = self.signature(values) if self.compiles(mode) else None
        return self.plain(values) if signature is None else self.advance(signature, values, mode)

    def compiles(self, mode: Jit) -> bool:
        """Whether eager calls are compiled at all; says once why not, where it was asked for."""
        if mode is False:
            return False
        asked = mode is True
        if self._obstacles[asked] is None:
            return asked or self._short
        if asked and not self._told:
            self._told = True
            name = getattr(self._expression(), "name", "an expression")
            warnings.warn(f"{name!r} is not compiled: {self._obstacles[asked]}", UserWarning, stacklevel=2)
        return False

    def signature(self, values: list[Any]) -> Signature | None:
        """The signature of an eager call that may be compiled; `None` inside a trace, for example."""
        if all(self._obstacles.values()) or not self._framework.eager():
            return None
        keys: list[Hashable] = [self._framework.settings()]
        for place, value in enumerate(values):
            key = self._key(place, value)
            if key is None:
                return None
            keys.append(key)
        return self._remembered(tuple(keys))

    def _key(self, place: int, value: Any) -> Hashable | None:
        if place not in self._seeds:
            return self._framework.key(value)
        # A kind of generator that lamina does not know may draw in another way.
        return self._framework.key(value.state.value) if type(value) is keras.random.SeedGenerator else None

    def _remembered(self, key: Hashable) -> Signature:
        signature = self._signatures.get(key)
        if signature is not None:
            return signature
        if len(self._signatures) >= COUNTED:
            with self._lock:
                self._signatures = {k: s for k, s in self._signatures.items() if s.form is not None}
        return self._signatures.setdefault(key, Signature(key))

    def advance(self, signature: Signature, values: list[Any], mode: Jit) -> Any:
        """Run an eager call of a signature, compiled if it is due."""
        form = signature.form
        if form is None or (mode is True and not form.asked):
            form = self._compiled(signature, values, mode is True)
        if form is None:
            return self.plain(values)
        signature.used = True
        try:
            return form(values)
        except Exception as error:
            outputs = self.plain(values)  # an error of the call itself is raised here, and explained
            self._withdraw(form, error)
            return outputs

    def _compiled(self, signature: Signature, values: list[Any], asked: bool) -> Form | None:
        signature.calls += 1
        # While another thread compiles, this one goes on without.
        if not self._due(signature, asked) or not self._lock.acquire(blocking=False):
            return signature.form
        try:
            expression = self._expression()
            done = signature.form is not None and signature.form.asked >= asked
            if not done and self._ways[asked] and expression is not None:
                self._make_room()
                self._compilations += 1
                signature.form = self._compile(asked, expression, values)
                self._signatures[signature.key] = signature
            return signature.form
        finally:
            self._lock.release()

    def _due(self, signature: Signature, asked: bool) -> bool:
        """Whether a signature was called often enough, for the number of those compiled before.

        Each further sixteen ask for eight times as many calls: however many lengths there are, the
        time spent compiling stays a small part of the whole.
        """
        first = 1 if asked else COMPILED_AT
        return signature.calls >= first << min(3 * (self._compilations // KEPT), 30)

    def _make_room(self) -> None:
        """Let a form go that was not used since the last time, if there are as many as are kept."""
        compiled = [s for s in self._signatures.values() if s.form is not None]
        if len(compiled) < KEPT:
            return
        idle = next((s for s in compiled if not s.used), compiled[0])
        for signature in compiled:
            signature.used = False
        idle.form, idle.calls = None, 0

    def _compile(self, asked: bool, expression: Expression, values: list[Any]) -> Form | None:
        try:
            way = self._ways[asked][0]
            form = self._framework.compile(way, expression, self._flat(expression), values)
        except Exception as error:
            self._next_way(asked, error)
            return None
        form.asked = asked
        return form

    def _flat(self, expression: Expression) -> Callable[..., Any]:
        """A function of the values as arguments, for a framework to trace: of no more calls than needed."""
        try:
            return Generated(expression.simplified()).function
        except LaminaError:
            return lambda *values: self._plan.run(list(values))

    def _withdraw(self, form: Form, error: Exception) -> None:
        """Forget the compiled forms, as one failed where the expression itself did not."""
        with self._lock:
            forms = [s for s in self._signatures.values() if s.form and s.form.asked is form.asked]
            if any(s.form is form for s in forms):
                self._next_way(form.asked, error)
                for signature in forms:
                    signature.form = None

    def _next_way(self, asked: bool, error: Exception) -> None:
        self._ways[asked].pop(0)
        self._obstacles[asked] = self._without_ways(asked, f"{type(error).__name__}: {str(error)[:500]}")

    def _without_ways(self, asked: bool, reason: str) -> str | None:
        return None if self._ways[asked] else reason

    # Without a compiler

    def plain(self, values: list[Any]) -> Any:
        """Run uncompiled: the first time by the loop, then by generated code.

        Raises:
            RunError: A call failed; the message names it, its arguments and the user's line.
        """
        code = self._code
        if code is None:
            self._runs += 1
            code = self._plan.run if self._runs == 1 else self._generated()
        if not self._seeds:
            return code(values)
        with DRAWING:
            return code(values)

    def _generated(self) -> Callable[[list[Any]], Any]:
        expression = self._expression()
        if expression is None or not worth_generating(expression):
            self._code = self._plan.run
            return self._code
        try:
            self._code = Generated(expression).run
        except LaminaError:  # it holds what no file may hold, and runs all the same
            self._code = self._plan.run
        return self._code


def executor_of(expression: Expression) -> Executor:
    """The executor of an expression, made once and dropped with it."""
    found: Executor | None = expression.__dict__.get("_executor")
    return expression.__dict__.setdefault("_executor", Executor(expression)) if found is None else found


def run(expression: Expression, inputs: Any, state: Mapping[str, Any] | None = None) -> Any:
    """Run an expression.

    Args:
        expression: What to run.
        inputs: Tensors in the structure of `expression.inputs`.
        state: The objects of the state slots, by name.

    Returns:
        The outputs, in the structure of `expression.outputs`.

    Raises:
        SignatureError: `inputs` has another structure.
        RunError: A call failed.

    Example:
        >>> import numpy as np, lamina
        >>> np.asarray(lamina.capture(lambda x: x * 2).run(np.ones(2))).tolist()
        [2.0, 2.0]
    """
    executor = executor_of(expression)
    values = [inputs] if type(expression.inputs) is Spec else flatten_inputs(expression, inputs)
    if executor.state_names:
        values.extend(_state_values(expression, executor.state_names, state or {}))
    return executor.run(values)


def _state_values(expression: Expression, names: tuple[str, ...], state: Mapping[str, Any]) -> list[Any]:
    missing = [name for name in names if name not in state]
    if missing:
        raise SignatureError(
            f"{expression.name!r} reads the state {', '.join(missing)}, which was not given; "
            f"pass state={{name: object}} or call the layer that owns it"
        )
    return [state[name] for name in names]
