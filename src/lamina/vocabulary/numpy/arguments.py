"""What NumPy's functions do to their arguments before they compute anything.

One rule on types holds for the whole vocabulary. The types that NumPy picks by itself are 64 bits
wide: `float64` for the mean of integers, `int64` for the sum of bools and for indices, and the
type of every array made from Python numbers. Here they are the types that Keras picks, `floatx()`
and `int32`, and so are the half precisions that NumPy picks for small integers. `float64` and
`int64` are what they say only where a tensor has that type or `dtype=` asks for it by name.

Before a layer is called the type of its input may be unknown; a function that treats integers or
bools differently then takes it for floating, so that it can be captured at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from lamina._numpy import np
from lamina.errors import CaptureError, SpecNeededError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tracer import DimTracer, TensorTracer

Function = Callable[..., Any]
Axis = int | Sequence[int] | None

NOT_GIVEN: Any = object()

_SCALARS = (bool, int, float, complex)
_WEAK: Mapping[str, type] = {"int": int, "float": float, "complex": complex}

ADVICE: Mapping[str, str] = {
    "out": "tensors are not written into; use the result of the call",
    "where": "select with np.where(mask, result, other) instead",
    "like": "leave it out; the result is always a tensor",
    "mean": "leave it out; the mean is computed from the data",
    "order": "tensors have no memory order; leave it out",
    "initial": "combine the result with the initial value in a call of its own",
    "axes": "move the axes with np.moveaxis before the call",
    "extobj": "leave it out",
    "signature": "cast the arguments with astype before the call",
}


def is_given(value: Any) -> bool:
    """Whether an argument was given. NumPy's own mark, which callers may pass on, means that it was not."""
    return value is not NOT_GIVEN and type(value).__name__ != "_NoValueType"


def refuse(function: str, problem: str, advice: str) -> NoReturn:
    """Raise the error of a call that cannot be an expression."""
    raise CaptureError(f"numpy.{function}: {problem}; {advice}")


def refuse_arguments(function: str, **given: Any) -> None:
    """Refuse each argument that has another value than the one that means "not given"."""
    for name, value in given.items():
        if value is None or not is_given(value) or (name == "where" and value is True):
            continue
        refuse(function, f"the argument {name}= is not supported", ADVICE.get(name, "leave it out"))


def one_of(function: str, name: str, value: str, allowed: Iterable[str], advice: str) -> str:
    """Check an argument that names a mode."""
    if value not in allowed:
        refuse(function, f"{name}={value!r} is not one of {', '.join(allowed)}", advice)
    return value


def floatx() -> str:
    """The floating type that stands for NumPy's own choice."""
    import keras

    return str(keras.config.floatx())


def complex_type() -> str:
    """The complex type that stands for NumPy's own choice."""
    return "complex128" if floatx() == "float64" else "complex64"


def dtype_name(dtype: Any) -> str | None:
    """The Keras name of anything that NumPy takes as a dtype.

    Args:
        dtype: A name, a NumPy scalar type, a Python type, a framework's dtype, or `None`.
    """
    if dtype is None:
        return None
    name = dtype.__name__ if dtype in _SCALARS else dtype
    if name in ("float", "int", "complex"):
        return {"float": floatx(), "int": "int32", "complex": complex_type()}[name]
    if isinstance(name, str) and name.startswith(("bfloat", "float8")):
        return str(name)
    if isinstance(name, (str, np.dtype)) or (isinstance(name, type) and issubclass(name, np.generic)):
        return str(np.dtype(str(name) if isinstance(name, str) else name).name)
    return _standard(name)


def _standard(dtype: Any) -> str:
    import keras

    return str(keras.backend.standardize_dtype(dtype))


def dtype_of(x: Any) -> str:
    """The type of an operand; Python numbers are `int`, `float` and `complex`, which adapt."""
    if isinstance(x, _SCALARS) and not isinstance(x, np.generic):
        return type(x).__name__
    if isinstance(x, DimTracer):
        return "int"
    if isinstance(x, (np.ndarray, np.generic)):
        return str(narrow(x).dtype)
    return _standard(x.dtype)


