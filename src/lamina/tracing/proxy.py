"""What a captured function sees in place of frameworks, objects, classes and layers."""

from __future__ import annotations

import enum
import functools
import inspect
import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from lamina.errors import CaptureError, UnknownNameError
from lamina.expression.model import leaves
from lamina.tracing.layers import record_layer_call
from lamina.tracing.variables import VariableTracer
from lamina.tracing.watch import is_tensor
from lamina.vocabulary import context, registry
from lamina.vocabulary.dispatch import active
from lamina.vocabulary.python import any_tracer

if TYPE_CHECKING:
    from lamina.tracing.substitution import Substitution


def module_of(value: Any) -> str:
    """Name of the module that a function, class or object comes from."""
    module = getattr(value, "__module__", None)
    return module if isinstance(module, str) else str(type(value).__module__)


class FrameworkModule(registry.Namespace):
    """A framework's module: names of its vocabulary, and the real ones for calls without tensors."""

    def __init__(
        self,
        substitution: Substitution,
        vocabulary: registry.Vocabulary,
        prefix: str,
        module: types.ModuleType,
    ) -> None:
        super().__init__(vocabulary, prefix)
        self._substitution = substitution
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            return getattr(self._module, name)
        dotted = f"{self._prefix}.{name}" if self._prefix else name
        if dotted in self._vocabulary.table:
            real = getattr(self._module, name, None)
            return context.watched(f"{self._vocabulary.name}.{dotted}", real, self._vocabulary.table[dotted])
        if self._vocabulary.forbids(dotted):
            raise UnknownNameError(self._vocabulary.explain(dotted))
        if not hasattr(self._module, name):
            return self._vocabulary.get(dotted)
        real = getattr(self._module, name)
        if isinstance(real, types.ModuleType):
            found = registry.for_module(real.__name__)
            vocabulary, prefix = found if found else (self._vocabulary, dotted)
            return FrameworkModule(self._substitution, vocabulary, prefix, real)
        if not callable(real):
            return real
        framework = registry.framework_of(self._module.__name__) or ""
        stand = registry.stand_in(framework, real)
        if stand is None:
            return self._substitution.foreign(real, self._vocabulary.explain(dotted))
        return context.watched(f"{self._vocabulary.name}.{dotted}", real, stand)


