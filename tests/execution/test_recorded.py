"""What Keras calls of torch, written down, computes the same on other values."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

sys.path.insert(0, str(Path(__file__).parent))
from helpers_execution import BACKEND, TENSOR, X, array, generated, is_compiled, same, warm
from tests.golden.values import Random, from_json, to_keras
from tests.tracing.test_golden_calls import NAMES, RECORDS, captured, tensors_of

from lamina import Lambda
from lamina.expression.model import Spec

if BACKEND != "torch":
    pytest.skip("PyTorch alone needs it", allow_module_level=True)

import torch

from lamina.errors import RunError
from lamina.execution.generated import Generated
from lamina.execution.recorded import NotRecordable, record
from lamina.execution.traced import Traced


def recorded(expression, values):
    """The recorded form for such values."""
    traced = Traced(expression, Generated(expression).function)
    return traced.form(record(traced, values), lambda value: value)


def flipped(tensor):
    """Other values of the same kind: the same in another order."""
    data = to_keras(tensor)
    return torch.flip(data, [0]) if data.ndim and data.shape[0] > 1 else data.clone()


# Operations that Keras computes with by reading values, in the golden calls.
READ = {"cond", "ctc_decode/2", "switch", "vectorized_map", "while_loop"}


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not isinstance(from_json(RECORDS[name]["result"]), Random)]
)
def test_an_operation_computes_the_same_on_other_values(name):
    call = RECORDS[name]
    tensors = tensors_of(call)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expression = captured(call, [Spec(t.shape, t.dtype) for t in tensors])
        values = [to_keras(0.0), *map(to_keras, tensors)]
        try:  # on values of its own, as Keras assigns to those of `affine_transform`
            expected = generated(expression)([to_keras(0.0), *map(flipped, tensors)])
        except RunError:
            return  # it has no result on this backend, or none for these values
        if call["op"] in READ or name in READ:
            with pytest.raises(NotRecordable):
                recorded(expression, values)
            return
        same(expected, recorded(expression, values)([to_keras(0.0), *map(flipped, tensors)]))


def test_values_that_are_read_are_not_recorded():
    def by_sign(x):
        return ops.cond(ops.sum(x) > 0, lambda: x * 2, lambda: x - 1)

    layer = warm(Lambda(by_sign), TENSOR)
    assert not is_compiled(layer)
    np.testing.assert_allclose(array(layer(-TENSOR)), array(by_sign(-TENSOR)))


def test_what_is_done_to_an_output_changes_no_later_one():
    layer = warm(Lambda(lambda x: (x + 1, ops.zeros((2, 2)), ops.arange(4)[1:])), TENSOR)
    assert is_compiled(layer)
    for made in layer(TENSOR):
        made.add_(5)
    _, zeros, rest = layer(TENSOR)
    assert array(zeros).tolist() == [[0, 0], [0, 0]]
    assert array(rest).tolist() == [1, 2, 3]


def test_a_constant_that_is_changed_in_place_is_made_anew():
    def doubled(x):
        total = torch.zeros(4, 3)
        total += x
        return total + x

    function = record(doubled, [TENSOR])
    for _ in range(2):
        np.testing.assert_allclose(array(function(TENSOR)), 2 * X, rtol=1e-6)


def test_what_was_put_into_a_constant_is_not_known():
    def scaled(x):
        factors = torch.zeros(2)
        factors[0] = x.sum()
        return x * factors.tolist()[0]

    with pytest.raises(NotRecordable, match="tolist"):
        record(scaled, [TENSOR])


def test_assignment_is_recorded_and_leaves_the_input_alone():
    layer = warm(Lambda(lambda x: ops.slice_update(x, (0, 0), ops.ones((1, 1)))), TENSOR)
    assert is_compiled(layer)
    other = torch.zeros(4, 3)
    assert array(layer(other)).sum() == 1
    assert array(other).sum() == 0


def test_other_strides_are_other_tensors_of_the_same_values():
    layer = warm(Lambda(lambda x: ops.reshape(ops.transpose(x), (-1,)) + ops.sum(x, axis=0)[0]), TENSOR)
    assert is_compiled(layer)
    strided = torch.tensor(np.asfortranarray(X + 1).T.copy()).T
    assert strided.stride() != TENSOR.stride()
    np.testing.assert_allclose(array(layer(strided)), (X + 1).T.ravel() + (X + 1)[:, 0].sum(), rtol=1e-6)


def test_second_derivatives_and_stopped_gradients():
    layer = warm(Lambda(lambda x: ops.sum(x**3 + ops.stop_gradient(x**2) * x)), TENSOR)
    assert is_compiled(layer)
    x = TENSOR.clone().requires_grad_()
    (first,) = torch.autograd.grad(layer(x), x, create_graph=True)
    np.testing.assert_allclose(array(first.detach()), 4 * X**2, rtol=1e-5)
    (second,) = torch.autograd.grad(first.sum(), x)
    np.testing.assert_allclose(array(second), 6 * X, rtol=1e-5)


def test_a_gradient_of_its_own_is_kept():
    @ops.custom_gradient
    def doubled_backwards(x):
        def grad(upstream):
            return upstream * 2

        return x, grad

    with pytest.raises(NotRecordable, match="gradient of its own"):
        record(lambda x: doubled_backwards(x) + 1, [TENSOR])


def test_what_is_recorded_without_gradients_has_them_later():
    layer = Lambda(lambda x: ops.tanh(x) * 2)
    with torch.inference_mode():
        warm(layer, TENSOR.clone())
    assert is_compiled(layer)
    x = TENSOR.clone().requires_grad_()
    layer(x).sum().backward()
    np.testing.assert_allclose(array(x.grad), 2 * (1 - np.tanh(X) ** 2), rtol=1e-5)


def test_automatic_casts_have_recordings_of_their_own():
    def product(x):
        y = ops.matmul(x, ops.transpose(x))
        return ops.concatenate([y, ops.mean(x, axis=1, keepdims=True)], axis=1)

    layer = Lambda(product)
    for _ in range(2):  # what is recorded in one way is not used in the other
        warm(layer, TENSOR)
        with torch.autocast("cpu", torch.bfloat16):
            found, expected = warm(layer, TENSOR)(TENSOR), product(TENSOR)
        same(expected, found)
        assert not torch.equal(found, layer(TENSOR))
        same(product(TENSOR), layer(TENSOR))
    assert is_compiled(layer)


def test_the_scope_of_a_device_is_asked_at_each_call():
    layer = warm(Lambda(lambda x: x + ops.ones((3,))), TENSOR)
    assert is_compiled(layer)
    keras.utils.clear_session()
    with keras.device("meta"):
        assert layer(TENSOR).device.type == "meta"
    assert layer(TENSOR).device.type == "cpu"


def test_asking_for_the_compiler_later_replaces_what_was_recorded(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda function, **_: asked.append(1) or function)
    layer = warm(Lambda(lambda x: x * 3), TENSOR)
    assert is_compiled(layer)
    layer.jit = True
    np.testing.assert_allclose(array(layer(TENSOR)), 3 * X, rtol=1e-6)
    assert asked == [1]
    layer(TENSOR)
    assert asked == [1]


def test_numbers_are_made_once():
    function = record(lambda x: ops.maximum(x, 1e-3) + ops.cast([1, 2, 3], "float32"), [TENSOR])
    assert not {"as_tensor", "tensor", "to"} & {
        name.rstrip("0123456789") for name in function.__code__.co_names
    }
    np.testing.assert_allclose(
        array(function(TENSOR + 1)), np.maximum(X + 1, 1e-3) + np.arange(1, 4), rtol=1e-6
    )
