"""Every operation gives the golden results, on every backend; where Keras differs, a table says so."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tests.golden.calls import GoldenCall, all_calls
from tests.golden.deviations import DEVIATIONS, UP_TO_SIGN
from tests.golden.values import Random, Tensor, as_array, from_json, from_keras, to_json, to_keras

from lamina.expression import opset

FOLDER = Path(__file__).parents[1] / "golden" / "ops"
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
RECORDS = {record["id"]: record for file in FILES.values() for record in file["calls"]}
HALF = {"float16", "bfloat16"}


def run(record: dict[str, Any], **changes: Any) -> Any:
    """The result of a golden call on the current backend, as plain values."""
    function = opset.lookup(record["op"]).function
    args = [to_keras(from_json(value)) for value in record["args"]]
    kwargs = {name: to_keras(from_json(value)) for name, value in record["kwargs"].items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the backends warn about what Keras calls in them
        return from_keras(function(*args, **(kwargs | changes)))


def difference(expected: Any, found: Any, *, sign: bool = True) -> str | None:
    """In which respect a result differs from the golden one, or None."""
    if type(expected) is not type(found):
        return "kind"
    if isinstance(expected, list):
        if len(expected) != len(found):
            return "kind"
        pairs = zip(expected, found, strict=True)
        return next(filter(None, (difference(*pair, sign=sign) for pair in pairs)), None)
    if not isinstance(expected, Tensor):
        return None if expected == found else "value"
    if expected.shape != found.shape:
        return "shape"
    if expected.dtype != found.dtype:
        return "dtype"
    tolerance = 1e-2 if expected.dtype in HALF else 1e-5
    pair = [as_array(t) if sign else np.abs(as_array(t)) for t in (found, expected)]
    return None if np.allclose(*pair, rtol=tolerance, atol=tolerance, equal_nan=True) else "value"


def outcome(record: dict[str, Any]) -> str | None:
    """In which respect a golden call differs on the current backend, or None."""
    try:
        found = run(record)
    except Exception:
        return "error"
    return difference(from_json(record["result"]), found, sign=record["op"] not in UP_TO_SIGN)


DRAWN = [name for name, record in RECORDS.items() if isinstance(from_json(record["result"]), Random)]
EXACT = [name for name in RECORDS if name not in DRAWN]


@pytest.mark.parametrize("name", EXACT)
def test_operation_gives_the_golden_result(name: str) -> None:
    expected, reason = DEVIATIONS.get((keras.backend.backend(), name), (None, ""))
    assert outcome(RECORDS[name]) == expected, reason or (RECORDS[name], run(RECORDS[name]))


SIGNED = [name for name in EXACT if RECORDS[name]["op"] in UP_TO_SIGN]
FACTORS = [name for name in SIGNED if isinstance(RECORDS[name]["result"], list)]


@pytest.mark.parametrize("name", FACTORS)
def test_a_decomposition_multiplies_back(name: str) -> None:
    matrix, parts = as_array(from_json(RECORDS[name]["args"][0])), run(RECORDS[name])
    if len(parts) == 2:
        values, left = map(as_array, parts)
        right = np.linalg.inv(left)
    else:
        left, values, right = map(as_array, parts)
    size = len(values)
    assert np.allclose(left[:, :size] * values @ right[:size], matrix, atol=1e-5)


@pytest.mark.parametrize("name", DRAWN)
def test_random_operation_keeps_shape_dtype_range_and_seed(name: str) -> None:
    record, expected = RECORDS[name], from_json(RECORDS[name]["result"])
    assert isinstance(expected, Random)
    first, again, other = run(record), run(record), run(record, seed=7)
    deviation, reason = DEVIATIONS.get((keras.backend.backend(), name), (None, ""))
    assert (None if first == again else "seed") == deviation, reason
    assert first != other
    assert (first.shape, first.dtype) == (expected.shape, expected.dtype)
    assert expected.low <= min(first.data) <= max(first.data) <= expected.high
    assert len(set(first.data)) > 1


@pytest.mark.backend_free
def test_every_operation_has_a_golden_call() -> None:
    assert {record["op"] for record in RECORDS.values()} == set(opset.names())
    assert sum(len(file["calls"]) for file in FILES.values()) == len(RECORDS)


@pytest.mark.backend_free
def test_golden_files_say_when_and_by_what_they_were_made() -> None:
    for group, file in FILES.items():
        assert file["format"] == 1
        assert file["date"] >= "2025"
        assert set(file["producer"]) == {"keras", "jax"}
        assert {opset.lookup(record["op"]).namespace for record in file["calls"]} == {group}


@pytest.mark.backend_free
def test_golden_files_hold_the_calls_of_the_table() -> None:
    def as_json(call: GoldenCall) -> list[Any]:
        return [call.op, [*map(to_json, call.args)], {k: to_json(v) for k, v in call.kwargs.items()}]

    stored = [[record["op"], record["args"], record["kwargs"]] for record in RECORDS.values()]
    assert sorted(stored, key=str) == sorted(map(as_json, all_calls()), key=str)


@pytest.mark.backend_free
def test_golden_values_read_back_exactly() -> None:
    for record in RECORDS.values():
        for value in (*record["args"], *record["kwargs"].values(), record["result"]):
            assert to_json(from_json(value)) == value


@pytest.mark.backend_free
def test_deviations_name_golden_calls_and_give_reasons() -> None:
    for (backend, name), (respect, reason) in DEVIATIONS.items():
        assert backend in ("tensorflow", "torch")
        assert name in RECORDS
        assert respect in (("error", "kind", "shape", "dtype", "value") if name in EXACT else ("seed",))
        assert len(reason) > 10


@pytest.mark.backend_free
def test_golden_calls_bind() -> None:
    for record in RECORDS.values():
        op = opset.lookup(record["op"])
        arguments = [from_json(value) for value in record["args"]]
        bound = op.bind(tuple(arguments), {k: from_json(v) for k, v in record["kwargs"].items()})
        for parameter in op.parameters:
            static = bound.get(parameter.name) if parameter.kind == "static" else None
            assert not isinstance(static, Tensor), (record["id"], parameter.name)
