"""Expressions that several tests use."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema

from lamina.expression.model import Call, Closure, Expression, FrozenDict, FrozenList, Ref, Slice, Spec, State

_ROW = (("axis", 1), ("keepdims", True))

ANTIRECTIFIER = Expression(
    Spec(),
    (
        Call("mean", (Ref(0),), _ROW),
        Call("subtract", (Ref(0), Ref(1))),
        Call("square", (Ref(2),)),
        Call("sum", (Ref(3),), _ROW),
        Call("maximum", (Ref(4), 1e-12)),
        Call("rsqrt", (Ref(5),)),
        Call("multiply", (Ref(2), Ref(6))),
        Call("relu", (Ref(7),)),
        Call("negative", (Ref(7),)),
        Call("relu", (Ref(9),)),
        Call("concatenate", (FrozenList([Ref(8), Ref(10)]),), (("axis", 1),)),
    ),
    Ref(11),
    name="antirectifier",
)


def nested(count, calls, outputs, *parameters):
    """An expression for a function argument."""
    parameters = parameters or tuple(f"x{i}" for i in range(count))
    return Expression((Spec(),) * count, tuple(calls), outputs, parameters=parameters)


_SUM_ROWS = nested(3, [Call("add", (Ref(0), Ref(1))), Call("multiply", (Ref(3), Ref(2)))], (Ref(3), Ref(4)))
_GROW = nested(3, [Call("multiply", (Ref(1), Ref(2)))], Ref(3), "i", "acc", "x")
_COUNT = nested(2, [Call("less", (Ref(0), 3))], Ref(2))
_STEP = nested(2, [Call("add", (Ref(0), 1)), Call("add", (Ref(1), 0.5))], (Ref(2), Ref(3)))
_FIRST = nested(2, [Call("relu", (Ref(0),))], Ref(2))
_LAST = nested(2, [Call("add", (Ref(0), Ref(1)))], Ref(2))
_DOUBLE = nested(1, [Call("multiply", (Ref(0), 2.0))], Ref(1))

# Every control-flow operation that all backends run on a float32 tensor of shape (2, 3).
CONTROL_FLOW = {
    "scan": Expression(
        Spec(),
        (
            Call("sum", (Ref(0),), (("axis", 0),)),
            Call("scan", (Closure(_SUM_ROWS, (Ref(1),)), Ref(1), Ref(0))),
        ),
        (Ref(2, (0,)), Ref(2, (1,))),
    ),
    "fori_loop": Expression(Spec(), (Call("fori_loop", (0, 2, Closure(_GROW, (Ref(0),)), Ref(0))),), Ref(1)),
    "while_loop": Expression(
        Spec(),
        (Call("while_loop", (Closure(_COUNT), Closure(_STEP), (0, Ref(0)))),),
        FrozenList([Ref(1, (1,))]),
    ),
    "cond": Expression(
        Spec(),
        (
            Call("sum", (Ref(0),)),
            Call("greater", (Ref(1), 0.0)),
            Call(
                "cond",
                (Ref(2), Closure(nested(1, [], Ref(0)), (Ref(0),)), Closure(_DOUBLE, (Ref(0),))),
            ),
        ),
        Ref(3),
    ),
    "switch": Expression(
        Spec(),
        (Call("switch", (1, (Closure(_FIRST), Closure(_LAST)), Ref(0), Ref(0))),),
        Ref(1),
    ),
    "map": Expression(Spec(), (Call("map", (Closure(_DOUBLE), Ref(0))),), Ref(1)),
    "vectorized_map": Expression(Spec(), (Call("vectorized_map", (Closure(_DOUBLE), Ref(0))),), Ref(1)),
    "associative_scan": Expression(Spec(), (Call("associative_scan", (Closure(_LAST), Ref(0))),), Ref(1)),
}

STATEFUL = Expression(
    FrozenDict({"left": Spec((None, 3), "float32"), "right": (Spec((None, 3)), Spec())}),
    (
        Call("operator.call", (Ref(5), Ref(0))),
        Call("multiply", (Ref(6), Ref(3))),
        Call("random.normal", ((2, 3),), (("seed", Ref(4)),)),
        Call("add", (Ref(7), Ref(8))),
        Call("get_item", (Ref(9), (Slice(None, None, 2), 0))),
        Call("add", (Ref(1), Ref(2))),
    ),
    (Ref(10), Ref(11)),
    (
        State("variable", "scale", Spec((3,), "float32"), trainable=True),
        State("seed", "seed"),
        State("layer", "dense/inner"),
    ),
    name="stateful",
    parameters=("inputs",),
)

EXAMPLES = {"antirectifier": ANTIRECTIFIER, "stateful": STATEFUL, **CONTROL_FLOW}

SCHEMA = json.loads(resources.files("lamina.expression").joinpath("schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def same(left, right):
    """Equal as functions, and by name."""
    return left == right and (left.name, left.parameters) == (right.name, right.parameters)


def minimal(**fields):
    return {"lamina": 1, "by": "0.1.0", "calls": [], "outputs": "%0", **fields}
