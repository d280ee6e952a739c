"""What Keras 3 does with its own layers, it does with layers that have the mixin."""

from __future__ import annotations

import copy
import gc
import weakref

import keras
import numpy as np
import pytest
from keras import ops

from lamina.layer_v1 import LayerV1
from lamina.layer_v1.losses import ConditionalLosses

# Keras 3.15 reads its variables in a way that NumPy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@keras.saving.register_keras_serializable(package="lamina_tests")
class DenseV1(LayerV1, keras.layers.Dense):
    """A stock layer with the mixin."""


@keras.saving.register_keras_serializable(package="lamina_tests")
class Penalty(LayerV1, keras.layers.Layer):
    """Scales its input and adds a loss of each kind."""

    def build(self, input_shape):
        self.scale = self.add_weight("scale", (input_shape[-1],), None, "ones", keras.regularizers.L2(0.5))

    def call(self, inputs):
        self.add_loss(ops.mean(inputs), inputs=inputs)
        self.add_loss(ops.sum(self.scale))
        return inputs * self.scale


@keras.saving.register_keras_serializable(package="lamina_tests")
class StockPenalty(keras.layers.Layer):
    """The same without the mixin."""

    def build(self, input_shape):
        regularizer = keras.regularizers.L2(0.5)
        shape = (input_shape[-1],)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones", regularizer=regularizer)

    def call(self, inputs):
        self.add_loss(ops.mean(inputs))
        self.add_loss(ops.sum(self.scale))
        return inputs * self.scale


def model_of(dense, penalty):
    """A model of the given classes, with the same initial weights each time."""
    inputs = keras.Input((3,))
    ones = keras.initializers.Constant(0.5)
    hidden = dense(4, kernel_initializer=ones, activity_regularizer="l2", name="hidden")(inputs)
    return keras.Model(inputs, penalty(activity_regularizer="l1", name="penalty")(hidden))


