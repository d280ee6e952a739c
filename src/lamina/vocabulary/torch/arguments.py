"""What PyTorch's functions do to their arguments before they compute anything.

Types follow PyTorch's promotion: Python numbers adapt to the tensors, tensors without axes adapt to
those with axes unless they are of a higher kind, and integers become the default float type where a
function needs floats. A type that is not known yet counts as floating, so that a function can be
captured before its layer is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from lamina._numpy import np
from lamina.errors import ArgumentError, CaptureError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.arrays import is_tensor as is_tensor
from lamina.vocabulary.keras_backend.shapes import is_size as is_size
from lamina.vocabulary.keras_backend.shapes import is_tracer as is_tracer
from lamina.vocabulary.keras_backend.shapes import rank as rank
from lamina.vocabulary.tensorflow.arguments import (
    is_size_like as is_size_like,
)
from lamina.vocabulary.tensorflow.arguments import (
    known_rank as known_rank,
)
from lamina.vocabulary.tensorflow.arguments import (
    size_or_none as size_or_none,
)

Function = Callable[..., Any]


def refuse(function: str, problem: str, advice: str) -> NoReturn:
    """Raise the error of a call that cannot be an expression."""
    raise CaptureError(f"torch.{function}: {problem}; {advice}")


def overwrite(tensor: Any, value: Any) -> Any:
    """`value` as the new contents of `tensor`, whose type stays; a tensor of a backend stays as it is."""
    if not is_tracer(tensor):
        return value
    kept, new = known_dtype(tensor), known_dtype(value)
    if kept is not None and new is not None and kept != new:
        value = ops.cast(value, tensor.dtype)
    tensor.overwrite(value)
    return tensor


# Types

_PYTHON_TYPES: Mapping[Any, str] = {float: "float64", int: "int64", bool: "bool", complex: "complex128"}
_ALIASES: Mapping[str, str] = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "cfloat": "complex64",
    "cdouble": "complex128",
}


def dtype_name(dtype: Any) -> Any:
    """The Keras name of what PyTorch takes as a dtype; `None` stays `None`."""
    dtype = getattr(dtype, "lamina_class", dtype)
    if dtype is None:
        return None
    if isinstance(dtype, type) and dtype in _PYTHON_TYPES:
        return _PYTHON_TYPES[dtype]
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or str(dtype)
    name = name.rpartition(".")[2]
    return _ALIASES.get(name, name)


def default_dtype() -> str:
    """The type of new floating tensors, Keras's own default."""
    import keras

    return str(keras.config.floatx())


def known_dtype(x: Any) -> str | None:
    """The dtype where it is known; `None` where it is not, and no guard is added."""
    if is_tracer(x):
        return x.recorder.peek_dtype(x.ref)  # type: ignore[no-any-return]
    if hasattr(x, "dtype"):
        return str(dtype_name(x.dtype))
    return None


def dtype_of(x: Any) -> str:
    """The dtype of an operand, which binds a captured expression to it."""
    if hasattr(x, "dtype") or is_tracer(x):
        return str(dtype_name(x.dtype))
    return weak_dtype(x)


def weak_dtype(x: Any) -> str:
    """The dtype of a Python number."""
    if isinstance(x, bool):
        return "bool"
    if isinstance(x, complex):
        return "complex64"
    return default_dtype() if isinstance(x, float) else "int64"


def kind_of(name: str) -> int:
    """0 for bool, 1 for integers, 2 for floats, 3 for complex: PyTorch's categories, in order."""
    if name.startswith("complex"):
        return 3
    return 2 if "float" in name else 0 if name == "bool" else 1


def is_kind(x: Any, *kinds: int) -> bool:
    """Whether an operand is known to be of one of the categories; then the expression is bound to it."""
    known = weak_dtype(x) if isinstance(x, (bool, int, float, complex)) else known_dtype(x)
    if known is None or kind_of(known) not in kinds:
        return False
    if is_tracer(x):
        return kind_of(dtype_of(x)) in kinds
    return True


def is_integral(x: Any) -> bool:
    """Whether an operand is known to hold bools or integers."""
    return is_kind(x, 0, 1)


def cast_to(x: Any, dtype: Any) -> Any:
    """The operand in a dtype; as it is where that is `None` or what it has."""
    name = dtype_name(dtype)
    if name is None or known_dtype(x) == name:
        return x
    return ops.cast(x, name)


def as_float(x: Any) -> Any:
    """An operand with bools and integers made floating."""
    x = tensor(x)
    return ops.cast(x, default_dtype()) if is_integral(x) else x


def keep_dtype(result: Any, x: Any) -> Any:
    """A result in the dtype of the operand, where Keras has changed a known one."""
    known, found = known_dtype(x), known_dtype(result)
    return ops.cast(result, dtype_of(x)) if known and found and known != found else result


def exactly(result: Any, dtype: str | None) -> Any:
    """A result in the dtype that PyTorch gives it.

    Keras computes some operations on 64-bit tensors in 32 bits and says nothing of it when it infers
    dtypes, so those are always cast.
    """
    if dtype is None or (not dtype.endswith("64") and known_dtype(result) in (None, dtype)):
        return result
    return ops.cast(result, dtype)


def tensor(value: Any, dtype: Any = None) -> Any:
    """An operand as a tensor, as `torch.as_tensor` makes it: Python ints are int64, floats float32."""
    name = dtype_name(dtype)
    if is_tensor(value):
        return cast_to(value, name)
    if is_size_like(value):
        return ops.convert_to_tensor(value, dtype=name or "int64")
    if isinstance(value, (list, tuple)) and not _is_plain(value):
        return ops.stack([tensor(item, name) for item in value])
    if isinstance(value, (bool, int, float, complex, list, tuple)):
        return ops.convert_to_tensor(_array(value, name))
    return ops.convert_to_tensor(value, dtype=name)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return isinstance(value, (bool, int, float, complex, np.generic, np.ndarray))


