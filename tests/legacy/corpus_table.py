"""What lamina makes of the corpus of old files, as a table: loaded and equal, or refused and why.

    KERAS_BACKEND=jax PYTHONPATH=src:. python tests/legacy/corpus_table.py LEGACY

LEGACY is the unpacked corpus. A file is first loaded as it is; what is refused is then loaded with the names that
it lacks. For non-deterministic models, what the old framework computed must be likely among many draws.
"""

from __future__ import annotations

import collections
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from test_corpus import arrays, loses_mask, names_for, rows, wrong

from lamina.archive import open_model
from lamina.errors import LaminaError
from lamina.legacy import read_model

CONTAINERS = {"h5": ".h5", "json": "JSON + weights", "savedmodel": "SavedModel", "keras": ".keras (zip)"}
COLUMNS = ("files", "Lambdas", "equal", "distribution agrees", "mask lost, told", "oracle wrong", "refused")
DRAWS, DEVIATIONS = 64, 6


def container(legacy: Path, row: dict[str, Any]) -> str:
    hdf5 = (legacy / row["file"]).is_file() and (legacy / row["file"]).read_bytes()[:4] == b"\x89HDF"
    return ".keras (HDF5)" if row["format"] == "keras" and hdf5 else CONTAINERS[row["format"]]


def reason(row: dict[str, Any], error: LaminaError) -> str:
    names = getattr(error, "names", ()) or (str(error).split(": ", 1)[-1][:120],)
    return f"{type(error).__name__}: {', '.join(names)} ({row['case']})"


def unlikely(legacy: Path, row: dict[str, Any], names: dict[str, Any]) -> bool:
    """Whether an output of the old framework lies outside of what the model draws."""
    weights = arrays(legacy, row, "w") if row["format"] == "json" else None
    model = read_model(legacy / row["file"], names, weights).model
    inputs, expected = arrays(legacy, row, "i"), arrays(legacy, row, "o")
    given = [np.tile(array, (DRAWS, *[1] * (array.ndim - 1))) for array in inputs]
    found = keras.tree.flatten(model(given if len(given) > 1 else given[0]))
    for tensor, wanted in zip(found, expected, strict=True):
        draws = keras.ops.convert_to_numpy(tensor).reshape(DRAWS, *wanted.shape)
        middle, spread = draws.mean(0), draws.std(0)
        if (np.abs(wanted - middle) > DEVIATIONS * spread + 1e-6).any() or not spread.any():
            return True
    return False


def outcome(legacy: Path, row: dict[str, Any]) -> tuple[str, str]:
    """The column, and why a file as it is was refused."""
    refusal = ""
    try:
        weights = arrays(legacy, row, "w") if row["format"] == "json" else None
        read_model(legacy / row["file"], {}, weights)
    except LaminaError as error:
        refusal = reason(row, error)
    try:
        problem = wrong(legacy, row)
        if not problem and not row["deterministic"] and unlikely(legacy, row, names_for(row["case"])):
            problem = "the distribution differs"
    except LaminaError as error:
        return "refused", f"{refusal}; with names: {reason(row, error)}"
    if problem:
        return f"WRONG: {problem}", refusal
    if refusal:
        return "refused", f"{refusal}; with names: {'equal' if row['deterministic'] else 'agrees'}"
    if loses_mask(row) or row.get("bad_oracle"):
        return ("mask lost, told" if loses_mask(row) else "oracle wrong"), ""
    return ("equal" if row["deterministic"] else "distribution agrees"), ""


def main() -> None:
    legacy = Path(sys.argv[1])
    table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    refusals: collections.Counter[str] = collections.Counter()
    warnings.simplefilter("ignore", UserWarning)
    for row in rows(legacy):
        place = container(legacy, row)
        column, why = outcome(legacy, row)
        lambdas = sum(1 for _ in open_model(legacy / row["file"]).lambdas())
        table[place].update({"files": 1, "Lambdas": lambdas, column: 1})
        refusals[why] += bool(why)
    found = dict.fromkeys([*COLUMNS, *(column for counts in table.values() for column in counts)])
    print(f"| container | {' | '.join(found)} |", f"|---|{'---:|' * len(found)}", sep="\n")
    for place, counts in [*table.items(), ("all", sum(table.values(), collections.Counter()))]:
        print(f"| {place} | {' | '.join(str(counts[column]) for column in found)} |")
    print("\n| refused because | files |", "|---|---:|", sep="\n")
    for why, count in refusals.most_common():
        if why:
            print(f"| {why} | {count} |")


if __name__ == "__main__":
    main()