class Proxy:
    """An object or module of the user: each attribute is replaced when it is read."""

    def __init__(self, substitution: Substitution, target: Any) -> None:
        object.__setattr__(self, "_lamina_substitution", substitution)
        object.__setattr__(self, "_lamina_target", target)

    def __getattr__(self, name: str) -> Any:
        substitution, target = parts(self)
        value = getattr(target, name)
        substitution.note(name, target, functools.partial(getattr, target, name, None))
        if isinstance(value, types.MethodType) and value.__self__ is target:
            if registry.framework_of(module_of(value.__func__)) is not None:
                framework = registry.framework_of(module_of(value)) or ""
                return substitution.foreign(value, registry.explain_unknown(framework, value))
            return types.MethodType(substitution(value.__func__), self)
        return substitution(value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise CaptureError(
            f"a captured function assigns to the attribute {name!r} of {parts(self)[1]!r}; "
            "return the value instead: an expression has no effects outside itself"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object, its names replaced."""
        substitution, target = parts(self)
        call = type(target).__call__
        if isinstance(call, types.FunctionType):
            return substitution(call)(self, *args, **kwargs)
        return target(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        substitution, target = parts(self)
        return substitution(target[key])

    def __iter__(self) -> Iterator[Any]:
        substitution, target = parts(self)
        return map(substitution, target)

    def __len__(self) -> int:
        return len(parts(self)[1])

    def __contains__(self, item: Any) -> bool:
        return item in parts(self)[1]

    def __bool__(self) -> bool:
        return bool(parts(self)[1])

    def __eq__(self, other: object) -> bool:
        return bool(parts(self)[1] == (parts(other)[1] if isinstance(other, Proxy) else other))

    def __hash__(self) -> int:
        return hash(parts(self)[1])

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(parts(self)[1])

    def __repr__(self) -> str:
        return repr(parts(self)[1])

    def __str__(self) -> str:
        return str(parts(self)[1])


_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor lt le gt ge".split()
_OTHER = "neg pos abs invert float int index next enter exit format".split()


def _special(name: str, missing: Any) -> Any:
    """The special method `name` of the object, its names replaced."""

    def method(self: Any, *args: Any) -> Any:
        substitution, target = parts(self)
        function = getattr(type(target), name, None)
        if function is None:
            return missing if missing is NotImplemented else _refuse(target, name)
        if isinstance(function, types.FunctionType):
            return substitution(function)(self, *args)
        return function(target, *(parts(arg)[1] if type(arg) is Proxy else arg for arg in args))

    return method


def _refuse(target: Any, name: str) -> NoReturn:
    raise TypeError(f"{type(target).__name__} has no {name}")


for _name in _BINARY:
    setattr(Proxy, f"__{_name}__", _special(f"__{_name}__", NotImplemented))
    setattr(Proxy, f"__r{_name}__", _special(f"__r{_name}__", NotImplemented))
for _name in _OTHER:
    setattr(Proxy, f"__{_name}__", _special(f"__{_name}__", None))


class SuperStandIn:
    """`super()` in a method: what it finds has its names replaced."""

    def __init__(self, substitution: Substitution, kind: type, instance: Any) -> None:
        self._parts = substitution, kind, instance

    def __getattr__(self, name: str) -> Any:
        substitution, kind, instance = self._parts
        real = (
            parts(instance)[1]
            if isinstance(type(instance), type) and issubclass(type(instance), Proxy)
            else instance
        )
        found = getattr(super(kind, real), name)
        if isinstance(found, types.MethodType):
            return types.MethodType(substitution(found.__func__), instance)
        return substitution(found)


class ClassStandIn:
    """A class of the user: its instances see replaced names in every method.

    Args:
        substitution: Replaces the names.
        kind: The class.
    """

    def __init__(self, substitution: Substitution, kind: type) -> None:
        self._substitution = substitution
        self.lamina_class = kind

    @functools.cached_property
    def _copy(self) -> type:
        kind = self.lamina_class
        methods: dict[str, Any] = {}
        for base in reversed(kind.__mro__):
            if is_user_class(base):
                functions = {n: f for n, f in vars(base).items() if isinstance(f, types.FunctionType)}
                methods |= {name: self._substitution(function) for name, function in functions.items()}
        return type(kind.__name__, (kind,), methods | {"__module__": kind.__module__})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """An instance whose methods see replaced names."""
        return self._copy(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return self._substitution(getattr(self.lamina_class, name))

    def __eq__(self, other: object) -> bool:
        return self.lamina_class is getattr(other, "lamina_class", other)

    def __hash__(self) -> int:
        return hash(self.lamina_class)


def is_user_class(kind: type) -> bool:
    """Whether a class is the user's own, and plain enough to follow."""
    root = kind.__module__.partition(".")[0]
    if root in _FOREIGN_ROOTS or registry.framework_of(kind.__module__) is not None:
        return False
    special = (BaseException, enum.Enum, tuple, dict, list, set, str, int, float)
    return type(kind) is type and not issubclass(kind, special) and not is_framework_class(kind)


_FOREIGN_ROOTS = {*sys.stdlib_module_names, "lamina"}


def is_framework_class(kind: type) -> bool:
    """Whether instances are tensors, variables or layers, the user's own subclasses included."""
    return any(
        base.__name__ in _FRAMEWORK_BASES and registry.framework_of(base.__module__) for base in kind.__mro__
    )


_FRAMEWORK_BASES = {
    "Layer", "Operation", "Variable", "Tensor", "KerasTensor", "SeedGenerator", "Array", "ndarray", "Module",
}  # fmt: skip


class LayerStandIn(Proxy):
    """A layer or model of the user: calling it is recorded, and its variables are state."""

    def __getattr__(self, name: str) -> Any:
        _, layer = parts(self)
        found = super().__getattr__(name)
        if is_tensor(found) and isinstance(inspect.getattr_static(type(layer), name, None), property):
            raise CaptureError(
                f"{name!r} of layer {layer.name!r} is computed from its variables, as LoRA and quantization do, "
                "and would be captured as a constant; read the variables themselves, or call the layer"
            )
        for leaf in leaves(found) if isinstance(found, (list, tuple, dict, VariableTracer)) else ():
            if isinstance(leaf, VariableTracer):
                leaf.recorder.state.tie(leaf.ref, layer)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Record the call."""
        _, layer = parts(self)
        if not any_tracer(args, kwargs):
            return layer(*args, **kwargs)
        recorder: Any = active()
        return record_layer_call(recorder, layer, args, kwargs)


def parts(proxy: Any) -> tuple[Substitution, Any]:
    """The substitution and the object behind a proxy."""
    read = object.__getattribute__
    return read(proxy, "_lamina_substitution"), read(proxy, "_lamina_target")
