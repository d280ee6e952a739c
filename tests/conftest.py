"""What every test shares: the backend under test, and which tests run where."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
# Thousands of small functions are compiled once and run once: compiling fast is what counts.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)

# `make test` starts one worker per backend and one for the tests that need none (see the Makefile).
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
BACKENDS = ("jax", "tensorflow", "torch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test marked `backend_free` to the worker without backend, and to no other."""
    if WORKER not in (*BACKENDS, "no-backend"):
        return
    free, bound = [], []
    for item in items:
        (bound if item.get_closest_marker("backend_free") is None else free).append(item)
    items[:], elsewhere = (free, bound) if WORKER == "no-backend" else (bound, free)
    config.hook.pytest_deselected(items=elsewhere)


@pytest.fixture(scope="session")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model files written by old Keras versions, unpacked once; see its README.md."""
    folder = tmp_path_factory.mktemp("legacy")
    with tarfile.open(Path(__file__).parent / "data" / "legacy.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "legacy"
