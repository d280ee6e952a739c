"""Golden calls of `keras.ops.numpy` and `keras.ops.linalg` that need more than operands."""

from __future__ import annotations

from collections.abc import Iterator

from tests.golden.calls import GoldenCall, call, ints, ramp, tensor


def calls() -> Iterator[GoldenCall]:
    """All of them."""
    yield from _creation()
    yield from _shapes()
    yield from _joining()
    yield from _indexing()
    yield from _products()
    yield from _statistics()
    yield from _linalg()


def _creation() -> Iterator[GoldenCall]:
    yield call("arange", 5)
    yield call("arange", 1.0, 3.0, 0.5)
    yield call("arange", 2, 9, 3, dtype="float32")
    yield call("array", [1, 2, 3], dtype="float32")
    yield call("array", [[1.5, 2.0], [3.0, 4.25]])
    for window in ("bartlett", "blackman", "hamming", "hanning"):
        yield call(window, 5)
    yield call("kaiser", 5, 2.0)
    yield call("eye", 3)
    yield call("eye", 2, 4, k=1, dtype="int32")
    yield call("full", (2, 3), 1.5)
    yield call("full", (2,), 7, dtype="int32")
    yield call("full_like", "$x", 4)
    yield call("geomspace", 1.0, 8.0, num=4)
    yield call("identity", 3)
    yield call("linspace", 0.0, 1.0, num=5)
    yield call("linspace", 0.0, 1.0, num=4, endpoint=False, retstep=True)
    yield call("logspace", 0.0, 2.0, num=3)
    yield call("logspace", 0.0, 3.0, num=4, base=2)
    yield call("meshgrid", "$vector", "$sorted")
    yield call("meshgrid", "$vector", "$sorted", indexing="ij")
    yield call("ones", (2, 3))
    yield call("ones", 2, dtype="int32")
    yield call("tri", 3)
    yield call("tri", 2, 3, k=-1, dtype="int32")
    yield call("zeros", (3, 1))
    yield call("zeros", (2,), dtype="bool")
    yield call("zeros_like", "$x", dtype="int32")
    yield call("ones_like", "$int")


def _shapes() -> Iterator[GoldenCall]:
    yield call("broadcast_to", "$vector", (2, 3))
    yield call("expand_dims", "$x", 1)
    yield call("expand_dims", "$x", (0, -1))
    yield call("flip", "$x", axis=(0, 1))
    yield call("moveaxis", ramp(2, 3, 4), 0, -1)
    yield call("moveaxis", ramp(2, 3, 4), (0, 1), (1, 2))
    yield call("pad", "$x", ((1, 0), (0, 2)))
    yield call("pad", "$x", 1, constant_values=3)
    yield call("pad", "$x", ((0, 0), (1, 1)), mode="reflect")
    yield call("repeat", "$x", 2)
    yield call("repeat", "$x", 3, axis=1)
    yield call("reshape", "$x", (3, 2))
    yield call("reshape", "$x", (-1,))
    yield call("roll", "$x", 1)
    yield call("roll", "$x", -1, axis=1)
    yield call("rot90", "$x")
    yield call("rot90", ramp(2, 2, 3), k=3, axes=(1, 2))
    yield call("squeeze", ramp(1, 3, 1), axis=0)
    yield call("swapaxes", ramp(2, 3, 4), 0, 2)
    yield call("tile", "$x", (2, 1))
    yield call("tile", "$vector", 2)
    yield call("transpose", ramp(2, 3, 4), axes=(2, 0, 1))
    yield call("view", "$vector", dtype="int32")


def _joining() -> Iterator[GoldenCall]:
    yield call("append", "$x", "$y", axis=1)
    yield call("array_split", ramp(7), 3)
    yield call("array_split", ramp(2, 5), 2, axis=1)
    yield call("concatenate", ["$x", "$y"])
    yield call("concatenate", ("$x", "$int"), axis=-1)
    yield call("split", ramp(6), 3)
    yield call("split", ramp(2, 5), (1, 3), axis=1)
    for name, operand in (("dsplit", ramp(1, 2, 4)), ("hsplit", ramp(2, 4)), ("vsplit", ramp(4, 2))):
        yield call(name, operand, 2)
    for name in ("dstack", "hstack", "vstack"):
        yield call(name, ["$x", "$y"])
        yield call(name, ["$vector", "$vector_b"])
    yield call("stack", ["$x", "$y"])
    yield call("stack", ["$x", "$y"], axis=-1)


