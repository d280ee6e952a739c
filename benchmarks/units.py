"""Figures as people read them."""

from __future__ import annotations

_STEPS = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    "B": ((2**20, "MB"), (2**10, "KB"), (1, "B")),
    "B/s": ((1e9, "GB/s"),),
    "x": ((1.0, ""),),
}


def written(value: float, unit: str) -> str:
    """A figure with three digits and its unit."""
    scale, name = _step(value, unit)
    return f"{digits(value / scale)} {name}".rstrip()


def with_spread(figure: dict[str, float], unit: str) -> str:
    """A median, and half of the distance between the quartiles."""
    scale, name = _step(figure["median"], unit)
    half = (figure["high"] - figure["low"]) / 2
    spread = f" ± {digits(half / scale, 2)}" if half else ""
    return f"{digits(figure['median'] / scale)}{spread} {name}".rstrip()


def digits(value: float, count: int = 3) -> str:
    """A number with so many significant digits, and no exponent.

    Example:
        >>> digits(0.01234), digits(1234.5), digits(12.345)
        ('0.0123', '1,234', '12.3')
    """
    if value == 0:
        return "0"
    exponent = int(f"{abs(value):e}".partition("e")[2])
    return f"{value:,.{max(0, count - 1 - exponent)}f}"


def _step(value: float, unit: str) -> tuple[float, str]:
    steps = _STEPS[unit]
    return next((step for step in steps if abs(value) >= step[0]), steps[-1])
