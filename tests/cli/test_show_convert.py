"""`lamina show` and `lamina convert` on files that old Keras versions wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import lamina
from lamina.cli import group
from lamina.cli.convert import _jobs
from lamina.conversion import convert

FILE = "py36_tf112_k216__keras/siamese_euclidean"


def invoke(*args: object):
    return CliRunner().invoke(group, [str(arg) for arg in args])


def test_show_prints_the_source_and_its_python(legacy: Path):
    shown = invoke("show", legacy / "py27_tf112_k122__keras/antirectifier_example.h5")
    assert shown.exit_code == 0
    assert "ops.mean(x, axis=1, keepdims=True)" in shown.output
    assert "2.7" in shown.output


def test_show_as_json_tells_the_arguments(legacy: Path):
    shown = invoke("show", "--json", legacy / "py38_tf24__tfk/inception_resnet_scale.sm")
    (found,) = json.loads(shown.output)["lambdas"]
    assert found["path"] == "model/block35_1.function"
    assert found["arguments"] == {"scale": 0.17}
    assert "ops.multiply" in found["source"]


def test_show_refuses_what_is_no_model(tmp_path: Path):
    (tmp_path / "a.keras").write_bytes(b"nothing")
    shown = invoke("show", tmp_path / "a.keras")
    assert shown.exit_code == 3
    assert "a.keras" in shown.output


def test_convert_reproduces_the_old_outputs(legacy: Path, tmp_path: Path):
    target = tmp_path / "new.keras"
    before = (legacy / f"{FILE}.h5").read_bytes()
    done = invoke("convert", "--verify", legacy / f"{FILE}.npz", legacy / f"{FILE}.h5", target)
    assert done.exit_code == 0, done.output
    assert "samples reproduced" in done.output
    assert (legacy / f"{FILE}.h5").read_bytes() == before
    model = keras.saving.load_model(target)
    with np.load(legacy / f"{FILE}.npz") as data:
        found = model.predict([data["i0"], data["i1"]], verbose=0)
        np.testing.assert_allclose(found, data["o0"], atol=1e-4)


def test_convert_takes_names_from_values_and_files(legacy: Path, tmp_path: Path):
    source = legacy / "py38_tf210__tfk/global_helper_call.h5"
    helpers = tmp_path / "helpers.py"
    helpers.write_text("def global_helper(v, k):\n    return v * k + 1.0\n")
    options = [
        "--name",
        "SCALE=3.0",
        "--name",
        "CLASSES=['a', 'b', 'c']",
        "--names",
        f"{helpers}:global_helper",
    ]
    refused = invoke("convert", source, tmp_path / "no.keras")
    assert refused.exit_code == 1
    assert "SCALE" in refused.output
    assert "global_helper" in refused.output
    assert not (tmp_path / "no.keras").exists()
    done = invoke("convert", *options, source, tmp_path / "yes.keras")
    assert done.exit_code == 0, done.output


def test_samples_that_are_not_reproduced_leave_nothing_behind(legacy: Path, tmp_path: Path):
    wrong = tmp_path / "wrong.npz"
    with np.load(legacy / f"{FILE}.npz") as data:
        np.savez(wrong, i0=data["i0"], i1=data["i1"], o0=data["o0"] + 1)
    with pytest.raises(lamina.LaminaError, match="differ"):
        convert(legacy / f"{FILE}.h5", tmp_path / "new.keras", verify=wrong)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["wrong.npz"]


def test_a_target_of_another_kind_is_refused(legacy: Path, tmp_path: Path):
    with pytest.raises(lamina.LaminaError, match=r"\.keras"):
        convert(legacy / f"{FILE}.h5", tmp_path / "new.h5")


def test_a_target_in_a_folder_that_is_not_there_is_refused_at_once(legacy: Path, tmp_path: Path):
    done = invoke("convert", legacy / f"{FILE}.h5", tmp_path / "none" / "a.keras")
    assert done.exit_code == 1
    assert "does not exist; create it first" in done.output


def test_a_folder_is_converted_and_a_broken_file_does_not_stop_it(legacy: Path, tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    shutil.copy(legacy / f"{FILE}.h5", old / "good.h5")
    (old / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    done = invoke("convert", old, new)
    assert done.exit_code == 1
    assert "bad.h5" in done.output
    assert "1 of 2 files converted" in done.output
    assert [p.name for p in new.iterdir()] == ["good.keras"]


@pytest.mark.parametrize("pattern", ["", "**/*.h5"])
def test_files_lie_as_they_lay_and_two_of_one_stem_stay_two(tmp_path: Path, pattern: str):
    old = tmp_path / "old"
    (old / "inner").mkdir(parents=True)
    for name in ("a.h5", "a.hdf5", "inner/a.h5"):
        (old / name).touch()
    jobs = _jobs((str(old / pattern),), "new")
    written = sorted(Path(target).relative_to("new").as_posix() for _, target in jobs)
    assert written == (["a.keras"] if pattern else ["a.h5.keras", "a.hdf5.keras"]) + ["inner/a.keras"]


def test_a_file_is_not_written_over_itself(legacy: Path, tmp_path: Path):
    path = tmp_path / "a.keras"
    shutil.copy(legacy / f"{FILE}.h5", path)
    before = path.read_bytes()
    done = invoke("convert", tmp_path, tmp_path)
    assert done.exit_code == 1
    assert "over itself" in done.output
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "option", [["--name", "SCALE"], ["--name", "S=os.system"], ["--names", "missing.py:f"]]
)
def test_bad_options_are_refused(legacy: Path, tmp_path: Path, option):
    done = invoke("convert", *option, legacy / f"{FILE}.h5", tmp_path / "new.keras")
    assert done.exit_code == 1
    assert option[0] in done.output


def test_names_of_a_file_that_cannot_be_imported(legacy: Path, tmp_path: Path):
    (tmp_path / "helpers.py").write_text("1 / 0")
    done = invoke(
        "convert", "--names", tmp_path / "helpers.py", legacy / f"{FILE}.h5", tmp_path / "new.keras"
    )
    assert done.exit_code == 1
    assert "cannot be imported, ZeroDivisionError" in done.output


def test_samples_that_are_not_there(legacy: Path, tmp_path: Path):
    done = invoke("convert", "--verify", "samples.npz", legacy / f"{FILE}.h5", tmp_path / "new.keras")
    assert done.exit_code == 1
    assert "samples.npz: expected an .npz file" in done.output