DATA = np.arange(24.0).reshape(8, 3) / 24, np.ones((8, 4))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_fit_counts_the_same_losses(run_eagerly):
    histories, finals = [], []
    for classes in ((DenseV1, Penalty), (keras.layers.Dense, StockPenalty)):
        model = model_of(*classes)
        # In eager steps on JAX, Keras 3.15 forgets losses of stock layers where memory is used again.
        model.compile("sgd", "mse", run_eagerly=run_eagerly and classes[0] is DenseV1)
        histories.append(model.fit(*DATA, epochs=3, batch_size=4, shuffle=False, verbose=0).history["loss"])
        histories.append([model.evaluate(*DATA, batch_size=4, verbose=0)])
        finals.append(model.get_weights())
    np.testing.assert_allclose(histories[0], histories[2], rtol=1e-6)
    np.testing.assert_allclose(histories[1], histories[3], rtol=1e-6)
    for ours, theirs in zip(*finals, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_no_loss_is_lost_where_memory_is_used_again():
    first, second = Penalty(), Penalty()
    with keras.StatelessScope(collect_losses=True) as scope:
        first.build((None, 3))
        first(ops.ones((2, 3)))
        # What is left of a loss that `second` added in an earlier scope, at the address of this one.
        second._loss_ids.add(id(scope.losses[0]))
        second.add_loss(ops.ones(()))
        second._clear_losses()
        assert len(scope.losses) == 2


def test_losses_are_those_of_keras_in_eager_use():
    counts = []
    for classes in ((DenseV1, Penalty), (keras.layers.Dense, StockPenalty)):
        model = model_of(*classes)
        model(ops.convert_to_tensor(DATA[0], "float32"))
        counts.append([float(ops.convert_to_numpy(loss)) for loss in model.losses])
    np.testing.assert_allclose(counts[0], counts[1], rtol=1e-6)
    assert len(counts[0]) == 5


def test_summary():
    lines = []
    model_of(DenseV1, Penalty).summary(print_fn=lambda text, **_: lines.append(text))
    assert all(text in "".join(lines) for text in ("(None, 4)", "penalty"))


def test_summary_of_a_model_that_was_called_on_values():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = DenseV1(7)

        def call(self, inputs):
            return self.first(inputs)

    model, lines = Subclassed(), []
    model(np.ones((2, 3)))
    model.summary(print_fn=lambda text, **_: lines.append(text))
    assert "(2, 7)" in "".join(lines)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_saving(tmp_path, suffix):
    model = model_of(DenseV1, Penalty)
    model.get_layer("hidden").kernel.assign(np.arange(12.0).reshape(3, 4))
    model.save(tmp_path / f"model.{suffix}")
    loaded = keras.saving.load_model(tmp_path / f"model.{suffix}")
    np.testing.assert_allclose(loaded.predict(DATA[0], verbose=0), model.predict(DATA[0], verbose=0))
    assert isinstance(loaded.get_layer("penalty"), Penalty)
    assert loaded.get_layer("hidden").output_shape == (None, 4)


def test_saving_of_symbolic_losses(tmp_path):
    layer, inputs = Penalty(activity_regularizer="l2"), keras.Input((3,))
    layer(inputs)
    model = keras.Model(inputs, layer.get_losses_for(inputs))
    assert any(isinstance(one, ConditionalLosses) for one in model.layers)
    model.save(tmp_path / "losses.keras")
    loaded = keras.saving.load_model(tmp_path / "losses.keras")
    for ours, theirs in zip(loaded(DATA[0]), model(DATA[0]), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(ours), ops.convert_to_numpy(theirs))


def test_a_symbolic_loss_trains_the_layer():
    layer, inputs = DenseV1(2, activity_regularizer=keras.regularizers.L2(1.0)), keras.Input((3,))
    layer(inputs)
    model = keras.Model(inputs, ops.reshape(layer.get_losses_for(inputs)[0], (1,)))
    model.compile("sgd", lambda _, loss: loss)
    before = model.evaluate(DATA[0], np.zeros((8, 1)), batch_size=8, verbose=0)
    model.fit(DATA[0], np.zeros((8, 1)), batch_size=8, epochs=5, verbose=0)
    assert model.evaluate(DATA[0], np.zeros((8, 1)), batch_size=8, verbose=0) < before


def test_clone_model():
    model = model_of(DenseV1, Penalty)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(clone.predict(DATA[0], verbose=0), model.predict(DATA[0], verbose=0))
    assert clone.get_layer("hidden") is not model.get_layer("hidden")


def test_weights_file(tmp_path):
    model, other = model_of(DenseV1, Penalty), model_of(DenseV1, Penalty)
    model.get_layer("hidden").kernel.assign(np.arange(12.0).reshape(3, 4))
    model.save_weights(tmp_path / "w.weights.h5")
    other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_allclose(other.predict(DATA[0], verbose=0), model.predict(DATA[0], verbose=0))


def test_quantize_and_lora():
    layer = DenseV1(4)
    layer(np.ones((2, 3), "float32"))
    layer.enable_lora(2)
    assert len(layer.trainable_weights) == 3
    quantized = DenseV1(4)
    quantized(np.ones((2, 3), "float32"))
    quantized.quantize("int8", type_check=False)
    assert quantized.kernel.dtype == "int8"


def test_the_stock_methods_stay_those_of_the_layer():
    assert DenseV1.compute_output_shape is keras.layers.Dense.compute_output_shape
    assert DenseV1.build is keras.layers.Dense.build
    masking = type("MaskingV1", (LayerV1, keras.layers.Masking), {})()
    mask = masking.compute_mask(np.array([[[0.0], [1.0]]]))
    np.testing.assert_array_equal(ops.convert_to_numpy(mask), [[False, True]])


def test_a_model_keeps_its_own_inputs():
    class ModelV1(LayerV1, keras.Model):
        pass

    inputs = keras.Input((3,))
    model = ModelV1(inputs, {"out": keras.layers.Dense(2)(inputs)})
    model(keras.Input((3,)))
    model(keras.Input((3,)))
    assert model.input is inputs
    assert list(model.output) == ["out"]
    assert model.input_shape == (None, 3)
    assert isinstance(keras.models.clone_model(model), keras.Model)


def test_a_sequential_model_keeps_its_own_inputs():
    class SequentialV1(LayerV1, keras.Sequential):
        pass

    model = SequentialV1([keras.layers.Dense(2)])
    assert not hasattr(model, "input_shape")
    model.build((None, 3))
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a SavedModel needs TensorFlow")
@pytest.mark.filterwarnings("ignore")
def test_export(tmp_path):
    import tensorflow as tf

    model = model_of(DenseV1, Penalty)
    model.export(tmp_path / "saved", verbose=False)
    x = DATA[0].astype("float32")
    loaded = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.serve(x), model(x), rtol=1e-6)


def test_the_mixin_keeps_no_tensor_alive():
    layer = Penalty()
    layer(ops.ones((2, 3)))
    kept = weakref.ref(layer.losses[0])
    layer(ops.zeros((2, 3)))
    gc.collect()
    assert kept() is None


def test_the_log_of_losses_does_not_grow():
    layer = Penalty()
    for _ in range(5):
        layer(ops.ones((2, 3)))
    gc.collect()
    layer(ops.ones((2, 3)))
    assert len(layer._loss_log._records) <= 4


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX checks for leaked tracers")
def test_no_tracer_leaks_from_a_compiled_call():
    import jax

    layer = Penalty(activity_regularizer="l2")
    layer.build((None, 3))

    def total(scale, inputs):
        with keras.StatelessScope([(layer.scale, scale)], collect_losses=True):
            layer(inputs)
            return sum(layer.get_losses_for(inputs))

    with jax.checking_leaks():
        found = jax.jit(total)(np.ones(3, "float32"), np.ones((2, 3), "float32"))
    assert float(found) == pytest.approx(1.03)


def test_copies_of_a_model():
    model = model_of(DenseV1, Penalty)
    copied = copy.deepcopy(model)
    np.testing.assert_allclose(copied.predict(DATA[0], verbose=0), model.predict(DATA[0], verbose=0))
