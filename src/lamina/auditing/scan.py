"""`audit`: one file in, one report out."""

from __future__ import annotations

import os
from collections.abc import Iterator

from lamina.archive import Limits, ModelFile, RefusedError, open_model
from lamina.auditing.functions import finding, judge
from lamina.auditing.isolation import without_frameworks
from lamina.auditing.objects import object_findings
from lamina.auditing.rules import container_finding
from lamina.auditing.shapes import Shapes
from lamina.auditing.verdicts import Finding, Report
from lamina.errors import LaminaError

# The HDF5 library may hang or crash on a hostile file, so only lamina's own reader is used.
AUDIT_LIMITS = Limits(h5py=False)


def audit(
    path_or_bytes: str | os.PathLike[str] | bytes, *, name: str | None = None, limits: Limits = AUDIT_LIMITS
) -> Report:
    """Tell what a model file would run or reach if it were loaded, without loading it.

    Every Lambda and every other place that can carry code or refer to it is looked at. Nothing is
    executed or extracted, no framework is imported, no path but the argument is opened. Any content
    gives a report; a file that cannot be read has the verdict "not understood".

    Args:
        path_or_bytes: A `.keras`, HDF5, JSON or YAML file, its bytes, or a SavedModel folder.
        name: How the report calls the file; by default its path.
        limits: Bounds on what the file may make the reader do.

    Returns:
        The report; its `verdict` is the worst of its findings.

    Example:
        >>> import lamina
        >>> config = b'{"class_name": "Sequential", "config": {"layers": []}}'
        >>> lamina.audit(config).verdict.text
        'pure'
    """
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else os.fspath(path_or_bytes)
    label = name or ("<bytes>" if isinstance(data, bytes) else data)
    with without_frameworks():
        return _audited(data, label, limits)


def audit_model(model: ModelFile, label: str | None = None) -> Report:
    """The report on a file that is open already, so that what is loaded is what was audited.

    Args:
        model: The file as data.
        label: How the report calls the file; by default its path.
    """
    found: list[Finding] = []
    with without_frameworks():
        try:
            found.extend(_findings(model))  # what was found before an error stays
        except Exception as error:
            found.append(_reason(error))
    return Report(label or model.source.label, model.kind, model.keras_version, tuple(found))


def _audited(data: str | bytes, label: str, limits: Limits) -> Report:
    try:
        model = open_model(data, limits)
    except Exception as error:
        return Report(label, findings=(_reason(error),))
    return audit_model(model, label)


def _reason(error: Exception) -> Finding:
    """Why there is no audit: a file must never end a run, and the verdict says that it was not audited."""
    if isinstance(error, RefusedError):
        return container_finding(error.note)
    named = "" if isinstance(error, LaminaError) else f"{type(error).__name__}: "
    return finding("audit.unfinished", f"{named}{error}"[:500])


def _findings(model: ModelFile) -> Iterator[Finding]:
    yield from map(container_finding, model.notes)
    shapes = Shapes(
        {"config": model.config, "compile_config": model.compile_config, "objects": model.objects}
    )
    for node in model.lambdas():
        yield from judge(node, shapes)
    yield from object_findings(model)
    yield from _weights(model)
    if model.kind == "savedmodel":
        from lamina.auditing.graph import graph_findings

        yield from graph_findings(model.source.label, model.limits)


def _weights(model: ModelFile) -> Iterator[Finding]:
    """What is wrong with the weights' container; which weights there are is not of interest."""
    if model.kind != "keras" or model.member is None:
        return
    if model.member.name.endswith(".npz"):
        from lamina.auditing.npz import npz_findings

        yield from npz_findings(model)
        return
    try:
        model.weights()
    except RefusedError as error:
        if not error.note.rule.startswith("weights."):
            yield container_finding(error.note)
