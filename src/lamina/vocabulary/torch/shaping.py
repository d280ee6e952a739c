"""Moving, merging, splitting and repeating axes."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import product
from lamina.vocabulary.torch.arguments import (
    along,
    axes_of,
    axis_of,
    dtype_name,
    is_size,
    is_tensor,
    known_size,
    operand,
    rank,
    refuse,
    sizes,
    sizes_of,
    static,
    tensor,
)


def narrow(input: Any, dim: Any, start: Any, length: Any) -> Any:
    """`torch.narrow`: `length` elements from `start` on."""
    axis = axis_of(input, dim)
    if isinstance(start, int) and start < 0:
        start = start + sizes(input)[axis]
    if is_tensor(start):
        first = [0] * rank(input)
        first[axis] = ops.cast(start, "int32")
        extent = [length if a == axis else n for a, n in enumerate(sizes(input))]
        return ops.slice(input, tuple(first), tuple(extent))
    return along(input, axis, slice(start, start + length))


def select(input: Any, dim: Any, index: Any) -> Any:
    """`torch.select`: one slice along an axis."""
    return along(input, axis_of(input, dim), index)


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """`torch.movedim` and `torch.moveaxis`."""
    return ops.moveaxis(input, static(source), static(destination))


def transpose(input: Any, dim0: Any, dim1: Any) -> Any:
    """`torch.transpose`: two axes exchanged."""
    return input if rank(input) == 0 else ops.swapaxes(input, static(dim0), static(dim1))


def t(input: Any) -> Any:
    """`torch.t`: a matrix transposed; a vector stays as it is."""
    return ops.transpose(input) if rank(input) == 2 else input


def adjoint(input: Any) -> Any:
    """`torch.adjoint`: the last two axes exchanged, and conjugated."""
    from lamina.vocabulary.torch.elementwise import conj

    return conj(ops.swapaxes(input, -1, -2))


def permute(input: Any, *dims: Any) -> Any:
    """`torch.permute`."""
    order = sizes_of(dims)
    return ops.transpose(input, axes=tuple(d % len(order) for d in order)) if order else input


def reshape(input: Any, *shape: Any) -> Any:
    """`torch.reshape`, and `x.view`, which may also name a dtype."""
    wanted = sizes_of(shape)
    if isinstance(wanted, tuple):
        return ops.reshape(tensor(input), wanted)
    return view_dtype(input, wanted) if not hasattr(wanted, "ref") else ops.reshape(input, wanted)


def view_dtype(input: Any, dtype: Any) -> Any:
    """`x.view(dtype)`: the same bytes as another dtype."""
    return ops.view(input, dtype=dtype_name(dtype))


def view_as(input: Any, other: Any) -> Any:
    """`x.view_as(other)` and `x.reshape_as(other)`."""
    return ops.reshape(input, sizes(other))


def flatten(input: Any, start_dim: Any = 0, end_dim: Any = -1) -> Any:
    """`torch.flatten`: the axes from `start_dim` to `end_dim` as one."""
    if rank(input) == 0:
        return ops.reshape(input, (1,))
    first, last = axis_of(input, start_dim), axis_of(input, end_dim)
    shape = sizes(input)
    middle = product(shape[first : last + 1])
    rest = (*shape[:first], *shape[last + 1 :])
    if not isinstance(middle, int) and all(isinstance(n, int) for n in rest):
        middle = -1
    return ops.reshape(input, (*shape[:first], middle, *shape[last + 1 :]))


def ravel(input: Any) -> Any:
    """`torch.ravel`."""
    return ops.reshape(input, (-1,))


def unflatten(input: Any, dim: Any, sizes: Any) -> Any:
    """`torch.unflatten`: one axis as several."""
    from lamina.vocabulary.torch.arguments import sizes as sizes_of_tensor

    axis, shape = axis_of(input, dim), sizes_of_tensor(input)
    parts = list(static(sizes))
    if -1 in [n for n in parts if isinstance(n, int)]:
        place = next(i for i, n in enumerate(parts) if isinstance(n, int) and n == -1)
        parts[place] = shape[axis] // product(n for i, n in enumerate(parts) if i != place)
    return ops.reshape(input, (*shape[:axis], *parts, *shape[axis + 1 :]))


def unsqueeze(input: Any, dim: Any) -> Any:
    """`torch.unsqueeze`."""
    return ops.expand_dims(tensor(input), axis=static(dim))


def squeeze(input: Any, dim: Any = None) -> Any:
    """`torch.squeeze`: axes of size 1 are dropped; those of other sizes stay."""
    shape = tuple(n if isinstance(n, int) else None for n in sizes(input))
    if dim is None:
        if None in shape:
            refuse("squeeze", "which sizes are 1 is not known", "name the axes with dim=")
        chosen = tuple(a for a, n in enumerate(shape) if n == 1)
    else:
        chosen = tuple(a for a in axes_of(input, dim) if shape and shape[a] == 1)
    return ops.squeeze(input, axis=chosen) if chosen else input


def expand(input: Any, *size: Any) -> Any:
    """`x.expand`: axes of size 1 are repeated; -1 keeps a size."""
    wanted = sizes_of(size)
    have = sizes(input)
    lead = len(wanted) - len(have)
    full = [
        have[i - lead] if isinstance(n, int) and n == -1 and i >= lead else n for i, n in enumerate(wanted)
    ]
    return ops.broadcast_to(input, tuple(full))


def expand_as(input: Any, other: Any) -> Any:
    """`x.expand_as(other)`."""
    return ops.broadcast_to(input, sizes(other))


def broadcast_to(input: Any, size: Any) -> Any:
    """`torch.broadcast_to`."""
    return expand(input, size)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """`torch.broadcast_tensors`: all of the common shape."""
    from lamina.vocabulary.numpy.shaping import _broadcast_shape

    items = [operand(t) for t in tensors]
    shape = _broadcast_shape(*map(sizes, items))
    return tuple(ops.broadcast_to(t, shape) for t in items)


def broadcast_shapes(*shapes: Any) -> Any:
    """`torch.broadcast_shapes`."""
    from lamina.tracing.shapes import KnownShape
    from lamina.vocabulary.numpy.shaping import _broadcast_shape

    return KnownShape(_broadcast_shape(*((s,) if is_size(s) else tuple(s) for s in shapes)))


def with_axes(x: Any, count: int) -> Any:
    """The tensor with axes of size 1 in front, up to `count` axes."""
    missing = count - rank(x)
    return ops.reshape(x, (*[1] * missing, *sizes(x))) if missing > 0 else x


def tile(input: Any, *dims: Any) -> Any:
    """`torch.tile` and `x.repeat`: the whole tensor again along each axis."""
    counts = sizes_of(dims)
    x = with_axes(tensor(input), len(counts))
    return ops.tile(x, (*[1] * (rank(x) - len(counts)), *counts))


def repeat_interleave(input: Any, repeats: Any, dim: Any = None, *, output_size: Any = None) -> Any:
    """`torch.repeat_interleave`: each element again."""
    repeats = static(repeats)
    if is_tensor(repeats):
        refuse(
            "repeat_interleave",
            "repeats is a tensor, and the size of the result depends on it",
            "give Python numbers",
        )
    if dim is None:
        return ops.repeat(ops.reshape(input, (-1,)), repeats, axis=0)
    return ops.repeat(input, repeats, axis=axis_of(input, dim))


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """`torch.roll`: without an axis, over the flattened tensor."""
    return ops.roll(input, static(shifts), axis=static(dims))


def flip(input: Any, *dims: Any) -> Any:
    """`torch.flip`."""
    axes = axes_of(input, sizes_of(dims)) if sizes_of(dims) != () else ()
    return ops.flip(input, axis=axes) if axes else input


def fliplr(input: Any) -> Any:
    """`torch.fliplr`: along the second axis."""
    return ops.flip(input, axis=1)


def flipud(input: Any) -> Any:
    """`torch.flipud`: along the first axis."""
    return ops.flip(input, axis=0)


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """`torch.rot90`."""
    return ops.rot90(input, k=k, axes=tuple(dims))


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """`torch.meshgrid`: rows first unless `indexing` is "xy"."""
    items = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    return tuple(ops.meshgrid(*(ops.reshape(t, (-1,)) for t in items), indexing=indexing))


def cartesian_prod(*tensors: Any) -> Any:
    """`torch.cartesian_prod`: every combination of the elements of vectors."""
    if len(tensors) == 1:
        return tensors[0]
    return ops.stack([ops.reshape(g, (-1,)) for g in meshgrid(*tensors)], axis=1)


def unfold_axis(input: Any, dimension: Any, size: int, step: int) -> Any:
    """`x.unfold(dim, size, step)`: every window along an axis, as a new last axis."""
    import numpy as np

    axis = axis_of(input, dimension)
    count = (known_size("Tensor.unfold", input, axis) - size) // step + 1
    places = np.arange(count, dtype=np.int32)[:, None] * step + np.arange(size, dtype=np.int32)
    windows = ops.take(input, places, axis=axis)
    return ops.moveaxis(windows, axis + 1, -1)


def view_as_complex(input: Any) -> Any:
    """`torch.view_as_complex`."""
    return ops.view_as_complex(input)


def view_as_real(input: Any) -> Any:
    """`torch.view_as_real`."""
    return ops.view_as_real(input)


def clone(input: Any) -> Any:
    """`torch.clone`: a tensor of its own, which changes in place do not share."""
    return ops.copy(input)


def detach(input: Any) -> Any:
    """`torch.detach`: no gradient flows through it."""
    return ops.stop_gradient(input)


def size(input: Any, dim: Any = None) -> Any:
    """`x.size()` and `x.size(dim)`."""
    return input.shape if dim is None else input.shape[static(dim)]


def numel(input: Any) -> Any:
    """`torch.numel`: the number of elements."""
    return product(sizes(input))
