"""Products of vectors and matrices, and the distances of vectors."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    dtype_of,
    is_integral,
    is_kind,
    keep_dtype,
    known_size,
    promoted,
    rank,
    refuse,
    sizes,
    static,
    tensor,
)
from lamina.vocabulary.torch.elementwise import add, mul
from lamina.vocabulary.torch.reductions import dims_of, vector_norm

# Products


def matmul(input: Any, other: Any) -> Any:
    """`torch.matmul`: vectors, matrices and batches of them."""
    return keep_dtype(ops.matmul(input, other), input)


def mv(input: Any, vec: Any) -> Any:
    """`torch.mv`: a matrix times a vector."""
    return matmul(input, vec)


def dot(input: Any, tensor: Any) -> Any:
    """`torch.dot` and `torch.inner` of vectors."""
    return keep_dtype(ops.dot(input, tensor), input)


def inner(input: Any, other: Any) -> Any:
    """`torch.inner`: over the last axes."""
    if rank(input) == 0 or rank(other) == 0:
        return mul(input, other)
    return keep_dtype(ops.tensordot(input, other, axes=[[-1], [-1]]), input)


def vdot(input: Any, other: Any) -> Any:
    """`torch.vdot`: of vectors, the first one conjugated."""
    return dot(ops.conj(input) if is_kind(input, 3) else input, other)


def outer(input: Any, vec2: Any) -> Any:
    """`torch.outer` and `torch.ger`."""
    return mul(ops.expand_dims(input, axis=1), vec2)


def vecdot(x: Any, y: Any, *, dim: Any = -1) -> Any:
    """`torch.linalg.vecdot`: along an axis, the first one conjugated."""
    x = ops.conj(x) if is_kind(x, 3) else x
    return keep_dtype(ops.sum(ops.multiply(x, y), axis=static(dim)), x)


def _scaled(x: Any, factor: Any) -> Any:
    return x if isinstance(factor, (int, float)) and factor == 1 else mul(x, factor)


def _added(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    product = _scaled(product, alpha)
    if isinstance(beta, (int, float)) and beta == 0:
        return product
    return add(_scaled(input, beta), product)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`torch.addmm`: `beta * input + alpha * (mat1 @ mat2)`."""
    return _added(input, matmul(mat1, mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`torch.addmv`."""
    return _added(input, matmul(mat, vec), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`torch.addr`."""
    return _added(input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`torch.baddbmm`."""
    return _added(input, matmul(batch1, batch2), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`torch.addbmm`: the products of a batch added up."""
    return _added(input, ops.sum(matmul(batch1, batch2), axis=0), beta, alpha)


def einsum(equation: Any, *operands: Any) -> Any:
    """`torch.einsum`; also `einsum(x, [0, 1], y, [1, 2], [0, 2])`."""
    if not isinstance(equation, str):
        from lamina.vocabulary.numpy.linalg import _from_lists

        equation, found = _from_lists((equation, *operands))
        operands = tuple(found)
    items = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    return ops.einsum(equation.replace(" ", ""), *items)


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """`torch.tensordot`."""
    axes = static(dims)
    return ops.tensordot(a, b, axes=[list(side) for side in axes] if isinstance(axes, tuple) else axes)


def kron(input: Any, other: Any) -> Any:
    """`torch.kron`."""
    from lamina.vocabulary.numpy.linalg import kron as numpy_kron

    return keep_dtype(numpy_kron(*promoted(input, other)), input)


def cross(input: Any, other: Any, dim: Any = None) -> Any:
    """`torch.cross`: along the first axis of size 3."""
    if dim is None:
        dim = next(a for a, n in enumerate(sizes(input)) if isinstance(n, int) and n == 3)
    return ops.cross(*promoted(input, other), axis=static(dim))


def linalg_cross(input: Any, other: Any, *, dim: Any = -1) -> Any:
    """`torch.linalg.cross`."""
    return cross(input, other, dim)


def multi_dot(tensors: Any) -> Any:
    """`torch.linalg.multi_dot` and `torch.chain_matmul`."""
    first, *rest = tensors
    for other in rest:
        first = matmul(first, other)
    return first


def chain_matmul(*matrices: Any) -> Any:
    """`torch.chain_matmul`."""
    return multi_dot(matrices)


def matrix_power(input: Any, n: int) -> Any:
    """`torch.linalg.matrix_power`."""
    if n < 0:
        return matrix_power(ops.inv(input), -n)
    if n == 0:
        return ops.add(ops.zeros_like(input), ops.eye(sizes(input)[-1], dtype=dtype_of(input)))
    half = matrix_power(input, n // 2) if n > 1 else None
    square = input if half is None else matmul(half, half)
    return matmul(square, input) if n > 1 and n % 2 else square


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """`F.bilinear`."""
    found = ops.einsum("...i,kij,...j->...k", input1, weight, input2)
    return found if bias is None else ops.add(found, bias)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """`F.linear`: `input @ weight.T + bias`."""
    found = ops.matmul(input, ops.transpose(weight) if rank(weight) == 2 else weight)
    return found if bias is None else ops.add(found, bias)


def cosine_similarity(x1: Any, x2: Any, dim: Any = 1, eps: float = 1e-8) -> Any:
    """`F.cosine_similarity`: each norm is at least `eps`."""
    x, y = promoted(x1, x2)
    if is_integral(x):
        refuse("nn.functional.cosine_similarity", "of integers", "cast them with .float() first")
    axis = static(dim)
    norms = [
        ops.maximum(vector_norm(t, 2, dims_of(t, axis, True), True), eps) for t in (tensor(x), tensor(y))
    ]
    return ops.sum(ops.multiply(ops.divide(x, norms[0]), ops.divide(y, norms[1])), axis=axis)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """`F.pairwise_distance`: the norm of `x1 - x2 + eps` along the last axis."""
    return vector_norm(ops.add(ops.subtract(x1, x2), eps), p, -1, keepdim)


def pdist(input: Any, p: float = 2.0) -> Any:
    """`F.pdist`: the distance of each pair of different rows."""
    rows, columns = np.triu_indices(known_size("nn.functional.pdist", input, 0), 1)
    left, right = (ops.take(input, n.astype(np.int32), axis=0) for n in (rows, columns))
    return vector_norm(ops.subtract(left, right), p, -1)
