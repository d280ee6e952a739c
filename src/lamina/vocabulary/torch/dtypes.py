"""PyTorch's dtypes, sizes and devices, and the class that code asks `isinstance` about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dtypes import DTypeAttributes
from lamina.vocabulary.torch.arguments import (
    default_dtype,
    dtype_name,
    dtype_of,
    is_tensor,
    kind_of,
    operand,
    result_dtype,
)


class DType(DTypeAttributes):
    """A dtype, with the attributes of `torch.dtype`.

    Args:
        name: Its Keras name.

    Example:
        >>> from lamina.vocabulary.torch import TABLE
        >>> TABLE["float16"].is_floating_point, TABLE["int64"].itemsize, TABLE["long"] == "int64"
        (True, 8, True)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        if other is None or isinstance(other, (bool, int, float)):
            return False
        return bool(self.name == dtype_name(other))

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"torch.{self.name}"


_NAMES = """bool int8 int16 int32 int64 uint8 bfloat16 float16 float32 float64 complex64 complex128"""
_OTHER_NAMES = """half=float16 float=float32 double=float64 short=int16 int=int32 long=int64 cfloat=complex64
cdouble=complex128"""
DTYPES: dict[str, DType] = {name: DType(name) for name in _NAMES.split()}
NAMED: Mapping[str, DType] = DTYPES | {
    alias: DTYPES[name] for alias, _, name in (word.partition("=") for word in _OTHER_NAMES.split())
}


def _numpy(name: str) -> np.dtype[Any]:
    from lamina.expression.runner import numpy_dtype

    return numpy_dtype(name)


class FloatInfo:
    """`torch.finfo`: the limits of a floating dtype, the default one where none is given.

    Args:
        type: The dtype.
    """

    def __init__(self, type: Any = None) -> None:
        import ml_dtypes

        self.dtype = dtype_name(type) or default_dtype()
        info = ml_dtypes.finfo(_numpy(self.dtype))  # type: ignore[no-untyped-call]
        self.bits = int(info.bits)
        self.eps, self.max, self.min = float(info.eps), float(info.max), float(info.min)
        self.tiny = self.smallest_normal = float(info.smallest_normal)
        self.resolution = float(info.resolution)


class IntegerInfo:
    """`torch.iinfo`: the limits of an integer dtype.

    Args:
        type: The dtype.
    """

    def __init__(self, type: Any) -> None:
        self.dtype = dtype_name(type)
        info = np.iinfo(_numpy(self.dtype))
        self.bits, self.max, self.min = int(info.bits), int(info.max), int(info.min)


def size(values: Any = ()) -> Any:
    """`torch.Size`."""
    from lamina.tracing.shapes import KnownShape

    return KnownShape(values)


class Device:
    """`torch.device`: where tensors live is up to the backend.

    Args:
        type: What the function asks for.
        index: Its number.
    """

    def __init__(self, type: Any = "cpu", index: Any = None) -> None:
        self.type, _, number = str(type).partition(":")
        self.index = index if index is not None else int(number) if number else None

    def __repr__(self) -> str:
        return f"device(type={self.type!r})"


class _Kind(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return is_tensor(value)


class Tensor(metaclass=_Kind):
    """What `isinstance(x, torch.Tensor)` asks about: tensors of the backend, and what stands for them."""


# The name and module by which a tracer knows that it is asked whether it is a tensor.
Tensor.__module__ = "torch"


def get_default_dtype() -> DType:
    """`torch.get_default_dtype`: Keras's default float type."""
    return DTYPES[default_dtype()]


def promote_types(type1: Any, type2: Any) -> DType:
    """`torch.promote_types`."""
    from lamina.vocabulary.torch.arguments import promote_names

    return DTYPES[promote_names(dtype_name(type1), dtype_name(type2))]


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """`torch.result_type`: of tensors and numbers."""
    values = (operand(tensor1), operand(tensor2))
    return DTYPES[result_dtype(*values) or dtype_of(next(v for v in values if is_tensor(v)))]


def can_cast(from_: Any, to: Any) -> bool:
    """`torch.can_cast`: to the same category or a higher one."""
    return kind_of(dtype_name(from_)) <= kind_of(dtype_name(to))


def is_floating_point(input: Any) -> bool:
    """`torch.is_floating_point`."""
    return kind_of(dtype_of(input)) == 2


def is_complex(input: Any) -> bool:
    """`torch.is_complex`."""
    return kind_of(dtype_of(input)) == 3
