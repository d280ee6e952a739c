"""A function of JAX on the tensors of a capture."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina._records import dataclass
from lamina.errors import CaptureError, LaminaError, SpecNeededError
from lamina.expression.model import Spec
from lamina.jaxpr.equation import Aval, whole
from lamina.jaxpr.lowering import Lowering
from lamina.jaxpr.reading import VariableReads
from lamina.jaxpr.sizes import Sizes
from lamina.jaxpr.symbols import Argument, choices
from lamina.jaxpr.table import TABLE
from lamina.tracing.created import original
from lamina.tracing.recorder import user_place
from lamina.tracing.variables import VariableTracer, reference
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import active, ops, recording
from lamina.vocabulary.python import any_tracer
from lamina.vocabulary.tracer import TensorTracer, Tracer

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder
    from lamina.tracing.substitution import Substitution


def call_lowered(
    substitution: Substitution, function: Callable[..., Any], explanation: str, args: Any, kwargs: Any
) -> Any:
    """Call a function of JAX: itself on plain values, lowered on tensors of the capture.

    Raises:
        CaptureError: It cannot be lowered.
    """
    given, named = original(substitution, args), original(substitution, kwargs)
    if not any_tracer(args, kwargs):
        with recording(None):
            return function(*given, **named)
    recorder: Any = active()
    try:
        return lower_call(recorder, function, given, named)
    except SpecNeededError:
        raise
    except LaminaError as error:
        raise CaptureError(f"{explanation}. It cannot be lowered either: {error}") from error


def lower_call(recorder: TraceRecorder, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Record what a function computes for tensors of the capture.

    Raises:
        CaptureError: It has no counterpart: the message names the primitive.
    """
    import jax

    given, structure = jax.tree.flatten((args, kwargs))
    call = _Call(recorder, function, given, structure)
    refused: LaminaError | None = None
    for arguments in choices(recorder, [leaf for leaf in given if isinstance(leaf, Tracer)]):
        try:
            return call.lowered(arguments)
        except SpecNeededError:
            raise
        except LaminaError as error:
            refused = refused or error
    assert refused is not None
    raise refused


@dataclass(frozen=True)
class _Call:
    """One call of a function, with tracers among the leaves of its arguments."""

    recorder: TraceRecorder
    function: Callable[..., Any]
    given: list[Any]
    structure: Any

    @property
    def name(self) -> str:
        """The function, as messages name it."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        module = getattr(self.function, "__module__", None)
        return f"{module}.{name}" if module else str(name)

    def lowered(self, arguments: Sequence[Argument]) -> Any:
        """Trace with the structs of the arguments, and record."""
        import jax

        where = user_place()
        closed, shape, variables = self._traced(arguments)
        sizes = Sizes({name: make for argument in arguments for name, make in argument.symbols.items()})
        lowering = Lowering(TABLE, sizes, self.name, f", called at {where}" if where else "")
        tensors = [argument.tracer for argument in arguments if isinstance(argument.tracer, TensorTracer)]
        values = lowering.closed(closed, [*tensors, *map(self._variable, variables)])
        avals = [lowering.aval(atom) for atom in closed.jaxpr.outvars]
        outputs = [self._checked(*pair) for pair in zip(values, avals, strict=True)]
        return jax.tree.unflatten(jax.tree.structure(shape), outputs)

    def _traced(self, arguments: Sequence[Argument]) -> tuple[Any, Any, list[Any]]:
        """The jaxpr, the structure of its results, and the variables that are its last inputs."""
        import jax

        structs = [argument.struct for argument in arguments if argument.struct is not None]
        variables: list[Any] = []
        try:
            while True:
                reads = VariableReads(variables)
                trace = functools.partial(self._run, arguments, reads)
                described = [jax.ShapeDtypeStruct(tuple(v.shape), v.dtype) for v in variables]
                with recording(None):
                    closed, shape = jax.make_jaxpr(trace, return_shape=True)(structs, described)
                if not reads.others:
                    return closed, shape, variables
                variables = [*variables, *reads.others]
        except LaminaError:
            raise
        except Exception as error:
            raise CaptureError(
                f"{self.name} raised {type(error).__name__} when JAX traced it: {error}"
            ) from error

    def _run(self, arguments: Sequence[Argument], reads: VariableReads, tensors: Any, values: Any) -> Any:
        import jax

        rest, stand_ins = iter(tensors), iter(arguments)
        filled = [_filled(leaf, stand_ins, rest) for leaf in self.given]
        args, kwargs = jax.tree.unflatten(self.structure, filled)
        with reads.given(values), context.hook(context.loss_sink, _refuse_loss):
            return self.function(*args, **kwargs)

    def _variable(self, variable: Any) -> Any:
        return VariableTracer(self.recorder, reference(self.recorder.root, variable))

    def _checked(self, value: Any, aval: Aval) -> Any:
        """An output as a tensor of the dtype that JAX says, after a look at its shape.

        Raises:
            CaptureError: What was recorded has another shape.
        """
        if not isinstance(value, Tracer):
            value = whole(value, aval) if not aval.static or not isinstance(value, np.ndarray) else value
        if not isinstance(value, TensorTracer):
            return value
        spec = value.spec
        if spec.shape is not None and not _fits(spec, aval):
            raise CaptureError(
                f"{self.name} gives the shape {aval.shape}, and what was recorded gives {spec}"
            )
        return value if spec.dtype == aval.dtype else ops.cast(value, aval.dtype)


def _refuse_loss(value: Any) -> None:
    raise CaptureError("a JAX function adds a loss; add it in the function of the layer itself")


def _filled(leaf: Any, arguments: Iterator[Argument], tensors: Iterator[Any]) -> Any:
    if not isinstance(leaf, Tracer):
        return leaf
    argument = next(arguments)
    return next(tensors) if isinstance(leaf, TensorTracer) else argument.size


def _fits(spec: Spec, aval: Aval) -> bool:
    """Whether two shapes agree where both are known."""
    assert spec.shape is not None
    if len(spec.shape) != aval.rank:
        return False
    pairs = zip(spec.shape, aval.shape, strict=True)
    return all(a is None or not isinstance(b, int) or a == b for a, b in pairs)
