"""Models without any Lambda that Keras 2 saved; `make_keras2.py` made them."""

from __future__ import annotations

import tarfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamina.errors import SavingError
from lamina.freezing import freeze
from lamina.legacy import read_model

CASES = "convolutions volumes recurrent embedded nested operations small_layers compiled slashes tied".split()


@pytest.fixture(scope="module")
def keras2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keras2")
    with tarfile.open(Path(__file__).parent / "keras2.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "keras2"


def arrays(folder: Path, case: str, kind: str) -> list[np.ndarray]:
    with np.load(folder / f"{case}.npz") as data:
        return [data[f"{kind}{index}"] for index in range(sum(name[0] == kind for name in data.files))]


def outputs(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [keras.ops.convert_to_numpy(tensor) for tensor in keras.tree.flatten(found)]


def assert_close(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_every_format_computes_what_keras_2_computed(keras2: Path, case: str) -> None:
    inputs, expected = arrays(keras2, case, "i"), arrays(keras2, case, "o")
    formats = [kind for kind in ("h5", "keras", "json", "sm") if (keras2 / f"{case}.{kind}").exists()]
    for kind in formats:
        given = arrays(keras2, case, "w") if kind == "json" else None
        loaded = read_model(keras2 / f"{case}.{kind}", weights=given)
        assert_close(outputs(loaded.model, inputs), expected)
        said = {note.place for note in loaded.notes}
        assert said <= {"compile", "block/dense", "top/out"}
    assert len(formats) >= 3


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("operations", "tied")])
def test_frozen_models_compute_the_same_with_stock_layers(keras2: Path, case: str, tmp_path: Path) -> None:
    inputs = arrays(keras2, case, "i")
    frozen = freeze(read_model(keras2 / f"{case}.h5").model)
    assert_close(outputs(frozen, inputs), arrays(keras2, case, "o"))
    frozen.save(tmp_path / "frozen.keras")
    assert_close(
        outputs(keras.saving.load_model(tmp_path / "frozen.keras"), inputs), arrays(keras2, case, "o")
    )


def test_operations_of_tensorflow_are_portable_layers(keras2: Path, tmp_path: Path) -> None:
    model = read_model(keras2 / "operations.h5").model
    model.save(tmp_path / "operations.keras")
    inputs = arrays(keras2, "operations", "i")
    assert_close(
        outputs(keras.saving.load_model(tmp_path / "operations.keras"), inputs),
        arrays(keras2, "operations", "o"),
    )


def test_a_layer_of_two_models_stays_one(keras2: Path) -> None:
    for name in ("tied.h5", "tied.keras", "tied.sm"):
        model = read_model(keras2 / name).model
        first, second = model.get_layer("first"), model.get_layer("second")
        assert first.get_layer("both") is second.get_layer("both")
    with pytest.raises(SavingError, match="several of the models inside a model: both"):
        freeze(model)  # Keras 3.15 cannot load what it saves of such a model


def test_a_compiled_model_stays_compiled(keras2: Path) -> None:
    loaded = read_model(keras2 / "compiled.h5")
    model = loaded.model
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.02)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = model.fit(np.ones((4, 4), "float32"), np.ones((4, 1), "float32"), verbose=0).history
    assert {"loss", "accuracy", "auc"} == set(history)
    assert [str(note) for note in loaded.notes] == [
        "compile: the state of the optimizer was not taken over; training starts with a new one"
    ]


def test_weights_come_from_another_file(keras2: Path) -> None:
    path, expected = keras2 / "nested.json", arrays(keras2, "nested", "o")
    for name in ("nested.h5", "nested.keras", "nested.sm"):
        loaded = read_model(path, weights=keras2 / name)
        assert_close(outputs(loaded.model, arrays(keras2, "nested", "i")), expected)
