"""Rewrite a model so that stock Keras loads it: each Lambda becomes Keras's own operations and layers."""

from __future__ import annotations

import collections
import json
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import keras
import numpy as np

from lamina._records import dataclass
from lamina.errors import LaminaError, SavingError
from lamina.expression.model import Expression, State, leaves
from lamina.expression.runner import flatten_inputs
from lamina.layer import Lambda
from lamina.legacy.gates import copy_of, uses_old_sigmoid, values_of
from lamina.unfolding import CannotHoldError, run_call, value_of

_WRAPPERS = (keras.layers.TimeDistributed,)


def freeze(model: Any) -> Any:
    """Gives an equivalent model in which each Lambda is made of stock Keras operations and layers.

    Its `.keras` file loads in a process without lamina, in safe mode, on every backend, and trains.
    A Sequential model that holds a Lambda becomes a Functional one. Names, weights, shared layers and
    how the model was compiled are kept; the given model is left as it is and shares nothing with it.

    Args:
        model: A Functional or Sequential model, which may hold others.

    Returns:
        The new model.

    Raises:
        SavingError: Stock Keras cannot hold a layer; the message lists each of them with the reason.

    Example:
        >>> import keras, lamina
        >>> model = keras.Sequential([keras.Input((3,)), lamina.Lambda(lambda x: x / 255.0)])
        >>> [type(layer).__name__ for layer in freeze(model).layers]
        ['InputLayer']
    """
    work = _Freezer()
    frozen = work.model(model)
    if work.problems:
        raise SavingError(_listed(model.name, work.problems))
    work.copy_weights()
    _check_stock(frozen)
    _copy_compilation(model, frozen)
    return frozen


def _listed(name: str, problems: Mapping[str, str]) -> str:
    lines = "".join(f"\n  {layer}: {reason}" for layer, reason in problems.items())
    return f"model {name!r} cannot be frozen; stock Keras cannot hold{lines}"


