"""Counts what an evaluation costs, and refuses what would cost too much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lamina.bytecode.limits import Limits

CONTAINERS = (list, tuple, dict, set, frozenset)
PLAIN = (*CONTAINERS, str, bytes, int, float, complex, bool, range, slice, type(None), type(...))
_ELEMENTS_PER_STEP = 16


class Refusal(Exception):
    """The reason why evaluation cannot go on; becomes a BytecodeError with its place."""


class Budget:
    """The steps left, and the sizes that are still acceptable."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.steps

    def spend(self, steps: int = 1) -> None:
        """Takes `steps` away; refuses when none are left."""
        self.left -= steps
        if self.left < 0:
            raise Refusal(f"it takes more than {self.limits.steps} steps, the limit of Limits.steps")

    def allow_size(self, size: int) -> None:
        """Refuses to build a container or string of that size, and charges for a smaller one."""
        if size > self.limits.size:
            raise Refusal(f"it builds a value of {size} elements, more than {self.limits.size}")
        self.spend(size // _ELEMENTS_PER_STEP)

    def allow_bits(self, bits: int) -> None:
        """Refuses to compute an integer of that many bits."""
        if bits > self.limits.integer_bits:
            raise Refusal(f"it computes an integer of {bits} bits, more than {self.limits.integer_bits}")

    def weigh(self, *values: Any) -> None:
        """Charges for every element of `values`, however often one is shared.

        Comparing, hashing and printing walk shared parts again each time, which a few doublings
        make endless.
        """
        waiting = [value for value in values if type(value) in CONTAINERS]
        count = 0
        while waiting:
            value = waiting.pop()
            count += len(value)
            if count > self.limits.size:
                raise Refusal(f"a value has more than {self.limits.size} elements")
            waiting += [item for item in _items(value) if type(item) in CONTAINERS]
        self.spend(count // _ELEMENTS_PER_STEP)

    def foresee(self, values: Iterable[Any]) -> None:
        """Refuses to begin with a range that has more numbers than there are steps left."""
        if type(values) is range and values[self.left :]:
            self.spend(self.left + 1)

    def iterate(self, values: Iterable[Any]) -> Iterator[Any]:
        """The elements of `values`, a step each."""
        for value in values:
            self.spend()
            yield value

    def collect(self, values: Iterable[Any]) -> list[Any]:
        """The elements of `values` as a list, not more than allowed."""
        self.foresee(values)
        found = []
        for value in self.iterate(values):
            found.append(value)
            if len(found) > self.limits.size:
                raise Refusal(f"it collects more than {self.limits.size} elements")
        return found


def _items(value: Any) -> list[Any]:
    return [*value.keys(), *value.values()] if type(value) is dict else list(value)
