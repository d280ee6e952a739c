"""Finds the first call of an expression that differs from the function it stands for."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamina._keras import keras
from lamina.errors import LaminaError
from lamina.expression import opset
from lamina.expression.model import Call, Expression, Ref, map_tree
from lamina.expression.printer import call_line
from lamina.expression.runner import call_on, literal
from lamina.tracing import frameworks
from lamina.tracing.variables import value_now
from lamina.verification import comparing
from lamina.verification.observing import Event, Observer, observed
from lamina.vocabulary.tracer import BINARY, COMPARE, UNARY, Tracer

if TYPE_CHECKING:
    from lamina.tracing.api import Captured
    from lamina.verification.checking import Pair

_OPERATORS: Mapping[str, Callable[..., Any]] = {
    op: getattr(operator, method) for table in (BINARY, COMPARE, UNARY) for method, op in table.items()
}


def locate(pair: Pair, sample: Sequence[Any], specs: Any, tolerance: float | None) -> str | None:
    """The first call that differs, with what both sides give; `None` if none can be found.

    The function is captured once more, with an eye on each framework function and operator that it uses. If
    the expression is not what comes out, the two are run call by call. Otherwise each framework function is
    given the values that the expression has at that place.
    """
    with observed() as observer:
        captured = pair.capture(specs)
    if captured.expression != pair.expression:
        return _of_two_expressions(pair, captured, sample, tolerance)
    return _of_functions(pair, observer, sample, tolerance)


# The expression is another one than the function gives now


def _of_two_expressions(
    pair: Pair, captured: Captured, sample: Sequence[Any], tolerance: float | None
) -> str | None:
    ours, theirs = pair.expression, captured.expression
    state = {name: value_now(value) for name, value in captured.objects.items()}
    runs = zip(
        _each_value(ours, [*pair.inputs(sample), *(pair.state[slot.name] for slot in ours.state)]),
        _each_value(theirs, [*pair.inputs(sample), *(state[slot.name] for slot in theirs.state)]),
        strict=False,
    )
    for position, (a, b) in enumerate(runs):
        difference = _difference(a, b, tolerance, "the function")
        if difference is not None:
            where = theirs.calls[position].where
            return (
                f"call {position}: `{call_line(ours, position)}`, where the function now has "
                f"`{call_line(theirs, position)}`{f' at {where}' if where else ''}: {difference}"
            )
    return None


def _each_value(expression: Expression, values: list[Any]) -> Iterator[Any]:
    for call in expression.calls:
        values.append(call_on(call, values))
        yield values[-1]


# A framework's function does something else than the calls that were recorded for it


def _of_functions(
    pair: Pair, observer: Observer, sample: Sequence[Any], tolerance: float | None
) -> str | None:
    recorder = observer.recorder
    if recorder is None:
        return None
    values: dict[int, Any] = dict(enumerate(pair.inputs(sample)))
    for number, slot in enumerate(recorder.state.slots, start=1):
        own = pair.state.get(slot.name)
        values[-number] = value_now(recorder.state.objects[slot.name]) if own is None else own
    for position, call in enumerate(recorder.calls):
        _add(values, recorder.first_call + position, call)
    for event in _in_order(observer):
        difference = _checked(event, pair.home, values, tolerance)
        if difference is not None:
            recorded = ", ".join(_name(call) for call in recorder.calls[event.start : event.end]) or "nothing"
            return f"{event.name}{_at(recorder.calls, event)}, captured as {recorded}: {difference}"
    return None


def _add(values: dict[int, Any], number: int, call: Call) -> None:
    try:
        values[number] = call_on(call, values)
    except Exception:  # a call that no output needs may fail
        return


def _name(call: Call) -> str:
    return opset.lookup(call.op).public_name


def _at(calls: Sequence[Call], event: Event) -> str:
    places = [call.where for call in calls[event.start : event.end] if call.where]
    return f" at {places[-1]}" if places else ""


def _in_order(observer: Observer) -> list[Event]:
    """The functions that were observed, and the operators between them."""
    recorder = observer.recorder
    assert recorder is not None
    covered = {i for event in observer.events for i in range(event.start, event.end)}
    alone = [
        Event(
            f"the operator `{_OPERATORS[call.op].__name__.strip('_')}`",
            _OPERATORS[call.op],
            None,
            call.args,
            {},
            Ref(recorder.first_call + position),
            position,
            position + 1,
        )
        for position, call in enumerate(recorder.calls)
        if position not in covered and call.op in _OPERATORS and not call.kwargs
    ]
    return sorted([*observer.events, *alone], key=lambda event: event.end)


def _checked(event: Event, home: str, values: Mapping[int, Any], tolerance: float | None) -> str | None:
    """In what a function differs from the calls recorded for it, on the same values."""
    given = functools.partial(_value, values=values, home=event.home or home)
    try:
        args, kwargs = map_tree(given, event.args), map_tree(given, event.kwargs)
        expected = event.real(*args, **kwargs)
        found = map_tree(functools.partial(_value, values=values, home=None), event.result)
    except Exception:  # what cannot be run alone says nothing
        return None
    return _difference(found, expected, tolerance, event.name)


def _value(leaf: Any, values: Mapping[int, Any], home: str | None) -> Any:
    """What stands for a leaf in a run: the expression's value, as a tensor of a framework if one is named."""
    ref = leaf.ref if isinstance(leaf, Tracer) else leaf
    if not isinstance(ref, Ref):
        return literal(leaf)
    value = functools.reduce(lambda found, key: found[key], ref.path, values[ref.index])
    if home in (None, keras.backend.backend()) or not keras.ops.is_tensor(value):
        return value
    return frameworks.tensors_of(home, keras.ops.convert_to_numpy(value))


def _difference(found: Any, expected: Any, tolerance: float | None, name: str) -> str | None:
    try:
        pair = comparing.leaves_of(found), comparing.leaves_of(expected)
    except (TypeError, ValueError, LaminaError):
        return None
    difference = comparing.explain_difference(*pair, tolerance, narrow=True)
    return None if difference is None else difference.replace("the function", name)
