"""Values of golden calls as JSON: literal numbers, exact, and nothing that has to be executed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops


@dataclass(frozen=True)
class Tensor:
    """A tensor as plain numbers; a complex one ends in an axis of real and imaginary parts."""

    dtype: str
    shape: tuple[int, ...]
    data: tuple[Any, ...]


@dataclass(frozen=True)
class Random:
    """What is known of a random result beforehand."""

    dtype: str
    shape: tuple[int, ...]
    low: float
    high: float


# The Python functions that golden calls of control flow name.
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "double": lambda x: x * 2,
    "halve": lambda x: x / 2,
    "increment": lambda x: x + 1,
    "accumulate": lambda carry, x: (carry + x, carry * x),
    "below_ten": lambda x: ops.all(x < 10),
    "add_index": lambda i, x: x + ops.cast(i, "float32"),
    "one": lambda: ops.ones((2,)),
    "zero": lambda: ops.zeros((2,)),
    "norm": lambda x: ops.sqrt(ops.sum(x * x)),
}

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def tensor(data: Any, dtype: str = "float32") -> Tensor:
    """A tensor of these nested numbers."""
    array = np.asarray(data, "float64" if "float" in dtype else dtype)
    shape = array.shape
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], -1)
    return Tensor(dtype, shape, tuple(array.ravel().tolist()))


def to_keras(value: Any) -> Any:
    """The value with tensors of the current backend and with functions in place."""
    if isinstance(value, Tensor):
        return ops.convert_to_tensor(as_array(value), value.dtype)
    if isinstance(value, (tuple, list)):
        return type(value)(map(to_keras, value))
    if isinstance(value, dict):
        return {key: to_keras(item) for key, item in value.items()}
    return FUNCTIONS[value.name] if isinstance(value, Function) else value


def as_array(value: Tensor) -> np.ndarray:
    """The tensor as a NumPy array, bfloat16 as float64."""
    if value.dtype == "complex64":
        pairs = np.asarray(value.data, "float32").reshape(*value.shape, 2)
        return pairs[..., 0] + 1j * pairs[..., 1]
    return np.asarray(value.data, "float64" if "float" in value.dtype else value.dtype).reshape(value.shape)


@dataclass(frozen=True)
class Function:
    """A function argument, by its name in `FUNCTIONS`."""

    name: str


def from_keras(value: Any) -> Any:
    """A result as plain values; sequences of any kind become lists."""
    if ops.is_tensor(value) or isinstance(value, np.ndarray):
        dtype = keras.backend.standardize_dtype(value.dtype)
        # TensorFlow has no NumPy form of a bfloat16 scalar.
        array = ops.convert_to_numpy(ops.cast(value, "float32") if dtype == "bfloat16" else value)
        exact = str if dtype == "float32" else float  # the shortest digits that read back as the same float32
        if "float" in dtype:
            return Tensor(dtype, array.shape, tuple(float(exact(item)) for item in array.ravel()))
        return tensor(array, dtype)
    if isinstance(value, (tuple, list)):
        return [from_keras(item) for item in value]
    if isinstance(value, dict):
        return {key: from_keras(item) for key, item in value.items()}
    return value


def to_json(value: Any) -> Any:
    """The JSON form of a value; `from_json` is its inverse."""
    match value:
        case Tensor():
            return {
                "tensor": value.dtype,
                "shape": list(value.shape),
                "data": [to_json(item) for item in value.data],
            }
        case Random():
            return {
                "random": value.dtype,
                "shape": list(value.shape),
                "low": value.low,
                "high": value.high,
            }
        case Function():
            return {"function": value.name}
        case float() if not math.isfinite(value):
            return {"float": str(value)}
        case slice():
            return {"slice": [to_json(value.start), to_json(value.stop), to_json(value.step)]}
        case list():
            return [to_json(item) for item in value]
        case tuple():
            return {"tuple": [to_json(item) for item in value]}
        case dict():
            return {"dict": {key: to_json(item) for key, item in value.items()}}
        case None | bool() | int() | float() | str():
            return value
    if value is ...:
        return {"ellipsis": True}
    raise TypeError(f"no golden form for {value!r}")


def from_json(value: Any) -> Any:
    """The value of a JSON form."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    match value:
        case {"tensor": dtype, "shape": shape, "data": data}:
            return Tensor(dtype, tuple(shape), tuple(from_json(item) for item in data))
        case {"random": dtype, "shape": shape, "low": low, "high": high}:
            return Random(dtype, tuple(shape), low, high)
        case {"function": name}:
            return Function(name)
        case {"float": name}:
            return _SPECIAL[name]
        case {"slice": bounds}:
            return slice(*map(from_json, bounds))
        case {"tuple": items}:
            return tuple(from_json(item) for item in items)
        case {"dict": items}:
            return {key: from_json(item) for key, item in items.items()}
        case {"ellipsis": True}:
            return ...
        case dict():
            raise ValueError(f"unknown golden form {value!r}")
    return value
