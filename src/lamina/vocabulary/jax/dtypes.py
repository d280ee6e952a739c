"""The dtypes of JAX, and what it answers about them."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dtypes import DTypeName
from lamina.vocabulary.jax.arguments import canonical, dtype_name, dtype_of, operand, tensor


class DType(DTypeName):
    """A dtype by its Keras name; called, it makes a tensor of that type.

    Example:
        >>> import keras
        >>> from lamina.vocabulary.jax import TABLE
        >>> str(TABLE["numpy.bfloat16"])
        'bfloat16'
    """

    __slots__ = ()

    def __call__(self, x: Any = 0) -> Any:
        """`x` as a tensor of this type, which does not adapt."""
        return tensor(x, str(self))

    @property
    def dtype(self) -> DType:
        """The dtype itself, as `jnp.float32.dtype` and `np.dtype` spell it."""
        return self


def _numpy(name: str) -> Any:
    from lamina.expression.runner import numpy_dtype

    return numpy_dtype(name)


_NAMES = """bool_=bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64
    complex64 complex128 float8_e4m3fn float8_e5m2 int_=int64 uint=uint64 float_=float64 complex_=complex128
    single=float32 double=float64 csingle=complex64 cdouble=complex128 bool=bool"""
DTYPES = {name: DType(target or name) for name, _, target in (word.partition("=") for word in _NAMES.split())}

# The abstract types, by the letters of the kinds below them.
_ABSTRACT = {
    "generic": "biufcV", "number": "iufc", "integer": "iu", "signedinteger": "i", "unsignedinteger": "u",
    "inexact": "fc", "floating": "f", "complexfloating": "c",
}  # fmt: skip


class Abstract(str):
    """A kind of dtypes, such as `jnp.floating`."""

    __slots__ = ()


ABSTRACT = {name: Abstract(name) for name in _ABSTRACT}


def _letter(dtype: Any) -> str:
    name = dtype_name(dtype) or "float32"
    return "u" if name.startswith("uint") else "f" if "float" in name else name[0]


def issubdtype(arg1: Any, arg2: Any) -> bool:
    """`jax.numpy.issubdtype`, of dtypes and the kinds above them."""
    kind = arg2 if isinstance(arg2, Abstract) else getattr(arg2, "__name__", "")
    letters = _ABSTRACT.get(str(arg1), "") if isinstance(arg1, Abstract) else _letter(arg1)
    if str(kind) in _ABSTRACT:
        return set(letters) <= set(_ABSTRACT[str(kind)])
    return dtype_name(arg1) == dtype_name(arg2)


def isdtype(dtype: Any, kind: Any) -> bool:
    """`jax.numpy.isdtype`: of one of the kinds of the array API standard."""
    kinds = {"bool": "b", "signed integer": "i", "unsigned integer": "u", "integral": "iu",
             "real floating": "f", "complex floating": "c", "numeric": "iufc"}  # fmt: skip
    if isinstance(kind, tuple):
        return any(isdtype(dtype, item) for item in kind)
    return _letter(dtype) in kinds[kind] if kind in kinds else dtype_name(dtype) == dtype_name(kind)


def result_type(*args: Any) -> DType:
    """`jax.numpy.result_type` and `promote_types`, of tensors, numbers and dtypes."""
    import keras

    words = {"int": int, "float": float, "complex": complex}
    names = [
        words.get(n, n) for n in (dtype_of(operand(a)) if _is_value(a) else dtype_name(a) or "" for a in args)
    ]
    return DType(canonical(str(keras.backend.result_type(*names))))


def _is_value(x: Any) -> bool:
    return not isinstance(x, (str, type, np.dtype)) and type(x).__name__ != "_ScalarMeta"


def finfo(dtype: Any) -> Any:
    """`jax.numpy.finfo`: the limits of a floating type."""
    import ml_dtypes

    return ml_dtypes.finfo(_numpy(_name(dtype)))  # type: ignore[no-untyped-call]


def iinfo(dtype: Any) -> Any:
    """`jax.numpy.iinfo`: the limits of an integer type."""
    return np.iinfo(_numpy(_name(dtype)))


def _name(dtype: Any) -> str:
    return dtype_name(getattr(dtype, "dtype", dtype)) or "float32"


def dtype(x: Any) -> DType:
    """`jax.numpy.dtype`, and `jax.dtypes.canonicalize_dtype`."""
    return DType(dtype_name(x) or "float32")
