"""`numpy.fft`: along any axis or axes, of any length, in each normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.arguments import (
    Axis,
    Function,
    as_float,
    axis_tuple,
    kind,
    one_of,
    operand,
    rank,
    refuse_arguments,
    shape_of,
    static_size,
)

_NORMS = ("backward", "ortho", "forward")


def _resized(x: Any, count: int, axis: int) -> Any:
    """The axis cut to `count` elements, or filled up with zeros."""
    size = static_size("fft", x, axis)
    if size > count:
        return ops.get_item(x, tuple(slice(0, count) if n == axis else slice(None) for n in range(rank(x))))
    if size == count:
        return x
    widths = [(0, count - size) if n == axis else (0, 0) for n in range(rank(x))]
    return ops.pad(x, widths)


def _scale(count: int, norm: str | None, inverse: bool) -> float:
    """What the unscaled sum is multiplied by."""
    norm = one_of("fft", "norm", norm or "backward", _NORMS, "use one of these")
    if norm == "ortho":
        return 1 / math.sqrt(count)
    return 1 / count if (norm == "backward") == inverse else 1.0


def _parts(x: Any) -> tuple[Any, Any]:
    if kind(x) == "c":
        return ops.real(x), ops.imag(x)
    return as_float(x), ops.zeros_like(as_float(x))


def _complex(real: Any, imaginary: Any) -> Any:
    return ops.view_as_complex(ops.stack([real, imaginary], axis=-1))


def _along(x: Any, axis: int, n: int | None) -> tuple[Any, int, int]:
    """The tensor with the axis of the transform last, its place, and the length of the transform."""
    x = operand(x)
    (place,) = axis_tuple(x, axis)
    count = static_size("fft", x, place) if n is None else n
    return ops.moveaxis(x, place, -1), place, count


def _transform(x: Any, n: int | None, axis: int, norm: str | None, inverse: bool) -> Any:
    moved, place, count = _along(x, axis, n)
    real, imaginary = (_resized(part, count, rank(moved) - 1) for part in _parts(moved))
    # The inverse transform is the transform with both real and imaginary parts exchanged.
    pair = ops.fft((imaginary, real) if inverse else (real, imaginary))
    first, second = pair[0], pair[1]
    result = _complex(second, first) if inverse else _complex(first, second)
    return ops.moveaxis(_scaled(result, _scale(count, norm, inverse)), -1, place)


def _scaled(x: Any, scale: float) -> Any:
    if scale == 1.0:
        return x
    return _complex(ops.multiply(ops.real(x), scale), ops.multiply(ops.imag(x), scale))


def fft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """`numpy.fft.fft`."""
    refuse_arguments("fft.fft", out=out)
    return _transform(a, n, axis, norm, inverse=False)


def ifft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """`numpy.fft.ifft`."""
    refuse_arguments("fft.ifft", out=out)
    return _transform(a, n, axis, norm, inverse=True)


def rfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """`numpy.fft.rfft`: of real input, the half that is not redundant."""
    refuse_arguments("fft.rfft", out=out)
    moved, place, count = _along(a, axis, n)
    pair = ops.rfft(_resized(as_float(moved), count, rank(moved) - 1))
    scale = _scale(count, norm, inverse=False)
    return ops.moveaxis(_scaled(_complex(pair[0], pair[1]), scale), -1, place)


def irfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """`numpy.fft.irfft`: the inverse of `rfft`."""
    refuse_arguments("fft.irfft", out=out)
    moved, place, half = _along(a, axis, None)
    count = 2 * (half - 1) if n is None else n
    parts = tuple(_resized(part, count // 2 + 1, rank(moved) - 1) for part in _parts(moved))
    result = ops.irfft(parts, fft_length=count)
    return ops.moveaxis(ops.multiply(result, count * _scale(count, norm, inverse=True)), -1, place)


def hfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """`numpy.fft.hfft`: of a signal with Hermitian symmetry."""
    refuse_arguments("fft.hfft", out=out)
    return irfft(ops.conj(operand(a)), n, axis, _opposite(norm))


def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    """`numpy.fft.ihfft`: the inverse of `hfft`."""
    refuse_arguments("fft.ihfft", out=out)
    return ops.conj(rfft(a, n, axis, _opposite(norm)))


def _opposite(norm: str | None) -> str:
    return {"backward": "forward", "forward": "backward"}.get(norm or "backward", "ortho")


def _over_axes(name: str, one: Function, default: Axis) -> Function:
    def call(
        a: Any,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = default,  # type: ignore[assignment]
        norm: str | None = None,
        out: Any = None,
    ) -> Any:
        refuse_arguments(f"fft.{name}", out=out)
        result = operand(a)
        if axes is None:
            axes = range(rank(result)) if s is None else range(rank(result) - len(s), rank(result))
        sizes = [None if n == -1 else n for n in s] if s is not None else [None] * len(axes)
        for axis, size in reversed(list(zip(axes, sizes, strict=True))):
            result = one(result, size, axis, norm)
        return result

    call.__doc__ = f"`numpy.fft.{name}`."
    return call


def _real_over_axes(name: str, default: Axis, inverse: bool) -> Function:
    def call(
        a: Any,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = default,  # type: ignore[assignment]
        norm: str | None = None,
        out: Any = None,
    ) -> Any:
        refuse_arguments(f"fft.{name}", out=out)
        x = operand(a)
        axes = list(range(rank(x))) if axes is None else list(axes)
        sizes: list[int | None] = [None] * len(axes) if s is None else list(s)
        if inverse:
            x = ifftn(x, _given(sizes[:-1]), axes[:-1], norm) if len(axes) > 1 else x
            return irfft(x, sizes[-1], axes[-1], norm)
        x = rfft(x, sizes[-1], axes[-1], norm)
        return fftn(x, _given(sizes[:-1]), axes[:-1], norm) if len(axes) > 1 else x

    call.__doc__ = f"`numpy.fft.{name}`."
    return call


def _given(sizes: list[int | None]) -> list[int | None] | None:
    return None if None in sizes else sizes


fft2 = _over_axes("fft2", fft, (-2, -1))
ifft2 = _over_axes("ifft2", ifft, (-2, -1))
fftn = _over_axes("fftn", fft, None)
ifftn = _over_axes("ifftn", ifft, None)
rfft2 = _real_over_axes("rfft2", (-2, -1), inverse=False)
irfft2 = _real_over_axes("irfft2", (-2, -1), inverse=True)
rfftn = _real_over_axes("rfftn", None, inverse=False)
irfftn = _real_over_axes("irfftn", None, inverse=True)


def _shift(name: str, sign: int) -> Function:
    def call(x: Any, axes: Axis = None) -> Any:
        x = operand(x)
        places = axis_tuple(x, axes)
        shifts = tuple((shape_of(x)[n] + (sign < 0)) // 2 for n in places)
        return ops.roll(x, shifts, axis=places)

    call.__doc__ = f"`numpy.fft.{name}`."
    return call


fftshift = _shift("fftshift", 1)
ifftshift = _shift("ifftshift", -1)


def fftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    """`numpy.fft.fftfreq`."""
    return _frequencies(np.fft.fftfreq(n), d)


def rfftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    """`numpy.fft.rfftfreq`."""
    return _frequencies(np.fft.rfftfreq(n), d)


def _frequencies(unit: Any, spacing: Any) -> Any:
    return ops.divide(operand(unit), operand(spacing))
