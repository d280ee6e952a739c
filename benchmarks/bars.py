"""The bars that the figures are held against: what was measured, and whether it is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.names import COMPILED, COPIES, EAGER, EXPRESSION, KERAS, LIMITS
from benchmarks.registry import BACKENDS, NO_BACKEND
from benchmarks.results import Figure, Results
from benchmarks.units import written

Spread = tuple[float, float, float]  # median, low, high


@dataclass(frozen=True)
class Bar:
    """One bar.

    Args:
        what: What is measured.
        where: The backend, or `none`.
        limit: The figure to reach.
        unit: Of the figure; `x` for a ratio.
        measure: The figure and its spread; `None` where the run has no such rows.
        at_most: Whether less is better.
    """

    what: str
    where: str
    limit: float
    unit: str
    measure: Callable[[Results], Spread | None]
    at_most: bool = True

    def line(self, results: Results) -> tuple[str, str, str, str, str]:
        """What, where, bar, measured, and whether it is met."""
        sign = "at most" if self.at_most else "at least"
        start = (self.what, self.where, f"{sign} {written(self.limit, self.unit)}")
        found = self.measure(results)
        if found is None:
            return (*start, "not measured", "")
        median, low, high = (written(value, self.unit) for value in found)
        return (*start, median if low == high else f"{median} ({low} to {high})", self._verdict(*found))

    def _verdict(self, median: float, low: float, high: float) -> str:
        if not self.at_most:
            median, low = -median, -high
        limit = self.limit if self.at_most else -self.limit
        return "yes" if median <= limit else "within the spread" if low <= limit else "no"


def lines(results: Results) -> list[tuple[str, str, str, str, str]]:
    """Every bar as a line of a table."""
    return [bar.line(results) for bar in _bars()]


def show(console: Console, results: Results) -> None:
    """Print the bars of what was measured."""
    table = Table("what", "where", "bar", "measured (quartiles)", "met", title="Bars")
    for line in lines(results):
        if line[-1]:
            table.add_row(*line)
    if table.row_count:
        console.print(table)


def _bars() -> Iterator[Bar]:
    yield from _eager()
    for backend in BACKENDS:
        for group in ("training step", "predict, 4 batches"):
            what = f"{group}: lamina / "
            yield Bar(f"{what}hand-written layers", backend, 1.02, "x",
                      _over("training", backend, group, ("keras.Layer by hand",)))  # fmt: skip
            yield Bar(f"{what}{KERAS}", backend, 1.0, "x", _over("training", backend, group, (KERAS,)))
    yield from _saving()
    yield from _without_backend()


def _eager() -> Iterator[Bar]:
    limits = {"jax": 0.17, "tensorflow": 0.35, "torch": 0.60}
    for backend, limit in limits.items():
        yield Bar(f"{EAGER}: lamina / {KERAS}", backend, limit, "x", _over("eager", backend, EAGER, (KERAS,)))
    best = _over("eager", "torch", EAGER, (KERAS,), COMPILED)
    yield Bar(f"{EAGER}: {COMPILED} / {KERAS}", "torch", 0.45, "x", best)
    for backend in BACKENDS:
        for mine in ("lamina", COMPILED) if backend == "torch" else ("lamina",):
            yield Bar(f"{EAGER}: {mine} / raw compiled", backend, 1.4, "x",
                      _over("eager", backend, EAGER, LIMITS[backend], mine))  # fmt: skip


def _saving() -> Iterator[Bar]:
    for backend in BACKENDS:
        for row, group, limit, unit in (
            ("saving", "capture", 1e-3, "s"),
            ("saving", "load", 0.5e-3, "s"),
            ("size", "size", 1024.0, "B"),
        ):
            yield Bar(
                f"{group} of the antirectifier",
                backend,
                limit,
                unit,
                _figure(row, backend, group, EXPRESSION),
            )
            yield Bar(f"{group}: lamina / the best peer", backend, 1.0, "x", _over(row, backend, group, ()))
        for copy, group in COPIES.items():
            yield Bar(f"ten operations / {copy}", backend, 0.6, "x", _bandwidth(backend, group, copy), False)
        yield Bar("time per call, capture of 10,000 / of 1,000 calls", backend, 1.2, "x", _linear(backend))
        yield Bar("import of lamina.Lambda, after keras", backend, 60e-3, "s",
                  _figure("importing", NO_BACKEND, f"import, {backend}", "... and lamina.Lambda"))  # fmt: skip


def _without_backend() -> Iterator[Bar]:
    yield Bar("a saved function to an expression, the slowest", NO_BACKEND, 5e-3, "s", _lowering)
    for what, limit, row, group, contender in (
        ("the Lambdas of a .h5 of 100 MB", 50e-3, "reading", "the Lambdas of a .h5 of 100 MB",
         "lamina, what they compute"),
        ("lamina show, cold", 0.25, "reading", "command, cold", "lamina show, 16 KB"),
        ("lamina audit, cold", 0.25, "auditing", "one file, cold, per file", "lamina audit"),
        ("audit in a warm process, per file", 2e-3, "auditing", "in a warm process, per file", "lamina"),
    ):  # fmt: skip
        yield Bar(what, NO_BACKEND, limit, "s", _figure(row, NO_BACKEND, group, contender))
    yield Bar("files per second / the fastest scanner's", NO_BACKEND, 10.0, "x", _scanners, False)


def _figure(row: str, backend: str, group: str, contender: str) -> Callable[[Results], Spread | None]:
    def measure(results: Results) -> Spread | None:
        return _spread(results.figures(row, backend, group).get(contender, {}))

    return measure


def _spread(figure: Figure) -> Spread | None:
    return (figure["median"], figure["low"], figure["high"]) if "median" in figure else None


def _over(
    row: str, backend: str, group: str, peers: tuple[str, ...], mine: str | None = None
) -> Callable[[Results], Spread | None]:
    """A contender, by default the first, over the fastest of its peers; without peers named, over all others."""

    def measure(results: Results) -> Spread | None:
        figures = results.figures(row, backend, group)
        own = mine or next(iter(figures), "")
        rivals = peers or tuple(name for name in figures if not name.startswith("lamina"))
        found = [figures[name] for name in rivals if "median" in figures.get(name, {})]
        if "median" not in figures.get(own, {}) or not found:
            return None
        rival = min(found, key=lambda figure: figure["median"])
        if "ratio" in rival and own == next(iter(figures)):  # round by round
            median, low, high = rival["ratio"]
            return 1 / median, 1 / high, 1 / low
        return divided(figures[own], rival)

    return measure


def divided(figure: Figure, other: Figure) -> Spread:
    """The ratio of two figures, with the spread of the first alone."""
    return (
        figure["median"] / other["median"],
        figure["low"] / other["median"],
        figure["high"] / other["median"],
    )


def _bandwidth(backend: str, group: str, copy: str) -> Callable[[Results], Spread | None]:
    def measure(results: Results) -> Spread | None:
        figures = results.figures("bandwidth", backend, group)
        mine = [figures[name] for name in ("lamina", COMPILED) if "median" in figures.get(name, {})]
        limit = figures.get(copy, {})
        return divided(max(mine, key=_median), limit) if mine and "median" in limit else None

    return measure


def _median(figure: Figure) -> float:
    return figure["median"]


def _linear(backend: str) -> Callable[[Results], Spread | None]:
    def measure(results: Results) -> Spread | None:
        figures = results.figures("growth", backend, "capture")
        if "10,000 calls" not in figures:
            return None
        median, low, high = divided(figures["10,000 calls"], figures["1,000 calls"])
        return median / 10, low / 10, high / 10

    return measure


def _lowering(results: Results) -> Spread | None:
    figures = results.figures("reading", NO_BACKEND, "a saved function to an expression")
    return _spread(max(figures.values(), key=_median)) if figures else None


def _scanners(results: Results) -> Spread | None:
    for group in results.groups:
        if group["row"] == "auditing" and group["group"].startswith("a folder"):
            figures = group["figures"]
            found = [f for name, f in figures.items() if not name.startswith("lamina") and "median" in f]
            if found:
                return divided(min(found, key=_median), figures["lamina audit"])
    return None
