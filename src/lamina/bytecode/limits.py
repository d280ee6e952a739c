"""How much a hostile blob may cost before it is refused."""

from __future__ import annotations

from lamina._records import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of reading and evaluating one saved function.

    The defaults leave two orders of magnitude above the largest Lambda met in public files, and
    keep the worst blob under a second and some tens of megabytes.

    Example:
        >>> Limits(steps=1000).steps
        1000
    """

    bytes: int = 1 << 16  # length of the marshalled code
    depth: int = 40  # nesting of marshalled objects, and of calls while evaluating
    objects: int = 50_000  # marshalled objects, counted again wherever they are shared
    integer_bits: int = 4096  # the largest Python integer that may appear
    repairs: int = 256  # attempts at mending a damaged blob
    steps: int = 100_000  # instructions and iterations
    size: int = 100_000  # elements of a container, characters of a string


DEFAULT = Limits()
