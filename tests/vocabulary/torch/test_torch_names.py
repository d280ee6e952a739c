"""Every name and method of the PyTorch vocabulary against PyTorch itself."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vocabulary.conformance import FULL, Case, Framework, captured, find

from lamina.vocabulary.torch import (
    DEVIATIONS,
    METHODS,
    PROPERTIES,
    REFUSED,
    REFUSED_METHODS,
    TABLE,
    VOCABULARIES,
)

sys.path.insert(0, str(Path(__file__).parent))
import torch_cases_arrays
import torch_cases_elementwise
import torch_cases_linalg
import torch_cases_nn
import torch_cases_reductions
from torch_cases import CASES
from torch_cases_methods import METHOD_CASES, PROPERTY_CASES

torch = pytest.importorskip("torch")
DECLARING = (
    torch_cases_arrays,
    torch_cases_elementwise,
    torch_cases_linalg,
    torch_cases_nn,
    torch_cases_reductions,
)
# JAX says so of each 64-bit dtype, and computes in 32 bits; PyTorch of what it will drop.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
    pytest.mark.filterwarnings("ignore::UserWarning:torch"),
    # Keras says so of an axis of size 1.
    pytest.mark.filterwarnings("ignore:You are using a softmax:UserWarning"),
]


def as_array(x):
    if not torch.is_tensor(x):
        return np.asarray(x)
    x = x.detach().cpu().resolve_conj().resolve_neg()
    if x.dtype == torch.bfloat16:
        import ml_dtypes

        return x.float().numpy().astype(ml_dtypes.bfloat16)
    return x.numpy()


class Torch(Framework):
    """PyTorch, whose tensors may be conjugated when they are read."""

    def array(self, leaf):
        return as_array(leaf) if torch.is_tensor(leaf) else super().array(leaf)


TORCH = Torch(VOCABULARIES[0], torch, lambda a: torch.from_numpy(np.array(a)), as_array)
# Covered by tests of their own: random numbers.
ELSEWHERE = set(
    """rand randn rand_like randn_like randint randint_like normal bernoulli multinomial randperm
    nn.functional.gumbel_softmax""".split()
)


def spellings():
    """Names of functions that are tested under another name, and the case of that one."""
    tested = {param.values[0].name for param in CASES.chosen(TABLE)}
    by_function = {id(TABLE[c.name]): c for c in CASES if c.run is None and c.name in TABLE}
    names = [name for name, function in TABLE.items() if name not in tested and id(function) in by_function]
    return [pytest.param(name, by_function[id(TABLE[name])], id=name) for name in names]


@pytest.mark.parametrize("case", CASES.chosen(TABLE))
def test_equals_torch(case: Case):
    TORCH.check(case)


@pytest.mark.parametrize(("name", "case"), spellings())
def test_same_function_under_another_name(name: str, case: Case):
    """Two names of one function here are two names of one function there."""
    renamed = Case(name, case.args, case.kwargs, tolerance=case.tolerance)
    TORCH.compare(TORCH.run_real(case), TORCH.run_real(renamed), case.tolerance)


def test_every_name_is_covered():
    assert CASES.uncovered(TABLE, ELSEWHERE) == set()
    assert not set(TABLE) & set(REFUSED)
    assert set(DEVIATIONS) <= set(TABLE)


def test_every_name_is_one_of_torch():
    assert {name for name in TABLE if name != "newaxis" and find(torch, name) is None} == set()
    assert {name for name in REFUSED if find(torch, name) is None} == set()


def with_method(case):
    """The case of a method as a function of both sides' tensors."""

    def call(framework, tensor, *rest):
        given = iter(rest)
        args = [
            next(given) if isinstance(a, (np.ndarray, np.generic)) else _dtype(framework, a)
            for a in case.args[1:]
        ]
        kwargs = {key: _dtype(framework, value) for key, value in case.kwargs.items()}
        return getattr(tensor, case.name)(*args, **kwargs)

    arrays = [a for a in case.args if isinstance(a, (np.ndarray, np.generic))]
    return Case(case.name, tuple(arrays), run=call, tolerance=case.tolerance)


def _dtype(framework, value):
    return getattr(framework, value.name) if hasattr(value, "name") else value


@pytest.mark.parametrize("case", METHOD_CASES.chosen(TABLE))
def test_method_equals_torch(case: Case):
    TORCH.check(with_method(case))


