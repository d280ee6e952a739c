"""Methods and attributes of `jax.Array` beyond those of NumPy's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import Function
from lamina.vocabulary.jax.updates import At
from lamina.vocabulary.weak import WeakTracer


def same(x: Any, *args: Any, **options: Any) -> Any:
    """`x.block_until_ready()` and `x.to_device()`: the tensor itself."""
    return x


def copy(x: Any) -> Any:
    """`x.clone()`: a tensor of its own, which changes in place do not share."""
    return ops.copy(x)


def sort(x: Any, axis: int | None = -1, **options: Any) -> Any:
    """`x.sort()`: a sorted tensor; that of NumPy's arrays sorts in place."""
    from lamina.vocabulary.jax import TABLE

    return TABLE["numpy.sort"](x, axis, **options)


def weak_type(x: Any) -> bool:
    """`x.weak_type`: whether the dtype gives way to that of a tensor beside it."""
    return isinstance(x, WeakTracer)


METHODS: Mapping[str, Function] = {
    "at": At,
    "block_until_ready": same,
    "to_device": same,
    "clone": copy,
    "sort": sort,
    "weak_type": weak_type,
}
PROPERTIES = frozenset({"at", "weak_type"})
