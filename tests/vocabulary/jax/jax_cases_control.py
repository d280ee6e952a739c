"""Branches, loops, and what `jax` wraps around functions."""

from __future__ import annotations

import numpy as np
from jax_cases import bools, floats, ints, lax, runs

x, y, n = floats(3, 4), floats(3, 4), ints(5, 3)

runs(lax("cond"), lambda jax, x: jax.lax.cond(x[0, 0] > 0, lambda v: v + 1, lambda v: v * 2, x), x)
runs(lax("cond"), lambda jax, x: jax.lax.cond(x.sum() > 100, lambda: x, lambda: 0 * x), x)
runs(
    lax("cond"),
    lambda jax, x, y: jax.lax.cond(
        x[0, 0] > y[0, 0], lambda a, b: (a, {"k": b}), lambda a, b: (b, {"k": a}), x, y
    ),
    x,
    y,
)
runs(lax("cond"), lambda jax, x: jax.lax.cond(True, lambda v: v + 1, lambda v: v * 2, x), x)
runs(lax("cond"), lambda jax, x: jax.lax.cond(x[0, 0] > 0, lambda v: v + 1, lambda v: v * 2, operand=x), x)
for place in (-1, 0, 1, 2, 7):
    runs(lax("switch"), lambda jax, x, i: jax.lax.switch(
        i, [lambda v: v, lambda v: v * 2, lambda v: v - 1], x), x, np.int32(place))  # fmt: skip
runs(lax("switch"), lambda jax, x: jax.lax.switch(5, [lambda v: v, lambda v: v * 2], x), x)
runs(
    lax("while_loop"), lambda jax, x: jax.lax.while_loop(lambda v: v.sum() < 100, lambda v: v * 2, abs(x)), x
)
runs(lax("while_loop"), lambda jax, x: jax.lax.while_loop(
    lambda s: s[0] < 4, lambda s: (s[0] + 1, s[1] + s[0]), (0, x))[1], x)  # fmt: skip
runs(
    lax("while_loop"),
    lambda jax, x: jax.lax.while_loop(
        lambda s: s["i"] < 3,
        lambda s: {"i": s["i"] + 1, "v": jax.numpy.sin(s["v"])},
        {"i": jax.numpy.array(0), "v": x},
    ),
    x,
)
runs(lax("fori_loop"), lambda jax, x: jax.lax.fori_loop(0, 3, lambda i, v: v + i, x), x)
runs(lax("fori_loop"), lambda jax, x: jax.lax.fori_loop(
    0, x.shape[0], lambda i, s: (s[0] + x[i].sum(), s[1].at[i].set(2.0)), (0.0, x)), x)  # fmt: skip
runs(lax("scan"), lambda jax, x: jax.lax.scan(lambda c, r: (c + r, c * 2), jax.numpy.zeros(4), x), x)
runs(lax("scan"), lambda jax, x: jax.lax.scan(lambda c, r: (c + r.sum(), c), 0.0, x), x)
runs(lax("scan"), lambda jax, x, y: jax.lax.scan(
    lambda c, r: ((c[0] + r["a"], c[1] * 2), {"s": r["b"] + c[0], "t": (c[1],)}),
    (jax.numpy.zeros(4), jax.numpy.ones(())), {"a": x, "b": y}, reverse=True), x, y)  # fmt: skip
runs(lax("scan"), lambda jax, x: jax.lax.scan(lambda c, unused: (c * 2, None), x, None, length=3), x)
runs(lax("scan"), lambda jax, x: jax.lax.scan(lambda c, r: (None, r * 2), None, x)[1], x)
runs(lax("map"), lambda jax, x: jax.lax.map(lambda r: r * r.sum(), x), x)
runs(lax("map"), lambda jax, x, n: jax.lax.map(lambda r: (r[0] * r[1], r[1]), (x, n)), x, n)
runs(lax("associative_scan"), lambda jax, x: jax.lax.associative_scan(jax.numpy.add, x, axis=1), x)
runs(lax("associative_scan"), lambda jax, x, y: jax.lax.associative_scan(
    lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1]), (x, y), reverse=True), x, y)  # fmt: skip

runs("vmap", lambda jax, x: jax.vmap(lambda r: r / jax.numpy.linalg.norm(r))(x), x)
runs("vmap", lambda jax, x: jax.vmap(lambda c: c.sum() * c, in_axes=1)(x), x)
runs("vmap", lambda jax, x: jax.vmap(lambda r: r * 2, out_axes=1)(x), x)
runs("vmap", lambda jax, x, y: jax.vmap(lambda a, b: (a @ b.T, a.sum()), in_axes=(0, None))(x, y), x, y)
runs("vmap", lambda jax, x, y: jax.vmap(lambda d: d["a"] + d["b"][0], in_axes=({"a": 0, "b": 1},))(
    {"a": x, "b": [y.T]}), x, y)  # fmt: skip
runs(
    "vmap",
    lambda jax, x, y: jax.vmap(jax.vmap(lambda a, b: (a * b).sum(), in_axes=(None, 0)), in_axes=(0, None))(
        x, y
    ),
    x,
    y,
)
runs("vmap", lambda jax, x, n: jax.vmap(lambda r, i: r[i])(x, n % 4), x, n)
runs("vmap", lambda jax, x: jax.vmap(jax.numpy.dot, (0, 0), 0)(x, x), x)
for wrapper in "jit checkpoint remat".split():
    runs(wrapper, lambda jax, x, wrapper=wrapper: getattr(jax, wrapper)(lambda v: v * 2 + 1)(x), x)
runs("jit", lambda jax, x: jax.jit(lambda v, k: v * k, static_argnums=1)(x, 3), x)
runs("named_call", lambda jax, x: jax.named_call(lambda v: v * 2, name="double")(x), x)
runs("device_put", lambda jax, x: jax.device_put(x) + 1, x)
runs("block_until_ready", lambda jax, x: jax.block_until_ready((x, x))[0], x)


def _in(jax, context, x):
    with context:
        return x * 2


runs("named_scope", lambda jax, x: _in(jax, jax.named_scope("part"), x), x)
runs("disable_jit", lambda jax, x: _in(jax, jax.disable_jit(), x), x)
runs("debug_nans", lambda jax, x: _in(jax, jax.debug_nans(False), x), x)
runs("default_matmul_precision", lambda jax, x: _in(jax, jax.default_matmul_precision("float32"), x), x)
runs("numpy_rank_promotion", lambda jax, x: _in(jax, jax.numpy_rank_promotion("allow"), x), x)
runs("numpy_dtype_promotion", lambda jax, x: _in(jax, jax.numpy_dtype_promotion("standard"), x), x)
runs("default_device", lambda jax, x: _in(jax, jax.default_device(None), x), x)
runs("ensure_compile_time_eval", lambda jax, x: _in(jax, jax.ensure_compile_time_eval(), x), x)
runs("eval_shape", lambda jax, x: jax.numpy.zeros(jax.eval_shape(lambda v: v.T, x).shape), x)
runs("debug.print", lambda jax, x: (jax.debug.print("nothing"), x)[1], x)
_ = bools
