"""Tensors of weak type, as JAX has them: their dtype gives way to that of a tensor of their kind.

`jnp.where(mask, 1.0, 0.0)` is float32 by itself, and bfloat16 beside a tensor of bfloat16.
"""

from __future__ import annotations

from typing import Any

from lamina._keras import keras
from lamina._numpy import np
from lamina.vocabulary.tracer import DimTracer, TensorTracer


class WeakTracer(TensorTracer):
    """Stands for a tensor of weak type."""

    __slots__ = ()

    def __neg__(self) -> Any:
        return weakened(self.active_recorder.op("negative", self), self)

    def __abs__(self) -> Any:
        return weakened(self.active_recorder.op("absolute", self), self)

    def __getitem__(self, key: Any) -> Any:
        return weakened(super().__getitem__(key), self)


def weakened(result: Any, *operands: Any) -> Any:
    """A result that is of weak type where all its operands are, or are Python numbers."""
    if type(result) is not TensorTracer or not all(map(_is_weak, operands)):
        return result
    return result if result.peek_dtype() == "bool" else WeakTracer(result.recorder, result.ref)


def _is_weak(operand: Any) -> bool:
    if isinstance(operand, (bool, np.generic)):
        return False
    return isinstance(operand, (WeakTracer, int, float, DimTracer))


def adapted(*operands: Any) -> tuple[Any, ...]:
    """Operands of one operation, those of weak type in the dtype of the others of their kind."""
    if not any(type(operand) is WeakTracer for operand in operands):
        return operands
    others = [o for o in operands if isinstance(o, (TensorTracer, np.ndarray)) and type(o) is not WeakTracer]
    return tuple(_adapted(o, others) if type(o) is WeakTracer else o for o in operands)


def _adapted(weak: WeakTracer, others: list[Any]) -> Any:
    mine = weak.peek_dtype()
    alike = [other for other in others if _kind(_peek(other)) == _kind(mine)]
    if mine is None or not alike:
        return weak
    wanted = keras.backend.result_type(*map(_peek, alike))
    if wanted == mine:
        return weak
    for other in alike:
        if isinstance(other, TensorTracer):
            other.recorder.read_dtype(other.ref)
    return weak.active_recorder.op("cast", weak, wanted)


def _peek(value: Any) -> str | None:
    return value.peek_dtype() if isinstance(value, TensorTracer) else value.dtype.name


def _kind(dtype: str | None) -> str | None:
    """The letter of integers or floats; `None` where there is nothing to adapt."""
    if dtype is None:
        return None
    return "f" if "float" in dtype else "i" if dtype.startswith(("int", "uint")) else None
