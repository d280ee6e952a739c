"""Which vocabulary stands for which framework, and how their names are found.

A `Vocabulary` is a table of dotted names below one or more module names. The frameworks are never
imported here: the identity of a real function is looked up only in modules that are loaded.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from lamina._records import dataclass
from lamina.errors import UnknownNameError

_NOTHING = object()


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The functions of one framework, written over the opset.

    Args:
        name: How messages call it.
        modules: Names of the modules whose attributes it stands for.
        table: Function or constant by dotted name below the module.
        refused: What to use instead of names that no expression can hold.
        methods: Methods of the framework's tensors; the first argument is the tensor.
        links: Names that stand for the module of another vocabulary, such as `K.tf`.
        forbidden: Those of the refused names that must not run on plain values either.
        unwrap: What stands for a user's function that the framework has wrapped, given the function and
            what replaces the names that the inner one reaches.
    """

    name: str
    modules: tuple[str, ...]
    table: Mapping[str, Any]
    refused: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    forbidden: frozenset[str] = frozenset()
    unwrap: Callable[[Any, Callable[[Any], Any]], Any] | None = None

    def get(self, dotted: str) -> Any:
        """The function, constant or namespace of a dotted name.

        Raises:
            UnknownNameError: There is no such name; the message says what to use, or the nearest names.
        """
        found = self.find(dotted, _NOTHING)
        if found is _NOTHING:
            raise UnknownNameError(self.explain(dotted))
        return found

    def find(self, dotted: str, default: Any = None) -> Any:
        """The same, and the default of a name that is not to be had."""
        if dotted in self.table:
            return self.table[dotted]
        linked = for_module(self.links[dotted]) if dotted in self.links else None
        if linked is not None:
            return Namespace(*linked)
        return Namespace(self, dotted) if dotted in self._inner else default

    @functools.cached_property
    def _inner(self) -> frozenset[str]:
        """The modules inside: what other names lie below."""
        found: set[str] = set()
        for name in (*self.table, *self.refused):
            while "." in name:
                name = name.rpartition(".")[0]
                found.add(name)
        return frozenset(found)

    def refuses(self, dotted: str) -> str | None:
        """The refused name that `dotted` is or lies below."""
        parts = dotted.split(".")
        names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        return next((name for name in names if name in self.refused), None)

    def forbids(self, dotted: str) -> bool:
        """Whether a name is refused whatever it is called on."""
        return self.refuses(dotted) in self.forbidden

    def explain(self, dotted: str) -> str:
        """Why a name is not to be had, and what to use instead."""
        refused = self.refuses(dotted)
        if refused is not None:
            return f"{self.name}.{dotted} cannot be part of an expression: {self.refused[refused]}"
        near = _nearest(self, dotted)
        hint = f"; the nearest names are {', '.join(f'{self.name}.{n}' for n in near)}" if near else ""
        return (
            f"{self.name}.{dotted} is not a function that lamina can write as an expression{hint}. "
            "Write it with keras.ops, or keep the layer in this process without saving it"
        )


@functools.lru_cache(maxsize=256)
def _nearest(vocabulary: Vocabulary, dotted: str) -> list[str]:
    import difflib  # here, because few functions have a name that is not to be had

    # Comparing with all names takes longer than the rest of an audit; few people mistake the first letter.
    tail = _tail(dotted)
    alike = [name for name in vocabulary.table if _tail(name)[:1] == tail[:1] or _tail(name) in tail]
    return difflib.get_close_matches(dotted, alike, n=3)


def _tail(dotted: str) -> str:
    return dotted.rpartition(".")[2]


class Namespace:
    """A module of a framework as a captured function sees it."""

    def __init__(self, vocabulary: Vocabulary, prefix: str = "") -> None:
        self._vocabulary = vocabulary
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._vocabulary.get(f"{self._prefix}.{name}" if self._prefix else name)

    def __repr__(self) -> str:
        return f"<{self._vocabulary.name}{'.' + self._prefix if self._prefix else ''} in a captured function>"


def member(namespace: Namespace, name: str, default: Any = None) -> Any:
    """What a module has under a name, and the default where that is nothing."""
    prefix = namespace._prefix
    return namespace._vocabulary.find(f"{prefix}.{name}" if prefix else name, default)


