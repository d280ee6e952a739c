"""Products of arrays, and `numpy.linalg`."""

from __future__ import annotations

import functools
import string
from collections.abc import Sequence
from typing import Any, NamedTuple

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    Axis,
    as_float,
    axis_tuple,
    cast,
    dtype_of,
    index,
    is_bool,
    kind,
    one_of,
    operand,
    rank,
    refuse,
    refuse_arguments,
    shape_of,
    static_size,
    tensor,
)
from lamina.vocabulary.numpy.shaping import ravel


class QRResult(NamedTuple):
    """What `numpy.linalg.qr` returns."""

    Q: Any
    R: Any


class SVDResult(NamedTuple):
    """What `numpy.linalg.svd` returns."""

    U: Any
    S: Any
    Vh: Any


class SlogdetResult(NamedTuple):
    """What `numpy.linalg.slogdet` returns."""

    sign: Any
    logabsdet: Any


class EighResult(NamedTuple):
    """What `numpy.linalg.eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


def outer(a: Any, b: Any, out: Any = None) -> Any:
    """`numpy.outer`, of the flattened arguments."""
    refuse_arguments("outer", out=out)
    return ops.outer(ravel(a), ravel(b))


def vdot(a: Any, b: Any, /) -> Any:
    """`numpy.vdot`, of the flattened arguments."""
    return ops.vdot(ravel(a), ravel(b))


def kron(a: Any, b: Any) -> Any:
    """`numpy.kron`."""
    a, b = tensor(a), tensor(b)
    if is_bool(a) and is_bool(b):
        return ops.cast(ops.kron(ops.cast(a, "int32"), ops.cast(b, "int32")), "bool")
    return ops.kron(a, b)


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """`numpy.cross`."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = (ops.moveaxis(tensor(x), n, -1) for x, n in ((a, axisa), (b, axisb)))
    product = ops.cross(a, b, axis=-1)
    planar = shape_of(a)[-1] == 2 and shape_of(b)[-1] == 2
    return product if planar else ops.moveaxis(product, -1, axisc)


def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """`numpy.linalg.cross`."""
    return cross(x1, x2, axis=axis)


def einsum(*operands: Any, out: Any = None, optimize: Any = False, dtype: Any = None, **other: Any) -> Any:
    """`numpy.einsum`, with a string or with lists of axis numbers."""
    refuse_arguments("einsum", out=out)
    subscripts, tensors = (
        (operands[0], operands[1:]) if isinstance(operands[0], str) else _from_lists(operands)
    )
    return ops.einsum(subscripts, *(cast(operand(x), dtype) for x in tensors))


