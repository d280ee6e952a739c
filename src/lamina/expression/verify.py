"""The rules that every expression keeps, as tables: what no rule allows is refused.

`RULES` judge an expression as a whole, `CALL_RULES` one call, `PARAMETERS` an argument by the kind
of its parameter, and `VALUES` a value by its type. Nothing is imported, looked up by attribute or
run, and the work is linear in the size of the expression, which the limits bound.
"""

from __future__ import annotations

import functools
import keyword
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, NamedTuple

from lamina.errors import ExpressionError
from lamina.expression import opset
from lamina.expression.closures import PASSED, passed_tensors
from lamina.expression.model import (
    STATE_KINDS,
    Call,
    Closure,
    Expression,
    FrozenDict,
    FrozenList,
    Ref,
    Spec,
    State,
)
from lamina.expression.place import Place, refuse, short, write
from lamina.expression.values import (
    LIMITS,
    Budget,
    Limits,
    Scope,
    check_reach,
    check_spec,
    check_text,
    check_value,
    items,
)

_LONGEST_NAME = 100


def verify(expression: Expression, limits: Limits = LIMITS) -> None:
    """Check that an expression keeps every rule of the format.

    Args:
        expression: The expression.
        limits: How large it may be.

    Raises:
        ExpressionError: A rule is broken; the message names the place.

    Example:
        >>> from lamina.expression.model import Call, Expression, Ref, Spec
        >>> verify(Expression(Spec(), (Call("square", (Ref(0),)),), Ref(1)))
    """
    if type(expression) is not Expression:
        raise ExpressionError(f"expected an Expression, received {short(expression)}")
    _verify(Scope(expression, Budget(limits), None))


def _verify(scope: Scope) -> None:
    for rule in RULES.values():
        rule(scope)


# Rules for an expression


def _check_names(scope: Scope) -> None:
    expression = scope.expression
    check_text(scope, expression.name, scope.at("name"), 0)
    parameters = expression.parameters
    if type(parameters) is not tuple:
        refuse(scope.at("parameters"), f"expected a tuple of names, received {short(parameters)}")
    scope.budget.spend("items", len(parameters), scope.at("parameters"))
    for i, name in enumerate(parameters):
        check_text(scope, name, scope.at("parameters[%d]", i), 0)
        if not name.isidentifier() or keyword.iskeyword(name):
            refuse(scope.at("parameters[%d]", i), f"{short(name)} is not a name that Python accepts")
    if len(set(parameters)) < len(parameters):
        refuse(scope.at("parameters"), "a name is used twice")


def _check_inputs(scope: Scope) -> None:
    count = _spec_tree(scope, scope.expression.inputs, scope.at("inputs"), scope.depth)
    scope.first = scope.known = count
    if scope.expected not in (None, count):
        refuse(
            scope.at("inputs"),
            f"expected {scope.expected} (passed by the operation, then captured), received {count}",
        )
    inputs, parameters = scope.expression.inputs, scope.expression.parameters
    if len(parameters) != 1 and (type(inputs) is not tuple or len(inputs) != len(parameters)):
        refuse(scope.at("inputs"), f"{len(parameters)} parameters need a tuple of {len(parameters)} inputs")


def _spec_tree(scope: Scope, tree: Any, place: Place, depth: int) -> int:
    if type(tree) is Spec:
        check_spec(tree, place)
        return 1
    if type(tree) not in (tuple, FrozenList, FrozenDict):
        refuse(
            place, f"expected a Spec, or a tuple, FrozenList or FrozenDict of them, received {short(tree)}"
        )
    return sum(_spec_tree(scope, item, at, depth + 1) for item, at in items(scope, tree, place, depth))


def _check_state(scope: Scope) -> None:
    state = scope.expression.state
    if type(state) is not tuple:
        refuse(scope.at("state"), f"expected a tuple of State, received {short(state)}")
    if state and scope.closures:
        refuse(scope.at("state"), "a nested expression holds no state; it is passed as captured values")
    scope.budget.spend("items", len(state), scope.at("state"))
    names: set[str] = set()
    for i, slot in enumerate(state):
        _slot(scope, slot, scope.at("state[%d]", i), names)
        if slot.kind in ("seed", "layer"):
            scope.owned[scope.first + i] = slot.kind
    scope.first += len(state)


