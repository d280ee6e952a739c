"""Keeps deep-learning frameworks from being imported while a file is audited."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType

from lamina.errors import SpecNeededError

FRAMEWORKS = frozenset("keras tensorflow torch jax jaxlib tf_keras flax h5py".split())
_auditing: ContextVar[bool] = ContextVar("lamina_auditing", default=False)


class _Guard:
    """Refuses the import of a framework in a context that audits, and takes no part in any other."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if _auditing.get() and fullname.partition(".")[0] in FRAMEWORKS:
            raise SpecNeededError(f"an audit does without {fullname}, which working out a shape needs here")


@contextmanager
def without_frameworks() -> Iterator[None]:
    """In the block, importing a framework raises `SpecNeededError`.

    One that is already imported stays as it is. Other threads are not concerned.
    """
    if not any(isinstance(finder, _Guard) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Guard())
    token = _auditing.set(True)
    try:
        yield
    finally:
        _auditing.reset(token)
