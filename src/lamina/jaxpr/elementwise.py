"""Primitives of lax that work element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lamina.expression.runner import numpy_dtype
from lamina.jaxpr.equation import Equation, Rule, Spread, whole
from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.jax import TABLE as FUNCTIONS
from lamina.vocabulary.tracer import Tracer

# The primitive, and the operation of the same meaning where the name is another one.
_SAME = """
abs=absolute acos=arccos acosh=arccosh add asin=arcsin asinh=arcsinh atan=arctan atan2=arctan2
atanh=arctanh cbrt ceil conj cos cosh eq=equal erf erf_inv=erfinv erfc exp exp2 expm1 floor ge=greater_equal
gt=greater imag is_finite=isfinite le=less_equal log log1p logistic=sigmoid lt=less max=maximum min=minimum
mul=multiply ne=not_equal neg=negative nextafter pow=power real rsqrt shift_left=left_shift sign sin sinh sqrt
square stop_gradient sub=subtract tan tanh
"""
_BITWISE = {
    "and": ("logical_and", "bitwise_and"),
    "or": ("logical_or", "bitwise_or"),
    "xor": ("logical_xor", "bitwise_xor"),
    "not": ("logical_not", "bitwise_not"),
}


def elementwise(function: Callable[..., Any]) -> Rule:
    """A rule for a function that broadcasts: what was broadcast before is passed on small."""

    def rule(eqn: Equation) -> Any:
        return spread(eqn, lambda *operands: function(*operands), range(len(eqn.values)))

    return rule


def spread(eqn: Equation, function: Callable[..., Any], positions: Any) -> Any:
    """Call a function that broadcasts on some of the inputs of an equation.

    Where every tensor among them is still to be broadcast, so is the result.
    """
    values = [eqn.values[i] for i in positions]
    operands = [eqn.operand(i) for i in positions]
    if any(
        isinstance(v, Tracer) and eqn.inputs[i].rank == eqn.out.rank
        for i, v in zip(positions, values, strict=True)
    ):
        return function(*operands)
    small = [v for v in values if isinstance(v, Spread) and isinstance(v.small, Tracer)]
    if small and not any(isinstance(value, Tracer) for value in values):
        return Spread(function(*operands), eqn.out.shape)
    return function(*(whole(eqn.values[i], eqn.inputs[i]) for i in positions))


def _named() -> Mapping[str, Rule]:
    pairs = (item.partition("=") for item in _SAME.split())
    return {name: elementwise(op_function(op or name)) for name, _, op in pairs}


def _bitwise(names: tuple[str, str]) -> Rule:
    def rule(eqn: Equation) -> Any:
        function = op_function(names[0] if eqn.out.is_bool else names[1])
        return spread(eqn, function, range(len(eqn.values)))

    return rule


def _div(eqn: Equation) -> Any:
    """`lax.div`: integers are truncated towards zero."""
    if "int" not in eqn.out.dtype:
        return spread(eqn, ops.true_divide, (0, 1))
    return spread(eqn, _truncated_quotient(eqn.out.dtype), (0, 1))


def _truncated_quotient(dtype: str) -> Callable[[Any, Any], Any]:
    def quotient(a: Any, b: Any) -> Any:
        floored = ops.floor_divide(a, b)
        if dtype.startswith("uint"):
            return floored
        uneven = ops.not_equal(ops.multiply(floored, b), a)
        return ops.where(ops.logical_and(uneven, ops.less(floored, 0)), ops.add(floored, 1), floored)

    return quotient


def _rem(eqn: Equation) -> Any:
    """`lax.rem`: the sign is that of the dividend."""

    def remainder(a: Any, b: Any) -> Any:
        floored = ops.mod(a, b)
        other = ops.logical_and(
            ops.not_equal(floored, 0), ops.not_equal(ops.less(a, 0), ops.less(floored, 0))
        )
        return ops.where(other, ops.subtract(floored, b), floored)

    return spread(eqn, ops.mod if eqn.out.dtype.startswith("uint") else remainder, (0, 1))


def _integer_pow(eqn: Equation) -> Any:
    power = eqn.params["y"]
    if power == 2:
        return spread(eqn, ops.square, (0,))
    if power < 0:
        return spread(eqn, lambda x: ops.reciprocal(ops.power(x, -power)), (0,))
    return spread(eqn, lambda x: ops.power(x, power), (0,))


def _round(eqn: Equation) -> Any:
    """`lax.round`: half to even, or half away from zero."""
    if int(eqn.params["rounding_method"]) == 1:
        return spread(eqn, ops.round, (0,))

    def away_from_zero(x: Any) -> Any:
        size = ops.absolute(x)
        whole_part = ops.floor(size)
        up = ops.greater_equal(ops.subtract(size, whole_part), 0.5)
        return ops.multiply(ops.sign(x), ops.where(up, ops.add(whole_part, 1), whole_part))

    return spread(eqn, away_from_zero, (0,))


def _clamp(eqn: Equation) -> Any:
    return spread(eqn, lambda low, x, high: ops.minimum(ops.maximum(x, low), high), (0, 1, 2))


def _select(eqn: Equation) -> Any:
    """`lax.select_n`: the case of each element by its number."""
    if eqn.inputs[0].is_bool:
        if eqn.inputs[0].rank == eqn.out.rank:
            return spread(eqn, _choice(eqn.out.dtype), (0, 2, 1))
        return ops.where(eqn.tensor(0), eqn.tensor(2), eqn.tensor(1))
    which, result = eqn.tensor(0), eqn.tensor(1)
    for number in range(2, len(eqn.values)):
        result = ops.where(ops.greater_equal(which, number - 1), eqn.tensor(number), result)
    return result


def _choice(dtype: str) -> Callable[[Any, Any, Any], Any]:
    def choose(which: Any, first: Any, second: Any) -> Any:
        if not isinstance(first, Tracer) and not isinstance(second, Tracer):
            first = ops.convert_to_tensor(first, dtype=dtype)  # two numbers have no dtype
        return ops.where(which, first, second)

    return choose


def _convert(eqn: Equation) -> Any:
    source, target = eqn.inputs[0], eqn.out
    value = eqn.values[0]
    if source.dtype == target.dtype:
        return value
    if isinstance(value, Spread) and not isinstance(value.small, Tracer):
        return Spread(np.asarray(value.small).astype(numpy_dtype(target.dtype)), value.shape)
    if target.is_bool:
        return spread(eqn, lambda x: ops.not_equal(x, 0), (0,))
    return spread(eqn, lambda x: ops.cast(x, target.dtype), (0,))


def _total_order(op: str) -> Callable[[Any, Any], Any]:
    """A comparison in which nan is the largest number."""

    def compare(a: Any, b: Any) -> Any:
        last = (
            ops.isnan(b)
            if op == "less_equal"
            else ops.logical_and(ops.isnan(b), ops.logical_not(ops.isnan(a)))
        )
        return ops.logical_or(op_function(op)(a, b), last)

    return compare


def _ordered(op: str) -> Rule:
    def rule(eqn: Equation) -> Any:
        return spread(eqn, _total_order(op) if eqn.inputs[0].is_float else op_function(op), (0, 1))

    return rule


def _identity(eqn: Equation) -> Any:
    return (
        list(eqn.values) if len(eqn.outputs) > 1 or eqn.primitive == "optimization_barrier" else eqn.values[0]
    )


def _complex(eqn: Equation) -> Any:
    return ops.view_as_complex(ops.stack([eqn.tensor(0), eqn.tensor(1)], axis=-1))


def _shift_right(logical: bool) -> Rule:
    def rule(eqn: Equation) -> Any:
        if logical != eqn.out.dtype.startswith("uint"):
            eqn.refuse("shifts other bits in than an operation does for this dtype")
        return spread(eqn, ops.right_shift, (0, 1))

    return rule


def _reduce_precision(eqn: Equation) -> Any:
    bits = {"float32": (8, 23), "bfloat16": (8, 7), "float16": (5, 10)}
    if bits.get(eqn.out.dtype) != (eqn.params["exponent_bits"], eqn.params["mantissa_bits"]):
        eqn.refuse("drops bits of a number")
    return eqn.values[0]


def _bitcast(eqn: Equation) -> Any:
    return FUNCTIONS["lax.bitcast_convert_type"](eqn.tensor(0), eqn.out.dtype)


# Primitives that no operation is; the vocabulary computes them.
_COMPUTED = "bessel_i0e digamma lgamma population_count"

TABLE: Mapping[str, Rule] = {
    **_named(),
    **{name: elementwise(FUNCTIONS[f"lax.{name}"]) for name in _COMPUTED.split()},
    "bitcast_convert_type": _bitcast,
    **{name: _bitwise(names) for name, names in _BITWISE.items()},
    **dict.fromkeys(
        ("copy", "copy_p", "device_put", "optimization_barrier", "sharding_constraint", "pvary"), _identity
    ),
    "add_any": elementwise(ops.add),
    "clamp": _clamp,
    "complex": _complex,
    "convert_element_type": _convert,
    "div": _div,
    "integer_pow": _integer_pow,
    "le_to": _ordered("less_equal"),
    "lt_to": _ordered("less"),
    "reduce_precision": _reduce_precision,
    "rem": _rem,
    "round": _round,
    "select_n": _select,
    "shift_right_arithmetic": _shift_right(False),
    "shift_right_logical": _shift_right(True),
}
