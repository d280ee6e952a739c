"""The attributes that an audit knows are those of the vocabularies."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lamina.auditing import attributes, audit

sys.path.insert(0, str(Path(__file__).parents[2]))
from attacks.build import keras_zip, lambda_layer, model, saved
from attacks.code import code

pytestmark = pytest.mark.backend_free


def test_the_file_holds_what_the_vocabularies_know() -> None:
    stored, real = attributes.attribute_names(), attributes.collected()
    assert stored == real, f"run `make docs`: {sorted(stored ^ real)[:10]}"


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("lambda x: x[:, np.newaxis]", "pure"),
        ("lambda x: np.linalg.norm(x)", "pure"),
        ("lambda x: x if x is not None else np.linalg.nothing(x)", "not allowed"),
        ("lambda x: x if x is not None else np._vocabulary", "not allowed"),
        ("lambda x: x if x is not None else np.linalg", "pure"),
    ],
)
def test_members_of_modules(source: str, verdict: str) -> None:
    report = audit(keras_zip(model(lambda_layer(saved(code(source, ""))))))
    assert report.verdict.text == verdict


def test_methods_of_plain_values_are_known() -> None:
    assert {"format", "append", "get"} <= attributes.attribute_names()
