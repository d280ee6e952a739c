"""Functions as people write them in a Lambda with JAX, and inputs for each."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn, random, vmap

RANDOM = np.random.RandomState(11)


def floats(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def antirectifier(x):
    x = x - jnp.mean(x, axis=1, keepdims=True)
    x = x / jnp.linalg.norm(x, axis=1, keepdims=True)
    return jnp.concatenate([nn.relu(x), nn.relu(-x)], axis=1)


def siamese_distance(pair):
    a, b = pair
    return jnp.sqrt(jnp.maximum(jnp.sum(jnp.square(a - b), axis=-1, keepdims=True), 1e-7))


def cosine(pair):
    a, b = (v / jnp.clip(jnp.linalg.norm(v, axis=-1, keepdims=True), 1e-6) for v in pair)
    return jnp.einsum("bi,bi->b", a, b)[:, None]


def attention(inputs):
    q, k, v = inputs
    scores = jnp.matmul(q, jnp.swapaxes(k, -1, -2)) / jnp.sqrt(q.shape[-1])
    return nn.softmax(scores, axis=-1) @ v


def causal_attention(inputs):
    q, k, v = inputs
    scores = jnp.einsum("btd,bsd->bts", q, k) / math.sqrt(q.shape[-1])
    mask = jnp.tril(jnp.ones((q.shape[1], k.shape[1]), dtype=bool))
    scores = jnp.where(mask, scores, jnp.finfo(scores.dtype).min)
    return jnp.einsum("bts,bsd->btd", nn.softmax(scores), v)


def split_heads(x, heads=2):
    batch, length, size = x.shape
    return jnp.transpose(x.reshape(batch, length, heads, size // heads), (0, 2, 1, 3))


def merge_heads(x):
    batch, heads, length, size = x.shape
    return x.transpose(0, 2, 1, 3).reshape((batch, length, heads * size))


def multi_head(x):
    q = split_heads(x)
    weights = nn.softmax(q @ jnp.swapaxes(q, -1, -2), axis=-1)
    return merge_heads(weights @ q)


def vae_sampling(inputs, seed=3):
    mean, log_variance = inputs
    noise = random.normal(random.PRNGKey(seed), mean.shape, dtype=mean.dtype)
    return mean + jnp.exp(0.5 * log_variance) * noise


def noisy(x):
    key = random.key(0)
    first, second = random.split(key)
    keep = random.bernoulli(first, 0.9, x.shape)
    return jnp.where(keep, x + 0.1 * random.uniform(second, x.shape, minval=-1.0), 0.0)


def running_average(x):
    def step(carry, now):
        carry = 0.9 * carry + 0.1 * now
        return carry, carry

    _, outputs = lax.scan(step, jnp.zeros_like(x[:, 0]), jnp.swapaxes(x, 0, 1))
    return jnp.swapaxes(outputs, 0, 1)


def recurrent(x):
    weights = jnp.eye(x.shape[-1]) * 0.5

    def step(state, now):
        state = jnp.tanh(state @ weights + now)
        return state, None

    last, _ = lax.scan(step, jnp.zeros((x.shape[0], x.shape[-1])), jnp.moveaxis(x, 1, 0))
    return last


@jax.jit
def swish_like(x):
    return x * nn.sigmoid(1.702 * x)


@functools.partial(jax.jit, static_argnames="power")
def power_mean(x, power=3):
    return jnp.mean(jnp.abs(x) ** power, axis=-1) ** (1 / power)


normalize_rows = vmap(lambda row: (row - row.mean()) / (row.std() + 1e-6))
pairwise = vmap(vmap(lambda a, b: jnp.sum(jnp.abs(a - b)), in_axes=(None, 0)), in_axes=(0, 0))


def first_token_zeroed(x):
    return x.at[:, 0].set(0.0)


def accumulate(x):
    return x.at[:, np.array([0, 0, 1])].add(x[:, :3]).at[:, -1].multiply(2.0)


def masked_mean(x):
    mask = (jnp.sum(jnp.abs(x), axis=-1, keepdims=True) > 1.0).astype(x.dtype)
    return jnp.sum(x * mask, axis=1) / jnp.maximum(mask.sum(axis=1), 1.0)


def positions(x):
    length, size = x.shape[1], x.shape[2]
    place = jnp.arange(length)[:, None]
    rate = jnp.exp(jnp.arange(0, size, 2) * -(math.log(10000.0) / size))
    table = jnp.zeros((length, size))
    table = table.at[:, 0::2].set(jnp.sin(place * rate)).at[:, 1::2].set(jnp.cos(place * rate))
    return x + table[None]


def one_hot_and_sum(x):
    return nn.one_hot(x, 5).sum(axis=1)


def gather_last(inputs):
    x, lengths = inputs
    return jnp.take_along_axis(x, (lengths - 1)[:, None, None], axis=1)[:, 0]


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def blur(x):
    kernel = jnp.ones((3, 3, 1, 1)) / 9.0
    return lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def halved(x):
    return jax.image.resize(x, (x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]), method="bilinear")


def spectrum(x):
    return jnp.abs(jnp.fft.rfft(x * jnp.hanning(x.shape[-1]), axis=-1))


def branch(x):
    return lax.cond(jnp.mean(x) > 0, lambda v: jnp.log1p(jnp.abs(v)), lambda v: v**2, x)


def polynomial(x):
    return lax.fori_loop(0, 4, lambda i, total: total * x + (i + 1), jnp.zeros_like(x))


def layer_norm(x, eps=1e-6):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + eps)


def focal(pair):
    labels, logits = pair
    p = jnp.clip(nn.sigmoid(logits), 1e-7, 1 - 1e-7)
    return -jnp.mean(labels * (1 - p) ** 2 * jnp.log(p) + (1 - labels) * p**2 * jnp.log(1 - p), axis=-1)


def mixture(inputs):
    logits, means, x = inputs
    parts = jax.scipy.stats.norm.logpdf(x[:, None], means) + nn.log_softmax(logits)
    return nn.logsumexp(parts, axis=-1)


def structure(inputs):
    scaled = jax.tree.map(lambda leaf: 2 * leaf, {"a": inputs[0], "b": inputs[1]})
    return jnp.concatenate(jax.tree.leaves(scaled), axis=-1)


def rotary(x):
    a, b = jnp.split(x, 2, axis=-1)
    angles = jnp.outer(jnp.arange(x.shape[1]), 1.0 / 100 ** (jnp.arange(a.shape[-1]) / a.shape[-1]))
    sin, cos = jnp.sin(angles)[None], jnp.cos(angles)[None]
    return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def top_mask(x):
    values, _ = lax.top_k(x, 2)
    return jnp.where(x >= values[..., -1:], x, 0.0)


def imported_inside(x):
    import jax.numpy as np_

    return np_.cumsum(np_.flip(x, axis=-1), axis=-1)


PATTERNS = [
    (antirectifier, [floats(4, 6)]),
    (lambda x: x / jnp.linalg.norm(x, axis=-1, keepdims=True), [floats(4, 6)]),
    (lambda x: nn.gelu(x, approximate=False) * jnp.float32(0.5), [floats(4, 6)]),
    (siamese_distance, [floats(4, 6), floats(4, 6)]),
    (cosine, [floats(4, 6), floats(4, 6)]),
    (attention, [floats(2, 5, 4), floats(2, 6, 4), floats(2, 6, 4)]),
    (causal_attention, [floats(2, 5, 4), floats(2, 5, 4), floats(2, 5, 4)]),
    (multi_head, [floats(2, 5, 4)]),
    (vae_sampling, [floats(4, 3), floats(4, 3)]),
    (noisy, [floats(4, 3)]),
    (running_average, [floats(2, 5, 3)]),
    (recurrent, [floats(2, 5, 3)]),
    (swish_like, [floats(4, 3)]),
    (lambda x: power_mean(x, power=2), [floats(4, 3)]),
    (lambda x: normalize_rows(x), [floats(4, 5)]),
    (lambda pair: pairwise(*pair), [floats(3, 4, 2), floats(3, 5, 2)]),
    (first_token_zeroed, [floats(2, 5, 3)]),
    (accumulate, [floats(2, 5, 3)]),
    (masked_mean, [floats(2, 5, 3)]),
    (positions, [floats(2, 5, 4)]),
    (one_hot_and_sum, [RANDOM.randint(0, 5, (3, 4)).astype("int32")]),
    (gather_last, [floats(3, 5, 2), np.array([1, 5, 3], "int32")]),
    (pool, [floats(2, 6, 6, 3)]),
    (blur, [floats(2, 6, 6, 1)]),
    (halved, [floats(2, 6, 8, 3)]),
    (spectrum, [floats(3, 8)]),
    (branch, [floats(3, 4)]),
    (polynomial, [floats(3, 4)]),
    (layer_norm, [floats(3, 4, 5)]),
    (focal, [RANDOM.randint(0, 2, (3, 4)).astype("float32"), floats(3, 4)]),
    (mixture, [floats(3, 4), floats(3, 4), floats(3)]),
    (structure, [floats(3, 4), floats(3, 2)]),
    (rotary, [floats(2, 5, 4)]),
    (top_mask, [floats(3, 5)]),
    (imported_inside, [floats(3, 5)]),
]
