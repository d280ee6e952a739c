"""Methods and attributes of tensors, as the frameworks spell them."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lamina.errors import UnknownNameError
from lamina.vocabulary import context, registry
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tracer import TensorTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

# What reads the values of a tensor, or takes it out of the expression.
_HOST = {
    "numpy",
    "item",
    "tolist",
    "eval",
    "tobytes",
    "cpu",
    "cuda",
    "detach_",
    "backward",
    "block_until_ready",
    "op",
}


def _set_shape(tensor: TensorTracer, shape: Any) -> None:
    """`tf.Tensor.set_shape` tells the graph what it could not infer; sizes here are read when needed."""


_TENSOR_METHODS: Mapping[str, Any] = {
    "get_shape": lambda tensor: tensor.shape,
    "set_shape": _set_shape,
}
_ATTRIBUTES: Mapping[str, Any] = {
    "_keras_shape": lambda tensor: tensor.static_shape,
    "rank": lambda tensor: tensor.ndim,
    "size": lambda tensor: ops.size(tensor),
}
_PROPERTIES = {
    "T",
    "mT",
    "at",
    "real",
    "imag",
    "size",
    "ndim",
    "shape",
    "nbytes",
    "itemsize",
    "flat",
    "weak_type",
}


def method(recorder: TraceRecorder, tensor: TensorTracer, name: str) -> Any:
    """The method or attribute `name` of a tensor, bound to it.

    Raises:
        UnknownNameError: No vocabulary has it; the message names the nearest ones.
    """
    if name.startswith("__"):
        raise AttributeError(name)
    if name in _ATTRIBUTES:
        return _ATTRIBUTES[name](tensor)
    function = _table().get(name)
    if function is not None:
        called = context.watched(f"the method `{name}`", functools.partial(_native, name), function)
        return called(tensor) if name in _PROPERTIES else functools.partial(called, tensor)
    raise UnknownNameError(
        recorder.message(f"`.{name}` of a tensor", "host" if name in _HOST else "method") + _near(name)
    )


def _native(name: str, tensor: Any, *args: Any, **kwargs: Any) -> Any:
    """The method of a tensor itself, or its attribute."""
    found = getattr(tensor, name)
    return found(*args, **kwargs) if callable(found) else found


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, _table(), n=3)
    return f" (methods of that name or near it: {', '.join(near)})" if near else ""


@functools.cache
def _table() -> Mapping[str, Any]:
    merged: dict[str, Any] = {}
    for framework in ("numpy", "tensorflow", "jax", "torch"):
        for vocabulary in registry.vocabularies(framework):
            for name, function in vocabulary.methods.items():
                merged.setdefault(name, function)
    return merged | dict(_TENSOR_METHODS)
