"""Files that lamina and Keras write now: what a Lambda computes is shown from the saved expression."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from keras import ops

import lamina
from lamina.auditing import Verdict, audit


def half(x):
    return ops.relu(x) * 0.5


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, activation="gelu", name="dense")(inputs)
    model = keras.Model(inputs, lamina.Lambda(half, name="half")(hidden))
    model.compile("adam", "mse", metrics=["mae"])
    model.save(tmp_path / "own.keras")
    return tmp_path / "own.keras"


def test_a_model_with_lamina_layers_is_pure(saved: Path) -> None:
    report = audit(saved)
    assert report.verdict is Verdict.PURE, report
    (finding,) = report.findings
    assert finding.path.endswith("half")
    assert "ops.relu(x)" in finding.source


def test_stock_lambda_of_this_python_is_pure(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x / 255.0)])
    model.save(tmp_path / "stock.keras")
    report = audit(tmp_path / "stock.keras")
    assert report.verdict is Verdict.PURE, report
    assert "255.0" in report.findings[0].source


def test_every_builtin_layer_that_can_be_made_is_no_finding(tmp_path: Path) -> None:
    layers = [
        keras.layers.Dense(3, kernel_regularizer="l2", kernel_constraint="max_norm"),
        keras.layers.Reshape((3, 1)),
        keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True)),
        keras.layers.TimeDistributed(keras.layers.Dense(2)),
        keras.layers.MultiHeadAttention(1, 2),
        keras.layers.BatchNormalization(),
        keras.layers.GlobalAveragePooling1D(),
    ]
    tensor = inputs = keras.Input((5,))
    for layer in layers:
        tensor = (
            layer(tensor, tensor) if isinstance(layer, keras.layers.MultiHeadAttention) else layer(tensor)
        )
    model = keras.Model(inputs, ops.where(tensor > 0, tensor, ops.exp(tensor)[:, :2]))
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10)), keras.losses.Huber()
    )
    for name in ("all.keras", "all.h5"):
        model.save(tmp_path / name)
        report = audit(tmp_path / name)
        assert report.findings == () or report.verdict is Verdict.PURE, report
