"""Every name of the JAX vocabulary against JAX itself."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from tests.vocabulary.conformance import BACKEND, Case, find

import lamina
from lamina.errors import CaptureError
from lamina.vocabulary.jax import DEVIATIONS, REFUSED, TABLE, VOCABULARIES

jax = pytest.importorskip("jax")
for _module in ("scipy.linalg", "scipy.special", "scipy.stats"):
    pytest.importorskip(f"jax.{_module}")
sys.path.insert(0, str(Path(__file__).parent))
import jax_cases_arrays  # noqa: E402
import jax_cases_control  # noqa: E402
import jax_cases_elementwise  # noqa: E402
import jax_cases_nn  # noqa: E402
import jax_cases_random  # noqa: E402
import jax_cases_reductions  # noqa: E402
from jax_cases import CASES  # noqa: E402
from jax_oracle import JAX  # noqa: E402

DECLARING = (
    jax_cases_arrays, jax_cases_control, jax_cases_elementwise, jax_cases_nn, jax_cases_random, jax_cases_reductions,
)  # fmt: skip
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Explicitly requested dtype:UserWarning", "ignore:.*incompatible dtypes:FutureWarning"
)
NOT_ON_PYTORCH = "Keras has none on PyTorch"
BY_DISTRIBUTION = {name for name, text in DEVIATIONS.items() if "distribution" in text}


@pytest.mark.parametrize("case", CASES.chosen(TABLE))
def test_equals_jax(case: Case):
    if BACKEND == "torch" and DEVIATIONS.get(case.name) == NOT_ON_PYTORCH:
        pytest.skip(NOT_ON_PYTORCH)
    JAX.check(case)


def test_every_name_is_covered():
    assert CASES.uncovered(TABLE, BY_DISTRIBUTION) == set()
    assert not set(TABLE) & set(REFUSED)
    assert set(DEVIATIONS) <= set(TABLE)
    assert len(TABLE) > 250


def test_every_name_is_one_of_jax():
    known = {"numpy.newaxis", "tree_map"}  # None, and a name that JAX has moved
    assert {name for name in TABLE if find(jax, name) is None} == known
    assert {name for name in REFUSED if find(jax, name) is None} <= {
        "experimental.io_callback",
        "numpy.array2string",
    }


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_names_say_what_to_use(name: str):
    with pytest.raises(CaptureError, match=re.escape(name)) as error:
        VOCABULARIES[0].get(name)
    assert REFUSED[name] in str(error.value)


def test_expressions_are_small():
    expression = lamina.capture(lambda x: jax.numpy.sum(jax.nn.relu(x), axis=1, keepdims=True))
    assert [call.op for call in expression.calls] == ["relu", "sum"]
    assert json.loads(expression.dumps())
