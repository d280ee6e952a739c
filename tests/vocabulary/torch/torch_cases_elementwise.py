"""Arithmetic, comparisons, special functions, dtypes."""

from __future__ import annotations

import numpy as np
from torch_cases import bools, case, complexes, floats, halves, ints, longs, loose, positive, runs, variants

TIES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.2, 1.7], "float32")
ODD = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0, 2.0], "float32")
UNARY = """abs absolute neg negative square sign sgn ceil floor trunc fix round positive exp expm1 sin cos tan sinh
    cosh tanh asinh arcsinh atan arctan sigmoid erf erfc deg2rad rad2deg exp2 sinc isnan isfinite isinf
    isneginf isposinf signbit nan_to_num logical_not"""
for x in (floats(2, 3), floats(0, 2), floats(), ints(9, 3, low=-4), halves(4)):
    case(UNARY, x)
    case("special.expm1 special.exp2 special.erf special.erfc special.expit special.sinc", x)
    if x.dtype.kind == "f":
        case("special.round", x)
case("frac", floats(5) * 3)
UNIT = """acos arccos asin arcsin atanh arctanh erfinv special.erfinv log log10 log2 log1p special.log1p sqrt rsqrt
    reciprocal logit special.logit"""
case(UNIT, positive(3, 4))
case("log sqrt reciprocal rsqrt log1p", 1 + ints(5, 3))
case("acosh arccosh", 1 + positive(3))
case("abs sign square isnan isfinite isinf nan_to_num isreal signbit", ODD)
case("round floor ceil trunc fix", TIES)
variants("round", (floats(5) * 10,), {"decimals": 1}, {"decimals": 0})
variants("nan_to_num", (ODD,), {"nan": 1.0, "posinf": 2.0, "neginf": -3.0}, {"posinf": 5.0})
variants("logit special.logit", (positive(4),), {"eps": 0.2}, {})
case("real imag angle conj abs sgn isreal", complexes(3, 2))
case("real angle conj isreal", floats(3))
case("logical_not", bools(2, 3))
loose(1e-4, "lgamma special.gammaln digamma special.digamma special.psi", 5 * positive(9))
loose(1e-4, "lgamma digamma", np.array([-0.7, -1.3, 0.2, 3.0, 20.0, 100.0, 0.0, -2.0], "float32"))
loose(1e-4, "mvlgamma special.multigammaln", 3 + positive(4), 2)
NORMAL = np.array([-30.0, -8.0, -3.0, -0.5, 0.0, 0.7, 3.0], "float32")
loose(1e-5, "special.ndtr special.log_ndtr", NORMAL)
loose(1e-4, "special.ndtri", positive(6))
WIDE = np.array([-20.0, -13.0, -5.0, -0.3, 0.0, 0.5, 4.0, 11.9, 12.1, 30.0], "float32")
loose(1e-5, "special.i0e special.i1e", WIDE)
loose(2e-5, "i0 special.i0 special.i1 special.modified_bessel_i0 special.modified_bessel_i1", WIDE / 4)
loose(2e-5, "special.erfcx", np.array([-2.0, -0.5, 0.0, 1.0, 3.9, 4.1, 50.0], "float32"))
case("special.entr", np.array([-1.0, 0.0, 0.3, 2.0], "float32"))

SAME = """add sub subtract mul multiply maximum minimum fmax fmin eq ne gt ge lt le not_equal greater greater_equal
    less less_equal"""
for x, y in (
    (floats(2, 3), floats(2, 3)),
    (floats(2, 1), floats(1, 3)),
    (ints(9, 4, 3), 1 + ints(8, 4, 3)),
    (ints(9, 3), floats(3)),
    (longs(9, 3), ints(5, 3)),
    (halves(3), ints(4, 3)),
    (floats(3), halves(3)),
    (floats(0), floats(1)),
    (ints(9, 3).astype("uint8"), ints(9, 3).astype("int8")),
):
    case(SAME, x, y)
    case("div divide true_divide", x, 1 + y)
