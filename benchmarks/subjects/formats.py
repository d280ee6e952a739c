"""Ways to keep a function: capture it, save it, load it, call it."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

import lamina
from benchmarks.subjects.functions import WIDTH, antirectifier

FILE = Path(tempfile.mkdtemp(prefix="lamina-benchmarks-"))


@dataclass(frozen=True)
class Format:
    """One way to keep a function.

    Args:
        capture: The function as something that can be saved.
        save: To bytes, a text, or a path.
        load: What can be called.
    """

    capture: Callable[[], Any]
    save: Callable[[Any], Any]
    load: Callable[[Any], Callable[[Any], Any]]

    def size(self) -> int:
        """Bytes of what is saved."""
        saved = self.save(self.capture())
        if isinstance(saved, Path):
            files = [saved] if saved.is_file() else [path for path in saved.rglob("*") if path.is_file()]
            return sum(path.stat().st_size for path in files)
        return len(saved.encode() if isinstance(saved, str) else saved)


def formats(backend: str) -> dict[str, Format]:
    """The ways to keep the antirectifier that one backend has, lamina's first."""
    return {
        "lamina expression": Format(
            lambda: lamina.capture(antirectifier),
            lambda expression: expression.dumps(),
            lambda text: lamina.Expression.loads(text).run,
        ),
        "lamina.Lambda config": _config(lamina.Lambda, antirectifier, {}),
        "lamina.Lambda in .keras": _keras_file(lamina.Lambda, antirectifier, True),
        "keras.layers.Lambda config": _config(keras.layers.Lambda, by_bytecode(), {"safe_mode": False}),
        "keras.layers.Lambda in .keras": _keras_file(keras.layers.Lambda, by_bytecode(), False),
        **_NATIVE[backend](),
    }


def by_bytecode() -> Callable[[Any], Any]:
    """The antirectifier as Keras must have it to load it again: a lambda that imports what it uses."""

    def function(x: Any) -> Any:
        from keras import ops

        x = x - ops.mean(x, axis=1, keepdims=True)
        x = x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=1, keepdims=True), 1e-12))
        return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)

    function.__name__ = "<lambda>"  # another function is saved by its name alone
    return function


def _config(layer: Any, function: Callable[[Any], Any], options: dict[str, Any]) -> Format:
    return Format(
        lambda: layer(function),
        lambda captured: json.dumps(captured.get_config()),
        lambda text: layer.from_config(json.loads(text), **options),
    )


def _keras_file(layer: Any, function: Callable[[Any], Any], safe: bool) -> Format:
    path = FILE / f"{layer.__module__.partition('.')[0]}.keras"

    def save(model: keras.Model) -> Path:
        model.save(path)
        return path

    return Format(
        lambda: keras.Sequential([keras.Input((WIDTH,)), layer(function)]),
        save,
        lambda saved: keras.saving.load_model(saved, safe_mode=safe),
    )


def _in_jax() -> dict[str, Format]:
    import jax
    import numpy as np
    from jax import export

    from benchmarks.subjects import in_jax

    def capture() -> Any:
        shape = jax.ShapeDtypeStruct(export.symbolic_shape(f"b, {WIDTH}"), np.float32)
        return export.export(jax.jit(in_jax.antirectifier))(shape)

    return {
        "jax.export": Format(
            capture, lambda exported: exported.serialize(), lambda data: export.deserialize(data).call
        )
    }


def _in_tensorflow() -> dict[str, Format]:
    import tensorflow as tf

    from benchmarks.subjects import in_tensorflow

    folder = FILE / "saved_model"

    def capture() -> Any:
        module = tf.Module()
        module.call = tf.function(in_tensorflow.antirectifier)
        module.call.get_concrete_function(tf.TensorSpec((None, WIDTH), tf.float32))
        return module

    def save(module: Any) -> Path:
        tf.saved_model.save(module, str(folder))
        return folder

    return {"SavedModel": Format(capture, save, lambda path: tf.saved_model.load(str(path)).call)}


def _in_torch() -> dict[str, Format]:
    import torch

    from benchmarks.subjects import in_torch

    class Antirectifier(torch.nn.Module):
        def forward(self, x):  # torch.fx cannot save a module with annotations that are text
            return in_torch.antirectifier(x)

    def export() -> Any:
        batch = {"x": {0: torch.export.Dim("batch")}}
        return torch.export.export(Antirectifier(), (torch.zeros(32, WIDTH),), dynamic_shapes=batch)

    def written(write: Callable[[Any, Any], None], captured: Any) -> bytes:
        write(captured, buffer := io.BytesIO())
        return buffer.getvalue()

    return {
        "torch.export": Format(
            export,
            lambda program: written(torch.export.save, program),
            lambda data: torch.export.load(io.BytesIO(data)).module(),
        ),
        "torch.fx": Format(
            lambda: torch.fx.symbolic_trace(Antirectifier()),
            lambda module: written(torch.save, module),
            lambda data: torch.load(io.BytesIO(data), weights_only=False),
        ),
    }


_NATIVE = {"jax": _in_jax, "tensorflow": _in_tensorflow, "torch": _in_torch}
