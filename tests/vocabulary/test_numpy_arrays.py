"""Creation, shapes, padding and numerics against NumPy's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.vocabulary.test_numpy_deviations import DEVIATIONS
from tests.vocabulary.test_numpy_harness import (
    B1,
    B2,
    BACKEND,
    E1,
    F0,
    F1,
    F2,
    F3,
    I0,
    I1,
    I2,
    C,
    Case,
    Const,
    cases,
    check,
)  # fmt: skip

from lamina.errors import CaptureError
from lamina.vocabulary.numpy import TABLE
from lamina.vocabulary.numpy.creation import CONSTANTS, DTYPES

CREATION = {
    "array asarray asanyarray ascontiguousarray asarray_chkfinite": [C(F2), C([F1, E1]), C(I2, np.float32),
            C(F2, "int32")],
    "array": [C(F1, ndmin=3), C([[F0, 1.0], [2.0, F0]]), C(F2, dtype=bool)],
    "astype": [C(F2, np.int32), C(I2, float), C(F2, bool)],
    "zeros_like ones_like": [C(F2), C(I2), C(B2, np.float32), C(F2, shape=(2, 2))],
    "full_like": [C(F2, 2), C(I2, 2.7), C(F2, 1, dtype=np.int32), C(F2, F1), C(F2, 3, shape=(2,))],
    "zeros ones": [C((2, 3)), C(3, np.int32)],
    "full": [C((2, 3), F0), C((3, 4), F1), C(2, I0), C((2,), F0, np.int32)],
    "arange": [C(4), C(1, 6, 2), C(0.0, 1.0, 0.25), C(3, dtype=np.float32)],
    "linspace": [C(F0, 3.0, 5), C(F1, E1, 3), C(0, F0, 4, endpoint=False), C(F0, 9.0, 5, retstep=True),
                 C(np.float32(0), np.float32(9), 4, dtype=np.int32), C(F1, 1.0, 3, axis=-1), C(I0, 3, 5)],
    "logspace": [C(np.float32(0.5), 2.0, 4), C(np.float32(0), 3.0, 4, base=2.0),
                 C(np.float32(0), 2.0, 4, False)],
    "geomspace": [C(np.float32(1), 100.0, 4), C(np.float32(2), 32.0, 5, endpoint=False)],
    "eye": [C(3), C(2, 4, 1, np.int32), C(3, 4), C(4, 2, -1)],
    "identity": [C(3), C(2, np.int32)],
    "tri": [C(3), C(3, 4, 1, np.int32)],
    "copy": [C(F2), C(I2)],
}  # fmt: skip

_SPLITS = [C(F3, 2, axis=2), C(F2, [1, 2], axis=1), C(I2, 3)]
SHAPING = {
    "reshape": [C(F2, (2, 6)), C(F3, -1), C(F2, (4, -1), order="F"), C(I2, [6, 2]), C(F0, (1, 1))],
    "ravel": [C(F2), C(F3, "F"), C(F0)],
    "transpose permute_dims": [C(F2), C(F3, (2, 0, 1)), C(F3), C(F1), C(F3, axes=[1, 0, 2])],
    "matrix_transpose linalg.matrix_transpose": [C(F3), C(F2)],
    "swapaxes": [C(F3, 0, -1)],
    "moveaxis": [C(F3, 0, -1), C(F3, [0, 1], [-1, 0])],
    "rollaxis": [C(F3, 2), C(F3, 0, 2), C(F3, -1, 1), C(F3, 0, 3)],
    "expand_dims": [C(F2, 0), C(F2, (0, -1)), C(F1, -1), C(F2, [1, 3])],
    "squeeze": [C(F2[None]), C(F2[None, :, None], axis=0), C(F2[None, :, None], (0, 2)), C(F2)],
    "broadcast_to": [C(F1, (3, 4)), C(F0, (2,))],
    "broadcast_arrays": [C(F1, F2), C(F2[:, :1], F1)],
    "atleast_1d atleast_2d atleast_3d": [C(F0), C(F1), C(F2), C(F3), C(F0, F2)],
    "concatenate concat": [C([F2, F2]), C((F2, I2), axis=1), C([F2, F1], axis=None), C(F3, axis=1),
                           C([I1, [1, 2]]),
                           C([I1, I1], dtype=np.float32)],
    "stack": [C([F1, E1]), C([F2, F2, F2], axis=-1), C((F1, I1), 1), C([I1, I1], dtype=np.float32)],
    "hstack vstack dstack column_stack row_stack": [C([F1, E1]), C([F2, F2])],
    "block": [C([[F2, F2], [F2, F2]]), C([F1, E1]), C([[F2], [F1]]), C(F2)],
    "append": [C(F2, F2, axis=0), C(F2, F1), C(I1, [1, 2])],
    "split array_split": _SPLITS,
    "array_split": [C(F1, 3), C(F3, 3, 2)],
    "hsplit": [C(F2, 2), C(F1, [1]), C(F3, 3)],
    "vsplit": [C(F2, 3), C(F2, [1])],
    "dsplit": [C(F3, 2)],
    "unstack": [C(F2), C(F3, axis=1)],
    "tile": [C(F1, 2), C(F2, (2, 1)), C(F1, (2, 2)), C(F3, (2,)), C(F0, 3)],
    "repeat": [C(F2, 2), C(F2, 3, axis=0), C(F1, [1, 2, 0, 1]), C(F2, [2, 1, 1], axis=0)],
    "resize": [C(F1, (2, 3)), C(F2, 5)],
    "delete": [C(F2, 1, axis=1), C(F2, [0, 2], 0), C(F1, slice(0, 2)), C(F2, -1)],
    "insert": [C(F1, 1, 9.0), C(F2, 1, F1, axis=0), C(F2, 2, [[1.0], [2.0], [3.0]], axis=1), C(F2, 0, 5),
               C(F2, 1, [1.0, 2.0, 3.0], axis=1)],
    "flip": [C(F2), C(F2, 0), C(F3, (0, -1))],
    "flipud fliplr": [C(F2), C(F3)],
    "rot90": [C(F2), C(F3, 2), C(F3, -1, (1, 2))],
    "roll": [C(F2, 1), C(F2, -2, axis=1), C(F3, (1, -1), axis=(0, 2)), C(F2, 1, (0, 1)), C(F1, 7)],
    "diag": [C(F1), C(F2), C(F2, 1), C(F1, -1)],
    "diagflat": [C(F1), C(F2, 1)],
    "diagonal": [C(F2), C(F3, 1, 1, 2), C(F3)],
    "tril triu": [C(F2), C(F3, 1), C(I2, -1)],
    "vander": [C(F1), C(I1, 3), C(F1, increasing=True)],
    "meshgrid": [C(F1, I1), C(F1, E1[:3], indexing="ij"), C(F1, E1[:3], sparse=True), C(F1, E1[:3], I1[:2])],
    "diff": [C(F2), C(I2, axis=0), C(F2, 2), C(B2), C(F1, prepend=0), C(F2, append=F2[:, :1]),
             C(F2, axis=0, prepend=1.5)],
    "ediff1d": [C(F2), C(F1, to_end=[9.0], to_begin=F0)],
}  # fmt: skip

_WIDTHS = ((1, 2), (3, 0))
_MODES = "edge reflect symmetric wrap maximum minimum mean median linear_ramp".split()
PADDING = {
    "pad": [
        C(F2, 1), C(F2, _WIDTHS), C(F1, (2, 1)), C(I2, 1, constant_values=5),
        C(F2, _WIDTHS, constant_values=(1, 2)),
        C(F2, 1, "constant", constant_values=((1, 2), (3, 4))), C(B1, 1), C(F2, {1: (1, 2)}),
        *(C(F2, _WIDTHS, mode) for mode in _MODES),
        C(F1, (7, 9), "reflect"), C(F1, (9, 5), mode="symmetric"), C(F3, 1, "edge"), C(I2, 2, "mean"),
        C(I2, 1, "median"),
        C(F2, _WIDTHS, "mean", stat_length=2), C(F2, 2, "linear_ramp", end_values=((1, 2), (3, 4))),
        C(I2, 3, "linear_ramp"),
    ],
}  # fmt: skip

_CONVOLVED = [
    *(C(a, v, m) for a, v in ((F1, E1), (E1[:2], F1)) for m in ("full", "same", "valid")),
    C(F1, E1[:3], "same"),
]
NUMERICS = {
    "interp": [C(F2, E1, F1), C(F1, E1, I1, left=9.0, right=-9.0), C(F0, Const(E1), Const(F1)),
               C(F2, E1, F1, period=2.0),
               C(E1, E1, F1), C(I1, [1.0], [2.0])],
    "gradient": [C(F1), C(F2), C(F2, axis=1), C(F2, 2.0, 0.5), C(F1, 0.1, edge_order=2),
                 C(F3, axis=(0, 2)), C(I1)],
    "trapezoid": [C(F2), C(F2, axis=0), C(F2, E1), C(F1, dx=0.5)],
    "trapz": [C(F2)],
    "convolve": [*_CONVOLVED, C(I1, [1, 2])],
    "correlate": [*_CONVOLVED, C(F1, E1)],
    "unwrap": [C(F2 * 4), C(np.array([0, 3, 7, -5, 1], np.float32)), C(F2 * 5, axis=0),
               C(F1 * 4, period=4.0)],
    "polyval": [C([1.0, -2.0, 0.5], F2), C(F1, F0), C(F1, E1), C([2, 1], I1)],
    "ptp": [C(F1)],
}  # fmt: skip

_NONE = np.zeros((0, 4), np.float32)
_EMPTY = {
    "zeros_like": [C(_NONE)],
    "concatenate": [C([_NONE, F2])],
    "sum": [C(_NONE, axis=0)],
    "reshape": [C(_NONE, (4, 0))],
}

CASES = [c for t in (CREATION, SHAPING, PADDING, NUMERICS, _EMPTY) for c in cases(t)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_numpy(case: Case) -> None:
    check(case, DEVIATIONS)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
@pytest.mark.parametrize("name", DTYPES)
def test_dtypes_cast_and_name(name: str) -> None:
    tensor = keras.ops.convert_to_tensor(abs(I1))
    wide = {"float": "float32", "int": "int32", "complex": "complex64"}.get(
        str(DTYPES[name]), str(DTYPES[name])
    )
    if BACKEND == "jax":
        # JAX has no 64-bit types unless it is started with them.
        wide = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}.get(
            wide, wide
        )
    if BACKEND == "torch" and wide == "uint64":
        with pytest.raises(ValueError, match="Unsupported dtype for PyTorch: uint64"):
            DTYPES[name](tensor)
        return
    if BACKEND == "torch":
        # Keras has no unsigned types beyond uint8 on PyTorch.
        wide = {"uint16": "int32", "uint32": "int64"}.get(wide, wide)
    result = DTYPES[name](tensor)
    assert keras.backend.standardize_dtype(result.dtype) == wide
    real = getattr(np, name, None)
    if isinstance(real, type) and issubclass(real, np.generic):
        assert np.dtype(real).name == str(DTYPES[name])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(result), abs(I1).astype(wide))


@pytest.mark.parametrize("name", sorted(CONSTANTS.keys() - {"s_", "index_exp"}))
def test_constants(name: str) -> None:
    old = {"Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "PINF": np.inf, "NINF": -np.inf, "NaN": np.nan,
           "NAN": np.nan, "PZERO": 0.0, "NZERO": -0.0}  # fmt: skip
    want = getattr(np, name) if hasattr(np, name) else old[name]
    assert want is CONSTANTS[name] or np.array_equal(want, CONSTANTS[name], equal_nan=True)


@pytest.mark.parametrize("name", ["s_", "index_exp"])
def test_keys_as_values(name: str) -> None:
    want, found = getattr(np, name), CONSTANTS[name]
    assert (found[1], found[1:2], found[..., None]) == (want[1], want[1:2], want[..., None])


@pytest.mark.parametrize("name", ["empty", "empty_like"])
def test_empty_has_shape_and_type(name: str) -> None:
    argument = (2, 3) if name == "empty" else keras.ops.convert_to_tensor(np.zeros((2, 3), np.float32))
    result = TABLE[name](argument)
    assert tuple(result.shape) == (2, 3)
    assert keras.backend.standardize_dtype(result.dtype) == "float32"


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("pad", (F1, 1, "other"), "mode='other' is not one of"),
        ("pad", (F1, 1, print), "mode is a function"),
        ("split", (F1, 3), "no 3 equal parts"),
        ("repeat", (F1, I1), "the size of the result would depend on data"),
        ("concatenate", ([F1, F1], 0, F1), "out= is not supported"),
        ("insert", (F1, [1], 2.0), "before one place"),
        ("gradient", (F1, F1), "one number per axis"),
        ("convolve", (F2, F1), "takes vectors"),
        ("reshape", (F1, (2, 2), "Z"), "order='Z'"),
    ],
)
def test_refusals_give_advice(name: str, args: tuple[object, ...], text: str) -> None:
    tensors = [keras.ops.convert_to_tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    with pytest.raises(CaptureError, match=f"numpy.{name}: .*{text}"):
        TABLE[name](*tensors)
