"""Arithmetic and functions that go element by element."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    Function,
    as_float,
    cast_to,
    dtype_name,
    exactly,
    is_integral,
    is_kind,
    is_size_like,
    known_dtype,
    operand,
    promoted,
    refuse,
    result_dtype,
    tensor,
)
from lamina.vocabulary.torch.notation import (
    arithmetic,
    bitwise,
    comparisons,
    floating,
    floating_pairs,
    keeping,
    logical,
    predicates,
    rounding,
    sizes,
    truth,
)

SAME: Mapping[str, Function] = {
    **floating(
        """acos=arccos acosh=arccosh asin=arcsin asinh=arcsinh atan=arctan atanh=arctanh cos cosh
        deg2rad erf erfc erfinv exp exp2 expm1 log log10 log1p log2 rad2deg reciprocal rsqrt
        sigmoid sin sinc sinh sqrt tan tanh i0"""
    ),
    **rounding("ceil floor trunc"),
    **keeping("neg=negative square"),
    **sizes("abs=absolute"),
    **predicates("isfinite isinf isnan isneginf isposinf isreal signbit real imag"),
    **arithmetic("""maximum minimum fmax fmin remainder=mod gcd lcm floor_divide fmod nextafter heaviside"""),
    **comparisons("eq=equal ne=not_equal gt=greater ge=greater_equal lt=less le=less_equal"),
    **floating_pairs("atan2=arctan2 hypot logaddexp logaddexp2"),
    **logical("logical_and logical_or logical_xor"),
    **bitwise(
        """bitwise_and=logical_and,bitwise_and bitwise_or=logical_or,bitwise_or
        bitwise_xor=logical_xor,bitwise_xor bitwise_left_shift=left_shift,left_shift
        bitwise_right_shift=right_shift,right_shift"""
    ),
}


def _sizes_only(*values: Any) -> bool:
    return any(map(is_size_like, values)) and all(isinstance(v, int) or is_size_like(v) for v in values)


def _scaled(other: Any, alpha: Any) -> Any:
    return other if isinstance(alpha, (int, float)) and alpha == 1 else mul(other, alpha)


def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`torch.add`: `input + alpha * other`; of bools, whether one of them is true."""
    x, y = promoted(input, _scaled(other, alpha))
    return ops.logical_or(x, y) if is_kind(x, 0) and is_kind(y, 0) else ops.add(x, y)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`torch.sub`: `input - alpha * other`."""
    return ops.subtract(*promoted(input, _scaled(other, alpha)))


def mul(input: Any, other: Any) -> Any:
    """`torch.mul`; of bools, whether both are true."""
    x, y = promoted(input, other)
    if is_kind(x, 0) and is_kind(y, 0):
        return ops.logical_and(x, y)
    return exactly(ops.multiply(x, y), result_dtype(x, y))


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`torch.rsub`: `other - alpha * input`."""
    return sub(other, input, alpha=alpha)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """`torch.div`: a float without a rounding mode; `floor` rounds down, `trunc` towards zero."""
    x, y = promoted(input, other)
    if rounding_mode is None:
        integral = is_integral(x) and is_integral(y)
        return ops.true_divide(*((as_float(x), as_float(y)) if integral else (x, y)))
    if rounding_mode == "floor":
        return exactly(ops.floor_divide(x, y), result_dtype(x, y))
    if rounding_mode != "trunc":
        refuse("div", f"rounding_mode={rounding_mode!r}", "use None, 'trunc' or 'floor'")
    if not (is_integral(x) and is_integral(y)):
        return ops.trunc(ops.true_divide(x, y))
    size = ops.floor_divide(ops.absolute(x), ops.absolute(y))
    signed = ops.where(ops.not_equal(ops.less(x, 0), ops.less(y, 0)), ops.negative(size), size)
    return exactly(signed, result_dtype(x, y))


def true_divide(dividend: Any, divisor: Any) -> Any:
    """`torch.true_divide`: always floating."""
    return div(dividend, divisor)


def pow_(input: Any, exponent: Any) -> Any:
    """`torch.pow`."""
    if _sizes_only(input, exponent):
        return input**exponent
    x, y = promoted(input, exponent)
    return exactly(ops.power(x, y), result_dtype(x, y))


def float_power(input: Any, exponent: Any) -> Any:
    """`torch.float_power`: in double precision."""
    x, y = operand(input), operand(exponent)
    wide = "complex128" if is_kind(x, 3) or is_kind(y, 3) else "float64"
    return ops.power(tensor(x, wide), tensor(y, wide))


def round_(input: Any, *, decimals: int = 0) -> Any:
    """`torch.round`: half to even; integers stay as they are."""
    if is_integral(input):
        return input
    if decimals == 0:
        return ops.round(tensor(input))
    factor = 10.0 ** abs(decimals)
    if decimals > 0:
        return ops.divide(ops.round(ops.multiply(input, factor)), factor)
    return ops.multiply(ops.round(ops.divide(input, factor)), factor)


def sign(input: Any) -> Any:
    """`torch.sign` and `torch.sgn` of real tensors."""
    if is_kind(input, 0):
        return input
    if is_kind(input, 3):
        size = ops.absolute(input)
        return ops.divide(input, ops.cast(ops.where(ops.equal(size, 0), 1.0, size), known_dtype(input)))
    x = tensor(input)
    return ops.sign(x) if is_integral(x) else ops.where(ops.isnan(x), ops.zeros_like(x), ops.sign(x))


def positive(input: Any) -> Any:
    """`torch.positive`: the tensor itself."""
    return input


