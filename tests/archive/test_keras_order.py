"""The order of weights is that of Keras's own `get_weights()`, in every format that Keras writes today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lamina.archive import open_model, open_weights
from lamina.errors import ArchiveError


def plain_model() -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((5, 4))
    shared = layers.Dense(4, name="shared")
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(shared(inputs))
    x = layers.TimeDistributed(layers.Dense(4, name="inner"))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Dense(4, name="zeta")(x)
    x = layers.Dense(4, name="alpha")(keras.ops.not_equal(x, 0))
    return keras.Model(inputs, layers.LSTM(2)(shared(x)))


def nested_model() -> Any:
    import keras
    from keras import layers

    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.LayerNormalization(), layers.Dense(4)]
    )
    inputs = keras.Input((4,))
    x = layers.Dense(4)(inner(inputs))
    return keras.Model(inputs, inner(layers.Dense(4)(x)))


def many_dense() -> Any:
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((3,)), *[layers.Dense(3) for _ in range(12)]])


def randomized(model: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=value.shape).astype("float32") for value in model.get_weights()]
    model.set_weights(weights)
    return weights


def assert_same(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert [value.shape for value in found] == [value.shape for value in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", [plain_model, nested_model, many_dense])
def test_order_in_every_format(tmp_path: Path, make: Any) -> None:
    model = make()
    expected = randomized(model)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    opened = open_model(tmp_path / "model.keras")
    assert_same(opened.weights().arrays(), expected)
    architecture = open_model(model.to_json().encode())
    assert_same(architecture.weights(tmp_path / "model.weights.h5").arrays(), expected)
    assert_same(open_weights((tmp_path / "model.weights.h5").read_bytes(), opened.config).arrays(), expected)


@pytest.mark.filterwarnings("ignore")
def test_order_in_hdf5(tmp_path: Path) -> None:
    model = many_dense()
    expected = randomized(model)
    model.save(tmp_path / "model.h5")
    weights = open_model(tmp_path / "model.h5").weights()
    assert_same(weights.arrays(), expected)
    assert list(weights.layers) == [layer.name for layer in model.layers]


def test_names_are_those_of_the_layers(tmp_path: Path) -> None:
    model = plain_model()
    model.save(tmp_path / "model.keras")
    layers = open_model(tmp_path / "model.keras").weights().layers
    assert list(layers) == [layer.name for layer in model.layers if layer.weights]


def test_without_an_architecture_the_order_is_refused_but_names_work(tmp_path: Path) -> None:
    model = many_dense()
    expected = randomized(model)
    model.save_weights(tmp_path / "model.weights.h5")
    weights = open_weights(tmp_path / "model.weights.h5")
    with pytest.raises(ArchiveError, match="order is unknown"):
        weights.arrays()
    np.testing.assert_array_equal(weights["layers/dense_11/vars/0"], expected[22])


def test_optimizer_state_is_left_out(tmp_path: Path) -> None:
    model = many_dense()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    expected = randomized(model)
    model.save(tmp_path / "model.keras")
    opened = open_model(tmp_path / "model.keras")
    assert_same(opened.weights().arrays(), expected)
    assert "optimizer" in opened.compile_config


def test_bfloat16_is_read_exactly(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16")])
    model.save(tmp_path / "model.keras")
    weights = open_model(tmp_path / "model.keras").weights()
    assert [slot.dtype for slot in weights.slots] == ["bfloat16"] * 2
    kernel = keras.ops.convert_to_numpy(keras.ops.cast(model.weights[0], "float32"))
    np.testing.assert_array_equal(weights.arrays()[0], kernel)
    assert weights.arrays()[0].dtype == "float32"


def test_weights_in_a_compressed_archive_are_read(tmp_path: Path) -> None:
    import zipfile

    model = many_dense()
    expected = randomized(model)
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as old:
        with zipfile.ZipFile(tmp_path / "deflated.keras", "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
    assert_same(open_model(tmp_path / "deflated.keras").weights().arrays(), expected)
