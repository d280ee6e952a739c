"""An audit imports no framework, changes no global state, and is quick to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lamina.auditing import Verdict, audit
from lamina.auditing.isolation import FRAMEWORKS, _Guard, without_frameworks
from lamina.errors import SpecNeededError

pytestmark = pytest.mark.backend_free

_ROOT = Path(__file__).parents[2]
_SCRIPT = """
import sys, pathlib
sys.path.insert(0, {root!r})
from attacks.make import make, ATTACKS
folder = pathlib.Path({folder!r})
make(folder)
for name in [name for name in sys.modules if name.partition(".")[0] == "h5py"]:
    del sys.modules[name]
from lamina.auditing import audit
for attack in ATTACKS:
    audit(folder / attack.file)
for path in {files!r}:
    audit(path)
found = [name for name in ("keras", "tensorflow", "torch", "jax", "flax", "h5py") if name in sys.modules]
sys.exit(", ".join(found) or 0)
"""


def _some_legacy(legacy: Path) -> list[str]:
    lanes = ["v311_k315__keras3", "py38_tf210__tfk", "py36_tf112_k122__keras"]
    found = [
        p
        for lane in lanes
        for p in (legacy / lane).iterdir()
        if p.suffix in (".h5", ".json", ".keras", ".sm")
    ]
    return [str(path) for path in sorted(found)]


def test_no_framework_is_imported(legacy: Path, tmp_path: Path) -> None:
    script = _SCRIPT.format(root=str(_ROOT), folder=str(tmp_path), files=_some_legacy(legacy))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", sorted(FRAMEWORKS))
def test_the_guard_refuses_frameworks_only_inside(name: str) -> None:
    guard = _Guard()
    assert guard.find_spec(f"{name}.part", None) is None
    with without_frameworks(), pytest.raises(SpecNeededError, match=name):
        guard.find_spec(f"{name}.part", None)
    assert guard.find_spec(name, None) is None


def test_keras_safe_mode_is_untouched(legacy: Path) -> None:
    keras = pytest.importorskip("keras")
    state = keras.src.saving.serialization_lib
    before = state.in_safe_mode()
    audit(next((legacy / "v311_k315__keras3").glob("*.keras")))
    assert state.in_safe_mode() is before


def test_error_inside_of_the_auditor_is_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("lamina.auditing.scan.judge", broken)
    config = (
        b'{"class_name": "Sequential", "config": [{"class_name": "Lambda", "config": {"function": "f"}}]}'
    )
    report = audit(config)
    assert report.verdict is Verdict.NOT_UNDERSTOOD
    assert report.findings[0].rule == "audit.unfinished"
