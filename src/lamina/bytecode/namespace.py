"""What saved code may reach: the names, attributes and modules that its evaluation is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from lamina.bytecode.values import Array


class Namespace(Protocol):
    """The world outside a saved function, as far as it may be touched.

    Every object that comes out of these methods may be called and used with operators by the saved
    code; nothing else may. An attribute is never read but through `attribute`.
    """

    def lookup(self, name: str) -> Any:
        """The global variable `name`; raises KeyError where there is none."""

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name`, for values other than plain Python ones; raises AttributeError."""

    def import_module(self, name: str) -> Any:
        """The stand-in for a module, by its full name; raises KeyError where there is none."""

    def is_instance(self, value: Any, kind: Any) -> bool:
        """`isinstance(value, kind)` where one of the two came from outside saved code."""

    def array(self, value: Array) -> Any:
        """What takes the place of a NumPy array that a closure or default holds."""


class PlainNamespace:
    """A namespace of given names, without attributes but for those of `modules`.

    Args:
        names: The global variables.
        modules: For each module by its full name, its attributes.

    Example:
        >>> PlainNamespace({"SCALE": 2.0}).lookup("SCALE")
        2.0
    """

    def __init__(
        self, names: Mapping[str, Any] | None = None, modules: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.names = dict(names or {})
        self.modules = {name: Module(name, dict(found)) for name, found in (modules or {}).items()}

    def lookup(self, name: str) -> Any:
        """The global variable `name`, or the module of that name."""
        return self.names[name] if name in self.names else self.modules[name]

    def attribute(self, value: Any, name: str) -> Any:
        """An attribute of a `Module`; nothing else has any."""
        if isinstance(value, Module) and name in value.attributes:
            return value.attributes[name]
        raise AttributeError(f"{value!r} has no attribute {name!r} here")

    def import_module(self, name: str) -> Any:
        """The module of that full name."""
        return self.modules[name]

    def is_instance(self, value: Any, kind: Any) -> bool:
        """Python's own `isinstance`; no value of this namespace is a type."""
        return isinstance(value, kind)

    def array(self, value: Array) -> Any:
        """The nested lists of the array."""
        return value.value


class Module:
    """A module as a table of attributes."""

    def __init__(self, name: str, attributes: dict[str, Any]) -> None:
        self.name = name
        self.attributes = attributes

    def __repr__(self) -> str:
        return f"<module {self.name}>"
