"""Variables that a function creates, and those of the frameworks that it reads."""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any

from lamina._keras import is_a, keras
from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.expression.model import Ref, Spec
from lamina.tracing.state import SeedRequest, VariableRequest
from lamina.vocabulary.dispatch import recording
from lamina.vocabulary.tracer import TensorTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


class VariableTracer(TensorTracer):
    """Stands for a variable: a tensor that also answers what code asks of variables."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The tensor; a method in TensorFlow, a property in Keras."""
        return _Value(self.recorder, self.ref)

    def read_value(self) -> VariableTracer:
        """`tf.Variable.read_value`."""
        return self

    @property
    def trainable(self) -> bool:
        """Whether it is trained."""
        return self.recorder.state.slot(self.ref).trainable

    @property
    def name(self) -> str:
        """Its name."""
        return self.recorder.state.slot(self.ref).name

    def assign(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: an expression has no effects.

        Raises:
            CaptureError: Always.
        """
        raise CaptureError(self.active_recorder.message("an assignment to a variable", "global"))

    assign_add = assign_sub = assign


class _Value(VariableTracer):
    __slots__ = ()

    def __call__(self) -> _Value:
        return self


def create(
    recorder: TraceRecorder, value: Any, dtype: str | None, name: str | None, trainable: bool = True
) -> Any:
    """The stand-in for a variable that the function creates.

    Raises:
        CaptureError: A second variable without a name, or of a name that is taken.
    """
    table = recorder.state
    name = (name or "variable").partition(":")[0].rpartition("/")[2]
    if table.find("variable", name) is not None:
        raise CaptureError(
            f"{recorder.name!r} creates two variables named {name!r}; give each its own name, "
            "such as tf.Variable(1.0, name='scale')"
        )
    initial = initial_value(recorder, value)
    spec = Spec(tuple(np.shape(initial)), dtype or _dtype(initial))
    request = VariableRequest(name, initial, str(spec.dtype), trainable)
    return VariableTracer(recorder, table.add("variable", name, request, spec, trainable))


def _dtype(initial: Any) -> str:
    array = np.asarray(initial)
    if not isinstance(initial, np.ndarray) and array.dtype.kind == "f":
        return str(keras.config.floatx())
    return {"float64": str(keras.config.floatx()), "int64": "int32"}.get(array.dtype.name, array.dtype.name)


def initial_value(recorder: TraceRecorder, value: Any) -> Any:
    """The number or array that a variable starts with.

    Raises:
        CaptureError: It depends on the inputs of the function.
    """
    if callable(value) and not isinstance(value, TensorTracer):
        value = value()
    if isinstance(value, (list, tuple)):
        return np.asarray([initial_value(recorder, item) for item in value])
    if not isinstance(value, TensorTracer):
        return keras.ops.convert_to_numpy(value) if bool(keras) and keras.ops.is_tensor(value) else value
    if recorder.sources(value.ref):
        raise CaptureError(
            recorder.message("a variable that starts with a value computed from the input", "variable")
        )
    from lamina.tracing.assembly import assemble, lower_outputs

    inputs = tuple(recorder.inputs)
    expression = assemble(recorder, inputs, lower_outputs(recorder, value), ())
    state = {slot.name: value_now(recorder.state.objects[slot.name]) for slot in expression.state}
    with recording(None):
        return keras.ops.convert_to_numpy(expression.run((None,) * len(inputs), state))


def value_now(source: Any) -> Any:
    """What an expression reads of an object behind a state slot, without a layer that owns it."""
    if is_a(source, "Layer", "random.SeedGenerator"):
        return source
    if isinstance(source, SeedRequest):
        return keras.random.SeedGenerator(source.seed)
    return keras.ops.convert_to_tensor(source.value if isinstance(source, VariableRequest) else source)


def is_foreign_variable(value: Any) -> bool:
    """Whether `value` is a variable of the backend's framework: `tf.Variable`, `torch.nn.Parameter`."""
    tensorflow, torch = sys.modules.get("tensorflow"), sys.modules.get("torch")
    return (tensorflow is not None and isinstance(value, tensorflow.Variable)) or (
        torch is not None and isinstance(value, torch.nn.Parameter)
    )


# By identity, as tensors are not hashable; an entry lives as long as a layer uses the wrapper.
_ADOPTED: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def adopted(value: Any) -> Any:
    """The `keras.Variable` that wraps a framework's variable; the same one each time.

    Raises:
        CaptureError: The variable belongs to another framework than the backend in use.
    """
    known = _ADOPTED.get(id(value))
    if known is not None:
        return known
    framework = type(value).__module__.partition(".")[0]
    if keras.backend.backend() != framework:
        raise CaptureError(
            f"a variable of {framework} cannot be trained under the {keras.backend.backend()} backend; "
            "use keras.Variable, which every backend trains"
        )
    name = str(getattr(value, "name", None) or "variable").partition(":")[0].replace("/", "_")
    trainable = bool(getattr(value, "requires_grad", getattr(value, "trainable", True)))
    dtype = keras.backend.standardize_dtype(value.dtype)
    variable = keras.Variable(value, dtype=dtype, trainable=trainable, name=name)
    _ADOPTED[id(value)] = variable
    return variable


def reference(recorder: TraceRecorder, value: Any) -> Ref:
    """The slot of a variable that the function reads."""
    variable = value if is_a(value, "Variable") else adopted(value)
    spec = Spec(tuple(variable.shape), keras.backend.standardize_dtype(variable.dtype))
    return recorder.state.add("variable", variable.name, variable, spec, bool(variable.trainable))