@dataclass
class _Freezer:
    """Copies layers, and calls them as the model does.

    Attributes:
        copies: The copy of each layer, by the layer's id.
        pairs: Layers with their copies, to copy weights.
        problems: What cannot be frozen, by layer.
    """

    copies: dict[int, Any] = field(default_factory=dict)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def model(self, model: Any) -> Any:
        if isinstance(model, keras.Sequential):
            return self._sequential(model)
        if not is_functional(model):
            raise SavingError(
                f"expected a Functional or Sequential model, received {type(model).__name__} {model!r:.80}"
            )
        if model.compiled:
            return self._uncompiled(model)
        return keras.models.clone_model(model, clone_function=self.copy, call_function=self.call)

    def _uncompiled(self, model: Any) -> Any:
        """Keras would compile the clone by itself, and only some losses survive that."""
        twin = keras.Model(model.input, model.output, name=model.name)
        return keras.models.clone_model(twin, clone_function=self.copy, call_function=self.call)

    def _sequential(self, model: Any) -> Any:
        if not model.built:
            raise SavingError(
                f"model {model.name!r} has no input shape yet; call it on data, or build it, first"
            )
        inputs = keras.tree.map_structure(
            lambda tensor: keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name),
            model.inputs,
        )
        copies = [self.copy(layer) for layer in model.layers]
        if not any(isinstance(copy, (Lambda, _Wrapped, _OldSigmoid)) for copy in copies):
            return keras.Sequential([*inputs, *copies], name=model.name)
        start = tensor = inputs[0] if len(inputs) == 1 else inputs
        for copy in copies:
            tensor = self.call(copy, tensor)
        return keras.Model(start, tensor, name=model.name)

    # Layers

    def copy(self, layer: Any) -> Any:
        """The copy of a layer; a Lambda stands for itself until it is called."""
        if id(layer) not in self.copies:
            self.copies[id(layer)] = self._copied(layer)
        return self.copies[id(layer)]

    def _copied(self, layer: Any) -> Any:
        if isinstance(layer, Lambda):
            return layer
        if isinstance(layer, keras.Sequential) or is_functional(layer):
            return self.model(layer)
        if isinstance(layer, _WRAPPERS) and _holds_lambda(layer):
            return _Wrapped(layer)
        if isinstance(layer, keras.layers.Activation) and uses_old_sigmoid(layer):
            return _OldSigmoid()
        if _holds_lambda(layer):
            self.problems[layer.name] = f"a {type(layer).__name__} holds a Lambda inside its own code"
            return layer
        try:
            copy = copy_of(layer)
        except LaminaError as error:
            self.problems[layer.name] = str(error)
            return layer
        if isinstance(layer, keras.Layer):
            self.pairs.append((layer, copy))
        return copy

    def copy_weights(self) -> None:
        """Give each copy the values of its layer."""
        for layer, copy in self.pairs:
            for variable, value in zip(copy.variables, values_of(layer, copy), strict=True):
                variable.assign(value)

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a copied layer; what cannot be held is noted, and the Lambda stays in its place."""
        if isinstance(layer, _Wrapped):
            return self._call_wrapped(layer.layer, *args, **kwargs)
        if not isinstance(layer, Lambda):
            return layer(*args, **kwargs)
        try:
            outputs = self._unfolded(layer, *args, **kwargs)
            _check_round_trip(args[0], lambda fresh: self._unfolded(layer, fresh, **kwargs), kwargs)
            return outputs
        except (CannotHoldError, LaminaError) as error:
            self.problems[layer.name] = str(error)
            return layer(*args, **kwargs)

    def _call_wrapped(self, wrapper: Any, *args: Any, **kwargs: Any) -> Any:
        """A TimeDistributed Lambda becomes a TimeDistributed model."""
        given = args[0]
        inner = keras.Input(batch_shape=(given.shape[0], *given.shape[2:]), dtype=given.dtype)
        model = keras.Model(inner, self.call(self.copy(wrapper.layer), inner), name=wrapper.layer.name)
        config = {key: value for key, value in wrapper.get_config().items() if key != "layer"}
        return type(wrapper)(model, **config)(*args, **kwargs)

    # Expressions

    def _unfolded(self, layer: Lambda, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """The layer's outputs on Keras tensors, by calls of stock operations."""
        mask = _mask_of(inputs) if mask is None else mask
        expression, given = _expression_of(layer, inputs, mask)
        if layer.activity_regularizer is not None:
            raise CannotHoldError("it has an activity regularizer")
        env = [_cast(layer, tensor) for tensor in flatten_inputs(expression, given)]
        objects = layer._owned.value.objects
        env += [self._state(slot, objects[slot.name]) for slot in expression.state]
        for call in expression.calls:
            env.append(run_call(call, env))
        outputs = value_of(expression.outputs, env)
        _pass_mask(layer, inputs, mask, outputs)
        return outputs

    def _state(self, slot: State, value: Any) -> Any:
        if slot.kind == "constant":
            return keras.ops.convert_to_numpy(value)
        if slot.kind == "layer":
            return self.copy(value)
        if slot.kind == "seed":
            return None
        raise CannotHoldError(
            f"it has the {'trained ' if slot.trainable else ''}variable {slot.name!r}; use a layer with weights"
        )


class _OldSigmoid:
    """Stands for an Activation layer with the `hard_sigmoid` of Keras 2."""

    def __call__(self, tensor: Any, **kwargs: Any) -> Any:
        return keras.ops.clip(keras.ops.add(keras.ops.multiply(tensor, 0.2), 0.5), 0.0, 1.0)


@dataclass(frozen=True)
class _Wrapped:
    """A wrapper around a Lambda, which is made anew where it is called."""

    layer: Any


def is_functional(model: Any) -> bool:
    """Whether a model knows the graph of its layers."""
    return isinstance(model, keras.Model) and getattr(model, "outputs", None) is not None


def _holds_lambda(layer: Any) -> bool:
    if not isinstance(layer, keras.Layer):
        return False
    return any(isinstance(one, Lambda) for one in layer._flatten_layers(include_self=True, recursive=True))


