"""Saved functions as callables that a capture can call: evaluated over tracers, never run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lamina._numpy import np
from lamina.bytecode import (
    Array,
    NamedFunction,
    SavedFunction,
    evaluate,
    library_function,
    read_function,
)
from lamina.errors import AmbiguousNameError, BytecodeError, NamesNeededError, SpecNeededError
from lamina.tracing.assembly import assemble, lower_outputs
from lamina.tracing.recorder import TraceRecorder
from lamina.tracing.shapes import KnownShape, LazyShape
from lamina.tracing.substitution import Substitution
from lamina.vocabulary import registry
from lamina.vocabulary.dispatch import active
from lamina.vocabulary.python import BUILTINS
from lamina.vocabulary.tracer import DimTracer, TensorTracer

Names = Mapping[str, Any]


class SavedCallable:
    """A function read from a file, to be given to `lamina.Lambda` or `lamina.capture`.

    Args:
        saved: The function.
        names: Values for names that the file does not contain; functions among them are the
            caller's own code.
    """

    # A layer must not fall back to calling it on tensors: there is nothing to run.
    captured_only = True

    def __init__(self, saved: SavedFunction, names: Names | None = None) -> None:
        self._saved = saved
        self._names = dict(names or {})
        self.__name__ = saved.name if saved.name.isidentifier() else "function"

    @property
    def saved(self) -> SavedFunction:
        """What was read from the file."""
        return self._saved

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluate the function on tracers.

        Raises:
            BytecodeError: It is called on anything but tracers, or does what no expression can.
        """
        recorder = active()
        if not isinstance(recorder, TraceRecorder):
            raise BytecodeError(
                f"the saved function {self.__name__!r} is read, and never run; capture it with lamina.capture"
            )
        reach, same = Reach(self._names, recorder), functools.partial(_same, recorder)
        try:
            return evaluate(self._saved, args, kwargs, namespace=reach, same=same)
        except BytecodeError as error:
            raise _spec_needed(error) or error from None

    @property
    def __signature__(self) -> Any:
        return _signature(self._saved)