MIXED = "add sub mul div true_divide maximum minimum eq lt"
case(MIXED, halves(2, 3), np.float32(2.5))
case(MIXED, ints(9, 3), np.float32(2.5))
case("add sub mul div eq lt remainder floor_divide pow", ints(9, 3) + 1, 2)
case("add sub mul div eq lt remainder floor_divide", ints(9, 3), 2.5)
case("add sub mul div eq lt remainder floor_divide fmod", floats(3), 2)
case("add mul div lt", halves(3), 2.5)
case("add mul", bools(3), 2)
case("add mul logical_and logical_or logical_xor", bools(3), bools(3))
case("logical_and logical_or logical_xor", ints(3, 5), floats(5))
variants("add sub subtract rsub", (floats(3), floats(3)), {"alpha": 2}, {"alpha": 0.5})
case("rsub", floats(3), 2)
SIGNS = np.array([2, -2, 3, -3] * 3, "int32")
variants(
    "div divide",
    (ints(9, 12, low=-9), SIGNS),
    {"rounding_mode": "floor"},
    {"rounding_mode": "trunc"},
    {"rounding_mode": None},
)
variants("div", (floats(6), floats(6)), {"rounding_mode": "floor"}, {"rounding_mode": "trunc"})
case("remainder fmod floor_divide", ints(9, 12, low=-9), SIGNS)
case("remainder fmod", floats(5), np.array([0.3, -0.3, 2, -2, 1], "float32"))
case("floor_divide", floats(5), np.array([0.3, -0.3, 2, -2, 1], "float32"))
case(
    "atan2 arctan2 hypot logaddexp logaddexp2 copysign nextafter float_power",
    floats(2, 3),
    1 + positive(2, 3),
)
case("atan2 copysign", ints(5, 3), 1 + ints(4, 3))
case("copysign", np.array([1.0, -2.0, 0.0], "float32"), np.array([-0.0, 0.0, -3.0], "float32"))
case("heaviside", np.array([-1.0, 0.0, 2.0], "float32"), np.float32(0.5))
case("gcd lcm", ints(12, 6, low=-12), 1 + ints(9, 6))
case("ldexp", floats(3), ints(4, 3))
case("pow float_power", positive(3), floats(3))
case("pow", floats(3), 2)
case("pow", ints(4, 3), 3)
case("pow", 2.0, floats(3))
case("pow", ints(4, 3), 0.5)
ZEROS = np.array([0, 1, 2, 0], "float32")
case("xlogy special.xlogy special.xlog1py", ZEROS, np.array([0, 0, 3, np.nan], "float32"))
case("xlogy special.xlogy", 1 + ints(3, 4), 1 + ints(3, 4))
case("xlogy special.xlog1py", floats(3), 2.0)
case("bitwise_and bitwise_or bitwise_xor", ints(16, 5), ints(16, 5))
case("bitwise_and bitwise_or bitwise_xor", bools(5), bools(5))
case("bitwise_left_shift bitwise_right_shift", ints(16, 5), ints(3, 5))
case("bitwise_not", ints(16, 5))
case("bitwise_not", bools(5))
variants("clamp clip", (floats(5),), {"min": -0.5}, {"max": 0.3}, {"min": -0.5, "max": 0.5})
case("clamp", floats(5), 0.4, 0.1)
case("clamp", floats(2, 3), floats(3), 1 + floats(2, 1))
case("clamp", ints(9, 5), 2, 6)
case("clamp", ints(9, 5), 2.5)
case("clamp_min clamp_max", floats(5), 0.1)
case("lerp", floats(3), floats(3), 0.3)
case("lerp", floats(3), floats(3), floats(3))
variants("addcmul addcdiv", (floats(3), floats(3), 1 + positive(3)), {"value": 0.5}, {})
case("where", bools(2, 3), floats(2, 3), floats(3))
case("where", bools(3), floats(3), 0.0)
case("where", bools(3), 1, floats(3))
case("where", bools(3), ints(4, 3), floats(3))
case("masked_fill", floats(2, 3), bools(2, 3), 0.5)
case("masked_fill", ints(9, 3), bools(3), 2)
case("masked_fill", halves(2, 3), bools(3), -1e4)
variants("isclose allclose", (np.array([1.0, 2.0, np.nan], "float32"), np.array([1.0, 2.1, np.nan], "float32")),
         {}, {"rtol": 0.1}, {"equal_nan": True, "atol": 1.0})  # fmt: skip
