"""Every form of an expression computes the same."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from keras import ops

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "expression"))
from helpers_execution import BACKEND, X, compiled, generated, loop, same
from strategies import expressions, runnable

from lamina import Expression, capture
from lamina.errors import RunError
from lamina.execution.generated import Generated, source_of
from lamina.expression.model import Call, FrozenList, Ref, Slice, Spec
from lamina.expression.runner import plan_of

FORMS = settings(max_examples=12, deadline=None)


@settings(max_examples=60, deadline=None)
@given(runnable())
def test_generated_code_computes_what_the_loop_does(expression):
    values = [ops.convert_to_tensor(X)]
    same(loop(expression)(values), generated(expression)(values))


@FORMS
@given(runnable())
def test_compiled_forms_compute_what_the_loop_does(expression):
    values = [ops.convert_to_tensor(X)]
    expected = loop(expression)(values)
    for form in compiled(expression, values).values():
        same(expected, form(values), rtol=1e-4, atol=1e-5)
        same(expected, form(values), rtol=1e-4, atol=1e-5)


NAME = re.compile(r"v\d+|c\d+|ops_[a-z0-9_]+|slice|bind|run")


@settings(max_examples=150, deadline=None)
@given(expressions())
def test_nothing_of_an_expression_but_plain_numbers_becomes_code(expression):
    source, namespace = source_of(expression)
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            assert NAME.fullmatch(node.id)  # no builtin but slice
            assert node.id.startswith("v") or node.id in namespace
        assert not isinstance(node, (ast.Attribute, ast.Import, ast.JoinedStr))
        if isinstance(node, ast.Constant):
            assert node.value is None or node.value is ... or type(node.value) in (bool, int, float)
    Generated(expression)


def test_a_string_that_is_code_stays_a_string():
    evil = "'] + __import__('os').getcwd()"
    expression = Expression((), (), (evil, FrozenList([evil])), parameters=())
    assert generated(expression)([]) == (evil, [evil])


def test_what_python_cannot_write_as_a_number():
    literals = (float("nan"), float("inf"), -0.0, 2**63, -(2**63), 1.5e-300, 3j, ..., None, True)
    out = generated(Expression((), (), literals, parameters=()))([])
    assert str(out) == str(literals)


def test_lists_are_new_at_each_run():
    run = generated(Expression((), (), FrozenList([1, FrozenList([2])]), parameters=()))
    first = run([])
    first[1].append(3)
    assert run([]) == [1, [2]]


def broken(x):
    y = ops.square(x)
    return ops.reshape(y, (7, 5)) * 2


def test_the_error_is_that_of_the_loop_and_shows_the_code():
    expression = capture(broken)
    values = [ops.convert_to_tensor(X)]
    with pytest.raises(RunError) as of_loop:
        loop(expression)(values)
    with pytest.raises(RunError) as error:
        generated(expression)(values)
    assert str(error.value) == str(of_loop.value)
    assert f"test_forms.py:{broken.__code__.co_firstlineno + 2}" in str(error.value)
    shown = "".join(traceback.format_exception(error.value))
    assert "<lamina expression" in shown
    assert "v2 = ops_reshape(v1, (7, 5, )); del v1" in shown


def test_the_code_is_forgotten_with_the_function():
    code = Generated(capture(lambda x: x + 1))
    name = code._code.co_filename
    linecache.checkcache()
    assert "ops_" in linecache.getline(name, 2)
    del code
    assert name not in linecache.cache


def test_values_are_let_go_after_their_last_use():
    source, _ = source_of(capture(lambda x: ops.exp(ops.square(x) + 1)))
    assert "v2 = ops_add(v1, 1); del v1" in source


def test_items_slices_and_keywords():
    calls = (
        Call("shape", (Ref(0),)),
        Call("get_item", (Ref(0), (Slice(0, Ref(1, (0,))), Slice()))),
        # Keras passes the keywords of this one through, whatever they are called.
        Call("rearrange", (Ref(2),), (("pattern", "(a b) c -> a (b c)"), ("a", 2))),
    )
    expression = Expression(Spec(), calls, (Ref(3), Ref(1, (1,))))
    values = [ops.convert_to_tensor(X)]
    out, size = generated(expression)(values)
    np.testing.assert_array_equal(ops.convert_to_numpy(out), X.reshape(2, 6))
    assert size == 3


def test_control_flow():
    def function(x):
        doubled = ops.map(lambda row: row * ops.sum(x), x)
        return ops.cond(ops.sum(x) > 0, lambda: doubled, lambda: -doubled)

    expression = capture(function)
    values = [ops.convert_to_tensor(X)]
    same(plan_of(expression).run(list(values)), generated(expression)(values))
    for form in compiled(expression, values).values() if BACKEND != "torch" else ():
        same(loop(expression)(values), form(values))


def test_an_output_that_is_an_input_is_the_input():
    expression = capture(lambda x: (x, ops.square(x), None, 3))
    tensor = ops.convert_to_tensor(X)
    for form in compiled(expression, [tensor]).values() if BACKEND != "torch" else ():
        out = form([tensor])
        assert out[0] is tensor
        assert out[2:] == (None, 3)
