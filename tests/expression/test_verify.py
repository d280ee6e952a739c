"""Each rule of `verify`, with the place that its message names."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from tests.counting import calls_of
from tests.expression.examples import EXAMPLES, nested
from tests.expression.strategies import expressions

from lamina.errors import ExpressionError
from lamina.expression.model import (
    Array,
    Call,
    Closure,
    Expression,
    FrozenDict,
    FrozenList,
    Ref,
    Slice,
    Spec,
    State,
)
from lamina.expression.values import DTYPES, VALUES, Limits
from lamina.expression.verify import PARAMETERS, verify

pytestmark = pytest.mark.backend_free


def one(op, *args, state=(), outputs=None, **kwargs):
    """An expression of a single call."""
    return Expression(Spec(), (Call(op, args, tuple(kwargs.items())),), outputs, tuple(state))


def operand(value):
    return one("relu", value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_keep_every_rule(name):
    verify(EXAMPLES[name])


@settings(deadline=None, max_examples=100)
@given(expressions())
def test_random_valid_expressions_keep_every_rule(expression):
    verify(expression)


DEEP = Ref(0)
for _ in range(33):
    DEEP = (DEEP,)

HALF = nested(1, [], Ref(0))

BROKEN = {
    "unknown operation": (one("rleu", Ref(0)), r"calls\[0\] rleu: 'rleu' is not an operation.*relu"),
    "operation of a private name": (one("numpy.Mean", Ref(0)), r"calls\[0\].*not an operation"),
    "long name": (one("a" * 101, Ref(0)), r"calls\[0\] a+: expected the name of an operation"),
    "too many arguments": (one("relu", Ref(0), 1, 2), r"calls\[0\] relu: keras.ops.relu"),
    "missing argument": (one("subtract", Ref(0)), r"calls\[0\] subtract: .*x2"),
    "unknown argument": (one("relu", Ref(0), alpha=1), r"calls\[0\] relu: .*alpha"),
    "repeated argument": (
        Expression(Spec(), (Call("mean", (Ref(0),), (("axis", 1), ("axis", 1))),), None),
        r"calls\[0\] mean: an argument is given twice by name",
    ),
    "kwargs that are no pairs": (
        Expression(Spec(), (Call("mean", (Ref(0),), ("axis",)),), None),
        r"calls\[0\] mean: expected pairs",
    ),
    "reference in a static argument": (
        one("mean", Ref(0), axis=Ref(0)),
        r"calls\[0\] mean: argument 'axis': a static argument holds literals only, received the reference %0",
    ),
    "reference deep in a static argument": (
        one("mean", Ref(0), axis=(0, FrozenList([Ref(0)]))),
        r"calls\[0\] mean: argument 'axis'\[1\]\[0\]: a static",
    ),
    "dangling reference": (operand(Ref(2)), r"argument 'x': %2 does not exist; .* below %1"),
    "reference to itself": (operand(Ref(1)), r"argument 'x': %1 is computed later, by calls\[0\]"),
    "negative reference": (operand(Ref(-1)), r"%-1 does not exist"),
    "reference by bool": (operand(Ref(True)), "expected a reference by number"),
    "reference in a slice": (
        one("get_item", Ref(0), (Slice(None, Ref(7)),)),
        r"argument 'key'\[0\].stop: %7 does not exist",
    ),
    "slice of a string": (one("get_item", Ref(0), Slice("a")), r"'key'.start: expected an integer"),
    "path of a float": (operand(Ref(0, (1.0,))), r"argument 'x': expected a string"),
    "long path": (operand(Ref(0, (0,) * 33)), "a path of more than 32"),
    "variadic argument": (one("einsum", "ij->j", Ref(0), Ref(9)), r"argument 'operands'\[1\]: %9"),
    "output": (Expression(Spec(), (), (Ref(0), FrozenDict({"a": Ref(5)}))), r"outputs\[1\]\['a'\]: %5"),
    "set": (operand(frozenset()), "an expression cannot hold .* of type frozenset"),
    "NumPy number": (operand(np.float32(1)), "cannot hold .* of type float32"),
    "list": (operand([1]), "cannot hold .* of type list"),
    "dict": (operand({"a": 1}), "cannot hold .* of type dict"),
    "function": (operand(len), "cannot hold .* of type builtin_function_or_method"),
    "large integer": (operand((2**64 + 1,)), r"argument 'x'\[0\]: an integer beyond"),
    "lone surrogate": (operand("a\ud800"), "half a character"),
    "key that is no string": (operand(FrozenDict({1: 2})), "expected a string"),
    "key that is half a character": (operand(FrozenDict({"\udfff": 2})), "half a character"),
    "long string": (operand("a" * 65_537), "at most 65536"),
    "deep structure": (operand(DEEP), "structures are nested more than 32 deep"),
    "deep inputs": (Expression(FrozenList([DEEP]), (), None), "inputs.*nested more than 32 deep"),
    "array of the wrong length": (operand(Array("float32", (2,), b"1234567")), "needs 8 bytes, has 7"),
    "array of strings": (operand(Array("string", (1,), b"a")), "cannot hold 'string'"),
    "array of an unknown dtype": (operand(Array("f4", (1,), b"1234")), "cannot hold 'f4'"),
    "array of a negative size": (operand(Array("int8", (-1,), b"")), "-1 is not a size"),
    "array of an unknown size": (operand(Array("int8", (None,), b"")), "None is not a size"),
    "bool array of other bytes": (operand(Array("bool", (2,), b"\1\2")), "bytes other than 0 and 1"),
    "array in a bytearray": (operand(Array("int8", (1,), bytearray(1))), "bytearray"),
    "inputs of no specs": (Expression((Spec(), 3), (), None), r"inputs\[1\]: expected a Spec"),
    "inputs of a list": (Expression([Spec()], (), None), "inputs: expected a Spec"),
    "unknown dtype": (Expression(Spec(None, "float31"), (), None), "'float31' is not a Keras dtype"),
    "negative dimension": (Expression(Spec((-1,)), (), None), "inputs: -1 is not a size"),
    "bool dimension": (Expression(Spec((True,)), (), None), "inputs: True is not a size"),
    "list as shape": (Expression(Spec([2]), (), None), "inputs: expected a shape"),
    "parameter that is no name": (replace(operand(1), parameters=("a b",)), r"parameters\[0\]: 'a b'"),
    "parameter that is a keyword": (replace(operand(1), parameters=("in",)), r"parameters\[0\]: 'in'"),
    "parameters twice": (
        Expression((Spec(), Spec()), (), None, parameters=("a", "a")),
        "parameters: a name is used twice",
    ),
    "more parameters than inputs": (
        Expression((Spec(),), (), None, parameters=("a", "b")),
        "inputs: 2 parameters need a tuple of 2 inputs",
    ),
    "name that is no string": (replace(operand(1), name=3), "name: expected a string"),
    "unknown kind of state": (one("relu", 1, state=[State("global", "a")]), r"state\[0\]: expected a State"),
    "state names twice": (
        one("relu", 1, state=[State("seed", "a"), State("layer", "a")]),
        r"state\[1\]: the name 'a' is used twice",
    ),
    "state without a name": (one("relu", 1, state=[State("seed", "")]), r"state\[0\]: the name '' is empty"),
    "trainable constant": (
        one("relu", 1, state=[State("constant", "a", Spec(), True)]),
        "only a variable is trainable",
    ),
    "layer as tensor": (one("relu", Ref(1), state=[State("layer", "a")]), "%1 is a layer, .* only be called"),
    "seed as output": (one("relu", 1, state=[State("seed", "a")], outputs=Ref(1)), "outputs: %1 is a seed"),
    "call of a tensor": (one("operator.call", Ref(0)), "'obj': %0 is no state slot of kind layer"),
    "call of a literal": (one("operator.call", "os.system"), "'obj': expected a reference to a state slot"),
    "call of an item": (
        one("operator.call", Ref(1, (0,)), state=[State("layer", "a")]),
        "'obj': expected a reference to a state slot",
    ),
    "seed that is a tensor": (
        one("random.normal", (2,), seed=Ref(0)),
        "'seed': %0 is no state slot of kind seed",
    ),
    "seed that is a string": (one("random.normal", (2,), seed="a"), "'seed': expected a reference"),
    "closure as operand": (operand(Closure(HALF)), "only in a function argument of control flow"),
    "closure in a structure": (operand((Closure(HALF),)), r"'x'\[0\]: a nested expression may stand only"),
    "function argument that is none": (one("map", Ref(0), Ref(0)), "'f': expected a nested expression"),
    "no branches": (one("switch", 0, ()), "'branches': expected a nested expression"),
    "branches elsewhere": (one("map", (Closure(HALF),), Ref(0)), "'f': expected a nested expression"),
    "branch that is none": (one("switch", 0, (Ref(0),)), r"'branches'\[0\]: expected a nested expression"),
    "too few nested inputs": (
        one("map", Closure(HALF, (Ref(0),)), Ref(0)),
        r"calls\[0\] map: argument 'f': inputs: expected 2 .* received 1",
    ),
    "too many nested inputs": (
        one("cond", Ref(0), Closure(HALF), Closure(HALF, (Ref(0),))),
        r"'true_fn': inputs: expected 0 .* received 1",
    ),
    "dangling captured value": (
        one("map", Closure(nested(2, [], Ref(0)), (Ref(4),)), Ref(0)),
        r"'f': captured\[0\]: %4 does not exist",
    ),
    "captured literal": (one("map", Closure(HALF, (3,)), Ref(0)), r"captured\[0\]: expected a reference"),
    "broken nested call": (
        one("map", Closure(nested(1, [Call("relu", (Ref(3),))], Ref(1))), Ref(0)),
        r"calls\[0\] map: argument 'f': calls\[0\] relu: argument 'x': %3 does not exist",
    ),
    "nested state": (
        one("map", Closure(replace(HALF, state=(State("seed", "s"),))), Ref(0)),
        "argument 'f': state: a nested expression holds no state",
    ),
    "layer captured as a tensor": (
        one(
            "map",
            Closure(nested(2, [Call("relu", (Ref(1),))], Ref(2)), (Ref(1),)),
            Ref(0),
            state=[State("layer", "a")],
        ),
        "argument 'x': %1 is a layer",
    ),
    "call of a captured tensor": (
        one("map", Closure(nested(2, [Call("operator.call", (Ref(1),))], Ref(2)), (Ref(0),)), Ref(0)),
        "%1 is no state slot of kind layer",
    ),
    "calls of a list": (Expression(Spec(), [], None), "calls: expected a tuple"),
    "call that is none": (Expression(Spec(), ("relu",), None), r"calls\[0\]: expected a Call"),
    "args of a list": (Expression(Spec(), (Call("relu", [1]),), None), "expected a tuple of arguments"),
    "no expression": ("relu", "expected an Expression"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_rule_is_refused_with_its_place(name):
    expression, message = BROKEN[name]
    with pytest.raises(ExpressionError, match=message):
        verify(expression)


def test_a_layer_and_a_seed_may_be_captured():
    body = [Call("operator.call", (Ref(1), Ref(0))), Call("random.normal", ((2,),), (("seed", Ref(2)),))]
    closure = Closure(nested(3, body, Ref(3)), (Ref(1), Ref(2)))
    verify(one("map", closure, Ref(0), state=[State("layer", "a"), State("seed", "b")]))


def test_expressions_are_nested_at_most_sixteen_deep():
    closure = Closure(nested(1, [], Ref(0)))
    for _ in range(15):
        closure = Closure(nested(1, [Call("map", (closure, Ref(0)))], Ref(1)))
    verify(one("map", closure, Ref(0)))
    closure = Closure(nested(1, [Call("map", (closure, Ref(0)))], Ref(1)))
    with pytest.raises(ExpressionError, match="nested more than 16 deep"):
        verify(one("map", closure, Ref(0)))


def test_shared_parts_count_each_time_they_are_read():
    branches = Closure(nested(0, [Call("zeros", ((2,),))] * 8, Ref(0)))
    for _ in range(12):
        call = Call("cond", (True, branches, branches))
        branches = Closure(nested(0, [call], Ref(0)))
    with pytest.raises(ExpressionError, match="more than 5000 calls"):
        verify(one("cond", True, branches, branches), Limits(calls=5000))
    leaf = tuple(itertools.repeat(1, 10))
    for _ in range(20):
        leaf = (leaf, leaf)
    with pytest.raises(ExpressionError, match="more than 20000 items"):
        verify(operand(leaf), Limits(items=20_000))


def test_limits():
    many = tuple(Call("relu", (Ref(0),)) for _ in range(11))
    with pytest.raises(ExpressionError, match="more than 10 calls"):
        verify(Expression(Spec(), many, None), Limits(calls=10))
    pair = FrozenList([Array("int8", (6,), bytes(6))] * 2)
    with pytest.raises(ExpressionError, match=r"'x'\[1\]: the expression has more than 10 array bytes"):
        verify(operand(pair), Limits(array_bytes=10))


def test_every_kind_of_value_and_parameter_has_a_rule():
    assert set(PARAMETERS) == {"operand", "static", "function", "variadic", "keywords"}
    assert all(type(value) in VALUES for value in (None, True, 1, 1.0, 1j, "", ..., (), Ref(0), Slice()))
    assert DTYPES["bfloat16"] == 2


def test_a_call_is_verified_in_a_bounded_number_of_steps():
    calls = tuple(
        Call("mean", (Ref(i),), (("axis", 1),)) if i % 2 else Call("add", (Ref(i), 1.5)) for i in range(1000)
    )
    small, large = Expression(Spec(), calls[:100], Ref(100)), Expression(Spec(), calls, Ref(1000))
    verify(large)
    assert (calls_of(lambda: verify(large)) - calls_of(lambda: verify(small))) / 900 < 15
