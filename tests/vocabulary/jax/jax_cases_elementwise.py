"""Arithmetic, functions that go element by element, and dtypes."""

from __future__ import annotations

import enum

import numpy as np
from jax_cases import (
    BF16,
    F32,
    I32,
    Dtype,
    bools,
    case,
    complexes,
    floats,
    halves,
    ints,
    lax,
    numpy,
    positive,
    runs,
)


class Rounding(enum.IntEnum):
    """The numbers of `jax.lax.RoundingMethod`."""

    TO_NEAREST_EVEN = 1


x, y, n, b, h = floats(2, 3), floats(3), ints(9, 2, 3, low=-4), bools(2, 3), halves(2, 3)
u, m = positive(2, 3), ints(5, 3, low=1)

_UNARY = numpy(
    """abs absolute arcsinh arctan asinh atan cbrt ceil conj conjugate cos cosh deg2rad degrees exp exp2
    expm1 fabs floor imag isfinite isinf isnan logical_not rad2deg radians real rint sign signbit sin sinh sqrt
    square tan tanh trunc reciprocal log log10 log1p log2"""
)
_RANGE = numpy("arccos acos arcsin asin arctanh atanh")
for value in (u, n.astype("int32"), b, halves(2, 3) * 0 + 0.5):
    for name in _UNARY.split():
        if value.dtype == bool and name.split(".")[1] in ("sign",):
            continue
        case(name, value)
for value in (u, 0 * n, halves(3) * 0 + 0.25):
    case(_RANGE, value)
case(numpy("arccosh acosh"), 1 + u)
case(numpy("arccosh acosh"), 1 + abs(n))
case(numpy("negative positive"), x)
case(numpy("negative positive"), n)
case(numpy("conj real imag abs exp square conjugate angle"), complexes(3))
case(numpy("modf"), x)
case(numpy("invert bitwise_not bitwise_invert"), n)
case(numpy("invert bitwise_not bitwise_invert"), b)
case(numpy("bitwise_count"), ints(1000, 5))
case(numpy("bitwise_count"), n)
case(numpy("sign"), np.array([np.inf, -np.inf, 0.0], "float32"))
case(numpy("abs floor isnan square"), np.array([np.nan, np.inf, -np.inf, -0.0], "float32"))

_BINARY = numpy(
    """add subtract multiply divide true_divide maximum minimum fmax fmin equal not_equal less less_equal
    greater greater_equal arctan2 atan2 hypot copysign logaddexp logaddexp2 heaviside"""
)
_PAIRS = [(x, y), (n, m), (n, 2.5), (n, 2), (x, 2), (2, x), (h, 2.5), (h, 2), (h, x), (n, y), (x, m), (h, m),
          (n.astype("int8"), m), (n.astype("uint8"), m.astype("int8")), (b, y), (b, m), (b, 2), (b, 1.5)]  # fmt: skip
for left, right in _PAIRS:
    case(_BINARY, left, right)
case(numpy("add multiply maximum minimum equal less"), b, bools(3))
case(numpy("add"), floats(4, 4), floats(4, 1))
case(numpy("add"), floats(3, 2), np.float32(2.5))
runs(
    numpy("add"), lambda jax, x: jax.numpy.add(x, np.arange(3.0)) + jax.numpy.asarray(np.arange(3)), floats(3)
)
case(numpy("float_power"), u, y)
case(numpy("float_power"), abs(n), m)
case(numpy("power pow"), u, y)
case(numpy("power pow"), abs(n), m)
case(numpy("power pow"), u, 2)
case(numpy("power pow"), n, 2)
case(numpy("power pow"), 2, u)
case(numpy("power pow"), h * 0 + 0.5, 3)
for left, right in ((x, y), (n, m), (n, 3), (x, 2), (-7, m), (n, -3), (b, m), (h, 2)):
    case(numpy("floor_divide mod remainder fmod divmod"), left, right)
