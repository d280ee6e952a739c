"""What an expression is: a pure function over tensors, as data.

An `Expression` is a list of calls to named operations. Values are numbered once, in order of
appearance: the leaves of the inputs, then the state slots, then the result of each call. A `Ref`
names such a value, and an item of it where the call returns several tensors:

    inputs   x                       value 0
    calls    mean(%0, axis=1)        value 1
             subtract(%0, %1)        value 2
    outputs  %2

Everything here is immutable and knows neither Keras nor any tensor.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields, replace
from functools import cached_property
from typing import Any

from lamina._records import dataclass

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """Shape and dtype of a tensor, as far as an expression depends on them.

    Args:
        shape: One entry per axis, `None` where any size will do; `None` for any rank.
        dtype: A Keras dtype name, or `None` for any.
    """

    shape: Shape | None = None
    dtype: str | None = None

    def accepts(self, other: Spec) -> bool:
        """Whether a tensor described by `other` may stand where this spec is asked for."""
        if self.dtype is not None and other.dtype != self.dtype:
            return False
        if self.shape is None or other.shape is None:
            return self.shape is None
        return len(self.shape) == len(other.shape) and all(
            want is None or want == have for want, have in zip(self.shape, other.shape, strict=True)
        )

    def __str__(self) -> str:
        shape = "..." if self.shape is None else ", ".join("?" if n is None else str(n) for n in self.shape)
        return f"{self.dtype or 'any'}[{shape}]"


@dataclass(frozen=True, slots=True)
class Ref:
    """A value by its number, and the place in it where a call returns a structure."""

    index: int
    path: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Array:
    """A small constant array, exact to the bit: C order, little endian."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """A Python slice; each bound may be a reference to a dimension."""

    start: Any = None
    stop: Any = None
    step: Any = None


class FrozenList(tuple[Any, ...]):
    """An immutable list: kept apart from a tuple, as operations may tell them apart."""

    __slots__ = ()


class FrozenDict(Mapping[str, Any]):
    """An immutable dict with string keys, in insertion order."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"FrozenDict({self._items!r})"

    def __hash__(self) -> int:
        return hash(structure_key(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrozenDict) and structure_key(self) == structure_key(other)


@dataclass(frozen=True, slots=True)
class Closure:
    """A function argument of control flow: an expression and the outer values it uses.

    The captured values are the last inputs of the expression, after those that the operation
    itself passes.
    """

    expression: Expression
    captured: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """Where the user wrote a call; kept in memory for messages and never saved."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation of the opset.

    Args:
        op: Name of the operation, a key of the opset.
        args: The operands, by position.
        kwargs: The remaining arguments that differ from their defaults, in the order of the
            signature.
        where: The user's source line, where it is known.
    """

    op: str
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...] = ()
    where: Location | None = field(default=None, compare=False, repr=False)


STATE_KINDS = ("variable", "constant", "seed", "layer")


@dataclass(frozen=True, slots=True)
class State:
    """Something an expression reads that outlives a call.

    Args:
        kind: `variable`, `constant` (an array too large for the config), `seed` (a seed
            generator) or `layer`.
        name: Unique in the expression; the owner keeps the object itself under this name.
        spec: Shape and dtype of a variable or constant.
        trainable: Whether a variable is trained.
    """

    kind: str
    name: str
    spec: Spec = Spec()
    trainable: bool = False


