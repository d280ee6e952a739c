"""`rearrange`, `reduce` and `repeat` over the opset; sizes may be unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.einops.notation import ELLIPSIS, Axis, Side, sides
from lamina.vocabulary.keras_backend.shapes import product, sizes

Reduction = str | Callable[[Any, tuple[int, ...]], Any]
REDUCTIONS = ("min", "max", "sum", "mean", "prod", "any", "all")


def rearrange(tensor: Any, pattern: str, **axes_lengths: Any) -> Any:
    """`einops.rearrange`: split, merge and reorder axes.

    Args:
        tensor: A tensor, or a list of tensors of one shape, which is a first axis of its own.
        pattern: As in einops.
        **axes_lengths: Lengths of axes that the shape does not tell.

    Raises:
        ArgumentError: The pattern does not fit the tensor.

    Example:
        >>> import numpy as np
        >>> tuple(rearrange(np.ones((2, 6, 3)), "b (h w) c -> b c h w", h=2).shape)
        (2, 3, 2, 3)
    """
    left, right = sides(pattern)
    lone = left.names ^ right.names
    problem = f"{_list(lone)} on one side only" if lone else ""
    problem = problem or ("an axis of a length without name" if _lengths(left) or _lengths(right) else "")
    return _run("rearrange", tensor, pattern, axes_lengths, problem)


def reduce(tensor: Any, pattern: str, reduction: Reduction, **axes_lengths: Any) -> Any:
    """`einops.reduce`: axes that the right side lacks are reduced.

    Args:
        tensor: As for `rearrange`.
        pattern: As in einops.
        reduction: `min`, `max`, `sum`, `mean`, `prod`, `any`, `all`, or a function of the tensor and axes.
        **axes_lengths: Lengths of axes that the shape does not tell.

    Raises:
        ArgumentError: The pattern does not fit the tensor, or the reduction is unknown.

    Example:
        >>> import numpy as np
        >>> tuple(reduce(np.ones((2, 4, 4, 3)), "b (h 2) (w 2) c -> b h w c", "max").shape)
        (2, 2, 2, 3)
    """
    left, right = sides(pattern)
    new = right.names - left.names
    problem = f"{_list(new)} on the right side only" if new else ""
    problem = problem or ("an axis of a length without name on the right side" if _lengths(right) else "")
    if not callable(reduction) and reduction not in REDUCTIONS:
        raise ArgumentError(f"einops.reduce knows {', '.join(REDUCTIONS)} and functions, not {reduction!r}")
    return _run("reduce", tensor, pattern, axes_lengths, problem, reduction)


def repeat(tensor: Any, pattern: str, **axes_lengths: Any) -> Any:
    """`einops.repeat`: axes that only the right side has are new, and repeat the values.

    Args:
        tensor: As for `rearrange`.
        pattern: As in einops.
        **axes_lengths: Lengths of the new axes, and of others that the shape does not tell.

    Raises:
        ArgumentError: The pattern does not fit the tensor.

    Example:
        >>> import numpy as np
        >>> tuple(repeat(np.ones((2, 3)), "b c -> b time c", time=4).shape)
        (2, 4, 3)
    """
    left, right = sides(pattern)
    lost = left.names - right.names
    sizeless = right.names - left.names - axes_lengths.keys()
    problem = f"{_list(lost)} on the left side only" if lost else ""
    problem = problem or ("an axis of a length without name on the left side" if _lengths(left) else "")
    problem = problem or (f"new axes without a length: {_list(sizeless)}" if sizeless else "")
    return _run("repeat", tensor, pattern, axes_lengths, problem)


def _lengths(side: Side) -> bool:
    return any(isinstance(axis, int) for axis in side.axes)


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _run(
    verb: str,
    tensor: Any,
    pattern: str,
    lengths: Mapping[str, Any],
    problem: str,
    reduction: Reduction | None = None,
) -> Any:
    """Apply a verb; an error says the verb, the pattern, the lengths and the shape."""
    x = ops.stack(list(tensor), axis=0) if isinstance(tensor, (list, tuple)) else tensor
    shape = sizes(x)
    try:
        if problem:
            raise ArgumentError(problem)
        return _apply(x, shape, *sides(pattern), lengths, reduction)
    except ArgumentError as error:
        given = "".join(f", {name}={length}" for name, length in lengths.items())
        said = ", ".join(str(n) if isinstance(n, int) else "?" for n in shape)
        raise ArgumentError(
            f"einops.{verb}({pattern!r}{given}) on a tensor of shape ({said}): {error}"
        ) from error


def _apply(
    x: Any,
    shape: Sequence[Any],
    left: Side,
    right: Side,
    lengths: Mapping[str, Any],
    reduction: Reduction | None,
) -> Any:
    unknown = lengths.keys() - left.names - right.names
    if unknown:
        raise ArgumentError(f"lengths of axes that the pattern does not name: {_list(set(unknown))}")
    left, right = fitted(left, right, len(shape))
    named = {**lengths, **elementary_sizes(left, shape, lengths)}
    axes = _keys(left)
    if not all(left.single) or any(not group for group in left.groups):
        x = ops.reshape(x, tuple(named[axis] if isinstance(axis, str) else axis[1] for axis in axes))
    x, axes = _reduced(x, axes, right, reduction)
    x = _ordered(x, axes, right, named)
    if not all(right.single) or any(not group for group in right.groups):
        x = ops.reshape(x, tuple(product(_length(axis, named) for axis in group) for group in right.groups))
    return x


# An axis without a name is told from others of its length by its place.
Key = str | tuple[int, int]


def _keys(side: Side) -> list[Key]:
    return [axis if isinstance(axis, str) else (place, axis) for place, axis in enumerate(side.axes)]


def _length(axis: Axis, named: Mapping[str, Any]) -> Any:
    return named[axis] if isinstance(axis, str) else axis


def fitted(left: Side, right: Side, rank: int) -> tuple[Side, Side]:
    """Both sides with the ellipsis written out for a tensor of `rank` axes."""
    count = rank - len(left.groups) + 1 if ELLIPSIS in left.names else 0
    if count < 0 or (ELLIPSIS not in left.names and rank != len(left.groups)):
        raise ArgumentError(f"it has {rank} axes, and the pattern {len(left.groups)}")
    return left.expanded(count), right.expanded(count)


def elementary_sizes(side: Side, shape: Sequence[Any], lengths: Mapping[str, Any]) -> dict[str, Any]:
    """The length of each named axis of a side that is given a shape.

    Raises:
        ArgumentError: A length is missing, or contradicts the shape.
    """
    found: dict[str, Any] = {}
    for group, size in zip(side.groups, shape, strict=True):
        free = [axis for axis in group if isinstance(axis, str) and axis not in lengths]
        if len(free) > 1:
            raise ArgumentError(f"the lengths of {', '.join(free)} are not determined: give all but one")
        known = product(_length(axis, lengths) for axis in group if axis not in free)
        found |= {axis: lengths[axis] for axis in group if isinstance(axis, str) and axis in lengths}
        _check(group, size, known, exact=not free)
        if free:
            found[free[0]] = size if len(group) == 1 else size // known
    return found


def _check(group: tuple[Axis, ...], size: Any, known: Any, exact: bool) -> None:
    if not isinstance(size, int) or not isinstance(known, int):
        return
    said = " ".join(map(str, group))
    if exact and size != known:
        raise ArgumentError(f"({said}) has length {known}, and the tensor {size}")
    if not exact and (known == 0 or size % known):
        raise ArgumentError(f"({said}): {size} is not divisible by {known}")


def _reduced(x: Any, axes: list[Key], right: Side, reduction: Reduction | None) -> tuple[Any, list[Key]]:
    gone = tuple(place for place, axis in enumerate(axes) if axis not in right.axes)
    if not gone:
        return x, axes
    assert reduction is not None
    if callable(reduction):
        x = reduction(x, gone)
    else:
        _check_mean(reduction, x)
        x = getattr(ops, reduction)(x, axis=gone)
    return x, [axis for place, axis in enumerate(axes) if place not in gone]


def _check_mean(reduction: str, x: Any) -> None:
    dtype = x.peek_dtype() if hasattr(x, "peek_dtype") else str(x.dtype)
    if reduction == "mean" and dtype is not None and "float" not in dtype and "complex" not in dtype:
        raise ArgumentError(f"the mean of {dtype} is not defined in einops; cast it to a float first")


def _ordered(x: Any, axes: list[Key], right: Side, named: Mapping[str, Any]) -> Any:
    """The axes in the order of the right side, new ones among them."""
    places = [axes.index(axis) for axis in _keys(right) if axis in axes]
    if places != sorted(places):
        x = ops.transpose(x, axes=tuple(places))
    new = tuple(place for place, axis in enumerate(_keys(right)) if axis not in axes)
    if not new:
        return x
    times = tuple(_length(axis, named) if place in new else 1 for place, axis in enumerate(right.axes))
    return ops.tile(ops.expand_dims(x, axis=new), times)
