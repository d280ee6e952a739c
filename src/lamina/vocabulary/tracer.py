"""The stand-ins that a function is called with: what is done to them is written down.

A `TensorTracer` stands for a tensor, a `DimTracer` for the size of an axis. Both know only their
recorder and a reference; shapes and dtypes are worked out when the function asks for them.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from lamina.errors import CaptureError
from lamina.expression.model import Ref, Spec
from lamina.vocabulary.dispatch import active
from lamina.vocabulary.dtypes import DTypeName, dtype_called

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder


class Tracer:
    """Stands for a value of the expression that is being captured."""

    # ndarray.__mul__ and friends leave the operation to us when they see this.
    __array_ufunc__ = None
    __array_priority__ = 1000
    __slots__ = ("recorder", "ref")

    def __init__(self, recorder: TraceRecorder, ref: Ref) -> None:
        self.recorder = recorder
        self.ref = ref

    @property
    def active_recorder(self) -> Any:
        """The recorder that writes down what is done now: the innermost function being captured."""
        return active() or self.recorder

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Tracer:
        return type(self)(self.recorder, self.ref)

    def __deepcopy__(self, memo: Any) -> Tracer:
        return type(self)(self.recorder, self.ref)


# Python's operators on tensors, by special method: one table for capture and for bytecode.
BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
COMPARE = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}
BITWISE = {
    "and": ("logical_and", "bitwise_and"),
    "or": ("logical_or", "bitwise_or"),
    "xor": ("logical_xor", "bitwise_xor"),
}
UNARY = {"neg": "negative", "abs": "absolute"}


class TensorTracer(Tracer):
    """Stands for a tensor."""

    __slots__ = ()

    @property
    def spec(self) -> Spec:
        """Shape and dtype, with `None` for sizes that are not known; reading it adds no guard."""
        return self.recorder.spec(self.ref)

    def peek_dtype(self) -> str | None:
        """The dtype, or `None` while it is not known; adds no guard."""
        return self.recorder.peek_dtype(self.ref)

    @property
    def static_shape(self) -> tuple[int | None, ...]:
        """The shape with `None` for unknown sizes; the sizes it tells become guards."""
        return self.recorder.read_shape(self.ref)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape: an int for each known size, a dimension tracer for each unknown one."""
        shape: tuple[Any, ...] = self.recorder.shape(self)
        return shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.recorder.read_rank(self.ref)

    @property
    def dtype(self) -> DTypeName:
        """Keras name of the dtype, with the attributes of the frameworks' dtypes."""
        return dtype_called(self.recorder.read_dtype(self.ref))

    @property
    def T(self) -> Any:
        """The tensor with its axes reversed."""
        return self.active_recorder.op("transpose", self)

    def __getitem__(self, key: Any) -> Any:
        return self.active_recorder.index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self.recorder.memory.is_slice(value, self, key):
            self.overwrite(self.active_recorder.assign_item(self, key, value))

    def overwrite(self, value: TensorTracer) -> None:
        """Stand for `value` from now on, as a change in place does."""
        self.active_recorder.memory.overwrite(self, value)

    def __len__(self) -> int:
        size = self.static_shape[0]
        if size is None:
            raise CaptureError(
                self.recorder.message("len() of a tensor whose first size is not known", "len")
            )
        return size

    def __iter__(self) -> Iterator[Any]:
        shape = self.static_shape
        if not shape or shape[0] is None:
            raise CaptureError(self.recorder.message("iteration over an axis of unknown size", "iterate"))
        return iter([self[i] for i in range(shape[0])])

    def __contains__(self, item: Any) -> NoReturn:
        self._refuse("`in` on a tensor", "bool")

    def __getattr__(self, name: str) -> Any:
        return self.active_recorder.method(self, name)

    def __repr__(self) -> str:
        return f"<tensor %{self.ref.index} of the function being captured>"

    def _refuse(self, what: str, advice: str) -> NoReturn:
        raise CaptureError(self.recorder.message(what, advice))

    def __bool__(self) -> bool:
        self._refuse("a Python condition on the values of a tensor", "bool")

    def __float__(self) -> float:
        self._refuse("float() of a tensor", "number")

    def __int__(self) -> int:
        self._refuse("int() of a tensor", "number")

    def __index__(self) -> int:
        self._refuse("a tensor used as a Python index", "number")

    def __complex__(self) -> complex:
        self._refuse("complex() of a tensor", "number")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("a tensor turned into a NumPy array", "numpy")

    def __round__(self, digits: int = 0) -> Any:
        return self.active_recorder.op("round", self, digits)

    def __pos__(self) -> Any:
        return self.__copy__()

    def __invert__(self) -> Any:
        return self.active_recorder.op(
            "logical_not" if self.recorder.is_boolean(self.ref) else "bitwise_not", self
        )


