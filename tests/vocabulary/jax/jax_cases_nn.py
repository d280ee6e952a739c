"""`jax.nn`, convolutions, windows, linear algebra, images and special functions."""

from __future__ import annotations

import numpy as np
from jax_cases import bools, case, floats, halves, ints, lax, loose, positive, runs, simplex, spd, variants


def nn(names: str) -> str:
    return " ".join(f"nn.{name}" for name in names.split())


x, n, h = floats(2, 3, 4), ints(9, 2, 3, low=-4), halves(2, 3)
mask = bools(2, 3, 4)
mask[..., 0] = True
wide = mask | (np.arange(4) == 3)  # of one element the variance is what rounding leaves
_ACTIVATIONS = nn(
    """celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh identity leaky_relu log_sigmoid mish relu relu6
    selu sigmoid silu soft_sign softplus sparse_plus sparse_sigmoid squareplus swish tanh"""
)
for value in (3 * x, h):
    case(_ACTIVATIONS, value)
case(" ".join(n_ for n_ in _ACTIVATIONS.split() if n_ not in nn("sigmoid silu swish").split()), n)
case(nn("elu celu"), x, 0.7)
case(nn("elu celu"), x, alpha=positive(4))
case(nn("leaky_relu"), x, 0.3)
case(nn("leaky_relu"), x, negative_slope=positive(4))
case(nn("gelu"), x, approximate=False)
case(nn("squareplus"), x, b=2.0)
case(nn("squareplus"), x, b=positive(4))
variants(nn("glu"), (x,), {}, {"axis": 0})
case(nn("log1mexp"), np.array([1e-3, 0.5, 0.7, 3.0, 20.0], "float32"))
_SOFT = nn("softmax log_softmax logsumexp logmeanexp")
variants(_SOFT, (x,), {}, {"axis": 1}, {"axis": (0, 2)}, {"axis": None})
case(_SOFT, h, axis=1)
case(_SOFT, n, axis=1)
variants(_SOFT, (x,), {"where": mask}, {"where": mask, "axis": -1})
variants(nn("logsumexp"), (x,), {"axis": 1, "keepdims": True}, {"b": positive(2, 3, 4), "axis": 2},
         {"b": floats(2, 3, 4), "axis": 2, "return_sign": True}, {"axis": 1, "where": mask})  # fmt: skip
case(nn("logsumexp"), np.full((2, 3), -np.inf, "float32"), axis=1)
case(nn("logmeanexp"), x, axis=1, keepdims=True)
variants(nn("standardize"), (x,), {}, {"axis": (1, 2)}, {"epsilon": 0.1}, {"algorithm": "stable"},
         {"where": wide}, {"mean": floats(2, 3, 1)},
         {"mean": floats(2, 3, 1), "variance": positive(2, 3, 1)})  # fmt: skip
for options in ({}, {"axis": 0}, {"axis": 1}):
    case(nn("one_hot"), np.array([[0, 2, -1], [1, 5, 3]], "int32"), 4, **options)
runs(nn("one_hot"), lambda jax, n: jax.nn.one_hot(n, 3, dtype=jax.numpy.bfloat16), np.array([0, 2], "int32"))
q, k, v = floats(2, 5, 4, 8), floats(2, 6, 4, 8), floats(2, 6, 4, 8)
_attention = nn("dot_product_attention")
loose(1e-4, _attention, q, k, v)
loose(1e-4, _attention, q, floats(2, 6, 2, 8), floats(2, 6, 2, 8))
loose(1e-4, _attention, q, k, v, bias=floats(2, 4, 5, 6))
loose(1e-4, _attention, q, k, v, mask=np.tril(np.ones((5, 6), bool))[None, None])
loose(1e-4, _attention, q, k, v, is_causal=True, scale=0.5)
loose(1e-4, _attention, q, k, v, local_window_size=(1, 2))
loose(1e-4, _attention, q, k, v, key_value_seq_lengths=np.array([3, 6], "int32"))
loose(1e-4, _attention, q, k, v, query_seq_lengths=np.array([3, 5], "int32"))
loose(1e-4, _attention, q[0], k[0], v[0])
case(_attention, halves(2, 5, 4, 8), halves(2, 6, 4, 8), halves(2, 6, 4, 8))

