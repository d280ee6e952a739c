"""The forms of an expression, side by side."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from lamina.execution.frameworks import framework
from lamina.execution.generated import Generated
from lamina.expression.runner import plan_of

BACKEND = keras.backend.backend()
rng = np.random.default_rng(7)
X = rng.normal(size=(4, 3)).astype("float32")
TENSOR = ops.convert_to_tensor(X)


def centred(x):
    return x - ops.mean(x, axis=1, keepdims=True)


def array(value):
    """A tensor as an array."""
    return np.asarray(ops.convert_to_numpy(value))


def loop(expression):
    """The plain loop."""
    return lambda values: plan_of(expression).run(list(values))


def generated(expression):
    """Generated code."""
    return Generated(expression).run


def compiled(expression, values):
    """The forms for such values that are compiled without being asked for, by the way they are compiled."""
    function = Generated(expression).function
    return {
        way: framework().compile(way, expression, function, list(values))
        for way in framework().ways(expression, asked=False)
    }


def warm(layer, *inputs, calls=6):
    """The layer, called often enough to be compiled where it is."""
    for _ in range(calls):
        layer(*inputs)
    return layer


def is_compiled(layer):
    """Whether the layer has a compiled form of one of its expressions."""
    executors = [e.__dict__.get("_executor") for e in layer.expressions]
    return any(s.form is not None for e in executors if e for s in e._signatures.values())


def same(first, second, rtol=1e-5, atol=1e-6):
    """Two structures hold the same values in the same containers."""
    assert type(first) is type(second) or ops.is_tensor(first)
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            same(first[key], second[key], rtol, atol)
    elif isinstance(first, (tuple, list)):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            same(one, other, rtol, atol)
    elif ops.is_tensor(first):
        assert ops.is_tensor(second)
        assert keras.backend.standardize_dtype(first.dtype) == keras.backend.standardize_dtype(second.dtype)
        np.testing.assert_allclose(array(first), array(second), rtol=rtol, atol=atol)
    else:
        assert first is second or first == second


def gradient_of_sum_of_squares(layer, variable):
    """The gradient of a variable, as the backend's users write it."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(TENSOR) ** 2)
        return array(tape.gradient(loss, variable.value))
    if BACKEND == "torch":
        layer.zero_grad()
        (layer(TENSOR) ** 2).sum().backward()
        return array(variable.value.grad)
    import jax

    def loss(values):
        out, _ = layer.stateless_call(values, [], TENSOR)
        return (out**2).sum()

    return array(jax.grad(loss)([variable.value])[0])
