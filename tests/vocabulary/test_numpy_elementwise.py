"""The universal functions against NumPy's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.vocabulary.test_numpy_deviations import DEVIATIONS
from tests.vocabulary.test_numpy_harness import (
    ARRAYS,
    B1,
    B2,
    B3,
    BACKEND,
    C2,
    F0,
    F1,
    F2,
    F3,
    I0,
    I1,
    I2,
    I3,
    X1,
    C,
    Case,
    Const,
    cases,
    check,
)  # fmt: skip

from lamina.errors import CaptureError
from lamina.vocabulary.numpy import TABLE
from lamina.vocabulary.numpy.ufuncs import UFUNCS

_INTEGERS = "bitwise_and bitwise_or bitwise_xor gcd lcm".split()
_SHIFTS = "left_shift right_shift bitwise_left_shift bitwise_right_shift".split()
_DIVISIONS = "floor_divide mod remainder fmod divmod power pow float_power".split()
_NO_BOOLS = "subtract negative positive sign".split()
_SPECIAL = [*_INTEGERS, *_SHIFTS, *_DIVISIONS, "matmul", "ldexp", "nextafter", "reciprocal", "invert",
            "bitwise_invert", "bitwise_not"]  # fmt: skip

_PAIRS = [C(F2, F1), C(I2, I1), C(B2, B1), C(I2, B1), C(I1, 1.5), C(2, F0)]
_NO_BOOL_PAIRS = [c for c in _PAIRS if c[0][0] is not B2]

_LISTED = {
    "bitwise_and bitwise_or bitwise_xor": [C(I2, I1), C(B2, B1), C(I2, B1), C(I3, 3), C(I0, I1)],
    "gcd lcm": [C(I2, I1), C(I2, B1), C(I3, 4), C(I0, I1)],
    " ".join(_SHIFTS): [C(I2, abs(I1)), C(B2, B1), C(I2, B1), C(I3, 2), C(I0, abs(I1))],
    "floor_divide mod remainder fmod divmod": [C(F2, F1), C(I3, I0), C(F3, I2), C(F2, 2), C(I1, 1.5),
            C(2, F1),
                                               C(-7, I1), C(I2, -3), C(B2, I1), C(B2, np.ones(4, bool))],
    "power pow": [C(abs(F2), F1), C(I3, abs(I0)), C(B2, B1), C(abs(F3), I2), C(I2, B1), C(F2, 2), C(I1, 2),
                  C(2, F1)],
    "float_power": [C(abs(F2), F1), C(I3, I0), C(B2, B1), C(I2, 2), C(2, F1)],
    "matmul linalg.matmul": [C(F2, F2.T), C(F3, F2.T), C(I2, I2.T), C(F3, F3.swapaxes(1, 2))],
    "ldexp": [C(F2, I1), C(I2, I1), C(F2, B1), C(F1, 3)],
    "nextafter": [C(F2, F1), C(F1, 10.0)],
    "reciprocal": [C(F2), C(I2), C(F0)],
    "invert bitwise_invert bitwise_not": [C(I2), C(B2), C(I0), C(B3)],
    "add": [C(ARRAYS["A3"], F1), C(ARRAYS["A2"], ARRAYS["V2"])],
    "add multiply maximum": [C(F2, Const(np.arange(4.0))), C(I2, Const(np.arange(4))), C(F2, [1, 2, 3, 4]),
                             C(F1, np.float64(2.5)), C(F2, np.float32(2))],
}  # fmt: skip


def _generated() -> list[Case]:
    unary = {n: [C(F2), C(I1), C(B3), C(F0)] for n, f in UFUNCS.items() if f.nin == 1 and n not in _SPECIAL}
    unary |= {n: [C(F2), C(I1), C(F0)] for n in _NO_BOOLS[1:]}
    binary = {n: _PAIRS for n, f in UFUNCS.items() if f.nin == 2 and n not in _SPECIAL}
    binary |= {"subtract": _NO_BOOL_PAIRS}
    # An alias is the same object, so one call is enough.
    aliases = {n for n, f in UFUNCS.items() if f.__name__ != n}
    return cases({n: c[:1] if n in aliases else c for n, c in (unary | binary).items()})


_NAN = {
    "maximum minimum fmax fmin add multiply copysign": [C(X1, X1[::-1].copy())],
    "isnan isinf isfinite signbit rint floor ceil trunc fix modf exp abs square negative tanh": [C(X1)],
    "sign": [C(X1)],
    "real imag conj conjugate abs angle exp square": [C(C2)],
}
_METHODS = {
    "add.reduce multiply.reduce maximum.reduce minimum.reduce": [
        C(F2),
        C(I3, axis=1),
        C(F2, axis=None, keepdims=True),
    ],
    "logical_and.reduce logical_or.reduce": [C(B2), C(B3, axis=-1), C(F2, axis=1)],
    "subtract.reduce logaddexp.reduce hypot.reduce": [C(F2), C(F3, axis=1, keepdims=True)],
    "bitwise_or.reduce": [C(I2, axis=1)],
    "add.accumulate multiply.accumulate maximum.accumulate minimum.accumulate": [C(F2), C(I3, axis=1)],
    "logical_or.accumulate": [C(B2, axis=1)],
    "add.outer subtract.outer multiply.outer maximum.outer less.outer": [C(F1, F2), C(I2, F1), C(F0, F1)],
}
CASES = [*_generated(), *cases(_LISTED), *cases(_NAN), *cases(_METHODS)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_elementwise(case: Case) -> None:
    check(case, DEVIATIONS)


@pytest.mark.parametrize("name", _NO_BOOLS)
def test_what_numpy_refuses_for_bools_is_refused(name: str) -> None:
    args = [keras.ops.convert_to_tensor(B2)] * UFUNCS[name].nin
    with pytest.raises(CaptureError, match="not defined for bools"):
        TABLE[name](*args)


@pytest.mark.parametrize("given", [{"out": 1}, {"where": [True]}, {"signature": "ff->f"}])
def test_arguments_that_write_are_refused_by_name(given: dict[str, object]) -> None:
    (name,) = given
    with pytest.raises(CaptureError, match=f"numpy.add: the argument {name}= is not supported; "):
        TABLE["add"](keras.ops.ones(2), 1, **given)


def test_dtype_casts_the_operands_first() -> None:
    result = TABLE["add"](keras.ops.convert_to_tensor(I1), 1, dtype=np.float32)
    assert keras.backend.standardize_dtype(result.dtype) == "float32"


@pytest.mark.parametrize("method", ["at", "reduceat"])
def test_methods_without_counterpart_are_refused(method: str) -> None:
    with pytest.raises(CaptureError, match=rf"numpy\.add\.{method}: "):
        getattr(TABLE["add"], method)(keras.ops.ones(3), [0], 1)


def test_reduce_needs_two_operands() -> None:
    with pytest.raises(CaptureError, match="needs a function of two operands"):
        TABLE["exp"].reduce(keras.ops.ones(3))


def test_integer_division_by_zero_is_the_backends_own() -> None:
    """NumPy warns and gives 0; TensorFlow and PyTorch raise, JAX gives -1."""
    x, zero = keras.ops.convert_to_tensor(I1), keras.ops.zeros(4, "int32")
    if BACKEND == "jax":
        assert int(np.min(np.abs(keras.ops.convert_to_numpy(TABLE["floor_divide"](x, zero))))) > 0
    else:
        with pytest.raises(Exception, match=r"(?i)zero"):
            TABLE["floor_divide"](x, zero)
