"""What the commands that read files import; the time that they take to start is mostly that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from attacks.build import keras_zip, lambda_layer, model, saved
from attacks.code import code

pytestmark = pytest.mark.backend_free

FILES = (
    "py27_tf112_k122__keras/antirectifier_example.h5",
    "py36_tf112_k216__keras/siamese_euclidean.h5",
    "py36_tf112_k216__keras/siamese_euclidean.json",
    "py37_tf24__tfk/tf_split_multi_output.h5",
    "py38_tf24__tfk/inception_resnet_scale.sm",
    "v311_k315__keras3/closure_float.keras",
)
HEAVY = (
    "numpy",
    "h5py",
    "keras",
    "tensorflow",
    "torch",
    "jax",
    "ml_dtypes",
    "importlib.resources",
    "pygments",
)
_SCRIPT = """
import sys
from lamina.cli import group
try:
    group({arguments!r}, prog_name="lamina")
except SystemExit as end:
    assert not end.code, end.code
print(*[name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("command", ["show", "audit"])
def test_reading_a_file_imports_neither_numpy_nor_a_framework(command: str, file: str, legacy: Path) -> None:
    script = _SCRIPT.format(arguments=[command, str(legacy / file)], heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert "pure" in done.stdout or "source below" in done.stdout


@pytest.mark.parametrize("function", ["np.save", "jnp.save", "torch.load", "tf.io.read_file", "K.nothing"])
def test_refusing_a_function_of_a_framework_imports_no_numpy(function: str, tmp_path: Path) -> None:
    (tmp_path / "hostile.keras").write_bytes(
        keras_zip(model(lambda_layer(saved(code(f"lambda x: {function}(x)", "")))))
    )
    script = _SCRIPT.format(arguments=["audit", "--fail-on", "never", str(tmp_path)], heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert "not allowed" in done.stdout


def test_an_audit_into_a_pipe_needs_no_rich(legacy: Path) -> None:
    script = _SCRIPT.format(arguments=["audit", str(legacy / FILES[0])], heavy=("rich", "numpy"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stderr.strip(), "pure" in done.stdout) == ("", True)


def test_an_array_in_a_closure_is_read_with_numpy(legacy: Path) -> None:
    script = _SCRIPT.format(
        arguments=["audit", str(legacy / "py36_tf112_k216__keras/closure_ndarray.h5")], heavy=HEAVY
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "numpy"
    assert "pure" in done.stdout
