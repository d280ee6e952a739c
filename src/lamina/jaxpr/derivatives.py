"""Functions of JAX that bring their own derivative.

JAX's own, such as `jax.nn.relu`, are written out: their derivatives are those of the operations. For
others the derivative is kept: with s for `stop_gradient` and J for the function's own tangent map,

    f(x)  is recorded as  s(f(x)) + J(s(x))(x - s(x)),

which has the value of f, because x - s(x) is 0, and the gradient that its author wrote.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina.errors import CaptureError
from lamina.jaxpr.equation import Equation, Rule
from lamina.jaxpr.lowering import as_function
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tracer import Tracer


def _rule(tangents: Callable[[Callable[..., Any], Any, Any], Any]) -> Rule:
    def rule(eqn: Equation) -> Any:
        values = eqn.inner(eqn.params["call_jaxpr"], eqn.values)
        moving = [i for i, aval in enumerate(eqn.inputs) if aval.is_float]
        if _is_of_jax(eqn.params["call_jaxpr"]) or not moving:
            return values
        return _with_derivative(eqn, values, moving, tangents)

    return rule


def _is_of_jax(closed: Any) -> bool:
    """Whether JAX itself wrote the function."""
    import jax

    source = str(getattr(closed.jaxpr.debug_info, "func_src_info", ""))
    return os.path.dirname(jax.__file__) + os.sep in source


def _with_derivative(
    eqn: Equation,
    values: Sequence[Any],
    moving: Sequence[int],
    tangents: Callable[[Callable[..., Any], Any, Any], Any],
) -> list[Any]:
    import jax

    raw = eqn.raw
    structs = [jax.ShapeDtypeStruct(atom.aval.shape, atom.aval.dtype) for atom in raw.invars]
    whole = as_function(raw)

    def tangent(inputs: Sequence[Any], changes: Sequence[Any]) -> Any:
        def function(*moved: Any) -> Any:
            given = list(inputs)
            for place, value in zip(moving, moved, strict=True):
                given[place] = value
            found = whole(*given)
            return [x for x, aval in zip(found, eqn.outputs, strict=True) if aval.is_float]

        return tangents(function, [inputs[i] for i in moving], list(changes))

    try:
        traced = jax.make_jaxpr(tangent)(structs, [structs[i] for i in moving])
    except Exception as error:
        raise CaptureError(
            f"a function with a derivative of its own could not be differentiated: {type(error).__name__}: {error}"
        ) from error
    still = [ops.stop_gradient(eqn.tensor(i)) if i in moving else v for i, v in enumerate(eqn.values)]
    changes = [ops.subtract(eqn.tensor(i), still[i]) for i in moving]
    slopes = iter(eqn.inner(traced, [*still, *changes]))
    return [
        _sum(value, next(slopes)) if aval.is_float else value
        for value, aval in zip(values, eqn.outputs, strict=True)
    ]


def _sum(value: Any, slope: Any) -> Any:
    if not isinstance(slope, Tracer) or not isinstance(value, Tracer):
        return value
    # An infinite derivative times zero must not reach the value.
    return ops.add(ops.stop_gradient(value), ops.where(ops.isfinite(slope), slope, 0.0))


def _forward(function: Callable[..., Any], inputs: Any, changes: Any) -> Any:
    import jax

    return jax.jvp(function, inputs, changes)[1]


def _backward(function: Callable[..., Any], inputs: Any, changes: Any) -> Any:
    """The tangent map of a function that says how to pull back: the transpose of that."""
    import jax

    outputs, pull = jax.vjp(function, *inputs)
    return jax.linear_transpose(pull, outputs)(tuple(changes))[0]


TABLE: Mapping[str, Rule] = {
    "custom_jvp_call": _rule(_forward),
    "custom_vjp_call": _rule(_backward),
}
