"""Windows, frames, Fourier and cosine transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import rank
from lamina.vocabulary.tensorflow.arguments import (
    constant_array,
    dtype_name,
    known_sizes,
    numbers,
    operand,
    refuse,
    static,
    tensor,
)
from lamina.vocabulary.tensorflow.elementwise import complex_


def _parts(x: Any) -> tuple[Any, Any]:
    return ops.real(x), ops.imag(x)


def fft(input: Any) -> Any:
    """`tf.signal.fft`: over the last axis."""
    return complex_(*ops.fft(_parts(operand(input))))


def ifft(input: Any) -> Any:
    """`tf.signal.ifft`: over the last axis."""
    real, imag = _parts(operand(input))
    # The inverse is the transform with real and imaginary part exchanged.
    back, forth = ops.fft((imag, real))
    count = tensor(ops.shape(real)[-1], "float32")
    return complex_(ops.divide(forth, count), ops.divide(back, count))


def _over(transform: Callable[[Any], Any], x: Any, axis: int) -> Any:
    return ops.swapaxes(transform(ops.swapaxes(x, axis, -1)), axis, -1)


def _several(transform: Callable[[Any], Any], axes: int) -> Callable[[Any], Any]:
    def call(input: Any) -> Any:
        x = transform(operand(input))
        for axis in range(2, axes + 1):
            x = _over(transform, x, -axis)
        return x

    return call


fft2d, fft3d = _several(fft, 2), _several(fft, 3)
ifft2d, ifft3d = _several(ifft, 2), _several(ifft, 3)


def fitted(x: Any, length: int, axis: int) -> Any:
    """Cut, or filled up with zeros, to a length along an axis."""
    (size,) = known_sizes(x, "signal.rfft", (axis,))
    after = [slice(None)] * (-axis - 1)
    if size > length:
        return x[(..., slice(0, length), *after)]
    pads = [(0, 0)] * rank(x)
    pads[axis] = (0, length - size)
    return ops.pad(x, tuple(pads)) if size < length else x


def _lengths(fft_length: Any, count: int) -> tuple[Any, ...]:
    lengths = numbers(fft_length, "signal.rfft", "fft_length")
    if lengths is None:
        return (None,) * count
    return (lengths,) if isinstance(lengths, int) else tuple(lengths)


def rfft(input_tensor: Any, fft_length: Any = None) -> Any:
    """`tf.signal.rfft`: of real numbers, over the last axis."""
    x = operand(input_tensor)
    (length,) = _lengths(fft_length, 1)
    x = x if length is None else fitted(x, length, -1)
    real, imag = ops.rfft(x)
    return complex_(real, imag)


def irfft(input_tensor: Any, fft_length: Any = None) -> Any:
    """`tf.signal.irfft`: to real numbers, over the last axis."""
    x = operand(input_tensor)
    (length,) = _lengths(fft_length, 1)
    real, imag = _parts(x)
    if length is None:
        return ops.irfft((real, imag))
    return ops.irfft(
        (fitted(real, length // 2 + 1, -1), fitted(imag, length // 2 + 1, -1)), fft_length=length
    )


def _real_forward(axes: int) -> Callable[..., Any]:
    def call(input_tensor: Any, fft_length: Any = None) -> Any:
        x, lengths = operand(input_tensor), _lengths(fft_length, axes)
        for axis, length in zip(range(-axes, 0), lengths, strict=True):
            x = x if length is None else fitted(x, length, axis)
        x = rfft(x)
        for axis in range(2, axes + 1):
            x = _over(fft, x, -axis)
        return x

    return call


def _real_backward(axes: int) -> Callable[..., Any]:
    def call(input_tensor: Any, fft_length: Any = None) -> Any:
        x, lengths = operand(input_tensor), _lengths(fft_length, axes)
        for axis, length in zip(range(-axes, -1), lengths, strict=False):
            if length is not None:
                refuse("signal.irfft2d", "fft_length", "leave it out, or pad the spectrum yourself")
            x = _over(ifft, x, axis)
        return irfft(x, None if lengths[-1] is None else lengths[-1])

    return call


rfft2d, rfft3d = _real_forward(2), _real_forward(3)
irfft2d, irfft3d = _real_backward(2), _real_backward(3)
for _name, _function in (
    *(("fft2d", fft2d), ("fft3d", fft3d), ("ifft2d", ifft2d), ("ifft3d", ifft3d)),
    *(("rfft2d", rfft2d), ("rfft3d", rfft3d), ("irfft2d", irfft2d), ("irfft3d", irfft3d)),
):
    _function.__name__ = _function.__qualname__ = _name
    _function.__doc__ = f"`tf.signal.{_name}`."


def _shifted(x: Any, axes: Any, way: int) -> Any:
    x = operand(x)
    axes = tuple(range(rank(x))) if axes is None else static(axes)
    axes = (axes,) if isinstance(axes, int) else tuple(axes)
    sizes = ops.shape(x)
    shifts = tuple(sizes[a] // 2 if way > 0 else -(sizes[a] // 2) for a in axes)
    return ops.roll(x, shifts, axis=axes)


def fftshift(x: Any, axes: Any = None) -> Any:
    """`tf.signal.fftshift`: the zero frequency in the middle."""
    return _shifted(x, axes, 1)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """`tf.signal.ifftshift`: the inverse of `fftshift`."""
    return _shifted(x, axes, -1)


# Windows


def _length(window_length: Any, name: str) -> int:
    length = numbers(window_length, name, "window_length")
    return int(length)


def _raised_cosine(name: str, length: Any, periodic: bool, dtype: Any, a: float, b: float) -> Any:
    n = _length(length, name)
    if n == 1:
        return constant_array(np.ones(1), dtype_name(dtype))
    steps = np.arange(n) / (n if periodic and n % 2 == 0 else n - 1)
    return constant_array(a - b * np.cos(2 * np.pi * steps), dtype_name(dtype))


def hann_window(window_length: Any, periodic: bool = True, dtype: Any = "float32") -> Any:
    """`tf.signal.hann_window`."""
    return _raised_cosine("signal.hann_window", window_length, periodic, dtype, 0.5, 0.5)


def hamming_window(window_length: Any, periodic: bool = True, dtype: Any = "float32") -> Any:
    """`tf.signal.hamming_window`."""
    return _raised_cosine("signal.hamming_window", window_length, periodic, dtype, 0.54, 0.46)


def kaiser_window(window_length: Any, beta: float = 12.0, dtype: Any = "float32") -> Any:
    """`tf.signal.kaiser_window`."""
    return constant_array(np.kaiser(_length(window_length, "signal.kaiser_window"), beta), dtype_name(dtype))


def kaiser_bessel_derived_window(window_length: Any, beta: float = 12.0, dtype: Any = "float32") -> Any:
    """`tf.signal.kaiser_bessel_derived_window`."""
    half = _length(window_length, "signal.kaiser_bessel_derived_window") // 2
    sums = np.cumsum(np.kaiser(half + 1, beta))
    half_window = np.sqrt(sums[:-1] / sums[-1])
    return constant_array(np.concatenate([half_window, half_window[::-1]]), dtype_name(dtype))


def vorbis_window(window_length: Any, dtype: Any = "float32") -> Any:
    """`tf.signal.vorbis_window`."""
    n = _length(window_length, "signal.vorbis_window")
    inner = np.sin(np.pi / n * (np.arange(n) + 0.5))
    return constant_array(np.sin(np.pi / 2 * inner**2), dtype_name(dtype))


# Frames


def frame(
    signal: Any, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: Any = 0, axis: int = -1
) -> Any:
    """`tf.signal.frame`: windows along an axis, which becomes two."""
    x = operand(signal)
    length, step = int(static(frame_length)), int(static(frame_step))
    axes, at = rank(x), int(static(axis))
    at = at - axes if at >= 0 else at
    x = ops.moveaxis(x, at, -1) if at != -1 else x
    if pad_end:
        x = _padded_end(x, length, step, pad_value)
    frames = _windows(x, length, step)
    return ops.moveaxis(frames, (-2, -1), (at - 1, at)) if at != -1 else frames


def _padded_end(x: Any, length: int, step: int, value: Any) -> Any:
    size = ops.shape(x)[-1]
    count = -(-size // step)
    missing = (count - 1) * step + length - size
    missing = max(missing, 0) if isinstance(missing, int) else (missing + abs(missing)) // 2
    return ops.pad(x, (*[(0, 0)] * (rank(x) - 1), (0, missing)), constant_values=value)


def _windows(x: Any, length: int, step: int) -> Any:
    count = (ops.shape(x)[-1] - length) // step + 1
    starts = ops.expand_dims(ops.multiply(ops.arange(count, dtype="int32"), step), axis=1)
    places = ops.add(starts, np.arange(length, dtype=np.int32).reshape(1, -1))
    return ops.take(x, places, axis=-1)


def overlap_and_add(signal: Any, frame_step: Any) -> Any:
    """`tf.signal.overlap_and_add`: frames added up where they overlap."""
    x, step = operand(signal), int(static(frame_step))
    (length,) = known_sizes(x, "signal.overlap_and_add", (-1,))
    parts = -(-length // step)
    sizes = ops.shape(x)
    count = sizes[-2]
    x = ops.pad(x, (*[(0, 0)] * (rank(x) - 1), (0, parts * step - length)))
    total: Any = None
    for part in range(parts):
        piece = x[..., part * step : (part + 1) * step]
        piece = ops.pad(piece, (*[(0, 0)] * (rank(x) - 2), (part, parts - 1 - part), (0, 0)))
        total = piece if total is None else ops.add(total, piece)
    flat = ops.reshape(total, (*sizes[:-2], (count + parts - 1) * step))
    return flat[..., : (count - 1) * step + length]


def _enclosing(length: int) -> int:
    return 1 << (length - 1).bit_length()


Window = Callable[..., Any]


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = hann_window,
    pad_end: bool = False,
) -> Any:
    """`tf.signal.stft`: the spectrum of each window; the length is a power of two unless it is given."""
    length = int(static(frame_length))
    size = _enclosing(length) if fft_length is None else int(static(fft_length))
    frames = frame(signals, length, frame_step, pad_end)
    if window_fn is not None:
        frames = ops.multiply(frames, window_fn(length, dtype="float32"))
    return rfft(frames, [size])


def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = hann_window,
) -> Any:
    """`tf.signal.inverse_stft`: windows added up."""
    length = int(static(frame_length))
    size = _enclosing(length) if fft_length is None else int(static(fft_length))
    frames = irfft(stfts, [size])
    frames = frames[..., :length] if length <= size else fitted(frames, length, -1)
    if window_fn is not None:
        frames = ops.multiply(frames, window_fn(length, dtype="float32"))
    return overlap_and_add(frames, frame_step)


def inverse_stft_window_fn(frame_step: Any, forward_window_fn: Window = hann_window) -> Window:
    """`tf.signal.inverse_stft_window_fn`: the window that undoes another one."""

    def window(frame_length: Any, dtype: Any = "float32") -> Any:
        length, step = int(static(frame_length)), int(static(frame_step))
        forward = np.asarray(forward_window_fn(length, dtype=dtype))
        overlaps = -(-length // step)
        squares = np.pad(forward**2, (0, overlaps * step - length)).reshape(overlaps, step).sum(0)
        return constant_array(forward / np.tile(squares, overlaps)[:length], dtype_name(dtype))

    return window
