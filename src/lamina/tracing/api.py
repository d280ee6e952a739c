"""`capture`: calls a function once with tracers and returns what it computes."""

from __future__ import annotations

import functools
import inspect
import os
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any, TypeGuard

from lamina._numpy import np
from lamina._records import dataclass
from lamina.errors import CaptureError, LaminaError, SpecNeededError
from lamina.expression.inference import spec_of
from lamina.expression.model import Expression, FrozenDict, FrozenList, Ref, Spec, leaves
from lamina.jaxpr import whole
from lamina.tracing import variables
from lamina.tracing.assembly import assemble, lower_outputs
from lamina.tracing.created import LayerStore
from lamina.tracing.recorder import TraceRecorder
from lamina.tracing.state import SeedRequest, Tie
from lamina.tracing.substitution import Substitution
from lamina.tracing.watch import Watched
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import recording
from lamina.vocabulary.tracer import TensorTracer


@dataclass(frozen=True)
class Captured:
    """An expression and the objects behind its state slots.

    Args:
        expression: What the function computes.
        objects: By slot name: a `SeedRequest`, an array, a `keras.Variable` or a layer.
        ties: By slot name, for variables that belong to a layer.
        losses: Whether the outputs are the pair of what the function returns and the losses it adds.
        watched: The Python values that the function reads from outside, by their holder and name.
    """

    expression: Expression
    objects: Mapping[str, Any]
    ties: Mapping[str, Tie]
    losses: bool = False
    watched: Mapping[tuple[int, str], Watched] = field(default_factory=dict)


def capture(function: Callable[..., Any], *specs: Any, **kwargs: Any) -> Expression:
    """Write down what a function computes, without computing it.

    The function is called with stand-ins for its tensors. It may use `keras.ops`, `keras.random`,
    the Keras 2 backend, NumPy and Python, helpers of your own, loops and branches on Python values.

    Args:
        function: Any callable.
        *specs: For each positional tensor argument a shape tuple, a tensor, a `KerasTensor` or a
            nested structure of these. Without any, each required parameter is a tensor of unknown
            shape.
        **kwargs: Further arguments of the function, kept as constants.

    Returns:
        The `Expression`.

    Raises:
        CaptureError: The function does what no expression can: the message says where and what to
            write instead.
        SpecNeededError: It reads the shape or dtype of its input and `specs` does not tell it.

    Example:
        >>> import lamina
        >>> from keras import ops
        >>> print(lamina.capture(lambda x: ops.relu(x) * 2).source())
        from keras import ops
        <BLANKLINE>
        <BLANKLINE>
        def function(x):
            v0 = ops.relu(x)
            return ops.multiply(v0, 2)
        <BLANKLINE>
    """
    return capture_with_state(function, *specs, **kwargs).expression


def capture_with_state(
    function: Callable[..., Any], *specs: Any, tensors: Mapping[str, Any] | None = None, **kwargs: Any
) -> Captured:
    """Like `capture`, and returns the objects behind the state slots too.

    Args:
        function: Any callable.
        *specs: As in `capture`.
        tensors: Specs of keyword arguments that are tensors; they follow the positional inputs.
        **kwargs: Constants.

    Raises:
        CaptureError: As `capture`; also if two captures of the function differ.
    """
    arguments = tuple(map(_structure, specs)) or (Spec(),) * required_parameters(function, kwargs)
    return capture_structures(function, arguments, tensors or {}, kwargs)


def capture_structures(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    tensors: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    finish: Callable[[Any], Any] = lambda outputs: outputs,
) -> Captured:
    """Like `capture_with_state`, for frozen structures of `Spec`.

    A leaf may also be None, as a mask that is not there. The function receives it; the inputs of the
    expression are then those of `present`.

    Args:
        function: Any callable.
        arguments: A structure for each positional argument.
        tensors: Structures of keyword arguments.
        kwargs: Constants.
        finish: What makes the outputs of the expression from what the function returns.

    Raises:
        CaptureError: As `capture_with_state`.
    """
    with context.hook(context.layer_store, context.layer_store.get() or LayerStore()):
        try:
            first, second = _twice(function, arguments, tensors, kwargs, finish)
        except SpecNeededError:
            raise
        except LaminaError as error:
            first, second = _twice(whole(function, error), arguments, tensors, kwargs, finish)
    captured = first.captured()
    if not first.agrees(second):
        expression, other = captured.expression, second.captured().expression
        if expression != other:
            raise CaptureError(_difference(expression, other))
    for name, value in captured.objects.items():
        if isinstance(value, np.ndarray) and not _same_array(value, second.recorder.state.objects[name]):
            raise CaptureError(
                _difference(captured.expression, captured.expression, f"the constant {name!r}")
            )
    return captured


