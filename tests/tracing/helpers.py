"""How the tests of capture compare an expression with the function it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from lamina import Expression, capture
from lamina.expression.inference import infer, spec_of
from lamina.expression.model import Spec, leaves, map_tree

X = np.arange(1.0, 13.0, dtype="float32").reshape(4, 3) / 4
V = np.array([0.5, -1.0, 2.0], "float32")


def tensors(tree: Any) -> Any:
    """The structure with each array as a tensor of the backend."""
    return map_tree(ops.convert_to_tensor, tree)


def unknown(spec: Spec) -> Spec:
    """The spec with every size unknown."""
    return Spec((None,) * len(spec.shape or ()), spec.dtype)


def known_specs(inputs: Any) -> Any:
    """A spec of known sizes for each array."""
    return map_tree(spec_of, inputs)


def free_specs(inputs: Any) -> Any:
    """A spec of unknown sizes for each array."""
    return map_tree(lambda value: unknown(spec_of(value)), inputs)


def lazy_specs(inputs: Any) -> Any:
    """A spec of unknown rank and dtype for each array."""
    return map_tree(lambda value: Spec(), inputs)


SPECS = {"known": known_specs, "free": free_specs, "lazy": lazy_specs}


def to_numpy(value: Any) -> Any:
    """A tensor as an array of a dtype that NumPy compares; anything else as it is."""
    if hasattr(value, "shape") and not isinstance(value, np.ndarray):
        narrow = keras.backend.standardize_dtype(value.dtype) in ("bfloat16", "float16")
        return ops.convert_to_numpy(ops.cast(value, "float32") if narrow else value)
    return value


def assert_same(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Both have the same structure, and leaves of the same shape, dtype and values."""
    if isinstance(expected, dict):
        assert set(found) == set(expected)
        for key in expected:
            assert_same(found[key], expected[key], tolerance)
    elif isinstance(expected, (list, tuple)):
        assert isinstance(found, (list, tuple)), found
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_same(*pair, tolerance)
    elif expected is None:
        assert found is None
    else:
        if hasattr(expected, "dtype") and hasattr(found, "dtype"):
            assert keras.backend.standardize_dtype(found.dtype) == keras.backend.standardize_dtype(
                expected.dtype
            )
        left, right = to_numpy(found), to_numpy(expected)
        assert np.shape(left) == np.shape(right)
        np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


def run(expression: Expression, *inputs: Any, state: Any = None) -> Any:
    """The outputs for arrays, given as the arguments of the function."""
    given = tensors(inputs)
    return expression.run(given[0] if len(given) == 1 else given, state)


def inferred(expression: Expression, inputs: Any) -> Any:
    """The inferred specs of the outputs for arrays."""
    return infer(expression, list(leaves(known_specs(inputs))))


def assert_inferred(expression: Expression, inputs: Any, outputs: Any) -> None:
    """What is inferred for the shapes of `inputs` is what `outputs` have."""

    def real(value: Any) -> Any:
        return spec_of(value) if hasattr(value, "shape") else value

    found = inferred(expression, inputs)
    assert list(leaves(found)) == list(leaves(map_tree(real, outputs)))


def check(
    function: Callable[..., Any], *inputs: Any, kinds: str = "known free lazy", expected: Any = None
) -> Expression:
    """Captured for every kind of spec, the function computes what it computes by itself.

    Returns:
        The expression of the last kind.
    """
    if expected is None:
        expected = function(*tensors(inputs))
    for kind in kinds.split():
        expression = capture(function, *SPECS[kind](inputs))
        outputs = run(expression, *inputs)
        assert_same(outputs, expected)
        assert_inferred(expression, inputs, outputs)
    return expression
