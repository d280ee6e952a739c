"""Which frameworks a function is written with, and tensors of theirs."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator
from typing import Any

from lamina._keras import keras
from lamina._numpy import np
from lamina.expression.model import map_tree

_TENSOR_FRAMEWORKS = ("jax", "tensorflow", "torch")
_KNOWN = {*_TENSOR_FRAMEWORKS, "keras", "numpy", "lamina"}


def frameworks_of(function: Any) -> set[str]:
    """The frameworks that a function and its helpers name, by the root of their modules."""
    seen: set[int] = set()
    return set(_reached(function, seen)) & _KNOWN


def _reached(value: Any, seen: set[int]) -> Iterator[str]:
    if id(value) in seen:
        return
    seen.add(id(value))
    root = _root(value)
    if root in _KNOWN:
        yield root
    elif isinstance(value, functools.partial):
        yield from _reached(value.func, seen)
    elif isinstance(value, types.MethodType):
        yield from _reached(value.__func__, seen)
    elif isinstance(value, types.FunctionType):
        for name in _names(value.__code__):
            yield name.partition(".")[0]
        for found in _values(value):
            yield from _reached(found, seen)


def _root(value: Any) -> str:
    name = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", "")
    root = str(name or "").partition(".")[0]
    return {"tf_keras": "keras", "jaxlib": "jax"}.get(root, root)


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _values(function: types.FunctionType) -> Iterator[Any]:
    yield from (function.__globals__[n] for n in _names(function.__code__) if n in function.__globals__)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # the cell is still empty
            continue


def home_of(function: Any) -> str:
    """The framework whose tensors a function takes: its own, or that of the backend in use."""
    used = frameworks_of(function)
    backend: str = keras.backend.backend()
    others = used & set(_TENSOR_FRAMEWORKS)
    if not others and used & {"numpy", "keras", "lamina"} == {"numpy"}:
        return "numpy"
    if len(others) == 1 and backend not in others and "keras" not in used:
        (other,) = others
        return other if other in sys.modules else backend
    return backend


def tensors_of(home: str, structure: Any) -> Any:
    """A structure of arrays as tensors of a framework."""
    return map_tree(functools.partial(_tensor, home), structure)


def _tensor(home: str, value: Any) -> Any:
    if value is None or home == "numpy":
        return value
    if home == keras.backend.backend():
        return keras.ops.convert_to_tensor(value)
    array = np.asarray(value)
    framework = sys.modules[home]
    if home == "torch":
        return framework.as_tensor(array.copy())
    return framework.constant(array) if home == "tensorflow" else framework.numpy.asarray(array)
