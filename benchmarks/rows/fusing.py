"""Lambdas that follow one another, called outside of any compiled function, before and after `lamina.fuse`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import lamina
from benchmarks.device import waiting
from benchmarks.names import KERAS
from benchmarks.registry import Groups, Run, row
from benchmarks.rows.eager import timed
from benchmarks.rows.training import pairs, standardise, swish_gate, unit_length
from benchmarks.subjects.functions import SUBJECTS, WIDTH, antirectifier

CHAIN = (standardise, antirectifier, swish_gate, pairs, unit_length)


@row("A chain of five Lambdas")
def fusing(run: Run) -> Groups:
    """The call of a model that is nothing but the chain."""
    wait, inputs = waiting(run.backend), SUBJECTS[0].inputs(32)
    chain = _chain(lamina.Lambda)
    models = {"lamina, fused": lamina.fuse(chain), "lamina": chain, KERAS: _chain(keras.layers.Lambda)}
    results = [keras.ops.convert_to_numpy(model(inputs)) for model in models.values()]
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-4, atol=1e-4)
    yield "eager call, batch 32", {name: timed(model, inputs, wait) for name, model in models.items()}


def _chain(wrap: Callable[[Callable[[Any], Any]], keras.Layer]) -> keras.Model:
    return keras.Sequential([keras.Input((WIDTH,)), *map(wrap, CHAIN)])
