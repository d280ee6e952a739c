"""`F.pad` in all of its modes."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.numpy.padding import _by_index as by_index
from lamina.vocabulary.torch.arguments import is_kind, operand, rank, refuse, static

# PyTorch's modes, as NumPy calls them.
_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """`F.pad`: widths from the last axis on; negative ones cut off."""
    if mode not in _MODES:
        refuse("nn.functional.pad", f"mode={mode!r}", f"use one of {', '.join(_MODES)}")
    x, widths = operand(input), widths_of(static(pad), rank(input))
    x = _cut(x, widths)
    grown = [(max(a, 0), max(b, 0)) for a, b in widths]
    if not any(map(any, grown)):
        return x
    if mode != "constant":
        return by_index(x, grown, _MODES[mode])
    return constant(x, grown, 0 if value is None else value)


def widths_of(pads: tuple[int, ...], axes: int) -> list[tuple[int, int]]:
    """Widths by axis, in the order of the axes."""
    pairs = [(pads[i], pads[i + 1]) for i in range(0, len(pads), 2)]
    return [(0, 0)] * (axes - len(pairs)) + pairs[::-1]


def _cut(x: Any, widths: list[tuple[int, int]]) -> Any:
    keys = [slice(-a if a < 0 else None, b if b < 0 else None) for a, b in widths]
    return x if all(k == slice(None) for k in keys) else x[tuple(keys)]


def constant(x: Any, widths: list[tuple[Any, Any]], value: Any) -> Any:
    """`x` with a number around it."""
    filling = value or None
    if filling is not None and is_kind(x, 1):
        filling = int(filling)
    return ops.pad(x, tuple(widths), mode="constant", constant_values=filling)