@dataclass(frozen=True)
class _Trace:
    """What one call of a function wrote down.

    Args:
        recorder: What holds the calls.
        inputs: The structure of specs, with what the function read of them.
        outputs: What it returned, as data.
        parameters: The names of the inputs.
        watched: The values that it read from outside.
    """

    recorder: TraceRecorder
    inputs: Any
    outputs: Any
    parameters: tuple[str, ...]
    watched: Mapping[tuple[int, str], Watched]

    def agrees(self, other: _Trace) -> bool:
        """Whether both wrote down the same; cheaper than to compare the expressions, and decides nearly always."""
        mine, theirs = self.recorder, other.recorder
        return (
            mine.calls == theirs.calls
            and self.outputs == other.outputs
            and self.inputs == other.inputs
            and mine.state.slots == theirs.state.slots
        )

    def captured(self) -> Captured:
        """The expression, and the objects behind it."""
        recorder, state = self.recorder, self.recorder.state
        expression = assemble(recorder, self.inputs, self.outputs, self.parameters)
        objects = {slot.name: state.objects[slot.name] for slot in expression.state}
        ties = {name: tie for name, tie in state.ties.items() if name in objects}
        return Captured(expression, objects, ties, bool(recorder.losses), self.watched)


def _same_array(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> bool:
    return first is second or first.tobytes() == second.tobytes()


def _twice(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    tensors: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    finish: Callable[[Any], Any],
) -> tuple[_Trace, _Trace]:
    """Two traces of a function, of which the first knows the lines of its calls."""
    first, second = (
        _traced(function, arguments, tensors, kwargs, finish, places) for places in (True, False)
    )
    return first, second


def _traced(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    tensors: Mapping[str, Any],
    kwargs: Mapping[str, Any],
    finish: Callable[[Any], Any],
    places: bool,
) -> _Trace:
    structures = (*arguments, *tensors.values())
    inputs = [leaf for structure in structures for leaf in leaves(structure) if leaf is not None]
    recorder = TraceRecorder(inputs, function_name(function), places=places)
    position = iter(range(len(recorder.inputs)))
    values = [_tracers(structure, recorder, position) for structure in structures]
    substitution = Substitution(recorder)
    keywords = {name: substitution(value) for name, value in kwargs.items()}
    keywords |= dict(zip(tensors, values[len(arguments) :], strict=True))
    with recording(recorder), _state_hooks(recorder):
        outputs = finish(_call(substitution(function), recorder, values[: len(arguments)], keywords))
        if recorder.losses:
            outputs = (outputs, tuple(recorder.losses))
        lowered = lower_outputs(recorder, outputs)
    names = (*_parameter_names(function, len(arguments)), *tensors)
    return _Trace(recorder, _guarded(structures, recorder), lowered, names, substitution.watched)


def _call(
    function: Callable[..., Any], recorder: TraceRecorder, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Call the function; what it raises because it met a stand-in becomes a `CaptureError`."""
    try:
        return function(*args, **kwargs)
    except LaminaError:
        raise
    except Exception as error:
        where = _raised_at(error)
        raise CaptureError(
            f"{recorder.name!r} raised {type(error).__name__} while it was captured{where}: {error}. "
            "It was called with "
            "stand-ins for its tensors; code that needs real ones cannot be part of an expression"
        ) from error


def _raised_at(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if f"{os.sep}lamina{os.sep}" not in frame.filename]
    return f" at {outside[-1].filename}:{outside[-1].lineno}" if outside else ""


@contextmanager
def _state_hooks(recorder: TraceRecorder) -> Iterator[None]:
    """Variables and seeds that vocabulary functions ask for become slots of the recorder."""
    make = functools.partial(variables.create, recorder)
    with (
        context.hook(context.variable_factory, make),
        context.hook(context.seed_factory, SeedRequest),
        context.hook(context.loss_sink, recorder.losses.append),
    ):
        yield


def _structure(argument: Any) -> Any:
    """A frozen structure of specs."""
    if isinstance(argument, Mapping):
        return FrozenDict({key: _structure(item) for key, item in argument.items()})
    if isinstance(argument, (list, tuple)) and not _is_shape(argument):
        kind = FrozenList if isinstance(argument, list) else tuple
        return kind(_structure(item) for item in argument)
    return spec_of(argument)


def _is_shape(value: Sequence[Any]) -> bool:
    return isinstance(value, tuple) and all(n is None or isinstance(n, int) for n in value)


def _tracers(structure: Any, recorder: TraceRecorder, position: Any) -> Any:
    if isinstance(structure, FrozenDict):
        made = {key: _tracers(structure[key], recorder, position) for key in sorted(structure)}
        return {key: made[key] for key in structure}
    if isinstance(structure, FrozenList):
        return [_tracers(item, recorder, position) for item in structure]
    if isinstance(structure, tuple):
        return tuple(_tracers(item, recorder, position) for item in structure)
    return None if structure is None else TensorTracer(recorder, Ref(next(position)))


def _guarded(structures: tuple[Any, ...], recorder: TraceRecorder) -> Any:
    """The input specs with only what the function read."""
    position = iter(range(len(recorder.inputs)))
    guarded = tuple(_guarded_structure(structure, recorder, position) for structure in structures)
    kept = tuple(map(present, guarded))
    return kept[0] if len(kept) == 1 else kept


def present(structure: Any) -> Any:
    """A structure without its None leaves: itself, or a tuple of the others if there are any."""
    found = tuple(leaf for leaf in leaves(structure) if leaf is not None)
    return structure if len(found) == sum(1 for _ in leaves(structure)) else found


def _guarded_structure(structure: Any, recorder: TraceRecorder, position: Any) -> Any:
    if isinstance(structure, FrozenDict):
        made = {key: _guarded_structure(structure[key], recorder, position) for key in sorted(structure)}
        return FrozenDict({key: made[key] for key in structure})
    if isinstance(structure, tuple):
        kind = FrozenList if isinstance(structure, FrozenList) else tuple
        return kind(_guarded_structure(item, recorder, position) for item in structure)
    return None if structure is None else _guarded_spec(structure, next(position), recorder.guards)


def _guarded_spec(spec: Spec, index: int, guards: set[tuple[int, int | str]]) -> Spec:
    read = {what for source, what in guards if source == index}
    shape = None
    if spec.shape is not None and read - {"dtype"}:
        shape = tuple(size if axis in read else None for axis, size in enumerate(spec.shape))
    return Spec(shape, spec.dtype if "dtype" in read else None)


def required_parameters(function: Callable[..., Any], given: Mapping[str, Any]) -> int:
    """How many positional arguments a function needs beside the ones given by name; at least one."""
    if _is_plain(function):
        code = function.__code__
        names = code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]
        return max(1, sum(name not in given for name in names))
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return max(1, sum(p.kind in kinds and p.default is p.empty and p.name not in given for p in parameters))


def _is_plain(function: Any) -> TypeGuard[types.FunctionType]:
    """Whether the code of a function says what it takes."""
    changed = ("__wrapped__", "__signature__")
    return type(function) is types.FunctionType and not any(hasattr(function, name) for name in changed)


def _parameter_names(function: Callable[..., Any], count: int) -> tuple[str, ...]:
    if _is_plain(function) and function.__code__.co_argcount >= count:
        return tuple(function.__code__.co_varnames[:count])
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind != p.VAR_KEYWORD]
    except (TypeError, ValueError):
        names = []
    return (
        tuple(names[:count])
        if len(names) >= count
        else tuple(f"x{i}" if count > 1 else "x" for i in range(count))
    )


def function_name(function: Any) -> str:
    """A name for messages and for the printed source; `function` for a lambda."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__name__", type(function).__name__)
    return "function" if name == "<lambda>" else str(name)


def _difference(first: Expression, second: Expression, what: str = "") -> str:
    pairs = zip(first.calls, second.calls, strict=False)
    place = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first.calls), len(second.calls)))
    call = first.calls[place] if place < len(first.calls) else None
    at = f" at {call.where}" if call is not None and call.where else ""
    return (
        f"{first.name!r} is not deterministic: two captures differ {what or f'from call {place} on'}{at}. "
        "It reads a value that "
        "changes (a random number, a counter, the time); compute it before, or use keras.random"
    )
