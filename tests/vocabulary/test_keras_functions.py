"""Losses, metrics, activations, merging, `keras.utils` and `preprocess_input` against Keras itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from tests.vocabulary.conformance import Cases, Dtype, Framework, Values

import lamina
from lamina.errors import ArgumentError
from lamina.vocabulary import keras as vocabulary
from lamina.vocabulary.registry import Namespace

# Keras warns of a single class, which is a case here.
pytestmark = pytest.mark.filterwarnings("ignore:In loss categorical:SyntaxWarning")
v = Values(3)
C = Cases()
ROOT = next(found for found in vocabulary.VOCABULARIES if found.name == "keras")
KERAS = Framework(ROOT, keras, keras.ops.convert_to_tensor, keras.ops.convert_to_numpy)


def names(prefix, table, leave=""):
    return " ".join(f"{prefix}.{name}" for name in table if name not in leave.split())


# Losses and metrics of two tensors
REGRESSION = """mean_squared_error mean_absolute_error mean_absolute_percentage_error
    mean_squared_logarithmic_error huber log_cosh"""
for words in REGRESSION.split():
    name = f"losses.{words}"
    C.case(name, v.positive(4, 3), v.floats(4, 3))
    C.case(name, v.ints(5, 4), v.floats(4, 1))
    C.case(name, v.positive(4, 3, 1), v.floats(4, 3))
    if name not in vocabulary.DEVIATIONS:
        C.case(name, v.floats(2, 3).astype("float16"), v.positive(2, 3).astype("float16"))
C.case("losses.huber", v.floats(4, 3), 3 * v.floats(4, 3), delta=0.5)
for words in "kl_divergence poisson hinge squared_hinge categorical_hinge".split():
    C.case(f"losses.{words}", v.simplex(4, 3), v.simplex(4, 3))
    C.case(f"losses.{words}", v.ints(2, 4, 3), v.positive(4, 3))
for words in "hinge squared_hinge".split():
    C.case(f"losses.{words}", v.ints(2, 4, 3) * 2 - 1, v.floats(4, 3))
for name in "losses.categorical_crossentropy losses.categorical_focal_crossentropy".split():
    C.case(name, np.eye(3, dtype="float32")[v.ints(3, 4)], v.simplex(4, 3))
    C.case(name, v.simplex(4, 3), v.floats(4, 3), from_logits=True, label_smoothing=0.1)
    C.case(name, v.simplex(2, 3, 4), v.positive(2, 3, 4), axis=1)
C.case("losses.categorical_focal_crossentropy", v.simplex(4, 3), v.simplex(4, 3), alpha=0.4, gamma=1.5)
sparse = "losses.sparse_categorical_crossentropy"
C.case(sparse, v.ints(3, 4), v.simplex(4, 3))
C.case(sparse, v.ints(3, 4, 1), v.floats(4, 3), from_logits=True)
C.case(sparse, v.ints(3, 2, 4), v.simplex(2, 4, 3), ignore_class=1)
for name in "losses.binary_crossentropy losses.binary_focal_crossentropy".split():
    C.case(name, v.ints(2, 4, 3), v.positive(4, 3))
    C.case(name, v.positive(4, 3), v.floats(4, 3), from_logits=True, label_smoothing=0.2, axis=0)
C.case("losses.binary_focal_crossentropy", v.ints(2, 4, 3), v.positive(4, 3), True, alpha=0.4, gamma=1.5)
C.case("losses.cosine_similarity", v.floats(4, 3), v.floats(4, 3))
C.case("losses.cosine_similarity", v.floats(4, 3, 2), v.floats(4, 3, 2), axis=1)
for name in "losses.dice losses.tversky".split():
    C.case(name, v.ints(2, 4, 3), v.positive(4, 3))
    C.case(name, v.positive(2, 4, 3), v.positive(2, 4, 3), axis=(1, 2))
C.case("losses.tversky", v.ints(2, 4, 3), v.positive(4, 3), alpha=0.3, beta=0.8)
UNIT = v.floats(6, 4)
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)
C.case("losses.circle", np.array([0, 1, 2, 0, 1, 2], "int32"), UNIT, gamma=20)
C.case(
    "losses.circle", np.array([0, 1, 0, 1, 1, 0], "int32"), UNIT, np.array([0, 1, 1, 0], "int32"), UNIT[:4],
    False, 10, 0.3,
)  # fmt: skip
C.case("losses.categorical_generalized_cross_entropy", v.ints(3, 4), v.simplex(4, 3), q=0.6)
C.case("losses.ctc", np.array([[1, 2, 0], [3, 0, 0]], "int32"), v.floats(2, 7, 4))

# Metrics
C.variants("metrics.binary_accuracy", (v.ints(2, 4, 3), v.positive(4, 3)), {}, {"threshold": 0.3})
C.case("metrics.binary_accuracy", v.ints(2, 4), v.positive(4, 1))
C.case("metrics.categorical_accuracy", np.eye(3, dtype="float32")[v.ints(3, 5)], v.simplex(5, 3))
C.case("metrics.categorical_accuracy", v.positive(2, 5, 3), v.simplex(2, 5, 3))
C.case("metrics.sparse_categorical_accuracy", v.ints(3, 5), v.simplex(5, 3))
C.case("metrics.sparse_categorical_accuracy", v.ints(3, 5, 1), v.simplex(5, 3))
C.case("metrics.sparse_categorical_accuracy", v.ints(3, 2, 5), v.simplex(2, 5, 3))
C.case("metrics.sparse_categorical_accuracy", v.ints(3, 2, 5, 1).astype("float32"), v.simplex(2, 5, 3))
C.case("metrics.sparse_categorical_accuracy", v.ints(3, 5, 1), v.simplex(5, 1, 3))
C.case("metrics.top_k_categorical_accuracy", v.simplex(5, 8), v.simplex(5, 8))
C.case("metrics.top_k_categorical_accuracy", v.simplex(2, 5, 4), v.simplex(2, 5, 4), k=2)
C.case("metrics.sparse_top_k_categorical_accuracy", v.ints(8, 5), v.simplex(5, 8))
C.case("metrics.sparse_top_k_categorical_accuracy", v.ints(4, 2, 5), v.simplex(2, 5, 4), k=2)
RANKED = np.argsort(v.floats(5, 6), axis=1).astype("int32")
C.case("metrics.sparse_top_k_categorical_accuracy", v.ints(6, 5), RANKED, k=2, from_sorted_ids=True)
for name in "metrics.pearson_correlation metrics.concordance_correlation".split():
    C.case(name, v.floats(4, 6), v.floats(4, 6))
    C.case(name, v.floats(4, 6), v.floats(4, 6), axis=0)

# Activations
X = 3 * v.floats(3, 4)
C.case(names("activations", vocabulary.ACTIVATIONS, "threshold"), X)
C.variants(
    "activations.relu", (X,), {"negative_slope": 0.2}, {"max_value": 2.0}, {"max_value": 6.0},
    {"threshold": 0.5}, {"negative_slope": 0.1, "max_value": 1.0, "threshold": 0.3},
)  # fmt: skip
C.variants("activations.gelu", (X,), {"approximate": True})
C.variants("activations.softmax activations.log_softmax activations.sparsemax", (X,), {"axis": 0})
C.variants("activations.elu activations.celu", (X,), {"alpha": 0.5})
C.variants("activations.leaky_relu", (X,), {"negative_slope": 0.3})
C.variants("activations.hard_shrink activations.soft_shrink", (X,), {"threshold": 0.2})
C.variants("activations.glu", (X,), {"axis": 1})
C.variants("activations.squareplus", (X,), {"b": 1.0})
C.case("activations.threshold", X, 0.5, -1.0)

# Merging
for name in "add multiply average maximum minimum".split():
    C.case(f"layers.{name}", [v.floats(2, 3), v.floats(2, 3), v.floats(2, 3)])
    C.case(f"layers.{name}", [v.floats(2, 3), v.floats(2, 4, 3)])
C.case("layers.subtract", [v.floats(2, 3, 4), v.floats(2, 4)])
C.case("layers.subtract", [v.ints(9, 2, 3), v.ints(9, 2, 3)], name="difference")
C.case("layers.concatenate", [v.floats(2, 3), v.floats(2, 4)])
C.case("layers.concatenate", [v.floats(2, 3, 4), v.floats(2, 1, 4)], axis=1)
C.case("layers.dot", [v.floats(2, 3), v.floats(2, 3)], axes=1)
C.case("layers.dot", [v.floats(2, 3, 4), v.floats(2, 4)], axes=(2, 1), normalize=True)
C.case("layers.dot", [v.floats(2, 3, 4), v.floats(2, 5, 4)], axes=-1)

# Utilities and images
for labels in (v.ints(5, 4), v.ints(5, 4, 1), v.ints(5, 4, 2)):  # Keras gives int64 on PyTorch
    C.runs(
        "utils.to_categorical", lambda k, x: k.ops.cast(k.utils.to_categorical(x, num_classes=6), "float32"),
        labels,
    )  # fmt: skip
C.variants("utils.normalize", (v.floats(3, 4),), {}, {"axis": 0}, {"order": 1})
IMAGES = 255 * v.positive(2, 4, 5, 3)
FIRST = np.moveaxis(IMAGES, -1, 1).copy()
C.variants(names("applications", vocabulary.APPLICATIONS), (IMAGES,), {}, {"data_format": "channels_last"})
C.variants(names("applications", vocabulary.APPLICATIONS), (FIRST,), {"data_format": "channels_first"})
PREPROCESS = "applications.imagenet_utils.preprocess_input"
C.variants(PREPROCESS, (IMAGES[0],), *({"mode": mode} for mode in ("caffe", "tf", "torch")))
C.variants(
    PREPROCESS, (FIRST[0],),
    *({"mode": mode, "data_format": "channels_first"} for mode in ("caffe", "tf", "torch")),
)  # fmt: skip

PREFIXES = ("losses.", "metrics.", "activations.", "layers.", "utils.", "applications.")
TABLE = {name: value for name, value in ROOT.table.items() if name.startswith(PREFIXES)}
# Names of older versions, and spellings that Keras keeps out of its public modules.
OLD = {f"{m}.{alias}" for m in ("losses", "metrics") for alias in vocabulary.losses.ALIASES}


@pytest.mark.parametrize("case", C.chosen())
def test_equals_keras(case):
    KERAS.check(case)


@pytest.mark.parametrize("case", C.chosen()[::8])
def test_equals_keras_with_an_unknown_batch(case):
    KERAS.check(case, unknown=True)


def test_every_name_is_covered():
    assert not C.uncovered(TABLE, OLD - {"metrics.cosine", "metrics.cosine_proximity"})
    for old in OLD:
        module, _, alias = old.partition(".")
        assert TABLE[old] is TABLE.get(f"{module}.{vocabulary.losses.ALIASES[alias]}")


def test_every_function_of_keras_is_there():
    plumbing = "get serialize deserialize".split()
    for module in ("losses", "metrics", "activations", "layers"):
        public = {name for name in dir(getattr(keras, module)) if name[0].islower() and name not in plumbing}
        assert {f"{module}.{name}" for name in public} <= set(TABLE)
    models = {name for name in dir(keras.applications) if name[0].islower()}
    assert {f"applications.{model}.preprocess_input" for model in models} <= set(TABLE)


def test_half_precision_keeps_its_dtype():
    K = Cases()
    K.case("losses.huber", v.floats(4, 3).astype("float16"), v.floats(4, 3).astype("float16"), delta=0.5)
    K.case("activations.mish", v.floats(3).astype("float16"))
    for case in K:
        KERAS.check(case)
    assert Dtype("float16").name == "float16"


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        (lambda x: keras.utils.to_categorical(x), (2,), "num_classes"),
        (lambda x: keras.layers.subtract([x, x, x]), (2, 3), "subtract expects a list of 2 tensors"),
        (lambda x: keras.layers.add(x), (2, 3), "add expects a list of tensors"),
        (lambda x: keras.layers.dot([x], axes=1), (2, 3), "dot expects a list of 2"),
        (lambda x: keras.layers.concatenate(x), (2, 3), "concatenate expects a list"),
        (lambda x: keras.losses.ctc(x, x), (2, 3), "labels of 2 axes and logits of 3"),
        (lambda x: keras.applications.imagenet_utils.preprocess_input(x, mode="keras"), (2, 3), "'keras'"),
    ],
)
def test_wrong_arguments_say_what_is_wrong(function, shapes, message):
    with pytest.raises(ArgumentError) as raised:
        lamina.capture(function, keras.KerasTensor(shapes))
    assert message in str(raised.value)


def test_functions_are_found_however_they_are_imported():
    from keras.applications.vgg16 import preprocess_input
    from keras.layers import concatenate as join
    from keras.losses import mean_squared_error as error

    def model(x):
        from keras import metrics

        merged = join([preprocess_input(x), keras.layers.add([x, x])], axis=-1)
        return error(x, merged[..., :3]) + metrics.mean_absolute_error(x, merged[..., 3:])

    images = keras.ops.convert_to_tensor(IMAGES)
    expression = lamina.capture(model, keras.KerasTensor((None, 4, 5, 3)))
    found, expected = (keras.ops.convert_to_numpy(y) for y in (expression.run(images), model(images)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_tensorflow_is_reached_through_k():
    """Keras 2 had `K.tf`; the function needs no TensorFlow today."""
    from keras import backend as K

    expression = lamina.capture(lambda x: K.tf.nn.relu(K.tf.expand_dims(x, 1)), (None, 3))
    assert [call.op for call in expression.calls] == ["expand_dims", "relu"]
    inside = lamina.capture(lambda x: K.math_ops.reduce_sum(K.nn.relu(x)) * K.np.pi, (None, 3))
    assert [call.op for call in inside.calls] == ["relu", "sum", "multiply"]
    with pytest.raises(lamina.LaminaError, match=r"K\.tg is not a function"):
        lamina.capture(lambda x: K.tg(x), (None, 3))


def test_a_lambda_layer_inside_a_function_is_part_of_it():
    scale = 3.0
    inner = keras.layers.Lambda

    def outer(x):
        doubled = inner(lambda y: y * scale)(x)
        return keras.layers.Lambda(lambda y, shift: y + shift, arguments={"shift": 1.0})(doubled)

    expression = lamina.capture(outer, (None, 3))
    assert expression == lamina.capture(lambda x: x * 3.0 + 1.0, (None, 3))


class Half(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(y_pred - y_true, axis=-1) / 2


@pytest.mark.parametrize("reduction", ["none", "sum", "sum_over_batch_size", "mean_with_sample_weight"])
def test_losses_that_are_objects_are_captured(reduction):
    weights = np.array([1.0, 2.0, 0.0, 0.5], "float32")
    huber, half = keras.losses.Huber(delta=0.5, reduction=reduction), Half(reduction=reduction)

    def loss(x):
        logits = keras.losses.BinaryCrossentropy(from_logits=True, reduction=reduction)
        return huber(x[0], x[1]) + half(x[0], x[1], weights) + logits(x[0] > 0, x[1]) + mse(x[0], x[1])

    mse = keras.losses.get("mse")
    pair = [keras.ops.convert_to_tensor(v.floats(4, 3)) for _ in range(2)]
    expression = lamina.capture(loss, [keras.KerasTensor((None, 3))] * 2)
    found, expected = (keras.ops.convert_to_numpy(y) for y in (expression.run(pair), loss(pair)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


KERAS_2 = """
import json, sys
import numpy as np, tensorflow as tf, tf_keras
given = json.load(sys.stdin)
x, y = (np.array(given[k], "float32") for k in "xy")
def function(name):
    module, _, rest = name.partition(".")
    return getattr(getattr(tf_keras, module), rest)
