"""Write the golden calls and their results on JAX: `python -m tests.golden.make_ops`.

Run it with the Keras release that the files should pin; an old file is a promise, so only add.
"""

from __future__ import annotations

import collections
import datetime
import json
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
from tests.golden.calls import GoldenCall, all_calls
from tests.golden.values import from_keras, to_json, to_keras

from lamina.expression import opset

FOLDER = Path(__file__).parent / "ops"


def record(call: GoldenCall, identifier: str) -> dict[str, Any]:
    """One line of a golden file."""
    result: Any = call.random
    if result is None:
        function = opset.lookup(call.op).function
        result = from_keras(function(*to_keras(call.args), **to_keras(call.kwargs)))
    return {
        "id": identifier,
        "op": call.op,
        "args": [to_json(value) for value in call.args],
        "kwargs": {name: to_json(value) for name, value in call.kwargs.items()},
        "result": to_json(result),
    }


def records() -> dict[str, list[dict[str, Any]]]:
    """The records by namespace; calls of one operation are numbered from the second on."""
    groups: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    seen: collections.Counter[str] = collections.Counter()
    for call in all_calls():
        seen[call.op] += 1
        number = f"/{seen[call.op]}" if seen[call.op] > 1 else ""
        groups[opset.lookup(call.op).namespace].append(record(call, call.op + number))
    return groups


def write(group: str, lines: list[dict[str, Any]]) -> None:
    """One file, with one call per line."""
    head = {
        "format": 1,
        "date": datetime.date.today().isoformat(),
        "producer": {"keras": keras.__version__, "jax": jax.__version__},
    }
    calls = ",\n".join(json.dumps(line, allow_nan=False) for line in lines)
    text = json.dumps(head)[:-1] + f', "calls": [\n{calls}\n]}}\n'
    (FOLDER / f"{group}.json").write_text(text)


if __name__ == "__main__":
    for name, lines in records().items():
        write(name, lines)
        print(f"{name}: {len(lines)} calls")
