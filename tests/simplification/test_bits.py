"""Before and after, on every backend: the same bits, dtypes, shapes and gradients."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops

from lamina.expression.model import Expression, Ref, leaves
from lamina.simplification import simplify
from lamina.simplification.engine import _Work
from lamina.simplification.known import FLOATING, FLOATS, of_spec

sys.path.insert(0, str(Path(__file__).parents[1] / "expression"))
sys.path.insert(0, str(Path(__file__).parent))

from chains import FLOAT32, INT32, chained
from examples import CONTROL_FLOW
from reference import evaluate
from rule_examples import EXAMPLES, specified
from written import written

BACKEND = keras.backend.backend()
SETTINGS = settings(
    max_examples=40 if BACKEND == "jax" else 250,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
SPECIAL = np.array(
    [[np.nan, 0.0, -0.0], [np.inf, -np.inf, 1.0], [3e38, -1e-30, 0.1], [-2.5, 7.0, -1.0]], "float32"
)
WHOLE = np.array([[0, 1, -1], [2**31 - 1, -(2**31), 5], [7, -9, 100], [3, 2, -300]], "int32")


def bits(tensor):
    """A tensor as an array that compares bit by bit, whatever the NaN."""
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    wide = ops.cast(tensor, "float32") if dtype in ("bfloat16", "float16") else tensor
    return dtype, np.asarray(ops.convert_to_numpy(wide))


def assert_same_bits(found, expected):
    (found_dtype, left), (expected_dtype, right) = bits(found), bits(expected)
    assert found_dtype == expected_dtype
    assert left.shape == right.shape
    np.testing.assert_array_equal(np.isnan(left), np.isnan(right))
    known = ~np.isnan(left)
    if left.dtype.kind == "f":
        np.testing.assert_array_max_ulp(left[known], right[known], maxulp=1)
    else:
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(np.signbit(left[known]), np.signbit(right[known]))


def assert_same(before, after, x):
    tensor = ops.convert_to_tensor(x)
    for found, expected in zip(
        leaves(evaluate(after, tensor)), leaves(evaluate(before, tensor)), strict=True
    ):
        assert_same_bits(found, expected)


@SETTINGS
@given(chained(), st.booleans())
def test_floats_keep_every_bit(expression, several):
    assert_same(expression, simplify(expression), SPECIAL if several else SPECIAL[-1:])


@SETTINGS
@given(chained(INT32, most=3))
def test_integers_stay_what_they_are(expression):
    x = ops.convert_to_tensor(WHOLE)
    try:
        expected = evaluate(expression, x)
    except Exception:  # as a cast that the backend has not
        return
    for found, tensor in zip(leaves(evaluate(simplify(expression), x)), leaves(expected), strict=True):
        assert_same_bits(found, tensor)


@SETTINGS
@given(chained())
def test_what_is_known_is_true(expression):
    work = _Work(expression, [of_spec(FLOAT32)])
    numbers = [n for n in range(1, 1 + len(expression.calls)) if n not in work._moved]
    asked = Expression(FLOAT32, tuple(work._calls), tuple(map(Ref, numbers)))
    for number, value in zip(numbers, evaluate(asked, ops.convert_to_tensor(SPECIAL)), strict=True):
        fact = work._facts[number]
        assert not fact.tensor or ops.is_tensor(value)
        if fact.dtype is not None:
            dtype = keras.backend.standardize_dtype(value.dtype)
            assert dtype == fact.dtype or (fact.dtype == FLOATING and dtype in FLOATS)
        assert fact.shape is None or tuple(value.shape) == fact.shape


@pytest.mark.parametrize("name", CONTROL_FLOW)
def test_control_flow_computes_the_same(name):
    expression = CONTROL_FLOW[name]
    assert_same(expression, simplify(expression), np.arange(6.0, dtype="float32").reshape(2, 3))


SHAPES = [((2, 3), (2, 3)), ((2, 2), (2, 2)), ((2, 2), (4, 2)), ((2, 3, 4), (2, 3, 4))]


def filled(shape, dtype):
    """A tensor of the values that matter to a dtype."""
    if dtype == "bool":
        values = [True, False]
    elif "int" in dtype:
        values = [0, 1, np.iinfo(dtype).max, np.iinfo(dtype).min, 5, 100]
    else:
        values = [-0.0, 0.0, np.nan, np.inf, -np.inf, -2.5, 1.0, 0.1]
    array = np.resize(np.array(values, dtype if "int" in dtype or dtype == "bool" else "float32"), shape)
    return ops.cast(ops.convert_to_tensor(array), dtype)


def computed(expression, x, y):
    """The outputs, or `None` where the backend refuses the shapes or dtypes."""
    try:
        return list(leaves(evaluate(expression, x, y)))
    except Exception:
        return None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int8", "int32", "uint8", "bool"])
def test_numbers_beside_a_tensor(dtype):
    ran = 0
    for op in ("add", "subtract", "multiply", "divide"):
        for number in ("0", "1", "0.0", "1.0", "True"):
            for text in (f"{op}(x, {number})", f"{op}({number}, x)"):
                before = written(text, dtype)
                given = [filled((2, 4), dtype)] * 2
                expected = computed(before, *given)
                if expected is None:
                    continue
                ran += 1
                for found, tensor in zip(computed(simplify(before), *given), expected, strict=True):
                    assert_same_bits(found, tensor)
    assert ran >= 20


@pytest.mark.parametrize("rule", EXAMPLES)
def test_each_rule_keeps_every_bit(rule):
    example, _, *spec = EXAMPLES[rule]
    before = written(example, **specified(*spec))
    after = simplify(before)
    ran = 0
    for dtype in [spec[0]] if spec[0] else ["float32", "int32"]:
        for left, right in SHAPES:
            given = filled(left, dtype), filled(right, dtype)
            expected = computed(before, *given)
            if expected is not None and spec[1:] in ([], [left]):
                ran += 1
                for found, tensor in zip(computed(after, *given), expected, strict=True):
                    assert_same_bits(found, tensor)
    assert ran


def gradient(expression, x):
    """The gradient of a weighted sum of the first output."""

    def loss(tensor):
        first = ops.cast(evaluate(expression, tensor)[0], "float32")
        return ops.sum(
            first * ops.reshape(ops.sin(ops.arange(ops.size(first), dtype="float32") + 1), first.shape)
        )

    if BACKEND == "jax":
        import jax

        return np.asarray(jax.grad(loss)(ops.convert_to_tensor(x)))
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = loss(tensor)
        found = tape.gradient(value, tensor)
        return np.zeros_like(x) if found is None else found.numpy()
    tensor = ops.convert_to_tensor(x).requires_grad_()
    value = loss(tensor)
    if value.requires_grad:
        value.backward()
    return np.zeros_like(x) if tensor.grad is None else tensor.grad.numpy()


@settings(SETTINGS, max_examples=12 if BACKEND == "jax" else 60)
@given(chained(most=3))
def test_gradients_stay(expression):
    x = np.random.default_rng(1).uniform(-1.5, 1.5, (4, 3)).astype("float32")
    expected = gradient(expression, x)
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(gradient(simplify(expression), x), expected, rtol=1e-5, atol=1e-5 * scale)
