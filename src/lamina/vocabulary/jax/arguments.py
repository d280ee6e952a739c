"""What JAX's functions do to their arguments before they compute anything.

JAX's own types hold: Python numbers adapt to the tensor beside them, integers become float32 where
a function is floating, and every 64-bit type is 32 bits wide unless `jax_enable_x64` is set where
the function is captured. Keras promotes two tensors as JAX does. A function of Python numbers alone
gives a Python number here (`jnp.sqrt(64)` is 8.0), so that it stays as adaptable as it is in JAX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import dtype_name as _numpy_dtype_name
from lamina.vocabulary.numpy.arguments import dtype_of as dtype_of
from lamina.vocabulary.numpy.arguments import is_bool as is_bool
from lamina.vocabulary.numpy.arguments import is_kind as is_kind
from lamina.vocabulary.numpy.arguments import kind as kind
from lamina.vocabulary.numpy.arguments import result_type as _result_type
from lamina.vocabulary.numpy.arguments import shape_of as shape_of
from lamina.vocabulary.tracer import DimTracer, Tracer

Function = Callable[..., Any]
Axis = int | Sequence[int] | None

_NUMBERS = (bool, int, float, complex)
_NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def refuse(function: str, problem: str, advice: str) -> NoReturn:
    """Raise the error of a call that cannot be an expression."""
    raise CaptureError(f"jax.{function}: {problem}; {advice}")


def has_64_bits() -> bool:
    """Whether JAX is loaded and told to compute in 64 bits."""
    config = getattr(sys.modules.get("jax"), "config", None)
    return bool(getattr(config, "jax_enable_x64", False))


def canonical(name: str) -> str:
    """The dtype that JAX has in place of one of 64 bits."""
    return name if has_64_bits() else _NARROW.get(name, name)


def dtype_name(dtype: Any) -> str | None:
    """The Keras name of anything that JAX takes as a dtype; `None` stays `None`."""
    name = _numpy_dtype_name(getattr(dtype, "dtype", dtype) if _is_scalar_type(dtype) else dtype)
    return None if name is None else canonical(name)


def _is_scalar_type(dtype: Any) -> bool:
    return type(dtype).__name__ == "_ScalarMeta"  # what jnp.float32 is


class WeakFloat(float):
    """A float of JAX whose type adapts, such as `jnp.array(2.0)`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return _of_number(self, name)


class WeakInt(int):
    """An int of JAX whose type adapts, such as `jnp.array(2)`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return _of_number(self, name)


def _of_number(value: Any, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(ops.convert_to_tensor(float(value) if isinstance(value, float) else int(value)), name)


def weak(value: Any) -> Any:
    """A Python number as a tensor that adapts its type; bools do not adapt, and are tensors."""
    if isinstance(value, bool):
        return ops.convert_to_tensor(value)
    return {int: WeakInt, float: WeakFloat}.get(type(value), lambda v: v)(value)


def is_number(value: Any) -> bool:
    """Whether `value` is a Python number, and no NumPy one."""
    return isinstance(value, _NUMBERS) and not isinstance(value, np.generic)


def is_constant(value: Any) -> bool:
    """Whether a value consists of Python and NumPy numbers only."""
    if isinstance(value, (list, tuple)):
        return all(map(is_constant, value))
    return isinstance(value, (*_NUMBERS, np.ndarray, np.generic))


def narrow(value: Any) -> Any:
    """A NumPy array with the types that JAX gives it."""
    array = np.asarray(value)
    return array.astype(canonical(array.dtype.name), copy=False) if array.dtype.name in _NARROW else array


def operand(x: Any) -> Any:
    """An argument as the opset takes it: arrays narrowed, lists made into one array or tensor."""
    if isinstance(x, (np.ndarray, np.generic)):
        return narrow(x)
    if isinstance(x, (list, tuple)):
        return _stacked(x)
    return x


def _stacked(items: Sequence[Any]) -> Any:
    if is_constant(items):
        return narrow(np.asarray(items))
    if not items:
        return narrow(np.zeros(0))
    first = next(item for item in items if not is_constant(item))
    return ops.stack([_beside(item, first) for item in items])


def _beside(item: Any, tensor: Any) -> Any:
    """An item of a list of tensors; numbers adapt to the type of a tensor among them."""
    if is_number(item) and not is_size(tensor):
        return ops.add(ops.zeros_like(operand(tensor)), item)
    return (
        operand(item)
        if not is_size(item) and not is_number(item)
        else ops.convert_to_tensor(item, dtype="int32")
    )


def is_size(x: Any) -> bool:
    """Whether `x` stands for the size of an axis that is not known."""
    return isinstance(x, DimTracer)


def tensor(x: Any, dtype: Any = None) -> Any:
    """An argument as a tensor, also where it was a number, of the given dtype if there is one."""
    name = dtype_name(dtype)
    x = operand(x)
    if isinstance(x, (*_NUMBERS, np.ndarray)):
        plain = {WeakFloat: float, WeakInt: int}.get(type(x), lambda v: v)(x)
        if name is not None and isinstance(plain, np.ndarray):
            return ops.cast(plain, name)
        return ops.convert_to_tensor(plain, dtype=name)
    if isinstance(x, DimTracer):
        return ops.convert_to_tensor(x, dtype=name or "int32")
    return x if name is None else ops.cast(x, name)


def cast(x: Any, dtype: Any) -> Any:
    """An operand in the given type; as it is where that is `None`."""
    return x if dtype is None else tensor(x, dtype)


def inexact(x: Any) -> Any:
    """An operand with bools and integers made float32."""
    x = operand(x)
    if isinstance(x, (bool, int)) and not isinstance(x, np.generic):
        return float(x)
    return ops.cast(x, "float32") if not isinstance(x, float) and is_kind(x, "bi") else x


def result_type(*values: Any) -> str:
    """The type that operands promote to."""
    return canonical(_result_type(*map(operand, values)))


def rank(x: Any) -> int:
    """The number of axes."""
    return len(getattr(x, "shape", ()))


def axes_of(x: Any, axis: Axis) -> tuple[int, ...]:
    """The axes, counted from zero; all of them for `None`."""
    count = rank(x)
    if axis is None:
        return tuple(range(count))
    given = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(np.lib.array_utils.normalize_axis_index(int(a), count) for a in given)


def is_tracer(x: Any) -> bool:
    """Whether `x` stands for a value of the function being captured."""
    return isinstance(x, Tracer)


def shape_tuple(shape: Any) -> tuple[Any, ...]:
    """A shape argument as a tuple of sizes."""
    if isinstance(shape, np.ndarray):
        return tuple(shape.tolist())
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
