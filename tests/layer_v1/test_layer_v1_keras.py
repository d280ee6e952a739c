"""Keras's own behavioural test of a layer, on stock layers with the mixin."""

from __future__ import annotations

import keras
import pytest
from keras.src import testing

from lamina.layer_v1 import LayerV1

DENSE = {"units": 4, "activity_regularizer": "l2", "kernel_regularizer": "l2"}

# class, arguments, input shape, output shape, trainable, non-trainable, seed generators, losses
CASES = [
    (keras.layers.Dense, DENSE, (2, 3), (2, 4), 2, 0, 0, 2),
    (keras.layers.BatchNormalization, {}, (2, 3), (2, 3), 2, 2, 0, 0),
    (keras.layers.Dropout, {"rate": 0.5}, (2, 3), (2, 3), 0, 0, 1, 0),
    (keras.layers.Masking, {}, (2, 3, 4), (2, 3, 4), 0, 0, 0, 0),
    (keras.layers.LSTM, {"units": 4}, (2, 3, 5), (2, 4), 3, 0, 1, 0),
]


@pytest.mark.filterwarnings("ignore")  # the helper of Keras warns by itself
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_the_layer_test_of_keras(case):
    stock, arguments, input_shape, output_shape, trainable, non_trainable, seeds, losses = case
    layer_class = type(f"{stock.__name__}V1", (LayerV1, stock), {})
    testing.TestCase().run_layer_test(
        layer_class,
        init_kwargs=arguments,
        input_shape=input_shape,
        expected_output_shape=output_shape,
        expected_num_trainable_weights=trainable,
        expected_num_non_trainable_weights=non_trainable,
        expected_num_seed_generators=seeds,
        expected_num_losses=losses,
        supports_masking=True,
        custom_objects={layer_class.__name__: layer_class},
    )
