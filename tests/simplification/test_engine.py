"""The pass: what is merged, kept and dropped, and that it stays linear."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.counting import calls_of

from lamina.expression.model import Call, Closure, Expression, Location, Ref, Spec, State
from lamina.expression.verify import verify
from lamina.simplification import simplify

sys.path.insert(0, str(Path(__file__).parents[1] / "expression"))
sys.path.insert(0, str(Path(__file__).parent))

from chains import chained
from strategies import expressions
from written import written

pytestmark = pytest.mark.backend_free


def ops_of(expression):
    return [call.op for call in expression.calls]


def test_equal_calls_are_one():
    found = simplify(written("add(multiply(relu(x), relu(x)), multiply(relu(x), relu(x)))"))
    assert ops_of(found) == ["relu", "multiply", "add"]


@pytest.mark.parametrize(
    "text",
    [
        "add(multiply(x, 1), multiply(x, 1.0))",
        "add(multiply(x, 1), multiply(x, True))",
        "add(multiply(x, 0.0), multiply(x, -0.0))",
        "add(sum(x, axis=0), sum(x, axis=1))",
        "add(concatenate([x, y]), concatenate([y, x]))",
    ],
)
def test_calls_that_only_look_equal_are_not(text):
    before = written(text)
    assert simplify(before) is before


def test_random_draws_and_layers_are_neither_merged_nor_dropped():
    draw = Call("random.normal", ((2, 3),), (("seed", Ref(1)),))
    again = Call("random.dropout", (Ref(0), 0.5), (("seed", 7),))
    layer = Call("operator.call", (Ref(2), Ref(0)))
    state = (State("seed", "seed"), State("layer", "dense"))
    calls = (draw, draw, again, again, layer, layer, Call("relu", (Ref(0),)))
    before = Expression(Spec(), calls, Ref(3), state)
    verify(before)
    after = simplify(before)
    assert after.calls == calls[:-1]
    assert after.state == state


def test_control_flow_that_draws_is_not_merged():
    draw = Call("random.normal", ((2, 3),), (("seed", 1),))
    for body, count in ((draw, 2), (Call("ones", ((2, 3),)), 1)):
        branch = Closure(Expression((), (body,), Ref(0), parameters=()))
        cond = Call("cond", (Ref(0), branch, branch))
        before = Expression(Spec(), (cond, cond, Call("add", (Ref(1), Ref(2)))), Ref(3))
        verify(before)
        assert ops_of(simplify(before)) == ["cond"] * count + ["add"]


def test_state_stays_though_nothing_reads_it():
    state = (
        State("variable", "w", Spec((3,), "float32"), True),
        State("constant", "c", Spec((3,), "float32")),
    )
    before = Expression(Spec(), (Call("multiply", (Ref(0), Ref(1))), Call("relu", (Ref(0),))), Ref(4), state)
    after = simplify(before)
    assert ops_of(after) == ["relu"]
    assert after.state == state
    assert after.outputs == Ref(3)


def test_the_dtype_of_a_variable_is_that_of_the_policy():
    def cast(kind, dtype):
        call = Call("cast", (Ref(1),), (("dtype", dtype),))
        return Expression(Spec(), (call,), Ref(2), (State(kind, "w", Spec((3,), dtype)),))

    assert simplify(cast("variable", "float32")).calls != ()
    assert simplify(cast("variable", "int32")).calls == ()
    assert simplify(cast("constant", "float32")).calls == ()


def test_what_a_branch_takes_twice_or_not_at_all_is_dropped():
    branch = Expression(
        (Spec(),) * 4,
        (Call("add", (Ref(0), Ref(1))), Call("relu", (Ref(2),)), Call("add", (Ref(4), Ref(3)))),
        Ref(6),
        parameters=("a", "b", "c", "d"),
    )
    relu = Call("relu", (Ref(0),))
    calls = (relu, relu, Call("any", (Ref(0),)))
    closure = Closure(branch, (Ref(1), Ref(2), Ref(0), Ref(1)))
    before = Expression(Spec(), (*calls, Call("cond", (Ref(3), closure, closure))), Ref(4))
    verify(before)
    after = simplify(before)
    verify(after)
    assert ops_of(after) == ["relu", "any", "cond"]
    found = after.calls[-1].args[1]
    assert found.captured == (Ref(1),)
    assert found.expression.parameters == ("a",)
    assert found.expression.calls == (Call("add", (Ref(0), Ref(0))), Call("add", (Ref(1), Ref(0))))


def test_what_an_operation_passes_to_a_branch_stays():
    body = Expression((Spec(), Spec()), (Call("relu", (Ref(0),)),), Ref(2), parameters=("row", "unused"))
    before = Expression(Spec(), (Call("map", (Closure(body, (Ref(0),)), Ref(0))),), Ref(1))
    verify(before)
    found = simplify(before).calls[0].args[0]
    assert (found.captured, found.expression.parameters) == ((), ("row",))
    body = Expression((Spec(), Spec()), (Call("relu", (Ref(1),)),), Ref(2), parameters=("index", "carry"))
    before = Expression(Spec(), (Call("fori_loop", (0, 3, Closure(body), Ref(0))),), Ref(1))
    assert simplify(before) == before


def test_an_item_of_a_merged_call_is_that_of_the_first():
    split = Call("unstack", (Ref(0),))
    before = Expression(Spec(), (split, split), (Ref(1, (0,)), Ref(2, (1,))))
    after = simplify(before)
    assert after.calls == (split,)
    assert after.outputs == (Ref(1, (0,)), Ref(1, (1,)))


def test_names_and_places_stay():
    place = Location("model.py", 7)
    calls = (Call("negative", (Ref(0),)), Call("square", (Ref(1),), where=place))
    before = Expression(Spec(None, "float32"), calls, Ref(2), name="f", parameters=("image",))
    after = simplify(before)
    assert ops_of(after) == ["square"]
    assert after.calls[0].where == place
    assert (after.name, after.parameters, after.inputs) == ("f", ("image",), before.inputs)


def chain(length):
    calls = [
        Call(("relu", "negative", "add")[i % 3], (Ref(i), Ref(i))[: 1 + (i % 3 == 2)]) for i in range(length)
    ]
    doubled = [Call("square", (Ref(length),)), Call("square", (Ref(length),))]
    return Expression(Spec(), (*calls, *doubled), (Ref(length + 1), Ref(length + 2)))


def test_work_grows_in_proportion_to_the_calls():
    simplify(chain(9))
    small, large = chain(300), chain(3000)
    assert len(simplify(large).calls) == 3001
    assert calls_of(lambda: simplify(large)) < 11 * calls_of(lambda: simplify(small))


def test_a_long_chain_of_rules_collapses():
    calls = tuple(Call("negative", (Ref(i),)) for i in range(10_001))
    assert simplify(Expression(Spec(), calls, Ref(10_001))).calls == (Call("negative", (Ref(0),)),)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chained())
def test_twice_is_once(expression):
    verify(expression)
    once = simplify(expression)
    verify(once)
    assert simplify(once) == once
    assert len(once.calls) <= len(expression.calls)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(expressions())
def test_any_expression_stays_valid(expression):
    once = simplify(expression)
    verify(once)
    assert simplify(once) == once
    assert (once.inputs, once.state, once.name) == (expression.inputs, expression.state, expression.name)
