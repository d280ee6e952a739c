"""Calls a function with each framework in its reach replaced by its vocabulary.

The function is copied, not changed: the copy has the same code, and globals, closure and defaults
in which framework modules and functions are replaced. User helpers are copied in the same way;
objects and modules of the user are seen through a proxy that does so for each attribute.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import inspect
import itertools
import sys
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lamina._keras import is_a, keras
from lamina.errors import CaptureError
from lamina.jaxpr import applies, stand_in
from lamina.tracing.proxy import (
    ClassStandIn,
    FrameworkModule,
    LayerStandIn,
    Proxy,
    SuperStandIn,
    is_framework_class,
    is_user_class,
    module_of,
)
from lamina.tracing.variables import VariableTracer, is_foreign_variable, reference
from lamina.tracing.watch import Watched, global_reads, watch
from lamina.vocabulary import context, registry
from lamina.vocabulary.python import BUILTINS, class_stand_in, foreign

if TYPE_CHECKING:
    from lamina.tracing.recorder import TraceRecorder

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), slice, range)
_BUILTINS = {**vars(builtins), **BUILTINS}
# Comparing values costs each eager call a little, so no more than these are.
_MOST_WATCHED = 16
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
        self.watched: dict[tuple[int, str], Watched] = {}
        self._builtins = {**_BUILTINS, "__import__": self._import, "super": self._super}

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
        if isinstance(value, _CONTAINERS) and _is_plain_container(type(value)):
            return self._container(value)
        if is_a(value, "Layer", "Variable"):
            return self._object(value)
        if is_a(value, "losses.Loss"):
            from lamina.vocabulary.keras.objects import loss_object

            return loss_object(value, self)
        framework = registry.framework_of(module_of(value))
        if framework is not None and _is_function_like(value):
            return self._framework_function(framework, value)
        wrapped = registry.unwrapped(value, self) if callable(value) else None
        if wrapped is not None:
            return wrapped
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if registry.framework_of(type(value).__module__) == "jax" and not _is_leaf(value):
            return self._compiled(value)
        if isinstance(value, functools._lru_cache_wrapper):
            return self(value.__wrapped__)
        if isinstance(value, types.MethodType):
            return self._method(value)
        if isinstance(value, functools.partial):
            return functools.partial(self(value.func), *map(self, value.args), **self._items(value.keywords))
        if isinstance(value, type) or inspect.isbuiltin(value):
            return self._class_or_builtin(value)
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
        if all(new is old for new, old in zip(replaced, value, strict=True)):
            return value
        if hasattr(value, "_fields"):
            return type(value)(*replaced)
        return next(kind for kind in _CONTAINERS if isinstance(value, kind))(replaced)

    # Frameworks

    def _module(self, module: types.ModuleType) -> Any:
        name = module.__name__
        if name.partition(".")[0] == "lamina":
            return module
        found = registry.for_module(name)
        if found is not None:
            vocabulary, prefix = found
            return FrameworkModule(self, vocabulary, prefix, module)
        if registry.framework_of(name) is not None:
            return Proxy(self, module)
        return module if _is_standard(name) else Proxy(self, module)

    def _framework_function(self, framework: str, value: Any) -> Any:
        stand = registry.stand_in(framework, value)
        if stand is not None:
            name = f"{framework}.{getattr(value, '__name__', 'function')}"
            return context.watched(name, value, stand)
        if isinstance(value, functools.partial):
            return functools.partial(self(value.func), *value.args, **value.keywords)
        wrapped = registry.unwrapped(value, self)
        if wrapped is not None:
            return wrapped
        return self.foreign(value, registry.explain_unknown(framework, value))

    def foreign(self, real: Callable[..., Any], explanation: str) -> Any:
        """What stands for a framework's function or class that only takes plain values."""
        if isinstance(real, type) and _makes_layers(real):
            return self._layer_class(real)
        call = self._foreign_call(real, explanation)

        def followed(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            return self(result) if callable(result) else result

        return class_stand_in(real, followed) if isinstance(real, type) else followed

    def _foreign_call(self, real: Callable[..., Any], explanation: str) -> Callable[..., Any]:
        framework = registry.framework_of(module_of(real)) or registry.framework_of(type(real).__module__)
        if self._recorder is not None and applies(framework) and not isinstance(real, type):
            return stand_in(self, real, explanation)
        return foreign(real, explanation)

    def _compiled(self, value: Any) -> Any:
        """What `jax.jit`, `jax.custom_jvp` or `jax.custom_vjp` made of a function of the user."""
        wrapped = getattr(value, "__wrapped__", None)
        if type(value).__module__.startswith("jaxlib") and wrapped is not None:
            return self(wrapped)
        return self._framework_function("jax", value)

    def _layer_class(self, kind: type) -> Any:
        from lamina.tracing.created import layer_class

        if kind is keras.layers.Lambda:
            return class_stand_in(kind, self._lambda_inside)
        return kind if self._recorder is None else layer_class(self, self._recorder, kind)

    def _lambda_inside(
        self, function: Callable[..., Any], *args: Any, arguments: Any = None, **kwargs: Any
    ) -> Callable[..., Any]:
        """A `keras.layers.Lambda` made in a captured function: what it is called on is traced further."""
        inside = getattr(function, "__globals__", {}).get("__builtins__") is self._builtins
        return functools.partial(function if inside else self(function), **(arguments or {}))

    def behind(self, value: Any) -> Any:
        """What `value` stands for, where that was replaced; else `None`."""
        return next((real for real in self._kept if self._done.get(id(real)) is value), None)

    def _import(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        module = builtins.__import__(name, globals, locals, fromlist, level)
        return self(module)

    def _import_module(self, name: str, package: str | None = None) -> Any:
        return self(importlib.import_module(name, package))

    def _super(self, *args: Any) -> Any:
        if not args:
            frame = sys._getframe(1)
            args = frame.f_locals["__class__"], frame.f_locals[frame.f_code.co_varnames[0]]
        return SuperStandIn(
            self, *(getattr(arg, "lamina_class", arg) if i == 0 else arg for i, arg in enumerate(args))
        )

    # The user's own code

    def _function(self, function: types.FunctionType) -> Any:
        if function is importlib.import_module:
            return self._import_module
        return (
            function
            if _is_own(function) or _is_standard(function.__module__)
            else self.copy_function(function)
        )

    def _class_or_builtin(self, value: Any) -> Any:
        if _is_builtin(value):
            return BUILTINS.get(value.__name__, value)
        if isinstance(value, type) and _makes_layers(value):
            return self._layer_class(value)
        return ClassStandIn(self, value) if isinstance(value, type) and is_user_class(value) else value

    def copy_function(self, function: types.FunctionType) -> types.FunctionType:
        """A copy of a function whose names are replaced.

        Raises:
            CaptureError: The function assigns to a global.
        """
        code = function.__code__
        _refuse_effects(function)
        for name in global_reads(code) & function.__globals__.keys():
            self.note(name, function.__globals__, functools.partial(function.__globals__.get, name))
        reached = {name: function.__globals__[name] for name in _names(code) if name in function.__globals__}
        names: dict[str, Any] = {"__builtins__": self._builtins, "__name__": function.__module__}
        copy = types.FunctionType(code, names, function.__name__, None, self._closure(function))
        self._done[id(function)] = copy
        names.update(self._items(reached))
        copy.__defaults__ = self._container(function.__defaults__) if function.__defaults__ else None
        copy.__kwdefaults__ = self._items(function.__kwdefaults__) if function.__kwdefaults__ else None
        copy.__qualname__ = function.__qualname__
        return copy

    def note(self, name: str, holder: Any, read: Callable[[], Any]) -> None:
        """Remember a value that the function reads from `holder`, to see later whether it changed."""
        if len(self.watched) < _MOST_WATCHED and (id(holder), name) not in self.watched:
            found = watch(name, read)
            if found is not None:
                self.watched[id(holder), name] = found

    def _closure(self, function: types.FunctionType) -> tuple[types.CellType, ...] | None:
        if function.__closure__ is None:
            return None
        names = function.__code__.co_freevars
        # `super()` needs the class itself.
        pairs = zip(names, function.__closure__, strict=True)
        return tuple(cell if name == "__class__" else self._cell(name, cell) for name, cell in pairs)

    def _cell(self, name: str, cell: types.CellType) -> types.CellType:
        if id(cell) in self._done:
            return self._done[id(cell)]  # type: ignore[no-any-return]
        copy = types.CellType()
        self._done[id(cell)] = copy
        self._kept.append(cell)
        try:
            contents = cell.cell_contents
        except ValueError:  # the cell is still empty
            return copy
        self.note(name, cell, functools.partial(getattr, cell, "cell_contents"))
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
        root = kind.__module__.partition(".")[0]
        standard = root in sys.stdlib_module_names and root not in _HOLDERS - {"builtins"}
        return standard or root == "lamina" or is_framework_class(kind)
    return not callable(value) or is_framework_class(kind)


_CONTAINERS = (dict, list, tuple, set, frozenset)


def _is_plain_container(kind: type) -> bool:
    """Whether a container has no methods of the user; a named tuple counts as plain."""
    root = kind.__module__.partition(".")[0]
    return root in ("builtins", "collections", "keras") or (
        issubclass(kind, tuple) and hasattr(kind, "_fields")
    )


# Parts of the standard library that hold objects of others.
_HOLDERS = {"argparse", "builtins", "collections", "functools", "importlib", "sys", "types"}


def _is_standard(module: str | None) -> bool:
    """Whether a module belongs to the standard library, whose code works on anything as it is."""
    root = (module or "").partition(".")[0]
    return root in sys.stdlib_module_names and (
        root not in _HOLDERS or module in ("functools", "collections")
    )


def _makes_layers(kind: type) -> bool:
    return bool(keras) and issubclass(kind, keras.Layer)


def _is_own(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] == "lamina"


def _is_builtin(value: Any) -> bool:
    return getattr(value, "__module__", None) == "builtins"


@functools.lru_cache(maxsize=4096)
def _names(code: types.CodeType) -> tuple[str, ...]:
    """Every global name that a code object or one nested in it may read, in the order of the code."""
    nested = (c for c in code.co_consts if isinstance(c, types.CodeType))
    return tuple(dict.fromkeys(itertools.chain(code.co_names, *map(_names, nested))))


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
