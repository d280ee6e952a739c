"""Making, joining and indexing tensors, where `jax.numpy` differs from NumPy's vocabulary."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.jax.arguments import (
    Function,
    WeakFloat,
    WeakInt,
    cast,
    dtype_name,
    dtype_of,
    inexact,
    is_constant,
    is_number,
    is_size,
    narrow,
    operand,
    rank,
    refuse,
    result_type,
    shape_of,
    shape_tuple,
    tensor,
    weak,
)
from lamina.vocabulary.weak import weakened


def borrowed(function: Function, name: str) -> Function:
    """A function of NumPy's vocabulary that is JAX's too, with JAX's operands."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*map(_narrowed, args), **{key: _narrowed(value) for key, value in kwargs.items()})
        except CaptureError as error:
            raise CaptureError(str(error).replace("numpy.", "jax.numpy.", 1)) from None

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`jax.numpy.{name}`, as NumPy's vocabulary has it."
    return call


def _narrowed(value: Any) -> Any:
    return narrow(value) if isinstance(value, np.ndarray) and value.dtype.kind in "fiuc" else value


def array(
    object: Any,
    dtype: Any = None,
    copy: bool = True,
    order: str | None = "K",
    ndmin: int = 0,
    *,
    device: Any = None,
    out_sharding: Any = None,
) -> Any:
    """`jax.numpy.array`: a Python number alone stays one that adapts its type."""
    if dtype is None and not ndmin and (is_number(object) or is_size(object)):
        return object if is_size(object) else weak(object)
    x = tensor(object, dtype)
    return ops.expand_dims(x, list(range(ndmin - rank(x)))) if ndmin > rank(x) else x


def asarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    copy: bool | None = None,
    device: Any = None,
    out_sharding: Any = None,
) -> Any:
    """`jax.numpy.asarray`."""
    return array(a, dtype)


def copy(a: Any, order: str | None = None) -> Any:
    """`jax.numpy.copy`."""
    return ops.copy(tensor(a))


def astype(x: Any, dtype: Any, /, *, copy: bool = False, device: Any = None) -> Any:
    """`jax.numpy.astype`: towards zero from floating to integer; `None` is float32."""
    return ops.cast(operand(x), dtype_name(dtype) or "float32")


def _filled(name: str, op: str) -> Function:
    make = op_function(op)

    def call(shape: Any, dtype: Any = None, *, device: Any = None, out_sharding: Any = None) -> Any:
        return make(shape_tuple(shape), dtype=dtype_name(dtype) or "float32")

    call.__doc__ = f"`jax.numpy.{name}`: float32 unless asked otherwise."
    return call


zeros, ones, empty = _filled("zeros", "zeros"), _filled("ones", "ones"), _filled("empty", "zeros")


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None, **other: Any) -> Any:
    """`jax.numpy.full` and `jax.lax.full`: of the type of the value unless asked otherwise."""
    value = operand(fill_value)
    plain = {WeakFloat: float, WeakInt: int}.get(type(value), lambda v: v)(value)
    if dtype is None:
        return weakened(ops.full(shape_tuple(shape), plain, dtype=result_type(value)), value)
    return ops.full(shape_tuple(shape), plain, dtype=dtype_name(dtype))


def _filled_like(name: str, op: str) -> Function:
    make = op_function(op)

    def call(a: Any, dtype: Any = None, shape: Any = None, *, device: Any = None, **other: Any) -> Any:
        x = tensor(a)
        if shape is None:
            return make(x, dtype=dtype_name(dtype))
        fill = op_function(op.removesuffix("_like"))
        return fill(shape_tuple(shape), dtype=dtype_name(dtype) or dtype_of(x))

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


