"""`einsum`, `pack`, `unpack` and `parse_shape` of einops."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.einops.notation import ELLIPSIS, Side, side
from lamina.vocabulary.keras_backend.shapes import product, rank, sizes


def einsum(*tensors_and_pattern: Any) -> Any:
    """`einops.einsum`: the tensors first, then a pattern whose axes have names.

    Raises:
        ArgumentError: The pattern is not last, is not well formed, or does not fit the tensors.

    Example:
        >>> import numpy as np
        >>> tuple(einsum(np.ones((2, 3)), np.ones((2, 3)), "row col, other col -> row other").shape)
        (2, 2)
    """
    *tensors, pattern = tensors_and_pattern
    if not isinstance(pattern, str) or not tensors:
        raise ArgumentError("einops.einsum takes its tensors first and the pattern last")
    lefts, arrow, right = pattern.partition("->")
    inputs = [side(text) for text in lefts.split(",")]
    if not arrow or len(inputs) != len(tensors):
        raise ArgumentError(
            f"einops.einsum({pattern!r}): expected {len(tensors)} tensors with ',' between them and one '->'"
        )
    output = side(right)
    letters = dict(zip(dict.fromkeys(a for s in inputs for a in s.axes), string.ascii_letters, strict=False))
    letters[ELLIPSIS] = ELLIPSIS
    for part in (*inputs, output):
        if not all(part.single) or not all(part.groups) or not set(part.axes) <= letters.keys():
            raise ArgumentError(f"einops.einsum({pattern!r}): expected names that occur on the left side")
    words = ["".join(letters[axis] for axis in part.axes) for part in (*inputs, output)]
    return ops.einsum(f"{','.join(words[:-1])}->{words[-1]}", *tensors)


def _around_star(pattern: str, verb: str) -> tuple[int, int]:
    """How many axes stand before and after the star."""
    words = pattern.split()
    if words.count("*") != 1:
        raise ArgumentError(f"einops.{verb}({pattern!r}): expected one '*' between names of axes")
    plain: Side = side(pattern.replace("*", " "))
    if ELLIPSIS in plain.names or not all(plain.single):
        raise ArgumentError(f"einops.{verb}({pattern!r}): expected names and one '*'")
    before = words.index("*")
    return before, len(words) - before - 1


def pack(tensors: Sequence[Any], pattern: str) -> tuple[Any, list[tuple[Any, ...]]]:
    """`einops.pack`: join tensors along an axis; the axes at the star become that one axis.

    Returns:
        The joined tensor, and for each tensor its sizes at the star, for `unpack`.

    Raises:
        ArgumentError: The pattern has no star, or a tensor has too few axes.

    Example:
        >>> import numpy as np
        >>> packed, shapes = pack([np.ones((2, 3)), np.ones((2, 4, 3))], "b * c")
        >>> tuple(packed.shape), [tuple(s) for s in shapes]
        ((2, 5, 3), [(), (4,)])
    """
    before, after = _around_star(pattern, "pack")
    flat, shapes = [], []
    for x in tensors:
        shape = sizes(x)
        if len(shape) < before + after:
            raise ArgumentError(f"einops.pack({pattern!r}): a tensor has {len(shape)} axes only")
        middle = tuple(shape[before : len(shape) - after])
        shapes.append(middle)
        if len(middle) != 1:
            x = ops.reshape(x, (*shape[:before], product(middle), *shape[len(shape) - after :]))
        flat.append(x)
    return ops.concatenate(flat, axis=before), shapes


def unpack(tensor: Any, packed_shapes: Sequence[Sequence[Any]], pattern: str) -> list[Any]:
    """`einops.unpack`: undo `pack`.

    Args:
        tensor: The joined tensor.
        packed_shapes: The sizes that `pack` returned; one may hold one -1.
        pattern: The pattern of `pack`.

    Raises:
        ArgumentError: The pattern does not fit the tensor, or the sizes do not add up.

    Example:
        >>> import numpy as np
        >>> [tuple(x.shape) for x in unpack(np.ones((2, 5, 3)), [(), (4,)], "b * c")]
        [(2, 3), (2, 4, 3)]
    """
    before, after = _around_star(pattern, "unpack")
    if rank(tensor) != before + after + 1:
        raise ArgumentError(f"einops.unpack({pattern!r}): the tensor has {rank(tensor)} axes")
    shape = sizes(tensor)
    shapes = _resolved(packed_shapes, shape[before], pattern)
    parts, start = [], 0
    for middle in shapes:
        length = product(middle)
        part = tensor[(*[slice(None)] * before, slice(start, start + length))]
        if len(middle) != 1:
            part = ops.reshape(part, (*shape[:before], *middle, *shape[before + 1 :]))
        parts.append(part)
        start = start + length
    return parts


def _resolved(shapes: Sequence[Sequence[Any]], total: Any, pattern: str) -> list[tuple[Any, ...]]:
    """The shapes with the one -1 worked out from the whole length."""
    found = [tuple(shape) for shape in shapes]
    open_ones = [place for place, shape in enumerate(found) if -1 in shape]
    known = sum(product(shape) for place, shape in enumerate(found) if place not in open_ones)
    if len(open_ones) > 1:
        raise ArgumentError(f"einops.unpack({pattern!r}): more than one shape has a -1")
    if not open_ones:
        if isinstance(total, int) and isinstance(known, int) and known != total:
            raise ArgumentError(f"einops.unpack({pattern!r}): the shapes add up to {known}, not to {total}")
        return found
    place = open_ones[0]
    rest = product(size for size in found[place] if size != -1)
    length = (total - known) // rest
    found[place] = tuple(length if size == -1 else size for size in found[place])
    return found


def parse_shape(x: Any, pattern: str) -> dict[str, Any]:
    """`einops.parse_shape`: the sizes of the axes by name; `_` leaves one out.

    Raises:
        ArgumentError: The pattern has another number of axes than the tensor.

    Example:
        >>> import numpy as np
        >>> parse_shape(np.ones((2, 3, 4)), "batch _ width")
        {'batch': 2, 'width': 4}
    """
    words, shape = pattern.split(), sizes(x)
    if ELLIPSIS in words:
        place = words.index(ELLIPSIS)
        words[place : place + 1] = ["_"] * (len(shape) - len(words) + 1)
    if len(words) != len(shape):
        raise ArgumentError(f"einops.parse_shape({pattern!r}): the tensor has {len(shape)} axes")
    return {name: size for name, size in zip(words, shape, strict=True) if name != "_"}
