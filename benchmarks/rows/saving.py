"""Capture, save and load of the antirectifier beside the peers that do something like it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.device import waiting
from benchmarks.registry import Groups, Run, row
from benchmarks.subjects.formats import Format, formats
from benchmarks.subjects.functions import SUBJECTS


@row("Capture, save and load of the antirectifier")
def saving(run: Run) -> Groups:
    """Each step by each format; what it starts from is made once."""
    inputs, wait = SUBJECTS[0].inputs(32), waiting(run.backend)
    ways = formats(run.backend)
    captured = {name: way.capture() for name, way in ways.items()}
    saved = {name: way.save(captured[name]) for name, way in ways.items()}
    # A layer alone captures nothing yet: lamina's does so in `get_config`, Keras's never.
    yield "capture", {name: way.capture for name, way in ways.items() if not name.endswith("config")}
    yield "save", {name: _step(way.save, captured[name]) for name, way in ways.items()}
    yield "load", {name: _step(way.load, saved[name]) for name, way in ways.items()}
    yield (
        "load and first call",
        {name: _first_call(way, saved[name], inputs, wait) for name, way in ways.items()},
    )


def _step(step: Callable[[Any], Any], given: Any) -> Callable[[], Any]:
    return lambda: step(given)


def _first_call(way: Format, saved: Any, inputs: Any, wait: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: wait(way.load(saved)(inputs))