case(numpy("gcd lcm"), abs(n), m)
case(numpy("gcd lcm"), abs(n), 4)
case(numpy("bitwise_and bitwise_or bitwise_xor"), n, m)
case(numpy("bitwise_and bitwise_or bitwise_xor"), b, bools(3))
case(numpy("bitwise_and bitwise_or bitwise_xor"), n, 3)
case(numpy("left_shift right_shift bitwise_left_shift bitwise_right_shift"), n, m)
case(numpy("left_shift right_shift bitwise_left_shift bitwise_right_shift"), n, 1)
case(numpy("logical_and logical_or logical_xor"), b, bools(3))
case(numpy("logical_and logical_or logical_xor"), n, x)
case(numpy("ldexp"), x, m)
case(numpy("ldexp"), n, 2)
case(numpy("nextafter"), x, y)
case(numpy("nextafter"), y, 10.0)
case(numpy("sinc i0"), x)
case(numpy("sinc i0"), n)
for name in "add multiply maximum minimum".split():
    runs(numpy(name), lambda jax, x, name=name: getattr(jax.numpy, name).reduce(x), floats(3, 4))
    runs(numpy(name), lambda jax, x, name=name: getattr(jax.numpy, name).accumulate(x, axis=1), floats(3, 4))
    runs(numpy(name), lambda jax, x, y, name=name: getattr(jax.numpy, name).outer(x, y), floats(3), floats(2))

# A number of Python stays one: bfloat16 divided by the root of a number is bfloat16.
runs(numpy("sqrt"), lambda jax, h: h / jax.numpy.sqrt(64), h)
runs(numpy("sqrt"), lambda jax, h: h * float(jax.numpy.sqrt(2.0)) + int(jax.numpy.floor(3.7)), h)
runs(numpy("log"), lambda jax, h: h - jax.numpy.log(2 * jax.numpy.pi), h)
runs(numpy("array"), lambda jax, h: h * jax.numpy.array(2.0) + jax.numpy.asarray(1), h)
runs(numpy("array"), lambda jax, n: n + jax.numpy.array(2), n)
runs(numpy("array"), lambda jax, x: jax.numpy.array([1.0, 2.0, 3.0]) * x, x)
runs(numpy("array"), lambda jax, x: jax.numpy.array([x[0, 0], 1.0, x[1, 2]]), x)
runs(numpy("array"), lambda jax, x: jax.numpy.array([[1, 2], [3, 4]], dtype=jax.numpy.float32), x)
runs(numpy("array"), lambda jax, x: jax.numpy.array(x, ndmin=4), x)
runs(numpy("array"), lambda jax, h: jax.numpy.array([h, h]), h)
case(numpy("asarray array"), [1, 2])
case(numpy("asarray"), x, I32)
runs(numpy("asarray"), lambda jax, x: jax.numpy.asarray(x, dtype="bfloat16"), x)
for dtype in "float32 bfloat16 float16 int32 int8 uint8 bool_".split():
    runs(numpy(dtype), lambda jax, x, dtype=dtype: x.astype(getattr(jax.numpy, dtype)), 3 * abs(x))
    runs(numpy(dtype), lambda jax, x, dtype=dtype: x * getattr(jax.numpy, dtype)(2), x)
for (
    dtype
) in "float64 int64 complex64 int16 uint16 uint32 uint64 complex128 int_ uint float_ single double".split():
    runs(
        numpy(dtype), lambda jax, x, dtype=dtype: jax.numpy.zeros((2,), getattr(jax.numpy, dtype, "float32"))
    )
for dtype in "csingle cdouble complex_ bool".split():
    runs(numpy(dtype), lambda jax, x, dtype=dtype: jax.numpy.zeros(2, getattr(jax.numpy, dtype, "complex64")))
for dtype in "float8_e4m3fn float8_e5m2".split():
    runs(numpy(dtype), lambda jax, x, dtype=dtype: x.astype(getattr(jax.numpy, dtype)).astype("float32"), x)
case(numpy("astype"), 3 * x, I32)
case(numpy("astype"), n, BF16)
for pair in (
    ("float32", "int8"),
    ("int8", "uint8"),
    ("bfloat16", "float16"),
    ("bool", "int32"),
    ("int32", "float16"),
):
    runs(
        numpy("promote_types result_type"),
        lambda jax, x, pair=pair: (
            x.astype(jax.numpy.promote_types(*pair)) + 0 * x.astype(jax.numpy.result_type(*pair))
        ),
        x,
    )
