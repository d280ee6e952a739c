"""One expression out of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina.expression.model import Call, Expression, Ref, Spec, State, leaves
from lamina.expression.rewriting import call_with_references, with_references


class Composer:
    """Puts expressions together, each on inputs or on results of those before it.

    Args:
        inputs: How many inputs the whole has; they are the values from 0 on.
        state: The state slots of the whole; those of the parts are among them, by name.

    Example:
        >>> import lamina
        >>> from lamina.expression.model import Ref
        >>> half, square = lamina.capture(lambda x: x / 2), lamina.capture(lambda x: x * x)
        >>> whole = Composer(1)
        >>> whole.expression(whole.add(square, [whole.add(half, [Ref(0)])]), name="f")
        <Expression: x -> v0 * v0 where v0 = x / 2>
    """

    def __init__(self, inputs: int, state: Sequence[State] = ()) -> None:
        self._inputs = inputs
        self._state = tuple(state)
        self._slots = {slot.name: inputs + i for i, slot in enumerate(state)}
        self._calls: list[Call] = []
        self._parts: list[tuple[str, int]] = []

    def call(self, op: str, *args: Any, **kwargs: Any) -> Ref:
        """Add one call, and return its result."""
        self._calls.append(Call(op, args, tuple(kwargs.items())))
        return Ref(self._inputs + len(self._state) + len(self._calls) - 1)

    def add(self, part: Expression, inputs: Sequence[Ref], name: str = "") -> Any:
        """Add an expression.

        Args:
            part: The expression.
            inputs: What stands for its input leaves.
            name: What it is called in the printed source, with the calls before it that belong to no part.

        Returns:
            Its outputs, as references of the whole.
        """
        known = [*inputs, *(Ref(self._slots[slot.name]) for slot in part.state)]
        offset = self._inputs + len(self._state) + len(self._calls) - len(known)

        def replace(ref: Ref) -> Ref:
            if ref.index >= len(known):
                return Ref(ref.index + offset, ref.path)
            return Ref(known[ref.index].index, (*known[ref.index].path, *ref.path))

        self._calls.extend(call_with_references(call, replace) for call in part.calls)
        counted = sum(count for _, count in self._parts)
        self._parts.append((name or part.name, len(self._calls) - counted))
        return with_references(part.outputs, replace)

    def expression(
        self, outputs: Any, name: str, inputs: Any = None, parameters: Sequence[str] = ()
    ) -> Expression:
        """The whole.

        Args:
            outputs: A structure of references.
            name: Its name.
            inputs: The structure of its inputs; by default of any shape.
            parameters: Their names.
        """
        count = self._inputs
        specs = (Spec() if count == 1 else (Spec(),) * count) if inputs is None else inputs
        names = parameters or (("x",) if count == 1 else tuple(f"x{i}" for i in range(count)))
        assert sum(1 for _ in leaves(specs)) == count
        return Expression(
            specs, tuple(self._calls), outputs, self._state, name, tuple(names), tuple(self._parts)
        )
