"""Products and linear algebra."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product, rank
from lamina.vocabulary.tensorflow.arguments import (
    dtype_of,
    is_complex,
    known_sizes,
    operand,
    pair,
    refuse,
    static,
    tensor,
)
from lamina.vocabulary.tensorflow.reductions import axes_of


def matrix_transpose(a: Any, conjugate: bool = False) -> Any:
    """`tf.linalg.matrix_transpose`: the last two axes swapped."""
    swapped = ops.swapaxes(operand(a), -1, -2)
    return ops.conj(swapped) if conjugate and is_complex(a) else swapped


def adjoint(matrix: Any) -> Any:
    """`tf.linalg.adjoint`: the transpose, conjugated."""
    return matrix_transpose(matrix, conjugate=True)


def _turned(x: Any, transpose: bool, conjugate: bool) -> Any:
    return matrix_transpose(x, conjugate) if transpose or conjugate else x


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
) -> Any:
    """`tf.matmul`: of the last two axes; the other axes are broadcast."""
    a, b = pair(operand(a), operand(b))
    return ops.matmul(_turned(tensor(a), transpose_a, adjoint_a), _turned(tensor(b), transpose_b, adjoint_b))


def batch_matmul(x: Any, y: Any, adj_x: bool = False, adj_y: bool = False) -> Any:
    """`tf.batch_matmul` of TensorFlow 0.x."""
    return matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y)


def matvec(a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False) -> Any:
    """`tf.linalg.matvec`: a matrix times a vector, for each of a batch."""
    product_ = ops.matmul(_turned(a, transpose_a, adjoint_a), ops.expand_dims(b, axis=-1))
    return ops.squeeze(product_, axis=-1)


def tensordot(a: Any, b: Any, axes: Any) -> Any:
    """`tf.tensordot`."""
    axes = static(axes)
    if isinstance(axes, tuple):
        axes = [list(side) if isinstance(side, tuple) else [side] for side in axes]
    a, b = pair(operand(a), operand(b))
    return ops.tensordot(tensor(a), tensor(b), axes=axes)


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """`tf.einsum`."""
    return ops.einsum(equation.replace(" ", ""), *map(operand, inputs))


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None) -> Any:
    """`tf.norm`: `axis=None` is the norm of all elements, two axes the norm of matrices."""
    x, keep, everything = operand(tensor), bool(keepdims), axis is None
    axis = axes_of(x, axis, keep)
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    if ord in ("euclidean", "fro") or (ord == 2 and (everything or not isinstance(axis, tuple))):
        squares = ops.square(ops.absolute(x)) if is_complex(x) else ops.square(x)
        return ops.sqrt(ops.sum(squares, axis=axis, keepdims=keep))
    if isinstance(axis, tuple) and len(axis) == 2 and not everything:
        return ops.norm(x, ord=ord, axis=axis, keepdims=keep)
    size = ops.absolute(x)
    if ord in (np.inf, float("inf")):
        return ops.max(size, axis=axis, keepdims=keep)
    if ord == 1:
        return ops.sum(size, axis=axis, keepdims=keep)
    return ops.power(ops.sum(ops.power(size, ord), axis=axis, keepdims=keep), 1.0 / ord)


def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None) -> tuple[Any, Any]:
    """`tf.linalg.normalize`: the tensor divided by its norm, and the norm."""
    length = norm(tensor, ord, axis, keepdims=True)
    return ops.divide(operand(tensor), length), length


def l2_normalize(x: Any, axis: Any = None, epsilon: Any = 1e-12) -> Any:
    """`tf.math.l2_normalize`: `x * rsqrt(max(sum(x ** 2), epsilon))`."""
    x = operand(x)
    total = ops.sum(ops.square(x), axis=static(axis), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(total, epsilon)))


def cholesky(input: Any) -> Any:
    """`tf.linalg.cholesky`: the lower factor."""
    return ops.cholesky(input)


def cholesky_solve(chol: Any, rhs: Any) -> Any:
    """`tf.linalg.cholesky_solve`."""
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


def triangular_solve(matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False) -> Any:
    """`tf.linalg.triangular_solve`: what lies in the other triangle does not count."""
    if adjoint:
        return ops.solve_triangular(matrix_transpose(matrix, conjugate=True), rhs, lower=not lower)
    return ops.solve_triangular(matrix, rhs, lower=lower)


def inv(input: Any, adjoint: bool = False) -> Any:
    """`tf.linalg.inv`."""
    return ops.inv(_turned(input, False, adjoint))


def solve(matrix: Any, rhs: Any, adjoint: bool = False) -> Any:
    """`tf.linalg.solve`."""
    return ops.solve(_turned(matrix, False, adjoint), rhs)


def det(input: Any) -> Any:
    """`tf.linalg.det`."""
    return ops.det(input)


def slogdet(input: Any) -> tuple[Any, Any]:
    """`tf.linalg.slogdet`: sign, and logarithm of the absolute value."""
    sign, log = ops.slogdet(input)
    return sign, log


def logdet(matrix: Any) -> Any:
    """`tf.linalg.logdet`: of positive definite matrices."""
    chol = ops.cholesky(matrix)
    return ops.multiply(2.0, ops.sum(ops.log(diag_part(chol)), axis=-1))


def qr(input: Any, full_matrices: bool = False) -> tuple[Any, Any]:
    """`tf.linalg.qr`; the signs of columns are those of the backend."""
    q, r = ops.qr(input, mode="complete" if full_matrices else "reduced")
    return q, r


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """`tf.linalg.svd`: singular values first, and `v` not transposed."""
    if not compute_uv:
        return ops.svd(tensor, full_matrices=False, compute_uv=False)
    u, s, vh = ops.svd(tensor, full_matrices=full_matrices)
    return s, u, matrix_transpose(vh)


def eigh(tensor: Any) -> tuple[Any, Any]:
    """`tf.linalg.eigh`: eigenvalues in rising order, and eigenvectors as columns."""
    values, vectors = ops.eigh(tensor)
    return values, vectors


def eigvalsh(tensor: Any) -> Any:
    """`tf.linalg.eigvalsh`."""
    return ops.eigh(tensor)[0]


def pinv(a: Any, rcond: Any = None) -> Any:
    """`tf.linalg.pinv`, by singular values above `rcond` times the largest."""
    u, s, vh = ops.svd(a, full_matrices=False)
    rows, columns = known_sizes(a, "linalg.pinv", (-2, -1))
    rcond = 10.0 * max(rows, columns) * float(np.finfo(dtype_of(a)).eps) if rcond is None else rcond
    large = ops.greater(s, ops.multiply(rcond, ops.max(s, axis=-1, keepdims=True)))
    inverse = ops.where(large, ops.reciprocal(ops.where(large, s, ops.ones_like(s))), ops.zeros_like(s))
    return ops.matmul(
        ops.multiply(matrix_transpose(vh), ops.expand_dims(inverse, axis=-2)), matrix_transpose(u)
    )


def lstsq(matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True) -> Any:
    """`tf.linalg.lstsq`: least squares, or the least solution of an underdetermined system."""
    rows, columns = known_sizes(matrix, "linalg.lstsq", (-2, -1))
    if not fast:
        return ops.matmul(pinv(matrix), rhs)
    turned = matrix_transpose(matrix)
    if rows >= columns:
        gram = ops.matmul(turned, matrix)
        return ops.solve(_regular(gram, l2_regularizer, columns), ops.matmul(turned, rhs))
    gram = ops.matmul(matrix, turned)
    return ops.matmul(turned, ops.solve(_regular(gram, l2_regularizer, rows), rhs))


def _regular(gram: Any, weight: Any, size: int) -> Any:
    plain = isinstance(weight, (int, float)) and weight == 0
    return gram if plain else ops.add(gram, ops.multiply(weight, ops.eye(size)))


def matrix_rank(a: Any, tol: Any = None) -> Any:
    """`tf.linalg.matrix_rank`: singular values above `tol`."""
    s = ops.svd(a, compute_uv=False)
    if tol is None:
        extent = max(known_sizes(a, "linalg.matrix_rank", (-2, -1)))
        tol = ops.multiply(float(np.finfo(dtype_of(a)).eps) * extent, ops.max(s, axis=-1, keepdims=True))
    return ops.sum(ops.cast(ops.greater(s, tol), "int32"), axis=-1)


def trace(x: Any) -> Any:
    """`tf.linalg.trace`: of the last two axes."""
    return ops.trace(operand(x), axis1=-2, axis2=-1)


def cross(a: Any, b: Any) -> Any:
    """`tf.linalg.cross`."""
    return ops.cross(a, b, axis=-1)


def _plain_diagonal(name: str, k: Any, rows: Any, columns: Any, padding: Any) -> int:
    if isinstance(k, tuple) or (rows, columns) != (-1, -1) or padding != 0:
        refuse(
            name,
            "bands, sizes and paddings are not supported",
            "give one diagonal k=, or use tf.linalg.band_part",
        )
    return int(k)


def diag(
    diagonal: Any,
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """`tf.linalg.diag`: square matrices with the last axis on the diagonal `k`."""
    x = operand(diagonal)
    offset = _plain_diagonal("linalg.diag", static(k), num_rows, num_cols, padding_value)
    extent = ops.shape(x)[-1] + abs(offset)
    on = ops.eye(extent, extent, k=offset, dtype="bool")
    # The row of an element is its place, less the rows above a diagonal below the main one.
    gaps = (max(-offset, 0), max(offset, 0))
    rows = ops.pad(x, (*[(0, 0)] * (rank(x) - 1), gaps)) if offset else x
    rows = ops.expand_dims(rows, axis=-1)
    return ops.where(on, rows, ops.zeros_like(rows))


def diag_part(input: Any, k: Any = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT") -> Any:
    """`tf.linalg.diag_part`: the diagonal `k` of the last two axes."""
    offset = _plain_diagonal("linalg.diag_part", static(k), -1, -1, padding_value)
    return ops.diagonal(operand(input), offset=offset, axis1=-2, axis2=-1)


def set_diag(input: Any, diagonal: Any, k: Any = 0, align: str = "RIGHT_LEFT") -> Any:
    """`tf.linalg.set_diag`: the main diagonal of the last two axes replaced."""
    if static(k) != 0:
        refuse("linalg.set_diag", "another diagonal than the main one", "use tf.where with a mask")
    rows, columns = ops.shape(input)[-2:]
    known = known_sizes(input, "linalg.set_diag", (-2, -1))
    on = ops.eye(rows, columns, dtype="bool")
    gap = known[0] - min(known)
    lines = ops.pad(diagonal, (*[(0, 0)] * (rank(diagonal) - 1), (0, gap))) if gap else diagonal
    return ops.where(on, ops.expand_dims(lines, axis=-1), input)


def band_part(input: Any, num_lower: Any, num_upper: Any) -> Any:
    """`tf.linalg.band_part`: diagonals from `-num_lower` to `num_upper`; -1 keeps a whole triangle."""
    x, lower, upper = operand(input), static(num_lower), static(num_upper)
    if upper != -1:
        x = ops.tril(x, k=upper)
    return x if isinstance(lower, int) and lower < 0 else ops.triu(x, k=-lower)


def tensor_diag(diagonal: Any) -> Any:
    """`tf.linalg.tensor_diag`: the axes twice, zero off the diagonal."""
    sizes = ops.shape(diagonal)
    return ops.reshape(diag(ops.reshape(diagonal, (-1,))), (*sizes, *sizes))


def tensor_diag_part(input: Any) -> Any:
    """`tf.linalg.tensor_diag_part`."""
    sizes = ops.shape(input)[: rank(input) // 2]
    extent = product(sizes)
    return ops.reshape(diag_part(ops.reshape(input, (extent, extent))), tuple(sizes))
