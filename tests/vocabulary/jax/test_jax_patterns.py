"""Functions as people write them: captured, saved, loaded and run, beside JAX."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import lamina
from lamina.expression.model import Expression

jax = pytest.importorskip("jax")
pytest.importorskip("jax.scipy.stats")
sys.path.insert(0, str(Path(__file__).parent))
from jax_patterns import PATTERNS  # noqa: E402

# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")


@pytest.mark.parametrize(
    ("function", "inputs"),
    [pytest.param(f, x, id=f"{i}-{getattr(f, '__name__', 'function')}") for i, (f, x) in enumerate(PATTERNS)],
)
def test_pattern(function, inputs):
    specs = [keras.KerasTensor((None, *x.shape[1:]), dtype=x.dtype.name) for x in inputs]
    expression = lamina.capture(function, specs[0] if len(specs) == 1 else specs)
    again = Expression.loads(expression.dumps())
    assert again == expression
    tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
    got = keras.ops.convert_to_numpy(again.run(tensors[0] if len(tensors) == 1 else tensors))
    arrays = [jax.numpy.asarray(x) for x in inputs]
    want = np.asarray(function(arrays[0] if len(arrays) == 1 else arrays))
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_there_are_enough_patterns():
    assert len(PATTERNS) >= 20
