"""docs/benchmarks.md, its plots, and the table of the README, from the results.

Nothing is written into them by hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import bars, plots
from benchmarks.device import slug
from benchmarks.names import BY_HAND, COMPILED, EAGER, KERAS, LIMITS
from benchmarks.registry import BACKENDS
from benchmarks.results import Results, load_all
from benchmarks.tables import markdown, pivots
from benchmarks.units import digits, with_spread

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
PLOTS = ROOT / "docs" / "benchmarks"
README = ROOT / "README.md"
TEMPLATE = Path(__file__).with_name("template.md")
_SHORT = {"eager": "eager antirectifier, batch 32", "training": "training step, five Lambdas"}
BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"


def publish() -> None:
    """Write all of it."""
    devices = load_all()
    PLOTS.mkdir(exist_ok=True)
    for old in PLOTS.glob("*.svg"):
        old.unlink()
    for results in devices:
        for name, picture in pictures(results).items():
            (PLOTS / f"{name}.svg").write_text(picture)
    DOCUMENT.write_text(document(devices))
    README.write_text(readme(README.read_text(), devices))


def document(devices: list[Results]) -> str:
    """The text of docs/benchmarks.md."""
    sections = [block for results in devices for block in _section(results)]
    return "\n\n".join([TEMPLATE.read_text().rstrip(), *sections]) + "\n"


def _section(results: Results) -> Iterator[str]:
    about = results.about
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    yield f"## {results.device}"
    yield (
        f"Measured on {about['date']}: {about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, "
        f"{about['system']}, Python {about['python']}; {versions}."
    )
    yield "### Bars"
    yield "What the project asks of itself, and what this run measured."
    yield markdown(("what", "where", "bar", "measured (quartiles)", "met"), bars.lines(results), "---")
    shown = pictures(results)
    heading = ""
    for pivot in pivots(results):
        if pivot.title != heading:
            heading = pivot.title
            yield f"### {heading}"
            for name in [name for name in shown if name.endswith(f"-{pivot.row}")]:
                yield f"![{heading}](benchmarks/{name}.svg)"
        yield markdown((pivot.backend.replace("none", ""), *pivot.header), pivot.lines)
        if pivot.row == "growth":
            yield f"Slopes on two logarithmic axes, from 100 calls on: {_slopes(results, pivot.backend)}."


def pictures(results: Results) -> dict[str, str]:
    """The plots by name of the file."""
    prefix = slug(results.device)
    drawn = {
        "eager": _bars(results, "eager", EAGER, "Eager call of the antirectifier, batch 32", "s"),
        "saving": _bars(
            results, "saving", "load and first call", "Loading the antirectifier, and a first call", "s"
        ),
        "size": _bars(results, "size", "size", "Size of the antirectifier, saved", "B"),
        "bandwidth": _bars(
            results, "bandwidth", "throughput", "Ten elementwise operations, bytes per second", "B/s"
        ),
        "growth": _growth(results),
    }
    return {f"{prefix}-{name}": picture for name, picture in drawn.items() if picture}


def _bars(results: Results, row: str, group: str, title: str, unit: str) -> str:
    groups: dict[str, Mapping[str, float]] = {}
    for backend in BACKENDS:
        figures = results.figures(row, backend, group)
        medians = {name: figure["median"] for name, figure in figures.items() if "median" in figure}
        if medians:
            groups[backend] = medians
    return plots.bars(title, groups, unit) if groups else ""


def _growth(results: Results) -> str:
    backend = next((group["backend"] for group in results.groups if group["row"] == "growth"), "")
    series = {group["group"]: _points(group) for group in results.groups if _is_growth(group, backend)}
    title = f"Growth with the number of calls, {backend}"
    return plots.lines(title, series, "s", "calls in the expression") if series else ""


def _is_growth(group: dict[str, Any], backend: str) -> bool:
    return (group["row"], group["backend"]) == ("growth", backend)


def _points(group: dict[str, Any]) -> list[tuple[float, float]]:
    figures = group["figures"].items()
    return [(float(n.split()[0].replace(",", "")), figure["median"]) for n, figure in figures]


def _slopes(results: Results, backend: str) -> str:
    found = []
    for group in results.groups:
        if _is_growth(group, backend):
            points = [point for point in _points(group) if point[0] >= 100]
            found.append(f"{group['group']} {slope(points):.2f}")
    return ", ".join(found)


def slope(points: list[tuple[float, float]]) -> float:
    """The exponent with which `y` grows with `x`, by least squares on two logarithmic axes.

    Example:
        >>> round(slope([(1, 3.0), (10, 300.0), (100, 30000.0)]), 6)
        2.0
    """
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x, mean_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / spread if spread else 0.0


def readme(text: str, devices: list[Results]) -> str:
    """The README with its table of headline figures, of the first device."""
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return "\n".join([f"{head}{BEGIN}", *map(headlines, devices[:1]), f"{END}{tail}"])


def headlines(results: Results) -> str:
    """The short table: an eager call, a training step, a load; in time, and by the factor to lamina's."""
    lines = []
    for backend in BACKENDS:
        compiled = _fastest(results, backend)
        lines += [
            _headline(results, backend, "eager", EAGER, (COMPILED, KERAS, BY_HAND, compiled)),
            _headline(results, backend, "training", "training step", ("", KERAS, BY_HAND, "")),
        ]
    header = ("", "lamina", COMPILED, KERAS, BY_HAND, "raw function, compiled by the backend")
    table = markdown(header, [line for line in lines if line])
    return (
        f"\n{table}\n\nMedians on {results.device}; the factors are to lamina's time in the same run. "
        "[All benchmarks](docs/benchmarks.md), made by `make bench`, also tell where lamina is slower."
    )


def _fastest(results: Results, backend: str) -> str:
    figures = results.figures("eager", backend, EAGER)
    found = [name for name in LIMITS[backend] if "median" in figures.get(name, {})]
    return min(found, key=lambda name: figures[name]["median"], default="")


def _headline(
    results: Results, backend: str, row: str, group: str, contenders: tuple[str, ...]
) -> tuple[str, ...] | None:
    figures = results.figures(row, backend, group)
    if "median" not in figures.get("lamina", {}):
        return None
    mine, cells = figures["lamina"], []
    for name in contenders:
        figure = figures.get(name, {})
        cells.append(f"{digits(figure['median'] / mine['median'], 2)}x" if "median" in figure else "")
    return (f"{backend}: {_SHORT[row]}", with_spread(mine, "s"), *cells)
