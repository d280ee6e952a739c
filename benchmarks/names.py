"""Names of contenders and groups that the bars and the documents look up."""

from __future__ import annotations

LAMINA = "lamina"
COMPILED = "lamina, jit=True"
KERAS = "keras.layers.Lambda"
BY_HAND = "keras.Layer by hand"
EXPRESSION = "lamina expression"
EAGER = "antirectifier, batch 32"
COPY = "copy by the backend"
COPY_INTO = "copy by NumPy into an existing array"
KEPT = "throughput, freed memory kept"
COPIES = {COPY: "throughput", COPY_INTO: KEPT}  # and where each is the limit
# The raw function, compiled by the backend.
LIMITS = {
    "jax": ("raw, jax.jit",),
    "tensorflow": ("raw, tf.function", "raw, tf.function with XLA"),
    "torch": ("raw, torch.compile",),
}
