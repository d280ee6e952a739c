"""Primitives of lax for matrices: products, convolutions, decompositions, Fourier transforms."""

from __future__ import annotations

import itertools
import string
from collections.abc import Mapping, Sequence
from typing import Any

from lamina.jaxpr.equation import Equation, Rule
from lamina.jaxpr.shaping import dilated
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax import TABLE as FUNCTIONS


def _dot_general(eqn: Equation) -> Any:
    (left, right), (left_batch, right_batch) = eqn.params["dimension_numbers"]
    a, b = eqn.tensor(0), eqn.tensor(1)
    wanted = eqn.params.get("preferred_element_type")
    if wanted is not None and str(wanted) != eqn.inputs[0].dtype:
        a, b = ops.cast(a, str(wanted)), ops.cast(b, str(wanted))
    ranks = [aval.rank for aval in eqn.inputs]
    if _is_matmul(ranks, left, right, left_batch, right_batch):
        return ops.matmul(a, b)
    return ops.einsum(_subscripts(ranks, left, right, left_batch, right_batch), a, b)


def _is_matmul(
    ranks: list[int],
    left: Sequence[int],
    right: Sequence[int],
    left_batch: Sequence[int],
    right_batch: Sequence[int],
) -> bool:
    """Whether it is the product of two matrices, or of two stacks of them."""
    if (len(left), len(right)) != (1, 1) or left[0] != ranks[0] - 1 or min(ranks) < 2:
        return False
    if not left_batch:
        return ranks[1] == 2 and right[0] == 0
    batch = list(range(ranks[0] - 2))
    same = list(left_batch) == batch == list(right_batch) and ranks[0] == ranks[1]
    return same and right[0] == ranks[1] - 2


def _subscripts(
    ranks: list[int],
    left: Sequence[int],
    right: Sequence[int],
    left_batch: Sequence[int],
    right_batch: Sequence[int],
) -> str:
    letters = iter(string.ascii_letters)
    first, second = [""] * ranks[0], [""] * ranks[1]
    for i, j in itertools.chain(zip(left_batch, right_batch, strict=True), zip(left, right, strict=True)):
        first[i] = second[j] = next(letters)
    batch = [first[i] for i in left_batch]
    free = []
    for term in (first, second):
        for axis, letter in enumerate(term):
            if not letter:
                term[axis] = next(letters)
                free.append(term[axis])
    return f"{''.join(first)},{''.join(second)}->{''.join(batch + free)}"


def _conv(eqn: Equation) -> Any:
    """`lax.conv_general_dilated`, with channels last."""
    params, rank = eqn.params, eqn.inputs[0].rank
    numbers = params["dimension_numbers"]
    groups, channels = params["feature_group_count"], eqn.inputs[0].shape[numbers.lhs_spec[1]]
    if params["batch_group_count"] != 1 or not 3 <= rank <= 5:
        eqn.refuse("convolves groups of a batch, or over more than three axes")
    x = ops.transpose(eqn.tensor(0), axes=(numbers.lhs_spec[0], *numbers.lhs_spec[2:], numbers.lhs_spec[1]))
    kernel = ops.transpose(
        eqn.tensor(1), axes=(*numbers.rhs_spec[2:], numbers.rhs_spec[1], numbers.rhs_spec[0])
    )
    for axis, dilation in enumerate(params["lhs_dilation"], start=1):
        x = dilated(x, axis, dilation - 1, 0, rank) if dilation > 1 else x
    x = _padded(x, [tuple(map(eqn.size, pair)) for pair in params["padding"]])
    options = {
        "strides": _one_or_all(params["window_strides"]),
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": _one_or_all(params["rhs_dilation"]),
    }
    result = _grouped(eqn, x, kernel, groups, channels, options)
    back = numbers.out_spec
    source = {back[0]: 0, back[1]: rank - 1, **{axis: i for i, axis in enumerate(back[2:], start=1)}}
    return ops.transpose(result, axes=tuple(source[axis] for axis in range(rank)))


def _grouped(eqn: Equation, x: Any, kernel: Any, groups: int, channels: Any, options: dict[str, Any]) -> Any:
    if groups == 1:
        return ops.conv(x, kernel, **options)
    parts, kernels = ops.split(x, groups, axis=-1), ops.split(kernel, groups, axis=-1)
    return ops.concatenate([ops.conv(*pair, **options) for pair in zip(parts, kernels, strict=True)], axis=-1)


def _one_or_all(values: Sequence[int]) -> Any:
    return values[0] if len(set(values)) == 1 else tuple(values)


def _padded(x: Any, padding: list[tuple[Any, ...]]) -> Any:
    """A tensor padded with zeros along its spatial axes; negative padding cuts off."""
    around = [(max(low, 0), max(high, 0)) for low, high in padding]
    if any(pair != (0, 0) for pair in around):
        x = ops.pad(x, [(0, 0), *around, (0, 0)])
    if any(low < 0 or high < 0 for low, high in padding):
        x = x[(slice(None), *(slice(-min(low, 0), min(high, 0) or None) for low, high in padding))]
    return x


def _cholesky(eqn: Equation) -> Any:
    return ops.cholesky(eqn.tensor(0))


def _triangular_solve(eqn: Equation) -> Any:
    """`lax.linalg.triangular_solve`: a x = b, or x a = b, where `a` may be transposed."""
    params = eqn.params
    if params["unit_diagonal"] or params["conjugate_a"]:
        eqn.refuse("has a unit diagonal, or conjugates")
    a, b, lower = eqn.tensor(0), eqn.tensor(1), bool(params["lower"])
    turned = bool(params["transpose_a"]) != (not params["left_side"])
    if turned:
        a, lower = ops.swapaxes(a, -1, -2), not lower
    if params["left_side"]:
        return ops.solve_triangular(a, b, lower=lower)
    return ops.swapaxes(ops.solve_triangular(a, ops.swapaxes(b, -1, -2), lower=lower), -1, -2)


def _eigh(eqn: Equation) -> Any:
    values, vectors = ops.eigh(eqn.tensor(0))
    return [vectors, values]


def _qr(eqn: Equation) -> Any:
    if eqn.params.get("pivoting"):
        eqn.refuse("chooses the order of columns")
    return list(ops.qr(eqn.tensor(0), mode="complete" if eqn.params["full_matrices"] else "reduced"))


def _svd(eqn: Equation) -> Any:
    """`lax.linalg.svd`, whose first output is the singular values."""
    if eqn.params.get("subset_by_index") is not None:
        eqn.refuse("takes some of the singular values")
    x = eqn.tensor(0)
    if not eqn.params["compute_uv"]:
        return [ops.svd(x, compute_uv=False)]
    left, values, right = ops.svd(x, full_matrices=eqn.params["full_matrices"])
    return [values, left, right]


def _fft(eqn: Equation) -> Any:
    lengths = tuple(map(eqn.size, eqn.params["fft_lengths"]))
    return FUNCTIONS["lax.fft"](eqn.tensor(0), eqn.params["fft_type"], lengths)


TABLE: Mapping[str, Rule] = {
    "cholesky": _cholesky,
    "conv_general_dilated": _conv,
    "dot_general": _dot_general,
    "eigh": _eigh,
    "fft": _fft,
    "qr": _qr,
    "svd": _svd,
    "triangular_solve": _triangular_solve,
}
