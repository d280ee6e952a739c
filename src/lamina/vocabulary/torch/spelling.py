"""How PyTorch's functions may be called: other keywords, `out=None`, `inplace=`, names that end in `_`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from lamina.errors import ArgumentError
from lamina.vocabulary.signatures import collects, parameters
from lamina.vocabulary.torch.arguments import Function, overwrite, refuse

# Keywords that other libraries use and PyTorch takes as well.
_SYNONYMS: Mapping[str, str] = {
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "self": "input",
    "a": "input",
    "x1": "input",
    "x2": "other",
}
# Keywords that say where and how a tensor is stored, which is up to the backend.
_STORAGE = frozenset(
    "device layout requires_grad pin_memory memory_format generator non_blocking names sparse_grad".split()
)


def spelled(function: Function) -> Function:
    """The same function, which also takes PyTorch's other spellings, `out=None` and `inplace=`."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        names = parameters(function)
        if kwargs and not kwargs.keys() <= set(names) and not collects(function):
            kwargs = _translated(function, names, kwargs)
        result = function(*args, **kwargs)
        if "inplace" in names and _given(args, kwargs, names.index("inplace")):
            return overwrite(args[0] if args else kwargs[names[0]], result)
        return result

    return call


def _given(args: tuple[Any, ...], kwargs: Mapping[str, Any], place: int) -> bool:
    return bool(kwargs.get("inplace", args[place] if len(args) > place else False))


def _translated(function: Function, names: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    kwargs: dict[str, Any] = {}
    for key, value in given.items():
        known = key if key in names else _SYNONYMS.get(key)
        if known in names:
            kwargs[known] = value
        elif key == "out" and value is not None:
            refuse(function.__name__, "out= writes into a tensor", "use the result of the call")
        elif key != "out" and key not in _STORAGE:
            raise ArgumentError(
                f"torch.{function.__name__} in an expression takes {', '.join(names)}; "
                f"received {key}={value!r}"
            )
    return kwargs


def in_place(function: Function, name: str) -> Function:
    """The function that puts its result in the place of its first argument."""

    @functools.wraps(function)
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        return overwrite(input, function(input, *args, **kwargs))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`{name}`: the tensor stands for the result from then on."
    return call