zeros_like, ones_like = _filled_like("zeros_like", "zeros_like"), _filled_like("ones_like", "ones_like")
empty_like = _filled_like("empty_like", "zeros_like")


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, *, device: Any = None, **other: Any
) -> Any:
    """`jax.numpy.full_like` and `jax.lax.full_like`: in the type of `a` unless asked otherwise."""
    x = tensor(a)
    value = tensor(fill_value, dtype_name(dtype) or dtype_of(x))
    return ops.broadcast_to(value, shape_of(x) if shape is None else shape_tuple(shape))


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None, **other: Any
) -> Any:
    """`jax.numpy.arange`: int32 of integers, float32 of floats; the bounds may be sizes."""
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    whole = all(is_size(b) or isinstance(b, (int, np.integer)) for b in (start, stop, step))
    return ops.arange(start, stop, step, dtype=dtype_name(dtype) or ("int32" if whole else "float32"))


def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """`jax.numpy.linspace`; of an integer dtype, rounded down."""
    low, high = (inexact(tensor(b)) for b in (start, stop))
    line = ops.linspace(low, high, num, endpoint=endpoint)
    line = ops.moveaxis(line, 0, axis) if axis else line
    name = dtype_name(dtype)
    if name is not None:
        line = ops.cast(ops.floor(line) if "int" in name else line, name)
    if not retstep:
        return line
    steps = num - 1 if endpoint else num
    return line, ops.divide(ops.subtract(high, low), steps)


def _power_line(name: str, op: str) -> Function:
    line = op_function(op)

    def call(
        start: Any,
        stop: Any,
        num: Any = 50,
        endpoint: bool = True,
        base: Any = 10.0,
        dtype: Any = None,
        axis: int = 0,
    ) -> Any:
        low, high = (inexact(tensor(b)) for b in (start, stop))
        options = {"base": base} if op == "logspace" else {}
        values = line(low, high, num, endpoint=endpoint, **options)
        return cast(ops.moveaxis(values, 0, axis) if axis else values, dtype)

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


logspace = _power_line("logspace", "logspace")


def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """`jax.numpy.geomspace`."""
    low, high = (ops.log10(inexact(tensor(b))) for b in (start, stop))
    return logspace(low, high, num, endpoint, 10.0, dtype, axis)


def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = None, *, device: Any = None) -> Any:
    """`jax.numpy.eye`: float32 unless asked otherwise."""
    columns, name = N if M is None else M, dtype_name(dtype) or "float32"
    if k == 0:
        return ops.eye(N, columns, dtype=name)
    places = ops.add(ops.expand_dims(ops.arange(N), 1), k)
    return ops.cast(ops.equal(places, ops.arange(columns)), name)


def identity(n: Any, dtype: Any = None) -> Any:
    """`jax.numpy.identity`."""
    return eye(n, dtype=dtype)


def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Any:
    """`jax.numpy.tri`."""
    return ops.tri(N, N if M is None else M, k, dtype=dtype_name(dtype) or "float32")


def reshape(a: Any, shape: Any, order: str = "C", *, copy: Any = None, out_sharding: Any = None) -> Any:
    """`jax.numpy.reshape`, in C or Fortran order."""
    x, shape = tensor(a), shape_tuple(shape)
    if order != "F":
        return ops.reshape(x, shape)
    return ops.transpose(ops.reshape(_reversed(x), shape[::-1]), axes=tuple(reversed(range(len(shape)))))


def _reversed(x: Any) -> Any:
    return ops.transpose(x, axes=tuple(reversed(range(rank(x)))))


def ravel(a: Any, order: str = "C", *, out_sharding: Any = None) -> Any:
    """`jax.numpy.ravel`."""
    return reshape(a, (-1,), order)


def transpose(a: Any, axes: Any = None) -> Any:
    """`jax.numpy.transpose`."""
    x = tensor(a)
    return _reversed(x) if axes is None and rank(x) != 2 else ops.transpose(x, axes=axes)


def squeeze(a: Any, axis: Any = None) -> Any:
    """`jax.numpy.squeeze`."""
    return ops.squeeze(tensor(a), axis=axis)


