"""Calls of constants alone, computed when nothing of the result is rounded."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from lamina.expression.model import Array, Call, FrozenList, Ref, Slice, thaw
from lamina.expression.runner import constant, numpy_dtype
from lamina.expression.values import DTYPES, LITERAL_BYTES
from lamina.simplification.patterns import Values

Numbers = np.ndarray[Any, Any]

# Backends differ in what they do with 64 bits.
_WIDTHS = (1, 2, 4)


def folded(call: Call, values: Values) -> Call | None:
    """The constant that a call is: `convert_to_tensor` of an array, which every backend reads alike.

    A function is folded where each element of the result is exact in the dtype: there, every correct
    way to compute it gives the same bits. One whose result takes more bytes than what it reads stays.
    """
    args = [_constant(arg, values) for arg in call.args]
    arrays = [array for arg in args for array in _arrays(arg)]
    if any(arg is None for arg in args) or len({array.dtype for array in arrays}) != 1:
        return None
    try:
        with np.errstate(all="ignore"):
            result = FOLDS[call.op](args, {name: thaw(value) for name, value in call.kwargs})
    except (ValueError, TypeError, LookupError, OverflowError):
        return None  # the backend says what is wrong with it
    grows = result is not None and result.nbytes > sum(array.nbytes for array in arrays)
    return None if result is None or grows else _literal(result)


def _literal(result: Numbers) -> Call | None:
    name = result.dtype.name
    if DTYPES.get(name) not in _WIDTHS or result.nbytes > LITERAL_BYTES:
        return None
    array = Array(name, result.shape, np.ascontiguousarray(result).tobytes())
    return Call("convert_to_tensor", (array,))


def _constant(arg: Any, values: Values) -> Any:
    """The value of a constant argument; `None` for any other."""
    if type(arg) is Array:
        return constant(arg) if DTYPES[arg.dtype] in _WIDTHS else None
    if type(arg) is Ref:
        made = values.producer(arg)
        literal = made is not None and made.op == "convert_to_tensor" and not made.kwargs
        return _constant(made.args[0], values) if literal and type(made.args[0]) is Array else None  # type: ignore[union-attr]
    if type(arg) is FrozenList:
        items = [_constant(item, values) for item in arg]
        return None if any(item is None for item in items) else items
    if type(arg) in (int, float) or (isinstance(arg, (tuple, Slice)) and _is_plain(arg)):
        return thaw(arg)
    return None


def _is_plain(arg: Any) -> bool:
    if type(arg) is Slice:
        return all(type(part) in (int, type(None)) for part in (arg.start, arg.stop, arg.step))
    if type(arg) is tuple:
        return all(map(_is_plain, arg))
    return type(arg) is int or arg is None or arg is ...


def _arrays(arg: Any) -> list[Numbers]:
    if isinstance(arg, list):
        return [item for item in arg if isinstance(item, np.ndarray)]
    return [arg] if isinstance(arg, np.ndarray) else []


Fold = Callable[[list[Any], dict[str, Any]], "Numbers | None"]


def _moved(function: Callable[..., Any]) -> Fold:
    """Moves elements and computes none."""
    return lambda args, kwargs: np.asarray(function(*args, **kwargs))


def _exact(function: Callable[..., Any]) -> Fold:
    """Computes in the dtype, and again in fractions."""

    def fold(args: list[Any], kwargs: dict[str, Any]) -> Numbers | None:
        dtype = next(array.dtype for arg in args for array in _arrays(arg))
        if kwargs or dtype.kind == "b" or (dtype.kind in "iu" and any(type(arg) is float for arg in args)):
            return None
        operands = [np.asarray(arg, dtype) for arg in args]
        inexact = any(
            not _equal(operand, np.asarray(arg)) for operand, arg in zip(operands, args, strict=True)
        )
        result = np.asarray(function(*operands))
        if inexact or result.dtype != dtype or not _is_normal(result):
            return None
        fractions = [_fractions(operand) for operand in np.broadcast_arrays(*operands)]
        expected = [function(*each) for each in zip(*fractions, strict=True)]
        return result if expected == _fractions(result) else None

    return fold


def _cast(args: list[Any], kwargs: dict[str, Any]) -> Numbers | None:
    result = args[0].astype(numpy_dtype(kwargs["dtype"]))
    return result if _is_normal(result) and _equal(args[0], result) else None


def _fractions(array: Numbers) -> list[Fraction]:
    """The elements as exact numbers; there are none for what is not finite."""
    return [Fraction(value) for value in _plain(array).ravel().tolist()]


def _equal(first: Numbers, second: Numbers) -> bool:
    """Whether two arrays hold the same numbers, with the same signs of zero."""
    signs = np.array_equal(np.signbit(_plain(first)), np.signbit(_plain(second)))
    return signs and _fractions(first) == _fractions(second)


def _plain(array: Numbers) -> Numbers:
    """The same numbers as float64, which holds all of 32 bits."""
    return array.astype(np.float64)


def _is_normal(array: Numbers) -> bool:
    """Whether no backend may flush an element to zero."""
    if array.dtype.kind in "biu":
        return True
    values, tiny = np.abs(_plain(array)), _tiny(array.dtype.name)
    return bool(np.isfinite(values).all() and ((values == 0) | (values >= tiny)).all())


@functools.cache
def _tiny(dtype: str) -> float:
    import ml_dtypes

    limits: Any = ml_dtypes.finfo
    return float(limits(numpy_dtype(dtype)).smallest_normal)


# By operation, on NumPy arrays. Each is exact or declines.
FOLDS: Mapping[str, Fold] = {
    "add": _exact(operator.add),
    "subtract": _exact(operator.sub),
    "multiply": _exact(operator.mul),
    "negative": _exact(operator.neg),
    "abs": _exact(abs),
    "absolute": _exact(abs),
    "square": _exact(lambda x: x * x),
    "cast": _cast,
    "reshape": _moved(np.reshape),
    "ravel": _moved(np.ravel),
    "transpose": _moved(np.transpose),
    "swapaxes": _moved(np.swapaxes),
    "expand_dims": _moved(np.expand_dims),
    "squeeze": _moved(np.squeeze),
    "flip": _moved(np.flip),
    "get_item": _moved(lambda x, key: x[key]),
    "concatenate": _moved(np.concatenate),
    "stack": _moved(np.stack),
}
