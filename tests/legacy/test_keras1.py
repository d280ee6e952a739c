"""Configs and weights of Keras 1, which no longer runs: against its definitions in NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamina.errors import ArchiveError, WeightsError
from lamina.legacy import read_model

random = np.random.RandomState(1)


def array(*shape: int) -> np.ndarray:
    return random.uniform(-1, 1, shape).astype("float32")


def value(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def sequential(tmp_path: Path, layers: list[Any], version: str | None = "1.2.2") -> Path:
    path = tmp_path / "model.json"
    model = {"class_name": "Sequential", "config": layers} | ({"keras_version": version} if version else {})
    path.write_text(json.dumps(model))
    return path


def layer(class_name: str, shape: list[int] | None = None, **config: Any) -> dict[str, Any]:
    first = {} if shape is None else {"batch_input_shape": [None, *shape], "input_dtype": "float32"}
    return {
        "class_name": class_name,
        "config": {"name": class_name.lower(), "trainable": True, **first, **config},
    }


def result(
    tmp_path: Path, layers: list[Any], x: Any, weights: list[np.ndarray], version: str = "1.2.2"
) -> np.ndarray:
    loaded = read_model(sequential(tmp_path, layers, version), weights=weights)
    assert not loaded.notes
    return value(loaded.model(x))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The gate of Keras 1: a hard one."""
    return np.clip(0.2 * x + 0.5, 0, 1)


COMMON = {"W_constraint": None, "b_constraint": None, "activity_regularizer": None, "b_regularizer": None}
L2 = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}
DENSE = {**COMMON, "init": "glorot_uniform", "W_regularizer": L2, "bias": True, "input_dim": 4}


def test_dense(tmp_path: Path) -> None:
    kernel, bias, x = array(4, 3), array(3), array(2, 4)
    norm = {"name": "MaxNorm", "m": 2, "axis": 0}
    config = {**DENSE, "W_constraint": norm}
    dense = layer("Dense", [4], output_dim=3, activation="hard_sigmoid", **config)
    path = sequential(tmp_path, [dense, layer("Dropout", p=0.5), layer("GaussianNoise", sigma=0.1)])
    model = read_model(path, weights=[kernel, bias]).model
    np.testing.assert_allclose(value(model(x)), sigmoid(x @ kernel + bias), atol=1e-6)
    made = model.layers[0]
    assert made.kernel_constraint.max_value == 2
    assert float(made.kernel_regularizer.l2) == pytest.approx(0.01)
    assert model.layers[1].rate == 0.5
    assert model.layers[2].stddev == 0.1


