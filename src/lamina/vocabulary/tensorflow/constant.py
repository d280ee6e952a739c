"""Known values as a tensor of TensorFlow; a module of its own, because it imports NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np


class Constant(np.ndarray[Any, Any]):
    """A tensor whose values are known while a function is captured.

    It stands for what `tf.constant` returns, so that a shape, an axis or paddings made of it stay
    known, and it is a literal where it meets a tensor.
    """

    def get_shape(self) -> tuple[int, ...]:
        """The shape, as tensors of TensorFlow have it."""
        return tuple(self.shape)

    def set_shape(self, shape: Any) -> None:
        """Nothing: the shape is known."""
