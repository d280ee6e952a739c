"""Sums, means, extremes, scans and order."""

from __future__ import annotations

import numpy as np
from jax_cases import (
    F32,
    bools,
    case,
    complexes,
    floats,
    halves,
    ints,
    lax,
    loose,
    numpy,
    positive,
    runs,
    variants,
)

x, n, b, h = floats(2, 3, 4), ints(9, 2, 3, 4, low=-4), bools(2, 3, 4), halves(2, 3, 4)
mask = bools(2, 3, 4)
mask[..., 0] = True
holes = np.where(bools(2, 3, 4), x, np.nan).astype("float32")
holes[0, 0] = np.nan

_AXES = ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"keepdims": True})
_SUMS = numpy("sum prod max min amax amin mean std var any all")
variants(_SUMS, (x,), *_AXES)
for value in (n, h, b):
    for name in _SUMS.split():
        if value.dtype == bool and name.split(".")[1] in ("std", "var", "mean", "max", "min", "amax", "amin"):
            continue
        case(name, value, axis=1)
        case(name, value)
case(numpy("sum prod"), n.astype("int8"), axis=0)
case(numpy("sum prod"), n.astype("int8"), axis=0, promote_integers=False)
case(numpy("sum prod mean std var"), n, axis=2, dtype=F32)
case(numpy("sum mean"), h, axis=1, dtype=F32)
for options in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}):
    case(numpy("sum prod mean std var any all"), x, where=mask, **options)
    case(numpy("max min amax amin"), x, where=mask, initial=0.25, **options)
    case(numpy("max min"), n, where=mask, initial=0, **options)
    case(numpy("sum prod max min"), x, initial=2.0, **options)
case(numpy("sum"), x, axis=1, where=bools(4))
case(numpy("mean"), x, axis=1, where=np.array([True, False, True, True]))
case(numpy("std var"), x, axis=1, ddof=1)
case(numpy("std var"), x, axis=1, correction=1)
case(numpy("std var"), x, axis=1, mean=x.mean(1, keepdims=True))
case(numpy("std var"), complexes(3, 4), axis=1)
variants(numpy("argmax argmin nanargmax nanargmin"), (x,), {}, {"axis": 1}, {"axis": -1, "keepdims": True})
case(numpy("argmax argmin"), n, axis=0)
case(numpy("argmax argmin"), b, axis=0)
case(numpy("argmax argmin"), x, keepdims=True)
case(numpy("nanargmax nanargmin"), holes, axis=-1)
variants(numpy("cumsum cumprod nancumsum nancumprod"), (x,), {}, {"axis": 1}, {"axis": -1})
case(numpy("cumsum cumprod"), n, axis=1)
case(numpy("cumsum cumprod"), b, axis=1)
case(numpy("cumsum"), n.astype("int8"), axis=1)
case(numpy("cumsum"), n, axis=1, dtype=F32)
case(numpy("nancumsum nancumprod"), holes, axis=1)
variants(numpy("cumulative_sum cumulative_prod"), (x,), {"axis": 1}, {"axis": 1, "include_initial": True})
variants(numpy("ptp"), (x,), {}, {"axis": 1}, {"axis": -1, "keepdims": True})
variants(numpy("count_nonzero"), (n,), {}, {"axis": 1}, {"axis": (0, 2), "keepdims": True})
case(numpy("count_nonzero"), b, axis=1)
variants(numpy("average"), (x,), {}, {"axis": 1}, {"axis": 1, "keepdims": True})
case(numpy("average"), x, axis=1, weights=positive(3))
case(numpy("average"), x, weights=positive(2, 3, 4), returned=True)
case(numpy("average"), n, axis=0)
variants(numpy("median"), (x,), {}, {"axis": 1}, {"axis": -1, "keepdims": True})
case(numpy("median"), n, axis=1)
case(numpy("nanmedian"), holes, axis=1)
for method in "linear lower higher midpoint nearest".split():
    case(numpy("quantile"), x, 0.3, axis=1, method=method)
    case(numpy("percentile"), x, 30.0, axis=1, method=method)
