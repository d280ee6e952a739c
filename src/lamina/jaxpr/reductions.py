"""Primitives of lax that reduce or accumulate along axes, and windows that slide."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from lamina.jaxpr.equation import Equation, Rule
from lamina.vocabulary.dispatch import op_function, ops

_REDUCE = {"sum": "sum", "prod": "prod", "max": "max", "min": "min", "and": "all", "or": "any"}


def _reduce(op: str) -> Rule:
    def rule(eqn: Equation) -> Any:
        axes = tuple(int(axis) for axis in eqn.params["axes"])
        if op in ("all", "any") and not eqn.out.is_bool:
            eqn.refuse("combines the bits of integers")
        if not axes:
            return eqn.values[0]
        result = op_function(op)(eqn.tensor(0), axis=axes[0] if len(axes) == 1 else axes)
        # Keras sums small integers in wider ones.
        return ops.cast(result, eqn.out.dtype) if "int" in eqn.out.dtype and op in ("sum", "prod") else result

    return rule


def _arg(op: str) -> Rule:
    def rule(eqn: Equation) -> Any:
        (axis,) = eqn.params["axes"]
        return ops.cast(op_function(op)(eqn.tensor(0), axis=int(axis)), eqn.out.dtype)

    return rule


def _accumulated(function: Callable[..., Any]) -> Rule:
    """A cumulative operation, backwards where `reverse` is given."""

    def rule(eqn: Equation) -> Any:
        x, axis = eqn.tensor(0), eqn.params["axis"]
        x = ops.flip(x, axis=axis) if eqn.params["reverse"] else x
        result = function(x, axis)
        result = ops.flip(result, axis=axis) if eqn.params["reverse"] else result
        return ops.cast(result, eqn.out.dtype) if "int" in eqn.out.dtype else result

    return rule


def _scanned(op: str) -> Callable[[Any, int], Any]:
    return lambda x, axis: ops.associative_scan(op_function(op), x, axis=axis)


def _windows(eqn: Equation) -> dict[str, list[int]]:
    """The parameters of a window, by axis; those that no pooling has are refused."""
    rank = eqn.inputs[0].rank
    names = ("window_dimensions", "window_strides", "base_dilation", "window_dilation")
    found = {name: list(eqn.params.get(name) or (1,) * rank) for name in names}
    if set(found["base_dilation"]) | set(found["window_dilation"]) != {1}:
        eqn.refuse("has a dilated window")
    return found


def _pooled(pool: Callable[..., Any], start: float, scaled: bool) -> Rule:
    """A reduction of sliding windows: padded with its neutral element, then a pooling without padding."""

    def rule(eqn: Equation) -> Any:
        found = _windows(eqn)
        window, strides = found["window_dimensions"], found["window_strides"]
        spatial = [i for i, pair in enumerate(zip(window, strides, strict=True)) if pair != (1, 1)]
        if not 1 <= len(spatial) <= 3 or not eqn.out.is_float:
            eqn.refuse("slides a window over more than three axes, or over integers")
        x, padding = eqn.tensor(0), [tuple(map(eqn.size, pair)) for pair in eqn.params["padding"]]
        if any(pair != (0, 0) for pair in padding):
            x = ops.pad(x, padding, constant_values=start)
        sizes = tuple(window[i] for i in spatial)
        moved, back = _to_channels(x, spatial, eqn.inputs[0].rank, ops.shape(x))
        pooled = pool(
            moved, sizes, tuple(strides[i] for i in spatial), padding="valid", data_format="channels_last"
        )
        pooled = ops.multiply(pooled, float(math.prod(sizes))) if scaled else pooled
        return back(pooled, eqn.out.shape)

    return rule


def _to_channels(x: Any, spatial: list[int], rank: int, shape: Any) -> tuple[Any, Callable[[Any, Any], Any]]:
    """A tensor as (other axes, spatial axes, 1), and the way back."""
    others = [axis for axis in range(rank) if axis not in spatial]
    order = (*others, *spatial)
    inverse = tuple(order.index(axis) for axis in range(rank))
    moved = ops.reshape(ops.transpose(x, axes=order), (-1, *(shape[i] for i in spatial), 1))

    def back(result: Any, sizes: Any) -> Any:
        return ops.transpose(ops.reshape(result, tuple(sizes[axis] for axis in order)), axes=inverse)

    return moved, back


TABLE: Mapping[str, Rule] = {
    **{f"reduce_{name}": _reduce(op) for name, op in _REDUCE.items()},
    "argmax": _arg("argmax"),
    "argmin": _arg("argmin"),
    "cumsum": _accumulated(lambda x, axis: ops.cumsum(x, axis=axis)),
    "cumprod": _accumulated(lambda x, axis: ops.cumprod(x, axis=axis)),
    "cummax": _accumulated(_scanned("maximum")),
    "cummin": _accumulated(_scanned("minimum")),
    "cumlogsumexp": _accumulated(_scanned("logaddexp")),
    "reduce_window_max": _pooled(ops.max_pool, -math.inf, False),
    "reduce_window_sum": _pooled(ops.average_pool, 0.0, True),
}
