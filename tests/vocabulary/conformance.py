"""What the tests of the vocabularies share: calls declared once, run here and by the framework itself.

A case is the name of a function and its arguments; NumPy arrays among them are tensors, `Dtype`
names a dtype. Where a call needs functions of its own, the case is a function of
`(framework, *tensors)`, which is run with lamina's namespace and with the real module.
"""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest

import lamina
from lamina.expression.model import Ref
from lamina.expression.model import leaves as of_tree
from lamina.vocabulary.registry import Namespace, Vocabulary

BACKEND = keras.backend.backend()
FULL = os.environ.get("LAMINA_CONFORMANCE") == "full"
# JAX computes in 32 bits unless it is told otherwise.
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


@pytest.fixture(autouse=True, scope="package")
def quick_compilation():
    """JAX compiles what is tested once, also as an oracle; its optimisations would take most of the time."""
    jax = sys.modules.get("jax")
    if jax is None:
        yield
        return
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@dataclass(frozen=True)
class Dtype:
    """A dtype by name, as each side spells it."""

    name: str


@dataclass(frozen=True)
class Case:
    """One call.

    Args:
        name: The function, by its name below the module.
        args: Positional arguments.
        kwargs: Keyword arguments.
        run: What to do instead of calling the function, `(framework, *tensors)`; `args` are the tensors.
        tolerance: Of values, relative and absolute.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    run: Callable[..., Any] | None = None
    tolerance: float = 1e-5


class Cases(list[Case]):
    """The calls that are declared for one framework."""

    def case(self, names: str, *args: Any, **kwargs: Any) -> None:
        """A case of each of the names."""
        self.extend(Case(name, args, kwargs) for name in names.split())

    def loose(self, tolerance: float, names: str, *args: Any, **kwargs: Any) -> None:
        """A case whose values are compared less closely."""
        self.extend(Case(name, args, kwargs, tolerance=tolerance) for name in names.split())

    def runs(self, names: str, run: Callable[..., Any], *tensors: Any, tolerance: float = 1e-5) -> None:
        """A case of each of the names that is a function of `(framework, *tensors)`."""
        self.extend(Case(name, tensors, run=run, tolerance=tolerance) for name in names.split())

    def variants(self, names: str, args: tuple[Any, ...], *options: dict[str, Any]) -> None:
        """A case for each choice of keywords."""
        for option in options:
            self.case(names, *args, **option)

    def chosen(self, table: Mapping[str, Any] | None = None) -> list[Any]:
        """The last case of each function, which has the most arguments; all with LAMINA_CONFORMANCE=full.

        Names that stand for one function of `table` count as one.
        """
        functions = table or {}
        last = {
            id(functions[c.name]) if callable(functions.get(c.name)) else c.name: i
            for i, c in enumerate(self)
        }
        kept = range(len(self)) if FULL else sorted(last.values())
        return [pytest.param(self[i], id=f"{self[i].name}-{i}") for i in kept]

    def spellings(self, table: Mapping[str, Any]) -> Iterator[tuple[str, Case]]:
        """Names without a case of their own that stand for the same function as one that has, and that case."""
        declared = {case.name for case in self}
        by_function = {id(table[c.name]): c for c in reversed(self) if c.run is None and c.name in table}
        for name, function in table.items():
            if name not in declared and id(function) in by_function:
                yield name, by_function[id(function)]

    def uncovered(self, table: Mapping[str, Any], elsewhere: set[str]) -> set[str]:
        """Names of a table that no case covers, nor a test elsewhere."""
        covered = {case.name for case in self} | {name for name, _ in self.spellings(table)} | elsewhere
        same = {id(table[name]) for name in covered if name in table}
        return {name for name, value in table.items() if name not in covered and id(value) not in same}


class Values:
    """Arrays for the cases: the same ones each time for a seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.RandomState(seed)

    def floats(self, *shape: int) -> Any:
        return self._random.normal(size=shape).astype("float32")

    def positive(self, *shape: int) -> Any:
        return self._random.uniform(0.05, 0.95, size=shape).astype("float32")

    def simplex(self, *shape: int) -> Any:
        values = self.positive(*shape)
        return values / values.sum(-1, keepdims=True)

    def ints(self, high: int, *shape: int, low: int = 0) -> Any:
        return self._random.randint(low, high, size=shape).astype("int32")

    def bools(self, *shape: int) -> Any:
        return self._random.uniform(size=shape) < 0.5

    def complexes(self, *shape: int) -> Any:
        return (self.floats(*shape) + 1j * self.floats(*shape)).astype("complex64")

    def spd(self, *batch: int, n: int = 3) -> Any:
        """Symmetric positive definite matrices."""
        a = self.floats(*batch, n, n)
        return (a @ np.swapaxes(a, -1, -2) + n * np.eye(n)).astype("float32")


def find(root: Any, name: str) -> Any:
    """What a dotted name stands for below a module; `None` if there is nothing."""
    try:
        return functools.reduce(getattr, name.split("."), root)
    except AttributeError:
        return None


def leaves(tree: Any) -> list[Any]:
    """The leaves of a result in the order of its structure, `None` left out."""
    if isinstance(tree, Mapping):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [] if tree is None else [tree]


def arrays_of(value: Any) -> list[Any]:
    """The arrays among arguments, which are the tensors of a case."""
    if isinstance(value, Mapping):
        return [array for item in value.values() for array in arrays_of(item)]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in arrays_of(item)]
    return [value] if isinstance(value, (np.ndarray, np.generic)) else []


