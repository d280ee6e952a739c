"""Keras's own behavioural test of a layer, and the 1.8 Layer API, on `lamina.Lambda` itself."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from keras.src import testing
from tests.layer.helpers import X, array
from tests.layer_v1.test_layer_v1_table import METHODS, PROPERTIES

import lamina
from lamina import Lambda
from lamina import backend as K

GAIN = keras.Variable(np.float32(2.0), name="gain")
MATRIX = np.ones((3, 100), "float32")


def masked(x, mask=None):
    return x if mask is None else x * ops.expand_dims(ops.cast(mask, x.dtype), -1)


# function or keyword arguments, input shape, output shape, trainable, non-trainable, seed generators, losses
CASES = {
    "operation": (ops.square, (2, 3), (2, 3), 0, 0, 0, 0),
    "lambda": (lambda x: x * 2.0 + 1.0, (2, 3), (2, 3), 0, 0, 0, 0),
    "backend": (
        lambda x: K.l2_normalize(x - K.mean(x, axis=1, keepdims=True), axis=1),
        (2, 3),
        (2, 3),
        0,
        0,
        0,
        0,
    ),
    "several outputs": (lambda x: (x, ops.sum(x, axis=-1)), (2, 3), ((2, 3), (2,)), 0, 0, 0, 0),
    "several inputs": (lambda t: t[0] + t[1], [(2, 3), (2, 3)], (2, 3), 0, 0, 0, 0),
    "shape": (lambda x: ops.reshape(x, (ops.shape(x)[0], -1)), (2, 3, 4), (2, 12), 0, 0, 0, 0),
    "variable": (lambda x: x * lamina.variable("gain", 2.0), (2, 3), (2, 3), 1, 0, 0, 0),
    "constant": (lambda x: ops.matmul(x, MATRIX), (2, 3), (2, 100), 0, 1, 0, 0),
    "random": (lambda x: keras.random.dropout(x, 0.5), (2, 3), (2, 3), 0, 0, 1, 0),
    "phase": (lambda x: K.in_train_phase(x * 2.0, x), (2, 3), (2, 3), 0, 0, 0, 0),
    "regularizer": ({"function": ops.relu, "activity_regularizer": "l2"}, (2, 3), (2, 3), 0, 0, 0, 1),
    "arguments": ({"function": lambda x, by: x * by, "arguments": {"by": 3.0}}, (2, 3), (2, 3), 0, 0, 0, 0),
    "output_shape": ({"function": ops.tanh, "output_shape": (3,)}, (2, 3), (2, 3), 0, 0, 0, 0),
    "mask": ({"function": masked, "mask": lambda x, m: m}, (2, 3, 4), (2, 3, 4), 0, 0, 0, 0),
}


@pytest.mark.filterwarnings("ignore")  # the helper of Keras warns by itself
@pytest.mark.parametrize("name", list(CASES))
def test_the_layer_test_of_keras(name):
    given, input_shape, output_shape, trainable, non_trainable, seeds, losses = CASES[name]
    arguments = given if isinstance(given, dict) else {"function": given}
    testing.TestCase().run_layer_test(
        Lambda,
        init_kwargs=arguments,
        input_shape=input_shape,
        expected_output_shape=output_shape,
        expected_num_trainable_weights=trainable,
        expected_num_non_trainable_weights=non_trainable,
        expected_num_seed_generators=seeds,
        expected_num_losses=losses,
        supports_masking="mask" in arguments,
        run_training_check=name in ("variable", "random"),
    )


# The 46 members, on a Lambda.


def weighted(**kwargs):
    def function(x):
        lamina.add_loss(ops.sum(x))
        return x * lamina.variable("gain", 2.0) + lamina.variable("offset", 1.0, trainable=False)

    return Lambda(function, name="weighted", **kwargs)


@pytest.fixture
def called():
    """A layer with one symbolic call and one on values."""
    layer = weighted()
    inputs = keras.Input((4,))
    outputs = layer(inputs)
    follower = Lambda(lambda x: x + 1.0)
    follower(outputs)
    x = ops.convert_to_tensor(X)
    layer(x)
    return layer, inputs, outputs, x


def raised(expected, function):
    with pytest.raises(expected) as caught:
        function()
    assert isinstance(caught.value, lamina.LaminaError)
    return True


def names(variables):
    return [v.name for v in variables]


def loss_values(losses):
    return [float(array(loss)) for loss in losses]


MEMBERS = {
    "activity_regularizer": lambda y, i, o, x: y.activity_regularizer is None,
    "dtype": lambda y, i, o, x: y.dtype == "float32",
    "graph": lambda y, i, o, x: raised(RuntimeError, lambda: y.graph),
    "inbound_nodes": lambda y, i, o, x: len(y.inbound_nodes) == 1,
    "input": lambda y, i, o, x: y.input is i,
    "input_mask": lambda y, i, o, x: y.input_mask is None,
    "input_shape": lambda y, i, o, x: y.input_shape == (None, 4),
    "losses": lambda y, i, o, x: loss_values(y.losses) == pytest.approx([X.sum()], rel=1e-4),
    "name": lambda y, i, o, x: y.name == "weighted",
    "non_trainable_variables": lambda y, i, o, x: names(y.non_trainable_variables) == ["offset"],
    "non_trainable_weights": lambda y, i, o, x: names(y.non_trainable_weights) == ["offset"],
    "outbound_nodes": lambda y, i, o, x: len(y.outbound_nodes) == 1,
    "output": lambda y, i, o, x: y.output is o,
    "output_mask": lambda y, i, o, x: y.output_mask is None,
    "output_shape": lambda y, i, o, x: y.output_shape == (None, 4),
    "scope_name": lambda y, i, o, x: y.scope_name == "weighted",
    "trainable_variables": lambda y, i, o, x: names(y.trainable_variables) == ["gain"],
    "trainable_weights": lambda y, i, o, x: names(y.trainable_weights) == ["gain"],
    "updates": lambda y, i, o, x: y.updates == [],
    "variables": lambda y, i, o, x: names(y.variables) == ["gain", "offset"],
    "weights": lambda y, i, o, x: names(y.weights) == ["gain", "offset"],
    "__init__": lambda y, i, o, x: raised(TypeError, lambda: Lambda("no function")),
    "__call__": lambda y, i, o, x: array(y(x)).shape == (8, 4),
    "__deepcopy__": lambda y, i, o, x: names(y.__deepcopy__({}).weights) == ["gain", "offset"],
    "add_loss": lambda y, i, o, x: weighted().add_loss(x[0, 0]) is None,
    "add_update": lambda y, i, o, x: y.add_update(lambda: None) is None,
    "add_variable": lambda y, i, o, x: tuple(weighted().add_variable("extra", (3,)).shape) == (3,),
    "add_weight": lambda y, i, o, x: tuple(weighted().add_weight("extra", (3,)).shape) == (3,),
    "apply": lambda y, i, o, x: array(y.apply(x)).shape == (8, 4),
    "build": lambda y, i, o, x: weighted().build((None, 4)) is None,
    "call": lambda y, i, o, x: np.allclose(array(y.call(x)), 2 * X + 1),
    "compute_mask": lambda y, i, o, x: y.compute_mask(x, None) is None,
    "compute_output_shape": lambda y, i, o, x: y.compute_output_shape((None, 4)) == (None, 4),
    "count_params": lambda y, i, o, x: y.count_params() == 2,
    "from_config": lambda y, i, o, x: Lambda.from_config(y.get_config(), custom_objects={}).name == y.name,
    "get_config": lambda y, i, o, x: y.get_config()["name"] == "weighted",
    "get_input_at": lambda y, i, o, x: y.get_input_at(0) is i,
    "get_input_mask_at": lambda y, i, o, x: y.get_input_mask_at(0) is None,
    "get_input_shape_at": lambda y, i, o, x: y.get_input_shape_at(0) == (None, 4),
    "get_losses_for": lambda y, i, o, x: len(y.get_losses_for(x)) == 1 and y.get_losses_for(None) == [],
    "get_output_at": lambda y, i, o, x: y.get_output_at(0) is o,
    "get_output_mask_at": lambda y, i, o, x: y.get_output_mask_at(0) is None,
    "get_output_shape_at": lambda y, i, o, x: raised(ValueError, lambda: y.get_output_shape_at(1)),
    "get_updates_for": lambda y, i, o, x: y.get_updates_for(None) == [],
    "get_weights": lambda y, i, o, x: [w.shape for w in y.get_weights()] == [(), ()],
    "set_weights": lambda y, i, o, x: raised(ValueError, lambda: y.set_weights([1.0])),
}


@pytest.mark.parametrize("member", list(MEMBERS))
def test_a_member_of_the_layer_api(member, called):
    assert MEMBERS[member](*called)


def test_every_documented_member_is_checked():
    assert list(MEMBERS) == PROPERTIES + METHODS


def test_an_unbuilt_layer_says_so():
    layer = weighted()
    raised(ValueError, lambda: layer.scope_name)
    raised(AttributeError, lambda: layer.input)
    raised(RuntimeError, lambda: layer.get_input_at(0))
