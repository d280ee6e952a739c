"""Lambdas that follow one another as one: the same numbers, state and training, fewer layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from tests.layer.helpers import X, array, reloaded, same, sequential
from tests.layer.processes import run

import lamina
from lamina import Lambda
from lamina.errors import SavingError

BIG = np.linspace(-1, 1, 4 * 100, dtype="float32").reshape(4, 100)


def names(model):
    return [layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def half():
    return Lambda(lambda x: x / 2.0, name="half")


def square():
    return Lambda(lambda x: ops.square(x), name="square")


def shift():
    return Lambda(lambda x: x + 1.0, name="shift")


def functional(*chains, inputs=None):
    """A model of several layers, each called on the last tensor."""
    tensor = inputs = keras.Input((4,)) if inputs is None else inputs
    for layer in chains:
        tensor = layer(tensor)
    return keras.Model(inputs, tensor)


def exactly(first, second, x=X, **kwargs):
    found, expected = first(x, **kwargs), second(x, **kwargs)
    for left, right in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(array(left), array(right))


@pytest.mark.parametrize("make", [sequential, functional])
def test_a_chain_becomes_one_layer(make):
    first, second, third = (keras.layers.Dense(3, name=f"dense{i}") for i in range(3))
    minus = Lambda(lambda x: -x, name="minus")
    model = make(half(), square(), first, shift(), minus, second, third)
    fused = lamina.fuse(model)
    assert type(fused) is type(model)
    assert names(fused) == ["half_square", "dense0", "shift_minus", "dense1", "dense2"]
    assert fused.layers[-1] is model.layers[-1]
    assert all(a is b for a, b in zip(fused.weights, model.weights, strict=True))
    assert fused.output_shape == model.output_shape
    exactly(fused, model)


def test_the_source_shows_the_parts_as_they_were_written(tmp_path):
    fused = lamina.fuse(sequential(half(), square(), shift()))
    expected = (
        "from keras import ops\n\n\ndef half_square_shift(x):\n    # half\n    v0 = ops.true_divide(x, 2.0)\n"
        "    # square\n    v1 = ops.square(v0)\n    # shift\n    return ops.add(v1, 1.0)\n"
    )
    assert fused.layers[0].expression.source() == expected
    assert reloaded(fused, tmp_path).layers[0].expression.source() == expected


def test_branches_that_only_meet_each_other_are_one_layer():
    inputs = keras.Input((4,))
    left, right = Lambda(lambda x: ops.split(x, 2, axis=-1), name="halves")(inputs)
    dense = keras.layers.Dense(2)(inputs)
    third = Lambda(lambda x: -x, name="minus")(dense)
    joined = Lambda(lambda t: ops.concatenate([t["l"] * t["r"], t["d"]]), name="joined")(
        {"l": left, "r": right, "d": third}
    )
    model = keras.Model(inputs, joined)
    fused = lamina.fuse(model)
    assert len(names(fused)) == 2
    assert [name for name, _ in fused.layers[-1].expression.parts][-1] == "joined"
    exactly(fused, model)


def test_an_input_that_is_used_twice_is_taken_once():
    inputs = keras.Input((4,))
    joined = Lambda(lambda t: t[0] * t[1] + t[2], name="joined")([half()(inputs), square()(inputs), inputs])
    model = keras.Model(inputs, joined)
    fused = lamina.fuse(model)
    (layer,) = fused.layers[1:]
    assert len(layer.expression.input_specs) == 1
    exactly(fused, model)


def with_loss():
    def penalised(x):
        lamina.add_loss(ops.sum(x))
        return x * 2.0

    return Lambda(penalised)


def uncapturable():
    return Lambda(lambda x: ops.convert_to_tensor(np.sort(ops.convert_to_numpy(x))), output_shape=(4,))


class Own(Lambda):
    """A subclass may do anything."""


APART = {
    "mask function": lambda: [half(), Lambda(lambda x: x * 2.0, mask=lambda x, m: m)],
    "mask argument": lambda: [Lambda(lambda x, mask=None: x * 2.0), half()],
    "activity regularizer": lambda: [half(), Lambda(lambda x: x * 2.0, activity_regularizer="l2")],
    "dtype policy": lambda: [half(), Lambda(lambda x: x * 2.0, dtype="float64")],
    "trainable": lambda: [half(), Lambda(lambda x: x * 2.0, trainable=False)],
    "loss": lambda: [half(), with_loss()],
    "no expression": lambda: [half(), uncapturable()],
    "subclass": lambda: [half(), Own(lambda x: x * 2.0)],
    "another layer": lambda: [half(), keras.layers.ReLU(), square()],
    "one": lambda: [half(), keras.layers.Dense(2)],
}


@pytest.mark.parametrize("why", APART)
def test_what_would_not_be_the_same_stays(why):
    layers = APART[why]()
    model = functional(*layers) if why != "no expression" else sequential(*layers)
    assert lamina.fuse(model) is model


def test_a_result_that_is_used_elsewhere_stays():
    inputs = keras.Input((4,))
    middle = half()(inputs)
    for outputs in ([square()(middle), middle], [square()(middle), shift()(middle)]):
        model = keras.Model(inputs, outputs)
        assert lamina.fuse(model) is model


def test_a_layer_that_is_called_twice_stays():
    inputs, layer = keras.Input((4,)), half()
    model = keras.Model(inputs, layer(square()(layer(inputs))))
    assert lamina.fuse(model) is model


def test_only_what_is_between_inputs_and_outputs_counts():
    inputs = keras.Input((4,))
    first = half()(inputs)
    second = square()(first)
    keras.Model(inputs, shift()(second))
    model = keras.Model(first, shift()(second))
    fused = lamina.fuse(model)
    assert len(names(fused)) == 1
    exactly(fused, model)


def test_training_and_random_state_stay():
    def noisy(x, training=None):
        return x + keras.random.normal(ops.shape(x), seed=generator) if training else x

    generator = keras.random.SeedGenerator(5)
    model = sequential(half(), Lambda(noisy, name="noisy"), shift())
    fused = lamina.fuse(model)
    assert names(fused) == ["half_noisy_shift"]
    (layer,) = fused.layers
    assert [p.training for p in layer._programs.value] == [False, True]
    state = array(generator.state)
    exactly(fused, model)
    found = array(fused(X, training=True))
    assert not np.array_equal(array(generator.state), state)
    generator.state.assign(state)
    np.testing.assert_array_equal(found, array(model(X, training=True)))


def test_a_variable_of_two_parts_is_one_weight_and_trains(tmp_path):
    gain = keras.Variable(np.full(4, 1.5, "float32"), name="gain")
    model = sequential(
        Lambda(lambda x: x * gain, name="times"),
        Lambda(lambda x: x + gain * lamina.variable("bias", 0.5), name="plus"),
        keras.layers.Dense(2),
        Lambda(lambda x: x * gain[0], name="again"),
    )
    y = np.ones((8, 2), "float32")
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(X, y, verbose=0)
    fused = lamina.fuse(model)
    assert names(fused)[0] == "times_plus"
    assert {id(w) for w in fused.weights} == {id(w) for w in model.weights}
    assert [v.name for v in fused.trainable_variables] != [v.name for v in model.trainable_variables]
    slots = {v.path: array(v) for v in model.optimizer.variables}
    assert all(np.array_equal(array(v), slots[v.path]) for v in fused.optimizer.variables)
    assert fused.optimizer is not model.optimizer
    before = [array(w) for w in fused.weights]
    fused.fit(X, y, epochs=2, verbose=0)
    model.fit(X, y, epochs=1, verbose=0)
    assert all(not np.array_equal(array(w), b) for w, b in zip(fused.weights, before, strict=True))
    exactly(fused, model)
    loaded = reloaded(fused, tmp_path)
    assert len(loaded.weights) == len(fused.weights)
    same(loaded, fused)
    loaded.fit(X, y, verbose=0)
    shared = [w for w in loaded.layers[0].weights if w.name == "gain"]
    assert shared[0] is loaded.layers[-1].weights[0]


def test_constants_and_layers_of_the_parts_are_shared(tmp_path):
    dense = keras.layers.Dense(100, name="inner")
    dense.build((None, 100))
    model = sequential(
        Lambda(lambda x: ops.matmul(x, BIG), name="project"),
        Lambda(lambda x: dense(x) + BIG[0], name="inside"),
    )
    fused = lamina.fuse(model)
    assert names(fused) == ["project_inside"]
    assert fused.layers[0].sublayers == (dense,)
    assert {id(w) for w in fused.weights} == {id(w) for w in model.weights}
    exactly(fused, model)
    same(reloaded(fused, tmp_path), fused)
    same(reloaded(fused, tmp_path, ".h5"), fused)


def test_a_dtype_between_two_layers_is_cast_as_keras_does():
    policy = {"dtype": "mixed_float16"}
    layers = [
        Lambda(lambda x: x / 3.0, **policy),
        Lambda(lambda x: ops.cast(x, "float32") / 3.0, **policy),
        Lambda(lambda x: x * 1.1, **policy),
    ]
    model = functional(*layers)
    fused = lamina.fuse(model)
    assert len(names(fused)) == 1
    assert keras.backend.standardize_dtype(fused(X).dtype) == "float16"
    exactly(fused, model)


def test_whole_numbers_are_not_cast():
    inputs = keras.Input((4,), dtype="int32")
    model = functional(Lambda(lambda x: x * 2), Lambda(lambda x: x + 2**24), inputs=inputs)
    fused = lamina.fuse(model)
    assert len(names(fused)) == 1
    exactly(fused, model, np.arange(8, dtype="int32").reshape(2, 4))


def test_a_size_that_a_part_read_is_a_condition():
    model = functional(
        half(),
        Lambda(lambda x: x / x.shape[-1], name="mean"),
        Lambda(lambda x: ops.reshape(x, (-1, 2, 2)), output_shape=(2, 2), name="fold"),
    )
    fused = lamina.fuse(model)
    (layer,) = fused.layers[1:]
    assert layer.expression.input_specs[0].shape == (None, 4)
    assert fused.output_shape == (None, 2, 2)
    exactly(fused, model)


def test_models_inside_the_model_are_fused_too():
    inner = sequential(half(), square())
    inputs = keras.Input((4,))
    model = keras.Model(inputs, inner(shift()(inner(inputs))))
    fused = lamina.fuse(model)
    inside = next(layer for layer in fused.layers if isinstance(layer, keras.Sequential))
    assert names(inside) == ["half_square"]
    exactly(fused, model)


def test_fusing_again_changes_nothing():
    fused = lamina.fuse(sequential(half(), square(), keras.layers.Dense(2)))
    assert lamina.fuse(fused) is fused


def test_a_fused_chain_can_grow():
    fused = lamina.fuse(sequential(half(), square()))
    longer = sequential(*fused.layers, shift())
    again = lamina.fuse(longer)
    assert names(again) == ["half_square_shift"]
    exactly(again, longer)


def test_a_name_is_not_taken_twice_and_not_endless():
    taken = keras.layers.Dense(4, name="half_square")
    assert names(lamina.fuse(sequential(half(), square(), taken))) == ["half_square_fused", "half_square"]
    many = [Lambda(lambda x: x + 1.0, name=f"layer_number_{i}") for i in range(9)]
    assert names(lamina.fuse(sequential(*many))) == ["layer_number_0_to_layer_number_8"]


@pytest.mark.parametrize(
    "model", [keras.layers.Dense(2), keras.Sequential([half()])], ids=["layer", "unbuilt"]
)
def test_what_is_no_model_with_a_graph_is_refused(model):
    with pytest.raises(
        SavingError, match="expected a Functional model, or a Sequential one with an input shape"
    ):
        lamina.fuse(model)


def test_what_keras_cannot_compile_again_is_refused():
    model = sequential(half(), square())
    model.compile(loss=lambda y, p: ops.mean(y - p))
    with pytest.raises(SavingError, match="fuse it before it is compiled"):
        lamina.fuse(model)


def test_a_fresh_process_computes_the_same(tmp_path):
    gain = keras.Variable(np.full(4, 1.5, "float32"), name="gain")
    fused = lamina.fuse(sequential(half(), Lambda(lambda x: x * gain, name="gained"), keras.layers.Dense(2)))
    fused.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", array(fused(X)))
    code = """
        import sys, numpy as np, lamina, keras
        model = keras.saving.load_model(sys.argv[1] + "/m.keras")
        found = keras.ops.convert_to_numpy(model(np.load(sys.argv[1] + "/x.npy")))
        np.testing.assert_allclose(found, np.load(sys.argv[1] + "/y.npy"), rtol=1e-6)
        print([layer.name for layer in model.layers])
    """
    assert "['half_gained', 'dense" in run(code, keras.backend.backend(), str(tmp_path))
