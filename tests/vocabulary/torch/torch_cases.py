"""Calls of PyTorch, each declared once for lamina and for the oracle."""

from __future__ import annotations

from tests.vocabulary.conformance import Cases, Dtype, Values

CASES = Cases()
V = Values(3)
case, loose, runs, variants = CASES.case, CASES.loose, CASES.runs, CASES.variants
floats, positive, ints, bools, complexes, spd = (
    V.floats,
    V.positive,
    V.ints,
    V.bools,
    V.complexes,
    V.spd,
)


def longs(high, *shape, low=0):
    return ints(high, *shape, low=low).astype("int64")


def halves(*shape):
    return floats(*shape).astype("float16")


DTYPE = Dtype
