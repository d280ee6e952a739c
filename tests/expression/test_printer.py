"""Printed source runs and gives the same numbers; its names are stable; the one-line form is short."""

from __future__ import annotations

import ast

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from tests.expression.examples import ANTIRECTIFIER, CONTROL_FLOW, EXAMPLES, STATEFUL, nested
from tests.expression.reference import evaluate
from tests.expression.strategies import arrays, expressions, runnable

from lamina.errors import ExpressionError
from lamina.expression.codec import decode, encode
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
from lamina.expression.printer import call_line, line_number, one_line, to_source
from lamina.expression.runner import constant

backend_free = pytest.mark.backend_free

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


def compiled(expression):
    """The function that the printed source defines."""
    source = to_source(expression)
    namespace = {}
    exec(source, namespace)
    (name,) = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return namespace[name]


def assert_same(actual, expected):
    """The same structure of the same numbers."""
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        actual, expected = list(actual.values()), list(expected.values())
    if isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected)
        for a, e in zip(actual, expected, strict=True):
            assert_same(a, e)
    else:
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(actual), keras.ops.convert_to_numpy(expected)
        )


@backend_free
def test_the_antirectifier():
    assert (
        to_source(ANTIRECTIFIER)
        == """\
from keras import ops


def antirectifier(x):
    v0 = ops.mean(x, axis=1, keepdims=True)
    v1 = ops.subtract(x, v0)
    v2 = ops.square(v1)
    v3 = ops.sum(v2, axis=1, keepdims=True)
    v4 = ops.maximum(v3, 1e-12)
    v5 = ops.rsqrt(v4)
    v6 = ops.multiply(v1, v5)
    v7 = ops.relu(v6)
    v8 = ops.negative(v6)
    v9 = ops.relu(v8)
    return ops.concatenate([v7, v9], axis=1)
"""
    )


@backend_free
def test_state_structures_and_indexing():
    assert (
        to_source(STATEFUL)
        == """\
from keras import ops, random


def stateful(inputs, *, scale, seed, dense_inner):
    inputs_left = inputs["left"]
    inputs_right = inputs["right"]
    inputs_right_0, inputs_right_1 = inputs_right
    v0 = dense_inner(inputs_left)
    v1 = ops.multiply(v0, scale)
    v2 = random.normal((2, 3), seed=seed)
    v3 = ops.add(v1, v2)
    v4 = v3[::2, 0]
    v5 = ops.add(inputs_right_0, inputs_right_1)
    return (v4, v5)
"""
    )


@backend_free
def test_nested_expressions_are_functions():
    assert (
        to_source(CONTROL_FLOW["fori_loop"].renamed("power"))
        == """\
from keras import ops


def power(x):
    def body_fun(i, acc):
        return ops.multiply(acc, x)
    return ops.fori_loop(0, 2, body_fun, x)
"""
    )


@settings(deadline=None, max_examples=20)
@given(runnable())
def test_printed_source_gives_the_same_numbers(expression):
    assert_same(compiled(expression)(X), evaluate(expression, X))


@pytest.mark.parametrize("name", ["antirectifier", *CONTROL_FLOW])
def test_printed_examples_give_the_same_numbers(name):
    x = keras.ops.convert_to_tensor(X)
    assert_same(compiled(EXAMPLES[name])(x), evaluate(EXAMPLES[name], x))


def test_state_is_passed_by_keyword():
    x = {"left": keras.ops.convert_to_tensor(X), "right": (X + 1, keras.ops.convert_to_tensor(X * 2))}
    layer = keras.layers.Dense(3)
    scale = keras.Variable(np.array([1, 2, 3], "float32"))
    printed = compiled(STATEFUL)(x, scale=scale, seed=keras.random.SeedGenerator(1), dense_inner=layer)
    state = {"scale": scale, "seed": keras.random.SeedGenerator(1), "dense/inner": layer}
    assert_same(printed, evaluate(STATEFUL, x, **state))


