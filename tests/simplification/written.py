"""Expressions from one line of text."""

from __future__ import annotations

import ast

import numpy as np

from lamina.expression import opset
from lamina.expression.model import Array, Expression, FrozenList, Ref, Slice, Spec


def written(text, dtype=None, shape=None, y=None):
    """The expression of inputs `x` and `y` that a text such as `add(x, negative(y))` says."""
    calls = []
    outputs = _value(ast.parse(text, mode="eval").body, calls)
    return Expression(
        (Spec(shape, dtype), Spec(shape, y or dtype)), tuple(calls), outputs, parameters=("x", "y")
    )


def _value(node, calls):
    if isinstance(node, ast.Name):
        return Ref("xy".index(node.id))
    if isinstance(node, ast.List):
        return FrozenList([_value(item, calls) for item in node.elts])
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, calls) for item in node.elts)
    if isinstance(node, ast.Subscript):
        return Ref(_value(node.value, calls).index, (ast.literal_eval(node.slice),))
    if not isinstance(node, ast.Call):
        return ast.literal_eval(node)
    name = ast.unparse(node.func)
    args = [_value(arg, calls) for arg in node.args]
    if name == "S":
        return Slice(*args)
    if name == "A":
        array = np.array(*map(ast.literal_eval, node.args))
        return Array(array.dtype.name, array.shape, array.tobytes())
    kwargs = {each.arg: _value(each.value, calls) for each in node.keywords}
    op = opset.lookup(name)
    calls.append(op.call(op.bind(tuple(args), kwargs)))
    return Ref(1 + len(calls))
