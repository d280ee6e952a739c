"""Reductions and scans of `jax.lax`: over axes that are named, in the type of the operand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.jax.arguments import Function, axes_of, cast, dtype_of, is_kind, tensor


def _lax_reduction(op: str) -> Function:
    reduce = op_function(op)

    def call(operand: Any, axes: Any, **options: Any) -> Any:
        x = tensor(operand)
        result = reduce(x, axis=axes_of(x, tuple(axes)))
        return ops.cast(result, dtype_of(x)) if is_kind(x, "i") and op in ("sum", "prod") else result

    call.__doc__ = f"`jax.lax.reduce_{op}`."
    return call


def _lax_position(op: str) -> Function:
    found = op_function(op)

    def call(operand: Any, axis: int, index_dtype: Any = "int32") -> Any:
        return cast(found(tensor(operand), axis=axis), index_dtype)

    call.__doc__ = f"`jax.lax.{op}`."
    return call


def scan(x: Any, axis: int, reverse: bool, step: Function) -> Any:
    """A cumulative function along an axis, from its end if asked."""
    x = tensor(x)
    result = step(ops.flip(x, axis=axis) if reverse else x)
    return ops.flip(result, axis=axis) if reverse else result


def _lax_cumulative(op: str) -> Function:
    def call(operand: Any, axis: int = 0, reverse: bool = False) -> Any:
        def step(x: Any) -> Any:
            if op.startswith("cum"):
                return ops.cast(op_function(op)(x, axis=axis), dtype_of(x))
            found = ops.associative_scan(op_function(op), x, axis=axis)
            return ops.cast(found, dtype_of(x)) if is_kind(x, "i") else found

        return scan(operand, axis, reverse, step)

    call.__doc__ = f"`jax.lax`'s running {op}."
    return call


TABLE: Mapping[str, Function] = {
    "reduce_sum": _lax_reduction("sum"),
    "reduce_prod": _lax_reduction("prod"),
    "reduce_max": _lax_reduction("max"),
    "reduce_min": _lax_reduction("min"),
    "reduce_and": _lax_reduction("all"),
    "reduce_or": _lax_reduction("any"),
    "argmax": _lax_position("argmax"),
    "argmin": _lax_position("argmin"),
    "cumsum": _lax_cumulative("cumsum"),
    "cumprod": _lax_cumulative("cumprod"),
    "cummax": _lax_cumulative("maximum"),
    "cummin": _lax_cumulative("minimum"),
    "cumlogsumexp": _lax_cumulative("logaddexp"),
}
