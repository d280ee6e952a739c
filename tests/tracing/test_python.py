"""Python itself on stand-ins: builtins, iteration, comparison, types."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from keras import ops
from tests.tracing.helpers import X, check, run

from lamina import backend as K
from lamina import capture
from lamina.errors import CaptureError

S = np.float32(0.5)
FUNCTIONS = {
    "sum of rows": lambda x: sum(x),
    "sum with a start": lambda x: sum([x, x], x),
    "abs": lambda x: abs(x - 1),
    "max of two": lambda x: max(x[0], x[1]),
    "max of several": lambda x: max(x[0], x[1], 1.0),
    "min of a list": lambda x: min([x[0], x[1]]),
    "max of a vector": lambda x: max(x[:, 0]),
    "max of numbers": lambda x: x * max([1, 2, 3]) * max(n for n in (1, 2)) * max(1, 2, key=lambda v: -v),
    "max of nothing": lambda x: x * max([], default=3),
    "pow": lambda x: pow(x, 2),
    "round": lambda x: round(x),
    "divmod": lambda x: divmod(x, 2.0),
    "len": lambda x: x / len(x),
    "zip": lambda x: [a - b for a, b in zip(x, x[::-1], strict=True)],
    "enumerate": lambda x: [row * i for i, row in enumerate(x)],
    "sorted by a number": lambda x: [x[i] for i in sorted(range(4), key=lambda i: -i)],
    "reversed": lambda x: [x[i] for i in reversed(range(4))],
    "star": lambda x: ops.stack([*x, *x]),
    "unpacking": lambda x: (lambda a, b, *rest: a - b + rest[0])(*x),
    "nested unpacking": lambda x: [(a + b, c) for a, b, c in x],
    "starred target": lambda x: _starred(x),
    "list": lambda x: list(x)[1],
    "tuple": lambda x: tuple(x)[1:],
    "iter and next": lambda x: next(iter(x)),
    "map and filter": lambda x: list(map(abs, filter(lambda row: row is not None, x))),
    "range over a size": lambda x: [x[:, i] for i in range(x.shape[1])],
    "while over a number": lambda x: _while(x),
    "dict of rows": lambda x: {str(i): row for i, row in enumerate(x)},
    "is None": lambda x: x if x is not None else 0,
    "equal None": lambda x: x if not (x == None) and x != None else 0,  # noqa: E711
    "comparisons": lambda x: [x < 1, x <= 1, x > 1, x >= 1, x == 1, x != 1, 1 < x],
    "logic": lambda x: ((x > 1) & (x < 2)) | ~(x > 0.5) ^ (x > 2),
    "arithmetic": lambda x: -x + +x - x * x / (x + 1) // 0.3 % 2 + x**0.5,
    "reflected": lambda x: 1 - (2 / (x + 1)) + (7 // (x + 1)) + (7 % (x + 1)) + 2**x,
    "matmul": lambda x: x @ ops.transpose(x),
    "conditional on a flag": lambda x: ops.relu(x) if K.image_data_format() == "channels_last" else x,
    "type": lambda x: x * (2 if type(x) is not int else 3),
    "math on tensors": lambda x: (
        math.sqrt(x) + math.exp(x) + math.log(x + 1) + math.log(x + 1, 2) + math.fabs(-x)
    ),
    "math.hypot": lambda x: math.hypot(x, x),
    "format": lambda x: x if f"{x}" and str(x) and repr(x) else -x,
    "string method": lambda x: getattr(ops, "-square".strip("-"))(x),
    "try float": lambda x: _try_float(x),
    "and of numbers": lambda x: x * (1 and 2) * (0 or 3),
    "chained": lambda x: x if 0 < x.ndim < 3 else -x,
    "set": lambda x: {ops: x}[ops],
    "any of numbers": lambda x: x * any([0, 1]) * all([1, 1]),
}
EAGER = {
    "max of two": lambda x: np.maximum(x[0], x[1]),
    "max of several": lambda x: np.maximum(np.maximum(x[0], x[1]), S * 2),
    "min of a list": lambda x: np.minimum(x[0], x[1]),
    "max of a vector": lambda x: np.max(x[:, 0]),
    "round": lambda x: np.round(x),
    "divmod": lambda x: [x // 2, x % 2],
    "math on tensors": lambda x: np.sqrt(x) + np.exp(x) + np.log(x + 1) + np.log2(x + 1) + np.abs(-x),
    "math.hypot": lambda x: np.hypot(x, x),
    "equal None": lambda x: x,
    "format": lambda x: x,
    "try float": lambda x: x * 2,
    "zip": lambda x: [a - b for a, b in zip(x, x[::-1], strict=True)],
    "arithmetic": lambda x: -x + x - x * x / (x + 1) // S.dtype.type(0.3) % 2 + x**S,
}


def _starred(x):
    first, *middle, last = x
    return first + last - middle[0]


def _while(x):
    i = 0
    while i < 3:
        x, i = x * 2, i + 1
    return x


def _try_float(x):
    try:
        return x * float(ops.sum(x))
    except TypeError:
        return x * 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_python_works_on_stand_ins(name):
    reference = EAGER.get(name)
    expected = None
    if reference is not None:
        expected = keras.tree.map_structure(ops.convert_to_tensor, reference(X))
    check(FUNCTIONS[name], X, kinds="known", expected=expected)


KINDS = {
    "KerasTensor": lambda x: isinstance(x, keras.KerasTensor),
    "several": lambda x: isinstance(x, (int, keras.KerasTensor)),
    "is_keras_tensor": lambda x: K.is_keras_tensor(x),
    "is_tensor": lambda x: keras.ops.is_tensor(x),
    "not a number": lambda x: not isinstance(x, (int, float, list, tuple, dict, str)),
    "nested tuple of kinds": lambda x: not isinstance(x, (int, (float, (list,)))),
    "union": lambda x: not isinstance(x, int | float),
    "not an array": lambda x: not isinstance(x, np.ndarray),
    "a size is an int": lambda x: isinstance(x.shape[0], int),
    "numbers": lambda x: isinstance(3, int) and isinstance(2.0, (int, float)) and not isinstance("a", int),
    "classes of Keras": lambda x: isinstance(LAYER, keras.layers.Dense) and isinstance(LAYER, keras.Layer),
    "callable": lambda x: callable(ops.relu) and not callable(3),
    "hasattr": lambda x: hasattr(x, "shape") and hasattr(x, "dtype"),
}
LAYER = keras.layers.Dense(3)


@pytest.mark.parametrize("name", KINDS)
def test_a_stand_in_is_an_instance_of_what_it_stands_for(name):
    seen = []

    def function(x):
        seen.append(KINDS[name](x))
        return x

    capture(function, keras.KerasTensor((None, 3)))
    assert seen == [True, True]


def test_iteration_over_an_unknown_size_is_refused_with_advice():
    for function in (lambda x: sum(x), lambda x: tuple(x), lambda x: max(x)):
        with pytest.raises(CaptureError, match=r"axis of unknown size at .*test_python.py.*ops.map"):
            capture(function, (None, 3))
    with pytest.raises(CaptureError, match=r"len\(\).*ops.shape"):
        capture(lambda x: x * len(x), (None, 3))


def test_iteration_over_columns_of_an_unknown_batch():
    expression = capture(lambda x: [c * 2 for c in ops.transpose(x)], (None, 3))
    assert len(run(expression, X)) == 3


def test_a_stand_in_is_hashable_and_has_a_printed_form():
    seen = []

    def function(x):
        seen.append(({x: 1}[x], repr(x), repr(x.shape[0])))
        return x

    capture(function, (None, 3))
    assert seen[0][0] == 1
    assert "captured" in seen[0][1]
    assert "captured" in seen[0][2]
