"""YAML architectures (`model.to_yaml()` of Keras 1 and 2) as plain JSON data, by PyYAML's safe loader."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lamina.archive.jsondata import MAX_DIGITS, check_depth
from lamina.archive.limits import Limits
from lamina.archive.rules import Findings, RefusedError

if TYPE_CHECKING:
    import yaml

_PYTHON = "tag:yaml.org,2002:python/"
_LISTS = (f"{_PYTHON}tuple", f"{_PYTHON}list")
_TEXTS = (f"{_PYTHON}unicode", f"{_PYTHON}str")


def parse_yaml(text: bytes, findings: Findings, limits: Limits) -> Any:
    """Parses a YAML text.

    `!!python/tuple` and `!!python/unicode`, which Keras wrote, become lists and strings; no other
    tag that builds objects is known.

    Args:
        text: UTF-8 text.
        findings: Receives notes.
        limits: Bounds on size, values and depth.

    Returns:
        JSON data.

    Raises:
        RefusedError: The text is damaged, ambiguous, too large, or PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise findings.refused("yaml.needs-pyyaml") from None
    if len(text) > limits.yaml_bytes:
        raise findings.refused("file.too-large", f"{len(text)} bytes, the limit is {limits.yaml_bytes}")
    try:
        root = yaml.compose(text.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        # Aliases copy what they name; an honest text is not much smaller than its values.
        value = _Builder(findings, limits, min(limits.json_values, 100_000 + len(text))).build(root)
    except UnicodeDecodeError as error:
        raise findings.refused("json.not-utf8", str(error)) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise findings.refused("yaml.damaged", str(error).replace("\n", " ")) from error
    check_depth(value, findings, limits)
    return value


class _Builder:
    """Turns PyYAML's nodes into JSON data, counting every copy that an alias makes."""

    def __init__(self, findings: Findings, limits: Limits, values: int) -> None:
        from yaml.constructor import SafeConstructor

        self._scalars = SafeConstructor()
        self._findings, self._limits = findings, limits
        self._open: set[int] = set()
        self._count, self._values = 0, values

    def build(self, node: yaml.Node | None) -> Any:
        import yaml

        self._count += 1
        if self._count > self._values:
            raise self._findings.refused("json.size", f"more than {self._values} values")
        if node is None:
            return None
        if id(node) in self._open or len(self._open) > self._limits.json_depth:
            rule = "yaml.alias-cycle" if id(node) in self._open else "json.depth"
            raise self._findings.refused(rule, f"line {node.start_mark.line + 1}")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        value = self._mapping(node) if isinstance(node, yaml.MappingNode) else self._sequence(node)
        self._open.remove(id(node))
        return value

    def _sequence(self, node: Any) -> list[Any]:
        if node.tag not in (*_LISTS, "tag:yaml.org,2002:seq"):
            raise self._refused_tag(node)
        return [self.build(child) for child in node.value]

    def _mapping(self, node: Any) -> dict[str, Any]:
        if node.tag != "tag:yaml.org,2002:map":
            raise self._refused_tag(node)
        value: dict[str, Any] = {}
        for key_node, child in node.value:
            key = self.build(key_node)
            if not isinstance(key, str):
                raise self._findings.refused("yaml.damaged", f"a key, line {key_node.start_mark.line + 1}")
            if key in value:
                raise self._findings.refused("json.duplicate-key", key)
            value[key] = self.build(child)
        return value

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag in _TEXTS:
            return node.value
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in ("str", "int", "float", "bool", "null"):
            if kind == "timestamp" and node.style is None:
                return node.value
            raise self._refused_tag(node)
        if kind != "str" and len(node.value) > MAX_DIGITS:
            raise self._findings.refused("json.size", f"a {kind} of {len(node.value)} characters")
        try:
            value = self._scalars.construct_object(node)
        except ValueError as error:
            raise self._findings.refused("yaml.damaged", str(error)) from error
        if isinstance(value, float) and not math.isfinite(value):
            self._findings.add("json.non-finite", str(value))
        return value

    def _refused_tag(self, node: Any) -> RefusedError:
        return self._findings.refused("yaml.tag", f"{node.tag}, line {node.start_mark.line + 1}")
