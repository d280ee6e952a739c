"""Calls by the short way: they come to the same as calls by the long way."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
from keras import ops
from tests.layer.helpers import X, array

import lamina
from lamina import Lambda
from lamina import backend as K
from lamina.layer.lean import LONG

BACKEND = keras.backend.backend()
TENSOR = ops.convert_to_tensor(X)


def doubled(x):
    return x * 2.0


def warmed(layer, inputs=TENSOR, calls=6, **kwargs):
    for _ in range(calls):
        layer(inputs, **kwargs)
    return layer


def is_short(layer, inputs=TENSOR, **kwargs):
    """Whether a call would go the short way."""
    return layer._lean.value.call(layer, (inputs,), kwargs) is not LONG


def test_the_second_call_is_short():
    layer = Lambda(doubled)
    assert not is_short(layer)
    layer(TENSOR)
    assert is_short(layer)
    np.testing.assert_allclose(array(layer(TENSOR)), 2 * X)


@pytest.mark.parametrize("jit", [False, "auto"])
def test_structures_and_state_are_short_too(jit):
    a, b = TENSOR, TENSOR + 1
    listed = warmed(Lambda(lambda t: t[0] * t[1], jit=jit), [a, b])
    named = warmed(Lambda(lambda t: {"sum": t["a"] + t["b"]}, jit=jit), {"b": b, "a": a})
    scaled = warmed(Lambda(lambda x: x * lamina.variable("gain", 2.0), jit=jit))
    noisy = warmed(Lambda(lambda x: x + keras.random.normal(ops.shape(x)), jit=jit))
    assert is_short(listed, [a, b])
    assert is_short(listed, (a, b))
    assert is_short(named, {"a": a, "b": b})
    assert is_short(scaled)
    assert is_short(noisy)
    np.testing.assert_allclose(array(listed([a, b])), X * (X + 1), rtol=1e-5)
    np.testing.assert_allclose(array(named({"a": a, "b": b})["sum"]), 2 * X + 1, rtol=1e-5)
    scaled.trainable_weights[0].assign(7.0)
    np.testing.assert_allclose(array(scaled(TENSOR)), 7 * X, rtol=1e-5)
    assert not np.array_equal(array(noisy(TENSOR)), array(noisy(TENSOR)))


def test_a_variable_from_outside():
    gain = keras.Variable(2.0)
    layer = warmed(Lambda(lambda x: x * gain))
    assert is_short(layer)
    gain.assign(3.0)
    np.testing.assert_allclose(array(layer(TENSOR)), 3 * X, rtol=1e-6)


def test_inputs_of_other_kinds():
    layer = warmed(Lambda(doubled))
    assert not is_short(layer, X)
    assert not is_short(layer, [TENSOR])
    assert not is_short(layer, keras.KerasTensor((None, 4)))
    whole = ops.convert_to_tensor(np.arange(6).reshape(2, 3))
    assert array(layer(whole)).tolist() == (np.arange(6).reshape(2, 3) * 2.0).tolist()
    assert isinstance(layer(keras.KerasTensor((None, 4))), keras.KerasTensor)
    np.testing.assert_allclose(array(layer(X)), 2 * X)
    with pytest.raises(ValueError, match="Only input tensors"):
        layer("text")


def test_calls_by_a_model_are_short(monkeypatch):
    listed, scaled = Lambda(lambda t: t[0] - t[1]), Lambda(lambda x: x * lamina.variable("gain", 2.0))
    a, b = keras.Input((4,)), keras.Input((4,))
    functional = keras.Model([a, b], scaled(listed([a, b])))
    sequential = keras.Sequential([keras.Input((4,)), Lambda(doubled)])
    for _ in range(6):
        found = functional([TENSOR, TENSOR + 1], training=True)
        doubles = sequential(TENSOR)
    np.testing.assert_allclose(array(found), np.full_like(X, -2.0), rtol=1e-4)
    np.testing.assert_allclose(array(doubles), 2 * X)
    monkeypatch.setattr(keras.layers.Layer, "__call__", counted := Counted(keras.layers.Layer.__call__))
    functional([TENSOR, TENSOR + 1], training=True)
    sequential(TENSOR)
    assert not [layer for layer in counted.layers if isinstance(layer, Lambda)]


class Counted:
    """A method that notes on which objects it is called."""

    def __init__(self, method):
        self.method, self.layers = method, []

    def __get__(self, layer, kind):
        def call(*args, **kwargs):
            self.layers.append(layer)
            return self.method(layer, *args, **kwargs)

        return call


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16", "float64"])
def test_dtype_policies(policy):
    if policy == "float64" and BACKEND == "jax":
        pytest.skip("JAX has no float64 by default")
    layer = Lambda(lambda x: x * lamina.variable("gain", 2.0), dtype=policy)
    fresh = Lambda(lambda x: x * lamina.variable("gain", 2.0), dtype=policy, jit=False)
    expected = fresh(TENSOR)
    warmed(layer)
    found = layer(TENSOR)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(array(ops.cast(found, "float32")), array(ops.cast(expected, "float32")))
    cast = ops.cast(TENSOR, layer.compute_dtype)
    warmed(layer, cast)
    assert layer(cast).dtype == expected.dtype


def test_a_model_of_mixed_precision_casts_what_the_layer_reads():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = Lambda(lambda x: x * lamina.variable("gain", 2.0))
        model = keras.Sequential([keras.Input((4,)), layer])
    finally:
        keras.config.set_dtype_policy("float32")
    for _ in range(6):
        out = model(TENSOR)
    assert keras.backend.standardize_dtype(out.dtype) == "bfloat16"


def test_a_new_policy():
    layer = warmed(Lambda(doubled))
    layer.dtype_policy = "float16"
    assert keras.backend.standardize_dtype(layer(TENSOR).dtype) == "float16"


def test_masks_travel():
    layer = warmed(Lambda(doubled, mask=lambda inputs, mask: mask))
    assert not is_short(layer)
    layer = warmed(Lambda(doubled))
    masked = ops.convert_to_tensor(X)
    keras.src.backend.set_keras_mask(masked, ops.ones((8,), "bool"))
    assert not is_short(layer, masked)
    with pytest.warns(UserWarning, match="does not support masking"):
        layer(masked)


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_a_function_that_takes_a_mask():
    layer = warmed(Lambda(lambda x, mask=None: x if mask is None else x * ops.cast(mask, x.dtype)[:, None]))
    assert is_short(layer)
    mask = ops.convert_to_tensor([True, False] * 4)
    np.testing.assert_allclose(array(layer(TENSOR, mask=mask)), X * np.array([1, 0] * 4)[:, None])
    np.testing.assert_allclose(array(layer(TENSOR)), X)


def test_activity_regularizers_and_losses():
    layer = warmed(Lambda(doubled, activity_regularizer="l2"))
    assert not is_short(layer)
    assert len(layer.losses) == 1
    plain = warmed(Lambda(doubled))
    plain.activity_regularizer = keras.regularizers.L2(0.5)
    plain(TENSOR)
    assert len(plain.losses) == 1

    def penalised(x):
        lamina.add_loss(ops.sum(x))
        return x

    layer = warmed(Lambda(penalised))
    np.testing.assert_allclose(float(array(layer.losses[0])), X.sum(), rtol=1e-4)
    assert len(layer.losses) == 1


def test_a_loss_of_an_earlier_phase_is_forgotten():
    def penalised(x, training=None):
        if training:
            lamina.add_loss(ops.sum(x))
        return x

    layer = warmed(Lambda(penalised), training=False)
    layer(TENSOR, training=True)
    assert len(layer.losses) == 1
    layer(TENSOR, training=False)
    assert layer.losses == []


def test_phases():
    layer = Lambda(lambda x: K.in_train_phase(x * 2.0, x))
    warmed(layer, training=True)
    warmed(layer, training=False)
    assert is_short(layer, training=True)
    np.testing.assert_allclose(array(layer(TENSOR, training=True)), 2 * X)
    np.testing.assert_allclose(array(layer(TENSOR, training=False)), X)
    np.testing.assert_allclose(array(layer(TENSOR)), X)


class Block(keras.layers.Layer):
    """A layer whose phase its sublayers inherit."""

    def __init__(self, given):
        super().__init__()
        self.first = Lambda(lambda x: x * 1.0)
        self.second = Lambda(lambda x: K.in_train_phase(x * 2.0, x))
        self.given = given

    def call(self, x):
        x = self.first(x, training=self.given) if self.given is not None else self.first(x)
        return self.second(x)


@pytest.mark.parametrize("given", [None, True, False])
@pytest.mark.parametrize("training", [None, True, False])
def test_the_phase_of_the_layer_around_it(given, training):
    block, fresh = Block(given), Block(given)
    expected = array(fresh(TENSOR, training=training))
    for _ in range(6):
        found = array(block(TENSOR, training=training))
    np.testing.assert_allclose(found, expected)


def test_scopes_of_keras():
    layer = warmed(Lambda(lambda x: x * lamina.variable("gain", 2.0)))
    gain = layer.trainable_weights[0]
    with keras.StatelessScope([(gain, ops.convert_to_tensor(9.0))]):
        assert not is_short(layer)
        np.testing.assert_allclose(array(layer(TENSOR)), 9 * X, rtol=1e-6)
    np.testing.assert_allclose(array(layer(TENSOR)), 2 * X, rtol=1e-6)


def test_scopes_of_keras_after_its_session_was_cleared():
    layer = warmed(Lambda(doubled))
    keras.utils.clear_session()
    assert is_short(layer)
    with keras.StatelessScope():
        assert not is_short(layer)


def test_a_value_that_changed_after_capture_is_still_reported():
    settings = {"rate": 2.0}
    layer = warmed(Lambda(lambda x: x * settings["rate"]))
    settings["rate"] = 3.0
    with pytest.warns(UserWarning, match="settings had another value"):
        layer(TENSOR)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(TENSOR)


def test_subclasses():
    class Plus(Lambda):
        def call(self, inputs, mask=None, training=None):
            return super().call(inputs, mask, training) + 1

    class Named(Lambda):
        """Changes nothing of a call."""

    layer = warmed(Plus(doubled))
    assert not is_short(layer)
    np.testing.assert_allclose(array(layer(TENSOR)), 2 * X + 1)
    assert is_short(warmed(Named(doubled)))


def test_a_call_that_is_replaced_on_the_object():
    layer = warmed(Lambda(doubled))
    layer.call = lambda inputs, mask=None, training=None: inputs
    np.testing.assert_allclose(array(layer(TENSOR)), X)


def test_what_is_no_expression_is_never_short():
    layer = warmed(Lambda(lambda x: x if float(ops.sum(x)) > 1e9 else -x))
    assert not is_short(layer)
    np.testing.assert_allclose(array(layer(TENSOR)), -X)


def test_layers_that_are_called_inside():
    dense = keras.layers.Dense(2)
    layer = warmed(Lambda(lambda x: dense(x)))
    assert not is_short(layer)
    np.testing.assert_allclose(array(layer(TENSOR)), array(dense(TENSOR)), rtol=1e-5)


def test_errors_are_those_of_the_long_way():
    layer = warmed(Lambda(lambda t: t[0] @ t[1]), [TENSOR, ops.transpose(TENSOR)])
    with pytest.raises(lamina.LaminaError, match="matmul failed") as error:
        layer([TENSOR, ops.ones((3, 3))])
    assert "float32(8, 4)" in str(error.value)


def test_a_loaded_layer(tmp_path):
    model = keras.Sequential([keras.Input((4,)), Lambda(lambda x: x * lamina.variable("gain", 2.0))])
    model.layers[0].trainable_weights[0].assign(5.0)
    model.save(tmp_path / "m.keras")
    layer = warmed(keras.saving.load_model(tmp_path / "m.keras").layers[0])
    assert is_short(layer)
    np.testing.assert_allclose(array(layer(TENSOR)), 5 * X, rtol=1e-6)


def test_traces_take_the_expression_in():
    layer = warmed(Lambda(lambda x: ops.tanh(x) * 2.0))
    expected = 2 * np.tanh(X)
    np.testing.assert_allclose(array(traced(layer)(TENSOR)), expected, rtol=1e-5)
    np.testing.assert_allclose(array(ops.vectorized_map(layer, TENSOR)), expected, rtol=1e-5)
    assert layer.compute_output_spec(keras.KerasTensor((None, 4))).shape == (None, 4)


def traced(layer):
    """A function of the backend's own that calls the layer; what it recorded is looked at."""
    if BACKEND == "jax":
        import jax

        text = str(jax.make_jaxpr(layer)(TENSOR))
        assert "tanh" in text
        assert "jit" not in text
        return jax.jit(layer)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        function = tf.function(lambda x: layer(x))
        kinds = [op.type for op in function.get_concrete_function(TENSOR).graph.get_operations()]
        assert "Tanh" in kinds
        assert not [kind for kind in kinds if "Call" in kind]
        return function
    import torch

    program = torch.export.export(layer, (TENSOR,), strict=False)
    assert "tanh" in str(program.graph)
    return program.module()


