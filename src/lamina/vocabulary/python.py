"""Python's own functions, `math` and `operator`, as a captured function calls them."""

from __future__ import annotations

import builtins
import functools
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from lamina._keras import is_a, keras
from lamina.errors import CaptureError
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.registry import Vocabulary, framework_of
from lamina.vocabulary.tracer import DimTracer, TensorTracer, Tracer


def holds_tracer(value: Any) -> bool:
    """Whether an argument is a tracer or a container with one."""
    if isinstance(value, Tracer):
        return True
    if isinstance(value, Mapping):
        return any(map(holds_tracer, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(holds_tracer, value))
    return False


def any_tracer(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether any argument of a call holds a tracer."""
    return any(map(holds_tracer, args)) or any(map(holds_tracer, kwargs.values()))


def foreign(function: Callable[..., Any], explanation: str) -> Callable[..., Any]:
    """A function without a counterpart: it runs on plain values and refuses tensors."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if any_tracer(args, kwargs):
            raise CaptureError(explanation)
        return function(*args, **kwargs)

    return call if not isinstance(function, type) else class_stand_in(function, call)


def class_stand_in(real: type, call: Callable[..., Any]) -> Any:
    """What is called in place of a class, and stands for it in `isinstance`."""

    class StandIn:
        """Calls like the class, and keeps it for `isinstance`."""

        lamina_class = real
        __call__ = staticmethod(call)

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    return StandIn()


class Numeric:
    """The real function on plain values, the vocabulary's on tensors.

    Args:
        real: NumPy's or Python's own function.
        stand_in: The one that records.
    """

    def __init__(self, real: Callable[..., Any], stand_in: Callable[..., Any]) -> None:
        self._real = real
        self._stand_in = stand_in
        self.__name__ = getattr(real, "__name__", "function")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the one that the arguments ask for."""
        tensors = any_tracer(args, kwargs) or _any_backend_tensor(args)
        return (self._stand_in if tensors else self._real)(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Numeric(getattr(self._real, name), getattr(self._stand_in, name))


def _any_backend_tensor(args: tuple[Any, ...]) -> bool:
    return bool(keras) and any(keras.ops.is_tensor(a) or is_a(a, "Variable") for a in args)


_TENSOR_CLASSES = {
    "Tensor",
    "EagerTensor",
    "KerasTensor",
    "Array",
    "Variable",
    "ResourceVariable",
    "SymbolicTensor",
}


def _isinstance(value: Any, kinds: Any) -> bool:
    classes = tuple(getattr(kind, "lamina_class", kind) for kind in _flat(kinds))
    if isinstance(value, TensorTracer):
        return any(map(_is_tensor_class, classes))
    if isinstance(value, DimTracer) and int in classes:
        return True
    return builtins.isinstance(value, classes)


def _flat(kinds: Any) -> list[Any]:
    return [kind for item in kinds for kind in _flat(item)] if isinstance(kinds, tuple) else [kinds]


def _is_tensor_class(kind: Any) -> bool:
    return (
        getattr(kind, "__name__", "") in _TENSOR_CLASSES
        and framework_of(getattr(kind, "__module__", "")) is not None
    )


def _extreme(tensor_op: str, python: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(*values: Any, **kwargs: Any) -> Any:
        items = list(values[0]) if len(values) == 1 else list(values)
        if kwargs or not any(isinstance(v, TensorTracer) for v in items):
            return python(items, **kwargs)
        return functools.reduce(getattr(ops, tensor_op), items)

    return extreme


def _float(value: Any = 0.0) -> Any:
    return operator.mul(value, 1.0) if isinstance(value, DimTracer) else builtins.float(value)


def _int(value: Any = 0, *base: Any) -> Any:
    return value.__trunc__() if isinstance(value, DimTracer) else builtins.int(value, *base)


def _round(value: Any, digits: int | None = None) -> Any:
    if isinstance(value, TensorTracer):
        return ops.round(value, digits or 0)
    return builtins.round(value) if digits is None else builtins.round(value, digits)


def _divmod(a: Any, b: Any) -> Any:
    return (a // b, a % b) if holds_tracer((a, b)) else builtins.divmod(a, b)


class _Type:
    """A Python type whose call may receive a tracer; `isinstance` sees the type itself."""

    def __init__(self, real: type, call: Callable[..., Any]) -> None:
        self.lamina_class = real
        self._call = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lamina_class, name)

    def __eq__(self, other: object) -> bool:
        return self.lamina_class is getattr(other, "lamina_class", other)

    def __hash__(self) -> int:
        return hash(self.lamina_class)

    def __or__(self, other: Any) -> Any:
        return self.lamina_class | getattr(other, "lamina_class", other)

    __ror__ = __or__


BUILTINS: Mapping[str, Any] = {
    "isinstance": _isinstance,
    "max": _extreme("maximum", builtins.max),
    "min": _extreme("minimum", builtins.min),
    "float": _Type(float, _float),
    "int": _Type(int, _int),
    "round": _round,
    "divmod": _divmod,
}

# math function -> operation of the same meaning
_MATH = {
    **{
        name: name
        for name in "sqrt exp log1p expm1 log2 log10 sin cos tan sinh cosh tanh floor ceil trunc "
        "isnan isinf isfinite erf erfc hypot gcd lcm cbrt exp2 fmod nextafter ldexp".split()
    },
    "fabs": "absolute",
    "pow": "power",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "degrees": "rad2deg",
    "radians": "deg2rad",
}


def _math(name: str, op: str) -> Callable[..., Any]:
    of_size = _OF_SIZE.get(name)

    def call(*args: Any) -> Any:
        if of_size is not None and isinstance(args[0], DimTracer):
            return of_size(args[0])
        return getattr(ops, op)(*args)

    return Numeric(getattr(math, name), call)


# What stays a size when it is taken of one.
_OF_SIZE: Mapping[str, Callable[[Any], Any]] = {
    "sqrt": lambda size: size**0.5,
    "floor": lambda size: size.__trunc__(),
    "trunc": lambda size: size.__trunc__(),
    "ceil": lambda size: size.__ceil__(),
}


def _product(values: Any, *, start: Any = 1) -> Any:
    return functools.reduce(operator.mul, values, start)


def _math_log(x: Any, *base: Any) -> Any:
    return ops.divide(ops.log(x), *(math.log(b) for b in base)) if base else ops.log(x)


_TABLE: dict[str, Any] = {name: _math(name, op) for name, op in _MATH.items() if hasattr(math, name)}
_TABLE["log"] = Numeric(math.log, _math_log)
_TABLE |= {"prod": _product, "fsum": sum}
_TABLE.update({name: getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")})

VOCABULARIES = (Vocabulary("math", ("math",), _TABLE),)
