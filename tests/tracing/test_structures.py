"""Nested inputs, outputs of every kind, and the parameters of a function."""

from __future__ import annotations

import collections
import functools

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import V, X, assert_same, check, run, tensors

from lamina import capture
from lamina.errors import CaptureError, SignatureError
from lamina.expression.model import FrozenDict, Ref, Spec

Pair = collections.namedtuple("Pair", "left right")
OUTPUTS = {
    "input": lambda x: x,
    "same twice": lambda x: (x, x),
    "same result twice": lambda x: (lambda y: [y, y])(x * 2),
    "list": lambda x: [x, x * 2],
    "tuple": lambda x: (x, x * 2),
    "one in a list": lambda x: [x * 2],
    "dict": lambda x: {"b": x, "a": x * 2},
    "nested": lambda x: {"a": [x, (x * 2, {"c": x})]},
    "None inside": lambda x: (x, None, {"a": None}),
    "number": lambda x: 3.5,
    "numbers": lambda x: (x, 1, 2.5, True),
    "array": lambda x: V,
    "array inside": lambda x: [V, x],
    "tensor": lambda x: ops.convert_to_tensor(V),
    "tensors of an operation": lambda x: ops.split(x, 2, axis=0),
    "one tensor of an operation": lambda x: ops.split(x, 2, axis=0)[1],
    "moments": lambda x: ops.moments(x, [0]),
    "namedtuple": lambda x: Pair(x, x * 2),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_is_a_structure_of_anything(name):
    expression = capture(OUTPUTS[name], X.shape)
    assert_same(run(expression, X), OUTPUTS[name](*tensors([X])))


def test_the_identity_returns_its_input():
    expression = capture(lambda x: x)
    assert (expression.calls, expression.outputs) == ((), Ref(0))


@pytest.mark.parametrize("output", [None, "text", object(), lambda x: x])
def test_an_output_that_is_no_tensor_is_refused(output):
    with pytest.raises(CaptureError):
        capture(lambda x: output)


def test_calls_that_the_output_does_not_need_are_dropped():
    def function(x):
        ops.exp(x)
        ops.exp(x * 2 + x.shape[0])
        return ops.square(x)

    assert [call.op for call in capture(function).calls] == ["square"]


A, B = X, X * 2
INPUTS = {
    "list": (lambda xs: xs[0] - xs[1], [A, B]),
    "unpacked": (lambda xs: (lambda a, b: a - b)(*xs), [A, B]),
    "tuple": (lambda xs: xs[0] - xs[1], (A, B)),
    "dict": (lambda xs: xs["b"] - xs["a"], {"b": A, "a": B}),
    "nested": (lambda xs: xs["p"][0] - xs["q"]["r"], {"q": {"r": B}, "p": [A]}),
    "len": (lambda xs: sum(xs) / len(xs), [A, B, A]),
    "loop": (lambda xs: [x * i for i, x in enumerate(xs)], [A, B]),
    "zip": (lambda xs: [a * b for a, b in zip(xs, xs[::-1], strict=True)], [A, B]),
    "concatenate": (lambda xs: ops.concatenate(xs, axis=-1), [A, B]),
    "stack": (lambda xs: ops.stack(xs), (A, B)),
    "items": (lambda xs: {k: v * 2 for k, v in xs.items()}, {"b": A, "a": B}),
    "reduce": (lambda xs: functools.reduce(ops.multiply, xs), [A, B, A]),
    "one in a list": (lambda xs: xs[0] * 2, [A]),
}


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_a_structure_of_tensors(name):
    function, inputs = INPUTS[name]
    expected = function(tensors(inputs))
    check(function, inputs, expected=expected)


def test_inputs_keep_the_kind_and_order_of_their_structure():
    expression = capture(lambda d, pair: d["z"] - d["a"] + pair[0], {"z": (2,), "a": (2,)}, ((2,), (2,)))
    structure, pair = expression.inputs
    assert isinstance(structure, FrozenDict)
    assert list(structure) == ["z", "a"]
    assert pair == (Spec(), Spec())
    z, a = np.full((2,), 5.0, "float32"), np.ones((2,), "float32")
    assert_same(run(expression, {"a": a, "z": z}, (a, a)), ops.convert_to_tensor(z))


def test_another_structure_than_captured_is_refused():
    expression = capture(lambda xs: xs["a"], {"a": (2,)})
    for wrong in ({"b": V}, [V], {"a": V, "b": V}):
        with pytest.raises(SignatureError, match="call it as it was captured"):
            expression.run(wrong)


def several(x, y, /, z, scale=2.0, *rest, flag=False, **more):
    total = (x - y) * z * scale
    for other in rest:
        total = total + other
    return total if not flag else total * more.get("factor", 1.0)


def test_parameters_of_every_kind():
    x, y, z = X, X + 1, X + 2
    check(several, x, y, z)
    check(lambda *xs: xs[0] - xs[1], x, y)
    check(lambda x, *xs: x - xs[0], x, y)
    found = run(capture(several, X.shape, X.shape, X.shape, flag=True, factor=3.0, scale=1.0), x, y, z)
    assert_same(found, several(*tensors([x, y, z]), flag=True, factor=3.0, scale=1.0))
    assert capture(several).parameters == ("x", "y", "z")
    assert len(capture(several, (1,), (1,), (1,), (1,), (1,)).input_specs) == 5


def test_a_wrong_number_of_arguments_is_an_error_that_shows_them():
    with pytest.raises(CaptureError, match="positional argument"):
        capture(lambda x: x, (1,), (1,))


def test_keyword_arguments_may_be_frameworks_and_arrays():
    expression = capture(lambda x, op, weight: op(x) * weight, X.shape, op=ops.square, weight=V)
    assert_same(run(expression, X), ops.convert_to_tensor(X**2 * V))


@pytest.mark.parametrize(
    "function", [ops.softmax, keras.activations.relu, keras.activations.gelu, ops.add, np.tanh]
)
def test_functions_of_frameworks_are_captured_directly(function):
    inputs = [X, X] if function is ops.add else [X]
    expected = function(X) if function is np.tanh else function(*tensors(inputs))
    assert_same(run(capture(function), *inputs), ops.convert_to_tensor(expected))
