"""Names for the values of printed source."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata

# What printed source itself uses; a parameter of such a name would hide it.
_USED = frozenset(("abs", "complex", "float", "np", "operator", "ops", "random", "slice", "__debug__"))
_FORBIDDEN = _USED.union(keyword.kwlist)
_HIDDEN = _FORBIDDEN.union(dir(builtins))


def identifier(text: str) -> str:
    """The nearest name that Python accepts."""
    text = unicodedata.normalize("NFKC", text)
    if text.isidentifier():
        return text
    text = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")
    return text if text.isidentifier() else f"_{text}"


class Names:
    """Gives out names.

    - No two values of a function, or of it and the functions around it, share a name.
    - No name is a keyword or hides what the source itself uses.
    - Only parameters may be named like a builtin, for they keep the names the user gave them.
    - The same expression always gets the same names.
    """

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}
        self._tried: dict[str, int] = {}

    def parameter(self, text: str) -> str:
        """A name for a parameter."""
        return self._take(identifier(text), _FORBIDDEN)

    def fresh(self, text: str) -> str:
        """A name for anything else."""
        return self._take(identifier(text), _HIDDEN)

    def _take(self, base: str, forbidden: frozenset[str]) -> str:
        count = self._tried.get(base, 1)
        name = base if count == 1 else f"{base}_{count}"
        while name in self._taken or name in forbidden:
            count += 1
            name = f"{base}_{count}"
        self._taken[name] = base
        self._tried[base] = count
        return name

    def mark(self) -> int:
        """Where the names of a nested function begin."""
        return len(self._taken)

    def release(self, mark: int) -> None:
        """Forget the names given out since `mark`."""
        while len(self._taken) > mark:
            _, base = self._taken.popitem()
            self._tried.pop(base, None)
