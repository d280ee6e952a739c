"""The plainest evaluation of an expression, to compare others with."""

from __future__ import annotations

from lamina.expression import opset
from lamina.expression.closures import tensors
from lamina.expression.model import Array, Closure, FrozenDict, FrozenList, Ref, Slice, leaves
from lamina.expression.runner import constant


def evaluate(expression, *inputs, **state):
    """The outputs for inputs in the structure of the expression's parameters."""
    inputs = inputs[0] if len(expression.parameters) == 1 else inputs
    env = [*leaves(inputs), *(state[slot.name] for slot in expression.state)]
    return _run(expression, env)


def _run(expression, env):
    for call in expression.calls:
        args = [_value(arg, env) for arg in call.args]
        env.append(opset.lookup(call.op).function(*args, **{name: _value(v, env) for name, v in call.kwargs}))
    return _value(expression.outputs, env)


def _value(value, env):
    if isinstance(value, Ref):
        result = env[value.index]
        for key in value.path:
            result = result[key]
        return result
    if isinstance(value, Closure):
        captured = [_value(ref, env) for ref in value.captured]
        return lambda *passed: _run(value.expression, [*tensors(passed), *captured])
    if isinstance(value, Slice):
        return slice(*(_value(part, env) for part in (value.start, value.stop, value.step)))
    if isinstance(value, FrozenDict):
        return {key: _value(item, env) for key, item in value.items()}
    if isinstance(value, Array):
        return constant(value)
    if isinstance(value, tuple):
        return (list if isinstance(value, FrozenList) else tuple)(_value(item, env) for item in value)
    return value
