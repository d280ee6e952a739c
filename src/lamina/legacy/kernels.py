"""How the arrays of one layer were laid out before Keras 3: each rule is a table row.

Source: `keras.engine.saving` of Keras 2.3.1 describes the same layouts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lamina._records import dataclass

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = list[Array]


@dataclass(frozen=True)
class Writer:
    """What wrote the weights, as far as their layout depends on it.

    Attributes:
        generation: The major version of Keras.
        theano: Whether convolutions were those of Theano, which flips the kernel.
    """

    generation: int
    theano: bool = False


# In Keras 1, each gate had its own kernel, recurrent kernel and bias, in this order.
_GATES = {"GRU": ("z", "r", "h"), "LSTM": ("i", "c", "f", "o"), "ConvLSTM2D": ("i", "c", "f", "o")}
_MODERN_GATES = {"GRU": ("z", "r", "h"), "LSTM": ("i", "f", "c", "o"), "ConvLSTM2D": ("i", "f", "c", "o")}


def split_gates(kind: str, use_bias: bool = True) -> int:
    """How many arrays a recurrent layer of Keras 1 had; 0 if it is none.

    Example:
        >>> split_gates("LSTM"), split_gates("Dense")
        (12, 0)
    """
    return len(_GATES.get(kind, ())) * (3 if use_bias else 2)


def join_gates(kind: str, arrays: Sequence[Array]) -> Arrays:
    """One kernel, one recurrent kernel and one bias from those of each gate.

    Args:
        kind: The layer class.
        arrays: Three for each gate, in the order of Keras 1.

    Example:
        >>> gates = [np.full((1, 1), float(i)) for i in range(9)]
        >>> [array.tolist() for array in join_gates("GRU", gates)]
        [[[0.0, 3.0, 6.0]], [[1.0, 4.0, 7.0]], [[2.0, 5.0, 8.0]]]
    """
    order = [_GATES[kind].index(gate) for gate in _MODERN_GATES[kind]]
    return [np.concatenate([arrays[3 * gate + part] for gate in order], axis=-1) for part in range(3)]


def _first(change: Callable[[Array], Array], count: int = 1) -> Callable[[Arrays], Arrays]:
    return lambda arrays: [change(array) if index < count else array for index, array in enumerate(arrays)]


def _transposed(*axes: int) -> Callable[[Array], Array]:
    return lambda array: array.transpose(axes)


def _conv1d(kernel: Array) -> Array:
    """Keras 1 kept a second axis of size one, and before that the order of Theano."""
    if kernel.ndim != 4:
        return kernel
    return kernel[:, 0] if kernel.shape[1] == 1 else kernel.transpose(2, 3, 1, 0)[:, 0]


# By class and place of the channels, for files of Keras 1.
_KERAS1: Mapping[tuple[str, str], Callable[[Array], Array]] = {
    ("Conv1D", "channels_last"): _conv1d,
    ("Conv2D", "channels_first"): _transposed(2, 3, 1, 0),
    ("Conv2DTranspose", "channels_last"): _transposed(0, 1, 3, 2),
    ("Conv2DTranspose", "channels_first"): _transposed(2, 3, 0, 1),
    ("Conv3D", "channels_first"): _transposed(2, 3, 4, 1, 0),
    ("ConvLSTM2D", "channels_first"): _transposed(2, 3, 1, 0),
}
_CONVOLUTIONS = (
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "ConvLSTM2D",
    "DepthwiseConv2D",
    "SeparableConv2D",
)


def _flipped(kernel: Array) -> Array:
    """A kernel turned around its spatial axes."""
    return np.flip(kernel, tuple(range(kernel.ndim - 2)))


def modern(layer: Any, kind: str, arrays: Arrays, writer: Writer) -> Arrays:
    """The arrays of a layer as Keras 3 has them.

    Args:
        layer: The layer of Keras 3.
        kind: Its class in the file.
        arrays: The arrays of the file, in its order.
        writer: What wrote them.
    """
    name = type(layer).__name__
    if kind in ("CuDNNLSTM", "CuDNNGRU"):
        return _from_cudnn(kind, arrays)
    use_bias = bool(getattr(layer, "use_bias", True))
    if split_gates(name, use_bias) and len(arrays) == split_gates(name) and len(arrays) > 3:
        arrays = join_gates(name, arrays)
    count = 2 if name == "ConvLSTM2D" else 1
    if writer.generation == 1:
        change = _KERAS1.get((name, getattr(layer, "data_format", "")))
        arrays = _first(change, count)(arrays) if change is not None else arrays
    if writer.theano and name in _CONVOLUTIONS:
        arrays = _first(_flipped, count)(arrays)
    return arrays


def _from_cudnn(kind: str, arrays: Arrays) -> Arrays:
    """CuDNN keeps each gate's kernels transposed, and a bias for the inputs and one for the states."""
    gates = 4 if kind == "CuDNNLSTM" else 3
    kernel, recurrent, bias = arrays
    kernels = [_column_order(part) for part in np.hsplit(kernel, gates)]
    recurrents = [part.T for part in np.hsplit(recurrent, gates)]
    halves = np.stack(np.split(bias, 2))
    return [np.hstack(kernels), np.hstack(recurrents), halves.sum(axis=0) if gates == 4 else halves]


def _column_order(kernel: Array) -> Array:
    return kernel.T.reshape(kernel.shape, order="F")
