"""`torch.linalg`: norms, decompositions and solutions."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    as_float,
    axes_of,
    axis_of,
    cast_to,
    dtype_of,
    is_kind,
    known_dtype,
    known_size,
    operand,
    rank,
    sizes,
    static,
)
from lamina.vocabulary.torch.reductions import vector_norm


class SignAndLog(NamedTuple):
    """What `torch.linalg.slogdet` returns."""

    sign: Any
    logabsdet: Any


class Eigen(NamedTuple):
    """What `torch.linalg.eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


class QR(NamedTuple):
    """What `torch.linalg.qr` returns."""

    Q: Any
    R: Any


class SVD(NamedTuple):
    """What `torch.linalg.svd` returns; `Vh` is the third factor as it multiplies."""

    U: Any
    S: Any
    Vh: Any


class OldSVD(NamedTuple):
    """What `torch.svd` returns; `V` is not transposed."""

    U: Any
    S: Any
    V: Any


class LeastSquares(NamedTuple):
    """What `torch.linalg.lstsq` returns, of full rank."""

    solution: Any
    residuals: Any


def cholesky(input: Any, upper: bool = False) -> Any:
    """`torch.linalg.cholesky`: the lower factor, or the upper one."""
    lower = ops.cholesky(input)
    return ops.swapaxes(lower, -1, -2) if upper else lower


def linalg_cholesky(A: Any, *, upper: bool = False) -> Any:
    """`torch.linalg.cholesky`."""
    return cholesky(A, upper)


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """`torch.cholesky_solve`: of the matrix whose factor is given."""
    lower = ops.swapaxes(L, -1, -2) if upper else L
    half = ops.solve_triangular(lower, B, lower=True)
    return ops.solve_triangular(ops.swapaxes(lower, -1, -2), half, lower=False)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """`torch.cholesky_inverse`."""
    return cholesky_solve(ops.eye(sizes(L)[-1], dtype=dtype_of(L)), L, upper)


def inv(A: Any) -> Any:
    """`torch.linalg.inv` and `torch.inverse`."""
    return ops.inv(A)


def det(A: Any) -> Any:
    """`torch.linalg.det`."""
    return ops.det(A)


def logdet(input: Any) -> Any:
    """`torch.logdet`: no number where the determinant is negative."""
    sign, log = ops.slogdet(input)
    return ops.where(ops.less(sign, 0), math.nan, log)


def slogdet(A: Any) -> SignAndLog:
    """`torch.linalg.slogdet`."""
    return SignAndLog(*ops.slogdet(A))


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """`torch.linalg.solve`: `A @ x = B`, or `x @ A = B` where `left` is false."""
    if not left:
        turned = solve(ops.swapaxes(A, -1, -2), ops.swapaxes(B, -1, -2))
        return ops.swapaxes(turned, -1, -2)
    if rank(B) == 1 or (rank(B) == rank(A) - 1 and rank(A) > 2):
        return ops.squeeze(ops.solve(A, ops.expand_dims(B, axis=-1)), axis=-1)
    return ops.solve(A, B)


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """`torch.linalg.solve_triangular`: what lies in the other triangle does not count."""
    if not left:
        turned = solve_triangular(
            ops.swapaxes(A, -1, -2), ops.swapaxes(B, -1, -2), upper=not upper, unitriangular=unitriangular
        )
        return ops.swapaxes(turned, -1, -2)
    triangle = ops.triu(A) if upper else ops.tril(A)
    if unitriangular:
        on = ops.eye(sizes(A)[-1], dtype="bool")
        triangle = ops.where(on, ops.ones_like(triangle), triangle)
    return ops.solve_triangular(triangle, B, lower=not upper)


def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Any, Any]:
    """`torch.triangular_solve`."""
    matrix = ops.swapaxes(A, -1, -2) if transpose else A
    found = solve_triangular(matrix, b, upper=upper != transpose, unitriangular=unitriangular)
    return found, A


def qr(A: Any, mode: str = "reduced") -> QR:
    """`torch.linalg.qr`; the signs of columns are those of the backend."""
    return QR(*ops.qr(A, mode=mode))


def old_qr(input: Any, some: bool = True) -> QR:
    """`torch.qr`."""
    return qr(input, "reduced" if some else "complete")


def svd(A: Any, full_matrices: bool = True, *, driver: Any = None) -> SVD:
    """`torch.linalg.svd`; the signs of vectors are those of the backend."""
    return SVD(*ops.svd(A, full_matrices=full_matrices))


def old_svd(input: Any, some: bool = True, compute_uv: bool = True) -> OldSVD:
    """`torch.svd`: the third factor is not transposed."""
    u, s, vh = ops.svd(input, full_matrices=not some)
    return OldSVD(u, s, ops.swapaxes(vh, -1, -2))


def svdvals(A: Any, *, driver: Any = None) -> Any:
    """`torch.linalg.svdvals`: the largest first."""
    return ops.svd(A, full_matrices=False, compute_uv=False)


def eigh(A: Any, UPLO: str = "L") -> Eigen:
    """`torch.linalg.eigh`: eigenvalues in rising order; the signs of vectors are those of the backend."""
    return Eigen(*ops.eigh(_symmetric(A, UPLO)))


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """`torch.linalg.eigvalsh`."""
    return ops.eigh(_symmetric(A, UPLO))[0]


def _symmetric(x: Any, triangle: str) -> Any:
    """The symmetric matrix of which one triangle counts."""
    if is_kind(x, 3):
        return x
    inside = ops.tril(x) if triangle.upper() == "L" else ops.triu(x)
    strict = ops.tril(x, k=-1) if triangle.upper() == "L" else ops.triu(x, k=1)
    return ops.add(inside, ops.swapaxes(strict, -1, -2))


def _tolerance(A: Any, s: Any, atol: Any, rtol: Any) -> Any:
    if rtol is None:
        given = atol is not None and not (isinstance(atol, (int, float)) and atol == 0)
        extent = max(known_size("linalg.pinv", A, a) for a in (-2, -1))
        rtol = 0.0 if given else float(np.finfo(dtype_of(A)).eps) * extent
    limit = ops.multiply(rtol, ops.max(s, axis=-1, keepdims=True))
    return limit if atol is None else ops.maximum(limit, atol)


def pinv(A: Any, rtol: Any = None, hermitian: bool = False, *, atol: Any = None, rcond: Any = None) -> Any:
    """`torch.linalg.pinv`: by singular values above `rtol` times the largest one."""
    u, s, vh = ops.svd(A, full_matrices=False)
    large = ops.greater(s, _tolerance(A, s, atol, rtol if rcond is None else rcond))
    inverse = ops.where(large, ops.reciprocal(ops.where(large, s, ops.ones_like(s))), ops.zeros_like(s))
    left = ops.multiply(ops.swapaxes(vh, -1, -2), ops.expand_dims(inverse, axis=-2))
    return ops.matmul(left, ops.swapaxes(u, -1, -2))


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """`torch.pinverse`."""
    return pinv(input, rcond)


def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Any:
    """`torch.linalg.matrix_rank`."""
    s = svdvals(A)
    limit = tol if tol is not None else _tolerance(A, s, atol, rtol)
    return ops.cast(ops.sum(ops.cast(ops.greater(s, limit), "int32"), axis=-1), "int64")


def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: Any = None) -> LeastSquares:
    """`torch.linalg.lstsq` of matrices of full rank; `residuals` is empty unless a driver computes it."""
    solution = ops.matmul(pinv(A), B)
    rows, columns = (known_size("linalg.lstsq", A, a) for a in (-2, -1))
    if rows <= columns or driver not in ("gels", "gelsd", "gelss"):
        return LeastSquares(solution, ops.zeros((0,), dtype=dtype_of(A)))
    gap = ops.subtract(ops.matmul(A, solution), B)
    return LeastSquares(solution, ops.sum(ops.square(gap), axis=-2))


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: Any = False, *, dtype: Any = None
) -> Any:
    """`torch.linalg.matrix_norm`."""
    x = cast_to(operand(A), dtype)
    row, column = axes_of(x, dim)
    if ord == "fro":
        return vector_norm(x, 2, (row, column), keepdim)
    if ord in ("nuc", 2, -2):
        s = svdvals(ops.moveaxis(x, (row, column), (-2, -1)))
        found = {"nuc": ops.sum, 2: ops.max, -2: ops.min}[ord](s, axis=-1)
    else:
        along, over = (row, column) if abs(ord) == 1 else (column, row)
        total = ops.sum(ops.absolute(x), axis=along, keepdims=True)
        found = (ops.max if ord > 0 else ops.min)(total, axis=(along, over))
    return _kept(found, x, (row, column)) if keepdim else found


def _kept(found: Any, x: Any, axes: tuple[int, ...]) -> Any:
    for axis in sorted(axes):
        found = ops.expand_dims(found, axis=axis)
    return found


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Any:
    """`torch.linalg.norm`: of vectors, or of matrices where two axes and an `ord` are given."""
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None:
        dim = (-2, -1) if rank(A) == 2 else -1
    pair = isinstance(static(dim), tuple) and len(static(dim)) == 2
    return (matrix_norm if pair else vector_norm)(A, ord, dim, keepdim, dtype=dtype)


def cond(A: Any, p: Any = None) -> Any:
    """`torch.linalg.cond`: the ratio of the largest to the smallest singular value, or of norms."""
    if p in (None, 2, -2):
        s = svdvals(A)
        high, low = ops.max(s, axis=-1), ops.min(s, axis=-1)
        return ops.divide(low, high) if p == -2 else ops.divide(high, low)
    return ops.multiply(matrix_norm(A, p), matrix_norm(ops.inv(A), p))


# The degree of the Taylor polynomial, and how often the matrix is halved before it.
_DEGREE, _HALVINGS = 12, 6


def matrix_exp(A: Any) -> Any:
    """`torch.linalg.matrix_exp`: by a Taylor polynomial of the matrix divided by 64, squared six times."""
    x = ops.divide(as_float(A), float(2**_HALVINGS))
    total = term = ops.add(ops.zeros_like(x), ops.eye(sizes(x)[-1], dtype=known_dtype(x) or "float32"))
    for n in range(1, _DEGREE + 1):
        term = ops.divide(ops.matmul(term, x), float(n))
        total = ops.add(total, term)
    for _ in range(_HALVINGS):
        total = ops.matmul(total, total)
    return total


def diagonal(A: Any, *, offset: int = 0, dim1: Any = -2, dim2: Any = -1) -> Any:
    """`torch.linalg.diagonal`: of the last two axes."""
    return ops.diagonal(A, offset=offset, axis1=axis_of(A, dim1), axis2=axis_of(A, dim2))
