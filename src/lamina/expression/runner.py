"""Runs an expression on the tensors of whatever backend Keras uses.

A plain loop: each call is prepared once (its function looked up, its constants built), and a run
fills in the values and calls. Inside a trace (`jax.jit`, `tf.function`) the loop unrolls into it.
"""

from __future__ import annotations

import functools
import operator
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina._keras import keras
from lamina._numpy import np
from lamina.errors import RunError, SignatureError
from lamina.expression import opset
from lamina.expression.model import (
    Array,
    Call,
    Closure,
    Expression,
    FrozenDict,
    FrozenList,
    Ref,
    Slice,
    call_references,
    leaves,
    references,
)

# Stands for a size that is not known.
UNKNOWN = object()

Builder = Callable[[list[Any]], Any]


def constant(array: Array) -> np.ndarray[Any, Any]:
    """The NumPy array that an `Array` literal stands for; read-only."""
    return np.frombuffer(array.data, numpy_dtype(array.dtype)).reshape(array.shape)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype of a Keras dtype name, `bfloat16` and the 8-bit floats included."""
    if name.startswith(("bfloat", "float8")):
        import ml_dtypes

        extended: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
        return extended
    return np.dtype(name)


def builder(value: Any) -> Builder | None:
    """A function from the values of a run to one argument; `None` where it is always the same."""
    if isinstance(value, Ref):
        return _reference(value)
    if isinstance(value, Closure):
        return functools.partial(_callable, value)
    if isinstance(value, Slice):
        parts = [builder(p) or _always(p) for p in (value.start, value.stop, value.step)]
        return lambda env: slice(*(part(env) for part in parts))
    if isinstance(value, FrozenDict):
        items = {k: builder(v) or _always(literal(v)) for k, v in value.items()}
        return lambda env: {k: build(env) for k, build in items.items()}
    if isinstance(value, tuple) and (any(True for _ in references(value)) or _holds_closure(value)):
        kind = list if isinstance(value, FrozenList) else tuple
        builders = [builder(v) or _always(literal(v)) for v in value]
        return lambda env: kind([build(env) for build in builders])
    return None


def _holds_closure(value: Any) -> bool:
    return any(isinstance(leaf, Closure) for leaf in leaves(value))


def literal(value: Any) -> Any:
    """A literal as the operation expects it: ordinary lists, dicts, slices and arrays."""
    if isinstance(value, Array):
        return constant(value)
    if isinstance(value, FrozenList):
        return [literal(v) for v in value]
    if isinstance(value, tuple):
        return tuple(literal(v) for v in value)
    if isinstance(value, FrozenDict):
        return {k: literal(v) for k, v in value.items()}
    if isinstance(value, Slice):
        return slice(value.start, value.stop, value.step)
    return value


def _always(value: Any) -> Builder:
    return lambda env: value


def _reference(ref: Ref) -> Builder:
    index, path = ref.index, ref.path
    if not path:
        return lambda env: env[index]
    return lambda env: functools.reduce(lambda value, key: value[key], path, env[index])


def _callable(closure: Closure, env: list[Any]) -> Callable[..., Any]:
    return bind(closure.expression, [build(env) for build in map(_reference, closure.captured)])


def bind(expression: Expression, captured: Sequence[Any]) -> Callable[..., Any]:
    """The function that control flow calls: its expression, on what it is passed and what it captured."""
    plan = plan_of(expression)

    def function(*inputs: Any) -> Any:
        # A loop over nothing passes None where the function takes no tensor.
        return plan.run([*(leaf for leaf in leaves(inputs) if leaf is not None), *captured])

    return function


# Arithmetic whose result may be a fraction; sizes are integers, in a TensorFlow graph integer tensors.
_FRACTIONS = frozenset(f"operator.{name}" for name in "add sub mul truediv floordiv mod pow".split())


def function_of(name: str) -> Callable[..., Any]:
    """The function that runs an operation of the opset."""
    function = opset.lookup(name).function
    return functools.partial(_arithmetic, function) if name in _FRACTIONS else function


def _arithmetic(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if function is operator.truediv or type(left) is float or type(right) is float:
        return function(_fraction(left), _fraction(right))
    return function(left, right)


def _fraction(value: Any) -> Any:
    """An integer tensor as one of the default float dtype: TensorFlow has float64, or an error."""
    if type(value) in (int, float) or not keras.ops.is_tensor(value):
        return value
    whole = "int" in keras.backend.standardize_dtype(value.dtype)
    return keras.ops.cast(value, keras.config.floatx()) if whole else value


class _Step:
    """One call, prepared: the function, its constant arguments, and where values go into them."""

    __slots__ = ("args", "built", "dynamic", "filled", "frees", "function", "kwargs")

    def __init__(self, call: Call, frees: tuple[int, ...]) -> None:
        self.function = function_of(call.op)
        self.frees = frees
        self.args = [literal(value) for value in call.args]
        self.filled = tuple(
            (i, v.index) for i, v in enumerate(call.args) if isinstance(v, Ref) and not v.path
        )
        simple = {i for i, _ in self.filled}
        self.built = tuple(
            (i, build)
            for i, v in enumerate(call.args)
            if i not in simple and (build := builder(v)) is not None
        )
        self.kwargs = {name: literal(value) for name, value in call.kwargs}
        self.dynamic = tuple((name, build) for name, v in call.kwargs if (build := builder(v)) is not None)

    def __call__(self, env: list[Any]) -> Any:
        args = self.args.copy()
        for position, index in self.filled:
            args[position] = env[index]
        for position, build in self.built:
            args[position] = build(env)
        if not self.dynamic:
            return self.function(*args, **self.kwargs)
        kwargs = self.kwargs | {name: build(env) for name, build in self.dynamic}
        return self.function(*args, **kwargs)


def call_on(call: Call, values: Any) -> Any:
    """The result of one call, given the values before it by number."""
    return _Step(call, ())(values)


class Plan:
    """An expression prepared for running."""

    def __init__(self, expression: Expression) -> None:
        self._expression = weakref.ref(expression)
        self._structure = expression.inputs
        self.state_names = tuple(slot.name for slot in expression.state)
        last_use = last_uses(expression)
        first = expression.first_call
        self._steps = [
            _Step(call, last_use.get(first + position, ())) for position, call in enumerate(expression.calls)
        ]
        self._outputs = builder(expression.outputs) or _always(literal(expression.outputs))

    def run(self, values: list[Any]) -> Any:
        """Run on flat values: the input leaves, then the state, in the order of their numbers.

        Raises:
            RunError: A call failed; the message names it, its arguments and the user's line.
        """
        env = values
        append = env.append
        step: _Step | None = None
        try:
            for step in self._steps:
                append(step(env))
                for index in step.frees:
                    env[index] = None
        except RunError:
            raise
        except Exception as error:
            position = self._steps.index(step) if step is not None else 0
            raise RunError(self._explain(position, env, error)) from error
        return self._outputs(env)

    def _explain(self, position: int, env: list[Any], error: Exception) -> str:
        expression = self._expression()
        assert expression is not None
        return explain(expression, position, env, f"{type(error).__name__}: {error}")


def explain(expression: Expression, position: int, env: Any, reason: str) -> str:
    """What failed and where: the call as printed, its argument shapes, the user's line.

    Args:
        expression: The expression.
        position: The call that failed.
        env: The values by number; a `Spec` or `UNKNOWN` stands for what is not known exactly.
        reason: What the operation raised.
    """
    from lamina.expression.printer import call_line

    printed = f", call {position}: `{call_line(expression, position)}`"
    return failure_text(expression.name, expression.calls[position], printed, env, reason)


def failure_text(name: str, call: Call, printed: str, env: Any, reason: str) -> str:
    """The sentence that says which call failed, where it was written, and on what."""
    shapes = ", ".join(f"%{ref.index}: {describe(_item_of(ref, env))}" for ref in call_references(call))
    where = f", written at {call.where}" if call.where else ""
    public_name = opset.lookup(call.op).public_name
    return f"{public_name} failed in {name!r}{printed}{where}. It received {shapes or 'no tensors'}. {reason}"


def _item_of(ref: Ref, env: Any) -> Any:
    return functools.reduce(lambda value, key: value[key], ref.path, env[ref.index])


def describe(value: Any) -> str:
    """Dtype and shape of a tensor, with `?` for sizes that are not known; other values as they print."""
    if value is UNKNOWN:
        return "?"
    if isinstance(value, (tuple, list)) and any(hasattr(part, "shape") for part in value):
        return f"({', '.join(map(describe, value))})"
    if not hasattr(value, "shape"):
        return repr(value)[:60]
    sizes = ["?" if size is None else str(size) for size in value.shape]
    dtype = (
        str(getattr(value, "dtype", "?")).removeprefix("torch.").removeprefix("<dtype: '").removesuffix("'>")
    )
    return f"{dtype}({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def last_uses(expression: Expression) -> dict[int, tuple[int, ...]]:
    """For each call, the numbered values that no later call or output reads."""
    last: dict[int, int] = {}
    for position, call in enumerate(expression.calls):
        for ref in call_references(call):
            last[ref.index] = position + expression.first_call
    for ref in references(expression.outputs):
        last.pop(ref.index, None)
    frees: dict[int, tuple[int, ...]] = {}
    for index, position in last.items():
        frees[position] = (*frees.get(position, ()), index)
    return frees


def plan_of(expression: Expression) -> Plan:
    """The prepared form of an expression, made once and dropped with it."""
    plan = expression.__dict__.get("_plan")
    if plan is None:
        plan = expression.__dict__["_plan"] = Plan(expression)
    return plan


def flatten_inputs(expression: Expression, inputs: Any) -> list[Any]:
    """The tensors of `inputs` in the order of the expression's numbers.

    Raises:
        SignatureError: `inputs` has another structure than the expression was captured for.
    """
    flat: list[Any] = []
    _flatten_like(expression.inputs, inputs, flat, expression)
    return flat


def _flatten_like(template: Any, value: Any, flat: list[Any], expression: Expression) -> None:
    if isinstance(template, Mapping):
        if not isinstance(value, Mapping) or set(value) != set(template):
            raise _mismatch(expression, template, value)
        for key in sorted(template):
            _flatten_like(template[key], value[key], flat, expression)
    elif isinstance(template, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(template):
            raise _mismatch(expression, template, value)
        for part, item in zip(template, value, strict=True):
            _flatten_like(part, item, flat, expression)
    else:
        flat.append(value)


def _mismatch(expression: Expression, template: Any, value: Any) -> SignatureError:
    received = type(value).__name__ + (f" of {len(value)}" if isinstance(value, (tuple, list, dict)) else "")
    kind = (
        "dict with " + ", ".join(template)
        if isinstance(template, Mapping)
        else f"sequence of {len(template)}"
    )
    return SignatureError(
        f"{expression.name!r} takes a {kind} tensors, received a {received}; call it as it was captured"
    )
