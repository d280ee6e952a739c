"""`jax.numpy.linalg` and `jax.scipy.linalg`, where they differ from NumPy's vocabulary."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import Axis, axes_of, dtype_of, inexact, rank, refuse, shape_of, tensor
from lamina.vocabulary.numpy import linalg as plain


def cholesky(a: Any, *, upper: bool = False, symmetrize_input: bool = True) -> Any:
    """`jax.numpy.linalg.cholesky`: of the symmetric part of the matrix."""
    a = inexact(tensor(a))
    if symmetrize_input:
        a = ops.divide(ops.add(a, ops.swapaxes(a, -1, -2)), 2.0)
    return ops.cholesky(a, upper=upper)


def scipy_cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """`jax.scipy.linalg.cholesky`: the upper factor unless `lower=True`."""
    return cholesky(a, upper=not lower)


def cho_factor(a: Any, lower: bool = False, **other: Any) -> tuple[Any, bool]:
    """`jax.scipy.linalg.cho_factor`."""
    return cholesky(a, upper=not lower), lower


def cho_solve(c_and_lower: Any, b: Any, **other: Any) -> Any:
    """`jax.scipy.linalg.cho_solve`."""
    c, lower = c_and_lower
    b = tensor(b)
    first = solve_triangular(c, b, trans=0 if lower else 1, lower=lower)
    return solve_triangular(c, first, trans=1 if lower else 0, lower=lower)


def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    debug: Any = None,
    check_finite: bool = True,
) -> Any:
    """`jax.scipy.linalg.solve_triangular`."""
    a, b = inexact(tensor(a)), inexact(tensor(b))
    if unit_diagonal:
        eye = ops.eye(shape_of(a)[-1], dtype=dtype_of(a))
        a = ops.add(ops.multiply(a, ops.subtract(1.0, eye)), eye)
    if trans in (1, "T", 2, "C"):
        a, lower = ops.swapaxes(a, -1, -2), not lower
    vector = rank(b) == rank(a) - 1
    solved = ops.solve_triangular(a, ops.expand_dims(b, -1) if vector else b, lower=lower)
    return ops.squeeze(solved, axis=-1) if vector else solved


def solve(a: Any, b: Any) -> Any:
    """`jax.numpy.linalg.solve`: a vector, or a matrix of columns."""
    a, b = inexact(tensor(a)), inexact(tensor(b))
    if rank(b) == 1:
        columns = ops.expand_dims(ops.broadcast_to(b, shape_of(a)[:-1]), -1)
        return ops.squeeze(ops.solve(a, columns), axis=-1)
    return ops.solve(a, b)


def scipy_solve(a: Any, b: Any, lower: bool = False, *args: Any, assume_a: str = "gen", **other: Any) -> Any:
    """`jax.scipy.linalg.solve`."""
    return solve(a, b)


def inv(a: Any, **other: Any) -> Any:
    """`jax.numpy.linalg.inv`."""
    return ops.inv(inexact(tensor(a)))


def det(a: Any, **other: Any) -> Any:
    """`jax.numpy.linalg.det`."""
    return ops.det(inexact(tensor(a)))


def _symmetric(a: Any, UPLO: Any, symmetrize_input: bool) -> Any:
    a = inexact(tensor(a))
    if symmetrize_input:
        return ops.divide(ops.add(a, ops.swapaxes(a, -1, -2)), 2.0)
    return a


def eigh(a: Any, UPLO: Any = None, symmetrize_input: bool = True) -> Any:
    """`jax.numpy.linalg.eigh`: of the symmetric part of the matrix."""
    found = ops.eigh(_symmetric(a, UPLO, symmetrize_input))
    return plain.EighResult(found[0], found[1])


def eigvalsh(a: Any, UPLO: Any = "L", *, symmetrize_input: bool = True) -> Any:
    """`jax.numpy.linalg.eigvalsh`."""
    return eigh(a, UPLO, symmetrize_input).eigenvalues


def scipy_eigh(a: Any, b: Any = None, lower: bool = True, eigvals_only: bool = False, **other: Any) -> Any:
    """`jax.scipy.linalg.eigh` of one matrix."""
    if b is not None:
        refuse("scipy.linalg.eigh", "a second matrix", "solve with its Cholesky factor first")
    values, vectors = eigh(a)
    return values if eigvals_only else (values, vectors)


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False, **other: Any
) -> Any:
    """`jax.numpy.linalg.svd`."""
    return plain.svd(inexact(tensor(a)), full_matrices, compute_uv)


def block_diag(*arrs: Any) -> Any:
    """`jax.scipy.linalg.block_diag`."""
    parts = [tensor(a) for a in arrs]
    parts = [ops.reshape(p, (*(1,) * (2 - rank(p)), *shape_of(p))) if rank(p) < 2 else p for p in parts]
    widths = [shape_of(p)[1] for p in parts]
    rows = []
    for place, part in enumerate(parts):
        before, after = sum(widths[:place]), sum(widths[place + 1 :])
        rows.append(ops.pad(part, ((0, 0), (before, after))))
    return ops.concatenate(rows, axis=0)


def toeplitz(c: Any, r: Any = None) -> Any:
    """`jax.scipy.linalg.toeplitz` of vectors of known size."""
    c = ops.reshape(tensor(c), (-1,))
    r = c if r is None else ops.reshape(tensor(r), (-1,))
    rows, columns = shape_of(c)[0], shape_of(r)[0]
    values = ops.concatenate([ops.flip(c, axis=0), r[1:]], axis=0)
    places = rows - 1 - np.arange(rows)[:, None] + np.arange(columns)
    return ops.take(values, places.astype(np.int32), axis=0)


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """`jax.numpy.linalg.norm`."""
    x = inexact(tensor(x))
    if axis is None and ord is None and keepdims:
        axis = axes_of(x, None)
    return plain.norm(x, ord, axis, keepdims)


def pinv(a: Any, rtol: Any = None, hermitian: bool = False, *, rcond: Any = None) -> Any:
    """`jax.numpy.linalg.pinv`; singular values up to 10 max(m, n) eps of the largest count as zero."""
    a = inexact(tensor(a))
    limit = rtol if rcond is None else rcond
    if limit is None:
        limit = 10.0 * max(int(n) for n in shape_of(a)[-2:]) * float(np.finfo(np.float32).eps)
    return plain.pinv(a, limit)


def matrix_rank(M: Any, rtol: Any = None, *, tol: Any = None) -> Any:
    """`jax.numpy.linalg.matrix_rank`; `rtol` is relative to the largest singular value."""
    a = inexact(tensor(M))
    limit = tol if rtol is None else rtol
    if limit is None:
        return plain.matrix_rank(a)
    values = ops.svd(a, compute_uv=False)
    bound = ops.multiply(ops.max(values, axis=-1, keepdims=True), limit)
    return ops.sum(ops.cast(ops.greater(values, bound), "int32"), axis=-1)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """`jax.numpy.linalg.cross`."""
    return plain.cross(tensor(x1), tensor(x2), axis=axis)