def correlate(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A convolution with channels last, one position at a time."""
    rows, columns = kernel.shape[:2]
    out = np.zeros((x.shape[0], x.shape[1] - rows + 1, x.shape[2] - columns + 1, kernel.shape[-1]))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[:, i, j] = np.tensordot(x[:, i : i + rows, j : j + columns], kernel, 3)
    return out


CONVOLUTION = {
    **COMMON,
    "init": "glorot_uniform",
    "W_regularizer": None,
    "bias": True,
    "activation": "linear",
}


@pytest.mark.parametrize("ordering", ["tf", "th"])
@pytest.mark.parametrize("backend", ["tensorflow", "theano"])
def test_convolution(tmp_path: Path, ordering: str, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, bias, x = array(3, 2, 2, 4), array(4), array(2, 6, 5, 2)
    config = {
        "nb_filter": 4,
        "nb_row": 3,
        "nb_col": 2,
        "subsample": [1, 1],
        "border_mode": "valid",
        **CONVOLUTION,
    }
    shape = [6, 5, 2] if ordering == "tf" else [2, 6, 5]
    path = sequential(tmp_path, [layer("Convolution2D", shape, dim_ordering=ordering, **config)])
    if backend == "theano":
        document = json.loads(path.read_text()) | {"backend": "theano"}
        path.write_text(json.dumps(document))
    stored = kernel if ordering == "tf" else kernel.transpose(3, 2, 0, 1)
    expected = correlate(x, kernel if backend == "tensorflow" else kernel[::-1, ::-1]) + bias
    model = read_model(path, weights=[stored, bias]).model
    if ordering == "tf":
        np.testing.assert_allclose(value(model(x)), expected, atol=1e-5)
    else:
        # Not every backend runs it with channels first on a CPU; what it was given says enough.
        assert model.layers[0].data_format == "channels_first"
        held = keras.ops.convert_to_numpy(model.layers[0].kernel)
        np.testing.assert_array_equal(held if backend == "tensorflow" else held[::-1, ::-1], kernel)


@pytest.mark.parametrize("layout", [lambda k: k[:, None], lambda k: k.transpose(2, 1, 0)[..., None]])
def test_convolution_in_one_dimension(tmp_path: Path, layout: Any) -> None:
    kernel, bias, x = array(3, 2, 4), array(4), array(2, 6, 2)
    config = {
        "nb_filter": 4,
        "filter_length": 3,
        "subsample_length": 1,
        "border_mode": "valid",
        **CONVOLUTION,
    }
    one = layer("Convolution1D", [6, 2], input_dim=2, input_length=6, **config)
    expected = correlate(x[:, :, None], kernel[:, None])[:, :, 0] + bias
    np.testing.assert_allclose(result(tmp_path, [one], x, [layout(kernel), bias]), expected, atol=1e-5)


def gates(count: int, inputs: int, units: int) -> list[np.ndarray]:
    return [a for _ in range(count) for a in (array(inputs, units), array(units, units), array(units))]


RECURRENT = {
    **{
        "init": "glorot_uniform",
        "inner_init": "orthogonal",
        "activation": "tanh",
        "inner_activation": "hard_sigmoid",
    },
    **{
        "W_regularizer": None,
        "U_regularizer": None,
        "b_regularizer": None,
        "dropout_W": 0.0,
        "dropout_U": 0.0,
    },
    **{
        "return_sequences": False,
        "go_backwards": False,
        "stateful": False,
        "unroll": False,
        "consume_less": "cpu",
    },
    **{"input_dim": 3, "input_length": 5},
}


def test_lstm(tmp_path: Path) -> None:
    weights, x = gates(4, 3, 2), array(2, 5, 3)
    state, carry = np.zeros((2, 2)), np.zeros((2, 2))
    for step in range(5):
        i, c, f, o = (
            x[:, step] @ w + state @ u + b
            for w, u, b in zip(weights[::3], weights[1::3], weights[2::3], strict=True)
        )
        carry = sigmoid(f) * carry + sigmoid(i) * np.tanh(c)
        state = sigmoid(o) * np.tanh(carry)
    lstm = layer("LSTM", [5, 3], output_dim=2, forget_bias_init="one", **RECURRENT)
    np.testing.assert_allclose(result(tmp_path, [lstm], x, weights), state, atol=1e-6)


def gru(x: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    (wz, uz, bz), (wr, ur, br), (wh, uh, bh) = (weights[i : i + 3] for i in (0, 3, 6))
    state = np.zeros((len(x), 2))
    for step in range(x.shape[1]):
        update = sigmoid(x[:, step] @ wz + state @ uz + bz)
        reset = sigmoid(x[:, step] @ wr + state @ ur + br)
        state = update * state + (1 - update) * np.tanh(x[:, step] @ wh + (reset * state) @ uh + bh)
    return state


def test_gru(tmp_path: Path) -> None:
    weights, x = gates(3, 3, 2), array(2, 5, 3)
    one = layer("GRU", [5, 3], output_dim=2, **RECURRENT)
    np.testing.assert_allclose(result(tmp_path, [one], x, weights), gru(x, weights), atol=1e-6)


def test_bidirectional(tmp_path: Path) -> None:
    forward, backward, x = gates(3, 3, 2), gates(3, 3, 2), array(2, 5, 3)
    inner = layer("GRU", output_dim=2, **RECURRENT)
    both = layer("Bidirectional", [5, 3], layer=inner, merge_mode="concat")
    expected = np.concatenate([gru(x, forward), gru(x[:, ::-1], backward)], axis=-1)
    np.testing.assert_allclose(result(tmp_path, [both], x, forward + backward), expected, atol=1e-6)


def test_batch_normalization(tmp_path: Path) -> None:
    gamma, beta, mean, variance, x = array(3), array(3), array(3), array(3) ** 2, array(2, 3)
    config = {
        "epsilon": 1e-3,
        "mode": 0,
        "axis": -1,
        "gamma_regularizer": None,
        "beta_regularizer": None,
        "momentum": 0.99,
    }
    one = layer("BatchNormalization", [3], **config)
    expected = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
    np.testing.assert_allclose(result(tmp_path, [one], x, [gamma, beta, mean, variance]), expected, atol=1e-5)
    with pytest.raises(ArchiveError, match="mode 1"):
        read_model(sequential(tmp_path, [layer("BatchNormalization", [3], **{**config, "mode": 1})]))


def test_layers_without_weights(tmp_path: Path) -> None:
    x = array(2, 6, 2)
    pooled = layer("MaxPooling1D", [6, 2], stride=2, pool_length=2, border_mode="valid")
    found = result(tmp_path, [pooled, layer("LeakyReLU", alpha=0.25), layer("UpSampling1D", length=2)], x, [])
    expected = x.reshape(2, 3, 2, 2).max(axis=2)
    np.testing.assert_allclose(
        found, np.repeat(np.where(expected > 0, expected, 0.25 * expected), 2, axis=1), atol=1e-6
    )


def merged(mode: str, first: np.ndarray, other: np.ndarray) -> np.ndarray:
    product = np.sum(first * other, axis=1, keepdims=True)
    norm = np.sqrt(np.sum(first**2, axis=1, keepdims=True) * np.sum(other**2, axis=1, keepdims=True))
    return {
        "sum": first + other, "mul": first * other, "ave": (first + other) / 2, "max": np.maximum(first, other),
        "concat": np.concatenate([first, other], axis=1), "dot": product, "cos": (product / norm)[:, None],
    }[mode]  # fmt: skip


@pytest.mark.parametrize("mode", ["sum", "mul", "ave", "max", "concat", "dot", "cos"])
def test_merge(tmp_path: Path, mode: str) -> None:
    branches = [layer("Activation", [3], activation="linear") for _ in range(2)]
    models = [{"class_name": "Sequential", "config": [branch]} for branch in branches]
    config = {
        "mode": mode,
        "mode_type": "raw",
        "concat_axis": -1,
        "dot_axes": 1,
        "layers": models,
        "arguments": {},
    }
    first, other = array(2, 3), array(2, 3)
    found = read_model(sequential(tmp_path, [layer("Merge", **config)]), weights=[]).model([first, other])
    np.testing.assert_allclose(value(found), merged(mode, first, other), atol=1e-5)


def test_a_merge_of_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    branches = [{"class_name": "Sequential", "config": [layer("Activation", [3], activation="linear")]}] * 2
    one = layer("Merge", mode="median", mode_type="raw", layers=branches)
    with pytest.raises(ArchiveError, match="median"):
        read_model(sequential(tmp_path, [one]), weights=[])


def test_embedding_keeps_its_integers_as_input(tmp_path: Path) -> None:
    table = array(5, 3)
    config = {"input_dim": 5, "output_dim": 3, "init": "uniform", "input_length": 2, "mask_zero": False}
    one = layer(
        "Embedding",
        None,
        **config,
        dropout=0.0,
        activity_regularizer=None,
        W_regularizer=None,
        W_constraint=None,
    )
    one["config"] |= {"batch_input_shape": [None, 2], "input_dtype": "int32"}
    model = read_model(sequential(tmp_path, [one]), weights=[table]).model
    assert model.inputs[0].dtype == "int32"
    assert model.layers[0].embeddings.dtype == "float32"
    np.testing.assert_array_equal(value(model(np.array([[4, 1]], "int32")))[0], table[[4, 1]])


def test_the_first_keras_wrote_no_class_name(tmp_path: Path) -> None:
    kernel, bias, x = array(4, 2), array(2), array(1, 4)
    config = {
        **DENSE,
        "custom_name": "out",
        "output_dim": 2,
        "activation": "linear",
        "batch_input_shape": [None, 4],
    }
    model = read_model(
        sequential(tmp_path, [{"name": "Dense", **config}], None), weights=[kernel, bias]
    ).model
    assert [one.name for one in model.layers] == ["out"]
    np.testing.assert_allclose(value(model(x)), x @ kernel + bias, atol=1e-6)


@pytest.mark.parametrize("kind", ["MaxoutDense", "Highway", "SReLU", "LocallyConnected2D"])
def test_classes_that_are_gone_are_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ArchiveError, match=rf"{kind}.*removed it"):
        read_model(sequential(tmp_path, [layer(kind, [3])]))


def test_wrong_weights_are_refused(tmp_path: Path) -> None:
    path = sequential(tmp_path, [layer("Dense", [4], output_dim=3, activation="linear", **DENSE)])
    with pytest.raises(WeightsError, match="2 arrays for the model, received 3"):
        read_model(path, weights=[array(4, 3), array(3), array(3)])
    with pytest.raises(WeightsError, match=r"expected arrays of shapes \[\(4, 3\), \(3,\)\]"):
        read_model(path, weights=[array(4, 2), array(2)])
