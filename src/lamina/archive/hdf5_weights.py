"""The two layouts in which Keras keeps weights in HDF5.

Keras 1 and 2 (and Keras 3 for `.h5`): the attribute `layer_names` lists groups, each with an
attribute `weight_names` that lists datasets. Keras 3 and the `.keras` zips of TF 2.12 to 2.18: a
tree of groups named after classes (`layers/dense_1/vars/0`), whose order is not in the file, so it
comes from the architecture.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lamina._records import dataclass
from lamina.archive.hdf5 import opened, read_tree
from lamina.archive.hdf5_tree import Dataset, Group, names_attribute
from lamina.archive.limits import Limits
from lamina.archive.rules import Findings
from lamina.archive.source import Source, Window
from lamina.archive.walk import snake_case
from lamina.archive.weights import Slot, Weights

if TYPE_CHECKING:
    from lamina.archive.weights import Array

_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
_STATE = frozenset({"optimizer", "seed_generator", "_seed_generators", "metrics", "vars", *_CONTAINERS})
_STORED = {"bfloat16": "uint16"}
# Children whose order in `get_weights()` is not alphabetical.
_CHILD_ORDER = {
    name: rank
    for rank, name in enumerate(
        ("forward_layer", "backward_layer", "query_dense", "key_dense", "value_dense", "output_dense")
    )
}


@dataclass(frozen=True, slots=True)
class Hdf5Store:
    """HDF5 data in a source, or in a part of one; opened for each use.

    Attributes:
        source: The file.
        limits: Bounds that hold each time it is opened.
        at: The place of the data inside the file, for messages.
        part: Start and size of the data where they are a stored zip member.
        datasets: The places of the weights by path.
    """

    source: Source
    limits: Limits
    at: str = ""
    part: tuple[int, int] | None = None

    datasets: Mapping[str, Dataset] = field(default_factory=dict, repr=False)

    @contextlib.contextmanager
    def file(self) -> Iterator[BinaryIO]:
        """The open data."""
        with self.source.open() as file:
            yield cast("BinaryIO", Window(file, *self.part)) if self.part else file

    def tree(self) -> Group:
        """The checked structure."""
        with self.file() as file:
            return read_tree(file, Findings(self.source.label), self.limits, self.at)

    def read(self, slots: Sequence[Slot]) -> Iterator[Array]:
        """Yields the array of each slot."""
        with self.file() as file, contextlib.ExitStack() as stack:
            root = None
            for slot in slots:
                place = self.datasets[slot.key]
                if place.offset is not None:
                    yield _contiguous(file, place)
                    continue
                if root is None:
                    root = stack.enter_context(opened(file, Findings(self.source.label), self.at))
                yield _plain(root[slot.key][()], place.dtype)


def hdf5_weights(store: Hdf5Store, config: Any = None) -> Weights:
    """Lists the weights in HDF5 data of either layout.

    Args:
        store: Where the data are.
        config: The model's architecture, which gives the order of the second layout.

    Returns:
        The weights; optimizer and random seed state are left out.

    Raises:
        RefusedError: The data are damaged, refused by an `hdf5.*` rule, or hold no weights.
    """
    findings = Findings(store.source.label)
    root = store.tree()
    group = root.group("model_weights") or root
    if not has_weights(group):
        raise findings.refused("weights.missing", "no layer_names and no layers", store.at)
    lister = _Lister(findings, store.at)
    layers = names_attribute(group, "layer_names", findings, store.at)
    if layers is not None:
        found, layout, ordered = lister.listed(group, layers), "layers", True
    else:
        found = lister.tree(root, config if isinstance(config, dict) else {}, "")
        layout, ordered = "v3", config is not None
    pairs = list(found)
    kept = replace(store, datasets={place.path: place for _, place in pairs})
    return Weights(tuple(slot for slot, _ in pairs), layout, ordered, kept)


def has_weights(group: Group) -> bool:
    """Whether a root or `model_weights` group holds weights of either layout."""
    listed = any(name in group.attributes for name in ("layer_names", "layer_names0"))
    return listed or any(name in group.children for name in (*_CONTAINERS, "vars"))


Found = tuple[Slot, Dataset]


@dataclass(frozen=True, slots=True)
class _Lister:
    findings: Findings
    at: str

    def listed(self, group: Group, layers: Sequence[str]) -> Iterator[Found]:
        """The layout of `layer_names` and `weight_names`."""
        for layer in [*layers, "top_level_model_weights"]:
            inside = group.find(layer)  # the name may hold slashes
            if not isinstance(inside, Group):
                if layer in layers:
                    raise self.findings.refused("hdf5.damaged", f"no group for layer {layer!r}", self.at)
                continue
            for name in names_attribute(inside, "weight_names", self.findings, self.at) or ():
                yield self.found(inside.find(name), f"{layer}/{name}", layer)

    def tree(self, group: Group, node: dict[str, Any], layer: str) -> Iterator[Found]:
        """The layout of nested groups, in the order of the architecture."""
        own = group.group("vars")
        for key in sorted(own.children if own else (), key=_natural):
            assert own is not None
            yield self.found(own.children[key], own.child_path(key), layer)
        for name in _CONTAINERS:
            container = group.group(name)
            twice = name == "_layer_checkpoint_dependencies"
            for key, child in _matched(container, node, twice) if container else ():
                inside = container.group(key) if container else None
                if inside is not None:
                    yield from self.tree(inside, child, layer or _label(child, key))
        for key in sorted(group.children, key=_natural):
            inside = group.group(key)
            if key not in _STATE and inside is not None:
                yield from self.tree(inside, _child_config(node, key), layer or key)

    def found(self, place: Group | Dataset | None, name: str, layer: str) -> Found:
        if not isinstance(place, Dataset):
            raise self.findings.refused("hdf5.damaged", f"no dataset {name!r}", self.at)
        if not place.dtype:
            raise self.findings.refused("weights.format", f"{name!r} is no array of numbers", self.at)
        return Slot(name, layer, place.shape, place.dtype, place.path), place


def _matched(container: Group, node: dict[str, Any], twice: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The groups of a container with their layers' configs, in the order of the config.

    TensorFlow 2.12 and 2.13 counted a layer with weights twice when they named the groups.
    """
    used: dict[str, int] = {}
    found: dict[str, dict[str, Any]] = {}
    for child in _layers_of(node):
        key = snake_case(str(child.get("class_name", "")).rsplit(">", 1)[-1])
        count = used.get(key, 0)
        name = f"{key}_{count}" if count else key
        weighted = twice and _holds_data(container.children.get(name))
        used[key] = count + (2 if weighted else 1)
        found[name] = child
    yield from ((key, child) for key, child in found.items() if key in container.children)
    yield from ((key, {}) for key in sorted(container.children, key=_natural) if key not in found)