# Each entry names the module that defines VOCABULARIES; it is imported when the framework is met.
_PROVIDERS: Mapping[str, str] = {
    "keras": "lamina.vocabulary.keras",
    "tf_keras": "lamina.vocabulary.keras",
    "tensorflow": "lamina.vocabulary.tensorflow",
    "numpy": "lamina.vocabulary.numpy",
    "jax": "lamina.vocabulary.jax",
    "torch": "lamina.vocabulary.torch",
    "einops": "lamina.vocabulary.einops",
    "math": "lamina.vocabulary.python",
    "lamina": "lamina.vocabulary.keras",
}

# The names under which people import the frameworks, for code of which the imports are not known.
ALIASES: Mapping[str, str] = {
    "K": "keras.backend",
    "KB": "keras.backend",
    "backend": "keras.backend",
    "keras": "keras",
    "ops": "keras.ops",
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "np": "numpy",
    "numpy": "numpy",
    "jnp": "jax.numpy",
    "jax": "jax",
    "torch": "torch",
    "F": "torch.nn.functional",
    "math": "math",
}


def framework_of(module: str) -> str | None:
    """The framework that a module belongs to, or `None`."""
    root = module.partition(".")[0]
    return {"jaxlib": "jax", "ml_dtypes": "numpy"}.get(root, root) if root in _ROOTS else None


_ROOTS = {*_PROVIDERS, "jaxlib"} - {"lamina"}


@functools.cache
def vocabularies(framework: str) -> tuple[Vocabulary, ...]:
    """The vocabularies of a framework; empty where there is none yet."""
    provider = _PROVIDERS.get(framework)
    if provider is None or not _exists(provider):
        return ()
    found: tuple[Vocabulary, ...] = getattr(importlib.import_module(provider), "VOCABULARIES", ())
    return found


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def for_module(module: str) -> tuple[Vocabulary, str] | None:
    """The vocabulary of a module name, and the prefix of its names in it."""
    framework = framework_of(module)
    best: tuple[Vocabulary, str] | None = None
    for vocabulary in vocabularies(framework) if framework else ():
        for root in vocabulary.modules:
            if module == root:
                return vocabulary, ""
            if module.startswith(f"{root}.") and best is None:
                prefix = module[len(root) + 1 :]
                if any(known.startswith(f"{prefix}.") for known in vocabulary.table):
                    best = vocabulary, prefix
    return best


def stand_in(framework: str, value: Any) -> Any:
    """What stands for a function or class of a framework, found by identity; `None` if nothing does."""
    return _identities(framework, _loaded(framework)).get(id(value))


def unwrapped(value: Any, follow: Callable[[Any], Any]) -> Any:
    """What stands for a function of the user that a framework has wrapped; `None` of any other."""
    maker = getattr(value, "__globals__", {}).get("__name__") or type(value).__module__
    framework = framework_of(maker)
    for vocabulary in vocabularies(framework) if framework else ():
        if vocabulary.unwrap is not None:
            return vocabulary.unwrap(value, follow)
    return None


def _loaded(framework: str) -> tuple[str, ...]:
    return tuple(m for v in vocabularies(framework) for m in v.modules if m in sys.modules)


@functools.lru_cache(maxsize=64)
def _identities(framework: str, loaded: tuple[str, ...]) -> Mapping[int, Any]:
    found: dict[int, Any] = {}
    for vocabulary in vocabularies(framework):
        for module in vocabulary.modules:
            if module in loaded:
                found.update(_module_identities(vocabulary, sys.modules[module]))
    return found


def _module_identities(vocabulary: Vocabulary, module: Any) -> Mapping[int, Any]:
    found: dict[int, Any] = {}
    for dotted, stand in vocabulary.table.items():
        real = _resolve(module, dotted)
        if callable(real):
            found.setdefault(id(real), stand)
    return found


def _resolve(module: Any, dotted: str) -> Any:
    try:
        return functools.reduce(getattr, dotted.split("."), module)
    except (AttributeError, ImportError):
        return None


def explain_unknown(framework: str, value: Any) -> str:
    """Why a function of a framework cannot be captured."""
    name = getattr(value, "__qualname__", getattr(value, "__name__", repr(value)))
    module = getattr(value, "__module__", None) or framework
    for vocabulary in vocabularies(framework):
        if name in vocabulary.refused:
            return vocabulary.explain(name)
    for vocabulary in vocabularies(framework):
        return f"{module}.{name}: " + vocabulary.explain(name)
    return (
        f"{module}.{name} belongs to {framework}, for which lamina has no vocabulary; "
        "write it with keras.ops, or keep the layer in this process without saving it"
    )


Function = Callable[..., Any]
