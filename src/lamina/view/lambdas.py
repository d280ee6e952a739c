"""The Lambdas of a model file, as a table shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lamina._records import dataclass
from lamina.archive import LambdaNode, open_model
from lamina.auditing.functions import judge
from lamina.auditing.isolation import without_frameworks
from lamina.auditing.shapes import Shapes
from lamina.auditing.verdicts import Finding


@dataclass(frozen=True)
class Shown:
    """One function of a model file.

    Args:
        path: Where it stands in the model.
        python: The Python that wrote it; empty where the file holds no bytecode.
        arguments: What the layer passes to it beside its input.
        source: What it computes, as Python source; empty where that cannot be told.
        verdict: Where there is no source, why.
    """

    path: str
    python: str
    arguments: Mapping[str, Any]
    source: str
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """The function as JSON data."""
        return asdict(self)


def shown(path: str) -> list[Shown]:
    """The functions of every Lambda in a model file, in the order in which they stand.

    Args:
        path: The file, or the directory of a SavedModel.

    Raises:
        ArchiveError: The file cannot be read, or is ambiguous.
    """
    model = open_model(path)
    shapes = Shapes(
        {"config": model.config, "compile_config": model.compile_config, "objects": model.objects}
    )
    with without_frameworks():
        return [_shown(node, finding) for node in model.lambdas() for finding in judge(node, shapes)]


def _shown(node: LambdaNode, finding: Finding) -> Shown:
    arguments = node.config.get("arguments")
    message = finding.message.partition("\n")[0]
    verdict = finding.verdict.text + (f": {message}" if message else "")
    return Shown(
        finding.path,
        finding.python,
        arguments if isinstance(arguments, Mapping) else {},
        finding.source,
        "" if finding.source else verdict,
    )
