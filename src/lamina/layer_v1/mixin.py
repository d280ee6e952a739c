"""The class `LayerV1`."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras

from lamina.errors import UnavailableError, UnbuiltError
from lamina.layer_v1 import copying, internals, losses, nodes, variables

if TYPE_CHECKING:
    from keras.layers import Layer as _Layer
else:
    _Layer = object


class LayerV1(_Layer):
    """The Layer API of TensorFlow 1.8, for a Keras 3 layer.

    Put it before the Keras class. It has no constructor, and it changes neither training nor saving.
    The members that Keras 3 has with the documented meaning (`weights`, `get_weights`, ...) are Keras's
    own. Source: the reference of `tf.keras.layers.Lambda`, TensorFlow 1.8.

    Example:
        >>> import keras
        >>> from lamina.layer_v1 import LayerV1
        >>> class Double(LayerV1, keras.layers.Layer):
        ...     def call(self, inputs):
        ...         return 2 * inputs
        >>> layer = Double()
        >>> doubled = layer(keras.Input((3,)))
        >>> layer.input_shape, layer.get_output_shape_at(0)
        ((None, 3), (None, 3))
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Completes the two methods that Keras leaves open, where the class does not define them."""
        super().__init_subclass__(**kwargs)
        for name, method in _OPEN_METHODS.items():
            if getattr(cls, name, None) is getattr(keras.layers.Layer, name):
                setattr(cls, name, method)

    def __getattr__(self, name: str) -> Any:
        """Repeats the error of a property of this class, which `torch.nn.Module` would replace."""
        member = vars(LayerV1).get(name)
        if isinstance(member, property) and inspect.getattr_static(type(self), name) is member:
            return member.__get__(self)
        inherited = getattr(super(), "__getattr__", None)
        if inherited is None:
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self)
        return inherited(name)

    @property
    def _loss_log(self) -> losses.LossLog:
        log: losses.LossLog | None = self.__dict__.get("_v1_loss_log")
        return self.__dict__.setdefault("_v1_loss_log", losses.LossLog()) if log is None else log

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the layer, and notes which losses of the call depend on its inputs.

        Returns:
            The output of `call`.

        Raises:
            ValueError: the layer cannot be built from these inputs, or a positional argument is not a tensor.
        """
        log = self._loss_log
        start = log.begin()
        before = internals.sublayer_losses(self)
        outputs = super().__call__(*args, **kwargs)
        activity = 0
        if self.activity_regularizer is not None:
            activity = sum(map(keras.ops.is_tensor, keras.tree.flatten(outputs)))
        log.end(start, [args, kwargs], activity)
        self._note_sublayers(before, [args, kwargs])
        return outputs

    def _note_sublayers(self, before: list[tuple[Any, Any]], arguments: Any) -> None:
        """The new losses of sublayers depend on the arguments, unless a sublayer says otherwise."""
        old = {id(loss) for _, loss in before}
        for layer, loss in internals.sublayer_losses(self):
            declared = isinstance(layer, LayerV1) and not layer._loss_log.is_conditional(loss)
            if id(loss) not in old and not declared:
                self._loss_log.add(loss, arguments)

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls the layer.

        Under PyTorch, a function as only argument is `torch.nn.Module.apply`, which this name hides.
        """
        if callable(inputs) and keras.backend.backend() == "torch":
            return super().apply(inputs)
        return self(inputs, *args, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A layer with the same configuration, name and weights, connected to nothing.

        Raises:
            SavingError: the configuration does not lead to the same variables.
        """
        memo[id(self)] = result = copying.copied(self)
        return result

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Makes a layer from what `get_config` returns.

        Args:
            config: the configuration; it stays as it is.
            custom_objects: classes and functions that the configuration names.
        """
        with keras.saving.CustomObjectScope(custom_objects or {}):
            return super().from_config(copy.copy(config))

    # Losses and updates

    def add_loss(self, losses: Any = None, inputs: Any = None, *, loss: Any = None) -> None:
        """Adds loss tensors to the current call.

        Args:
            losses: a tensor, or a list or tuple of tensors.
            inputs: the inputs that the losses depend on; None for losses that depend on none.
            loss: the name that Keras 3 uses for `losses`.

        Raises:
            ValueError: something else than a tensor with a value.
        """
        losses = loss if losses is None else losses
        super().add_loss(losses)
        self._loss_log.add(losses, inputs)

    def _clear_losses(self) -> None:
        # In a stateless scope Keras knows losses by `id`: that of one long gone may be another layer's by now.
        internals.keep_losses(self, self._loss_log.alive())
        super()._clear_losses()

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """The losses of the latest call that depend on `inputs`; the unconditional ones for None.

        For symbolic tensors, the losses are symbolic tensors that a model can return.

        Args:
            inputs: tensors that the layer was called on, or None.
        """
        log = self._loss_log
        if inputs is None:
            return [loss for loss in self.losses if not log.is_conditional(loss)]
        tensors = keras.tree.flatten(inputs)
        if any(isinstance(tensor, keras.KerasTensor) for tensor in tensors):
            return losses.symbolic_losses(self, log, tensors)
        return [loss for loss in self.losses if log.depends_on(loss, tensors)]

    @property
    def updates(self) -> list[Any]:
        """Empty: Keras 3 assigns at once, so no update is pending."""
        return []

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Runs the updates that are functions; other ones happened when they were written.

        As in TensorFlow 1.8, a layer that is not trainable does not update.

        Args:
            updates: an update, or a list or tuple of updates.
            inputs: accepted and not needed, since no update is kept for later.
        """
        if not self.trainable:
            return
        for update in keras.tree.flatten(updates):
            if callable(update):
                update()

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Empty, like `updates`."""
        return []

    # Weights

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a variable, with the arguments in the order of 1.8 or of Keras 3.

        1.8: `name, shape, dtype, initializer, regularizer, trainable, constraint`.
        Keras 3: `shape, initializer, dtype`, and keywords.

        Raises:
            UnavailableError: a partitioner was given.
        """
        if variables.is_old_order(args, kwargs):
            return super().add_weight(**variables.from_old_order(*args, **kwargs))
        return super().add_weight(*args, **kwargs)

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a variable, or returns the one of this name that the layer has.

        The arguments are those of `add_weight`; in the order of 1.8, a `partitioner` is the last.

        Raises:
            WeightsError: the variable of this name has another shape or dtype.
            UnavailableError: a partitioner was given.
        """
        if variables.is_old_order(args, kwargs):
            args, kwargs = (), variables.from_old_order(*args, **kwargs)
        shape = kwargs.get("shape", args[0] if args else None)
        dtype = kwargs.get("dtype", args[2] if len(args) > 2 else None)
        found = variables.existing(self, kwargs.get("name"), shape, dtype)
        return super().add_weight(*args, **kwargs) if found is None else found

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the weights from arrays in the order of `get_weights`; all of them or none.

        Raises:
            WeightsError: another number of arrays, or an array of another shape.
        """
        super().set_weights(variables.checked(self, weights))

    # What the layer is connected to

    @property
    def inbound_nodes(self) -> list[Any]:
        """The nodes of the symbolic calls of this layer, oldest first."""
        return internals.inbound_nodes(self)

    @property
    def outbound_nodes(self) -> list[Any]:
        """The nodes of the calls that consume an output of this layer."""
        return internals.outbound_nodes(self)

    @property
    def input(self) -> Any:
        """The input tensor, or the list of input tensors. Raises: NodeError without one connection."""
        return super().input if _is_graph(self) else nodes.only(self, "input")

    @property
    def output(self) -> Any:
        """The output tensor, or the list of output tensors. Raises: NodeError without one connection."""
        if _is_graph(self) or internals.asked_by_graph_builder():
            return super().output
        return nodes.only(self, "output")

    @property
    def input_mask(self) -> Any:
        """The mask of the input, or the list of masks. Raises: NodeError without one connection."""
        return nodes.only(self, "input_mask")

    @property
    def output_mask(self) -> Any:
        """The mask of the output, or the list of masks. Raises: NodeError without one connection."""
        return nodes.only(self, "output_mask")

    @property
    def input_shape(self) -> Any:
        """The shape of the input, or the list of shapes. Raises: NodeError unless all calls agree."""
        return super().input_shape if _is_graph(self) else nodes.common_shape(self, "input_shape")

    @property
    def output_shape(self) -> Any:
        """The shape of the output, or the list of shapes. Raises: NodeError unless all calls agree."""
        return super().output_shape if _is_graph(self) else nodes.common_shape(self, "output_shape")

    def get_input_at(self, node_index: int) -> Any:
        """The input tensors of the symbolic call number `node_index`. Raises: as `nodes.at`."""
        return nodes.at(self, node_index, "input")

    def get_output_at(self, node_index: int) -> Any:
        """The output tensors of the symbolic call number `node_index`. Raises: as `nodes.at`."""
        return nodes.at(self, node_index, "output")

    def get_input_mask_at(self, node_index: int) -> Any:
        """The input masks of the symbolic call number `node_index`. Raises: as `nodes.at`."""
        return nodes.at(self, node_index, "input_mask")

    def get_output_mask_at(self, node_index: int) -> Any:
        """The output masks of the symbolic call number `node_index`. Raises: as `nodes.at`."""
        return nodes.at(self, node_index, "output_mask")

    def get_input_shape_at(self, node_index: int) -> Any:
        """The input shapes of the symbolic call number `node_index`. Raises: as `nodes.at`."""
        return nodes.at(self, node_index, "input_shape")

    def get_output_shape_at(self, node_index: int) -> Any:
        """The output shapes of the symbolic call number `node_index`. Raises: as `nodes.at`."""
        return nodes.at(self, node_index, "output_shape")

    # Names and graphs

    @property
    def scope_name(self) -> str:
        """The prefix of the paths of the layer's variables.

        Raises:
            UnbuiltError: the layer was not used yet.
        """
        if not self.built:
            raise UnbuiltError(
                f"Layer {self.name!r} has no scope name yet: it is determined when the layer is first "
                f"called or built. Call the layer before."
            )
        return str(self.path or self.name)

    @property
    def graph(self) -> Any:
        """The TensorFlow graph that is being traced.

        Raises:
            UnavailableError: outside of `tf.function`, and under JAX or PyTorch.
        """
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            if not tf.executing_eagerly():
                return tf.compat.v1.get_default_graph()
        raise UnavailableError(
            f"Layer {self.name!r} has no graph: expected a call inside `tf.function`, received a read in "
            f"eager use with the {keras.backend.backend()} backend. The graph of a Keras 3 model is in "
            f"`inbound_nodes` and `outbound_nodes`; `model.export` writes a TensorFlow graph."
        )


def _is_graph(layer: Any) -> bool:
    """Whether `layer` is a Functional or built Sequential model, which has inputs of its own."""
    return isinstance(layer, keras.Model) and getattr(layer, "inputs", None) is not None


@internals.as_default
def _compute_mask(self: Any, inputs: Any, mask: Any = None, previous_mask: Any = None) -> Any:
    """The mask of the output: that of the input. `previous_mask` is the name that Keras 3 uses."""
    return previous_mask if mask is None else mask


@internals.as_default
def _compute_output_shape(self: Any, input_shape: Any) -> Any:
    """The shape that `call` returns for `input_shape`; the layer is left as it is."""
    if self.built:
        outputs = self.compute_output_spec(copying.symbolic(self, input_shape))
    else:
        outputs = copying.copied(self)(copying.symbolic(self, input_shape))
    return keras.tree.map_structure(lambda output: output.shape, outputs)


_OPEN_METHODS = {"compute_mask": _compute_mask, "compute_output_shape": _compute_output_shape}
