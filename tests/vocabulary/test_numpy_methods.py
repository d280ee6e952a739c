"""The methods and properties of `ndarray` against NumPy's, and that no name is without a test."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.vocabulary import (
    test_numpy_arrays,
    test_numpy_elementwise,
    test_numpy_linalg,
    test_numpy_reductions,
)
from tests.vocabulary.test_numpy_deviations import DEVIATIONS
from tests.vocabulary.test_numpy_harness import (
    B1,
    B2,
    C2,
    D2,
    E1,
    F0,
    F1,
    F2,
    F3,
    I1,
    I2,
    I3,
    S2,
    S3,
    C,
    Case,
    Checker,
    cases,
    check,
)  # fmt: skip

from lamina.vocabulary.dispatch import recording
from lamina.vocabulary.numpy import METHODS, PROPERTIES, REFUSED, TABLE, VOCABULARIES
from lamina.vocabulary.numpy.creation import CONSTANTS, DTYPES

_REDUCED = [C(F2, 1), C(F3, (0, 2), keepdims=True)]
TABLE_OF_METHODS = {
    "sum mean max min any all": _REDUCED,
    "prod ptp": _REDUCED,
    "std var": [*_REDUCED, C(F2, 1, None, None, 1)],
    "argmax argmin": [C(F2), C(I2, 0)],
    "cumsum cumprod": [C(F2), C(I2, axis=0)],
    "argsort": [C(F2), C(F3, 1), C(D2, 0, "stable")],
    "argpartition": [C(np.array([3, 1, 2], np.float32), (0, 1, 2))],
    "astype": [C(F2, "int32"), C(F2 * 10, np.int32), C(B2, np.float32), C(I2, float), C(F2, bool),
               C(I2, dtype="float16")],
    "choose": [C(np.array([0, 1, 1, 0]), [F1, E1])],
    "clip": [C(F2, -1, 1), C(F2, max=0.5), C(I2, 0, 3), C(F2, None, 1.0)],
    "compress": [C(F2, [True, False, True], axis=0)],
    "conj conjugate": [C(F2), C(C2)],
    "copy": [C(F2), C(I2, "C")],
    "diagonal": [C(F2), C(S3, 1, 1, 2)],
    "dot": [C(F2, F1), C(F2, F2.T.copy()), C(I2, I1)],
    "flatten ravel": [C(F2), C(F3, "F"), C(F0)],
    "repeat": [C(F2, 2), C(F2, 2, 1), C(F2, [1, 0, 2], axis=0)],
    "reshape": [C(F2, -1, 3), C(F2, (2, 6)), C(F3, -1), C(F2, 4, 3, order="F"), C(F2, [12])],
    "round": [C(F2), C(F2, 1), C(I2)],
    "searchsorted": [C(E1, F2), C(E1, F1, "right")],
    "squeeze": [C(F2[None]), C(F2[None, :, None], axis=0), C(F2[:, None], 1)],
    "swapaxes": [C(F3, 0, 2)],
    "take": [C(F2, [0, 2], 0), C(F2, [1, 5]), C(F2, [9], 1, mode="clip")],
    "trace": [C(S2), C(S3, 0, 1, 2)],
    "transpose": [C(F2), C(F3, 2, 0, 1), C(F3, (1, 0, 2)), C(F3, None), C(F1), C(F3, -1, 0, 1)],
    "T real imag dtype ndim shape size": [C(F3), C(I2), C(F0), C(B1)],
    "mT": [C(F3), C(F2)],
    "real imag": [C(C2)],
}  # fmt: skip
CASES = cases(TABLE_OF_METHODS, "ndarray.")
_MODULES = (test_numpy_arrays, test_numpy_elementwise, test_numpy_linalg, test_numpy_reductions)
_TESTED_ALONE = {"linalg.svd", "linalg.qr", "linalg.eigh", "empty", "empty_like", "apply_over_axes"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_numpy(case: Case) -> None:
    check(case, DEVIATIONS)


def test_every_name_is_tested() -> None:
    tested = {case.name for module in _MODULES for case in module.CASES}
    assert set(TABLE) - tested - _TESTED_ALONE - set(CONSTANTS) - set(DTYPES) == set()
    assert {*METHODS, *PROPERTIES} - {case.name.removeprefix("ndarray.") for case in CASES} == set()


def test_every_deviation_is_tested() -> None:
    tested = {str(case) for module in _MODULES for case in module.CASES} | set(map(str, CASES))
    assert {case for _, case in DEVIATIONS} <= tested


def test_the_size_that_is_promised() -> None:
    functions = [name for name, value in TABLE.items() if callable(value) and name not in DTYPES]
    assert len(functions) >= 200


def test_names_are_numpys() -> None:
    """A name is one of the installed NumPy, or one that older ones had."""
    old = {"product", "cumproduct", "alltrue", "sometrue", "trapz", "round_", "row_stack", "in1d"}
    for name in set(TABLE) - old - set(CONSTANTS) - set(DTYPES):
        real = np
        for part in name.split("."):
            real = getattr(real, part)
        assert callable(real)


def test_no_name_is_both_known_and_refused() -> None:
    assert not set(TABLE) & set(REFUSED)
    assert not {f"ndarray.{name}" for name in (*METHODS, *PROPERTIES)} & set(REFUSED)


@pytest.mark.parametrize(
    "name", ["nonzero", "unique", "random.normal", "random.RandomState", "ndarray.tolist", "c_"]
)
def test_refused_names_say_what_to_use(name: str) -> None:
    (vocabulary,) = VOCABULARIES
    assert vocabulary.explain(name).startswith(f"numpy.{name} cannot be part of an expression: ")
    assert len(REFUSED[name]) > 15


def test_random_is_refused_with_keras_random() -> None:
    advice = {REFUSED[f"random.{name}"] for name in ("rand", "normal", "choice", "default_rng")}
    assert all("keras.random." in text for text in advice)
    for text in (v for k, v in REFUSED.items() if k.startswith("random.")):
        function = text.partition("keras.random.")[2].partition(",")[0]
        assert hasattr(keras.random, function)


def test_methods_record_calls() -> None:
    names: list[str] = []

    class Log(Checker):
        def record(self, op, args, kwargs):  # type: ignore[no-untyped-def]
            names.append(op.name)
            return super().record(op, args, kwargs)

    with recording(Log()):
        METHODS["mean"](keras.ops.convert_to_tensor(I3), axis=1)
    assert names == ["mean"]