def _indexing() -> Iterator[GoldenCall]:
    yield call("argpartition", "$vector", 1)
    yield call("clip", "$x", -0.5, 1.0)
    yield call("clip", "$int", 0, 7)
    yield call("digitize", "$x", "$sorted")
    yield call("get_item", "$x", 1)
    yield call("get_item", "$x", (slice(None), slice(0, None, 2)))
    yield call("get_item", "$x", (..., None, slice(1, 3)))
    yield call("operator.getitem", "$x", (..., -1))
    yield call("operator.getitem", (4, 7, 9), slice(1, None))
    yield call("isin", "$int", ints([1, 4, 9]), invert=True)
    yield call("nan_to_num", "$wild", nan=1.5, posinf=9.0, neginf=-9.0)
    yield call("searchsorted", "$sorted", "$vector")
    yield call("searchsorted", "$sorted", "$sorted", side="right")
    yield call("select", ["$bool", "$bool_b"], ["$x", "$y"])
    yield call("select", ["$bool"], ["$x"], default=5.0)
    yield call("take", "$x", ints([2, 0]), axis=1)
    yield call("take", "$x", 4)
    yield call("take_along_axis", "$x", ints([[2, 0], [1, 1]]), axis=1)
    yield call("unique", ints([3, 1, 3, 2]), return_inverse=True, return_counts=True)
    yield call("unravel_index", ints([5, 1, 3]), (2, 3))
    yield call("where", "$bool", "$x", "$y")
    yield call("where", "$bool", "$x", 0.0)
    yield call("where", "$bool")
    yield call("diag", "$vector", k=1)
    yield call("diag", "$square", k=-1)
    yield call("diagflat", "$vector", k=-1)
    yield call("diagonal", "$square", offset=1)
    yield call("trace", "$general", offset=-1)
    yield call("tril", "$square", k=-1)
    yield call("triu", "$square", k=1)


def _products() -> Iterator[GoldenCall]:
    yield call("correlate", "$vector", "$vector_b", mode="full")
    yield call("cross", "$x", "$y")
    yield call("einsum", "ij,kj->ik", "$x", "$y")
    yield call("einsum", "...i->...", "$x")
    yield call("tensordot", "$x", "$y", axes=[[0, 1], [0, 1]])
    yield call("tensordot", "$square", "$general", axes=1)
    yield call("trapezoid", "$vector", x="$vector_b")
    yield call("trapezoid", "$vector", dx=0.5)
    yield call("vander", "$vector", N=2, increasing=True)
    yield call("operator.add", 3, 4)
    yield call("operator.floordiv", 7, 2)
    yield call("operator.mod", 7, 3)
    yield call("operator.truediv", 7, 2)


def _statistics() -> Iterator[GoldenCall]:
    yield call("average", "$x", weights="$positive")
    yield call("average", "$x", axis=1, weights="$above_one")
    yield call("bincount", ints([0, 2, 2, 5]))
    yield call("bincount", ints([0, 1, 1]), weights="$vector", minlength=4)
    yield call("diff", "$signal", n=2)
    yield call("histogram", "$vector", bins=4)
    yield call("histogram", ramp(7), bins=3, range=(-2.1, -0.6))
    yield call("isclose", "$x", "$x", rtol=1e-3, atol=1e-4)
    yield call("isclose", "$nan", "$nan", equal_nan=True)
    yield call("allclose", "$nan", "$nan", equal_nan=True)
    yield call("max", "$x", axis=0, initial=1.0)
    yield call("min", "$x", initial=-5.0)
    yield call("cumsum", "$int", axis=1, dtype="float32")
    yield call("prod", "$int", dtype="float32")
    yield call("quantile", "$x", tensor([0.25, 0.75]), axis=0, method="nearest")
    yield call("percentile", "$x", tensor([25.0, 75.0]), axis=0)
    yield call("round", tensor([1.234, -2.345, 0.5]), decimals=1)


def _linalg() -> Iterator[GoldenCall]:
    yield call("cholesky", "$square", upper=True)
    yield call("cholesky_inverse", "$general", upper=True)
    yield call("lstsq", "$tall", "$vector")
    yield call("matrix_rank", "$square", tol=1e-3)
    yield call("norm", "$x", ord=1, axis=1)
    yield call("norm", "$square", ord="fro")
    yield call("norm", "$vector", ord=3)
    yield call("pinv", "$square", rcond=1e-4)
    yield call("qr", "$tall", mode="complete")
    yield call("solve_triangular", "$square", "$tall", lower=True)
    yield call("svd", "$tall", compute_uv=False)
    yield call("svd", "$tall", full_matrices=False)
