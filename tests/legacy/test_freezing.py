"""`freeze`: models of stock layers that compute, load and train as those with Lambdas."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamina import Lambda
from lamina.errors import SavingError
from lamina.freezing import freeze
from lamina.legacy import read_model

ops = keras.ops
X = np.linspace(-3, 3, 24, dtype="float32").reshape(4, 6)


def sequential(*layers: Any, shape: tuple[int, ...] = (6,)) -> Any:
    return keras.Sequential([keras.Input(shape), *layers])


def value(tensor: Any) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(leaf) for leaf in keras.tree.flatten(tensor)]


def lambdas(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers() if isinstance(layer, Lambda)]


def assert_frozen(model: Any, inputs: Any = X) -> Any:
    frozen = freeze(model)
    assert not lambdas(frozen)
    for one, other in zip(value(frozen(inputs)), value(model(inputs)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    return frozen


FUNCTIONS = {
    "arithmetic": lambda x: (x - 1.0) / 2.0,
    "broadcast": lambda x: x - ops.mean(x, axis=1, keepdims=True),
    "constant array": lambda x: x * np.arange(6, dtype="float32"),
    "large array": lambda x: ops.matmul(x, np.ones((6, 300), "float32")),
    "numbers beside a tensor": lambda x: [1, 2, 3, 4, 5, 6] - x,
    "a column": lambda x: x + ops.sum(x, axis=1, keepdims=True),
    "index": lambda x: x[:, None, 1:-1:2],
    "batch size": lambda x: ops.reshape(x, (ops.shape(x)[0], 3, 2)),
    "batch size and a rest": lambda x: ops.reshape(x, (ops.shape(x)[0], -1, 2)),
    "several outputs": lambda x: ops.split(x, 3, axis=-1),
    "dict": lambda x: {"a": x, "b": ops.square(x)},
    "identity": lambda x: x,
    "branches": lambda x: ops.where(x > 0, x, 0.1 * x),
    "cast": lambda x: ops.one_hot(ops.cast(ops.abs(x), "int32"), 4),
    "no input": lambda x: x + ops.arange(6, dtype="float32"),
    "einsum": lambda x: ops.einsum("ij,ij->i", x, x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str, tmp_path: Path) -> None:
    start = keras.Input((6,))
    frozen = assert_frozen(keras.Model(start, Lambda(FUNCTIONS[name])(start)))
    frozen.save(tmp_path / "frozen.keras")
    loaded = keras.saving.load_model(tmp_path / "frozen.keras")
    for one, other in zip(value(loaded(X)), value(frozen(X)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_names_weights_sharing_and_compilation_are_kept() -> None:
    shared = keras.layers.Dense(6, name="shared")
    start = keras.Input((6,), name="start")
    x = Lambda(lambda x: x * 2.0, name="double")(start)
    x = shared(Lambda(lambda x: x + 1.0)(shared(x)))
    model = keras.Model(start, keras.layers.Dense(2, name="out")(x), name="model")
    model.compile(keras.optimizers.Adam(0.01), loss="mse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, np.ones((4, 2), "float32"), verbose=0)
    frozen = assert_frozen(model)
    assert frozen.name == "model"
    assert [layer.name for layer in frozen.layers if layer.weights] == ["shared", "out"]
    assert len(frozen.trainable_weights) == 4
    assert frozen.input.name == "start"
    assert isinstance(frozen.optimizer, keras.optimizers.Adam)
    assert frozen.optimizer.iterations.numpy() == 1
    same = zip(frozen.optimizer.variables, model.optimizer.variables, strict=True)
    assert all(np.array_equal(one.numpy(), other.numpy()) for one, other in same)
    before = [weight.numpy() for weight in model.weights]
    frozen.fit(X, np.ones((4, 2), "float32"), verbose=0)
    assert not np.array_equal(frozen.weights[0].numpy(), before[0])
    assert all(np.array_equal(weight.numpy(), old) for weight, old in zip(model.weights, before, strict=True))


def test_nested_models_and_wrappers() -> None:
    inner = sequential(Lambda(lambda x: x - 1.0, name="inside"), keras.layers.Dense(6))
    inner.name = "inner"
    plain = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6)], name="plain")
    start = keras.Input((6,))
    x = plain(inner(inner(start)))
    x = keras.layers.TimeDistributed(Lambda(lambda x: x[:, :1]))(keras.layers.Reshape((3, 2, 1))(x))
    frozen = assert_frozen(keras.Model(start, x))
    assert {"inner", "plain"} <= {layer.name for layer in frozen.layers}
    assert len(frozen.weights) == 4


def test_masks_go_where_they_went() -> None:
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(7, 3, mask_zero=True)(tokens)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's, that a layer destroys the mask
        kept = keras.layers.LSTM(2)(Lambda(lambda x: x * 2.0, mask=lambda x, mask: mask)(x))
        lost = keras.layers.LSTM(2)(Lambda(lambda x: x * 2.0)(x))
        read = Lambda(lambda x, mask=None: ops.sum(x * ops.cast(mask, x.dtype)[..., None], axis=1))(x)
        model = keras.Model(tokens, [kept, lost, read])
        frozen = assert_frozen(model, np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 0]], "int32"))
    assert not lambdas(frozen)


def test_mixed_precision_casts_as_the_layer_did() -> None:
    assert_frozen(sequential(Lambda(lambda x: x * 2.0, dtype="mixed_float16")))


def noisy(x: Any) -> Any:
    return x + keras.random.normal(ops.shape(x))


def test_what_stock_keras_cannot_hold_is_named_all_at_once() -> None:
    model = sequential(
        Lambda(noisy, name="noise"),
        Lambda(lambda x: ops.zeros((ops.shape(x)[0], 6)), name="sized"),
        Lambda(lambda x, training=None: x * 2 if training else x, name="phases"),
        Lambda(lambda x: ops.map(lambda row: row * 2, x), name="mapped"),
        Lambda(lambda x: x, activity_regularizer="l2", name="regularized"),
        Lambda(lambda x: x + 1, name="fine"),
    )
    with pytest.raises(SavingError) as error:
        freeze(model)
    lines = str(error.value).splitlines()[1:]
    assert [line.strip().partition(":")[0] for line in lines] == [
        "noise",
        "sized",
        "phases",
        "mapped",
        "regularized",
    ]
    reasons = ("keras.random.normal", "keras.ops.zeros", "training", "keras.ops.map", "regularizer")
    for line, part in zip(lines, reasons, strict=True):
        assert part in line


def test_variables_are_named() -> None:
    scale = keras.Variable(2.0, name="scale")
    with pytest.raises(SavingError, match="scaled: it has the trained variable"):
        freeze(sequential(Lambda(lambda x: x * scale, name="scaled")))


def test_only_built_functional_and_sequential_models() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(SavingError, match="Functional or Sequential"):
        freeze(Own())
    with pytest.raises(SavingError, match="no input shape"):
        freeze(keras.Sequential([Lambda(lambda x: x)]))


LANES = ("py36_tf115_k231__tfk", "v311_k315__keras3")
# Random, different in training, or without the size of the batch.
NOT_FROZEN = {"vae_sampling", "mc_dropout", "in_train_phase", "training_argument", "ops_vae"}
RUN = """
import json, sys
import numpy as np
import keras