case("equal", ints(9, 3), ints(9, 3))
case("complex polar", floats(3), floats(3))
case("is_floating_point is_complex is_tensor", floats(3))
case("is_floating_point", ints(3, 2))

NAMES = """float32 float float64 double float16 half bfloat16 int64 long int32 int int16 short int8 uint8 bool
    complex64 cfloat complex128 cdouble"""
for name in NAMES.split():
    if name.startswith(("complex", "c")):
        runs(
            name,
            lambda torch, x, name=name: torch.abs(x.to(getattr(torch, name))).to(torch.float32),
            floats(3),
        )
    else:
        runs(name, lambda torch, x, name=name: x.to(getattr(torch, name)), positive(3) * 9)
runs("finfo", lambda torch, x: x * torch.finfo(torch.float32).eps + torch.finfo(torch.float16).max, floats(2))
runs("finfo", lambda torch, x: x.clamp(min=torch.finfo(x.dtype).tiny), floats(2))
runs("iinfo", lambda torch, x: x + torch.iinfo(torch.int8).max, ints(3, 2))
runs("get_default_dtype", lambda torch, x: x.to(torch.get_default_dtype()), ints(3, 2))
runs("promote_types", lambda torch, x: x.to(torch.promote_types(torch.int32, torch.float16)), floats(2))
runs("result_type", lambda torch, x, y: x.to(torch.result_type(x, y)), ints(3, 2), halves(2))
runs("can_cast", lambda torch, x: x + float(torch.can_cast(torch.int32, torch.float32)), floats(2))
runs("Size", lambda torch, x: x.reshape(torch.Size((3, 2))), floats(2, 3))
runs("Tensor", lambda torch, x: x if isinstance(x, torch.Tensor) else x + 1, floats(2))
runs("dtype", lambda torch, x: x + float(isinstance(torch.float32, torch.dtype)), floats(2))
runs("device", lambda torch, x: x.to(torch.device("cpu")), floats(2))
runs("newaxis", lambda torch, x: x[:, torch.newaxis], floats(2))
runs(
    "pi e inf nan",
    lambda torch, x: torch.clamp(x * torch.pi, max=torch.inf) + torch.e + 0 * (torch.nan == x),
    floats(2),
)
for name in "contiguous_format preserve_format channels_last".split():
    runs(name, lambda torch, x, n=name: x.clone(memory_format=getattr(torch, n)), floats(1, 2, 2, 2))
for (
    name
) in """abs acos addmv arctan ceil celu clip cos exp fix floor log1p neg nan_to_num relu round rsqrt selu
        sigmoid sin square tan tanh trunc""".split():
    arguments = {"addmv": (positive(2), positive(2, 3), positive(3)), "clip": (positive(3), 0.1)}
    case(f"{name}_", *arguments.get(name, (positive(3),)))
case("acosh_ arccosh_", 1 + positive(3))
case(
    "arccos_ arcsin_ arcsinh_ arctanh_ asin_ asinh_ atan_ atanh_ cosh_ deg2rad_ erf_ erfc_ exp2_ expm1_",
    positive(3),
)
case(
    "frac_ i0_ log_ log10_ log2_ logit_ negative_ rad2deg_ reciprocal_ sinc_ sinh_ sqrt_ rrelu_ detach_",
    positive(3),
)
case("clamp_", positive(3), 0.2, 0.6)
case("clamp_min_ clamp_max_ ldexp_ xlogy_", positive(3), positive(3))
case("gcd_ lcm_", 1 + ints(9, 3), 1 + ints(9, 3))
case("threshold_ nn.functional.threshold_", floats(4), 0.1, -1.0)
case("nn.functional.celu_ nn.functional.elu_ nn.functional.hardtanh_ nn.functional.leaky_relu_", floats(4))
case("nn.functional.relu_ nn.functional.rrelu_ nn.functional.selu_", floats(4))
case("dropout_", floats(4), 0.5, False)
runs("add", lambda torch, x, y: (x + y, x * 2.5, x / 2, x // 2, y % 2, x**2, -x), ints(9, 4), halves(4))
