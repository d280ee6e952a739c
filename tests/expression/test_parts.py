"""Expressions that are composed of others: what they compute, how they print, and what their file holds."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lamina.errors import ExpressionError
from lamina.expression.codec import decode, encode, loads
from lamina.expression.composition import Composer
from lamina.expression.model import Call, Closure, Expression, FrozenList, Ref, Slice, Spec, State
from lamina.expression.verify import verify
from lamina.simplification import simplify

sys.path.insert(0, str(Path(__file__).parent))

from examples import ANTIRECTIFIER, VALIDATOR

pytestmark = pytest.mark.backend_free

NEGATE = Expression(Spec(), (Call("negative", (Ref(0),)),), Ref(1), name="negate")


def twice_negated():
    whole = Composer(1)
    middle = whole.add(NEGATE, [Ref(0)], "first")
    return whole.expression(whole.add(NEGATE, [middle], "second"), "both")


def test_results_feed_inputs_and_names_head_the_calls():
    found = twice_negated()
    verify(found)
    assert found.calls == (Call("negative", (Ref(0),)), Call("negative", (Ref(1),)))
    assert found.parts == (("first", 1), ("second", 1))
    assert found.source().splitlines()[3:] == [
        "def both(x):",
        "    # first",
        "    v0 = ops.negative(x)",
        "    # second",
        "    return ops.negative(v0)",
    ]


def test_every_kind_of_reference_moves():
    branch = Expression((Spec(), Spec()), (Call("add", (Ref(0), Ref(1))),), Ref(2), parameters=("a", "b"))
    part = Expression(
        (Spec(), Spec()),
        (
            Call("unstack", (Ref(0),)),
            Call("get_item", (Ref(1), (Slice(Ref(3, (0,)), None), 0))),
            Call("map", (Closure(branch, (Ref(2),)), Ref(4))),
            Call("concatenate", (FrozenList([Ref(5), Ref(2)]),), (("axis", 1),)),
        ),
        (Ref(6), Ref(1)),
        (State("variable", "w", Spec((3,))),),
        parameters=("x", "y"),
    )
    whole = Composer(1, (State("seed", "s"), State("variable", "w", Spec((3,)))))
    doubled = whole.call("add", Ref(0), Ref(0))
    outputs = whole.add(part, [Ref(doubled.index, (1,)), Ref(0)], "part")
    found = whole.expression(outputs, "whole")
    verify(found)
    assert found.calls[1:] == (
        Call("unstack", (Ref(3, (1,)),)),
        Call("get_item", (Ref(0), (Slice(Ref(4, (0,)), None), 0))),
        Call("map", (Closure(branch, (Ref(2),)), Ref(5))),
        Call("concatenate", (FrozenList([Ref(6), Ref(2)]),), (("axis", 1),)),
    )
    assert found.outputs == (Ref(7), Ref(0))
    assert found.parts == (("part", 5),)


def test_a_file_holds_the_parts():
    found = twice_negated()
    data = encode(found)
    VALIDATOR.validate(data)
    assert data["parts"] == [["first", 1], ["second", 1]]
    assert decode(data).parts == loads(found.dumps()).parts == found.parts
    assert "parts" not in encode(ANTIRECTIFIER)


def test_a_part_without_calls_is_named_with_the_next():
    same = Expression(Spec(), (), Ref(0))
    whole = Composer(1)
    found = whole.expression(whole.add(NEGATE, [whole.add(same, [Ref(0)], "same")], "negate"), "f")
    assert found.source().splitlines()[-3:] == ["    # same", "    # negate", "    return ops.negative(x)"]
    assert loads(found.dumps()).parts == (("same", 0), ("negate", 1))


def test_simplified_parts_have_the_calls_that_are_left():
    whole = Composer(1)
    middle = whole.add(NEGATE, [Ref(0)], "first")
    result = whole.add(ANTIRECTIFIER, [whole.add(NEGATE, [middle], "second")], "third")
    found = simplify(whole.expression(result, "all"))
    verify(found)
    assert found.parts == (("first", 0), ("second", 0), ("third", len(ANTIRECTIFIER.calls)))
    assert found.calls == ANTIRECTIFIER.calls


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("a", 2)], "expected a tuple of pairs"),
        ((("a", 1),), "they have 1 calls, the expression has 2"),
        ((("a", 2), "b"), r"parts\[1\]: expected a name and how many calls"),
        ((("a", -1), ("b", 3)), "expected a name and how many calls"),
        ((("a", True), ("b", 1)), "expected a name and how many calls"),
        ((("a\nimport os", 2),), "is no name that fits on a line"),
        ((("a" * 101, 2),), "is no name that fits on a line"),
        (((3, 2),), "expected a string"),
    ],
)
def test_parts_that_make_no_sense_are_refused(parts, message):
    with pytest.raises(ExpressionError, match=message):
        verify(replace(twice_negated(), parts=parts))


@pytest.mark.parametrize("parts", ["ab", [["a"]], [["a", 1.5]], [[1, 2]], {"a": 1}])
def test_parts_of_another_form_are_refused(parts):
    data = {**encode(twice_negated()), "parts": parts}
    with pytest.raises(ExpressionError, match=r"^\$\.parts"):
        decode(data)
    assert not VALIDATOR.is_valid(data)
