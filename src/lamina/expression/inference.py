"""Shapes and dtypes of an expression's values, without computing them.

Unknown dimensions are found by evaluating with two sets of sample sizes: what differs between the
two depends on an unknown size. The sample sizes are multiples of a highly composite number, so
that reshapes and floor divisions by small numbers stay exact, and their differences and ratios
differ too, so that arithmetic on them never agrees by accident.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina._keras import keras
from lamina.errors import ExpressionError, RunError
from lamina.expression.abstract import is_symbolic
from lamina.expression.evaluation import CallFailed, Evaluator, output_leaf
from lamina.expression.model import Call, Expression, Ref, Shape, Spec, call_references, map_tree
from lamina.expression.runner import UNKNOWN, explain

_COMPOSITE = 840
_PRIMES = ((11, 13, 19, 29, 41, 59, 79, 103), (31, 43, 61, 89, 107, 131, 157, 173))


def sample_size(world: int, axis: int) -> int:
    """The size that stands for the unknown dimension `axis` in sample set `world` (0 or 1)."""
    primes = _PRIMES[world]
    return _COMPOSITE * primes[axis % len(primes)] * (1 + axis // len(primes))


def sampled(spec: Spec, world: int, axis_of: Callable[[int], int], default_dtype: str) -> Any:
    """A stand-in for an input with every unknown dimension replaced by a sample size."""
    shape = tuple(sample_size(world, axis_of(i)) if n is None else n for i, n in enumerate(spec.shape or ()))
    return keras.KerasTensor(shape, dtype=spec.dtype or default_dtype)


def merge(first: Any, second: Any) -> Any:
    """What two evaluations with different sample sizes agree on.

    Returns:
        A `Spec` for tensors, with `None` for sizes that differ; an int for a dimension that is
        the same in both, `UNKNOWN` for one that is not.
    """
    if is_symbolic(first):
        return Spec(_merge_shapes(first.shape, second.shape), keras.backend.standardize_dtype(first.dtype))
    if isinstance(first, Mapping):
        return {key: merge(first[key], second[key]) for key in first}
    if isinstance(first, (tuple, list)):
        return type(first)([merge(a, b) for a, b in zip(first, second, strict=True)])
    return first if type(first) is type(second) and first == second else UNKNOWN


def _merge_shapes(first: Sequence[int], second: Sequence[int]) -> Shape | None:
    if len(first) != len(second):
        return None
    return tuple(a if a == b else None for a, b in zip(first, second, strict=True))


# Inputs that are combined elementwise share their unknown sizes axis by axis (two inputs with an
# unknown batch); where that fails, as for the transpose of one of them, all share one size.
AXIS_RULES: tuple[Callable[[int], int], ...] = (lambda axis: axis, lambda axis: 0)


def infer(
    expression: Expression,
    inputs: Sequence[Spec],
    state: Mapping[str, Any] | None = None,
    default_dtype: str = "float32",
) -> Any:
    """Specs of the outputs for inputs of the given specs.

    Args:
        expression: The expression.
        inputs: One `Spec` of known rank per input leaf.
        state: Sublayers by slot name, where the expression calls any.
        default_dtype: For inputs of unknown dtype.

    Returns:
        The output structure with a `Spec` for each tensor.

    Raises:
        RunError: The shapes do not fit; the message names the call.
    """
    worlds = (0, 1) if any(None in (spec.shape or ()) for spec in inputs) else (0,)
    error: RunError | None = None
    sizes: set[int] = set()
    for axis_of in AXIS_RULES:
        evaluators = [_evaluator(expression, inputs, w, axis_of, state or {}, default_dtype) for w in worlds]
        try:
            results = [_outputs(expression, evaluator) for evaluator in evaluators]
        except CallFailed as failed:
            error = error or failure(expression, failed, evaluators)
            sizes |= _operand_sizes(expression.calls[failed.position], evaluators)
        except RunError as failed:
            error = error or failed
        else:
            return map_tree(_known, merge(results[0], results[-1]))
    assert error is not None
    if any(spec.shape and spec.shape[0] is None for spec in inputs):
        # The function may fix the size of the batch, as `random.normal((32, d))` beside its input does.
        for size in sorted(sizes):
            with contextlib.suppress(RunError):
                return infer(expression, [_with_batch(spec, size) for spec in inputs], state, default_dtype)
    raise error


def _operand_sizes(call: Call, evaluators: Sequence[Evaluator]) -> set[int]:
    specs = [agreed(evaluators, ref.index) for ref in call_references(call)]
    return {size for spec in specs if isinstance(spec, Spec) for size in spec.shape or () if size}


def _with_batch(spec: Spec, size: int) -> Spec:
    return Spec((size, *spec.shape[1:]), spec.dtype) if spec.shape and spec.shape[0] is None else spec


def failure(expression: Expression, failed: CallFailed, evaluators: Sequence[Evaluator]) -> RunError:
    """The error that names the call; sizes that differ between the evaluators print as `?`."""
    refs = call_references(expression.calls[failed.position])
    env = {ref.index: agreed(evaluators, ref.index) for ref in refs}
    return RunError(explain(expression, failed.position, env, reason(failed.error)))


def agreed(evaluators: Sequence[Evaluator], index: int) -> Any:
    """What the evaluators agree on for a value; `UNKNOWN` where none can evaluate it."""
    values = []
    for evaluator in evaluators:
        with contextlib.suppress(CallFailed):
            values.append(evaluator(Ref(index)))
    return merge(values[0], values[-1]) if values else UNKNOWN


def without_samples(text: str) -> str:
    """A message with `?` for sample sizes, which mean nothing to a reader."""

    def shown(found: re.Match[str]) -> str:
        return "?" if int(found[0]) >= sample_size(0, 0) and int(found[0]) % _COMPOSITE == 0 else found[0]

    return re.sub(r"\b\d+\b", shown, text)


def reason(error: Exception) -> str:
    """What an operation raised, without sample sizes."""
    return without_samples(f"{type(error).__name__}: {error}")


def _known(leaf: Any) -> Any:
    """A size that is not known is a scalar tensor, in a graph at least."""
    return Spec((), "int32") if leaf is UNKNOWN else leaf


def _evaluator(
    expression: Expression,
    inputs: Sequence[Spec],
    world: int,
    axis_of: Callable[[int], int],
    state: Mapping[str, Any],
    default_dtype: str,
) -> Evaluator:
    values: dict[int, Any] = {i: sampled(s, world, axis_of, default_dtype) for i, s in enumerate(inputs)}
    for offset, slot in enumerate(expression.state, start=len(inputs)):
        values[offset] = state.get(slot.name) if slot.kind == "layer" else _state_spec(slot.spec)
    return Evaluator(values.__getitem__, expression.calls, expression.first_call)


def _outputs(expression: Expression, evaluator: Evaluator) -> Any:
    for position in range(len(expression.calls)):
        evaluator(Ref(expression.first_call + position))
    return map_tree(lambda leaf: output_leaf(leaf, evaluator), expression.outputs)


def _state_spec(spec: Spec) -> Any:
    if spec.shape is None or None in spec.shape:
        return None
    return keras.KerasTensor(spec.shape, dtype=spec.dtype or "float32")


def spec_of(value: Any) -> Spec:
    """The `Spec` of anything with a shape: a tensor, a `KerasTensor`, an `InputSpec`, a shape tuple.

    Raises:
        ExpressionError: `value` describes no tensor.
    """
    if isinstance(value, Spec):
        return value
    if isinstance(value, (tuple, list)) and all(n is None or isinstance(n, int) for n in value):
        return Spec(tuple(value))
    if not hasattr(value, "shape"):
        raise ExpressionError(f"expected a tensor, a KerasTensor or a shape tuple, received {value!r}")
    dtype = getattr(value, "dtype", None)
    return Spec(
        None if value.shape is None else tuple(value.shape),
        None if dtype is None else keras.backend.standardize_dtype(dtype),
    )