def frac(input: Any) -> Any:
    """`torch.frac`: what `trunc` cuts off."""
    return ops.subtract(input, ops.trunc(input))


def logit(input: Any, eps: float | None = None) -> Any:
    """`torch.logit`: `log(x / (1 - x))`, of `x` clamped to `[eps, 1 - eps]`."""
    x = as_float(input)
    x = x if eps is None else ops.minimum(ops.maximum(x, eps), 1 - eps)
    return ops.log(ops.divide(x, ops.subtract(1.0, x)))


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """`torch.clamp` and `torch.clip`: the upper bound wins where the bounds cross."""
    if min is None and max is None:
        refuse("clamp", "neither min nor max is given", "give at least one")
    x = input
    if min is not None:
        x = SAME["maximum"](x, min)
    return x if max is None else SAME["minimum"](x, max)


def clamp_min(input: Any, min: Any) -> Any:
    """`torch.clamp_min`."""
    return clamp(input, min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """`torch.clamp_max`."""
    return clamp(input, max=max)


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """`torch.lerp`: `input + weight * (end - input)`."""
    return ops.add(input, ops.multiply(weight, ops.subtract(end, input)))


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """`torch.addcmul`: `input + value * tensor1 * tensor2`."""
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """`torch.addcdiv`: `input + value * tensor1 / tensor2`."""
    return add(input, div(tensor1, tensor2), alpha=value)


def ldexp(input: Any, other: Any) -> Any:
    """`torch.ldexp`: `input * 2 ** other`."""
    return ops.multiply(input, ops.power(2.0, as_float(other)))


def copysign(input: Any, other: Any) -> Any:
    """`torch.copysign`: the size of `input` with the sign of `other`, that of zero included."""
    x, y = (as_float(v) for v in promoted(input, other))
    size = ops.absolute(x)
    return ops.where(ops.signbit(y), ops.negative(size), size)


def xlogy(input: Any, other: Any) -> Any:
    """`torch.xlogy`: `x * log(y)`, 0 where `x` is 0 and `y` is a number."""
    return _times_log(ops.log, input, other)


def xlog1py(input: Any, other: Any) -> Any:
    """`torch.special.xlog1py`: `x * log1p(y)`, 0 where `x` is 0 and `y` is a number."""
    return _times_log(ops.log1p, input, other)


def _times_log(log: Function, x: Any, y: Any) -> Any:
    x, y = (as_float(v) for v in promoted(x, y))
    empty = ops.logical_and(ops.equal(x, 0), ops.logical_not(ops.isnan(y)))
    product = ops.multiply(x, log(ops.where(empty, ops.ones_like(y), y)))
    return ops.where(empty, ops.zeros_like(product), product)


def logical_not(input: Any) -> Any:
    """`torch.logical_not`: true where an element is zero."""
    return ops.logical_not(truth(input))


def bitwise_not(input: Any) -> Any:
    """`torch.bitwise_not`: the logical opposite of bools."""
    return ops.logical_not(input) if is_kind(input, 0) else ops.bitwise_not(input)


def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """`torch.isclose`."""
    return ops.isclose(*promoted(input, other), rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """`torch.allclose`, as a tensor without axes."""
    return ops.all(isclose(input, other, rtol, atol, equal_nan))


def equal(input: Any, other: Any) -> Any:
    """`torch.equal`, as a tensor without axes."""
    return ops.all(SAME["eq"](input, other))


def nan_to_num(input: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """`torch.nan_to_num`."""
    if is_integral(input):
        return input
    return ops.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`torch.where` of three; of one its result has no static shape."""
    if input is None or other is None:
        refuse("where", "with a condition alone the size of its result depends on the values", "give both")
    x, y = promoted(input, other)
    return ops.where(truth(condition), tensor(x), tensor(y))


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`torch.masked_fill`: `value` where the mask is true, in the dtype of `input`."""
    x = operand(input)
    known = known_dtype(x)
    filling = cast_to(value, known) if not isinstance(value, (bool, int, float)) and known else value
    if isinstance(filling, float) and is_integral(x):
        filling = int(filling)
    filled = ops.where(mask, filling, x)
    return cast_to(filled, x.dtype) if known is not None and known_dtype(filled) != known else filled


def complex_(real: Any, imag: Any) -> Any:
    """`torch.complex`."""
    return ops.view_as_complex(ops.stack([real, imag], axis=-1))


def polar(abs: Any, angle: Any) -> Any:
    """`torch.polar`: complex numbers by their size and angle."""
    return complex_(ops.multiply(abs, ops.cos(angle)), ops.multiply(abs, ops.sin(angle)))


def angle(input: Any) -> Any:
    """`torch.angle`: of real tensors 0 or pi."""
    return ops.angle(as_float(input))


def conj(input: Any) -> Any:
    """`torch.conj`: real tensors stay as they are."""
    return ops.conj(input) if is_kind(input, 3) else input


def bernoulli_entropy(input: Any) -> Any:
    """`torch.special.entr`: `-x * log(x)`, 0 at 0 and `-inf` below."""
    x = as_float(input)
    inside = ops.greater(x, 0)
    value = ops.negative(ops.multiply(x, ops.log(ops.where(inside, x, ops.ones_like(x)))))
    below = ops.where(ops.less(x, 0), -math.inf, value)
    return cast_to(ops.where(ops.isnan(x), x, below), known_dtype(x))


def cast_tensor(input: Any, dtype: Any) -> Any:
    """`x.to(dtype)`: floats become integers by dropping the fraction."""
    name = dtype_name(dtype)
    if is_kind(input, 3) and not name.startswith("complex"):
        input = ops.real(input)
    return tensor(input, name)
