"""Products, `torch.linalg` and `torch.fft`."""

from __future__ import annotations

import numpy as np
from torch_cases import case as plain
from torch_cases import complexes, floats, ints, loose, positive, runs, spd, variants


def case(names, *args, **kwargs):
    loose(1e-4, names, *args, **kwargs)


A, B = floats(3, 4), floats(4, 2)
plain("matmul linalg.matmul mm chain_matmul", A, B)
plain("matmul", floats(2, 3, 4), B)
plain("matmul", floats(4), B)
plain("matmul mm", ints(5, 2, 3), ints(5, 3, 2))
plain("bmm", floats(2, 3, 4), floats(2, 4, 5))
plain("mv", A, floats(4))
plain("dot vdot inner", floats(4), floats(4))
plain("inner", A, floats(2, 4))
plain("vdot", complexes(3), complexes(3))
plain("outer ger", floats(3), floats(2))
plain("linalg.vecdot", floats(2, 3), floats(2, 3))
plain("linalg.vecdot", complexes(2, 3), complexes(2, 3), dim=0)
for name, args in {
    "addmm": (floats(3, 2), A, B), "addmv": (floats(3), A, floats(4)), "addr": (A, floats(3), floats(4)),
    "baddbmm": (floats(2, 3, 5), floats(2, 3, 4), floats(2, 4, 5)),
    "addbmm": (floats(3, 5), floats(2, 3, 4), floats(2, 4, 5)),
}.items():  # fmt: skip
    variants(name, args, {}, {"beta": 0.5, "alpha": 2.0}, {"beta": 0})
plain("einsum", "ij,jk->ik", A, B)
plain("einsum", "...ij, ...kj -> ...ik", floats(2, 3, 4), floats(2, 5, 4))
plain("einsum", "bii->b", floats(2, 3, 3))
plain("tensordot", floats(2, 3, 4), floats(3, 4, 5))
plain("tensordot", floats(2, 3, 4), floats(4, 2), dims=([2, 0], [0, 1]))
plain("kron", floats(2, 2), floats(2, 3))
plain("cross", floats(2, 3), floats(2, 3))
plain("cross linalg.cross", floats(3, 2), floats(3, 2), dim=0)
plain("linalg.cross", floats(2, 3), floats(2, 3))
plain("linalg.multi_dot", [A, B, floats(2, 3)])
for power in (0, 1, 3, 5):
    case("matrix_power linalg.matrix_power", floats(3, 3), power)
case("linalg.matrix_power", spd(), -2)
case("matrix_exp linalg.matrix_exp", floats(2, 3, 3))
S = spd(2)
case("cholesky linalg.cholesky", S)
case("cholesky", S, True)
case("linalg.cholesky", S, upper=True)
L = np.linalg.cholesky(S).astype("float32")
case("cholesky_solve", floats(2, 3, 2), L)
case("cholesky_solve", floats(2, 3, 2), np.swapaxes(L, -1, -2).copy(), upper=True)
case("cholesky_inverse", L[0])
M = S + 0.3 * floats(2, 3, 3)
case("inverse linalg.inv det linalg.det slogdet linalg.slogdet", M)
case("logdet", S)
case("linalg.solve", M, floats(2, 3, 2))
case("linalg.solve", M[0], floats(3))
case("linalg.solve", M, floats(2, 2, 3), left=False)
for option in (
    {"upper": True},
    {"upper": False},
    {"upper": True, "unitriangular": True},
    {"upper": False, "left": False},
):
    case("linalg.solve_triangular", M, floats(2, 3, 3), **option)
case("triangular_solve", floats(3, 2), M[0])
case("triangular_solve", floats(3, 2), M[0], False, True)


def triangular(mode):
    def call(torch, x):
        q, r = torch.linalg.qr(x, mode)
        return r.abs(), q @ r

    return call


for mode in ("reduced", "complete"):
    runs("linalg.qr", triangular(mode), floats(4, 3), tolerance=1e-4)
runs(
    "qr",
    lambda torch, x: (torch.qr(x)[1].abs(), torch.qr(x, some=False).Q.abs()[:, :3]),
    floats(4, 3),
    tolerance=1e-4,
)


def rebuilt(torch, x):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)
    return s, u * s.unsqueeze(-2) @ vh, torch.linalg.svd(x).U.shape[-1] * s