runs(numpy("result_type"), lambda jax, h: h.astype(jax.numpy.result_type(h, 2.0)), h)
runs(numpy("result_type"), lambda jax, h, n: (h + n).astype(jax.numpy.result_type(h, n)), h, n)
runs(numpy("finfo"), lambda jax, x: x * float(jax.numpy.finfo(x.dtype).eps), x)
runs(numpy("finfo"), lambda jax, x: jax.numpy.maximum(x, float(jax.numpy.finfo(jax.numpy.float16).min)), x)
runs(numpy("iinfo"), lambda jax, n: jax.numpy.minimum(n, jax.numpy.iinfo(jax.numpy.int8).max), n)
for kind in "floating integer inexact number generic signedinteger unsignedinteger complexfloating".split():
    runs(
        numpy(f"issubdtype {kind}"),
        lambda jax, x, n, kind=kind: (
            x * jax.numpy.issubdtype(x.dtype, getattr(jax.numpy, kind))
            + n * jax.numpy.issubdtype(n.dtype, getattr(jax.numpy, kind))
        ),
        x,
        n,
    )
runs(numpy("isdtype"), lambda jax, x, n: x * jax.numpy.isdtype(n.dtype, "integral"), x, n)
runs(numpy("isdtype"), lambda jax, x: x * jax.numpy.isdtype(x.dtype, ("bool", "real floating")), x)
runs(numpy("dtype"), lambda jax, x: x.astype(jax.numpy.dtype("float16")), x)
for name in "pi e euler_gamma inf".split():
    runs(numpy(name), lambda jax, x, name=name: x + getattr(jax.numpy, name), x)
runs(numpy("nan"), lambda jax, x: jax.numpy.where(x > 0, x, jax.numpy.nan), x)
runs(numpy("newaxis"), lambda jax, x: x[:, jax.numpy.newaxis], x)
runs(numpy("s_ index_exp"), lambda jax, x: x[jax.numpy.s_[..., 1:]] + x[jax.numpy.index_exp[:, :2]], x)

for options in ({}, {"min": -0.5}, {"max": 0.5}, {"min": -0.5, "max": 0.5}, {"min": 0}):
    case(numpy("clip"), x, **options)
    case(numpy("clip"), n, **options)
case(numpy("clip"), n, 0, 2)
case(numpy("clip"), h, 0, 0.5)
for options in ({}, {"decimals": 1}, {"decimals": -1}):
    case(numpy("round around"), 7 * x, **options)
