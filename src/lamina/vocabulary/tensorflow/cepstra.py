"""Cosine transforms and mel features."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tensorflow.arguments import (
    constant_array,
    dtype_name,
    known_sizes,
    numbers,
    operand,
    static,
)
from lamina.vocabulary.tensorflow.signals import Window, fitted, frame, overlap_and_add, vorbis_window


def _dct_matrix(n: int, type: int) -> Any:
    """Columns are the basis functions of the unnormalised transform."""
    row, column = np.arange(n)[:, None], np.arange(n)[None, :]
    if type == 1:
        weights = np.full((n, 1), 2.0)
        weights[0] = weights[-1] = 1.0
        return weights * np.cos(np.pi * row * column / (n - 1))
    if type == 2:
        return 2 * np.cos(np.pi * (2 * row + 1) * column / (2 * n))
    if type == 3:
        weights = np.full((n, 1), 2.0)
        weights[0] = 1.0
        return weights * np.cos(np.pi * row * (2 * column + 1) / (2 * n))
    return 2 * np.cos(np.pi * (2 * row + 1) * (2 * column + 1) / (4 * n))


def _orthonormal(matrix: Any, n: int, type: int) -> Any:
    if type == 2:
        matrix = matrix * np.sqrt(0.5 / n)
        matrix[:, 0] *= np.sqrt(0.5)
    elif type == 3:
        matrix = matrix * np.sqrt(0.5 / n)
        matrix[0] *= np.sqrt(2.0)
    else:
        matrix = matrix * np.sqrt(0.5 / n)
    return matrix


def dct(input: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """`tf.signal.dct` of types 1 to 4, over the last axis."""
    x = operand(input)
    x = x if n is None else fitted(x, int(static(n)), -1)
    (size,) = known_sizes(x, "signal.dct", (-1,))
    matrix = _dct_matrix(size, type)
    matrix = _orthonormal(matrix, size, type) if norm == "ortho" else matrix
    return ops.matmul(x, constant_array(matrix, "float32"))


def idct(input: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """`tf.signal.idct`: the inverse, but for the factor of the unnormalised transform."""
    return dct(input, type={1: 1, 2: 3, 3: 2, 4: 4}[type], axis=axis, norm=norm)


_HALF_POWER = 0.5**0.5


def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Window | None = vorbis_window,
    pad_end: bool = False,
    norm: Any = None,
) -> Any:
    """`tf.signal.mdct`: the modified cosine transform of windows that overlap by half."""
    length = int(static(frame_length))
    half, quarter = length // 2, length // 4
    frames = frame(signals, length, half, pad_end)
    window = _HALF_POWER if window_fn is None else window_fn(length, dtype="float32")
    frames = ops.multiply(frames, window)
    a, b, c, d = (frames[..., i * quarter : (i + 1) * quarter] for i in range(4))
    first = ops.subtract(ops.negative(ops.flip(c, axis=-1)), d)
    second = ops.subtract(a, ops.flip(b, axis=-1))
    return dct(ops.concatenate([first, second], axis=-1), type=4, norm=norm)


def inverse_mdct(mdcts: Any, window_fn: Window | None = vorbis_window, norm: Any = None) -> Any:
    """`tf.signal.inverse_mdct`."""
    x = operand(mdcts)
    (half,) = known_sizes(x, "signal.inverse_mdct", (-1,))
    folded = dct(x, type=4, norm=norm)
    folded = folded if norm == "ortho" else ops.divide(folded, 2.0 * half)
    first, second = folded[..., : half // 2], folded[..., half // 2 :]
    frames = ops.concatenate(
        [
            second,
            ops.negative(ops.flip(second, axis=-1)),
            ops.negative(ops.flip(first, axis=-1)),
            ops.negative(first),
        ],
        axis=-1,
    )
    window = _HALF_POWER if window_fn is None else window_fn(2 * half, dtype="float32")
    frames = ops.multiply(frames, window)
    return overlap_and_add(frames, half)


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log(1.0 + hertz / 700.0)


def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = "float32",
) -> Any:
    """`tf.signal.linear_to_mel_weight_matrix`: triangles on the mel scale, as a constant."""
    bins, spectrum, rate, low, high = (
        numbers(v, "signal.linear_to_mel_weight_matrix", "an argument")
        for v in (num_mel_bins, num_spectrogram_bins, sample_rate, lower_edge_hertz, upper_edge_hertz)
    )
    mels = _mel(np.linspace(0.0, float(rate) / 2.0, int(spectrum))[1:])[:, None]
    edges = np.linspace(_mel(float(low)), _mel(float(high)), int(bins) + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((mels - left) / (centre - left), (right - mels) / (right - centre))
    return constant_array(np.pad(np.maximum(0.0, triangles), [[1, 0], [0, 0]]), dtype_name(dtype))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any) -> Any:
    """`tf.signal.mfccs_from_log_mel_spectrograms`."""
    x = operand(log_mel_spectrograms)
    (bins,) = known_sizes(x, "signal.mfccs_from_log_mel_spectrograms", (-1,))
    return ops.multiply(dct(x), float(1.0 / np.sqrt(2.0 * bins)))
