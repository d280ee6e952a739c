"""Activations of `torch.nn.functional`, with PyTorch's own defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.torch.arguments import (
    Function,
    axis_of,
    cast_to,
    is_kind,
    keep_dtype,
    known_dtype,
    known_rank,
    rank,
    refuse,
    sizes,
    static,
    tensor,
)
from lamina.vocabulary.torch.elementwise import SAME as ELEMENTWISE
from lamina.vocabulary.torch.notation import named, words


def _plain(text: str) -> dict[str, Function]:
    def make(name: str, op: str) -> Function:
        def call(input: Any, inplace: bool = False) -> Any:
            return getattr(ops, op)(tensor(input))

        return named(call, name, f"`F.{name}`.")

    return {name: make(name, op) for name, op in words(text).items()}


SAME: Mapping[str, Function] = {
    **_plain("relu6 selu silu logsigmoid=log_sigmoid softsign tanhshrink=tanh_shrink"),
    "sigmoid": ELEMENTWISE["sigmoid"],
    "tanh": ELEMENTWISE["tanh"],
}


def relu(input: Any, inplace: bool = False) -> Any:
    """`F.relu`: integers stay integers."""
    return keep_dtype(ops.relu(input), input)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`F.elu`."""
    return ops.elu(input, alpha=alpha)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`F.celu`."""
    return ops.celu(input, alpha=alpha)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """`F.leaky_relu`."""
    return ops.leaky_relu(input, negative_slope=negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """`F.prelu`: one slope, or one for each channel."""
    count = sizes(weight)[0] if rank(weight) else 1
    if rank(input) > 1 and not (isinstance(count, int) and count == 1):
        weight = ops.reshape(weight, (-1, *[1] * (rank(input) - 2)))
    return ops.where(ops.greater(input, 0), input, ops.multiply(weight, input))


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Any:
    """`F.rrelu`: a random slope for each element in training, the mean slope otherwise."""
    if not training:
        return ops.leaky_relu(input, negative_slope=(lower + upper) / 2)
    slopes = random.uniform(
        sizes(input), minval=float(lower), maxval=float(upper), dtype=known_dtype(input) or "float32"
    )
    return ops.where(ops.less(input, 0), ops.multiply(input, slopes), input)


def gelu(input: Any, approximate: str = "none") -> Any:
    """`F.gelu`: exact, or by "tanh"."""
    if approximate not in ("none", "tanh"):
        refuse("nn.functional.gelu", f"approximate={approximate!r}", "use 'none' or 'tanh'")
    return ops.gelu(input, approximate=approximate == "tanh")


def glu(input: Any, dim: Any = -1) -> Any:
    """`F.glu`: one half times the sigmoid of the other."""
    left, right = ops.split(input, 2, axis=axis_of(input, dim))
    return ops.multiply(left, ops.sigmoid(right))


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """`F.hardshrink`."""
    return ops.where(ops.less_equal(ops.absolute(input), lambd), ops.zeros_like(input), input)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """`F.softshrink`."""
    size = ops.relu(ops.subtract(ops.absolute(input), lambd))
    return ops.multiply(ops.sign(input), size)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """`F.hardtanh`."""
    return ops.minimum(ops.maximum(input, min_val), max_val)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """`F.hardsigmoid`: `relu6(x + 3) / 6`."""
    return ops.divide(ops.relu6(ops.add(input, 3.0)), 6.0)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """`F.hardswish`."""
    return ops.multiply(input, hardsigmoid(input))


def mish(input: Any, inplace: bool = False) -> Any:
    """`F.mish`: `x * tanh(softplus(x))`."""
    return ops.multiply(input, ops.tanh(ops.softplus(input)))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """`F.softplus`: the identity where `beta * x` is above `threshold`."""
    scaled = input if beta == 1 else ops.multiply(input, beta)
    soft = ops.softplus(scaled)
    soft = soft if beta == 1 else ops.divide(soft, beta)
    return ops.where(ops.greater(scaled, threshold), input, soft)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """`F.threshold`: `value` where the input is not above `threshold`."""
    return ops.where(ops.greater(input, threshold), input, value)


def _implicit_axis(x: Any, dim: Any) -> int:
    """The axis; PyTorch's old default where none is given."""
    if dim is None:
        return 0 if rank(x) in (0, 1, 3) else 1
    return int(static(dim))