def test_structures_that_loops_pass_are_unpacked():
    body = nested(
        5,
        [Call("add", (Ref(0), Ref(2))), Call("add", (Ref(1), Ref(3))), Call("multiply", (Ref(5), Ref(4)))],
        (FrozenDict({"a": Ref(5), "b": Ref(6)}), FrozenDict({"a": Ref(7), "b": Ref(5)})),
    )
    calls = (
        Call("sum", (Ref(0),), (("axis", 0),)),
        Call("scan", (Closure(body, (Ref(1),)), FrozenDict({"a": Ref(1), "b": Ref(1)}), (Ref(0), Ref(0)))),
    )
    expression = Expression(Spec(), calls, (Ref(2, (0, "b")), Ref(2, (1, "a"))))
    assert '\n        x0_a = x0["a"]\n        x0_b = x0["b"]\n        x2_0, x2_1 = x2\n' in to_source(
        expression
    )
    x = keras.ops.convert_to_tensor(X)
    assert_same(compiled(expression)(x), evaluate(expression, x))


@backend_free
def test_dict_inputs_are_numbered_by_key():
    inputs = FrozenDict({"b": Spec(), "a": FrozenList([Spec(), Spec()])})
    expression = Expression(inputs, (Call("add", (Ref(1), Ref(2))),), Ref(3))
    assert list(evaluate(Expression(inputs, (), (Ref(0), Ref(2))), {"b": 3, "a": [1, 2]})) == [1, 3]
    assert compiled(Expression(inputs, (), (Ref(0), Ref(2))))({"b": 3, "a": [1, 2]}) == (1, 3)
    assert one_line(expression) == 'x -> x["a"][1] + x["b"]'


def test_dimension_arithmetic_is_printed_with_operators():
    calls = (
        Call("shape", (Ref(0),)),
        Call("operator.mul", (Ref(1, (0,)), 2)),
        Call("operator.floordiv", (Ref(2), Ref(1, (1,)))),
        Call("operator.neg", (Ref(3),)),
        Call("operator.pow", (-2, Ref(1, (0,)))),
        Call("operator.abs", (Ref(4),)),
        Call("operator.getitem", (Ref(1), -1)),
        Call("operator.sub", (Ref(6), -3)),
    )
    expression = Expression(Spec(), calls, tuple(Ref(i) for i in range(2, 9)))
    lines = to_source(expression).splitlines()[4:]
    assert lines[1:8] == [
        "    v1 = v0[0] * 2",
        "    v2 = v1 // v0[1]",
        "    v3 = -v2",
        "    v4 = (-2) ** v0[0]",
        "    v5 = abs(v3)",
        "    v6 = v0[-1]",
        "    v7 = v5 - -3",
    ]
    assert compiled(expression)(keras.ops.convert_to_tensor(X)) == (4, 1, -1, 4, 1, 3, 4)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((Slice(), 0), "x[:, 0]"),
        (Slice(1), "x[1:]"),
        ((0,), "x[0,]"),
        ((), "x[()]"),
        ((..., None, Slice(0, 2)), "x[..., None, 0:2]"),
        (Slice(None, None, 2), "x[::2]"),
        (-1, "x[-1]"),
    ],
)
def test_indexing_is_printed_in_brackets(key, text):
    expression = Expression(Spec(), (Call("get_item", (Ref(0), key)),), Ref(1))
    assert call_line(expression, 0) == f"return {text}"
    x = keras.ops.convert_to_tensor(X)
    assert_same(compiled(expression)(x), evaluate(expression, x))


