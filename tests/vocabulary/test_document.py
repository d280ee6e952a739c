"""docs/vocabulary.md is what the vocabularies and their tests say, and a name that is not in it is refused."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from tests.vocabulary.conformance import find

import lamina
from lamina.vocabulary import registry

ROOT = Path(__file__).parents[2]
# Functions of the modules themselves; what a module holds besides is not called on tensors.
MODULES = {
    "tensorflow": ("tensorflow", "tf", ("", "math", "nn", "linalg", "image", "signal")),
    "numpy": ("numpy", "numpy", ("", "linalg", "fft")),
    "torch": ("torch", "torch", ("", "nn.functional", "linalg", "fft")),
}


@pytest.mark.backend_free
def test_the_committed_document_is_up_to_date_and_every_name_has_a_test():
    environment = os.environ | {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tests.vocabulary.document", "--check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def functions(module, prefix):
    """The public functions of a module, by dotted name."""
    holder = find(module, prefix) if prefix else module
    for name in dir(holder):
        dotted = f"{prefix}.{name}" if prefix else name
        value = getattr(holder, name, None)
        if name[0].islower() and (inspect.isfunction(value) or inspect.isbuiltin(value)):
            yield dotted, value


@pytest.mark.parametrize("framework", MODULES)
def test_a_name_that_is_not_in_the_table_is_refused(framework):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip(MODULES[framework][0])
    vocabularies = {v.name: v for v in registry.vocabularies(framework)}
    if not vocabularies:
        pytest.skip("no vocabulary yet")
    vocabulary = vocabularies[MODULES[framework][1]]
    unknown = [
        value
        for prefix in MODULES[framework][2]
        for name, value in functions(module, prefix)
        if name not in vocabulary.table and registry.stand_in(framework, value) is None
    ]
    assert unknown
    for value in unknown:
        with pytest.raises(lamina.LaminaError, match=r"is not a function that lamina|cannot be part of"):
            lamina.capture(lambda x, value=value: value(x), keras.KerasTensor((2, 3)))


def test_the_names_of_the_document_are_captured():
    """What the document lists is what capture looks names up in."""
    text = (ROOT / "docs" / "vocabulary.md").read_text()
    for name in ("reduce_logsumexp", "spatial_2d_padding", "linalg.norm", "losses.huber", "rearrange"):
        assert f"`{name}`" in text
    assert np.shape(lamina.capture(lambda x: np.linalg.norm(x, axis=1)).run(np.ones((2, 3), "float32"))) == (
        2,
    )
