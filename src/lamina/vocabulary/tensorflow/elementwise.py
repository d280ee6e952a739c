"""Arithmetic and functions that go element by element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import rank
from lamina.vocabulary.tensorflow.arguments import (
    Function,
    all_sizes,
    cast_like,
    dtype_name,
    dtype_of,
    is_complex,
    is_integer,
    operand,
    pair,
    tensor,
)
from lamina.vocabulary.tensorflow.notation import binary, lines, unary

SAME: Mapping[str, Function] = {
    **unary(
        """abs=absolute acos=arccos acosh=arccosh asin=arcsin asinh=arcsinh atan=arctan atanh=arctanh ceil
            cos cosh erf erfc erfinv exp expm1 floor is_finite=isfinite is_inf=isinf is_nan=isnan log
            log1p log_sigmoid logical_not negative reciprocal relu relu6 rint=round rsqrt selu sigmoid
            sign sin sinh softplus softsign sqrt tan tanh bessel_i0=i0 imag real angle
            bitwise_invert=bitwise_not"""
    ),
    **binary(
        """add subtract multiply maximum minimum equal not_equal greater greater_equal less less_equal
            logical_and logical_or logical_xor floordiv=floor_divide floormod=mod mod atan2=arctan2
            nextafter bitwise_and bitwise_or bitwise_xor left_shift right_shift"""
    ),
    **lines(
        """
        leaky_relu(features, alpha=0.2) = leaky_relu(features, negative_slope=alpha)
        elu(features) = elu(features)
        gelu(features, approximate=False) = gelu(features, approximate=approximate)
        """
    ),
}


def square(x: Any) -> Any:
    """`tf.square`."""
    return cast_like(ops.square(operand(x)), x)


def conj(x: Any) -> Any:
    """`tf.math.conj`: real tensors stay as they are."""
    return ops.conj(x) if is_complex(x) else x


def round_(x: Any) -> Any:
    """`tf.round`: half to even; integers stay as they are."""
    return x if is_integer(x) else ops.round(operand(x))


def pow_(x: Any, y: Any) -> Any:
    """`tf.pow`."""
    return x**y if all_sizes(x, y) else ops.power(*pair(x, y))


def _float_of(x: Any) -> str:
    return "float32" if dtype_of(x) in ("int8", "uint8", "int16", "uint16", "bool") else "float64"


def truediv(x: Any, y: Any) -> Any:
    """`tf.truediv` and `tf.divide`: integers become floats first, float64 from 32 bits on."""
    if all_sizes(x, y):
        return x / y
    x, y = pair(operand(x), operand(y))
    known = [v for v in (x, y) if not isinstance(v, (int, float))]
    if known and all(is_integer(v) for v in known) and not any(isinstance(v, float) for v in (x, y)):
        wide = _float_of(known[0])
        x, y = tensor(x, wide), tensor(y, wide)
    return ops.true_divide(x, y)


def _divides_integers(x: Any, y: Any) -> bool:
    return all(is_integer(v) or isinstance(v, int) for v in (x, y))


def div(x: Any, y: Any) -> Any:
    """`tf.div` of TensorFlow 1: integers are divided as in Python 2, rounding down."""
    if all_sizes(x, y):
        return x // y
    x, y = pair(operand(x), operand(y))
    return ops.floor_divide(x, y) if _divides_integers(x, y) else ops.true_divide(x, y)


def realdiv(x: Any, y: Any) -> Any:
    """`tf.realdiv`: division of floats."""
    return ops.true_divide(*pair(x, y))


def truncatemod(x: Any, y: Any) -> Any:
    """`tf.truncatemod`: the remainder with the sign of `x`."""
    x, y = pair(x, y)
    size = ops.mod(ops.absolute(x), ops.absolute(y))
    return ops.where(ops.less(x, 0), ops.negative(size), size)


def truncatediv(x: Any, y: Any) -> Any:
    """`tf.truncatediv`: integer division that rounds towards zero."""
    x, y = pair(x, y)
    size = ops.floor_divide(ops.absolute(x), ops.absolute(y))
    return ops.where(ops.not_equal(ops.less(x, 0), ops.less(y, 0)), ops.negative(size), size)


def _guarded(function: Any, zero: Any, x: Any, y: Any) -> Any:
    """`function(x, y)`, and 0 where `zero` is 0, in value and gradient."""
    empty = ops.equal(zero, 0)
    return ops.where(empty, ops.zeros_like(ops.add(x, y)), function(x, y))


def div_no_nan(x: Any, y: Any) -> Any:
    """`tf.math.divide_no_nan`: 0 where `y` is 0."""
    x, y = pair(tensor(x), tensor(y))
    return _guarded(lambda a, b: ops.true_divide(a, ops.where(ops.equal(b, 0), ops.ones_like(b), b)), y, x, y)


def multiply_no_nan(x: Any, y: Any) -> Any:
    """`tf.math.multiply_no_nan`: 0 where `y` is 0, whatever `x` is."""
    x, y = pair(tensor(x), tensor(y))
    return _guarded(ops.multiply, y, x, y)


def reciprocal_no_nan(x: Any) -> Any:
    """`tf.math.reciprocal_no_nan`: 0 where `x` is 0."""
    return div_no_nan(ops.ones_like(x), x)


def _safe(x: Any) -> Any:
    return ops.where(ops.equal(x, 0), ops.ones_like(x), x)


def xlogy(x: Any, y: Any) -> Any:
    """`tf.math.xlogy`: `x * log(y)`, 0 where `x` is 0."""
    x, y = pair(tensor(x), tensor(y))
    return _guarded(lambda a, b: ops.multiply(a, ops.log(b)), x, x, y)


def xlog1py(x: Any, y: Any) -> Any:
    """`tf.math.xlog1py`: `x * log1p(y)`, 0 where `x` is 0."""
    x, y = pair(tensor(x), tensor(y))
    return _guarded(lambda a, b: ops.multiply(a, ops.log1p(b)), x, x, y)


def xdivy(x: Any, y: Any) -> Any:
    """`tf.math.xdivy`: `x / y`, 0 where `x` is 0."""
    x, y = pair(tensor(x), tensor(y))
    return _guarded(ops.true_divide, x, x, y)


def squared_difference(x: Any, y: Any) -> Any:
    """`tf.math.squared_difference`."""
    return ops.square(ops.subtract(*pair(x, y)))


def scalar_mul(scalar: Any, x: Any) -> Any:
    """`tf.math.scalar_mul`."""
    return ops.multiply(*pair(scalar, x))


def add_n(inputs: Any) -> Any:
    """`tf.add_n` and `tf.math.accumulate_n`: the sum of a list of tensors."""
    total, *rest = map(operand, inputs)
    for item in rest:
        total = ops.add(total, item)
    return total


def polyval(coeffs: Any, x: Any) -> Any:
    """`tf.math.polyval`: the highest power first."""
    total = coeffs[0] if coeffs else 0.0
    for coefficient in list(coeffs)[1:]:
        total = ops.add(coefficient, ops.multiply(total, x))
    return ops.add(total, ops.zeros_like(x)) if coeffs else ops.zeros_like(x)


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any) -> Any:
    """`tf.clip_by_value`."""
    t = operand(t)
    low, high = pair(clip_value_min, t)[0], pair(clip_value_max, t)[0]
    return ops.maximum(ops.minimum(t, high), low)


def cast(x: Any, dtype: Any) -> Any:
    """`tf.cast`: floats become integers by dropping the fraction; sizes as integers stay sizes."""
    name = dtype_name(dtype)
    if all_sizes(x) or type(x).__name__ == "ShapeVector":
        if name.startswith(("int", "uint")):
            return x
        return ops.cast(ops.convert_to_tensor(x), name)
    if is_complex(x) and not name.startswith("complex"):
        x = ops.real(x)
    return tensor(x, name)


def saturate_cast(value: Any, dtype: Any) -> Any:
    """`tf.saturate_cast`: values beyond the range of the dtype become its nearest value."""
    return ops.saturate_cast(tensor(value), dtype_name(dtype))


def bitcast(input: Any, type: Any) -> Any:
    """`tf.bitcast`: the same bytes as another dtype."""
    return ops.view(input, dtype=dtype_name(type))


def _caster(name: str, dtype: str) -> Function:
    def call(x: Any) -> Any:
        return cast(x, dtype)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`tf.{name}` of TensorFlow 1."
    return call


CASTERS: Mapping[str, Function] = {
    f"to_{name}": _caster(f"to_{name}", dtype)
    for name, dtype in {
        "float": "float32",
        "double": "float64",
        "int32": "int32",
        "int64": "int64",
        "bfloat16": "bfloat16",
        "complex64": "complex64",
        "complex128": "complex128",
    }.items()
}


def complex_(real: Any, imag: Any) -> Any:
    """`tf.complex`."""
    real, imag = (tensor(part) for part in pair(real, imag))
    if rank(real) != rank(imag):
        real, imag = ops.add(real, ops.zeros_like(imag)), ops.add(imag, ops.zeros_like(real))
    return ops.view_as_complex(ops.stack([real, imag], axis=-1))


# Lanczos' approximation, g = 7, and the asymptotic series of the digamma function (Abramowitz and
# Stegun, 6.1 and 6.3.18), both used where they are exact to single precision.
_LANCZOS = (
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)
_PI = 3.141592653589793


def lgamma(x: Any) -> Any:
    """`tf.math.lgamma`: the logarithm of the absolute value of the gamma function."""
    x = tensor(x)
    mirrored = ops.less(x, 0.5)
    z = ops.subtract(ops.where(mirrored, ops.subtract(1.0, x), x), 1.0)
    series: Any = ops.add(ops.zeros_like(x), 0.99999999999980993)
    for i, coefficient in enumerate(_LANCZOS):
        series = ops.add(series, ops.divide(coefficient, ops.add(z, i + 1.0)))
    t = ops.add(z, 7.5)
    log = ops.subtract(ops.multiply(ops.subtract(ops.log(t), 1.0), ops.add(z, 0.5)), 7.0)
    log = ops.add(log, ops.add(ops.log(series), 0.9189385332046727))
    sine = ops.absolute(ops.sin(ops.multiply(_PI, ops.subtract(x, ops.floor(x)))))
    return ops.where(mirrored, ops.subtract(ops.log(ops.divide(_PI, sine)), log), log)


def digamma(x: Any) -> Any:
    """`tf.math.digamma`: the derivative of `lgamma`."""
    x = tensor(x)
    mirrored = ops.less(x, 0.5)
    z = ops.where(mirrored, ops.subtract(1.0, x), x)
    total: Any = ops.zeros_like(x)
    for _ in range(6):
        total = ops.subtract(total, ops.reciprocal(z))
        z = ops.add(z, 1.0)
    inverse = ops.square(ops.reciprocal(z))
    tail = ops.multiply(
        inverse, ops.subtract(1 / 12, ops.multiply(inverse, ops.subtract(1 / 120, inverse / 252)))
    )
    total = ops.add(total, ops.subtract(ops.subtract(ops.log(z), ops.divide(0.5, z)), tail))
    angle = ops.multiply(_PI, x)
    cotangent = ops.divide(ops.cos(angle), ops.where(mirrored, ops.sin(angle), ops.ones_like(x)))
    return ops.where(mirrored, ops.subtract(total, ops.multiply(_PI, cotangent)), total)


def lbeta(x: Any) -> Any:
    """`tf.math.lbeta`: the logarithm of the beta function of the last axis."""
    return ops.subtract(ops.sum(lgamma(x), axis=-1), lgamma(ops.sum(x, axis=-1)))


def ndtri(x: Any) -> Any:
    """`tf.math.ndtri`: the quantile function of the normal distribution."""
    return ops.multiply(ops.erfinv(ops.subtract(ops.multiply(x, 2.0), 1.0)), 1.4142135623730951)


def erfcinv(x: Any) -> Any:
    """`tf.math.erfcinv`."""
    return ops.erfinv(ops.subtract(1.0, x))


def silu(features: Any, beta: Any = 1.0) -> Any:
    """`tf.nn.silu` and `tf.nn.swish`: `x * sigmoid(beta * x)`."""
    if isinstance(beta, (int, float)) and beta == 1:
        return ops.silu(features)
    return ops.multiply(features, ops.sigmoid(ops.multiply(beta, features)))


def crelu(features: Any, axis: int = -1) -> Any:
    """`tf.nn.crelu`: the positive and the negative part side by side."""
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis=axis))


def l2_loss(t: Any) -> Any:
    """`tf.nn.l2_loss`: half the sum of squares."""
    return ops.multiply(ops.sum(ops.square(t)), 0.5)


def is_non_decreasing(x: Any) -> Any:
    """`tf.math.is_non_decreasing`: of all elements in order."""
    flat = ops.reshape(x, (-1,))
    return ops.all(ops.less_equal(flat[:-1], flat[1:]))


def is_strictly_increasing(x: Any) -> Any:
    """`tf.math.is_strictly_increasing`: of all elements in order."""
    flat = ops.reshape(x, (-1,))
    return ops.all(ops.less(flat[:-1], flat[1:]))
