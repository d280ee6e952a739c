"""The methods and properties of `ndarray`, as functions whose first argument is the tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy import linalg, selection, shaping, statistics
from lamina.vocabulary.numpy.arguments import Function, dtype_name, dtype_of, operand, shape_of
from lamina.vocabulary.numpy.creation import DType
from lamina.vocabulary.numpy.table import FUNCTIONS
from lamina.vocabulary.numpy.ufuncs import UFUNCS


def reshape(a: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    """`x.reshape(2, 3)` or `x.reshape((2, 3))`."""
    return shaping.reshape(a, shape[0] if len(shape) == 1 else shape, order)


def transpose(a: Any, *axes: Any) -> Any:
    """`x.transpose()`, `x.transpose(0, 2, 1)` or `x.transpose((0, 2, 1))`."""
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return ops.transpose(operand(a), axes=tuple(order) if order else None)


def astype(
    a: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """`x.astype(dtype)`: towards zero from floating to integer."""
    return ops.cast(operand(a), dtype_name(dtype))


def clip(a: Any, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    """`x.clip(min, max)`."""
    return selection.clip(a, min, max, out, **kwargs)


def compress(a: Any, condition: Any, axis: int | None = None, out: Any = None) -> Any:
    """`x.compress(condition)`, by a condition that is known."""
    return selection.compress(condition, a, axis, out)


def dtype(a: Any) -> DType:
    """`x.dtype`."""
    return DType(dtype_of(operand(a)))


def _of(name: str) -> Function:
    return FUNCTIONS.get(name) or UFUNCS[name]


_SAME = """all any argmax argmin conj conjugate copy cumprod cumsum diagonal dot max mean min prod ptp squeeze
    sum swapaxes"""

METHODS: Mapping[str, Function] = {name: _of(name) for name in _SAME.split()} | {
    "argpartition": selection.argpartition,
    "argsort": selection.argsort,
    "astype": astype,
    "choose": selection.choose,
    "clip": clip,
    "compress": compress,
    "flatten": shaping.ravel,
    "ravel": shaping.ravel,
    "repeat": shaping.repeat,
    "reshape": reshape,
    "round": selection.round_,
    "searchsorted": selection.searchsorted,
    "std": statistics.std,
    "take": selection.take,
    "trace": linalg.trace,
    "transpose": transpose,
    "var": statistics.var,
}

PROPERTIES: Mapping[str, Function] = {
    "T": lambda a: ops.transpose(operand(a)),
    "mT": shaping.matrix_transpose,
    "real": UFUNCS["real"],
    "imag": UFUNCS["imag"],
    "dtype": dtype,
    "ndim": selection.ndim,
    "shape": lambda a: shape_of(operand(a)),
    "size": shaping.size,
}
