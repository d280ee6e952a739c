"""Every example of the Keras and TensorFlow documents of Lambda, with only the import line changed."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import Input, Model, Sequential, layers, ops
from keras.layers import Dense

import lamina
from lamina import Lambda
from lamina import backend as K

rng = np.random.default_rng(0)


def antirectifier(x):
    x -= K.mean(x, axis=1, keepdims=True)
    x = K.l2_normalize(x, axis=1)
    pos = K.relu(x)
    neg = K.relu(-x)
    return K.concatenate([pos, neg], axis=1)


def expected_antirectifier(x):
    x = x - x.mean(1, keepdims=True)
    x = x / np.sqrt(np.maximum((x**2).sum(1, keepdims=True), 1e-12))
    return np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)], 1)


def test_square_and_antirectifier_in_a_sequential():
    model = Sequential([Input((6,))])
    model.add(Lambda(lambda x: x**2))
    model.add(Lambda(antirectifier))
    x = rng.normal(size=(5, 6)).astype("float32")
    assert model.output_shape == (None, 12)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected_antirectifier(x**2), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")
def test_plus_ten_with_input_shape(capsys):
    model = Sequential([Lambda(lambda x: x + 10, input_shape=(1,))])
    model.summary()
    printed = capsys.readouterr().out
    assert "lambda" in printed
    assert "(None, 1)" in printed
    assert model.predict(np.array([[1.0], [2.5]]), verbose=0).tolist() == [[11.0], [12.5]]


def test_image_normalization_functional():
    input_img = Input(shape=(28, 28, 3))
    normalized_img = Lambda(lambda x: x / 255.0)(input_img)
    x = Dense(128, activation="relu")(normalized_img)
    output = Dense(10, activation="softmax")(x)
    model = Model(inputs=input_img, outputs=output)
    assert model.output_shape == (None, 28, 28, 10)
    images = rng.integers(0, 256, (2, 28, 28, 3)).astype("float32")
    halfway = Model(input_img, normalized_img).predict(images, verbose=0)
    np.testing.assert_allclose(halfway, images / 255.0, atol=1e-6)


def test_function_object_of_the_backend():
    input_tensor = Input(shape=(10,))
    x = Dense(64)(input_tensor)
    custom_activation = Lambda(K.softplus)(x)
    output = Dense(1)(custom_activation)
    model = Model(inputs=input_tensor, outputs=output)
    inner = Model(input_tensor, [x, custom_activation]).predict(rng.normal(size=(3, 10)), verbose=0)
    assert model.output_shape == (None, 1)
    np.testing.assert_allclose(inner[1], np.log1p(np.exp(inner[0])), rtol=1e-5)


def test_product_with_a_constant_matrix():
    input_tensor = Input(shape=(5,))
    constant_weight = np.array([[1, 2, 3, 4, 5]], dtype=np.float32)
    output_tensor = Lambda(lambda x: ops.matmul(x, constant_weight.T), output_shape=(1,))(input_tensor)
    model = Model(inputs=input_tensor, outputs=output_tensor)
    assert model.predict(np.array([[1, 1, 1, 1, 1]], dtype=np.float32), verbose=0).tolist() == [[15.0]]


def test_the_scale_variable_is_tracked_and_trained():
    scale = keras.Variable(1.0)
    scale_layer = Lambda(lambda x: x * scale)
    model = Sequential([Input((4,)), scale_layer])
    assert scale_layer.trainable_weights == [scale]
    x = rng.normal(size=(64, 4)).astype("float32")
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.1
    model.fit(x, 3 * x, epochs=20, verbose=0)
    assert float(ops.convert_to_numpy(scale)) == pytest.approx(3.0, abs=0.05)


def linear_transform(x):
    v1 = lamina.variable("multiplier", 1.0)
    v2 = lamina.variable("bias", 0.0)
    return x * v1 + v2


def test_variables_created_inside_are_made_once_and_reused():
    linear_layer = Lambda(linear_transform)
    model = Sequential([Input((10,))])
    model.add(linear_layer)
    model.add(layers.Dense(10, activation="relu"))
    model.add(linear_layer)
    assert sorted(v.name for v in linear_layer.trainable_weights) == ["bias", "multiplier"]
    assert len(model.trainable_weights) == 4
    x = rng.normal(size=(32, 10)).astype("float32")
    model.compile("sgd", "mse")
    before = [w.copy() for w in linear_layer.get_weights()]
    model.fit(x, 2 * np.abs(x) + 1, epochs=2, verbose=0)
    assert all(not np.array_equal(a, b) for a, b in zip(before, linear_layer.get_weights(), strict=True))


def test_two_instances_of_one_function_do_not_share_variables():
    first, second = Lambda(linear_transform), Lambda(linear_transform)
    first(np.ones((1, 2), "float32"))
    second(np.ones((1, 2), "float32"))
    assert not {id(v) for v in first.weights} & {id(v) for v in second.weights}


def test_two_variables_of_one_name_are_refused():
    def unnamed(x):
        return x * K.variable(1.0) + K.variable(0.0)

    layer = Lambda(unnamed)
    with pytest.raises(lamina.LaminaError, match="two variables"):
        layer(np.ones((1, 2), "float32"))
    with pytest.raises(lamina.LaminaError, match="two variables"):
        layer.get_config()


def test_output_shape_of_the_batch_axis():
    inputs = Input((4, 3))
    assert Lambda(lambda x: x[:, :2], output_shape=(2, 3))(inputs).shape == (None, 2, 3)
    assert Lambda(lambda x: x[:, :2], output_shape=lambda s: (s[0], s[1] // 2, s[2]))(inputs).shape == (
        None,
        2,
        3,
    )
    fixed = Input(batch_shape=(8, 4, 3))
    assert Lambda(lambda x: x[:, :2], output_shape=(2, 3))(fixed).shape == (8, 2, 3)


def test_arguments_are_passed_to_the_function():
    layer = Lambda(lambda inputs, scale: inputs[0] + inputs[1] * scale, arguments={"scale": 0.17})
    a, b = np.ones((2, 3), "float32"), 2 * np.ones((2, 3), "float32")
    np.testing.assert_allclose(ops.convert_to_numpy(layer([a, b])), 1.34 * np.ones((2, 3)), rtol=1e-6)


def test_mask_function_and_mask_tensor():
    x = np.array([[1.0, 2.0], [0.0, 0.0]], "float32")[None]
    inputs = Input((2, 2))
    masked = layers.Masking()(inputs)
    passing = Lambda(lambda x: x * 2.0, mask=lambda x, m: m)
    fixed = Lambda(lambda x: x * 2.0, mask=np.array([[True, False]]))
    summed = layers.GlobalAveragePooling1D()(passing(masked))
    assert Model(inputs, summed).predict(x, verbose=0).tolist() == [[2.0, 4.0]]
    assert ops.convert_to_numpy(fixed.compute_mask(x)).tolist() == [[True, False]]


if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def test_tf_documents_run_unchanged_under_install():
        with lamina.install():
            from tensorflow.keras.layers import Input as TFInput
            from tensorflow.keras.layers import Lambda as TFLambda
            from tensorflow.keras.models import Model as TFModel

            assert TFLambda is Lambda
            scale = tf.Variable(1.0)
            scale_layer = tf.keras.layers.Lambda(lambda x: x * scale)
            assert isinstance(scale_layer, Lambda)
            assert scale_layer(tf.ones((1, 2))).shape == (1, 2)
            assert len(scale_layer.trainable_weights) == 1

            input_img = TFInput(shape=(8, 8, 3))
            flipped = TFLambda(lambda x: tf.image.random_flip_left_right(x), name="horizontal_flip")(
                input_img
            )
            images = rng.normal(size=(64, 8, 8, 3)).astype("float32")
            predicted = TFModel(input_img, flipped).predict(images, verbose=0)
            same = [np.allclose(p, i) for p, i in zip(predicted, images, strict=True)]
            mirrored = [np.allclose(p, i[:, ::-1]) for p, i in zip(predicted, images, strict=True)]
            assert all(a or b for a, b in zip(same, mirrored, strict=True))
            assert 5 < sum(same) < 59

            constant = np.array([[1, 2, 3, 4, 5]], dtype=np.float32)
            inputs = TFInput(shape=(5,))
            outputs = TFLambda(lambda x: tf.matmul(x, constant.T), output_shape=(1,))(inputs)
            assert TFModel(inputs, outputs).predict(np.ones((1, 5), "float32"), verbose=0).tolist() == [
                [15.0]
            ]

    def test_tf_variables_created_inside():
        def tf_linear(x):
            v1 = tf.Variable(1.0, name="multiplier")
            v2 = tf.Variable(0.0, name="bias")
            return x * v1 + v2

        layer = Lambda(tf_linear)
        model = Sequential([Input((3,)), layer, Dense(3), layer])
        assert sorted(v.name for v in layer.trainable_weights) == ["bias", "multiplier"]
        assert len(model.trainable_weights) == 4
