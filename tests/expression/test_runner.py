"""The runner: errors that name the call, memory that is given back, and little cost of its own."""

from __future__ import annotations

import gc
import sys
import weakref

import keras
import numpy as np
import pytest
from keras import ops

from lamina import capture
from lamina.errors import RunError, SignatureError
from lamina.expression.model import Call, Expression, FrozenDict, Ref, Spec
from lamina.expression.runner import describe, plan_of

X = np.arange(6.0, dtype="float32").reshape(2, 3)


def broken(x):
    y = ops.square(x)
    return ops.reshape(y, (7, 5))


def test_an_error_names_the_call_its_line_its_arguments_and_the_place():
    with pytest.raises(RunError) as error:
        capture(broken).run(ops.convert_to_tensor(X))
    text = str(error.value)
    assert "keras.ops.reshape failed in 'broken', call 1" in text
    assert "`return ops.reshape(v0, (7, 5))`" in text
    assert f"test_runner.py:{broken.__code__.co_firstlineno + 2}" in text
    assert "%1: float32(2, 3)" in text
    assert error.value.__cause__ is not None
    assert type(error.value.__cause__).__name__ in text


def test_an_error_in_a_branch_names_the_call_in_the_branch():
    def function(x):
        return ops.map(lambda row: ops.reshape(ops.exp(row), (7,)), x)

    with pytest.raises(
        RunError, match=r"reshape failed in '<lambda>', call 1.*test_runner.py:\d+.*float32\(3,\)"
    ):
        capture(function).run(ops.convert_to_tensor(X))


def test_an_expression_without_places_has_errors_all_the_same():
    expression = Expression(Spec(), (Call("reshape", (Ref(0),), (("newshape", (7,)),)),), Ref(1))
    with pytest.raises(RunError, match=r"call 0: .*\. It received %0: float32\(2, 3\)"):
        expression.run(ops.convert_to_tensor(X))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Spec((None, 3), "float32"), "float32(?, 3)"),
        (Spec((None,), "int32"), "int32(?,)"),
        (Spec((), "bool"), "bool()"),
        (np.zeros((2, 3), "float16"), "float16(2, 3)"),
        ((np.zeros(2, "int32"), 3), "(int32(2,), 3)"),
        (3, "3"),
    ],
)
def test_what_a_call_received_is_described(value, text):
    assert describe(value) == text


def test_a_tensor_of_the_backend_is_described_by_its_keras_dtype():
    assert describe(ops.convert_to_tensor(X)) == "float32(2, 3)"


def test_a_value_is_let_go_after_its_last_use():
    alive = []

    class Watched(np.ndarray):
        pass

    def value():
        array = np.ones(3).view(Watched)
        alive.append(weakref.ref(array))
        return array

    calls = tuple(Call("operator.call", (Ref(0), Ref(i + 1))) for i in range(5))
    expression = Expression((Spec(), Spec()), calls, Ref(6))
    most = 0

    def function(previous):
        nonlocal most
        del previous
        made = value()
        most = max(most, sum(ref() is not None for ref in alive))
        return made

    plan = plan_of(expression)
    values = [function, np.ones(3)]
    plan.run(values)
    assert len(alive) == 5
    assert most <= 2


def test_an_output_is_kept_though_later_calls_use_it():
    calls = (Call("square", (Ref(0),)), Call("negative", (Ref(1),)), Call("exp", (Ref(1),)))
    first, last = Expression(Spec(), calls, (Ref(1), Ref(3))).run(ops.convert_to_tensor(X))
    np.testing.assert_allclose(ops.convert_to_numpy(first), X**2)
    np.testing.assert_allclose(ops.convert_to_numpy(last), np.exp(X**2), rtol=1e-5)


def test_the_values_of_a_run_are_its_own():
    expression = capture(lambda x: ops.square(ops.exp(x)))
    x = ops.convert_to_tensor(X)
    results = [ops.convert_to_numpy(expression.run(x)) for _ in range(3)]
    assert all((result == results[0]).all() for result in results)
    np.testing.assert_allclose(ops.convert_to_numpy(x), X)


def test_missing_state_is_named():
    weight = keras.Variable(1.0, name="gain")
    with pytest.raises(SignatureError, match="reads the state gain, which was not given"):
        capture(lambda x: x * weight).run(X)


def test_inputs_of_another_structure_are_refused():
    expression = Expression(FrozenDict({"a": Spec(), "b": (Spec(), Spec())}), (), Ref(0))
    for wrong in (X, [X], {"a": X}, {"a": X, "b": [X]}, {"a": X, "b": X, "c": X}):
        with pytest.raises(SignatureError, match="call it as it was captured"):
            expression.run(wrong)
    assert expression.run({"a": 1, "b": [2, 3]}) == 1


def test_a_call_of_the_runner_makes_few_python_calls():
    """The cost of one call is that of the operation; the rest is a fixed few steps."""
    calls = tuple(Call("operator.pos", (Ref(i),)) for i in range(100))
    plan = plan_of(Expression(Spec(), calls, Ref(100)))
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    plan.run([1.0])
    sys.setprofile(profile)
    try:
        plan.run([1.0])
    finally:
        sys.setprofile(None)
    assert count <= 2 * 100 + 10  # `_Step.__call__` and the operation itself


def compiled(expression):
    """The expression on a batch of unknown size, where the backend has that."""
    if keras.backend.backend() != "tensorflow":
        return expression.run
    import tensorflow as tf

    return tf.function(
        expression.run, input_signature=[tf.TensorSpec([None, 3], tf.float32)], autograph=False
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * (x.shape[1] / x.shape[0]),
        lambda x: x / float(x.shape[0]),
        lambda x: x / x.shape[0] ** 0.5,
        lambda x: x * (x.shape[0] - 0.5) * (1 / x.shape[0]),
        lambda x: x[: int(x.shape[0] / 2)],
        lambda x: x[: x.shape[0] * 3 // 3],
    ],
)
def test_fractions_of_a_size_are_of_the_default_float_dtype(function):
    found = compiled(capture(function, (None, 3)))(ops.convert_to_tensor(X))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(found), function(X), rtol=1e-6)


def test_a_plan_is_made_once_and_goes_with_its_expression():
    expression = capture(lambda x: x * 2)
    assert plan_of(expression) is plan_of(expression)
    plan = weakref.ref(plan_of(expression))
    del expression
    gc.collect()
    assert plan() is None
