"""One call of a layer outside of any compiled function, as in notebooks, data pipelines and generation loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from benchmarks.device import waiting
from benchmarks.registry import Groups, Run, row
from benchmarks.subjects.functions import SUBJECTS, Subject
from benchmarks.subjects.layers import keras_layers, native_forms

BATCHES = (32, 1, 1024)


@row("Eager call")
def eager(run: Run) -> Groups:
    """Each function at each batch size, by every contender."""
    wait = waiting(run.backend)
    for subject in run.some(SUBJECTS):
        for batch in run.some(BATCHES):
            inputs = subject.inputs(batch)
            forms = {**keras_layers(subject), **native_forms(subject)}
            check_agreement(subject, forms, inputs)
            yield f"{subject.name}, batch {batch}", {k: timed(f, inputs, wait) for k, f in forms.items()}


def timed(function: Callable[[Any], Any], inputs: Any, wait: Callable[[Any], Any]) -> Callable[[], Any]:
    """A call of the function, up to when its result is there."""
    return lambda: wait(function(inputs))


def check_agreement(subject: Subject, forms: Mapping[str, Callable[[Any], Any]], inputs: Any) -> None:
    """Raise unless all contenders compute the same.

    Raises:
        AssertionError: One computes something else; the message names it.
    """
    results = {name: keras.ops.convert_to_numpy(function(inputs)) for name, function in forms.items()}
    first = next(iter(results.values()))
    for name, result in results.items():
        assert result.shape == first.shape, f"{subject.name}: {name} gives shape {result.shape}"
        if not subject.random:
            np.testing.assert_allclose(result, first, rtol=1e-4, atol=1e-4, err_msg=f"{subject.name}: {name}")