def _slot(scope: Scope, slot: Any, place: Place, names: set[str]) -> None:
    if type(slot) is not State or slot.kind not in STATE_KINDS or type(slot.spec) is not Spec:
        refuse(place, f"expected a State of kind {', '.join(STATE_KINDS)}, received {short(slot)}")
    check_text(scope, slot.name, place, 0)
    if not slot.name or slot.name in names:
        refuse(place, f"the name {short(slot.name)} is {'empty' if not slot.name else 'used twice'}")
    names.add(slot.name)
    if type(slot.trainable) is not bool or (slot.trainable and slot.kind != "variable"):
        refuse(place, f"only a variable is trainable, not a {slot.kind}")
    check_spec(slot.spec, place)


def _check_calls(scope: Scope) -> None:
    calls = scope.expression.calls
    if type(calls) is not tuple:
        refuse(scope.at("calls"), f"expected a tuple of Call, received {short(calls)}")
    scope.budget.spend("calls", len(calls), scope.at("calls"))
    rules = tuple(CALL_RULES.values())
    for i, call in enumerate(calls):
        if type(call) is not Call:
            refuse(scope.at("calls[%d]", i), f"expected a Call, received {short(call)}")
        scope.known = scope.first + i
        place = scope.at("calls[%d] %.100s", i, call.op)
        for rule in rules:
            rule(scope, call, place)


def _check_parts(scope: Scope) -> None:
    parts = scope.expression.parts
    if type(parts) is not tuple:
        refuse(scope.at("parts"), f"expected a tuple of pairs, received {short(parts)}")
    scope.budget.spend("items", len(parts), scope.at("parts"))
    for i, part in enumerate(parts):
        place = scope.at("parts[%d]", i)
        if type(part) is not tuple or len(part) != 2 or type(part[1]) is not int or part[1] < 0:
            refuse(place, f"expected a name and how many calls the part has, received {short(part)}")
        check_text(scope, part[0], place, 0)
        if len(part[0]) > _LONGEST_NAME or not part[0].isprintable():
            refuse(place, f"{short(part[0])} is no name that fits on a line")
    counted = sum(count for _, count in parts)
    if parts and counted != len(scope.expression.calls):
        refuse(
            scope.at("parts"), f"they have {counted} calls, the expression has {len(scope.expression.calls)}"
        )


def _check_outputs(scope: Scope) -> None:
    scope.known = scope.first + len(scope.expression.calls)
    check_value(scope, scope.expression.outputs, scope.at("outputs"), scope.depth)


# Rules for a call


def _check_form(scope: Scope, call: Call, place: Place) -> None:
    if type(call.op) is not str or len(call.op) > _LONGEST_NAME:
        refuse(place, "expected the name of an operation")
    if type(call.args) is not tuple or type(call.kwargs) is not tuple:
        refuse(place, "expected a tuple of arguments and a tuple of pairs")
    for pair in call.kwargs:
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str:
            refuse(place, f"expected pairs of a parameter and its value, received {short(pair)}")
    if len(dict(call.kwargs)) < len(call.kwargs):
        refuse(place, "an argument is given twice by name")


def _check_arguments(scope: Scope, call: Call, place: Place) -> None:
    try:
        op = opset.lookup(call.op)
        bound = op.bind(call.args, dict(call.kwargs))
    except ExpressionError as error:
        raise ExpressionError(f"{write(place)}: {error}") from None
    for name, check in _checks(call.op):
        if name in bound:
            check(scope, bound[name], (place, (": argument %r", name)), _Argument(call.op, name, bound))


class _Argument(NamedTuple):
    op: str
    parameter: str
    bound: Mapping[str, Any]


ParameterCheck = Callable[[Scope, Any, Place, _Argument], None]


@functools.cache
def _checks(op: str) -> tuple[tuple[str, ParameterCheck], ...]:
    # Functions come last: how many inputs they have depends on the other arguments.
    parameters = sorted(opset.lookup(op).parameters, key=lambda p: p.kind == "function")
    return tuple(
        (p.name, OWNERS.get((op, p.name)) or OWNERS.get(("", p.name)) or PARAMETERS[p.kind])
        for p in parameters
    )


