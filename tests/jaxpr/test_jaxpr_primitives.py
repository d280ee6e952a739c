"""Each primitive of lax that is lowered, against JAX itself, on every backend."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import jax
import keras
import numpy as np
import pytest
from tests.vocabulary.conformance import FULL
from tests.vocabulary.conformance import run as run_expression

import lamina
from lamina.expression.model import Expression
from lamina.jaxpr import entry
from lamina.jaxpr.lowering import Lowering
from lamina.jaxpr.table import TABLE
from lamina.tracing.api import capture_with_state
from lamina.vocabulary.dispatch import active

sys.path.insert(0, str(Path(__file__).parent))
from primitive_cases import CASES, FIXED, X

BACKEND = keras.backend.backend()
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")
# Names of other versions of JAX for primitives that are tested under their name of now.
RENAMED = {
    "call", "checkpoint", "closed_call", "copy_p", "core_call", "core_closed_call", "pjit", "remat", "remat2",
    "pvary", "sharding_constraint", "scatter-add", "scatter-max", "scatter-min", "scatter-mul", "scatter_add",
    "scatter_mul", "scatter_max", "scatter_min",
}  # fmt: skip
# Met only inside of other functions of JAX, or on values that are known.
SELDOM = {
    "copy",
    "device_put",
    "le_to",
    "shift_right_logical",
    "custom_linear_solve",
    "add_any",
    "split",
    "erfc",
}


def lowered(function):
    """A function that lowers another one; capture takes it for lamina's own, and does not look inside."""

    @functools.wraps(function, assigned=())
    def call(*tensors):
        return entry.lower_call(active(), function, tensors, {})

    call.__module__ = "lamina.jaxpr"
    return call


def captured(function, arrays, unknown):
    shapes = [(None, *a.shape[1:]) if unknown else a.shape for a in arrays]
    specs = [keras.KerasTensor(s, dtype=a.dtype.name) for s, a in zip(shapes, arrays, strict=True)]
    return capture_with_state(lowered(function), *specs)


def run(result, arrays):
    state = {name: keras.ops.convert_to_tensor(value) for name, value in result.objects.items()}
    expression = Expression.loads(result.expression.dumps())
    return run_expression(expression, [keras.ops.convert_to_tensor(a) for a in arrays], state)


def assert_same(found, expected):
    found, expected = jax.tree.leaves(found), jax.tree.leaves(expected)
    assert len(found) == len(expected)
    for one, other in zip(found, map(np.asarray, expected), strict=True):
        dtype = keras.backend.standardize_dtype(one.dtype)
        one = np.asarray(keras.ops.convert_to_numpy(one))
        assert (one.shape, dtype) == (other.shape, other.dtype.name)
        narrow = dtype == "float16"
        np.testing.assert_allclose(one, other, rtol=1e-2 if narrow else 1e-5, atol=1e-2 if narrow else 2e-5)


def chosen():
    """With the first size unknown, and all sizes known where that makes a difference or all is asked for."""
    for name in CASES:
        for unknown in (True, False):
            if unknown != (name in FIXED) or (FULL and not unknown):
                yield pytest.param(name, unknown, id=f"{name}-{'batch' if unknown else 'fixed'}")


@pytest.mark.parametrize(("name", "unknown"), list(chosen()))
def test_equals_jax(name, unknown):
    function, *arrays = CASES[name]
    expected = (function if FULL else jax.jit(function))(*map(jax.numpy.asarray, arrays))
    assert_same(run(captured(function, arrays, unknown), arrays), expected)


@pytest.mark.backend_free
def test_every_primitive_of_the_table_has_a_case(monkeypatch):
    met = set()
    original = Lowering._equation

    def noting(self, eqn, values):
        met.add(str(eqn.primitive.name))
        return original(self, eqn, values)

    monkeypatch.setattr(Lowering, "_equation", noting)
    for function, *arrays in CASES.values():
        captured(function, arrays, False)
    assert set(TABLE) - met - RENAMED - SELDOM == set()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_batch_of_any_size_runs(size):
    def function(x):
        return jax.nn.softmax(x.reshape(x.shape[0], -1)) * x.shape[0], jax.numpy.mean(x, 0)

    result = captured(function, [X], False)
    assert result.expression.input_specs[0].shape == (None, 6)
    x = np.resize(X, (size, 6))
    assert_same(run(result, [x]), function(jax.numpy.asarray(x)))


def test_a_size_that_must_be_known_becomes_a_guard():
    result = captured(lambda x: x + jax.numpy.ones((4, 6)), [X], False)
    assert result.expression.input_specs[0].shape == (4, 6)
    with pytest.raises(lamina.LaminaError, match="when JAX traced it"):
        captured(lambda x: x + jax.numpy.ones((4, 6)), [X], True)


def test_an_unknown_primitive_is_named_with_the_line():
    def function(x):
        return jax.scipy.special.betainc(1.0, 2.0, x)

    with pytest.raises(
        lamina.LaminaError, match=r"'regularized_incomplete_beta' at .*test_jaxpr_primitives.*no counterpart"
    ):
        captured(function, [X], True)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: jax.debug.print("{}", x) or x, "effect"),
        (lambda x: x if x.sum() > 0 else -x, "TracerBoolConversionError"),
        (lambda x: jax.random.normal(jax.random.key(0), x.shape), "random"),
        (lambda x: jax.numpy.nonzero(x), "ConcretizationTypeError|concrete"),
        (lambda x: jax.pure_callback(lambda v: v, x, x), "pure_callback|effect"),
    ],
)
def test_what_cannot_be_lowered_is_refused(function, reason):
    with pytest.raises(lamina.LaminaError, match=reason):
        captured(function, [X], True)


def test_large_constants_become_weights_and_small_ones_literals():
    matrix = jax.numpy.asarray(np.random.default_rng(1).normal(size=(6, 100)).astype("float32"))
    result = captured(lambda x: x @ matrix + jax.numpy.arange(100.0), [X], True)
    assert [slot.kind for slot in result.expression.state] == ["constant"]
    assert_same(run(result, [X]), X @ np.asarray(matrix) + np.arange(100, dtype="float32"))


def test_broadcasts_are_left_to_the_operations():
    expression = captured(jax.nn.softmax, [X], True).expression
    assert "broadcast_to" not in {call.op for call in expression.calls}