def kind(x: Any) -> str:
    """`b`, `i`, `f` or `c`: whether an operand is bool, integer, floating or complex."""
    return _kind_of(dtype_of(x))


def _kind_of(name: str) -> str:
    if name.startswith(("bool", "complex")):
        return name[0]
    return "i" if name.startswith(("int", "uint")) else "f"


def is_kind(x: Any, kinds: str) -> bool:
    """Whether an operand is known to be of one of the kinds.

    Only a type of these kinds binds the expression to it; an unknown type counts as floating.
    """
    if isinstance(x, TensorTracer):
        try:
            return _kind_of(x.spec.dtype or "float") in kinds and kind(x) in kinds
        except SpecNeededError:
            return False
    return kind(x) in kinds


def is_bool(x: Any) -> bool:
    """Whether an operand is known to be bool."""
    return is_kind(x, "b")


def result_type(*values: Any) -> str:
    """The type that operands promote to."""
    import keras

    return str(keras.backend.result_type(*(_WEAK.get(n, n) for n in map(dtype_of, values))))


def narrow(x: Any) -> Any:
    """A NumPy array or scalar with the 64-bit types that NumPy picks by itself made Keras's own."""
    array = np.asarray(x)
    if array.dtype == np.float64:
        return array.astype(floatx())
    if array.dtype == np.complex128:
        return array.astype(complex_type())
    if array.dtype == np.int64 and (array.size == 0 or abs(array).max() < 2**31):
        return array.astype(np.int32)
    return array


def operand(x: Any) -> Any:
    """An argument as the opset takes it: arrays narrowed, lists made into one array or tensor."""
    if isinstance(x, (np.ndarray, np.generic)):
        return narrow(x)
    if isinstance(x, (list, tuple)):
        return _stacked(x)
    return x


def _stacked(items: Sequence[Any]) -> Any:
    if _is_constant(items):
        return narrow(np.asarray(items))
    return ops.stack([operand(item) for item in items])


def _is_constant(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_constant, value))
    return isinstance(value, (*_SCALARS, np.ndarray, np.generic))


def tensor(x: Any, dtype: Any = None) -> Any:
    """An argument as a tensor, also where it was a Python number."""
    x = operand(x)
    if isinstance(x, (*_SCALARS, np.ndarray)):
        return ops.convert_to_tensor(x, dtype=dtype_name(dtype))
    return cast(x, dtype)


def cast(x: Any, dtype: Any) -> Any:
    """An operand in the given type; as it is where that is `None`."""
    return x if dtype is None else ops.cast(x, dtype_name(dtype))


def as_float(x: Any) -> Any:
    """An operand with bools and integers made floating."""
    return ops.cast(x, floatx()) if is_kind(x, "bi") else x


def shape_of(x: Any) -> tuple[Any, ...]:
    """The sizes of a tensor: ints where they are known, dimensions where they are not."""
    if isinstance(x, TensorTracer):
        return x.shape
    shape = tuple(x.shape)
    return tuple(ops.shape(x)) if None in shape else shape


def rank(x: Any) -> int:
    """The number of axes."""
    return len(getattr(x, "shape", ()))


def axis_tuple(x: Any, axis: Axis) -> tuple[int, ...]:
    """The axes, counted from zero."""
    count = rank(x)
    if axis is None:
        return tuple(range(count))
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(np.lib.array_utils.normalize_axis_index(a, count) for a in axes)


def size_along(x: Any, axis: Axis) -> Any:
    """How many elements lie along the axes."""
    shape, size = shape_of(x), 1
    for a in axis_tuple(x, axis):
        size = size * shape[a]
    return size


def static_size(function: str, x: Any, axis: int) -> int:
    """The size of an axis, which must be known."""
    size = shape_of(x)[axis]
    if not isinstance(size, int):
        refuse(function, f"the size of axis {axis} is not known", "give the layer an input with a fixed size")
    return size


def index(x: Any, axis: int, item: Any) -> Any:
    """`x[:, ..., item]` with the item at the given axis."""
    key = [slice(None)] * rank(x)
    key[axis] = item
    return ops.get_item(x, tuple(key))
