"""Branches, loops, arrays, nests, scopes, variables and dtypes."""

from __future__ import annotations

import numpy as np
from tf_cases import bools, floats, ints, runs

x, y = floats(4, 3), floats(4, 3)

for flag in (np.array(True), np.array(False)):
    runs("cond", lambda tf, c, x: tf.cond(c, lambda: x + 1.0, lambda: tf.exp(x)), flag, x)
    runs(
        "cond",
        lambda tf, c, x: tf.cond(c, lambda: [x, tf.constant(1.0)], lambda: [2.0 * x, tf.constant(3.0)]),
        flag,
        x,
    )
    runs(
        "case",
        lambda tf, c, x: tf.case([(c, lambda: x), (x[0, 0] > 0, lambda: -x)], default=lambda: 2 * x),
        flag,
        x,
    )
runs(
    "cond",
    lambda tf, x: tf.cond(tf.reduce_sum(x) > 0, true_fn=lambda: x, false_fn=lambda: tf.zeros_like(x)),
    x,
)
runs("cond", lambda tf, x: tf.cond(True, lambda: x, lambda: -x), x)
for n in (0, 1, 2, -1, 7):
    runs(
        "switch_case",
        lambda tf, i, x: tf.switch_case(i, [lambda: x, lambda: -x], default=lambda: x * 3),
        np.array(n, "int32"),
        x,
    )
    runs(
        "switch_case",
        lambda tf, i, x: tf.switch_case(i, {0: lambda: x, 1: lambda: -x}),
        np.array(n, "int32"),
        x,
    )

runs("map_fn", lambda tf, x: tf.map_fn(lambda row: tf.reduce_sum(row) * row, x), x)
runs("map_fn", lambda tf, x, y: tf.map_fn(lambda p: p[0] + p[1], (x, y), dtype=tf.float32), x, y)
runs("map_fn", lambda tf, x: tf.map_fn(lambda row: tf.argmax(row), x, fn_output_signature=tf.int64), x)
runs(
    "map_fn",
    lambda tf, x: tf.map_fn(lambda r: (r, r + 1), x, fn_output_signature=(tf.float32, tf.float32)),
    x,
)
runs("vectorized_map", lambda tf, x: tf.vectorized_map(lambda row: tf.reduce_sum(row) * row, x), x)
for name in "foldl foldr".split():
    runs(name, lambda tf, x, n=name: getattr(tf, n)(lambda a, b: 0.5 * a + b, x), x)
    runs(name, lambda tf, x, n=name: getattr(tf, n)(lambda a, b: a * b - a, x, initializer=tf.zeros(3)), x)
for reverse in (False, True):
    runs("scan", lambda tf, x, r=reverse: tf.scan(lambda a, b: 0.5 * a + b, x, reverse=r), x)
    runs(
        "scan",
        lambda tf, x, r=reverse: tf.scan(lambda a, b: a + tf.reduce_sum(b), x, initializer=0.0, reverse=r),
        x,
    )
runs("scan", lambda tf, x: tf.scan(lambda a, b: (a[0] + b, a[1] * 2.0), x, initializer=(tf.zeros(3), 1.0)), x)


def powers(tf, x):
    return tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * x), (0, tf.ones_like(x)))[1]


def collected(tf, x):
    array = tf.TensorArray(tf.float32, size=4)
    _, array = tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a.write(i, 2.0 * x[i])), [0, array])
    return array.stack()


def over_batch(tf, x):
    array = tf.TensorArray(tf.float32, size=tf.shape(x)[0])
    cond = lambda i, a: tf.less(i, tf.shape(x)[0])
    body = lambda i, a: [i + 1, a.write(i, tf.reduce_sum(x[i]))]
    return tf.while_loop(cond, body, [tf.constant(0), array])[1].stack()


def nested(tf, x):
    body = lambda i, d: (i + 1, {"a": d["a"] + x, "b": d["b"] * 0.5})
    return tf.while_loop(lambda i, d: i < 2, body, (0, {"a": x, "b": tf.ones(2)}))[1]


