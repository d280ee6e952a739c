"""JAX as the oracle of its vocabulary."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from tests.vocabulary.conformance import FULL, Case, Framework, arrays_of, find, perform

from lamina.vocabulary.jax import VOCABULARIES


class Jax(Framework):
    """JAX, which compiles a case as a whole where it can, in place of each operation, unless all is asked for."""

    def run_real(self, case: Case) -> Any:
        arrays = arrays_of((case.args, case.kwargs))
        if FULL or not arrays:
            return super().run_real(case)
        function = None if case.run else find(self.root, case.name)
        return compiled(
            lambda *tensors: perform(case, self.root, function, tensors), *map(self.tensor, arrays)
        )


def compiled(function: Callable[..., Any], *tensors: Any) -> Any:
    """The results of a compiled function; of the function itself where it reads values, or gives other things."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return jax.jit(function)(*tensors)
        except Exception:
            return function(*tensors)


JAX = Jax(VOCABULARIES[0], jax, jax.numpy.asarray, np.asarray)
