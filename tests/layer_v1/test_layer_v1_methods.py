"""The methods of the 1.8 Layer API that are not about losses; `docs/layer-api.md` names these tests."""

from __future__ import annotations

import copy

import keras
import numpy as np
import pytest
from keras import ops
from tests.layer_v1.layers import NODE_PROPERTIES, Add, Identity, Project, called_twice, masked

from lamina.errors import LaminaError, NodeIndexError, SavingError, UnavailableError, WeightsError
from lamina.layer_v1 import LayerV1

BACKEND = keras.backend.backend()

# Keras 3.15 reads its variables in a way that NumPy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_init():
    assert "__init__" not in vars(LayerV1)
    layer = Identity(name="n", trainable=False, dtype="float16", activity_regularizer="l1")
    assert (layer.name, layer.trainable, layer.dtype) == ("n", False, "float16")


def test_call_operator():
    layer = Project()
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(inputs=ops.ones((2, 3)))), np.full((2, 2), 3.0))
    assert layer(keras.Input((3,))).shape == (None, 2)
    with pytest.raises(ValueError, match="Only input tensors may be passed as positional"):
        layer("text")


def test_deepcopy():
    layer = Project(4, name="same", trainable=False)
    layer(keras.Input((3,)))
    layer.kernel.assign(np.arange(12.0).reshape(3, 4))
    first, second = copy.deepcopy([layer, layer])
    assert first is second
    assert first is not layer
    assert (first.name, first.units, first.trainable) == ("same", 4, False)
    assert first.kernel is not layer.kernel
    assert [w.path for w in first.weights] == [w.path for w in layer.weights]
    for ours, theirs in zip(first.get_weights(), layer.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    first.kernel.assign(np.zeros((3, 4)))
    assert layer.get_weights()[0].sum() == 66


def test_deepcopy_of_an_unbuilt_layer():
    copied = copy.deepcopy(Project(4))
    assert not copied.built
    assert copied(ops.ones((2, 3))).shape == (2, 4)


def test_deepcopy_of_a_layer_without_build():
    class Outer(LayerV1, keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = keras.layers.Dense(2)
            self.drop = keras.layers.Dropout(0.5, seed=3)

        def call(self, inputs):
            return self.drop(self.inner(inputs))

    layer = Outer()
    x = ops.ones((2, 3))
    layer(x, training=True)
    copied = copy.deepcopy(layer)
    assert copied.inbound_nodes == []
    assert [v.path.split("/")[:-2] for v in copied.weights] == [v.path.split("/")[:-2] for v in layer.weights]
    np.testing.assert_array_equal(*(ops.convert_to_numpy(one(x, training=True)) for one in (copied, layer)))


def test_deepcopy_says_what_a_configuration_lacks():
    class Forgets(LayerV1, keras.layers.Layer):
        def __init__(self, units=1, **kwargs):
            super().__init__(**kwargs)
            self.kernel = self.add_weight("kernel", (units,))

    layer = Forgets(3)
    layer.get_config = lambda: {"name": "forgets"}
    with pytest.raises(SavingError, match="all arguments of `__init__`"):
        copy.deepcopy(layer)


@pytest.mark.parametrize("method", ["add_weight", "add_variable"])
def test_old_and_new_argument_orders(method):
    layer = Identity()
    add = getattr(layer, method)
    limit = keras.constraints.MaxNorm(2)
    old = add("old", (2, 3), "float16", keras.initializers.Ones(), keras.regularizers.L1(), False, limit)
    new = add((2, 3), "ones", "float16", trainable=False, regularizer="l1", constraint="max_norm", name="new")
    named = add(name="named", shape=(2, 3), dtype="float16", initializer="ones", trainable=False)
    for variable, name in zip((old, new, named), ("old", "new", "named"), strict=True):
        assert (variable.name, variable.shape, variable.dtype) == (name, (2, 3), "float16")
        assert not variable.trainable
        np.testing.assert_array_equal(variable.numpy(), np.ones((2, 3)))
    assert old.constraint is limit
    assert type(old.regularizer) is type(new.regularizer) is keras.regularizers.L1
    assert layer.weights == [old, new, named]


def test_add_weight():
    layer = Identity(dtype="float16")
    unnamed = layer.add_weight(None, [2])
    assert (unnamed.shape, unnamed.dtype, unnamed.trainable) == ((2,), "float16", True)
    assert layer.add_weight("flag", (2,), "int32", trainable=False).numpy().tolist() == [0, 0]
    assert layer.add_weight().shape == ()
    with pytest.raises(TypeError, match="multiple values for argument 'name'"):
        layer.add_weight("twice", (), name="twice")


def test_add_variable_returns_an_existing_one():
    layer = Identity()
    first = layer.add_variable("w", (2,), initializer="ones")
    assert layer.add_variable("w", [2]) is first
    assert layer.add_variable((2,), "zeros", name="w") is first
    assert layer.weights == [first]
    for wrong in ({"shape": (3,)}, {"shape": (2,), "dtype": "int32"}):
        with pytest.raises(WeightsError, match="has a variable 'w' already"):
            layer.add_variable("w", **wrong)


@pytest.mark.parametrize("method", ["add_weight", "add_variable"])
def test_a_partitioner_is_refused(method):
    layer = Identity()
    with pytest.raises(RuntimeError, match=r"keras\.distribution\.LayoutMap") as caught:
        getattr(layer, method)("w", (2,), partitioner=lambda **_: [1])
    assert isinstance(caught.value, UnavailableError)
    assert layer.weights == []
    assert getattr(layer, method)("w", (2,), partitioner=None).name == "w"


def test_apply():
    layer = Project()
    outputs = layer.apply(ops.ones((2, 3)))
    np.testing.assert_array_equal(ops.convert_to_numpy(outputs), np.full((2, 2), 3.0))


@pytest.mark.skipif(BACKEND != "torch", reason="torch.nn.Module has a method of this name")
def test_apply_of_a_torch_module():
    import torch

    inside = torch.nn.Sequential(Project())
    visited = []
    inside.apply(visited.append)
    assert visited[-2:] == [inside[0], inside]


def test_build():
    layer = Project()
    layer.build((None, 3))
    assert layer.built
    assert layer.kernel.shape == (3, 2)


def test_call():
    layer = Project()
    layer.build((None, 3))
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.call(ops.ones((1, 3)))), [[3.0, 3.0]])


