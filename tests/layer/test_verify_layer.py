"""`Lambda(verify=True)`: the layer compares what it captured with its function."""

from __future__ import annotations

from queue import SimpleQueue

import keras
import numpy as np
import pytest
from keras import layers, ops

import lamina
from lamina import Lambda
from lamina.errors import VerificationError
from lamina.vocabulary.keras import VOCABULARIES

X = np.random.default_rng(3).normal(size=(4, 6)).astype("float32")


@pytest.fixture
def wrong_softplus(monkeypatch):
    """A vocabulary in which `keras.ops.softplus` is something else."""
    monkeypatch.setitem(VOCABULARIES[0].table, "softplus", VOCABULARIES[0].table["relu"])


def bent(x):
    doubled = x * 2
    bent = ops.softplus(doubled)
    return bent + 1


def test_a_right_expression_passes_silently():
    layer = Lambda(bent, verify=True)
    np.testing.assert_allclose(ops.convert_to_numpy(layer(X)), np.log1p(np.exp(2 * X)) + 1, rtol=1e-4)
    assert "verify" not in layer.get_config()


def fit(layer):
    model = keras.Sequential([layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)


FIRST_USES = {"call": lambda layer: layer(X), "symbolic": lambda layer: layer(keras.Input((6,))), "fit": fit}


@pytest.mark.usefixtures("wrong_softplus")
@pytest.mark.parametrize("use", FIRST_USES)
def test_a_difference_names_the_first_call_wherever_the_layer_is_first_used(use):
    layer = Lambda(bent, verify=True, name="bent")
    line = bent.__code__.co_firstlineno + 2
    with pytest.raises(
        VerificationError, match=rf"'bent'.*softplus at .*:{line}, captured as keras.ops.relu"
    ):
        FIRST_USES[use](layer)


@pytest.mark.usefixtures("wrong_softplus")
def test_it_fails_each_time():
    layer = Lambda(bent, verify=True)
    for _ in range(2):
        with pytest.raises(VerificationError):
            layer(X)


def trained(**options):
    """A model with state of every kind, after a little compiled training; and the weights of its Lambda."""
    keras.utils.set_random_seed(1)
    gain, normalization = keras.Variable(2.0, name="gain"), layers.BatchNormalization()

    def noisy(x, training=False):
        lamina.add_loss(0.01 * ops.sum(x) * gain)
        noise = keras.random.normal(ops.shape(x)) if training else 0.0
        return normalization(x * gain + noise, training=training) + lamina.variable("offset", 1.0)

    model = keras.Sequential([keras.Input((6,)), layers.Dense(3), Lambda(noisy, **options), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0, epochs=2, shuffle=False)
    return model, [ops.convert_to_numpy(v.value) for v in model.variables]


def test_both_phases_are_compared_inside_a_compiled_fit_and_nothing_changes_by_it():
    model, verified = trained(verify=True)
    assert len(model.layers[1]._check.value._done) == 2
    for one, other in zip(verified, trained()[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["int32", "bool", "float16", "uint8"])
def test_samples_have_the_dtype_of_the_inputs(dtype):
    seen = SimpleQueue()

    def function(x):
        seen.put(keras.backend.standardize_dtype(x.dtype))
        return ops.cast(x, "float32") + 1

    Lambda(function, verify=True, dtype="float16")(ops.zeros((2, 3), dtype=dtype))
    assert {seen.get() for _ in range(seen.qsize())} == {dtype}


def test_masks_are_compared_too(monkeypatch):
    def masked(x, mask=None):
        return x * ops.expand_dims(ops.cast(mask, x.dtype), -1)

    layer = Lambda(masked, mask=lambda x, m: m, verify=True)
    layer(ops.ones((2, 3, 4)), mask=ops.ones((2, 3), dtype="bool"))
    assert len(layer._check.value._done) == 1


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: layers.Dense(2)(x), "makes layers"),
        (lambda x: K.l2_normalize(x), "AttributeError"),
    ],
)
def test_the_layer_says_what_could_not_be_compared(function, reason):
    with pytest.warns(UserWarning, match=f"was not verified: .*{reason}"):
        Lambda(function, verify=True)(X)


from keras import backend as K  # noqa: E402  (Keras 3 has no K.l2_normalize: only lamina's vocabulary does)
