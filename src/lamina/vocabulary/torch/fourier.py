"""`torch.fft`, and the short-time transform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy import fft as numpy_fft
from lamina.vocabulary.torch.arguments import (
    Function,
    default_dtype,
    dtype_name,
    is_kind,
    known_dtype,
    known_size,
    rank,
    refuse,
    static,
)
from lamina.vocabulary.torch.notation import named
from lamina.vocabulary.torch.padding import pad


def _one(name: str) -> Function:
    function = getattr(numpy_fft, name)

    def call(input: Any, n: Any = None, dim: Any = -1, norm: Any = None) -> Any:
        return function(input, n, static(dim), norm)

    return named(call, name, f"`torch.fft.{name}`: along one axis.")


def _several(name: str, default: Any) -> Function:
    function = getattr(numpy_fft, name)

    def call(input: Any, s: Any = None, dim: Any = default, norm: Any = None) -> Any:
        axes = static(dim)
        if axes is None and s is not None:
            axes = tuple(range(-len(static(s)), 0))
        return function(input, static(s), axes, norm)

    return named(call, name, f"`torch.fft.{name}`: along several axes.")


def _shift(name: str) -> Function:
    function = getattr(numpy_fft, name)

    def call(input: Any, dim: Any = None) -> Any:
        return function(input, static(dim))

    return named(call, name, f"`torch.fft.{name}`.")


def _frequencies(name: str) -> Function:
    def call(n: int, d: float = 1.0, *, dtype: Any = None) -> Any:
        numbers = getattr(np.fft, name)(n, d)
        return ops.convert_to_tensor(numbers.astype(dtype_name(dtype) or default_dtype()))

    return named(call, name, f"`torch.fft.{name}`.")


FUNCTIONS: Mapping[str, Function] = {
    **{name: _one(name) for name in "fft ifft rfft irfft hfft ihfft".split()},
    **{name: _several(name, None) for name in "fftn ifftn rfftn irfftn".split()},
    **{name: _several(name, (-2, -1)) for name in "fft2 ifft2 rfft2 irfft2".split()},
    **{name: _shift(name) for name in "fftshift ifftshift".split()},
    **{name: _frequencies(name) for name in "fftfreq rfftfreq".split()},
}


def _window(window: Any, length: int, n_fft: int) -> Any:
    """The window with zeros around it, as long as a transform."""
    found = ops.ones((length,), dtype="float32") if window is None else window
    left = (n_fft - length) // 2
    return ops.pad(found, ((left, n_fft - length - left),)) if length < n_fft else found


def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
) -> Any:
    """`torch.stft`: frequencies before frames; two real parts where `return_complex` is false."""
    if is_kind(input, 3):
        refuse("stft", "of complex numbers", "transform the real and imaginary parts by themselves")
    hop, width = hop_length or n_fft // 4, win_length or n_fft
    x = ops.expand_dims(input, axis=0) if rank(input) == 1 else input
    if center:
        flat = pad(ops.expand_dims(x, axis=1), (n_fft // 2, n_fft // 2), mode=pad_mode)
        x = ops.squeeze(flat, axis=1)
    frames = ops.multiply(_frames(x, n_fft, hop), _window(window, width, n_fft))
    transform = FUNCTIONS["rfft" if onesided is not False else "fft"]
    spectrum = transform(frames, norm="ortho" if normalized else None)
    spectrum = ops.swapaxes(spectrum, -1, -2)
    spectrum = ops.squeeze(spectrum, axis=0) if rank(input) == 1 else spectrum
    return spectrum if return_complex else ops.stack([ops.real(spectrum), ops.imag(spectrum)], axis=-1)


def _frames(x: Any, size: int, hop: int) -> Any:
    count = (known_size("stft", x, -1) - size) // hop + 1
    places = np.arange(count, dtype=np.int32)[:, None] * hop + np.arange(size, dtype=np.int32)
    return ops.take(x, places, axis=-1)


def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    """`torch.istft`: frames added up, divided by the windows that lie over them."""
    hop, width = hop_length or n_fft // 4, win_length or n_fft
    norm = "ortho" if normalized else None
    turned = ops.swapaxes(input, -1, -2)
    if onesided is False:
        frames = ops.real(FUNCTIONS["ifft"](turned, n_fft, norm=norm))
    else:
        frames = FUNCTIONS["irfft"](turned, n_fft, norm=norm)
    shape = _window(window, width, n_fft)
    count = known_size("istft", frames, -2)
    total = n_fft + hop * (count - 1)
    signal = _overlapped(ops.multiply(frames, shape), total, hop)
    weight = _overlapped(ops.broadcast_to(ops.square(shape), (count, n_fft)), total, hop)
    start = n_fft // 2 if center else 0
    end = total - start if length is None else min(start + length, total)
    found = ops.divide(signal[..., start:end], weight[start:end])
    missing = 0 if length is None else length - (end - start)
    return ops.pad(found, (*[(0, 0)] * (rank(found) - 1), (0, missing))) if missing else found


def _overlapped(frames: Any, total: int, hop: int) -> Any:
    """Frames added where they overlap: one product with a matrix of places."""
    count, size = (known_size("istft", frames, a) for a in (-2, -1))
    places = np.zeros((count, size, total), np.float32)
    for n in range(count):
        places[n, np.arange(size), n * hop + np.arange(size)] = 1
    dtype = known_dtype(frames) or "float32"
    return ops.tensordot(frames, ops.cast(places, dtype), axes=[[-2, -1], [0, 1]])
