"""The pattern language of einops: `b (h two) ... -> b h ...`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from lamina._records import dataclass
from lamina.errors import ArgumentError

ELLIPSIS = "..."
_TOKEN = re.compile(r"\s*(\.\.\.|[()]|[^\s().]+|\.)")

# A name, the ellipsis, or the length of an axis that has no name.
Axis = str | int


@dataclass(frozen=True)
class Side:
    """One side of a pattern.

    Args:
        groups: For each axis of the tensor the axes that it is composed of; `()` and `1` have none.
        single: For each group whether it is one axis without parentheses.
    """

    groups: tuple[tuple[Axis, ...], ...]
    single: tuple[bool, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The elementary axes, in order."""
        return tuple(axis for group in self.groups for axis in group)

    @property
    def names(self) -> set[str]:
        """The names, the ellipsis among them."""
        return {axis for axis in self.axes if isinstance(axis, str)}

    def expanded(self, count: int) -> Side:
        """The same with the ellipsis written out as `count` axes."""
        groups: list[tuple[Axis, ...]] = []
        single: list[bool] = []
        more = [f"{ELLIPSIS}{i}" for i in range(count)]
        for group, alone in zip(self.groups, self.single, strict=True):
            if group == (ELLIPSIS,) and alone:
                groups += [(name,) for name in more]
                single += [True] * count
            else:
                parts = ((more if axis == ELLIPSIS else [axis]) for axis in group)
                groups.append(tuple(axis for part in parts for axis in part))
                single.append(alone)
        return Side(tuple(groups), tuple(single))


@functools.lru_cache(maxsize=1024)
def sides(pattern: str) -> tuple[Side, Side]:
    """The left and the right side of `left -> right`.

    Raises:
        ArgumentError: The pattern is not well formed; the message says where.

    Example:
        >>> left, right = sides("b (h two) -> b h two")
        >>> left.groups
        (('b',), ('h', 'two'))
    """
    halves = pattern.split("->")
    if len(halves) != 2:
        raise ArgumentError(f"the pattern {pattern!r} has {len(halves) - 1} arrows, expected one '->'")
    left, right = (side(half) for half in halves)
    if any(ELLIPSIS in group for group, alone in zip(left.groups, left.single, strict=True) if not alone):
        raise ArgumentError(f"the pattern {pattern!r} has an ellipsis in parentheses on its left side")
    if ELLIPSIS in right.names and ELLIPSIS not in left.names:
        raise ArgumentError(f"the pattern {pattern!r} has an ellipsis on its right side only")
    return left, right


@functools.lru_cache(maxsize=1024)
def side(text: str) -> Side:
    """One side of a pattern.

    Raises:
        ArgumentError: A name is no identifier or occurs twice, or parentheses do not match.
    """
    groups: list[tuple[Axis, ...]] = []
    single: list[bool] = []
    open_group: list[Axis] | None = None
    for token in _tokens(text):
        if token == "(":
            _require(open_group is None, text, "nests parentheses")
            open_group = []
        elif token == ")":
            _require(open_group is not None, text, "closes a parenthesis that is not open")
            groups.append(tuple(open_group or ()))
            single.append(False)
            open_group = None
        elif open_group is not None:
            open_group += _axis(token, text)
        else:
            groups.append(tuple(_axis(token, text)))
            single.append(True)
    _require(open_group is None, text, "leaves a parenthesis open")
    found = Side(tuple(groups), tuple(single))
    named = [axis for axis in found.axes if isinstance(axis, str)]
    twice = {axis for axis in named if named.count(axis) > 1}
    _require(not twice, text, f"names {', '.join(sorted(twice))} twice")
    return found


def _tokens(text: str) -> Iterator[str]:
    return (match.group(1) for match in _TOKEN.finditer(text))


def _axis(token: str, text: str) -> Sequence[Axis]:
    """The axes of one word; an axis of length 1 is none."""
    if token.isdecimal():
        _require(int(token) > 0, text, f"has an axis of length {token}, expected 1 or more")
        return [int(token)] if int(token) > 1 else []
    plain = token.isidentifier() and not token.startswith("_") and not token.endswith("_")
    _require(plain or token == ELLIPSIS, text, f"has {token!r}, which is no name of an axis")
    return [token]


def _require(condition: bool, text: str, problem: str) -> None:
    if not condition:
        raise ArgumentError(f"the einops pattern {text.strip()!r} {problem}")