image, kernel = floats(2, 7, 6, 4), floats(3, 2, 4, 5)
first, first_kernel = floats(2, 4, 7, 6), floats(5, 4, 3, 2)
_conv = lax("conv_general_dilated")
_NHWC = ("NHWC", "HWIO", "NHWC")
for padding in ("SAME", "VALID", "SAME_LOWER", [(1, 2), (0, 1)]):
    for strides in ((1, 1), (2, 3)):
        loose(1e-4, _conv, first, first_kernel, strides, padding)
        loose(1e-4, _conv, image, kernel, strides, padding, dimension_numbers=_NHWC)
loose(1e-4, _conv, image, kernel, (1, 1), "SAME", rhs_dilation=(2, 2), dimension_numbers=_NHWC)
loose(1e-4, _conv, image, kernel, (1, 1), [(1, 1), (1, 1)], lhs_dilation=(2, 3), dimension_numbers=_NHWC)
loose(1e-4, _conv, image, kernel, (1, 1), [(-1, 1), (1, -1)], dimension_numbers=_NHWC)
loose(1e-4, _conv, image, floats(3, 2, 2, 6), (1, 1), "SAME", dimension_numbers=_NHWC, feature_group_count=2)
loose(1e-4, _conv, image, floats(3, 2, 1, 8), (1, 1), "SAME", dimension_numbers=_NHWC, feature_group_count=4)
loose(1e-4, _conv, floats(2, 9, 3), floats(3, 3, 4), (2,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"))
loose(1e-4, _conv, floats(2, 9, 3), floats(3, 3, 4), (1,), "SAME", dimension_numbers=("NWC", "WIO", "NCW"))
loose(1e-4, lax("conv"), first, first_kernel, (1, 2), "SAME")
loose(1e-4, lax("conv_with_general_padding"), first, first_kernel, (1, 1), [(1, 1), (0, 0)], (2, 1), (1, 2))
for padding in ("SAME", "VALID", [(1, 1), (2, 0)]):
    for strides in ((1, 1), (2, 2), (3, 2)):
        loose(1e-4, lax("conv_transpose"), image, kernel, strides, padding)
loose(1e-4, lax("conv_transpose"), image, floats(3, 2, 5, 4), (2, 2), "SAME", transpose_kernel=True)
loose(1e-4, lax("conv_transpose"), image, kernel, (2, 2), "SAME", rhs_dilation=(2, 1))
case(lax("conv_general_dilated_patches"), first, (3, 2), (1, 1), "VALID")
case(lax("conv_general_dilated_patches"), image, (2, 2), (2, 2), "SAME", dimension_numbers=_NHWC)
runs(
    lax("conv_dimension_numbers"),
    lambda jax, x, k: jax.lax.conv_general_dilated(
        x, k, (1, 1), "SAME", dimension_numbers=jax.lax.conv_dimension_numbers(x.shape, k.shape, _NHWC)
    ),
    image,
    kernel,
    tolerance=1e-4,
)
for name, start in (("add", 0.0), ("max", -np.inf), ("min", np.inf), ("mul", 1.0)):
    for window, strides, padding in (
        ((1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
        ((1, 3, 2, 1), (1, 1, 1, 1), "SAME"),
        ((1, 3, 3, 1), (1, 2, 2, 1), [(0, 0), (1, 1), (0, 2), (0, 0)]),
    ):
        runs(
            lax("reduce_window"),
            lambda jax, x, name=name, start=start, args=(window, strides, padding): jax.lax.reduce_window(
                x, start, getattr(jax.lax, name), *args
            ),
            image,
        )
runs(lax("reduce_window"), lambda jax, x: jax.lax.reduce_window(
    x, 0.5, jax.lax.add, (1, 2, 2, 1), None, "VALID", None, (1, 2, 1, 1)), image)  # fmt: skip
runs(
    lax("reduce_window"), lambda jax, x: jax.lax.reduce_window(x, 3, jax.lax.max, (2, 2), (1, 1), "VALID"), n
)

a, s = floats(3, 3) + 3 * np.eye(3, dtype="float32"), spd(2)


def linalg(names: str) -> str:
    return " ".join(f"numpy.linalg.{name}" for name in names.split())


loose(1e-4, linalg("inv det slogdet cond"), a)
loose(1e-4, linalg("inv det"), s)
loose(1e-4, linalg("solve"), a, floats(3))
loose(1e-4, linalg("solve"), s, floats(2, 3, 2))
loose(1e-4, linalg("cholesky"), s)
loose(1e-4, linalg("cholesky"), s, upper=True)
loose(1e-4, linalg("eigvalsh"), s)
runs(linalg("eigh"), lambda jax, s: _rebuilt(jax, *jax.numpy.linalg.eigh(s)), spd(), tolerance=1e-3)
runs(
    linalg("qr"), lambda jax, a: (lambda f: f[0] @ f[1])(jax.numpy.linalg.qr(a)), floats(4, 3), tolerance=1e-4
)
runs(linalg("qr"), lambda jax, a: abs(jax.numpy.linalg.qr(a, mode="r")), floats(4, 3), tolerance=1e-4)
runs(linalg("svd"), lambda jax, a: (lambda f: (f[0] * f[1]) @ f[2])(jax.numpy.linalg.svd(a, full_matrices=False)),
     floats(4, 3), tolerance=1e-4)  # fmt: skip
case(linalg("svdvals"), floats(4, 3))
runs(linalg("svd"), lambda jax, a: jax.numpy.linalg.svd(a, compute_uv=False), floats(4, 3), tolerance=1e-4)


def _rebuilt(jax, values, vectors):
    return (vectors * values) @ jax.numpy.swapaxes(vectors, -1, -2), values


for order in (None, "fro", "nuc", 1, 2, np.inf, -np.inf):
    loose(1e-4, linalg("norm"), a, ord=order)
    loose(1e-4, linalg("norm"), x, ord=order, axis=(1, 2), keepdims=True)
for order in (None, 1, 2, 3, 0, np.inf, -np.inf):
    loose(1e-4, linalg("norm"), x, ord=order, axis=-1)
case(linalg("norm"), x)
case(linalg("norm"), x, axis=1, keepdims=True)
case(linalg("matrix_norm"), x)
case(linalg("vector_norm"), x, axis=1)
case(linalg("vector_norm"), x, axis=-1, ord=1, keepdims=True)
loose(1e-3, linalg("pinv"), floats(4, 3))
loose(1e-3, linalg("pinv"), a, rtol=1e-3)
case(linalg("matrix_rank"), a)
case(linalg("matrix_rank"), np.ones((3, 3), "float32"), rtol=1e-3)
loose(1e-4, linalg("matrix_power"), a, 3)
loose(1e-3, linalg("matrix_power"), a, -2)
loose(1e-4, linalg("multi_dot"), [floats(2, 3), floats(3, 4), floats(4, 2)])
loose(1e-3, linalg("lstsq"), floats(5, 3), floats(5))
case(linalg("matrix_transpose diagonal trace"), x)
case(linalg("matmul"), floats(2, 3), floats(3, 2))
case(linalg("outer"), floats(2), floats(3))
case(linalg("cross"), floats(2, 3), floats(2, 3))
case(linalg("cross"), floats(3, 2), floats(3, 2), axis=0)
case(linalg("vecdot"), x, x)
case(linalg("tensordot"), x, floats(3, 4, 2))


def scipy(names: str) -> str:
    return " ".join(f"scipy.linalg.{name}" for name in names.split())


loose(1e-4, scipy("cholesky"), s[0])
loose(1e-4, scipy("cholesky"), s[0], lower=True)
loose(1e-4, scipy("inv det"), a)
loose(1e-4, scipy("solve"), a, floats(3))
for options in ({}, {"lower": True}, {"lower": True, "trans": 1}, {"unit_diagonal": True}):
    loose(1e-4, scipy("solve_triangular"), a, floats(3, 2), **options)
    loose(1e-4, scipy("solve_triangular"), a, floats(3), **options)
runs(scipy("cho_factor cho_solve"), lambda jax, s, b: jax.scipy.linalg.cho_solve(
    jax.scipy.linalg.cho_factor(s, lower=True), b), spd(), floats(3), tolerance=1e-4)  # fmt: skip
runs(scipy("cho_solve"), lambda jax, s, b: jax.scipy.linalg.cho_solve(
    jax.scipy.linalg.cho_factor(s), b), spd(), floats(3, 2), tolerance=1e-4)  # fmt: skip
runs(scipy("eigh"), lambda jax, s: jax.scipy.linalg.eigh(s, eigvals_only=True), spd(), tolerance=1e-4)
runs(scipy("svd"), lambda jax, a: jax.scipy.linalg.svd(a, compute_uv=False), floats(4, 3), tolerance=1e-4)
case(scipy("block_diag"), floats(2, 2), floats(1, 3), floats(2))
case(scipy("toeplitz"), floats(3))
case(scipy("toeplitz"), floats(3), floats(4))
runs(lax("linalg.cholesky"), lambda jax, s: jax.lax.linalg.cholesky(s), spd(), tolerance=1e-4)

for method in "nearest linear bilinear cubic lanczos3 lanczos5".split():
    for shape in ((2, 5, 4, 4), (2, 11, 9, 4), (2, 7, 3, 4)):
        loose(1e-4, "image.resize", image, shape, method)
    loose(1e-4, "image.resize", image, (2, 4, 4, 4), method, antialias=False)
case("image.resize", ints(255, 4, 4), (2, 3), "linear")
case("image.resize", ints(255, 4, 4), (2, 3), "nearest")
runs(
    "image.resize",
    lambda jax, x: jax.image.resize(x, (x.shape[0], 3, 3, x.shape[-1]), "bilinear"),
    image,
    tolerance=1e-4,
)
for name in "NEAREST LINEAR CUBIC LANCZOS3 LANCZOS5".split():
    runs(
        f"image.ResizeMethod.{name}",
        lambda jax, x, name=name: jax.image.resize(x, (2, 3, 3, 4), getattr(jax.image.ResizeMethod, name)),
        image,
        tolerance=1e-4,
    )
runs("image.scale_and_translate", lambda jax, x: jax.image.scale_and_translate(
    x, (2, 5, 5, 4), (1, 2), np.array([0.6, 0.8], "float32"), np.array([0.5, -0.2], "float32"), "linear"),
    image, tolerance=1e-4)  # fmt: skip


def special(names: str) -> str:
    return " ".join(f"scipy.special.{name}" for name in names.split())


u = positive(2, 3)
_SPECIAL = special("erf erfc erfinv expit i0 i0e gammaln loggamma gamma digamma ndtri ndtr logit entr")
loose(1e-4, _SPECIAL, u)
loose(1e-4, special("erf erfc expit i0 i0e ndtr entr gammasgn"), 2 * x)
loose(1e-4, special("gammaln gamma digamma factorial"), np.array([0.5, 1.0, 2.5, 6.0], "float32"))
loose(1e-3, special("gammaln gammasgn"), np.array([-0.5, -1.5, -2.3], "float32"))
case(special("expit erf"), n)
loose(1e-4, special("xlogy xlog1py rel_entr kl_div betaln beta"), u, positive(3))
case(special("xlogy xlog1py"), np.array([0.0, 1.0], "float32"), np.array([0.0, 2.0], "float32"))
case(special("rel_entr kl_div"), np.array([0.0, 1.0, 1.0], "float32"), np.array([0.0, 2.0, 0.0], "float32"))
loose(1e-4, special("boxcox"), u, np.array([0.0, 0.5, 2.0], "float32"))
runs(special("multigammaln"), lambda jax, x: jax.scipy.special.multigammaln(x, 3), u + 3, tolerance=1e-4)
variants(special("softmax log_softmax"), (x,), {}, {"axis": 1}, {"axis": (0, 2)})
case(special("logsumexp"), x, axis=1)


def stats(names: str) -> str:
    return " ".join(f"scipy.stats.{name}" for name in names.split())


_DENSITIES = stats("norm.logpdf norm.pdf norm.cdf norm.sf norm.logcdf laplace.logpdf laplace.pdf laplace.cdf "
                   "logistic.logpdf logistic.pdf logistic.cdf cauchy.logpdf cauchy.pdf")  # fmt: skip
loose(1e-4, _DENSITIES, 2 * x)
loose(1e-4, _DENSITIES, x, 0.5, 2.0)
loose(1e-4, _DENSITIES, x, loc=floats(4), scale=positive(4))
loose(1e-4, stats("norm.logcdf"), np.array([-12.0, -6.0, -5.1, -4.9, 0.0, 5.0], "float32"))
loose(1e-4, stats("norm.ppf"), u)
loose(1e-4, stats("expon.logpdf expon.pdf expon.cdf"), 3 * u - 0.5)
loose(1e-4, stats("uniform.logpdf uniform.pdf uniform.cdf"), 3 * u - 0.5)
loose(1e-4, stats("bernoulli.logpmf bernoulli.pmf"), ints(2, 3), positive(3))
loose(1e-4, stats("poisson.logpmf poisson.pmf"), ints(6, 2, 3), 3 * positive(3))
loose(1e-4, stats("gamma.logpdf gamma.pdf"), 3 * u, 2.5)
loose(1e-4, stats("beta.logpdf beta.pdf"), u, 2.0, 3.0)
loose(1e-4, stats("t.logpdf t.pdf"), x, 4.0)
loose(1e-4, stats("multivariate_normal.logpdf multivariate_normal.pdf"), floats(5, 3), floats(3), spd())
_ = simplex
