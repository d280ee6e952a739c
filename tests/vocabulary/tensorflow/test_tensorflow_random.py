"""Random numbers of the TensorFlow vocabulary, by distribution; variables; refusals; saved functions."""

from __future__ import annotations

import json
import re

import keras
import numpy as np
import pytest

import lamina
from lamina.errors import CaptureError
from lamina.vocabulary.registry import Namespace
from lamina.vocabulary.tensorflow import REFUSED, TABLE, VOCABULARIES

tf = pytest.importorskip("tensorflow")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")
OURS = Namespace(VOCABULARIES[0])
OURS.is_tensor_like = False  # TensorFlow asks it of every value that a function reads
N = 4000


@pytest.fixture(autouse=True)
def seeds():
    """The same numbers in every run, on both sides."""
    keras.utils.set_random_seed(1)
    tf.random.set_seed(1)


def run(function, *arrays):
    layer = lamina.Lambda(lambda *xs: function(OURS, *(xs[0] if arrays and isinstance(xs[0], list) else xs)))
    tensors = [keras.ops.convert_to_tensor(a) for a in (arrays or [np.zeros((1, 1), "float32")])]
    if not arrays:
        layer = lamina.Lambda(lambda x: function(OURS))
    return layer(tensors[0] if len(tensors) == 1 else tensors)


def same_distribution(function, *arrays, tolerance=0.1):
    """The same shape, dtype, mean, deviation and range as TensorFlow's own."""
    got = keras.ops.convert_to_numpy(run(function, *arrays))
    want = function(tf, *(tf.constant(a) for a in arrays)).numpy()
    assert got.shape == want.shape
    assert got.dtype.name.rstrip("0123456789") == want.dtype.name.rstrip("0123456789")
    spread = want.std() + 1e-6
    assert abs(got.mean() - want.mean()) < tolerance * spread + 1e-3
    assert abs(got.std() - want.std()) < tolerance * spread + 1e-3
    assert abs(np.percentile(got, 10) - np.percentile(want, 10)) < 2 * tolerance * spread + 1e-3
    assert abs(np.percentile(got, 90) - np.percentile(want, 90)) < 2 * tolerance * spread + 1e-3
    return got


