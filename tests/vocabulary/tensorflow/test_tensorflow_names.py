"""Every name of the TensorFlow vocabulary against TensorFlow itself."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import keras
import numpy as np
import pytest

import lamina
from lamina.vocabulary.registry import Namespace
from lamina.vocabulary.tensorflow import DEVIATIONS, REFUSED, TABLE, TABLE_V1, VOCABULARIES

sys.path.insert(0, str(Path(__file__).parent))
import tf_cases_arrays
import tf_cases_control
import tf_cases_elementwise
import tf_cases_images
import tf_cases_nn
from tf_cases import CASES, Case, Dtype

DECLARING = (tf_cases_arrays, tf_cases_control, tf_cases_elementwise, tf_cases_images, tf_cases_nn)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tf = pytest.importorskip("tensorflow")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")

OURS = Namespace(VOCABULARIES[0])
OURS.is_tensor_like = False  # TensorFlow asks it of every value that a function reads
# Names that TensorFlow has dropped, by those of the same meaning that it still has.
GONE = {
    "batch_matmul": "matmul",
    "inv": "math.reciprocal",
    "mul": "multiply",
    "neg": "negative",
    "pack": "stack",
    "parallel_stack": "stack",  # it refuses eager calls
    "select": "compat.v1.where",
    "sub": "subtract",
    "unpack": "unstack",
}
# Covered by tests of their own: random numbers, and variables.
ELSEWHERE = {
    *(name for name in TABLE if "random" in name or name.startswith("random.")),
    *"nn.dropout multinomial truncated_normal truncated_normal_initializer get_variable".split(),
    *"glorot_normal_initializer glorot_uniform_initializer".split(),
}
DOWNCAST = keras.backend.backend() == "jax"
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def is_real_name(name):
    return _find(tf, name) is not None or _find(tf.compat.v1, name) is not None


def _find(root, name):
    try:
        return functools.reduce(getattr, name.split("."), root)
    except AttributeError:
        return None


def real(name):
    name = GONE.get(name, name)
    return _find(tf, name) if _find(tf, name) is not None else _find(tf.compat.v1, name)


def tensors_of(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return [value]
    if isinstance(value, dict):
        return [t for item in value.values() for t in tensors_of(item)]
    return [t for item in value for t in tensors_of(item)] if isinstance(value, (list, tuple)) else []


def filled(value, tensors, side):
    if isinstance(value, (np.ndarray, np.generic)):
        return next(tensors)
    if isinstance(value, Dtype):
        return getattr(side, value.name)
    if isinstance(value, dict):
        return {key: filled(item, tensors, side) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(filled(item, tensors, side) for item in value)
    return value


def perform(case, side, function, tensors):
    if case.run is not None:
        return case.run(side, *tensors)
    rest = iter(tensors)
    args, kwargs = filled(case.args, rest, side), filled(case.kwargs, rest, side)
    return function(*args, **kwargs)


def flat(result):
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flat(result[key])]
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    return [] if result is None else [result]


def as_array(leaf):
    if isinstance(leaf, tf.Variable):
        leaf = leaf.value()
    if tf.is_tensor(leaf):
        return leaf.numpy()
    return keras.ops.convert_to_numpy(leaf) if keras.ops.is_tensor(leaf) else np.asarray(leaf)


def run_ours(case, function=None):
    arrays = tensors_of((case.args, case.kwargs))
    specs = [keras.KerasTensor(np.shape(a), dtype=np.asarray(a).dtype.name) for a in arrays]

    def call(*tensors):
        return perform(case, OURS, function or functools.reduce(getattr, case.name.split("."), OURS), tensors)

    captured = lamina.tracing.api.capture_with_state(call, *(specs or [keras.KerasTensor((1,))]))
    state = {name: layer_state(value) for name, value in captured.objects.items()}
    given = [keras.ops.convert_to_tensor(a) for a in (arrays or [np.zeros(1, "float32")])]
    return captured.expression.run(given[0] if len(given) == 1 else tuple(given), state)


def layer_state(value):
    if isinstance(value, lamina.tracing.state.SeedRequest):
        return keras.random.SeedGenerator(value.seed)
    if isinstance(value, lamina.tracing.state.VariableRequest):
        return keras.Variable(value.value, dtype=value.dtype)
    return keras.ops.convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def run_real(case):
    arrays = tensors_of((case.args, case.kwargs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return perform(case, tf, None if case.run else real(case.name), [tf.constant(a) for a in arrays])


def dtype_name(array):
    """The dtype; JAX computes in 32 bits unless it is told otherwise."""
    return NARROW.get(array.dtype.name, array.dtype.name) if DOWNCAST else array.dtype.name


def compare(got, want, tolerance):
    got, want = flat(got), flat(want)
    assert len(got) == len(want)
    for a, b in zip(map(as_array, got), map(as_array, want), strict=True):
        assert a.shape == b.shape
        assert dtype_name(a) == dtype_name(b)
        if b.dtype.kind in "fc" or b.dtype.name == "bfloat16":
            close = 1e-2 if b.dtype.itemsize == 2 else tolerance
            kind = "complex128" if b.dtype.kind == "c" else "float64"
            np.testing.assert_allclose(a.astype(kind), b.astype(kind), rtol=close, atol=close)
        else:
            np.testing.assert_array_equal(a, b)


def chosen():
    """The first and the last case of each name, or all of them with LAMINA_CONFORMANCE=full."""
    places = defaultdict(list)
    for place, case in enumerate(CASES):
        places[case.name].append(place)
    full = os.environ.get("LAMINA_CONFORMANCE") == "full"
    kept = {place for found in places.values() for place in (found if full else (found[0], found[-1]))}
    return [pytest.param(case, id=f"{case.name}-{i}") for i, case in enumerate(CASES) if i in kept]


@pytest.mark.parametrize("case", chosen())
def test_equals_tensorflow(case: Case):
    if keras.backend.backend() == "torch" and DEVIATIONS.get(case.name) == "Keras has none on PyTorch":
        pytest.skip(DEVIATIONS[case.name])
    compare(run_ours(case), run_real(case), case.tolerance)


def other_spellings():
    declared = {case.name for case in CASES}
    by_function = defaultdict(list)
    for case in CASES:
        if case.run is None and case.name in TABLE:
            by_function[id(TABLE[case.name])].append(case)
    for name, function in TABLE.items():
        if name not in declared and id(function) in by_function:
            yield name, by_function[id(function)][0]


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, c in other_spellings()])
def test_same_function_under_another_name(name: str, case: Case):
    """Two names of one function here are two names of one function there."""
    renamed = Case(name, case.args, case.kwargs, tolerance=case.tolerance)
    compare(run_real(case), run_real(renamed), case.tolerance)


def test_every_name_is_covered():
    covered = {case.name for case in CASES} | {name for name, _ in other_spellings()} | ELSEWHERE
    same = {id(TABLE[name]) for name in covered if name in TABLE}
    missing = {name for name, value in TABLE.items() if name not in covered and id(value) not in same}
    assert missing == set()
    assert not set(TABLE) & set(REFUSED)
    assert set(DEVIATIONS) <= set(TABLE)


def test_every_name_is_one_of_tensorflow():
    unknown = {n for n in TABLE if n != "newaxis" and not is_real_name(n) and n not in GONE}
    assert {name for name in unknown if not name.startswith("contrib.")} == {"in_top_k"}


def test_v1_differs_only_where_tensorflow_does():
    for name in TABLE_V1:
        if TABLE_V1[name] is not TABLE[name]:
            assert _find(tf.compat.v1, name) is not _find(tf, name)
