"""Runs code outside of whatever surrounds the call: traces, scopes and captures stay in their thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from lamina._keras import keras
from lamina.expression.model import Spec
from lamina.verification.sampling import drawn

Value = TypeVar("Value")


def apart(function: Callable[[], Value]) -> Value:
    """Call a function in a thread of its own, and wait for it.

    JAX, TensorFlow and Keras keep what they are tracing, and the scopes they are in, by thread. In a new one
    everything is eager, and variables have their own values, although the caller may be inside `fit`.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


@contextmanager
def variables_kept(variables: Sequence[Any]) -> Iterator[None]:
    """Let the code of a `with` block change variables and seeds without an effect outside of it.

    Under JAX, `fit` takes the values of variables away while it compiles; these get samples.
    """
    # The generator that Keras makes for random numbers without a seed must outlive the block.
    keras.random.uniform(())
    missing = [v for v in variables if not _has_value(v)]
    samples = drawn([Spec(tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in missing])
    mapping = [(v, keras.ops.convert_to_tensor(value)) for v, value in zip(missing, samples, strict=True)]
    with keras.StatelessScope(state_mapping=mapping):
        yield


def _has_value(variable: Any) -> bool:
    try:
        return variable.value is not None
    except TypeError:  # there is neither a value nor an initializer
        return False
