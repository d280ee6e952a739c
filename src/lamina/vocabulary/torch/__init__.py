"""PyTorch's functions and tensor methods, written over the opset, with PyTorch's own meaning.

`TABLE` holds them by the name below `torch` ("cat", "nn.functional.relu", "linalg.inv"), `METHODS`
and `PROPERTIES` those of tensors, changes in place among them ("add_", "clamp_"), after which the
tensor stands for the result. `REFUSED` says of a name that no expression can stand for what to use
instead.

PyTorch itself is not imported. On types one rule holds: the int64 and float64 of PyTorch are 32 bits
wide on JAX, which computes in 32 bits unless it is told otherwise.

Example:
    >>> import keras
    >>> from lamina.vocabulary.torch import TABLE
    >>> x = keras.ops.ones((2, 3, 4))
    >>> tuple(TABLE["flatten"](x, 1).shape), tuple(TABLE["mean"](x, dim=(0, 2), keepdim=True).shape)
    ((2, 12), (1, 3, 1))
"""

from __future__ import annotations

from collections.abc import Mapping

from lamina.vocabulary.registry import Vocabulary
from lamina.vocabulary.torch.methods import METHODS as METHODS
from lamina.vocabulary.torch.methods import PROPERTIES as PROPERTIES
from lamina.vocabulary.torch.refused import REFUSED as REFUSED
from lamina.vocabulary.torch.refused import REFUSED_METHODS as REFUSED_METHODS
from lamina.vocabulary.torch.table import TABLE as TABLE

DEVIATIONS: Mapping[str, str] = {
    "allclose": "its result is a tensor, as a Python bool would need the values",
    "equal": "its result is a tensor, as a Python bool would need the values",
    "linalg.eigh": "the signs of vectors are those of the backend",
    "linalg.qr": "the signs of columns are those of the backend",
    "linalg.svd": "the signs of vectors are those of the backend",
    "manual_seed": "it has no effect: seeds belong to the layer",
    "qr": "the signs of columns are those of the backend",
    "svd": "the signs of vectors are those of the backend",
}

VOCABULARIES = (Vocabulary("torch", ("torch",), TABLE, REFUSED, {**METHODS, **PROPERTIES}),)