runs("linalg.svd", rebuilt, floats(2, 4, 3), tolerance=1e-4)
runs(
    "svd",
    lambda torch, x: (torch.svd(x).S, torch.svd(x)[0].abs(), torch.svd(x).V.abs()),
    floats(4, 3),
    tolerance=1e-3,
)
case("linalg.svdvals", floats(2, 4, 3))
runs(
    "linalg.eigh",
    lambda torch, x: (torch.linalg.eigh(x).eigenvalues, torch.linalg.eigh(x)[1].abs()),
    S,
    tolerance=1e-3,
)
case("linalg.eigvalsh", M)
case("linalg.eigvalsh", M, UPLO="U")
case("linalg.pinv pinverse", floats(4, 3))
case("linalg.pinv", floats(2, 3, 4), rtol=1e-3)
case("linalg.matrix_rank", np.stack([np.ones((3, 3)), np.eye(3)]).astype("float32"))
case("linalg.matrix_rank", floats(3, 4), tol=0.1)
runs(
    "linalg.lstsq",
    lambda torch, a, b: tuple(torch.linalg.lstsq(a, b))[:2],
    floats(5, 3),
    floats(5, 2),
    tolerance=1e-3,
)
runs(
    "linalg.lstsq",
    lambda torch, a, b: torch.linalg.lstsq(a, b).solution,
    floats(3, 3),
    floats(3, 2),
    tolerance=1e-3,
)
for order in ("fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2):
    case("linalg.matrix_norm linalg.norm", floats(3, 4), order)
case("linalg.matrix_norm", floats(2, 3, 4), dim=(0, 2), keepdim=True)
case("linalg.matrix_norm", floats(2, 3, 4), "nuc", (1, 2), True)
variants(
    "linalg.norm",
    (floats(2, 3, 4),),
    {},
    {"dim": 1},
    {"ord": 3, "dim": -1, "keepdim": True},
    {"dim": (0, 1), "ord": 1},
)
case("linalg.cond", M)
for order in (2, -2, "fro", 1):
    case("linalg.cond", M, order)
plain("linalg.diagonal", floats(2, 3, 4))
plain("linalg.diagonal", floats(2, 3, 4), offset=1, dim1=0, dim2=1)

X, Z = floats(2, 6, 5), complexes(2, 6, 5)
for name in "fft ifft".split():
    case(f"fft.{name}", X)
    variants(f"fft.{name}", (Z,), {"n": 4}, {"dim": 1, "norm": "ortho"}, {"n": 8, "norm": "forward"})
    variants(f"fft.{name}2 fft.{name}n", (Z,), {}, {"norm": "ortho"})
    variants(f"fft.{name}n", (Z,), {"dim": (0, 2)}, {"s": (4, 3)})
variants("fft.rfft fft.ihfft", (X,), {}, {"n": 8, "dim": 1}, {"norm": "ortho"})
variants("fft.irfft fft.hfft", (Z,), {}, {"n": 7}, {"dim": 1, "norm": "forward"})
variants("fft.rfft2 fft.rfftn", (X,), {}, {"norm": "ortho"})
variants("fft.irfft2 fft.irfftn", (Z,), {}, {"norm": "forward"})
plain("fft.fftshift fft.ifftshift", X)
plain("fft.fftshift fft.ifftshift", X, dim=(1,))
runs("fft.fftfreq fft.rfftfreq", lambda torch, x: (torch.fft.fftfreq(5), torch.fft.rfftfreq(6, d=0.5)), X)
WAVE = floats(2, 50)


def spectra(torch, x, w):
    first = torch.stft(x, 16, window=w, return_complex=True)
    return first, torch.stft(
        x[0], 12, hop_length=5, win_length=8, center=False, normalized=True, return_complex=True
    )


runs("stft", spectra, WAVE, positive(16), tolerance=1e-4)


def two_sided(torch, x):
    return torch.stft(x, 8, 2, onesided=False, pad_mode="constant", return_complex=True)


runs("stft", two_sided, WAVE, tolerance=1e-4)


def there_and_back(torch, x, w):
    spectrum = torch.stft(x, 16, 4, window=w, return_complex=True)
    return torch.istft(spectrum, 16, 4, window=w), torch.istft(spectrum, 16, 4, window=w, length=45)


runs("istft", there_and_back, WAVE, 0.5 + positive(16), tolerance=1e-4)
