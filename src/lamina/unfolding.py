"""The calls of an expression as stock operations of Keras, on shapes alone."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from lamina.expression import opset
from lamina.expression.model import Call, Closure, leaves, thaw
from lamina.expression.runner import builder, literal


class CannotHoldError(Exception):
    """Why stock Keras cannot hold a layer; `freeze` gathers these in one `SavingError`."""


def run_call(call: Call, env: list[Any]) -> Any:
    """Call a stock operation on Keras tensors.

    Args:
        call: The call.
        env: The values by number: Keras tensors, arrays, sizes, layers.

    Raises:
        CannotHoldError: No Keras file can hold it.
    """
    if call.op.startswith("random."):
        raise CannotHoldError(
            f"it draws random numbers ({opset.lookup(call.op).public_name}); use a stock random layer"
        )
    if any(
        isinstance(leaf, Closure) for leaf in leaves((call.args, tuple(value for _, value in call.kwargs)))
    ):
        raise CannotHoldError(
            f"{opset.lookup(call.op).public_name} takes a function, which no Keras file holds"
        )
    args = [value_of(value, env) for value in call.args]
    kwargs = {name: value_of(value, env) for name, value in call.kwargs}
    try:
        result = _special(call.op, args, kwargs)
    except CannotHoldError:
        raise
    except Exception as error:
        raise CannotHoldError(
            f"{opset.lookup(call.op).public_name} on {_shapes(args)} does not work on shapes alone: {error}"
        ) from error
    return _plain(result)


def _shapes(args: list[Any]) -> str:
    return ", ".join(str(getattr(arg, "shape", arg)) for arg in args)


def _special(op: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if op == "reshape":
        return _reshape(args[0], *args[1:], **kwargs)
    if _unknown_size((args, kwargs)) and op != "operator.getitem":
        raise CannotHoldError(
            f"{opset.lookup(op).public_name} needs the size of an axis that is known only with the data"
        )
    found = opset.lookup(op)
    if tuple(parameter.name for parameter in found.parameters) == ("x1", "x2") and len(args) == 2:
        args = [_array(arg, args[1 - index]) for index, arg in enumerate(args)]
        if op == "add" and _taken_for_bias(*args):
            return keras.ops.subtract(args[0], keras.ops.negative(args[1]))
    return found.function(*args, **kwargs)


def _array(value: Any, beside: Any) -> Any:
    """A sequence of numbers beside a tensor as an array; Keras takes sequences only with data."""
    sequence = isinstance(value, (list, tuple)) and isinstance(beside, keras.KerasTensor)
    if not sequence or not all(type(leaf) in (int, float) for leaf in leaves(value)):
        return value
    floating = beside.dtype in ("float16", "float32", "float64")
    return np.asarray(value, beside.dtype if floating else None)


def _taken_for_bias(x1: Any, x2: Any) -> bool:
    """Whether Keras under TensorFlow might add `x2` along another axis than broadcasting says.

    Sizes that are not known may turn out to be those that it looks for; see `lamina.expression.corrections`.
    """
    first, second = list(getattr(x1, "shape", ())), list(getattr(x2, "shape", ()))
    wide = [axis for axis, size in enumerate(second) if size != 1]
    if len(first) < 2 or len(wide) != 1:
        return False
    return wide[0] != len(second) - 1 or first[-1] == 1


def _unknown_size(value: Any) -> bool:
    """Whether a shape with an unknown size is among the arguments."""
    return isinstance(value, _Size) or any(isinstance(leaf, _Size) for leaf in leaves(value))


class _Size:
    """The size of an axis that is known only with the data."""


def _reshape(tensor: Any, newshape: Any) -> Any:
    sizes = list(newshape) if isinstance(newshape, (list, tuple)) else [newshape]
    unknown = [index for index, size in enumerate(sizes) if isinstance(size, _Size)]
    if not unknown:
        return keras.ops.reshape(tensor, newshape)
    if len(unknown) == 1 and -1 not in sizes:
        return keras.ops.reshape(tensor, [-1 if isinstance(size, _Size) else size for size in sizes])
    if unknown == [0]:
        return keras.layers.Reshape(tuple(sizes[1:]))(tensor)
    raise CannotHoldError("keras.ops.reshape to a shape with several sizes that are known only with the data")


def value_of(value: Any, env: list[Any]) -> Any:
    """An argument or output of an expression, with its references filled in."""
    build = builder(value)
    return thaw(literal(value)) if build is None else build(env)


def _plain(result: Any) -> Any:
    """Tensors that do not depend on the inputs as arrays, and unknown sizes marked."""
    if isinstance(result, keras.KerasTensor):
        return result
    if isinstance(result, (list, tuple)):
        return (
            type(result)(map(_plain, result)) if type(result) in (list, tuple) else tuple(map(_plain, result))
        )
    if result is None:
        return _Size()
    if keras.ops.is_tensor(result):
        return np.asarray(keras.ops.convert_to_numpy(result))
    return result
