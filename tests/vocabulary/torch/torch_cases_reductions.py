"""Reductions, order statistics, scans, sorting."""

from __future__ import annotations

import numpy as np
from torch_cases import DTYPE as Dtype
from torch_cases import bools, case, complexes, floats, halves, ints, longs, loose, positive, runs, variants

X = floats(3, 4, 2)
REDUCED = "sum mean amax amin logsumexp prod"
for x in (X, halves(2, 3, 2)):
    case(REDUCED + " all any", x, 1)
    case(REDUCED, x, -1, True)
    case("sum mean amax amin logsumexp special.logsumexp", x, (0, 2))
    case("sum mean amax amin", x, dim=(0, 1), keepdim=True)
    case("sum mean prod amax amin all any max min median argmax argmin", x)
case("sum prod mean", X, dtype=Dtype("float64"))
case("sum", X, axis=1, keepdims=True)
case("sum prod", ints(5, 2, 3))
case("sum prod amax amin max min", ints(5, 2, 3), 1)
case("sum all any", bools(2, 3))
case("sum all any", bools(2, 3), 1, True)
case("sum", ints(200, 3, 2).astype("uint8"), 0)
case("sum mean amax", floats())
case("count_nonzero", ints(3, 4, 5))
case("count_nonzero", ints(3, 4, 5), 1)
case("count_nonzero", floats(2, 3), (0, 1))
HOLES = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 2.0]], "float32")
case("nansum nanmean", HOLES)
case("nansum nanmean", HOLES, 1, True)
for name in "var std var_mean std_mean".split():
    case(name, X)
    variants(name, (X,), {"dim": 1}, {"dim": (0, 2), "keepdim": True}, {"dim": 1, "correction": 0},
             {"dim": 0, "unbiased": False}, {"dim": -1, "correction": 2})  # fmt: skip
    case(name, X, False)
    case(name, X, 1, True, True)
case("max min", X, 1)
case("max min median", X, -1, True)
case("median nanmedian", floats(5, 4), 0)
case("median", ints(9, 4, 5), 1)
case("nanmedian", HOLES, 1)
case("nanmedian", floats(7))
case("max min", floats(2, 3), floats(3))
case("argmax argmin", X, 1)
case("argmax argmin", X, -1, True)
case("argmax argmin", ints(99, 3, 4))
variants("aminmax", (X,), {}, {"dim": 1}, {"dim": 0, "keepdim": True})
case("cumsum cumprod", X, 1)
case("cumsum cumprod", ints(4, 2, 3), -1)
case("cumsum", bools(5), 0)
case("cumsum", X, dim=0, dtype=Dtype("float64"))
case("logcumsumexp", X, 1)
case("cummax cummin", np.array([[3, 1, 3, 5, 2], [1, 1, 0, 4, 4]], "float32"), 1)
case("cummax cummin", X, 0)
variants("norm", (X,), {}, {"dim": 1}, {"p": 1, "dim": (0, 2), "keepdim": True}, {"p": np.inf}, {"p": "fro"})
case("norm", floats(3, 4), 3, 1)
loose(1e-4, "norm", floats(3, 4), "nuc")
variants("linalg.vector_norm", (X,), {}, {"ord": 1, "dim": 1}, {"ord": np.inf, "dim": (1, 2), "keepdim": True},
         {"ord": 0}, {"ord": 3.5, "dim": 2}, {"ord": -np.inf, "dim": 0})  # fmt: skip
variants("dist", (floats(3), floats(3)), {}, {"p": 1})
case("renorm", floats(3, 4), 2, 0, 1.0)
variants("diff", (floats(3, 5),), {}, {"n": 2}, {"dim": 0}, {"prepend": floats(3, 1), "append": floats(3, 2)})
case("diff", ints(9, 5))
case("trapezoid trapz cumulative_trapezoid", floats(3, 5))
variants(
    "trapezoid cumulative_trapezoid",
    (floats(3, 5),),
    {"dx": 0.5},
    {"dim": 0},
    {"x": np.arange(5.0, dtype="float32") ** 2},
)
case("cov corrcoef", floats(3, 6))
case("cov", floats(6))
case("cov", floats(3, 6), correction=0)
case("histc", floats(20), 5, -2.0, 2.0)
case("histc", floats(20), bins=4)
variants("cdist", (floats(2, 3, 4), floats(2, 5, 4)), {}, {"p": 1.0}, {"p": np.inf})
case("sort argsort", X)
variants("sort argsort", (X,), {"dim": 1}, {"dim": 0, "descending": True})
variants("sort argsort", (ints(4, 3, 6),), {"stable": True}, {"descending": True, "stable": True})
case("msort", floats(4, 2))
case("topk", X, 1)
variants("topk", (floats(3, 6), 3), {}, {"largest": False}, {"dim": 0}, {"dim": 1, "sorted": True})
case("kthvalue", floats(3, 6), 2)
case("kthvalue", floats(3, 6), 3, 0, True)
Q = np.array([0.1, 0.5, 0.9], "float32")
for method in "linear lower higher midpoint nearest".split():
    case("quantile nanquantile", floats(3, 7), 0.3, 1, interpolation=method)
case("quantile nanquantile", floats(3, 7), Q)
case("quantile nanquantile", floats(3, 7), Q, dim=0, keepdim=True)
case("quantile nanquantile", HOLES, 0.5, 1)
ROWS = np.sort(floats(2, 5), axis=-1)
variants("searchsorted", (ROWS, floats(2, 3)), {}, {"right": True}, {"side": "right", "out_int32": True})
case("searchsorted", ROWS[0], floats(2, 3))
case("searchsorted", ROWS[:, ::-1].copy(), floats(2, 3), sorter=np.tile(np.arange(5)[::-1], (2, 1)))
variants("bucketize", (floats(2, 3), ROWS[0]), {}, {"right": True, "out_int32": True})
case("isin", ints(9, 3, 4), np.array([1, 4, 7], "int32"))
case("isin", ints(9, 3, 4), np.array([1, 4, 7], "int32"), invert=True)
runs(
    "max",
    lambda torch, x: (x.max(dim=1).values, x.min(0).indices, x.max(), torch.max(x, dim=0)[0]),
    floats(3, 4),
)
runs("sum", lambda torch, x: x.sum() / x.numel() + x.sum(-1).sum(), floats(3, 4))
case("sum", complexes(3))
case("sum", longs(5, 3), 0)
case("logsumexp", 50 * positive(3), 0)
