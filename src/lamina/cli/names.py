"""Names that a model file does not contain, from the command line."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any

from lamina.errors import ArgumentError


def read_names(values: tuple[str, ...], functions: tuple[str, ...]) -> dict[str, Any]:
    """The names of `--name NAME=VALUE` and `--names FILE.py:NAME,NAME`.

    A file of functions is the caller's own code, and is imported because the caller names it.

    Raises:
        ArgumentError: An option is not of that form, or the file has no such name.
    """
    names = dict(map(_value, values))
    for option in functions:
        names |= _from_file(option)
    return names


def _value(option: str) -> tuple[str, Any]:
    name, given, text = option.partition("=")
    if not given or not name.isidentifier():
        raise ArgumentError(f"--name takes NAME=VALUE, such as SCALE=3.0, received {option!r}")
    try:
        return name, ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise ArgumentError(
            f"--name {name}: expected a number, string, tuple, list or dict, received {text!r}"
        ) from None


def _from_file(option: str) -> dict[str, Any]:
    file, _, wanted = option.rpartition(":") if option.endswith(".py") is False else (option, "", "")
    path = Path(file)
    if path.suffix != ".py" or not path.is_file():
        raise ArgumentError(f"--names takes FILE.py:NAME of an existing file, received {option!r}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ArgumentError(
            f"--names {option}: {path} cannot be imported, {type(error).__name__}: {error}"
        ) from error
    found = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    if not wanted:
        return found
    missing = [name for name in wanted.split(",") if name not in found]
    if missing:
        raise ArgumentError(f"--names {option}: {path} has no {', '.join(missing)}")
    return {name: found[name] for name in wanted.split(",")}
