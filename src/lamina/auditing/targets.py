"""Which files an audit of paths, folders, globs and URLs is about."""

from __future__ import annotations

import glob
import importlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

from lamina.errors import ArgumentError

_ALWAYS = (".keras", ".h5", ".hdf5")
_PERHAPS = (".json", ".yaml", ".yml")
_SAVED_MODEL = ("saved_model.pb", "keras_metadata.pb")
_LOOKED_AT = 32 << 20


def expand(arguments: Iterable[str]) -> list[str]:
    """The files behind the arguments, each once and in order.

    A folder gives every `.keras` and HDF5 file below it, the JSON and YAML files that mention
    `class_name`, and SavedModel folders; links to folders are not followed. The URL of a folder gives
    the `.keras` and HDF5 files below it. A pattern that matches nothing, a folder without models and a
    path that does not exist are kept: their reports will say so.

    Args:
        arguments: Paths, folders, glob patterns, and URLs that fsspec knows.
    """
    found: dict[str, None] = {}
    for argument in arguments:
        found.update(dict.fromkeys(_expand(argument)))
    return list(found)


def is_url(text: str) -> bool:
    """Whether a target is for fsspec.

    Example:
        >>> is_url("s3://bucket/a.keras"), is_url("a.keras")
        (True, False)
    """
    return "://" in text


def _expand(argument: str) -> Iterator[str]:
    if is_url(argument):
        yield from _urls(argument)
    elif os.path.isdir(argument):
        yield from [argument] if _is_saved_model(argument) else list(_below(argument)) or [argument]
    elif glob.has_magic(argument) and not os.path.lexists(argument):
        matches = sorted(glob.glob(argument, recursive=True))
        for match in matches or [argument]:
            yield from _expand(match) if os.path.isdir(match) else [match]
    else:
        yield argument


def _below(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        inner = sorted(folders)
        models = [name for name in inner if _is_saved_model(os.path.join(place, name))]
        folders[:] = [name for name in inner if name not in models]
        for name in [*models, *sorted(names)]:
            path = os.path.join(place, name)
            if name in models or _is_model(path):
                yield path


def _is_saved_model(path: str) -> bool:
    return any(os.path.isfile(os.path.join(path, name)) for name in _SAVED_MODEL)


def _is_model(path: str) -> bool:
    ending = os.path.splitext(path)[1].lower()
    return ending in _ALWAYS or (ending in _PERHAPS and _mentions_class(path))


def _mentions_class(path: str) -> bool:
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return b"class_name" in file.read(_LOOKED_AT)
    except OSError:
        return True  # the report will say why it cannot be read


def _urls(url: str) -> list[str]:
    """The files behind a URL; only a pattern, or what has no ending of a file, is asked for."""
    head, *chain = url.split("::")  # zip://*.h5::file://models.zip
    pattern = glob.has_magic(head)
    if not pattern and os.path.splitext(head)[1].lower() in (*_ALWAYS, *_PERHAPS):
        return [url]
    fsspec = import_fsspec()
    try:
        system, path = fsspec.core.url_to_fs(url)
        found = system.glob(path, detail=True) if pattern else system.find(path, detail=True)
    except Exception:  # every file system has errors of its own, and the report will tell
        return [url]
    files = [name for name, about in sorted(found.items()) if about["type"] == "file"]
    if not pattern:
        files = [name for name in files if os.path.splitext(name)[1].lower() in _ALWAYS]
    return ["::".join([system.unstrip_protocol(name), *chain]) for name in files] or [url]


def import_fsspec() -> Any:
    """The package that reads URLs.

    Raises:
        ArgumentError: It is not installed.
    """
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError as error:
        raise ArgumentError("URLs need the package fsspec: install lamina[fsspec]") from error
    return fsspec
