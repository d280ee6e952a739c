"""Capturing stays cheap, and in proportion to what is captured."""

from __future__ import annotations

from keras import ops
from tests.counting import calls_of

from lamina import capture
from lamina.expression.model import Expression


def chain(length):
    def function(x):
        for _ in range(length):
            x = ops.add(x, 1)
        return x

    return function


def shapes(length):
    def function(x):
        for _ in range(length):
            x = ops.reshape(x, (x.shape[0], 3))
        return x

    return function


def captured(values):
    def function(x):
        outer = [ops.add(x, i) for i in range(values)]
        return ops.cond(ops.sum(x) > 0, lambda: sum(outer), lambda: x)

    return function


def test_work_grows_in_proportion_to_the_calls():
    for make, (small, large), spec in (
        (chain, (50, 500), (None, 3)),
        (captured, (20, 200), None),
    ):
        specs = [spec] if spec else []
        capture(make(3), *specs)
        work = [calls_of(lambda n=n: capture(make(n), *specs)) for n in (small, large)]
        assert work[1] < 12 * work[0], make


def test_ten_thousand_calls_are_captured():
    expression = capture(chain(10_000), (None, 3))
    assert isinstance(expression, Expression)
    assert len(expression.calls) == 10_000


def test_sizes_of_a_thousand_tensors_are_looked_up_by_the_tensor():
    expression = capture(shapes(300))
    assert len(expression.calls) == 600


def test_a_call_costs_a_bounded_number_of_python_calls():
    capture(chain(3))
    work = calls_of(lambda: capture(chain(200))) - calls_of(lambda: capture(chain(100)))
    assert work / 100 < 180
