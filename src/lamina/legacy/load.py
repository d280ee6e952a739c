"""Load a model file of any Keras version."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from lamina._records import dataclass
from lamina.archive import ModelFile, Weights, open_model, open_weights
from lamina.archive.arrays import read_arrays
from lamina.auditing.policy import check
from lamina.auditing.scan import audit_model
from lamina.auditing.verdicts import Finding, Report, Verdict
from lamina.errors import ArchiveError
from lamina.legacy.compiled import compile_model
from lamina.legacy.keras3 import load_zip
from lamina.legacy.kernels import Array, Writer
from lamina.legacy.layers import Restorer
from lamina.legacy.notes import LegacyWarning, Note, Notes
from lamina.legacy.weights import assign

PathOrWeights = str | os.PathLike[str] | Sequence[Array]


@dataclass(frozen=True)
class Loaded:
    """A model and what it does not have from its file.

    Attributes:
        model: The Keras 3 model.
        notes: Losses and changes, in file order.
        file: The file as data.
    """

    model: Any
    notes: tuple[Note, ...]
    file: ModelFile


def load_model(
    path: str | os.PathLike[str],
    names: Mapping[str, Any] | None = None,
    weights: PathOrWeights | None = None,
    report: Callable[[Note], object] | None = None,
    *,
    allow: Collection[str] = (),
) -> Any:
    """Loads a model of any Keras version as a Keras 3 model, without executing anything from it.

    Reads `.keras`, HDF5, JSON, YAML and SavedModel files of Keras 1 to 3. Each Lambda becomes a
    `lamina.Lambda` that computes what the saved bytecode computes. The file is audited first
    (`lamina.audit`): everything in it must be pure, supplied, or allowed by name.

    Args:
        path: A file, or a SavedModel folder.
        names: What the file does not contain: constants and functions that Lambdas read, and
            custom classes, by name.
        weights: Where the weights are, if not in the file: a file of any format, an `.npz` of
            arrays in the order of `get_weights()`, or these arrays.
        report: Called with each loss or change. Without it, there is one `LegacyWarning`.
        allow: Names by which the file may refer to functions and classes that are registered with
            Keras (`keras.saving.register_keras_serializable`). A list: there is no "allow all".

    Returns:
        The model; compiled, if the file says how and Keras 3 can do that.

    Raises:
        ArchiveError: The file is damaged, or Keras 3 cannot hold what is in it.
        NotAllowedError: It holds what no expression can be; an `ArchiveError` with `findings`.
        NamesNeededError: It refers to names that are neither supplied nor allowed.
        WeightsError: The weights are not those of the model.

    Example:
        >>> import json, tempfile, numpy as np
        >>> text = json.dumps({"class_name": "Sequential", "keras_version": "1.2.2", "config": [
        ...     {"class_name": "Dense", "config": {"output_dim": 1, "batch_input_shape": [None, 2]}}]})
        >>> with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        ...     _ = file.write(text), file.flush()
        ...     model = load_model(file.name, weights=[np.ones((2, 1)), np.zeros(1)])
        >>> model.predict(np.ones((1, 2)), verbose=0).tolist()
        [[2.0]]
    """
    loaded = read_model(path, names, weights, allow)
    if report is not None:
        for note in loaded.notes:
            report(note)
    elif loaded.notes:
        lines = "\n".join(f"  {note}" for note in loaded.notes)
        warnings.warn(
            f"{os.fspath(path)}: not everything could be carried over:\n{lines}", LegacyWarning, stacklevel=2
        )
    return loaded.model


def read_model(
    path: str | os.PathLike[str],
    names: Mapping[str, Any] | None = None,
    weights: PathOrWeights | None = None,
    allow: Collection[str] = (),
) -> Loaded:
    """Like `load_model`, with the notes beside the model.

    Args:
        path: A file, or a SavedModel folder.
        names: What the file does not contain, by name.
        weights: Where the weights are, if not in the file.
        allow: Names of registered functions and classes that the file may refer to.

    Returns:
        The model, the notes, and the file as data.
    """
    file = open_model(path)
    if not file.config:
        raise ArchiveError(
            f"{os.fspath(path)}: the file holds weights and no architecture; load it with its JSON file"
        )
    notes, report = Notes(), audit_model(file)
    unnamed = check(report, allow, names)
    if unnamed:
        notes.add("compile", _uncompiled(unnamed))
        file = replace(file, compile_config=None)
    given = _under_every_name({**_registered(allow), **(names or {})}, report)
    with _own_objects(given):
        if file.kind == "keras" and generation(file) >= 3 and weights is None:
            model = load_zip(file, given, notes)
        else:
            model = _built(file, given, notes, weights)
    return Loaded(model, tuple(notes.found), file)


def _uncompiled(unnamed: Sequence[Finding]) -> str:
    missing = sorted({finding.names[0] for finding in unnamed})
    return (
        f"how the model was compiled was dropped: it refers to {', '.join(missing)}, which is neither Keras's "
        "own, nor in names, nor in allow"
    )


def _registered(allow: Collection[str]) -> dict[str, Any]:
    """What is registered with Keras under the allowed names, with or without its package."""
    return {
        name: value
        for name, value in keras.saving.get_custom_objects().items()
        if name in allow or name.rpartition(">")[2] in allow
    }


def _under_every_name(given: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The same objects, also under the other names that the file has for them."""
    found = dict(given)
    for finding in report.findings:
        known = next((given[name] for name in finding.names if name in given), None)
        if finding.verdict is Verdict.BY_NAME and known is not None:
            found |= {name: found.get(name, known) for name in finding.names}
    return found


