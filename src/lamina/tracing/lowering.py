"""Turns the arguments of a recorded call into what an expression may hold."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lamina._keras import is_a, keras
from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.expression import opset
from lamina.expression.model import Array, FrozenDict, FrozenList, Ref, Slice, Spec
from lamina.expression.values import LITERAL_BYTES
from lamina.tracing import variables
from lamina.tracing.advice import ADVICE
from lamina.tracing.shapes import LazyShape
from lamina.tracing.state import SeedRequest
from lamina.vocabulary.registry import framework_of
from lamina.vocabulary.tracer import TensorTracer, Tracer
from lamina.vocabulary.weak import adapted, weakened

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

_PLAIN = (bool, int, float, complex, str, type(None), type(Ellipsis))
_KEPT = frozenset((*_PLAIN, Ref, Array))


def lower_arguments(recorder: TraceRecorder, op: opset.Op, bound: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call as data."""
    lowered: dict[str, Any] = {}
    for parameter in op.parameters:
        if parameter.name not in bound:
            continue
        value = bound[parameter.name]
        if parameter.name == "dtype" and value is not None:
            value = dtype_name(value)
        if parameter.kind == "function" and not isinstance(value, Ref):
            from lamina.tracing.nested import lower_function

            lowered[parameter.name] = lower_function(recorder, op, parameter.name, bound)
        else:
            lowered[parameter.name] = lower(recorder, value)
    return lowered


