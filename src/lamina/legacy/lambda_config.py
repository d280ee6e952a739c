"""The configuration of `keras.layers.Lambda` in every dialect since Keras 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lamina.bytecode import Array, is_saved_function, read_value
from lamina.legacy.functions import Names, SavedCallable, restore_function
from lamina.legacy.supplied import supplied_names
from lamina.vocabulary.dispatch import active

if TYPE_CHECKING:
    from lamina.layer import Lambda

# What Keras 3 layers do not take: kept by older versions beside the functions.
_DROPPED = (
    "function_type",
    "module",
    "output_shape_type",
    "output_shape_module",
    "mask_type",
    "mask_module",
    "batch_input_shape",
    "input_dtype",
)


def restore_lambda(cls: type[Lambda], config: Mapping[str, Any], names: Names | None = None) -> Lambda:
    """A layer from a configuration that `keras.layers.Lambda` wrote; nothing in it is executed.

    Args:
        cls: `lamina.Lambda` or a subclass.
        config: The configuration: lists of Keras 1 and 2, dicts of Keras 3.
        names: Values for names that the file does not contain.

    Raises:
        BytecodeError: The bytecode is damaged.
        NamesNeededError: The file holds the name of a function and no code.
    """
    names = supplied_names() if names is None else names
    kept = {key: value for key, value in config.items() if key not in _DROPPED}
    module = config.get("module")
    function = restore_function(kept.pop("function"), names, module)
    shape = _output_shape(kept.pop("output_shape", None), names)
    mask = kept.pop("mask", None)
    arguments = _plain(kept.pop("arguments", None) or {})
    mask = _mask(mask, names) if mask is not None and _is_function(mask) else _plain(mask)
    return cls(function, output_shape=shape, mask=mask, arguments=arguments, **kept)


def _mask(saved: Any, names: Names | None) -> Callable[..., Any]:
    function = restore_function(saved, names)
    return SavedMask(function) if isinstance(function, SavedCallable) else function


class SavedMask:
    """A saved mask function: read where it is captured, and elsewhere captured and run.

    Args:
        function: The function of the file.
    """

    def __init__(self, function: SavedCallable) -> None:
        self._function = function
        self.__name__ = function.__name__

    def __call__(self, inputs: Any, mask: Any = None) -> Any:
        """The output mask for inputs and their mask."""
        if active() is not None:
            return self._function(inputs, mask)
        from lamina.expression.model import leaves
        from lamina.expression.runner import plan_of
        from lamina.layer.programs import mask_specs, specs
        from lamina.tracing.api import capture_structures

        captured = capture_structures(self._function, (specs(inputs), mask_specs(mask)), {}, {})
        return plan_of(captured.expression).run([leaf for leaf in leaves((inputs, mask)) if leaf is not None])


def _is_function(value: Any) -> bool:
    return is_saved_function(value) or isinstance(value, str)


def _output_shape(value: Any, names: Names | None) -> Any:
    """The declared shape; a saved function of it is implied by what the layer computes."""
    if (
        value is None
        or _is_function(value)
        or (isinstance(value, Mapping) and value.get("class_name") == "function")
    ):
        return None
    plain = _plain(value)
    return (
        tuple(plain)
        if isinstance(plain, list) and all(n is None or isinstance(n, int) for n in plain)
        else plain
    )


def _plain(value: Any) -> Any:
    """A value of the configuration, with arrays and tuples as what they stand for."""
    found = read_value(value)
    return _with_arrays(found)


def _with_arrays(value: Any) -> Any:
    if isinstance(value, Array):
        import numpy as np

        return np.asarray(value.value, dtype=value.dtype)
    if isinstance(value, Mapping):
        return {key: _with_arrays(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_with_arrays(item) for item in value)
    return value
