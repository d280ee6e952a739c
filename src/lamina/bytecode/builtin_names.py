"""Python's built-in functions, as far as saved code may call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lamina.bytecode.budget import PLAIN, Refusal
from lamina.bytecode.formatting import format_value, to_text
from lamina.bytecode.operators import binary

if TYPE_CHECKING:
    from lamina.bytecode.machine import Machine

_MOST_DIGITS = 400
_MISSING = object()
_NUMBERS = (int, float)


class Builtin:
    """A built-in function or type; `kind` is the type that `isinstance` compares with."""

    def __init__(self, name: str, function: Callable[..., Any], kind: type | None = None) -> None:
        self.name = name
        self.function = function
        self.kind = kind

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls it, within the budget of the evaluation that made it."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<built-in {self.name}>"


class ErrorKind:
    """An exception class, which saved code can only make messages of."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any) -> ErrorMessage:
        """An exception with these arguments."""
        return ErrorMessage(self.name, args)

    def __repr__(self) -> str:
        return f"<error {self.name}>"


class ErrorMessage:
    """An exception that saved code may raise."""

    def __init__(self, name: str, args: tuple[Any, ...]) -> None:
        self.name = name
        self.args = args

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.args))})"


ERRORS = frozenset(
    "Exception ValueError TypeError AssertionError NotImplementedError RuntimeError AttributeError "
    "KeyError IndexError ArithmeticError ZeroDivisionError OverflowError ImportError NameError "
    "StopIteration Warning UserWarning DeprecationWarning RuntimeWarning".split()
)
_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (int, float, bool, complex, str, bytes, tuple, list, dict, set, frozenset, slice, range)
}
# In Python 2 these are names that could be assigned to.
_PYTHON2_CONSTANTS = {"None": None, "True": True, "False": False}
_PYTHON2_TYPES: dict[str, type] = {"unicode": str, "basestring": str, "long": int, "xrange": range}


def make_builtin(machine: Machine, name: str) -> Builtin | ErrorKind | bool | None:
    """The built-in `name`, bound to what the machine may spend.

    Args:
        machine: The evaluation.
        name: A name of Python's `builtins` module.

    Returns:
        A callable; in Python 2 also None or a truth value.

    Raises:
        KeyError: There is no such built-in, or it is not understood.
    """
    if name in ERRORS:
        return ErrorKind(name)
    if machine.python2 and name in _PYTHON2_CONSTANTS:
        return _PYTHON2_CONSTANTS[name]
    name = {"unicode": "str", "basestring": "str", "long": "int"}.get(name, name)
    function = _FUNCTIONS.get(name)
    if function is None or (name in _PYTHON2_TYPES and not machine.python2):
        raise KeyError(name)
    kind = _TYPES.get(name) or _PYTHON2_TYPES.get(name)
    return Builtin(name, lambda *args, **kwargs: function(machine, *args, **kwargs), kind)


def is_instance(machine: Machine, value: Any, kinds: Any) -> bool:
    """`isinstance(value, kinds)`, for built-in types and those of the namespace."""
    if type(kinds) is tuple:
        return any(is_instance(machine, value, kind) for kind in kinds)
    kind = kinds.kind if isinstance(kinds, Builtin) else kinds
    if isinstance(kind, type) and type(value) in PLAIN:
        return isinstance(value, kind)
    return bool(machine.namespace.is_instance(value, kind))


def _lazy(machine: Machine, values: list[Any]) -> Any:
    """What `map`, `zip` and the like return: a list in Python 2, else an iterator."""
    return values if machine.python2 else iter(values)


def _range(machine: Machine, *bounds: Any) -> Any:
    values = range(*bounds)
    return machine.budget.collect(values) if machine.python2 else values


def _zip(machine: Machine, *sequences: Any, strict: bool = False) -> Any:
    iterators = [machine.budget.iterate(sequence) for sequence in sequences]
    return _lazy(machine, machine.budget.collect(zip(*iterators, strict=strict)))


def _map(machine: Machine, function: Any, *sequences: Any) -> Any:
    rows = zip(*sequences, strict=False)
    if function is None:
        return _lazy(machine, machine.budget.collect(*sequences))
    return _lazy(machine, [machine.call(function, row, {}) for row in machine.budget.iterate(rows)])


def _filter(machine: Machine, function: Any, values: Any) -> Any:
    def keeps(value: Any) -> bool:
        return bool(value if function is None else machine.call(function, (value,), {}))

    return _lazy(machine, [value for value in machine.budget.iterate(values) if keeps(value)])


def _enumerate(machine: Machine, values: Any, start: int = 0) -> Any:
    return iter(list(enumerate(machine.budget.collect(values), start)))