def _holds_data(place: Group | Dataset | None) -> bool:
    """Whether there is an array in a group or below it."""
    if isinstance(place, Group):
        return any(map(_holds_data, place.children.values()))
    return place is not None


def _layers_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a model's config; operations that stand among them own no group."""
    config = node.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list):
        return []
    return [item for item in layers if isinstance(item, dict) and ".ops." not in str(item.get("module"))]


def _child_config(node: dict[str, Any], key: str) -> dict[str, Any]:
    """The config of a layer that a layer keeps under an attribute, where the config has it."""
    config = node.get("config")
    if not isinstance(config, dict):
        return {}
    child = config.get(key, config.get("layer"))
    return child if isinstance(child, dict) else {}


def _label(node: dict[str, Any], key: str) -> str:
    config = node.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    return str(node.get("name") or inner or key)


def _natural(name: str) -> tuple[int, str, int]:
    name = name.removeprefix("_")  # TensorFlow's layers keep theirs under private names
    stem, number = re.fullmatch(r"(.*?)_?(\d*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return _CHILD_ORDER.get(name, len(_CHILD_ORDER)), stem, int(number or 0)


def _contiguous(file: BinaryIO, place: Dataset) -> Array:
    import numpy as np

    kind = np.dtype(_STORED.get(place.dtype, place.dtype))
    count = math.prod(place.shape)
    raw = b""
    if count:
        file.seek(place.offset or 0)
        raw = file.read(count * kind.itemsize)
    stored = np.frombuffer(raw, kind.newbyteorder(">" if place.order == ">" else "<"))
    return _plain(stored.reshape(place.shape).astype(kind), place.dtype)


def _plain(value: Any, dtype: str) -> Array:
    """An array of a type that NumPy has."""
    import numpy as np

    array: Array = np.asarray(value)
    if dtype == "bfloat16":
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return array
