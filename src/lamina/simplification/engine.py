"""Applies the rules to an expression in one pass, and drops what nothing reads any more."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lamina.expression import opset
from lamina.expression.model import (
    Call,
    Closure,
    Expression,
    Ref,
    Spec,
    call_references,
    references,
    structure_key,
)
from lamina.expression.rewriting import Replace, call_with_references, with_references
from lamina.simplification.known import NOTHING, SIZE, Fact, of_call, of_literal, of_spec, of_state
from lamina.simplification.rules import RULES


def simplify(expression: Expression, inputs: Sequence[Spec] | None = None) -> Expression:
    """An expression that computes the same with fewer calls.

    Equal calls are computed once, calls of constants are computed now where nothing is rounded, and
    the rules of `lamina.simplification.rules` are applied; what nothing reads is dropped. Results keep
    every bit, their dtype and shape, and their gradients up to the rounding of a sum, on every backend.
    Random draws and calls of layers are neither merged nor dropped, and the state slots stay, for they
    belong to the layer. The work is linear in the number of calls, and doing it twice changes nothing.

    Args:
        expression: The expression; it is left as it is.
        inputs: What is known of the input leaves where it is called, if that is more than they declare.

    Returns:
        The shorter expression, with the same inputs, state, name and parameters; the given one where
        there is nothing to do.

    Example:
        >>> import lamina
        >>> from keras import ops
        >>> simplify(lamina.capture(lambda x: -(-ops.transpose(ops.transpose(x)))))
        <Expression: x -> x>
    """
    specs = expression.input_specs if inputs is None else inputs
    work = _Work(expression, [*map(of_spec, specs), *map(of_state, expression.state)])
    return work.result()


class _Work:
    """One expression while it is rewritten.

    A call keeps its number until the end: `moved` says which other value stands for it.

    Args:
        expression: The expression.
        facts: What is known of its inputs and state.
        moved: Inputs that are the same as an earlier one.
    """

    def __init__(
        self, expression: Expression, facts: list[Fact], moved: dict[int, Ref] | None = None
    ) -> None:
        self._expression = expression
        self._first = expression.first_call
        self._facts = facts
        self._moved = moved or {}
        self._known: dict[tuple[Any, ...], Ref] = {}
        self._calls: list[Call] = []
        for call in expression.calls:
            self._add(call)

    # What the rules ask

    def producer(self, ref: Any) -> Call | None:
        """The call whose result a reference is."""
        position = ref.index - self._first if type(ref) is Ref and not ref.path else -1
        return self._calls[position] if position >= 0 else None

    def dtype(self, value: Any) -> str | None:
        """The dtype of a value, where it is certain."""
        return self._fact(value).dtype

    def shape(self, value: Any) -> tuple[int, ...] | None:
        """The shape of a value, where all of it is certain."""
        return self._fact(value).shape

    def is_tensor(self, value: Any) -> bool:
        """Whether a value is certainly the tensor that an operation returned."""
        return self._fact(value).tensor

    def is_size(self, value: Any) -> bool:
        """Whether a value is certainly the size of an axis, or computed from sizes."""
        return self._fact(value).size

    def _fact(self, value: Any) -> Fact:
        if type(value) is not Ref:
            return of_literal(value)
        if not value.path:
            return self._facts[value.index]
        position = value.index - self._first
        return SIZE if position >= 0 and self._calls[position].op == "shape" else NOTHING

    # Rewriting

    def _add(self, call: Call) -> None:
        number = self._first + len(self._calls)
        if self._touched(call):
            call = call_with_references(call, self._current, self._nested)
        found = self._ruled(call)
        if isinstance(found, Ref):
            self._moved[number] = found
        else:
            call = found
            self._merge(call, number)
        self._calls.append(call)
        self._facts.append(of_call(call, self._fact))

    def _merge(self, call: Call, number: int) -> None:
        """Let an earlier call that is the same stand for it."""
        if _has_effect(call):
            return
        same = self._known.setdefault(
            (call.op, structure_key(call.args), structure_key(call.kwargs)), Ref(number)
        )
        if same.index != number:
            self._moved[number] = same

    def _touched(self, call: Call) -> bool:
        if _takes_function(call.op):
            return True
        return bool(self._moved) and any(ref.index in self._moved for ref in call_references(call))

    def _current(self, ref: Ref) -> Ref:
        found = self._moved.get(ref.index)
        return ref if found is None else Ref(found.index, (*found.path, *ref.path))

    def _ruled(self, call: Call) -> Call | Ref:
        """What the first rule that answers makes of a call, and the rules of that."""
        while True:
            answers = (rule.apply(call, self) for rule in RULES.get(call.op, ()))
            found = next((answer for answer in answers if answer is not None), None)
            if found is None:
                return call
            if isinstance(found, Ref):
                return found
            call = replace(found, where=call.where)

    def _nested(self, closure: Closure) -> Closure:
        """A function argument: what it takes from outside may be the same twice, or read no more."""
        count = len(closure.expression.input_specs)
        passed = count - len(closure.captured)
        first: dict[Ref, int] = {}
        same = {
            passed + i: Ref(first[ref])
            for i, ref in enumerate(closure.captured)
            if first.setdefault(ref, passed + i) != passed + i
        }
        facts = [*map(of_spec, closure.expression.input_specs[:passed]), *map(self._fact, closure.captured)]
        return _without_unread(_Work(closure.expression, facts, same).result(), closure.captured)

    # The result

    def result(self) -> Expression:
        """The expression of the calls that are still read, numbered anew."""
        outputs = with_references(self._expression.outputs, self._current)
        live = self._live(outputs)
        if len(live) == len(self._calls) and not self._moved and self._unchanged():
            return self._expression
        numbers = {self._first + old: self._first + new for new, old in enumerate(live)}
        renumber = _renumbering(numbers)
        calls = tuple(call_with_references(self._calls[position], renumber) for position in live)
        outputs = with_references(outputs, renumber)
        return replace(self._expression, calls=calls, outputs=outputs, parts=self._parts(live))

    def _parts(self, live: list[int]) -> tuple[tuple[str, int], ...]:
        """The parts with the calls that each still has."""
        counted, start = [], 0
        for name, count in self._expression.parts:
            first, last = (bisect.bisect_left(live, place) for place in (start, start + count))
            counted.append((name, last - first))
            start += count
        return tuple(counted)

    def _unchanged(self) -> bool:
        pairs = zip(self._calls, self._expression.calls, strict=True)
        return all(new is old or (new.op == old.op and new == old) for new, old in pairs)

    def _live(self, outputs: Any) -> list[int]:
        read = {ref.index for ref in references(outputs)}
        live = []
        for position in range(len(self._calls) - 1, -1, -1):
            number, call = self._first + position, self._calls[position]
            if number in read or (number not in self._moved and _has_effect(call)):
                live.append(position)
                read.update(ref.index for ref in call_references(call))
        return live[::-1]


def _renumbering(numbers: dict[int, int]) -> Replace:
    return lambda ref: Ref(numbers.get(ref.index, ref.index), ref.path)


def _without_unread(expression: Expression, captured: tuple[Ref, ...]) -> Closure:
    """A function argument without the captured values that it does not read."""
    specs, names = expression.input_specs, expression.parameters
    passed = len(specs) - len(captured)
    read = {ref.index for call in expression.calls for ref in call_references(call)}
    read.update(ref.index for ref in references(expression.outputs))
    kept = [*range(passed), *(i for i in range(passed, len(specs)) if i in read)]
    flat = expression.inputs in (specs, *specs) and len(names) == len(specs)
    if len(kept) == len(specs) or not flat:
        return Closure(expression, captured)
    numbers = {
        old: new for new, old in enumerate([*kept, *range(len(specs), len(specs) + len(expression.calls))])
    }
    renumber = _renumbering(numbers)
    shorter = Expression(
        inputs=specs[kept[0]] if len(kept) == 1 else tuple(specs[i] for i in kept),
        calls=tuple(call_with_references(call, renumber) for call in expression.calls),
        outputs=with_references(expression.outputs, renumber),
        name=expression.name,
        parameters=tuple(names[i] for i in kept),
    )
    return Closure(shorter, tuple(captured[i - passed] for i in kept if i >= passed))


@functools.cache
def _takes_function(op: str) -> bool:
    return any(parameter.kind == "function" for parameter in opset.lookup(op).parameters)


@functools.cache
def _is_effect(op: str) -> bool:
    """Whether each call counts: it draws random numbers, or calls a layer, which may."""
    return op == "operator.call" or opset.lookup(op).takes_seed


def _has_effect(call: Call) -> bool:
    if _is_effect(call.op):
        return True
    return _takes_function(call.op) and any(
        _has_effect(inner) for closure in _closures(call) for inner in closure.expression.calls
    )


def _closures(call: Call) -> Iterator[Closure]:
    for value in (*call.args, *(value for _, value in call.kwargs)):
        for item in value if isinstance(value, tuple) else (value,):
            if type(item) is Closure:
                yield item
