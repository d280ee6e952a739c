"""Functions that are an operation under another name, as words of a table: `name` or `name=operation`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    Function,
    as_float,
    exactly,
    is_integral,
    is_kind,
    keep_dtype,
    operand,
    promoted,
    refuse,
    result_dtype,
    tensor,
)


def words(text: str) -> dict[str, str]:
    """Name to what follows its `=`, or to itself."""
    return {name: other or name for name, _, other in (word.partition("=") for word in text.split())}


def _table(text: str, make: Callable[[str], Function], about: str) -> dict[str, Function]:
    return {name: named(make(op), name, f"`torch.{name}`: {about}") for name, op in words(text).items()}


def named(function: Function, name: str, doc: str) -> Function:
    """The function under a name of its own."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def floating(text: str) -> dict[str, Function]:
    """Functions of one tensor whose result is floating; integers become floats first."""

    def make(op: str) -> Function:
        return lambda input: getattr(ops, op)(as_float(input))

    return _table(text, make, "element by element, of floats.")


def rounding(text: str) -> dict[str, Function]:
    """Functions of one tensor that leave integers as they are."""

    def make(op: str) -> Function:
        return lambda input: input if is_integral(input) else getattr(ops, op)(tensor(input))

    return _table(text, make, "integers stay as they are.")


def sizes(text: str) -> dict[str, Function]:
    """Functions of one tensor whose result is real, and of its dtype where the tensor is real."""

    def make(op: str) -> Function:
        def call(input: Any) -> Any:
            result = getattr(ops, op)(tensor(input))
            return result if is_kind(input, 3) else keep_dtype(result, input)

        return call

    return _table(text, make, "how large each element is.")


def keeping(text: str) -> dict[str, Function]:
    """Functions of one tensor that keep its dtype."""

    def make(op: str) -> Function:
        return lambda input: keep_dtype(getattr(ops, op)(tensor(input)), input)

    return _table(text, make, "element by element, in the same dtype.")


def predicates(text: str) -> dict[str, Function]:
    """Functions of one tensor that answer with booleans."""

    def make(op: str) -> Function:
        return lambda input: getattr(ops, op)(tensor(input))

    return _table(text, make, "element by element.")


def arithmetic(text: str) -> dict[str, Function]:
    """Functions of two tensors in PyTorch's common dtype."""

    def make(op: str) -> Function:
        def call(input: Any, other: Any) -> Any:
            x, y = promoted(input, other)
            return exactly(getattr(ops, op)(x, y), result_dtype(x, y))

        return call

    return _table(text, make, "element by element, of the promoted operands.")


def comparisons(text: str) -> dict[str, Function]:
    """Functions of two tensors in PyTorch's common dtype that answer with booleans."""

    def make(op: str) -> Function:
        return lambda input, other: getattr(ops, op)(*promoted(input, other))

    return _table(text, make, "element by element, of the promoted operands.")


def floating_pairs(text: str) -> dict[str, Function]:
    """Functions of two tensors whose result is floating."""

    def make(op: str) -> Function:
        def call(input: Any, other: Any) -> Any:
            x, y = promoted(input, other)
            integral = all(is_integral(v) for v in (x, y))
            return getattr(ops, op)(*((as_float(x), as_float(y)) if integral else (x, y)))

        return call

    return _table(text, make, "element by element, of floats.")


def logical(text: str) -> dict[str, Function]:
    """Functions of two tensors that are true where they are not zero."""

    def make(op: str) -> Function:
        return lambda input, other: getattr(ops, op)(truth(input), truth(other))

    return _table(text, make, "of what is not zero.")


def truth(x: Any) -> Any:
    """Whether each element is not zero."""
    x = operand(x)
    return x if is_kind(x, 0) else ops.not_equal(x, 0)


def bitwise(text: str) -> dict[str, Function]:
    """Functions of the bits of two integers, or of two bools; `op` is a pair joined by a comma."""

    def make(pair: str) -> Function:
        on_bools, _, on_bits = pair.partition(",")

        def call(input: Any, other: Any) -> Any:
            x, y = promoted(input, other)
            if is_kind(x, 2, 3) or is_kind(y, 2, 3):
                refuse(on_bits, "its operands are floating", "cast them with .long() first")
            return getattr(ops, on_bools if is_kind(x, 0) and is_kind(y, 0) else on_bits)(x, y)

        return call

    return _table(text, make, "bit by bit.")
