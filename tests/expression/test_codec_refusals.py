"""Whatever is malformed is refused with its place, and mutated files are refused or sound."""

from __future__ import annotations

import copy
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.expression.examples import ANTIRECTIFIER, EXAMPLES, VALIDATOR, minimal, nested, same
from tests.expression.strategies import expressions

from lamina.errors import ExpressionError
from lamina.expression.codec import FORMAT_VERSION, decode, dumps, encode, loads
from lamina.expression.model import (
    Call,
    Closure,
    Expression,
    FrozenDict,
    Ref,
    Spec,
)
from lamina.expression.values import Limits

pytestmark = pytest.mark.backend_free


def call(*parts):
    return minimal(calls=[["relu", ["%0"]], list(parts)], outputs="%1")


def value(data):
    return minimal(outputs=data)


BROKEN = {
    "no object": ([], r"^\$: expected an object, received a list of 0"),
    "no version": ({"by": "1", "calls": [], "outputs": 1}, r"^\$\.lamina: expected the number"),
    "version as text": (minimal(lamina="1"), r"^\$\.lamina: expected the number"),
    "version zero": (minimal(lamina=0), r"^\$\.lamina"),
    "version as bool": (minimal(lamina=True), r"^\$\.lamina"),
    "no producer": ({"lamina": 1, "calls": [], "outputs": 1}, r"^\$\.by: expected the version"),
    "no calls": ({"lamina": 1, "by": "1", "outputs": 1}, r"^\$: the key 'calls' is missing"),
    "no outputs": ({"lamina": 1, "by": "1", "calls": []}, r"^\$: the key 'outputs' is missing"),
    "unknown key": (minimal(code="import os"), r"^\$: unknown key 'code'"),
    "key that is no string": (minimal(**{}) | {1: 2}, r"^\$: expected keys that are strings"),
    "name": (minimal(name=3), r"^\$\.name: expected a string, received 3"),
    "parameters": (minimal(parameters="x"), r"^\$\.parameters: expected a list"),
    "parameter": (minimal(parameters=[1]), r"^\$\.parameters\[0\]: expected a string"),
    "inputs": (minimal(inputs=["float32[?,3]", 3]), r"^\$\.inputs\[1\]: expected specs, received 3"),
    "tagged inputs": (
        minimal(inputs={"slice": [1, 2, 3]}),
        r"^\$\.inputs: expected an object with one key of tuple",
    ),
    "inputs in a closure": (minimal(inputs={"closure": {}}), r"^\$\.inputs: expected an object with one key"),
    "unknown dtype": (minimal(inputs="float31[]"), r"^\$\.inputs: 'float31' is not a Keras dtype"),
    "state": (minimal(state={}), r"^\$\.state: expected a list"),
    "state key": (
        minimal(state=[{"kind": "seed", "name": "a", "value": 3}]),
        r"^\$\.state\[0\]: unknown key 'value'",
    ),
    "state kind": (minimal(state=[{"name": "a"}]), r"^\$\.state\[0\]\.kind: expected a string"),
    "state trainable": (
        minimal(state=[{"kind": "variable", "name": "a", "trainable": 1}]),
        r"^\$\.state\[0\]\.trainable: expected true or false",
    ),
    "unknown state kind": (minimal(state=[{"kind": "x", "name": "a"}]), r"^\$\.state\[0\]: expected a State"),
    "calls": (minimal(calls={}), r"^\$\.calls: expected a list"),
    "call": (minimal(calls=["relu"]), r"^\$\.calls\[0\]: expected a list"),
    "short call": (call("relu"), r"^\$\.calls\[1\]: expected 2 or 3 items, received 1"),
    "operation": (call(3, []), r"^\$\.calls\[1\]\[0\]: expected a string"),
    "args": (call("relu", "%0"), r"^\$\.calls\[1\]\[1\]: expected a list"),
    "kwargs": (call("relu", ["%0"], []), r"^\$\.calls\[1\]\[2\]: expected an object"),
    "reference": (call("relu", ["%x"]), r"^\$\.calls\[1\]\[1\]\[0\]: expected a reference such as '%3'"),
    "reference with zeros": (call("relu", ["%00"]), r"^\$\.calls\[1\]\[1\]\[0\]: expected a reference"),
    "long reference": (call("relu", ["%" + "1" * 11]), r"^\$\.calls\[1\]\[1\]\[0\]: expected a reference"),
    "forward reference": (call("relu", ["%2"]), r"^\$\.calls\[1\] relu: argument 'x': %2 is computed later"),
    "unknown operation": (
        call("os.system", ["ls"]),
        r"^\$\.calls\[1\] os\.system: 'os\.system' is not an operation",
    ),
    "unknown tag": (
        value({"eval": "1"}),
        r"^\$\.outputs: expected an object with one key .* received 'eval'",
    ),
    "two tags": (value({"tuple": [], "dict": {}}), r"^\$\.outputs: expected an object with one key"),
    "no tag": (value({}), r"^\$\.outputs: expected an object with one key .* received an empty one"),
    "tuple": (value({"tuple": "a"}), r"^\$\.outputs\.tuple: expected a list"),
    "deep value": (
        value([{"dict": {"a": [{"float": 1}]}}]),
        r"^\$\.outputs\[0\]\.dict\.a\[0\]\.float: expected a str",
    ),
    "item": (value({"item": []}), r"^\$\.outputs\.item\[0\]: expected a string"),
    "item without path": (value({"item": ["%0"]}), r"^\$\.outputs\.item: a reference without items"),
    "item of a float": (value({"item": ["%0", 1.0]}), r"^\$\.outputs\.item\[1\]: expected an index"),
    "item of a bool": (value({"item": ["%0", True]}), r"^\$\.outputs\.item\[1\]: expected an index"),
    "slice": (value({"slice": [1, 2]}), r"^\$\.outputs\.slice: expected 3 items"),
    "ellipsis": (value({"ellipsis": 1}), r"^\$\.outputs\.ellipsis: expected true"),
    "float": (value({"float": "1.0"}), r"^\$\.outputs\.float: expected one of nan, inf, -inf"),
    "raw nan": (value(math.nan), r'^\$\.outputs: no finite number; it is written {"float":"nan"}'),
    "complex": (
        value({"complex": [1, 2.0]}),
        r"^\$\.outputs\.complex\[0\]: expected a number with a decimal",
    ),
    "array": (value({"array": ["int8", [1]]}), r"^\$\.outputs\.array: expected 3 items"),
    "array dtype": (value({"array": [3, [1], ""]}), r"^\$\.outputs\.array\[0\]: expected a string"),
    "base64": (value({"array": ["int8", [1], "A*=="]}), r"^\$\.outputs\.array\[2\]: expected base64"),
    "base64 of other letters": (
        value({"array": ["int8", [1], "\xe4"]}),
        r"^\$\.outputs\.array\[2\]: expected base64",
    ),
    "base64 padding": (value({"array": ["int8", [1], "AB=="]}), r"^\$\.outputs\.array\[2\]: .* zero bits"),
    "array length": (value({"array": ["int8", [2], "AA=="]}), r"^\$\.outputs: .* needs 2 bytes, has 1"),
    "closure": (value({"closure": 3}), r"^\$\.outputs\.closure: expected an object"),
    "closure version": (value({"closure": minimal()}), r"^\$\.outputs\.closure: unknown key 'lamina'"),
    "closure key": (value({"closure": {}, "globals": {}}), r"^\$\.outputs: expected an object with one key"),
    "closure place": (
        value({"closure": {"calls": [], "outputs": "%1"}}),
        r"^\$\.outputs: a nested expression may",
    ),
    "captured": (
        value({"closure": {"calls": [], "outputs": 1}, "captured": 1}),
        r"^\$\.outputs\.captured: expected a list",
    ),
    "bytes": (value(b"a"), r"^\$\.outputs: expected JSON data, received b'a'"),
    "huge integer": (value(10**5000), r"^\$\.outputs: an integer beyond 2\*\*64"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_malformed_data_is_refused_with_its_place(name):
    data, message = BROKEN[name]
    with pytest.raises(ExpressionError, match=message):
        decode(data)


@pytest.mark.parametrize(
    "spec",
    [
        "float32",
        "[3]",
        "float32[3",
        "float32[-1]",
        "float32[ 3]",
        "float32[03]",
        "any[3,]",
        "any[...,3]",
        "any[?]\n",
        "any[\u0663]",
        "ANY[3]",
    ],
)
def test_a_malformed_spec_is_refused(spec):
    with pytest.raises(ExpressionError, match=r"^\$\.inputs: expected a spec such as"):
        decode(minimal(inputs=spec))


def test_a_newer_format_asks_for_an_update():
    data = minimal(lamina=FORMAT_VERSION + 1, by="9.0", flavour="new")
    with pytest.raises(
        ExpressionError, match=r"lamina 9\.0 wrote this in format 2.* update lamina to load this"
    ):
        decode(data)


TEXTS = {
    "duplicate key": (
        '{"lamina":1,"by":"1","calls":[["mean",["%0"],{"axis":0,"axis":1}]],"outputs":1}',
        r"^\$\.calls\[0\]\[2\]: the key 'axis' is given twice",
    ),
    "duplicate key at the top": (
        '{"lamina":1,"lamina":1,"by":"1","calls":[],"outputs":1}',
        r"^\$: the key 'lamina' is given twice",
    ),
    "duplicate tag": (
        '{"lamina":1,"by":"1","calls":[],"outputs":{"tuple":[],"tuple":[]}}',
        r"^\$\.outputs: the key 'tuple' is given twice",
    ),
    "NaN": ('{"lamina":1,"by":"1","calls":[],"outputs":NaN}', r"^\$\.outputs: no finite number"),
    "Infinity": (
        '{"lamina":1,"by":"1","calls":[],"outputs":[-Infinity]}',
        r"^\$\.outputs\[0\]: no finite number",
    ),
    "overflow": ('{"lamina":1,"by":"1","calls":[],"outputs":1e999}', r"^\$\.outputs: no finite number"),
    "truncated": ('{"lamina":1', "no JSON text: .*line 1"),
    "trailing text": ('{"lamina":1} {}', "no JSON text"),
    "empty": ("", "no JSON text"),
    "byte order mark": ("\ufeff{}", "no JSON text"),
    "long integer": ('{"lamina":' + "1" * 5000 + "}", "no JSON text"),
    "deep lists": ("[" * 200_000, "nested too deeply"),
    "deep objects": ('{"a":' * 200_000, "nested too deeply"),
    "deep outputs": (
        '{"lamina":1,"by":"1","calls":[],"outputs":' + "[" * 400 + "]" * 400 + "}",
        r"^\$\.outputs(\[0\])+: nested too deeply",
    ),
    "bytes": (b"{}", "expected a JSON text as a str"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_malformed_text_is_refused(name):
    text, message = TEXTS[name]
    with pytest.raises(ExpressionError, match=message):
        loads(text)


def test_limits():
    text = dumps(ANTIRECTIFIER)
    with pytest.raises(ExpressionError, match=f"{len(text)} characters; at most 100"):
        loads(text, Limits(text=100))
    with pytest.raises(ExpressionError, match=r"^\$\.calls: the expression has more than 10 calls"):
        loads(text, Limits(calls=10))


def test_the_deepest_valid_expression_round_trips():
    leaf = Ref(0)
    for _ in range(16):
        leaf = ({"a": leaf},)[0]
        leaf = (FrozenDict(leaf),)
    closure = Closure(nested(1, [Call("concatenate", (leaf,))], Ref(1)))
    for _ in range(15):
        closure = Closure(nested(1, [Call("map", (), (("f", closure), ("xs", Ref(0))))], Ref(1)))
    expression = Expression(Spec(), (Call("map", (closure, Ref(0))),), Ref(1))
    assert loads(dumps(expression)) == expression


# Fuzzing

JUNK = [
    None,
    True,
    -1,
    0,
    1,
    3,
    1e9,
    2**70,
    "",
    "%0",
    "%9",
    "%",
    "relu",
    "cond",
    [],
    {},
    [[]],
    {"tuple": []},
    {"dict": {}},
    {"item": ["%0", 0]},
    {"closure": {}},
    {"float": "inf"},
    math.nan,
]


def containers(data):
    found = [data] if isinstance(data, (dict, list)) and data else []
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        found += containers(item)
    return found


def mutate(data, rng):
    target = rng.choice(containers(data))
    key = rng.choice(list(target) if isinstance(target, dict) else range(len(target)))
    action = rng.randrange(5)
    if action == 0:
        del target[key]
    elif action == 1:
        target[key] = copy.deepcopy(rng.choice(JUNK))
    elif action == 2:
        other = rng.choice(containers(data))
        target[key] = copy.deepcopy(rng.choice(list(other.values()) if isinstance(other, dict) else other))
    elif isinstance(target, dict):
        target[rng.choice(["tuple", "captured", "calls", "x", "axis"])] = (
            target[key] if action == 3 else target.pop(key)
        )
    else:
        target.insert(key, copy.deepcopy(rng.choice(JUNK)))


def accepted(read, data):
    """Whether data is read; anything but an `ExpressionError` or a sound expression fails the test."""
    try:
        expression = read(data)
    except ExpressionError:
        return False
    assert same(decode(encode(expression)), expression)
    return True


@settings(deadline=None, max_examples=100)
@given(expressions(), st.integers(0, 2**32))
def test_mutated_data_is_refused_or_sound(expression, seed):
    rng = random.Random(seed)
    for _ in range(5):
        data = encode(expression)
        for _ in range(rng.randint(1, 3)):
            if containers(data):
                mutate(data, rng)
        if accepted(decode, data):
            VALIDATOR.validate(data)


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(EXAMPLES)), st.integers(0, 2**32))
def test_mutated_text_is_refused_or_sound(name, seed):
    rng = random.Random(seed)
    text = list(dumps(EXAMPLES[name]))
    for _ in range(rng.randint(1, 4)):
        text[rng.randrange(len(text))] = rng.choice(
            ['"', "[", "]", "{", "}", ",", ":", "%", "0", "9", "-", "a", "\\", "e", ""]
        )
    accepted(loads, "".join(text))


def test_most_mutations_are_refused():
    rng = random.Random(0)
    count = 0
    for _ in range(300):
        data = encode(rng.choice(list(EXAMPLES.values())))
        mutate(data, rng)
        count += accepted(decode, data)
    assert count < 100


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    )
)
def test_random_data_is_refused(data):
    with pytest.raises(ExpressionError):
        decode(data)
    with pytest.raises(ExpressionError):
        decode(minimal(calls=[["relu", [data]], ["no.such", []]]))


# What only the table of operations, or the order of the values, can tell.
BEYOND_SCHEMA = {
    "forward reference",
    "unknown operation",
    "array length",
    "unknown state kind",
    "base64 padding",
    "huge integer",
    "key that is no string",
    "raw nan",
    "bytes",
    "complex",
    "item of a float",
    "closure place",
}


@pytest.mark.parametrize("name", sorted(set(BROKEN) - BEYOND_SCHEMA))
def test_the_schema_refuses_what_decode_refuses(name):
    assert not VALIDATOR.is_valid(BROKEN[name][0])
