"""The short way through a call of a Lambda layer.

`keras.Layer.__call__` binds arguments, maps structures, opens name scopes and a call context, and looks
for masks, regularizers and distributions: more work than most expressions are. In an eager call on tensors
of a kind that the layer was called on before, nothing of that has an effect, unless one of the things that
`_is_plain` and `_surroundings` look at is in play. Then, and on any error, the call takes the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import keras

from lamina._records import dataclass
from lamina.errors import LaminaError
from lamina.execution import executor_of
from lamina.execution.executor import Executor, Signature
from lamina.execution.frameworks import framework
from lamina.execution.switch import effective
from lamina.expression.model import map_tree
from lamina.layer.holder import VariableHolder
from lamina.layer.owned import current
from lamina.layer.programs import Program
from lamina.layer_v1.internals import thread_state

# What a call that cannot be short returns.
LONG: Any = object()

# Kinds of inputs that are remembered.
KEPT = 256

# What the long way asks of the class; a subclass that changes any of it takes the long way.
_ASKED = frozenset(
    """
    __call__ call forward autocast built compute_dtype compute_mask dtype_policy input_dtype input_spec
    quantization_mode quantized_call supports_masking variable_dtype _clear_losses _get_call_context
    _maybe_build _program _resolve_and_populate_arg _run
    """.split()
)


@dataclass(frozen=True, slots=True)
class Entry:
    """How to run a call on inputs of one kind.

    Args:
        executor: Runs the expression that holds.
        signature: What the executor knows of such calls; `None` where it does not compile them.
        state: The objects that the expression reads.
        variables: Whether variables are among them, which a scope may cast.
        policy: The dtype policy under which this holds.
        sublayers: How many layers the layer had.
    """

    executor: Executor
    signature: Signature | None
    state: tuple[Any, ...]
    variables: bool
    policy: Any
    sublayers: int


class Lean:
    """The short way of one layer.

    Args:
        kind: The class of the layer.
        base: The class whose calls are known.
    """

    def __init__(self, kind: type, base: type) -> None:
        self._entries: dict[Hashable, Entry] = {}
        between = kind.__mro__[: kind.__mro__.index(base)]
        self._known = not any(_ASKED & vars(each).keys() for each in between)
        self._framework = framework()
        self._mask_of = _masks_of_tensors()
        self._hooked = _torch_hooks() if keras.backend.backend() == "torch" else None

    def call(self, layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The outputs of a call, or `LONG`."""
        if not self._entries or len(args) != 1 or not self._framework.eager():
            return LONG
        surroundings = self._surroundings(kwargs)
        if surroundings is LONG:
            return LONG
        scopes, training = surroundings
        leaves, key = self._key(args[0], bool(training), scopes)
        entry = self._entries.get(key)
        if entry is None or not self._is_plain(layer.__dict__, entry, scopes):
            return LONG
        recipe = layer._recipe
        if recipe is not None and recipe.watched:
            layer._check_captured_values(recipe)
        try:
            outputs = self._run(entry, leaves, effective(layer._jit))
        except Exception:
            return LONG  # where the error is raised again, and explained
        context = scopes.get("current_call_ctx")
        if context is not None:
            context.training = training
        return outputs

    def _surroundings(self, kwargs: Mapping[str, Any]) -> Any:
        """Keras's state of this thread, and the phase; `LONG` where a scope changes what a call means."""
        scopes = thread_state()
        if (
            scopes.get("stateless_scope")
            or scopes.get("symbolic_scope")
            or scopes.get("distribution")
            or scopes.get("nnx_enabled")
        ):
            return LONG
        training = None
        for name, value in kwargs.items():
            if name == "training":
                training = value
            elif name != "mask" or not _is_empty(value):
                return LONG
        context = scopes.get("current_call_ctx")
        if training is None and context is not None:
            training = getattr(context, "training", None)
        return (scopes, training) if training is None or type(training) is bool else LONG

    def _key(self, inputs: Any, training: bool, scopes: Mapping[str, Any]) -> tuple[list[Any], Hashable]:
        """The leaves, and what tells apart the kinds of calls; `None` for what cannot be short."""
        masks = scopes.get("_keras_mask_dict")
        settings = self._framework.settings()
        kind = type(inputs)
        if kind is not list and kind is not tuple and kind is not dict:
            key = self._leaf_key(inputs, masks)
            return [inputs], None if key is None else (training, settings, key)
        names = tuple(sorted(inputs)) if kind is dict else ()
        leaves = [inputs[name] for name in names] if kind is dict else list(inputs)
        keys = [self._leaf_key(leaf, masks) for leaf in leaves]
        return leaves, None if None in keys else (training, settings, names or len(leaves), *keys)

    def _leaf_key(self, tensor: Any, masks: Any) -> Hashable | None:
        key = self._framework.key(tensor)
        if key is None or self._mask_of(tensor) is not None or (masks and id(tensor) in masks):
            return None
        return key

    def _is_plain(self, own: Mapping[str, Any], entry: Entry, scopes: Mapping[str, Any]) -> bool:
        """Whether nothing is asked of the layer but its outputs."""
        if (
            own["activity_regularizer"] is not None
            or own["_losses"]
            or own["_supports_masking"]
            or own["_input_spec"]
            or own["_remat_mode"] is not None
            or not own["built"]
            or not own["_convert_input_args"]
            or own["_dtype_policy"] is not entry.policy
            or len(own["_layers"]) != entry.sublayers
            or len(own["_call_context_args"]) != 1
            or "call" in own
            or (entry.variables and scopes.get("autocast_scope") is not None)
        ):
            return False
        return self._hooked is None or not self._hooked(own)

    def _run(self, entry: Entry, values: list[Any], mode: Any) -> Any:
        if entry.state:
            values += current(entry.state)
        if entry.signature is None or not entry.executor.compiles(mode):
            return entry.executor.plain(values)
        return entry.executor.advance(entry.signature, values, mode)

    # What a call that was long teaches

    def learn(self, layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Note how calls like one that has just ended well may be short."""
        if not self._known or len(args) != 1 or not self._framework.eager():
            return
        surroundings = self._surroundings(kwargs)
        if surroundings is LONG or not _suits(layer):
            return
        scopes, training = surroundings
        leaves, key = self._key(args[0], bool(training), scopes)
        if key is None or not all(_is_kept(layer, leaf) for leaf in leaves):
            return
        program = _program(layer, args[0], training)
        entry = None if program is None else _entry(layer, program, leaves)
        if entry is not None:
            if len(self._entries) >= KEPT:
                self._entries = {}
            self._entries[key] = entry


def _suits(layer: Any) -> bool:
    """Whether the layer has nothing that every call would have to look after."""
    policy = layer._dtype_policy
    return (
        type(policy) is keras.DTypePolicy
        and policy.quantization_mode is None
        and all(type(each) is VariableHolder for each in layer._layers)
    )


def _is_kept(layer: Any, tensor: Any) -> bool:
    """Whether Keras passes a tensor on as it is, and does not cast it."""
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return dtype == layer.input_dtype or not keras.backend.is_float_dtype(dtype)


def _program(layer: Any, inputs: Any, training: Any) -> Program | None:
    """The program that such a call ran, if it has no losses."""
    try:
        found: Program | None = layer._find(layer._situation(inputs, map_tree(_none, inputs), training))
    except LaminaError:
        return None
    return None if found is None or found.losses or found.masked else found


def _is_empty(mask: Any) -> bool:
    """Whether there is no mask: models pass None, or one for each input."""
    return mask is None or (type(mask) in (list, tuple) and all(each is None for each in mask))


def _none(_: Any) -> None:
    return None


def _entry(layer: Any, program: Program, leaves: list[Any]) -> Entry | None:
    executor = executor_of(program.expression)
    state = tuple(layer._owned.value.objects[name] for name in executor.state_names)
    variables = any(isinstance(each, keras.Variable) for each in state)
    if variables and layer.compute_dtype != layer.variable_dtype:
        return None  # Keras casts them
    values = [*leaves, *current(state)]
    return Entry(
        executor,
        executor.signature(values),
        state,
        variables,
        layer._dtype_policy,
        len(layer._layers),
    )


def _masks_of_tensors() -> Callable[[Any], Any]:
    """How to read the mask that travels with a tensor."""
    if keras.backend.backend() == "tensorflow":
        # Asking a tensor of TensorFlow for an attribute that it does not have costs microseconds.
        return lambda tensor: tensor.__dict__.get("_keras_mask")
    return lambda tensor: getattr(tensor, "_keras_mask", None)


def _torch_hooks() -> Callable[[Mapping[str, Any]], bool]:
    """Whether hooks of torch wait for a call of a module, or its compiled form does."""
    from torch.nn.modules import module

    any_global = module._has_any_global_hook

    def hooked(own: Mapping[str, Any]) -> bool:
        return bool(
            own["_forward_hooks"]
            or own["_forward_pre_hooks"]
            or own["_backward_hooks"]
            or own["_backward_pre_hooks"]
            or own.get("_compiled_call_impl")
            or any_global()
        )

    return hooked
