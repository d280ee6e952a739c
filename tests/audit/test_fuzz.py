"""Mutated files never crash or hang the audit; `python -m attacks.fuzz` runs the same for longer."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamina.auditing import Verdict, audit

pytestmark = pytest.mark.backend_free

sys.path.insert(0, str(Path(__file__).parents[2]))
from attacks.build import keras_h5, keras_zip, lambda_layer, layer, model, old_model, saved  # noqa: E402
from attacks.code import _FUNCTIONS, code  # noqa: E402
from attacks.fuzz import mutate, mutate_json, run_one, target  # noqa: E402

_MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
_SOURCES = [source for _, source, _ in _FUNCTIONS.values()]


def check(form: str, data: bytes) -> None:
    assert run_one(form, data) == ""


@_MANY
@given(st.integers(0, 2**32), st.sampled_from(_SOURCES))
def test_bytecode(seed: int, source: str) -> None:
    import marshal

    raw = mutate(marshal.dumps(code(source, "MARKER")), random.Random(seed))
    check("code", target("code")(raw))


@_MANY
@given(st.integers(0, 2**32))
def test_configs(seed: int) -> None:
    whole = model(
        lambda_layer(saved(code("lambda x: x * 2", ""))), layer("Dense", units=1), compiled={"loss": "mse"}
    )
    changed = mutate_json(json.loads(json.dumps(whole)), random.Random(seed))
    check("json", json.dumps(changed).encode())
    check("keras", keras_zip(changed))


@_MANY
@given(st.integers(0, 2**32))
def test_containers(seed: int) -> None:
    rng = random.Random(seed)
    check("keras", mutate(keras_zip(model()), rng))
    check("h5", mutate(keras_h5(old_model()), rng))


_KEYS = st.sampled_from(
    "class_name config module registered_name name layers function function_type output_shape mask arguments "
    "expressions build_config inbound_nodes vocabulary items loss layer code closure defaults".split()
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=25,
)


@_MANY
@given(
    st.sampled_from(
        ["Lambda", "Merge", "TimeDistributed", "__lambda__", "function", "StringLookup", "TFOpLambda"]
    ),
    _JSON,
)
def test_any_json_for_a_layer(kind: str, config: Any) -> None:
    inner = {"class_name": kind, "config": config}
    data = json.dumps({"class_name": "Sequential", "config": {"layers": [inner]}}).encode()
    begun = time.perf_counter()
    report = audit(data)
    assert all(finding.rule != "audit.unfinished" for finding in report.findings), report
    assert time.perf_counter() - begun < 2


@_MANY
@given(st.binary(max_size=200))
def test_noise_is_not_understood(data: bytes) -> None:
    assert audit(data).verdict is Verdict.NOT_UNDERSTOOD
