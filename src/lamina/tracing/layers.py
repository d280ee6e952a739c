"""Layers and models that a function calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lamina._keras import keras
from lamina.expression import opset
from lamina.expression.abstract import call_symbolically, is_symbolic
from lamina.expression.model import map_tree
from lamina.tracing.specs import World
from lamina.vocabulary.tracer import Tracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


def record_layer_call(
    recorder: TraceRecorder, layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Write down `layer(*args, **kwargs)`.

    The layer is built now if it is not, for the shapes it is called on, so that its variables exist
    when the expression first runs.
    """
    slot = recorder.state.add("layer", layer.name, layer)
    outputs = _outputs(recorder, layer, args, kwargs)
    op = opset.lookup("operator.call")
    return recorder.record_call(op, {"obj": slot, "args": args, "kwargs": kwargs}, outputs)


def _outputs(recorder: TraceRecorder, layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The structure of what the layer returns, found by calling it on shapes."""

    def symbolic(value: Any) -> Any:
        if not isinstance(value, Tracer):
            return value
        found = value.recorder.evaluate(value.ref, World(1))
        if not is_symbolic(found):
            return found
        spec = value.recorder.spec(value.ref)
        return keras.KerasTensor(spec.shape, dtype=found.dtype)

    outputs = call_symbolically(layer, map_tree(symbolic, args), map_tree(symbolic, dict(kwargs)))
    return map_tree(lambda leaf: None, outputs)
