"""What an operation returns for `KerasTensor`s: Keras's own rule where it holds, else the backend's.

Keras answers for most operations without touching the backend, and errs for a few; those are
evaluated by the backend on shapes alone (`jax.eval_shape`, a TensorFlow graph, PyTorch's meta device).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lamina._keras import is_a, keras
from lamina.errors import SignatureError
from lamina.expression.opset import Op

# Operations for which Keras 3.15 infers another shape or dtype than it computes.
MISJUDGED = frozenset(
    """
    eig lu_factor multi_hot polar top_k vstack
    """.split()
)
# The backend computes nothing for a shape that it can only infer by computing, unless it is small.
_SMALL = 2**20


def result_of(op: Op, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Shape and dtype of the result of a call on `KerasTensor`s and literals."""
    tensors = list(symbolic_leaves((args, kwargs)))
    if op.name.startswith("operator."):
        return op.function(*args, **kwargs)
    if not tensors or op.name in MISJUDGED or any("complex" in tensor.dtype for tensor in tensors):
        return abstractly(op.function, args, kwargs)
    try:
        return op.function(*args, **kwargs)
    except Exception as error:
        try:
            return abstractly(op.function, args, kwargs)
        except Exception:
            raise error from None


def is_symbolic(value: Any) -> bool:
    """Whether `value` is a `KerasTensor`."""
    return is_a(value, "KerasTensor")


def symbolic_leaves(tree: Any) -> Iterator[Any]:
    """Every `KerasTensor` in an argument."""
    if isinstance(tree, Mapping):
        tree = tuple(tree.values())
    elif isinstance(tree, slice):
        tree = (tree.start, tree.stop, tree.step)
    if isinstance(tree, (list, tuple)):
        for item in tree:
            yield from symbolic_leaves(item)
    elif is_symbolic(tree):
        yield tree


def abstractly(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The result of a function, found by the backend without computing or allocating it."""
    tensors = list(symbolic_leaves((args, kwargs)))

    def call(*values: Any) -> Any:
        filled = iter(values)
        new_args, new_kwargs = keras.tree.map_structure(
            lambda leaf: next(filled) if is_symbolic(leaf) else leaf, (list(args), dict(kwargs))
        )
        return function(*new_args, **new_kwargs)

    if keras.backend.backend() == "torch":
        return _on_meta_device(call, tensors)
    return _operation(call).compute_output_spec(*tensors)


def _operation(call: Callable[..., Any]) -> Any:
    class Abstract(keras.Operation):
        def call(self, *values: Any) -> Any:
            return call(*values)

    return Abstract(name="abstract")


def _on_meta_device(call: Callable[..., Any], tensors: Sequence[Any]) -> Any:
    with keras.StatelessScope():
        try:
            with keras.device("meta"):
                found = call(*map(_zeros, tensors))
        except Exception:
            if sum(math.prod(tensor.shape) for tensor in tensors) > _SMALL or not tensors:
                raise
            found = call(*map(_zeros, tensors))
    return keras.tree.map_structure(_described, found)


def _zeros(tensor: Any) -> Any:
    return keras.ops.zeros(tensor.shape, dtype=tensor.dtype)


def _described(value: Any) -> Any:
    if not keras.ops.is_tensor(value):
        return value
    return keras.KerasTensor(tuple(value.shape), dtype=keras.backend.standardize_dtype(value.dtype))


def call_symbolically(layer: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a layer returns for `KerasTensor`s; the layer does not remember the call."""
    nodes = layer._inbound_nodes
    count = len(nodes)
    try:
        return layer(*args, **kwargs)
    finally:
        del nodes[count:]


def item(tensor: Any, key: Any) -> Any:
    """`tensor[key]` for a key of ints, slices, None and Ellipsis.

    Raises:
        SignatureError: The key has too many items, or an int outside of the axis.
    """
    keys = list(key) if isinstance(key, (tuple, list)) else [key]
    taken = sum(part is not None and part is not Ellipsis for part in keys)
    rest = len(tensor.shape) - taken
    if rest < 0:
        raise SignatureError(f"too many indices: {taken} for a tensor with {len(tensor.shape)} axes")
    if not any(part is Ellipsis for part in keys):
        keys.append(Ellipsis)
    sizes = iter(tensor.shape)
    shape = [size for part in keys for size in _kept(part, sizes, rest)]
    return keras.KerasTensor(tuple(shape), dtype=tensor.dtype)


def _kept(part: Any, sizes: Iterator[int], rest: int) -> list[int]:
    if part is None:
        return [1]
    if part is Ellipsis:
        return [next(sizes) for _ in range(rest)]
    size = next(sizes)
    if isinstance(part, slice):
        return [len(range(*part.indices(size)))]
    if isinstance(part, int) and not -size <= part < size:
        raise SignatureError(f"the index {part} is outside of an axis of size {size}")
    return []
