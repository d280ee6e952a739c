"""Random functions: captured, they compute and infer what they do by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops
from tests.tracing.helpers import assert_inferred, assert_same, run, unknown

from lamina import capture
from lamina.expression.inference import infer
from lamina.expression.model import Spec


def backwards(v: Any) -> Any:
    """The first axis reversed; PyTorch's own tensors refuse a negative step."""
    try:
        return v[::-1]
    except ValueError:
        return ops.flip(v, 0)


Step = Callable[[list[Any]], Any]

UNARY = [
    ops.abs,
    ops.negative,
    ops.tanh,
    ops.square,
    ops.sigmoid,
    ops.relu,
    ops.sign,
    lambda v: v,
    lambda v: v * 2 - 1,
]
BINARY = [
    ops.add,
    ops.subtract,
    ops.multiply,
    ops.maximum,
    lambda a, b: a - b,
    lambda a, b: ops.where(a > b, a, b),
]
REDUCTIONS = [ops.mean, ops.sum, ops.max, ops.min]
# Each takes any tensor of at least one axis.
SHAPED: list[Callable[[Any], Any]] = [
    lambda v: v[..., None],
    lambda v: v[None],
    lambda v: backwards(v),
    lambda v: v[..., -1],
    lambda v: v[..., :1],
    lambda v: v[1:],
    lambda v: ops.flip(v, axis=-1),
    lambda v: ops.transpose(v),
    lambda v: ops.reshape(v, (-1,)),
    lambda v: ops.reshape(v, (v.shape[0], -1)),
    lambda v: ops.reshape(v, (-1, *v.shape[1:])),
    lambda v: ops.concatenate([v, v], axis=-1),
    lambda v: ops.concatenate([v, v * 2], axis=0),
    lambda v: ops.stack([v, v]),
    lambda v: ops.expand_dims(v, 1),
    lambda v: v * ops.cast(ops.shape(v)[0], "float32"),
    lambda v: v / v.shape[0],
    lambda v: v + ops.zeros((v.shape[0],) + (1,) * (v.ndim - 1)),
    lambda v: ops.softmax(v, axis=-1),
    lambda v: ops.cumsum(v, axis=0),
]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """One line of a function: from the values so far to a new one."""
    pick = draw(st.integers(0, 99))
    kind = draw(st.sampled_from(["unary", "binary", "reduce", "shaped", "shaped"]))
    if kind == "unary":
        function = draw(st.sampled_from(UNARY))
        return lambda values: function(values[pick % len(values)])
    if kind == "binary":
        function, keep = draw(st.sampled_from(BINARY)), draw(st.booleans())
        return lambda values: function(
            values[pick % len(values)], values[pick % len(values)] + (1 if keep else 0.5)
        )
    if kind == "reduce":
        function, keep = draw(st.sampled_from(REDUCTIONS)), draw(st.booleans())
        return lambda values: function(_axes(values[pick % len(values)]), axis=-1, keepdims=keep)
    function = draw(st.sampled_from(SHAPED))
    return lambda values: function(_axes(values[pick % len(values)]))


def _axes(value: Any) -> Any:
    return ops.reshape(value, (1,)) if len(value.shape) == 0 else value


@st.composite
def functions(draw: st.DrawFn) -> Callable[..., Any]:
    lines = draw(st.lists(steps(), min_size=1, max_size=6))
    outputs = draw(st.integers(1, 3))

    def function(x: Any, y: Any) -> Any:
        values = [x, y, x + y]
        for line in lines:
            values.append(line(values))
        return values[-outputs:]

    return function


def fits(shape: tuple[int | None, ...], real: tuple[int, ...]) -> bool:
    return len(shape) == len(real) and all(a is None or a == b for a, b in zip(shape, real, strict=True))


@settings(
    max_examples=25 if keras.backend.backend() == "jax" else 80,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(functions(), st.sampled_from(["known", "batch", "free"]), st.integers(0, 2**32 - 1))
def test_a_function_is_its_expression(function: Callable[..., Any], known: str, seed: int) -> None:
    random = np.random.RandomState(seed)
    x, y = (random.randn(4, 2, 3).astype("float32") for _ in range(2))
    full = Spec((4, 2, 3), "float32")
    spec = {"known": full, "batch": Spec((None, 2, 3), "float32"), "free": unknown(full)}[known]
    expression = capture(function, spec, spec)
    free = infer(expression, [spec, spec])
    for batch in (4,) if known == "known" else (4, 1, 2):
        given_x, given_y = x[:batch], y[:batch]
        expected = function(ops.convert_to_tensor(given_x), ops.convert_to_tensor(given_y))
        found = run(expression, given_x, given_y)
        assert_same(found, expected, 1e-4)
        assert_inferred(expression, [given_x, given_y], found)
        for inferred, tensor in zip(free, found, strict=True):
            assert fits(inferred.shape, tuple(tensor.shape))
            assert inferred.dtype == keras.backend.standardize_dtype(tensor.dtype)
