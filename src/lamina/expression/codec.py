"""Expressions as JSON, strict both ways.

    {"lamina": 1, "by": "0.1.0", "name": "scale", "inputs": "float32[?,3]",
     "calls": [["mean", ["%0"], {"axis": 1}], ["multiply", ["%0", "%1"]]], "outputs": "%2"}

Decoding builds plain data out of the tables below and verifies it; it imports nothing, runs
nothing and looks nothing up by attribute. `schema.json` beside this file describes the format.
"""

from __future__ import annotations

import functools
import json
from importlib import metadata

from lamina.errors import ExpressionError
from lamina.expression.decoding import Repeated, check_dict, decode_fields
from lamina.expression.encoding import Json, encode_fields
from lamina.expression.model import Expression
from lamina.expression.place import Place, refuse, short
from lamina.expression.values import LIMITS, Limits
from lamina.expression.verify import verify

# 2026-11-21  1  The first format.
FORMAT_VERSION = 1


@functools.cache
def producer() -> str:
    """The version of lamina that writes, as it stands in the files."""
    try:
        return metadata.version("lamina")
    except metadata.PackageNotFoundError:
        return "unknown"


def encode(expression: Expression) -> dict[str, Json]:
    """An expression as JSON data: dicts, lists, strings, numbers, booleans and None only.

    Args:
        expression: The expression.

    Returns:
        Data for which `decode(encode(expression)) == expression`.

    Raises:
        ExpressionError: The expression breaks a rule of the format.

    Example:
        >>> from lamina.expression.model import Call, Expression, Ref, Spec
        >>> encode(Expression(Spec(), (Call("square", (Ref(0),)),), Ref(1)))["calls"]
        [['square', ['%0']]]
    """
    verify(expression)
    return {"lamina": FORMAT_VERSION, "by": producer(), **encode_fields(expression)}


def dumps(expression: Expression) -> str:
    """An expression as compact JSON text.

    Raises:
        ExpressionError: The expression breaks a rule of the format, or is too large for a file.
    """
    text = json.dumps(encode(expression), separators=(",", ":"), allow_nan=False)
    _check_size(text, LIMITS)
    return text


def loads(text: str, limits: Limits = LIMITS) -> Expression:
    """The expression in a JSON text.

    Args:
        text: What `dumps` wrote.
        limits: How large the text and the expression may be.

    Raises:
        ExpressionError: The text is malformed or too large; the message names the place.
    """
    if type(text) is not str:
        raise ExpressionError(f"expected a JSON text as a str, received {short(text)}")
    _check_size(text, limits)
    try:
        data = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ExpressionError("the JSON text is nested too deeply") from None
    except ValueError as error:
        raise ExpressionError(f"this is no JSON text: {error}") from None
    return decode(data, limits)


def _check_size(text: str, limits: Limits) -> None:
    if len(text) > limits.text:
        raise ExpressionError(f"the JSON text has {len(text)} characters; at most {limits.text} are allowed")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    data = dict(pairs)
    return data if len(data) == len(pairs) else Repeated(pairs)


def decode(data: Json, limits: Limits = LIMITS) -> Expression:
    """The expression in JSON data; it is verified.

    Args:
        data: What `encode` returned.
        limits: How large the expression may be.

    Raises:
        ExpressionError: The data is malformed, breaks a rule of the format, or was written by a
            newer lamina; the message names the place.

    Example:
        >>> decode({"lamina": 1, "by": "0.1.0", "calls": [["square", ["%0"]]], "outputs": "%1"})
        <Expression: x -> square(x)>
    """
    root: Place = (None, "$")
    try:
        _check_version(data, root)
        # Each structure takes two levels of JSON at most, each nested expression five.
        depth = 2 * limits.structure_depth + 5 * limits.closure_depth + 16
        expression = decode_fields(data, root, depth, ("lamina", "by"))
        return _verified(expression, limits)
    except RecursionError:
        raise ExpressionError("$: nested too deeply for the stack that is left") from None


def _verified(expression: Expression, limits: Limits) -> Expression:
    try:
        verify(expression, limits)
    except ExpressionError as error:
        raise ExpressionError(f"$.{error}") from None
    return expression


def _check_version(data: Json, place: Place) -> None:
    version = check_dict(data, place).get("lamina")
    if type(version) is not int or version < 1:
        refuse((place, ".lamina"), f"expected the number of a format version, received {short(version)}")
    by = data.get("by")
    if type(by) is not str or len(by) > 100:
        refuse((place, ".by"), f"expected the version of lamina that wrote it, received {short(by)}")
    if version > FORMAT_VERSION:
        refuse(
            (place, ".lamina"),
            f"lamina {by} wrote this in format {short(version)}, this is lamina {producer()} which reads "
            f"formats up to {FORMAT_VERSION}; update lamina to load this",
        )
