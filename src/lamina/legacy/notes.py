"""What was lost or changed on the way from an old model file to a Keras 3 model."""

from __future__ import annotations

from dataclasses import field

from lamina._records import dataclass


@dataclass(frozen=True)
class Note:
    """One thing that a loaded model does not have from its file.

    Attributes:
        place: The layer, or the part of the file.
        text: What happened, and what it means.
    """

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class LegacyWarning(UserWarning):
    """Something of a model file could not be carried over."""


@dataclass
class Notes:
    """Collects notes while a model is built."""

    found: list[Note] = field(default_factory=list)

    def add(self, place: str, text: str) -> None:
        """Add a note, once."""
        note = Note(place, text)
        if note not in self.found:
            self.found.append(note)