def test_literals_are_exact():
    literals = (
        -0.0,
        float("inf"),
        1e-300,
        2**64,
        complex(-0.0, float("-inf")),
        'say "hi", it\'s\n',
        True,
        None,
        ...,
        FrozenList([(1,), ()]),
        FrozenDict({"a'": Slice(1, None), "b": Slice(None, None, -1)}),
    )
    actual = compiled(Expression(Spec(), (), literals))(None)
    expected = (*literals[:9], [(1,), ()], {"a'": slice(1, None), "b": slice(None, None, -1)})
    assert repr(actual) == repr(expected)


@settings(deadline=None, max_examples=100)
@given(arrays())
def test_arrays_are_exact(array):
    actual, expected = compiled(Expression(Spec(), (), array))(None), constant(array)
    if array.dtype in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        assert keras.backend.standardize_dtype(actual.dtype) == array.dtype
        actual = keras.ops.convert_to_numpy(keras.ops.cast(actual, "float32"))
        expected = expected.astype("float32")
    assert actual.dtype == expected.dtype
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(actual), nan)
    assert actual[~nan].tobytes() == expected[~nan].tobytes()


@pytest.mark.parametrize("bits", [0x3DCCCCCD, 0x00000001, 0x7F7FFFFF, 0x80000000, 0x4B800001, 0x3F7FFFFF])
def test_a_float32_keeps_its_bits(bits):
    array = Array("float32", (1,), bits.to_bytes(4, "little"))
    assert compiled(Expression(Spec(), (), array))(None).tobytes() == array.data


# Names


@pytest.mark.parametrize(
    ("parameters", "signature"),
    [
        (("v0", "x"), "def f(v0, x):"),
        (("ops", "np"), "def f(ops_2, np_2):"),
        (("slice", "float"), "def f(slice_2, float_2):"),
        (("input", "sum"), "def f(input, sum):"),
        (("f", "x"), "def f(f_2, x):"),
    ],
)
def test_parameters_keep_their_names_unless_they_hide_something(parameters, signature):
    call = Call("add", (Ref(0), Array("float32", (1,), bytes(4))))
    expression = Expression(
        (Spec(), Spec()), (call, Call("add", (Ref(1), Ref(2)))), Ref(3), (), "f", parameters
    )
    assert signature in to_source(expression)
    assert_same(compiled(expression)(X, X), evaluate(expression, X, X))


@backend_free
@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("<lambda>", "function"),
        ("a b/c", "a_b_c"),
        ("class", "class_2"),
        ("ops", "ops_2"),
        ("1st", "_1st"),
        ("", "_"),
        ("sum", "sum_2"),
    ],
)
def test_function_names(name, printed):
    assert f"def {printed}(x):" in to_source(Expression(Spec(), (), Ref(0), name=name))


@backend_free
def test_slots_are_named_after_what_they_are():
    state = (State("variable", "x"), State("variable", "dense/kernel:0"), State("variable", "v0"))
    expression = Expression(
        Spec(), (Call("add", (Ref(1), Ref(3))), Call("add", (Ref(4), Ref(2)))), Ref(5), state
    )
    assert "def function(x, *, x_2, dense_kernel_0, v0):\n    v0_2 = ops.add(x_2, v0)" in to_source(
        expression
    )


@backend_free
@settings(deadline=None, max_examples=100)
@given(expressions())
def test_printing_is_stable_and_parses(expression):
    source = to_source(expression)
    assert to_source(decode(encode(expression))) == source
    (function,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)][:1]
    assert len(function.args.args) == len(expression.parameters)
    assert len(function.args.kwonlyargs) == len(expression.state)


@backend_free
@settings(deadline=None, max_examples=100)
@given(expressions())
def test_each_call_has_its_line(expression):
    lines = to_source(expression).splitlines()
    for i in range(len(expression.calls)):
        assert call_line(expression, i) == lines[line_number(expression, i) - 1].strip()


@backend_free
def test_a_dangling_reference_is_refused():
    with pytest.raises(ExpressionError, match="%3 is read before"):
        to_source(Expression(Spec(), (Call("relu", (Ref(3),)),), Ref(1)))


# One line


