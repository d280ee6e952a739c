"""Which losses of a layer depend on which inputs.

Keras 3 keeps the losses of the latest call in a flat list. `LossLog` remembers beside it, by
identity and without keeping anything alive, what each loss depends on. `ConditionalLosses` gives
the losses of a symbolic call as symbolic tensors.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import keras

from lamina._records import dataclass
from lamina.layer_v1 import internals, nodes

_Reference = weakref.ReferenceType[Any]


@dataclass
class _Record:
    """A loss and the tensors it depends on; `inputs` is None for an unconditional loss."""

    serial: int
    loss: _Reference
    inputs: list[_Reference] | None

    def is_of(self, loss: Any) -> bool:
        return self.loss() is loss

    def depends_on(self, tensors: list[Any]) -> bool:
        return any(ref() is tensor for ref in self.inputs or () for tensor in tensors)


class LossLog:
    """The origins of the losses of one layer."""

    def __init__(self) -> None:
        self.symbolic: dict[int, list[Any]] = {}
        self._serial = 0
        self._records: list[_Record] = []

    def add(self, losses: Any, inputs: Any = None) -> None:
        """Notes losses that depend on `inputs`, or on nothing where that is None."""
        references = None if inputs is None else _references(inputs)
        for loss in keras.tree.flatten(losses):
            self._records.append(_Record(self._serial, weakref.ref(loss), references))
            self._serial += 1

    def begin(self) -> int:
        """Forgets losses that are gone; returns the serial number of the next one."""
        self._records = [record for record in self._records if record.loss() is not None]
        return self._serial

    def end(self, start: int, arguments: Any, activity: int) -> None:
        """Completes the losses noted since `start`, in a call that received `arguments`.

        Keras adds the activity losses after everything else, so they are the last `activity` ones.
        A loss of an intermediate tensor may depend on any argument of the call.
        """
        new = [record for record in self._records if record.serial >= start]
        for record in new[len(new) - activity :]:
            record.inputs = []
        conditional = [record for record in new if record.inputs is not None]
        originals = _references(arguments) if conditional else []
        known = {id(reference()) for reference in originals}
        for record in conditional:
            if not record.inputs or any(id(ref()) not in known for ref in record.inputs):
                record.inputs = [*(record.inputs or ()), *originals]

    def alive(self) -> list[Any]:
        """The losses that something still holds."""
        return [loss for record in self._records if (loss := record.loss()) is not None]

    def is_conditional(self, loss: Any) -> bool:
        """Whether `loss` depends on inputs of the layer."""
        return any(record.inputs is not None and record.is_of(loss) for record in self._records)

    def depends_on(self, loss: Any, tensors: list[Any]) -> bool:
        """Whether `loss` depends on a tensor of `tensors`."""
        return any(record.is_of(loss) and record.depends_on(tensors) for record in self._records)


def _references(tensors: Any) -> list[_Reference]:
    """Weak references to the leaves of `tensors`; numbers and the like have no identity to keep."""
    return [weakref.ref(leaf) for leaf in keras.tree.flatten(tensors) if _has_identity(leaf)]


def _has_identity(leaf: Any) -> bool:
    return isinstance(leaf, keras.KerasTensor) or hasattr(leaf, "shape")


def symbolic_losses(layer: Any, log: LossLog, tensors: Iterable[Any]) -> list[Any]:
    """The conditional losses of the calls of `layer` that depend on the symbolic `tensors`."""
    found: list[Any] = []
    for index in nodes.reached(layer, tensors):
        if index not in log.symbolic:
            arguments = internals.inbound_nodes(layer)[index].arguments
            log.symbolic[index] = ConditionalLosses(layer)(*arguments.args, **arguments.kwargs)
        found.extend(log.symbolic[index])
    return found


@keras.saving.register_keras_serializable(package="lamina")
class ConditionalLosses(keras.layers.Layer):
    """Calls a layer and returns the losses that depend on the inputs, instead of the outputs.

    Variables keep their values: the call happens in a scope of its own.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, *args: Any, **kwargs: Any) -> list[Any]:
        """The losses of the wrapped layer that depend on these arguments."""
        values = [(variable, variable.value) for variable in self.layer.variables]
        with keras.StatelessScope(state_mapping=values, collect_losses=True):
            self.layer(*args, **kwargs)
            losses: list[Any] = self.layer.get_losses_for([args, kwargs])
        return losses

    def get_config(self) -> dict[str, Any]:
        """The configuration, with that of the wrapped layer."""
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Makes the layer from what `get_config` returns."""
        layer = keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})
