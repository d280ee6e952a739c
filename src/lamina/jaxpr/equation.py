"""One equation of a jaxpr, as the rules of its primitives see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from lamina._records import dataclass
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tracer import Tracer

Rule = Callable[["Equation"], Any]


@dataclass(frozen=True)
class Spread:
    """A value that was broadcast, before it is: most operations broadcast by themselves.

    Args:
        small: The tensor or number; where it is a tensor, of the rank of the shape.
        shape: The whole shape.
    """

    small: Any
    shape: tuple[Any, ...]


@dataclass(frozen=True)
class Aval:
    """Shape and dtype of a value; sizes are ints or those of the function being captured."""

    shape: tuple[Any, ...]
    dtype: str

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether it is a floating dtype, bfloat16 included."""
        return "float" in self.dtype

    @property
    def is_bool(self) -> bool:
        """Whether it is boolean."""
        return self.dtype == "bool"

    @property
    def static(self) -> bool:
        """Whether all sizes are known."""
        return all(isinstance(size, int) for size in self.shape)


@dataclass(frozen=True)
class Equation:
    """One equation.

    Args:
        primitive: The name of the primitive.
        values: What stands for its inputs: tracers, arrays of known values, `Spread`.
        params: Its parameters, as JAX has them.
        inputs: Shapes and dtypes of the inputs.
        outputs: Shapes and dtypes of the outputs.
        size: Turns a symbolic size into one of the function being captured.
        inner: Lowers a jaxpr among the parameters: `(closed or open jaxpr, values, constants)`.
        refuse: Raises the error that says why the equation has no counterpart.
        raw: The equation as JAX has it.
    """

    primitive: str
    values: Sequence[Any]
    params: Mapping[str, Any]
    inputs: Sequence[Aval]
    outputs: Sequence[Aval]
    size: Callable[[Any], Any]
    inner: Callable[..., list[Any]]
    refuse: Callable[[str], NoReturn]
    raw: Any

    @property
    def out(self) -> Aval:
        """Shape and dtype of the first output."""
        return self.outputs[0]

    def tensor(self, position: int) -> Any:
        """An input as a tensor of its whole shape."""
        return whole(self.values[position], self.inputs[position])

    def operand(self, position: int) -> Any:
        """An input for an operation that broadcasts: a number where it is a known scalar."""
        value = self.values[position]
        value = value.small if isinstance(value, Spread) else value
        return number(value)

    def known(self, position: int) -> Any:
        """An input whose values are known, as an array; `None` for any other."""
        value = self.values[position]
        return None if isinstance(value, (Tracer, Spread)) else np.asarray(value)


def number(value: Any) -> Any:
    """A known scalar as a Python number; anything else as it is."""
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return (
            value.item()
            if value.dtype.kind in "biuf"
            else float(value)
            if value.dtype.kind == "V"
            else value.item()
        )
    return value


def whole(value: Any, aval: Aval) -> Any:
    """A value as a tensor of its whole shape and dtype."""
    if isinstance(value, Spread):
        if not isinstance(value.small, Tracer):
            return ops.full(value.shape, number(np.asarray(value.small)), dtype=aval.dtype)
        return ops.broadcast_to(value.small, value.shape)
    if isinstance(value, Tracer):
        return value
    return ops.convert_to_tensor(number(np.asarray(value)), dtype=aval.dtype)
