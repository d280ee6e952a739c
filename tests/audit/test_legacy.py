"""The real files of every Keras since 1.2: no false alarm."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lamina.auditing import Verdict, audit
from lamina.vocabulary import registry

pytestmark = pytest.mark.backend_free

_MODELS = (".h5", ".json", ".keras", ".sm")


def test_every_file_is_pure_or_names_what_it_needs(legacy: Path) -> None:
    paths = [path for path in sorted(legacy.glob("*/*")) if path.suffix in _MODELS]
    if not registry.vocabularies("jax"):
        paths = [path for path in paths if not path.name.startswith("jnp_")]
    reports = [audit(path) for path in paths]
    alarms = [report for report in reports if report.verdict > Verdict.BY_NAME]
    assert [(r.file, r.findings) for r in alarms] == []
    counts = Counter(report.verdict for report in reports)
    assert len(reports) > 3500
    assert counts[Verdict.PURE] > 0.8 * len(reports)


def test_pure_lambdas_show_what_they_compute(legacy: Path) -> None:
    report = audit(legacy / "py38_tf210__tfk" / "closure_float.h5")
    (finding,) = report.findings
    assert (finding.path, finding.python) == ("model/lambda.function", "3.8, 3.9")
    assert "ops.multiply(x, 0.25)" in finding.source


def test_names_are_told(legacy: Path) -> None:
    report = audit(legacy / "py38_tf210__tfk" / "global_helper_call.h5")
    assert report.findings[0].names == ("CLASSES", "SCALE", "global_helper")
