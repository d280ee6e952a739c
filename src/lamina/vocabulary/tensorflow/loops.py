"""`tf.while_loop` and `tf.TensorArray`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamina.expression.model import leaves, map_tree
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import is_size
from lamina.vocabulary.tensorflow.arguments import dtype_name, is_size_like, refuse, static, tensor
from lamina.vocabulary.tensorflow.graph import pack_sequence_as


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: Any = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    return_same_structure: bool = True,
) -> Any:
    """`tf.while_loop`: TensorArrays among the loop variables need a known size."""
    if not isinstance(loop_vars, (list, tuple)):
        loop_vars = [loop_vars]
    start = _allocated(list(loop_vars), cond, body)
    packed = [_pack(v) for v in start]

    def test(*values: Any) -> Any:
        return cond(*_unpacked(start, values))

    def step(*values: Any) -> Any:
        result = body(*_unpacked(start, values))
        result = list(result) if isinstance(result, (list, tuple)) else [result]
        return tuple(_pack(v) for v in result)

    # One loop variable comes back bare, or in a tuple, depending on the backend: pass two.
    final = ops.while_loop(test, step, tuple(packed), maximum_iterations=maximum_iterations)
    result = _unpacked(start, final)
    return type(loop_vars)(result) if type(loop_vars) in (list, tuple) else result


def _pack(value: Any) -> Any:
    """A loop variable as tensors: what a TensorArray holds is one tensor."""
    if isinstance(value, TensorArray):
        return value.buffer
    if isinstance(value, Mapping):
        return {key: _pack(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_pack(item) for item in value)
    return tensor(value)


def _unpacked(start: Sequence[Any], values: Any) -> list[Any]:
    values = values if isinstance(values, (list, tuple)) else (values,)
    return [_unpack(template, value) for template, value in zip(start, values, strict=True)]


def _unpack(template: Any, value: Any) -> Any:
    if isinstance(template, TensorArray):
        return template.filled(value)
    if isinstance(template, Mapping):
        return {key: _unpack(item, value[key]) for key, item in template.items()}
    if isinstance(template, (list, tuple)) and not hasattr(template, "_fields"):
        return type(template)(_unpack(a, b) for a, b in zip(template, value, strict=True))
    return value


def _arrays(values: Any) -> list[Any]:
    return [leaf for leaf in leaves(values) if isinstance(leaf, TensorArray)]


class _Counter(int):
    """The first number of a loop; it notes what the condition compares it with."""

    bound: Any = None

    def __lt__(self, other: Any) -> bool:
        self.bound = other
        return True

    __hash__ = int.__hash__


def _steps(loop_vars: list[Any], cond: Callable[..., Any], trial: list[Any]) -> Any:
    """How often a loop `i = 0; while i < n: i += 1` runs its body; `None` for any other loop."""
    first, second = static(loop_vars[0]), static(trial[0])
    if type(first) is not int or type(second) is not int or (first, second) != (0, 1):
        return None
    counter = _Counter(first)
    cond(counter, *loop_vars[1:])
    return counter.bound if is_size(counter.bound) else None


def _allocated(loop_vars: list[Any], cond: Callable[..., Any], body: Callable[..., Any]) -> list[Any]:
    """The loop variables, each TensorArray with the memory that the loop will need.

    What the loop writes is known once its body has been called; that call is written down, used
    for its shapes only, and left out of the expression.
    """
    arrays = [array for array in _arrays(loop_vars) if not array.has_buffer]
    if not arrays:
        return loop_vars
    growing = any(array.grows for array in arrays)
    given = map_tree(lambda v: v if isinstance(v, TensorArray) else tensor(v), loop_vars)
    if growing and type(static(loop_vars[0])) is int:
        given[0] = static(loop_vars[0])  # as a number it shows how the loop counts
    trial = body(*given)
    trial = list(trial) if isinstance(trial, (list, tuple)) else [trial]
    steps = _steps(loop_vars, cond, trial) if growing else None
    pairs = zip(leaves(loop_vars), leaves(trial), strict=True)
    ready = [a.allocated(b, steps) if isinstance(a, TensorArray) else a for a, b in pairs]
    return list(pack_sequence_as(loop_vars, ready))


class TensorArray:
    """`tf.TensorArray` as a value: what writes returns a new one.

    Args:
        dtype: Dtype of the elements.
        size: How many elements it has.
        dynamic_size: Whether writing outside of loops may make it longer.
        element_shape: Shape of one element; found out from what is written where it is not given.

    Example:
        >>> import keras
        >>> from lamina.vocabulary.tensorflow import TABLE
        >>> array = TABLE["TensorArray"]("float32", size=2)
        >>> array = array.write(0, keras.ops.ones(3)).write(1, keras.ops.zeros(3))
        >>> tuple(array.stack().shape)
        (2, 3)
    """

    # What code read from a file may use of it.
    saved_attributes = frozenset("write read stack unstack gather scatter concat split size dtype".split())

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: Any = None,
        clear_after_read: Any = None,
        tensor_array_name: Any = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: Any = None,
    ) -> None:
        self._dtype = dtype_name(dtype)
        self._size = 0 if size is None else static(size)
        self._dynamic = bool(dynamic_size)
        self._element_shape = element_shape
        self._items: dict[int, Any] = {}
        self._buffer: Any = None

    @property
    def dtype(self) -> Any:
        """Dtype of the elements."""
        return self._dtype

    @property
    def flow(self) -> TensorArray:
        """The array itself: the order of writes is the order of its values."""
        return self

    @property
    def has_buffer(self) -> bool:
        """Whether its elements are one tensor."""
        return self._buffer is not None

    @property
    def buffer(self) -> Any:
        """Its elements as one tensor."""
        return self.stack()

    def _copy(self) -> TensorArray:
        copy = TensorArray(self._dtype, self._size, self._dynamic, element_shape=self._element_shape)
        copy._items, copy._buffer = dict(self._items), self._buffer
        return copy

    def filled(self, buffer: Any) -> TensorArray:
        """An array of the same kind with these elements."""
        copy = self._copy()
        copy._items, copy._buffer = {}, buffer
        return copy

    @property
    def grows(self) -> bool:
        """Whether a loop that writes to it decides how long it gets."""
        return self._dynamic and not self.has_buffer

    def allocated(self, written: TensorArray, steps: Any = None) -> TensorArray:
        """An array with memory for elements like those of `written`, one for each of the steps if it grows."""
        if self.has_buffer:
            return self
        if self._dynamic and (steps is None or set(written._items) != {0}):
            refuse(
                "TensorArray",
                "in a loop it grows with the number of steps, which is a value",
                "give it its final size: tf.TensorArray(dtype, size=n), or count from 0 with `i < n`",
            )
        if not written._items and not written.has_buffer:
            refuse("TensorArray", "the loop writes nothing to it", "leave it out of the loop variables")
        sample = next(iter(written._items.values())) if written._items else written._buffer[0]
        sizes = tuple(sample.shape)
        size = steps if self._dynamic else self._size
        buffer = ops.zeros((size, *sizes), dtype=self._dtype)
        for index, item in self._items.items():
            buffer = _put(buffer, index, item)
        return self.filled(buffer)

    def write(self, index: Any, value: Any, name: Any = None) -> TensorArray:
        """An array with `value` at `index`."""
        copy = self._copy()
        index, value = static(index), tensor(value)
        if self.has_buffer:
            copy._buffer = _put(self._buffer, index, value)
        elif isinstance(index, int):
            copy._items[index] = value
            if isinstance(self._size, int):
                copy._size = max(self._size, index + 1)
        else:
            copy._items[len(copy._items)] = value
        return copy

    def read(self, index: Any, name: Any = None) -> Any:
        """The element at `index`."""
        index = static(index)
        if not self.has_buffer and isinstance(index, int):
            return self._items[index]
        return ops.take(self.stack(), index, axis=0)

    def stack(self, name: Any = None) -> Any:
        """The elements along a new first axis."""
        if self.has_buffer:
            return self._buffer
        if not self._items:
            refuse("TensorArray", "nothing was written to it", "write its elements first")
        zero = ops.zeros_like(next(iter(self._items.values())))
        count = self._size if isinstance(self._size, int) else max(self._items) + 1
        return ops.stack([self._items.get(i, zero) for i in range(count)], axis=0)

    def concat(self, name: Any = None) -> Any:
        """The elements joined along their first axis."""
        if self.has_buffer:
            sizes = ops.shape(self._buffer)
            return ops.reshape(self._buffer, (sizes[0] * sizes[1], *sizes[2:]))
        return ops.concatenate([self._items[i] for i in sorted(self._items)], axis=0)

    def gather(self, indices: Any, name: Any = None) -> Any:
        """The elements at `indices`, stacked."""
        return ops.take(self.stack(), tensor(indices), axis=0)

    def unstack(self, value: Any, name: Any = None) -> TensorArray:
        """An array of the rows of `value`."""
        return self.filled(tensor(value))

    def scatter(self, indices: Any, value: Any, name: Any = None) -> TensorArray:
        """An array with the rows of `value` at `indices`."""
        places = static(indices)
        if not isinstance(places, tuple):
            refuse(
                "TensorArray", "it is scattered to indices that are values", "use tf.tensor_scatter_nd_update"
            )
        array, rows = self, tensor(value)
        for row, place in enumerate(places):
            array = array.write(place, rows[row])
        return array

    def split(self, value: Any, lengths: Any, name: Any = None) -> TensorArray:
        """An array of parts of `value` of the given lengths."""
        array, start = self, 0
        for place, length in enumerate(static(lengths)):
            array, start = array.write(place, value[start : start + length]), start + length
        return array

    def size(self, name: Any = None) -> Any:
        """How many elements it has."""
        return ops.shape(self._buffer)[0] if self.has_buffer else self._size

    def grad(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: an expression is differentiated as a whole."""
        refuse("TensorArray.grad", "an expression has no gradients inside", "differentiate the whole layer")

    def identity(self) -> TensorArray:
        """The array itself."""
        return self

    def mark_used(self) -> None:
        """Nothing."""

    def close(self, name: Any = None) -> None:
        """Nothing."""


def _put(buffer: Any, index: Any, value: Any) -> Any:
    place = tensor(index) if is_size_like(index) else index
    indices = ops.reshape(ops.cast(ops.convert_to_tensor(place), "int32"), (1, 1))
    return ops.scatter_update(buffer, indices, ops.expand_dims(value, axis=0))
