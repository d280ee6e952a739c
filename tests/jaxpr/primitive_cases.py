"""Functions of JAX for each primitive of lax that is lowered, with arrays for them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from third_party import bent, straight_through

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(4, 6)).astype("float32")
Y = RANDOM.normal(size=(4, 6)).astype("float32")
P = RANDOM.uniform(0.1, 0.9, size=(4, 6)).astype("float32")
I = RANDOM.integers(-5, 6, size=(4, 6)).astype("int32")  # noqa: E741
B = X > 0
HALVES = (I / 2).astype("float32")
Z = (X + 1j * Y).astype("complex64")
IMAGES = RANDOM.normal(size=(2, 7, 8, 2)).astype("float32")
KERNEL = RANDOM.normal(size=(3, 3, 2, 4)).astype("float32")
PLACES = np.array([0, -1, 2, 1], "int32")


def same(x):
    return x


def pooled(computation, start, window=(1, 2, 2, 1), strides=(1, 2, 1, 1)):
    return lambda x: lax.reduce_window(x, start, computation, window, strides, "SAME")


def conv(padding="SAME", layout=("NHWC", "HWIO", "NHWC"), strides=(2, 1), **options):
    return lambda x: lax.conv_general_dilated(
        x, jnp.asarray(KERNEL), strides, padding, dimension_numbers=layout, **options
    )


ELEMENTWISE = {
    "abs cos sin tan tanh sinh cosh asinh atan exp exp2 expm1 floor ceil sign square cbrt logistic erf neg": X,
    "acos asin atanh erf_inv log log1p rsqrt sqrt": P,
    "acosh": P + 1.5,
}
UNARY = {name: (getattr(lax, name), x) for names, x in ELEMENTWISE.items() for name in names.split()}
BINARY = {
    name: (getattr(lax, name), X, Y)
    for name in "add sub mul div rem max min atan2 eq ne ge gt le lt nextafter".split()
}
CASES = {
    **UNARY,
    **BINARY,
    "erfc": (lax.erfc, X),
    "pow": (lax.pow, P, X),
    "clamp": (lambda x: lax.clamp(-0.5, x, 0.5), X),
    "clamp tensors": (lambda x, y: lax.clamp(-lax.abs(y), x, lax.abs(y)), X, Y),
    "integer_pow": (lambda x: (x**2, x**3, x**-2), P),
    "integers": (
        lambda x: (x // 3, x % 4, lax.div(x, 3), lax.rem(x, 4), x >> 1, x << 1, x & 3, x | 4, x ^ 5, ~x, -x),
        I,
    ),
    "integer sums": (lambda x: (jnp.cumsum(x, 1), x.sum(0), x.prod(1), x.max(), x.astype("uint8")), I),
    "booleans": (lambda x: (~x, x & x[::-1], x | x[::-1], x ^ x[::-1], x.all(0), x.any(1), x.sum()), B),
    "is_finite": (lambda x: jnp.isfinite(1 / jnp.maximum(x, 0)), X),
    "complex": (lambda x, y: jnp.real(lax.complex(x, y) * 2), X, Y),
    "real imag conj": (lambda z: (jnp.real(z), jnp.imag(z), jnp.conj(z)), Z),
    "round": (lambda x: (jnp.round(x), lax.round(x * 2, lax.RoundingMethod.AWAY_FROM_ZERO)), X),
    "round halves": (lambda x: (jnp.round(x), lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO)), HALVES),
    "select_n": (lambda x: jnp.where(x > 0, x, 0.0), X),
    "select_n row": (lambda x: jnp.where(x[:1] > 0, x, 1.0), X),
    "select_n scalar": (lambda x: lax.select_n(x[0, 0] > 0, x, -x), X),
    "select_n integer": (lambda x: lax.select_n(jnp.int32(abs(x)) % 3, x, x * 2, x * 3), X),
    "select two numbers": (lambda x: jnp.where(x > 0, 1.0, -1.0), X),
    "convert": (lambda x: (x.astype(int), x.astype("float16"), x.astype(bool), (x > 0).astype("float32")), X),
    "reduce_precision": (lambda x: lax.reduce_precision(x, 8, 23), X),
    "stop_gradient": (lambda x: lax.stop_gradient(x) * x, X),
    "optimization_barrier": (lambda x: lax.optimization_barrier((x, x + 1))[1], X),
    "total order": (lambda x: jnp.searchsorted(jnp.sort(x[0]), x, method="compare_all"), X),
    "median": (lambda x: jnp.median(x, axis=1), X),
    "broadcast": (lambda x: (jnp.broadcast_to(x[0], (4, 6)) + 1, x[:, None] * x[None, :, :]), X),
    "broadcast output": (lambda x: (jnp.broadcast_to(x.sum(1, keepdims=True), x.shape), jnp.ones_like(x)), X),
    "concatenate": (lambda x: jnp.concatenate([x, x * 2, x], 0), X),
    "split": (lambda x: (jnp.split(x, 3, 1), jnp.split(x, [1, 2], 1)), X),
    "reshape": (lambda x: (x.reshape(x.shape[0] * 2, -1), x.ravel(), x.reshape(-1, 2, 3)), X),
    "size": (lambda x: x * x.shape[0] + x.size, X),
    "transpose": (lambda x: (x.T, jnp.swapaxes(x[:, None], 0, 1)), X),
    "squeeze": (lambda x: (x[:, :1].squeeze(1), x[:1, :1].squeeze()), X),
    "rev roll": (lambda x: (jnp.flip(x), jnp.roll(x, 1, 1), jnp.roll(x, (2, 3), (0, 1))), X),
    "slice": (lambda x: (x[:, ::2][1:], x[1:, 1:3], x[-1], x[..., -2:], x[:-1]), X),
    "pad": (lambda x: jnp.pad(x, ((1, 0), (2, 3)), constant_values=1.0), X),
    "pad between": (lambda x: lax.pad(x, 0.5, [(0, 1, 2), (-1, -2, 1)]), X),
    "pad modes": (lambda x: jnp.pad(x, ((0, 0), (2, 3)), mode="reflect"), X),
    "iota": (lambda x: (jnp.arange(6) + x, jnp.arange(x.shape[0]), jnp.eye(300)[:2, :6] + x[:1]), X),
    "tril": (lambda x: jnp.tril(x), X),
    "sort": (lambda x: (jnp.sort(x, 1), jnp.sort(x, 0), jnp.argsort(x, 0)), X),
    "sort pairs": (lambda x, y: lax.sort((x, y), dimension=1, num_keys=1), X, Y),
    "sort by several keys": (lambda x, y: lax.sort((x, y, x * y), dimension=0, num_keys=3), I, I.T.reshape(4, 6)),
    "lexsort": (lambda x, i: jnp.lexsort((x, i % 2, i), axis=1), X, I),
    "top_k": (lambda x: lax.top_k(x, 2), X),
    "reduce": (lambda x: (x.sum(), x.mean(0), x.prod(1), x.max((0, 1)), x.min(1), jnp.var(x, 0), jnp.std(x)), X),
    "logsumexp": (lambda x: jax.scipy.special.logsumexp(x, axis=1), X),
    "argmax": (lambda x: (jnp.argmax(x, 1), jnp.argmin(x, 0), jnp.argmax(x)), X),
    "cumulative": (lambda x: (jnp.cumsum(x, 1), jnp.cumprod(x, 1), lax.cumsum(x, 0, reverse=True)), X),
    "cumulative extremes": (lambda x: (lax.cummax(x, 1, reverse=True), lax.cummin(x, 0), lax.cumlogsumexp(x, 1)), X),
    "reduce_window": (pooled(lax.max, -jnp.inf), IMAGES),
    "reduce_window_sum": (pooled(lax.add, 0.0, (1, 3, 2, 1), (1, 1, 2, 1)), IMAGES),
    "dot_general": (lambda x: (x @ x.T, x @ jnp.ones((6, 2)), x[0] @ x[1], jnp.outer(x[0], x[1])), X),
    "einsum": (lambda x: jnp.einsum("bij,bjk->bik", x[:, :, None], x[:, None, :]), X),
    "tensordot": (lambda x: jnp.tensordot(x, jnp.ones((2, 6, 3)), ((1,), (1,))), X),
    "conv": (conv(), IMAGES),
    "conv explicit": (conv([(0, 2), (1, 0)], strides=(1, 1), rhs_dilation=(2, 1)), IMAGES),
    "conv first": (conv("VALID", ("NHWC", "HWIO", "NCHW")), IMAGES),
    "conv transposed": (lambda x: lax.conv_transpose(x, jnp.asarray(KERNEL), (2, 2), "SAME"), IMAGES),
    "conv grouped": (
        lambda x: conv(strides=(1, 1), feature_group_count=2)(jnp.concatenate([x, x], -1)), IMAGES,
    ),
    "convolve": (lambda x: jax.scipy.signal.convolve(x[0], x[1][:3]), X),
    "cholesky": (lambda x: jnp.linalg.cholesky(x.T @ x + 3 * jnp.eye(6)), X),
    "triangular_solve": (
        lambda x: jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(x.T @ x + 3 * jnp.eye(6)), x.T), X,
    ),
    "triangular_solve right": (
        lambda x: lax.linalg.triangular_solve(jnp.eye(6) * 2 + jnp.tril(x.T @ x), x, lower=True), X,
    ),
    "eigh": (lambda x: jnp.linalg.eigh(x.T @ x)[0], X),
    # The signs of columns are those of the backend.
    "qr": (lambda x: (jnp.abs(jnp.linalg.qr(x.T)[1]), jnp.abs(jnp.linalg.qr(x.T, mode="complete")[0][:, :4])), X),
    "svd": (lambda x: (jnp.linalg.svd(x)[1], jnp.abs(jnp.linalg.svd(x, full_matrices=False)[2])), X),
    "singular values": (lambda x: (jnp.linalg.svd(x, compute_uv=False), jnp.linalg.norm(x, 2)), X),
    "pinv": (lambda x: jnp.linalg.pinv(x.T @ x + jnp.eye(6)), X),
    "fft": (lambda x: (jnp.fft.fft(x), jnp.fft.ifft2(x.reshape(-1, 2, 3)), jnp.fft.fft(x, 8)), X),
    "fft of reals": (lambda x: (jnp.fft.irfft(jnp.fft.rfft(x), 6), jnp.fft.rfft2(x.reshape(-1, 3, 2))), X),
    "gamma": (lambda x: (lax.lgamma(x * 3), lax.digamma(x + 1), lax.bessel_i0e(x)), P),
    "beta": (lambda x: jax.scipy.special.betaln(x, 2.0), P),
    "bits": (lambda x, i: (lax.bitcast_convert_type(x, jnp.int32), lax.population_count(i)), X, I),
    "gather list": (lambda x: x[jnp.array([0, 1])], X),
    "gather rows": (lambda x, i: x[i], X, PLACES),
    "gather pairs": (lambda x, i: x[i[:, None], jnp.array([0, 5, 3, 1])], X, PLACES),
    "gather one": (lambda x: jnp.take(x, 1, axis=0), X),
    "gather outside": (lambda x: jnp.take(x, jnp.array([1, 9]), axis=1), X),
    "gather clipped": (lambda x: jnp.take(x, jnp.array([1, 9]), axis=1, mode="clip"), X),
    "gather along": (lambda x: jnp.take_along_axis(x, jnp.argsort(x, 1), axis=1), X),
    "gather windows": (lambda x: jax.vmap(lambda i: lax.dynamic_slice(x[0], (i,), (2,)))(jnp.array([0, 3, 9])), X),
    "dynamic_slice": (lambda x: lax.dynamic_slice(x, (jnp.int32(x[0, 0]), 2), (1, 3)), X),
    "dynamic_index": (lambda x: lax.dynamic_index_in_dim(x, jnp.int32(x[0, 0] * 4), 1), X),
    "dynamic_update_slice": (lambda x: lax.dynamic_update_slice(x, jnp.ones((1, 2)), (0, jnp.int32(x[0, 0]) + 1)), X),
    "scatter": (lambda x: (x.at[:, 0].set(0.0), x.at[0, 1:3].set(2.0)), X),
    "scatter_add": (lambda x: (x.at[0, jnp.array([1, 1, 2])].add(2.0), x.at[:, 1].add(x[:, 0])), X),
    "scatter_mul": (lambda x: x.at[:, 1].multiply(3.0), X),
    "scatter_max": (lambda x: (x.at[0, jnp.array([1, 2])].max(0.0), x.at[:, 3].min(0.0)), X),
    "scatter outside": (lambda x: x.at[0, jnp.array([1, 9])].add(2.0), X),
    "segment_sum": (lambda x: jax.ops.segment_sum(x.T, jnp.array([0, 1, 0, 1, 2, 0]), 3), X),
    "jit": (jax.jit(lambda x: jnp.tanh(x) + 1), X),
    "remat": (jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))), X),
    "custom_vjp": (straight_through, X),
    "custom_jvp": (bent, X),
    "activations": (
        lambda x: (jax.nn.relu(x), jax.nn.gelu(x), jax.nn.silu(x), jax.nn.elu(x), jax.nn.log_softmax(x)), X,
    ),
    "grad": (jax.grad(lambda x: (jnp.tanh(x) * jax.nn.relu(x)).sum()), X),
    "vmap": (jax.vmap(lambda row: jnp.dot(row, row)), X),
    "cond": (lambda x: lax.cond(x.sum() > 0, lambda v: v * 2, lambda v: -v, x), X),
    "switch": (lambda x: lax.switch(jnp.int32(x[0, 0]), [same, jnp.negative, lambda v: v * 3], x), X),
    "while": (lambda x: lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * 2), (0, x)), X),
    "fori": (lambda x: lax.fori_loop(0, 3, lambda i, c: c + i * x, x), X),
    "scan": (lambda x: lax.scan(lambda c, r: (c + r, c * 2.0), jnp.zeros(6), x), X),
    "scan reverse": (lambda x: lax.scan(lambda c, r: (c * 0.5 + r, (c, r)), jnp.zeros(6), x, reverse=True), X),
    "scan no outputs": (lambda x: lax.scan(lambda c, r: (c * 0.5 + r, None), jnp.zeros(6), x, reverse=True)[0], X),
    "map": (lambda x: lax.map(lambda r: r * 2, x), X),
    "random": (lambda x: x + jax.random.normal(jax.random.key(0), (6,)), X),
    "interp": (lambda x: jnp.interp(x, jnp.arange(4.0), jnp.arange(4.0) ** 2), X),
    "two of one size": (lambda x, y: x + y * 2 - jnp.mean(x), X, Y),
    "two of two sizes": (lambda x, y: jnp.arange(y.shape[0]) + x.sum(), X, Y[:3]),
}  # fmt: skip
# The first size is unknown to the capture in these only where JAX can do without it.
FIXED: set[str] = set()
