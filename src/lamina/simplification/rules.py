"""The rewrite rules: a form, what it is replaced by, when, and the algebra that says why.

A rule keeps every bit of the result on every backend, its dtype and shape, NaN, infinities and the
sign of zero, and the gradient. The first rule that answers wins.
"""

from __future__ import annotations

from lamina.simplification import chains
from lamina.simplification.constants import FOLDS, folded
from lamina.simplification.known import FLOATS, INTEGERS
from lamina.simplification.patterns import Condition, Match, Rule, rule, table


def _is(dtypes: frozenset[str]) -> Condition:
    return lambda found: found.dtype("x") in dtypes


floating, integer, number = _is(FLOATS), _is(INTEGERS), _is(FLOATS | INTEGERS)
boolean = _is(frozenset(("bool",)))


def both_floating(found: Match) -> bool:
    """Both operands are real floats, so a sign is one bit of them."""
    return floating(found) and found.dtype("y") in FLOATS


def times_literal(found: Match) -> bool:
    """A size times a positive number."""
    return size(found) and type(found["a"]) is int and bool(found["a"] > 0)


def tensor(found: Match) -> bool:
    """It is a tensor already: the result of an operation that returns one."""
    return found.values.is_tensor(found["x"])


def same_dtype(found: Match) -> bool:
    """It has the dtype that is asked for, or none is."""
    return found["d"] is None or found["d"] == found.dtype("x")


def same_shape(found: Match) -> bool:
    """It has the shape that is asked for."""
    return isinstance(found["s"], tuple) and found.shape("x") == tuple(found["s"])


def size(found: Match) -> bool:
    """It is a size, which is a whole number."""
    return found.values.is_size(found["x"])


IDENTITIES = (
    rule("multiply(x, 1)", "x", number),  # x 1 = x; a bool would become an integer
    rule("multiply(1, x)", "x", number),  # 1 x = x
    rule("multiply(x, 1.0)", "x", floating),  # x 1 = x; an integer would become a float
    rule("multiply(1.0, x)", "x", floating),  # 1 x = x
    rule("divide(x, 1)", "x", floating),  # x / 1 = x
    rule("divide(x, 1.0)", "x", floating),  # x / 1 = x
    rule("true_divide(x, 1)", "x", floating),  # x / 1 = x
    rule("true_divide(x, 1.0)", "x", floating),  # x / 1 = x
    rule("subtract(x, 0)", "x", number),  # x - 0 = x, for x = -0.0 too
    rule("subtract(x, 0.0)", "x", floating),  # x - 0 = x, for x = -0.0 too
    rule("add(x, 0)", "x", integer),  # x + 0 = x; for a float, -0.0 + 0 = 0.0
    rule("add(0, x)", "x", integer),  # 0 + x = x; not -0.0 + x: TensorFlow takes -0.0 for an earlier 0.0
)

SIGNS = (
    rule("negative(negative(x))", "x"),  # -(-x) = x; an integer that has no negative is its own
    rule("abs(negative(x))", "abs(x)", floating),  # |-x| = |x|; an unsigned integer wraps around
    rule("absolute(negative(x))", "absolute(x)", floating),  # |-x| = |x|
    rule("square(negative(x))", "square(x)", number),  # (-x)^2 = x^2, modulo 2^n as well
    rule("subtract(x, negative(y))", "add(x, y)", both_floating),  # x - -y = x + y
    rule("logical_not(logical_not(x))", "x", boolean),  # not not x = x; a number would become a bool
)

# f(f(x)) = f(x)
IDEMPOTENT = tuple(
    rule(f"{f}({f}(x))", f"{f}(x)")
    for f in "abs absolute relu sign floor ceil trunc round stop_gradient".split()
)

SHAPES = (
    rule("reshape(reshape(x, a), b)", chains.reshaped_twice),  # only the last shape counts
    rule("reshape(ravel(x), a)", "reshape(x, a)"),  # a ravel keeps the order
    rule("ravel(reshape(x, a))", chains.reshaped_then_raveled),  # a reshape keeps the order
    rule("ravel(ravel(x))", "ravel(x)"),  # f(f(x)) = f(x)
    rule("reshape(x, s)", "x", same_shape),  # the shape that it has
    rule("transpose(transpose(x, axes=p), axes=q)", chains.transposed_twice),  # axes p, then q: axes p[q]
    rule("transpose(x, axes=p)", chains.transposed),  # each axis stays where it is
    rule("swapaxes(swapaxes(x, axis1=a, axis2=b), axis1=a, axis2=b)", "x"),  # there and back
    rule("swapaxes(swapaxes(x, axis1=a, axis2=b), axis1=b, axis2=a)", "x"),  # there and back
    rule("flip(flip(x, axis=a), axis=a)", "x"),  # there and back
    rule("squeeze(expand_dims(x, axis=a), axis=a)", "x", lambda f: f["a"] is not None),  # there and back
    rule("get_item(get_item(x, a), b)", chains.sliced_twice),  # x[a:b][c:d] = x[a + c:min(b, a + d)]
    rule("get_item(x, k)", chains.whole),  # x[...] = x, and x[:] = x if it has an axis
)

DTYPES = (
    rule("cast(x, dtype=d)", "x", lambda f: f["d"] == f.dtype("x")),  # the dtype that it has
    rule("cast(cast(x, dtype=a), dtype=b)", chains.cast_through),  # nothing is lost in between
    rule("convert_to_tensor(x, dtype=d)", "x", lambda f: tensor(f) and same_dtype(f)),  # it is one
)

SIZES = (
    rule("operator.mul(x, 1)", "x"),  # n 1 = n
    rule("operator.mul(1, x)", "x"),  # 1 n = n
    rule("operator.sub(x, 0)", "x"),  # n - 0 = n
    rule("operator.add(x, 0)", "x", size),  # n + 0 = n
    rule("operator.add(0, x)", "x", size),  # 0 + n = n
    rule("operator.floordiv(x, 1)", "x", size),  # n // 1 = n
    rule("operator.floordiv(operator.mul(x, a), a)", "x", times_literal),  # n a // a = n
    rule("operator.neg(operator.neg(x))", "x"),  # -(-n) = n
)

# Arithmetic on constants, where nothing is rounded
CONSTANTS = tuple(Rule(f"{op}(constants)", op, folded) for op in FOLDS)

ALL = IDENTITIES + SIGNS + IDEMPOTENT + SHAPES + DTYPES + SIZES + CONSTANTS

RULES = table(ALL)
