"""The `Merge` layer of Keras 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from lamina.errors import ArchiveError
from lamina.layer import Lambda
from lamina.legacy.lambda_config import restore_lambda

Config = dict[str, Any]

_MODES: Mapping[str, str] = {
    "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot",
}  # fmt: skip
_FUNCTIONS = ("lambda", "function")


def merge_layer(config: Mapping[str, Any], names: Mapping[str, Any] | None = None) -> Any:
    """A layer that does what `Merge` of Keras 1 did.

    Args:
        config: The config of the `Merge` layer.
        names: Values for names that a saved function does not contain.

    Raises:
        ArchiveError: The mode is unknown.

    Example:
        >>> merge_layer({"mode": "sum", "mode_type": "raw", "name": "merge_1"})
        <Add name=merge_1, built=False>
    """
    name, mode = config.get("name"), config.get("mode")
    if config.get("mode_type") in _FUNCTIONS:
        return _by_function(config, names)
    if mode == "cos":
        return Lambda(_cosine(config.get("dot_axes", -1)), name=name)
    if not isinstance(mode, str) or mode not in _MODES:
        raise ArchiveError(
            f"{name}: expected a Merge of mode {', '.join(_MODES)} or cos, received {mode!r:.80}"
        )
    own: Config = {}
    if mode == "concat":
        own = {"axis": config.get("concat_axis", -1)}
    elif mode == "dot":
        own = {"axes": config.get("dot_axes", -1)}
    return getattr(keras.layers, _MODES[mode])(name=name, **own)


def _by_function(config: Mapping[str, Any], names: Mapping[str, Any] | None) -> Lambda:
    function = {
        "name": config.get("name"),
        "function": config["mode"],
        "function_type": config["mode_type"],
        "arguments": config.get("arguments"),
        "output_shape": config.get("output_shape") if config.get("output_shape_type") == "raw" else None,
        "mask": config.get("output_mask"),
    }
    return restore_lambda(Lambda, function, names)


def _cosine(axes: Any) -> Callable[[Any], Any]:
    """The cosine of Keras 1: an axis more than `Dot(normalize=True)` gives."""
    from lamina.vocabulary.keras_backend.contraction import batch_dot

    def cosine(tensors: Any) -> Any:
        first, second = tensors
        along = list(axes) if isinstance(axes, (list, tuple)) else [axes % first.ndim, axes % second.ndim]
        squares = batch_dot(first, first, along) * batch_dot(second, second, along)
        norm = keras.ops.maximum(keras.ops.sqrt(squares), 1e-7)
        return keras.ops.expand_dims(batch_dot(first, second, along) / norm, 1)

    return cosine
