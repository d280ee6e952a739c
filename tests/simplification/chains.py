"""Random expressions that rewrite rules apply to, or nearly."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from lamina.expression.model import Array, Call, Closure, Expression, FrozenList, Ref, Slice, Spec

sys.path.insert(0, str(Path(__file__).parents[1] / "expression"))

import strategies

FLOAT32 = Spec((None, 3), "float32")
INT32 = Spec((None, 3), "int32")
# TensorFlow keeps Python numbers as tensors by their value, so -0.0 would change what 0.0 is.
_NUMBERS = [0, 1, 0.0, 1.0, 0.5]
_IDENTITY_OPS = "add subtract multiply".split()
_UNARY = "negative abs absolute square relu sign".split()


def _number(draw, full, free):
    args = [draw(full), draw(st.sampled_from(_NUMBERS))]
    return [Call(draw(st.sampled_from(_IDENTITY_OPS)), tuple(draw(st.permutations(args))))]


def _twice(draw, full, free):
    inner, outer = draw(st.sampled_from(_UNARY)), draw(st.sampled_from(_UNARY))
    return [Call(inner, (draw(full),)), Call(outer, (Ref(free),))]


def _transposes(draw, full, free):
    axes = st.sampled_from([(), (("axes", (1, 0)),), (("axes", (-1, 0)),), (("axes", (0, 1)),)])
    first, second = draw(axes), draw(axes)
    again = [Call("transpose", (Ref(free + 1),))] if _turned(first) != _turned(second) else []
    return [Call("transpose", (draw(full),), first), Call("transpose", (Ref(free),), second), *again]


def _turned(axes):
    return axes != (("axes", (0, 1)),)


def _reshapes(draw, full, free):
    shapes = [(-1,), (-1, 3), (3, -1), (-1, 1, 3), (1, -1)]
    calls = [Call("shape", (draw(full),)), Call("reshape", (draw(full), draw(st.sampled_from(shapes))))]
    calls += [Call("ravel", (Ref(free + 1),))] if draw(st.booleans()) else []
    calls += [Call("operator.mul", (Ref(free, (0,)), 1)), Call("operator.add", (0, Ref(free + len(calls))))]
    shape = draw(st.sampled_from([(-1, 3), (Ref(free + len(calls) - 1), 3)]))
    return [*calls, Call("reshape", (Ref(free + len(calls) - 3), shape))]


def _slices(draw, full, free):
    bound = st.none() | st.integers(0, 4)
    slices = st.builds(Slice, bound, bound, st.sampled_from([None, 1, 2]))
    keys = slices | st.tuples(slices) | st.tuples(slices, slices)
    value = draw(full)
    return [
        Call("get_item", (value, draw(keys))),
        Call("get_item", (Ref(free), draw(keys))),
        Call("sum", (Ref(free + 1),)),
        Call("add", (value, Ref(free + 2))),
    ]


def _casts(draw, full, free):
    dtypes = st.sampled_from("float16 bfloat16 float32 int32 bool".split())
    middle = draw(st.lists(dtypes, min_size=1, max_size=2))
    calls = [Call("clip", (draw(full), -9.0, 9.0))]
    calls += [
        Call("cast", (Ref(free + i),), (("dtype", dtype),)) for i, dtype in enumerate([*middle, "float32"])
    ]
    return calls


def _axes(draw, full, free):
    first, second = draw(st.sampled_from([0, 1, -1, 2])), draw(st.sampled_from([0, 1, -1, 2]))
    value = draw(full)
    if first % 3 != second % 3:
        second = first
    return [
        Call("expand_dims", (value,), (("axis", first),)),
        Call("squeeze", (Ref(free),), (("axis", second),)),
    ]


def _flips(draw, full, free):
    axes = st.sampled_from([(), (("axis", 0),), (("axis", -1),)])
    return [
        Call("flip", (draw(full),), draw(axes)),
        Call("flip", (Ref(free),), draw(axes)),
        Call("swapaxes", (Ref(free + 1),), (("axis1", 0), ("axis2", 1))),
        Call("swapaxes", (Ref(free + 2),), (("axis1", 1), ("axis2", 0))),
    ]


def _literal(draw, shape):
    values = st.sampled_from([0.0, -0.0, 1.0, -2.5, 0.1, 3e38, 1e-3])
    data = np.array(draw(st.lists(values, min_size=3, max_size=3)), "<f4")
    return Array("float32", shape, data.tobytes())


def _constants(draw, full, free):
    first, second = _literal(draw, (3,)), _literal(draw, (1, 3))
    op = draw(st.sampled_from(_IDENTITY_OPS))
    return [
        Call(op, (first, draw(st.sampled_from([second, 2, 0.5, 0.1])))),
        Call(draw(st.sampled_from("negative abs square".split())), (Ref(free),)),
        Call("reshape", (Ref(free + 1), (1, 3))),
        Call("clip", (Ref(free + 2), -4.0, 4.0)),
        Call("multiply", (draw(full), Ref(free + 3))),
    ]


def _repeated(draw, full, free):
    x, y = draw(full), draw(full)
    op = draw(st.sampled_from(strategies.BINARY))
    return [Call(op, (x, y)), Call(op, (x, y)), Call("subtract", (Ref(free), Ref(free + 1)))]


def _draws(draw, full, free):
    value = draw(full)
    seed = (("seed", draw(st.sampled_from([3, 4]))),)
    return [
        Call("random.normal", ((1, 3),), seed),
        Call("random.normal", ((1, 3),), seed),
        Call("add", (Ref(free), Ref(free + 1))),
        Call("add", (value, Ref(free + 2))),
    ]


def _branch(draw, count):
    body = [Call(draw(st.sampled_from(_UNARY)), (Ref(draw(st.integers(0, count - 1))),)) for _ in range(2)]
    body += [Call("add", (Ref(count), Ref(count + 1)))]
    names = tuple(f"x{i}" for i in range(count))
    return Expression((Spec(),) * count, tuple(body), Ref(count + 2), parameters=names)


def _cond(draw, full, free):
    captured = tuple(draw(st.lists(full, min_size=2, max_size=3)))
    branches = [Closure(_branch(draw, len(captured)), captured) for _ in range(2)]
    return [
        Call("max", (draw(full),)),
        Call("greater", (Ref(free), 1)),
        Call("cond", (Ref(free + 1), *branches)),
    ]


def _columns(draw, full, free):
    x = draw(full)
    return [
        Call("get_item", (x, (Slice(), Slice(1, None)))),
        Call("get_item", (x, (Slice(), Slice(0, 1)))),
        Call("concatenate", (FrozenList([Ref(free), Ref(free + 1)]),), (("axis", 1),)),
    ]


STEPS = {
    **{name: strategies.STEPS[name] for name in ("unary", "binary", "scalar")},
    "number": _number,
    "twice": _twice,
    "transposes": _transposes,
    "reshapes": _reshapes,
    "slices": _slices,
    "casts": _casts,
    "axes": _axes,
    "flips": _flips,
    "constants": _constants,
    "repeated": _repeated,
    "draws": _draws,
    "cond": _cond,
    "columns": _columns,
}


# The short steps have the most forms.
OFTEN = [*sorted(STEPS), "number", "number", "twice", "twice", "twice"]


@st.composite
def chained(draw, spec=FLOAT32, most=5):
    """An expression of an input of shape `(n, 3)`, full of what rules look for; it returns all values."""
    body, full = [], [Ref(0)]
    for _ in range(draw(st.integers(1, most))):
        body += STEPS[draw(st.sampled_from(OFTEN))](draw, st.sampled_from(full), len(body) + 1)
        full.append(Ref(len(body)))
    return Expression(spec, tuple(body), tuple(reversed(full)))
