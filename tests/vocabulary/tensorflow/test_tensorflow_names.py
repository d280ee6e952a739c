"""Every name of the TensorFlow vocabulary against TensorFlow itself."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest
from tests.vocabulary.conformance import BACKEND, Case, Framework, find

from lamina.vocabulary.tensorflow import DEVIATIONS, REFUSED, TABLE, TABLE_V1, VOCABULARIES

sys.path.insert(0, str(Path(__file__).parent))
import tf_cases_arrays
import tf_cases_control
import tf_cases_elementwise
import tf_cases_images
import tf_cases_nn
from tf_cases import CASES

DECLARING = (tf_cases_arrays, tf_cases_control, tf_cases_elementwise, tf_cases_images, tf_cases_nn)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tf = pytest.importorskip("tensorflow")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")

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


def is_real_name(name):
    return find(tf, name) is not None or find(tf.compat.v1, name) is not None


def real(name):
    name = GONE.get(name, name)
    return find(tf, name) if find(tf, name) is not None else find(tf.compat.v1, name)


def as_array(leaf):
    if isinstance(leaf, tf.Variable):
        leaf = leaf.value()
    return leaf.numpy() if tf.is_tensor(leaf) else leaf


TENSORFLOW = Framework(VOCABULARIES[0], tf, tf.constant, as_array, real)


@pytest.mark.parametrize("case", CASES.chosen())
def test_equals_tensorflow(case: Case):
    if BACKEND == "torch" and DEVIATIONS.get(case.name) == "Keras has none on PyTorch":
        pytest.skip(DEVIATIONS[case.name])
    TENSORFLOW.check(case)


@pytest.mark.parametrize(("name", "case"), [pytest.param(n, c, id=n) for n, c in CASES.spellings(TABLE)])
def test_same_function_under_another_name(name: str, case: Case):
    """Two names of one function here are two names of one function there."""
    renamed = Case(name, case.args, case.kwargs, tolerance=case.tolerance)
    TENSORFLOW.compare(TENSORFLOW.run_real(case), TENSORFLOW.run_real(renamed), case.tolerance)


def test_every_name_is_covered():
    assert CASES.uncovered(TABLE, ELSEWHERE) == set()
    assert not set(TABLE) & set(REFUSED)
    assert set(DEVIATIONS) <= set(TABLE)


def test_every_name_is_one_of_tensorflow():
    unknown = {n for n in TABLE if n != "newaxis" and not is_real_name(n) and n not in GONE}
    assert {name for name in unknown if not name.startswith("contrib.")} == {"in_top_k"}


def test_v1_differs_only_where_tensorflow_does():
    for name in TABLE_V1:
        if TABLE_V1[name] is not TABLE[name]:
            assert find(tf.compat.v1, name) is not find(tf, name)
