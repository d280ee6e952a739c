"""Walks a jaxpr and records a call of the opset for each equation."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from lamina.errors import CaptureError
from lamina.jaxpr.equation import Aval, Equation, Rule, Spread
from lamina.jaxpr.sizes import Sizes
from lamina.vocabulary.tracer import Tracer

# A known value up to this size is computed here; a larger one is left to the expression to compute.
FOLDED_BYTES = 1024


class Lowering:
    """Lowers the jaxpr of one function.

    Args:
        table: What to do for each primitive.
        sizes: What stands for symbolic sizes.
        name: Of the function, for messages.
        where: The user's line that calls it, for messages.
    """

    def __init__(self, table: Mapping[str, Rule], sizes: Sizes, name: str, where: str) -> None:
        self._table = table
        self._sizes = sizes
        self._name = name
        self._where = where

    def closed(self, closed: Any, values: Sequence[Any]) -> list[Any]:
        """The outputs of a closed jaxpr."""
        return self.open(closed.jaxpr, [known(const) for const in closed.consts], values)

    def open(self, jaxpr: Any, consts: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """The outputs of a jaxpr."""
        environment: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
        environment.update(zip(jaxpr.invars, values, strict=True))
        read = functools.partial(self._read, environment)
        for eqn in jaxpr.eqns:
            outputs = self._equation(eqn, [read(atom) for atom in eqn.invars])
            environment.update(zip(eqn.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _read(self, environment: Mapping[Any, Any], atom: Any) -> Any:
        if hasattr(atom, "val"):  # a literal
            return known(np.asarray(atom.val, atom.aval.dtype))
        return environment[atom]

    def _inner(self, jaxpr: Any, values: Sequence[Any], consts: Sequence[Any] = ()) -> list[Any]:
        if hasattr(jaxpr, "consts"):
            return self.closed(jaxpr, values)
        return self.open(jaxpr, consts, values)

    def aval(self, atom: Any) -> Aval:
        """Shape and dtype of a variable or literal of a jaxpr."""
        return Aval(self._sizes.shape(atom.aval.shape), str(atom.aval.dtype))

    def _equation(self, eqn: Any, values: list[Any]) -> list[Any]:
        if eqn.effects:
            self._refuse(eqn, f"has the effect {next(iter(eqn.effects))}")
        folded = self._fold(eqn, values)
        if folded is not None:
            return folded
        name = str(eqn.primitive.name)
        rule = self._table.get(name)
        if rule is None:
            self._refuse(eqn, "has no counterpart among the operations of an expression")
        result = rule(
            Equation(
                name,
                values,
                eqn.params,
                [self.aval(atom) for atom in eqn.invars],
                [self.aval(var) for var in eqn.outvars],
                self._sizes,
                self._inner,
                functools.partial(self._refuse, eqn),
                eqn,
            )
        )
        return list(result) if eqn.primitive.multiple_results else [result]

    def _fold(self, eqn: Any, values: Sequence[Any]) -> list[Any] | None:
        """The outputs of an equation whose inputs are all known, such as a random draw with a fixed key."""
        if any(isinstance(value, (Tracer, Spread)) for value in values):
            return None
        avals = [var.aval for var in eqn.outvars]
        if not all(isinstance(size, int) for aval in avals for size in aval.shape) or _symbolic(eqn):
            return None
        small = sum(int(np.prod(aval.shape)) * 4 for aval in avals) <= FOLDED_BYTES
        if not small and eqn.primitive.name in self._table and not _draws(eqn):
            return None
        return computed(eqn, values)

    def _refuse(self, eqn: Any, why: str) -> NoReturn:
        raise CaptureError(
            f"{self._name} uses the JAX primitive {eqn.primitive.name!r}{_line(eqn)}, which {why}{self._where}; "
            "write that part with keras.ops or jax.numpy functions that lamina knows"
        )


def _symbolic(eqn: Any) -> bool:
    """Whether an equation depends on a symbolic size beside its inputs."""
    return eqn.primitive.name == "dim_as_value" or any(map(_symbolic, _inner_equations(eqn)))


def _inner_equations(eqn: Any) -> list[Any]:
    from jax.extend.core import jaxprs_in_params

    return [inner for jaxpr in jaxprs_in_params(eqn.params) for inner in jaxpr.eqns]


def _draws(eqn: Any) -> bool:
    """Whether an equation makes random bits from a key."""
    return "random" in eqn.primitive.name or any(map(_draws, _inner_equations(eqn)))


def computed(eqn: Any, values: Sequence[Any]) -> list[Any]:
    """The outputs of an equation, computed now."""
    import jax

    with jax.ensure_compile_time_eval():
        return [known(value) for value in as_function(eqn)(*values)]


def as_function(eqn: Any) -> Callable[..., list[Any]]:
    """An equation as a function of its inputs."""
    import jax

    found = eqn.primitive.get_bind_params(eqn.params)
    # Before JAX 0.10 these were a pair, the functions apart.
    functions, params = found if isinstance(found, tuple) else ((), found)

    def call(*values: Any) -> list[Any]:
        given = [value if _is_key(value) else jax.numpy.asarray(value) for value in values]
        outputs = eqn.primitive.bind(*functions, *given, **params)
        return list(outputs) if eqn.primitive.multiple_results else [outputs]

    return call


def known(value: Any) -> Any:
    """A value of JAX that is known: an array of NumPy, or a random key as it is."""
    return value if _is_key(value) else np.asarray(value)


def _is_key(value: Any) -> bool:
    import jax

    return hasattr(value, "dtype") and bool(jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key))


def _line(eqn: Any) -> str:
    """Where the library wrote the primitive, as far as JAX tells."""
    trace = getattr(getattr(eqn, "source_info", None), "traceback", None)
    for frame in getattr(trace, "frames", ()):
        outside = not any(part in frame.file_name for part in ("/jax/", "/lamina/", "<frozen"))
        if outside:
            return f" at {frame.file_name}:{frame.line_num}"
    return ""