def _soft(name: str, op: str, negative: bool = False) -> Function:
    def call(input: Any, dim: Any, dtype: Any = None) -> Any:
        x = cast_to(tensor(input), dtype)
        if known_rank(x) == 0:
            return ops.zeros_like(x) if op == "log_softmax" else ops.ones_like(x)
        return getattr(ops, op)(ops.negative(x) if negative else x, axis=static(dim))

    return named(call, name, f"`torch.{name}`.")


root_softmax, root_log_softmax = _soft("softmax", "softmax"), _soft("log_softmax", "log_softmax")


def _functional(function: Function, name: str) -> Function:
    def call(input: Any, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
        return function(input, _implicit_axis(input, dim), dtype)

    return named(call, name, f"`F.{name}`.")


softmax, log_softmax = _functional(root_softmax, "softmax"), _functional(root_log_softmax, "log_softmax")
softmin = _functional(_soft("softmin", "softmax", negative=True), "softmin")


def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: Any = -1
) -> Any:
    """`F.gumbel_softmax`: `hard` gives one-hot vectors with the gradient of the soft ones."""
    noise = random.uniform(
        sizes(logits), minval=1.1754944e-38, maxval=1.0, dtype=known_dtype(logits) or "float32"
    )
    gumbels = ops.negative(ops.log(ops.negative(ops.log(noise))))
    soft = ops.softmax(ops.divide(ops.add(logits, gumbels), tau), axis=static(dim))
    if not hard:
        return soft
    axis = axis_of(logits, dim)
    place = ops.expand_dims(ops.argmax(soft, axis=axis), axis=axis)
    steps = ops.reshape(
        ops.arange(sizes(logits)[axis], dtype="int32"), (-1, *[1] * (rank(logits) - axis - 1))
    )
    one = ops.cast(ops.equal(place, steps), known_dtype(soft) or "float32")
    return ops.add(ops.subtract(one, ops.stop_gradient(soft)), soft)


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """`F.normalize`: divided by the norm, which is at least `eps`."""
    from lamina.vocabulary.torch.reductions import vector_norm

    if out is not None:
        refuse("nn.functional.normalize", "out= writes into a tensor", "use the result of the call")
    return ops.divide(input, ops.maximum(vector_norm(input, p, dim, True), eps))


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """`F.scaled_dot_product_attention`: heads before positions; a mask is true where it attends."""
    if enable_gqa:
        groups = [sizes(query)[-3] // sizes(t)[-3] for t in (key, value)]
        key, value = (ops.repeat(t, n, axis=-3) for t, n in zip((key, value), groups, strict=True))
    scores = ops.matmul(_scaled_query(query, scale), ops.swapaxes(key, -1, -2))
    if is_causal:
        attn_mask = ops.tril(ops.ones((sizes(query)[-2], sizes(key)[-2]), dtype="bool"))
    if attn_mask is not None:
        on = is_kind(attn_mask, 0)
        scores = ops.where(attn_mask, scores, -math.inf) if on else ops.add(scores, attn_mask)
    weights = ops.softmax(scores, axis=-1)
    if attn_mask is not None and is_kind(attn_mask, 0):  # a row that attends to nothing is zero
        weights = ops.where(ops.any(attn_mask, axis=-1, keepdims=True), weights, ops.zeros_like(weights))
    if dropout_p:
        weights = random.dropout(weights, dropout_p)
    return ops.matmul(weights, value)


def _scaled_query(query: Any, scale: float | None) -> Any:
    width = sizes(query)[-1]
    if scale is not None:
        return ops.multiply(query, scale)
    if isinstance(width, int):
        return ops.multiply(query, 1 / math.sqrt(width))
    root = ops.sqrt(ops.cast(ops.convert_to_tensor(width), known_dtype(query) or "float32"))
    return ops.divide(query, root)
