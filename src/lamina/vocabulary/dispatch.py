"""`ops` and `random`: the opset as functions that run on tensors and record on tracers.

Vocabularies are ordinary Python written over these two names. Outside a capture they call Keras;
inside one, the active recorder writes the call down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from lamina.expression import opset


class Recorder(Protocol):
    """Whatever turns calls into an expression."""

    def record(self, op: opset.Op, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Write down one call and return what stands for its result."""


_ACTIVE: ContextVar[Recorder | None] = ContextVar("lamina_recorder", default=None)


def active() -> Recorder | None:
    """The recorder of the capture that runs in this context, if any."""
    return _ACTIVE.get()


@contextmanager
def recording(recorder: Recorder | None) -> Iterator[None]:
    """Send the calls made in this context to `recorder`; `None` stops recording."""
    token = _ACTIVE.set(recorder)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def op_function(name: str) -> Callable[..., Any]:
    """The operation `name` as a function of tensors or tracers.

    Raises:
        ExpressionError: There is no such operation.
    """
    op = None if opset.has(name) else opset.lookup(name)

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal op
        if op is None:  # the vocabularies have hundreds, of which a function calls a few
            op = opset.lookup(name)
        recorder = _ACTIVE.get()
        return op.function(*args, **kwargs) if recorder is None else recorder.record(op, args, kwargs)

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    call.__doc__ = f"The operation `{name}`, on tensors and tracers alike."
    return call


class OpNamespace:
    """Attribute access to operations: `ops.mean`, `ops.image.resize`."""

    def __init__(self, prefix: str = "", namespaces: tuple[str, ...] = ()) -> None:
        self._prefix = prefix
        for name in namespaces:
            setattr(self, name, OpNamespace(f"{prefix}{name}."))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        function = op_function(opset.resolve(self._prefix + name))
        setattr(self, name, function)
        return function


ops: Any = OpNamespace("", ("image", "nn", "numpy", "linalg"))
random: Any = OpNamespace("random.")
