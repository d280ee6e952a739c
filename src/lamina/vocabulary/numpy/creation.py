"""Functions that make tensors: from other tensors, or of a size that depends on one."""

from __future__ import annotations

import math
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    Function,
    as_float,
    cast,
    dtype_name,
    dtype_of,
    floatx,
    operand,
    rank,
    refuse_arguments,
    result_type,
    tensor,
)


class DType(str):
    """A dtype by its Keras name; called, it casts, as NumPy's scalar types do.

    Example:
        >>> import keras
        >>> from lamina.vocabulary.numpy import TABLE
        >>> str(TABLE["float32"])
        'float32'
    """

    __slots__ = ()

    def __call__(self, x: Any = 0) -> Any:
        """`x` as a tensor of this type."""
        return tensor(x, str(self)) if rank(x) == 0 else ops.cast(operand(x), dtype_name(str(self)))


# The last three lines are the names of older NumPys; `float` and `int` are Python's own.
_DTYPES = """float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128
half=float16 single=float32 double=float64 longlong=int64 intp=int64 int_=int64 uint=uint64 intc=int32
short=int16 byte=int8 ubyte=uint8 ushort=uint16 csingle=complex64 cdouble=complex128 bool=bool bool_=bool
float_=float64 float=float int=int complex=complex"""

DTYPES: dict[str, DType] = {
    name: DType(target or name) for name, _, target in (word.partition("=") for word in _DTYPES.split())
}


def _from_object(name: str) -> Function:
    def call(
        a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None, ndmin: int = 0, **other: Any
    ) -> Any:
        refuse_arguments(
            name, **{k: v for k, v in other.items() if k not in ("subok", "device", "requirements")}
        )
        x = tensor(a, dtype)
        return ops.expand_dims(x, list(range(ndmin - rank(x)))) if ndmin and ndmin > rank(x) else x

    call.__doc__ = f"`numpy.{name}`: lists of tensors are stacked."
    return call


array = _from_object("array")
asarray = _from_object("asarray")
asanyarray = _from_object("asanyarray")
ascontiguousarray = _from_object("ascontiguousarray")
asarray_chkfinite = _from_object("asarray_chkfinite")


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """`numpy.astype`."""
    return ops.cast(operand(x), dtype_name(dtype))


def _filled(name: str, op: Function) -> Function:
    def call(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Any:
        refuse_arguments(name, like=like)
        return op(_shape(shape), dtype=dtype_name(dtype))

    call.__doc__ = f"`numpy.{name}`, of `floatx` unless asked otherwise."
    return call


def _shape(shape: Any) -> Any:
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,) if rank(shape) == 0 else shape


zeros = _filled("zeros", ops.zeros)
ones = _filled("ones", ops.ones)
empty = _filled("empty", ops.zeros)


def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Any:
    """`numpy.full`, of the type of the value unless asked otherwise."""
    refuse_arguments("full", like=like)
    value = operand(fill_value)
    return ops.full(_shape(shape), value, dtype=dtype_name(dtype) or result_type(value))


def _filled_like(name: str, op: Function) -> Function:
    def call(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
    ) -> Any:
        a = operand(a)
        if shape is not None:
            return ops.broadcast_to(op(tensor(0, dtype or dtype_of(a))), _shape(shape))
        return op(a, dtype=dtype_name(dtype))

    call.__doc__ = f"`numpy.{name}`."
    return call


zeros_like = _filled_like("zeros_like", ops.zeros_like)
ones_like = _filled_like("ones_like", ops.ones_like)
empty_like = _filled_like("empty_like", ops.zeros_like)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """`numpy.full_like`: the value is cast to the type of `a` unless asked otherwise."""
    a = operand(a)
    value = cast(tensor(fill_value), dtype or dtype_of(a))
    if shape is not None:
        return ops.broadcast_to(value, _shape(shape))
    return ops.full_like(a, value, dtype=dtype_name(dtype))


def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: Any = None, *, device: Any = None, like: Any = None
) -> Any:
    """`numpy.arange`; the bounds may be dimensions."""
    refuse_arguments("arange", like=like)
    start, stop = (0, start) if stop is None else (start, stop)
    return ops.arange(start, stop, 1 if step is None else step, dtype=dtype_name(dtype))


def _spaced(name: str, op: Function, **extra: Any) -> Function:
    def call(
        start: Any,
        stop: Any,
        num: Any = 50,
        endpoint: bool = True,
        *args: Any,
        dtype: Any = None,
        axis: int = 0,
        **kwargs: Any,
    ) -> Any:
        given = dict(zip(extra, args, strict=False)) | kwargs
        retstep = given.pop("retstep", False)
        bounds = (as_float(tensor(x)) for x in (start, stop))
        result = op(*bounds, num, endpoint=endpoint, **given)
        result = ops.moveaxis(result, 0, axis) if axis else result
        if dtype is not None:
            name_ = dtype_name(dtype) or ""
            result = ops.cast(ops.floor(result) if "int" in name_ and name == "linspace" else result, name_)
        if not retstep:
            return result
        return result, ops.divide(ops.subtract(as_float(tensor(stop)), start), num - 1 if endpoint else num)

    call.__doc__ = f"`numpy.{name}`."
    return call


linspace = _spaced("linspace", ops.linspace, retstep=False)
logspace = _spaced("logspace", ops.logspace, base=10.0)
geomspace = _spaced("geomspace", ops.geomspace)


def eye(
    N: Any,
    M: Any = None,
    k: int = 0,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    """`numpy.eye`, of `floatx` unless asked otherwise."""
    refuse_arguments("eye", like=like)
    columns = N if M is None else M
    if k == 0:
        return ops.eye(N, columns, dtype=dtype_name(dtype))
    # Keras gives a diagonal beside the middle a wrong shape on TensorFlow.
    places = ops.add(ops.expand_dims(ops.arange(N), 1), k)
    return ops.cast(ops.equal(places, ops.arange(columns)), dtype_name(dtype) or floatx())


def identity(n: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """`numpy.identity`."""
    return eye(n, dtype=dtype, like=like)


def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None, *, like: Any = None) -> Any:
    """`numpy.tri`."""
    refuse_arguments("tri", like=like)
    return ops.tri(N, N if M is None else M, k, dtype=dtype_name(dtype))


class Index:
    """`numpy.s_` and `numpy.index_exp`: the key that they are indexed with."""

    def __init__(self, always_tuple: bool) -> None:
        self._always_tuple = always_tuple

    def __getitem__(self, key: Any) -> Any:
        """The key itself, or as a tuple."""
        return (key,) if self._always_tuple and not isinstance(key, tuple) else key


CONSTANTS: dict[str, Any] = {
    "pi": math.pi,
    "e": math.e,
    "euler_gamma": 0.5772156649015329,
    "inf": math.inf,
    "nan": math.nan,
    "newaxis": None,
    "s_": Index(False),
    "index_exp": Index(True),
    "Inf": math.inf,
    "Infinity": math.inf,
    "infty": math.inf,
    "PINF": math.inf,
    "NINF": -math.inf,
    "NaN": math.nan,
    "NAN": math.nan,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "True_": True,
    "False_": False,
}
