"""Bytes that the antirectifier takes when it is saved."""

from __future__ import annotations

from benchmarks.registry import Groups, Run, row
from benchmarks.subjects.formats import formats
from benchmarks.timing import exact


@row("Size of the antirectifier, saved", unit="B")
def size(run: Run) -> Groups:
    """Bytes of a text, or of all files, by each format."""
    yield "size", {name: exact(way.size()) for name, way in formats(run.backend).items()}
