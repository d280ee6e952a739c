"""Reductions, statistics and selection against NumPy's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.vocabulary.test_numpy_deviations import DEVIATIONS
from tests.vocabulary.test_numpy_harness import (
    B0,
    B1,
    B2,
    B3,
    BACKEND,
    D2,
    E1,
    F0,
    F1,
    F2,
    F3,
    I1,
    I2,
    I3,
    N1,
    N2,
    X1,
    C,
    Case,
    Const,
    cases,
    check,
)  # fmt: skip

from lamina.errors import CaptureError
from lamina.vocabulary.numpy import TABLE

_ANY = [
    C(F2),
    C(I3, axis=1),
    C(B2, 0),
    C(F1, keepdims=True),
    C(F0),
    C(F3, axis=(0, -1)),
    C(F3, (0, 2), keepdims=True),
]
_ONE = [C(F2), C(I3, axis=1), C(B2, 0), C(F1), C(F3, -1)]
_CONTINUOUS = ["hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf"]
_METHODS = [C(F2, 0.3, axis=1, method=m) for m in ["lower", "higher", "midpoint", "nearest", *_CONTINUOUS]]

REDUCTIONS = {
    "sum mean prod max min any all": _ANY,
    "product amax amin alltrue sometrue": [C(F2, axis=1), C(I3, 0)],
    "max min": [C(F2, 1, initial=0.5), C(N2, axis=1), C(X1)],
    "sum mean prod": [C(F2, 0, "float16"), C(I2, dtype=np.float32), C(N2, axis=0), C(B2, dtype="int32")],
    "ptp": [C(F2), C(I3, axis=1), C(F3, (0, 2), keepdims=True)],
    "argmax argmin": [*_ONE, C(F3, axis=1, keepdims=True), C(F2, keepdims=True), C(D2, 1)],
    "cumsum cumprod": [*_ONE, C(I2, 1, np.float32), C(B2, 1)],
    "cumproduct": [C(F2, 1)],
    "cumulative_sum cumulative_prod": [C(F1), C(F2, axis=1, include_initial=True)],
    "std var": [*(c for c in _ANY if c[0][0] is not B2), C(F2, ddof=1),
                C(F3, axis=(0, 1), ddof=1, keepdims=True), C(F2, axis=1, correction=1)],
    "nanstd nanvar": [C(N2), C(N2, axis=1, ddof=1), C(I2, 0), C(N2, axis=0, keepdims=True)],
    "nansum nanmean nanprod nanmax nanmin": [C(N2), C(N2, axis=1), C(N2, axis=0, keepdims=True), C(I2, 0),
            C(B2)],
    "nanargmax nanargmin nanmedian nancumsum nancumprod": [C(N2), C(N2, axis=1), C(I2, axis=0)],
    "median": [C(F2), C(I2, axis=0), C(F3, axis=(0, 2)), C(F2, axis=1, keepdims=True), C(D2, 1)],
    "quantile": [C(F2, 0.3), C(I2, 0.5, axis=0), C(F2, [0.1, 0.9], axis=1, keepdims=True),
                 C(F3, 0.2, axis=(0, 1)),
                 *_METHODS, C(F3, [0.2, 0.7], axis=(0, 1), method="hazen", keepdims=True)],
    "percentile": [C(F2, 30), C(F2, [10, 50], axis=1), C(I2, 75, axis=0),
                   C(F2, 40.0, axis=0, method="weibull")],
    "nanquantile": [C(N2, 0.3), C(N2, 0.5, axis=1)],
    "nanpercentile": [C(N2, 30), C(N2, 50, axis=1)],
    "average": [C(F2), C(I2, axis=1), C(F2, weights=abs(F2)), C(F2, axis=1, weights=abs(F1), returned=True),
                C(F2, 0, returned=True), C(F2, axis=1, weights=[1, 2, 3, 4], keepdims=True),
                C(F3, axis=(2, 0), weights=abs(F3[:, 0]).T.copy())],
    "count_nonzero": [C(D2), C(D2, axis=1), C(B3, axis=(0, 1), keepdims=True), C(F2)],
    "cov": [C(F2), C(F1), C(F2, rowvar=False), C(F2, bias=True), C(F1, F1[::-1].copy()), C(I2, ddof=0)],
    "corrcoef": [C(F2), C(F1), C(F2, rowvar=False), C(F1, F1[::-1].copy())],
    "histogram": [C(F2, 5), C(F2, 4, (-2.0, 2.0)), C(F3, E1), C(I2, 3), C(F2, 5, density=True),
                  C(F1, 3, weights=E1)],
    "histogram_bin_edges": [C(F2, 5), C(F2, 4, (-2.0, 2.0))],
}  # fmt: skip

SELECTION = {
    "where": [C(B2, F2, 0.0), C(B1, F2, I2), C(I2, F2, F1), C(B3, 1, 0), C(B2, I2, 1.5),
              C(B0, F1, Const(np.zeros(4)))],
    "clip": [C(F2, -1, 1), C(F2, None, 1.0), C(F2, 0.0, None), C(I2, -2, 2), C(F2, a_min=F1, a_max=3),
             C(F2, min=0, max=1),
             C(I2, 0.5, 2.5), C(F2, -1, [0, 1, 2, 3])],
    "select": [C([B2, F2 > 0], [F2, -F2], 7.0), C([B1, B1], [I1, F1]), C([B2], [I2])],
    "piecewise": [C(F2, [F2 < 0, F2 > 1], [-1, lambda x: x * 2, 0.5]), C(F1, [F1 > 0], [lambda x: x]),
                  C(I1, I1 > 0, [1, -1])],
    "choose": [C(np.array([0, 1, 1, 0]), [F1, I1]), C(np.array([0, 5, -1, 1]), [F1, E1], mode="clip"),
               C(np.array([0, 3, -1, 1]), [F1, E1, E1], mode="wrap")],
    "take": [C(F2, [0, 2]), C(F2, np.array([[0, 1], [2, -1]]), axis=1), C(F3, 1, axis=1),
             C(F2, [5, -7], axis=1, mode="clip"), C(F2, [5, -7], axis=1, mode="wrap")],
    "take_along_axis": [C(F2, np.argsort(F2), -1), C(F2, np.array([[0, 2, 1, 0]]), axis=0),
                        C(F2, np.array([3, 1]), None)],
    "compress": [C(Const(np.array([True, False, True, False])), F2, axis=1), C([0, 1, 1], F1)],
    "sort": [C(F2), C(I3, axis=1), C(F2, axis=None), C(D2, axis=0), C(N1), C(F2, kind="stable")],
    "argsort": [C(F2), C(F3, axis=1), C(F2, axis=None, kind="stable"), C(D2, 1, stable=True), C(N1)],
    "partition": [C(np.array([3, 1, 2], np.float32), (0, 1, 2)), C(F2, [0, 1, 2], axis=0)],
    "argpartition": [C(np.array([3, 1, 2], np.float32), (0, 1, 2)), C(F2, [0, 1, 2], axis=0)],
    "searchsorted": [C(E1, F2), C(E1, F2, side="right"), C(E1, 0.25), C(Const(E1), I2),
                     C(E1[::-1].copy(), F1, sorter=np.array([3, 2, 1, 0]))],
    "digitize": [C(F2, E1), C(F2, E1, right=True), C(F2, Const(E1[::-1].copy())), C(I1, [0, 1, 4])],
    "isin": [C(I2, [1, 2, -3]), C(I2, I1, invert=True), C(F2, F1)],
    "in1d": [C(I2, [1, 2, -3])],
    "array_equal": [C(F2, F2), C(F2, F1), C(F2, F2 + 1), C(N1, N1, equal_nan=True), C(N1, N1)],
    "array_equiv": [C(F2, F2), C(F2, E1), C(F2, np.ones(3)), C(np.ones((3, 4)), np.ones(4))],
    "isclose allclose": [C(F2, F2 + 1e-7), C(F1, E1, rtol=0.5), C(N1, N1, equal_nan=True), C(I2, I2)],
    "iscomplex isreal iscomplexobj isrealobj": [C(F2), C(I1)],
    "isneginf isposinf": [C(X1), C(I1)],
    "isscalar": [C(F0)],
    "nan_to_num": [C(N2), C(X1), C(X1, nan=1.5, posinf=9.0, neginf=-9.0), C(I2)],
    "round around round_": [C(F2), C(F2, 1), C(I2), C(np.array([0.5, 1.5, 2.5, -0.5], np.float32)), C(B2),
                            C(I2, -1),
                            C(np.array([15, 25, 149], np.int32), decimals=-1), C(F2 * 100, -1)],
    "angle": [C(F2), C(I1, deg=True), C(F1, True)],
    "i0 sinc": [C(F2), C(I1), C(F0)],
    "apply_over_axes": [C(np.sum, F3, [0, 2])],
    "shape ndim size": [C(F3), C(F0)],
    "size": [C(F3, 1)],
    "result_type": [C(F2, I2), C(I2, I2), C(B1, I1)],
    "unravel_index": [C(D2, (3, 4))],
    "ravel_multi_index": [C((D2 % 3, D2 % 4), (3, 4)),
                          C((I2 % 3, I2), (3, 4), "clip")],
}  # fmt: skip
CASES = [*cases(REDUCTIONS), *cases(SELECTION)]


@pytest.mark.parametrize("case", [c for c in CASES if c.name != "apply_over_axes"], ids=str)
def test_against_numpy(case: Case) -> None:
    check(case, DEVIATIONS)


def test_apply_over_axes() -> None:
    result = TABLE["apply_over_axes"](TABLE["sum"], keras.ops.convert_to_tensor(F3), [0, 2])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(result), np.apply_over_axes(np.sum, F3, [0, 2]), 1e-5
    )


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("where", (B1,), "depends on data.*np.where"),
        ("quantile", (F1, 0.5, None, None, False, "closest_observation"), "method='closest_observation'"),
        ("histogram", (F1, "auto"), "number of bins would depend"),
        ("average", (F2, None, F1), "weights of shape"),
        ("compress", (B1, F1), "the shape would depend on data"),
        ("take", (F1, I1, 0, None, "other"), "mode='other' is not one of raise, wrap, clip"),
        ("std", (F1, None, None, F1), "out= is not supported; tensors are not written into"),
    ],
)
def test_refusals_give_advice(name: str, args: tuple[object, ...], text: str) -> None:
    args = tuple(keras.ops.convert_to_tensor(a) if isinstance(a, np.ndarray) else a for a in args)
    with pytest.raises(CaptureError, match=f"numpy.{name}.*{text}"):
        TABLE[name](*args)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "any"])
@pytest.mark.parametrize("argument", [{"where": [True]}, {"out": 0}, {"nothing": 1}])
def test_reductions_refuse_by_name(name: str, argument: dict[str, object]) -> None:
    (given,) = argument
    with pytest.raises(CaptureError, match=f"numpy.{name}: .*{given}"):
        TABLE[name](keras.ops.ones(3), **argument)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
def test_float64_asked_for_by_name() -> None:
    result = TABLE["mean"](keras.ops.convert_to_tensor(I2), dtype=np.float64)
    # JAX has no 64-bit types unless it is started with them.
    assert keras.backend.standardize_dtype(result.dtype) == ("float32" if BACKEND == "jax" else "float64")
