"""Functions that are an operation under another spelling, as lines of a table.

The notation is that of `lamina.vocabulary.keras_backend.notation`: the signature of TensorFlow,
and the operation that it stands for. Operands are made tensors or literals first.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.notation import parse_table
from lamina.vocabulary.keras_backend.shapes import ShapeVector
from lamina.vocabulary.signatures import parameters
from lamina.vocabulary.tensorflow.arguments import (
    SIZE_ARITHMETIC,
    Function,
    all_sizes,
    dtype_name,
    is_sizes,
    operand,
    pair,
    shape_of,
    static,
)

_CONVERTERS = {"axis": static, "axes": static, "dtype": dtype_name, "newshape": shape_of, "shape": shape_of}


def lines(text: str) -> dict[str, Function]:
    """The functions of a table of lines; the first argument is an operand."""
    return {name: _on_operand(function) for name, function in parse_table(text, _CONVERTERS, {}).items()}


def _on_operand(function: Function) -> Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if args:
            return function(operand(args[0]), *args[1:], **kwargs)
        first = parameters(function)[0]
        return function(**{**kwargs, first: operand(kwargs[first])} if first in kwargs else kwargs)

    return call


def unary(text: str) -> dict[str, Function]:
    """Functions of one tensor: words, `name` or `name=operation`."""
    return {name: _unary(name, op or name) for name, _, op in (word.partition("=") for word in text.split())}


def _unary(name: str, op: str) -> Function:
    def call(x: Any) -> Any:
        return getattr(ops, op)(operand(x))

    return _named(call, name, op)


def binary(text: str) -> dict[str, Function]:
    """Functions of two tensors, element by element: words, `name` or `name=operation`."""
    return {name: _binary(name, op or name) for name, _, op in (word.partition("=") for word in text.split())}


def _binary(name: str, op: str) -> Function:
    on_sizes = SIZE_ARITHMETIC.get(op)

    def call(x: Any, y: Any) -> Any:
        if on_sizes is not None:
            if all_sizes(x, y):
                return on_sizes(x, y)
            if (isinstance(x, ShapeVector) and isinstance(y, (int, ShapeVector))) or all_sizes_of(x, y):
                return _on_vectors(on_sizes, x, y)
        return getattr(ops, op)(*pair(operand_size(x), operand_size(y)))

    return _named(call, name, op)


def all_sizes_of(x: Any, y: Any) -> bool:
    """Whether both are lists of sizes of the same length, or one is a size."""
    return (is_sizes(x) and (is_sizes(y) or is_plain(y))) or (is_sizes(y) and is_plain(x))


def is_plain(y: Any) -> bool:
    """Whether `y` is a number, or a list of numbers, that a shape can be combined with."""
    return isinstance(y, int) or (isinstance(y, (list, tuple)) and all(isinstance(n, int) for n in y))


def _on_vectors(function: Function, x: Any, y: Any) -> ShapeVector:
    count = max(len(v) if isinstance(v, (list, tuple)) else 1 for v in (x, y))
    columns = (
        (list(v) if len(v) == count else list(v) * count) if isinstance(v, (list, tuple)) else [v] * count
        for v in (x, y)
    )
    return ShapeVector(function(a, b) for a, b in zip(*columns, strict=True))


def operand_size(x: Any) -> Any:
    """Sizes as tensors; anything else as it is."""
    return operand(x) if is_sizes(x) or not isinstance(x, (list, tuple)) else x


def _named(function: Function, name: str, op: str) -> Function:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`keras.ops.{op}`."
    return function


Table = Mapping[str, Function]