for path, samples in json.load(open(sys.argv[1])):
    with np.load(samples) as data:
        inputs = [data[name] for name in sorted(data) if name[0] == "i"]
        expected = [data[name] for name in sorted(data) if name[0] == "o"]
    model = keras.saving.load_model(path)
    found = keras.tree.flatten(model(inputs if len(inputs) > 1 else inputs[0]))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(one), other, atol=1e-4, err_msg=path)
assert "lamina" not in sys.modules
"""


def test_frozen_old_models_load_without_lamina(legacy: Path, tmp_path: Path) -> None:
    from tests.legacy.test_corpus import names_for, rows

    jobs, refused = [], set()
    for number, row in enumerate(rows(legacy)):
        if row["lane"] not in LANES or row["format"] != "h5" or row["case"] == "jnp_square":
            continue
        model = read_model(legacy / row["file"], names_for(row["case"])).model
        try:
            frozen = freeze(model)
        except SavingError:
            refused.add(row["case"])
            continue
        frozen.save(tmp_path / f"{number}.keras")
        jobs.append((str(tmp_path / f"{number}.keras"), str(legacy / row["lane"] / f"{row['case']}.npz")))
    assert refused <= NOT_FROZEN
    assert len(jobs) > 70
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-W", "ignore", "-c", RUN, tmp_path / "jobs.json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
