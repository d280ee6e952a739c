"""An expression as a framework traces it: tensors in, tensors out, and no side effects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lamina._keras import keras
from lamina._records import dataclass
from lamina.expression.model import Call, Closure, Expression, leaves, map_tree

# Two threads that read the state of a seed generator before either advances it would draw the same.
DRAWING = threading.RLock()

Compiled = Callable[..., Any]


class Form:
    """A compiled expression on flat values.

    Args:
        run: Runs it.
        is_one: Whether its outputs are one tensor, as the trace showed; then nothing need be put together.
        compiled: What the framework made, on values as arguments.
    """

    __slots__ = ("_compiled", "_is_one", "_run", "asked", "direct")

    def __init__(
        self,
        run: Callable[[list[Any]], Any],
        is_one: Callable[[], bool] | None = None,
        compiled: Compiled | None = None,
    ) -> None:
        self._run = run
        self._is_one = is_one
        self._compiled = compiled
        self.direct: Compiled | None = None
        self.asked = False

    def __call__(self, values: list[Any]) -> Any:
        """The outputs."""
        if self.direct is not None:
            return self.direct(*values)
        outputs = self._run(values)
        if self._is_one is not None and self._is_one():
            self.direct = self._compiled
        return outputs


@dataclass(frozen=True, slots=True)
class _Output:
    """A tensor of a compiled form, by its place among the outputs."""

    place: int


@dataclass(frozen=True, slots=True)
class _Input:
    """An output that is the input itself."""

    place: int


class Traced:
    """Runs an expression for a framework to trace.

    Seeds come in as states, and their new states go out: stand-ins draw from them, in a scope in which
    nothing is assigned. What an output holds beside tensors (sizes, None, inputs) is kept from the trace.

    Args:
        expression: The expression.
        function: Runs it on flat values.
    """

    def __init__(self, expression: Expression, function: Callable[..., Any]) -> None:
        self._function = function
        self._inputs = len(expression.input_specs)
        self.seeds = seed_places(expression)
        self._stand_ins = [keras.random.SeedGenerator(0, name="stand_in") for _ in self.seeds]
        self.template: Any = None

    def __call__(self, *given: Any) -> Any:
        """The tensors among the outputs, one as it is; and the new states of the seeds if there are any."""
        if not self.seeds:
            return self._tensors(self._function(*given), given)
        values = list(given)
        for place, generator in zip(self.seeds, self._stand_ins, strict=True):
            values[place] = generator
        states = [
            (generator.state, given[place])
            for place, generator in zip(self.seeds, self._stand_ins, strict=True)
        ]
        with keras.StatelessScope(states, initialize_variables=False) as scope:
            tensors = self._tensors(self._function(*values), given)
        return tensors, [scope.get_current_value(variable) for variable, _ in states]

    def _tensors(self, outputs: Any, given: Sequence[Any]) -> Any:
        inputs = {id(value): place for place, value in enumerate(given[: self._inputs])}
        tensors: list[Any] = []

        def place(leaf: Any) -> Any:
            if id(leaf) in inputs:
                return _Input(inputs[id(leaf)])
            if not keras.ops.is_tensor(leaf):
                return leaf
            tensors.append(leaf)
            return _Output(len(tensors) - 1)

        self.template = map_tree(place, outputs)
        return tensors[0] if self._is_one() else tensors

    def _is_one(self) -> bool:
        """Whether the outputs are a single tensor."""
        return type(self.template) is _Output

    def form(self, compiled: Compiled, read: Callable[[Any], Any]) -> Form:
        """The compiled form on flat values.

        Args:
            compiled: What the framework made of this object.
            read: Gives the tensor of a state variable.
        """
        if self.seeds:
            return Form(lambda values: self._draw(compiled, read, values))
        return Form(lambda values: self._filled(compiled(*values), values), self._is_one, compiled)

    def _draw(self, compiled: Compiled, read: Callable[[Any], Any], values: list[Any]) -> Any:
        states = [values[place].state for place in self.seeds]
        given = values.copy()
        with DRAWING:
            for place, state in zip(self.seeds, states, strict=True):
                given[place] = read(state.value)
            tensors, news = compiled(*given)
            for state, new in zip(states, news, strict=True):
                state.assign(new)
        return self._filled(tensors, values)

    def _filled(self, tensors: Sequence[Any], values: Sequence[Any]) -> Any:
        if self._is_one():
            return tensors

        def value(leaf: Any) -> Any:
            if type(leaf) is _Output:
                return tensors[leaf.place]
            return values[leaf.place] if type(leaf) is _Input else leaf

        return map_tree(value, self.template)


def seed_places(expression: Expression) -> list[int]:
    """The numbers of the seed slots."""
    first = len(expression.input_specs)
    return [place for place, slot in enumerate(expression.state, start=first) if slot.kind == "seed"]


def all_calls(expression: Expression) -> Iterator[Call]:
    """The calls of an expression, and of the functions of its control flow."""
    for call in expression.calls:
        yield call
        for leaf in leaves((*call.args, *(value for _, value in call.kwargs))):
            if isinstance(leaf, Closure):
                yield from all_calls(leaf.expression)


def obstacle(expression: Expression) -> str | None:
    """Why an expression cannot be compiled with its state as arguments; `None` if it can."""
    if any(slot.kind == "layer" for slot in expression.state):
        return "it calls layers, which have state of their own"
    for call in all_calls(expression):
        if call.op.startswith("random.") and dict(call.kwargs).get("seed") is None:
            return f"{call.op} draws from the global seed"
    return None
