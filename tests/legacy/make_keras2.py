"""Writes `keras2.tar.xz`: models of Keras 2 with what they compute. Run by hand, with tf_keras installed.

python tests/legacy/make_keras2.py tests/legacy/keras2.tar.xz
"""

from __future__ import annotations

import os
import sys
import tarfile
import tempfile
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf_keras as keras

layers = keras.layers
random = np.random.RandomState(0)


def data(*shape: int) -> np.ndarray:
    return random.uniform(-1, 1, shape).astype("float32")


def convolutions() -> Any:
    start = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(start)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.SeparableConv2D(5, 3, padding="same")(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2DTranspose(2, 3, strides=2)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    x = layers.GlobalAveragePooling2D()(x)
    regularizer, constraint = keras.regularizers.l2(0.01), keras.constraints.MaxNorm(3)
    dense = layers.Dense(3, "hard_sigmoid", kernel_regularizer=regularizer, kernel_constraint=constraint)
    return keras.Model(start, dense(x)), [data(2, 8, 8, 3)]


def volumes() -> Any:
    start, frames = keras.Input((4, 4, 4, 2)), keras.Input((3, 4, 4, 2))
    x = layers.Conv3D(3, 2)(start)
    x = layers.UpSampling3D()(x)
    x = layers.ZeroPadding3D()(x)
    x = layers.Cropping3D()(x)
    x = layers.AveragePooling3D()(x)
    return keras.Model([start, frames], [x, layers.ConvLSTM2D(2, 2)(frames)]), [
        data(1, 4, 4, 4, 2),
        data(1, 3, 4, 4, 2),
    ]


def recurrent() -> Any:
    start = keras.Input((5, 3))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True, recurrent_activation="hard_sigmoid"))(
        start
    )
    x = layers.GRU(3, return_sequences=True)(x)
    x = layers.GRU(3, reset_after=False, return_sequences=True, recurrent_activation="hard_sigmoid")(x)
    last, hidden, carry = layers.LSTM(4, return_state=True)(x)
    continued = layers.LSTM(4)(x, initial_state=[hidden, carry])
    return keras.Model(start, [continued, layers.SimpleRNN(2)(x), last]), [data(2, 5, 3)]


def embedded() -> Any:
    start = keras.Input((6,), dtype="int32")
    x = layers.Embedding(10, 4, mask_zero=True)(start)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum")(x)
    x = layers.TimeDistributed(layers.Dense(2))(x)
    x = layers.Masking()(x)
    return keras.Model(start, layers.LSTM(3)(x)), [random.randint(0, 10, (3, 6)).astype("int32")]


def block(name: str, last: int) -> Any:
    return keras.Sequential(
        [layers.Dense(4, input_shape=(4,)), layers.BatchNormalization(), layers.Dense(last)], name=name
    )


def nested() -> Any:
    start = keras.Input((4,))
    x = layers.Dense(4)(start)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(4)(x)
    inner = keras.Model(start, layers.BatchNormalization(trainable=False)(x), name="inner")
    shared, frozen = block("shared", 3), block("frozen", 4)
    frozen.trainable = False
    one, other = keras.Input((4,)), keras.Input((4,))
    first, second = shared(inner(frozen(one))), shared(inner(other))
    outputs = [layers.Concatenate()([first, second]), layers.Dot(1)([first, second])]
    return keras.Model([one, other], outputs), [data(3, 4), data(3, 4)]


def operations() -> Any:
    start = keras.Input((4, 4, 3))
    x = tf.cast(start, "float32") / 255.0 - 0.5
    x = tf.concat([x[:, ::2, :, :2], x[:, ::2, :, :2] * 2.0], axis=-1)
    x = tf.reduce_mean(x, axis=[1, 2], keepdims=False)
    x = tf.nn.relu(x) + tf.expand_dims(tf.reduce_sum(x, -1), -1)
    x = tf.reshape(x, [tf.shape(x)[0], 2, 2])
    return keras.Model(start, tf.transpose(x, [0, 2, 1])), [data(2, 4, 4, 3)]


def small_layers() -> Any:
    start = keras.Input((6,))
    x = layers.Rescaling(1 / 3.0, 0.1)(start)
    x = layers.LayerNormalization()(x)
    x = layers.ReLU(max_value=2.0)(x)
    x = layers.ELU()(x)
    x = layers.ThresholdedReLU(0.1)(x)
    x = layers.Reshape((3, 2))(x)
    x = layers.Permute((2, 1))(x)
    x = layers.Conv1D(4, 1, activation="swish")(x)
    x = layers.Attention()([x, x])
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.Dropout(0.5)(x)
    x = layers.GaussianNoise(0.1)(x)
    x = layers.ActivityRegularization(l1=0.1)(x)
    x = layers.Softmax()(x)
    x = layers.Flatten()(x)
    x = layers.RepeatVector(2)(x)
    return keras.Model(start, layers.Activation("hard_sigmoid")(x)), [data(2, 6)]


def compiled() -> Any:
    model = keras.Sequential(
        [layers.Dense(3, input_shape=(4,), kernel_initializer="he_normal"), layers.Dense(1, "sigmoid")]
    )
    model.compile(
        keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()]
    )
    return model, [data(2, 4)]


def slashes() -> Any:
    start = keras.Input((4,))
    return keras.Model(start, layers.Dense(2, name="top/out")(layers.Dense(3, name="block/dense")(start))), [
        data(2, 4)
    ]


def tied() -> Any:
    both = layers.Dense(4, name="both")
    one, other, start = keras.Input((4,)), keras.Input((4,)), keras.Input((4,))
    first = keras.Model(one, layers.Dense(4)(both(one)), name="first")
    second = keras.Model(other, both(layers.Dense(4)(other)), name="second")
    return keras.Model(start, second(first(start))), [data(2, 4)]


CASES = (
    convolutions,
    volumes,
    recurrent,
    embedded,
    nested,
    operations,
    small_layers,
    compiled,
    slashes,
    tied,
)


def weight(variable: Any) -> np.ndarray:
    low = 0.1 if "variance" in variable.name else -0.6
    return random.uniform(low, 0.9, variable.shape).astype("float32")


def write(folder: str, make: Any) -> None:
    keras.backend.clear_session()
    model, inputs = make()
    model.set_weights([weight(variable) for variable in model.weights])
    outputs = tf.nest.flatten(model(inputs if len(inputs) > 1 else inputs[0], training=False))
    path = f"{folder}/{make.__name__}"
    arrays = {"i": inputs, "o": outputs, "w": model.get_weights()}
    np.savez(
        f"{path}.npz",
        **{f"{kind}{n}": np.asarray(a) for kind, group in arrays.items() for n, a in enumerate(group)},
    )
    model.save(f"{path}.h5")
    model.save(f"{path}.sm", save_format="tf")
    with open(f"{path}.json", "w") as file:
        file.write(model.to_json())
    if make is not operations:  # it cannot be saved in this format
        model.save(f"{path}.keras")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(f"{root}/keras2")
        for case in CASES:
            write(f"{root}/keras2", case)
        with tarfile.open(sys.argv[1], "w:xz") as archive:
            archive.add(f"{root}/keras2", "keras2")
