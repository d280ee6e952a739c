"""Writes down the calls that a function makes while it is captured."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from types import FrameType
from typing import Any

from lamina._records import dataclass
from lamina.errors import CaptureError, SpecNeededError
from lamina.expression import opset
from lamina.expression.model import Call, Location, Ref, Spec, call_references
from lamina.tracing import assigning, dims, indexing, lowering
from lamina.tracing.advice import ADVICE
from lamina.tracing.memory import Memory
from lamina.tracing.results import result_template
from lamina.tracing.shapes import KnownShape, LazyShape
from lamina.tracing.specs import SpecReader, World
from lamina.tracing.state import StateTable
from lamina.vocabulary.tracer import DimTracer, TensorTracer, Tracer

# Where a function runs through these, the user wrote the frame before.
_PASSED_THROUGH = frozenset("lamina keras jax jaxlib numpy tensorflow torch".split())


class TraceRecorder:
    """Records the calls of one function.

    Inputs are numbered from 0, calls follow them, and state slots have negative numbers until the
    expression is put together.

    Args:
        inputs: Specs of the input leaves.
        name: Name of the function, for messages.
        parent: The recorder of the function that a nested function is written in.
        places: Whether calls remember where they were written.
        default_dtype: Assumed for inputs of unknown dtype when a shape is inferred.
    """

    def __init__(
        self,
        inputs: Sequence[Spec],
        name: str,
        parent: TraceRecorder | None = None,
        default_dtype: str = "float32",
        places: bool = True,
    ) -> None:
        self.inputs = list(inputs)
        self.name = name
        self.parent = parent
        self.places: bool = parent.places if parent else places
        self.state: StateTable = parent.state if parent else StateTable()
        self.calls: list[Call] = []
        self.reads: list[tuple[int, ...]] = []  # for each call, the numbers that it uses
        self.losses: list[Any] = []
        self.guards: set[tuple[int, int | str]] = set()
        self.captured: list[Tracer] = []
        self.passed: Sequence[Passed] = ()
        self._shapes: dict[Ref, Ref] = {}
        self._outer: dict[tuple[TraceRecorder, Ref], int] = {}
        self.memory = Memory(self)
        self._specs = SpecReader(self, default_dtype)
        self.first_call = len(self.inputs)

    # Recording

    def record(self, op: opset.Op, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Write down one call and return tracers for its results."""
        if op.name in _READS:
            return _READS[op.name](self, op.bind(args, kwargs)["x"])
        bound = op.bind(args, kwargs)
        if op.takes_seed:
            bound["seed"] = self.state.seed(bound.get("seed"))
        lowered = lowering.lower_arguments(self, op, bound)
        return self._append(op.call(lowered, self._where()), result_template(self, op.name, bound, lowered))

    def record_call(self, op: opset.Op, bound: Mapping[str, Any], template: Any) -> Any:
        """Write down a call whose result has a given structure."""
        return self._append(op.call(lowering.lower_arguments(self, op, bound), self._where()), template)

    def op(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Record the operation `name`."""
        return self.record(opset.lookup(name), args, kwargs)

    def _append(self, call: Call, template: Any) -> Any:
        return self._wrap(self._write(call), template)

    def _write(self, call: Call) -> Ref:
        self.calls.append(call)
        self.reads.append(tuple([ref.index for ref in call_references(call)]))
        return Ref(self.first_call + len(self.calls) - 1)

    def _wrap(self, ref: Ref, template: Any) -> Any:
        if template is None:
            return self.memory.noted(TensorTracer(self, ref))
        if template == "dim":
            return DimTracer(self, ref)
        if isinstance(template, Mapping):
            return {key: self._wrap(Ref(ref.index, (*ref.path, key)), part) for key, part in template.items()}
        parts = [self._wrap(Ref(ref.index, (*ref.path, i)), part) for i, part in enumerate(template)]
        return type(template)(parts)

    def binary(self, op: str, left: Any, right: Any) -> Any:
        """Record an arithmetic operator, with NumPy and Python operands as the tensor takes them."""
        return lowering.arithmetic(self, op, left, right)

    def index(self, tensor: TensorTracer, key: Any) -> Any:
        """Record `tensor[key]`."""
        return self.memory.viewed(tensor, key, indexing.get_item(self, tensor, key))

    def assign_item(self, tensor: TensorTracer, key: Any, value: Any) -> TensorTracer:
        """Record `tensor[key] = value` as a new tensor."""
        return assigning.set_item(self, tensor, key, value)

    def method(self, tensor: TensorTracer, name: str) -> Any:
        """The method or attribute `name` of a tensor, from the vocabularies."""
        from lamina.tracing.methods import method

        return method(self, tensor, name)

    # Dimensions

    def dims(self, tensor: Any) -> Any:
        """`ops.shape(tensor)`: a dimension tracer for each axis."""
        if not isinstance(tensor, TensorTracer):
            tensor = lowering.as_tensor(self, tensor)
        if tensor.recorder is not self:
            return tensor.recorder.dims(tensor)
        ref = self._shapes.get(tensor.ref)
        if ref is None:
            call = opset.lookup("shape").call({"x": tensor.ref}, self._where())
            ref = self._shapes[tensor.ref] = self._write(call)
        rank = self.peek_rank(tensor.ref)
        if rank is None:
            return LazyShape(self, ref)
        self._guard_rank(tensor.ref)
        return KnownShape(DimTracer(self, Ref(ref.index, (axis,))) for axis in range(rank))

    def shape(self, tensor: TensorTracer) -> Any:
        """`tensor.shape`: ints where known, dimension tracers where not."""
        if self.peek_rank(tensor.ref) is None:
            return self.dims(tensor)
        known = self.read_shape(tensor.ref)
        if None not in tuple.__iter__(known):
            return known
        dims = self.dims(tensor)
        sizes = [dim if size is None else size for size, dim in zip(tuple.__iter__(known), dims, strict=True)]
        return KnownShape.reporting(sizes, known.read or _ignore)

    def dim_arithmetic(self, name: str, *operands: Any) -> Any:
        """Record arithmetic on sizes."""
        return dims.arithmetic(self, name, *operands)

    def truncate_dim(self, dim: DimTracer) -> Any:
        """`int(size)`."""
        return dims.truncated(self, dim)

    def ceil_dim(self, dim: DimTracer) -> Any:
        """`math.ceil(size)`."""
        return dims.ceiled(self, dim)

    def append_size(self, call: Call) -> Any:
        """Write down a call whose result is a size."""
        return self._append(replace(call, where=self._where()), "dim")

    # What the function reads

    def spec(self, ref: Ref) -> Spec:
        """Shape and dtype as far as known, without a guard."""
        return self._specs.spec(ref)

    def peek_rank(self, ref: Ref) -> int | None:
        """Number of axes, or `None` while it is not known."""
        try:
            shape = self._specs.spec(ref).shape
        except SpecNeededError:
            return None
        return None if shape is None else len(shape)

    def peek_dtype(self, ref: Ref, assume: bool = False) -> str | None:
        """The dtype, or `None` while it is not known; `assume` gives inputs of unknown dtype the default."""
        try:
            return self._specs.assumed_dtype(ref) if assume else self._specs.spec(ref).dtype
        except SpecNeededError:
            return None

    def read_shape(self, ref: Ref) -> KnownShape:
        """The shape with `None` for unknown sizes; each known size that is looked at becomes a guard."""
        shape = self._specs.spec(ref).shape
        if shape is None:
            raise SpecNeededError(self.message("the rank of this tensor", "spec"))
        self._guard_rank(ref)
        known = tuple(size is not None for size in shape)
        return KnownShape.reporting(shape, lambda axis: self._read_axis(ref, axis) if known[axis] else None)

    def _read_axis(self, ref: Ref, axis: int) -> None:
        for source, source_axis in self._specs.dependencies(ref, axis):
            self.guard(source, source_axis)

    def read_rank(self, ref: Ref) -> int:
        """Number of axes; the ranks of the inputs it comes from become guards."""
        shape = self._specs.spec(ref).shape
        if shape is None:
            raise SpecNeededError(self.message("the rank of this tensor", "spec"))
        self._guard_rank(ref)
        return len(shape)

    def read_dtype(self, ref: Ref) -> str:
        """The dtype; the dtypes of the inputs it comes from become guards."""
        dtype = self._specs.spec(ref).dtype
        if dtype is None:
            raise SpecNeededError(self.message("the dtype of this tensor", "spec"))
        for source in self._specs.sources(ref):
            self.guard(source, "dtype")
        return dtype

    def is_boolean(self, ref: Ref) -> bool:
        """Whether a tensor is boolean; the dtypes that this depends on become guards."""
        call = self._call_of(ref)
        if call is not None and call.op == "cast":
            return _casts_to_booleans(call)
        return self.computes_booleans(ref) or self.read_dtype(ref) == "bool"

    def computes_booleans(self, ref: Ref) -> bool:
        """Whether a tensor is boolean whatever the inputs are."""
        call = self._call_of(ref)
        return call is not None and (call.op in _BOOLEAN or _casts_to_booleans(call))

    def _call_of(self, ref: Ref) -> Call | None:
        position = ref.index - self.first_call
        return self.calls[position] if 0 <= position < len(self.calls) else None

    def size(self, ref: Ref) -> int | None:
        """The value of a dimension, or `None`, without a guard."""
        try:
            return self._specs.size(ref)
        except SpecNeededError:
            return None

    def read_size(self, ref: Ref) -> int | None:
        """The value of a dimension if it is known; what it depends on becomes a guard."""
        size = self._specs.size(ref)
        if size is not None:
            self._guard_rank(ref)
            for source, axis in self._specs.dependencies(ref):
                self.guard(source, axis)
        return size

    def dependencies(self, ref: Ref, axis: int | None = None) -> Iterator[tuple[int, int]]:
        """The input axes of known size that a size depends on: of a dimension, or of one axis of a tensor."""
        return self._specs.dependencies(ref, axis)

    def _guard_rank(self, ref: Ref) -> None:
        for source in self._specs.sources(ref):
            self.guard(source, "rank")

    def guard(self, source: int, what: int | str) -> None:
        """Note that the expression holds only for what input `source` is now."""
        self.root.guards.add((source, what))

    # References

    def reference(self, value: Any) -> Any:
        """The reference for a tracer; other values are returned as they are."""
        if not isinstance(value, Tracer):
            return value
        value.recorder.memory.check(value)
        if value.recorder is self:
            return value.ref
        if any(ancestor is value.recorder for ancestor in self.ancestors()):
            return Ref(self._capture_outer(value))
        raise CaptureError(self.message("a tensor of another call of a captured function", "leak"))

    def ancestors(self) -> Iterator[TraceRecorder]:
        """The recorders of the functions around this one, innermost first."""
        recorder = self.parent
        while recorder is not None:
            yield recorder
            recorder = recorder.parent

    def _capture_outer(self, value: Tracer) -> int:
        number = self._outer.setdefault((value.recorder, value.ref), OUTER - len(self.captured))
        if number == OUTER - len(self.captured):
            self.captured.append(type(value)(value.recorder, value.ref))
        return number

    @property
    def root(self) -> TraceRecorder:
        """The recorder of the outermost function."""
        return self if self.parent is None else self.parent.root

    def input_sources(self, index: int) -> Set[int]:
        """The inputs of the outermost function that a number below the first call comes from."""
        if index <= OUTER:
            outer = self.captured[OUTER - index]
            return outer.recorder.sources(outer.ref)
        if index < 0:
            return set()
        if self.parent is None:
            return {index}
        return frozenset().union(*map(self.parent.sources, self.passed[index].origins))

    def sources(self, ref: Ref) -> Set[int]:
        """The inputs of the outermost function that a value is computed from."""
        return self._specs.sources(ref)

    def input_value(self, index: int, world: World) -> Any:
        """What stands for a number below the first call when shapes are inferred."""
        if index <= OUTER:
            outer = self.captured[OUTER - index]
            return outer.recorder.evaluate(outer.ref, world)
        if index < 0:
            return self.state.value_spec(index)
        if self.parent is None:
            return self._specs.sampled_input(index, world)
        return self.passed[index].value(self.parent, world)

    def evaluate(self, ref: Ref, world: World) -> Any:
        """Shape and dtype, or size, of a value for one choice of sample sizes."""
        return self._specs.evaluator(world)(ref)

    def _where(self) -> Location | None:
        return user_place() if self.places else None

    # Messages

    def message(self, what: str, advice: str) -> str:
        """A message that says what was done, where, and what to write instead."""
        where = user_place()
        at = f" at {where}" if where else ""
        return f"{self.name!r} needs {what}{at}, which an expression cannot hold; {ADVICE[advice]}"


_BOOLEAN = frozenset(
    """
    all any equal greater greater_equal isclose isfinite isin isinf isnan isneginf isposinf isreal
    less less_equal logical_and logical_not logical_or logical_xor not_equal signbit
    """.split()
)

# Numbers from here down are values of an enclosing function; see `TraceRecorder.captured`.
OUTER = -1_000_000


@dataclass(frozen=True, slots=True)
class Passed:
    """An input that an operation passes to a function argument.

    Args:
        value: Its shape and dtype, given the enclosing recorder and a choice of sample sizes.
        origins: The values of the enclosing function that it comes from.
    """

    value: Callable[[TraceRecorder, World], Any]
    origins: tuple[Ref, ...] = ()


def _casts_to_booleans(call: Call) -> bool:
    return call.op == "cast" and dict(call.kwargs).get("dtype") == "bool"


def _ignore(axis: int) -> None:
    """No size of the shape is known."""


def _read_rank(recorder: TraceRecorder, tensor: Any) -> Any:
    if not isinstance(tensor, TensorTracer):
        tensor = lowering.as_tensor(recorder, tensor)
    return tensor.ndim


# Operations that answer with numbers about a tensor.
_READS: Mapping[str, Callable[[TraceRecorder, Any], Any]] = {
    "shape": lambda recorder, tensor: recorder.dims(tensor),
    "ndim": _read_rank,
}


def user_place() -> Location | None:
    """The user's line that is running."""
    frame = user_frame()
    return None if frame is None else Location(frame.f_code.co_filename, frame.f_lineno)


def user_frame() -> FrameType | None:
    """The innermost frame that is neither lamina's nor a framework's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_passed_through(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame


@functools.lru_cache(maxsize=4096)
def _is_passed_through(module: str) -> bool:
    return module.partition(".")[0] in _PASSED_THROUGH