def _array(value: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    from lamina.expression.runner import numpy_dtype

    array = np.asarray(value)
    if dtype is None:
        dtype = {"f": default_dtype(), "c": "complex64"}.get(array.dtype.kind, array.dtype.name)
    return array.astype(numpy_dtype(dtype))


# Promotion

_LADDER: Mapping[int, tuple[str, ...]] = {
    1: ("int8", "int16", "int32", "int64"),
    2: ("float16", "float32", "float64"),
    3: ("complex64", "complex128"),
}


def promote_names(a: str, b: str) -> str:
    """`torch.promote_types`."""
    if a == b:
        return a
    low, high = sorted((a, b), key=kind_of)
    if kind_of(low) != kind_of(high):
        return "complex128" if low == "float64" and kind_of(high) == 3 else high
    if "bfloat16" in (a, b):
        other = b if a == "bfloat16" else a
        return "float32" if other == "float16" else other
    if "uint8" in (a, b):
        other = b if a == "uint8" else a
        return "int16" if other == "int8" else other
    ladder = _LADDER[kind_of(low)]
    return max(low, high, key=ladder.index)


def result_dtype(*values: Any) -> str | None:
    """PyTorch's `result_type` of operands; `None` where the dtype of a tensor is not known."""
    groups: dict[str, str] = {}
    for value in values:
        found, group = _typed(value)
        if found is None:
            return None
        groups[group] = promote_names(groups[group], found) if group in groups else found
    result: str | None = None
    for group in ("dimensioned", "single", "number"):
        if group in groups:
            found = groups[group]
            if result is None or kind_of(found) > kind_of(result):
                result = found if result is None else _lifted(result, found, group)
    return result


def _lifted(result: str, found: str, group: str) -> str:
    """The dtype where an operand of lower priority is of a higher category."""
    if kind_of(found) == 3 and result == "float64":
        return "complex128"
    return found


def _typed(value: Any) -> tuple[str | None, str]:
    if isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic):
        return weak_dtype(value), "number"
    if is_size_like(value):
        return "int64", "number"
    return known_dtype(value), "single" if known_rank(value) == 0 else "dimensioned"


def promoted(*values: Any) -> tuple[Any, ...]:
    """Operands in PyTorch's common dtype, cast only where Keras would choose another one."""
    values = tuple(operand(v) for v in values)
    wanted = result_dtype(*values)
    if wanted is None or all(known_dtype(v) == wanted for v in values):
        return values
    if _keras_dtype(values) == wanted and any(known_dtype(v) for v in values):
        return values
    return tuple(tensor(v, wanted) if not is_tensor(v) else _bound(v, wanted) for v in values)


def _bound(x: Any, dtype: str) -> Any:
    """The tensor in a dtype that was chosen for the one that it has."""
    return x if dtype_of(x) == dtype else ops.cast(x, dtype)


def _keras_dtype(values: Iterable[Any]) -> str:
    import keras

    names = [type(v) if isinstance(v, (bool, int, float)) else known_dtype(v) or "int32" for v in values]
    return str(keras.backend.result_type(*names))


def operand(x: Any) -> Any:
    """The operand of a function of tensors: lists and foreign tensors become tensors, numbers stay."""
    if is_tensor(x) or isinstance(x, (bool, int, float, complex)) or is_size_like(x):
        return x
    return tensor(x)


# Sizes and axes


def static(value: Any) -> Any:
    """An argument that describes (axes, sizes, paddings) as numbers, sizes and tuples of them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return static(value.tolist())
    if isinstance(value, (list, tuple)):
        return tuple(map(static, value))
    return value


def sizes_of(args: tuple[Any, ...]) -> Any:
    """A shape that is given as one sequence or as several numbers."""
    if len(args) == 1 and not is_size(args[0]):
        return static(args[0])
    return static(args)


def sizes(x: Any) -> tuple[Any, ...]:
    """One entry for each axis: an int where the size is known, a dimension where not."""
    shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
    if not any(n is None for n in shape):
        return shape
    return tuple(d if n is None else n for n, d in zip(shape, ops.shape(x), strict=True))


def axis_of(x: Any, dim: Any) -> int:
    """An axis counted from the start."""
    dim = static(dim)
    count = max(rank(x), 1)
    if not isinstance(dim, int) or not -count <= dim < count:
        raise ArgumentError(f"expected an axis of a tensor with {rank(x)} axes, received dim={dim!r}")
    return int(dim) % count


def axes_of(x: Any, dim: Any) -> tuple[int, ...]:
    """Axes counted from the start; every axis for `None` and for an empty list."""
    dim = static(dim)
    if dim is None or dim == ():
        return tuple(range(rank(x)))
    return tuple(axis_of(x, d) for d in (dim if isinstance(dim, tuple) else (dim,)))


def known_size(function: str, x: Any, axis: int) -> int:
    """The size of an axis, which must be known.

    Raises:
        CaptureError: It is not.
    """
    size = size_or_none(sizes(x)[axis])
    if size is None:
        refuse(function, f"the size of axis {axis} is not known", "give the layer an input with a fixed size")
    return size


def along(x: Any, axis: int, key: Any) -> Any:
    """`x[:, ..., key]` with the key at the given axis."""
    return x[(*[slice(None)] * (axis % rank(x)), key)]


def tuple_of(value: Any, count: int) -> tuple[Any, ...]:
    """A number for each of `count` axes, where one may stand for all."""
    value = static(value)
    if not isinstance(value, tuple):
        return (value,) * count
    return value * count if len(value) == 1 else value
