"""The patterns of real Lambda layers: captured, saved, and run from the file on every backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pytest

import lamina
from lamina.errors import CaptureError

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
# Python on the values of tensors, which no expression holds: every function of it is refused.
ONLY_REFUSED = {55}
pytestmark = pytest.mark.backend_free


def run(command: str, folder: Path, backend: str) -> str:
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "pattern_models.py"), command, str(folder)],
        env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Model files of all patterns, written under TensorFlow."""
    folder = tmp_path_factory.mktemp("patterns")
    run("write", folder, "tensorflow")
    return folder


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_saved_functions_equal_the_originals(saved, backend):
    result = json.loads(run("read", saved, backend).splitlines()[-1])
    assert not result["loaded"]
    assert result["models"] == 58 - len(ONLY_REFUSED)
    assert not result["wrong"], "\n".join(f"{where}: {what}" for where, what in result["wrong"].items())


def declared():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pattern_models import every_pattern

        return every_pattern()


def test_every_pattern_has_two_functions():
    counts = Counter(found.number for found in declared())
    assert {number for number in range(1, 59) if counts[number] < 2} == ONLY_REFUSED


def refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from refused_patterns import REFUSED

        return [pytest.param(*rest, id=f"{number}-{rest[0].__name__}") for number, *rest in REFUSED]


@pytest.mark.parametrize(("function", "shapes", "name", "instead"), refused())
def test_what_no_expression_holds_is_refused_by_name(function, shapes, name, instead):
    import keras

    specs = [keras.KerasTensor(shape) for shape in shapes]
    with pytest.raises(CaptureError) as raised:
        lamina.capture(function, specs[0] if len(specs) == 1 else specs)
    assert name in str(raised.value)
    assert instead in str(raised.value)


def test_saving_says_why_the_function_was_not_captured():
    """Not that a shape is missing, which the layer knows since it was called."""
    import keras
    from refused_patterns import by_numpy

    layer = lamina.Lambda(by_numpy, output_shape=(3,))
    layer(keras.Input((3,)))
    with pytest.raises(lamina.LaminaError, match=r"tf\.numpy_function cannot be part"):
        layer.get_config()


def test_a_complex_value_is_conjugated_where_the_dtype_of_the_input_is_open():
    import tensorflow as tf

    expression = lamina.capture(lambda x: tf.math.conj(tf.signal.rfft(x)), (None, 8))
    assert "conj" in [call.op for call in expression.calls]
    assert "conj" not in [call.op for call in lamina.capture(lambda x: tf.math.conj(x), (None, 8)).calls]
