"""Round trips, the exact form, size and speed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time

import jsonschema
import pytest
from hypothesis import given, settings
from tests.expression.examples import ANTIRECTIFIER, EXAMPLES, SCHEMA, VALIDATOR, minimal, nested, same
from tests.expression.strategies import expressions

from lamina.errors import ExpressionError
from lamina.expression.codec import FORMAT_VERSION, decode, dumps, encode, loads
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

pytestmark = pytest.mark.backend_free


# Round trips


@settings(deadline=None, max_examples=100)
@given(expressions())
def test_round_trips(expression):
    data = encode(expression)
    assert same(decode(data), expression)
    assert same(loads(dumps(expression)), expression)
    assert same(decode(json.loads(json.dumps(data))), expression)
    assert encode(decode(data)) == data
    VALIDATOR.validate(data)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name):
    data = encode(EXAMPLES[name])
    assert same(decode(data), EXAMPLES[name])
    VALIDATOR.validate(data)


VALUES = [
    (None, None),
    (True, True),
    (1, 1),
    (1.0, 1.0),
    (-0.0, -0.0),
    (2**53 + 1, 2**53 + 1),
    (-(2**64), -(2**64)),
    (5e-324, 5e-324),
    (math.nan, {"float": "nan"}),
    (-math.inf, {"float": "-inf"}),
    (complex(1, -0.0), {"complex": [1.0, -0.0]}),
    (complex(math.inf, 0), {"complex": [{"float": "inf"}, 0.0]}),
    ("same", "same"),
    ("%0", "%%0"),
    ("%", "%%"),
    ("%%", "%%%"),
    (Ref(0), "%0"),
    (Ref(0, (1, "%a")), {"item": ["%0", 1, "%a"]}),
    ((), {"tuple": []}),
    ((1, FrozenList([2])), {"tuple": [1, [2]]}),
    (FrozenDict({"tuple": 1, "%": ()}), {"dict": {"tuple": 1, "%": {"tuple": []}}}),
    (Slice(None, Ref(0), -1), {"slice": [None, "%0", -1]}),
    (..., {"ellipsis": True}),
    (Array("float32", (1, 2), bytes(8)), {"array": ["float32", [1, 2], "AAAAAAAAAAA="]}),
]


@pytest.mark.parametrize(("value", "data"), VALUES)
def test_the_form_of_each_kind_of_value(value, data):
    expression = Expression(Spec(), (), value)
    encoded = encode(expression)
    assert repr(encoded["outputs"]) == repr(data)
    assert loads(dumps(expression)) == expression


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (Spec(), "any[...]"),
        (Spec(()), "any[]"),
        (Spec((None, 3), "float32"), "float32[?,3]"),
        (Spec(None, "bfloat16"), "bfloat16[...]"),
        (Spec((0,), "string"), "string[0]"),
    ],
)
def test_the_form_of_a_spec(spec, text):
    data = encode(Expression((spec,), (), None))
    assert data["inputs"] == {"tuple": [text]}
    assert decode(data).inputs == (spec,)


def test_the_form_of_an_expression():
    body = nested(2, [Call("multiply", (Ref(0), Ref(1)))], Ref(2))
    expression = Expression(
        (Spec((2,)), Spec()),
        (
            Call("map", (Closure(body, (Ref(2),)), Ref(0))),
            Call("mean", (Ref(3),), (("keepdims", True), ("axis", 0))),
        ),
        FrozenList([Ref(4)]),
        (State("variable", "scale", Spec((), "float32"), trainable=True),),
        "f",
        ("a", "b"),
    )
    data = encode(expression)
    assert data.pop("by")
    assert data == {
        "lamina": 1,
        "name": "f",
        "parameters": ["a", "b"],
        "inputs": {"tuple": ["any[2]", "any[...]"]},
        "state": [{"kind": "variable", "name": "scale", "spec": "float32[]", "trainable": True}],
        "calls": [
            [
                "map",
                [
                    {
                        "closure": {
                            "parameters": ["x0", "x1"],
                            "inputs": {"tuple": ["any[...]", "any[...]"]},
                            "calls": [["multiply", ["%0", "%1"]]],
                            "outputs": "%2",
                        },
                        "captured": ["%2"],
                    },
                    "%0",
                ],
            ],
            ["mean", ["%3"], {"keepdims": True, "axis": 0}],
        ],
        "outputs": ["%4"],
    }
    assert list(data["calls"][1][2]) == ["keepdims", "axis"]


def test_what_has_its_default_is_left_out():
    assert set(encode(Expression(Spec(), (), Ref(0)))) == {"lamina", "by", "calls", "outputs"}
    assert same(decode(minimal()), Expression(Spec(), (), Ref(0)))


def test_the_original_line_is_not_saved():
    from lamina.expression.model import Location

    call = Call("relu", (Ref(0),), (), Location("/home/me/secret.py", 3))
    assert "secret" not in dumps(Expression(Spec(), (call,), Ref(1)))


def test_an_invalid_expression_is_not_encoded():
    with pytest.raises(ExpressionError, match="%7 does not exist"):
        encode(Expression(Spec(), (), Ref(7)))


# Size and speed


def best_time(function, *args):
    seconds = []
    for _ in range(5):
        start = time.process_time()  # other workers do not count
        function(*args)
        seconds.append(time.process_time() - start)
    return min(seconds)


def test_the_antirectifier_is_small_and_fast():
    text = dumps(ANTIRECTIFIER)
    assert len(ANTIRECTIFIER.calls) == 11
    assert len(text) < 500
    assert best_time(decode, json.loads(text)) < 1e-3
    assert best_time(loads, text) < 1e-3


def test_decoding_is_linear_in_the_calls():
    def chain(count):
        calls = tuple(Call("add", (Ref(i), Ref(0))) for i in range(count))
        return encode(Expression(Spec(), calls, Ref(count)))

    small, large = chain(1000), chain(8000)
    assert best_time(decode, large) < 8 * 3 * best_time(decode, small)


def test_decoding_imports_no_framework():
    code = (
        "import sys; from lamina.expression.codec import loads; loads(sys.argv[1]);"
        "assert not {'keras', 'jax', 'tensorflow', 'torch', 'pickle'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, dumps(ANTIRECTIFIER)], check=True)


# The schema


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_this_version():
    assert SCHEMA["properties"]["lamina"] == {"const": FORMAT_VERSION, "description": "The format version."}
