"""Phases and masks: what the function asks for, what it receives, what is saved."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops
from tests.layer.helpers import array, reloaded, rng, same, sequential

import lamina
from lamina import Lambda
from lamina import backend as K

X = rng.normal(size=(2, 3, 4)).astype("float32")
X[0, 1] = 0
KEEP = np.any(X != 0, axis=-1)
FLAT = rng.normal(size=(8, 4)).astype("float32")

# The phase

PHASES = {
    "in_train_phase": lambda x: K.in_train_phase(x * 2, x * 3),
    "in_train_phase_of_functions": lambda x: K.in_train_phase(lambda: x * 2, lambda: x * 3),
    "in_test_phase": lambda x: K.in_test_phase(x * 3, x * 2),
    "learning_phase": lambda x: x * 2 if K.learning_phase() else x * 3,
    "parameter": lambda x, training=None: x * 2 if training else x * 3,
    "parameter_passed_on": lambda x, training=None: K.in_train_phase(x * 2, x * 3, training=training),
}


@pytest.mark.parametrize("how", list(PHASES))
def test_both_phases_run_and_are_saved(how, tmp_path):
    layer = Lambda(PHASES[how])
    model = sequential(layer)
    for one in (model, reloaded(model, tmp_path)):
        np.testing.assert_allclose(array(one(FLAT, training=True)), 2 * FLAT, rtol=1e-6)
        np.testing.assert_allclose(array(one(FLAT)), 3 * FLAT, rtol=1e-6)
        assert [program.training for program in one.layers[0]._programs.value] == [False, True]


def test_a_phase_that_changes_nothing_is_saved_once():
    layer = Lambda(lambda x, training=None: x + 1.0)
    layer(FLAT, training=True)
    assert len(layer.expressions) == 1


def test_the_phase_reaches_a_function_that_is_no_expression():
    def function(x):
        assert float(ops.convert_to_numpy(x).max()) < 100
        return K.in_train_phase(x * 2, x * 3)

    layer = Lambda(function)
    np.testing.assert_allclose(array(layer(FLAT, training=True)), 2 * FLAT, rtol=1e-6)
    np.testing.assert_allclose(array(layer(FLAT)), 3 * FLAT, rtol=1e-6)


# The mask as an argument


def masked(x, mask=None):
    return x if mask is None else x * ops.expand_dims(ops.cast(mask, x.dtype), -1) + 1.0


@pytest.mark.filterwarnings("ignore:Layer 'lambda.*was passed an input with a mask")
def test_the_mask_of_one_input(tmp_path):
    layer = Lambda(masked)
    np.testing.assert_allclose(array(layer(X)), X)
    given = layer(X, mask=ops.convert_to_tensor(np.array([[1, 0, 1], [1, 1, 0]], bool)))
    np.testing.assert_allclose(array(given)[1, 2], 1.0)
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, layer(layers.Masking()(inputs)))
    loaded = reloaded(model, tmp_path)
    np.testing.assert_allclose(array(model(X))[0, 1], 1.0)
    same(model, loaded, X)
    alone = loaded.layers[-1]
    np.testing.assert_allclose(array(alone(X)), X)


def many(inputs, mask=None):
    total = 0.0
    for tensor, one in zip(inputs, mask, strict=True):
        total = total + (tensor if one is None else ops.where(ops.expand_dims(one, -1), tensor, 7.0))
    return total


def named(inputs, mask=None):
    return many([inputs["a"], inputs["b"]], mask=[mask["a"], mask["b"]])


@pytest.mark.filterwarnings("ignore:Layer 'lambda.*was passed an input with a mask")
@pytest.mark.parametrize("present", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("form", ["list", "dict"])
def test_masks_of_several_inputs(present, form, tmp_path):
    inputs = [keras.Input((3, 4), name=name) for name in "ab"]
    branches = [layers.Masking()(i) if p else i for i, p in zip(inputs, present, strict=True)]
    joined = branches if form == "list" else dict(zip("ab", branches, strict=True))
    layer = Lambda(many if form == "list" else named)
    model = keras.Model(inputs, layer(joined))
    expected = sum(np.where(KEEP[..., None], X, 7.0) if p else X for p in present)
    for one in (model, reloaded(model, tmp_path)):
        np.testing.assert_allclose(array(one([X, X])), expected, rtol=1e-6)
    assert layer._refusal is None


@pytest.mark.filterwarnings("ignore:Layer 'lambda.*was passed an input with a mask")
def test_a_loaded_layer_says_which_masks_it_knows(tmp_path):
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, Lambda(masked, name="lambda_m")(layers.Masking()(inputs)))
    data = model.layers[-1].get_config()
    data["expressions"] = [item for item in data["expressions"] if item["mask"]]
    loaded = Lambda.from_config(data)
    with pytest.raises(lamina.LaminaError, match="with masks"):
        loaded(X)


# The output mask

MASKS = {
    "of the values": (lambda x, m: ops.any(ops.not_equal(x, 0), axis=-1), False, KEEP),
    "of the mask": (lambda x, m: m, True, KEEP),
    "none of none": (lambda x, m: m, False, None),
    "all but the last": (
        lambda x, m: ops.logical_and(m, np.array([True, True, False])),
        True,
        KEEP & [True, True, False],
    ),
    "fixed": (np.array([[True, False, True]] * 2), False, [[True, False, True]] * 2),
}


@pytest.mark.parametrize("form", list(MASKS))
def test_output_masks(form, tmp_path):
    mask, before, expected = MASKS[form]
    inputs = keras.Input((3, 4))
    layer = Lambda(lambda x: x * 2.0, mask=mask)
    hidden = layers.Masking()(inputs) if before else inputs
    model = keras.Model(inputs, layers.GlobalAveragePooling1D()(layer(hidden)))
    keep = np.ones((2, 3)) if expected is None else np.array(expected, "float32")
    mean = (2 * X * keep[..., None]).sum(1) / keep.sum(1, keepdims=True)
    for one in (model, reloaded(model, tmp_path)):
        np.testing.assert_allclose(array(one(X)), mean, rtol=1e-5)
        found = one.layers[-2].compute_mask(
            ops.convert_to_tensor(X), ops.convert_to_tensor(KEEP) if before else None
        )
        assert (found is None) == (expected is None)
        if expected is not None:
            np.testing.assert_array_equal(array(found), expected)


@pytest.mark.parametrize("index", [0, 1])
def test_output_masks_of_several_inputs(index, tmp_path):
    inputs = [keras.Input((3, 4)), keras.Input((3, 4))]
    layer = Lambda(lambda t: t[0] + t[1], mask=lambda t, m: m[index])
    hidden = layer([layers.Masking()(inputs[0]), inputs[1]])
    model = keras.Model(inputs, layers.GlobalAveragePooling1D()(hidden))
    keep = KEEP if index == 0 else np.ones_like(KEEP)
    mean = (2 * X * keep[..., None]).sum(1) / keep.sum(1, keepdims=True)
    for one in (model, reloaded(model, tmp_path)):
        np.testing.assert_allclose(array(one([X, X])), mean, rtol=1e-5)


def test_a_mask_function_that_is_no_expression_cannot_be_saved():
    layer = Lambda(
        lambda x: x * 2.0, mask=lambda x, m: ops.convert_to_tensor(ops.convert_to_numpy(x).any(-1))
    )
    np.testing.assert_array_equal(array(layer.compute_mask(ops.convert_to_tensor(X))), KEEP)
    with pytest.raises(lamina.LaminaError, match="mask function of layer"):
        layer.get_config()


def test_supports_masking():
    plain, with_mask = Lambda(lambda x: x * 2), Lambda(lambda x: x * 2, mask=lambda x, m: m)
    assert (plain.supports_masking, with_mask.supports_masking) == (False, True)
    assert plain.compute_mask(X, KEEP) is None
    plain.supports_masking = True
    assert plain.compute_mask(X, KEEP) is KEEP
    hidden = plain(layers.Masking()(keras.Input((3, 4))))
    assert plain.output_mask is not None
    assert hidden.shape == (None, 3, 4)


@pytest.mark.filterwarnings("ignore:Layer 'lambda.*was passed an input with a mask")
def test_a_mask_reaches_layers_inside(tmp_path):
    embedding, recurrent = layers.Embedding(10, 4, mask_zero=True), layers.SimpleRNN(3)
    padded, short = np.array([[1, 2, 0, 0]]), np.array([[1, 2]])
    inside = Lambda(lambda t: recurrent(embedding(t)))
    expected = array(inside(short))
    np.testing.assert_allclose(array(inside(padded)), expected, rtol=1e-5)
    tokens = keras.Input((4,), dtype="int32")

    def passed_on(x, mask=None):
        return recurrent(x, mask=mask)

    model = keras.Model(tokens, Lambda(passed_on)(embedding(tokens)))
    loaded = reloaded(model, tmp_path)
    np.testing.assert_allclose(array(loaded(padded)), expected, rtol=1e-5)
