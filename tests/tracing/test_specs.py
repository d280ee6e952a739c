"""What a function reads of its inputs is asked for late, and only that becomes a condition."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, check, run

from lamina import backend as K
from lamina import capture
from lamina.errors import CaptureError, SpecNeededError
from lamina.expression.model import Spec

LAZY = {
    "arithmetic": lambda x: (1 - x) * 2 / 3 + x**2,
    "operation": lambda x: ops.mean(x, axis=-1, keepdims=True),
    "slice": lambda x: x[:, 0],
    "reverse": lambda x: x[::-1],
    "ellipsis": lambda x: x[..., 1:],
    "reshape": lambda x: ops.reshape(x, (-1, 6)),
    "dynamic batch": lambda x: ops.reshape(x, (ops.shape(x)[0], -1, 1)),
    "shape item": lambda x: x * x.shape[1],
    "comparison": lambda x: ops.where((x > 1) & ~(x > 2), x, 0),
    "rsub": lambda x: 1.0 - x,
    "identity": lambda x: x,
    "keras 2": lambda x: K.sum(K.square(x), axis=1, keepdims=True),
    "numpy array": lambda x: x - np.array([1.0, 2.0, 3.0]),
}


# PyTorch tensors have no negative steps, and mix badly with arrays.
NUMPY = {"reverse": lambda x: x[::-1].copy(), "numpy array": lambda x: x - np.array([1, 2, 3], "float32")}


@pytest.mark.parametrize("name", LAZY)
def test_a_function_that_reads_nothing_is_captured_without_any_shape(name):
    expression = capture(LAZY[name])
    assert expression.input_specs == (Spec(),)
    check(LAZY[name], X, expected=ops.convert_to_tensor(NUMPY[name](X)) if name in NUMPY else None)


READS = {
    "rank": lambda x: x * x.ndim,
    "length of the shape": lambda x: x * len(x.shape),
    "dtype": lambda x: ops.cast(x * 2, x.dtype),
    "iteration": lambda x: sum(row for row in x),
    "length": lambda x: x / len(x),
    "shape as a tuple": lambda x: ops.reshape(x, tuple(x.shape)[::-1]),
    "int_shape": lambda x: x * K.int_shape(x)[1],
    "bitwise on numbers": lambda x: x & 1,
}


@pytest.mark.parametrize("name", READS)
def test_a_function_that_reads_a_spec_says_so(name):
    with pytest.raises(SpecNeededError, match=r"test_specs.py:\d+.*call the layer on its input first"):
        capture(READS[name])


def guards(function, *specs):
    return capture(function, *specs).inputs


FULL = Spec((2, 3, 4), "float32")
GUARDS = {
    "nothing": (lambda x: x * 2, Spec()),
    "one size": (lambda x: x * x.shape[1], Spec((None, 3, None))),
    "a size from the end": (lambda x: x * x.shape[-1], Spec((None, None, 4))),
    "some sizes": (lambda x: ops.reshape(x, (-1, *x.shape[1:])), Spec((None, 3, 4))),
    "all sizes": (lambda x: ops.reshape(x, x.shape), Spec((2, 3, 4))),
    "rank": (lambda x: x * x.ndim, Spec((None, None, None))),
    "length of the shape": (lambda x: x * len(x.shape), Spec((None, None, None))),
    "length": (lambda x: x * len(x), Spec((2, None, None))),
    "iteration": (lambda x: sum(row for row in x), Spec((2, None, None))),
    "unpacking": (lambda x: (lambda a, b: a + b)(*x), Spec((2, None, None))),
    "dtype": (lambda x: ops.zeros((2,), dtype=x.dtype), Spec(None, "float32")),
    "size of a result": (lambda x: x * ops.concatenate([x, x], 1).shape[1], Spec((None, 3, None))),
    "size of a transpose": (lambda x: x * ops.transpose(x).shape[0], Spec((None, None, 4))),
    "size of a reshape": (lambda x: x * ops.reshape(x, (-1, 4)).shape[0], Spec((2, 3, 4))),
    "size that depends on nothing": (
        lambda x: x * ops.reshape(x, (-1, 4)).shape[1],
        Spec((None, None, None)),
    ),
    "rank of a reduction": (lambda x: x * ops.sum(x, 0).ndim, Spec((None, None, None))),
    "dtype of a result": (lambda x: ops.cast(x, ops.square(x).dtype), Spec(None, "float32")),
    "recorded size": (lambda x: x * ops.shape(x)[1], Spec((None, None, None))),
    "recorded size as a number": (lambda x: x * range(5)[ops.shape(x)[1]], Spec((None, 3, None))),
    "in a helper": (lambda x: _width(x) * x, Spec((None, None, 4))),
    "condition on a size": (lambda x: x if x.shape[0] > 1 else -x, Spec((2, None, None))),
    "condition on a dtype": (lambda x: x if x.dtype == "float32" else -x, Spec(None, "float32")),
    "negative step": (lambda x: x[:, 2:0:-1], Spec((None, 3, None))),
    "full reverse": (lambda x: x[:, ::-1], Spec()),
    "bitwise": (lambda x: ops.cast(x, "int32") & 1, Spec()),
}


def _width(x):
    return x.shape[-1]


@pytest.mark.parametrize("name", GUARDS)
def test_only_what_was_read_is_a_condition(name):
    function, expected = GUARDS[name]
    assert guards(function, FULL) == expected


def test_guards_are_kept_apart_for_each_input():
    inputs = guards(lambda x, y: x * y.shape[1], (2, 3), (4, 3))
    assert inputs == (Spec(), Spec((None, 3)))
    inputs = guards(lambda x, w: x * ops.matmul(x, w).shape[1], (None, 3), (3, 4))
    assert inputs == (Spec((None, 3)), Spec((3, 4)))  # the sizes that are summed over only change together


def test_the_guards_of_nested_inputs_keep_the_structure():
    inputs = guards(lambda x: x["b"][0] * x["b"][0].shape[0] + x["a"], {"b": [(2, 3)], "a": (2, 3)})
    assert inputs["a"] == Spec()
    assert inputs["b"] == [Spec((2, None))] or inputs["b"] == (Spec((2, None)),)


def test_bitwise_on_an_input_depends_on_its_dtype():
    assert guards(lambda x: x & 1, Spec((3,), "int32")) == Spec(None, "int32")
    assert guards(lambda x: ~x, Spec((3,), "bool")) == Spec(None, "bool")
    assert capture(lambda x: x & 1, Spec((3,), "int32")).calls[0].op == "bitwise_and"
    assert capture(lambda x: x & True, Spec((3,), "bool")).calls[0].op == "logical_and"
    assert [call.op for call in capture(lambda x: ~(x == 1) | (x > 2)).calls][-1] == "logical_or"


def test_an_unknown_size_is_a_number_to_compute_with_and_none_to_ask_for():
    seen = []

    def function(x):
        seen.append((x.shape[0] == None, x.shape[1] == None, K.int_shape(x), x.get_shape().as_list()))  # noqa: E711
        return x * x.shape[0]

    capture(function, (None, 3))
    assert seen[0] == (True, False, (None, 3), [None, 3])


@pytest.mark.parametrize(
    "spec", [(2, 3), Spec((2, 3)), np.zeros((2, 3), "float32"), keras.KerasTensor((2, 3))]
)
def test_a_spec_is_given_as_anything_with_a_shape(spec):
    assert guards(lambda x: x * x.shape[0], spec) == Spec((2, None))


def test_a_guarded_expression_holds_only_for_such_inputs():
    inputs = guards(lambda x: x * x.shape[1], FULL)
    assert inputs.accepts(Spec((9, 3, 9), "float16"))
    assert not inputs.accepts(Spec((2, 4, 4), "float32"))
    assert not inputs.accepts(Spec((2, 3), "float32"))


def test_a_shape_that_cannot_be_inferred_names_the_call_and_hides_sample_sizes():
    def function(x):
        y = ops.reshape(x, (7, 5, 3))
        return y * y.shape[0]

    with pytest.raises(CaptureError) as error:
        capture(function, (None, 4))
    assert "ops.reshape" in str(error.value)
    assert f"test_specs.py:{function.__code__.co_firstlineno + 1}" in str(error.value)
    assert not any(int(n) > 840 for n in __import__("re").findall(r"(?<!:)\b\d+", str(error.value)))


def test_sizes_that_several_inputs_share_may_be_unknown_in_each():
    def function(x, y):
        z = ops.matmul(x, ops.transpose(y, (0, 2, 1)))
        return z / z.shape[-1] + z.shape[0]

    x, y = (np.random.rand(2, n, 3).astype("float32") for n in (3, 3))
    check(function, x, y, kinds="known free")


def test_the_transpose_of_an_unknown_square_adds_to_it():
    check(lambda x: (x + ops.transpose(x)) * (x + ops.transpose(x)).shape[0], X[:3], kinds="free known")


def test_result_of_a_capture_runs_for_other_sizes():
    expression = capture(lambda x: ops.reshape(x, (x.shape[0] * 3 // 3, -1)) * x.shape[1], (None, 3))
    for batch in (1, 2, 5):
        assert run(expression, np.ones((batch, 3), "float32")).shape == (batch, 3)
