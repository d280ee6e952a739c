"""Every model that 30 combinations of Python and Keras saved, loaded and compared with what they computed."""

from __future__ import annotations

import collections
import functools
import json
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lamina import backend as K
from lamina.legacy import read_model
from lamina.vocabulary import registry

ops = keras.ops

LANES = """py27_tf112_k122__keras py27_tf112_k122__tfk py27_tf115_k224__keras py27_tf115_k224__tfk py310_tf212__tfk
    py310_tf213__tfk py310_tf215__tfk py311_tf215__tfk py311_tf216_tfk__tf_keras py312_k30_jax__keras3
    py312_k3_tf__keras3 py312_tf218_tfk__keras3 py312_tf218_tfk__tf_keras py313_k3_jax__keras3 py36_tf112_k122__keras
    py36_tf112_k216__keras py36_tf112_k216__tfk py36_tf114_k224__keras py36_tf114_k224__tfk py36_tf115_k231__keras
    py36_tf115_k231__tfk py36_tf14_k208__tfk py37_tf115_k231__keras py37_tf115_k231__tfk py37_tf24__tfk
    py38_tf210__tfk py38_tf24__tfk py39_tf210__tfk py39_tf215__tfk v311_k315__keras3""".split()


# What the files do not contain: constants that the functions read, and functions saved by name alone.


def global_helper(v: Any, k: Any) -> Any:
    return v * k + 1.0


def antirectifier(x: Any) -> Any:
    x -= K.mean(x, axis=1, keepdims=True)
    x = K.l2_normalize(x, axis=1)
    return K.concatenate([K.relu(x), K.relu(-x)], axis=1)


def ops_antirectifier(x: Any) -> Any:
    x = x - ops.mean(x, axis=1, keepdims=True)
    x = ops.normalize(x, axis=1)
    return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)


def euclidean_distance(vects: Any) -> Any:
    x, y = vects
    return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))


def affine_defaults(x: Any, gain: float = 2.0, shift: tuple[float, ...] = (1.0, -1.0)) -> Any:
    return x * gain + shift[0] - 3 * shift[1]


def weighted_steps(x: Any) -> Any:
    parts = [x[:, i * 2 : (i + 1) * 2] * (i + 1) for i in range(3)]
    return K.concatenate([parts[0], -parts[1], parts[2]], axis=-1)


def sampling(args: Any) -> Any:
    z_mean, z_log_var = args
    return z_mean + K.exp(0.5 * z_log_var) * K.random_normal(
        shape=(K.shape(z_mean)[0], K.int_shape(z_mean)[1])
    )


NAMES = {
    "SCALE": 3.0,
    "CLASSES": ["a", "b", "c"],
    "global_helper": global_helper,
    "inner": lambda v: v * 2.5,
    "scale": lambda x: x * 0.5,
    "inner_import": lambda x: ops.softmax(x * 2.0),
    "unicode_doc": lambda x: x * 8.0,
    **{
        function.__name__: function
        for function in (
            antirectifier,
            ops_antirectifier,
            euclidean_distance,
            affine_defaults,
            weighted_steps,
            sampling,
        )
    },
}
# The wrapper that TensorFlow put around its functions, saved in place of the function itself.
WRAPPED = {"function_object_K": ops.softplus, "function_object_tf_identity": lambda x: x}
WRAPPER = "op_dispatch_handler"
# These did not save the mask function of a Lambda.
MASKS_LOST = """py27_tf112_k122__tfk py27_tf115_k224__keras py36_tf112_k216__keras py36_tf112_k216__tfk
    py36_tf114_k224__keras py36_tf115_k231__keras py36_tf14_k208__tfk py37_tf115_k231__keras""".split()
MATMUL_FREE = 1e-5


@functools.cache
def rows(legacy: Path) -> list[dict[str, Any]]:
    lines = (legacy / "manifest.jsonl").read_text("utf-8").splitlines()
    return [
        row for row in map(json.loads, lines) if row["file"] and not row["error"] and row["format"] != "npz"
    ]


def arrays(legacy: Path, row: dict[str, Any], kind: str) -> list[np.ndarray]:
    with np.load(legacy / row["lane"] / f"{row['case']}.npz") as data:
        return [data[f"{kind}{index}"] for index in range(sum(name[0] == kind for name in data.files))]


def names_for(case: str) -> dict[str, Any]:
    return NAMES | ({WRAPPER: WRAPPED[case]} if case in WRAPPED else {})


def loses_mask(row: dict[str, Any]) -> bool:
    return row["case"] == "mask_given" and row["lane"] in MASKS_LOST


def wrong(legacy: Path, row: dict[str, Any]) -> str:
    """What is wrong with the model of one file; empty if nothing is."""
    weights = arrays(legacy, row, "w") if row["format"] == "json" else None
    loaded = read_model(legacy / row["file"], names_for(row["case"]), weights)
    inputs, expected = arrays(legacy, row, "i"), arrays(legacy, row, "o")
    found = keras.tree.flatten(loaded.model(inputs if len(inputs) > 1 else inputs[0]))
    if loses_mask(row):
        return (
            ""
            if any("did not save the mask" in note.text for note in loaded.notes)
            else "nothing said of the mask"
        )
    if row.get("bad_oracle"):
        return ""
    shapes = [(tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)) for tensor in found]
    if shapes != [(array.shape, array.dtype.name) for array in expected]:
        return f"shapes {shapes}, expected {[(array.shape, array.dtype.name) for array in expected]}"
    if not row["deterministic"]:
        return ""
    far = [float(np.max(np.abs(ops.convert_to_numpy(a) - b))) for a, b in zip(found, expected, strict=True)]
    limit = (
        1e-4 if loaded.model.weights else MATMUL_FREE * max(1.0, *(float(np.abs(b).max()) for b in expected))
    )
    return "" if max(far) <= limit else f"off by {max(far)}"


@pytest.mark.parametrize("lane", LANES)
def test_every_model_computes_what_it_computed(legacy: Path, lane: str) -> None:
    failures = []
    done: collections.Counter[str] = collections.Counter()
    for row in rows(legacy):
        if row["lane"] != lane or (row["case"] == "jnp_square" and registry.for_module("jax.numpy") is None):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Keras's, on masks and on structures of inputs
            problem = wrong(legacy, row)
        if problem:
            failures.append((row["file"], problem))
        done[row["format"]] += 1
    assert not failures
    assert done["h5"] >= 20
    assert done["json"] >= 20


def test_all_lanes_are_tested(legacy: Path) -> None:
    assert {row["lane"] for row in rows(legacy)} == set(LANES)


# What is asked for without `names`: each case, the names in the message, and the files it stands in.
ASKED = {
    "bound_method": "scale",
    "closure_function": "inner",
    "global_scale": "SCALE",
    "global_helper_call": "global_helper",
    "function_object_tf_identity": ", identity, .*'op_dispatch_handler'",
    "function_object_K": ", softplus, .*'op_dispatch_handler'",
}


@pytest.mark.parametrize("case", ASKED)
def test_what_the_file_lacks_is_asked_for(legacy: Path, case: str) -> None:
    from lamina.errors import NamesNeededError

    path = legacy / "py310_tf212__tfk" / f"{case}.h5"
    with pytest.raises(NamesNeededError, match=ASKED[case]):
        read_model(path)
