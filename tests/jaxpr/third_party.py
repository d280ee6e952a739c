"""What a library for JAX looks like: compiled helpers, derivatives of its own, names that no vocabulary has."""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.jit
def huber(x, delta=1.0):
    size = jnp.abs(x)
    return jnp.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))


def entropy(x):
    p = jax.nn.softmax(x)
    return jax.scipy.special.entr(p).sum(-1) + jax.scipy.special.logsumexp(x, axis=-1)


@jax.custom_vjp
def straight_through(x):
    return jnp.round(x)


straight_through.defvjp(lambda x: (jnp.round(x), None), lambda kept, slope: (slope * 3,))


@jax.custom_jvp
def bent(x):
    return x**2


bent.defjvp(lambda inputs, changes: (inputs[0] ** 2, 5 * changes[0]))