def halving(tf, x):
    return tf.while_loop(lambda v: tf.reduce_max(v) > 0.1, lambda v: [v / 2.0], [x])


for function in (powers, collected, over_batch, nested, halving):
    runs("while_loop", function, x)
runs(
    "while_loop",
    lambda tf, x: tf.while_loop(
        lambda i, v: i < 9, lambda i, v: (i + 1, v + 1.0), (0, x), maximum_iterations=2
    )[1],
    x,
)


def written(tf, x):
    array = tf.TensorArray("float32", size=0, dynamic_size=True, clear_after_read=False)
    for i in range(3):
        array = array.write(i, x[i] * float(i))
    return array.stack() + array.read(1) + array.gather([0, 2, 1])


def unstacked(tf, x):
    array = tf.TensorArray(tf.float32, size=4, clear_after_read=False).unstack(x)
    return tf.concat([array.read(2), array.gather([1, 3])[0]], 0) * tf.cast(array.size(), tf.float32)


def scattered(tf, x):
    return tf.TensorArray(tf.float32, size=4).scatter([3, 1, 0, 2], x).stack()


def parts(tf, x):
    return tf.TensorArray(tf.float32, size=2, infer_shape=False).split(x, [1, 3]).concat()


for function in (written, unstacked, scattered, parts):
    runs("TensorArray", function, x)
runs("nest.flatten", lambda tf, x: tf.nest.flatten({"b": x, "a": [x + 1, (x + 2,)]}), x)
runs(
    "nest.map_structure",
    lambda tf, x, y: tf.nest.map_structure(lambda a, b: a + b, [x, (y,)], [y, (x,)]),
    x,
    y,
)
runs("nest.pack_sequence_as", lambda tf, x, y: tf.nest.pack_sequence_as([0, (1,)], [x, y]), x, y)
runs("nest.is_nested", lambda tf, x: x if tf.nest.is_nested([x]) and not tf.nest.is_nested(x) else -x, x)
runs("nest.assert_same_structure", lambda tf, x: (tf.nest.assert_same_structure([x], [x]), x)[1], x)


def scoped(tf, x):
    with tf.name_scope("a"), tf.device("/cpu:0"), tf.control_dependencies([x]):
        return x + 1.0


def scoped_v1(tf, x):
    v1 = tf.compat.v1
    with v1.variable_scope("s", reuse=v1.AUTO_REUSE), v1.name_scope("a", "b", [x]), v1.colocate_with(x):
        return x * 2.0


runs("name_scope device control_dependencies", scoped, x)
runs("variable_scope colocate_with AUTO_REUSE", scoped_v1, x)


def lifted(tf, x):
    with tf.init_scope():
        pass
    return x


runs("init_scope", lifted, x)


def asserted(name, *arguments):
    def run(tf, x, n):
        values = {"x": x, "n": n, "p": tf.abs(x) + 1.0}
        getattr(tf.compat.v1.debugging, name)(
            *(values.get(a, a) if isinstance(a, str) else a for a in arguments)
        )
        return x

    return run


for name, arguments in {
    "assert_equal": "x x",
    "assert_greater": "p 0.0",
    "assert_greater_equal": "x x",
    "assert_integer": "n",
    "assert_less": "x 1e9",
    "assert_less_equal": "x x",
    "assert_near": "x x",
    "assert_non_negative": "p",
    "assert_none_equal": "p 0.0",
    "assert_positive": "p",
    "assert_scalar": "1.0",
    "assert_same_float_dtype": "",
}.items():
    given = [float(a) if a[0].isdigit() else a for a in arguments.split()]
    runs(f"debugging.{name}", asserted(name, *given), x, ints(3, 2))