def expand_dims(a: Any, axis: Any) -> Any:
    """`jax.numpy.expand_dims`."""
    return ops.expand_dims(tensor(a), list(axis) if isinstance(axis, (tuple, list)) else axis)


def broadcast_to(array: Any, shape: Any, *, out_sharding: Any = None) -> Any:
    """`jax.numpy.broadcast_to`."""
    return ops.broadcast_to(tensor(array), shape_tuple(shape))


def _items(arrays: Any) -> list[Any]:
    if isinstance(arrays, (list, tuple)):
        first = next((a for a in arrays if not is_constant(a) and not is_size(a)), None)
        return [_item(a, first) for a in arrays]
    return list(ops.unstack(arrays))


def _item(a: Any, first: Any) -> Any:
    """One of the tensors to join; a number takes the type of a tensor beside it."""
    if is_number(a) and first is not None:
        return ops.add(ops.reshape(ops.zeros_like(first), (-1,))[0], a)
    return tensor(a)


def concatenate(arrays: Any, axis: Any = 0, dtype: Any = None) -> Any:
    """`jax.numpy.concatenate`; `axis=None` flattens the arrays first."""
    items = [cast(x, dtype) for x in _items(arrays)]
    if axis is None:
        items, axis = [ops.reshape(x, (-1,)) for x in items], 0
    return items[0] if len(items) == 1 else ops.concatenate(items, axis=axis)


def stack(arrays: Any, axis: int = 0, out: Any = None, dtype: Any = None) -> Any:
    """`jax.numpy.stack`."""
    return ops.stack([cast(x, dtype) for x in _items(arrays)], axis=axis)


def broadcast_shapes(*shapes: Any) -> tuple[Any, ...]:
    """`jax.numpy.broadcast_shapes`, of shapes with sizes that may be unknown."""
    from lamina.vocabulary.numpy.shaping import _broadcast_shape

    return _broadcast_shape(*map(shape_tuple, shapes))


def _indices(name: str) -> Callable[..., tuple[Any, ...]]:
    def call(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
        return tuple(x.astype(np.int32) for x in getattr(np, name)(*args, **kwargs))

    call.__doc__ = f"`jax.numpy.{name}`: constants, as the sizes are known."
    return call


tril_indices, triu_indices, diag_indices = map(_indices, ("tril_indices", "triu_indices", "diag_indices"))


def indices(dimensions: Any, dtype: Any = None, sparse: bool = False) -> Any:
    """`jax.numpy.indices`, of known sizes."""
    found: Any = np.indices(dimensions, dtype=np.dtype(dtype_name(dtype) or "int32"), sparse=sparse)  # type: ignore[call-overload]
    return tuple(map(tensor, found)) if sparse else tensor(found)


def bincount(x: Any, weights: Any = None, minlength: int = 0, *, length: int | None = None) -> Any:
    """`jax.numpy.bincount` with a known `length`; numbers beyond it are not counted."""
    if length is None:
        refuse("numpy.bincount", "the size of its result depends on data", "give length=")
    places = ops.maximum(operand(x), 0)
    hits = ops.equal(ops.expand_dims(places, -1), ops.arange(max(length, minlength), dtype="int32"))
    if weights is None:
        return ops.sum(ops.cast(hits, "int32"), axis=0)
    weights = tensor(weights)
    return ops.sum(
        ops.where(hits, ops.expand_dims(weights, -1), ops.zeros_like(ops.expand_dims(weights, -1))), axis=0
    )


def window(name: str) -> Function:
    """One of NumPy's windows of a known length, as a constant."""

    def call(*args: Any) -> Any:
        return tensor(getattr(np, name)(*args).astype(np.float32))

    call.__doc__ = f"`jax.numpy.{name}`."
    return call


def vectorize(pyfunc: Function, *, excluded: Any = frozenset(), signature: str | None = None) -> Function:
    """`jax.numpy.vectorize` of a function that works on whole tensors."""
    if signature is not None:
        refuse("numpy.vectorize", f"signature={signature!r}", "use jax.vmap")
    return pyfunc
