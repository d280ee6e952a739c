"""What the frameworks' dtypes say of themselves, in one place."""

from __future__ import annotations

import functools
from typing import Any

from lamina._numpy import np


class DTypeAttributes:
    """The attributes that `numpy.dtype`, `tf.DType` and `torch.dtype` have, by the Keras name of the dtype."""

    __slots__ = ()
    name: str

    # What code read from a file may use of it.
    saved_attributes = frozenset(
        """name base_dtype real_dtype kind is_floating is_floating_point is_integer is_complex is_bool
        is_signed is_unsigned size itemsize max min""".split()
    )

    @property
    def _numpy(self) -> Any:
        from lamina.expression.runner import numpy_dtype

        return numpy_dtype(self.name)

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy scalar type."""
        return self._numpy.type

    type = as_numpy_dtype

    @property
    def base_dtype(self) -> Any:
        """The dtype itself: there are no references."""
        return self

    @property
    def real_dtype(self) -> Any:
        """The dtype of the parts of a complex number."""
        return type(self)(_PARTS.get(self.name, self.name))  # type: ignore[call-arg]

    @property
    def kind(self) -> str:
        """NumPy's letter of its kind."""
        return str(self._numpy.kind)

    @property
    def is_floating(self) -> bool:
        """Whether its values are floating."""
        return "float" in self.name

    is_floating_point = is_floating

    @property
    def is_integer(self) -> bool:
        """Whether its values are integers."""
        return self.name.startswith(("int", "uint"))

    @property
    def is_complex(self) -> bool:
        """Whether its values are complex."""
        return self.name.startswith("complex")

    @property
    def is_bool(self) -> bool:
        """Whether its values are truth values."""
        return self.name == "bool"

    @property
    def is_signed(self) -> bool:
        """Whether it holds negative values."""
        return not self.name.startswith(("uint", "bool"))

    @property
    def is_unsigned(self) -> bool:
        """Whether its values are integers that are never negative."""
        return self.name.startswith("uint")

    @property
    def itemsize(self) -> int:
        """Bytes of one value."""
        return int(self._numpy.itemsize)

    size = itemsize

    @property
    def max(self) -> Any:
        """The greatest value."""
        return self._limits().max

    @property
    def min(self) -> Any:
        """The least value."""
        return self._limits().min

    def _limits(self) -> Any:
        if not self.is_floating:
            return np.iinfo(self._numpy)
        import ml_dtypes

        return ml_dtypes.finfo(self._numpy)  # type: ignore[no-untyped-call]


_PARTS = {"complex64": "float32", "complex128": "float64"}


class DTypeName(DTypeAttributes, str):
    """The dtype of a tensor that is captured: its Keras name, which answers as each framework's dtype does.

    Example:
        >>> dtype = DTypeName("float16")
        >>> dtype == "float16", dtype.is_floating_point, dtype.base_dtype.size, dtype.name
        (True, True, 2, 'float16')
    """

    __slots__ = ()

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name."""
        return str.__str__(self)


@functools.cache
def dtype_called(name: str) -> DTypeName:
    """The dtype of a Keras name."""
    return DTypeName(name)
