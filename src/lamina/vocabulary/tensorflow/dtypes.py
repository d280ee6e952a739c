"""TensorFlow's dtypes, and the classes that code asks `isinstance` about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dtypes import DTypeAttributes
from lamina.vocabulary.tensorflow.arguments import dtype_name


class DType(DTypeAttributes):
    """A dtype, with the attributes of `tf.DType`.

    Args:
        name: Its Keras name.

    Example:
        >>> from lamina.vocabulary.tensorflow import TABLE
        >>> TABLE["int8"].max, TABLE["int32"].is_integer
        (127, True)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        if other is None or isinstance(other, (int, float)):
            return False
        try:
            return bool(self.name == dtype_name(other))
        except TypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"tf.{self.name}"


_NAMES = """bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 bfloat16 float16 float32 float64 complex64
complex128"""
DTYPES: dict[str, DType] = {name: DType(name) for name in _NAMES.split()}
NAMED: Mapping[str, DType] = {**DTYPES, "half": DTYPES["float16"], "double": DTYPES["float64"]}


def as_dtype(type_value: Any) -> DType:
    """`tf.as_dtype`: of a name, a NumPy dtype or a dtype of any framework."""
    return DTYPES[dtype_name(type_value)]


class _Kind(type):
    def __instancecheck__(cls, value: Any) -> bool:
        from lamina.vocabulary.tensorflow.arrays import is_tensor

        return is_tensor(value)


class Tensor(metaclass=_Kind):
    """What `isinstance(x, tf.Tensor)` asks about: tensors of the backend in use, and what stands for them."""


# The name and module by which a tracer knows that it is asked whether it is a tensor.
Tensor.__module__ = "tensorflow"
