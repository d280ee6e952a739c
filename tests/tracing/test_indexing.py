"""Indexing and in-place forms."""

from __future__ import annotations

import copy

import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch
from keras import ops
from tests.tracing.helpers import assert_inferred, assert_same, run

from lamina import capture
from lamina.errors import CaptureError

C = np.arange(120.0, dtype="float32").reshape(2, 3, 4, 5)
MASK = np.array([True, False, True, True])
KEYS = {
    "int": 1,
    "negative int": -1,
    "ints": (0, 1, 2, 3),
    "slice": slice(1, None),
    "slices": (slice(None), slice(0, 2), slice(None, -1)),
    "step": (slice(None), slice(None, None, 2)),
    "reverse": slice(None, None, -1),
    "reverse inside": (0, slice(None, None, -1)),
    "negative step": (..., slice(4, 0, -2)),
    "two reversals": (slice(None, None, -1), 0, slice(None, None, -2)),
    "empty slice": (0, slice(2, 1)),
    "ellipsis": (..., 0),
    "ellipsis alone": ...,
    "ellipsis inside": (1, ..., slice(1, 3)),
    "none": (None, 0),
    "none at the end": (..., None),
    "none inside": (slice(None), None, 0),
    "none and reversal": (None, slice(None), None, slice(None, None, -1)),
    "list": ([1, 0, 1],),
    "index array": (slice(None), slice(None), np.array([0, 3, 3])),
    "index array of two axes": (0, np.array([[0, 1], [2, 2]])),
    "index array behind an ellipsis": (..., np.array([4, 0])),
    "index array and int": (np.array([1, 0]), 2),
    "index array and slice": (slice(None, None, -1), np.array([2, 0]), slice(1, 3)),
    "two index arrays": ([0, 1, 0], [2, 0, -1]),
    "two index arrays from the end": ([-1, 0], [1, -1]),
    "three index arrays": ([1, 0], np.array([2, 1]), [-1, 3]),
    "two index arrays inside": (slice(None), [1, 0], [3, 0], slice(1, 3)),
    "two index arrays behind an ellipsis": (..., [1, 0], [3, 0]),
    "index arrays apart": ([0, 1], slice(None), [3, 0]),
    "index arrays around a new axis": (slice(None), [0, 1], None, [3, 0]),
    "index arrays around an int": ([0, 1], 2, [3, 0]),
    "index arrays of two shapes": (slice(None), [[0], [2]], [3, 0, 1]),
    "index arrays and reversal": ([0, 1], [2, 0], slice(None, None, -1)),
    "open mesh": np.ix_([1, 0], [0, 2]),
    "no places": ([], []),
    "constant mask": (slice(None), slice(None), MASK),
    "constant mask of two axes": np.array([[True, False, True], [False, True, False]]),
    "constant mask behind": (slice(None), slice(None), np.eye(4, 5, dtype=bool)),
    "list mask": (0, 0, [True, False, False, True]),
    "numpy int": np.int64(1),
    "numpy ints": (np.int32(0), slice(None), np.int64(-1)),
    "array of no axis": (np.array(1), np.array(0)),
    "full slice": slice(None),
    "full slices": (slice(None), slice(None)),
    "empty tuple": (),
}


@pytest.mark.parametrize("name", KEYS)
def test_an_index_selects_what_numpy_selects(name):
    key = KEYS[name]
    for spec in (C.shape, (None, 3, 4, 5)):
        expression = capture(lambda x: x[key], spec)
        found = run(expression, C)
        assert_same(found, ops.convert_to_tensor(C[key]))
        assert_inferred(expression, [C], found)


# Where an int and index arrays stand apart, PyTorch takes the int out first.
APART = {
    "int before an array": (0, slice(None), np.array([0, 1])),
    "int behind an array": (slice(None), np.array([2, 1, 0]), slice(None), 1),
    "int between arrays": (np.array([1, 0]), slice(None), 2, np.array([4, 0])),
    "int behind arrays": (slice(None), np.array([2, 1]), np.array([1, 0]), slice(None), -1),
    "int next to an array": (slice(None), 1, np.array([2, 1, 0])),
}


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("module", [jnp, torch], ids=["jax", "torch"])
def test_an_int_apart_from_index_arrays_is_taken_as_the_framework_takes_it(name, module):
    x = np.stack([C, C + 1], -1)

    def function(x):
        return module.abs(x)[APART[name]]

    expected = np.asarray(function(module.asarray(x)))
    for spec in (x.shape, (None, *x.shape[1:])):
        assert_same(run(capture(function, spec), x), ops.convert_to_tensor(expected))


def test_index_arrays_may_be_tensors():
    i, j = np.array([1, 0, 1], "int32"), np.array([[-1], [2]], "int8")
    function = lambda x, i, j: (
        x[i, :, j],
        x[:, i, j],
        x[i[:, None], [0, 2]],
        x[ops.arange(x.shape[0]), i[:2]],
    )
    expected = [C[i, :, j], C[:, i, j], C[i[:, None], [0, 2]], C[[0, 1], i[:2]]]
    expression = capture(function, keras.KerasTensor((None, 3, 4, 5)), i, j)
    assert_same(run(expression, C, i, j), tuple(map(ops.convert_to_tensor, expected)))


