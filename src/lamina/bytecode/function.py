"""The spellings of a function in the config of a Lambda layer, Keras 1 to 3."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from typing import Any

from lamina.bytecode.limits import DEFAULT, Limits
from lamina.bytecode.repair import read_code
from lamina.bytecode.values import Array, NamedFunction, SavedFunction
from lamina.errors import BytecodeError

_NAMED_KINDS = ("function", "builtin_function_or_method", "method", "type", "ufunc")
_DEPTH = 50


def read_function(value: Any, limits: Limits = DEFAULT) -> SavedFunction | NamedFunction:
    """The function that a config value holds, in any spelling that a Keras has written.

    Args:
        value: `config["function"]` (or `mask`, `output_shape`, `mode`) as parsed from JSON:
            `[code, defaults, closure]`, the same as a `__tuple__` or as the `__lambda__` dict of
            Keras 3, a bare name, or a `{"class_name": "function", ...}` dict.
        limits: The bounds on what is read.

    Returns:
        A `SavedFunction` where the file holds the bytecode, a `NamedFunction` where only the name.

    Raises:
        BytecodeError: The value is no such spelling, or the bytecode is damaged beyond repair.

    Example:
        >>> read_function({"class_name": "function", "config": "relu", "module": "builtins"})
        NamedFunction(name='relu', module='builtins', kind='function')
    """
    return _read(value, limits, 0)


def _read(value: Any, limits: Limits, depth: int) -> SavedFunction | NamedFunction:
    if isinstance(value, str):
        return NamedFunction(value)
    if isinstance(value, dict):
        return _from_dict(value, limits, depth)
    if isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str | bytes):
        return _from_parts(value[0], value[1], value[2], limits, depth)
    raise BytecodeError(
        "A saved function is [code, defaults, closure], a name, or a dict of class __lambda__, "
        f"__tuple__ or function; received {_describe(value)}."
    )


def is_saved_function(value: Any) -> bool:
    """Whether a config value spells a function with its bytecode (and not a shape or a name).

    Example:
        >>> is_saved_function(["4wEAAAAA", None, None]), is_saved_function([None, 1, 2])
        (True, False)
    """
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__":
            return is_saved_function(value.get("items"))
        return value.get("class_name") == "__lambda__"
    return isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str | bytes)


def _from_dict(value: dict[str, Any], limits: Limits, depth: int) -> SavedFunction | NamedFunction:
    kind, config = value.get("class_name"), value.get("config")
    if depth > _DEPTH:
        raise BytecodeError(f"A saved function is nested more than {_DEPTH} levels deep.")
    if kind == "__tuple__":
        return _read(value.get("items"), limits, depth + 1)
    if kind == "__lambda__" and isinstance(config, dict):
        if "value" in config and "code" in config:
            raise BytecodeError("A saved function holds its code twice, as code and as value.")
        if "value" in config:  # a function of Keras 3 that is no layer's, such as a loss
            return _read(config["value"], limits, depth + 1)
        return _from_parts(config.get("code"), config.get("defaults"), config.get("closure"), limits, depth)
    if isinstance(kind, str) and kind in _NAMED_KINDS and isinstance(config, str):
        return NamedFunction(config, value.get("module"), kind)
    raise BytecodeError(
        "A saved function's dict has the class_name __lambda__, __tuple__ or "
        f"{', '.join(_NAMED_KINDS)}; received {_describe(value)}."
    )


def _from_parts(text: Any, defaults: Any, closure: Any, limits: Limits, depth: int) -> SavedFunction:
    if not isinstance(text, str | bytes):
        raise BytecodeError(f"The code of a saved function is text; received {_describe(text)}.")
    found = read_code(text, limits)
    cells = _sequence(closure, "closure", limits, depth)
    if len(cells) != len(found.code.freevars):
        raise BytecodeError(
            f"The saved function {found.code.name!r} reads {len(found.code.freevars)} closure variables "
            f"({', '.join(found.code.freevars) or 'none'}), but the file holds {len(cells)} values."
        )
    return SavedFunction(
        code=found.code,
        defaults=_sequence(defaults, "defaults", limits, depth),
        closure=cells,
        name=found.code.name,
        encoding=found.encoding,
        notes=found.notes,
        damaged=found.damaged,
    )


def _sequence(value: Any, what: str, limits: Limits, depth: int) -> tuple[Any, ...]:
    """Defaults or closure; JSON made lists of what were tuples."""
    if value is None:
        return ()
    plain = read_value(value, limits, depth + 1)
    if not isinstance(plain, list | tuple):
        raise BytecodeError(f"The {what} of a saved function are a list; received {_describe(value)}.")
    return tuple(plain)


def read_value(value: Any, limits: Limits = DEFAULT, depth: int = 0) -> Any:
    """A closure variable, default or argument as saved: plain values, tuples, arrays, functions.

    Args:
        value: The value as parsed from JSON.
        limits: The bounds on what is read, should it be a function.
        depth: How many containers are around it.

    Returns:
        The plain value, an `Array`, a `SavedFunction` or a `NamedFunction`.

    Raises:
        BytecodeError: Containers are nested too deeply, or a function is damaged.

    Example:
        >>> read_value({"class_name": "__tuple__", "items": [1, {"type": "ndarray", "value": [2.0]}]})
        (1, Array(value=[2.0], dtype=None))
    """
    if depth > _DEPTH:
        raise BytecodeError(f"A saved value is nested more than {_DEPTH} levels deep.")
    if isinstance(value, list | tuple):
        return type(value)([read_value(item, limits, depth + 1) for item in value])
    if not isinstance(value, dict):
        return value
    if value.get("type") == "ndarray" and "value" in value:
        return Array(value["value"])
    spelling = _SPELLINGS.get(str(value.get("class_name")))
    if spelling is not None:
        return spelling(value, limits, depth)
    return {key: read_value(item, limits, depth + 1) for key, item in value.items()}


def _read_tuple(value: dict[str, Any], limits: Limits, depth: int) -> Any:
    return tuple(read_value(value.get("items") or value.get("config") or [], limits, depth + 1))


def _read_array(value: dict[str, Any], limits: Limits, depth: int) -> Any:
    config = value.get("config")
    if not isinstance(config, dict) or "value" not in config:
        raise BytecodeError(f"A saved __numpy__ array lacks its value: {_describe(value)}.")
    return Array(config["value"], config.get("dtype"))


def _read_nested_function(value: dict[str, Any], limits: Limits, depth: int) -> Any:
    return _from_dict(value, limits, depth + 1)


_SPELLINGS: dict[str, Callable[[dict[str, Any], Limits, int], Any]] = {
    "__tuple__": _read_tuple,
    "__numpy__": _read_array,
    "__ellipsis__": lambda value, limits, depth: ...,
    "__lambda__": _read_nested_function,
    **dict.fromkeys(_NAMED_KINDS, _read_nested_function),
}


def _describe(value: Any) -> str:
    return f"{type(value).__name__} {reprlib.repr(value)}"
