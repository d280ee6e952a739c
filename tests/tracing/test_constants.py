"""Numbers and arrays that a function brings along."""

from __future__ import annotations

import enum

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, assert_same, run, to_numpy

from lamina import capture
from lamina.errors import CaptureError
from lamina.expression.model import Array, Spec
from lamina.expression.runner import constant
from lamina.tracing import capture_with_state

V64 = np.array([1.1, 2.2, 3.3])


class Size(enum.IntEnum):
    SMALL = 2


SCALARS = [
    2,
    2.5,
    True,
    -0.0,
    2**53 + 1,
    np.float32(2.5),
    np.float64(2.5),
    np.int64(3),
    np.int8(3),
    np.bool_(True),
    Size.SMALL,
]


@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
def test_a_number_is_kept_with_its_kind(scalar):
    for function in (lambda x: x * scalar, lambda x: scalar * x):
        argument = next(a for a in capture(function).calls[0].args if not hasattr(a, "index"))
        assert type(argument) in (int, float, bool)
        assert argument == scalar
        assert str(argument) == str(-0.0) if str(scalar) == "-0.0" else True


@pytest.mark.parametrize("scalar", [np.float32(2.5), np.float64(2.5), np.int64(3), 2.5, 3])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_a_number_does_not_change_the_dtype_of_a_tensor(scalar, dtype):
    x = ops.cast(X, dtype)
    for function in (lambda x: x * scalar, lambda x: scalar - x):
        found = capture(function, Spec(X.shape, dtype)).run(x)
        assert keras.backend.standardize_dtype(found.dtype) == dtype


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_float64_array_takes_the_dtype_of_the_tensor_beside_it(dtype, side):
    if dtype == "float64" and keras.backend.backend() == "jax":
        return  # JAX has no float64 by default
    function = (lambda x: x - V64) if side == "right" else (lambda x: V64 - x)
    expression = capture(function, Spec((4, 3), dtype))
    assert expression.inputs.dtype == (None if dtype == "float32" else dtype)
    found = expression.run(ops.cast(X, dtype))
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    tolerance = {"float16": 1e-2, "bfloat16": 1e-1, "float32": 1e-6, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(to_numpy(found), (X - V64) * (1 if side == "right" else -1), atol=tolerance)


def test_a_float64_array_beside_integers_has_the_default_dtype():
    expression = capture(lambda x: x * V64, Spec((3,), "int32"))
    found = expression.run(ops.convert_to_tensor([1, 2, 3]))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"


ARRAYS = [
    np.array([1.5, -0.0, np.inf], "float32"),
    np.array([[1, 2], [3, 2**31 - 1]], "int32"),
    np.array([True, False]),
    np.array([1.5, -2.25], ml_dtypes.bfloat16),
    np.array([1.5, -2.25], "float16"),
    np.array([250, 3], "uint8"),
    np.array([1.0, 2.0], ">f4"),
    np.asfortranarray(np.arange(6, dtype="float32").reshape(2, 3)),
    np.arange(12, dtype="float32").reshape(3, 4)[:, ::2],
    np.float32(1.5) * np.ones((), "float32"),
    np.zeros((0, 3), "float32"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_a_small_array_is_a_literal_exact_to_the_bit(array):
    expression = capture(lambda x: ops.cast(array, "float32") + ops.sum(x) * 0)
    literal = expression.calls[0].args[0] if expression.calls[0].op == "cast" else None
    expected = np.asarray(array)
    if isinstance(literal, Array):
        assert constant(literal).dtype.name == expected.dtype.name
        assert constant(literal).tolist() == expected.tolist()
    found = run(expression, X)
    np.testing.assert_array_equal(to_numpy(found), expected.astype("float32"))


def test_an_array_times_a_tensor_is_left_to_the_tensor():
    array = np.array([1.0, 2.0, 3.0], "float32")
    for function in (lambda x: array * x, lambda x: array - x, lambda x: array / (x + 1), lambda x: array**x):
        assert_same(
            run(capture(function), X), ops.convert_to_tensor(np.asarray(function(X), "float32")), 1e-5
        )
    assert run(capture(lambda x: array > x), X).shape == X.shape


def test_a_large_array_becomes_a_slot_and_is_kept_once():
    large = np.random.rand(400, 3)
    captured = capture_with_state(lambda x: (x - large) * large + np.float32(1) * x, (400, 3))
    assert [(slot.kind, slot.spec) for slot in captured.expression.state] == [
        ("constant", Spec((400, 3), "float32"))
    ]
    kept = captured.objects["constant"]
    x = np.ones((400, 3), "float32")
    found = captured.expression.run(ops.convert_to_tensor(x), {"constant": ops.convert_to_tensor(kept)})
    np.testing.assert_allclose(to_numpy(found), (x - large) * large + x, rtol=1e-5)


def test_the_limit_between_literal_and_slot():
    for count, kinds in ((256, []), (257, ["constant"])):
        array = np.ones(count, "float32")
        assert [slot.kind for slot in capture(lambda x: x + array).state] == kinds


def test_large_constants_that_differ_between_captures_are_found():
    with pytest.raises(CaptureError, match=r"not deterministic.*constant"):
        capture(lambda x: x + _noise(), (400, 3))


def _noise():
    return _generator.normal(size=(400, 3)).astype("float32")


_generator = np.random.RandomState(0)


def test_backend_tensors_are_constants():
    tensor = ops.convert_to_tensor([1.0, 2.0, 3.0])
    expression = capture(lambda x: x * tensor)
    assert isinstance(expression.calls[0].args[1], Array)
    assert_same(run(expression, X), ops.convert_to_tensor(X * np.array([1, 2, 3], "float32")))


def test_lists_of_numbers_and_tensors_become_tensors_where_the_operation_takes_them():
    expression = capture(
        lambda x: ops.stack([ops.sum(x), 2.0, ops.max(x)]) + ops.convert_to_tensor([1.0, 2.0, 3.0])
    )
    expected = np.array([X.sum() + 1, 4.0, X.max() + 3], "float32")
    assert_same(run(expression, X), ops.convert_to_tensor(expected))


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([object()]), {1: 2.0}, object()], ids=str)
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(CaptureError):
        capture(lambda x: ops.add(x, bad))


@pytest.mark.parametrize(
    "dtype", ["float16", np.float16, np.dtype("float16"), float, int, bool, "bfloat16", ml_dtypes.bfloat16]
)
def test_a_dtype_is_named_in_any_way(dtype):
    expected = {float: "float32", int: "int32", bool: "bool", ml_dtypes.bfloat16: "bfloat16"}.get(dtype)
    expected = expected or np.dtype(dtype).name
    assert capture(lambda x: ops.cast(x, dtype)).calls[0].kwargs == (("dtype", expected),)
