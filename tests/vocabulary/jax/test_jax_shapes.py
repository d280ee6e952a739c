"""Functions of JAX on shapes with 0, 1 and unknown sizes."""

from __future__ import annotations

import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from tests.vocabulary.conformance import BACKEND, Case

pytest.importorskip("jax")
sys.path.insert(0, str(Path(__file__).parent))
from jax_oracle import JAX

# Each new shape is compiled by JAX, on both sides under its own backend.
EXAMPLES = hypothesis.settings(
    max_examples=4 if BACKEND == "jax" else 6, deadline=None, derandomize=True, database=None
)
SHAPES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)
DTYPES = st.sampled_from(["float32", "int32", "bool", "bfloat16"])


def array(shape, dtype, seed):
    import ml_dtypes

    values = np.random.RandomState(seed).randint(-3, 4, size=shape)
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    return (values / 2 if "float" in dtype else values).astype(kind)


@pytest.mark.parametrize("name", "add multiply maximum divide where less".split())
@EXAMPLES
@hypothesis.given(
    shape=SHAPES, ones=st.lists(st.booleans(), min_size=3, max_size=3), left=DTYPES, right=DTYPES
)
def test_elementwise(name, shape, ones, left, right):
    other = tuple(1 if one else n for n, one in zip(shape, ones, strict=False))
    x, y = array(shape, left, 1), array(other, right, 2)
    args = (array(shape, "bool", 3), x, y) if name == "where" else (x, y)
    JAX.check(Case(f"numpy.{name}", args), unknown=False)


@pytest.mark.parametrize("name", "sum mean any cumsum nn.relu exp".split())
@EXAMPLES
@hypothesis.given(shape=SHAPES, axis=st.integers(-1, 0), dtype=DTYPES)
def test_along_an_axis(name, shape, axis, dtype):
    hypothesis.assume(name != "mean" or shape[axis])  # the mean of nothing is a warning
    full = name if "." in name else f"numpy.{name}"
    options = {} if name in ("exp", "nn.relu") else {"axis": axis}
    hypothesis.assume(not (name == "nn.relu" and dtype == "bool"))
    JAX.check(Case(full, (array(shape, dtype, 1),), options))


@pytest.mark.parametrize("name", "max argmax sort std nn.logsumexp nn.standardize".split())
@EXAMPLES
@hypothesis.given(shape=st.lists(st.integers(1, 3), min_size=2, max_size=3).map(tuple), dtype=DTYPES)
def test_first_size_unknown(name, shape, dtype):
    hypothesis.assume(dtype != "bool")
    full = name if "." in name else f"numpy.{name}"
    JAX.check(Case(full, (array(shape, dtype, 1),), {"axis": -1}, tolerance=1e-4), unknown=True)
