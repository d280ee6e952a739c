"""Train a classifier of handwritten digits with three Lambda layers, read it, save it."""

import keras
import numpy as np
from keras import ops
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lamina import Lambda

INK = 16.0  # the darkest pixel


def scale(x):
    return x / INK - 0.5


def antirectifier(x):
    x -= ops.mean(x, axis=1, keepdims=True)
    x = ops.normalize(x, axis=1)
    return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)


def l2_normalize(x):
    return x / ops.sqrt(ops.maximum(ops.sum(x**2, axis=1, keepdims=True), 1e-12))


def digits():
    images, labels = load_digits(return_X_y=True)  # 1797 images of 8 x 8 pixels
    return train_test_split(images.astype("float32"), labels, test_size=0.25, random_state=0)


def build():
    layers = [
        keras.Input((64,)),
        Lambda(scale),
        keras.layers.Dense(128),
        Lambda(antirectifier),
        keras.layers.Dense(64, activation="relu"),
        Lambda(l2_normalize),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(name="digits", **options):
    x_train, x_test, y_train, y_test = digits()
    model = build()
    model.fit(x_train, y_train, **{"batch_size": 64, "epochs": 15} | options)
    model.save(f"{name}.keras")
    np.savez(f"{name}.npz", x=x_test, y=y_test, outputs=model.predict(x_test, verbose=0))
    return model


if __name__ == "__main__":
    for layer in main().layers:
        if isinstance(layer, Lambda):
            print(layer.expression.source())
