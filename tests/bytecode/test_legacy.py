"""The Lambdas of real model files, ten years of Keras: read, attributed, and computed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bytecode.numpy_world import Namespace, Tensor, numpy_result

from lamina.bytecode import NamedFunction, SavedFunction, evaluate, is_saved_function, read_function, readings
from lamina.errors import BytecodeError, NamesNeededError

pytestmark = pytest.mark.backend_free

NAMES = {"SCALE": 3.0, "CLASSES": ["a", "b", "c"], "global_helper": lambda v, k: v * k + 1.0}
# Saved by name only, library functions, a closure over a function, and images, which NumPy does not resize.
CANNOT_BE_COMPUTED_HERE = {
    *("bound_method", "builtin_abs", "closure_function", "default_args_overridden", "def_loop"),
    *("function_object_K", "function_object_tf_identity", "function_object_tf_relu", "import_inside"),
    *("ops_function_object", "ops_resize", "tf1_resize_bilinear", "tf_image_resize", "unicode_constants"),
}
FIELDS = ("function", "output_shape", "mask", "mode")


def rows(legacy: Path) -> list[dict[str, Any]]:
    text = (legacy / "manifest.jsonl").read_text("utf-8")
    found = [json.loads(line) for line in text.splitlines()]
    return [row for row in found if row["format"] == "json" and not row["error"]]


def lambdas(node: Any) -> Iterator[dict[str, Any]]:
    """The configs of the Lambda (and Keras 1 Merge) layers anywhere within a config."""
    if isinstance(node, dict):
        if node.get("class_name") in ("Lambda", "Merge"):
            yield node["config"]
        for value in node.values():
            yield from lambdas(value)
    elif isinstance(node, list):
        for value in node:
            yield from lambdas(value)


def functions(config: dict[str, Any]) -> Iterator[tuple[str, SavedFunction | NamedFunction]]:
    for field in FIELDS:
        value = config.get(field)
        if is_saved_function(value) or (field == "function" and value is not None):
            yield field, read_function(value)


def models(legacy: Path) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    for row in rows(legacy):
        path = legacy / row["file"]
        if path.exists():
            yield row, list(lambdas(json.loads(path.read_text("utf-8"))))


def test_every_function_is_read_and_attributed_to_the_python_that_wrote_it(legacy: Path) -> None:
    kinds: Counter[str] = Counter()
    for row, configs in models(legacy):
        python = ".".join(row["python"].split(".")[:2])
        for config in configs:
            for _, function in functions(config):
                kinds[type(function).__name__] += 1
                if isinstance(function, SavedFunction):
                    found = readings(function.code, lines=not function.damaged)
                    assert len(found) == 1, row["file"]
                    assert python in found[0].versions, row["file"]
    assert kinds == {"SavedFunction": 1405, "NamedFunction": 100}


def single_lambda(model: dict[str, Any]) -> dict[str, Any] | None:
    """The Lambda's config, of a model that is one Lambda and nothing else."""
    layers = model if isinstance(model, list) else model["layers"]
    inner = [layer for layer in layers if layer["class_name"] != "InputLayer"]
    return inner[0]["config"] if len(inner) == 1 and inner[0]["class_name"] == "Lambda" else None


def outputs(model: dict[str, Any], result: Any) -> list[Any]:
    """The model's outputs in its own order, out of what its one layer returned."""
    found = numpy_result(result)
    wanted = model.get("output_layers") if isinstance(model, dict) else None
    nested = wanted and isinstance(wanted[0], list)
    return [found[index] for _, _, index in wanted] if nested else found


def test_single_lambdas_compute_what_the_old_framework_computed(legacy: Path) -> None:
    right: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for row in rows(legacy):
        path = legacy / row["file"]
        model = json.loads(path.read_text("utf-8"))["config"] if path.exists() else []
        config = single_lambda(model)
        if config is None or not row["deterministic"]:
            continue
        function = read_function(config["function"])
        if not isinstance(function, SavedFunction):
            refused[row["case"]] += 1
            continue
        with np.load(path.with_suffix(".npz")) as data:
            inputs = [Tensor(data[name]) for name in sorted(data.files) if name.startswith("i")]
            expected = [data[name] for name in sorted(data.files) if name.startswith("o")]
        try:
            result = evaluate(
                function,
                [inputs if len(inputs) > 1 else inputs[0]],
                config.get("arguments") or {},
                namespace=Namespace(**NAMES),
            )
        except BytecodeError as error:
            refused[f"{row['case']}: {type(error).__name__}: {str(error).splitlines()[0]}"] += 1
            continue
        for found, oracle in zip(outputs(model, result), expected, strict=True):
            np.testing.assert_allclose(found, oracle, atol=1e-5, err_msg=row["file"])
        right[row["case"]] += 1
    assert sum(right.values()) == 713
    assert {reason.split(":")[0] for reason in refused} == CANNOT_BE_COMPUTED_HERE


def test_a_missing_name_is_asked_for_with_all_others(legacy: Path) -> None:
    config = next(configs[0] for row, configs in models(legacy) if row["case"] == "global_helper_call")
    function = read_function(config["function"])
    with pytest.raises(NamesNeededError) as refusal:
        evaluate(function, [Tensor([1.0])], namespace=Namespace())
    assert refusal.value.names == ("global_helper", "CLASSES", "SCALE")
    assert 'names={"global_helper": ..., "CLASSES": ..., "SCALE": ...}' in str(refusal.value)
