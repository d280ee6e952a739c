"""The benchmarks run on every backend, say what is missing, and their documents are what the results say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from benchmarks.names import COPY  # noqa: E402
from benchmarks.registry import WITH_BACKEND, WITHOUT, Run  # noqa: E402
from benchmarks.results import Results, load, load_all  # noqa: E402
from benchmarks.rows.auditing import scanner  # noqa: E402
from benchmarks.timing import Measured, Missing, side_by_side, spread  # noqa: E402
from benchmarks.units import digits, with_spread, written  # noqa: E402

from benchmarks import bars, plots, publish, tables  # noqa: E402


def quick(output: Path, *options: str) -> Results:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(output), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return load(output)


def test_every_row_of_a_backend_runs(tmp_path):
    backend = os.environ["KERAS_BACKEND"]
    results = quick(tmp_path / "quick.json", "--backend", backend)
    assert {(group["row"], group["backend"]) for group in results.groups} == {
        (row, backend) for row in WITH_BACKEND
    }
    assert all("median" in figure for group in results.groups for figure in group["figures"].values())
    assert publish.document([results]).count("![") == 5


@pytest.mark.backend_free
def test_every_row_without_a_backend_runs(tmp_path):
    results = quick(tmp_path / "quick.json", "--backend", "none")
    assert {group["row"] for group in results.groups} == set(WITHOUT)
    assert not list(results.failures())


@pytest.mark.backend_free
class TestTiming:
    def test_contenders_are_compared_round_by_round_with_the_first(self):
        def spin(turns):
            return lambda: sum(range(turns))

        figures = side_by_side({"short": spin(2_000), "long": spin(200_000)}, rounds=5, seconds=1e-3)
        assert figures["short"].ratio == (1.0, 1.0, 1.0)
        assert figures["long"].ratio[0] > 10

    def test_a_contender_that_raises_has_the_reason_in_place_of_a_figure(self):
        figures = side_by_side({"whole": int, "broken": lambda: 1 / 0}, rounds=3, seconds=0.0)
        assert isinstance(figures["whole"], Measured)
        assert figures["broken"] == Missing("ZeroDivisionError: division by zero", failed=True)

    def test_the_spread_is_the_quartiles(self):
        assert spread([5.0, 1.0, 4.0, 2.0, 3.0]) == Measured(3.0, 1.5, 4.5)


def group(row: str, backend: str, name: str, unit: str = "s", **medians: float) -> dict:
    figures = {key: {"median": value, "low": value, "high": value} for key, value in medians.items()}
    return {"row": row, "title": row, "unit": unit, "backend": backend, "group": name, "figures": figures}


def results_of(*groups: dict) -> Results:
    return Results.of(list(groups), quick=True)


@pytest.mark.backend_free
class TestResults:
    def test_what_was_not_measured_again_stays(self, tmp_path):
        older = results_of(group("eager", "jax", "a", lamina=1.0), group("size", "jax", "a", lamina=2.0))
        path = older.keep(tmp_path)
        results_of(group("eager", "jax", "b", lamina=3.0)).keep(tmp_path)
        assert [(g["row"], g["group"]) for g in load(path).groups] == [("size", "a"), ("eager", "b")]

    def test_a_failure_is_named_and_a_scanner_that_is_not_installed_is_none(self, tmp_path):
        found = group("eager", "jax", "a", lamina=1.0)
        found["figures"] |= {
            "peer": Missing("it broke", failed=True).to_dict(),
            "tool": Missing("tool is not installed").to_dict(),
        }
        results = results_of(found)
        assert list(results.failures()) == ["eager, jax, a: peer: it broke"]
        (pivot,) = tables.pivots(results)
        assert pivot.lines == (("a", "1.00 s", "failed", "tool is not installed"),)
        assert scanner(Run(True, "none", tmp_path), "no-such-scanner") is None

    def test_json_survives(self, tmp_path):
        results = results_of(group("eager", "jax", "a", lamina=1.0))
        assert Results(**json.loads(results.to_json())) == results


def verdicts(*groups: dict) -> dict[tuple[str, str], str]:
    return {(line[0], line[1]): line[-1] for line in bars.lines(results_of(*groups)) if line[-1]}


@pytest.mark.backend_free
class TestBars:
    def test_a_ratio_is_to_the_fastest_peer(self):
        size = group("size", "jax", "size", "B", **{"lamina expression": 300.0, "a": 2000.0, "b": 200.0})
        found = verdicts(size)
        assert found["size of the antirectifier", "jax"] == "yes"
        assert found["size: lamina / the best peer", "jax"] == "no"

    @pytest.mark.parametrize(("rate", "met"), [(0.7, "yes"), (0.5, "no")])
    def test_bandwidth_is_better_the_higher_it_is(self, rate, met):
        found = verdicts(group("bandwidth", "jax", "throughput", "B/s", lamina=rate, **{COPY: 1.0}))
        assert found == {(f"ten operations / {COPY}", "jax"): met}

    def test_a_limit_between_the_quartiles_is_neither_met_nor_missed(self):
        step = group("training", "jax", "training step", **{"lamina": 1.03, "keras.Layer by hand": 1.0})
        step["figures"]["lamina"]["low"] = 1.01
        assert verdicts(step) == {("training step: lamina / hand-written layers", "jax"): "within the spread"}

    def test_growth_is_per_call(self):
        sizes = {"1,000 calls": 1.0, "10,000 calls": 12.5}
        found = verdicts(group("growth", "jax", "capture", **sizes))
        assert found == {("time per call, capture of 10,000 / of 1,000 calls", "jax"): "no"}


@pytest.mark.backend_free
class TestDocuments:
    def test_they_are_written_from_the_results(self):
        devices = load_all()
        assert publish.DOCUMENT.read_text() == publish.document(devices)
        assert publish.README.read_text() == publish.readme(publish.README.read_text(), devices)
        pictures = {name for results in devices for name in publish.pictures(results)}
        assert {path.stem for path in publish.PLOTS.glob("*.svg")} == pictures

    def test_a_slope_is_the_exponent(self):
        assert publish.slope([(10.0, 2.0), (100.0, 20.0), (1000.0, 200.0)]) == pytest.approx(1.0)

    def test_a_bar_is_as_long_as_its_figure_on_a_logarithmic_axis(self):
        picture = plots.bars("title", {"g": {"a": 1e-3, "b": 1e-2, "c": 1e-1}}, "s")
        widths = [float(part.split("'")[0]) for part in picture.split(" width='")[2:]]
        assert widths[1] - widths[0] == pytest.approx(widths[2] - widths[1], abs=0.2)
        assert all(text in picture for text in ("1.00 ms", "10.0 ms", "100 ms"))

    def test_figures_are_written_with_three_digits(self):
        assert [digits(value) for value in (0.0, 0.01234, 12.345, 1234.5)] == ["0", "0.0123", "12.3", "1,234"]
        assert written(2048, "B") == "2.00 KB"
        assert with_spread({"median": 2e-3, "low": 1.9e-3, "high": 2.2e-3}, "s") == "2.00 ± 0.15 ms"
