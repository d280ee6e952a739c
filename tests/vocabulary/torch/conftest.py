"""What the tests of this folder share."""

from __future__ import annotations

import keras
import pytest


@pytest.fixture(autouse=True, scope="package")
def quick_compilation():
    """JAX compiles each operation that is tested once; its optimisations would take most of the time."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
