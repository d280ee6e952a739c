"""What Keras is configured to: epsilon, float dtype, image layout, phase."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary import context

# Keras's documented defaults hold where Keras is not loaded: an audit must not load a framework.
_DEFAULTS = {"epsilon": 1e-7, "floatx": "float32", "image_data_format": "channels_last"}
_OLD_LAYOUTS = {"th": "channels_first", "tf": "channels_last", "default": None}


def _setting(name: str) -> Any:
    keras = sys.modules.get("keras")
    return getattr(keras.config, name)() if keras else _DEFAULTS[name]


def epsilon() -> float:
    """`K.epsilon`: the fuzz factor, 1e-7 unless configured otherwise."""
    return float(_setting("epsilon"))


def floatx() -> str:
    """`K.floatx`: the default float dtype."""
    return str(_setting("floatx"))


def image_data_format() -> str:
    """`K.image_data_format`: `channels_last` or `channels_first`."""
    return str(_setting("image_data_format"))


def image_dim_ordering() -> str:
    """`K.image_dim_ordering` of Keras 1: `tf` or `th`."""
    return "th" if image_data_format() == "channels_first" else "tf"


def set_epsilon(value: float) -> None:
    """`K.set_epsilon`, for the whole process."""
    import keras

    keras.config.set_epsilon(value)


def set_floatx(value: str) -> None:
    """`K.set_floatx`, for the whole process."""
    import keras

    keras.config.set_floatx(value)


def set_image_data_format(data_format: str) -> None:
    """`K.set_image_data_format`, for the whole process."""
    import keras

    keras.config.set_image_data_format(layout(data_format))


def backend() -> str:
    """`K.backend`: always `tensorflow`, the Keras 2 backend whose semantics these functions have."""
    return "tensorflow"


def layout(data_format: str | None) -> str:
    """A layout argument in Keras 2 or Keras 1 spelling, or the configured layout.

    Raises:
        ArgumentError: It is none of the known spellings.
    """
    known = _OLD_LAYOUTS.get(data_format, data_format) if data_format else None
    known = known or image_data_format()
    if known not in ("channels_first", "channels_last"):
        raise ArgumentError(f"data_format is 'channels_first' or 'channels_last', received {data_format!r}")
    return known


def learning_phase() -> int:
    """`K.learning_phase`: 1 in training, 0 otherwise."""
    return int(context.is_training())


@contextmanager
def learning_phase_scope(value: int) -> Iterator[None]:
    """`K.learning_phase_scope`: the phase for a `with` block."""
    with context.training(bool(value)):
        yield


@contextmanager
def name_scope(name: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """`K.name_scope`: names of operations do not matter here."""
    yield
