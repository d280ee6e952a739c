"""Shapes and ranks: sizes as values (`K.shape`) and as numbers (`K.int_shape`)."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from typing import Any

from lamina._numpy import np
from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops

StaticShape = tuple[int | None, ...]


def is_tracer(x: Any) -> bool:
    """Whether `x` stands for a tensor of a function that is being captured."""
    return hasattr(type(x), "static_shape")


def is_size(x: Any) -> bool:
    """Whether `x` is an integer, or stands for the size of an axis that is not known."""
    kind = type(x)
    return kind is not bool and hasattr(kind, "__index__") and not hasattr(kind, "shape")


def static_shape(x: Any) -> StaticShape:
    """The shape as a tuple, with `None` for sizes that are not known (`K.int_shape`)."""
    if is_tracer(x):
        return tuple(x.static_shape)
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def rank(x: Any) -> int:
    """Number of axes (`K.ndim`)."""
    return int(x.ndim) if is_tracer(x) else len(static_shape(x))


def sizes(x: Any) -> tuple[Any, ...]:
    """One entry per axis: an int where the size is known, what stands for it where not."""
    known = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
    if not any(n is None for n in known):
        return known
    return tuple(size if n is None else n for n, size in zip(known, ops.shape(x), strict=True))


def product(numbers: Iterable[Any]) -> Any:
    """The product of sizes; known ones are multiplied first."""
    factors = sorted(numbers, key=lambda n: not isinstance(n, int))
    return functools.reduce(operator.mul, factors) if factors else 1


class ShapeVector(tuple[Any, ...]):
    """A shape as the integer vector it is in Keras 2: arithmetic goes element by element."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        item = tuple.__getitem__(self, key)
        return ShapeVector(item) if isinstance(key, slice) else item


def _elementwise(name: str, operation: str) -> Callable[[ShapeVector, Any], Any]:
    function = getattr(operator, name)

    def method(self: ShapeVector, other: Any) -> Any:
        if hasattr(other, "shape") and not isinstance(other, (np.ndarray, np.integer)):
            return getattr(ops, operation)(ops.convert_to_tensor(tuple(self)), other)
        others = list(other) if isinstance(other, (tuple, list, np.ndarray)) else [other] * len(self)
        if len(others) != len(self):
            raise ArgumentError(
                f"a shape of {len(self)} sizes is an integer vector and does not combine with {other!r}; "
                "join shapes with K.concatenate, or use K.int_shape"
            )
        pairs = zip(self, others, strict=True)
        return ShapeVector(function(a, int(b) if isinstance(b, np.integer) else b) for a, b in pairs)

    return method


_ARITHMETIC = {"add": "add", "sub": "subtract", "mul": "multiply", "floordiv": "floor_divide", "mod": "mod"}
for _name, _operation in _ARITHMETIC.items():
    setattr(ShapeVector, f"__{_name}__", _elementwise(_name, _operation))
for _name in ("add", "mul"):
    setattr(ShapeVector, f"__r{_name}__", _elementwise(_name, _ARITHMETIC[_name]))


def shape(x: Any) -> Any:
    """`K.shape`: the sizes of all axes as an integer vector.

    Example:
        >>> from lamina import backend as K
        >>> K.shape(K.zeros((2, 3)))[1:] * 2
        (6,)
    """
    dims = ops.shape(x)
    return ShapeVector(dims) if isinstance(dims, tuple) else dims


def count_params(x: Any) -> int:
    """`K.count_params`: the number of elements, where the shape is known."""
    known = static_shape(x)
    unknown = [axis for axis, size in enumerate(known) if size is None]
    if unknown:
        raise ArgumentError(f"K.count_params needs a known shape, received {known}; use K.prod(K.shape(x))")
    return int(product(known))


def size(x: Any, name: str | None = None) -> Any:
    """`K.size`: the number of elements, which may not be known yet."""
    return product(sizes(x))


def is_size_vector(x: Any) -> bool:
    """Whether `x` is a list or tuple of sizes, so that it may be used as a shape."""
    return isinstance(x, (tuple, list)) and all(map(is_size, x))


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`K.prod`; the product of a shape stays a size."""
    if isinstance(x, ShapeVector):
        return product(x)
    return ops.prod(x, axis=static_axis(axis), keepdims=keepdims)


def stack(x: Any, axis: int = 0) -> Any:
    """`K.stack`; a stack of sizes stays a shape."""
    return ShapeVector(x) if is_size_vector(x) else ops.stack(x, axis=axis)


def concatenate(tensors: Any, axis: int = -1) -> Any:
    """`K.concatenate`; joined shapes stay a shape."""
    if isinstance(tensors, (tuple, list)) and all(map(is_size_vector, tensors)):
        return ShapeVector(n for vector in tensors for n in vector)
    return ops.concatenate(tensors, axis=axis)


def reshape(x: Any, shape: Any) -> Any:
    """`K.reshape`."""
    return ops.reshape(x, tuple(shape) if isinstance(shape, (tuple, list)) else shape)


def batch_flatten(x: Any) -> Any:
    """`K.batch_flatten`: everything but the first axis in one axis."""
    return ops.reshape(x, (-1, product(sizes(x)[1:])))


def tile(x: Any, n: Any) -> Any:
    """`K.tile`: repeat `n[axis]` times along each axis."""
    return ops.tile(x, (n,) if is_size(n) else tuple(n) if isinstance(n, (tuple, list)) else n)


def repeat(x: Any, n: Any) -> Any:
    """`K.repeat`: `(batch, features)` becomes `(batch, n, features)`."""
    return ops.tile(ops.expand_dims(x, axis=1), (1, n, 1))


def slice_(x: Any, start: Any, size: Any) -> Any:
    """`K.slice`: `size[axis]` elements from `start[axis]`; -1 takes the rest."""
    bounds = zip(start, size, strict=True)
    return x[
        tuple(slice(first, None if isinstance(n, int) and n == -1 else first + n) for first, n in bounds)
    ]


def static_axis(axis: Any) -> Any:
    """An axis argument as operations take it."""
    return tuple(axis) if isinstance(axis, list) else axis
