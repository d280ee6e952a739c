"""What no expression can hold is refused with file, line and advice."""

from __future__ import annotations

import itertools
import random
import time

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, check

from lamina import backend as K
from lamina import capture
from lamina.errors import CaptureError, LaminaError

COUNT = itertools.count()
SYMBOL = keras.KerasTensor((None, 3))
LEAKED = []


class Counter:
    value = 0


COUNTER = Counter()


def branch(x):
    if ops.sum(x) > 0:
        return x
    return -x


def loop(x):
    while ops.sum(x) < 3:
        x = x * 2
    return x


def assigns_a_global(x):
    global LAST
    LAST = x
    return x


def assigns_an_attribute(x):
    COUNTER.value = x
    return x


REFUSED = {
    "branch": (branch, r"test_refusals.py:\d+.*ops.where.*ops.cond"),
    "loop": (loop, r"test_refusals.py:\d+.*ops.where"),
    "and": (lambda x: (x > 0) and x, "ops.where"),
    "not": (lambda x: x * (not x), "ops.where"),
    "in": (lambda x: x if 3 in x else -x, "ops.where"),
    "any": (lambda x: x if any([x > 0]) else -x, "ops.where"),
    "sorted": (lambda x: sorted([x[0], x[1]])[0], "ops.where"),
    "assert": (lambda x: (_check(x), x)[1], "ops.where"),
    "float": (lambda x: x * float(ops.sum(x)), r"float\(\).*ops.cast"),
    "int": (lambda x: x[: int(ops.sum(x))], r"int\(\).*ops.cast"),
    "index": (lambda x: [1, 2, 3][ops.sum(x)] * x, "as a Python index"),
    "range": (lambda x: x * len(range(ops.sum(x))), "as a Python index"),
    "complex": (lambda x: x * complex(ops.sum(x)), r"complex\(\)"),
    "numpy method": (lambda x: x.numpy(), r"`.numpy` of a tensor.*host"),
    "item": (lambda x: x.item() * x, "`.item` of a tensor.*host"),
    "unknown method": (lambda x: x.means(), r"`.means` of a tensor.*near it: mean"),
    "convert_to_numpy": (lambda x: ops.convert_to_numpy(x), "convert_to_numpy cannot be part"),
    "np.asarray of a list": (lambda x: np.random.permutation(x), "random"),
    "unknown function": (lambda x: keras.ops.reduce_mean(x), "reduce_mean.*nearest names are.*mean"),
    "unknown K function": (lambda x: K.summ(x), "nearest names are.*sum"),
    "framework function": (lambda x: keras.utils.array_to_img(x), "array_to_img is not a function"),
    "metric": (lambda x: keras.metrics.MeanSquaredError()(x, x), "Mean"),
    "global": (assigns_a_global, "assigns to the global 'LAST'.*return the value instead"),
    "attribute": (assigns_an_attribute, "assigns to the attribute 'value'.*return the value instead"),
    "Keras tensor": (lambda x: x + SYMBOL, r"a Keras tensor.*layer\(\[x, y\]\)"),
    "leaked": (lambda x: x + LEAKED[0], "another call of a captured function.*kept in globals"),
    "random": (lambda x: x * random.random(), "not deterministic.*test_refusals.py.*keras.random"),
    "time": (lambda x: x * time.time(), "not deterministic"),
    "counter": (lambda x: x * next(COUNT), "not deterministic"),
    "numpy random": (lambda x: x * float(np.random.rand()), "random"),
    "different calls": (
        lambda x: ops.exp(x) if next(COUNT) % 2 else ops.square(x),
        "not deterministic.*call 0",
    ),
    "own exception": (lambda x: _raises(x), "raised ValueError.*test_refusals.py.*wrong shape"),
    "no result": (lambda x: None, "returned None"),
    "dict key": (lambda x: {1: x}, "no string"),
    "generator": (lambda x: (row for row in [x]), "generator"),
}


def _check(x):
    assert x > 0


def _raises(x):
    raise ValueError("wrong shape")


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_place_and_advice(name):
    if not LEAKED:
        capture(lambda x: LEAKED.append(x) or x)
    function, message = REFUSED[name]
    with pytest.raises(LaminaError, match=f"(?s){message}"):
        capture(function, (2, 3))


def test_the_error_is_the_one_that_python_would_raise():
    with pytest.raises(TypeError):
        capture(branch)
    assert issubclass(CaptureError, TypeError)


def test_missing_names_are_missing_for_hasattr_and_getattr():
    def function(x):
        assert not hasattr(x, "numpy")
        assert getattr(x, "no_such_thing", None) is None
        assert not hasattr(keras.ops, "no_such_function")
        assert hasattr(x, "shape")
        return x * 2

    check(function, X, expected=ops.convert_to_tensor(X * 2))


def test_a_capture_that_fails_leaves_nothing_behind():
    from lamina.vocabulary.dispatch import active

    with pytest.raises(CaptureError):
        capture(branch)
    assert active() is None
    check(lambda x: ops.square(x), X)


def test_an_effect_on_nothing_that_is_read_is_allowed():
    seen = []

    def function(x):
        seen.append("called")
        print("capturing", x, file=__import__("io").StringIO())
        return x * 2

    capture(function)
    assert seen == ["called", "called"]
