"""The main job on real data, from any backend to every backend."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import keras
import numpy as np
import pytest

from lamina.cli.quickstart import reload

BACKENDS = ("jax", "tensorflow", "torch")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The output of one demo, and the files that it kept."""
    path = tmp_path_factory.mktemp("demo") / "kept" / "digits.keras"
    command = [sys.executable, "-m", "lamina", "demo", "--save", path, "--epochs", "4"]
    env = {**os.environ, "COLUMNS": "120"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, path.with_suffix("")


def test_it_prints_what_each_lambda_computes(demo):
    output, _ = demo
    assert re.findall(r"^ *def (\w+)\(", output, re.MULTILINE) == ["scale", "antirectifier", "l2_normalize"]
    assert "16.0" in output  # the global that `scale` reads


def test_every_backend_gives_the_same_accuracy_in_a_fresh_process(demo):
    output, _ = demo
    rows = re.findall(r"fresh process, (\w+): accuracy ([\d.]+)%, largest difference ([\d.e+-]+)", output)
    assert [row[0] for row in rows] == list(BACKENDS)
    assert len({row[1] for row in rows}) == 1
    assert float(rows[0][1]) > 90
    assert all(float(row[2]) <= 1e-5 for row in rows)


def test_a_fresh_process_on_the_same_backend_gives_the_same_bits(demo):
    output, _ = demo
    assert re.search(rf"{keras.backend.backend()}: accuracy [\d.]+%, largest difference 0\.0e\+00", output)


def test_progress_is_shown(demo):
    assert re.search(r"Training on \w+ .*accuracy \d", demo[0])


def test_a_reloaded_model_that_differs_is_noticed(demo, tmp_path):
    _, name = demo
    with np.load(f"{name}.npz") as data:
        test = dict(data)
    test["outputs"][0, 0] += 1e-3
    np.savez(tmp_path / "digits.npz", **test)
    (tmp_path / "digits.keras").symlink_to(f"{name}.keras")
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 4500"):
        reload.main(str(tmp_path / "digits"))
