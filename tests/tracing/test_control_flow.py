"""Control flow: function arguments become expressions of their own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, assert_same, check, run, tensors

from lamina import capture
from lamina.errors import CaptureError, RunError

scale = 3.0


def rows_summed(x):
    carry, rows = ops.scan(lambda c, row: (c + row, c * row), ops.zeros((3,)), x)
    return carry, rows


def scan_without_xs(x):
    carry, _ = ops.scan(lambda c, _: (c * 2, None), x, None, length=3)
    return carry


def scan_of_a_dict(x):
    def step(carry, row):
        return {"sum": carry["sum"] + row, "count": carry["count"] + 1}, {"sum": row * 2, "count": row}

    return ops.scan(step, {"sum": ops.zeros((3,)), "count": ops.zeros((3,))}, x)


def while_with_several(x):
    return ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2 + ops.cast(i, "float32")), (0, x))


def while_with_a_bound(x):
    return ops.while_loop(lambda y: ops.sum(y) < 1e9, lambda y: (y * 2,), (x,), maximum_iterations=4)[0]


def while_on_dict(x):
    start = {"i": 0, "y": x}
    return ops.while_loop(lambda s: s["i"] < 2, lambda s: ({"i": s["i"] + 1, "y": s["y"] * 3},), (start,))[0]


def branches_with_outer_values(x):
    total = ops.sum(x)
    return ops.cond(total > 3, lambda: x / total, lambda: x * scale)


def branches_with_outer_sizes(x):
    n = x.shape[0]
    return ops.cond(ops.sum(x) > 0, lambda: x * n, lambda: x + n)


def nested(x):
    limit = ops.max(x)

    def body(i, y):
        def step(carry, row):
            doubled = ops.cond(ops.sum(row) > limit, lambda: row * 2, lambda: row - ops.cast(i, "float32"))
            return carry + doubled, doubled

        carry, rows = ops.scan(step, y[0] * 0, y)
        return i + 1, rows + carry * 0.001

    return ops.while_loop(lambda i, y: i < 2, body, (0, x))[1]


def switch_on_size(x):
    return ops.switch(ops.cast(ops.sum(x) > 0, "int32"), [lambda y: y, lambda y: y * 2 + ops.sum(x)], x)


def fori(x):
    return ops.fori_loop(0, 3, lambda i, y: y * 2 + ops.cast(i, "float32") * x, x)


def in_a_branch_the_outer_argument_only(x):
    return ops.cond(ops.any(x > 100), lambda: ops.zeros_like(x), lambda: x)


def branch_of_constants(x):
    return ops.cond(ops.sum(x) > 0, lambda: ops.ones((2,)), lambda: ops.zeros((2,))) * x[0, 0]


def several_results(x):
    low, high = ops.cond(ops.sum(x) > 0, lambda: (x, x + 1), lambda: (x - 1, x))
    return {"low": low, "high": high}


FUNCTIONS = {
    f.__name__: f
    for f in (
        rows_summed, scan_without_xs, scan_of_a_dict, while_with_several, while_with_a_bound, while_on_dict,
        branches_with_outer_values, branches_with_outer_sizes, nested, switch_on_size, fori,
        in_a_branch_the_outer_argument_only, branch_of_constants, several_results,
    )
} | {
    "map": lambda x: ops.map(lambda row: ops.sum(row) * row, x),
    "map of two": lambda x: ops.map(lambda pair: pair[0] * pair[1], (x, x + 1)),
    "vectorized_map": lambda x: ops.vectorized_map(lambda row: row / ops.sum(row), x),
    "associative_scan": lambda x: ops.associative_scan(lambda a, b: a + b, x),
    "operation as a branch": lambda x: ops.map(ops.square, x),
    "helper": lambda x: ops.map(_helper, x),
}  # fmt: skip


def _helper(row):
    return ops.exp(row) * scale


@pytest.mark.parametrize("name", FUNCTIONS)
def test_control_flow_computes_what_the_function_does(name):
    expected = FUNCTIONS[name](*tensors([X]))
    for spec in ((4, 3), (None, 3)):
        expression = capture(FUNCTIONS[name], spec)
        assert_same(run(expression, X), expected, 1e-5)


def test_the_shape_of_a_loop_is_read_inside_and_after_it():
    def function(x):
        carry, rows = ops.scan(lambda c, row: (c + row * row.shape[0], row * 2), ops.zeros((3,)), x)
        return ops.reshape(rows, (rows.shape[0] * rows.shape[1],)) + ops.sum(carry) * rows.shape[1]

    check(function, X, kinds="known")
    expression = capture(function, (None, 3))
    assert expression.inputs.shape == (None, 3)
    assert_same(run(expression, X), function(ops.convert_to_tensor(X)), 1e-5)


def test_sample_sizes_do_not_show_in_errors_of_a_branch():
    with pytest.raises(RunError, match=r"float32\(\?,\).*broadcasted to \?"):
        capture(lambda x: ops.scan(lambda c, row: (c + row, row), ops.zeros((3,)), x)[0].shape, (None, None))


def test_what_a_nested_function_reads_of_outer_values_is_a_guard():
    def function(x):
        return ops.cond(ops.sum(x) > 0, lambda: x * x.shape[1], lambda: x)

    assert capture(function, (5, 3)).inputs.shape == (None, 3)


def test_state_inside_a_branch_belongs_to_the_whole_expression():
    weight = keras.Variable(np.full((3,), 2.0, "float32"), name="weight")

    def function(x):
        noise = lambda row: row * weight + keras.random.normal((3,)) * 0
        return ops.cond(ops.sum(x) > 0, lambda: ops.map(noise, x), lambda: x * weight)

    expression = capture(function, (None, 3))
    assert {slot.kind for slot in expression.state} == {"variable", "seed"}
    state = {
        s.name: weight if s.kind == "variable" else keras.random.SeedGenerator(0) for s in expression.state
    }
    assert_same(run(expression, X, state=state), ops.convert_to_tensor(X * 2))


def test_a_tensor_of_a_branch_that_leaks_out_is_refused():
    kept = []

    def function(x):
        y = ops.cond(ops.sum(x) > 0, lambda: kept.append(x * 2) or x, lambda: x)
        return y + kept[-1]

    with pytest.raises(CaptureError, match="must not be kept"):
        capture(function, (None, 3))


def test_a_branch_that_is_no_function_is_refused():
    with pytest.raises(CaptureError, match="expected a function"):
        capture(lambda x: ops.cond(ops.sum(x) > 0, x, x), (None, 3))
