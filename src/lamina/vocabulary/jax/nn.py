"""`jax.nn`: activations, normalisation and attention."""

from __future__ import annotations

import math
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import (
    Axis,
    Function,
    axes_of,
    cast,
    dtype_name,
    dtype_of,
    inexact,
    is_kind,
    operand,
    refuse,
    shape_of,
    tensor,
)
from lamina.vocabulary.jax.reductions import NUMPY


def floating(op: str, **options: Any) -> Function:
    """An operation on floats, which takes integers as float32."""

    def call(x: Any) -> Any:
        return getattr(ops, op)(inexact(tensor(x)), **options)

    call.__name__ = call.__qualname__ = op
    call.__doc__ = f"`keras.ops.{op}`."
    return call


# The same in the opset.
SAME = {
    name: floating(op or name)
    for name, _, op in (
        word.partition("=")
        for word in "log_sigmoid sigmoid silu selu soft_sign=softsign softplus sparse_plus sparse_sigmoid tanh".split()
    )
}


def relu(x: Any) -> Any:
    """`jax.nn.relu`; integers stay integers."""
    x = tensor(x)
    return ops.maximum(x, 0) if is_kind(x, "bi") else ops.relu(x)


def relu6(x: Any) -> Any:
    """`jax.nn.relu6`."""
    return ops.relu6(inexact(tensor(x)))


def identity(x: Any) -> Any:
    """`jax.nn.identity`."""
    return tensor(x)


def hard_sigmoid(x: Any) -> Any:
    """`jax.nn.hard_sigmoid`: relu6(x + 3) / 6."""
    x = inexact(tensor(x))
    return ops.divide(ops.relu6(ops.add(x, 3.0)), 6.0)


def hard_silu(x: Any) -> Any:
    """`jax.nn.hard_silu` and `hard_swish`: x relu6(x + 3) / 6."""
    x = inexact(tensor(x))
    return ops.multiply(x, hard_sigmoid(x))


def hard_tanh(x: Any) -> Any:
    """`jax.nn.hard_tanh`: between -1 and 1."""
    x = tensor(x)
    return ops.minimum(ops.maximum(x, -1), 1) if is_kind(x, "bi") else ops.hard_tanh(x)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """`jax.nn.elu`."""
    x = inexact(tensor(x))
    if isinstance(alpha, (int, float)):
        return ops.elu(x, alpha=float(alpha))
    positive = ops.greater(x, 0)
    return ops.where(positive, x, ops.multiply(operand(alpha), ops.expm1(ops.where(positive, 0.0, x))))


def celu(x: Any, alpha: Any = 1.0) -> Any:
    """`jax.nn.celu`."""
    x = inexact(tensor(x))
    if isinstance(alpha, (int, float)):
        return ops.celu(x, alpha=float(alpha))
    below = ops.multiply(operand(alpha), ops.expm1(ops.divide(ops.minimum(x, 0.0), operand(alpha))))
    return ops.where(ops.greater(x, 0), x, below)


def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """`jax.nn.leaky_relu`: the slope is 0.01, unlike that of Keras."""
    x = inexact(tensor(x))
    if isinstance(negative_slope, (int, float)):
        return ops.leaky_relu(x, negative_slope=float(negative_slope))
    return ops.where(ops.greater_equal(x, 0), x, ops.multiply(operand(negative_slope), x))


def gelu(x: Any, approximate: bool = True) -> Any:
    """`jax.nn.gelu`: by tanh unless `approximate=False`."""
    return ops.gelu(inexact(tensor(x)), approximate=bool(approximate))


def glu(x: Any, axis: int = -1) -> Any:
    """`jax.nn.glu`: the first half times the sigmoid of the second."""
    first, second = ops.split(inexact(tensor(x)), 2, axis=axis)
    return ops.multiply(first, ops.sigmoid(second))


def squareplus(x: Any, b: Any = 4) -> Any:
    """`jax.nn.squareplus`."""
    x = inexact(tensor(x))
    if isinstance(b, (int, float)):
        return ops.squareplus(x, b=b)
    return ops.divide(ops.add(x, ops.sqrt(ops.add(ops.square(x), operand(b)))), 2.0)


def mish(x: Any) -> Any:
    """`jax.nn.mish`: x tanh(softplus(x))."""
    x = inexact(tensor(x))
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