def lower(recorder: TraceRecorder, value: Any) -> Any:
    """One value as data.

    Raises:
        CaptureError: The value is nothing that an expression can hold.
    """
    if type(value) in _KEPT:
        return value
    if isinstance(value, Tracer):
        return recorder.reference(value)
    if isinstance(value, np.generic):
        return lower(recorder, value.item())
    if isinstance(value, _PLAIN):  # a subclass, such as the members of an IntEnum
        kind: Any = next(kind for kind in (bool, int, float, complex, str) if isinstance(value, kind))
        return kind(value)
    if isinstance(value, slice):
        return Slice(*(lower(recorder, part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, Mapping):
        return FrozenDict({_key(recorder, k): lower(recorder, v) for k, v in value.items()})
    if isinstance(value, list):
        return FrozenList(lower(recorder, item) for item in value)
    if isinstance(value, tuple):
        return tuple(lower(recorder, item) for item in value)
    return _lower_object(recorder, value)


def _key(recorder: TraceRecorder, key: Any) -> str:
    if not isinstance(key, str):
        raise CaptureError(recorder.message(f"a dict with the key {key!r}, which is no string,", "host"))
    return key


def _lower_object(recorder: TraceRecorder, value: Any) -> Any:
    if isinstance(value, LazyShape):
        return value.ref
    if isinstance(value, SeedRequest) or is_a(value, "random.SeedGenerator"):
        return recorder.state.seed(value)
    if isinstance(value, np.ndarray):
        return array(recorder, value)
    if is_a(value, "KerasTensor"):
        raise CaptureError(recorder.message("a Keras tensor of the model", "keras_tensor"))
    if is_a(value, "Variable") or variables.is_foreign_variable(value):
        return variables.reference(recorder, value)
    if is_a(value, "Layer"):
        return recorder.state.add("layer", value.name, value)
    if isinstance(value, range):
        return tuple(value)
    if is_tensor(value):
        return array(recorder, keras.ops.convert_to_numpy(value))
    if is_foreign_tensor(value):
        return array(recorder, recorder.state.once(value, foreign_array))
    name = dtype_name(value, default=None)
    if name is not None:
        return name
    raise CaptureError(recorder.message(f"{value!r} of type {type(value).__name__} as an argument", "host"))


def array(recorder: TraceRecorder, value: np.ndarray[Any, Any]) -> Any:
    """A constant array: a literal while it is small, a slot of the layer where it is not.

    Raises:
        CaptureError: The array holds objects or strings.
    """
    if value.dtype.kind in "OSUMmV" and value.dtype.name != "bfloat16" and "float8" not in value.dtype.name:
        raise CaptureError(recorder.message(f"an array of dtype {value.dtype}", "host"))
    if value.nbytes <= LITERAL_BYTES:
        little = value.astype(value.dtype.newbyteorder("<"), copy=False)
        return Array(value.dtype.name, value.shape, np.ascontiguousarray(little).tobytes())
    return recorder.state.add("constant", "constant", value, Spec(value.shape, value.dtype.name))


def is_tensor(value: Any) -> bool:
    """Whether `value` is a tensor of the backend in use."""
    return bool(keras) and bool(keras.ops.is_tensor(value))


_FOREIGN_TENSORS = {"Tensor", "EagerTensor", "ArrayImpl"}


def is_foreign_tensor(value: Any) -> bool:
    """Whether `value` is a tensor of a framework other than the backend's, such as a constant of PyTorch."""
    kind = type(value)
    framework = framework_of(kind.__module__)
    return kind.__name__ in _FOREIGN_TENSORS and framework is not None and hasattr(value, "__array__")


def foreign_array(value: Any) -> np.ndarray[Any, Any]:
    """The values of such a tensor."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    return np.asarray(value)


_PYTHON_DTYPES = {float: "float32", int: "int32", bool: "bool", complex: "complex64"}


def dtype_name(value: Any, default: Any = "") -> Any:
    """Keras name of anything that names a dtype: strings, NumPy, TensorFlow, PyTorch and JAX dtypes."""
    if isinstance(value, str):
        return value
    value = getattr(value, "lamina_class", value)  # what stands for `float` in a captured function
    if value in _PYTHON_DTYPES if isinstance(value, type) else False:
        return _PYTHON_DTYPES[value]
    name = getattr(value, "as_numpy_dtype", value)
    try:
        return np.dtype(name).name
    except TypeError:
        pass
    text = str(value).removeprefix("torch.")
    if type(value).__module__.partition(".")[0] in ("torch", "lamina"):
        return {"float": "float32", "double": "float64", "half": "float16", "long": "int64"}.get(text, text)
    if default == "":
        raise CaptureError(f"expected a dtype, received {value!r}; write its name, such as 'float32'")
    return default


def is_operand(value: Any) -> bool:
    """Whether `value` can stand beside a tensor in arithmetic."""
    return isinstance(value, (Tracer, bool, int, float, complex, np.ndarray, np.generic, list, tuple)) or (
        is_a(value, "Variable", "KerasTensor")
        or is_tensor(value)
        or is_foreign_tensor(value)
        or variables.is_foreign_variable(value)
    )


def arithmetic(recorder: TraceRecorder, op: str, left: Any, right: Any) -> Any:
    """Record an arithmetic operator; `NotImplemented` where an operand is nothing that it takes."""
    if not is_operand(left) or not is_operand(right):
        return NotImplemented
    first, second = adapted(operand(recorder, left, right), operand(recorder, right, left))
    return weakened(recorder.op(op, first, second), left, right)


def operand(recorder: TraceRecorder, value: Any, other: Any) -> Any:
    """An operand of arithmetic with the tensor `other`.

    A float64 array takes the dtype of a floating tensor beside it, as every framework does in
    eager arithmetic; only float64 tensors keep it.
    """
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or not isinstance(other, TensorTracer):
        return value
    beside = numpy_float(other.peek_dtype() or floatx())
    if beside.name != floatx():
        other.recorder.read_dtype(other.ref)
    return recorder.state.converted(value, beside)


def floatx() -> str:
    """Keras's default float dtype; its documented default where Keras is not loaded."""
    return str(keras.config.floatx()) if keras else "float32"


def numpy_float(name: str) -> np.dtype[Any]:
    """The NumPy dtype of a floating Keras dtype, Keras's default float for any other."""
    from lamina.expression.runner import numpy_dtype

    return numpy_dtype(name if "float" in name else floatx())


def as_tensor(recorder: TraceRecorder, value: Any) -> TensorTracer:
    """A tracer for something that is used as a tensor."""
    if isinstance(value, TensorTracer):
        return value
    result = recorder.op("convert_to_tensor", value)
    assert isinstance(result, TensorTracer)
    return result


def unsupported(recorder: TraceRecorder, what: str, advice: str) -> CaptureError:
    """An error with the advice for `what`."""
    assert advice in ADVICE
    return CaptureError(recorder.message(what, advice))


assert sys.byteorder == "little"  # constants are stored little endian and read back as they are
