"""Arithmetic on sizes that are not known while a function is captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lamina._numpy import np
from lamina.errors import CaptureError
from lamina.expression import opset
from lamina.expression.model import Call, Ref
from lamina.tracing import lowering
from lamina.vocabulary.tracer import BINARY, DimTracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

_WHOLE = {f"operator.{name}" for name in "add sub mul floordiv mod pow neg pos abs".split()}


def arithmetic(recorder: TraceRecorder, name: str, *operands: Any) -> Any:
    """Record arithmetic on sizes; with a tensor among the operands it is tensor arithmetic."""
    operands = tuple(o.item() if isinstance(o, np.generic) else o for o in operands)
    if not all(isinstance(o, (int, float, DimTracer)) for o in operands):
        tensors = len(operands) == 2 and all(map(lowering.is_operand, operands))
        return recorder.binary(BINARY[name], *operands) if tensors else NotImplemented
    op = opset.lookup(f"operator.{name}")
    bound = dict(zip((p.name for p in op.parameters), map(recorder.reference, operands), strict=True))
    return recorder.append_size(op.call(bound))


def truncated(recorder: TraceRecorder, dim: DimTracer) -> Any:
    """`int(size)`: a quotient of sizes becomes a floor division.

    Raises:
        CaptureError: The number is no size, nor a quotient of sizes.
    """
    if _is_whole(dim.recorder, dim.ref):
        return dim
    top, bottom = _quotient(dim)
    return arithmetic(recorder, "floordiv", top, bottom)


def ceiled(recorder: TraceRecorder, dim: DimTracer) -> Any:
    """`math.ceil(size)`, of a size or a quotient of sizes.

    Raises:
        CaptureError: It is neither.
    """
    if _is_whole(dim.recorder, dim.ref):
        return dim
    top, bottom = _quotient(dim)
    return -arithmetic(recorder, "floordiv", -top, bottom)


def _call_of(recorder: TraceRecorder, ref: Ref) -> Call | None:
    position = ref.index - recorder.first_call
    return recorder.calls[position] if 0 <= position < len(recorder.calls) else None


def _is_whole(recorder: TraceRecorder, value: Any) -> bool:
    if not isinstance(value, Ref):
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    call = _call_of(recorder, value)
    if call is None or not call.op.startswith("operator."):
        return True
    if call.op not in _WHOLE or (call.op == "operator.pow" and not isinstance(call.args[1], int)):
        return False
    return all(isinstance(arg, (Ref, int)) and _is_whole(recorder, arg) for arg in call.args)


def _quotient(dim: DimTracer) -> tuple[Any, Any]:
    recorder = dim.recorder
    call = _call_of(recorder, dim.ref)
    if call is not None and call.op in ("operator.truediv", "operator.mul"):
        left, right = call.args
        if call.op == "operator.mul":
            left, right = (left, _inverse(right)) if isinstance(right, float) else (right, _inverse(left))
        if _is_whole(recorder, left) and _is_whole(recorder, right):
            return _number(recorder, left), _number(recorder, right)
    raise CaptureError(recorder.message("int() of a computed size that is no quotient of sizes", "fraction"))


def _inverse(factor: Any) -> Any:
    """The integer that divides by what `factor` multiplies with, if there is one."""
    inverse = 1 / factor if isinstance(factor, float) and factor else 0.5
    return round(inverse) if inverse == round(inverse) else inverse


def _number(recorder: TraceRecorder, value: Any) -> Any:
    return DimTracer(recorder, value) if isinstance(value, Ref) else int(value)
