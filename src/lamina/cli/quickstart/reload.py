"""Load the classifier in a process that has none of its functions, on any backend, and test it."""

import sys

import keras
import numpy as np

import lamina  # noqa: F401  (Keras finds the layer, and needs nothing else)


def main(name="digits"):
    model = keras.saving.load_model(f"{name}.keras", compile=False)  # to predict, not to train on
    with np.load(f"{name}.npz") as data:
        test = dict(data)
    outputs = model.predict(test["x"], verbose=0)
    np.testing.assert_allclose(outputs, test["outputs"], atol=1e-5)
    accuracy, difference = np.mean(outputs.argmax(1) == test["y"]), np.abs(outputs - test["outputs"]).max()
    print(f"{keras.backend.backend()}: accuracy {accuracy:.2%}, largest difference {difference:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
