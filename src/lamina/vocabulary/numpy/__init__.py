"""The functions of NumPy, written over the opset, with NumPy's own meaning.

`TABLE` holds them by the name below `numpy` ("mean", "linalg.norm"), with the constants and the
dtypes; `METHODS` and `PROPERTIES` hold what `ndarray` has, as functions whose first argument is
the tensor; `REFUSED` says of a name that no expression can stand for what to use instead
("unique", "random.normal", "ndarray.tolist").

On types one rule holds, see `lamina.vocabulary.numpy.arguments`: where NumPy picks a 64-bit type by
itself, the result has Keras's type, `floatx()` or `int32`.

Example:
    >>> import keras
    >>> from lamina.vocabulary.numpy import TABLE
    >>> TABLE["mean"](keras.ops.ones((2, 3)), axis=1, keepdims=True).shape[1]
    1
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.numpy import creation, fft, linalg, numerics, padding, selection, shaping, statistics
from lamina.vocabulary.numpy.creation import CONSTANTS, DTYPES
from lamina.vocabulary.numpy.methods import METHODS as METHODS
from lamina.vocabulary.numpy.methods import PROPERTIES as PROPERTIES
from lamina.vocabulary.numpy.refused import REFUSED as REFUSED
from lamina.vocabulary.numpy.table import FUNCTIONS
from lamina.vocabulary.numpy.ufuncs import UFUNCS
from lamina.vocabulary.python import Numeric
from lamina.vocabulary.registry import Vocabulary

_OF_MODULES: Mapping[ModuleType, str] = {
    creation: """arange array asanyarray asarray asarray_chkfinite ascontiguousarray astype empty
        empty_like eye full full_like geomspace identity linspace logspace ones ones_like tri
        zeros zeros_like""",
    linalg: "cross einsum kron matvec outer trace vdot vecdot vecmat",
    numerics: "convolve correlate gradient interp polyval unwrap",
    padding: "pad",
    selection: """angle apply_over_axes argpartition argsort array_equal array_equiv choose clip compress
        digitize in1d iscomplex iscomplexobj isin isrealobj isscalar nan_to_num ndim partition
        piecewise ravel_multi_index searchsorted select shape sort take take_along_axis
        unravel_index where""",
    shaping: """append array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays column_stack
        concatenate delete diff dsplit dstack ediff1d expand_dims hsplit hstack insert
        matrix_transpose meshgrid ravel repeat reshape resize roll rollaxis rot90 size split
        stack tile unstack vsplit vstack""",
    statistics: """average corrcoef count_nonzero cov histogram histogram_bin_edges nanmedian nanpercentile
        nanquantile nanstd nanvar percentile quantile std var""",
}
_LINALG = """cholesky cond eigh eigvalsh lstsq matrix_norm matrix_power matrix_rank multi_dot norm
        outer pinv qr slogdet svd svdvals vecdot vector_norm"""
_FFT = """fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn
        rfft rfft2 rfftfreq rfftn"""


def _table() -> dict[str, Any]:
    table: dict[str, Any] = {**CONSTANTS, **DTYPES, **FUNCTIONS, **UFUNCS}
    for module, names in _OF_MODULES.items():
        table |= {name: getattr(module, name) for name in names.split()}
    table |= {f"linalg.{name}": getattr(linalg, name) for name in _LINALG.split()}
    table |= {f"fft.{name}": getattr(fft, name) for name in _FFT.split()}
    return table | {
        "concat": shaping.concatenate,
        "row_stack": shaping.vstack,
        "round": selection.round_,
        "around": selection.round_,
        "round_": selection.round_,
        "result_type": selection.result_type_,
        "linalg.cross": linalg.linalg_cross,
        "linalg.diagonal": linalg.linalg_diagonal,
        "linalg.matrix_transpose": shaping.matrix_transpose,
        "linalg.trace": linalg.linalg_trace,
        "cumulative_sum": numerics.cumulative("cumulative_sum", FUNCTIONS["cumsum"], 0),
        "cumulative_prod": numerics.cumulative("cumulative_prod", FUNCTIONS["cumprod"], 1),
    }


TABLE: Mapping[str, Any] = _table()


class _Real:
    """NumPy's own function, found when it is called; what stands for it where this NumPy has none."""

    def __init__(self, dotted: str, stand_in: Any) -> None:
        self._dotted = dotted
        self._stand_in = stand_in
        self.__name__ = dotted.rpartition(".")[2]

    @functools.cached_property
    def _function(self) -> Any:
        found: Any = np
        for name in self._dotted.split("."):
            found = getattr(found, name, None)
        return self._stand_in if found is None else found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self._function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._function, name)


def _with_real(dotted: str, stand_in: Any) -> Any:
    """The vocabulary's function for tensors, and NumPy's own for everything else."""
    is_function = callable(stand_in) and dotted not in DTYPES
    return Numeric(_Real(dotted, stand_in), stand_in) if is_function else stand_in


VOCABULARIES = (
    Vocabulary(
        "numpy",
        ("numpy",),
        {name: _with_real(name, value) for name, value in TABLE.items()},
        REFUSED,
        {**METHODS, **PROPERTIES},
    ),
)
