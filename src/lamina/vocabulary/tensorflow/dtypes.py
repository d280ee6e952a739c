"""TensorFlow's dtypes, and the classes that code asks `isinstance` about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.tensorflow.arguments import dtype_name


class DType:
    """A dtype, with the attributes of `tf.DType`.

    Args:
        name: Its Keras name.

    Example:
        >>> from lamina.vocabulary.tensorflow import TABLE
        >>> TABLE["int8"].max, TABLE["int32"].is_integer
        (127, True)
    """

    # What code read from a file may use of it.
    saved_attributes = frozenset(
        """name base_dtype real_dtype is_floating is_integer is_complex is_bool is_unsigned size max
        min""".split()
    )

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy scalar type."""
        from lamina.expression.runner import numpy_dtype

        return numpy_dtype(self.name).type

    @property
    def base_dtype(self) -> DType:
        """The dtype itself: there are no references."""
        return self

    @property
    def real_dtype(self) -> DType:
        """The dtype of the parts of a complex number."""
        return DTYPES[{"complex64": "float32", "complex128": "float64"}.get(self.name, self.name)]

    @property
    def is_floating(self) -> bool:
        """Whether its values are floating."""
        return "float" in self.name

    @property
    def is_integer(self) -> bool:
        """Whether its values are integers."""
        return self.name.startswith(("int", "uint"))

    @property
    def is_complex(self) -> bool:
        """Whether its values are complex."""
        return self.name.startswith("complex")

    @property
    def is_bool(self) -> bool:
        """Whether its values are truth values."""
        return self.name == "bool"

    @property
    def is_unsigned(self) -> bool:
        """Whether its values are never negative."""
        return self.name.startswith("uint")

    @property
    def size(self) -> int:
        """Bytes of one value."""
        return int(np.dtype(self.as_numpy_dtype).itemsize)

    @property
    def max(self) -> Any:
        """The greatest value."""
        return self._limits().max

    @property
    def min(self) -> Any:
        """The least value."""
        return self._limits().min

    def _limits(self) -> Any:
        if self.name == "bfloat16":
            import ml_dtypes

            return ml_dtypes.finfo(self.as_numpy_dtype)  # type: ignore[no-untyped-call]
        return (np.finfo if self.is_floating else np.iinfo)(self.as_numpy_dtype)

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
