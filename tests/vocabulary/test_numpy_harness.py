"""How a NumPy vocabulary function is compared with NumPy, and that the comparison notices a difference."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest

from lamina.expression import opset
from lamina.vocabulary.dispatch import recording
from lamina.vocabulary.numpy import METHODS, PROPERTIES, TABLE

BACKEND = keras.config.backend()
RANDOM = np.random.default_rng(0)
SHAPES: Mapping[str, tuple[int, ...]] = {"0": (), "1": (4,), "2": (3, 4), "3": (2, 3, 4)}


def _floats(shape: tuple[int, ...]) -> Any:
    return np.asarray(RANDOM.uniform(-3, 3, shape).round(2) + 0.003, np.float32)


def _integers(shape: tuple[int, ...]) -> Any:
    return np.asarray(RANDOM.integers(1, 6, shape) * RANDOM.choice([-1, 1], shape), np.int32)


# F, I, B: floats, nonzero integers and bools of each rank; N: floats with a nan; S: square matrices.
ARRAYS: dict[str, Any] = {
    **{f"F{n}": _floats(s) for n, s in SHAPES.items()},
    **{f"I{n}": _integers(s) for n, s in SHAPES.items()},
    **{f"B{n}": np.asarray(RANDOM.uniform(size=s) > 0.4) for n, s in SHAPES.items()},
    "N1": np.array([1.5, np.nan, -2.0, 0.5], np.float32),
    "N2": np.array([[1, np.nan, 3.5, -1], [2, 0.5, np.nan, 4], [-3, 1, 2, 2.5]], np.float32),
    "X1": np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 2.5, -2.5, 0.5], np.float32),
    "S2": (_floats((3, 3)) + 4 * np.eye(3)).astype(np.float32),
    "S3": (_floats((2, 3, 3)) + 4 * np.eye(3)).astype(np.float32),
    "C2": (_floats((3, 4)) + 1j * _floats((3, 4))).astype(np.complex64),
    "K2": np.array([[0, 2, 1, -1], [1, 1, -3, 2], [2, 0, 1, 0]], np.int32),
    "E1": np.array([-1.5, 0.25, 1.0, 2.5], np.float32),
    "D2": np.array([[3, 1, 2, 1], [1, 1, 0, 2], [5, 5, 5, 0]], np.int32),
}
ARRAYS["A2"] = ARRAYS["I2"][:, :3].copy()
ARRAYS["V2"] = ARRAYS["I1"][:3, None].copy()
ARRAYS["A3"] = ARRAYS["F2"][:, :, None].copy()
ARRAYS["H2"] = (ARRAYS["S2"] @ ARRAYS["S2"].T).astype(np.float32)
F0, F1, F2, F3 = (ARRAYS[f"F{n}"] for n in range(4))
I0, I1, I2, I3 = (ARRAYS[f"I{n}"] for n in range(4))
B0, B1, B2, B3 = (ARRAYS[f"B{n}"] for n in range(4))
N1, N2, X1, S2, S3, C2, K2, E1, D2, H2 = (ARRAYS[k] for k in "N1 N2 X1 S2 S3 C2 K2 E1 D2 H2".split())
_NAMES = {id(a): name for name, a in ARRAYS.items()}

# Names that the installed NumPy may not have any more.
ORACLES: Mapping[str, Any] = {
    "product": np.prod,
    "cumproduct": np.cumprod,
    "alltrue": np.all,
    "sometrue": np.any,
    "trapz": np.trapezoid,
    "round_": np.round,
    "row_stack": np.vstack,
    "in1d": lambda a, b, **kwargs: np.isin(np.ravel(a), b, **kwargs),
    "ndarray.ptp": np.ptp,
}

# What NumPy picks by itself, and what the vocabulary picks.
NARROWED = {
    "float64": "float32",
    "int64": "int32",
    "uint64": "uint32",
    "complex128": "complex64",
    "float16": "float32",
}

TOLERANCES = {"float16": (1e-2, 1e-2)}


@dataclass(frozen=True)
class Const:
    """An array that stays one of NumPy's, as a constant that a function closes over."""

    value: Any