def _from_lists(operands: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    count = len(operands) // 2
    words = ["".join(_letter(n) for n in axes) for axes in operands[1 : 2 * count : 2]]
    result = "->" + "".join(map(_letter, operands[-1])) if len(operands) % 2 else ""
    return ",".join(words) + result, operands[0 : 2 * count : 2]


def _letter(axis: Any) -> str:
    return "..." if axis is Ellipsis else string.ascii_letters[axis]


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """`numpy.vecdot`: the dot product along an axis, the first argument conjugated."""
    x1, x2 = operand(x1), operand(x2)
    return ops.sum(ops.multiply(ops.conj(x1) if kind(x1) == "c" else x1, x2), axis=axis)


def matvec(x1: Any, x2: Any, /) -> Any:
    """`numpy.matvec`."""
    return ops.squeeze(ops.matmul(operand(x1), ops.expand_dims(operand(x2), -1)), axis=-1)


def vecmat(x1: Any, x2: Any, /) -> Any:
    """`numpy.vecmat`, the vector conjugated."""
    x1 = operand(x1)
    x1 = ops.conj(x1) if kind(x1) == "c" else x1
    return ops.squeeze(ops.matmul(ops.expand_dims(x1, -2), operand(x2)), axis=-2)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """`numpy.trace`."""
    refuse_arguments("trace", out=out)
    return ops.sum(ops.diagonal(cast(operand(a), dtype), offset=offset, axis1=axis1, axis2=axis2), axis=-1)


def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """`numpy.linalg.trace`: of the last two axes."""
    return trace(x, offset, -2, -1, dtype)


def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """`numpy.linalg.diagonal`: of the last two axes."""
    return ops.diagonal(operand(x), offset=offset, axis1=-2, axis2=-1)


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """`numpy.linalg.multi_dot`, from left to right."""
    refuse_arguments("linalg.multi_dot", out=out)
    return functools.reduce(ops.matmul, map(operand, arrays))


def matrix_power(a: Any, n: int) -> Any:
    """`numpy.linalg.matrix_power`."""
    a = operand(a)
    if n < 0:
        a, n = ops.inv(a), -n
    if n == 0:
        return ops.add(ops.zeros_like(a), ops.eye(shape_of(a)[-1], dtype=dtype_of(a)))
    half = matrix_power(a, n // 2) if n > 1 else None
    square = None if half is None else ops.matmul(half, half)
    return square if n % 2 == 0 else a if square is None else ops.matmul(square, a)


def _vector_norm(x: Any, order: Any, axis: Axis, keepdims: bool) -> Any:
    size = ops.abs(x)
    if order in (None, 2):
        return ops.sqrt(ops.sum(ops.square(size), axis=axis, keepdims=keepdims))
    if order == np.inf:
        return ops.max(size, axis=axis, keepdims=keepdims)
    if order == -np.inf:
        return ops.min(size, axis=axis, keepdims=keepdims)
    if order == 0:
        return ops.sum(ops.cast(ops.not_equal(size, 0), dtype_of(size)), axis=axis, keepdims=keepdims)
    if order == 1:
        return ops.sum(size, axis=axis, keepdims=keepdims)
    powers = ops.sum(ops.power(size, float(order)), axis=axis, keepdims=keepdims)
    return ops.power(powers, 1.0 / order)


def _matrix_norm(x: Any, order: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if order in (None, "fro", "f"):
        return _vector_norm(x, 2, axes, keepdims)
    if isinstance(order, str):
        one_of("linalg.norm", "ord", order, ("fro", "nuc"), "use one of these")
    rows, columns = axes
    moved = ops.moveaxis(x, (rows, columns), (-2, -1))
    if order in ("nuc", 2, -2):
        singular = ops.svd(moved, compute_uv=False)
        result = {"nuc": ops.sum, 2: ops.max, -2: ops.min}[order](singular, axis=-1)
    elif order in (1, -1, np.inf, -np.inf):
        sums = ops.sum(ops.abs(moved), axis=-2 if abs(order) == 1 else -1)
        result = (ops.max if order > 0 else ops.min)(sums, axis=-1)
    else:
        refuse(
            "linalg.norm",
            f"ord={order!r} is not a norm of matrices",
            "use fro, nuc, 1, -1, 2, -2, inf or -inf",
        )
    return ops.expand_dims(result, sorted(axes)) if keepdims else result


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """`numpy.linalg.norm`, of vectors and matrices, of every order."""
    x = as_float(tensor(x))
    if ord is None:
        return _vector_norm(x, None, axis, keepdims)
    axes = axis_tuple(x, axis)
    if len(axes) > 2:
        refuse("linalg.norm", f"ord={ord!r} of {len(axes)} axes", "name one or two axes with axis=")
    return _vector_norm(x, ord, axes, keepdims) if len(axes) == 1 else _matrix_norm(x, ord, axes, keepdims)


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """`numpy.linalg.vector_norm`: of all elements unless an axis is given."""
    return _vector_norm(as_float(operand(x)), ord, axis, keepdims)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """`numpy.linalg.matrix_norm`: of the last two axes."""
    x = as_float(operand(x))
    return _matrix_norm(x, ord, axis_tuple(x, (-2, -1)), keepdims)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """`numpy.linalg.svd`."""
    a = as_float(operand(a))
    if not compute_uv:
        return ops.svd(a, compute_uv=False)
    return SVDResult(*_parts(ops.svd(a, full_matrices=full_matrices), 3))


def _parts(value: Any, count: int) -> list[Any]:
    return [value[n] for n in range(count)]


def svdvals(x: Any, /) -> Any:
    """`numpy.linalg.svdvals`."""
    return svd(x, compute_uv=False)


def qr(a: Any, mode: str = "reduced") -> Any:
    """`numpy.linalg.qr`."""
    one_of("linalg.qr", "mode", mode, ("reduced", "complete", "r"), "use one of these")
    q, r = _parts(ops.qr(as_float(operand(a)), mode="complete" if mode == "complete" else "reduced"), 2)
    return r if mode == "r" else QRResult(q, r)


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """`numpy.linalg.cholesky`."""
    return ops.cholesky(as_float(operand(a)), upper=upper)


def slogdet(a: Any) -> SlogdetResult:
    """`numpy.linalg.slogdet`."""
    return SlogdetResult(*_parts(ops.slogdet(as_float(operand(a))), 2))


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """`numpy.linalg.eigh`."""
    return EighResult(*_parts(ops.eigh(as_float(operand(a))), 2))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """`numpy.linalg.eigvalsh`."""
    return eigh(a).eigenvalues


def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """`numpy.linalg.lstsq`; the sums of squared residuals are given where the rank is full."""
    a, b = as_float(operand(a)), as_float(operand(b))
    rows, columns = static_size("linalg.lstsq", a, 0), static_size("linalg.lstsq", a, 1)
    solution = ops.lstsq(a, b, rcond=rcond)
    residual = ops.sum(ops.square(ops.subtract(ops.matmul(a, solution), b)), axis=0, keepdims=rank(b) == 1)
    if rows <= columns:
        residual = index(residual, 0, slice(0, 0))
    singular = ops.svd(a, compute_uv=False)
    limit = ops.multiply(
        ops.max(singular), np.finfo(np.float32).eps * max(rows, columns) if rcond is None else rcond
    )
    return solution, residual, ops.sum(ops.cast(ops.greater(singular, limit), "int32")), singular


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """`numpy.linalg.matrix_rank`."""
    refuse_arguments("linalg.matrix_rank", rtol=rtol)
    A = as_float(operand(A))
    singular = ops.svd(A, compute_uv=False)
    longest = max(static_size("linalg.matrix_rank", A, n) for n in (-2, -1))
    largest = ops.max(singular, axis=-1, keepdims=True)
    limit = ops.multiply(largest, longest * float(np.finfo(np.float32).eps)) if tol is None else tol
    return ops.sum(ops.cast(ops.greater(singular, limit), "int32"), axis=-1)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """`numpy.linalg.pinv`; singular values up to `rcond` (or 1e-15) of the largest count as zero."""
    a = as_float(operand(a))
    limit = rcond if rtol is None else rtol
    u, s, vh = svd(a, full_matrices=False)
    cutoff = ops.multiply(ops.max(s, axis=-1, keepdims=True), 1e-15 if limit is None else limit)
    large = ops.greater(s, cutoff)
    inverse = ops.where(large, ops.divide(1.0, ops.where(large, s, 1.0)), 0.0)
    right = ops.multiply(ops.swapaxes(vh, -1, -2), ops.expand_dims(inverse, -2))
    return ops.matmul(right, ops.swapaxes(u, -1, -2))


def cond(x: Any, p: Any = None) -> Any:
    """`numpy.linalg.cond`."""
    x = as_float(operand(x))
    if p in (None, 2, -2):
        singular = svdvals(x)
        ratio = ops.divide(index(singular, -1, 0), index(singular, -1, -1))
        return ops.reciprocal(ratio) if p == -2 else ratio
    axes = axis_tuple(x, (-2, -1))
    return ops.multiply(_matrix_norm(x, p, axes, False), _matrix_norm(ops.inv(x), p, axes, False))
