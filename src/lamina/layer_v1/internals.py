"""Every private attribute of Keras that the 1.8 Layer API needs, one function each.

Keras 3 has no public name for these. Each function says what it relies on, so that a change in
Keras is repaired here and nowhere else (checked with Keras 3.15).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from keras.src.backend.common import global_state

Method = TypeVar("Method", bound=Callable[..., Any])


def inbound_nodes(layer: Any) -> list[Any]:
    """The nodes of the symbolic calls of `layer`, oldest first (`Operation._inbound_nodes`)."""
    return list(layer._inbound_nodes)


def outbound_nodes(layer: Any) -> list[Any]:
    """The nodes that consume an output of `layer` (`Operation._outbound_nodes`)."""
    return list(layer._outbound_nodes)


def origin(tensor: Any) -> tuple[Any, int] | None:
    """The node that made a `KerasTensor` and its index there (`KerasTensor._keras_history`).

    None for a tensor that no layer or operation made.
    """
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index], history.tensor_index


def mask_of(tensor: Any) -> Any:
    """The mask that travels with a `KerasTensor`, or None (`KerasTensor._keras_mask`)."""
    return getattr(tensor, "_keras_mask", None)


def own_variables(layer: Any) -> list[Any]:
    """The variables of `layer` without those of its sublayers (`Layer._trainable_variables`, ...)."""
    return list(layer._trainable_variables) + list(layer._non_trainable_variables)


def owns(layer: Any, variable: Any) -> bool:
    """Whether `variable` is one of `layer` itself; a layer that is still being made owns nothing."""
    kinds = ("_trainable_variables", "_non_trainable_variables")
    return any(own is variable for kind in kinds for own in getattr(layer, kind, ()))


def sublayer_losses(layer: Any) -> list[tuple[Any, Any]]:
    """`(sublayer, loss)` for each loss that a sublayer holds now (`Layer._get_own_losses`)."""
    if not layer._layers:
        return []
    sublayers = layer._flatten_layers(include_self=False)
    return [(sublayer, loss) for sublayer in sublayers for loss in sublayer._get_own_losses()]


def keep_losses(layer: Any, losses: list[Any]) -> None:
    """Forgets which losses `layer` added, except these (`Layer._loss_ids`)."""
    layer._loss_ids.intersection_update(map(id, losses))


def thread_state() -> dict[str, Any]:
    """The scopes, the call context and the settings of this thread, by name (`GLOBAL_STATE_TRACKER`)."""
    # `clear_session` puts another object in its place.
    state: dict[str, Any] = global_state.GLOBAL_STATE_TRACKER.__dict__
    return state


def as_default(method: Method) -> Method:
    """Marks `method` as one that Keras treats as not overridden (`utils.is_default`)."""
    method._is_default = True  # type: ignore[attr-defined]
    return method


def is_default(method: Callable[..., Any]) -> bool:
    """Whether Keras treats `method` as not overridden (`utils.is_default`)."""
    return bool(getattr(method, "_is_default", False))


def asked_by_graph_builder() -> bool:
    """Whether Keras asks while it builds a graph: it counts the outputs of a layer by its first call.

    It does so for layers that are connected several times too, and must get an answer then.
    """
    frame = sys._getframe(2)
    asking = (frame, frame.f_back)
    return any(f is not None and f.f_globals.get("__name__") == "keras.src.ops.function" for f in asking)
