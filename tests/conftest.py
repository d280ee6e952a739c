"""What every test shares: the backend under test, and which tests run where."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
# Thousands of small functions are compiled once and run once: compiling fast is what counts.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
)

# The workers that `make test` starts; any other process runs all tests, on its one backend.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
BACKENDS = ("jax", "tensorflow", "torch")
WORKERS = ("no-backend", "jax-vocabulary", *BACKENDS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of this worker, so that each test runs once on each backend it needs."""
    if WORKER not in WORKERS:
        return
    elsewhere = [item for item in items if not _is_here(item)]
    items[:] = [item for item in items if _is_here(item)]
    config.hook.pytest_deselected(items=elsewhere)


def _is_here(item: pytest.Item) -> bool:
    if item.get_closest_marker("backend_free") is not None:
        return WORKER == "no-backend"
    if WORKER.startswith("jax"):
        return ("vocabulary" in item.path.parts) == (WORKER == "jax-vocabulary")
    return WORKER != "no-backend"


_done = itertools.count(1)


@pytest.fixture(autouse=True)
def forgotten_compilations() -> Iterator[None]:
    """JAX keeps what it compiled: of thousands of tests, gigabytes in each worker."""
    yield
    if next(_done) % 200 == 0 and "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model files written by old Keras versions, unpacked once; see its README.md."""
    folder = tmp_path_factory.mktemp("legacy")
    with tarfile.open(Path(__file__).parent / "data" / "legacy.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "legacy"
