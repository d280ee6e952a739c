"""The table of attacks: number, what each attempts, and what lamina answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Content = bytes | Mapping[str, bytes]


@dataclass(frozen=True)
class Attack:
    """One hostile file, or, where the verdict says so, a harmless one that looks like it.

    Attributes:
        number: Stable; `file` begins with it.
        file: Name of the file or folder.
        attempts: What it tries.
        verdict: What `lamina audit` must answer.
        rule: The rule that must be among its findings.
        advisory: The advisory or trick it stands for.
        make: The content, given the path of the marker that a payload would touch.
    """

    number: int
    file: str
    attempts: str
    verdict: str
    rule: str
    advisory: str
    make: Callable[[str], Content]


ATTACKS: list[Attack] = []


def attack(
    name: str, attempts: str, rule: str, verdict: str = "not allowed", advisory: str = ""
) -> Callable[[Callable[[str], Content]], Callable[[str], Content]]:
    """Enter a function that makes the content into the table.

    Args:
        name: Name of the file, whose ending says what it is.
        attempts: What it tries.
        rule: The rule that must answer.
        verdict: The verdict on the file.
        advisory: The advisory it stands for.
    """

    def enter(make: Callable[[str], Content]) -> Callable[[str], Content]:
        number = len(ATTACKS) + 1
        ATTACKS.append(Attack(number, f"{number:03d}_{name}", attempts, verdict, rule, advisory, make))
        return make

    return enter
