"""The losses and updates of the 1.8 Layer API; `docs/layer-api.md` names these tests."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from tests.layer_v1.layers import Add, Identity, Project, values

from lamina.layer_v1 import LayerV1

# Keras 3.15 reads its variables in a way that NumPy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_add_loss():
    layer = Identity()
    one, two, three = (ops.convert_to_tensor(float(n)) for n in (1, 2, 3))
    layer.add_loss([one, two])
    layer.add_loss(loss=three)
    assert values(layer.losses) == [1.0, 2.0, 3.0]
    for wrong in (keras.Input(()), 3.0, None):
        with pytest.raises(ValueError, match="tensor"):
            layer.add_loss(wrong)
    assert values(layer.get_losses_for(None)) == [1.0, 2.0, 3.0]


def test_add_update():
    layer = Identity()
    counter = layer.add_weight("counter", (), initializer="zeros", trainable=False)
    layer.add_update([lambda: counter.assign_add(1), None], inputs=ops.ones(()))
    layer.add_update(lambda: counter.assign_add(1))
    assert counter.numpy() == 2
    layer.trainable = False
    layer.add_update(lambda: counter.assign_add(1))
    assert counter.numpy() == 2


def test_get_losses_for():
    layer = Project(regularizer="l2", with_losses=True, activity_regularizer=keras.regularizers.L1(1.0))
    x = ops.ones((2, 3))
    layer(x)
    np.testing.assert_allclose(values(layer.get_losses_for(None)), [6.0, 0.06], rtol=1e-6)
    np.testing.assert_allclose(values(layer.get_losses_for(x)), [6.0, 6.0], rtol=1e-6)
    assert layer.get_losses_for(ops.ones((2, 3))) == []


@pytest.mark.parametrize("kind", ["tensor", "array"])
def test_get_losses_for_one_of_two_inputs(kind):
    make = ops.convert_to_tensor if kind == "tensor" else np.asarray
    left, right = make(np.ones((1, 2), "float32")), make(np.full((1, 2), 3, "float32"))
    layer = Add()
    layer([left, right])
    expected = ([2.0], [6.0]) if kind == "tensor" else ([2.0, 6.0], [2.0, 6.0])
    assert (values(layer.get_losses_for(left)), values(layer.get_losses_for([right]))) == expected
    assert values(layer.get_losses_for((left, right))) == [2.0, 6.0]
    assert layer.get_losses_for(None) == []


def test_get_losses_for_inputs_that_keras_casts():
    layer, x = Identity(activity_regularizer="l2", dtype="float16"), ops.ones((2, 3))
    layer(x)
    assert len(layer.get_losses_for(x)) == 1


def test_get_losses_for_sublayers():
    class Outer(LayerV1, keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.stock = keras.layers.Activation("relu", activity_regularizer="l2")
            self.ours = Project(regularizer="l2", with_losses=True)

        def call(self, inputs):
            return self.ours(self.stock(inputs))

    layer, x = Outer(), ops.ones((2, 3))
    layer(x)
    np.testing.assert_allclose(sorted(values(layer.get_losses_for(x))), [0.03, 6.0], rtol=1e-6)
    np.testing.assert_allclose(sorted(values(layer.get_losses_for(None))), [0.06, 6.0], rtol=1e-6)


@given(st.lists(st.integers(0, 2), max_size=4), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_get_losses_for_divides_the_losses(wanted, activities):
    """Each loss is unconditional or belongs to the inputs that it was added for."""

    class Many(LayerV1, keras.layers.Layer):
        def call(self, inputs):
            for rank, which in enumerate(wanted):
                loss = ops.cast(rank + 1, "float32") * ops.mean(inputs[0])
                self.add_loss(loss, inputs=None if which == 2 else inputs[which])
            return [inputs[0]] * activities + [inputs[1]]

    layer = Many(activity_regularizer="l2" if activities else None)
    inputs = [ops.ones((1, 2)), ops.ones((1, 2))]
    layer(inputs)
    tail = [pytest.approx(0.02)] * (activities + 1) if activities else []
    for which in (0, 1):
        mine = [rank + 1.0 for rank, one in enumerate(wanted) if one == which]
        assert values(layer.get_losses_for(inputs[which])) == mine + tail
    assert values(layer.get_losses_for(None)) == [rank + 1.0 for rank, one in enumerate(wanted) if one == 2]


def test_get_losses_for_symbolic_inputs():
    layer = Project(with_losses=True, activity_regularizer=keras.regularizers.L1(1.0))
    first, second = keras.Input((3,)), keras.Input((3,))
    hidden = keras.layers.Rescaling(2.0)(first)
    layer(hidden)
    layer(second)
    symbolic = layer.get_losses_for(first)
    assert [tensor.shape for tensor in symbolic] == [(), ()]
    assert all(a is b for a, b in zip(symbolic, layer.get_losses_for(hidden), strict=True))
    assert not any(a is b for a in symbolic for b in layer.get_losses_for(second))
    assert len(layer.get_losses_for([first, second])) == 4
    assert layer.get_losses_for(keras.Input((3,))) == []
    model = keras.Model(first, symbolic)
    assert values(model(np.ones((2, 3)))) == [12.0, 12.0]
    assert layer.kernel in model.trainable_weights
    assert len(layer.inbound_nodes) == 2


def test_get_updates_for():
    layer, x = Identity(), ops.ones((2, 3))
    layer(x)
    layer.add_update(x, inputs=x)
    assert layer.get_updates_for(x) == layer.get_updates_for(None) == []