@dataclass(frozen=True)
class Case:
    """One call of a function of NumPy, or of a method as `ndarray.name`."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        given = [_text(a) for a in self.args] + [f"{k}={_text(v)}" for k, v in self.kwargs.items()]
        return f"{self.name}({', '.join(given)})"


def C(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a case."""
    return args, kwargs


def cases(table: Mapping[str, Sequence[Any]], prefix: str = "") -> list[Case]:
    """The cases of a table from names, which may share a line, to arguments."""
    return [
        Case(prefix + name, *c) for names, given in table.items() for name in names.split() for c in given
    ]


def _text(value: Any) -> str:
    if isinstance(value, Const):
        return f"Const({_text(value.value)})"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, np.ndarray):
        return _NAMES.get(id(value)) or f"{value.dtype}{list(value.shape)}"
    return value.__name__ if callable(value) else repr(value)


def mapped(value: Any, function: Any) -> Any:
    """A nested argument with the function applied to arrays."""
    if isinstance(value, Const):
        return value.value
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(v, function) for v in value)
    return function(value) if isinstance(value, np.ndarray) else value


@np.errstate(all="ignore")
def expected(case: Case, convert: Any = lambda a: a) -> Any:
    """What NumPy says."""
    args = [mapped(a, convert) for a in case.args]
    kwargs = {k: mapped(v, convert) for k, v in case.kwargs.items()}
    kind, _, name = case.name.rpartition("ndarray.")
    if case.name in ORACLES:
        return ORACLES[case.name](*args, **kwargs)
    if kind or case.name.startswith("ndarray."):
        member = getattr(args[0], name)
        return member(*args[1:], **kwargs) if callable(member) else member
    function: Any = np
    for part in case.name.split("."):
        function = getattr(function, part)
    return function(*args, **kwargs)


