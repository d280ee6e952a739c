"""The weights of a model file: named arrays in layer order, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from lamina._records import dataclass
from lamina.errors import ArchiveError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Slot:
    """One weight: where it belongs and what it is, without its numbers.

    Attributes:
        name: Unique in the file, such as `"dense/dense/kernel:0"` or `"layers/dense/vars/0"`.
        layer: Name of the outermost layer that owns it.
        shape: Its shape.
        dtype: NumPy's name for its type; `"bfloat16"` is read as `float32`, which holds it exactly.
        key: Where its reader finds it.
    """

    name: str
    layer: str
    shape: tuple[int, ...]
    dtype: str
    key: str


class Store(Protocol):
    """Reads arrays; opens its file for the duration of one call."""

    def read(self, slots: Sequence[Slot]) -> Iterator[Array]:
        """Yields the array of each slot."""
        ...


@dataclass(frozen=True)
class Weights(Mapping[str, "Array"]):
    """Weights by name, in the order of Keras's `get_weights()`; arrays are read on access.

    Nothing is kept open or cached: `weights[name]` reads one array, `arrays()` reads all at once.

    Attributes:
        slots: What there is, in order.
        layout: `"layers"` (Keras 1 and 2 HDF5), `"v3"` (`.weights.h5`) or `"checkpoint"`.
        ordered: Whether the order is that of the model; without an architecture a v3 file's is
            only alphabetical.
    """

    slots: tuple[Slot, ...]
    layout: str
    ordered: bool
    store: Store = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        slot = next((slot for slot in self.slots if slot.name == name), None)
        if slot is None:
            raise KeyError(name)
        return next(iter(self.store.read([slot])))

    def __iter__(self) -> Iterator[str]:
        return (slot.name for slot in self.slots)

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        """The names of the weights of each layer that has any, in order."""
        found: dict[str, list[str]] = {}
        for slot in self.slots:
            found.setdefault(slot.layer, []).append(slot.name)
        return {layer: tuple(names) for layer, names in found.items()}

    def arrays(self) -> list[Array]:
        """Reads every array, in order.

        Raises:
            ArchiveError: The order is unknown, since the file has no architecture.
        """
        if not self.ordered:
            raise ArchiveError(
                "This file has weights without an architecture, so their order is unknown. "
                "Expected a config; use `ModelFile.weights(path)` of the architecture, or names."
            )
        return list(self.store.read(self.slots))
