"""What a run measured, as data, and the file that keeps it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.device import machine, slug

FOLDER = Path(__file__).parent / "results"
Figure = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """The groups of figures, and where they were measured.

    Args:
        about: The machine, the versions and the date.
        groups: Each with `row`, `title`, `unit`, `backend`, `group`, and `figures` by contender.
    """

    about: dict[str, Any]
    groups: list[dict[str, Any]]

    @classmethod
    def of(cls, records: list[dict[str, Any]], quick: bool) -> Results:
        """The results of what the processes wrote."""
        found = next((record["accelerator"] for record in records if record.get("accelerator")), None)
        about = {"date": datetime.date.today().isoformat(), "quick": quick, "accelerator": found, **machine()}
        return cls(about, [record for record in records if "row" in record])

    @property
    def device(self) -> str:
        """The device in words."""
        return self.about["accelerator"] or f"{self.about['cpu']}, {self.about['cores']} cores"

    def figures(self, row: str, backend: str, group: str) -> dict[str, Figure]:
        """The figures of a group by contender; empty if it was not measured."""
        wanted = (row, backend, group)
        found = (g["figures"] for g in self.groups if (g["row"], g["backend"], g["group"]) == wanted)
        return next(found, {})

    def median(self, row: str, backend: str, group: str, contender: str) -> float | None:
        """The median of one contender, if it was measured."""
        return self.figures(row, backend, group).get(contender, {}).get("median")

    def failures(self) -> Iterator[str]:
        """The contenders that should have run and did not."""
        for group in self.groups:
            for name, figure in group["figures"].items():
                if figure.get("failed"):
                    yield f"{group['row']}, {group['backend']}, {group['group']}: {name}: {figure['missing']}"

    def to_json(self) -> str:
        """The results as text, one group a line."""
        lines = ",\n".join(json.dumps(group) for group in self.groups)
        return f'{{"about": {json.dumps(self.about)},\n"groups": [\n{lines}\n]}}\n'

    def keep(self, folder: Path = FOLDER) -> Path:
        """Write the file of this device; rows and backends that were not measured stay as they are."""
        path = folder / f"{slug(self.device)}.json"
        measured = {(group["row"], group["backend"]) for group in self.groups}
        older = load(path).groups if path.exists() else []
        kept = [group for group in older if (group["row"], group["backend"]) not in measured]
        folder.mkdir(exist_ok=True)
        path.write_text(Results(self.about, kept + self.groups).to_json())
        return path


def load(path: Path) -> Results:
    """The results that a file keeps."""
    return Results(**json.loads(path.read_text()))


def load_all(folder: Path = FOLDER) -> list[Results]:
    """The results of every device."""
    return [load(path) for path in sorted(folder.glob("*.json"))]
