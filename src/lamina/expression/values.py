"""The rules for single values of an expression, and the limits on all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from math import prod
from types import EllipsisType, NoneType
from typing import Any

from lamina._records import dataclass
from lamina.expression.model import (
    Array,
    Closure,
    Expression,
    FrozenDict,
    FrozenList,
    Ref,
    Slice,
    Spec,
)
from lamina.expression.place import Place, refuse, short

# Bytes of one element; `None` where an array literal cannot hold the dtype.
DTYPES: Mapping[str, int | None] = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "bfloat16": 2,
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
    "string": None,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an expression may be.

    Args:
        calls: Calls, those of nested expressions included.
        items: Items of all structures together.
        structure_depth: Lists, tuples and dicts inside each other, from the outermost expression on.
        closure_depth: Expressions inside each other.
        string: Characters of one string.
        array_bytes: Bytes of all array literals together.
        text: Characters of the JSON text.
    """

    calls: int = 100_000
    items: int = 1_000_000
    structure_depth: int = 32
    closure_depth: int = 16
    string: int = 65_536
    array_bytes: int = 1 << 24
    text: int = 1 << 26


LIMITS = Limits()
# Arrays up to this size are literals of an expression; larger ones become weights of its layer.
LITERAL_BYTES = 1024
_INT_BOUND = 1 << 64
_MAX_DIM = 1 << 63
_MAX_RANK = 64


@dataclass(slots=True)
class Budget:
    """What the limits still allow, for an expression and all that are nested in it."""

    limits: Limits
    spent: dict[str, int] = field(default_factory=lambda: {"calls": 0, "items": 0, "array_bytes": 0})

    def spend(self, what: str, amount: int, place: Place) -> None:
        """Count `amount` more of something against its limit."""
        self.spent[what] += amount
        limit = getattr(self.limits, what)
        if self.spent[what] > limit:
            refuse(place, f"the expression has more than {limit} {what.replace('_', ' ')}")


@dataclass(slots=True)
class Scope:
    """One expression while it is verified.

    Args:
        depth: Structures around the expression.
        closures: Expressions around it.
        expected: How many inputs it must have; `None` for the outermost expression.
        owned: Numbers of the values that are no tensors, with their kind: `seed` or `layer`.
        known: How many values exist so far; `None` while a static argument is verified.
        first: Number of the first call.
    """

    expression: Expression
    budget: Budget
    place: Place | None
    depth: int = 0
    closures: int = 0
    expected: int | None = None
    owned: dict[int, str] = field(default_factory=dict)
    known: int | None = 0
    first: int = 0

    def at(self, *step: Any) -> Place:
        """A place directly inside the expression."""
        return (self.place, step[0] if len(step) == 1 else step)


def check_spec(spec: Spec, place: Place) -> None:
    """A known dtype and a shape of sizes."""
    if spec.dtype is not None and (type(spec.dtype) is not str or spec.dtype not in DTYPES):
        refuse(place, f"{short(spec.dtype)} is not a Keras dtype; expected one of {', '.join(DTYPES)}")
    if spec.shape is not None:
        _shape(spec.shape, place, allowed=(int, NoneType))


def _shape(shape: Any, place: Place, allowed: tuple[type, ...]) -> None:
    if type(shape) is not tuple or len(shape) > _MAX_RANK:
        refuse(place, f"expected a shape of at most {_MAX_RANK} sizes, received {short(shape)}")
    for size in shape:
        if type(size) not in allowed or (size is not None and not 0 <= size < _MAX_DIM):
            refuse(place, f"{short(size)} is not a size; expected {' or '.join(t.__name__ for t in allowed)}")


# Rules for a value


def check_value(scope: Scope, value: Any, place: Place, depth: int) -> None:
    """A literal, a reference, or a structure of them: whatever `VALUES` allows."""
    check = VALUES.get(type(value))
    if check is None:
        refuse(
            place,
            f"an expression cannot hold {short(value)} of type {type(value).__name__}; "
            f"it holds {', '.join(t.__name__ for t in VALUES)}",
        )
    check(scope, value, place, depth)


def _anything(scope: Scope, value: Any, place: Place, depth: int) -> None:
    pass


def _integer(scope: Scope, value: int, place: Place, depth: int) -> None:
    if not -_INT_BOUND <= value <= _INT_BOUND:
        refuse(place, "an integer beyond 2**64; write it as a float")


