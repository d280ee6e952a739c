"""The package as installed, and the promise that every backend is tested."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import keras
import pytest

import lamina

ROOT = Path(__file__).resolve().parents[1]
BACKENDS = ("jax", "tensorflow", "torch")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def make_commands(*arguments: str) -> str:
    """The commands that `make` would run."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", "--always-make", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout


def test_the_requested_backend_is_the_one_that_runs():
    assert os.environ["KERAS_BACKEND"] in BACKENDS
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]


def test_a_worker_named_after_a_backend_runs_it():
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    assert worker.partition("-")[0] == keras.backend.backend() or re.fullmatch(r"gw\d+", worker)


@pytest.mark.backend_free
class TestMake:
    def test_test_is_one_pytest_over_all_three_backends_and_what_needs_none(self):
        (command,) = (line for line in make_commands("test").splitlines() if "-m pytest" in line)
        workers = re.findall(r"popen//id=([\w-]+)//env:KERAS_BACKEND=(\w+)", command)
        on_jax = [(worker, "jax") for worker in ("no-backend", "jax-vocabulary")]
        assert workers == [*on_jax, *((backend, backend) for backend in BACKENDS)]
        assert "--dist=each" in command

    def test_conformance_is_the_full_profile_of_the_vocabularies_on_the_same_workers(self):
        commands = make_commands("conformance")
        (command,) = (line for line in commands.splitlines() if "-m pytest" in line)
        assert "tests/vocabulary tests/jaxpr" in command
        assert all(f"id={backend}//env:KERAS_BACKEND={backend}" in command for backend in BACKENDS)
        assert "conformance: export LAMINA_CONFORMANCE := full" in (ROOT / "Makefile").read_text()

    def test_torch_is_installed_first_in_the_range_of_pyproject(self):
        installs = re.findall(r"pip install (.*?) 2>", make_commands(".venv/.dev"))
        assert installs[:2] == ["'torch<2.14'", "--editable '.[dev]'"]
        assert all("--no-deps" in later for later in installs[2:])
        assert "torch<2.14" in project()["optional-dependencies"]["dev"]

    def test_lint_checks_rules_format_and_types(self):
        command = make_commands("lint")
        assert all(tool in command for tool in ("ruff check", "ruff format --check", "mypy"))

    def test_the_check_is_lint_and_then_test(self):
        script = (ROOT / ".ci" / "run").read_text()
        assert re.findall(r"^make .*?(\w+)$", script, re.MULTILINE) == ["lint", "test"]
        assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.backend_free
class TestMetadata:
    def test_only_the_settled_packages_are_required(self):
        assert project()["dependencies"] == ["keras>=3.12", "numpy", "h5py", "rich", "click>=8.1"]

    def test_the_installed_version_is_the_one_that_the_package_names(self):
        assert lamina.__version__ == metadata.version("lamina") == project()["version"]

    def test_types_are_published(self):
        assert (Path(lamina.__file__).parent / "py.typed").exists()


@pytest.mark.backend_free
@pytest.mark.parametrize(
    "start", [[sys.executable, "-m", "lamina"], [str(Path(sys.executable).with_name("lamina"))]]
)
def test_the_module_and_the_command_are_the_same(start):
    done = subprocess.run([*start, "--version"], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == (f"lamina {metadata.version('lamina')}\n", 0)