@pytest.mark.skipif(BACKEND != "torch", reason="hooks are torch's")
def test_hooks_of_torch():
    layer = warmed(Lambda(doubled))
    seen = []
    handle = layer.register_forward_hook(lambda module, args, output: seen.append("after"))
    layer.register_forward_pre_hook(lambda module, args: seen.append("before"))
    layer(TENSOR)
    assert seen == ["before", "after"]
    handle.remove()
    layer(TENSOR)
    assert seen == ["before", "after", "before"]
    from torch.nn.modules.module import register_module_forward_hook

    other = warmed(Lambda(doubled))
    handle = register_module_forward_hook(lambda module, args, output: seen.append("global"))
    other(TENSOR)
    handle.remove()
    assert seen[-1] == "global"


@pytest.mark.skipif(BACKEND != "torch", reason="vmap and grad of torch")
def test_function_transforms_of_torch():
    import torch

    layer = warmed(Lambda(lambda x: ops.sum(ops.sin(x))))
    layer(TENSOR[0])
    np.testing.assert_allclose(array(torch.func.vmap(layer)(TENSOR)), np.sin(X).sum(1), rtol=1e-5)
    np.testing.assert_allclose(array(torch.func.grad(layer)(TENSOR)), np.cos(X), rtol=1e-5)


@pytest.mark.skipif(BACKEND != "jax", reason="transforms of JAX")
def test_function_transforms_of_jax():
    import jax

    layer = warmed(Lambda(lambda x: ops.sum(ops.sin(x))))
    layer(TENSOR[0])
    np.testing.assert_allclose(array(jax.vmap(layer)(TENSOR)), np.sin(X).sum(1), rtol=1e-5)
    np.testing.assert_allclose(array(jax.grad(layer)(TENSOR)), np.cos(X), rtol=1e-5)


@pytest.mark.skipif(BACKEND != "jax", reason="distributions are JAX's")
def test_a_distribution():
    layer = warmed(Lambda(doubled))
    with keras.distribution.DataParallel().scope():
        assert not is_short(layer)
    assert is_short(layer)
