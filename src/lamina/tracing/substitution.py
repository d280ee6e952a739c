"""Calls a function with each framework in its reach replaced by its vocabulary.

The function is copied, not changed: the copy has the same code, and globals, closure and defaults
in which framework modules and functions are replaced. User helpers are copied in the same way;
objects and modules of the user are seen through a proxy that does so for each attribute.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lamina._keras import is_a
from lamina.errors import CaptureError
from lamina.tracing.layers import record_layer_call
from lamina.tracing.variables import VariableTracer, is_foreign_variable, reference
from lamina.vocabulary import registry
from lamina.vocabulary.dispatch import active
from lamina.vocabulary.python import BUILTINS, any_tracer, foreign

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), slice, range)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type)


class Substitution:
    """Replaces what a function reaches; one for each capture.

    Args:
        recorder: Where variables and layers that are reached get their slots.
    """

    def __init__(self, recorder: TraceRecorder | None = None) -> None:
        self._recorder = recorder
        self._done: dict[int, Any] = {}
        self._kept: list[Any] = []
        self._builtins = {**vars(builtins), **BUILTINS, "__import__": self._import}

    def __call__(self, value: Any) -> Any:
        """What a captured function sees in place of `value`."""
        if isinstance(value, _PLAIN):
            return value
        known = self._done.get(id(value))
        if known is None:
            self._kept.append(value)
            known = self._replace(value)
            self._done[id(value)] = known
        return known

    def _replace(self, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if type(value) in (dict, list, tuple, set):
            return self._container(value)
        if is_a(value, "Layer", "Variable"):
            return self._object(value)
        framework = registry.framework_of(_module_of(value))
        if framework is not None and _is_function_like(value):
            return self._framework_function(framework, value)
        if isinstance(value, types.FunctionType):
            return value if _is_own(value) else self.copy_function(value)
        if isinstance(value, types.MethodType):
            return self._method(value)
        if isinstance(value, functools.partial):
            return functools.partial(self(value.func), *map(self, value.args), **self._items(value.keywords))
        if isinstance(value, type) or inspect.isbuiltin(value):
            return BUILTINS.get(value.__name__, value) if _is_builtin(value) else value
        return self._object(value)

    def _items(self, items: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self(item) for key, item in items.items()}

    def _container(self, value: Any) -> Any:
        """The same container where nothing in it changes, so that its identity is kept."""
        if isinstance(value, dict):
            replaced: Any = {key: self(item) for key, item in value.items()}
            changed = any(replaced[key] is not value[key] for key in value)
            return replaced if changed else value
        replaced = [self(item) for item in value]
        changed = any(new is not old for new, old in zip(replaced, value, strict=True))
        return type(value)(replaced) if changed else value

    # Frameworks

    def _module(self, module: types.ModuleType) -> Any:
        name = module.__name__
        if name.partition(".")[0] == "lamina":
            return module
        found = registry.for_module(name)
        if found is not None:
            vocabulary, prefix = found
            return FrameworkModule(vocabulary, prefix, module)
        if registry.framework_of(name) is not None:
            return Proxy(self, module)
        return module if name in _HARMLESS else Proxy(self, module)

    def _framework_function(self, framework: str, value: Any) -> Any:
        stand = registry.stand_in(framework, value)
        if stand is not None:
            return stand
        if isinstance(value, functools.partial):
            return functools.partial(self(value.func), *value.args, **value.keywords)
        return foreign(value, registry.explain_unknown(framework, value))

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        module = builtins.__import__(name, globals, locals, fromlist, level)
        return self(module)

    # The user's own code

    def copy_function(self, function: types.FunctionType) -> types.FunctionType:
        """A copy of a function whose names are replaced.

        Raises:
            CaptureError: The function assigns to a global.
        """
        code = function.__code__
        _refuse_effects(function)
        reached = {name: function.__globals__[name] for name in _names(code) if name in function.__globals__}
        names: dict[str, Any] = {"__builtins__": self._builtins, "__name__": function.__module__}
        copy = types.FunctionType(code, names, function.__name__, None, self._closure(function))
        self._done[id(function)] = copy
        names.update(self._items(reached))
        copy.__defaults__ = self._container(function.__defaults__) if function.__defaults__ else None
        copy.__kwdefaults__ = self._items(function.__kwdefaults__) if function.__kwdefaults__ else None
        copy.__qualname__ = function.__qualname__
        return copy

    def _closure(self, function: types.FunctionType) -> tuple[types.CellType, ...] | None:
        if function.__closure__ is None:
            return None
        return tuple(self._cell(cell) for cell in function.__closure__)

    def _cell(self, cell: types.CellType) -> types.CellType:
        if id(cell) in self._done:
            return self._done[id(cell)]  # type: ignore[no-any-return]
        copy = types.CellType()
        self._done[id(cell)] = copy
        self._kept.append(cell)
        try:
            contents = cell.cell_contents
        except ValueError:  # the cell is still empty
            return copy
        copy.cell_contents = self(contents)
        return copy

    def _method(self, method: types.MethodType) -> Any:
        if _is_own(method.__func__):
            return method
        return types.MethodType(self(method.__func__), self(method.__self__))

    def _object(self, value: Any) -> Any:
        if self._recorder is not None and (is_a(value, "Variable") or is_foreign_variable(value)):
            return VariableTracer(self._recorder, reference(self._recorder, value))
        if self._recorder is not None and is_a(value, "Layer"):
            return LayerStandIn(self, value)
        if _is_leaf(value):
            return value
        return Proxy(self, value)


class FrameworkModule(registry.Namespace):
    """A framework's module: names of its vocabulary, and the real ones for calls without tensors."""

    def __init__(self, vocabulary: registry.Vocabulary, prefix: str, module: types.ModuleType) -> None:
        super().__init__(vocabulary, prefix)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            return getattr(self._module, name)
        dotted = f"{self._prefix}.{name}" if self._prefix else name
        if dotted in self._vocabulary.table:
            return self._vocabulary.table[dotted]
        real = getattr(self._module, name)
        if isinstance(real, types.ModuleType):
            found = registry.for_module(real.__name__)
            vocabulary, prefix = found if found else (self._vocabulary, dotted)
            return FrameworkModule(vocabulary, prefix, real)
        if not callable(real):
            return real
        framework = registry.framework_of(self._module.__name__) or ""
        stand = registry.stand_in(framework, real)
        return foreign(real, self._vocabulary.explain(dotted)) if stand is None else stand


