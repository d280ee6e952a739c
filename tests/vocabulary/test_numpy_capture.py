"""NumPy functions captured: the expression computes what NumPy does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from tests.vocabulary import test_numpy_arrays as arrays_module
from tests.vocabulary import test_numpy_elementwise as elementwise_module
from tests.vocabulary import test_numpy_linalg as linalg_module
from tests.vocabulary import test_numpy_reductions as reductions_module
from tests.vocabulary.test_numpy_deviations import DEVIATIONS
from tests.vocabulary.test_numpy_harness import (
    ARRAYS,
    BACKEND,
    Case,
    arrays_of,
    called,
    difference,
    expected,
    flat,
    on_tensors,
)

import lamina
from lamina.vocabulary.numpy import TABLE
from lamina.vocabulary.numpy.ufuncs import UFUNCS

_MODULES = (arrays_module, elementwise_module, linalg_module, reductions_module)
# Their results are numbers and names, not tensors; the last takes a function of NumPy.
_NO_TENSORS = "shape ndim size isscalar iscomplexobj isrealobj result_type apply_over_axes".split()


# Most universal functions are one call; these have rules of their own.
_UNIVERSAL = "add floor rint real reciprocal copysign divmod modf power left_shift less square".split()
_NAMES = {n for n in TABLE if n not in (*_NO_TENSORS, *UFUNCS)} | {*_UNIVERSAL}


def _first_of_each_name() -> list[Case]:
    known = [c for m in _MODULES for c in m.CASES if c.name in _NAMES and arrays_of(c)]
    fit = [c for c in known if (BACKEND, str(c)) not in DEVIATIONS]
    return list({c.name: c for c in reversed(fit)}.values())


@pytest.mark.parametrize("case", _first_of_each_name(), ids=str)
def test_captured(case: Case) -> None:
    arrays = arrays_of(case)
    specs = [keras.KerasTensor(a.shape, str(a.dtype)) for a in arrays]
    expression = lamina.capture(lambda tensors: called(case, tensors), specs)
    got = on_tensors(lambda tensors: expression.run(tensors), arrays)
    want = expected(case)
    assert [d for w, g in zip(flat(want), flat(got), strict=True) for d in difference(w, g)] == []


# These are captured before anything is known of the input, and with a batch of unknown size.
_LAZY = {
    "arithmetic": lambda x: np.add(np.multiply(x, 2.0), np.subtract(1.0, x)),
    "pixels": lambda x: np.divide(x, 127.5) - 1,
    "elementwise": lambda x: np.sqrt(np.maximum(np.exp(x), np.square(x))),
    "rounding": lambda x: np.floor(x) + np.round(x) + np.rint(x),
    "statistics": lambda x: (x - np.mean(x, axis=1, keepdims=True)) / np.std(x, axis=1, keepdims=True),
    "norm": lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True),
    "clip": lambda x: np.clip(x, 0.0, 1.0),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "shapes": lambda x: np.expand_dims(np.transpose(np.reshape(x, (-1, 2, 2)), (0, 2, 1)), (1, -1)),
    "stack": lambda x: np.concatenate([x, np.stack([x, x], axis=1)[:, 0]], axis=-1),
    "methods": lambda x: x.reshape(-1, 2, 2).sum(axis=1).clip(0, 1).astype("float32").mean(-1),
    "constants": lambda x: np.subtract(x, np.array([1.0, 2.0, 3.0, 4.0])) * np.pi,
    "reverse": lambda x: np.flip(x, 1) + np.cumsum(x, axis=1),
    "products": lambda x: np.einsum("ij,kj->ik", x, x) + np.dot(x, np.eye(4, dtype="float32"))[:1, :3],
}


@pytest.mark.parametrize("name", _LAZY)
@pytest.mark.parametrize("spec", [(), (keras.KerasTensor((None, 4)),)], ids=["no-spec", "unknown-batch"])
def test_captured_before_the_shape_is_known(name: str, spec: tuple[Any, ...]) -> None:
    function = _LAZY[name]
    expression = lamina.capture(function, *spec)
    x = ARRAYS["F2"]
    got = keras.ops.convert_to_numpy(expression.run(keras.ops.convert_to_tensor(x)))
    np.testing.assert_allclose(got, function(x), rtol=1e-5, atol=1e-5)
    assert got.dtype == np.float32


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("width", [((1, 2), (0, 0)), ((2, 0), (1, 1)), ((0, 1), (0, 2))], ids=str)
def test_pad_along_an_axis_of_unknown_size(mode: Any, width: Any) -> None:
    expression = lamina.capture(lambda x: np.pad(x, width, mode), keras.KerasTensor((None, 4)))
    x = ARRAYS["F2"]
    got = keras.ops.convert_to_numpy(expression.run(keras.ops.convert_to_tensor(x)))
    np.testing.assert_allclose(got, np.pad(x, width, mode))


def test_masks_are_not_added_as_numbers() -> None:
    expression = lamina.capture(lambda x: np.add(x, x), keras.KerasTensor((2,), "bool"))
    assert [call.op for call in expression.calls] == ["logical_or"]


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: np.unique(x), "np.where"),
        (lambda x: np.where(x > 0), "np.where"),
        (lambda x: np.random.normal(x, 1.0), "keras.random.normal"),
        (lambda x: np.add(x, 1, out=x), "out= is not supported"),
    ],
    ids=["unique", "where", "random", "out"],
)
def test_refusals_reach_the_user(function: Any, text: str) -> None:
    with pytest.raises(lamina.LaminaError, match=text):
        lamina.capture(function, keras.KerasTensor((2, 3)))
