"""What the tests of the bytecode room share: golden code of every Python, and a small world around it."""

from __future__ import annotations

import ast
import base64
import json
import lzma
import marshal
import math
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamina.bytecode import Module, PlainNamespace, SavedFunction, read_function

VERSIONS = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Golden:
    """A function as one Python saved it, and what it returned there."""

    python: str
    name: str
    saved: SavedFunction
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    expected: str


def golden_rows() -> list[dict[str, str]]:
    text = lzma.decompress((Path(__file__).parent / "golden" / "golden.jsonl.xz").read_bytes())
    return [json.loads(line) for line in text.decode("utf-8").splitlines()]


def golden(python: str) -> list[Golden]:
    return [_golden(row) for row in golden_rows() if row["python"] == python]


def blobs() -> list[bytes]:
    """The marshalled code of every golden function, once for each Python."""
    return list({base64.b64decode(row["code"]): None for row in golden_rows()})


def _golden(row: dict[str, str]) -> Golden:
    read = read_function([row["code"], None, None])
    saved = SavedFunction(read.code, ast.literal_eval(row["defaults"]), (), row["name"])
    kwargs = {**ast.literal_eval(row["kwdefaults"]), **ast.literal_eval(row["kwargs"])}
    return Golden(
        row["python"], row["name"], saved, ast.literal_eval(row["args"]), kwargs, _modern(row["expected"])
    )


def _modern(text: str) -> str:
    """A `repr` of Python 2 as Python 3 writes it."""
    text = re.sub(r"\bset\(\[(.*?)\]\)", r"{\1}", text)
    plain = re.sub(r"(\d)L\b", r"\1", text)
    try:
        return text if text.startswith("!") else repr(ast.literal_eval(plain))
    except (SyntaxError, ValueError):
        return text


def save(function: Callable[..., Any], defaults: Any = None, closure: Any = None) -> SavedFunction:
    """A function of the running Python, as Keras saves it."""
    text = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    defaults = list(function.__defaults__) if defaults is None and function.__defaults__ else defaults
    if closure is None and function.__closure__:
        closure = [cell.cell_contents for cell in function.__closure__]
    read = read_function([text, defaults, closure])
    assert isinstance(read, SavedFunction)
    return read


def probe(*args: Any, **kwargs: Any) -> Any:
    return (args, tuple(sorted(kwargs.items())))


def world() -> PlainNamespace:
    """The names that golden functions read."""
    nested = Module("K.nested", {"double": lambda x: x * 2})
    path = Module("os.path", {"join": posixpath.join})
    return PlainNamespace(
        {"probe": probe, "FACTOR": 3},
        {
            "K": {"probe": probe, "nested": nested, "mean": lambda x, axis=None: (x, axis)},
            "math": {"floor": math.floor},
            "os": {"path": path, "sep": "/"},
            "os.path": {"join": posixpath.join},
        },
    )
