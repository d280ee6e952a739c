"""What is certain of the dtype and shape of a value without asking a framework.

Only what holds on every backend and under every policy is known. `FLOATING` stands for one of the
real float dtypes where it is not certain which: a variable is read in the compute dtype of its layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lamina.expression.model import Array, Call, Spec, State

FLOATING = "floating"
FLOATS = frozenset(("float16", "bfloat16", "float32", "float64", FLOATING))
INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))


class Fact(NamedTuple):
    """Dtype and shape, each `None` where it is not certain.

    Args:
        dtype: A Keras dtype name, or `FLOATING`.
        shape: The sizes, all of them known.
        tensor: Whether the value is the tensor that an operation returned.
        size: Whether the value is the size of an axis, or a whole number computed from sizes.
    """

    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    tensor: bool = False
    size: bool = False


NOTHING, SIZE = Fact(), Fact(size=True)
Lookup = Callable[[Any], Fact]


def of_spec(spec: Spec) -> Fact:
    """What an input is declared to be."""
    known = spec.shape is not None and None not in spec.shape
    return Fact(spec.dtype, spec.shape if known else None)  # type: ignore[arg-type]


def of_state(slot: State) -> Fact:
    """What a state slot holds: float variables are cast by the policy of their layer."""
    fact = of_spec(slot.spec)
    return fact._replace(dtype=FLOATING) if slot.kind == "variable" and fact.dtype in FLOATS else fact


def of_literal(value: Any) -> Fact:
    """What an argument that is no reference is; Python numbers take the dtype of what is beside them."""
    return Fact(value.dtype, value.shape) if type(value) is Array else NOTHING


def of_call(call: Call, lookup: Lookup) -> Fact:
    """What the result of a call is."""
    rule = _RULES.get(call.op)
    return NOTHING if rule is None else rule(call, lookup)


def _kept(call: Call, lookup: Lookup) -> Fact:
    """The dtype of the operand, whatever it is; another shape."""
    return Fact(lookup(call.args[0]).dtype if call.args else None, None, True)


def _elementwise(call: Call, lookup: Lookup) -> Fact:
    """A float stays what it is; the dtype for anything else depends on the operation."""
    fact = lookup(call.args[0]) if call.args else NOTHING
    return Fact(fact.dtype if fact.dtype in FLOATS else None, fact.shape, True)


def _exact(call: Call, lookup: Lookup) -> Fact:
    """Floats and integers stay what they are."""
    fact = lookup(call.args[0]) if call.args else NOTHING
    return Fact(fact.dtype if fact.dtype in FLOATS | INTEGERS else None, fact.shape, True)


def _reduced(call: Call, lookup: Lookup) -> Fact:
    return _elementwise(call, lookup)._replace(shape=None)


def _combined(call: Call, lookup: Lookup) -> Fact:
    """Arithmetic of two operands."""
    if len(call.args) < 2:
        return Fact(tensor=True)
    left, right = call.args[-2:]
    return Fact(_common(left, right, lookup), _broadcast(left, right, lookup), True)


def _compared(call: Call, lookup: Lookup) -> Fact:
    return _combined(call, lookup)._replace(dtype="bool")


def _common(left: Any, right: Any, lookup: Lookup) -> str | None:
    first, second = lookup(left).dtype, lookup(right).dtype
    for dtype, other in ((first, right), (second, left)):
        if dtype in FLOATS and type(other) in (int, float):
            return dtype
        if dtype in INTEGERS and type(other) is int:
            return dtype
    if first in FLOATS and second in FLOATS:
        return first if first == second else FLOATING
    return first if first == second and first in INTEGERS else None


def _broadcast(left: Any, right: Any, lookup: Lookup) -> tuple[int, ...] | None:
    shapes = [() if type(v) in (int, float, bool) else lookup(v).shape for v in (left, right)]
    if shapes[0] == shapes[1] or shapes[1] == ():
        return shapes[0]
    return shapes[1] if shapes[0] == () else None


def _told(call: Call, lookup: Lookup) -> Fact:
    """The dtype that is asked for, or that of the operand."""
    fact = lookup(call.args[0]) if call.args else NOTHING
    return Fact(dict(call.kwargs).get("dtype") or fact.dtype, fact.shape, True)


def _created(call: Call, lookup: Lookup) -> Fact:
    return Fact(dict(call.kwargs).get("dtype"), None, True)


def _drawn(call: Call, lookup: Lookup) -> Fact:
    return Fact(dict(call.kwargs).get("dtype") or FLOATING, None, True)


def _reshaped(call: Call, lookup: Lookup) -> Fact:
    fact = _kept(call, lookup)
    sizes = call.args[1] if len(call.args) == 2 else None
    literal = isinstance(sizes, tuple) and all(type(size) is int and size >= 0 for size in sizes)
    return fact._replace(shape=tuple(sizes)) if literal else fact  # type: ignore[arg-type]


def _joined(call: Call, lookup: Lookup) -> Fact:
    items = call.args[0] if call.args and isinstance(call.args[0], tuple) else ()
    dtypes = {lookup(item).dtype for item in items}
    return Fact(dtypes.pop() if len(dtypes) == 1 else None, None, True)


def _counted(call: Call, lookup: Lookup) -> Fact:
    return Fact(size=all(type(v) is int or lookup(v).size for v in call.args))


def _each(rule: Callable[[Call, Lookup], Fact], names: str) -> dict[str, Callable[[Call, Lookup], Fact]]:
    return dict.fromkeys(names.split(), rule)


_RULES: Mapping[str, Callable[[Call, Lookup], Fact]] = {
    **_each(
        _kept, "transpose expand_dims squeeze get_item flip swapaxes moveaxis ravel roll tile broadcast_to"
    ),
    **_each(
        _elementwise,
        "exp expm1 log log1p sqrt rsqrt sin cos tan tanh sinh cosh arctan sigmoid softplus softsign silu gelu "
        "elu selu leaky_relu relu6 log_sigmoid hard_sigmoid softmax log_softmax erf floor ceil reciprocal",
    ),
    **_each(_exact, "negative abs absolute square sign relu stop_gradient"),
    **_each(_reduced, "mean sum max min amax amin var std logsumexp"),
    **_each(_combined, "add subtract multiply maximum minimum"),
    **_each(_compared, "equal not_equal less less_equal greater greater_equal"),
    **_each(_compared, "logical_and logical_or logical_xor"),
    **_each(_told, "cast convert_to_tensor zeros_like ones_like"),
    **_each(_created, "zeros ones full arange eye"),
    **_each(_drawn, "random.normal random.uniform random.truncated_normal"),
    **_each(_joined, "concatenate stack"),
    "logical_not": lambda call, lookup: _exact(call, lookup)._replace(dtype="bool"),
    "divide": lambda call, lookup: _only_float(_combined(call, lookup)),
    "true_divide": lambda call, lookup: _only_float(_combined(call, lookup)),
    **_each(lambda call, lookup: SIZE, "size ndim"),
    **_each(_counted, "operator.add operator.sub operator.mul operator.floordiv operator.mod operator.neg"),
    "reshape": _reshaped,
    "where": lambda call, lookup: _combined(call, lookup)._replace(shape=None),
}


def _only_float(fact: Fact) -> Fact:
    return fact if fact.dtype in FLOATS else fact._replace(dtype=None)