def test_known_indices_are_checked():
    with pytest.raises(CaptureError, match="uses the index 3 on an axis of size 3"):
        capture(lambda x: x[[0, 1], [0, 3]], C.shape)
    with pytest.raises(CaptureError, match="expected integers"):
        capture(lambda x: x[[0, 1], [0.5, 1]], C.shape)


def test_an_index_may_be_a_tensor():
    indices = np.array([2, 0], "int32")
    expression = capture(lambda x, i: x[0, i] + x[1][i], C.shape, indices)
    assert_same(run(expression, C, indices), ops.convert_to_tensor(C[0, indices] + C[1, indices]))


REFUSED = {
    "mask of values": (lambda x: x[x > 0], "ops.where"),
    "mask of values, inverted": (lambda x: x[~(x > 0)], "ops.where"),
    "mask of values beside an array": (lambda x: x[[0, 1], x[0, :, 0, 0] > 0], "ops.where"),
    "unknown axis backwards": (lambda x: x[3:0:-1], "input of known size"),
}


@pytest.mark.parametrize("spec", [None, (None, 3, 4, 5)])
@pytest.mark.parametrize("name", REFUSED)
def test_an_index_that_no_expression_holds_is_refused(name, spec):
    function, advice = REFUSED[name]
    if spec is None and name == "unknown axis backwards":
        advice = "call the layer on its input first"
    with pytest.raises(CaptureError, match=rf"test_indexing.py:\d+.*{advice}"):
        capture(function, *[spec] if spec else [])


ASSIGNED = {
    "int": 1,
    "negative int": -1,
    "slice": slice(0, 1),
    "ints and slices": (slice(None), 1, slice(1, 3)),
    "ellipsis": (..., 0),
    "negative bounds": (slice(None), slice(-2, -1)),
    "bound past the end": (slice(None), slice(1, 99)),
    "numpy int": (slice(None), np.int64(2)),
    "everything": ...,
    "one number": (1, 2, 3, 4),
    "index array": [1, 0],
    "index array of two axes": (slice(None), [[2, 0], [-1, 1]]),
    "index arrays": ([0, 1, 1], [0, 0, -1]),
    "index arrays apart": (slice(None), [0, 2], slice(None), [1, 0]),
    "index array and int": (1, slice(None), [0, 2]),
    "step": (slice(None), slice(None, None, 2)),
}


@pytest.mark.parametrize("name", ASSIGNED)
@pytest.mark.parametrize("value", [7.0, 2])
def test_an_assignment_is_seen_by_later_reads_only(name, value):
    key = ASSIGNED[name]

    def function(x):
        before = x * 1
        x[key] = value
        after = x * 1
        return before, after, x

    changed = C.copy()
    changed[key] = value
    for spec in (C.shape, (None, 3, 4, 5)):
        expression = capture(
            function, np.zeros(spec, "float32") if None not in spec else keras.KerasTensor(spec)
        )
        before, after, x = run(expression, C)
        for found, expected in ((before, C), (after, changed), (x, changed)):
            assert_same(found, ops.convert_to_tensor(expected))


def test_an_assigned_value_is_broadcast_and_cast():
    def function(x, row):
        x[:, 1:] = row
        x[0] = x[0] * 2
        return x

    x, row = np.arange(6, dtype="int32").reshape(2, 3), np.array([2.7, 3.7], "float32")
    expected = np.array([[0, 4, 6], [3, 2, 3]], "int32")
    assert_same(run(capture(function, x, row), x, row), ops.convert_to_tensor(expected))


def test_another_name_of_a_tensor_sees_the_assignment_and_a_copy_does_not():
    def function(x):
        same, whole = x, x[...]
        copied, deep, plus, positive = copy.copy(x), copy.deepcopy(x), x + 0, +x
        x[0, 0] = 100.0
        return same, whole, copied, deep, plus, positive

    x = np.zeros((2, 2), "float32")
    found = [float(y[0, 0]) for y in run(capture(function, x), x)]
    assert found == [100, 100, 0, 0, 0, 0]


def test_augmented_assignment_binds_anew():
    def function(x, y):
        z = x
        z -= y
        z *= 2
        w = x
        w **= 2
        return x, z, w

    x, y = np.ones((3,), "float32"), np.full((3,), 4.0, "float32")
    found = [np.asarray(ops.convert_to_numpy(v))[0] for v in run(capture(function, x, y), x, y)]
    assert found == [1, -6, 1]


def test_each_place_of_index_arrays_may_have_its_value():
    i, j = np.array([1, 0], "int32"), np.array([[-1], [2]], "int32")
    values, rows = np.arange(12.0, dtype="float32").reshape(2, 2, 3, 1), np.arange(5.0, dtype="float32")

    def function(x, i, j):
        y, z = x * 1, x * 1
        y[i, :, j] = values
        z[:, [[0], [2]], i] = rows
        return y, z

    y, z = C.copy(), C.copy()
    y[i, :, j], z[:, [[0], [2]], i] = values, rows
    expression = capture(function, keras.KerasTensor((None, 3, 4, 5)), i, j)
    assert_same(run(expression, C, i, j), tuple(map(ops.convert_to_tensor, (y, z))))


@pytest.mark.parametrize("key", [(slice(None, None, 2), 0), ([0, 1], slice(0, 1)), None])
def test_an_assignment_to_another_kind_of_key_is_refused(key):
    def function(x):
        x[key] = 0
        return x

    with pytest.raises(CaptureError, match=r"ops\.scatter_update"):
        capture(function, np.zeros((4, 3), "float32"))