x, y = tf.constant(x), tf.constant(y)
print(json.dumps({name: np.asarray(function(name)(*([y, x] if pair else [x]))).tolist()
                  for name, pair in given["names"]}))
"""


def test_keras_2_has_its_own_activations_and_the_same_losses():
    """What tf_keras computes in a process of its own."""
    activations = "elu exponential gelu hard_sigmoid linear mish relu selu sigmoid softmax softplus tanh"
    losses = "mae mape mse msle kld logcosh huber poisson hinge cosine_similarity binary_crossentropy"
    called = [(f"activations.{name}", False) for name in activations.split()]
    called += [(f"losses.{name}", True) for name in losses.split()]
    x, y = 2 * v.positive(4, 3), v.positive(4, 3)
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", KERAS_2],
        input=json.dumps({"x": x.tolist(), "y": y.tolist(), "names": called}),
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    expected = json.loads(done.stdout)
    ours = Namespace(next(found for found in vocabulary.VOCABULARIES if "tf_keras" in found.modules))
    tensors = [keras.ops.convert_to_tensor(a) for a in (y, x)]
    for name, two in called:
        module, _, rest = name.partition(".")
        result = getattr(getattr(ours, module), rest)(*(tensors if two else tensors[1:]))
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(result), expected[name], rtol=2e-5, atol=2e-6, err_msg=name
        )
