"""The `mask` argument: nothing, a function, or a tensor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from lamina.errors import LaminaError, SavingError, SignatureError
from lamina.expression.codec import decode, encode
from lamina.expression.model import Array, Expression, Spec, leaves
from lamina.expression.runner import constant
from lamina.layer.programs import Program, Situation, mask_specs, presence, specs, without_masks
from lamina.layer.saved_programs import decode_program, encode_program
from lamina.tracing.api import capture_structures


class Mask:
    """How a layer computes its output mask.

    A function is captured when it is called; only then is it known on what, and which masks there are.
    It is saved as programs of the inputs and the masks, whose output is a pair: what the function
    returns, and nothing.

    Args:
        given: `None`, a function with the signature of `compute_mask`, or a tensor.
    """

    def __init__(self, given: Any = None) -> None:
        self.given = given
        self._programs: list[Program] = list(given) if isinstance(given, MaskPrograms) else []
        self._refusal: LaminaError | None = None

    def compute(self, inputs: Any, mask: Any, supported: bool) -> Any:
        """The output mask for inputs and their mask."""
        if self.given is None:
            return mask if supported else None
        if isinstance(self.given, MaskPrograms):
            return self._run(inputs, mask)
        if callable(self.given):
            self._capture(specs(inputs), mask_specs(mask))
            return self.given(inputs, mask)
        return keras.ops.convert_to_tensor(self.given)

    def _run(self, inputs: Any, mask: Any) -> Any:
        situation = Situation(specs(inputs), False, mask_specs(mask))
        program = self._find(situation)
        if program is None:
            raise SignatureError(
                f"the mask function was saved for other inputs or masks than {situation.inputs} with the "
                f"masks {presence(mask)}; call the layer in this way before it is saved"
            )
        return program.expression.run(program.given(inputs, mask))[0]

    def _find(self, situation: Situation) -> Program | None:
        return next((program for program in self._programs if program.fits(situation)), None)

    def _capture(self, inputs: Any, mask: Any) -> None:
        if self._find(Situation(inputs, False, mask)) is not None:
            return
        try:
            captured = capture_structures(
                self.given, (inputs, mask), {}, {}, finish=lambda outputs: (outputs,)
            )
        except LaminaError as error:
            self._refusal = error  # it runs as it is; saving says why it cannot be saved
            return
        if captured.objects:
            self._refusal = SavingError(f"it reads state: {', '.join(captured.objects)}")
            return
        found = presence(mask)
        expression = captured.expression if any(leaves(found)) else without_masks(captured.expression)
        self._programs.append(Program(expression, mask=found))

    def saved(self, layer: str) -> Any:
        """The mask as plain data.

        Raises:
            SavingError: The mask is a function that cannot be captured.
        """
        if self.given is None:
            return None
        if not callable(self.given) and not isinstance(self.given, MaskPrograms):
            return [encode(Expression((), (), _literal(self.given), name="mask"))]
        if callable(self.given):
            self._capture(Spec(), None)
            self._capture(Spec(), Spec())
        if not self._programs:
            raise SavingError(f"the mask function of layer {layer!r} cannot be saved: {self._refusal}")
        return [encode_program(program) for program in self._programs]

    @classmethod
    def loaded(cls, data: Any) -> Any:
        """The argument for a mask that `saved` wrote."""
        if data is None:
            return None
        if len(data) == 1 and "expression" not in data[0]:
            return constant(decode(data[0]).outputs)
        return MaskPrograms(decode_program(item, f"$.mask[{i}]") for i, item in enumerate(data))


class MaskPrograms(tuple[Program, ...]):
    """The programs of a loaded mask function."""

    __slots__ = ()

    def __new__(cls, programs: Iterable[Program]) -> MaskPrograms:
        """Keep the programs."""
        return super().__new__(cls, programs)


def _literal(value: Any) -> Array:
    array = np.asarray(keras.ops.convert_to_numpy(value))
    return Array(array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())
