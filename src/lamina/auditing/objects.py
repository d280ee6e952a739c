"""Everything in a config that is no function: classes, modules, names, paths."""

from __future__ import annotations

import binascii
import re
import sys
from collections.abc import Iterator
from typing import Any

from lamina.archive import ModelFile
from lamina.auditing.functions import FRAMEWORK_ROOTS, by_name, finding
from lamina.auditing.known import CLASSES, FUNCTIONS
from lamina.auditing.verdicts import Finding

_KERAS = frozenset({"keras", "tf_keras", "lamina"})
_TAGS = ("module", "registered_name")
_BY_NAME = frozenset({"function", "builtin_function_or_method", "method", "ufunc", "__lambda__"})
_LAYERS = {
    "TorchModuleWrapper": "layer.torch-module",
    "TFSMLayer": "layer.tfsm",
    "JaxLayer": "layer.jax",
    "FlaxLayer": "layer.jax",
}
_TABLES = frozenset({"StringLookup", "IntegerLookup", "IndexLookup", "TextVectorization", "StaticHashTable"})
_TABLE_KEYS = ("vocabulary", "idf_weights", "vocabulary_file", "filename")
# Keys whose value names a function or object of Keras, or of the user.
_NAMING = frozenset("activation recurrent_activation loss metrics weighted_metrics optimizer".split())
_PICKLE = re.compile(r"\x80[\x02-\x05]|c(?:os|posix|nt|builtins|subprocess)\n")
_PICKLE_BASE64 = re.compile(r"gA[I-X][A-Za-z0-9+/\s]{6,}={0,2}\s*\Z")
_PATH = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}://|(?:^|[\\/])\.\.(?:[\\/]|$)|^/[^/\s]|^~[\\/]|^[A-Za-z]:[\\/]|^\\\\|^file:"
)
_BAD_NAME = re.compile(r"(?:^|[\\/])\.\.?(?:[\\/]|$)|^/|\\|[\x00-\x1f]|^[A-Za-z]:")
_OPERATORS = frozenset("add eq ne getitem ragged_getitem".split())
_LONGEST = 4096  # a path is shorter; a longer text is data


def object_findings(model: ModelFile) -> Iterator[Finding]:
    """Yields what the rules on objects and texts find in every part of a model.

    Args:
        model: The file.
    """
    parts = {"config": model.config, "compile_config": model.compile_config, "objects": model.objects}
    told: set[tuple[str, str]] = set()
    for pointer, key, value in _values(parts):
        found = list(_object(value)) if isinstance(value, dict) else list(_text(key, value))
        for item in found:
            if (item.rule, item.message) not in told:
                told.add((item.rule, item.message))
                yield _placed(item, pointer)


def _placed(found: Finding, pointer: tuple[Any, ...] | None) -> Finding:
    from dataclasses import replace

    steps: list[str] = []
    while pointer is not None:
        pointer, key = pointer
        steps.append(str(key).replace("~", "~0").replace("/", "~1"))
    path = "/".join(reversed(steps))
    return replace(found, pointer=f"/{path}", path=found.path or path)


def _values(parts: dict[str, Any]) -> Iterator[tuple[Any, str, Any]]:
    """Every dict and text with its place, a chain of keys, but for the text of bytecode."""
    stack: list[tuple[Any, str, Any]] = [((None, key), key, value) for key, value in parts.items()]
    while stack:
        place, key, value = stack.pop()
        if isinstance(value, dict):
            yield place, key, value
            code = ("code",) if key == "config" else ()
            stack += [((place, name), name, item) for name, item in value.items() if name not in code]
        elif isinstance(value, list):
            first = 1 if _is_code(value) else 0
            stack += [((place, first + i), key, item) for i, item in enumerate(value[first:])]
        elif isinstance(value, str):
            yield place, key, value


def _is_code(value: list[Any]) -> bool:
    """Whether a list is `[code, defaults, closure]`, which is audited as a function."""
    if len(value) != 3 or not isinstance(value[0], str) or len(value[0]) < 60:
        return False
    return all(part is None or isinstance(part, list | dict) for part in value[1:])


def _object(node: dict[str, Any]) -> Iterator[Finding]:
    kind, name = node.get("class_name"), node.get("name")
    if "class_name" in node and "config" in node:
        wrong = [key for key in _TAGS if not isinstance(node.get(key), str | None)]
        for key in wrong if isinstance(kind, str) else ["class_name"]:
            yield finding("object.malformed", f"{key} is {node.get(key)!r:.100}")
        if isinstance(kind, str):
            yield from _class(kind, {**node, **dict.fromkeys(wrong)})
    config = node.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    for text in dict.fromkeys(item for item in (name, inner) if isinstance(item, str)):
        if "class_name" in node and _BAD_NAME.search(text):
            yield finding("object.name", f"the name {text!a:.100}", names=(text,))