def log1mexp(x: Any) -> Any:
    """`jax.nn.log1mexp`: log(1 - exp(-x)), exact for small and large x."""
    x = inexact(tensor(x))
    small = ops.less(x, math.log(2.0))
    near, far = ops.where(small, x, 1.0), ops.where(small, 1.0, x)
    return ops.where(
        small,
        ops.log(ops.negative(ops.expm1(ops.negative(near)))),
        ops.log1p(ops.negative(ops.exp(ops.negative(far)))),
    )


def _greatest(x: Any, axes: Any, where: Any) -> Any:
    x = x if where is None else ops.where(operand(where), x, -math.inf)
    return ops.max(x, axis=axes, keepdims=True)


def softmax(x: Any, axis: Axis = -1, where: Any = None) -> Any:
    """`jax.nn.softmax` over one axis or several; places that `where` leaves out get 0."""
    x = inexact(tensor(x))
    if where is None:
        return ops.softmax(x, axis=_one_or_all(x, axis))
    axes, mask = axes_of(x, axis), operand(where)
    shifted = ops.where(mask, ops.subtract(x, ops.stop_gradient(_greatest(x, axes, mask))), -math.inf)
    powers = ops.exp(shifted)
    return ops.where(mask, ops.divide(powers, ops.sum(powers, axis=axes, keepdims=True)), 0.0)


def _one_or_all(x: Any, axis: Axis) -> Any:
    if isinstance(axis, int):
        return axis
    axes = axes_of(x, axis)
    return axes[0] if len(axes) == 1 else axes


def log_softmax(x: Any, axis: Axis = -1, where: Any = None) -> Any:
    """`jax.nn.log_softmax`; places that `where` leaves out get -inf."""
    x = inexact(tensor(x))
    if where is None:
        return ops.log_softmax(x, axis=_one_or_all(x, axis))
    axes, mask = axes_of(x, axis), operand(where)
    shifted = ops.subtract(x, ops.stop_gradient(_greatest(x, axes, mask)))
    powers = ops.where(mask, ops.exp(ops.where(mask, shifted, 0.0)), 0.0)
    return ops.where(
        mask, ops.subtract(shifted, ops.log(ops.sum(powers, axis=axes, keepdims=True))), -math.inf
    )


def special_softmax(x: Any, /, *, axis: Axis = None) -> Any:
    """`jax.scipy.special.softmax`: over all axes unless told otherwise."""
    return softmax(x, axis)


def special_log_softmax(x: Any, /, *, axis: Axis = None) -> Any:
    """`jax.scipy.special.log_softmax`: over all axes unless told otherwise."""
    return log_softmax(x, axis)


def logsumexp(
    a: Any,
    axis: Axis = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: Any = None,
) -> Any:
    """`jax.nn.logsumexp` and `jax.scipy.special.logsumexp`, with factors `b` and a mask."""
    x = inexact(tensor(a))
    axes = axes_of(x, axis)
    if b is None and where is None and not return_sign:
        return ops.logsumexp(x, axis=axes, keepdims=bool(keepdims))
    factor = None if b is None else inexact(tensor(b))
    mask = None if where is None else operand(where)
    if factor is not None:
        used = ops.not_equal(factor, 0)
        x = ops.where(used, x, -math.inf)
    top = _greatest(x, axes, mask)
    top = ops.stop_gradient(ops.where(ops.isfinite(top), top, 0.0))
    powers = ops.exp(ops.subtract(x, top))
    powers = powers if factor is None else ops.multiply(powers, factor)
    powers = powers if mask is None else ops.where(mask, powers, 0.0)
    total = ops.sum(powers, axis=axes, keepdims=True)
    sign = ops.sign(total)
    result = ops.add(ops.log(ops.abs(total) if return_sign else total), top)
    result, sign = (v if keepdims or not axes else ops.squeeze(v, axis=axes) for v in (result, sign))
    return (result, sign) if return_sign else result


def logmeanexp(x: Any, axis: Axis = None, where: Any = None, keepdims: bool = False) -> Any:
    """`jax.nn.logmeanexp`."""
    x = inexact(tensor(x))
    total = logsumexp(x, axis, keepdims=keepdims, where=where)
    if where is None:
        count: Any = math.prod([shape_of(x)[a] for a in axes_of(x, axis)])
        return ops.subtract(
            total, math.log(count) if isinstance(count, int) else ops.log(ops.cast(count, dtype_of(x)))
        )
    mask = ops.broadcast_to(operand(where), shape_of(x))
    count = NUMPY["sum"](ops.cast(mask, dtype_of(x)), axis, keepdims=keepdims)
    return ops.subtract(total, ops.log(count))


