"""The vocabulary `K` against the real Keras 2 backend, tf_keras."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from lamina import backend as K
from lamina import capture
from lamina.errors import ArgumentError, LaminaError
from lamina.expression.model import leaves
from lamina.vocabulary import context
from lamina.vocabulary.keras_backend import DEVIATIONS, REFUSED, TABLE

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from keras_backend_cases import Case, cases  # noqa: E402

CASES = cases()
RANDOM = {
    "dropout",
    "random_bernoulli",
    "random_binomial",
    "random_normal",
    "random_normal_variable",
    "random_uniform",
    "random_uniform_variable",
    "truncated_normal",
}
HOST = {"learning_phase_scope", "name_scope", "set_epsilon", "set_floatx", "set_image_data_format"}
INT64_IN_KERAS_2 = {"argmax", "argmin", "ctc_decode"}
SIZES = {"shape", "int_shape", "get_variable_shape", "ndim", "count_params", "size"}
BACKEND = keras.backend.backend()
# How far the resize of Keras 3 is from TensorFlow's, which reads its cubic kernel from a table.
TOLERANCE = {("jax", "bicubic"): 2e-3, ("torch", "bicubic"): 0.6}


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    path = tmp_path_factory.mktemp("keras_2") / "results.npz"
    environment = os.environ | {
        "KERAS_BACKEND": "tensorflow",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, str(HERE / "keras_backend_oracle.py"), str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(path) as results:
        return {key: results[key] for key in results.files}


class Spy:
    """`K`, noting which names are read."""

    def __init__(self):
        self.read = set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(K, name)


def as_array(leaf):
    if isinstance(leaf, keras.Variable):
        leaf = leaf.value
    return keras.ops.convert_to_numpy(leaf) if keras.ops.is_tensor(leaf) else np.asarray(leaf)


def evaluate(case, run):
    return [as_array(leaf) for leaf in leaves(run(*map(keras.ops.convert_to_tensor, case.arrays)))]


def assert_equal(case, got, want):
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        assert a.dtype == expected_dtype(case, a, b)
        if b.dtype.kind in "fV":
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=TOLERANCE.get((BACKEND, case.label), 1e-5))
        else:
            np.testing.assert_array_equal(a, b)


def expected_dtype(case, got, want):
    """That of Keras 2, except for sizes, which are Python numbers, and for the stated deviations."""
    if case.name in SIZES:
        return got.dtype
    return np.dtype("int32") if case.name in INT64_IN_KERAS_2 and want.dtype == "int64" else want.dtype


CASES_BY_ID = [pytest.param(i, case, id=f"{case.name}-{i}") for i, case in enumerate(CASES)]


@pytest.mark.parametrize(("number", "case"), CASES_BY_ID)
def test_equals_keras_2(number: int, case: Case, oracle):
    assert f"{number}.error" not in oracle, oracle.get(f"{number}.error")
    spy = Spy()
    if (BACKEND, case.label) == ("torch", "lanczos3"):
        with pytest.raises(ValueError, match="Lanczos"):
            evaluate(case, lambda *tensors: case.run(spy, *tensors))
        return
    got = evaluate(case, lambda *tensors: case.run(spy, *tensors))
    assert case.name in spy.read
    count = sum(key.startswith(f"{number}.") for key in oracle)
    assert_equal(case, got, [oracle[f"{number}.{i}"] for i in range(count)])


def test_every_name_is_covered():
    assert {case.name for case in CASES} | RANDOM | HOST == set(TABLE)
    assert not set(TABLE) & set(REFUSED)
    assert set(DEVIATIONS) <= set(TABLE)


# Names whose result is about the tracer itself, or a Python value that a capture turns into a constant.
EAGER_ONLY = {"is_keras_tensor"}


def cases_to_capture():
    """The last case of each name, or all of them with LAMINA_CONFORMANCE=full."""
    fit = {number: c for number, c in enumerate(CASES) if c.arrays and c.name not in EAGER_ONLY}
    full = os.environ.get("LAMINA_CONFORMANCE") == "full"
    kept = fit if full else sorted({c.name: number for number, c in fit.items()}.values())
    return [pytest.param(fit[number], id=f"{fit[number].name}-{number}") for number in kept]


@pytest.mark.parametrize("case", cases_to_capture())
def test_captured_is_equal(case: Case):
    if (BACKEND, case.label) == ("torch", "lanczos3"):
        pytest.skip("Keras 3 has no lanczos on PyTorch")
    specs = [keras.KerasTensor(a.shape, dtype=str(a.dtype)) for a in case.arrays]
    expression = capture(lambda *tensors: case.run(K, *tensors), *specs)
    want = evaluate(case, lambda *tensors: case.run(K, *tensors))
    got = evaluate(case, lambda *tensors: expression.run(tensors if len(tensors) > 1 else tensors[0]))
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype or case.name in SIZES
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


# These say what they need before a shape is known; everything else is captured without one.
@pytest.mark.parametrize(
    "name", "sum mean exp relu l2_normalize clip softmax sqrt hard_sigmoid abs square".split()
)
def test_elementwise_functions_read_no_shape(name):
    arguments = {"clip": (0.0, 1.0)}.get(name, ())
    assert capture(lambda x: TABLE[name](x, *arguments)).input_specs[0].shape is None


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: K.dot(x, y),
        lambda x, y: K.categorical_crossentropy(x, y),
        lambda x, y: K.binary_crossentropy(x, y),
        lambda x, y: K.bias_add(x, y),
        lambda x, y: K.concatenate([K.expand_dims(x), K.square(y)], axis=-1),
        lambda x, y: K.random_normal((K.shape(x)[0], K.shape(y)[1])),
        lambda x, y: K.conv2d(x, y, padding="same"),
        lambda x, y: K.resize_images(x, 2, 2, "channels_last") + y,
        lambda x, y: K.batch_normalization(x, y, y, y, y),
    ],
)
def test_common_functions_read_no_shape(function):
    assert [spec.shape for spec in capture(function).input_specs] == [None, None]


@pytest.mark.parametrize("shape", [(None, 3, 4), (None, None, 4), (2, None, 4)])
def test_sizes_may_stay_unknown(shape):
    def function(x):
        flat = K.batch_flatten(x)
        rows = K.reshape(x, K.concatenate([K.shape(x)[:1], [-1, 2]]))
        folded = K.reshape(x, K.stack([K.prod(K.shape(x)[:-1]), K.shape(x)[2] * 1]))
        share = K.sum(x) / K.cast(K.prod(K.shape(x)), K.floatx())
        return flat, rows, folded, share, K.tile(x, K.shape(x) // K.shape(x) * 2), K.repeat_elements(x, 2, 1)

    expression = capture(function, shape)
    x = np.random.RandomState(0).normal(size=(2, 3, 4)).astype("float32")
    got = [as_array(leaf) for leaf in expression.run(keras.ops.convert_to_tensor(x))]
    want = (
        x.reshape(2, 12),
        x.reshape(2, 6, 2),
        x.reshape(6, 4),
        x.mean(),
        np.tile(x, 2).repeat(2, 0),
        x.repeat(2, 1),
    )
    np.testing.assert_allclose(got[0], want[0])
    np.testing.assert_allclose(got[1], want[1])
    np.testing.assert_allclose(got[2], want[2])
    np.testing.assert_allclose(got[3], want[3], atol=1e-6)
    np.testing.assert_allclose(got[4], np.tile(x, (2, 2, 2)))
    np.testing.assert_allclose(got[5], want[5])


def test_int_shape_of_unknown_sizes():
    seen = []
    capture(lambda x: seen.append((K.int_shape(x), K.ndim(x), K.dtype(x))) or x, keras.KerasTensor((None, 3)))
    assert seen[0] == ((None, 3), 2, "float32")


# Random numbers, by distribution


@pytest.mark.parametrize(
    ("draw", "mean", "std", "low", "high"),
    [
        (lambda: K.random_normal((60, 1000), 2.0, 3.0), 2.0, 3.0, -np.inf, np.inf),
        (lambda: K.random_normal(shape=[60, 1000], dtype="float16"), 0.0, 1.0, -np.inf, np.inf),
        (lambda: K.truncated_normal((60, 1000), 1.0, 2.0), 1.0, 2 * 0.8796, -3.0, 5.0),
        (lambda: K.random_uniform((60, 1000), -1.0, 3.0), 1.0, 4 / 12**0.5, -1.0, 3.0),
        (lambda: K.random_uniform((60, 1000), minval=0, maxval=5, dtype="int32"), 2.0, 2**0.5, 0, 4),
        (lambda: K.random_bernoulli((60, 1000), p=0.3), 0.3, 0.21**0.5, 0, 1),
        (lambda: K.random_binomial((60, 1000), p=0.7, dtype="int32", seed=1), 0.7, 0.21**0.5, 0, 1),
        (lambda: K.random_normal_variable((60, 1000), 1.0, 2.0), 1.0, 2.0, -np.inf, np.inf),
        (lambda: K.random_uniform_variable((60, 1000), -1.0, 3.0, seed=3), 1.0, 4 / 12**0.5, -1.0, 3.0),
        (lambda: K.dropout(K.ones((60, 1000)), 0.25), 1.0, 1 / 3**0.5, 0, 4 / 3),
        (lambda: K.dropout(K.ones((60, 1000)), 0.5, noise_shape=(60, 1000), seed=2), 1.0, 1.0, 0, 2.0),
    ],
)
def test_random_numbers(draw, mean, std, low, high):
    keras.utils.set_random_seed(7)
    values = as_array(draw()).astype("float64")
    assert values.shape == (60, 1000)
    assert abs(values.mean() - mean) < 0.05 * max(std, 1)
    assert abs(values.std() - std) < 0.05 * max(std, 1)
    assert low - 1e-6 <= values.min()
    assert values.max() <= high + 1e-6


def test_random_dtypes():
    assert as_array(K.random_bernoulli((2,), 0.5)).dtype == "float32"
    assert as_array(K.random_uniform((2,), dtype="int32", maxval=9)).dtype == "int32"
    assert as_array(K.random_normal_variable((2,), 0, 1, dtype="float32", name="v")).dtype == "float32"


def test_a_seed_is_a_stream_of_the_capture():
    asked = []
    with context.hook(context.seed_factory, lambda seed: asked.append(seed)):
        K.random_normal((2,), seed=4)
        K.dropout(K.ones((2,)), 0.5, seed=5)
    assert asked == [4, 5]
    assert context.stateful_seed(6) == 6


# What surrounds a function


def test_variables_come_from_the_capture():
    made = []
    with context.hook(context.variable_factory, lambda *request: made.append(request)):
        K.variable(1.0, name="scale")
        K.variable([1], dtype="int32")
    assert made == [(1.0, "float32", "scale", True), ([1], "int32", None, False)]


@pytest.mark.parametrize("phase", [True, False, None])
def test_learning_phase(phase):
    with context.training(phase):
        assert K.learning_phase() == int(bool(phase))
        assert K.in_train_phase(1, 2) == (1 if phase else 2)
        assert K.in_test_phase(lambda: 1, lambda: 2) == (2 if phase else 1)
    with K.learning_phase_scope(1):
        assert K.learning_phase() == 1
    assert K.learning_phase() == 0


def test_settings():
    before = K.epsilon(), K.floatx(), K.image_data_format()
    try:
        K.set_epsilon(1e-3)
        K.set_floatx("float16")
        K.set_image_data_format("channels_first")
        assert (K.epsilon(), K.floatx(), K.image_data_format(), K.image_dim_ordering()) == (
            1e-3,
            "float16",
            "channels_first",
            "th",
        )
        assert as_array(K.zeros((1,))).dtype == "float16"
        assert K.spatial_2d_padding(K.ones((1, 1, 2, 2))).shape[1:] == (1, 4, 4)
        probability = as_array(K.binary_crossentropy(K.ones((1,), "float32"), K.zeros((1,), "float32")))
        np.testing.assert_allclose(probability, -np.log(2e-3), rtol=1e-4)
    finally:
        keras.config.set_epsilon(before[0])
        keras.config.set_floatx(before[1])
        keras.config.set_image_data_format(before[2])


def test_name_scope_does_nothing():
    with K.name_scope("block"):
        assert K.ndim(K.ones((2, 3))) == 2


def test_print_tensor_prints_nothing(capsys):
    x = K.ones((2,))
    assert K.print_tensor(x, "x =") is x
    assert capsys.readouterr().out == ""


def test_old_keywords():
    x = K.ones((1, 2, 3, 4))
    assert K.expand_dims(x, dim=0).shape[0] == 1
    assert tuple(K.spatial_2d_padding(x, padding=(1, 2), dim_ordering="th").shape) == (1, 2, 5, 8)
    assert tuple(K.pool2d(x, (2, 2), border_mode="same", dim_ordering="tf").shape) == (1, 2, 3, 4)
    assert tuple(K.one_hot(K.arange(2), nb_classes=3).shape) == (2, 3)


# Refusals


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_names_give_advice(name):
    assert not hasattr(K, name)
    with pytest.raises(LaminaError, match=f"K.{name} cannot"):
        getattr(K, name)


def test_unknown_names_give_the_nearest():
    with pytest.raises(AttributeError, match="squeeze"):
        K.squeez  # noqa: B018


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: K.batch_dot(K.ones((2,)), K.ones((2, 3))), "batch axis"),
        (lambda: K.batch_dot(K.ones((2, 3)), K.ones((3, 3))), "batch sizes differ"),
        (lambda: K.batch_dot(K.ones((2, 3)), K.ones((2, 4))), "axes 1 and 1 differ"),
        (lambda: K.batch_dot(K.ones((2, 3)), K.ones((2, 3)), axes=0), "batch axis 0"),
        (lambda: K.batch_dot(K.ones((2, 3)), K.ones((2, 3)), axes=([1], [1])), "one axis"),
        (lambda: K.resize_images(K.ones((1, 1, 1, 1)), 2, 2, "channels_last", "gaussian"), "gaussian"),
        (lambda: K.resize_images(K.ones((1, 1, 1, 1)), 2, 2, "middle"), "channels_first"),
        (lambda: K.conv2d(K.ones((1, 2, 2, 1)), K.ones((1, 1, 1, 1)), padding="full"), "padding"),
        (lambda: K.pool2d(K.ones((1, 2, 2, 1)), (1, 1), pool_mode="sum"), "pool_mode"),
        (lambda: K.spatial_2d_padding(K.ones((1, 2, 2, 1)), ((1, 1),)), "2 axes"),
        (lambda: K.switch(K.ones((1, 2)), K.ones((2,)), K.ones((2,))), "2 axes"),
        (lambda: K.is_keras_tensor(3), "expects a tensor"),
        (lambda: K.shape(K.ones((2, 3))) * [1], "integer vector"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_unknown_sizes_of_a_transposed_convolution_are_refused():
    kernel = np.ones((3, 3, 1, 1), "float32")
    with pytest.raises(ArgumentError, match="known spatial sizes"):
        capture(lambda x: K.conv2d_transpose(x, kernel, (1, 8, 8, 1), padding="same"), (None, None, None, 1))
    with pytest.raises(ArgumentError, match=r"ops\.conv_transpose"):
        capture(lambda x: K.conv2d_transpose(x, kernel, (1, K.shape(x)[1], 8, 1)), (None, None, 8, 1))


def test_wrong_keywords_are_type_errors():
    with pytest.raises(TypeError, match="dimension"):
        K.expand_dims(K.ones((2,)), dimension=1)
    with pytest.raises(TypeError, match="missing"):
        K.maximum(K.ones((2,)))


def test_signatures_are_those_of_keras_2():
    assert str(inspect.signature(K.sum)) == "(x, axis=None, keepdims=False)"
    assert list(inspect.signature(K.conv2d).parameters)[:3] == ["x", "kernel", "strides"]