@dataclass(frozen=True, eq=False)
class Expression:
    """A pure function over tensors, as data.

    Two expressions are equal when they compute the same calls on the same structure; their names
    do not count.

    Args:
        inputs: A nested structure (tuple, `FrozenList`, `FrozenDict`) of `Spec`.
        calls: The calls, each using only values before it.
        outputs: A nested structure of `Ref` and literals.
        state: The state slots, in the order of their numbers.
        name: Name of the function it came from.
        parameters: Names of the inputs at the top level, for printing.
        parts: Of an expression that was composed of others, their names and how many calls each has, for
            printing.

    Example:
        >>> from lamina.expression.model import Call, Expression, Ref, Spec
        >>> Expression(inputs=Spec(), calls=(Call("square", (Ref(0),)),), outputs=Ref(1))
        <Expression: x -> square(x)>
    """

    inputs: Any
    calls: tuple[Call, ...]
    outputs: Any
    state: tuple[State, ...] = ()
    name: str = "function"
    parameters: tuple[str, ...] = ("x",)
    parts: tuple[tuple[str, int], ...] = ()

    @cached_property
    def input_specs(self) -> tuple[Spec, ...]:
        """The leaves of `inputs`, in the order of their numbers."""
        return tuple(leaves(self.inputs))

    @property
    def first_call(self) -> int:
        """Number of the value that the first call computes."""
        return len(self.input_specs) + len(self.state)

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """A hashable value that two expressions share exactly when they are the same function."""
        return structure_key((self.inputs, self.state, self.calls, self.outputs))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        from lamina.expression.printer import one_line

        return f"<Expression: {one_line(self)}>"

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def source(self) -> str:
        """The expression as Python source that runs with Keras alone."""
        from lamina.expression.printer import to_source

        return to_source(self)

    def run(self, inputs: Any, state: Mapping[str, Any] | None = None) -> Any:
        """Run it on tensors of the backend in use; see `lamina.execution.run`."""
        from lamina.execution import run

        return run(self, inputs, state)

    def simplified(self) -> Expression:
        """An expression that computes the same with fewer calls; see `lamina.simplification.simplify`."""
        from lamina.simplification import simplify

        return simplify(self)

    def dumps(self) -> str:
        """The expression as JSON text; `loads` reads it back."""
        from lamina.expression.codec import dumps

        return dumps(self)

    @staticmethod
    def loads(text: str) -> Expression:
        """Read an expression from JSON text; nothing in it is executed.

        Raises:
            ExpressionError: The text breaks a rule of the format; the message names the place.
        """
        from lamina.expression.codec import loads

        return loads(text)

    def renamed(self, name: str) -> Expression:
        """The same expression under another name."""
        return replace(self, name=name)


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves of a nested structure, depth first, dict items in the order of their keys."""
    if isinstance(tree, Mapping):
        tree = tuple(tree[key] for key in sorted(tree))
    if isinstance(tree, (tuple, list)):
        for item in tree:
            yield from leaves(item)
    else:
        yield tree


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """A structure of the same kind with `function` applied to each leaf."""
    if isinstance(tree, FrozenDict):
        return FrozenDict({k: map_tree(function, v) for k, v in tree.items()})
    if isinstance(tree, Mapping):
        return {k: map_tree(function, v) for k, v in tree.items()}
    if isinstance(tree, FrozenList):
        return FrozenList(map_tree(function, v) for v in tree)
    if isinstance(tree, tuple):
        mapped = [map_tree(function, v) for v in tree]
        return type(tree)(*mapped) if hasattr(tree, "_fields") else tuple(mapped)
    if isinstance(tree, list):
        return [map_tree(function, v) for v in tree]
    return function(tree)


def freeze_tree(tree: Any, leaf: Callable[[Any], Any] = lambda value: value) -> Any:
    """A structure with the frozen containers in place of lists and dicts, and `leaf` applied to the rest."""
    if isinstance(tree, Mapping):
        return FrozenDict({key: freeze_tree(item, leaf) for key, item in tree.items()})
    if isinstance(tree, (list, tuple)):
        kind = FrozenList if isinstance(tree, (list, FrozenList)) else tuple
        return kind(freeze_tree(item, leaf) for item in tree)
    return leaf(tree)


def thaw(tree: Any) -> Any:
    """A structure with ordinary lists, dicts and slices in place of the frozen ones."""
    if isinstance(tree, FrozenDict):
        return {k: thaw(v) for k, v in tree.items()}
    if isinstance(tree, FrozenList):
        return [thaw(v) for v in tree]
    if isinstance(tree, tuple):
        return tuple(thaw(v) for v in tree)
    if isinstance(tree, Slice):
        return slice(thaw(tree.start), thaw(tree.stop), thaw(tree.step))
    return tree


def references(value: Any) -> Iterator[Ref]:
    """Every `Ref` inside an argument, captured values of closures included."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Slice):
        yield from references((value.start, value.stop, value.step))
    elif isinstance(value, Closure):
        yield from value.captured
    elif isinstance(value, Mapping):
        yield from references(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from references(item)


def call_references(call: Call) -> list[Ref]:
    """Every `Ref` that a call reads."""
    found: list[Ref] = []
    for value in (*call.args, *(value for _, value in call.kwargs)):
        if type(value) is Ref:
            found.append(value)
        elif type(value) not in _ATOMS:
            found.extend(references(value))
    return found


# Kinds of literals that hold no references, and that Python's own equality tells apart within the kind.
_ATOMS = frozenset({int, bool, str, type(None), float})


def _float_key(value: float) -> bytes:
    return struct.pack("<d", value) if value == value else b"nan"


_KEPT = (_ATOMS - {float}) | {Ref, Spec}


# Python's own equality would merge 1, 1.0 and True, 0.0 and -0.0, and keep nan apart from itself.
def structure_key(value: Any) -> tuple[Any, ...]:
    """A hashable key that tells apart everything that computes differently."""
    kind = type(value)
    if kind in _KEPT:
        return (kind.__name__, value)
    if isinstance(value, float):
        return ("float", _float_key(value))
    if isinstance(value, complex):
        return ("complex", _float_key(value.real), _float_key(value.imag))
    if isinstance(value, Mapping):
        return ("dict", tuple((k, structure_key(value[k])) for k in sorted(value)))
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, *map(structure_key, value))
    if isinstance(value, Slice):
        return ("slice", *map(structure_key, (value.start, value.stop, value.step)))
    if isinstance(value, Call):
        return ("call", value.op, structure_key(value.args), structure_key(value.kwargs))
    if isinstance(value, Closure):
        return ("closure", value.expression.key, structure_key(value.captured))
    return (type(value).__name__, value)
