"""Layers in eager use: what is compiled stays what it was, and state stays state."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

sys.path.insert(0, str(Path(__file__).parent))
from helpers_execution import (
    BACKEND,
    TENSOR,
    X,
    array,
    centred,
    gradient_of_sum_of_squares,
    is_compiled,
    warm,
)

import lamina
from lamina import Lambda
from lamina.errors import RunError
from lamina.execution import executor, executor_of
from lamina.execution.traced import Form


def test_it_is_compiled_after_a_few_calls_and_not_before():
    layer = Lambda(centred)
    first = array(layer(TENSOR))
    assert not is_compiled(layer)
    warm(layer, TENSOR)
    assert is_compiled(layer)
    np.testing.assert_allclose(array(layer(TENSOR)), first, rtol=1e-6)
    other = ops.convert_to_tensor(np.ones((2, 5, 3), "float32"))
    np.testing.assert_allclose(array(layer(other)), array(centred(other)), rtol=1e-6)


def test_an_expression_is_compiled_without_a_layer():
    expression = lamina.capture(centred)
    for _ in range(6):
        out = expression.run(TENSOR)
    np.testing.assert_allclose(array(out), array(centred(TENSOR)), rtol=1e-6)
    signatures = executor_of(expression)._signatures.values()
    assert any(s.form is not None for s in signatures)


def test_what_outputs_hold_beside_tensors():
    layer = Lambda(lambda x: {"sizes": ops.shape(x), "sum": [ops.sum(x), x], "none": None})
    expected = layer(TENSOR)
    warm(layer, TENSOR)
    found = layer(TENSOR)
    assert found["sizes"] == expected["sizes"] == (4, 3)
    assert found["none"] is None
    assert found["sum"][1] is TENSOR
    np.testing.assert_allclose(array(found["sum"][0]), X.sum(), rtol=1e-5)


def test_several_inputs_and_inputs_by_name():
    listed = Lambda(lambda t: t[0] - t[1])
    named = Lambda(lambda t: t["a"] / t["b"])
    other = TENSOR * 2 + 1
    warm(listed, [TENSOR, other])
    warm(named, {"b": other, "a": TENSOR})
    np.testing.assert_allclose(array(listed([TENSOR, other])), X - (2 * X + 1), rtol=1e-5)
    np.testing.assert_allclose(array(named({"a": TENSOR, "b": other})), X / (2 * X + 1), rtol=1e-5)
    assert is_compiled(listed)
    assert is_compiled(named)


# State


def test_a_variable_that_changes_changes_the_result():
    layer = Lambda(lambda x: x * lamina.variable("gain", 2.0))
    warm(layer, TENSOR)
    assert is_compiled(layer)
    layer.trainable_weights[0].assign(5.0)
    np.testing.assert_allclose(array(layer(TENSOR)), 5 * X, rtol=1e-6)


def test_training_in_a_loop_changes_results_and_gets_the_right_gradients():
    layer = Lambda(lambda x: ops.tanh(x) * lamina.variable("gain", 2.0))
    warm(layer, TENSOR)
    gain = layer.trainable_weights[0]
    for _ in range(5):
        value = float(array(gain.value))
        gradient = gradient_of_sum_of_squares(layer, gain)
        np.testing.assert_allclose(gradient, 2 * value * (np.tanh(X) ** 2).sum(), rtol=1e-4)
        gain.assign(value - 0.01 * gradient)
        np.testing.assert_allclose(array(layer(TENSOR)), np.tanh(X) * array(gain.value), rtol=1e-5)


def gradient_of_input(function, x):
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(function(x))
        return array(tape.gradient(loss, x))
    if BACKEND == "torch":
        x = x.detach().requires_grad_()
        function(x).sum().backward()
        return array(x.grad)
    import jax

    return array(jax.grad(lambda x: function(x).sum())(x))


def test_gradients_of_inputs():
    layer = warm(Lambda(lambda x: ops.sin(x) ** 3), TENSOR)
    np.testing.assert_allclose(
        gradient_of_input(layer, TENSOR), 3 * np.sin(X) ** 2 * np.cos(X), rtol=1e-4, atol=1e-6
    )


@pytest.mark.skipif(BACKEND != "tensorflow", reason="tapes are TensorFlow's")
@pytest.mark.parametrize("calls", [1, 6])
def test_tapes_within_tapes_and_forward_mode(calls):
    import tensorflow as tf

    layer = warm(Lambda(lambda x: x**3 * lamina.variable("gain", 2.0)), TENSOR, calls=calls)
    with tf.GradientTape() as outer:
        outer.watch(TENSOR)
        with tf.GradientTape() as inner:
            inner.watch(TENSOR)
            loss = tf.reduce_sum(layer(TENSOR))
        first = inner.gradient(loss, TENSOR)
    np.testing.assert_allclose(array(outer.gradient(first, TENSOR)), 12 * X, rtol=1e-4, atol=1e-5)
    with tf.autodiff.ForwardAccumulator(TENSOR, tf.ones_like(TENSOR)) as forward:
        out = layer(TENSOR)
    np.testing.assert_allclose(array(forward.jvp(out)), 6 * X**2, rtol=1e-4, atol=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(TENSOR)
        out = tf.reduce_sum(layer(TENSOR), axis=1)
    jacobian = array(tape.jacobian(out, TENSOR))
    np.testing.assert_allclose(jacobian[1, 1], 6 * X[1] ** 2, rtol=1e-4, atol=1e-5)


def test_a_large_constant_is_no_part_of_the_compiled_form():
    matrix = np.ones((3, 200), "float32")
    layer = warm(Lambda(lambda x: ops.matmul(x, matrix)), TENSOR)
    np.testing.assert_allclose(array(layer(TENSOR)), X @ matrix, rtol=1e-5)
    layer.non_trainable_weights[0].assign(2 * matrix)
    np.testing.assert_allclose(array(layer(TENSOR)), 2 * X @ matrix, rtol=1e-5)


# Randomness


def noise(x):
    return x + keras.random.normal(ops.shape(x)) * keras.random.uniform(ops.shape(x))


def draws(jit, count=8):
    keras.utils.set_random_seed(3)
    layer = Lambda(noise, jit=jit)
    found = [array(layer(TENSOR)) for _ in range(count)]
    return found, layer


def test_compiled_draws_are_those_of_the_loop():
    expected, _ = draws(jit=False)
    found, layer = draws(jit="auto")
    assert is_compiled(layer) == (BACKEND != "torch")  # there Keras reads the seed
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert len({draw.tobytes() for draw in found}) == len(found)


def test_the_seed_state_is_that_of_the_loop():
    _, plain = draws(jit=False)
    _, layer = draws(jit="auto")
    np.testing.assert_array_equal(array(plain.variables[0].value), array(layer.variables[0].value))


def test_stateless_calls_leave_the_seed_alone():
    layer = warm(Lambda(noise), TENSOR)
    before = array(layer.variables[0].value)
    state = [v.value for v in layer.non_trainable_variables]
    first, new = layer.stateless_call([], state, TENSOR)
    second, _ = layer.stateless_call([], state, TENSOR)
    np.testing.assert_array_equal(array(first), array(second))
    np.testing.assert_array_equal(array(layer.variables[0].value), before)
    assert not np.array_equal(array(new[0]), before)


def test_a_generator_of_another_kind_is_left_to_draw_by_itself():
    class Counting(keras.random.SeedGenerator):
        drawn = 0

        def next(self, ordered=True):
            Counting.drawn += 1
            return super().next(ordered)

    generator = Counting(1)
    layer = Lambda(lambda x: x + keras.random.normal(ops.shape(x), seed=generator))
    before = Counting.drawn
    warm(layer, TENSOR, calls=7)
    assert Counting.drawn == before + 7


def test_threads_draw_different_numbers():
    layer = warm(Lambda(lambda x: x + keras.random.uniform(ops.shape(x))), TENSOR)
    found = in_threads(8, lambda: [array(layer(TENSOR)).tobytes() for _ in range(5)])
    drawn = [draw for draws in found for draw in draws]
    assert len(set(drawn)) == len(drawn) == 40


def in_threads(count, work):
    results, errors = [], []

    def run():
        try:
            results.append(work())
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def test_threads_that_start_together_compute_the_same():
    layer = Lambda(centred)
    layer(TENSOR)
    inputs = [ops.convert_to_tensor(np.full((n, 3), n, "float32") * [1, 2, 3]) for n in range(1, 5)]
    expected = [array(centred(x)) for x in inputs]

    def work():
        for x, y in [*zip(inputs, expected, strict=True)] * 6:
            np.testing.assert_allclose(array(layer(x)), y, rtol=1e-5)

    in_threads(8, work)


# Bounds


def test_lengths_without_end_are_not_compiled_without_end(monkeypatch):
    monkeypatch.setattr(executor, "COUNTED", 40)
    expression = lamina.capture(lambda x: x + 1)
    runner = executor_of(expression)
    made = []
    monkeypatch.setattr(
        runner, "_compile", lambda asked, expression, values: made.append(values) or Form(runner._plan.run)
    )
    for length in range(1, 100):
        for _ in range(5):
            expression.run(ops.zeros((length,)))
    assert len(made) == executor.KEPT
    assert len(runner._signatures) <= 40
    for _ in range(60):
        expression.run(ops.zeros((200,)))
    assert len(made) == executor.KEPT + 1
    assert sum(s.form is not None for s in runner._signatures.values()) == executor.KEPT


def test_the_form_that_is_in_use_is_kept(monkeypatch):
    monkeypatch.setattr(executor, "KEPT", 2)
    expression = lamina.capture(lambda x: x + 1)
    runner = executor_of(expression)
    monkeypatch.setattr(runner, "_compile", lambda asked, expression, values: Form(runner._plan.run))
    kept = ops.zeros((7,))
    for length in range(1, 5):
        for _ in range(200):
            expression.run(ops.zeros((length,)))
            expression.run(kept)
    signature = runner.signature([kept])
    assert signature.form is not None
    assert sum(s.form is not None for s in runner._signatures.values()) == 2


# What cannot be compiled


def test_a_result_whose_shape_depends_on_values():
    layer = Lambda(lambda x: ops.nonzero(x)[0])
    x = ops.convert_to_tensor(np.array([1.0, 0.0, 2.0], "float32"))
    for _ in range(8):
        assert array(layer(x)).ravel().tolist() == [0, 2]
    if BACKEND == "jax":
        assert not is_compiled(layer)


def test_layers_that_the_function_calls_keep_their_state():
    norm = keras.layers.BatchNormalization(momentum=0.5)
    dense = keras.layers.Dense(3)
    layer = Lambda(lambda x: norm(dense(x), training=True))
    layer(TENSOR)
    before = array(norm.moving_mean.value)
    warm(layer, TENSOR)
    assert not is_compiled(layer)
    assert not np.allclose(array(norm.moving_mean.value), before)


def test_the_error_of_a_compiled_layer_names_the_call():
    def product(x):
        return ops.matmul(x[0], x[1])

    layer = Lambda(product)
    warm(layer, [TENSOR, ops.transpose(TENSOR)])
    with pytest.raises(RunError, match=r"matmul failed in 'product'.*test_eager.py:\d+.*float32\(4, 3\)"):
        layer([TENSOR, ops.ones((7, 3))])
    assert is_compiled(layer)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="the kernels of TensorFlow look at indices")
def test_an_index_out_of_range_is_an_error_in_every_form():
    layer = Lambda(lambda t: ops.take(t[0], t[1], axis=0))
    warm(layer, [TENSOR, ops.convert_to_tensor([1])])
    with pytest.raises(RunError, match="take failed"):
        layer([TENSOR, ops.convert_to_tensor([77])])
    assert is_compiled(layer)


def test_what_is_no_expression_runs_itself():
    calls = []

    def branching(x):
        calls.append(1)
        return x * 2 if float(ops.sum(x)) > 0 else -x

    layer = Lambda(branching)
    for _ in range(6):
        out = layer(TENSOR)
    np.testing.assert_allclose(array(out), array(branching(TENSOR)))
    assert len(calls) >= 6
