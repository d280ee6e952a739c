"""A chain of ten elementwise operations on a large array, beside a copy of the array.

Whatever computes the chain must read the array once and write the result once, which is what a copy does:
the copy is the limit that the hardware sets. Both count as one read and one write of the array.

A framework writes each result into new memory. The C library gets large pieces of it from the system and gives
them back, page by page, which may take longer than the copy. So all is measured twice, the second time with a
C library that keeps what is freed, as the allocators of the frameworks do on accelerators.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

import lamina
from benchmarks.device import waiting
from benchmarks.names import COMPILED, COPY, COPY_INTO, KEPT, KERAS, LAMINA
from benchmarks.registry import Contender, Groups, Run, row
from benchmarks.timing import Measured, Missing, side_by_side

BYTES = 256 * 2**20
_ROUNDS = 7
# Of malloc.h: M_ARENA_MAX, M_MMAP_MAX and M_TRIM_THRESHOLD.
_MALLOPT = {-8: 1, -4: 0, -1: 2**31 - 1}
_CALLS = 6  # until the layer has compiled itself, however long they take


def ten_operations(x: Any) -> Any:
    """Cheap ones, so that memory is what limits them."""
    x = ops.abs(x * 0.5 - 1.0)
    x = ops.minimum(x + 0.25, 4.0) * x
    return ops.maximum(-x, -2.0) - ops.square(x)


@row("Ten elementwise operations on 256 MB", unit="B/s")
def bandwidth(run: Run) -> Groups:
    """Bytes per second of each, one read and one write of the array counted."""
    size = BYTES // 64 if run.quick else BYTES
    x = ops.convert_to_tensor(np.linspace(-1.0, 1.0, size // 4, dtype="float32"))
    wait = waiting(run.backend)
    forms = {
        LAMINA: lamina.Lambda(ten_operations),
        KERAS: keras.layers.Lambda(ten_operations),
        **dict(run.some(_COMPILED[run.backend]().items())),
    }
    functions = {name: _called(form, x, wait) for name, form in forms.items()}
    for _ in range(1 if run.quick else _CALLS):
        functions[LAMINA]()
    functions[COPY_INTO] = _copy_into(size)
    yield "throughput", _rates(run, functions, 2 * size)
    if _keep_freed_memory():  # from here on: this row is the last of its process
        for function in functions.values():
            function()
        yield KEPT, _rates(run, functions, 2 * size)


def _rates(run: Run, functions: dict[str, Callable[[], Any]], moved: int) -> dict[str, Contender]:
    timed = side_by_side(functions, min(run.rounds, _ROUNDS), run.seconds)
    return {name: _rate(figure, moved) for name, figure in timed.items()}


def _keep_freed_memory() -> bool:
    """Whether the C library, which must be glibc, will keep what is freed, and take nothing by `mmap`."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(option, value) for option, value in _MALLOPT.items())


def _called(function: Callable[[Any], Any], x: Any, wait: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: wait(function(x)) is None


def _rate(figure: Measured | Missing, moved: int) -> Contender:
    if isinstance(figure, Missing):
        return figure
    return Measured(moved / figure.median, moved / figure.high, moved / figure.low)


def _copy_into(size: int) -> Callable[[], Any]:
    source = np.ones(size // 4, "float32")
    target = np.empty_like(source)
    return lambda: np.copyto(target, source)


def _in_jax() -> dict[str, Callable[[Any], Any]]:
    import jax
    import jax.numpy as jnp

    return {COPY: jax.jit(jnp.copy), "raw, jax.jit": jax.jit(ten_operations)}


def _in_tensorflow() -> dict[str, Callable[[Any], Any]]:
    import tensorflow as tf

    compiled = tf.function(ten_operations, jit_compile=True)
    return {COPY: lambda x: tf.raw_ops.DeepCopy(x=x), "raw, tf.function with XLA": compiled}


def _in_torch() -> dict[str, Callable[[Any], Any]]:
    import torch

    return {
        COPY: torch.clone,
        COMPILED: lamina.Lambda(ten_operations, jit=True),
        "raw, torch.compile": torch.compile(ten_operations),
    }


_COMPILED = {"jax": _in_jax, "tensorflow": _in_tensorflow, "torch": _in_torch}
