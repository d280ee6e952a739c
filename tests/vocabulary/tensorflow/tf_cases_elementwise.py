"""Arithmetic, reductions, casts."""

from __future__ import annotations

import numpy as np
from tf_cases import Dtype, bools, case, complexes, floats, ints, loose, positive, runs, variants

HALVES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.2, 1.7], "float32")

for x in (floats(2, 3), floats(1, 3), floats(0, 2), floats()):
    case(
        """abs math.abs asinh atan ceil cos cosh erf erfc exp expm1 floor math.is_finite math.is_inf
        math.is_nan math.log_sigmoid negative nn.relu nn.relu6 nn.selu nn.elu sigmoid sign sin sinh
        nn.softplus nn.softsign square tan tanh math.angle math.conj math.real nn.gelu nn.leaky_relu nn.silu
        nn.swish rint round""",
        x,
    )
case(
    "acos asin atanh math.erfinv log math.log1p math.reciprocal math.rsqrt sqrt math.erfcinv math.ndtri",
    positive(3, 4),
)
case("acosh", 1 + positive(3))
case("rint round floor ceil", HALVES)
case("abs negative sign square round", ints(9, 3, 2, low=-9))
case("math.imag math.real math.conj abs math.angle", complexes(3, 2))
case("logical_not", bools(3, 2))
loose(1e-4, "math.lgamma math.digamma", 5 * positive(9))
loose(1e-4, "math.lgamma math.digamma", np.array([-0.7, -1.3, 0.2, 3.0, 20.0, 100.0], "float32"))
loose(1e-4, "math.lbeta", positive(3, 4))
loose(1e-4, "math.bessel_i0", floats(5))
variants("nn.leaky_relu", (floats(5),), {}, {"alpha": 0.3}, {"alpha": 0.0})
variants("nn.gelu", (floats(5),), {"approximate": True}, {"approximate": False})
variants("nn.silu nn.swish", (floats(5),), {}, {"beta": 0.5})
variants("nn.crelu", (floats(2, 3),), {}, {"axis": 0})
case("nn.relu", features=floats(3))
case("nn.softplus", features=floats(3))
case("sigmoid", x=floats(3), name="named")

SAME = "add subtract multiply maximum minimum equal not_equal greater greater_equal less less_equal"
for x, y in (
    (floats(2, 3), floats(2, 3)),
    (floats(2, 1), floats(1, 3)),
    (ints(9, 4, 3), 1 + ints(8, 4, 3)),
    (floats(0), floats(1)),
):
    case(SAME + " math.floordiv math.floormod math.mod math.squared_difference", x, y)
    case(SAME, x, y=y, name="n")
case(SAME + " divide truediv realdiv math.floordiv math.floormod div", floats(3), 0.5)
case(SAME + " divide truediv div", 2.0, floats(3))
case(SAME + " divide", floats(2, 3), [1.0, 2.0, 4.0])
case(SAME + " divide", floats(2, 3), [[1], [2]])
case(
    "divide truediv realdiv div math.atan2 nextafter".replace("nextafter", "math.nextafter"),
    floats(2, 3),
    floats(2, 3),
)
case("divide truediv math.divide math.truediv", ints(9, 3), 1 + ints(5, 3))
case("divide truediv", ints(9, 3), 2)
case("divide truediv", ints(9, 3).astype("uint8"), (1 + ints(5, 3)).astype("uint8"))
case(
    "div math.floordiv truncatediv truncatemod math.floormod math.mod",
    ints(9, 12, low=-9),
    np.array([2, -2, 3, -3] * 3, "int32"),
)
case("math.floordiv math.floormod truncatemod", floats(5), np.array([0.3, -0.3, 2, -2, 1], "float32"))
case("logical_and logical_or math.logical_xor", bools(2, 3), bools(2, 3))
case("logical_and", bools(2, 3), True)
case("bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor", ints(16, 5), ints(16, 5))
case("bitwise.left_shift bitwise.right_shift", ints(16, 5), ints(3, 5))
case("bitwise.invert", ints(16, 5))
variants("pow", (positive(3), floats(3)), {})
case("pow", floats(3), 2)
case("pow", ints(4, 3), 3)
case("pow", 2.0, floats(3))
ZEROS = np.array([0, 1, 2, 0], "float32")
for name in "math.divide_no_nan math.xdivy math.xlogy math.xlog1py math.multiply_no_nan".split():
    case(name, ZEROS, np.array([0, 0, 3, 1], "float32"))
    case(name, np.array([1, 0, 3, 1], "float32"), ZEROS)
case("math.divide_no_nan", floats(2, 3), ZEROS[:3])
case("math.reciprocal_no_nan", ZEROS)
case("math.scalar_mul", 2.5, floats(3))
case("scalar_mul", np.array(0.5, "float32"), floats(3))
case("add_n math.accumulate_n", [floats(2, 3), floats(2, 3), floats(2, 3)])
case("add_n", [ints(3, 2), ints(3, 2)])
case("math.polyval", [floats(2), floats(2), floats(2)], floats(2))
case("math.is_non_decreasing math.is_strictly_increasing", np.array([1, 2, 2, 3], "float32"))
case("math.is_non_decreasing math.is_strictly_increasing", np.array([1, 3, 2], "float32"))
case("clip_by_value", floats(3, 2), -0.5, 0.5)
case("clip_by_value", floats(3, 2), clip_value_min=np.float32(-0.1), clip_value_max=floats(2) ** 2)
case("clip_by_value", ints(9, 5), 2, 6)

NUMBERS = np.array([-1.9, -0.5, 0.5, 1.9, 200.7], "float32")
for name in "int32 float64 bool float16 int64 bfloat16 complex64 float32".split():
    case("cast", NUMBERS, Dtype(name))
