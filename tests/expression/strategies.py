"""Random expressions: of every operation of the table, and such as run on any backend."""

from __future__ import annotations

import functools

import numpy as np
from hypothesis import strategies as st

from lamina.expression import opset
from lamina.expression.closures import passed_tensors
from lamina.expression.model import (
    Array,
    Call,
    Closure,
    Expression,
    FrozenDict,
    FrozenList,
    Ref,
    Slice,
    Spec,
    State,
)
from lamina.expression.values import DTYPES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,4}", fullmatch=True).filter(lambda name: name not in PYTHON_WORDS)
PYTHON_WORDS = {
    "as",
    "if",
    "in",
    "is",
    "or",
    "and",
    "def",
    "del",
    "for",
    "not",
    "try",
    "elif",
    "else",
    "from",
    "pass",
    "with",
    "async",
    "await",
    "break",
    "class",
    "raise",
    "while",
    "yield",
}
SPECS = st.builds(
    Spec,
    st.none() | st.lists(st.none() | st.integers(0, 2**40), max_size=3).map(tuple),
    st.none() | st.sampled_from(sorted(DTYPES)),
)


@st.composite
def arrays(draw):
    """Array literals of every dtype, of random bits."""
    dtype = draw(st.sampled_from([name for name, size in DTYPES.items() if size]))
    shape = tuple(draw(st.lists(st.integers(0, 2), max_size=2)))
    count = int(np.prod(shape, dtype=int)) * DTYPES[dtype]
    data = draw(st.binary(min_size=count, max_size=count))
    return Array(dtype, shape, bytes(b & 1 for b in data) if dtype == "bool" else data)


ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.complex_numbers()
    | TEXT
    | st.sampled_from(["%", "%0", "%%", "float32", ...])
    | arrays()
)


def structures(leaf, size=3):
    """Nested tuples, lists and dicts of leaves."""
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=size).map(tuple)
            | st.lists(inner, max_size=size).map(FrozenList)
            | st.dictionaries(TEXT, inner, max_size=size).map(FrozenDict)
        ),
        max_leaves=5,
    )


_ANY = st.builds(Ref, st.integers(0, 99), st.lists(st.integers(-3, 3) | TEXT, max_size=2).map(tuple))
_BOUND = st.none() | st.integers(-5, 5) | _ANY
_VALUES = structures(ATOMS | _ANY | st.builds(Slice, _BOUND, _BOUND, _BOUND))


def references(numbers):
    """References to given values, and to items of them."""
    return _ANY.map(lambda ref: _among(ref, numbers))


def values(numbers):
    """Anything that may be an operand."""
    return _VALUES.map(lambda value: _among(value, numbers))


def _among(value, numbers):
    """The value with references to the given numbers only; building a strategy for each set is slow."""
    if isinstance(value, Ref):
        return Ref(numbers[value.index % len(numbers)], value.path) if numbers else None
    if isinstance(value, Slice):
        return Slice(*(_among(part, numbers) for part in (value.start, value.stop, value.step)))
    if isinstance(value, FrozenDict):
        return FrozenDict({key: _among(item, numbers) for key, item in value.items()})
    return type(value)(_among(item, numbers) for item in value) if isinstance(value, tuple) else value


LITERALS = values([])
_OPS = [opset.lookup(name) for name in opset.names()]
_FUNCTIONAL = {op.name for op in _OPS if any(p.kind == "function" for p in op.parameters)}


@functools.cache
def _ops(layers, functions):
    skipped = (set() if layers else {"operator.call"}) | (set() if functions else _FUNCTIONAL)
    return st.sampled_from([op for op in _OPS if op.name not in skipped])


@st.composite
def calls(draw, numbers, owned, depth):
    """A valid call of any operation."""
    op = draw(_ops(bool(owned["layer"]), depth > 0))
    bound = {}
    for parameter in sorted(op.parameters, key=lambda p: p.kind == "function"):
        if not parameter.required and parameter.kind not in ("variadic", "keywords") and draw(st.booleans()):
            continue
        bound[parameter.name] = draw(_argument(op, parameter, bound, numbers, owned, depth))
    return op.call(bound)


def _argument(op, parameter, bound, numbers, owned, depth):
    if parameter.name == "seed":
        return st.sampled_from([7, None, *map(Ref, owned["seed"])])
    if (op.name, parameter.name) == ("operator.call", "obj"):
        return st.sampled_from(list(map(Ref, owned["layer"])))
    if parameter.kind == "function":
        one = closures(passed_tensors(op.name, parameter.name, bound), numbers, depth - 1)
        return st.lists(one, min_size=1, max_size=2).map(FrozenList) if parameter.name == "branches" else one
    return {
        "operand": values(numbers),
        "static": LITERALS,
        "variadic": st.lists(values(numbers), max_size=3).map(tuple),
        "keywords": st.dictionaries(NAMES.map("k_{}".format), values(numbers), max_size=2),
    }[parameter.kind]


