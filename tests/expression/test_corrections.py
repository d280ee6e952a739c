"""Operations that a Keras backend gets wrong, run with the meaning that Keras documents."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
from keras import ops

import lamina

SHAPES = [
    (4,),
    (4, 1),
    (1, 4),
    (4, 4),
    (3, 4, 1),
    (1, 4, 1),
    (1, 1, 4),
    (2, 4, 3),
    (4, 1, 1),
    (2, 3, 4),
    (3, 1),
    (1, 1),
    (0, 4),
    (4, 0),
    (0, 1, 4),
]


def broadcastable(pair):
    try:
        np.broadcast_shapes(*pair)
    except ValueError:
        return False
    return True


PAIRS = [pair for pair in itertools.product(SHAPES, SHAPES) if broadcastable(pair)]


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
def test_a_sum_broadcasts_as_numpy_does(dtype):
    add = lamina.capture(lambda t: t[0] + t[1])
    for first, second in PAIRS:
        a = np.arange(np.prod(first)).reshape(first).astype(dtype)
        b = 3 * np.arange(np.prod(second)).reshape(second).astype(dtype)
        found = add.run((ops.convert_to_tensor(a), ops.convert_to_tensor(b)))
        np.testing.assert_array_equal(ops.convert_to_numpy(found), a + b, err_msg=f"{first} + {second}")


def test_bools_are_added():
    masks = np.array([True, True, False, False]), np.array([True, False, True, False])
    expression = lamina.capture(lambda x, y: (x + y, ops.add(x, y[:, None])), *masks)
    one, square = expression.run(tuple(map(ops.convert_to_tensor, masks)))
    np.testing.assert_array_equal(ops.convert_to_numpy(one), masks[0] | masks[1])
    np.testing.assert_array_equal(ops.convert_to_numpy(square), masks[0] | masks[1][:, None])


@pytest.mark.parametrize(
    ("one", "other", "dtype"), [(0.5, -2.0, "float32"), (1, 0.5, "float32"), (1, 0, "int32")]
)
def test_a_choice_between_numbers_has_a_dtype(one, other, dtype):
    mask, narrow = np.array([True, False]), np.array([1, 2], "int8" if dtype == "int32" else "float16")
    expression = lamina.capture(lambda m, x: ops.where(m, one, other) * x, mask, narrow)
    found = expression.run((ops.convert_to_tensor(mask), ops.convert_to_tensor(narrow)))
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    np.testing.assert_allclose(ops.convert_to_numpy(found), np.where(mask, one, other) * narrow)
