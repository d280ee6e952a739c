"""Joining tensors, and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    axis_of,
    is_tensor,
    known_size,
    promoted,
    rank,
    sizes,
    static,
    tensor,
)
from lamina.vocabulary.torch.notation import named
from lamina.vocabulary.torch.shaping import with_axes


def _at_least(name: str, count: int) -> Any:
    def one(x: Any) -> Any:
        x = tensor(x)
        if count == 3 and rank(x) == 2:
            return ops.expand_dims(x, axis=-1)
        if count == 3 and rank(x) == 1:
            return ops.reshape(x, (1, -1, 1))
        return with_axes(x, count)

    def call(*tensors: Any) -> Any:
        items = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
        found = tuple(map(one, items))
        return found[0] if len(tensors) == 1 and items is tensors else found

    return named(call, name, f"`torch.{name}`.")


atleast_1d, atleast_2d, atleast_3d = (_at_least(f"atleast_{n}d", n) for n in (1, 2, 3))


def _joinable(tensors: Any) -> list[Any]:
    return list(promoted(*tensors))


def cat(tensors: Any, dim: Any = 0) -> Any:
    """`torch.cat`: in the common dtype; what is empty and has one axis does not count."""
    items = [t for t in tensors if not _is_nothing(t)]
    return ops.concatenate(_joinable(items or tensors), axis=static(dim))


def _is_nothing(t: Any) -> bool:
    return is_tensor(t) and getattr(t, "ndim", None) == 1 and sizes(t)[0] is not None and sizes(t) == (0,)


def stack(tensors: Any, dim: Any = 0) -> Any:
    """`torch.stack`."""
    return ops.stack(_joinable(tensors), axis=static(dim))


def hstack(tensors: Any) -> Any:
    """`torch.hstack`: along the second axis, vectors along the first."""
    items = [atleast_1d(t) for t in tensors]
    return cat(items, 0 if rank(items[0]) == 1 else 1)


def vstack(tensors: Any) -> Any:
    """`torch.vstack`."""
    return cat([atleast_2d(t) for t in tensors], 0)


def dstack(tensors: Any) -> Any:
    """`torch.dstack`."""
    return cat([atleast_3d(t) for t in tensors], 2)


def column_stack(tensors: Any) -> Any:
    """`torch.column_stack`: vectors as columns."""
    return cat([ops.reshape(t, (-1, 1)) if rank(t) < 2 else t for t in tensors], 1)


def _parts(x: Any, bounds: Sequence[int], axis: int) -> tuple[Any, ...]:
    return tuple(ops.split(x, list(bounds), axis=axis)) if bounds else (x,)


def split(tensor: Any, split_size_or_sections: Any = None, dim: Any = 0, *, split_size: Any = None) -> Any:
    """`torch.split`: parts of one size, the last one smaller, or of given sizes."""
    axis, wanted = axis_of(tensor, dim), static(split_size_or_sections)
    wanted = static(split_size) if wanted is None else wanted
    if not isinstance(wanted, tuple):
        count = known_size("split", tensor, axis)
        return _parts(tensor, range(wanted, count, wanted), axis) if count else (tensor,)
    ends = [sum(wanted[: i + 1]) for i in range(len(wanted))]
    return _parts(tensor, ends[:-1], axis)


def chunk(input: Any, chunks: int, dim: Any = 0) -> Any:
    """`torch.chunk`: as many parts of one size as fit, the last one smaller."""
    axis = axis_of(input, dim)
    if chunks == 1:
        return (input,)
    count = known_size("chunk", input, axis)
    return split(input, max(-(-count // chunks), 1), axis)


def tensor_split(input: Any, indices_or_sections: Any, dim: Any = 0) -> Any:
    """`torch.tensor_split`: a number of parts, or parts that start at places."""
    axis, wanted = axis_of(input, dim), static(indices_or_sections)
    if isinstance(wanted, tuple):
        return _parts(input, wanted, axis)
    small, more = divmod(known_size("tensor_split", input, axis), wanted)
    ends = [small * (i + 1) + min(i + 1, more) for i in range(wanted)]
    return _parts(input, ends[:-1], axis)


def hsplit(input: Any, indices_or_sections: Any) -> Any:
    """`torch.hsplit`."""
    return tensor_split(input, indices_or_sections, 0 if rank(input) == 1 else 1)


def vsplit(input: Any, indices_or_sections: Any) -> Any:
    """`torch.vsplit`."""
    return tensor_split(input, indices_or_sections, 0)


def dsplit(input: Any, indices_or_sections: Any) -> Any:
    """`torch.dsplit`."""
    return tensor_split(input, indices_or_sections, 2)


def unbind(input: Any, dim: Any = 0) -> tuple[Any, ...]:
    """`torch.unbind`: the slices along an axis of known size."""
    axis = axis_of(input, dim)
    return tuple(ops.unstack(input, num=known_size("unbind", input, axis), axis=axis))


def block_diag(*tensors: Any) -> Any:
    """`torch.block_diag`: matrices along a diagonal, zeros around them."""
    blocks = [atleast_2d(t) for t in tensors]
    shapes = [tuple(known_size("block_diag", b, a) for a in (0, 1)) for b in blocks]
    width, start, rows = sum(columns for _, columns in shapes), 0, []
    for block, (_, columns) in zip(blocks, shapes, strict=True):
        rows.append(ops.pad(block, ((0, 0), (start, width - start - columns))))
        start += columns
    return cat(rows, 0)