def _spec_needed(error: BaseException) -> SpecNeededError | None:
    """The question for a shape behind an error, which a capture with shapes will answer."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SpecNeededError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _signature(saved: SavedFunction) -> Any:
    import inspect

    code = saved.code
    kinds = inspect.Parameter
    names = list(code.varnames[: code.argcount])
    defaults = dict(zip(names[len(names) - len(saved.defaults) :], saved.defaults, strict=True))
    parameters = [
        kinds(n, kinds.POSITIONAL_OR_KEYWORD, default=defaults.get(n, kinds.empty))
        for n in names
        if n.isidentifier()
    ]
    return inspect.Signature(parameters)


def _same(recorder: TraceRecorder, first: Any, second: Any) -> bool:
    """Whether two readings of one function compute the same."""
    one, other = (assemble(recorder, (), lower_outputs(recorder, outputs), ()) for outputs in (first, second))
    return one == other


class Reach:
    """What a saved function may reach: vocabularies by their usual names, and what the caller gives.

    Args:
        names: Values by name.
        recorder: The capture that is running.
    """

    def __init__(self, names: Names, recorder: TraceRecorder) -> None:
        self._names = names
        self._substitution = Substitution(recorder)

    def lookup(self, name: str) -> Any:
        """The global of this name; raises KeyError where nothing stands for it."""
        if name in self._names:
            return self._substitution(self._names[name])
        return self.import_module(registry.ALIASES[name])

    def import_module(self, name: str) -> Any:
        """The vocabulary of a module; raises KeyError where there is none."""
        found = registry.for_module(name)
        if found is None:
            raise KeyError(name)
        vocabulary, prefix = found
        return registry.Namespace(vocabulary, prefix)

    def attribute(self, value: Any, name: str) -> Any:
        """An attribute of a vocabulary, tensor, shape, or object that the caller gave."""
        if isinstance(value, registry.Namespace):
            return self._member(value, name)
        if isinstance(value, TensorTracer):
            return _tensor_attribute(value, name)
        for kind, allowed in _ATTRIBUTES.items():
            if isinstance(value, kind) and name in allowed:
                return getattr(value, name)
        if name in getattr(type(value), "saved_attributes", ()):
            return getattr(value, name)
        if isinstance(value, np.ndarray) and name in _ARRAY_ATTRIBUTES:
            return getattr(value, name)
        if any(
            value is given for given in map(self._substitution, self._names.values())
        ) and not name.startswith("_"):
            return getattr(value, name)
        raise AttributeError(f"{type(value).__name__} has no attribute {name!r} in a saved function")

    def _member(self, namespace: registry.Namespace, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(namespace, name)

    def is_instance(self, value: Any, kind: Any) -> bool:
        """`isinstance` for classes of the vocabularies."""
        return bool(BUILTINS["isinstance"](value, kind))

    def array(self, value: Array) -> Any:
        """A NumPy array of a closure or default."""
        return np.asarray(value.value, dtype=value.dtype)


_ATTRIBUTES: Mapping[type, frozenset[str]] = {
    KnownShape: frozenset({"as_list", "ndims", "rank", "dims", "numel", "count", "index"}),
    LazyShape: frozenset({"as_list"}),
    DimTracer: frozenset({"value"}),
}
_ARRAY_ATTRIBUTES = frozenset("shape dtype ndim size T reshape astype tolist sum mean".split())
_TENSOR_PROPERTIES = ("shape", "dtype", "ndim", "T")
_INTERNAL = ("recorder", "ref", "trace", "spec", "static_shape", "peek_dtype")


def _tensor_attribute(value: TensorTracer, name: str) -> Any:
    if name in _TENSOR_PROPERTIES:
        return getattr(value, name)
    if name in _INTERNAL or name.startswith("__"):
        raise AttributeError(name)
    return value.active_recorder.method(value, name)


def restore_function(
    config: Any, names: Names | None = None, module: str | None = None
) -> Callable[..., Any]:
    """The function that a saved configuration holds, as a callable for `lamina.Lambda`.

    Args:
        config: `config["function"]` of a Lambda layer in any dialect.
        names: Values for names that the file does not contain.
        module: The module that the configuration names beside it, which helps with library functions.

    Returns:
        A `SavedCallable`, or the function of a vocabulary or of `names` that the file names.

    Raises:
        BytecodeError: The configuration is damaged.
        NamesNeededError: It holds only a name that no vocabulary has.
        AmbiguousNameError: It holds a wrapper that several library functions share.
    """
    found = read_function(config)
    if isinstance(found, SavedFunction):
        library = library_function(found)
        return SavedCallable(found, names) if library is None else _named(library, names or {}, module)
    return _named(found, names or {}, module)


def _named(named: NamedFunction, names: Names, module: str | None) -> Callable[..., Any]:
    if named.name in names:
        return names[named.name]  # type: ignore[no-any-return]
    if named.name == "op_dispatch_handler":
        raise AmbiguousNameError(
            f"the file holds only a wrapper that TensorFlow puts around every function of {module or 'its modules'}, "
            f"and no longer which one it was: {', '.join(_of_one_tensor(module or ''))}, or another. "
            "Say which: names={'op_dispatch_handler': function}, or on the command line "
            "--names FILE.py:op_dispatch_handler"
        )
    candidates = _library_candidates(named.name)
    if not candidates:
        raise NamesNeededError(
            f"the file holds the name {named.name!r} and no code; supply the function: "
            f"names={{{named.name!r}: function}}, or on the command line --names FILE.py:{named.name}"
        )
    return candidates[0]


def _of_one_tensor(module: str) -> list[str]:
    """The functions that fit where only the module is known: those that need a tensor and nothing else."""
    found = registry.for_module("keras.backend" if module.endswith("backend") else "tensorflow")
    table = found[0].table if found else {}
    return [
        name for name, value in table.items() if "." not in name and callable(value) and _needs_one(value)
    ]


def _needs_one(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return len(needed) == 1 and needed[0] in ("x", "input", "tensor", "input_tensor")


def _library_candidates(name: str) -> list[Callable[..., Any]]:
    """Functions of this name in the vocabularies, Python's own first."""
    found: list[Callable[..., Any]] = [abs] if name == "abs" else []
    for module in ("keras.backend", "keras.ops", "keras.activations", "tensorflow", "tensorflow.nn"):
        vocabulary = registry.for_module(module)
        if vocabulary is not None:
            dotted = f"{vocabulary[1]}.{name}" if vocabulary[1] else name
            member = vocabulary[0].table.get(dotted)
            if callable(member):
                found.append(member)
    return found
