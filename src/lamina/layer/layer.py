"""`Lambda`: any expression as a layer."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import keras

from lamina.errors import CaptureError, LaminaError, SavingError, SignatureError, SpecNeededError
from lamina.execution import Jit, executor_of, switch
from lamina.expression.inference import infer
from lamina.expression.model import Expression, Spec, leaves, map_tree, thaw
from lamina.expression.runner import flatten_inputs
from lamina.layer import config as configs
from lamina.layer.lean import LONG, Lean
from lamina.layer.masks import Mask
from lamina.layer.output_shape import OutputShape
from lamina.layer.owned import OwnedState, current, unlocked
from lamina.layer.programs import Program, Recipe, Situation, mask_specs, presence, specs
from lamina.layer.untracked import Untracked
from lamina.layer_v1 import LayerV1
from lamina.layer_v1.internals import own_variables
from lamina.tracing.api import function_name
from lamina.vocabulary import context

_WAYS_OUT = (
    "Three ways out: write it with keras.ops, lamina.backend (K) or NumPy functions that lamina knows; keep "
    "using the layer in this process without saving it; or write a keras.layers.Layer subclass with a "
    "get_config method."
)


@keras.saving.register_keras_serializable(package="lamina", name="Lambda")
class Lambda(LayerV1, keras.layers.Layer):
    """Wraps a function as a layer, and keeps what it computes as data.

    The signature is that of `keras.layers.Lambda`. The function is captured as an
    `lamina.Expression`: that is what runs, what is trained and what is saved, so the saved model
    loads on every Keras backend without executing anything from the file.

    Args:
        function: Takes the input tensor (or nested structure of tensors) first. It may also take
            `mask` and `training`, which are passed when it asks for them.
        output_shape: Expected output shape: a tuple without the batch axis, a function of the full
            input shape, or `None` to infer it. It is checked against what the function computes.
        mask: `None`, a function with the signature of `compute_mask`, or a tensor that is the mask.
        arguments: Further keyword arguments for the function.
        verify: Whether to compare what is captured with the function itself, when the layer is first
            called on inputs of a kind, on samples made from their shapes and dtypes; see `lamina.verify`.
            The layer warns where the function cannot be run. Not saved.
        jit: Whether eager calls are compiled: `"auto"` after a few calls on inputs of one shape, `True` from
            the first call on, `False` never. Under PyTorch, `"auto"` records the calls of torch, and `True`
            uses `torch.compile`. See `lamina.set_jit` for a switch for all layers.
        **kwargs: As for every `keras.layers.Layer`: `name`, `dtype`, `trainable`, `input_shape`,
            `activity_regularizer`.

    Input shape: arbitrary. Output shape: what the function computes, or `output_shape`.

    Raises:
        SavingError: On saving, if the function cannot be captured; it still runs in this process.
        VerificationError: On the first call with `verify=True`, if the expression is not the function.

    Example:
        >>> import numpy as np, keras
        >>> from lamina import Lambda
        >>> model = keras.Sequential([Lambda(lambda x: x ** 2, input_shape=(3,))])
        >>> model.predict(np.array([[1.0, 2.0, 3.0]]), verbose=0).tolist()
        [[1.0, 4.0, 9.0]]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        *,
        verify: bool = False,
        jit: Jit = "auto",
        **kwargs: Any,
    ) -> None:
        if not callable(function):
            raise CaptureError(
                f"Lambda takes a function, received {function!r} of type {type(function).__name__}"
            )
        recipe = Recipe(function, arguments or {})
        self._setup(recipe, output_shape, mask, jit, kwargs)
        if verify:
            from lamina.layer.checked import Check

            self._check.value = Check(self.name, recipe, self._owned.value)
        self.function = function
        self.arguments = dict(arguments or {})

    def _setup(
        self, recipe: Recipe | None, output_shape: Any, mask: Any, jit: Jit, kwargs: Mapping[str, Any]
    ) -> None:
        super().__init__(**kwargs)
        self.jit = jit
        self._recipe = recipe
        self._declared_shape = OutputShape(output_shape)
        self._mask = Mask(mask)
        self.supports_masking = mask is not None
        self._programs: Untracked[list[Program]] = Untracked([])
        self._owned: Untracked[OwnedState] = Untracked(OwnedState(self))
        self._refusal: LaminaError | None = None
        self._check: Untracked[Callable[[Program, Situation], None] | None] = Untracked(None)
        self._lean: Untracked[Lean] = Untracked(Lean(type(self), Lambda))

    # Which expression holds

    @property
    def mask(self) -> Any:
        """The mask as it was given."""
        return self._mask.given

    @property
    def jit(self) -> Jit:
        """Whether eager calls are compiled; it may be set at any time."""
        return self._jit

    @jit.setter
    def jit(self, value: Jit) -> None:
        self._jit = switch.checked(value)

    @property
    def expression(self) -> Expression:
        """What the layer computes in inference.

        Raises:
            CaptureError: The function cannot be captured; the message says why.
        """
        program = self._inference_program()
        return program.expression

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All expressions: of each kind of input it was called with, and of training where it differs."""
        return tuple(program.expression for program in self._programs.value)

    @property
    def sublayers(self) -> tuple[keras.Layer, ...]:
        """The layers that the function calls or whose weights it reads; to freeze them, for example."""
        return self._owned.value.sublayers

    def _inference_program(self) -> Program:
        found = next((p for p in self._programs.value if p.training is not True), None)
        if found is not None:
            return found
        if self._recipe is None:
            raise SignatureError(f"layer {self.name!r} holds no expression")
        if self._refusal is None:
            self._capture(Situation(Spec(), training=False))
        if self._refusal is not None:
            raise self._refusal
        return next(p for p in self._programs.value if p.training is not True)

    @property
    def state(self) -> dict[str, Any]:
        """What the expressions read beside their inputs, by name: tensors, seed generators, layers."""
        return self._owned.value.values()

    def _checked_program(self, situation: Situation) -> Program | None:
        """The expression for a call, compared with the function where that was asked for."""
        program = self._program(situation)
        if program is not None and self._check.value is not None:
            self._check.value(program, situation)
        return program

    def _program(self, situation: Situation) -> Program | None:
        """The expression for a situation; `None` where the function has to be called itself.

        Raises:
            SignatureError: The layer was loaded, and none of its expressions fits.
        """
        found = self._find(situation)
        if found is None and self._recipe is None:
            raise SignatureError(configs.explain_misfit(self.name, self._programs.value, situation))
        if found is None and self._refusal is None:
            self._capture(situation)
            found = self._find(situation)
        return found

    def _find(self, situation: Situation) -> Program | None:
        return next((program for program in self._programs.value if program.fits(situation)), None)

    def _capture(self, situation: Situation) -> None:
        assert self._recipe is not None
        try:
            with context.hook(context.variable_dtype, self.variable_dtype):
                captured = self._recipe.programs(situation)
        except SpecNeededError:
            raise
        except LaminaError as error:
            if getattr(self._recipe.function, "captured_only", False):
                raise
            self._refusal = error
            return
        for one, training in captured:
            expression = unlocked(self, functools.partial(self._owned.value.adopt, one))
            mask = presence(situation.mask) if self._recipe.takes_mask else None
            self._programs.value.append(Program(expression, training, mask, one.losses))

    def _situation(self, inputs: Any, mask: Any, training: bool | None) -> Situation:
        if self._recipe is not None:
            takes_mask = self._recipe.takes_mask
        else:
            takes_mask = any(program.mask is not None for program in self._programs.value)
        return Situation(specs(inputs), bool(training), mask_specs(mask) if takes_mask else None)

    # The contract of a Keras layer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the layer as every Keras layer, by the short way where it comes to the same."""
        lean = self._lean.value
        outputs = lean.call(self, args, kwargs)
        if outputs is LONG:
            outputs = super().__call__(*args, **kwargs)
            lean.learn(self, args, kwargs)
        return outputs

    def build(self, input_shape: Any = None) -> None:
        """Capture the function for inputs of this shape, and create the state it needs."""
        if input_shape is not None and self._recipe is not None and not self._recipe.takes_mask:
            with contextlib.suppress(SpecNeededError):  # it may read a dtype, which only a call tells
                self._program(Situation(configs.shape_specs(input_shape), training=False))
        super().build(input_shape)

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Compute the expression on tensors."""
        program = self._checked_program(self._situation(inputs, mask, training))
        if program is None:
            return self._call_function(inputs, mask, training)
        if self._recipe is not None and self._recipe.watched:
            self._check_captured_values(self._recipe)
        return self._run(program, inputs, mask)

    def _call_function(self, inputs: Any, mask: Any, training: bool | None) -> Any:
        """Call the function itself, because it is no expression."""
        assert self._recipe is not None
        try:
            with self._owned.value.hooks(inputs, training):
                return self._recipe.function(inputs, **self._recipe.keywords(training, mask))
        except Exception:
            self._refusal = (
                None  # it may have failed for a reason that passes, as a layer that is not built yet
            )
            raise

    def _check_captured_values(self, recipe: Recipe) -> None:
        """Warn once if a value that the function reads is not what it was when it was captured."""
        changed = recipe.changed()
        if changed:
            warnings.warn(configs.explain_change(self.name, changed), UserWarning, stacklevel=2)

    def _run(self, program: Program, inputs: Any, mask: Any) -> Any:
        values = flatten_inputs(program.expression, program.given(inputs, mask))
        executor = executor_of(program.expression)
        if executor.state_names:
            objects = self._owned.value.objects
            values.extend(current(objects[name] for name in executor.state_names))
        if not program.losses:
            return executor.run(values, self.jit)
        outputs, losses = executor.run(values, self.jit)
        for loss, conditional in zip(losses, program.conditional, strict=True):
            self.add_loss(loss, inputs=inputs if conditional else None)
        return outputs

    def compute_output_spec(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Shapes and dtypes of the output, as `KerasTensor`s; unknown sizes stay unknown."""
        situation = self._situation(inputs, mask, training)
        program = self._checked_program(situation)
        if program is None:
            return self._spec_of_function(inputs, mask, training)
        given = program.given(situation.inputs, situation.mask)
        expression = self._owned.value.autocast(program.expression)
        outputs = infer(expression, list(leaves(given)), self._owned.value.objects, self.compute_dtype)
        outputs = outputs[0] if program.losses else outputs
        outputs = self._declared_shape.apply(outputs, situation.inputs, self.name)
        return thaw(map_tree(_keras_tensor, outputs))

    def _spec_of_function(self, inputs: Any, mask: Any, training: bool | None) -> Any:
        if self._declared_shape.given is not None:
            declared = self._declared_shape.specs(specs(inputs), self.compute_dtype)
            return map_tree(_keras_tensor, declared)
        return keras.Operation.compute_output_spec(self, inputs, mask=mask, training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Output shape for an input shape, or for a structure of shapes."""
        inputs = map_tree(
            lambda spec: keras.KerasTensor(spec.shape, dtype=self.compute_dtype),
            configs.shape_specs(input_shape),
        )
        outputs = self.compute_output_spec(inputs)
        return map_tree(lambda tensor: tuple(tensor.shape), outputs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The output mask: `mask` of the constructor, called if it is a function."""
        return self._mask.compute(inputs, mask, self.supports_masking)

    # Saving

    def get_config(self) -> dict[str, Any]:
        """The layer as plain data.

        Raises:
            SavingError: The function cannot be captured; the message says why and what to do.
        """
        try:
            self._inference_program()
        except LaminaError as error:
            raise SavingError(f"layer {self.name!r} cannot be saved: {error} {_WAYS_OUT}") from error
        return {
            **super().get_config(),
            **configs.encode_layer(
                self.name, self._programs.value, self._declared_shape, self._mask, self.arguments, self.jit
            ),
            **self._owned.value.saved(),
        }

    def save_own_variables(self, store: Any) -> None:
        """Write the variables; constants in all their bits, also where the backend rounds them."""
        exact = self._owned.value.exact()
        for place, variable in enumerate(own_variables(self)):
            store[str(place)] = exact.get(id(variable), variable)

    def load_own_variables(self, store: Any) -> None:
        """Read the variables."""
        super().load_own_variables(store)
        values = {id(variable): store[str(i)] for i, variable in enumerate(own_variables(self))}
        self._owned.value.keep_exact(values)

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Lambda:
        """Rebuild a layer from its configuration; nothing in it is executed.

        Raises:
            ExpressionError: The configuration is damaged; the message names the place.
        """
        with keras.saving.CustomObjectScope(dict(custom_objects or {})):
            return configs.restore(cls, dict(config), custom_objects)

    @classmethod
    def from_programs(
        cls, programs: list[Program], decoded: Mapping[str, Any], kwargs: Mapping[str, Any]
    ) -> Lambda:
        """A layer that runs given expressions instead of a function."""
        layer = cls.__new__(cls)
        layer._setup(
            None, decoded.get("output_shape"), decoded.get("mask"), decoded.get("jit", "auto"), kwargs
        )
        layer.function = None  # type: ignore[assignment]
        layer.arguments = dict(decoded.get("arguments") or {})
        layer._owned.value.load(
            decoded.get("layers") or {}, decoded.get("ties") or {}, decoded.get("seeds") or {}
        )
        for program in programs:
            layer._owned.value.restore(program.expression)
            layer._programs.value.append(program)
        return layer

    def __deepcopy__(self, memo: dict[int, Any]) -> Lambda:
        """A layer with the same configuration and weights.

        A function that is no expression cannot be copied through the configuration: the copy calls it too.
        """
        if self._recipe is None or not self._uncapturable():
            copied: Lambda = super().__deepcopy__(memo)
            return copied
        config = keras.layers.Layer.get_config(self)
        copy = type(self)(
            self.function, self._declared_shape.given, self.mask, self.arguments, jit=self.jit, **config
        )
        memo[id(self)] = copy
        return copy

    def _uncapturable(self) -> bool:
        try:
            self._inference_program()
        except SpecNeededError:
            return False
        except LaminaError:
            return True
        return False

    def __repr__(self) -> str:
        found = next(iter(self._programs.value), None)
        does = repr(found.expression)[13:-1] if found else function_name(self.function)
        return f"<Lambda name={self.name}, {does}>"


def _keras_tensor(leaf: Any) -> Any:
    return keras.KerasTensor(leaf.shape, dtype=leaf.dtype) if isinstance(leaf, Spec) else leaf
