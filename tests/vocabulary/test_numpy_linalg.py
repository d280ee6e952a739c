"""Products, `numpy.linalg` and `numpy.fft` against NumPy's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.vocabulary.test_numpy_deviations import DEVIATIONS
from tests.vocabulary.test_numpy_harness import (
    B1,
    B2,
    C2,
    E1,
    F0,
    F1,
    F2,
    F3,
    H2,
    I1,
    I2,
    S2,
    S3,
    C,
    Case,
    Const,
    cases,
    check,
)  # fmt: skip

from lamina.errors import CaptureError
from lamina.vocabulary.numpy import TABLE

PRODUCTS = {
    "dot": [C(F1, E1), C(F2, F1), C(F2, F2.T), C(F3, F1), C(F0, F2), C(I2, I1), C(F3, F2.T),
            C(F2, Const(I1))],
    "vdot": [C(F1, E1), C(F2, F2), C(I1, I1)],
    "inner": [C(F1, E1), C(F2, F2), C(F2, F1), C(I2, I2), C(F1, F0)],
    "outer": [C(F1, E1), C(F2, F1), C(I1, I1), C(F0, F1)],
    "kron": [C(F1, E1), C(F2, F2), C(I2, I1), C(B2, B1)],
    "tensordot linalg.tensordot": [C(F3, F2, axes=([2], [1])), C(F2, F2.T, axes=1), C(F2, F2),
                                   C(I2, I2, axes=((0, 1), (0, 1)))],
    "einsum": [C("ij,kj->ik", F2, F2), C("ii", S2), C("bij,bjk->bik", S3, S3), C("...j,j", F3, F1),
               C("ij->j", F2),
               C(F2, [0, 1], F2, [2, 1], [0, 2]), C(F2, [0, 1], F1, [1]), C("ij,j->i", I2, I1),
               C("ij,ij->", F2, F2, optimize=True)],
    "cross linalg.cross": [C(F2[:, :3], S2), C(S3, S3[::-1].copy())],
    "cross": [C(S2, S2.T.copy(), axis=0), C(S2, S2.T.copy(), 0, 1, 0)],
    "vecdot linalg.vecdot": [C(F2, F1), C(F2, F2, axis=0), C(I2, I1)],
    "matvec": [C(F2, F1), C(F3, F1), C(S3, S2[:2])],
    "vecmat": [C(F1, F2.T), C(S2[:2], S3)],
    "trace": [C(F2), C(S3, 1, 1, 2), C(I2, dtype=np.float32), C(I2, offset=-1)],
    "linalg.outer": [C(F1, E1)],
    "linalg.trace linalg.diagonal": [C(S3), C(S2, offset=1)],
}  # fmt: skip

_ORDERS = [None, 1, -1, 2, -2, 0, 3, 0.5, np.inf, -np.inf]
_MATRIX_ORDERS = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]
LINALG = {
    "linalg.norm": [*(C(F1, ord=o) for o in _ORDERS), *(C(S2, o) for o in _MATRIX_ORDERS), C(F3), C(I2),
                    C(F2, axis=1),
                    C(F3, 1, axis=(0, 2), keepdims=True), C(F3, np.inf, 1, True), C(F3, axis=(1, 2)),
                    C(F2, 2, 0), C(F0)],
    "linalg.vector_norm": [C(F2), C(F2, axis=1, ord=1), C(F3, axis=(0, 1), keepdims=True, ord=3)],
    "linalg.matrix_norm": [C(F3), C(F2, ord=1), C(F3, ord="nuc", keepdims=True)],
    "linalg.inv": [C(S2), C(S3)],
    "linalg.det linalg.slogdet": [C(S2), C(S3)],
    "linalg.solve": [C(S2, S2[:, :2].copy()), C(S3, S3)],
    "linalg.eigvalsh": [C(H2)],
    "linalg.svdvals": [C(F2), C(F3)],
    "linalg.cholesky": [C(H2), C(H2, upper=True)],
    "linalg.matrix_power": [C(S2, 3), C(S2, 0), C(S2, -2), C(S3, 1), C(S2, 4), C(I2[:, :3].copy(), 5)],
    "linalg.multi_dot": [C([F2, F2.T.copy(), F2]), C([F1, F2.T.copy(), F2])],
    "linalg.matrix_rank": [C(S2), C(F2), C(S3), C(np.ones((3, 3), np.float32)), C(F2, tol=3.0)],
    "linalg.pinv": [C(F2), C(F3), C(S2, rcond=0.3)],
    "linalg.cond": [C(S2, p) for p in (None, 1, -1, 2, -2, "fro", np.inf, "nuc")],
    "linalg.lstsq": [C(S2, S2[0].copy()), C(F2.T.copy(), F1), C(F2.T.copy(), F3[0].T.copy()),
                     C(F2, S2[0].copy())],
}  # fmt: skip

_N = [C(F2), C(F2, 3), C(I2, 6, norm="ortho"), C(F2, None, 0, "forward")]
_MANY = [C(F2), C(F3, axes=(0, 1), norm="ortho"), C(F2, (2, 6))]
FFT = {
    "fft.fft fft.ifft": [*_N, C(C2, 5, 0, "ortho")],
    "fft.rfft fft.ihfft": _N,
    "fft.irfft fft.hfft": [C(C2), C(C2, 5, axis=0, norm="ortho"), C(F2, 6, 1, "forward")],
    "fft.fft2 fft.ifft2 fft.fftn fft.ifftn": [*_MANY, C(C2)],
    "fft.rfft2 fft.rfftn": _MANY,
    "fft.irfft2 fft.irfftn": [C(C2), C(C2, (3, 5), norm="ortho"), C(C2, None, (1,))],
    "fft.fftshift fft.ifftshift": [C(F1), C(S3), C(F2, 0), C(F3, (1, 2))],
    "fft.fftfreq fft.rfftfreq": [C(5, F0), C(8, np.float32(0.5))],
    "abs angle real imag": [C(C2)],
}  # fmt: skip
CASES = [*cases(PRODUCTS), *cases(LINALG), *cases(FFT)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_numpy(case: Case) -> None:
    check(case, DEVIATIONS)


# The factors of a decomposition are unique up to signs only, so what they multiply to is compared.
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("x", [F2, F3], ids=["F2", "F3"])
def test_svd(x: np.ndarray, full: bool) -> None:
    result = TABLE["linalg.svd"](keras.ops.convert_to_tensor(x), full_matrices=full)
    want = np.linalg.svd(x, full_matrices=full)
    u, s, vh = map(keras.ops.convert_to_numpy, result)
    assert (u.shape, s.shape, vh.shape) == (want.U.shape, want.S.shape, want.Vh.shape)
    np.testing.assert_allclose(s, want.S, rtol=1e-5, atol=1e-5)
    k = s.shape[-1]
    np.testing.assert_allclose(u[..., :k] * s[..., None, :] @ vh[..., :k, :], x, rtol=1e-4, atol=1e-4)
    assert result.S is result[1]


@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
def test_qr(mode: str) -> None:
    result = TABLE["linalg.qr"](keras.ops.convert_to_tensor(F2.T.copy()), mode)
    want = np.linalg.qr(F2.T, mode)
    if mode == "r":
        np.testing.assert_allclose(abs(keras.ops.convert_to_numpy(result)), abs(want), rtol=1e-4, atol=1e-5)
        return
    q, r = map(keras.ops.convert_to_numpy, (result.Q, result.R))
    assert (q.shape, r.shape) == (want.Q.shape, want.R.shape)
    np.testing.assert_allclose(q @ r, F2.T, rtol=1e-4, atol=1e-5)


def test_eigh() -> None:
    values, vectors = map(keras.ops.convert_to_numpy, TABLE["linalg.eigh"](keras.ops.convert_to_tensor(H2)))
    np.testing.assert_allclose(values, np.linalg.eigvalsh(H2), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(H2 @ vectors, vectors * values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("linalg.norm", (F2, 3), "ord=3 is not a norm of matrices; use fro"),
        ("linalg.norm", (F3, 1), "ord=1 of 3 axes; name one or two"),
        ("linalg.norm", (F2, "other"), "ord='other' is not one of"),
        ("linalg.qr", (F2, "raw"), "mode='raw' is not one of"),
        ("fft", (F2, 3, -1, "other"), "norm='other' is not one of"),
    ],
)
def test_refusals_give_advice(name: str, args: tuple[object, ...], text: str) -> None:
    tensors = [keras.ops.convert_to_tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    with pytest.raises(CaptureError, match=f"numpy.{name}: .*{text}"):
        TABLE["fft.fft" if name == "fft" else name](*tensors)
