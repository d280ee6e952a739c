"""TensorFlow's functions, written over the opset, with TensorFlow's own meaning.

`TABLE` holds them by the name below `tensorflow` ("nn.relu", "math.reduce_sum"), those of
TensorFlow 1 and 0.x among them ("log", "image.resize_bilinear"); `TABLE_V1` holds what differs in
`tensorflow.compat.v1`. Functions take the keywords of every version (`keep_dims`, `dim`, `name`).
`REFUSED` says of a name that no expression can stand for what to use instead.

TensorFlow itself is not imported. On types one rule holds: the int64 and float64 of TensorFlow are
32 bits wide on JAX, which computes in 32 bits unless it is told otherwise.

Example:
    >>> import keras
    >>> from lamina.vocabulary.tensorflow import TABLE
    >>> tuple(TABLE["reduce_sum"](keras.ops.ones((2, 3)), reduction_indices=[1], keep_dims=True).shape)
    (2, 1)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.registry import Vocabulary
from lamina.vocabulary.tensorflow.methods import METHODS as METHODS
from lamina.vocabulary.tensorflow.refused import FORBIDDEN
from lamina.vocabulary.tensorflow.refused import REFUSED as REFUSED
from lamina.vocabulary.tensorflow.table import TABLE as TABLE
from lamina.vocabulary.tensorflow.table import TABLE_V1 as TABLE_V1

# Modules that people import functions from although they are TensorFlow's own.
_INTERNAL = (
    "array_ops check_ops control_flow_assert control_flow_ops control_flow_switch_case cond functional_ops "
    "image_ops image_ops_impl init_ops linalg_ops map_fn math_ops nn nn_impl nn_ops random_ops "
    "special_math_ops tensor_array_ops variable_scope variables while_loop"
)


def _flat() -> Mapping[str, Any]:
    """Every function by its last name, as the modules below `tensorflow.python` have them."""
    found: dict[str, Any] = {}
    for prefix in ("", "math.", "nn.", "image.", "linalg."):
        for name, value in TABLE_V1.items():
            if name.startswith(prefix) and "." not in name[len(prefix) :]:
                found.setdefault(name[len(prefix) :], value)
    return found


DEVIATIONS: Mapping[str, str] = {
    "image.resize": "that of TensorFlow 2, also in files that TensorFlow 1.14 and 1.15 wrote",
    "linalg.qr": "the signs of columns are those of the backend",
    "linalg.svd": "the signs of vectors are those of the backend",
    "linalg.eigh": "the signs of vectors are those of the backend",
    "nn.dropout": "a second argument without a name is the rate, as in TensorFlow 2",
    "uint16": "Keras has none on PyTorch",
    "uint32": "Keras has none on PyTorch",
    "uint64": "Keras has none on PyTorch",
}

_LINKS = {"keras": "keras"}
VOCABULARIES = (
    Vocabulary(
        "tf",
        ("tensorflow", "tensorflow._api.v2"),
        TABLE,
        REFUSED,
        METHODS,
        {**_LINKS, "compat.v1": "tensorflow.compat.v1", "compat.v2": "tensorflow.compat.v2"},
        FORBIDDEN,
    ),
    Vocabulary(
        "tf.compat.v1",
        ("tensorflow.compat.v1", "tensorflow._api.v2.compat.v1"),
        TABLE_V1,
        REFUSED,
        links=_LINKS,
        forbidden=FORBIDDEN,
    ),
    Vocabulary(
        "tf.compat.v2",
        ("tensorflow.compat.v2", "tensorflow._api.v2.compat.v2"),
        TABLE,
        REFUSED,
        links=_LINKS,
        forbidden=FORBIDDEN,
    ),
    Vocabulary(
        "tensorflow.python.ops",
        tuple(f"tensorflow.python.ops.{name}" for name in _INTERNAL.split()),
        _flat(),
        REFUSED,
    ),
)
