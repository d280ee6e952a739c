"""Losses of `torch.nn.functional` that keep a distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import Function, rank, sizes, tensor
from lamina.vocabulary.torch.losses import legacy, reduced
from lamina.vocabulary.torch.notation import named
from lamina.vocabulary.torch.products import pairwise_distance


def _margin(name: str, function: Callable[..., Any], margin: float) -> Function:
    """A loss of one to three tensors with a margin."""

    def call(*args: Any, **kwargs: Any) -> Any:
        reduction = legacy(
            kwargs.pop("reduction", "mean"), kwargs.pop("size_average", None), kwargs.pop("reduce", None)
        )
        kwargs.setdefault("margin", margin) if len(args) <= _TENSORS[name] else None
        return reduced(function(*args, **kwargs), reduction, name)

    return named(call, name, f"`F.{name}`.")


_TENSORS = {
    "margin_ranking_loss": 3,
    "hinge_embedding_loss": 2,
    "cosine_embedding_loss": 3,
}


def _ranking(input1: Any, input2: Any, target: Any, margin: float) -> Any:
    return ops.relu(ops.add(ops.multiply(ops.negative(target), ops.subtract(input1, input2)), margin))


def _hinge_embedding(input: Any, target: Any, margin: float) -> Any:
    far = ops.where(ops.equal(target, 1), ops.zeros_like(input), ops.relu(ops.subtract(margin, input)))
    near = ops.where(ops.equal(target, -1), ops.zeros_like(input), input)
    return ops.add(far, near)


def _cosine_embedding(input1: Any, input2: Any, target: Any, margin: float) -> Any:
    axis = rank(input1) - 1
    squares = [ops.add(ops.sum(ops.square(x), axis=axis), 1e-12) for x in (input1, input2)]
    product = ops.sum(ops.multiply(input1, input2), axis=axis)
    cosine = ops.divide(product, ops.sqrt(ops.multiply(*squares)))
    apart = ops.relu(ops.subtract(cosine, margin))
    return ops.where(ops.equal(target, 1), ops.subtract(1.0, cosine), apart)


margin_ranking_loss = _margin("margin_ranking_loss", _ranking, 0.0)
hinge_embedding_loss = _margin("hinge_embedding_loss", _hinge_embedding, 1.0)
cosine_embedding_loss = _margin("cosine_embedding_loss", _cosine_embedding, 0.0)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """`F.triplet_margin_loss`."""

    def distance(x: Any, y: Any) -> Any:
        return pairwise_distance(x, y, p, eps)

    reduction = legacy(reduction, size_average, reduce)
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=distance,
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Any = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`F.triplet_margin_with_distance_loss`."""
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    far = ops.minimum(far, distance(positive, negative)) if swap else far
    loss = ops.relu(ops.add(ops.subtract(near, far), margin))
    return reduced(loss, reduction, "triplet_margin_loss")


def soft_margin_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """`F.soft_margin_loss`."""
    loss = ops.softplus(ops.multiply(ops.negative(target), input))
    return reduced(loss, legacy(reduction, size_average, reduce), "soft_margin_loss")


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """`F.multilabel_soft_margin_loss`: the mean over the classes."""
    hit = ops.multiply(target, ops.log_sigmoid(input))
    miss = ops.multiply(ops.subtract(1.0, target), ops.log_sigmoid(ops.negative(input)))
    loss = ops.negative(ops.add(hit, miss))
    loss = ops.mean(loss if weight is None else ops.multiply(loss, weight), axis=-1)
    return reduced(loss, legacy(reduction, size_average, reduce), "multilabel_soft_margin_loss")


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """`F.multi_margin_loss`."""
    x = ops.expand_dims(input, axis=0) if rank(input) == 1 else input
    y = ops.reshape(tensor(target), (-1,))
    place = ops.expand_dims(y, axis=-1)
    own = ops.take_along_axis(x, place, axis=-1)
    gap = ops.relu(ops.add(ops.subtract(x, own), margin))
    gap = gap if p == 1 else ops.square(gap)
    gap = gap if weight is None else ops.multiply(gap, ops.expand_dims(ops.take(weight, y, axis=0), axis=-1))
    other = ops.not_equal(ops.arange(sizes(x)[-1], dtype="int32"), place)
    loss = ops.mean(ops.where(other, gap, ops.zeros_like(gap)), axis=-1)
    loss = ops.reshape(loss, ()) if rank(input) == 1 else loss
    return reduced(loss, legacy(reduction, size_average, reduce), "multi_margin_loss")


def multilabel_margin_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Any:
    """`F.multilabel_margin_loss`: targets count up to the first negative one."""
    x, y = ops.expand_dims(input, axis=-2), tensor(target)
    counts = ops.cumprod(ops.cast(ops.greater_equal(y, 0), "int32"), axis=-1)
    safe = ops.multiply(y, ops.cast(counts, "int64"))
    own = ops.expand_dims(ops.take_along_axis(input, safe, axis=-1), axis=-1)
    steps = ops.arange(sizes(input)[-1], dtype="int32")
    counted = ops.expand_dims(ops.equal(counts, 1), axis=-1)
    hits = ops.logical_and(ops.equal(ops.expand_dims(safe, axis=-1), steps), counted)
    others = ops.logical_not(ops.any(hits, axis=-2, keepdims=True))
    gap = ops.relu(ops.subtract(1.0, ops.subtract(own, x)))
    gap = ops.where(ops.logical_and(counted, others), gap, ops.zeros_like(gap))
    loss = ops.sum(ops.mean(gap, axis=-1), axis=-1)
    return reduced(loss, legacy(reduction, size_average, reduce), "multilabel_margin_loss")
