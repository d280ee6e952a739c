"""Old model files written anew as `.keras` files of Keras 3."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lamina._records import dataclass
from lamina.archive import atomic
from lamina.archive.arrays import read_arrays
from lamina.errors import ConversionError
from lamina.verification import comparing

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Converted:
    """What became of one file.

    Args:
        source: The file as it was given.
        target: The file that was written.
        lambdas: A row for each Lambda: path, the Python that wrote it, source as now understood.
        notes: What was lost, changed or repaired.
        difference: Largest difference from the samples; `None` without samples.
    """

    source: str
    target: str
    lambdas: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    difference: float | None = None


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    names: Mapping[str, Any] | None = None,
    weights: str | None = None,
    verify: str | os.PathLike[str] | None = None,
    freeze: bool = False,
    allow: Collection[str] = (),
) -> Converted:
    """Read a model file of any Keras and write it as a `.keras` file.

    The source is not changed, and the target appears only when it is complete.

    Args:
        source: A file, or the directory of a SavedModel.
        target: The `.keras` file to write.
        names: Values and functions that the file does not contain.
        weights: Where the weights are, if not in the file.
        verify: An `.npz` with inputs `i0`, `i1`, ... and the outputs `o0`, ... to be reproduced.
        freeze: Whether to write stock Keras layers only, for processes without lamina.
        allow: Names of registered functions and classes that the file may refer to.

    Raises:
        ConversionError: The target does not end in `.keras` or is the source, or the samples are not
            reproduced.
        LaminaError: The source cannot be read; see `lamina.load_model`.
    """
    from lamina.legacy import read_model

    target = Path(target)
    if target.suffix != ".keras":
        raise ConversionError(f"the target must end in .keras, received {str(target)!r}")
    if not target.parent.is_dir():
        raise ConversionError(
            f"the folder of the target, {str(target.parent)!r}, does not exist; create it first"
        )
    if target.exists() and os.path.samefile(source, target):
        raise ConversionError(
            f"{target} would be written over itself; give the target another name or folder"
        )
    loaded = read_model(source, names=names, weights=weights, allow=allow)
    model, rows = loaded.model, _rows(str(source), loaded.model)
    if freeze:
        from lamina.freezing import freeze as frozen

        model = frozen(model)
    difference = None if verify is None else _verified(model, verify)
    with atomic(target) as temporary:
        model.save(temporary)
    return Converted(str(source), str(target), rows, tuple(map(str, loaded.notes)), difference)


def _rows(source: str, model: Any) -> tuple[tuple[str, str, str], ...]:
    """Path, writer's Python and source of each Lambda; the loaded layer knows its input shapes."""
    from lamina.view.lambdas import shown

    sources = {layer.name: layer.expression.source() for layer in _lambdas(model)}
    rows = []
    for row in shown(source):
        layer, _, part = row.path.rpartition("/")[2].partition(".")
        known = sources.get(layer, "") if part in ("", "function", "mode") else ""
        rows.append((row.path, row.python, known or row.source or row.verdict))
    return tuple(rows)


def _lambdas(model: Any) -> Iterator[Any]:
    from lamina.layer import Lambda

    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, Lambda) and layer.expressions:
            yield layer


def _verified(model: Any, samples: str | os.PathLike[str]) -> float:
    """The largest difference between the model's outputs and the samples'.

    Raises:
        ConversionError: It is above the tolerance, or the samples do not fit the model.
    """
    data = read_arrays(samples)
    inputs, expected = _numbered(data, "i"), _numbered(data, "o")
    if not inputs or not expected:
        raise ConversionError(
            f"{samples}: expected arrays i0, i1, ... and o0, o1, ..., found neither of the two kinds"
        )
    found = model.predict(inputs[0] if len(inputs) == 1 else inputs, verbose=0)
    found = list(found) if isinstance(found, (list, tuple)) else [found]
    # Old files hold samples of any dtype; what counts is the values.
    given, wanted = (
        [replace(leaf, dtype=None) for leaf in comparing.leaves_of(side)] for side in (found, expected)
    )
    difference = comparing.explain_difference(given, wanted, TOLERANCE)
    if difference is not None:
        difference = difference.replace("the expression", "the model").replace("the function", "the samples")
        raise ConversionError(f"{samples}: the outputs differ: {difference}; nothing was written")
    return max(itertools.starmap(comparing.largest_difference, zip(given, wanted, strict=True)))


def _numbered(data: Mapping[str, Any], letter: str) -> list[Any]:
    count = sum(1 for name in data if name[:1] == letter and name[1:].isdecimal())
    return [data[f"{letter}{i}"] for i in range(count)]