def _filled(value: Any, tensors: Iterator[Any], side: Any) -> Any:
    """Arguments with tensors in place of arrays."""
    if isinstance(value, (np.ndarray, np.generic)):
        return next(tensors)
    if isinstance(value, Dtype):
        return functools.reduce(getattr, value.name.split("."), side)
    if isinstance(value, dict):
        return {key: _filled(item, tensors, side) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_filled(item, tensors, side) for item in value)
    return value


def perform(case: Case, side: Any, function: Callable[..., Any] | None, tensors: Any) -> Any:
    """The call of a case on one side."""
    if case.run is not None:
        return case.run(side, *tensors)
    assert function is not None, case.name
    rest = iter(tensors)
    args, kwargs = _filled(case.args, rest, side), _filled(case.kwargs, rest, side)
    return function(*args, **kwargs)


def layer_state(value: Any) -> Any:
    """What a layer keeps for a state slot of an expression."""
    if isinstance(value, lamina.tracing.state.SeedRequest):
        return keras.random.SeedGenerator(value.seed)
    if isinstance(value, lamina.tracing.state.VariableRequest):
        return keras.Variable(value.value, dtype=value.dtype)
    return keras.ops.convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def captured(function: Callable[..., Any], arrays: list[Any], unknown: bool = False) -> Any:
    """A function of tensors, captured and run on arrays; with the first sizes unknown to the capture if asked."""
    given = list(arrays) or [np.zeros(1, "float32")]
    shapes = [(None, *a.shape[1:]) if unknown and a.ndim else a.shape for a in map(np.asarray, given)]
    specs = [keras.KerasTensor(s, dtype=np.asarray(a).dtype.name) for s, a in zip(shapes, given, strict=True)]
    call = function if arrays else lambda unused: function()
    result = lamina.tracing.api.capture_with_state(call, *specs)
    state = {name: layer_state(value) for name, value in result.objects.items()}
    return run(result.expression, [keras.ops.convert_to_tensor(a) for a in given], state)


def run(expression: lamina.Expression, tensors: list[Any], state: dict[str, Any]) -> Any:
    """The outputs of an expression; JAX compiles it as a whole, each operation by itself only in the full profile."""

    def call(*tensors: Any) -> Any:
        return expression.run(tensors[0] if len(tensors) == 1 else tensors, state)

    only_tensors = all(isinstance(leaf, Ref) for leaf in of_tree(expression.outputs))
    if BACKEND != "jax" or FULL or state or not only_tensors:
        return call(*tensors)
    import jax

    return jax.jit(call)(*tensors)


@dataclass
class Framework:
    """One framework as the oracle of its vocabulary.

    Args:
        vocabulary: Lamina's functions.
        root: What names of cases are looked up in, on the framework's side.
        tensor: Makes a tensor of the framework of an array.
        to_numpy: Makes an array of a tensor of the framework.
        real: The framework's function of a name; by look-up below `root` unless given.
    """

    vocabulary: Vocabulary
    root: Any
    tensor: Callable[[Any], Any]
    to_numpy: Callable[[Any], Any] = np.asarray
    real: Callable[[str], Any] | None = None

    def __post_init__(self) -> None:
        self.ours = Namespace(self.vocabulary)
        # TensorFlow asks it of every value that a function reads.
        self.ours.is_tensor_like = False

    def run_ours(self, case: Case, unknown: bool = False) -> Any:
        """The case captured and run on the backend in use."""
        function = None if case.run else find(self.ours, case.name)
        return captured(
            lambda *tensors: perform(case, self.ours, function, tensors),
            arrays_of((case.args, case.kwargs)),
            unknown,
        )

    def run_real(self, case: Case) -> Any:
        """The case run by the framework."""
        function = None if case.run else self.real(case.name) if self.real else find(self.root, case.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensors = [self.tensor(a) for a in arrays_of((case.args, case.kwargs))]
            return perform(case, self.root, function, tensors)

    def array(self, leaf: Any) -> Any:
        """One result of either side as an array."""
        if keras.ops.is_tensor(leaf):
            # NumPy takes no scalar of bfloat16 from TensorFlow by itself.
            return np.asarray(leaf.numpy()) if BACKEND == "tensorflow" else keras.ops.convert_to_numpy(leaf)
        return np.asarray(self.to_numpy(leaf))

    def compare(self, got: Any, want: Any, tolerance: float) -> None:
        """Fail unless both results have the same structure, shapes, dtypes and values."""
        got, want = leaves(got), leaves(want)
        assert len(got) == len(want), f"{len(got)} results, expected {len(want)}"
        for ours, theirs in zip(map(self.array, got), map(self.array, want), strict=True):
            _compare(ours, theirs, tolerance)

    def check(self, case: Case, unknown: bool = False) -> None:
        """Fail unless the case gives the same here and there."""
        self.compare(self.run_ours(case, unknown), self.run_real(case), case.tolerance)


def dtype_name(array: Any) -> str:
    """The dtype; JAX computes in 32 bits unless it is told otherwise."""
    return NARROW.get(array.dtype.name, array.dtype.name) if BACKEND == "jax" else array.dtype.name


def _compare(ours: Any, theirs: Any, tolerance: float) -> None:
    assert ours.shape == theirs.shape, f"shape {ours.shape}, expected {theirs.shape}"
    assert dtype_name(ours) == dtype_name(theirs), f"dtype {ours.dtype}, expected {theirs.dtype}"
    if theirs.dtype.kind in "fc" or theirs.dtype.name == "bfloat16":
        close = max(1e-2, tolerance) if theirs.dtype.itemsize == 2 else tolerance
        kind = "complex128" if theirs.dtype.kind == "c" else "float64"
        np.testing.assert_allclose(ours.astype(kind), theirs.astype(kind), rtol=close, atol=close)
    else:
        np.testing.assert_array_equal(ours, theirs)