case("cast", NUMBERS, "int32")
case("cast", ints(3, 4), dtype=Dtype("float32"))
case("cast", bools(4), np.float32)
case("cast", complexes(3), Dtype("float32"))
case("cast", 3, Dtype("float32"))
case("saturate_cast", np.array([-3, 2, 300, 1e6], "float32"), Dtype("uint8"))
case("bitcast", floats(3), Dtype("int32"))
case("to_float to_double to_int32 to_int64 to_bfloat16", NUMBERS)
case("to_complex64 to_complex128", NUMBERS)
case("complex", floats(3), floats(3))
case("complex", floats(3), 0.5)

AXES = ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": [0, 2]}, {"axis": (1,)}, {"keepdims": True})
REDUCTIONS = """reduce_sum reduce_mean reduce_max reduce_min reduce_prod reduce_logsumexp math.reduce_std
    math.reduce_variance math.reduce_euclidean_norm"""
variants(REDUCTIONS, (floats(2, 3, 4),), *AXES)
variants("reduce_all reduce_any", (bools(2, 3, 4),), *AXES)
variants("math.count_nonzero", (ints(2, 2, 3, 4),), *AXES, {"dtype": Dtype("int32")})
variants(
    "reduce_sum reduce_max reduce_min reduce_prod reduce_mean", (ints(9, 3, 4, low=-9),), {}, {"axis": 1}
)
variants("reduce_sum reduce_max reduce_mean", (ints(9, 3, 4).astype("uint8"),), {}, {"axis": 1})
case("reduce_sum reduce_max", floats(1, 1), 1)
case("reduce_sum", floats(0, 3), 0)
case("reduce_mean", [floats(2), floats(2)], axis=0)
case("reduce_sum", [1.0, 2.0])
V1 = (
    {"reduction_indices": [1], "keep_dims": True},
    {"reduction_indices": 0},
    {"axis": 1, "keep_dims": False},
)
variants("reduce_sum reduce_mean reduce_max".replace("reduce", "compat.v1.reduce"), (floats(2, 3),), *V1)
variants("argmax argmin", (floats(3, 4),), {}, {"axis": 1}, {"axis": -1, "output_type": Dtype("int32")})
case("argmax", np.array([1, 3, 3, 0], "int32"))
case("compat.v1.argmax arg_max", floats(3, 4), 1)
case("arg_min", floats(3, 4), 1)
case("compat.v1.argmax", floats(3, 4), dimension=1)
case("math.zero_fraction", ints(2, 3, 4).astype("float32"))
SCANS = (
    {},
    {"axis": 1},
    {"axis": -1, "exclusive": True},
    {"reverse": True},
    {"axis": 1, "exclusive": True, "reverse": True},
)
variants("cumsum math.cumprod", (floats(3, 4),), *SCANS)
variants("cumsum", (ints(9, 3, 2),), *SCANS)
variants("math.cumulative_logsumexp", (floats(3, 4),), *SCANS)
variants("nn.moments", (floats(2, 3, 4),), {"axes": [0]}, {"axes": [0, 1], "keepdims": True}, {"axes": [-1]})
case("nn.weighted_moments", floats(3, 4), [0], positive(3, 4))
case("nn.weighted_moments", floats(3, 4), [1], positive(3, 1), keepdims=True)
case("nn.sufficient_statistics", floats(3, 4), [0], keepdims=True)
case("nn.normalize_moments", np.float32(8.0), floats(3), positive(3) + 5, None)
case("clip_by_norm", floats(3, 4), 1.0)
case("clip_by_norm", floats(3, 4), 0.5, axes=[1])
case("clip_by_average_norm", floats(3, 4), 0.1)
case("linalg.global_norm", [floats(3), floats(2, 2)])
case("clip_by_global_norm", [floats(3), floats(2, 2)], 1.0)
case("nn.l2_loss", floats(3, 4))

for name in "sum mean prod sqrt_n".split():
    name = f"math.unsorted_segment_{name}"
    case(name, floats(5, 2), np.array([0, 2, 0, 3, 2], "int32"), 4)
    case(name, floats(5), np.array([0, 2, -1, 3, 2], "int32"), num_segments=4)
case(
    "math.unsorted_segment_max math.unsorted_segment_min", floats(5, 2), np.array([0, 2, 0, 3, 2], "int32"), 4
)
case(
    "math.unsorted_segment_sum math.unsorted_segment_max",
    ints(9, 2, 3),
    np.array([[0, 1, 1], [2, 0, 0]], "int32"),
    3,
)
for name in "sum mean max min prod".split():
    case(f"math.segment_{name}", floats(5, 2), [0, 0, 1, 1, 2])
runs("add", lambda tf, x: tf.zeros(tf.add(tf.shape(x), [1, 0])) + 1.0, floats(2, 3))
runs("multiply", lambda tf, x: tf.ones([tf.multiply(tf.shape(x)[0], 2), tf.shape(x)[1] // 2]), floats(2, 4))
runs(
    "maximum",
    lambda tf, x: tf.ones([tf.maximum(tf.shape(x)[0], 5), tf.minimum(tf.shape(x)[1], 2)]),
    floats(2, 4),
)
runs("cast", lambda tf, x: x / tf.cast(tf.shape(x)[0], tf.float32), floats(2, 4))
runs("cast", lambda tf, x: x / tf.cast(tf.reduce_prod(tf.shape(x)), tf.float32), floats(2, 4))
runs("cast", lambda tf, x: x + tf.cast(tf.shape(x), "float32"), floats(2, 2))
runs("truediv", lambda tf, x: x * tf.cast(tf.shape(x)[1] / tf.shape(x)[0], tf.float32), floats(2, 4))