def standardize(
    x: Any,
    axis: Axis = -1,
    mean: Any = None,
    variance: Any = None,
    epsilon: Any = 1e-5,
    where: Any = None,
    *,
    algorithm: str = "fast",
) -> Any:
    """`jax.nn.standardize`: mean 0 and variance 1 along the axes."""
    x = tensor(x)
    if mean is None:
        mean = NUMPY["mean"](x, axis, keepdims=True, where=where)
    if variance is None and algorithm == "stable":
        variance = NUMPY["mean"](ops.square(ops.subtract(x, mean)), axis, keepdims=True, where=where)
    elif variance is None:
        squares = NUMPY["mean"](ops.square(x), axis, keepdims=True, where=where)
        variance = ops.maximum(ops.subtract(squares, ops.square(mean)), 0.0)
    return ops.multiply(ops.subtract(x, mean), ops.rsqrt(ops.add(operand(variance), epsilon)))


def one_hot(x: Any, num_classes: int, *, dtype: Any = None, axis: int = -1) -> Any:
    """`jax.nn.one_hot`: a number out of range gives no hit."""
    hit = ops.equal(ops.expand_dims(tensor(x), -1), ops.arange(num_classes, dtype="int32"))
    hit = hit if axis == -1 else ops.moveaxis(hit, -1, axis)
    return ops.cast(hit, dtype_name(dtype) or "float32")


def _ones_below(rows: Any, columns: Any) -> Any:
    return ops.greater_equal(ops.expand_dims(ops.arange(rows), 1), ops.arange(columns))


def _mask(
    mask: Any, causal: bool, lengths: tuple[Any, Any], window: Any, rows: Any, columns: Any
) -> list[Any]:
    """The masks of (batch, heads, queries, keys), or of what broadcasts to it."""
    found = [] if mask is None else [operand(mask)]
    if causal:
        found.append(_ones_below(rows, columns))
    if window is not None:
        left, right = (window, window) if isinstance(window, int) else window
        away = ops.subtract(ops.expand_dims(ops.arange(rows), 1), ops.arange(columns))
        found.append(ops.logical_and(ops.less_equal(away, left), ops.greater_equal(away, -right)))
    for length, count, place in ((lengths[0], rows, 1), (lengths[1], columns, 0)):
        if length is not None:
            limit = ops.reshape(operand(length), (-1, 1, 1, 1))
            found.append(
                ops.less(ops.expand_dims(ops.arange(count), 1) if place else ops.arange(count), limit)
            )
    return found


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    *,
    scale: Any = None,
    is_causal: bool = False,
    query_seq_lengths: Any = None,
    key_value_seq_lengths: Any = None,
    local_window_size: Any = None,
    implementation: str | None = None,
    return_residual: bool = False,
) -> Any:
    """`jax.nn.dot_product_attention`, of (batch, length, heads, size) or without the batch.

    The softmax is computed in float32; fewer heads of keys than of queries are repeated.
    """
    if return_residual:
        refuse("nn.dot_product_attention", "return_residual=True", "compute it with jax.nn.logsumexp")
    q, k, v = (tensor(x) for x in (query, key, value))
    alone = len(shape_of(q)) == 3
    if alone:
        q, k, v = (ops.expand_dims(x, 0) for x in (q, k, v))
        bias, mask = (
            x if x is None or len(shape_of(x)) == 4 else ops.expand_dims(operand(x), 0) for x in (bias, mask)
        )
    rows, heads, size = shape_of(q)[1:]
    columns, fewer = shape_of(k)[1:3]
    if heads != fewer:
        k, v = (ops.repeat(x, heads // fewer, axis=2) for x in (k, v))
    name = dtype_of(q)
    q32, k32 = (ops.cast(x, "float32") for x in (q, k))
    logits = ops.multiply(
        ops.einsum("btnh,bsnh->bnts", q32, k32), 1 / math.sqrt(size) if scale is None else operand(scale)
    )
    logits = logits if bias is None else ops.add(logits, ops.cast(operand(bias), "float32"))
    lengths = query_seq_lengths, key_value_seq_lengths
    for part in _mask(mask, is_causal, lengths, local_window_size, rows, columns):
        logits = ops.where(part, logits, -0.7 * 3.4028234663852886e38)
    weights = cast(ops.softmax(logits, axis=-1), dtype_of(k))
    result = ops.einsum("bnts,bsnh->btnh", weights, v)
    if query_seq_lengths is not None:
        inside = ops.less(ops.arange(rows), ops.reshape(operand(query_seq_lengths), (-1, 1)))
        result = ops.multiply(result, ops.cast(ops.expand_dims(inside, [2, 3]), name))
    return ops.squeeze(result, axis=0) if alone else result