@pytest.mark.parametrize("name", PROPERTY_CASES)
def test_property_equals_torch(name: str):
    TORCH.check(Case(name, (PROPERTY_CASES[name],), run=lambda framework, x: getattr(x, name)))


def of_function(name):
    """A case of the function that a method is: the function without its underscore, or itself."""
    wanted = name if name in TABLE else name.removesuffix("_")
    found = [case for case in CASES if case.name == wanted and case.run is None and case.args]
    # What changes its tensor keeps its dtype, which the first case of each function allows.
    return found[0 if name.endswith("_") else -1] if found else None


TESTED = {case.name for case in METHOD_CASES} | set(PROPERTY_CASES)
AS_FUNCTION = {
    name: case for name in METHODS if name not in TESTED if (case := of_function(name)) is not None
}
# Where the tensor is not the first argument, where its memory is asked about, and random numbers.
ALONE = set(
    """cuda istft pin_memory qr stft svd coalesce uniform_ normal_ bernoulli_ bernoulli multinomial""".split()
)


# Each is the function of a name that is tested above, bound to a tensor.
@pytest.mark.parametrize("name", AS_FUNCTION if FULL else [*AS_FUNCTION][::6])
def test_function_as_method(name: str):
    case = AS_FUNCTION[name]
    arguments = (*case.args, *case.kwargs.values())
    if not isinstance(case.args[0], np.ndarray) or any(isinstance(a, list) for a in arguments):
        pytest.skip("a function of a list or a number, and of a tensor as a method")
    TORCH.check(with_method(Case(name, case.args, case.kwargs, tolerance=case.tolerance)))


def test_every_method_is_covered():
    assert set(METHODS) - TESTED - set(AS_FUNCTION) == ALONE & set(METHODS)
    assert {
        name for name in (*METHODS, *PROPERTIES, *REFUSED_METHODS) if not hasattr(torch.Tensor, name)
    } == set()
    assert not set(REFUSED_METHODS) & {*METHODS, *PROPERTIES}


SIZES = st.lists(st.sampled_from([0, 1, 2, 3]), min_size=0, max_size=3).map(tuple)
DTYPES = st.sampled_from("float32 float16 bfloat16 int32 int64 uint8 bool".split())
UNARY = "abs exp sin square relu sign logical_not nn.functional.gelu floor".split()
BINARY = "add sub mul maximum lt eq".split()
REDUCTIONS = "sum mean all argmax logsumexp var cumsum softmax".split()


def array_of(data, shape, dtype):
    import ml_dtypes

    values = np.random.RandomState(data.draw(st.integers(0, 9))).randint(-3, 4, shape)
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    return (np.abs(values) if dtype in ("uint8", "bool") else values).astype(kind)


def real_tensor(array):
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(np.array(array.astype("float32"))).bfloat16()
    return torch.from_numpy(np.array(array))


def agree(function, arrays, unknown):
    try:
        want = function(torch, *map(real_tensor, arrays))
    except (RuntimeError, IndexError, TypeError):
        return  # PyTorch has it not for this dtype or this shape
    TORCH.compare(captured(lambda *tensors: function(TORCH.ours, *tensors), arrays, unknown), want, 1e-5)


@settings(max_examples=60 if FULL else 12, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(UNARY), SIZES, DTYPES, st.booleans())
def test_unary_shapes(data, name, shape, dtype, unknown):
    agree(lambda framework, x: find(framework, name)(x), [array_of(data, shape, dtype)], unknown)


@settings(max_examples=60 if FULL else 12, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(BINARY), SIZES, st.tuples(DTYPES, DTYPES), st.booleans())
def test_binary_shapes(data, name, shape, dtypes, unknown):
    other = tuple(data.draw(st.sampled_from([n, 1])) for n in shape)
    arrays = [array_of(data, s, d) for s, d in zip((shape, other), dtypes, strict=True)]
    agree(lambda framework, x, y: find(framework, name)(x, y), arrays, unknown and shape == other)


# PyTorch says so of a variance of one element, which is nan.
@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")
@settings(max_examples=60 if FULL else 12, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(REDUCTIONS), SIZES, DTYPES, st.booleans())
def test_reduction_shapes(data, name, shape, dtype, unknown):
    if name == "softmax" and "float" not in dtype:
        dtype = "float32"  # PyTorch has it for integers where there are none
    axis = data.draw(st.integers(-len(shape), max(len(shape) - 1, 0)))
    agree(lambda framework, x: find(framework, name)(x, axis), [array_of(data, shape, dtype)], unknown)
