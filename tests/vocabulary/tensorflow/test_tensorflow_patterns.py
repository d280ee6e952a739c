"""Functions as people write them: captured, saved, loaded and run, beside TensorFlow."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest

import lamina
from lamina.expression.model import Expression

tf = pytest.importorskip("tensorflow")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")
sys.path.insert(0, str(Path(__file__).parent))
from tf_patterns import PATTERNS  # noqa: E402

# The patterns that nobody writes with tf.*: K.* with a phase, numbers of their own, layers, sessions.
NOT_TENSORFLOW = {2, 30, 33, 45, 47, 49, 53, 54, 55}


def as_array(x):
    return x.numpy() if tf.is_tensor(x) else keras.ops.convert_to_numpy(x)


SIZES = ["batch", "fixed"] if os.environ.get("LAMINA_CONFORMANCE") == "full" else ["batch"]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(
    ("function", "inputs"),
    [pytest.param(f, x, id=f"{number}-{i}") for i, (number, f, x) in enumerate(PATTERNS)],
)
def test_pattern(function, inputs, sizes):
    shapes = [((None, *x.shape[1:]) if sizes == "batch" else x.shape, x.dtype.name) for x in inputs]
    specs = [keras.KerasTensor(shape, dtype=dtype) for shape, dtype in shapes]
    expression = lamina.capture(function, specs[0] if len(specs) == 1 else specs)
    again = Expression.loads(expression.dumps())
    assert again == expression
    tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
    got = again.run(tensors[0] if len(tensors) == 1 else tensors)
    constants = [tf.constant(x) for x in inputs]
    want = function(constants[0] if len(constants) == 1 else constants)
    got, want = as_array(got), as_array(want)
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_two_functions_for_each_pattern():
    counts = Counter(number for number, *_ in PATTERNS)
    assert {number for number in range(1, 59) if counts[number] < 2} == NOT_TENSORFLOW
