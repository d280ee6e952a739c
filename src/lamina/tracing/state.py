"""The state that a function reaches: seeds, variables, constants and layers.

Objects get a slot each, by identity, numbered -1, -2, ... until the expression is put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import field
from typing import Any

from lamina._keras import is_a, keras
from lamina._numpy import np
from lamina._records import dataclass
from lamina.errors import CaptureError
from lamina.expression.model import Ref, Spec, State


@dataclass(frozen=True, slots=True)
class SeedRequest:
    """Asks for a seed generator owned by the layer.

    Args:
        seed: Start value, or `None` for one from Keras's global seed.
    """

    seed: int | None = None


@dataclass(frozen=True, slots=True)
class VariableRequest:
    """Asks for a variable owned by the layer, made once and found again by its name.

    Args:
        name: Its name.
        value: What it starts with: an array, or a function without arguments that makes one.
        dtype: Its dtype.
        trainable: Whether it is trained.
    """

    name: str
    value: Any
    dtype: str
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class Tie:
    """A variable that belongs to a layer.

    Args:
        layer: The layer.
        index: The place of the variable in the layer's `weights`.
    """

    layer: Any
    index: int


_ANY = Spec()


@dataclass
class StateTable:
    """The state slots of one capture, and the objects behind them.

    `objects` maps a slot's name to what the owner must keep: a `SeedRequest`, a NumPy array, a
    `keras.Variable`, a layer or a `VariableRequest`; `ties` says which variables are a layer's, and
    `places` counts how often each place in the code made a layer.
    """

    slots: list[State] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    ties: dict[str, Tie] = field(default_factory=dict)
    places: Counter[Any] = field(default_factory=Counter)
    _by_identity: dict[int, Ref] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)
    _converted: dict[tuple[int, str], Any] = field(default_factory=dict)

    def add(self, kind: str, name: str, value: Any, spec: Spec = _ANY, trainable: bool = False) -> Ref:
        """A slot for `value`; the same object always gets the same slot."""
        known = self._by_identity.get(id(value))
        if known is not None:
            return known
        slot = State(kind, self._unique(name), spec, trainable)
        self.slots.append(slot)
        self.objects[slot.name] = value
        self._kept.append(value)
        ref = self._by_identity[id(value)] = Ref(-len(self.slots))
        return ref

    def converted(self, array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        """The array in another dtype; the same one each time, so that it gets one slot."""
        key = (id(array), dtype.name)
        if key not in self._converted:
            self._kept.append(array)
            self._converted[key] = array.astype(dtype)
        found: np.ndarray[Any, Any] = self._converted[key]
        return found

    def once(self, value: Any, make: Callable[[Any], Any]) -> Any:
        """What `make` makes of `value`; the same object each time, so that it gets one slot."""
        key = (id(value), make.__name__)
        if key not in self._converted:
            self._kept.append(value)
            self._converted[key] = make(value)
        return self._converted[key]

    def _unique(self, name: str) -> str:
        taken = {slot.name for slot in self.slots}
        if name not in taken:
            return name
        return next(f"{name}_{i}" for i in range(1, len(taken) + 2) if f"{name}_{i}" not in taken)

    def tie(self, ref: Ref, layer: Any) -> None:
        """Note that the variable of a slot is a weight of `layer`, if it is one."""
        variable = self.objects[self.slot(ref).name]
        places = [i for i, weight in enumerate(layer.weights) if weight is variable]
        if places:
            self.ties[self.slot(ref).name] = Tie(layer, places[0])

    def find(self, kind: str, name: str) -> Ref | None:
        """The slot of this kind and name, if there is one."""
        for position, slot in enumerate(self.slots):
            if (slot.kind, slot.name) == (kind, name):
                return Ref(-position - 1)
        return None

    def slot(self, ref: Ref) -> State:
        """The slot of a negative number."""
        return self.slots[-ref.index - 1]

    def value_spec(self, index: int) -> Any:
        """What stands for a slot when shapes are inferred."""
        slot = self.slots[-index - 1]
        if slot.kind == "seed":
            return 0
        if slot.kind == "layer":
            return self.objects[slot.name]
        return keras.KerasTensor(slot.spec.shape or (), dtype=slot.spec.dtype or "float32")

    def seed(self, seed: Any) -> Any:
        """The seed argument of a random operation: a slot, or the number the user fixed."""
        known = seed is None or isinstance(seed, (int, SeedRequest)) or is_a(seed, "random.SeedGenerator")
        if not known or isinstance(seed, bool):
            raise CaptureError(f"a seed is an int, None or a keras.random.SeedGenerator, received {seed!r}")
        if isinstance(seed, int):
            return seed
        return self.add("seed", "seed", SeedRequest() if seed is None else seed)
