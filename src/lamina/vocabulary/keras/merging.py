"""`keras.layers.add` and the other functions that merge a list of tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.contraction import batch_dot
from lamina.vocabulary.keras_backend.shapes import rank


def _merge(name: str, combine: Callable[[Sequence[Any]], Any], count: int | None = None) -> Any:
    """A merge function; tensors of fewer axes get further ones after the batch."""

    def merge(inputs: Any, *, name: Any = None, **kwargs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or (count and len(inputs) != count):
            wanted = f"a list of {count} tensors" if count else "a list of tensors"
            raise ArgumentError(f"keras.layers.{merge.__name__} expects {wanted}, received {inputs!r}")
        return combine(_padded(inputs))

    merge.__name__ = merge.__qualname__ = name
    merge.__doc__ = f"`keras.layers.{name}` of a list of tensors."
    return merge


def _padded(inputs: Sequence[Any]) -> Sequence[Any]:
    if len(inputs) == 1:
        return inputs
    ranks = [rank(x) for x in inputs]
    most = max(ranks)
    return [x if n == most else _with_axes(x, most - n) for x, n in zip(inputs, ranks, strict=True)]


def _with_axes(x: Any, more: int) -> Any:
    return ops.expand_dims(x, axis=tuple(range(1, 1 + more)))


def _folded(op: str) -> Callable[[Sequence[Any]], Any]:
    return lambda tensors: functools.reduce(getattr(ops, op), tensors)


def _average(tensors: Sequence[Any]) -> Any:
    return ops.divide(functools.reduce(ops.add, tensors), len(tensors))


def concatenate(inputs: Any, axis: int = -1, *, name: Any = None, **kwargs: Any) -> Any:
    """`keras.layers.concatenate` along an axis.

    Raises:
        ArgumentError: The inputs are not a list.
    """
    if not isinstance(inputs, (list, tuple)):
        raise ArgumentError(f"keras.layers.concatenate expects a list of tensors, received {inputs!r}")
    return ops.concatenate(inputs, axis=axis)


def dot(inputs: Any, axes: Any = -1, normalize: bool = False, *, name: Any = None, **kwargs: Any) -> Any:
    """`keras.layers.dot`: the product along an axis of each of two tensors, sample by sample.

    Raises:
        ArgumentError: The inputs are not a list of two tensors.
    """
    if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
        raise ArgumentError(f"keras.layers.dot expects a list of 2 tensors, received {inputs!r}")
    given = axes if isinstance(axes, (list, tuple)) else (axes, axes)
    along = [axis % rank(x) for axis, x in zip(given, inputs, strict=True)]
    if normalize:
        inputs = [ops.normalize(x, axis=axis) for x, axis in zip(inputs, along, strict=True)]
    return batch_dot(inputs[0], inputs[1], along)


MERGING: Mapping[str, Any] = MappingProxyType(
    {
        "add": _merge("add", _folded("add")),
        "average": _merge("average", _average),
        "concatenate": concatenate,
        "dot": dot,
        "maximum": _merge("maximum", _folded("maximum")),
        "minimum": _merge("minimum", _folded("minimum")),
        "multiply": _merge("multiply", _folded("multiply")),
        "subtract": _merge("subtract", _folded("subtract"), count=2),
    }
)
