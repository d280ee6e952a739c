"""A SavedModel folder: the few files that are read from it, by fixed names, inside it."""

from __future__ import annotations

import os

from lamina._records import dataclass
from lamina.archive.rules import Findings
from lamina.archive.source import Source


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was given as the argument.

    Attributes:
        path: The folder.
    """

    path: str

    def findings(self, name: str) -> Findings:
        """Findings on one of its files."""
        return Findings(f"{self.path}: {name}")

    def has(self, name: str) -> bool:
        """Whether the folder has a file of that name."""
        return os.path.lexists(os.path.join(self.path, name))

    def source(self, name: str) -> Source:
        """A file of the folder.

        Raises:
            RefusedError: It is missing, not regular, or a link out of the folder.
        """
        path = os.path.join(self.path, name)
        root = os.path.realpath(self.path)
        if os.path.commonpath([root, os.path.realpath(path)]) != root:
            raise self.findings(name).refused("savedmodel.symlink")
        return Source.of(path)

    def read(self, name: str, limit: int) -> bytes:
        """The content of a small file of the folder.

        Raises:
            RefusedError: It cannot be read or is larger than the limit.
        """
        with self.source(name).open() as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise self.findings(name).refused("protobuf.size", f"the limit is {limit} bytes")
        return data
