"""Saves every function in a model file, with inputs and what its own framework computes; and reads them.

python pattern_models.py write FOLDER     under TensorFlow
python pattern_models.py read FOLDER      in a process that has none of the functions
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

import lamina

HERE = Path(__file__).parent


def every_pattern() -> list[Any]:
    """The functions of all ways of writing."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "tensorflow")]
    from k_patterns_more import P as k_patterns  # which adds to those of k_patterns
    from ops_patterns import P as ops_patterns
    from pattern_registry import Pattern
    from tf_patterns import PATTERNS as tf_patterns

    return [*k_patterns, *ops_patterns, *(Pattern(number, f, inputs) for number, f, inputs in tf_patterns)]


def on_tensors(function: Any, arrays: list[Any]) -> Any:
    """The function of one tensor, or of a list of several."""
    tensors = [keras.ops.convert_to_tensor(a) for a in arrays]
    return function(tensors[0] if len(tensors) == 1 else tensors)


def symbolic(arrays: Any) -> list[Any]:
    return [keras.Input(a.shape[1:], dtype=a.dtype.name) for a in arrays]


def write(folder: Path) -> None:
    """One model for each pattern, with a layer for each function of it."""
    by_number = defaultdict(list)
    for found in every_pattern():
        by_number[found.number].append(found)
    for number, patterns in by_number.items():
        inputs, outputs, arrays = [], [], {}
        for k, p in enumerate(patterns):
            given = symbolic(p.inputs)
            layer = lamina.Lambda(p.function, arguments=p.arguments, name=f"f{k}_{p.check}")
            outputs.append(layer(given[0] if len(given) == 1 else given))
            inputs += given
            expected = on_tensors(lambda x, p=p: p.function(x, **(p.arguments or {})), list(p.inputs))
            arrays |= {f"{layer.name}.in{j}": a for j, a in enumerate(p.inputs)}
            arrays[f"{layer.name}.out"] = np.asarray(expected)
        keras.Model(inputs, outputs).save(str(folder / f"pattern_{number}.keras"))
        np.savez(folder / f"pattern_{number}.npz", **arrays)


def read(folder: Path) -> dict[str, str]:
    """What differs, by pattern and function."""
    wrong: dict[str, str] = {}
    for path in sorted(folder.glob("*.keras")):
        try:
            model = keras.saving.load_model(str(path))
        except Exception as error:
            wrong[path.stem] = f"{type(error).__name__}: {error}"[:2000]
            continue
        with np.load(path.with_suffix(".npz")) as data:
            arrays = dict(data)
        for name in [key.removesuffix(".out") for key in arrays if key.endswith(".out")]:
            given = [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}.in")]
            try:
                found = keras.ops.convert_to_numpy(on_tensors(model.get_layer(name), given))
                COMPARE[name.partition("_")[2]](found, arrays[f"{name}.out"])
            except Exception as error:
                wrong[f"{path.stem}.{name}"] = f"{type(error).__name__}: {error}"[:2000]
    return wrong


def same_values(found: Any, expected: Any) -> None:
    assert found.shape == expected.shape, (found.shape, expected.shape)
    assert found.dtype == expected.dtype, (found.dtype, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def same_moments(found: Any, expected: Any) -> None:
    assert found.shape == expected.shape, (found.shape, expected.shape)
    for moment in (np.mean, np.std):
        np.testing.assert_allclose(moment(found, axis=0), moment(expected, axis=0), atol=0.15)
    assert (found.std(axis=0) > 0.1).all()


def shuffled_rows(found: Any, expected: Any) -> None:
    assert found.shape == expected.shape, (found.shape, expected.shape)
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(expected, axis=0), rtol=1e-6)
    rows = {tuple(row) for row in expected.tolist()}
    assert rows == {tuple(row) for row in found.tolist()}


COMPARE = {"values": same_values, "moments": same_moments, "shuffled": shuffled_rows}


if __name__ == "__main__":
    command, where = sys.argv[1:]
    if command == "write":
        write(Path(where))
    else:
        differences = read(Path(where))
        counted = len(list(Path(where).glob("*.keras")))
        loaded = [name for name in ("k_patterns", "tf_patterns", "tf_keras") if name in sys.modules]
        print(json.dumps({"wrong": differences, "models": counted, "loaded": loaded}))
