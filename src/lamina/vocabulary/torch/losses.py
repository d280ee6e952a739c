"""Losses of `torch.nn.functional`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.activations import log_softmax
from lamina.vocabulary.torch.arguments import (
    Function,
    is_integral,
    known_dtype,
    promoted,
    rank,
    refuse,
    sizes,
    tensor,
)
from lamina.vocabulary.torch.notation import named

_REDUCTIONS = ("none", "mean", "sum")


def reduced(loss: Any, reduction: str, name: str) -> Any:
    """The mean or the sum of a loss, or the loss itself."""
    if reduction not in _REDUCTIONS:
        refuse(f"nn.functional.{name}", f"reduction={reduction!r}", f"use one of {', '.join(_REDUCTIONS)}")
    if reduction == "none":
        return loss
    return ops.mean(loss) if reduction == "mean" else ops.sum(loss)


def legacy(reduction: str, size_average: Any, reduce: Any) -> str:
    """The reduction that the arguments of PyTorch 0.x ask for."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def _pairwise(name: str, function: Callable[..., Any], *options: str) -> Function:
    """A loss of two tensors; `options` are its own arguments, in the order of its signature."""
    order = {
        "smooth_l1_loss": ("size_average", "reduce", "reduction", "beta"),
        "huber_loss": ("reduction", "delta", "weight"),
    }.get(name, ("size_average", "reduce", "reduction", "weight"))

    def call(input: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(order, args, strict=False)), **kwargs}
        reduction = legacy(
            given.pop("reduction", "mean"), given.pop("size_average", None), given.pop("reduce", None)
        )
        weight = given.pop("weight", None)
        loss = function(*promoted(input, target), **given)
        return _weighted_mean(loss, weight, reduction, name)

    return named(call, name, f"`F.{name}`.")


def _weighted_mean(loss: Any, weight: Any, reduction: str, name: str) -> Any:
    if weight is None:
        return reduced(loss, reduction, name)
    weighted = ops.multiply(loss, weight)
    if reduction == "mean" and name != "huber_loss":
        return ops.divide(ops.sum(weighted), ops.sum(ops.broadcast_to(weight, sizes(loss))))
    return reduced(weighted, reduction, name)


def _smooth(x: Any, y: Any, beta: float = 1.0) -> Any:
    gap = ops.absolute(ops.subtract(x, y))
    if beta == 0:
        return gap
    near = ops.divide(ops.multiply(0.5, ops.square(gap)), beta)
    return ops.where(ops.less(gap, beta), near, ops.subtract(gap, 0.5 * beta))


def _huber(x: Any, y: Any, delta: float = 1.0) -> Any:
    gap = ops.absolute(ops.subtract(x, y))
    far = ops.multiply(delta, ops.subtract(gap, 0.5 * delta))
    return ops.where(ops.less_equal(gap, delta), ops.multiply(0.5, ops.square(gap)), far)


mse_loss = _pairwise("mse_loss", lambda x, y: ops.square(ops.subtract(x, y)))
l1_loss = _pairwise("l1_loss", lambda x, y: ops.absolute(ops.subtract(x, y)))
smooth_l1_loss, huber_loss = _pairwise("smooth_l1_loss", _smooth), _pairwise("huber_loss", _huber)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """`F.binary_cross_entropy`: logarithms are at least -100."""
    hit, miss = (ops.maximum(ops.log(p), -100.0) for p in (input, ops.subtract(1.0, input)))
    loss = ops.negative(ops.add(ops.multiply(target, hit), ops.multiply(ops.subtract(1.0, target), miss)))
    loss = loss if weight is None else ops.multiply(loss, weight)
    return reduced(loss, legacy(reduction, size_average, reduce), "binary_cross_entropy")


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """`F.binary_cross_entropy_with_logits`."""
    log = ops.negative(ops.log_sigmoid(input))
    if pos_weight is not None:
        factor = ops.add(ops.multiply(ops.subtract(pos_weight, 1.0), target), 1.0)
        log = ops.multiply(log, factor)
    loss = ops.add(ops.multiply(ops.subtract(1.0, target), input), log)
    loss = loss if weight is None else ops.multiply(loss, weight)
    return reduced(loss, legacy(reduction, size_average, reduce), "binary_cross_entropy_with_logits")


def _class_axis(x: Any) -> int:
    return 0 if rank(x) == 1 else 1


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """`F.nll_loss`: the mean is over the weights of the targets that count."""
    axis = _class_axis(input)
    kept = ops.not_equal(target, ignore_index)
    safe = ops.where(kept, target, ops.zeros_like(target))
    picked = ops.take_along_axis(input, ops.expand_dims(safe, axis=axis), axis=axis)
    loss = ops.negative(ops.squeeze(picked, axis=axis))
    counts = ops.cast(kept, known_dtype(loss) or "float32")
    counts = counts if weight is None else ops.multiply(counts, ops.take(weight, safe, axis=0))
    loss = ops.where(kept, ops.multiply(loss, counts), ops.zeros_like(loss))
    reduction = legacy(reduction, size_average, reduce)
    if reduction == "mean":
        return ops.divide(ops.sum(loss), ops.sum(counts))
    return reduced(loss, reduction, "nll_loss")


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """`F.cross_entropy`: targets are class numbers, or probabilities where they are floating."""
    reduction = legacy(reduction, size_average, reduce)
    axis = _class_axis(input)
    log = log_softmax(input, axis)
    if not is_integral(target):
        return _soft_targets(log, target, weight, reduction, label_smoothing, axis)
    hard = nll_loss(log, target, weight, None, ignore_index, None, reduction)
    if not label_smoothing:
        return hard
    smooth = _smooth_part(log, target, weight, ignore_index, reduction, axis)
    share = label_smoothing / _classes(input, axis)
    return ops.add(ops.multiply(hard, 1 - label_smoothing), ops.multiply(smooth, share))


