"""A model with Lambda layers, saved and loaded: formats, copies, fresh processes, other backends."""

from __future__ import annotations

import copy
import json
import pickle

import keras
import numpy as np
import pytest
from keras import ops
from tests.layer.processes import BACKENDS, run

import lamina
from lamina import Lambda
from lamina import backend as K

rng = np.random.default_rng(1)
X = rng.normal(size=(5, 6)).astype("float32")
BIG = rng.normal(size=(6, 100)).astype("float32")


def antirectifier(x):
    x = x - K.mean(x, axis=1, keepdims=True)
    x = K.l2_normalize(x, axis=1)
    return K.concatenate([K.relu(x), K.relu(-x)], axis=1)


def make_model() -> keras.Model:
    gain = keras.Variable(np.full(12, 1.5, "float32"), name="gain")
    inputs = keras.Input((6,))
    scaled = Lambda(lambda x: x / 255.0, name="scale")(inputs)
    features = Lambda(antirectifier, name="antirectifier")(scaled)
    gained = Lambda(lambda x: x * gain, name="gained")(features)
    projected = Lambda(lambda x: ops.matmul(x, BIG), name="projected")(inputs)
    joined = Lambda(lambda t: ops.concatenate([t["a"], t["b"]], axis=-1), name="joined")(
        {"a": gained, "b": projected}
    )
    phase = Lambda(lambda x, training=None: x * 10.0 if training else x * 0.5, name="phase")(joined)
    return keras.Model(inputs, keras.layers.Dense(3, name="dense")(phase))


def same(model: keras.Model, other: keras.Model) -> None:
    np.testing.assert_allclose(other.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


@pytest.fixture
def model() -> keras.Model:
    return make_model()


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_files_round_trip(model, tmp_path, ending):
    path = str(tmp_path / f"model{ending}")
    model.save(path)
    same(model, keras.saving.load_model(path))


@pytest.mark.parametrize(
    "copied",
    [
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        keras.models.clone_model,
        lambda model: keras.models.model_from_json(model.to_json()),
        lambda model: type(model).from_config(model.get_config()),
    ],
    ids=["deepcopy", "pickle", "clone_model", "json", "config"],
)
def test_copies_compute_the_same(model, copied):
    other = copied(model)
    other.set_weights(model.get_weights())
    same(model, other)


def test_weights_load_into_a_model_built_again(model, tmp_path):
    path = str(tmp_path / "model.weights.h5")
    model.save_weights(path)
    other = make_model()
    other.load_weights(path)
    same(model, other)


def test_training_goes_on_after_loading(model, tmp_path):
    model.compile("sgd", "mse")
    y = rng.normal(size=(5, 3)).astype("float32")
    model.fit(X, y, verbose=0)
    path = str(tmp_path / "model.keras")
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert loaded.get_layer("gained").trainable_weights[0].name == "gain"
    before = [w.copy() for w in loaded.get_weights()]
    loaded.fit(X, y, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, loaded.get_weights(), strict=True)]
    assert sum(changed) == len(loaded.trainable_weights) == 3


def test_large_constants_are_weights_and_small_ones_are_not():
    layer = Lambda(lambda x: ops.matmul(x, BIG) + np.arange(100, dtype="float32"))
    layer.build((None, 6))
    assert [w.shape for w in layer.non_trainable_weights] == [(6, 100)]
    assert len(json.dumps(layer.get_config())) < 2000


def test_config_before_the_first_call_is_small_data():
    layer = Lambda(antirectifier)
    config = layer.get_config()
    assert len(json.dumps(config)) < 1024
    assert json.loads(json.dumps(config)) == config
    again = Lambda.from_config(config)
    assert again.expression == layer.expression
    np.testing.assert_allclose(ops.convert_to_numpy(again(X)), ops.convert_to_numpy(layer(X)), atol=1e-6)


def test_default_names_count_up():
    keras.backend.clear_session()
    names = [layer.name for layer in (Lambda(K.abs), Lambda(K.abs), Lambda(K.abs))]
    assert names == ["lambda", "lambda_1", "lambda_2"]


def test_a_function_that_cannot_be_captured_runs_and_refuses_to_be_saved(tmp_path):
    layer = Lambda(lambda x: x * float(ops.convert_to_numpy(x).max()))
    assert tuple(layer(X).shape) == (5, 6)
    with pytest.raises(lamina.LaminaError, match="convert_to_numpy") as refused:
        layer.get_config()
    assert isinstance(refused.value, NotImplementedError)
    assert "Three ways out" in str(refused.value)
    path = tmp_path / "model.keras"
    with pytest.raises(lamina.LaminaError):
        keras.Sequential([keras.Input((6,)), Lambda(antirectifier), layer_without_shape()]).save(str(path))


def layer_without_shape() -> Lambda:
    return Lambda(lambda x: x if hasattr(x, "nothing") else open_something(x), output_shape=(12,))


def open_something(x):
    if hasattr(x, "recorder"):
        raise OSError("it asks for a file")
    return x


def test_a_size_that_was_read_becomes_a_condition(tmp_path):
    layer = Lambda(lambda x: ops.sum(x, axis=1) / x.shape[1])
    model = keras.Sequential([keras.Input((6,)), layer])
    path = str(tmp_path / "m.keras")
    model.save(path)
    loaded = keras.saving.load_model(path).layers[-1]
    with pytest.raises(lamina.LaminaError, match="7") as refused:
        loaded(np.ones((2, 7), "float32"))
    assert isinstance(refused.value, ValueError)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(np.ones((2, 7), "float32"))), np.ones(2))


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c["expressions"][0]["expression"]["calls"].append(["os.system", ["%0"]]),
        lambda c: c["expressions"][0].update(training="yes"),
        lambda c: c.update(expressions=[]),
        lambda c: c.update(expressions="x"),
        lambda c: c["expressions"][0].pop("expression"),
        lambda c: c.update(layers=["x"]),
        lambda c: c.update(ties={"a": "b"}),
    ],
)
def test_damaged_configs_are_refused(damage):
    config = json.loads(json.dumps(Lambda(antirectifier).get_config()))
    damage(config)
    with pytest.raises(lamina.LaminaError):
        Lambda.from_config(config)


LOAD = """
    import sys
    import numpy as np
    import keras
    import lamina
    data = np.load(sys.argv[2])
    model = keras.saving.load_model(sys.argv[1])
    assert keras.backend.backend() == sys.argv[3]
    found = model.predict(data["x"], verbose=0)
    print(float(np.abs(found - data["y"]).max()))
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fresh_process_under_each_backend_computes_the_same(model, tmp_path, backend):
    path, data = str(tmp_path / "model.keras"), str(tmp_path / "data.npz")
    model.save(path)
    np.savez(data, x=X, y=model.predict(X, verbose=0))
    assert float(run(LOAD, backend, path, data, backend)) < 1e-5


def test_loading_imports_lamina_alone_and_keeps_safe_mode_on(model, tmp_path):
    path = str(tmp_path / "model.keras")
    model.save(path)
    code = """
        import sys, lamina, keras
        assert keras.config.is_nnx_enabled() in (True, False)
        model = keras.saving.load_model(sys.argv[1], safe_mode=True)
        print(type(model.layers[1]).__module__)
    """
    assert run(code, keras.backend.backend(), path).strip() == "lamina.layer.layer"