case(numpy("quantile nanquantile"), x, np.array([0.25, 0.5], "float32"), axis=-1, keepdims=True)
case(numpy("percentile nanpercentile"), x, np.array([25, 50], "float32"), axis=-1)
case(numpy("nanquantile"), holes, 0.4, axis=1)
case(numpy("nanpercentile"), holes, 40.0, axis=1)
_NAN = numpy("nansum nanprod nanmean nanmax nanmin nanstd nanvar")
variants(_NAN, (holes,), {}, {"axis": 1}, {"axis": -1, "keepdims": True})
case(_NAN, n, axis=1)
case(numpy("nansum nanprod nanmean nanstd nanvar"), holes, axis=1, where=mask)
case(numpy("nanmax nanmin"), holes, axis=1, where=mask, initial=0.0)
case(numpy("nanstd nanvar"), holes, axis=1, ddof=1)
case(numpy("diff"), x)
case(numpy("diff"), x, n=2, axis=1)
case(numpy("diff"), b, axis=1)
case(numpy("ediff1d"), x)
case(numpy("trapezoid"), x)
case(numpy("trapezoid"), x, dx=0.5, axis=1)
case(numpy("cov corrcoef"), floats(3, 5))
case(numpy("cov"), floats(5, 3), rowvar=False)
case(numpy("histogram"), floats(30), bins=5)
case(numpy("histogram"), floats(30), bins=5, range=(-1.0, 1.0))
case(numpy("histogram_bin_edges"), floats(30), bins=5)
case(numpy("bincount"), ints(4, 9), length=5)
case(numpy("bincount"), ints(4, 9), weights=floats(9), length=4)
case(numpy("bincount"), ints(7, 9), length=3)
case(numpy("interp"), floats(5), np.array([-1.0, 0.0, 2.0], "float32"), np.array([1.0, 3.0, 2.0], "float32"))
case(numpy("gradient"), floats(5))
case(numpy("gradient"), floats(4, 5), axis=1)
case(numpy("convolve correlate"), floats(6), floats(3))
variants(
    numpy("convolve correlate"), (floats(6), floats(3)), {"mode": "same"}, {"mode": "valid"}, {"mode": "full"}
)
case(numpy("unwrap"), 4 * floats(7))
case(numpy("polyval"), floats(4), floats(3))

ties = np.array([[3, 1, 2, 1, 3], [0, 0, 1, 0, 1]], "int32")
for options in ({}, {"axis": 0}, {"axis": None}, {"descending": True}, {"axis": 0, "descending": True}):
    case(numpy("sort argsort"), x, **options)
    case(numpy("sort argsort"), ties, **options)
case(numpy("sort argsort"), b)
case(numpy("partition"), np.array([3.0, 1.0, 2.0], "float32"), 1)
case(numpy("argpartition"), np.array([3.0, 1.0, 2.0], "float32"), 1)
edges = np.sort(floats(6))
variants(numpy("searchsorted"), (edges, floats(2, 3)), {}, {"side": "right"})
case(numpy("searchsorted"), ints(5, 1), 3)
case(numpy("digitize"), floats(5), edges)
case(numpy("isin"), ints(5, 6), np.array([1, 3], "int32"))
case(numpy("isin"), ints(5, 6), np.array([1, 3], "int32"), invert=True)
variants(numpy("isclose allclose"), (x, x + 1e-6), {}, {"rtol": 0.0, "atol": 1e-9})
case(numpy("array_equal"), x, x)
case(numpy("array_equal"), x, floats(2, 3, 4))
case(numpy("array_equiv"), x, x)
case(numpy("isneginf isposinf"), np.array([np.inf, -np.inf, 0.0], "float32"))
case(numpy("isreal iscomplex"), complexes(3))
case(numpy("isreal iscomplex"), x)
runs(numpy("iscomplexobj isrealobj isscalar"), lambda jax, x: (
    x * jax.numpy.isrealobj(x) + 2 * x * jax.numpy.iscomplexobj(x) + x * jax.numpy.isscalar(3)), x)  # fmt: skip

case(lax("reduce_sum reduce_prod reduce_max reduce_min"), x, (1,))
case(lax("reduce_sum reduce_prod reduce_max reduce_min"), n, (0, 2))
case(lax("reduce_and reduce_or"), b, (1,))
runs(lax("argmax argmin"), lambda jax, x: (jax.lax.argmax(x, 1, "int32"), jax.lax.argmin(x, 1, "int32")), x)
for reverse in (False, True):
    case(lax("cumsum cumprod cummax cummin cumlogsumexp"), x, axis=1, reverse=reverse)
    case(lax("cumsum cummax"), n, axis=2, reverse=reverse)
case(lax("sort"), x)
case(lax("sort"), x, dimension=1)
case(lax("sort"), (ties, np.arange(10, dtype="float32").reshape(2, 5)))
case(lax("sort"), (ties, ints(2, 2, 5), np.arange(10, dtype="float32").reshape(2, 5)), num_keys=2)
case(lax("sort_key_val"), ties, np.arange(10, dtype="float32").reshape(2, 5))
case(lax("top_k"), x, 2)
case(lax("top_k"), x, 2, axis=1)
case(lax("approx_max_k approx_min_k"), x, 2)
runs(lax("reduce"), lambda jax, x: jax.lax.reduce(x, 0.0, jax.lax.add, (1,)), x)
runs(lax("reduce"), lambda jax, x: jax.lax.reduce(x, -float("inf"), jax.lax.max, (0, 2)), x)
_ = loose