class Proxy:
    """An object or module of the user: each attribute is replaced when it is read."""

    def __init__(self, substitution: Substitution, target: Any) -> None:
        object.__setattr__(self, "_lamina_substitution", substitution)
        object.__setattr__(self, "_lamina_target", target)

    def __getattr__(self, name: str) -> Any:
        substitution, target = _parts(self)
        value = getattr(target, name)
        if isinstance(value, types.MethodType) and value.__self__ is target:
            if registry.framework_of(_module_of(value.__func__)) is not None:
                return foreign(value, registry.explain_unknown(registry.framework_of(_module_of(value)) or "", value))
            return types.MethodType(substitution(value.__func__), self)
        return substitution(value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise CaptureError(
            f"a captured function assigns to the attribute {name!r} of {_parts(self)[1]!r}; "
            "return the value instead: an expression has no effects outside itself"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        substitution, target = _parts(self)
        call = type(target).__call__
        return substitution(call)(self, *args, **kwargs) if isinstance(call, types.FunctionType) else target(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        substitution, target = _parts(self)
        return substitution(target[key])

    def __iter__(self) -> Iterator[Any]:
        substitution, target = _parts(self)
        return map(substitution, target)

    def __len__(self) -> int:
        return len(_parts(self)[1])

    def __contains__(self, item: Any) -> bool:
        return item in _parts(self)[1]

    def __bool__(self) -> bool:
        return bool(_parts(self)[1])

    def __eq__(self, other: object) -> bool:
        return bool(_parts(self)[1] == (_parts(other)[1] if isinstance(other, Proxy) else other))

    def __hash__(self) -> int:
        return hash(_parts(self)[1])

    @property
    def __class__(self) -> Any:
        return type(_parts(self)[1])


class LayerStandIn(Proxy):
    """A layer or model of the user: calling it is recorded, and its variables are state."""

    def __getattr__(self, name: str) -> Any:
        substitution, layer = _parts(self)
        found = super().__getattr__(name)
        if isinstance(found, VariableTracer):
            found.recorder.state.tie(found.ref, layer, getattr(layer, name))
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _, layer = _parts(self)
        if not any_tracer(args, kwargs):
            return layer(*args, **kwargs)
        recorder = active()
        assert recorder is not None
        return record_layer_call(recorder, layer, args, kwargs)


def _parts(proxy: Any) -> tuple[Substitution, Any]:
    read = object.__getattribute__
    return read(proxy, "_lamina_substitution"), read(proxy, "_lamina_target")


_HARMLESS = {"functools", "itertools", "collections", "typing", "enum", "string", "operator", "re", "time", "warnings"}


def _module_of(value: Any) -> str:
    module = getattr(value, "__module__", None)
    if isinstance(module, str):
        return module
    return str(type(value).__module__)


def _is_function_like(value: Any) -> bool:
    """Whether `value` is a function or class of a framework, and not an object such as a tensor."""
    if isinstance(value, (*_FUNCTIONS, types.MethodType)):
        return True
    return callable(value) and not _is_leaf(value)


def _is_leaf(value: Any) -> bool:
    """Whether `value` is data or an object of a framework, which is lowered as it is."""
    kind = type(value)
    framework = registry.framework_of(kind.__module__)
    if framework is None:
        return kind.__module__ == "builtins" or kind.__module__.partition(".")[0] == "lamina" or _is_framework_subclass(kind)
    return not callable(value) or _is_framework_subclass(kind)


def _is_framework_subclass(kind: type) -> bool:
    """Whether instances are tensors, variables or layers, the user's own subclasses included."""
    names = {"Layer", "Operation", "Variable", "Tensor", "KerasTensor", "SeedGenerator", "Array", "ndarray", "Module"}
    return any(base.__name__ in names and registry.framework_of(base.__module__) for base in kind.__mro__)


def _is_own(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] == "lamina"


def _is_builtin(value: Any) -> bool:
    return getattr(value, "__module__", None) == "builtins"


@functools.lru_cache(maxsize=4096)
def _names(code: types.CodeType) -> frozenset[str]:
    """Every global name that a code object or one nested in it may read."""
    nested = (c for c in code.co_consts if isinstance(c, types.CodeType))
    return frozenset(code.co_names).union(*map(_names, nested))


@functools.lru_cache(maxsize=4096)
def _stores_global(code: types.CodeType) -> str | None:
    import dis

    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            return str(instruction.argval)
    nested = (_stores_global(c) for c in code.co_consts if isinstance(c, types.CodeType))
    return next((name for name in nested if name), None)


def _refuse_effects(function: types.FunctionType) -> None:
    name = _stores_global(function.__code__)
    if name is not None:
        where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
        raise CaptureError(
            f"{function.__name__!r} at {where} assigns to the global {name!r}; "
            "return the value instead: an expression has no effects outside itself"
        )
