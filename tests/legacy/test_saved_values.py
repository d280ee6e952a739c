"""What a function that was saved as bytecode may ask of dtypes, results and arrays of tensors."""

from __future__ import annotations

import base64
import marshal
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

import lamina
from lamina.legacy.functions import restore_function

X = np.arange(12, dtype="float32").reshape(4, 3)


def largest(x):
    import tensorflow as tf

    best = tf.nn.top_k(x, 2)
    return best.values * tf.cast(tf.float32.max > 1, x.dtype.base_dtype)


def rows(x):
    import tensorflow as tf

    array = tf.TensorArray(tf.float32, 2)
    array = array.write(0, x[0])
    return array.write(1, x[1] * 2).stack()


def floats(x):
    import torch

    return x * 2 if x.dtype.is_floating_point and x.dtype in (torch.float32, torch.float16) else x


def bytes_of(x):
    return x * x.dtype.itemsize


CASES: dict[Callable[..., Any], Any] = {
    largest: X[:, :0:-1],
    rows: X[:2] * [[1], [2]],
    floats: X * 2,
    bytes_of: X * 4,
}


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_attributes_of_what_the_vocabularies_give(function: Callable[..., Any]) -> None:
    code = base64.b64encode(marshal.dumps(function.__code__)).decode()
    saved = restore_function([code, None, None])
    for each in (function, saved):
        expression = lamina.capture(each, keras.KerasTensor((4, 3)))
        found = keras.ops.convert_to_numpy(expression.run(keras.ops.convert_to_tensor(X)))
        np.testing.assert_allclose(found, CASES[function])


def test_other_attributes_stay_out_of_reach() -> None:
    code = base64.b64encode(marshal.dumps((lambda x: x.dtype.as_numpy_dtype).__code__)).decode()
    with pytest.raises(lamina.LaminaError, match="as_numpy_dtype"):
        lamina.capture(restore_function([code, None, None]), keras.KerasTensor((4, 3)))
