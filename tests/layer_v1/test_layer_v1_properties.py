"""The 21 properties of the 1.8 Layer API; `docs/layer-api.md` names these tests."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from tests.layer_v1.layers import NODE_PROPERTIES, Add, Identity, Project, called_twice, masked, values

from lamina.errors import NodeError, UnavailableError, UnbuiltError
from lamina.layer_v1 import LayerV1

BACKEND = keras.backend.backend()

# Keras 3.15 reads its variables in a way that NumPy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_activity_regularizer():
    layer = Identity(activity_regularizer="l2")
    assert isinstance(layer.activity_regularizer, keras.regularizers.L2)
    assert Identity().activity_regularizer is None


def test_dtype():
    assert Identity().dtype == "float32"
    assert Identity(dtype="mixed_bfloat16").dtype == "float32"
    assert Identity(dtype="float16").dtype == "float16"


def test_graph_outside_a_trace():
    with pytest.raises(RuntimeError, match="inbound_nodes") as caught:
        Identity().graph  # noqa: B018
    assert isinstance(caught.value, UnavailableError)
    assert not hasattr(Identity(), "graph")


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow has graphs")
def test_graph_while_tracing():
    import tensorflow as tf

    layer, graphs = Identity(), []
    tf.function(lambda: graphs.append(layer.graph))()
    assert isinstance(graphs[0], tf.Graph)


def test_inbound_nodes():
    layer, inputs, _ = called_twice()
    assert [node.input_tensors for node in layer.inbound_nodes] == [[tensor] for tensor in inputs]
    layer.inbound_nodes.clear()
    assert len(layer.inbound_nodes) == 2
    assert Identity().inbound_nodes == []


def test_outbound_nodes():
    layer, after = Identity(), Identity()
    after(layer(keras.Input((3,))))
    assert layer.outbound_nodes == after.inbound_nodes
    assert after.outbound_nodes == []


def test_input():
    layer, tensor = Identity(), keras.Input((3,))
    layer(tensor)
    assert layer.input is tensor


def test_input_of_several_tensors():
    layer, tensors = Add(), [keras.Input((3,)), keras.Input((3,))]
    layer(tensors)
    assert [a is b for a, b in zip(layer.input, tensors, strict=True)] == [True, True]


@pytest.mark.parametrize("name", NODE_PROPERTIES)
def test_several_nodes_are_an_attribute_error(name):
    layer, _, _ = called_twice()
    with pytest.raises(AttributeError, match=f"get_{name}_at"):
        getattr(layer, name)


@pytest.mark.parametrize("name", NODE_PROPERTIES)
@pytest.mark.parametrize("eager", [False, True])
def test_no_node_is_an_attribute_error_and_a_runtime_error(name, eager):
    layer = Identity()
    if eager:
        layer(ops.ones((2, 3)))
    for documented in (AttributeError, RuntimeError, NodeError):
        with pytest.raises(documented, match=f"has no {name}: expected a call on a symbolic tensor"):
            getattr(layer, name)
    assert not hasattr(layer, name)
    assert getattr(layer, name, None) is None


def test_chained_calls_are_several_nodes():
    layer = Identity()
    layer(layer(keras.Input((3,))))
    with pytest.raises(NodeError, match="received 2"):
        layer.output  # noqa: B018


def test_calls_on_two_outputs_of_one_layer_are_several_nodes():
    class Twice(LayerV1, keras.layers.Layer):
        def call(self, inputs):
            return inputs, inputs + 1

    layer = Identity()
    for tensor in Twice()(keras.Input((3,))):
        layer(tensor)
    with pytest.raises(NodeError, match="received 2"):
        layer.input  # noqa: B018


def test_calls_with_different_arguments_are_several_nodes():
    class Scaled(LayerV1, keras.layers.Layer):
        def call(self, inputs, factor=1.0):
            return inputs * factor

    layer, tensor = Scaled(), keras.Input((3,))
    layer(tensor, factor=2.0)
    layer(tensor, factor=float("2"))
    assert layer.input is tensor
    layer(tensor, factor=3.0)
    with pytest.raises(NodeError):
        layer.output  # noqa: B018


def test_a_sequential_model_connects_a_layer_once():
    model = keras.Sequential([keras.Input((3,))])
    first, second = Identity(), Identity()
    for layer in (first, second, keras.layers.Dense(2), keras.layers.Dense(2)):
        model.add(layer)
    assert len(second.inbound_nodes) > 1
    part = keras.Model(model.inputs, second.output)
    np.testing.assert_array_equal(part.predict(np.ones((2, 3)), verbose=0), np.ones((2, 3)))


def test_input_mask():
    layer, hidden, _ = masked()
    assert layer.input_mask is hidden._keras_mask
    assert layer.input_mask.shape == (None, 4)


def test_input_mask_without_masks():
    layer = Identity()
    layer(keras.Input((3,)))
    assert layer.input_mask is None
    pair = Add()
    pair([keras.Input((3,)), keras.Input((3,))])
    assert pair.input_mask == [None, None]


def test_input_shape():
    layer = Identity()
    layer(keras.Input((3,)))
    layer(keras.Input((3,)))
    assert layer.input_shape == (None, 3)


def test_input_shape_of_several_tensors():
    layer = Add()
    layer([keras.Input((3,)), keras.Input((1,))])
    assert layer.input_shape == [(None, 3), (None, 1)]


def test_losses():
    layer = Project(regularizer="l2", with_losses=True)
    layer(ops.ones((2, 3)))
    np.testing.assert_allclose(values(layer.losses), [6.0, 6.0, 0.06], rtol=1e-6)
    layer(ops.zeros((2, 3)))
    np.testing.assert_allclose(values(layer.losses), [0.0, 6.0, 0.06], rtol=1e-6)


def test_name():
    assert Identity(name="same").name == "same"
    assert Identity().name.startswith("identity")


def test_trainable_and_non_trainable_weights():
    layer = Project()
    layer.build((None, 3))
    kinds = (layer.trainable_weights, layer.non_trainable_weights)
    assert [[w.name for w in kind] for kind in kinds] == [["kernel"], ["offset"]]
    assert kinds == (layer.trainable_variables, layer.non_trainable_variables)
    layer.trainable = False
    assert layer.trainable_weights == layer.trainable_variables == []
    assert [w.name for w in layer.non_trainable_weights] == ["kernel", "offset"]
    assert layer.non_trainable_variables == layer.non_trainable_weights


def test_variables_and_weights():
    layer = Project()
    assert layer.variables == layer.weights == []
    layer.build((None, 3))
    assert [w.name for w in layer.weights] == ["kernel", "offset"]
    assert layer.variables == layer.weights
    layer = Identity()
    layer.seeds = keras.random.SeedGenerator(1)
    assert (layer.weights, layer.variables) == ([], [layer.seeds.state])


def test_output():
    layer = Identity()
    tensor = layer(keras.Input((3,)))
    assert layer.output is tensor


def test_output_mask():
    layer, _, output = masked()
    assert layer.output_mask is output._keras_mask
    assert layer.output_mask.shape == (None, 4)


def test_output_shape():
    layer = Project(5)
    layer(keras.Input((3,)))
    layer(keras.Input((3,)))
    assert layer.output_shape == (None, 5)


def test_scope_name():
    layer = Project(name="first")
    with pytest.raises(ValueError, match="Call the layer before") as caught:
        layer.scope_name  # noqa: B018
    assert isinstance(caught.value, UnbuiltError)
    layer(ops.ones((2, 3)))
    assert layer.scope_name == "first"
    assert layer.kernel.path == "first/kernel"


def test_scope_name_of_a_sublayer():
    class Outer(LayerV1, keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Project(name="inner")

        def call(self, inputs):
            return self.inner(inputs)

    layer = Outer(name="outer")
    layer(ops.ones((2, 3)))
    assert layer.inner.scope_name == "outer/inner"


def test_updates():
    layer = Identity()
    layer.add_update(ops.ones(()))
    assert layer.updates == []
