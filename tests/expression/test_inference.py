"""Shapes and dtypes of the outputs, without computing them."""

from __future__ import annotations

import keras
import pytest
from keras import ops

from lamina import capture
from lamina.errors import ExpressionError, RunError
from lamina.expression.inference import infer, merge, sample_size, spec_of
from lamina.expression.model import Call, Expression, Ref, Spec
from lamina.expression.runner import UNKNOWN

F = "float32"


def inferred(function, *shapes):
    specs = [shape if isinstance(shape, Spec) else Spec(shape, F) for shape in shapes]
    return infer(capture(function, *specs), specs)


CASES = {
    "elementwise": (lambda x: ops.exp(x), [(None, 3)], Spec((None, 3), F)),
    "broadcast": (lambda x, y: x + y, [(None, 1), (None, 3)], Spec((None, 3), F)),
    "broadcast of two unknown batches": (lambda x, y: x * y, [(None, 4), (None, 4)], Spec((None, 4), F)),
    "outer": (lambda x, y: x[:, None] + y[None], [(None,), (None,)], Spec((None, None), F)),
    "matmul": (lambda x, y: ops.matmul(x, y), [(None, 3), (3, None)], Spec((None, None), F)),
    "transpose of an unknown square": (lambda x: x + ops.transpose(x), [(None, None)], Spec((None, None), F)),
    "flatten": (lambda x: ops.reshape(x, (x.shape[0], -1)), [(None, 3, 4)], Spec((None, 12), F)),
    "flatten all": (lambda x: ops.reshape(x, (-1,)), [(None, 3)], Spec((None,), F)),
    "merge two unknown": (lambda x: ops.reshape(x, (-1, 4)), [(None, None, 4)], Spec((None, 4), F)),
    "split an unknown in halves": (lambda x: ops.reshape(x, (-1, 2, 3)), [(None, 3)], Spec((None, 2, 3), F)),
    "constant of any input": (lambda x: ops.ones((2, 3)), [(None,)], Spec((2, 3), F)),
    "size twice": (lambda x: ops.zeros((x.shape[0], x.shape[0] * 2)), [(None,)], Spec((None, None), F)),
    "ratio of a size to itself": (
        lambda x: ops.zeros((x.shape[0] * 4 // x.shape[0], 3)),
        [(None,)],
        Spec((4, 3), F),
    ),
    "slice with known bounds": (lambda x: x[:, 1:3], [(None, 5)], Spec((None, 2), F)),
    "slice of an unknown": (lambda x: x[1:], [(None, 5)], Spec((None, 5), F)),
    "first of an unknown": (lambda x: x[:2], [(None, 5)], Spec((2, 5), F)),
    "comparison": (lambda x: x > 0, [(None, 5)], Spec((None, 5), "bool")),
    "argmax": (lambda x: ops.argmax(x, axis=-1), [(None, 5)], Spec((None,), "int32")),
    "cast": (lambda x: ops.cast(x, "float16"), [(None, 5)], Spec((None, 5), "float16")),
    "integers": (lambda x: ops.one_hot(x, 4), [Spec((None,), "int32")], Spec((None, 4), F)),
    "several": (lambda x: [x, ops.sum(x)], [(None, 2)], [Spec((None, 2), F), Spec((), F)]),
    "dict": (lambda x: {"a": x[0], "n": None}, [(None, 2)], {"a": Spec((2,), F), "n": None}),
    "split": (lambda x: ops.split(x, 2, axis=1), [(None, 4)], [Spec((None, 2), F)] * 2),
    "complex": (lambda x: ops.abs(ops.fft((x, x))[0]), [(None, 4)], Spec((None, 4), F)),
    "nonzero": (lambda x: ops.nonzero(x)[0], [(None, 4)], Spec((None,), "int32")),
    "convolution": (lambda x: ops.max_pool(x, 2), [(None, 8, 8, 3)], Spec((None, 4, 4, 3), F)),
}


@pytest.mark.parametrize("name", CASES)
def test_unknown_sizes_stay_unknown_and_known_ones_known(name):
    function, shapes, expected = CASES[name]
    if name == "nonzero":
        dtype = keras.backend.standardize_dtype(ops.nonzero(ops.ones((2, 4)))[0].dtype)
        assert inferred(function, *shapes).shape == expected.shape, dtype
        return
    found = inferred(function, *shapes)
    assert (list(found) if isinstance(found, tuple) else found) == expected


def test_a_first_of_an_unknown_axis_of_one_may_be_smaller():
    """Slices are inferred for axes that are long enough; the real size may be less."""
    assert inferred(lambda x: x[:2], (1, 5)) == Spec((1, 5), F)


def test_an_error_says_unknown_sizes_as_question_marks():
    def function(x):
        return ops.reshape(ops.concatenate([x, x], axis=0), (7, 5, 11))

    with pytest.raises(RunError) as error:
        infer(capture(function), [Spec((None, 4), F)])
    text = str(error.value)
    assert "keras.ops.reshape failed in 'function', call 1" in text
    assert f"test_inference.py:{function.__code__.co_firstlineno + 1}" in text
    assert "%1: float32(?, 4)" in text
    assert not any(str(sample_size(world, 0) * k) in text for world in (0, 1) for k in (1, 2, 4, 8))


def test_an_error_inside_a_branch_names_the_call_of_the_branch():
    with pytest.raises(RunError, match=r"matmul failed in '<lambda>', call 1.*float32\(4,\)"):
        infer(
            capture(lambda x: ops.map(lambda row: ops.matmul(row, ops.ones((5, 2))), x)), [Spec((None, 4), F)]
        )


def test_known_sizes_in_errors_are_left_as_they_are():
    with pytest.raises(RunError, match="1680"):
        infer(capture(lambda x: ops.reshape(x, (7,))), [Spec((1680, 4), F)])


def test_sample_sizes_are_distinct_and_divisible():
    sizes = [sample_size(world, axis) for world in (0, 1) for axis in range(20)]
    assert len(set(sizes)) == len(sizes)
    assert all(size % n == 0 for size in sizes for n in (2, 3, 4, 5, 6, 7, 8, 10, 12))
    ratios = {sample_size(1, axis) / sample_size(0, axis) for axis in range(8)}
    differences = {sample_size(1, axis) - sample_size(0, axis) for axis in range(8)}
    assert len(ratios) == len(differences) == 8


def test_merging_keeps_what_two_evaluations_agree_on():
    first, second = keras.KerasTensor((2, 3), dtype=F), keras.KerasTensor((5, 3), dtype=F)
    assert merge(first, second) == Spec((None, 3), F)
    assert merge([first, 1], [second, 1]) == [Spec((None, 3), F), 1]
    assert merge({"a": 1}, {"a": 2}) == {"a": UNKNOWN}
    assert merge(keras.KerasTensor((2,)), keras.KerasTensor((2, 2))).shape is None


def test_spec_of_describes_anything_with_a_shape():
    assert spec_of((None, 3)) == Spec((None, 3))
    assert spec_of([2, 3]) == Spec((2, 3))
    assert spec_of(ops.ones((2,), dtype="int32")) == Spec((2,), "int32")
    assert spec_of(keras.layers.InputSpec(shape=(None, 2))).shape == (None, 2)
    with pytest.raises(ExpressionError, match="received 'a'"):
        spec_of("a")


def test_sizes_and_ranks_are_numbers():
    calls = (Call("size", (Ref(0),)), Call("ndim", (Ref(0),)))
    expression = Expression(Spec(), calls, (Ref(1), Ref(2)))
    assert tuple(infer(expression, [Spec((2, 3), F)])) == (6, 2)
    assert tuple(infer(expression, [Spec((None, 3), F)])) == (Spec((), "int32"), 2)


def test_a_layer_is_asked_for_its_own_shapes():
    dense = keras.layers.Dense(7, name="inner")
    expression = capture(lambda x: dense(x), (None, 3))
    assert infer(expression, [Spec((None, 3), F)], {"inner": dense}) == Spec((None, 7), F)


@pytest.mark.parametrize(
    ("function", "inputs", "shape"),
    [
        (lambda x: x + keras.random.normal((4, 3)), [(None, 3)], (4, 3)),
        (lambda x: x + ops.transpose(x), [(None, 3)], (3, 3)),
        (lambda x, y: x * ops.ones((4, 1)) + y, [(None, 3), (None, 1)], (4, 3)),
    ],
)
def test_a_function_that_fixes_the_batch(function, inputs, shape):
    """Nothing is known of the batch but that the function takes no other."""
    assert inferred(function, *inputs) == Spec(shape, F)


def test_a_function_that_fixes_no_possible_batch_is_refused():
    with pytest.raises(RunError, match="add"):
        inferred(lambda x: (x + ops.ones((4, 3))) * ops.ones((5, 3)), (None, 3))