@contextlib.contextmanager
def _own_objects(names: Mapping[str, Any]) -> Iterator[None]:
    """Lets Keras find the caller's functions and classes."""
    callables = {name: value for name, value in names.items() if callable(value)}
    with keras.saving.custom_object_scope(callables):
        yield


def _built(file: ModelFile, names: Mapping[str, Any], notes: Notes, weights: PathOrWeights | None) -> Any:
    restorer = Restorer(generation(file), names, notes, loses_masks(file.keras_version))
    config = _plain(file.config)
    model = restorer.layer(config)
    found = _weights_of(file, weights)
    writer = Writer(restorer.generation, (file.backend or "").lower() == "theano")
    if found is None:
        notes.add("weights", "the file has none; the model has those that its initializers gave")
    else:
        assign(model, config, found, restorer.children, writer)
    if file.compile_config:
        compile_model(model, file.compile_config, restorer)
    return model


def _plain(value: Any) -> Any:
    """A config with lists for the tuples of SavedModels; a Lambda needs its own as they are."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict) or value.get("class_name") == "Lambda":
        return value
    if value.get("class_name") == "__tuple__":
        return _plain(value["items"])
    return {key: _plain(item) for key, item in value.items()}


def _weights_of(file: ModelFile, given: PathOrWeights | None) -> Weights | Sequence[Array] | None:
    if given is None:
        return None if file.kind in ("json", "yaml") else file.weights()
    if not isinstance(given, (str, os.PathLike)):
        return [np.asarray(array) for array in given]
    if os.fspath(given).endswith(".npz"):
        return list(read_arrays(given).values())
    return open_weights(given, file.config)


def generation(file: ModelFile) -> int:
    """The major version of the Keras that wrote a file; where it does not say, its spelling does.

    Example:
        >>> generation(open_model(b'{"class_name": "Model", "config": {}, "keras_version": "2.0.8"}'))
        2
    """
    claimed = (file.keras_version or "").partition(".")[0]
    if claimed.isdigit():
        return int(claimed)
    for node in file.walk():
        config = node.value["config"]
        if node.class_name == "InputLayer" and isinstance(config, dict) and "batch_shape" in config:
            return 3
        calls = node.value.get("inbound_nodes")
        if calls and isinstance(calls, list) and isinstance(calls[0], dict):
            return 3 if set(calls[0]) == {"args", "kwargs"} else 2
        if isinstance(config, dict) and {"output_dim", "nb_filter", "W_regularizer", "input_dtype"} & set(
            config
        ):
            return 1
    return 2


def loses_masks(version: str | None) -> bool:
    """Whether a Keras saved no mask function: Keras 2.0 to 2.3, and `tf.keras` until TensorFlow 1.13.

    Example:
        >>> [loses_masks(version) for version in ("2.2.4", "2.1.6-tf", "2.2.4-tf", "2.4.0", None)]
        [True, True, False, False, False]
    """
    number, _, flavor = (version or "0").partition("-")
    parts = [int(part) for part in number.split(".")[:3] if part.isdigit()]
    return [2] <= parts < ([2, 2] if flavor == "tf" else [2, 4])