def check_text(scope: Scope, value: Any, place: Place, depth: int) -> None:
    """A string that is not too long and can be encoded."""
    if type(value) is not str or len(value) > scope.budget.limits.string:
        refuse(
            place,
            f"expected a string of at most {scope.budget.limits.string} characters, received {short(value)}",
        )
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        refuse(place, f"{short(value)} holds half a character (a lone surrogate)")


def _reference(scope: Scope, ref: Ref, place: Place, depth: int) -> None:
    check_reach(scope, ref, place)
    kind = scope.owned.get(ref.index) if scope.owned else None
    if kind is not None:
        use = "called" if kind == "layer" else "passed as `seed`"
        refuse(place, f"%{ref.index} is a {kind}, which is no tensor; it can only be {use}")


def check_reach(scope: Scope, ref: Ref, place: Place) -> None:
    """A reference to a value that exists at this place."""
    index, known = ref.index, scope.known
    if type(index) is not int or type(ref.path) is not tuple:
        refuse(place, f"expected a reference by number, received {short(ref)}")
    if known is None:
        refuse(place, f"a static argument holds literals only, received the reference %{short(index)}")
    if not 0 <= index < known:
        count = scope.first + len(scope.expression.calls)
        later = (
            f"is computed later, by calls[{index - scope.first}]"
            if known <= index < count
            else "does not exist"
        )
        refuse(place, f"%{short(index)} {later}; the values before this place are those below %{known}")
    if ref.path:
        _path(scope, ref, place)


def _path(scope: Scope, ref: Ref, place: Place) -> None:
    if len(ref.path) > scope.budget.limits.structure_depth:
        refuse(place, f"a path of more than {scope.budget.limits.structure_depth} items")
    for key in ref.path:
        if type(key) is int:
            _integer(scope, key, place, 0)
        else:
            check_text(scope, key, place, 0)


def _slice(scope: Scope, value: Slice, place: Place, depth: int) -> None:
    for name, bound in (("start", value.start), ("stop", value.stop), ("step", value.step)):
        if type(bound) not in (NoneType, int, Ref):
            refuse((place, f".{name}"), f"expected an integer, None or a reference, received {short(bound)}")
        check_value(scope, bound, (place, f".{name}"), depth)


def _array(scope: Scope, array: Array, place: Place, depth: int) -> None:
    size = DTYPES.get(array.dtype) if type(array.dtype) is str else None
    if size is None or type(array.data) is not bytes:
        refuse(place, f"an array literal cannot hold {short(array.dtype)} as {type(array.data).__name__}")
    _shape(array.shape, place, allowed=(int,))
    if len(array.data) != prod(array.shape) * size:
        refuse(
            place, f"{array.dtype}{array.shape} needs {prod(array.shape) * size} bytes, has {len(array.data)}"
        )
    if array.dtype == "bool" and array.data.translate(None, b"\0\1"):
        refuse(place, "a bool array holds bytes other than 0 and 1")
    scope.budget.spend("array_bytes", len(array.data), place)


def _structure(scope: Scope, value: Any, place: Place, depth: int) -> None:
    for item, at in items(scope, value, place, depth):
        check_value(scope, item, at, depth + 1)


def items(scope: Scope, value: Any, place: Place, depth: int) -> Iterable[tuple[Any, Place]]:
    """The items of a structure with their places."""
    if depth >= scope.budget.limits.structure_depth:
        refuse(place, f"structures are nested more than {scope.budget.limits.structure_depth} deep")
    scope.budget.spend("items", len(value), place)
    if type(value) is not FrozenDict:
        return [(item, (place, i)) for i, item in enumerate(value)]
    for key in value:
        check_text(scope, key, place, depth)
    return [(item, (place, ("[%r]", key))) for key, item in value.items()]


def _misplaced(scope: Scope, value: Any, place: Place, depth: int) -> None:
    refuse(place, "a nested expression may stand only in a function argument of control flow")


VALUES: Mapping[type, Callable[[Scope, Any, Place, int], None]] = {
    Ref: _reference,
    NoneType: _anything,
    bool: _anything,
    int: _integer,
    float: _anything,
    complex: _anything,
    str: check_text,
    Slice: _slice,
    EllipsisType: _anything,
    Array: _array,
    tuple: _structure,
    FrozenList: _structure,
    FrozenDict: _structure,
    Closure: _misplaced,
}
