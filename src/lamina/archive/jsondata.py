"""JSON as Python's `json` reads it, without its tolerance: no duplicate keys, bounded in every way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lamina.archive.limits import Limits
from lamina.archive.rules import Findings

# Python's own limit, which a program may have lifted: reading a number takes quadratic time.
MAX_DIGITS = 4300


def parse_json(text: bytes | str, findings: Findings, limits: Limits, at: str = "") -> Any:
    """Parses a JSON text.

    Args:
        text: The text; bytes are UTF-8, with or without a byte order mark.
        findings: Receives notes such as `json.non-finite`.
        limits: Bounds on size, number of values and depth.
        at: The place of the text inside the file, for messages.

    Returns:
        The value.

    Raises:
        RefusedError: The text is damaged, ambiguous or larger than the limits.
    """
    if isinstance(text, str):
        # Python 3 keeps undecodable bytes of an HDF5 attribute as lone surrogates.
        text = text.encode("utf-8", "surrogatepass")
    _check_size(text, findings, limits, at)
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise findings.refused("json.not-utf8", str(error), at) from error

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        if len(value) != len(items):
            raise findings.refused("json.duplicate-key", _first_duplicate(items), at)
        return value

    def constant(name: str) -> float:
        findings.add("json.non-finite", name, at)
        return float(name)

    def integer(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            raise findings.refused("json.size", f"a number of {len(digits)} digits", at)
        return int(digits)

    try:
        value = json.loads(decoded, object_pairs_hook=pairs, parse_constant=constant, parse_int=integer)
    except RecursionError:
        raise findings.refused("json.depth", f"more than {limits.json_depth} levels", at) from None
    except json.JSONDecodeError as error:
        raise findings.refused("json.damaged", str(error), at) from error
    check_depth(value, findings, limits, at)
    return value


def check_depth(value: Any, findings: Findings, limits: Limits, at: str = "") -> None:
    """Refuses a value that nests deeper than the limit.

    Args:
        value: JSON data.
        findings: Where the refusal is raised.
        limits: Holds the depth.
        at: The place of the value inside the file.
    """
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limits.json_depth + 1:
            raise findings.refused("json.depth", f"more than {limits.json_depth} levels", at)
        level = [child for parent in level for child in children(parent)]


def children(value: Any) -> Iterator[Any]:
    """The lists and objects directly inside a list or object."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    for child in value:
        if isinstance(child, dict | list):
            yield child


def _check_size(text: bytes, findings: Findings, limits: Limits, at: str) -> None:
    if len(text) > limits.json_bytes:
        raise findings.refused("json.size", f"{len(text)} bytes, the limit is {limits.json_bytes}", at)
    # Each value but the first follows one of these, so their count bounds the memory beforehand.
    count = sum(map(text.count, (b",", b"[", b"{")))
    if count > limits.json_values:
        raise findings.refused("json.size", f"about {count} values, the limit is {limits.json_values}", at)


def _first_duplicate(items: list[tuple[str, Any]]) -> str:
    names = [name for name, _ in items]
    return next(name for name in names if names.count(name) > 1)
