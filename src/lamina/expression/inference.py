"""Shapes and dtypes of an expression's values, without computing them.

Unknown dimensions are found by evaluating with two sets of sample sizes: what differs between the
two depends on an unknown size. The sample sizes are multiples of a highly composite number, so
that reshapes and floor divisions by small numbers stay exact, and their differences and ratios
differ too, so that arithmetic on them never agrees by accident.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina._keras import is_a, keras
from lamina.errors import ExpressionError, RunError
from lamina.expression import opset
from lamina.expression.model import (
    Call,
    Closure,
    Expression,
    FrozenDict,
    Ref,
    Shape,
    Slice,
    Spec,
    call_references,
    map_tree,
)
from lamina.expression.runner import literal

_COMPOSITE = 840
_PRIMES = ((11, 13, 19, 29, 41, 59, 79, 103), (31, 43, 61, 89, 107, 131, 151, 173))
UNKNOWN = object()

Lookup = Callable[[Ref], Any]


def sample_size(world: int, axis: int) -> int:
    """The size that stands for the unknown dimension `axis` in sample set `world` (0 or 1)."""
    primes = _PRIMES[world]
    return _COMPOSITE * primes[axis % len(primes)] * (1 + axis // len(primes))


def sampled(spec: Spec, world: int, axis_of: Callable[[int], int], default_dtype: str) -> Any:
    """A stand-in for an input with every unknown dimension replaced by a sample size."""
    shape = tuple(sample_size(world, axis_of(i)) if n is None else n for i, n in enumerate(spec.shape or ()))
    return keras.KerasTensor(shape, dtype=spec.dtype or default_dtype)


class Evaluator:
    """Evaluates calls on shapes and dtypes, each at most once, and only those that are asked for.

    Args:
        input_value: What stands for a number that no call computes: a `KerasTensor`, an int for a
            dimension, a layer.
        calls: The calls; the list may grow while the evaluator is in use.
        first_call: Number of the value that the first call computes.
    """

    def __init__(self, input_value: Callable[[int], Any], calls: Sequence[Call], first_call: int) -> None:
        self._values: dict[int, Any] = {}
        self._input_value = input_value
        self._calls = calls
        self._first = first_call

    def __call__(self, ref: Ref) -> Any:
        """The shape and dtype, or the size, of a value."""
        if ref.index not in self._values:
            for index in self._needed(ref.index):
                self._values[index] = self._compute(index)
        return self._lookup(ref)

    def _compute(self, index: int) -> Any:
        if index < self._first:
            return self._input_value(index)
        return evaluate(self._calls[index - self._first], self._lookup)

    def _lookup(self, ref: Ref) -> Any:
        value = self._values[ref.index]
        for key in ref.path:
            value = value[key]
        return value

    def _needed(self, index: int) -> list[int]:
        needed: set[int] = set()
        waiting = [index]
        while waiting:
            current = waiting.pop()
            if current not in self._values and current not in needed:
                needed.add(current)
                if current >= self._first:
                    waiting.extend(ref.index for ref in call_references(self._calls[current - self._first]))
        return sorted(needed)


def evaluate(call: Call, lookup: Lookup) -> Any:
    """Shape and dtype of the result of one call."""
    rule = _RULES.get(call.op)
    if rule is not None:
        return rule(call, lookup)
    op = opset.lookup(call.op)
    args = [substitute(value, lookup) for value in call.args]
    kwargs = {name: substitute(value, lookup) for name, value in call.kwargs}
    if op.takes_seed:
        kwargs["seed"] = 0
    if _has_tensor((args, kwargs)) or call.op.startswith("operator."):
        return op.function(*args, **kwargs)
    return _abstractly(functools.partial(op.function, *args, **kwargs))


def substitute(value: Any, lookup: Lookup) -> Any:
    """An argument with every reference replaced by what it stands for."""
    if isinstance(value, Ref):
        return lookup(value)
    if isinstance(value, Slice):
        return slice(*(substitute(part, lookup) for part in (value.start, value.stop, value.step)))
    if isinstance(value, FrozenDict):
        return {key: substitute(item, lookup) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [substitute(item, lookup) for item in value]
        return items if type(value).__name__ == "FrozenList" else tuple(items)
    return literal(value)


def _has_tensor(tree: Any) -> bool:
    if isinstance(tree, Mapping):
        tree = tuple(tree.values())
    if isinstance(tree, (list, tuple)):
        return any(_has_tensor(item) for item in tree)
    if isinstance(tree, slice):
        return _has_tensor((tree.start, tree.stop, tree.step))
    return is_symbolic(tree)


def is_symbolic(value: Any) -> bool:
    """Whether `value` is a `KerasTensor`."""
    return is_a(value, "KerasTensor")


def _abstractly(function: Callable[[], Any]) -> Any:
    """The result of a function that creates tensors, such as `zeros`, without allocating."""
    class Abstract(keras.Operation):  # type: ignore[misc]
        def call(self) -> Any:
            return function()

    return Abstract(name="abstract").compute_output_spec()


def _nested(closure: Closure, passed: Sequence[Any], lookup: Lookup) -> Any:
    """Outputs of a function argument for the given shapes of what the operation passes to it."""
    values = [*passed, *(lookup(ref) for ref in closure.captured)]
    expression = closure.expression
    evaluator = Evaluator(values.__getitem__, expression.calls, expression.first_call)
    return map_tree(lambda leaf: _output_leaf(leaf, evaluator), expression.outputs)


def _output_leaf(leaf: Any, evaluator: Evaluator) -> Any:
    if isinstance(leaf, Ref):
        return evaluator(leaf)
    return leaf if leaf is None else literal_spec(leaf)


def literal_spec(value: Any) -> Any:
    """Shape and dtype of a literal that is used as a tensor."""
    tensor = keras.ops.convert_to_tensor(literal(value))
    return keras.KerasTensor(tuple(tensor.shape), dtype=keras.backend.standardize_dtype(tensor.dtype))


def _arguments(call: Call) -> dict[str, Any]:
    return opset.lookup(call.op).bind(call.args, dict(call.kwargs))


def _flat(tree: Any) -> list[Any]:
    return list(keras.tree.flatten(tree))


def _cond(call: Call, lookup: Lookup) -> Any:
    return _nested(_arguments(call)["true_fn"], [], lookup)


def _switch(call: Call, lookup: Lookup) -> Any:
    bound = _arguments(call)
    operands = _flat(substitute(bound.get("operands", ()), lookup))
    return _nested(bound["branches"][0], operands, lookup)


def _loop(name: str) -> Callable[[Call, Lookup], Any]:
    def rule(call: Call, lookup: Lookup) -> Any:
        carried = substitute(_arguments(call)[name], lookup)
        return keras.tree.map_structure(_as_spec, carried)

    return rule


def _as_spec(value: Any) -> Any:
    return value if is_symbolic(value) else literal_spec(value)


def _row(tensor: Any) -> Any:
    return keras.KerasTensor(tuple(tensor.shape)[1:], dtype=tensor.dtype)


def _stacked(tensor: Any, length: int) -> Any:
    tensor = _as_spec(tensor)
    return keras.KerasTensor((length, *tensor.shape), dtype=tensor.dtype)


def _scan(call: Call, lookup: Lookup) -> Any:
    bound = _arguments(call)
    init, xs = substitute(bound["init"], lookup), substitute(bound.get("xs"), lookup)
    rows = [] if xs is None else [_row(x) for x in _flat(xs)]
    length = bound["length"] if xs is None else _flat(xs)[0].shape[0]
    carry, ys = _nested(bound["f"], [*map(_as_spec, _flat(init)), *rows], lookup)
    stacked = None if ys is None else keras.tree.map_structure(lambda y: _stacked(y, length), ys)
    return keras.tree.map_structure(_as_spec, carry), stacked


def _mapped(function: str, elements: str) -> Callable[[Call, Lookup], Any]:
    def rule(call: Call, lookup: Lookup) -> Any:
        bound = _arguments(call)
        xs = _flat(substitute(bound[elements], lookup))
        ys = _nested(bound[function], [_row(x) for x in xs], lookup)
        return keras.tree.map_structure(lambda y: _stacked(y, xs[0].shape[0]), ys)

    return rule


def _sublayer(call: Call, lookup: Lookup) -> Any:
    layer, *args = (substitute(value, lookup) for value in call.args)
    return layer(*args, **{name: substitute(value, lookup) for name, value in call.kwargs})


# What Keras cannot infer by itself for symbolic inputs without running the function.
_RULES: Mapping[str, Callable[[Call, Lookup], Any]] = {
    "cond": _cond,
    "switch": _switch,
    "while_loop": _loop("loop_vars"),
    "fori_loop": _loop("init_val"),
    "associative_scan": _loop("elems"),
    "scan": _scan,
    "map": _mapped("f", "xs"),
    "vectorized_map": _mapped("function", "elements"),
    "operator.call": _sublayer,
}


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
    error: Exception | None = None
    for axis_of in AXIS_RULES:
        try:
            results = [_evaluate_in(expression, inputs, w, axis_of, state or {}, default_dtype) for w in worlds]
        except RunError as failed:
            error = error or failed
            continue
        return merge(results[0], results[-1])
    assert error is not None
    raise error


def _evaluate_in(
    expression: Expression,
    inputs: Sequence[Spec],
    world: int,
    axis_of: Callable[[int], int],
    state: Mapping[str, Any],
    default_dtype: str,
) -> Any:
    from lamina.expression.runner import explain

    values: dict[int, Any] = {i: sampled(s, world, axis_of, default_dtype) for i, s in enumerate(inputs)}
    for offset, slot in enumerate(expression.state, start=len(inputs)):
        values[offset] = state.get(slot.name) if slot.kind == "layer" else _state_spec(slot.spec)
    env: list[Any] = [values[i] for i in range(expression.first_call)]
    evaluator = Evaluator(values.__getitem__, expression.calls, expression.first_call)
    for position in range(len(expression.calls)):
        try:
            env.append(evaluator(Ref(expression.first_call + position)))
        except RunError:
            raise
        except Exception as error:
            raise RunError(explain(expression, position, env, error)) from error
    return map_tree(lambda leaf: _output_leaf(leaf, evaluator), expression.outputs)


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
