"""`lamina.verify`: an expression beside the function it was captured from."""

from __future__ import annotations

import dataclasses
import sys
import warnings

import keras
import numpy as np
import pytest
from keras import ops

import lamina
from lamina.errors import UnavailableError, VerificationError
from lamina.expression.model import Call, Expression, Ref, Spec
from lamina.tracing import frameworks
from lamina.verification import comparing
from lamina.verification.sampling import samples_of

X = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
BACKEND = keras.backend.backend()


def antirectifier(x):
    centred = x - ops.mean(x, axis=1, keepdims=True)
    return ops.concatenate([ops.relu(centred), ops.relu(-centred)], axis=1)


def altered(expression, position, **changes):
    """The expression with one call changed."""
    calls = list(expression.calls)
    calls[position] = dataclasses.replace(calls[position], **changes)
    return dataclasses.replace(expression, calls=tuple(calls))


def test_equal_functions_say_what_was_compared():
    found = lamina.verify(lamina.capture(antirectifier), antirectifier, [X, X[:2]])
    assert (found.samples, found.compared, found.difference) == (2, "values", 0.0)


def test_a_changed_call_is_named():
    expression = altered(lamina.capture(antirectifier), 2, op="exp")
    with pytest.raises(
        VerificationError, match=r"call 2: `v2 = ops.exp\(v1\)`.*`v2 = ops.relu\(v1\)` at .*test_verify"
    ):
        lamina.verify(expression, antirectifier, X)


def test_the_error_is_what_a_caller_expects():
    with pytest.raises(AssertionError):
        lamina.verify(lamina.capture(lambda x: x + 1), lambda x: x + 2, X)
    assert issubclass(VerificationError, (ValueError, lamina.LaminaError))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda x: x[:, :3], r"float32\[4, 3\], the function float32\[4, 6\]"),
        (lambda x: ops.cast(x, "float16"), r"float16\[4, 6\], the function float32"),
        (lambda x: [x, x], "2 tensors, the function 1"),
        (lambda x: ops.where(x > 100, x, float("nan")), "inf"),
        (lambda x: x + 1e-3, r"largest difference is 0.001 at \[\d, \d\]"),
    ],
)
def test_shapes_dtypes_structure_and_values_count(wrong, message):
    with pytest.raises(VerificationError, match=message):
        lamina.verify(lamina.capture(wrong), lambda x: x * 1.0, X)


@pytest.mark.parametrize(("dtype", "step", "differs"), [("float32", 3e-6, 0), ("float32", 3e-5, 1),
                                                        ("float16", 3e-3, 0), ("float16", 3e-2, 1)])  # fmt: skip
def test_tolerances_by_dtype(dtype, step, differs):
    one = comparing.Leaf(dtype, np.full(3, 0.5, "float32"))
    other = comparing.Leaf(dtype, np.full(3, 0.5 + step, "float32"))
    assert bool(comparing.explain_difference([one], [other])) == bool(differs)
    assert comparing.explain_difference([one], [other], tolerance=1.0) is None


