"""Arithmetic on sizes that are not known yet."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, check, inferred, run

from lamina import backend as K
from lamina import capture
from lamina.errors import CaptureError
from lamina.expression.inference import infer
from lamina.expression.model import Spec

B = np.arange(96.0, dtype="float32").reshape(8, 12)
FUNCTIONS = {
    "multiply and divide": lambda x, n: ops.reshape(x, (n * 2 // 2, 4, 3)),
    "half": lambda x, n: x[: n // 2],
    "int of a quotient": lambda x, n: x[: int(n / 2)],
    "int of a product": lambda x, n: x[: int(n * 0.5)],
    "math.floor": lambda x, n: x[: math.floor(n / 2)],
    "math.ceil": lambda x, n: x[: math.ceil(n / 3)],
    "round of a size": lambda x, n: x[: round(n)],
    "int of a size": lambda x, n: x[: int(n) - 1],
    "divmod": lambda x, n: x[divmod(n, 3)[0] : divmod(n, 3)[1] + 4],
    "modulo": lambda x, n: x[: n % 5],
    "minus": lambda x, n: x[n - 2 :],
    "reflected": lambda x, n: x[: 10 - n],
    "negative": lambda x, n: x[-n // 2 :],
    "power": lambda x, n: x / n**2,
    "root": lambda x, n: x / n**0.5,
    "math.sqrt": lambda x, n: x / math.sqrt(n),
    "float": lambda x, n: x / float(n),
    "fraction of two sizes": lambda x, n: x * (x.shape[1] / n),
    "in a tensor": lambda x, n: x * ops.cast(n, "float32"),
    "beside a tensor": lambda x, n: (x + n) * (n - x),
    "tensor index": lambda x, n: x[n - 1],
    "reshape": lambda x, n: ops.reshape(x, (n * 12 // 6, 2, -1)),
    "reshape to one": lambda x, n: ops.reshape(x, [n * x.shape[1]]),
    "zeros": lambda x, n: ops.concatenate([x, ops.zeros((n, 3))], 1),
    "full": lambda x, n: ops.full((n, 2), 0.5) + x[:, :1],
    "arange": lambda x, n: ops.arange(n),
    "arange with bounds": lambda x, n: ops.arange(1, n + 1, dtype="float32")[:, None] * x,
    "eye": lambda x, n: ops.matmul(ops.eye(n), x),
    "tile": lambda x, n: ops.tile(x[:1], (n, 1)),
    "repeat": lambda x, n: ops.repeat(x[:1], n, axis=0),
    "broadcast": lambda x, n: ops.broadcast_to(x[0], (n, 12)),
    "stacked sizes": lambda x, n: ops.stack([n, x.shape[1]]),
    "slice": lambda x, n: ops.slice(x, (0, 0), (n // 2, 3)),
    "one hot": lambda x, n: ops.one_hot(ops.arange(n) % 3, 3),
    "sum of sizes": lambda x, n: x / sum(x.shape),
    "product of sizes": lambda x, n: x / math.prod(x.shape),
    "in a string": lambda x, n: x if "function" not in f"{n:}" or True else -x,
}
TAKEN = {
    "x.shape": lambda x: x.shape[0],
    "ops.shape": lambda x: ops.shape(x)[0],
    "K.shape": lambda x: K.shape(x)[0],
}


@pytest.mark.parametrize("taken", TAKEN)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_size_is_a_number_to_compute_with(name, taken):
    if (name, taken) in {("in a string", "x.shape"), ("in a string", "K.shape")}:
        return
    if taken == "K.shape" and (
        name.startswith(("math", "int ", "round", "float", "divmod")) or "int of" in name
    ):
        return  # in Keras 2 the item of a shape is a tensor
    function, take = FUNCTIONS[name], TAKEN[taken]
    expected = function(ops.convert_to_tensor(B), 8)
    check(lambda x: function(x, take(x)), B, kinds="known free", expected=expected)


BATCHES = {
    "zeros": lambda x: ops.zeros((x.shape[0], 3)),
    "ones": lambda x: ops.ones((x.shape[0], 3), dtype="int32"),
    "arange": lambda x: ops.arange(x.shape[0]),
    "normal": lambda x: keras.random.normal((x.shape[0], 3)),
    "uniform": lambda x: keras.random.uniform((x.shape[0] * 2, 3), dtype="float16"),
    "keras 2": lambda x: K.random_normal(shape=(K.shape(x)[0], 3)),
    "keras 2 zeros": lambda x: K.zeros((K.shape(x)[0], 3)),
}


@pytest.mark.parametrize("name", BATCHES)
def test_a_creation_by_size_is_inferred_for_any_batch(name):
    expression = capture(BATCHES[name], (None, 3))
    state = {slot.name: keras.random.SeedGenerator(1) for slot in expression.state}
    free = infer(expression, [Spec((None, 3), "float32")])
    for batch in (1, 2, 7):
        x = np.ones((batch, 3), "float32")
        out = run(expression, x, state=state)
        assert inferred(expression, [x]).shape == tuple(out.shape)
        assert inferred(expression, [x]).dtype == keras.backend.standardize_dtype(out.dtype)
        assert free == Spec((None, *out.shape[1:]), inferred(expression, [x]).dtype)


@pytest.mark.parametrize("create", [ops.zeros, keras.random.normal, keras.random.uniform])
def test_a_creation_by_size_is_inferred_without_allocating(create):
    def function(x):
        noise = create((x.shape[0], 10**9))
        return noise[:, : noise.shape[1] // 10**8]

    expression = capture(function, (None, 3))
    assert infer(expression, [Spec((None, 3), "float32")]).shape == (None, 10)


def test_dimensions_of_two_inputs_are_independent():
    def function(x, y):
        return ops.zeros((x.shape[0], y.shape[0])) + ops.zeros((x.shape[0], 1))

    expression = capture(function, (None, 3), (None, 3))
    x, y = np.ones((2, 3), "float32"), np.ones((5, 3), "float32")
    assert run(expression, x, y).shape == (2, 5)
    assert inferred(expression, [x, y]).shape == (2, 5)


def test_reshape_of_two_unknown_sizes_is_inferred():
    expression = capture(lambda x: ops.reshape(x, (x.shape[0] * x.shape[1] // 2, 2, -1)), (None, None, 6))
    assert infer(expression, [Spec((None, None, 6), "float32")]).shape == (None, 2, 6)
    assert run(expression, np.ones((2, 3, 6), "float32")).shape == (3, 2, 6)


def test_the_size_of_a_slice_stays_unknown():
    expression = capture(lambda x: ops.concatenate([x[: x.shape[0] // 2]] * 2), (None, 6))
    assert infer(expression, [Spec((None, 6), "float32")]).shape == (None, 6)


@pytest.mark.parametrize("function", [
    lambda x: x if x.shape[0] > 2 else -x,
    lambda x: sum(x[i] for i in range(x.shape[0])),
    lambda x: x * [1, 2, 3][x.shape[0]],
    lambda x: x * max(x.shape[0], 3),
    lambda x: x if x.shape[0] else -x,
])  # fmt: skip
def test_the_value_of_an_unknown_size_is_refused_with_advice(function):
    with pytest.raises(
        CaptureError, match=r"size that is not known at .*test_dimensions.py:\d+.*use the size in arithmetic"
    ):
        capture(function, (None, 3))
    capture(function, (2, 3))


def test_int_of_a_fraction_that_no_division_gives_is_refused():
    with pytest.raises(CaptureError, match=r"int.*of a computed size"):
        capture(lambda x: x[: int(x.shape[0] ** 0.5)], (None, 3))


def test_comparing_a_size_with_something_else_is_no_error():
    def function(x):
        n = x.shape[0]
        return x if n is not None and n != "a" and n == n and not n == None else -x  # noqa: E711

    with pytest.raises(CaptureError):
        capture(lambda x: x if x.shape[0] == 3 else -x, (None, 3))
    assert run(capture(function, (2, 3)), X[:2]).shape == (2, 3)


def test_a_size_as_the_output_is_a_tensor():
    check(lambda x: x.shape[0] * 2, X, kinds="free", expected=np.int32(8))
    out = run(capture(lambda x: (ops.shape(x), x)), X)
    assert [int(n) for n in out[0]] == [4, 3]


def test_int_shape_of_keras_2_gives_none_for_what_is_unknown():
    seen = []
    capture(lambda x: seen.append(K.int_shape(x)) or x, (None, 3))
    assert seen[0] == (None, 3)
