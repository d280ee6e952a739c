"""NumPy's universal functions: element by element, with `reduce`, `accumulate` and `outer`."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.numpy.arguments import (
    NOT_GIVEN,
    Function,
    as_float,
    axis_tuple,
    cast,
    dtype_of,
    is_bool,
    is_kind,
    kind,
    operand,
    rank,
    refuse,
    refuse_arguments,
    result_type,
    shape_of,
    static_size,
    tensor,
)
from lamina.vocabulary.numpy.table import FUNCTIONS

_IGNORED = ("casting", "order", "subok")


class Ufunc:
    """A universal function.

    Args:
        name: Its name below `numpy`.
        function: What it computes of its operands.
        nin: How many operands it takes.

    Example:
        >>> import keras
        >>> from lamina.vocabulary.numpy import TABLE
        >>> TABLE["add"].reduce(keras.ops.ones((2, 3))).shape[0]
        3
    """

    def __init__(self, name: str, function: Function, nin: int = 1) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"`numpy.{name}`, element by element."
        self.nin = nin
        self._function = function

    def __repr__(self) -> str:
        return f"<ufunc {self.__name__!r}>"

    def __call__(
        self, *args: Any, out: Any = None, where: Any = True, dtype: Any = None, **other: Any
    ) -> Any:
        """The function of its operands."""
        if len(args) != self.nin:
            refuse(
                self.__name__, f"takes {self.nin} operands, received {len(args)}", "there is no out argument"
            )
        refuse_arguments(self.__name__, out=out, where=where)
        refuse_arguments(self.__name__, **{k: v for k, v in other.items() if k not in _IGNORED})
        return self._function(*(cast(operand(x), dtype) for x in args))

    def reduce(
        self,
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NOT_GIVEN,
        where: Any = True,
    ) -> Any:
        """Combine the elements along an axis with the function."""
        self._check_binary("reduce", out=out, initial=initial, where=where)
        array = tensor(array)
        whole = _REDUCTIONS.get(self.__name__)
        if whole is not None:
            return whole(cast(array, dtype), axis=axis, keepdims=keepdims)
        (place,) = axis_tuple(array, axis)
        result = functools.reduce(self._function, self._items("reduce", cast(array, dtype), place))
        return ops.expand_dims(result, place) if keepdims else result

    def accumulate(self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """The results of combining the first one, two, three, ... elements along an axis."""
        self._check_binary("accumulate", out=out)
        array = cast(tensor(array), dtype)
        whole = _ACCUMULATIONS.get(self.__name__)
        if whole is not None:
            return whole(array, axis=axis)
        items = itertools.accumulate(self._items("accumulate", array, axis), self._function)
        return ops.stack(list(items), axis=axis)

    def outer(self, a: Any, b: Any, **kwargs: Any) -> Any:
        """The function of every pair of an element of `a` and an element of `b`."""
        self._check_binary("outer")
        a, b = tensor(a), tensor(b)
        return self(ops.reshape(a, (*shape_of(a), *(1,) * rank(b))), b, **kwargs)

    def at(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: it writes into its argument."""
        refuse(f"{self.__name__}.at", "it writes into its argument", "use keras.ops.scatter_update")

    def reduceat(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: its segments have no fixed sizes."""
        refuse(f"{self.__name__}.reduceat", "it has no counterpart", "use keras.ops.segment_sum or slices")

    def _check_binary(self, method: str, **refused: Any) -> None:
        if self.nin != 2:
            refuse(
                f"{self.__name__}.{method}", "needs a function of two operands", "call the function itself"
            )
        refuse_arguments(f"{self.__name__}.{method}", **refused)

    def _items(self, method: str, array: Any, axis: int) -> list[Any]:
        size = static_size(f"{self.__name__}.{method}", array, axis)
        return list(ops.unstack(array, size, axis=axis))


def _on_bools(op: str, bool_function: Function) -> Function:
    """An operation, and what stands for it where every operand is bool."""
    function = op_function(op)
    return lambda *args: (bool_function if all(map(is_bool, args)) else function)(*args)


def _as_int32(x: Any) -> Any:
    return ops.cast(x, "int32") if is_bool(x) else x


def _integers(op: str, result: str | None = None) -> Function:
    """An operation that computes with bools as integers; of bools alone it gives type `result`."""
    function = op_function(op)

    def call(*args: Any) -> Any:
        if not any(map(is_bool, args)):
            return function(*args)
        value = function(*map(_as_int32, args))
        return cast(value, result) if all(map(is_bool, args)) else value

    return call


def _compare(op: str) -> Function:
    function = op_function(op)
    return _on_bools(op, lambda *args: function(*(ops.cast(x, "int32") for x in args)))


def _keeps_integers(op: str) -> Function:
    function = op_function(op)
    return lambda x: x if is_kind(x, "bi") else function(x)


def _floats(op: str) -> Function:
    function = op_function(op)
    return lambda *args: function(*map(as_float, args))


def _no_bools(name: str, op: str, advice: str) -> Function:
    def of_bools(*args: Any) -> Any:
        refuse(name, "it is not defined for bools", advice)

    return _on_bools(op, of_bools)


def _real(x: Any) -> Any:
    return ops.real(x) if kind(x) == "c" else x


def _imag(x: Any) -> Any:
    return ops.imag(x) if kind(x) == "c" else ops.zeros_like(x)


def _reciprocal(x: Any) -> Any:
    if not is_kind(x, "bi"):
        return ops.reciprocal(x)
    return ops.cast(ops.trunc(ops.divide(1.0, x)), "int8" if kind(x) == "b" else dtype_of(x))


def _copysign(x: Any, sign: Any) -> Any:
    size = ops.abs(as_float(x))
    return ops.where(ops.signbit(as_float(sign)), ops.negative(size), size)


def _lcm(x: Any, y: Any) -> Any:
    dtype = result_type(x, y)
    return ops.lcm(ops.cast(x, dtype), ops.cast(y, dtype))


def _modf(x: Any) -> tuple[Any, Any]:
    x = as_float(x)
    whole = ops.trunc(x)
    fraction = ops.where(ops.isinf(x), 0.0, ops.subtract(x, whole))
    return _copysign(fraction, x), whole


_SAME = """arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh deg2rad exp exp2 expm1
    fabs isfinite isinf isnan log log10 log1p log2 logical_not rad2deg signbit sin sinh sqrt tan tanh"""
_SAME_BINARY = """arctan2 divide equal gcd logaddexp logaddexp2 logical_and logical_or logical_xor matmul
    nextafter not_equal true_divide"""
_RENAMED = {"degrees": "rad2deg", "radians": "deg2rad"}

_UNARY: Mapping[str, Function] = {
    "absolute": _on_bools("absolute", ops.copy),
    "ceil": _keeps_integers("ceil"),
    "floor": _keeps_integers("floor"),
    "trunc": _keeps_integers("trunc"),
    "square": _on_bools("square", lambda x: ops.cast(x, "int8")),
    "fix": _keeps_integers("trunc"),
    "rint": _floats("round"),
    "reciprocal": _reciprocal,
    "conjugate": _integers("conjugate", "int8"),
    "conj": _integers("conjugate", "int8"),
    "invert": _on_bools("bitwise_invert", ops.logical_not),
    "negative": _no_bools("negative", "negative", "use np.logical_not"),
    "positive": _no_bools("positive", "copy", "cast it with astype first"),
    "sign": _no_bools("sign", "sign", "cast it with astype first"),
    "real": _real,
    "imag": _imag,
    "modf": _modf,
}
_BINARY: Mapping[str, Function] = {
    "add": _on_bools("add", ops.logical_or),
    "subtract": _no_bools("subtract", "subtract", "use np.logical_xor"),
    "multiply": _on_bools("multiply", ops.logical_and),
    "maximum": _on_bools("maximum", ops.logical_or),
    "minimum": _on_bools("minimum", ops.logical_and),
    "fmax": _on_bools("fmax", ops.logical_or),
    "fmin": _on_bools("fmin", ops.logical_and),
    "greater": _compare("greater"),
    "greater_equal": _compare("greater_equal"),
    "less": _compare("less"),
    "less_equal": _compare("less_equal"),
    "floor_divide": _integers("floor_divide", "int8"),
    "mod": _integers("mod", "int8"),
    "remainder": _integers("mod", "int8"),
    "fmod": _integers("fmod", "int8"),
    "power": _integers("power", "int8"),
    "pow": _integers("power", "int8"),
    "float_power": _floats("power"),
    "bitwise_and": _on_bools("bitwise_and", ops.logical_and),
    "bitwise_or": _on_bools("bitwise_or", ops.logical_or),
    "bitwise_xor": _on_bools("bitwise_xor", ops.logical_xor),
    "left_shift": _integers("left_shift", "int8"),
    "right_shift": _integers("right_shift", "int8"),
    "hypot": _integers("hypot"),
    "lcm": _lcm,
    "heaviside": _floats("heaviside"),
    "ldexp": lambda x, exponent: ops.ldexp(as_float(x), _as_int32(exponent)),
    "copysign": _copysign,
}
# Second names; most were added for the array API standard.
_ALIASES = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh",
    "atan": "arctan", "atanh": "arctanh", "atan2": "arctan2", "bitwise_invert": "invert",
    "bitwise_not": "invert", "bitwise_left_shift": "left_shift", "bitwise_right_shift": "right_shift",
}  # fmt: skip


def _table() -> dict[str, Ufunc]:
    unary = {n: op_function(n) for n in _SAME.split()} | {n: op_function(o) for n, o in _RENAMED.items()}
    binary = {n: op_function(n) for n in _SAME_BINARY.split()}
    table = {n: Ufunc(n, f) for n, f in (unary | dict(_UNARY)).items()}
    table |= {n: Ufunc(n, f, 2) for n, f in (binary | dict(_BINARY)).items()}
    table["divmod"] = Ufunc("divmod", lambda x, y: (table["floor_divide"](x, y), table["mod"](x, y)), 2)
    return table | {alias: table[name] for alias, name in _ALIASES.items()}


UFUNCS: Mapping[str, Ufunc] = _table()

_REDUCTIONS: Mapping[str, Function] = {
    "add": FUNCTIONS["sum"],
    "multiply": FUNCTIONS["prod"],
    "maximum": FUNCTIONS["max"],
    "minimum": FUNCTIONS["min"],
    "logical_and": FUNCTIONS["all"],
    "logical_or": FUNCTIONS["any"],
}
_ACCUMULATIONS: Mapping[str, Function] = {"add": FUNCTIONS["cumsum"], "multiply": FUNCTIONS["cumprod"]}
