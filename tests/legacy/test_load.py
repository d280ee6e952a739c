"""`load_model`: what it takes, what it says, and what it refuses."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import lamina
from lamina.archive import RefusedError
from lamina.auditing.policy import check
from lamina.auditing.verdicts import Finding
from lamina.errors import ArchiveError, NamesNeededError, WeightsError
from lamina.legacy import LegacyWarning, load_model, read_model
from lamina.legacy.activations import hard_sigmoid

X = np.linspace(-3, 3, 8, dtype="float32").reshape(2, 4)


def value(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


NOTHING = {"class_name": "Nothing", "config": {"name": "n"}}


def dense(name: str = "dense", **config: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": 2, **config}}


def start(name: str = "x") -> dict[str, Any]:
    config = {"name": name, "batch_input_shape": [None, 4], "dtype": "float32", "sparse": False}
    return {"class_name": "InputLayer", "name": name, "config": config, "inbound_nodes": []}


def functional(tmp_path: Path, layers: list[Any], outputs: Any, version: str = "2.2.4", **more: Any) -> Path:
    config = {
        "name": "model",
        "layers": [start(), *layers],
        "input_layers": [["x", 0, 0]],
        "output_layers": outputs,
    }
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"class_name": "Model", "keras_version": version, "config": config} | more))
    return path


def call(node: dict[str, Any], *inputs: Any) -> dict[str, Any]:
    return {**node, "name": node["config"]["name"], "inbound_nodes": list(inputs)}


def one_dense(tmp_path: Path, version: str = "2.2.4", **config: Any) -> Path:
    return functional(tmp_path, [call(dense(**config), [["x", 0, 0, {}]])], [["dense", 0, 0]], version)


KERNEL, BIAS = np.full((4, 2), 0.25, "float32"), np.zeros(2, "float32")


# Weights


def test_weights_from_arrays_npz_and_files(tmp_path: Path) -> None:
    path = one_dense(tmp_path)
    np.savez(tmp_path / "weights.npz", kernel=KERNEL, bias=BIAS)
    model = load_model(path, weights=[KERNEL, BIAS])
    model.save_weights(tmp_path / "model.weights.h5")
    for weights in (tmp_path / "weights.npz", tmp_path / "model.weights.h5"):
        np.testing.assert_allclose(value(load_model(path, weights=weights)(X)), X @ KERNEL, atol=1e-6)


def test_a_model_without_weights_says_so(tmp_path: Path) -> None:
    with pytest.warns(LegacyWarning, match="the file has none"):
        load_model(one_dense(tmp_path))
    notes: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_model(one_dense(tmp_path), report=notes.append)
    assert [note.place for note in notes] == ["weights"]


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="another")])
    other.save(tmp_path / "other.h5")
    with pytest.raises(WeightsError, match="weights for another"):
        load_model(one_dense(tmp_path), weights=tmp_path / "other.h5")


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    model = load_model(one_dense(tmp_path), weights=[KERNEL, BIAS])
    model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(ArchiveError, match="no architecture"):
        load_model(tmp_path / "model.weights.h5")


# Configs


@pytest.mark.parametrize(("version", "slope"), [("2.3.1", 0.2), ("3.4.1", 1 / 6)])
def test_hard_sigmoid_is_that_of_the_writing_version(tmp_path: Path, version: str, slope: float) -> None:
    model = load_model(one_dense(tmp_path, version, activation="hard_sigmoid"), weights=[KERNEL, BIAS])
    np.testing.assert_allclose(value(model(X)), np.clip(X @ KERNEL * slope + 0.5, 0, 1), atol=1e-6)


def test_gru_without_reset_after_has_none(tmp_path: Path) -> None:
    gru = {"class_name": "GRU", "config": {"name": "gru", "units": 2}}
    reshaped = {"class_name": "Reshape", "config": {"name": "r", "target_shape": [2, 2]}}
    layers = [call(reshaped, [["x", 0, 0]]), call(gru, [["r", 0, 0]])]
    model = read_model(functional(tmp_path, layers, [["gru", 0, 0]])).model
    assert model.get_layer("gru").reset_after is False


INITIALIZERS = [
    ("zero", "Zeros"),
    ("glorot_uniform", "GlorotUniform"),
    ({"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}}, "GlorotUniform"),
    (
        {
            "class_name": "VarianceScaling",
            "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "normal"},
        },
        "VarianceScaling",
    ),
    ({"class_name": "OrthogonalInitializer", "config": {"gain": 1.0, "seed": 3}}, "Orthogonal"),
    ({"module": "keras.src.initializers", "class_name": "HeNormal", "config": {"seed": None}}, "HeNormal"),
]


@pytest.mark.parametrize(("saved", "expected"), INITIALIZERS)
def test_initializers_of_every_version(tmp_path: Path, saved: Any, expected: str) -> None:
    model = read_model(one_dense(tmp_path, kernel_initializer=saved)).model
    assert type(model.get_layer("dense").kernel_initializer).__name__ == expected


def test_fields_that_keras_3_lacks_are_noted(tmp_path: Path) -> None:
    loaded = read_model(one_dense(tmp_path, sparse_gradients="yes"), weights=[KERNEL, BIAS])
    assert [str(note) for note in loaded.notes] == [
        "model/dense: Dense of Keras 3 has no 'sparse_gradients'; 'yes' was dropped"
    ]


def test_policies_and_integer_dtypes(tmp_path: Path) -> None:
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    assert read_model(one_dense(tmp_path, dtype=policy)).model.get_layer("dense").compute_dtype == "float16"
    assert read_model(one_dense(tmp_path, dtype="int32")).model.get_layer("dense").dtype == "float32"


class Scaled(keras.layers.Layer):
    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def test_custom_classes_and_activations_come_from_names(tmp_path: Path) -> None:
    scaled = {"class_name": "Custom>Scaled", "config": {"name": "s", "factor": 3.0}}
    path = functional(tmp_path, [call(scaled, [["x", 0, 0]])], [["s", 0, 0]])
    np.testing.assert_allclose(value(read_model(path, names={"Scaled": Scaled}).model(X)), 3 * X)
    with pytest.raises(NamesNeededError, match=r"names=\{'Scaled': \.\.\.\}"):
        read_model(path)
    activated = one_dense(tmp_path, activation="cube")
    with pytest.raises(NamesNeededError, match="cube"):
        read_model(activated)
    model = read_model(activated, names={"cube": lambda x: x**3}, weights=[KERNEL, BIAS]).model
    np.testing.assert_allclose(value(model(X)), (X @ KERNEL) ** 3, rtol=1e-5)


# Graphs


def test_shared_layers_are_called_as_often_as_the_file_says(tmp_path: Path) -> None:
    shared = call(dense(units=4), [["x", 0, 0]], [["dense", 0, 0]])
    add = call({"class_name": "Add", "config": {"name": "add"}}, [["dense", 0, 0], ["dense", 1, 0]])
    kernel = np.eye(4, dtype="float32") * 2
    model = read_model(
        functional(tmp_path, [shared, add], [["add", 0, 0]]), weights=[kernel, np.zeros(4)]
    ).model
    np.testing.assert_allclose(value(model(X)), 6 * X, rtol=1e-6)
    assert len(model.weights) == 2


@pytest.mark.parametrize("offset", [0, 1])
def test_nested_models_begin_at_either_number(tmp_path: Path, offset: int) -> None:
    inner = {
        "class_name": "Sequential",
        "config": {"name": "inner", "layers": [dense(batch_input_shape=[None, 4])]},
    }
    add = call({"class_name": "Add", "config": {"name": "add"}}, [["inner", offset, 0], ["inner", offset, 0]])
    layers = [call(inner, [["x", 0, 0]]), add]
    model = read_model(functional(tmp_path, layers, [["add", 0, 0]]), weights=[KERNEL, BIAS]).model
    np.testing.assert_allclose(value(model(X)), 2 * X @ KERNEL, atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "outputs", "message"),
    [
        ([call(dense(), [["dense", 0, 0]])], [["dense", 0, 0]], "loop"),
        ([call(dense(), [["x", 0, 0]])], [["dense", 0, 7]], "1 outputs"),
        ([call(dense(), [["x", 0, 0]])], [["dense", 4, 0]], "no layer gives"),
        ([call(dense(), [["y", 0, 0]])], [["dense", 0, 0]], "expected"),
        ([call(dense(), 5)], [["dense", 0, 0]], "received 5"),
        ([{**dense(), "inbound_nodes": "x"}], [["dense", 0, 0]], "expected a list"),
        ([call(dense(units="two"), [["x", 0, 0]])], [["dense", 0, 0]], "does not take this Dense"),
        ([call(dense(kernel_initializer=5), [["x", 0, 0]])], [["dense", 0, 0]], "received 5"),
        ([call(NOTHING, [["x", 0, 0]])], [["n", 0, 0]], "the class Nothing"),
    ],
)  # fmt: skip
def test_damaged_graphs_are_refused(tmp_path: Path, layers: Any, outputs: Any, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        read_model(functional(tmp_path, layers, outputs))


@pytest.mark.parametrize("kind", ["TorchModuleWrapper", "TFSMLayer", "JaxLayer", "Lambda"])
def test_layers_that_run_what_the_file_holds_are_refused(tmp_path: Path, kind: str) -> None:
    node = call(
        {"class_name": kind, "config": {"name": "n", "function": "gone", "module": "x"}}, [["x", 0, 0]]
    )
    with pytest.raises((ArchiveError, NamesNeededError), match=f"{kind}|gone"):
        read_model(functional(tmp_path, [node], [["n", 0, 0]], "3.4.1"))


# Keras 3


def test_files_of_lamina_itself(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), lamina.Lambda(lambda x: x * 2.0), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(X, np.ones((2, 2)), verbose=0)
    for name in ("model.keras", "model.h5"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(tmp_path / name)
        loaded = read_model(tmp_path / name)
        np.testing.assert_allclose(value(loaded.model(X)), value(model(X)), atol=1e-6)
        assert loaded.model.optimizer is not None
    restored = load_model(tmp_path / "model.keras")
    assert value(restored.optimizer.iterations) == value(model.optimizer.iterations) == 1


def test_a_file_that_changes_after_its_audit_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "model.keras", tmp_path / "other.keras"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(path)
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2), keras.layers.ReLU()]).save(other)

    def check_and_replace(*args: Any) -> tuple[Finding, ...]:
        found = check(*args)
        other.replace(path)
        return found

    monkeypatch.setattr("lamina.legacy.load.check", check_and_replace)
    with pytest.raises(RefusedError, match=r"model\.keras.*changed"):
        load_model(path)


def test_keras_opens_a_copy_that_holds_what_was_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, opened = tmp_path / "model.keras", []
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.save(path)
    load = keras.saving.load_model

    def loaded(copy: str, **options: Any) -> Any:
        opened.append(copy)
        path.write_bytes(b"another file")
        return load(copy, **options)

    monkeypatch.setattr("keras.saving.load_model", loaded)
    np.testing.assert_array_equal(value(load_model(path)(X)), value(model(X)))
    assert opened
    assert str(path) not in opened


def stock(tmp_path: Path, **compiled: Any) -> Path:
    stock = keras.layers.Lambda(lambda x: x * SCALE, output_shape=(4,), name="scale")
    model = keras.Sequential([keras.Input((4,)), stock, keras.layers.Dense(2)])
    model.compile(**compiled)
    model.fit(X, np.ones((2, 2)), verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's, on lambdas
        model.save(tmp_path / "stock.keras")
    return tmp_path / "stock.keras"


SCALE = 3.0


def test_lambdas_of_stock_keras_are_read_and_never_run(tmp_path: Path) -> None:
    path = stock(tmp_path, optimizer="adam", loss="mse")
    with pytest.raises(NamesNeededError, match="SCALE"):
        load_model(path)
    before = path.read_bytes()
    model = load_model(path, names={"SCALE": 0.5})
    assert path.read_bytes() == before
    assert type(model.get_layer("scale")) is lamina.Lambda
    kernel, bias = (value(w) for w in model.layers[-1].weights)
    np.testing.assert_allclose(value(model(X)), 0.5 * X @ kernel + bias, atol=1e-6)
    assert model.loss == "mse"


def test_a_loss_that_cannot_be_restored_is_dropped_with_a_note(tmp_path: Path) -> None:
    path = stock(tmp_path, optimizer="adam", loss=lambda a, b: keras.ops.mean(a - b))
    loaded = read_model(path, names={"SCALE": 0.5})
    assert [note.place for note in loaded.notes] == ["compile"]
    assert not loaded.model.compiled


def test_a_config_that_names_another_class_for_a_lambda_executes_nothing(tmp_path: Path) -> None:
    path = stock(tmp_path, optimizer="adam", loss="mse")
    changed = tmp_path / "changed.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            new.writestr(
                item.filename,
                data.replace(b'"Lambda"', b'"Lambda>"') if item.filename == "config.json" else data,
            )
    with pytest.raises(ArchiveError):
        load_model(changed)


def test_the_old_hard_sigmoid_survives_saving(tmp_path: Path) -> None:
    model = load_model(one_dense(tmp_path, activation="hard_sigmoid"), weights=[KERNEL, BIAS])
    model.save(tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    assert restored.get_layer("dense").activation is hard_sigmoid
