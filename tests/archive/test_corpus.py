"""Every model file that an old Keras wrote opens, and yields its Lambdas and weights."""

from __future__ import annotations

import collections
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lamina.archive import open_model, open_weights

pytestmark = pytest.mark.backend_free


@pytest.fixture(scope="module")
def rows(legacy: Path) -> list[dict[str, Any]]:
    lines = (legacy / "manifest.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["file"] and not row["error"]]


def stored_weights(legacy: Path, row: dict[str, Any]) -> list[np.ndarray]:
    with np.load(legacy / row["lane"] / f"{row['case']}.npz") as arrays:
        return [arrays[f"w{index}"] for index in range(sum(name[0] == "w" for name in arrays.files))]


def same(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


def test_every_file_yields_its_lambdas(legacy: Path, rows: list[dict[str, Any]]) -> None:
    opened: collections.Counter[str] = collections.Counter()
    wrong = []
    for row in rows:
        if row["format"] == "npz":
            continue
        model = open_model(legacy / row["file"])
        nodes = list(model.lambdas())
        layers = [text for text in row["lambda_source"] if text.startswith(("Lambda(", "layers.merge("))]
        kind = "Merge" if row["case"] == "keras1_merge_lambda" else "Lambda"
        if [node.class_name for node in nodes] != [kind] * len(layers) or model.notes:
            wrong.append((row["file"], nodes, model.notes))
        expected = {"hdf5": "h5", "dir": "savedmodel", "text": "json", "zip": "keras"}[row["container"]]
        assert model.kind == expected
        if row["format"] != "json":
            claimed = model.keras_version or ""
            assert claimed.split("-")[0] == row["keras"].split("-")[0]
        opened[row["format"]] += 1
    assert not wrong
    assert opened == {"h5": 1310, "json": 1294, "savedmodel": 553, "keras": 577}


def test_every_file_yields_its_weights(legacy: Path, rows: list[dict[str, Any]]) -> None:
    checked: collections.Counter[str] = collections.Counter()
    wrong = []
    for row in rows:
        expected_at = legacy / row["lane"] / f"{row['case']}.npz"
        if row["format"] in ("npz", "json") or not expected_at.exists():
            continue
        weights = open_model(legacy / row["file"]).weights()
        expected = stored_weights(legacy, row)
        if not same(weights.arrays(), expected) or not same(list(weights.values()), expected):
            wrong.append(row["file"])
        checked[row["format"]] += bool(expected)
    assert not wrong
    assert min(checked[kind] for kind in ("h5", "keras", "savedmodel")) > 80


def test_json_takes_its_weights_from_an_explicit_file(legacy: Path, rows: list[dict[str, Any]]) -> None:
    checked = 0
    for row in rows:
        weights = legacy / row["lane"] / f"{row['case']}.h5"
        if row["format"] == "json" and row["case"] == "vae_sampling" and weights.exists():
            model = open_model(legacy / row["file"])
            assert same(model.weights(weights).arrays(), stored_weights(legacy, row))
            assert same(open_weights(weights).arrays(), stored_weights(legacy, row))
            checked += 1
    assert checked > 20


def test_weight_layers_are_those_of_the_model(legacy: Path) -> None:
    for name in ("py36_tf115_k231__tfk/vae_sampling.h5", "py36_tf115_k231__tfk/vae_sampling.sm",
                 "v311_k315__keras3/vae_sampling.keras"):  # fmt: skip
        path = legacy / name
        if path.exists():
            assert list(open_model(path).weights().layers) == ["dense", "dense_1"]


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("v311_k315__keras3/nested_model.keras", ["functional_1/functional/in_inner", "functional_1/lambda"]),
        ("py310_tf215__tfk/nested_model.sm", ["model_1/model/in_inner", "model_1/lambda"]),
        ("py36_tf115_k231__keras/nested_model.h5", ["model_2/model_1/in_inner", "model_2/lambda_1"]),
        ("v311_k315__keras3/time_distributed.keras", ["functional/time_distributed/lambda"]),
        ("py36_tf112_k122__keras/keras1_merge_lambda.h5", ["model_1/merge_1"]),
        ("py36_tf14_k208__tfk/sequential_first.h5", ["sequential/lambda_1"]),
    ],
)
def test_paths_name_the_layers(legacy: Path, name: str, paths: list[str]) -> None:
    model = open_model(legacy / name)
    nodes = list(model.lambdas())
    assert [node.path for node in nodes] == paths
    for node in nodes:
        found: Any = {"config": model.config, "compile_config": model.compile_config}
        for step in node.pointer.split("/")[1:]:
            found = found[int(step) if isinstance(found, list) else step]
        assert found["config"] is node.config


def test_kind_is_told_by_content(legacy: Path, tmp_path: Path) -> None:
    for source, ending, kind in (
        ("v311_k315__keras3/closure_float.keras", ".h5", "keras"),
        ("v311_k315__keras3/closure_float.h5", ".json", "h5"),
        ("v311_k315__keras3/closure_float.json", ".keras", "json"),
    ):
        path = tmp_path / f"model{ending}"
        path.write_bytes((legacy / source).read_bytes())
        assert open_model(path).kind == kind
        assert open_model(path.read_bytes()).config == open_model(path).config


def test_a_control_without_lambda_has_none(legacy: Path) -> None:
    assert not list(open_model(legacy / "nested_plain_no_lambda_tf216.h5").lambdas())


def test_reading_json_and_zip_imports_nothing_heavy(legacy: Path) -> None:
    lane = legacy / "v311_k315__keras3"
    code = (
        "import sys\nfrom lamina.archive import open_model\n"
        f"for name in ('closure_float.json', 'closure_float.keras'):\n"
        f"    assert list(open_model({str(lane)!r} + '/' + name).lambdas())\n"
        "assert not {'numpy', 'h5py', 'yaml', 'zipfile'} & set(sys.modules), sorted(sys.modules)\n"
        f"open_model({str(lane / 'closure_float.h5')!r}).weights()\n"
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules), sorted(sys.modules)\n"
    )
    path = str(Path(sys.modules["lamina"].__path__[0]).parent)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path, "PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
