"""Function arguments of control flow, captured as expressions of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lamina._keras import keras
from lamina.errors import CaptureError
from lamina.expression import opset
from lamina.expression.abstract import is_symbolic
from lamina.expression.evaluation import literal_spec, substitute
from lamina.expression.model import Closure, Ref, Spec, leaves, map_tree, references
from lamina.tracing.assembly import assemble_nested
from lamina.tracing.recorder import Passed, TraceRecorder
from lamina.tracing.specs import World
from lamina.vocabulary.dispatch import recording
from lamina.vocabulary.tracer import TensorTracer

Bound = Mapping[str, Any]


def lower_function(recorder: TraceRecorder, op: opset.Op, name: str, bound: Bound) -> Any:
    """The function argument `name` of a control-flow call, as a closure or a tuple of closures."""
    parameters = _PASSED[op.name](recorder, bound)
    functions = bound[name]
    if isinstance(functions, (list, tuple)):
        return tuple(capture_closure(recorder, function, parameters) for function in functions)
    return capture_closure(recorder, functions, parameters)


def capture_closure(
    recorder: TraceRecorder, function: Callable[..., Any], parameters: Sequence[Any]
) -> Closure:
    """Capture a function that is written inside the function being captured.

    Args:
        recorder: The recorder of the function around it.
        function: The function.
        parameters: Nested structures of `Passed`, one for each positional argument.
    """
    if not callable(function):
        raise CaptureError(f"{recorder.name!r}: expected a function, received {function!r}")
    passed = [leaf for leaf in leaves(list(parameters)) if leaf is not None]
    child = TraceRecorder([Spec()] * len(passed), getattr(function, "__name__", "function"), parent=recorder)
    child.passed = passed
    position = iter(range(len(passed)))
    arguments = [_tracers(parameter, child, position) for parameter in parameters]
    with recording(child):
        outputs = function(*arguments)
    return assemble_nested(child, outputs)


def _tracers(parameter: Any, child: TraceRecorder, position: Iterator[int]) -> Any:
    """Tracers in the structure of one argument, numbered in the order of `leaves`."""
    if isinstance(parameter, Mapping):
        made = {key: _tracers(parameter[key], child, position) for key in sorted(parameter)}
        return {key: made[key] for key in parameter}
    if isinstance(parameter, (list, tuple)):
        return type(parameter)([_tracers(item, child, position) for item in parameter])
    return None if parameter is None else TensorTracer(child, Ref(next(position)))


def _same(recorder: TraceRecorder, value: Any) -> Any:
    return map_tree(lambda leaf: _passed(recorder, leaf, lambda spec: spec), value)


def _rows(recorder: TraceRecorder, value: Any) -> Any:
    return map_tree(lambda leaf: _passed(recorder, leaf, _row), value)


def _row(spec: Any) -> Any:
    return keras.KerasTensor(tuple(spec.shape)[1:], dtype=spec.dtype)


def _passed(recorder: TraceRecorder, value: Any, change: Callable[[Any], Any]) -> Passed | None:
    if value is None:
        return None
    from lamina.tracing.lowering import lower

    lowered = lower(recorder, value)

    def spec(parent: TraceRecorder, world: World) -> Any:
        found = substitute(lowered, lambda ref: parent.evaluate(ref, world))
        return change(found if is_symbolic(found) else literal_spec(found))

    return Passed(spec, tuple(references(lowered)))


def _index(recorder: TraceRecorder) -> Passed:
    return Passed(lambda parent, world: keras.KerasTensor((), dtype="int32"))


def _loop_vars(recorder: TraceRecorder, bound: Bound) -> list[Any]:
    variables = bound["loop_vars"]
    return [_same(recorder, v) for v in (variables if isinstance(variables, (list, tuple)) else [variables])]


# What each operation passes to its function arguments.
_PASSED: Mapping[str, Callable[[TraceRecorder, Bound], list[Any]]] = {
    "cond": lambda recorder, bound: [],
    "switch": lambda recorder, bound: [_same(recorder, v) for v in bound.get("operands", ())],
    "while_loop": _loop_vars,
    "fori_loop": lambda recorder, bound: [_index(recorder), _same(recorder, bound["init_val"])],
    "scan": lambda recorder, bound: [_same(recorder, bound["init"]), _rows(recorder, bound.get("xs"))],
    "associative_scan": lambda recorder, bound: [_same(recorder, bound["elems"])] * 2,
    "map": lambda recorder, bound: [_rows(recorder, bound["xs"])],
    "vectorized_map": lambda recorder, bound: [_rows(recorder, bound["elements"])],
}