runs("debugging.assert_negative", lambda tf, x: (tf.debugging.assert_negative(-tf.abs(x) - 1.0), x)[1], x)
runs("debugging.assert_non_positive", lambda tf, x: (tf.debugging.assert_non_positive(-tf.abs(x)), x)[1], x)
runs("debugging.assert_rank", lambda tf, x: (tf.debugging.assert_rank(x, 2), x)[1], x)
runs("debugging.assert_rank_at_least", lambda tf, x: (tf.debugging.assert_rank_at_least(x, 1), x)[1], x)
runs("debugging.assert_rank_in", lambda tf, x: (tf.debugging.assert_rank_in(x, (1, 2)), x)[1], x)
runs("debugging.assert_type", lambda tf, x: (tf.debugging.assert_type(x, tf.float32), x)[1], x)
runs("debugging.assert_shapes", lambda tf, x: (tf.debugging.assert_shapes([(x, ("n", 3))]), x)[1], x)
runs("debugging.assert_proper_iterable", lambda tf, x: (tf.debugging.assert_proper_iterable([x]), x)[1], x)
runs("debugging.Assert Assert", lambda tf, x: (tf.debugging.Assert(True, [x]), x)[1], x)
runs(
    "debugging.check_numerics debugging.assert_all_finite",
    lambda tf, x: tf.debugging.check_numerics(tf.debugging.assert_all_finite(x, "m"), "m"),
    x,
)
runs("verify_tensor_all_finite", lambda tf, x: tf.compat.v1.verify_tensor_all_finite(x, "m"), x)
runs("Print", lambda tf, x: tf.compat.v1.Print(x, [x], "m"), x)
runs("print", lambda tf, x: (tf.print("m", x, output_stream="file:///dev/null"), x)[1], x)
runs("group no_op", lambda tf, x: (tf.group(tf.no_op()), x)[1], x)
runs("tuple", lambda tf, x, y: tf.tuple([x, y]), x, y)
runs("function", lambda tf, x: tf.function(lambda v: v * 2.0)(x), x)
runs("function", lambda tf, x: tf.function(reduce_retracing=True)(lambda v: v * 2.0)(x), x)
runs("recompute_grad", lambda tf, x: tf.recompute_grad(lambda v: v * 2.0)(x), x)
runs(
    "autograph.experimental.do_not_convert",
    lambda tf, x: tf.autograph.experimental.do_not_convert(lambda v: v * 2.0)(x),
    x,
)
runs("executing_eagerly", lambda tf, x: x if tf.executing_eagerly() in (True, False) else None, x)
runs("random.set_seed", lambda tf, x: (tf.random.set_seed(3), x)[1], x)
runs("set_random_seed", lambda tf, x: (tf.compat.v1.set_random_seed(3), x)[1], x)


def sized(tf, x):
    shape = tf.TensorShape([2, 6])
    return tf.reshape(x, shape) * float(shape.as_list()[1]) + float(
        len(x.get_shape().as_list()) + x.shape.ndims
    )


runs("TensorShape", sized, x)
runs("Dimension compat.dimension_value", lambda tf, x: x * float(tf.compat.dimension_value(x.shape[1])), x)
runs("as_dtype", lambda tf, x: tf.cast(x, tf.as_dtype("int32")), x)
runs(
    "DType",
    lambda tf, x: x * (tf.int32.max > 0 and tf.float32.is_floating and tf.as_dtype("int32").is_integer),
    x,
)
runs(
    "DType",
    lambda tf, x: x + tf.constant(float(tf.float16.max)) + tf.uint8.size + tf.bfloat16.size + tf.int8.min,
    x,
)
runs("Tensor", lambda tf, x: x if isinstance(x, tf.Tensor) and not isinstance(3, tf.Tensor) else -x, x)
NAMES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 bfloat16 float16 float32 float64 half double"
for name in NAMES.split():
    runs(name, lambda tf, x, n=name: tf.cast(tf.abs(x) * 3.0, getattr(tf, n)), x)
for name in "complex64 complex128".split():
    runs(name, lambda tf, x, n=name: tf.cast(x, getattr(tf, n)), x)


def constant_weights(tf, x):
    return x * tf.Variable([1.0, 2.0, 3.0], name="w") + tf.Variable(2.0)


runs("Variable", constant_weights, x)
runs("zeros_initializer ones_initializer constant_initializer", lambda tf, x: x, x)
runs("where", lambda tf, c, x: tf.where(tf.logical_not(c), x, tf.zeros_like(x)), bools(4, 3), x)