def _class(kind: str, node: dict[str, Any]) -> Iterator[Finding]:
    module, registered = (node.get(key) or "" for key in _TAGS)
    plain = kind.rsplit(">", 1)[-1]
    root = module.partition(".")[0]
    if kind in _BY_NAME:
        return
    config = node["config"] if isinstance(node["config"], dict) else {}
    if plain in _LAYERS:
        yield finding(_LAYERS[plain], f"the layer {plain}", names=(plain,))
    elif plain in ("TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda"):
        yield from _operation(plain, config)
    elif plain in _TABLES:
        yield from _tables(plain, config)
    elif plain == "LambdaCallback" or (
        root in _KERAS and module.startswith(("keras.utils", "keras.callbacks"))
    ):
        yield finding("object.gadget", f"{module}.{kind}", names=(f"{module}.{kind}",))
    known = plain in CLASSES or plain in _LAYERS or plain == "Lambda"
    tensorflow = ".keras" in module or module.startswith("tensorflow.python.framework")
    if known and (root in _KERAS | {""} or (root == "tensorflow" and tensorflow)):
        if registered and not _fits(registered, plain):
            message = f"{kind} of {module} registered as {registered}"
            yield finding("object.shadow", message, names=(registered,))
    elif kind in FUNCTIONS and root in _KERAS | {""}:
        return
    elif root in FRAMEWORK_ROOTS | {"builtins", "lamina"} or root in sys.stdlib_module_names - {"__main__"}:
        yield finding("object.gadget", f"{module}.{kind}", names=(f"{module}.{kind}",))
    else:
        home = f" of {module}" if module else ""
        names = tuple(dict.fromkeys((plain, kind, registered or kind)))
        yield finding("object.custom", f"the class {registered or kind}{home}", names=names)


def _fits(registered: str, kind: str) -> bool:
    """Whether a registered name is one that Keras or lamina gives to a class of theirs."""
    package, mark, name = registered.rpartition(">")
    return name == kind and (not mark or package in ("keras", "Keras", "Keras3", "lamina"))


def _tables(kind: str, config: dict[str, Any]) -> Iterator[Finding]:
    for key in _TABLE_KEYS:
        if isinstance(config.get(key), str) and config[key]:
            yield finding("config.file", f"{key} of {kind} is {config[key]!a:.200}", names=(config[key],))


def _operation(kind: str, config: dict[str, Any]) -> Iterator[Finding]:
    """The layers that TensorFlow 2 made of operations on Keras tensors."""
    if kind == "SlicingOpLambda":
        return
    if kind == "TFOpLambda":
        name = config.get("function")
        if not isinstance(name, str) or not _is_tensorflow_function(name):
            yield finding("layer.graph-op", f"the function tf.{name}", names=(f"tf.{name}",))
        return
    from lamina.auditing.graph import classify

    node = config.get("node_def")
    found = re.search(r'"?op"?\s*:\s*"(\w+)"', node) if isinstance(node, str) else None
    name = found.group(1) if found else node.get("op") if isinstance(node, dict) else None
    if not isinstance(name, str) or classify(name) != "allowed":
        yield finding("layer.graph-op", f"the operation {name}", names=(str(name),))


def _is_tensorflow_function(name: str) -> bool:
    from lamina.vocabulary import registry

    operator = name.removeprefix("__operators__.")
    if operator != name:
        return operator in _OPERATORS
    place = registry.for_module("tensorflow")
    table = place[0].table if place else {}
    return any(callable(table.get(plain)) for plain in (name, name.removeprefix("compat.v1.")))


def _is_base64_pickle(text: str) -> bool:
    return bool(_PICKLE_BASE64.match(text)) and binascii.a2b_base64(text + "==").endswith(b".")


def _text(key: str, value: str) -> Iterator[Finding]:
    if _PICKLE.match(value) or _is_base64_pickle(value):
        yield finding("config.pickle", f"{key} is {value!a:.60}")
    elif key in _NAMING and value not in FUNCTIONS and value not in CLASSES and value:
        yield by_name(f"{key} is the function or object {value!r:.100}", value)
    elif len(value) <= _LONGEST and _PATH.search(value):
        yield finding("config.path", f"{key} is {value!a:.200}", names=(value,))