case(numpy("round around"), 7 * n)
case(numpy("round"), np.array([0.5, 1.5, -0.5, -2.5], "float32"))
case(numpy("nan_to_num"), np.array([np.nan, np.inf, -np.inf, 1.5], "float32"))
case(
    numpy("nan_to_num"), np.array([np.nan, np.inf, -np.inf, 1.5], "float32"), nan=2.0, posinf=9.0, neginf=-9.0
)
case(numpy("nan_to_num"), n)
case(numpy("where"), b, x, floats(2, 3))
case(numpy("where"), b, x, 0.0)
case(numpy("where"), b, h, 0.0)
case(numpy("where"), b, n, -1)
case(numpy("where"), n, x, y)
case(numpy("where"), bools(2, 1), 1, y)
case(numpy("where"), b, 1.0, 0.0)
case(numpy("where"), b, 1, 0.5)
_WEAK = {
    "operators": lambda np, w, i, x: (w * x, x - w, -w[0] / x, 2 * w + x, w**2, w > x, (w > 0) & (x > 0)),
    "functions": lambda np, w, i, x: (np.multiply(x, w), np.exp(w) * x, np.sqrt(i) + x, np.maximum(w + 1, x)),
    "integers": lambda np, w, i, x: (i * x, i - np.int8(3), i + np.asarray([1], "uint8"), i // 2 + i, i * w),
    "choices": lambda np, w, i, x: (
        np.where(x > 0, x, w),
        np.where(x > 0, w, i),
        np.abs(np.where(w > 0, w, 2) * x),
    ),
    "others": lambda np, w, i, x: ((w + 0).astype("float32") * x, w * True, w + w),
}
for weak in _WEAK.values():
    runs(
        numpy("where"),
        lambda jax, b, h, weak=weak: weak(
            jax.numpy, jax.numpy.where(b, 0.1, -2.0), jax.numpy.where(b, 3, 0), h
        ),
        b,
        h,
    )
runs(
    numpy("full"),
    lambda jax, b, h: (
        jax.numpy.full((2, 3), 0.1) * h,
        jax.numpy.full((2, 3), 2) + jax.numpy.asarray(b, "int8"),
        jax.numpy.full((2, 3), 0.1, "float32") * h,
        h * int(jax.numpy.where(b, 1.0, 0.0).weak_type) + int(jax.numpy.where(b, 1.0, h).weak_type),
    ),
    b,
    h,
)
case(numpy("select"), [b, bools(2, 3)], [x, floats(2, 3)], 7.0)
case(numpy("select"), [b, bools(2, 3)], [n, ints(3, 2, 3)])

_LAX_UNARY = lax("abs asinh atan cbrt ceil cos cosh exp exp2 expm1 floor sign sin sinh sqrt square tan tanh erf erfc "
                 "log log1p neg reciprocal rsqrt logistic is_finite lgamma digamma")  # fmt: skip
case(_LAX_UNARY, u)
case(_LAX_UNARY, positive(2).astype("float16"))
case(lax("abs sign neg square"), n)
case(lax("acos asin atanh erf_inv"), u)
case(lax("acosh"), 1 + u)
case(lax("bessel_i0e"), x)
case(lax("conj real imag abs"), complexes(3))
case(lax("complex"), x, floats(2, 3))
_XY = (floats(2, 3), floats(2, 3))
case(lax("add sub mul div max min rem atan2 nextafter eq ne lt le gt ge"), *_XY)
case(lax("add sub mul div max min rem eq ne lt le gt ge"), ints(9, 2, 3, low=-8), ints(5, 2, 3, low=1))
case(lax("add sub mul div max min rem eq lt"), x, 2.0)
case(lax("add mul max"), h, halves(2, 3))
case(lax("div rem"), np.array([-7, 7, -7, 7], "int32"), np.array([2, 2, -2, -2], "int32"))
case(lax("pow"), u, floats(2, 3))
case(lax("pow"), u, 2)
case(lax("integer_pow"), x, 3)
case(lax("integer_pow"), n, 2)
case(lax("bitwise_and bitwise_or bitwise_xor"), n, ints(9, 2, 3))
case(lax("bitwise_and bitwise_or bitwise_xor"), b, bools(2, 3))
case(lax("bitwise_not"), n)
case(lax("bitwise_not"), b)
case(lax("shift_left shift_right_arithmetic shift_right_logical"), n, ints(5, 2, 3))
case(lax("shift_right_logical"), np.array([-1, -8, 5], "int32"), np.array([0, 1, 31], "int32"))
case(lax("population_count"), np.array([-1, 5, -100, 127], "int8"))
case(lax("population_count"), ints(1000, 5, low=-1000))
halfway = np.array([0.5, 1.5, -0.5, -2.5, 2.4], "float32")
case(lax("round"), halfway)
runs(
    lax("round"),
    lambda jax, x: jax.lax.round(x, getattr(jax.lax, "RoundingMethod", Rounding).TO_NEAREST_EVEN),
    halfway,
)
case(lax("clamp"), -0.5, x, 0.5)
case(lax("clamp"), 0, n, 3)
case(lax("clamp"), floats(2, 3) - 2, x, floats(2, 3) + 2)
case(lax("select"), b, x, floats(2, 3))
case(lax("select_n"), b, x, floats(2, 3))
case(lax("select_n"), ints(3, 2, 3), x, floats(2, 3), floats(2, 3))
case(lax("convert_element_type"), 3 * x, I32)
case(lax("convert_element_type"), n, F32)
case(lax("bitcast_convert_type"), x, I32)
case(lax("bitcast_convert_type"), n, F32)
case(lax("reduce_precision"), x, 8, 7)
case(lax("reduce_precision"), x, 5, 10)
case(lax("stop_gradient"), x)
runs(lax("stop_gradient"), lambda jax, x, n: jax.lax.stop_gradient({"a": x, "b": (n,)}), x, n)
case(lax("optimization_barrier"), x)
_ = Dtype
