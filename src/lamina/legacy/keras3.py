"""`.keras` files of Keras 3: Keras loads them, and each `keras.layers.Lambda` is read by lamina."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras

from lamina.archive import ModelFile, open_model
from lamina.errors import ArchiveError, LaminaError
from lamina.legacy.notes import Notes
from lamina.legacy.supplied import supplied

_CONFIG = "config.json"


def load_zip(file: ModelFile, names: Mapping[str, Any], notes: Notes) -> Any:
    """Loads a `.keras` file of Keras 3, in safe mode.

    Keras gets a private copy that is made of the data that was audited, so that nobody can put
    another file under the path in between.

    Args:
        file: The file as data.
        names: What the file does not contain, by name.
        notes: Where losses are reported.

    Raises:
        ArchiveError: Keras refuses the file.
    """
    config = _with_lamina({**file.config, "compile_config": file.compile_config})
    with tempfile.TemporaryDirectory() as folder, supplied(names):
        copy = os.path.join(folder, "model.keras")
        _copy(file, copy, config)
        if file.member is not None:
            _inspect_weights(copy, file)
        return _load(copy, file.source.label, config, notes)


def _load(copy: str, path: str, config: Any, notes: Notes) -> Any:
    try:
        return keras.saving.load_model(copy, safe_mode=True)
    except LaminaError:
        raise
    except Exception as error:
        if not config.get("compile_config"):
            raise _refused(path, error) from error
        try:
            model = keras.saving.load_model(copy, safe_mode=True, compile=False)
        except LaminaError:
            raise
        except Exception as again:
            raise _refused(path, again) from again
        notes.add("compile", f"how the model was compiled was dropped: {_line(error)}")
        return model


def _refused(path: str, error: Exception) -> LaminaError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, LaminaError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return ArchiveError(f"{path}: Keras does not load it: {type(error).__name__}: {_line(error)}")


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]


def _with_lamina(value: Any) -> Any:
    """The config with each stock Lambda as a `lamina.Lambda`, which reads what the stock one wrote."""
    if isinstance(value, list):
        return [_with_lamina(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _with_lamina(item) for key, item in value.items()}
    if value.get("class_name") == "Lambda" and value.get("registered_name") in (None, "Lambda"):
        changed |= {
            "module": "lamina.layer.layer",
            "registered_name": "lamina>Lambda",
            "config": value["config"],
        }
    return changed


def _copy(file: ModelFile, copy: str, config: Any) -> None:
    """The same archive, with the config that was audited."""
    with (
        file.source.open() as data,
        zipfile.ZipFile(data) as old,
        zipfile.ZipFile(copy, "w") as new,
    ):
        for item in old.infolist():
            if item.filename == _CONFIG:
                new.writestr(_CONFIG, json.dumps(config))
            else:
                with old.open(item) as source, new.open(item.filename, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target)


def _inspect_weights(copy: str, file: ModelFile) -> None:
    """Checks the structure of the very weights that Keras will open; messages name the original."""
    copied = open_model(copy, file.limits)
    replace(copied, source=replace(copied.source, label=file.source.label)).weights()
