"""Find every object and every saved function in a model's config, wherever it is nested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lamina._records import dataclass
from lamina.archive.rules import Findings

_BY_NAME = frozenset({"function", "builtin_function_or_method", "method", "ufunc"})
_FUNCTION_KEYS = {
    "Lambda": frozenset({"function", "output_shape", "mask"}),
    "Merge": frozenset({"mode", "output_shape", "output_mask"}),
}
_FUNCTION_TYPES = ("lambda", "function")
_BASE64_CODE = re.compile(r"[4Y]w[A-Za-z0-9+/]")
_RAW_CODE = re.compile("[\xe3c][\x00-\x1f]\x00")


@dataclass(frozen=True, slots=True)
class ObjectNode:
    """A dict with a `class_name` in a config: a layer, an optimizer, an initializer, ...

    Attributes:
        path: Names from the outermost model down, such as `"model/inner/lambda_3"`.
        pointer: JSON pointer (RFC 6901) from the model file's parts, such as `"/config/config/layers/3"`.
        name: The object's own name, or one made from its class.
        class_name: The class as the file claims it.
        value: The dict.
    """

    path: str
    pointer: str
    name: str
    class_name: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LambdaNode:
    """A place in a model that holds a Python function, as code or by name.

    Attributes:
        path: Names from the outermost model down, such as `"model/inner/lambda_3"`; for a function
            that is no layer, the key that holds it is the last part, such as `"compile/loss"`.
        pointer: JSON pointer (RFC 6901) from the model file's parts, such as `"/config/config/layers/3"`.
        name: The layer's name, or the key that holds the function.
        class_name: `"Lambda"`, `"Merge"`, `"__lambda__"` for code elsewhere, or `"function"` and the
            like for a function elsewhere that is stored by name.
        config: The layer's config; for a function elsewhere `{"function": value}` and, where the
            file has it, `"function_type"`, which is how a Lambda layer holds its function.
    """

    path: str
    pointer: str
    name: str
    class_name: str
    config: dict[str, Any]


class _Place(NamedTuple):
    path: str
    pointer: str
    key: str

    def child(self, key: str | int, path: str = "") -> _Place:
        step = str(key).replace("~", "~0").replace("/", "~1")
        name = self.key if isinstance(key, int) else key
        return _Place(path or self.path, f"{self.pointer}/{step}", name)

    @property
    def held(self) -> str:
        return f"{self.path}/{self.key}" if self.path else self.key


def walk_objects(value: Any, path: str = "", pointer: str = "") -> Iterator[ObjectNode]:
    """Yields every dict with a `class_name` and a `config`, outermost first.

    Args:
        value: JSON data.
        path: Name of the place of `value`.
        pointer: JSON pointer to it.

    Example:
        >>> model = {"class_name": "Model", "config": {"name": "m", "layers": [
        ...     {"class_name": "Dense", "config": {"name": "d"}}]}}
        >>> [(node.path, node.pointer) for node in walk_objects(model)]
        [('m', ''), ('m/d', '/config/layers/0')]
    """
    stack = [(_Place(path, pointer, ""), value)]
    while stack:
        place, node = stack.pop()
        found = _object(place, node)
        if found:
            yield found
        stack += reversed(_inside(place, node))


def walk_lambdas(value: Any, findings: Findings, path: str = "", pointer: str = "") -> Iterator[LambdaNode]:
    """Yields every place that holds a Python function.

    Lambda layers come with their whole config. Functions that Keras stores elsewhere (activations,
    losses, metrics, Keras 1 `Merge`) are found by their spelling or by the marshalled code itself.

    Args:
        value: JSON data.
        findings: Where a Lambda without a config is refused.
        path: Name of the place of `value`.
        pointer: JSON pointer to it.
    """
    stack = [(_Place(path, pointer, ""), value)]
    while stack:
        place, node = stack.pop()
        found, inside = _visit(place, node, findings)
        yield from found
        stack += reversed(inside)


_Inside = list[tuple[_Place, Any]]


def _visit(place: _Place, node: Any, findings: Findings) -> tuple[list[LambdaNode], _Inside]:
    """The functions that a dict or list itself holds, and what else is inside it."""
    kind = _class(node) if isinstance(node, dict) else ""
    triple = node.get("items") if kind == "__tuple__" else node
    if _is_code_triple(triple):
        return [_function(place, "__lambda__", {"function": node})], []
    if kind == "__lambda__" or kind in _BY_NAME:
        return [_function(place, kind, {"function": node})], []
    if kind == "Lambda" or (kind == "Merge" and _typed_functions(node.get("config"))):
        return _layer(place, node, kind, findings)
    keys = _typed_functions(node)
    return [_typed(place.child(key), node, key) for key in keys], _inside(place, node, keys)


def _layer(
    place: _Place, node: dict[str, Any], kind: str, findings: Findings
) -> tuple[list[LambdaNode], _Inside]:
    found, config = _object(place, node), node.get("config")
    if found is None or not isinstance(config, dict):
        raise findings.refused("json.not-a-model", f"the {kind} at {place.pointer} has no config")
    inside = _inside(place.child("config", found.path), config, _FUNCTION_KEYS[kind])
    layer = LambdaNode(found.path, found.pointer, found.name, kind, config)
    return [layer], _inside(place, node, ("config",)) + inside


def _typed(place: _Place, node: dict[str, Any], key: str) -> LambdaNode:
    kind = "__lambda__" if node[f"{key}_type"] == "lambda" else "function"
    return _function(place, kind, {"function": node[key], "function_type": node[f"{key}_type"]})


def _function(place: _Place, kind: str, config: dict[str, Any]) -> LambdaNode:
    return LambdaNode(place.held, place.pointer, place.key, kind, config)


def _typed_functions(node: Any) -> list[str]:
    """The keys of a dict whose value is a function by the type that Keras 1 and 2 put beside it."""
    if not isinstance(node, dict):
        return []
    held = [key for key, value in node.items() if value is not None]
    return [key for key in held if _type_of(node, key) in _FUNCTION_TYPES]


def _type_of(node: dict[str, Any], key: str) -> str:
    found = node.get(f"{key}_type")
    return found if isinstance(found, str) else ""


def _inside(place: _Place, value: Any, skip: Iterable[str] = ()) -> _Inside:
    """The lists and dicts directly inside a value, with their places."""
    if isinstance(value, dict):
        found = _object(place, value)
        path = found.path if found else place.path
        inside = [item for item in value.items() if isinstance(item[1], dict | list) and item[0] not in skip]
        return [(place.child(key, path), child) for key, child in inside]
    if isinstance(value, list):
        return [(place.child(i), child) for i, child in enumerate(value) if isinstance(child, dict | list)]
    return []


def _class(node: dict[str, Any]) -> str:
    """The class without the package that Keras puts before a registered one."""
    kind = node.get("class_name")
    return kind.rsplit(">", 1)[-1] if isinstance(kind, str) else ""


def _object(place: _Place, node: Any) -> ObjectNode | None:
    if not isinstance(node, dict) or "config" not in node or not _class(node):
        return None
    if _class(node) == "__lambda__" or _class(node) in _BY_NAME:
        return None
    config = node["config"]
    inner = config.get("name") if isinstance(config, dict) else None
    names = [name for name in (node.get("name"), inner) if isinstance(name, str) and name]
    name = names[0] if names else snake_case(_class(node))
    path = f"{place.path}/{name}" if place.path else name
    return ObjectNode(path, place.pointer, name, str(node["class_name"]), node)


def _is_code_triple(value: Any) -> bool:
    """Whether a list is `[code, defaults, closure]`, by the first bytes of marshalled code."""
    if not (isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)):
        return False
    rest = all(part is None or isinstance(part, list | dict) for part in value[1:])
    return rest and bool(_BASE64_CODE.match(value[0]) or _RAW_CODE.match(value[0]))


def snake_case(name: str) -> str:
    """The class name as Keras makes object names from it (`keras.src.utils.naming.to_snake_case`).

    Example:
        >>> snake_case("LayerNormalization"), snake_case("Conv2D"), snake_case("GRU")
        ('layer_normalization', 'conv2d', 'gru')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
