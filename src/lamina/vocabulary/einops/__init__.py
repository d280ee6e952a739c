"""The vocabulary `einops`: its verbs over the opset, with a reader of its patterns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lamina.vocabulary.einops import packing, verbs
from lamina.vocabulary.registry import Vocabulary

TABLE: Mapping[str, Any] = MappingProxyType(
    {
        "rearrange": verbs.rearrange,
        "reduce": verbs.reduce,
        "repeat": verbs.repeat,
        "einsum": packing.einsum,
        "pack": packing.pack,
        "unpack": packing.unpack,
        "parse_shape": packing.parse_shape,
    }
)
REFUSED: Mapping[str, str] = MappingProxyType(
    {"asnumpy": "it reads tensor values on the host; keep the tensor and use einops or keras.ops on it"}
)
DEVIATIONS: Mapping[str, str] = MappingProxyType(
    {
        "reduce": "the dtype of a sum or product is that of keras.ops on the backend, as for tensors of it",
        "pack": "the sizes are a list of tuples, of which some may be unknown",
    }
)

VOCABULARIES = (Vocabulary("einops", ("einops",), TABLE, REFUSED),)
