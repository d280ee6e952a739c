"""Layers that the tests of the 1.8 Layer API share."""

from __future__ import annotations

import keras
from keras import ops

from lamina.layer_v1 import LayerV1

NODE_PROPERTIES = ["input", "input_mask", "input_shape", "output", "output_mask", "output_shape"]


class Project(LayerV1, keras.layers.Layer):
    """A matrix product, a frozen offset and, on request, losses of both kinds."""

    def __init__(self, units=2, regularizer=None, with_losses=False, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.regularizer = regularizer
        self.with_losses = with_losses

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight("kernel", shape, None, "ones", self.regularizer)
        self.offset = self.add_weight("offset", (self.units,), initializer="zeros", trainable=False)

    def call(self, inputs):
        outputs = ops.matmul(inputs, self.kernel) + self.offset
        if self.with_losses:
            self.add_loss(ops.sum(inputs), inputs=inputs)
            self.add_loss([ops.sum(self.kernel)])
        return outputs

    def get_config(self):
        own = {"units": self.units, "regularizer": self.regularizer, "with_losses": self.with_losses}
        return {**super().get_config(), **own}


class Add(LayerV1, keras.layers.Layer):
    """Adds two inputs, with one loss for each."""

    def call(self, inputs):
        left, right = inputs
        self.add_loss(ops.sum(left), inputs=left)
        self.add_loss(ops.sum(right), inputs=[right])
        return left + right


class Identity(LayerV1, keras.layers.Layer):
    """Returns its input, and its mask."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs


def values(tensors):
    """The numbers of a list of scalar tensors."""
    return [float(ops.convert_to_numpy(tensor)) for tensor in tensors]


def called_twice():
    """A layer, its inputs and its outputs at two symbolic calls of different shapes."""
    layer = Identity()
    inputs = [keras.Input((3,)), keras.Input((5,))]
    return layer, inputs, [layer(tensor) for tensor in inputs]


def masked():
    """A layer called behind a Masking layer, with its input and its output."""
    layer = Identity()
    hidden = keras.layers.Masking()(keras.Input((4, 3)))
    return layer, hidden, layer(hidden)
