"""Plots as SVG: bars on a logarithmic axis, and lines on two."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from benchmarks.units import written

_COLORS = ("#1b5e9e", "#e07b39", "#5b9a4b", "#8e6bb0")
_OWN, _KERAS, _OTHER = "#1b5e9e", "#e07b39", "#9a9a9a"
_WIDTH, _LEFT, _RIGHT, _BAR = 790, 260, 90, 15
_STYLE = "font-family='system-ui,sans-serif' font-size='12' fill='#222'"

Series = Mapping[str, Sequence[tuple[float, float]]]


def bars(title: str, groups: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """A bar for each contender of each group, on a logarithmic axis from the smallest power of ten.

    Args:
        title: What is shown.
        groups: Figures by group and contender.
        unit: Their unit.
    """
    values = [value for group in groups.values() for value in group.values()]
    floor, top = _decades([min(values) * 0.9, max(values)])  # the shortest bar can be seen
    height = 56 + sum(26 + _BAR * len(group) for group in groups.values())
    body = [_text(10, 20, title, weight="bold")]
    body += _axis(floor, top, unit, 42, height - 10)
    y = 52.0
    for label, group in groups.items():
        body.append(_text(10, y + 11, label, weight="bold"))
        y += 16
        for name, value in group.items():
            length = _place(value, floor, top) - _LEFT
            body.append(_text(_LEFT - 6, y + 11, name, anchor="end"))
            body.append(_rect(_LEFT, y + 1, max(length, 1.0), _BAR - 3, _color(name)))
            body.append(_text(_LEFT + length + 5, y + 11, written(value, unit)))
            y += _BAR
        y += 10
    return _document(height, body)


def lines(title: str, series: Series, unit: str, across: str) -> str:
    """A line for each series, on two logarithmic axes.

    Args:
        title: What is shown.
        series: Points by name, `x` ascending.
        unit: Of the figures.
        across: What `x` counts.
    """
    floor, top = _decades([y for points in series.values() for _, y in points])
    left, right = _decades([x for points in series.values() for x, _ in points])
    height, base = 400.0, 350.0

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - left) / (right - left)
        up = (math.log10(y) - floor) / (top - floor)
        return 80 + across * (_WIDTH - 260), base - up * (base - 50)

    body = [_text(10, 20, title, weight="bold"), _text(300, height - 12, across, anchor="middle")]
    for power in range(floor, top + 1):
        y = at(10**left, 10.0**power)[1]
        body += [_line(80, y, _WIDTH - 180, y), _text(74, y + 4, _tick(power, unit), anchor="end")]
    for power in range(left, right + 1):
        x = at(10.0**power, 10.0**floor)[0]
        body += [_line(x, 50, x, base), _text(x, base + 18, f"{10**power:,}", anchor="middle")]
    for place, (name, points) in enumerate(series.items()):
        body += _curve(name, [at(x, y) for x, y in points], _COLORS[place % len(_COLORS)], 60 + 20 * place)
    return _document(height, body)


def _curve(name: str, points: Sequence[tuple[float, float]], color: str, legend: float) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f"<polyline points='{path}' fill='none' stroke='{color}' stroke-width='2'/>"
    for x, y in points:
        yield f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{color}'/>"
    yield _rect(_WIDTH - 165, legend - 9, 10, 10, color)
    yield _text(_WIDTH - 150, legend, name)


def _color(contender: str) -> str:
    return _OWN if contender.startswith("lamina") else _KERAS if contender.startswith("keras") else _OTHER


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """The powers of ten around the values."""
    found = [math.log10(value) for value in values]
    floor = math.floor(min(found))
    return floor, max(math.ceil(max(found)), floor + 1)


def _tick(power: int, unit: str) -> str:
    number, _, name = written(10.0**power, unit).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {name}"


def _place(value: float, floor: int, top: int) -> float:
    return _LEFT + (math.log10(value) - floor) / (top - floor) * (_WIDTH - _LEFT - _RIGHT)


def _axis(floor: int, top: int, unit: str, head: float, foot: float) -> Iterator[str]:
    for power in range(floor, top + 1):
        x = _place(10.0**power, floor, top)
        yield _line(x, head + 4, x, foot)
        yield _text(x, head, _tick(power, unit), anchor="middle")


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal") -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-weight='{weight}'"
    return f"<text {place}>{escape(text)}</text>"


def _rect(x: float, y: float, width: float, height: float, color: str) -> str:
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{color}'/>"


def _line(x: float, y: float, x2: float, y2: float) -> str:
    return f"<line x1='{x:.1f}' y1='{y:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='#ddd'/>"


def _document(height: float, body: Sequence[str]) -> str:
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height:.0f}' {_STYLE}>"
    ground = f"<rect width='{_WIDTH}' height='{height:.0f}' fill='#fff'/>"
    return "\n".join([head, ground, *body, "</svg>\n"])