def test_compute_mask():
    layer, mask = Identity(), ops.ones((2, 4))
    assert layer.compute_mask(ops.ones((2, 4, 3))) is None
    assert layer.compute_mask(ops.ones((2, 4, 3)), mask) is mask
    assert layer.compute_mask(ops.ones((2, 4, 3)), mask=mask) is mask
    assert layer.compute_mask(ops.ones((2, 4, 3)), previous_mask=mask) is mask
    assert [one().supports_masking for one in (Identity, Add)] == [True, False]


@pytest.mark.parametrize("built", [False, True])
def test_compute_output_shape(built):
    layer = Project(5)
    if built:
        layer.build((None, 3))
    assert layer.compute_output_shape((None, 3)) == (None, 5)
    assert layer.compute_output_shape([7, 3]) == (7, 5)
    assert (layer.built, layer.inbound_nodes) == (built, [])
    assert Add().compute_output_shape([(None, 3), (None, 1)]) == (None, 3)


def test_count_params():
    layer = Project(5)
    with pytest.raises(ValueError, match="isn't built"):
        layer.count_params()
    layer.build((None, 3))
    assert layer.count_params() == 20


def test_from_config():
    config = Project(5, name="p", activity_regularizer="l2").get_config()
    before = copy.deepcopy(config)
    layer = Project.from_config(config)
    assert (layer.units, layer.name) == (5, "p")
    assert isinstance(layer.activity_regularizer, keras.regularizers.L2)
    assert config == before