class Checker:
    """A recorder that checks each call against the opset's table and then computes it."""

    literals = (bool, int, float, complex, str, type(None))

    def record(self, op: opset.Op, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        bound = op.bind(args, kwargs)
        for parameter in op.parameters:
            if parameter.kind == "static" and parameter.name in bound:
                self._check(op, parameter.name, bound[parameter.name])
        return op.function(*args, **kwargs)

    def _check(self, op: opset.Op, name: str, value: Any) -> None:
        if isinstance(value, (tuple, list)):
            for item in value:
                self._check(op, name, item)
        else:
            assert type(value) in self.literals, f"{op.name}({name}={value!r}) is not a literal"


def received(case: Case) -> Any:
    """What the vocabulary says, on tensors of the current backend."""
    arrays = arrays_of(case)
    with recording(Checker()):
        return on_tensors(lambda tensors: called(case, tensors), arrays)


def arrays_of(case: Case) -> list[Any]:
    """The arrays of a call, in order."""
    arrays: list[Any] = []
    mapped((case.args, tuple(case.kwargs.values())), arrays.append)
    return arrays


def on_tensors(function: Any, arrays: list[Any]) -> Any:
    """Call a function of a list of tensors.

    On JAX under `jax.jit`, which compiles once and fails where a function would need values.
    """
    if BACKEND != "jax":
        return function([keras.ops.convert_to_tensor(a) for a in arrays])
    import jax

    rest: list[Any] = []

    def call(*tensors: Any) -> list[Any]:
        leaves = flat(function(list(tensors)))
        rest[:] = [None if isinstance(leaf, jax.Array) else leaf for leaf in leaves]
        return [leaf for leaf in leaves if isinstance(leaf, jax.Array)]

    # The code runs once: compiling it well would take longer than it saves.
    options = {"xla_backend_optimization_level": 0}
    found = iter(jax.jit(call, compiler_options=options)(*arrays))
    return [next(found) if leaf is None else leaf for leaf in rest]


def called(case: Case, tensors: Sequence[Any]) -> Any:
    """Call the vocabulary's function with tensors in place of the arrays."""
    given = iter(tensors)
    args = [mapped(a, lambda _: next(given)) for a in case.args]
    kwargs = {k: mapped(v, lambda _: next(given)) for k, v in case.kwargs.items()}
    function: Any
    if case.name.startswith("ndarray."):
        name = case.name.removeprefix("ndarray.")
        function = METHODS.get(name) or PROPERTIES[name]
    elif case.name in TABLE:
        function = TABLE[case.name]
    else:
        function = getattr(TABLE[case.name.rpartition(".")[0]], case.name.rpartition(".")[2])
    return function(*args, **kwargs)


def differences(case: Case) -> list[str]:
    """In what the vocabulary differs from NumPy: type, shape or values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = expected(case)
        if "float16" not in str(case) and any(np.asarray(w).dtype == np.float16 for w in flat(want)):
            # NumPy computes with small integers in half precision, where the vocabulary takes floatx.
            want = expected(case, lambda a: a.astype(np.float32) if a.dtype == bool else a)
        got = received(case)
    if len(flat(want)) != len(flat(got)):
        return [f"{len(flat(want))} results expected, received {len(flat(got))}"]
    return [d for w, g in zip(flat(want), flat(got), strict=True) for d in difference(w, g)]


def flat(value: Any) -> list[Any]:
    """The leaves of a nested result."""
    if isinstance(value, (tuple, list)) and not isinstance(value, str):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def difference(want: Any, got: Any) -> list[str]:
    """In what one result differs."""
    if isinstance(got, (bool, int, str)) or isinstance(want, (np.dtype, type)):
        want = NARROWED.get(str(want), str(want)) if isinstance(want, np.dtype) else want
        return [] if want == got else [f"{want!r} expected, received {got!r}"]
    want = np.asarray(want)
    dtype, want_dtype = keras.backend.standardize_dtype(got.dtype), str(want.dtype)
    value = keras.ops.convert_to_numpy(got)
    result = []
    narrowed = want_dtype if want_dtype == dtype == "float16" else NARROWED.get(want_dtype, want_dtype)
    if dtype != narrowed:
        result.append(f"type {narrowed} expected, received {dtype}")
    if value.shape != want.shape:
        result.append(f"shape {want.shape} expected, received {value.shape}")
    elif not np.allclose(value, want, *TOLERANCES.get(dtype, (1e-5, 1e-5)), equal_nan=True):
        result.append(f"values {want!r} expected, received {value!r}")
    return result


def check(case: Case, deviations: Mapping[tuple[str, str], str]) -> None:
    """Compare a case; one listed as a deviation of this backend must still deviate."""
    if (BACKEND, str(case)) not in deviations:
        assert differences(case) == [], f"{case} on {BACKEND}"
        return
    try:
        found = differences(case)
    except Exception as error:
        found = [type(error).__name__]
    assert found, f"{case} on {BACKEND} does not deviate any more; take it off the list"


@pytest.mark.parametrize(
    ("want", "got", "text"),
    [
        (np.float32(1), np.float32(1.1), "values"),
        (np.ones(2, np.float32), np.ones((2, 1), np.float32), "shape"),
        (np.ones(2, np.float32), np.ones(2, np.int32), "type"),
        (3, 4, "expected"),
    ],
)
def test_the_comparison_notices(want: Any, got: Any, text: str) -> None:
    got = keras.ops.convert_to_tensor(got) if isinstance(got, (np.ndarray, np.generic)) else got
    assert text in difference(want, got)[0]


def test_the_checker_refuses_tensors_in_static_arguments() -> None:
    with recording(Checker()), pytest.raises(AssertionError, match="not a literal"):
        TABLE["mean"](keras.ops.ones((2, 2)), axis=keras.ops.convert_to_tensor(0))
