"""Variables, layers and seeds that a function reaches."""

from __future__ import annotations

import types

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, assert_same, run, to_numpy

import lamina
from lamina import backend as K
from lamina import capture
from lamina.errors import CaptureError
from lamina.expression.inference import infer
from lamina.expression.model import Spec
from lamina.tracing import capture_with_state
from lamina.tracing.state import SeedRequest, VariableRequest
from lamina.vocabulary import context

WEIGHT = keras.Variable(np.full((3,), 2.0, "float32"), name="weight")
HOLDER = types.SimpleNamespace(weight=WEIGHT, inner={"list": [WEIGHT]})


def slots(function, *specs):
    return [(slot.kind, slot.name, slot.trainable) for slot in capture(function, *specs).state]


READS = {
    "closure": lambda x: x * WEIGHT,
    "value": lambda x: x * WEIGHT.value,
    "attribute": lambda x: x * HOLDER.weight,
    "in a container": lambda x: x * HOLDER.inner["list"][0],
    "operation": lambda x: ops.multiply(x, WEIGHT),
    "left": lambda x: WEIGHT * x,
    "twice": lambda x: x * WEIGHT + WEIGHT - WEIGHT,
    "convert": lambda x: x * ops.convert_to_tensor(WEIGHT),
    "index": lambda x: x * WEIGHT[0],
    "shape": lambda x: x * WEIGHT * (WEIGHT.shape[0] / 3),
    "method": lambda x: x * _Layerlike().weight,
}


class _Layerlike:
    def __init__(self):
        self.weight = WEIGHT


@pytest.mark.parametrize("name", READS)
def test_a_variable_is_one_slot_however_it_is_reached(name):
    captured = capture_with_state(READS[name], (None, 3))
    assert [(s.kind, s.name, s.trainable) for s in captured.expression.state] == [
        ("variable", "weight", True)
    ]
    assert captured.objects["weight"] is WEIGHT
    assert_same(run(captured.expression, X, state={"weight": WEIGHT}), ops.convert_to_tensor(X * 2))
    assert infer(captured.expression, [Spec((None, 3), "float32")]) == Spec((None, 3), "float32")


def test_variables_of_the_same_name_are_two_slots():
    other = keras.Variable(1.0, name="weight", trainable=False)
    captured = capture_with_state(lambda x: x * WEIGHT + other)
    assert [slot.name for slot in captured.expression.state] == ["weight", "weight_1"]
    assert {id(captured.objects["weight"]), id(captured.objects["weight_1"])} == {id(WEIGHT), id(other)}


def test_an_assignment_to_a_variable_is_refused():
    def function(x):
        WEIGHT.assign(x)
        return x

    with pytest.raises(CaptureError, match="an assignment to a variable"):
        capture(function)


def test_a_layer_is_a_slot_and_is_called():
    dense = keras.layers.Dense(2, name="inner")
    captured = capture_with_state(lambda x: dense(dense(x)[:, :1] * ops.ones((1, 3))), (None, 3))
    assert [(s.kind, s.name) for s in captured.expression.state] == [("layer", "inner")]
    assert dense.built
    found = run(captured.expression, X, state={"inner": dense})
    assert_same(found, dense(dense(ops.convert_to_tensor(X))[:, :1] * ops.ones((1, 3))), 1e-5)


def test_a_weight_of_a_layer_is_tied_to_it():
    embedding = keras.layers.Embedding(5, 3, name="table")
    embedding.build()
    captured = capture_with_state(lambda x: ops.matmul(x, ops.transpose(embedding.embeddings)), (None, 3))
    (name,) = captured.objects
    assert captured.objects[name] is embedding.embeddings
    assert (captured.ties[name].layer, captured.ties[name].index) == (embedding, 0)


CREATED = {
    "K.variable": lambda x: x * K.variable(2.0, name="scale"),
    "lamina.variable": lambda x: x * lamina.variable("scale", 2.0),
    "by shape": lambda x: x * (lamina.variable("scale", shape=(3,), initializer="ones") + 1),
}


@pytest.mark.parametrize("name", CREATED)
def test_a_variable_that_is_created_is_a_request(name):
    captured = capture_with_state(CREATED[name], (None, 3))
    (slot,) = captured.expression.state
    request = captured.objects["scale"]
    assert (slot.kind, slot.name, slot.trainable, slot.spec.dtype) == ("variable", "scale", True, "float32")
    assert isinstance(request, VariableRequest)
    value = ops.convert_to_tensor(np.asarray(request.value, "float32"))
    assert_same(run(captured.expression, X, state={"scale": value}), ops.convert_to_tensor(X * 2))


def test_two_created_variables_of_one_name_are_refused():
    with pytest.raises(CaptureError, match="two variables named 'a'"):
        capture(lambda x: x * lamina.variable("a", 1.0) + lamina.variable("a", 2.0))


SEEDS = {
    "no seed": (lambda x: x + keras.random.normal((3,)), [("seed", "seed", False)]),
    "two draws": (
        lambda x: x + keras.random.normal((3,)) + keras.random.uniform((3,)),
        [("seed", "seed", False), ("seed", "seed_1", False)],
    ),
    "int": (lambda x: x + keras.random.normal((3,), seed=3), []),
    "generator": (
        lambda x: keras.random.normal((3,), seed=GENERATOR) * x + keras.random.normal((3,), seed=GENERATOR),
        [("seed", "seed", False)],
    ),
    "K": (lambda x: x + K.random_normal((3,)), [("seed", "seed", False)]),
}  # fmt: skip
GENERATOR = keras.random.SeedGenerator(5)


@pytest.mark.parametrize("name", SEEDS)
def test_random_operations_have_seeds(name):
    function, expected = SEEDS[name]
    assert slots(function) == expected


def test_a_seed_advances_and_a_fixed_one_does_not():
    drawn = capture_with_state(lambda x: x + keras.random.normal((3,)), (None, 3))
    assert isinstance(drawn.objects["seed"], SeedRequest)
    state = {"seed": keras.random.SeedGenerator(1)}
    first, second = (to_numpy(run(drawn.expression, X, state=state)) for _ in range(2))
    assert not np.allclose(first, second)
    fixed = capture(lambda x: x + keras.random.normal((3,), seed=3), (None, 3))
    assert_same(run(fixed, X), run(fixed, X))
    assert (
        capture_with_state(lambda x: keras.random.normal((3,), seed=GENERATOR) + x).objects["seed"]
        is GENERATOR
    )


@pytest.mark.parametrize("seed", ["a", 1.5, True])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(CaptureError, match="a seed is"):
        capture(lambda x: x + keras.random.normal((3,), seed=seed))


def test_the_phase_decides_what_is_captured():
    function = lambda x: K.in_train_phase(x * 2, x)
    with context.training(True):
        assert len(capture(function).calls) == 1
    with context.training(False):
        assert len(capture(function).calls) == 0
    assert len(capture(function).calls) == 0