@st.composite
def closures(draw, passed, numbers, depth):
    """A nested expression for an operation that passes so many tensors."""
    captured = draw(st.lists(references(numbers), max_size=2)) if numbers else []
    count = passed + len(captured)
    body, outputs = draw(_bodies(list(range(count)), count, {"seed": [], "layer": []}, depth, 2))
    parameters = tuple(f"x{i}" for i in range(count))
    return Closure(Expression((Spec(),) * count, body, outputs, parameters=parameters), tuple(captured))


@st.composite
def _bodies(draw, numbers, first, owned, depth, most):
    body = []
    for i in range(draw(st.integers(0, most))):
        body += [draw(calls([*numbers, *range(first, first + i)], owned, depth))]
    return tuple(body), draw(values([*numbers, *range(first, first + len(body))]))


@st.composite
def expressions(draw, most=4):
    """Any valid expression; what it computes may make no sense."""
    inputs = draw(structures(SPECS))
    count = len(Expression(inputs, (), None).input_specs)
    slots = draw(st.lists(_slots(), max_size=3, unique_by=lambda slot: slot.name))
    numbered = list(enumerate(slots, start=count))
    owned = {kind: [i for i, slot in numbered if slot.kind == kind] for kind in ("seed", "layer")}
    numbers = [*range(count), *(i for i, slot in numbered if slot.kind not in owned)]
    body, outputs = draw(_bodies(numbers, count + len(slots), owned, 2, most))
    arity = len(inputs) if type(inputs) is tuple and draw(st.booleans()) else 1
    parameters = draw(st.lists(NAMES, min_size=arity, max_size=arity, unique=True))
    return Expression(inputs, body, outputs, tuple(slots), draw(TEXT), tuple(parameters))


@st.composite
def _slots(draw):
    kind = draw(st.sampled_from(["variable", "constant", "seed", "layer"]))
    return State(kind, draw(TEXT.filter(bool)), draw(SPECS), kind == "variable" and draw(st.booleans()))


UNARY = "relu tanh sigmoid negative square abs sin softplus".split()
BINARY = "add subtract multiply maximum minimum logaddexp".split()


@st.composite
def runnable(draw, most=5):
    """An expression of one float32 input of shape `(n, 3)` that runs on every backend."""
    body, full = [], [Ref(0)]  # the values of the input's shape
    for _ in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(sorted(STEPS)))
        body += STEPS[kind](draw, st.sampled_from(full), len(body) + 1)
        full.append(Ref(len(body)))
    last = full[-1]
    outputs = draw(st.sampled_from([last, (last, Ref(0)), FrozenDict({"a": FrozenList([last, 1.5])})]))
    return Expression(
        Spec((None, 3), "float32"), tuple(body), outputs, name=draw(NAMES), parameters=(draw(NAMES),)
    )


def _where(draw, full, free):
    x, y = draw(full), draw(full)
    return [Call("greater", (x, y)), Call("where", (Ref(free), x, y))]


def _constant(draw, full, free):
    data = np.array(draw(st.lists(st.floats(-3, 3, width=32), min_size=3, max_size=3)), "<f4")
    return [Call("add", (draw(full), Array("float32", (1, 3), data.tobytes())))]


def _centre(draw, full, free):
    mean = Call("mean", (draw(full),), (("axis", -1), ("keepdims", True)))
    return [mean, Call("subtract", (draw(full), Ref(free)))]


def _column(draw, full, free):
    columns = FrozenList([Ref(free)] * 3)
    return [
        Call("get_item", (draw(full), (Slice(), Slice(None, 1)))),
        Call("concatenate", (columns,), (("axis", 1),)),
    ]


def _reshape(draw, full, free):
    return [
        Call("shape", (draw(full),)),
        Call("operator.mul", (Ref(free, (0,)), 3)),
        Call("operator.floordiv", (Ref(free + 1), 3)),
        Call("reshape", (draw(full), (Ref(free + 2), 3))),
    ]


# Each step gives its calls, the last of which has the input's shape; `free` is the next number.
STEPS = {
    "unary": lambda draw, full, free: [Call(draw(st.sampled_from(UNARY)), (draw(full),))],
    "binary": lambda draw, full, free: [Call(draw(st.sampled_from(BINARY)), (draw(full), draw(full)))],
    "scalar": lambda draw, full, free: [Call("multiply", (draw(full), draw(st.floats(-2, 2, width=32))))],
    "noise": lambda draw, full, free: [
        Call("random.normal", ((1, 3),), (("seed", 3),)),
        Call("add", (draw(full), Ref(free))),
    ],
    "where": _where,
    "constant": _constant,
    "centre": _centre,
    "column": _column,
    "reshape": _reshape,
}
