"""Old model files, read as data."""

from __future__ import annotations

import functools
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import seconds_of
from benchmarks.registry import Groups, Run, row
from lamina.archive import open_model
from lamina.auditing.isolation import without_frameworks
from lamina.bytecode import read_function
from lamina.legacy.functions import SavedCallable
from lamina.tracing import capture
from lamina.view.lambdas import shown

CORPUS = Path(__file__).parents[2] / "tests" / "data" / "legacy.tar.xz"
# The antirectifier of the Keras documents, as these Pythons saved it.
WRITERS = {
    "Python 3.8": "py38_tf24__tfk",
    "Python 2.7": "py27_tf112_k122__keras",
    "Python 3.6": "py36_tf115_k231__keras",
    "Python 3.11": "py311_tf215__tfk",
}
_WEIGHTS = 100 * 2**20


@row("Reading old files")
def reading(run: Run) -> Groups:
    """Bytecode to an expression, the Lambdas of a large file, and the command that shows them."""
    with tempfile.TemporaryDirectory() as place:
        files = {writer: _unpacked(lane, Path(place)) for writer, lane in WRITERS.items()}
        functions = {writer: _function(file) for writer, file in files.items()}
        yield "a saved function to an expression", {w: _lowered(value) for w, value in functions.items()}
        old = files["Python 3.8"]
        large = _large(old, Path(place, "large.h5"), _WEIGHTS // 64 if run.quick else _WEIGHTS)
        yield (
            "the Lambdas of a .h5 of 100 MB",
            {
                "lamina, their places": lambda: list(open_model(str(large)).lambdas()),
                "lamina, what they compute": lambda: shown(str(large)),
                "h5py and json, the config alone": functools.partial(_config, large),
            },
        )
        show = [sys.executable, "-m", "lamina", "show"]
        commands = {"lamina show, 16 KB": [*show, str(old)], "lamina show, 100 MB": [*show, str(large)]}
        yield "command, cold", seconds_of(commands, 1 if run.quick else 9)


def _unpacked(lane: str, folder: Path) -> Path:
    name = f"legacy/{lane}/antirectifier_example.h5"
    with tarfile.open(CORPUS) as archive:
        archive.extract(name, folder, filter="data")
    return folder / name


def _function(file: Path) -> Any:
    return next(iter(open_model(str(file)).lambdas())).config["function"]


def _lowered(value: Any) -> Callable[[], Any]:
    def lower() -> Any:
        with without_frameworks():
            return capture(SavedCallable(read_function(value)))

    return lower


def _large(source: Path, target: Path, size: int) -> Path:
    """A copy with so many bytes of weights more."""
    import h5py
    import numpy as np

    target.write_bytes(source.read_bytes())
    with h5py.File(target, "a") as file:
        group = file.require_group("model_weights/embedding")
        group.create_dataset("embeddings:0", data=np.ones(size // 4, "float32"))
    return target


def _config(path: Path) -> Any:
    import h5py

    with h5py.File(path) as file:
        return json.loads(file.attrs["model_config"])
