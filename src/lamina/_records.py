"""`dataclass`, whose methods are compiled when they are first called.

Importing lamina makes some hundred dataclasses, and the standard library compiles six methods for each, which
took a third of the time in which the command starts. Fields, slots, `replace`, `fields` and `asdict` are the
standard library's.
"""

from __future__ import annotations

import dataclasses
import reprlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

_FIRST_CALL = ("__init__", "__eq__", "__hash__")
_Field = dataclasses.Field


def _dataclass(
    cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True
) -> type | Callable[[type], type]:
    """The class with `__init__`, `__repr__` and, as asked for, equality, a hash and protection from changes.

    What the class defines itself stays.
    """
    return _made(cls, frozen, slots, eq) if cls is not None else lambda cls: _made(cls, frozen, slots, eq)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass


def _made(cls: type, frozen: bool, slots: bool, eq: bool) -> type:
    own = set(cls.__dict__)
    cls.__doc__ = cls.__doc__ or cls.__name__  # where there is none, the standard library writes a signature
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods = {"__repr__": _repr, **_shared(frozen, slots)}
    methods["__init__"] = _compiling(made, "__init__", frozen)
    if eq:
        methods["__eq__"] = _compiling(made, "__eq__", frozen)
        methods["__hash__"] = _compiling(made, "__hash__", frozen) if frozen else None
    for name in methods.keys() - own:
        setattr(made, name, methods[name])
    return made


def _shared(frozen: bool, slots: bool) -> dict[str, Any]:
    protection = {"__setattr__": _refuse_to_assign, "__delattr__": _refuse_to_delete} if frozen else {}
    return protection | ({"__getstate__": _state, "__setstate__": _set_state} if frozen and slots else {})


def _compiling(cls: type, name: str, frozen: bool) -> Callable[..., Any]:
    """A method that puts the compiled ones in the place of itself and its like, and then calls its own."""

    def first_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        compiled = _compiled(cls, frozen)
        for other in _FIRST_CALL:
            if getattr(cls.__dict__.get(other), "__code__", None) is first_call.__code__:
                setattr(cls, other, compiled[other])
        return compiled[name](self, *args, **kwargs)

    first_call.__name__ = name
    first_call.__qualname__ = f"{cls.__qualname__}.{name}"
    return first_call


def _compiled(cls: type, frozen: bool) -> dict[str, Any]:
    known = dataclasses.fields(cls)
    names = [field.name for field in known if field.compare]
    mine, others = ("".join(f"{value}.{name}, " for name in names) for value in ("self", "other"))
    parameters = ["self", *(_parameter(field) for field in known if field.init)]
    lines = [
        f"def __init__({', '.join(parameters)}):",
        *[_assignment(field, frozen) for field in known if field.init or _has_factory(field)],
        " return",
        "def __eq__(self, other):",
        f" return ({mine}) == ({others}) if other.__class__ is self.__class__ else NotImplemented",
        "def __hash__(self):",
        f" return hash(({mine}))",
    ]
    namespace: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    namespace |= {f"_default_{field.name}": field.default for field in known}
    namespace |= {f"_factory_{field.name}": field.default_factory for field in known}
    exec("\n".join(lines), namespace)
    for name in _FIRST_CALL:
        namespace[name].__qualname__ = f"{cls.__qualname__}.{name}"
        namespace[name].__module__ = cls.__module__
    return namespace


def _parameter(field: _Field[Any]) -> str:
    if _has_factory(field):
        return f"{field.name}=_missing"
    return field.name if field.default is dataclasses.MISSING else f"{field.name}=_default_{field.name}"


def _has_factory(field: _Field[Any]) -> bool:
    return field.default_factory is not dataclasses.MISSING


def _assignment(field: _Field[Any], frozen: bool) -> str:
    value = name = field.name
    if _has_factory(field):
        value = f"_factory_{name}()" + (f" if {name} is _missing else {name}" if field.init else "")
    return f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}"


@reprlib.recursive_repr()
def _repr(self: Any) -> str:
    shown = (
        f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr
    )
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_assign(self: Any, name: str, value: Any) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