def test_integers_are_compared_exactly():
    with pytest.raises(VerificationError, match="difference is 1 "):
        lamina.verify(lamina.capture(lambda x: x // 2), lambda x: (x + 1) // 2, np.arange(6, dtype="int32"))


def test_several_arguments_structures_and_constants():
    def function(x, pair, k):
        return {"a": x * k, "b": pair[0] - pair[1]}

    expression = lamina.capture(function, Spec(), [Spec(), Spec()], k=3.0)
    assert lamina.verify(expression, function, (X, [X, X]), k=3.0).difference == 0
    with pytest.raises(VerificationError, match="output 0"):
        lamina.verify(expression, function, (X, [X, X]), k=4.0)


def test_variables_are_found_or_given():
    gain = keras.Variable(3.0, name="gain")

    def scaled(x):
        return x * gain

    expression = lamina.capture(scaled)
    assert lamina.verify(expression, scaled, X).compared == "values"
    with pytest.raises(VerificationError, match="differ"):
        lamina.verify(expression, scaled, X, state={"gain": ops.convert_to_tensor(2.0)})


def test_a_loaded_layer_is_verified_with_its_weights(tmp_path):
    gain = keras.Variable(3.0, name="gain")
    model = keras.Sequential([keras.Input((6,)), lamina.Lambda(lambda x: x * gain)])
    model.save(tmp_path / "m.keras")
    layer = keras.saving.load_model(tmp_path / "m.keras").layers[0]
    assert lamina.verify(layer, lambda x: x * 3.0, X).samples == 1
    layer.weights[0].assign(2.0)
    with pytest.raises(VerificationError):
        lamina.verify(layer, lambda x: x * 3.0, X)


def noise(scale):
    return lambda x: x + scale * keras.random.normal(ops.shape(x))


def test_random_functions_are_compared_by_distribution():
    found = lamina.verify(lamina.capture(noise(0.5)), noise(0.5), X)
    assert (found.compared, found.difference) == ("distribution", None)
    with pytest.raises(VerificationError, match="mean square of output 0"):
        lamina.verify(lamina.capture(noise(0.5)), noise(0.8), X)
    with pytest.raises(VerificationError, match="mean of output 0"):
        lamina.verify(lamina.capture(lambda x: noise(0.5)(x) + 1), noise(0.5), X)


def test_a_function_that_cannot_run_here_is_not_called_different():
    def host(x):
        raise RuntimeError("no accelerator")

    with pytest.raises(UnavailableError, match="RuntimeError: no accelerator"):
        lamina.verify(lamina.capture(lambda x: x), host, X)


def test_at_least_one_sample():
    with pytest.raises(VerificationError, match="at least one sample"):
        lamina.verify(lamina.capture(antirectifier), antirectifier, [])


def test_a_function_of_another_framework_gets_its_tensors():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf = pytest.importorskip("tensorflow")
    seen = []

    def function(x):
        seen.append(type(x).__module__.partition(".")[0])
        return tf.nn.l2_normalize(x, axis=1)

    assert frameworks.home_of(function) == "tensorflow"
    assert lamina.verify(lamina.capture(function), function, X).difference < 1e-5
    assert {"lamina", "tensorflow"} == set(seen)
    wrong = altered(lamina.capture(function), -1, op="subtract")
    with pytest.raises(VerificationError, match="subtract"):
        lamina.verify(wrong, function, X)


def test_numpy_functions_get_arrays():
    def function(x):
        return np.sqrt(np.abs(x)).mean(axis=1)

    assert frameworks.home_of(function) == "numpy"
    assert lamina.verify(lamina.capture(function), function, X).compared == "values"


def test_an_expression_that_no_function_gives():
    expression = Expression(Spec(), (Call("negative", (Ref(0),)),), Ref(1))
    assert lamina.verify(expression, lambda x: -x, X).difference == 0


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "bool", "complex64"])
def test_samples_are_the_same_each_time_and_of_their_dtype(dtype):
    spec = Spec((None, 3, None), dtype)
    first, second = (list(samples_of({"a": spec, "b": None})) for _ in range(2))
    assert len(first) == 2
    for ours, theirs in zip(first, second, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a["a"], b["a"])
            assert a["a"].dtype.name == dtype
            assert a["b"] is None
    assert first[0][0]["a"].shape == (4, 3, 24)
    assert first[1][0]["a"].shape == (12, 3, 12)


def test_the_modules_of_a_function_are_found_through_helpers_and_closures():
    library = sys.modules["numpy"]

    def helper(x):
        return library.abs(x)

    def outer(x):
        return helper(x)

    assert frameworks.frameworks_of(outer) == {"numpy"}
    assert frameworks.frameworks_of(lambda x: x + 1) == set()
