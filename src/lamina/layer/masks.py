"""The `mask` argument: nothing, a function, or a tensor."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from lamina.tracing import capture
from lamina.errors import LaminaError, SavingError
from lamina.expression.codec import decode, encode
from lamina.expression.model import Array, Expression, Spec, leaves
from lamina.expression.runner import constant
from lamina.layer.programs import accepts, specs


class Mask:
    """How a layer computes its output mask.

    A function is captured when it is first called with a mask; only then is it known on what. It is
    saved as expressions of the pair (inputs, mask).

    Args:
        given: `None`, a function with the signature of `compute_mask`, or a tensor.
    """

    def __init__(self, given: Any = None) -> None:
        self.given = given
        self._expressions: list[Expression] = []
        if isinstance(given, MaskPrograms):
            self._expressions = list(given)

    def compute(self, inputs: Any, mask: Any, supported: bool) -> Any:
        """The output mask for inputs and their mask."""
        if self.given is None:
            return mask if supported else None
        if isinstance(self.given, MaskPrograms):
            return self._run(inputs, mask)
        if callable(self.given):
            self._capture(inputs, mask)
            return self.given(inputs, mask)
        return keras.ops.convert_to_tensor(self.given)

    def _run(self, inputs: Any, mask: Any) -> Any:
        expression = self._find(inputs, mask)
        return None if expression is None else expression.run((inputs, mask))

    def _find(self, inputs: Any, mask: Any) -> Expression | None:
        if any(leaf is None for leaf in leaves(mask)):
            return None
        given = (specs(inputs), specs(mask))
        return next((e for e in self._expressions if accepts(e.inputs, given)), None)

    def _capture(self, inputs: Any, mask: Any) -> None:
        if any(leaf is None for leaf in leaves(mask)) or self._find(inputs, mask) is not None:
            return
        try:
            self._expressions.append(capture(self.given, specs(inputs), specs(mask)))
        except LaminaError:
            return  # it runs as it is; saving says why it cannot be saved

    def saved(self, layer: str) -> Any:
        """The mask as plain data.

        Raises:
            SavingError: The mask is a function that cannot be captured.
        """
        if self.given is None:
            return None
        if not callable(self.given) and not isinstance(self.given, MaskPrograms):
            return [encode(Expression((), (), _literal(self.given), name="mask"))]
        if not self._expressions and callable(self.given):
            try:
                self._expressions.append(capture(self.given, *_UNKNOWN))
            except LaminaError as error:
                raise SavingError(f"the mask function of layer {layer!r} cannot be saved: {error}") from error
        return [encode(expression) for expression in self._expressions]

    @classmethod
    def loaded(cls, data: Any) -> Any:
        """The argument for a mask that `saved` wrote."""
        if data is None:
            return None
        expressions = [decode(item) for item in data]
        if len(expressions) == 1 and isinstance(expressions[0].outputs, Array):
            return constant(expressions[0].outputs)
        return MaskPrograms(expressions)


class MaskPrograms(tuple[Expression, ...]):
    """The expressions of a loaded mask function."""

    __slots__ = ()


_UNKNOWN = (Spec(), Spec())


def _literal(value: Any) -> Array:
    array = np.asarray(keras.ops.convert_to_numpy(value))
    return Array(array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())