def test_from_config_with_custom_objects():
    class Cube(keras.regularizers.Regularizer):
        def __call__(self, x):
            return ops.sum(x**3)

        def get_config(self):
            return {}

    config = {"name": "identity", "activity_regularizer": {"class_name": "Cube", "config": {}}}
    layer = Identity.from_config(config, {"Cube": Cube})
    assert isinstance(layer.activity_regularizer, Cube)
    with pytest.raises(TypeError, match="Cube"):
        Identity.from_config(config)


def test_get_config():
    config = Project(5, name="p", trainable=False).get_config()
    assert (config["name"], config["trainable"], config["units"]) == ("p", False, 5)
    assert config["dtype"]["config"] == {"name": "float32"}


def test_get_input_at():
    layer, inputs, _ = called_twice()
    assert layer.get_input_at(0) is inputs[0]
    assert layer.get_input_at(1) is layer.get_input_at(-1) is inputs[1]


def test_get_output_at():
    layer, _, outputs = called_twice()
    assert (layer.get_output_at(0) is outputs[0], layer.get_output_at(1) is outputs[1]) == (True, True)


def test_get_input_shape_at():
    layer, _, _ = called_twice()
    assert (layer.get_input_shape_at(0), layer.get_input_shape_at(1)) == ((None, 3), (None, 5))


def test_get_output_shape_at():
    layer = Project(5)
    layer(keras.Input((3,)))
    layer(keras.Input((3,), batch_size=2))
    assert (layer.get_output_shape_at(0), layer.get_output_shape_at(1)) == ((None, 5), (2, 5))


def test_get_input_mask_at():
    layer, hidden, _ = masked()
    layer(keras.Input((4, 3)))
    assert layer.get_input_mask_at(0) is hidden._keras_mask
    assert layer.get_input_mask_at(1) is None


def test_get_output_mask_at():
    layer, _, output = masked()
    layer(keras.Input((4, 3)))
    assert layer.get_output_mask_at(0) is output._keras_mask
    assert layer.get_output_mask_at(1) is None


@pytest.mark.parametrize("name", NODE_PROPERTIES)
def test_get_at_without_such_a_node(name):
    layer = Identity()
    layer(ops.ones((2, 3)))
    with pytest.raises(RuntimeError, match="expected a call on a symbolic tensor"):
        getattr(layer, f"get_{name}_at")(0)
    layer(keras.Input((3,)))
    for index in (1, -2):
        with pytest.raises(ValueError, match="node index below 1") as caught:
            getattr(layer, f"get_{name}_at")(index)
        assert isinstance(caught.value, NodeIndexError)


def test_get_weights():
    layer = Project()
    assert layer.get_weights() == []
    layer.build((None, 3))
    arrays = layer.get_weights()
    assert all(isinstance(array, np.ndarray) for array in arrays)
    assert [array.tolist() for array in arrays] == [[[1.0, 1.0]] * 3, [0.0, 0.0]]


def test_set_weights():
    layer = Project()
    layer.build((None, 3))
    layer.set_weights([np.zeros((3, 2)), [5.0, 6.0]])
    assert [array.tolist() for array in layer.get_weights()] == [[[0.0, 0.0]] * 3, [5.0, 6.0]]


def test_set_weights_that_do_not_match():
    layer = Project()
    with pytest.raises(ValueError, match="not built yet"):
        layer.set_weights([np.zeros((3, 2))])
    layer.build((None, 3))
    for wrong in ([np.zeros((3, 2))], [np.zeros((3, 2)), np.zeros(3)]):
        with pytest.raises(WeightsError, match="Received"):
            layer.set_weights(wrong)
    assert layer.get_weights()[0].sum() == 6


def test_unknown_attributes_stay_unknown():
    with pytest.raises(AttributeError, match="no attribute 'nothing'") as caught:
        Identity().nothing  # noqa: B018
    assert not isinstance(caught.value, LaminaError)