class DimTracer(Tracer):
    """Stands for the size of an axis, or a number computed from sizes."""

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        # Code that asks `x.shape[0] is None` by comparison must learn that the size is unknown.
        if other is None:
            return self.recorder.size(self.ref) is None
        if isinstance(other, DimTracer) and other.recorder is self.recorder and other.ref == self.ref:
            return True
        return self._compare(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        return not self == other

    __hash__ = Tracer.__hash__

    def _compare(self, function: Callable[[Any, Any], Any], other: Any) -> bool:
        if not isinstance(other, (numbers.Real, DimTracer)):
            return False if function is operator.eq else NotImplemented
        return bool(function(int(self), int(other) if isinstance(other, DimTracer) else other))

    def __lt__(self, other: Any) -> bool:
        return self._compare(operator.lt, other)

    def __le__(self, other: Any) -> bool:
        return self._compare(operator.le, other)

    def __gt__(self, other: Any) -> bool:
        return self._compare(operator.gt, other)

    def __ge__(self, other: Any) -> bool:
        return self._compare(operator.ge, other)

    def __bool__(self) -> bool:
        return bool(int(self))

    def __index__(self) -> int:
        size = self.recorder.read_size(self.ref)
        if size is None:
            raise CaptureError(self.recorder.message("the value of a size that is not known", "dimension"))
        return int(size)

    __int__ = __index__

    def __float__(self) -> float:
        return float(int(self))

    def __trunc__(self) -> Any:
        return self.active_recorder.truncate_dim(self)

    def __ceil__(self) -> Any:
        return self.active_recorder.ceil_dim(self)

    def __round__(self, digits: int | None = None) -> Any:
        return self.active_recorder.truncate_dim(self)

    @property
    def value(self) -> int | None:
        """TensorFlow 1 spelling of the size of a `Dimension`."""
        return self.recorder.read_size(self.ref)

    def __repr__(self) -> str:
        return f"<size %{self.ref.index} of the function being captured>"


def _tensor_binary(op: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: TensorTracer, other: Any) -> Any:
        return self.active_recorder.binary(op, self, other)

    def reflected(self: TensorTracer, other: Any) -> Any:
        return self.active_recorder.binary(op, other, self)

    return forward, reflected


def _tensor_in_place(op: str) -> Callable[..., Any]:
    def update(self: TensorTracer, other: Any) -> Any:
        return self.active_recorder.memory.update(self, op, other)

    return update


def _tensor_compare(op: str) -> Callable[..., Any]:
    def compare(self: TensorTracer, other: Any) -> Any:
        # `x == None` and `x in [...]` ask about identity, not about values.
        if other is None or isinstance(other, str):
            return op == "not_equal"
        return self.active_recorder.binary(op, self, other)

    return compare


def _tensor_bitwise(names: tuple[str, str]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def choose(self: TensorTracer) -> str:
        return names[0] if self.recorder.is_boolean(self.ref) else names[1]

    def forward(self: TensorTracer, other: Any) -> Any:
        return self.active_recorder.binary(choose(self), self, other)

    def reflected(self: TensorTracer, other: Any) -> Any:
        return self.active_recorder.binary(choose(self), other, self)

    return forward, reflected


def _tensor_unary(op: str) -> Callable[..., Any]:
    return lambda self: self.active_recorder.op(op, self)


def _dim_binary(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: DimTracer, other: Any) -> Any:
        return self.active_recorder.dim_arithmetic(name, self, other)

    def reflected(self: DimTracer, other: Any) -> Any:
        return self.active_recorder.dim_arithmetic(name, other, self)

    return forward, reflected


def _dim_unary(name: str) -> Callable[..., Any]:
    return lambda self: self.active_recorder.dim_arithmetic(name, self)


DIM_BINARY = ("add", "sub", "mul", "floordiv", "truediv", "mod", "pow")


def _install_operators() -> None:
    for method, op in BINARY.items():
        for prefix, function in zip(("", "r"), _tensor_binary(op), strict=True):
            setattr(TensorTracer, f"__{prefix}{method}__", function)
        setattr(TensorTracer, f"__i{method}__", _tensor_in_place(op))
    for method, names in BITWISE.items():
        for prefix, function in zip(("", "r"), _tensor_bitwise(names), strict=True):
            setattr(TensorTracer, f"__{prefix}{method}__", function)
    for method, op in COMPARE.items():
        setattr(TensorTracer, f"__{method}__", _tensor_compare(op))
    for method, op in UNARY.items():
        setattr(TensorTracer, f"__{method}__", _tensor_unary(op))
    for method in DIM_BINARY:
        for prefix, function in zip(("", "r"), _dim_binary(method), strict=True):
            setattr(DimTracer, f"__{prefix}{method}__", function)
    for method in ("neg", "pos", "abs"):
        setattr(DimTracer, f"__{method}__", _dim_unary(method))


_install_operators()
