"""Functions of `jax.numpy` and `jax.lax` that go element by element."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.dtypes import DTypeName
from lamina.vocabulary.jax.arguments import (
    Function,
    WeakFloat,
    cast,
    dtype_name,
    dtype_of,
    inexact,
    is_bool,
    is_kind,
    is_number,
    operand,
    refuse,
    result_type,
    tensor,
    weak,
)
from lamina.vocabulary.numpy.ufuncs import UFUNCS, Ufunc
from lamina.vocabulary.weak import adapted, weakened

# Functions of jax.numpy that are those of NumPy's vocabulary, with JAX's operands.
_SAME = """abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan
    atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1
    fabs float_power floor floor_divide fmax fmin fmod gcd greater greater_equal heaviside hypot imag invert
    isfinite isinf isnan lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor maximum minimum mod modf multiply negative nextafter
    not_equal positive pow power rad2deg radians real reciprocal remainder right_shift rint sign signbit sin
    sinh sqrt square subtract tan tanh true_divide trunc"""


class JaxUfunc(Ufunc):
    """A universal function of `jax.numpy`; of Python numbers alone it gives a Python number."""

    def __call__(self, *args: Any, out: Any = None, where: Any = None, **other: Any) -> Any:
        """The function of its operands."""
        if len(args) != self.nin or out is not None or where is not None or other:
            refuse(
                f"numpy.{self.__name__}",
                f"received {len(args)} operands and {sorted(other) or 'out or where'}",
                f"it takes {self.nin} operands and nothing else",
            )
        if all(map(is_number, args)):
            known = _of_numbers(self.__name__, args)
            if known is not None:
                return known
        return weakened(self._function(*adapted(*map(operand, args))), *args)


def _of_numbers(name: str, args: tuple[Any, ...]) -> Any:
    """The function of Python numbers, computed in 32 bits; `None` where the result is no number that adapts."""
    with np.errstate(all="ignore"):
        real = getattr(np, name, None)
        if real is None or any(isinstance(a, (bool, complex)) for a in args):
            return None
        value = real(*(np.float32(a) if isinstance(a, float) else np.int32(a) for a in args))
    if not isinstance(value, np.generic) or value.dtype.kind not in "fi":
        return None
    return weak(value.item())


def _floating(op: str) -> Function:
    function = op_function(op)
    return lambda *args: function(*map(inexact, args))


def _rint(x: Any) -> Any:
    return ops.round(inexact(x))


def _power(x: Any, y: Any) -> Any:
    if is_bool(x) and is_bool(y):
        x = ops.cast(x, "int32")
    return ops.power(x, y)


def _square(x: Any) -> Any:
    return ops.cast(ops.square(ops.cast(x, "int32")), "int32") if is_bool(x) else ops.square(x)


def _conj(x: Any) -> Any:
    return x if is_kind(x, "bif") else ops.conj(x)


def _beside_halves(op: str) -> Function:
    """A function of floats for which a number takes the type of half precision beside it."""
    function = op_function(op)

    def call(x: Any, y: Any) -> Any:
        for number, other in ((x, y), (y, x)):
            if is_number(number) and not is_number(other) and _is_half(other):
                x, y = (ops.cast(v, dtype_of(other)) if is_number(v) else v for v in (x, y))
        return function(x, y)

    return call


def _is_half(x: Any) -> bool:
    known = x.peek_dtype() if hasattr(x, "peek_dtype") else dtype_of(x)
    return known in ("float16", "bfloat16") and dtype_of(x) == known


def _promoted(x: Any, y: Any) -> tuple[Any, Any]:
    """Two operands in the floating type that both promote to."""
    name = result_type(x, y)
    name = name if "float" in name or "complex" in name else "float32"
    return tensor(x, name), tensor(y, name)


def _heaviside(x: Any, y: Any) -> Any:
    return ops.heaviside(*_promoted(x, y))


def _copysign(x: Any, y: Any) -> Any:
    x, y = _promoted(x, y)
    size = ops.abs(x)
    return ops.where(ops.signbit(y), ops.negative(size), size)


def sinc(x: Any, /) -> Any:
    """`jax.numpy.sinc`: sin(pi x) / (pi x)."""
    return ops.sinc(inexact(tensor(x)))


def i0(x: Any, /) -> Any:
    """`jax.numpy.i0`: the modified Bessel function of order 0."""
    return ops.i0(inexact(tensor(x)))


def ldexp(x1: Any, x2: Any, /) -> Any:
    """`jax.numpy.ldexp`: x1 * 2 ** x2."""
    x1 = inexact(tensor(x1))
    return ops.multiply(x1, ops.power(ops.cast(2.0, dtype_of(x1)), ops.cast(operand(x2), dtype_of(x1))))


def clip(
    arr: Any = None,
    /,
    min: Any = None,
    max: Any = None,
    *,
    a: Any = None,
    a_min: Any = None,
    a_max: Any = None,
) -> Any:
    """`jax.numpy.clip`; a bound of `None` does not bound."""
    x = operand(a if arr is None else arr)
    low, high = (operand(b if b is not None else old) for b, old in ((min, a_min), (max, a_max)))
    if low is not None:
        x = ops.maximum(x, low)
    return x if high is None else ops.minimum(x, high)


def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """`jax.numpy.round`: half to even."""
    a = operand(a)
    if is_kind(a, "i"):
        if decimals < 0:
            refuse("numpy.round", f"integers to decimals={decimals}", "cast them to float32 first")
        return a
    return ops.round(tensor(a), decimals=decimals)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """`jax.numpy.nan_to_num`; integers stay as they are."""
    x = operand(x)
    return x if is_kind(x, "bi") else ops.nan_to_num(x, nan, posinf, neginf)


def where(
    condition: Any, x: Any = None, y: Any = None, /, *, size: Any = None, fill_value: Any = None
) -> Any:
    """`jax.numpy.where` of three arguments."""
    if x is None or y is None:
        refuse(
            "numpy.where",
            "with a condition alone it gives as many indices as there are hits, and the shape depends on data",
            "give both values, jnp.where(mask, x, y), or keep the mask and multiply by it",
        )
    mask = operand(condition)
    mask = ops.not_equal(mask, 0) if not isinstance(mask, bool) and is_kind(mask, "if") else mask
    return weakened(ops.where(mask, *adapted(operand(x), operand(y))), x, y)


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """`jax.numpy.select`: each element from the first choice whose condition holds."""
    result = operand(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, choice, result)
    return result


def bitwise_count(x: Any, /) -> Any:
    """`jax.numpy.bitwise_count`: how many bits of the size of a number are set."""
    return ops.cast(_bits_set(ops.cast(ops.abs(operand(x)), "int32"), 31), "uint8")


def _bits_set(x: Any, width: int) -> Any:
    total: Any = 0
    for place in range(width):
        total = ops.add(total, ops.bitwise_and(ops.right_shift(x, place), 1))
    return total


# `jax.lax`, whose functions promote nothing but Python numbers


def div(x: Any, y: Any) -> Any:
    """`jax.lax.div`: towards zero for integers."""
    x, y = operand(x), operand(y)
    if not (_integer(x) and _integer(y)):
        return ops.divide(x, y)
    quotient = ops.floor_divide(ops.abs(x), ops.abs(y))
    return ops.multiply(quotient, ops.multiply(ops.sign(x), ops.sign(y)))


def rem(x: Any, y: Any) -> Any:
    """`jax.lax.rem`: with the sign of the first operand."""
    x, y = operand(x), operand(y)
    return ops.subtract(x, ops.multiply(div(x, y), y)) if _integer(x) and _integer(y) else ops.fmod(x, y)


def _integer(x: Any) -> bool:
    return (isinstance(x, int) and is_number(x)) or (not is_number(x) and is_kind(x, "i"))


def lax_round(x: Any, rounding_method: Any = 0) -> Any:
    """`jax.lax.round`: half away from zero, or half to even where asked."""
    x = operand(x)
    if getattr(rounding_method, "value", rounding_method) == 1:
        return ops.round(x)
    size = ops.abs(x)
    whole = ops.floor(size)
    whole = ops.where(ops.greater_equal(ops.subtract(size, whole), 0.5), ops.add(whole, 1.0), whole)
    return ops.multiply(ops.sign(x), whole)


def clamp(min: Any, x: Any, max: Any) -> Any:
    """`jax.lax.clamp`."""
    return ops.minimum(ops.maximum(operand(x), operand(min)), operand(max))


def integer_pow(x: Any, y: int) -> Any:
    """`jax.lax.integer_pow`."""
    return ops.power(operand(x), y)


def select_n(which: Any, *cases: Any) -> Any:
    """`jax.lax.select_n`: each element from the case of its number."""
    which, cases_ = operand(which), [operand(c) for c in cases]
    if len(cases_) == 2 and is_bool(which):
        return ops.where(which, cases_[1], cases_[0])
    result = cases_[-1]
    for number in reversed(range(len(cases_) - 1)):
        result = ops.where(ops.equal(which, number), cases_[number], result)
    return result


def lax_select(pred: Any, on_true: Any, on_false: Any) -> Any:
    """`jax.lax.select`."""
    return ops.where(operand(pred), operand(on_true), operand(on_false))


def complex_(real: Any, imag: Any) -> Any:
    """`jax.lax.complex`."""
    return ops.view_as_complex(ops.stack([tensor(real), tensor(imag)], axis=-1))


def convert_element_type(operand: Any, new_dtype: Any) -> Any:
    """`jax.lax.convert_element_type`: towards zero from floating to integer."""
    return cast(operand, new_dtype) if new_dtype is not None else tensor(operand)


def bitcast_convert_type(operand: Any, new_dtype: Any) -> Any:
    """`jax.lax.bitcast_convert_type`: the same bits as another type."""
    return ops.view(tensor(operand), dtype_name(new_dtype))


def reduce_precision(operand: Any, exponent_bits: int, mantissa_bits: int) -> Any:
    """`jax.lax.reduce_precision`, to the bits of a type that there is."""
    name = {(8, 7): "bfloat16", (5, 10): "float16", (8, 23): "float32"}.get((exponent_bits, mantissa_bits))
    if name is None:
        refuse(
            "lax.reduce_precision",
            f"{exponent_bits} exponent and {mantissa_bits} mantissa bits",
            "use the bits of bfloat16 (8, 7), float16 (5, 10) or float32 (8, 23)",
        )
    return ops.cast(ops.cast(operand, name), dtype_of(operand))


def shift_right_logical(x: Any, y: Any) -> Any:
    """`jax.lax.shift_right_logical`: zeros move in from the left."""
    x, y = operand(x), operand(y)
    if dtype_of(x).startswith("uint"):
        return ops.right_shift(x, y)
    width = int(dtype_of(x).removeprefix("int"))
    kept = ops.subtract(ops.left_shift(1, ops.subtract(width - 1, ops.maximum(y, 1))), 1)
    kept = ops.bitwise_or(ops.left_shift(kept, 1), 1)
    return ops.where(ops.equal(y, 0), x, ops.bitwise_and(ops.right_shift(x, y), kept))


def logistic(x: Any) -> Any:
    """`jax.lax.logistic` and `jax.scipy.special.expit`."""
    return ops.sigmoid(inexact(tensor(x)))


def rsqrt(x: Any) -> Any:
    """`jax.lax.rsqrt`."""
    return WeakFloat(1 / math.sqrt(x)) if isinstance(x, (int, float)) else ops.rsqrt(operand(x))


def stop_gradient(x: Any) -> Any:
    """`jax.lax.stop_gradient`, of each tensor of a structure."""
    from lamina.vocabulary.jax.trees import tree_map

    return tree_map(lambda leaf: leaf if is_number(leaf) else ops.stop_gradient(operand(leaf)), x)


def lax_op(op: str) -> Function:
    """An operation of the opset as a function of `jax.lax`, whose operands are of one type."""
    function = op_function(op)

    def call(*args: Any, accuracy: Any = None) -> Any:
        if all(map(is_number, args)):
            args = tuple(map(tensor, args))
        return function(*map(operand, args))

    call.__name__ = call.__qualname__ = op
    call.__doc__ = f"`keras.ops.{op}`."
    return call


_SPECIAL: Mapping[str, Function] = {
    "rint": _rint,
    "power": _power,
    "pow": _power,
    "square": _square,
    "conj": _conj,
    "conjugate": _conj,
    "heaviside": _heaviside,
    "copysign": _copysign,
    **{name: _beside_halves(name) for name in ("arctan2", "hypot", "logaddexp", "logaddexp2")},
    "atan2": _beside_halves("arctan2"),
    "reciprocal": _floating("reciprocal"),
    "divide": op_function("true_divide"),
}


def _ufuncs() -> dict[str, Any]:
    table: dict[str, Any] = {}
    by_function: dict[int, JaxUfunc] = {}
    for name in _SAME.split():
        ours = UFUNCS[name]
        key = id(ours)
        if name not in _SPECIAL and key in by_function:
            table[name] = by_function[key]
        else:
            table[name] = JaxUfunc(name, _SPECIAL.get(name, ours._function), ours.nin)
            by_function.setdefault(key, table[name])
    return table


UFUNC_TABLE: Mapping[str, Any] = _ufuncs()


def lax_population_count(x: Any) -> Any:
    """`jax.lax.population_count`: how many bits are set, in the type of the operand."""
    x = operand(x)
    dtype = dtype_of(x)
    return ops.cast(_bits_set(x, 8 * DTypeName(dtype).itemsize), dtype)