def _operand(scope: Scope, value: Any, place: Place, argument: _Argument) -> None:
    check_value(scope, value, place, scope.depth)


def _static(scope: Scope, value: Any, place: Place, argument: _Argument) -> None:
    known, scope.known = scope.known, None
    check_value(scope, value, place, scope.depth)
    scope.known = known


def _variadic(scope: Scope, values: Any, place: Place, argument: _Argument) -> None:
    scope.budget.spend("items", len(values), place)
    for i, value in enumerate(values):
        check_value(scope, value, (place, i), scope.depth)


def _keywords(scope: Scope, values: Any, place: Place, argument: _Argument) -> None:
    for name, value in values.items():
        check_value(scope, value, (place, ("[%r]", name)), scope.depth)


def _function(scope: Scope, value: Any, place: Place, argument: _Argument) -> None:
    if type(value) is Closure:
        _closure(scope, value, place, argument, scope.depth)
        return
    if type(value) not in (tuple, FrozenList) or not value or argument.parameter != "branches":
        refuse(place, f"expected a nested expression (Closure), received {short(value)}")
    scope.budget.spend("items", len(value), place)
    for i, branch in enumerate(value):
        if type(branch) is not Closure:
            refuse((place, i), f"expected a nested expression (Closure), received {short(branch)}")
        _closure(scope, branch, (place, i), argument, scope.depth + 1)


def _closure(scope: Scope, closure: Closure, place: Place, argument: _Argument, depth: int) -> None:
    if scope.closures >= scope.budget.limits.closure_depth:
        refuse(place, f"expressions are nested more than {scope.budget.limits.closure_depth} deep")
    if type(closure.expression) is not Expression or type(closure.captured) is not tuple:
        refuse(place, "expected a Closure of an Expression and a tuple of captured references")
    if (argument.op, argument.parameter) not in PASSED:
        refuse(place, f"no nested expression may stand in {argument.parameter!r} of {argument.op}")
    scope.budget.spend("items", len(closure.captured), place)
    for i, ref in enumerate(closure.captured):
        if type(ref) is not Ref:
            refuse((place, (": captured[%d]", i)), f"expected a reference, received {short(ref)}")
        check_reach(scope, ref, (place, (": captured[%d]", i)))
    passed = passed_tensors(argument.op, argument.parameter, argument.bound)
    nested = Scope(
        closure.expression,
        scope.budget,
        (place, ": "),
        closures=scope.closures + 1,
        depth=depth,
        expected=passed + len(closure.captured),
        owned={
            passed + i: scope.owned[ref.index]
            for i, ref in enumerate(closure.captured)
            if ref.index in scope.owned
        },
    )
    _verify(nested)


def _owned(kind: str, *literals: type) -> ParameterCheck:
    def check(scope: Scope, value: Any, place: Place, argument: _Argument) -> None:
        if type(value) in literals:
            return
        if type(value) is not Ref or value.path or type(value.index) is not int:
            refuse(place, f"expected a reference to a state slot of kind {kind}, received {short(value)}")
        if scope.owned.get(value.index) != kind:
            refuse(place, f"%{short(value.index)} is no state slot of kind {kind}")

    return check


PARAMETERS: Mapping[str, ParameterCheck] = {
    "operand": _operand,
    "static": _static,
    "function": _function,
    "variadic": _variadic,
    "keywords": _keywords,
}

# Parameters, of one operation or of any, that take what the owner of an expression keeps.
OWNERS: Mapping[tuple[str, str], ParameterCheck] = {
    ("operator.call", "obj"): _owned("layer"),
    ("", "seed"): _owned("seed", NoneType, int),
}

CALL_RULES: Mapping[str, Callable[[Scope, Call, Place], None]] = {
    "form": _check_form,
    "arguments": _check_arguments,
}

RULES: Mapping[str, Callable[[Scope], None]] = {
    "names": _check_names,
    "inputs": _check_inputs,
    "state": _check_state,
    "calls": _check_calls,
    "outputs": _check_outputs,
    "parts": _check_parts,
}