def line(*calls, outputs=None, width=200, **fields):
    outputs = Ref(len(calls)) if outputs is None else outputs
    return one_line(Expression(Spec(), calls, outputs, **fields), width)


@backend_free
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line(), "x -> x"),
        (line(Call("relu", (Ref(0),))), "x -> relu(x)"),
        (
            line(Call("mean", (Ref(0),), (("axis", 1),)), Call("subtract", (Ref(0), Ref(1)))),
            "x -> x - mean(x, axis=1)",
        ),
        (line(Call("add", (Ref(0), 1)), Call("multiply", (Ref(1), 2))), "x -> (x + 1) * 2"),
        (line(Call("subtract", (Ref(0), 1)), Call("subtract", (2, Ref(1)))), "x -> 2 - (x - 1)"),
        (line(Call("power", (Ref(0), 2)), Call("negative", (Ref(1),))), "x -> -x ** 2"),
        (line(Call("negative", (Ref(0),)), Call("power", (Ref(1), 2))), "x -> (-x) ** 2"),
        (line(Call("less", (Ref(0), 1)), Call("equal", (Ref(1), Ref(0)))), "x -> (x < 1) == x"),
        (line(Call("get_item", (Ref(0), (Slice(), 0)))), "x -> x[:, 0]"),
        (line(Call("add", (Ref(0), 1)), Call("get_item", (Ref(1), 0))), "x -> (x + 1)[0]"),
        (line(Call("add", (Ref(0), 1)), Call("multiply", (Ref(1), Ref(1)))), "x -> v0 * v0 where v0 = x + 1"),
        (line(Call("split", (Ref(0), 2)), outputs=Ref(1, (0,))), "x -> split(x, 2)[0]"),
        (line(Call("add", (Ref(0), Array("float32", (2, 3), bytes(24))))), "x -> x + float32[2, 3]"),
        (line(outputs=FrozenDict({"a": (Ref(0), 1)})), 'x -> {"a": (x, 1)}'),
        (line(Call("relu", (Ref(9),))), "x -> relu(%9)"),
        (one_line(CONTROL_FLOW["fori_loop"]), "x -> fori_loop(0, 2, ((i, acc) -> acc * x), x)"),
        (one_line(CONTROL_FLOW["cond"]), "x -> cond(sum(x) > 0.0, (() -> x), (() -> x * 2.0))"),
        (one_line(STATEFUL, 60), 'inputs -> ((dense/inner(inputs["left"]) * scale + random....'),
        (one_line(Expression((Spec(), Spec()), (), Ref(1), parameters=("a", "b"))), "(a, b) -> b"),
        (one_line(Expression((), (Call("zeros", ((2,),)),), Ref(0), parameters=())), "() -> zeros((2,))"),
        (line(Call("relu", (Ref(0),)), width=10), "x -> re..."),
    ],
)
def test_one_line(text, expected):
    assert text == expected


@backend_free
def test_repr_is_one_line():
    assert repr(ANTIRECTIFIER).startswith(
        "<Expression: x -> concatenate([relu(v6), relu(-v6)], axis=1) where v6 ="
    )


@backend_free
@settings(deadline=None, max_examples=100)
@given(expressions())
def test_one_line_is_one_line_within_its_width(expression):
    for width in (20, 80, 300):
        text = one_line(expression, width)
        assert len(text) <= width


@backend_free
@pytest.mark.parametrize("wide", [False, True])
def test_one_line_of_a_long_expression_is_fast(wide):
    import time

    if wide:
        calls = (Call("concatenate", (FrozenList([Ref(0)] * 100_000),)),)
    else:
        calls = tuple(Call("add", (Ref(i), 1)) for i in range(20_000))
    expression = Expression(Spec(), calls, Ref(len(calls)))
    start = time.perf_counter()
    assert len(one_line(expression)) <= 80
    assert time.perf_counter() - start < 1
