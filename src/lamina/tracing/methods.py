"""Methods and attributes of tensors, as the frameworks spell them."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamina.errors import UnknownNameError
from lamina.expression.model import Ref
from lamina.tracing.dialect import speaks_torch
from lamina.vocabulary import context, registry
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tracer import DimTracer, TensorTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

# What reads the values of a tensor, or takes it out of the expression.
_HOST = {
    "numpy",
    "item",
    "tolist",
    "eval",
    "tobytes",
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
}
_PROPERTIES = frozenset(
    """T mT H mH at weak_type real imag size ndim shape nbytes itemsize flat data device is_cuda is_leaf
    requires_grad""".split()
)
# Keywords that only one side has, whatever function they are given to.
_OF_TORCH = frozenset("dim keepdim dim0 dim1 dims unbiased correction descending".split())
_OF_NUMPY = frozenset("ddof".split())


def method(recorder: TraceRecorder, tensor: TensorTracer, name: str) -> Any:
    """The method or attribute `name` of a tensor, bound to it.

    Raises:
        UnknownNameError: No vocabulary has it; the message names the nearest ones.
    """
    if name.startswith("__"):
        raise AttributeError(name)
    if name in _ATTRIBUTES:
        return _ATTRIBUTES[name](tensor)
    functions = [_watched(name, table[name]) for table in (_table(), _torch_table()) if name in table]
    if not functions:
        raise UnknownNameError(_explain(recorder, name))
    if name == "size":
        return CallableSize(recorder, ops.size(tensor).ref, functools.partial(functions[1], tensor))
    torch = len(functions) == 2 and speaks_torch()
    if name in _PROPERTIES:
        return functions[torch](tensor)
    return (
        Ambiguous(tensor, functions, torch)
        if len(functions) == 2
        else functools.partial(functions[0], tensor)
    )


def _watched(name: str, function: Any) -> Any:
    return context.watched(f"the method `{name}`", functools.partial(_native, name), function)


def _native(name: str, tensor: Any, *args: Any, **kwargs: Any) -> Any:
    """The method of a tensor itself, or its attribute."""
    found = getattr(tensor, name)
    return found(*args, **kwargs) if callable(found) else found


class Ambiguous:
    """A method that several frameworks have, with meanings of their own.

    Args:
        tensor: The tensor.
        functions: The method of NumPy, JAX and TensorFlow, and that of PyTorch.
        torch: Whether the function that calls it means PyTorch's tensors.
    """

    def __init__(self, tensor: TensorTracer, functions: Sequence[Any], torch: bool) -> None:
        self._tensor = tensor
        self._functions = functions
        self._torch = torch

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the one that the function, or a keyword that only one of them has, asks for."""
        torch = self._torch
        if not _OF_TORCH.isdisjoint(kwargs):
            torch = True
        elif not _OF_NUMPY.isdisjoint(kwargs):
            torch = False
        return self._functions[torch](self._tensor, *args, **kwargs)


class CallableSize(DimTracer):
    """`x.size`: the number of elements in NumPy, a function of the axis in PyTorch."""

    __slots__ = ("_sizes",)

    def __init__(self, recorder: TraceRecorder, ref: Ref, sizes: Any) -> None:
        super().__init__(recorder, ref)
        self._sizes = sizes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`x.size()` and `x.size(dim)`."""
        return self._sizes(*args, **kwargs)


def _explain(recorder: TraceRecorder, name: str) -> str:
    from lamina.vocabulary.torch.refused import REFUSED_METHODS

    text = recorder.message(f"`.{name}` of a tensor", "host" if name in _HOST else "method")
    if name in REFUSED_METHODS and name not in _HOST:
        text += f" ({REFUSED_METHODS[name]})"
    near = difflib.get_close_matches(name, {**_table(), **_torch_table()}, n=3)
    return text + (f" (methods of that name or near it: {', '.join(near)})" if near else "")


@functools.cache
def _table() -> Mapping[str, Any]:
    return _merged("numpy", "tensorflow", "jax") | dict(_TENSOR_METHODS)


@functools.cache
def _torch_table() -> Mapping[str, Any]:
    return _merged("torch")


def _merged(*frameworks: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for framework in frameworks:
        for vocabulary in registry.vocabularies(framework):
            for name, function in vocabulary.methods.items():
                merged.setdefault(name, function)
    return merged
