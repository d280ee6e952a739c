"""The functions as users of JAX write them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.subjects.functions import pixel_scaling as pixel_scaling  # operators alone


def antirectifier(x: Any) -> Any:
    """See `functions.antirectifier`."""
    x = x - jnp.mean(x, axis=1, keepdims=True)
    x = x * jax.lax.rsqrt(jnp.maximum(jnp.sum(jnp.square(x), axis=1, keepdims=True), 1e-12))
    return jnp.concatenate([jax.nn.relu(x), jax.nn.relu(-x)], axis=1)


def siamese_distance(pair: Any) -> Any:
    """See `functions.siamese_distance`."""
    a, b = pair
    return jnp.sqrt(jnp.maximum(jnp.sum(jnp.square(a - b), axis=1, keepdims=True), 1e-7))


def vae_sampling(pair: Any, key: Any) -> tuple[Any, Any]:
    """See `functions.vae_sampling`; it takes the key, and returns the next one."""
    mean, log_variance = pair
    key, used = jax.random.split(key)
    return mean + jnp.exp(0.5 * log_variance) * jax.random.normal(used, mean.shape), key


def crop_and_resize(x: Any) -> Any:
    """See `functions.crop_and_resize`."""
    x = x[:, 8:56, 8:56, :]
    return jax.image.resize(x, (x.shape[0], 32, 32, 3), "bilinear", antialias=False)


def attention(x: Any) -> Any:
    """See `functions.attention`."""
    weights = jax.nn.softmax(jnp.einsum("bid,bjd->bij", x, x) * 0.125, axis=-1)
    return jnp.einsum("bij,bjd->bid", weights, x)
