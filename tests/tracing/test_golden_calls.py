"""Every operation of the opset is captured with stand-ins, and computes and infers what it does."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from tests.expression.test_opset_golden import difference
from tests.golden.deviations import DEVIATIONS, UP_TO_SIGN
from tests.golden.values import FUNCTIONS, Function, Random, Tensor, from_json, from_keras, to_keras

from lamina import Expression, capture
from lamina.errors import RunError, SpecNeededError
from lamina.expression.inference import infer
from lamina.expression.model import Closure, Spec, leaves, map_tree
from lamina.vocabulary.dispatch import op_function

FOLDER = Path(__file__).parents[1] / "golden" / "ops"
RECORDS = {
    r["id"]: r for path in sorted(FOLDER.glob("*.json")) for r in json.loads(path.read_text())["calls"]
}
# Python's operators are recorded for sizes, which have tests of their own.
NAMES = [name for name in RECORDS if not name.startswith("operator.")]
# Operations that read sizes to know how many results they have.
READS_SIZES = {"ndim", "nonzero", "unstack", "where"}
SIZE_FROM_VALUES = {"bincount", "nonzero", "unique", "where"}
BACKEND = keras.backend.backend()
# On JAX every operation is compiled, and one call alone computes what the golden files say.
RUNS_ALL = BACKEND != "jax"


def tensors_of(record: dict[str, Any]) -> list[Tensor]:
    args, kwargs = map(from_json, record["args"]), {k: from_json(v) for k, v in record["kwargs"].items()}
    return [value for value in leaves([list(args), kwargs]) if isinstance(value, Tensor)]


def captured(record: dict[str, Any], specs: list[Spec]) -> Expression:
    """The call with its tensors as inputs; the first input is unused, as a call may have no tensor."""
    arguments = (
        from_json(record["args"]),
        {k: from_json(record["kwargs"][k]) for k in sorted(record["kwargs"])},
    )
    named = {
        value.name: FUNCTIONS[value.name] for value in leaves(list(arguments)) if isinstance(value, Function)
    }
    op = op_function(record["op"])

    def call(tensors: tuple[Any, ...], functions: dict[str, Callable[..., Any]]) -> Any:
        filled = iter(tensors)

        def fill(value: Any) -> Any:
            if isinstance(value, Tensor):
                return next(filled)
            return functions[value.name] if isinstance(value, Function) else value

        args, kwargs = map_tree(fill, list(arguments[0])), map_tree(fill, arguments[1])
        return op(*args, **kwargs)

    call.__module__ = "lamina.tests"  # written over `op_function`, it needs no names replaced
    return capture(
        lambda unused, *tensors, functions: call(tensors, functions), Spec(()), *specs, functions=named
    )


def holds_closure(expression: Expression) -> bool:
    """Whether a call has functions for arguments."""
    return any(
        isinstance(leaf, Closure) for call in expression.calls for leaf in leaves([*call.args, *call.kwargs])
    )


def outcome(record: dict[str, Any], expression: Expression) -> tuple[str | None, Any]:
    """In which respect the expression differs from the golden result, and what it computes."""
    inputs = (to_keras(0.0), *map(to_keras, tensors_of(record)))
    try:
        found = expression.run(inputs[0] if len(inputs) == 1 else inputs)
    except RunError:
        return "error", None
    expected = from_json(record["result"])
    plain = from_keras(found)
    if record["op"] == "shape":  # the sizes of a captured function make a vector
        plain = list(plain.data)
    if isinstance(expected, int) and isinstance(plain, Tensor):  # so does a number of elements
        plain = plain.data[0]
    return difference(expected, plain, sign=record["op"] not in UP_TO_SIGN), found


@pytest.mark.parametrize("name", NAMES)
def test_a_call_is_captured_runs_and_is_inferred_as_it_computes(name: str) -> None:
    record = RECORDS[name]
    inputs = [Spec(tensor.shape, tensor.dtype) for tensor in tensors_of(record)]
    expected = from_json(record["result"])
    found: Any = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the backends warn about what Keras calls in them
        expression = captured(record, inputs)
        if not isinstance(expected, Random) and (
            RUNS_ALL or len(expression.calls) > 1 or holds_closure(expression)
        ):
            differs, found = outcome(record, expression)
            deviation = DEVIATIONS.get((BACKEND, name), (None, ""))[0]
            assert differs == deviation or (
                deviation == "kind" and record["op"] in ("size", "nonzero", "where")
            )
            if found is None or deviation in ("kind", "shape", "dtype"):
                return  # Keras infers what it does on the other backends
        specs = infer(expression, [Spec(()), *inputs])
    if not isinstance(expected, Random) or BACKEND != "torch":
        compare(specs, expected if found is None else found, record["op"])


def compare(specs: Any, real: Any, op: str) -> None:
    """Inferred specs describe the real result; sizes that depend on values may be unknown."""
    if isinstance(specs, Spec) and isinstance(real, (list, tuple)):
        specs = [specs] * len(real)
    if isinstance(specs, (list, tuple)) and not isinstance(real, (list, tuple)):
        specs = next(iter(specs))  # one tensor of positions, where others have one for each axis
        op = ""
    if isinstance(specs, (list, tuple)):
        assert len(specs) == len(real)
        for pair in zip(specs, real, strict=True):
            compare(*pair, op)
    elif isinstance(specs, Spec) and hasattr(real, "shape") and op:
        assert specs.dtype == (
            real.dtype if isinstance(real.dtype, str) else keras.backend.standardize_dtype(real.dtype)
        )
        assert len(specs.shape) == len(real.shape)
        assert all(
            a == b or (a is None and op in SIZE_FROM_VALUES)
            for a, b in zip(specs.shape, real.shape, strict=True)
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_call_is_captured_before_any_shape_is_known(name: str) -> None:
    record = RECORDS[name]
    specs = [Spec()] * len(tensors_of(record))
    reads = record["op"] in READS_SIZES and not (record["op"] == "where" and len(specs) > 1)
    if reads and not record["kwargs"].get("num"):
        with pytest.raises(SpecNeededError):
            captured(record, specs)
    else:
        assert captured(record, specs).calls