def _expression_of(layer: Lambda, inputs: Any, mask: Any) -> tuple[Expression, Any]:
    """The expression of a call, which must be the same in training and inference."""
    found = [layer._program(layer._situation(inputs, mask, training)) for training in (False, True)]
    if found[0] is None or found[1] is None:
        raise CannotHoldError("its function cannot be captured as an expression")
    if found[0].expression != found[1].expression:
        raise CannotHoldError(
            "it computes something else in training; use keras.layers.Dropout or another stock layer"
        )
    if found[0].losses:
        raise CannotHoldError(
            "it adds a loss; use keras.layers.ActivityRegularization or a loss of the model"
        )
    return found[0].expression, found[0].given(inputs, mask)


def _cast(layer: Lambda, tensor: Any) -> Any:
    """Keras casts the floating inputs of a layer to its compute dtype."""
    floating = "float" in str(tensor.dtype)
    if layer.autocast and floating and str(tensor.dtype) != layer.compute_dtype:
        return keras.ops.cast(tensor, layer.compute_dtype)
    return tensor


def _mask_of(inputs: Any) -> Any:
    """The masks that Keras put on tensors; `None` where there is none."""
    found = keras.tree.map_structure(lambda tensor: getattr(tensor, "_keras_mask", None), inputs)
    return found if any(mask is not None for mask in leaves(found)) else None


def _pass_mask(layer: Lambda, inputs: Any, mask: Any, outputs: Any) -> None:
    """The layers after it take the mask that the Lambda gives."""
    if mask is None or not isinstance(outputs, keras.KerasTensor):
        return
    found = layer.compute_mask(inputs, mask)
    if found is not None:
        outputs._keras_mask = found


# Checks


def _check_round_trip(inputs: Any, unfold: Callable[[Any], Any], kwargs: Mapping[str, Any]) -> None:
    """Refuse operations that Keras can run but not save."""
    if any(value is not None for value in kwargs.values()):
        return
    fresh = keras.tree.map_structure(lambda t: keras.Input(batch_shape=t.shape, dtype=t.dtype), inputs)
    model = keras.Model(fresh, unfold(fresh))
    try:
        saved = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
        keras.saving.deserialize_keras_object(saved, safe_mode=True)
    except Exception as error:
        raise CannotHoldError(f"Keras cannot save what it computes: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _check_stock(model: Any) -> None:
    text = json.dumps(keras.saving.serialize_keras_object(model))
    if '"lamina>' in text:
        raise SavingError(
            f"model {model.name!r} holds more of lamina than Lambda layers, which stock Keras does not know"
        )
    shared = _in_several_models(model)
    if shared and not _reloads(model):
        raise SavingError(
            f"model {model.name!r}: Keras {keras.__version__} writes files that it cannot load of layers that stand in "
            f"several of the models inside a model: {', '.join(shared)}; call these layers in one model"
        )


def _in_several_models(model: Any) -> list[str]:
    """The names of layers with weights that belong to more than one model."""
    models = [one for one in model._flatten_layers() if isinstance(one, keras.Model)]
    owned = [layer for one in models for layer in one.layers if layer.weights and layer not in models]
    counts = collections.Counter(map(id, owned))
    return sorted({layer.name for layer in owned if counts[id(layer)] > 1})


def _reloads(model: Any) -> bool:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(f"{folder}/model.keras")
        try:
            keras.saving.load_model(f"{folder}/model.keras", compile=False)
        except Exception:
            return False
    return True


def _copy_compilation(model: Any, frozen: Any) -> None:
    if not getattr(model, "compiled", False):
        return
    config = model.get_compile_config()
    if not config:
        raise SavingError(
            f"model {model.name!r} is compiled with functions that Keras cannot save; compile the frozen one"
        )
    frozen.compile_from_config(config)
    if not getattr(model.optimizer, "built", False):
        return
    frozen.optimizer.build(frozen.trainable_variables)
    ours, theirs = frozen.optimizer.variables, model.optimizer.variables
    if [tuple(v.shape) for v in ours] == [tuple(v.shape) for v in theirs]:
        for variable, old in zip(ours, theirs, strict=True):
            variable.assign(np.array(keras.ops.convert_to_numpy(old.value)))