def _classes(x: Any, axis: int) -> int:
    from lamina.vocabulary.torch.arguments import known_size

    return known_size("nn.functional.cross_entropy", x, axis)


def _by_class(weight: Any, log: Any, axis: int) -> Any:
    return ops.reshape(weight, (-1, *[1] * (rank(log) - axis - 1)))


def _smooth_part(log: Any, target: Any, weight: Any, ignore: int, reduction: str, axis: int) -> Any:
    """What every class adds to a smoothed loss."""
    weighted = log if weight is None else ops.multiply(log, _by_class(weight, log, axis))
    kept = ops.not_equal(target, ignore)
    loss = ops.negative(ops.sum(weighted, axis=axis))
    loss = ops.where(kept, loss, ops.zeros_like(loss))
    if reduction != "mean":
        return reduced(loss, reduction, "cross_entropy")
    counts = ops.cast(kept, known_dtype(log) or "float32")
    if weight is not None:
        safe = ops.where(kept, target, ops.zeros_like(target))
        counts = ops.multiply(counts, ops.take(weight, safe, axis=0))
    return ops.divide(ops.sum(loss), ops.sum(counts))


def _soft_targets(log: Any, target: Any, weight: Any, reduction: str, smoothing: float, axis: int) -> Any:
    if smoothing:
        share = smoothing / _classes(log, axis)
        target = ops.add(ops.multiply(target, 1 - smoothing), share)
    weighted = log if weight is None else ops.multiply(log, _by_class(weight, log, axis))
    loss = ops.negative(ops.sum(ops.multiply(weighted, target), axis=axis))
    return reduced(loss, reduction, "cross_entropy")


def kl_div(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    """`F.kl_div`: `input` holds logarithms; `batchmean` divides by the first size."""
    from lamina.vocabulary.torch.elementwise import xlogy

    if log_target:
        loss = ops.multiply(ops.exp(target), ops.subtract(target, input))
    else:
        loss = ops.subtract(xlogy(target, target), ops.multiply(target, input))
    reduction = legacy(reduction, size_average, reduce)
    if reduction == "batchmean":
        return ops.divide(
            ops.sum(loss), ops.cast(ops.convert_to_tensor(sizes(loss)[0]), known_dtype(loss) or "float32")
        )
    return reduced(loss, reduction, "kl_div")


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """`F.poisson_nll_loss`."""
    if log_input:
        loss = ops.subtract(ops.exp(input), ops.multiply(target, input))
    else:
        loss = ops.subtract(input, ops.multiply(target, ops.log(ops.add(input, eps))))
    if full:
        stirling = ops.subtract(ops.multiply(target, ops.log(target)), target)
        stirling = ops.add(stirling, ops.multiply(0.5, ops.log(ops.multiply(2 * math.pi, target))))
        loss = ops.where(ops.greater(target, 1), ops.add(loss, stirling), loss)
    return reduced(loss, legacy(reduction, size_average, reduce), "poisson_nll_loss")


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """`F.gaussian_nll_loss`: the variance is at least `eps`."""
    if not isinstance(var, (int, float)) and rank(var) == rank(input) - 1:
        var = ops.expand_dims(var, axis=-1)
    var = ops.maximum(var, eps)
    gap = ops.divide(ops.square(ops.subtract(input, target)), var)
    loss = ops.multiply(0.5, ops.add(ops.log(var), gap))
    loss = ops.add(loss, 0.5 * math.log(2 * math.pi)) if full else loss
    return reduced(loss, reduction, "gaussian_nll_loss")


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """`F.ctc_loss`: of targets as rows; the mean is of each loss divided by its target length."""
    if rank(targets) != 2:
        refuse("nn.functional.ctc_loss", "targets are joined to one vector", "give one row for each sample")
    lengths = [ops.cast(tensor(n), "int32") for n in (target_lengths, input_lengths)]
    loss = ops.ctc_loss(ops.cast(targets, "int32"), ops.swapaxes(log_probs, 0, 1), *lengths, mask_index=blank)
    if zero_infinity:
        loss = ops.where(ops.isfinite(loss), loss, ops.zeros_like(loss))
    if reduction == "mean":
        loss = ops.divide(loss, ops.cast(ops.maximum(lengths[0], 1), known_dtype(loss) or "float32"))
    return reduced(loss, reduction, "ctc_loss")
