"""The calls of TensorFlow that are declared in the modules beside this one, and what declares them."""

from __future__ import annotations

from tests.vocabulary.conformance import Case as Case
from tests.vocabulary.conformance import Cases, Values
from tests.vocabulary.conformance import Dtype as Dtype

CASES = Cases()
case, loose, runs, variants = CASES.case, CASES.loose, CASES.runs, CASES.variants
_values = Values()
floats, positive, simplex, ints = _values.floats, _values.positive, _values.simplex, _values.ints
bools, complexes, spd = _values.bools, _values.complexes, _values.spd