def _reversed(machine: Machine, values: Any) -> Any:
    return iter(machine.budget.collect(values)[::-1])


def _sorted(machine: Machine, values: Any, key: Any = None, reverse: Any = False) -> list[Any]:
    found = machine.budget.collect(values)
    machine.budget.weigh(found)
    return sorted(found, key=key, reverse=bool(reverse))


def _sum(machine: Machine, values: Any, start: Any = 0) -> Any:
    machine.budget.foresee(values)
    total = start
    for value in machine.budget.iterate(values):
        numbers = type(total) in _NUMBERS and type(value) in _NUMBERS
        total = total + value if numbers else binary(machine.budget, "+", total, value)
    return total


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def function(machine: Machine, *values: Any, key: Any = None, default: Any = _MISSING) -> Any:
        found = machine.budget.collect(values[0] if len(values) == 1 else values)
        machine.budget.weigh(found)
        if not found and default is not _MISSING:
            return default
        return choose(found, key=key)

    return function


def _any(machine: Machine, values: Any) -> bool:
    return any(bool(value) for value in machine.budget.iterate(values))


def _all(machine: Machine, values: Any) -> bool:
    return all(bool(value) for value in machine.budget.iterate(values))


def _collection(kind: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def function(machine: Machine, values: Any = ()) -> Any:
        found = machine.budget.collect(values)
        machine.budget.weigh(*found)
        return kind(found)

    return function


def _dict(machine: Machine, values: Any = (), **kwargs: Any) -> dict[Any, Any]:
    pairs = list(values.items()) if type(values) is dict else machine.budget.collect(values)
    machine.budget.weigh(pairs)
    return dict(pairs, **kwargs)


def _integer(machine: Machine, value: Any = 0, base: Any = _MISSING) -> Any:
    machine.budget.weigh(value)
    return int(value) if base is _MISSING else int(value, base)


def _round(machine: Machine, value: Any, digits: Any = None) -> Any:
    if isinstance(digits, int) and abs(digits) > _MOST_DIGITS:
        raise Refusal(f"round to {digits} digits")
    rounded = round(value) if digits is None else round(value, digits)
    return float(rounded) if machine.python2 and type(value) in (int, float) else rounded


def _power(machine: Machine, base: Any, exponent: Any, modulus: Any = None) -> Any:
    return binary(machine.budget, "**", base, exponent) if modulus is None else pow(base, exponent, modulus)


def _get_attribute(machine: Machine, value: Any, name: Any, default: Any = _MISSING) -> Any:
    try:
        return machine.attribute(value, name)
    except AttributeError:
        if default is _MISSING:
            raise
        return default


def _has_attribute(machine: Machine, value: Any, name: Any) -> bool:
    return _get_attribute(machine, value, name, UNKNOWN) is not UNKNOWN


def _type(machine: Machine, value: Any) -> Any:
    if type(value).__name__ not in _TYPES:
        raise Refusal(f"type() of {type(value).__name__}")
    return machine.builtin(type(value).__name__)


def _next(machine: Machine, iterator: Any, default: Any = _MISSING) -> Any:
    machine.budget.spend()
    return next(iterator) if default is _MISSING else next(iterator, default)


def _simple(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one or two numbers, or of a tracer, that costs little whatever it gets."""

    def call(machine: Machine, *args: Any) -> Any:
        machine.budget.weigh(*args)
        return function(*args)

    return call


UNKNOWN = object()
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": _simple(abs), "all": _all, "any": _any, "bool": _simple(bool), "callable": _simple(callable),
    "complex": _simple(complex), "dict": _dict, "divmod": _simple(divmod), "enumerate": _enumerate,
    "filter": _filter, "float": _simple(float), "format": lambda m, *args: format_value(m.budget, *args),
    "frozenset": _collection(frozenset), "getattr": _get_attribute, "hasattr": _has_attribute,
    "int": _integer, "isinstance": is_instance, "iter": lambda m, values: iter(values),
    "len": _simple(len), "list": _collection(list), "map": _map, "max": _extreme(max),
    "min": _extreme(min), "next": _next, "pow": _power, "print": lambda machine, *args, **kwargs: None,
    "range": _range, "repr": lambda m, value: to_text(m.budget, value, 2), "reversed": _reversed,
    "round": _round, "set": _collection(set), "slice": _simple(slice), "sorted": _sorted,
    "str": lambda m, *args: to_text(m.budget, *args) if args else "", "sum": _sum,
    "tuple": _collection(tuple), "type": _type, "xrange": lambda m, *bounds: range(*bounds), "zip": _zip,
}  # fmt: skip