IMAGE = np.random.RandomState(0).uniform(0.2, 0.8, (2, 8, 8, 3)).astype("float32")
LOGITS = np.log(np.array([[0.1, 0.3, 0.6], [0.5, 0.25, 0.25]], "float32"))
DISTRIBUTIONS = {
    "normal": lambda tf: tf.random.normal([N]),
    "normal mean": lambda tf: tf.random.normal((N // 2, 2), mean=2.0, stddev=0.5, seed=3),
    "normal tensors": lambda tf: tf.random.normal([N, 2], tf.constant([0.0, 5.0]), tf.constant([1.0, 0.1])),
    "random_normal": lambda tf: tf.compat.v1.random_normal([N], 1.0, 2.0),
    "truncated_normal": lambda tf: tf.random.truncated_normal([N], stddev=2.0),
    "truncated_normal v1": lambda tf: tf.compat.v1.truncated_normal([N]),
    "uniform": lambda tf: tf.random.uniform([N]),
    "uniform bounds": lambda tf: tf.random.uniform([N], -2, 3, seed=1),
    "uniform integers": lambda tf: tf.random.uniform([N], maxval=7, dtype=tf.int32),
    "random_uniform": lambda tf: tf.compat.v1.random_uniform([N], minval=1.0, maxval=2.0),
    "gamma": lambda tf: tf.random.gamma([N], 2.0),
    "gamma tensors": lambda tf: tf.random.gamma([N], alpha=[2.0, 5.0], beta=3.0),
    "random_gamma": lambda tf: tf.compat.v1.random_gamma([N], 2.0),
    "stateless_normal": lambda tf: tf.random.stateless_normal([N], seed=[1, 2], mean=1.0),
    "stateless_truncated_normal": lambda tf: tf.random.stateless_truncated_normal([N], [1, 2]),
    "stateless_uniform": lambda tf: tf.random.stateless_uniform([N], [3, 2], maxval=5.0),
    "stateless_gamma": lambda tf: tf.random.stateless_gamma([N], [3, 2], 2.0, 2.0),
    "stateless_binomial": lambda tf: tf.random.stateless_binomial([N], [3, 2], 10.0, 0.3),
    "dropout": lambda tf: tf.nn.dropout(tf.ones([N]), 0.3),
    "dropout noise_shape": lambda tf: tf.nn.dropout(tf.ones([N, 2]), rate=0.5, noise_shape=[N, 1], seed=5),
    "dropout v1": lambda tf: tf.compat.v1.nn.dropout(tf.ones([N]), 0.8),
    "dropout keep_prob": lambda tf: tf.compat.v1.nn.dropout(tf.ones([N]), keep_prob=0.8),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name):
    same_distribution(DISTRIBUTIONS[name])


@pytest.mark.parametrize(
    "draw",
    [
        lambda tf, x: tf.random.categorical(x, N),
        lambda tf, x: tf.random.categorical(x, N, dtype=tf.int32),
        lambda tf, x: tf.compat.v1.multinomial(x, N),
        lambda tf, x: tf.compat.v1.random.multinomial(x, N),
        lambda tf, x: tf.random.stateless_categorical(x, N, [1, 2]),
    ],
)
def test_categorical(draw):
    got = keras.ops.convert_to_numpy(run(draw, LOGITS))
    want = draw(tf, tf.constant(LOGITS)).numpy()
    assert got.shape == want.shape
    for mine, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(
            np.bincount(mine, minlength=3), np.bincount(theirs, minlength=3), atol=0.06 * N
        )


@pytest.mark.parametrize(
    "draw",
    [
        lambda tf, x: tf.random.shuffle(x),
        lambda tf, x: tf.compat.v1.random_shuffle(x, seed=3),
        lambda tf, x: tf.random.experimental.stateless_shuffle(x, [1, 2]),
    ],
)
def test_shuffle(draw):
    rows = np.arange(60, dtype="float32").reshape(20, 3)
    got = keras.ops.convert_to_numpy(run(draw, rows))
    assert not np.array_equal(got, rows)
    np.testing.assert_array_equal(np.sort(got, 0), rows)


@pytest.mark.parametrize(
    "draw",
    [
        lambda tf, x: tf.image.random_crop(x, [2, 5, 4, 3]),
        lambda tf, x: tf.compat.v1.random_crop(x, [2, 5, 4, 3]),
        lambda tf, x: tf.image.stateless_random_crop(x, (2, 5, 4, 3), (1, 2)),
    ],
)
def test_crop(draw):
    got = keras.ops.convert_to_numpy(run(draw, IMAGE))
    places = [
        (i, j) for i in range(4) for j in range(5) if np.array_equal(IMAGE[:, i : i + 5, j : j + 4], got)
    ]
    assert len(places) == 1


FLIPS = {
    "random_flip_left_right": (-2, {}),
    "random_flip_up_down": (-3, {}),
    "stateless_random_flip_left_right": (-2, {"seed": (1, 2)}),
    "stateless_random_flip_up_down": (-3, {"seed": (1, 2)}),
}


@pytest.mark.parametrize("name", FLIPS)
def test_flip(name):
    axis, options = FLIPS[name]
    images = np.tile(IMAGE[:1], (64, 1, 1, 1))
    got = keras.ops.convert_to_numpy(run(lambda tf, x: getattr(tf.image, name)(x, **options), images))
    flipped = [np.array_equal(image, np.flip(IMAGE[0], axis)) for image in got]
    same = [np.array_equal(image, IMAGE[0]) for image in got]
    assert sum(flipped) + sum(same) == 64
    assert 12 < sum(flipped) < 52


CHANGES = {
    "brightness": ((0.2,), lambda tf, x, a: tf.image.adjust_brightness(x, a), (-0.2, 0.2)),
    "hue": ((0.2,), lambda tf, x, a: tf.image.adjust_hue(x, a), (-0.2, 0.2)),
    "contrast": ((0.5, 1.5), lambda tf, x, a: tf.image.adjust_contrast(x, a), (0.5, 1.5)),
    "saturation": ((0.5, 1.5), lambda tf, x, a: tf.image.adjust_saturation(x, a), (0.5, 1.5)),
}


@pytest.mark.parametrize("stateless", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_random_change(name, stateless):
    """The result is what some amount within the bounds gives."""
    bounds, adjust, (low, high) = CHANGES[name]
    options = {"seed": (4, 5)} if stateless else {}
    prefix = "stateless_random_" if stateless else "random_"
    got = keras.ops.convert_to_numpy(
        run(lambda tf, x: getattr(tf.image, prefix + name)(x, *bounds, **options), IMAGE)
    )
    amounts = np.linspace(low, high, 401)
    errors = [np.abs(adjust(tf, tf.constant(IMAGE), a).numpy() - got).max() for a in amounts]
    assert min(errors) < 5e-3


def test_seeded_numbers_differ_from_call_to_call_and_stateless_ones_do_not():
    x = keras.ops.zeros((2, 3))
    layer = lamina.Lambda(lambda x: x + OURS.random.normal([2, 3], seed=1))
    first, second = (keras.ops.convert_to_numpy(layer(x)) for _ in range(2))
    assert not np.array_equal(first, second)
    layer = lamina.Lambda(lambda x: x + OURS.random.stateless_normal([2, 3], seed=[1, 2]))
    first, second = (keras.ops.convert_to_numpy(layer(x)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("name", "options", "low", "high"),
    [
        ("zeros_initializer", {}, 0, 0),
        ("ones_initializer", {}, 1, 1),
        ("constant_initializer", {"value": 2.5}, 2.5, 2.5),
        ("random_uniform_initializer", {"minval": 1.0, "maxval": 2.0}, 1, 2),
        ("random_normal_initializer", {"mean": 5.0, "stddev": 0.1}, 4, 6),
        ("truncated_normal_initializer", {"mean": 5.0, "stddev": 0.1}, 4.8, 5.2),
        ("glorot_uniform_initializer", {}, -0.78, 0.78),
        ("glorot_normal_initializer", {}, -2, 2),
    ],
)
def test_get_variable(name, options, low, high):
    def function(x):
        initializer = getattr(OURS, name)(**options)
        return x * 0.0 + OURS.get_variable("w", shape=[4, 6], initializer=initializer)

    layer = lamina.Lambda(function)
    got = keras.ops.convert_to_numpy(layer(keras.ops.ones((4, 6))))
    assert len(layer.trainable_weights) == 1
    np.testing.assert_allclose(got, keras.ops.convert_to_numpy(layer.weights[0].value))
    assert low <= got.min() <= got.max() <= high
    assert (low == high) == (got.std() == 0)


def test_variables_of_scopes_have_names_of_their_own():
    def function(x):
        with OURS.variable_scope("a"):
            first = OURS.get_variable("w", [3])
        with OURS.variable_scope("b"):
            return x * first + OURS.get_variable("w", [3], trainable=False)

    layer = lamina.Lambda(function)
    layer(keras.ops.ones((2, 3)))
    assert [len(layer.trainable_weights), len(layer.weights)] == [1, 2]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_names_say_what_to_use(name):
    with pytest.raises(CaptureError, match=re.escape(name)) as error:
        VOCABULARIES[0].get(name)
    assert REFUSED[name] in str(error.value)
    assert name not in TABLE


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: OURS.boolean_mask(x, x[:, 0] > 0), "tf.where"),
        (lambda x: OURS.where(x > 0), "tf.where"),
        (lambda x: OURS.sequence_mask(OURS.cast(x, "int32")), "maxlen"),
        (lambda x: OURS.math.bincount(OURS.cast(x, "int32")), "maxlength"),
        (lambda x: OURS.math.confusion_matrix(x, x), "num_classes"),
        (lambda x: OURS.math.segment_sum(x, OURS.range(3) + OURS.cast(x[0, 0], "int32")), "unsorted"),
        (lambda x: OURS.nn.embedding_lookup([x, x], [1]), "tf.concat"),
        (lambda x: OURS.image.resize(x, (3, 3), method="cubic"), "bicubic"),
        (lambda x: OURS.random.stateless_normal([2], seed=x), "seed"),
        (lambda x: OURS.TensorArray("float32", size=2).stack(), "written"),
    ],
)
def test_calls_that_cannot_be_expressions_say_why(function, message):
    with pytest.raises(CaptureError, match=message):
        lamina.capture(function, (3, 4))


def test_unknown_keywords_are_named():
    with pytest.raises(lamina.errors.ArgumentError, match="nonsense"):
        OURS.reduce_sum(keras.ops.ones(3), nonsense=1)


def test_expressions_are_small():
    """A function that is the same in the opset is one call of the expression."""
    expression = lamina.capture(lambda x: OURS.reduce_sum(OURS.nn.relu(x), axis=[1], keepdims=True))
    assert [call.op for call in expression.calls] == ["relu", "sum"]
    assert json.loads(expression.dumps())
