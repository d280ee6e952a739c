"""Functions compiled by every Python from 2.7 to 3.14 give what they gave there."""

from __future__ import annotations

import pytest
from tests.bytecode.saved import VERSIONS, Golden, golden, world

from lamina.bytecode import evaluate, readings
from lamina.errors import BytecodeError

pytestmark = pytest.mark.backend_free


def outcome(row: Golden) -> str:
    try:
        same = lambda one, other: repr(one) == repr(other)
        return repr(evaluate(row.saved, row.args, row.kwargs, namespace=world(), same=same))
    except BytecodeError as error:
        return f"!{error}"


@pytest.mark.parametrize("python", VERSIONS)
def test_every_function_gives_what_it_gave_there(python: str) -> None:
    wrong = {}
    rows = golden(python)
    for row in rows:
        found = outcome(row)
        expected = row.expected
        right = found == expected
        if expected.startswith("!"):
            right = found.startswith("!") and expected.split(": ", 1)[1] in found
        if not right:
            wrong[row.name, repr(row.args)] = (expected, found)
    assert wrong == {}
    assert len(rows) >= 90


@pytest.mark.parametrize("python", VERSIONS)
def test_the_writer_is_recognised_and_shares_its_reading_only_with_equivalent_pythons(python: str) -> None:
    neighbours = {
        "3.6": {"3.7"},
        "3.7": {"3.6"},
        "3.8": {"3.9"},
        "3.9": {"3.8"},
        "3.11": {"3.12"},
        "3.12": {"3.11"},
    }
    for row in golden(python):
        found = readings(row.saved.code)
        assert len(found) == 1, row.name
        versions = set(found[0].versions)
        assert python in versions
        assert versions - {python} <= neighbours.get(python, set())
