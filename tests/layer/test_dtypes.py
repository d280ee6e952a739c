"""dtype policies, dtypes of inputs, and constants in all their bits."""

from __future__ import annotations

import io
import zipfile

import h5py
import keras
import ml_dtypes
import numpy as np
import pytest
from keras import layers, ops
from tests.layer.helpers import X, array, reloaded, rng, sequential, train

import lamina
from lamina import Lambda
from lamina import backend as K

pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")  # JAX has no 64 bits by default

POLICIES = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64", "float32")
FUNCTIONS = {
    "power": lambda x: x**2 + 1.5,
    "mean": lambda x: ops.mean(x, axis=1),
    "maximum": lambda x: ops.maximum(x, 0.5),
    "relu": lambda x: K.relu(x - 0.5),
    "softmax": lambda x: ops.softmax(x),
    "cast": lambda x: ops.cast(x, "int32"),
    "ones_like": lambda x: x + ops.ones_like(x),
    "one": lambda x: 1.0 / (1.0 + ops.exp(-x)),
}


def dtype(tensor) -> str:
    return keras.backend.standardize_dtype(tensor.dtype)


@pytest.mark.parametrize("policy", POLICIES)
def test_output_dtypes_are_those_of_the_stock_layer(policy):
    for function in FUNCTIONS.values():
        expected = keras.layers.Lambda(function, dtype=policy)(X)
        found = Lambda(function, dtype=policy)(X)
        assert dtype(found) == dtype(expected)
        close = 1e-2 if "16" in policy else 1e-6
        np.testing.assert_allclose(
            array(found).astype(float), array(expected).astype(float), rtol=close, atol=close
        )


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_are_saved_and_no_dtype_is_baked_in(policy, tmp_path):
    layer = Lambda(FUNCTIONS["power"], dtype=policy)
    model = sequential(layer)
    assert "float" not in layer.expression.dumps()
    loaded = reloaded(model, tmp_path).layers[0]
    assert loaded.dtype_policy == layer.dtype_policy
    assert dtype(loaded(X)) == dtype(layer(X))


def test_mixed_precision_trains_float32_variables(tmp_path):
    gain, dense = keras.Variable(np.ones(4, "float32"), name="gain"), layers.Dense(4, dtype="mixed_float16")
    model = sequential(Lambda(lambda x: dense(x * gain), dtype="mixed_float16"))
    train(model, X)
    for one in (model, reloaded(model, tmp_path)):
        assert dtype(one(X)) == "float16"
        assert {v.dtype for v in one.weights} == {"float32"}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("captured", [True, False], ids=["captured", "called"])
def test_variables_made_inside_have_the_dtype_of_the_layers_variables(policy, captured, tmp_path):
    def scaled(x):
        gain = lamina.variable("gain", shape=(x.shape[-1],), initializer="ones")
        if not captured:
            float(ops.sum(x))
        exact = lamina.variable("exact", 1.0, dtype="float32")
        return x * gain + lamina.variable("shift", 0.5) + ops.cast(exact, x.dtype)

    layer = Lambda(scaled, dtype=policy)
    found = layer(X)
    assert [dtype(v) for v in layer.variables] == [layer.variable_dtype, "float32", layer.variable_dtype]
    assert dtype(found) == dtype(ops.convert_to_tensor(X, layer.compute_dtype))
    if captured:
        assert dtype(reloaded(sequential(layer), tmp_path).layers[0](X)) == dtype(found)


@pytest.mark.parametrize("name", ["int32", "uint8", "bool", "int64"])
def test_integer_inputs(name):
    values = np.array([[0, 1, 1]]).astype(name)
    function = lambda x: ops.take(np.array([1.5, 2.5], "float32"), ops.cast(x, "int32"))
    expected, found = keras.layers.Lambda(function)(values), Lambda(function)(values)
    assert dtype(found) == dtype(expected)
    np.testing.assert_array_equal(array(found), array(expected))
    assert dtype(Lambda(lambda x: x)(values)) == dtype(keras.layers.Lambda(lambda x: x)(values))


def test_autocast_can_be_switched_off():
    for one in (keras.layers.Lambda, Lambda):
        layer = one(lambda x: x * 2, dtype="float16", autocast=False)
        assert dtype(layer(ops.convert_to_tensor(X))) == "float32"


# Constants

CONSTANTS = {
    "float64": rng.normal(size=300),
    "float32": np.array([0.1, -0.0, np.nan, np.inf, 1e-45] * 60, "float32"),
    "bfloat16": rng.normal(size=700).astype(ml_dtypes.bfloat16),
    "int64": 2**53 + np.arange(200, dtype="int64"),
    "bool": rng.normal(size=2000) > 0,
    "uint8": np.arange(2000).astype("uint8"),
}


def stored(path: str) -> list[np.ndarray]:
    """The arrays of the weights file."""
    found = []
    content = zipfile.ZipFile(path).read("model.weights.h5")

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found.append(item[()].view(item.attrs["dtype"]) if "dtype" in item.attrs else item[()])

    h5py.File(io.BytesIO(content)).visititems(visit)
    return found


@pytest.mark.parametrize("kind", list(CONSTANTS))
def test_large_constants_are_weights_in_all_their_bits(kind, tmp_path):
    constant = CONSTANTS[kind]
    layer = Lambda(
        lambda x: ops.sum(x, axis=-1) + ops.cast(ops.sum(ops.cast(constant, "float32")), "float32")
    )
    model = sequential(layer)
    assert layer.trainable_weights == []
    assert [v.shape for v in layer.non_trainable_weights] == [constant.shape]
    first, second = str(tmp_path / "first.keras"), str(tmp_path / "second.keras")
    model.save(first)
    keras.saving.load_model(first).save(second)
    for path in (first, second):
        (found,) = stored(path)
        assert found.tobytes() == constant.tobytes()


@pytest.mark.parametrize("kind", list(CONSTANTS))
def test_small_constants_are_data_in_all_their_bits(kind):
    constant = CONSTANTS[kind][:5]
    layer = Lambda(lambda x: ops.sum(x) + ops.sum(ops.cast(constant, "float32")))
    again = Lambda.from_config(layer.get_config())
    assert layer.weights == []
    arrays = [a for call in again.expression.calls for a in call.args if hasattr(a, "data")]
    assert [a.data for a in arrays] == [constant.tobytes()]
    assert [a.dtype for a in arrays] == [constant.dtype.name]


def test_an_assigned_constant_is_saved_as_assigned(tmp_path):
    constant = CONSTANTS["float64"]
    model = sequential(Lambda(lambda x: ops.sum(x) + ops.sum(ops.cast(constant, "float32"))))
    model.weights[0].assign(np.ones(300))
    assert array(reloaded(model, tmp_path).weights[0]).tolist() == [1.0] * 300


def test_one_constant_serves_both_phases_and_every_signature():
    constant = rng.normal(size=(4, 100)).astype("float32")
    layer = Lambda(lambda x: ops.matmul(K.in_train_phase(x, 2.0 * x), constant) + x.shape[0])
    layer(X)
    layer(X[:3])
    assert len(layer.expressions) == 4
    assert len(layer.weights) == 1


def test_equal_constants_of_one_function_are_one():
    first, second = np.ones((4, 100), "float32"), np.ones((4, 100), "float32")
    layer = Lambda(lambda x: ops.matmul(x, first) + ops.matmul(x, second))
    np.testing.assert_allclose(array(layer(X)), X @ (first + second), rtol=1e-5)
