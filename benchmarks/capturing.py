"""Capture, save and load of the antirectifier beside the peers that do something like it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

import lamina

BATCH, WIDTH = 32, 64


def antirectifier(x: Any) -> Any:
    """The example of the Keras documents, in 11 operations."""
    x = x - ops.mean(x, axis=1, keepdims=True)
    x = x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), 1e-12))
    return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)


def rows() -> dict[str, dict[str, Callable[[], Any]]]:
    """The functions to time, by row and name."""
    config = lamina.Lambda(antirectifier).get_config()
    expression = lamina.capture(antirectifier)
    text = expression.dumps()
    return {
        "capture": {"lamina": lambda: lamina.capture(antirectifier), **_peers()},
        "save": {"lamina": expression.dumps},
        "load": {
            "lamina expression": lambda: lamina.Expression.loads(text),
            "lamina layer": lambda: lamina.Lambda.from_config(config),
        },
    }


def sizes() -> dict[str, int]:
    """Bytes of what is saved."""
    layer = lamina.Lambda(antirectifier)
    return {
        "lamina expression": len(lamina.capture(antirectifier).dumps()),
        "lamina layer config": len(json.dumps(layer.get_config())),
    }


def _peers() -> dict[str, Callable[[], Any]]:
    return {**_jax_export(), **_torch_fx(), "keras.layers.Lambda (build)": _keras_lambda}


def _keras_lambda() -> Any:
    return keras.Sequential([keras.Input((WIDTH,)), keras.layers.Lambda(antirectifier)])


def _jax_export() -> dict[str, Callable[[], Any]]:
    import jax
    import jax.numpy as jnp
    from jax import export

    def function(x: Any) -> Any:
        x = x - jnp.mean(x, axis=1, keepdims=True)
        x = x * jax.lax.rsqrt(jnp.maximum(jnp.sum(jnp.square(x), axis=1, keepdims=True), 1e-12))
        return jnp.concatenate([jax.nn.relu(x), jax.nn.relu(-x)], axis=1)

    shape = jax.ShapeDtypeStruct(export.symbolic_shape(f"b, {WIDTH}"), np.float32)
    return {"jax.export": lambda: export.export(jax.jit(function))(shape)}


def _torch_fx() -> dict[str, Callable[[], Any]]:
    import torch

    def function(x: Any) -> Any:
        x = x - torch.mean(x, dim=1, keepdim=True)
        x = x * torch.rsqrt(torch.clamp(torch.sum(torch.square(x), dim=1, keepdim=True), min=1e-12))
        return torch.cat([torch.relu(x), torch.relu(-x)], dim=1)

    return {"torch.fx.symbolic_trace": lambda: torch.fx.symbolic_trace(function)}
