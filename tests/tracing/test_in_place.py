"""Changes in place, `x[key] = value` and methods that frameworks mean differently."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import lamina
from lamina.errors import CaptureError

torch = pytest.importorskip("torch")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")
X = np.arange(24, dtype="float32").reshape(2, 3, 4) - 11
CENTRE = torch.tensor([1.0, 2.0, 3.0, 4.0])
PLACES = torch.tensor([2, 0])


def run(function, *arrays):
    specs = [keras.KerasTensor(a.shape, dtype=a.dtype.name) for a in arrays]
    expression = lamina.capture(function, *specs)
    tensors = [keras.ops.convert_to_tensor(a) for a in arrays]
    return keras.ops.convert_to_numpy(expression.run(tensors[0] if len(tensors) == 1 else tuple(tensors)))


def same_as_torch(function, *arrays):
    np.testing.assert_allclose(
        run(function, *arrays), function(*(torch.tensor(a) for a in arrays)).numpy(), rtol=1e-6
    )


def alias(x):
    y = x.clone()
    z = y
    z += torch.ones(())
    return y + z


def slice_of_slice(x):
    y = torch.clone(x)
    y[0][1].mul_(2)
    y[:, 2] += 1
    y[1].zero_()[0].add_(5.0)
    return y


def gates(x):
    i, f = torch.chunk(x * 2, 2, dim=-1)
    i.sigmoid_()
    f.tanh_()
    return i * f


def kept_dtype(x):
    y = x.half()
    y += torch.ones(4)
    y *= 1.5
    return y


def renamed_axes(x):
    y = x.abs()
    y.unsqueeze_(0).transpose_(1, 2)
    return torch.relu(y.squeeze_(0))


def later_view(x):
    y = x.clone()
    y.add_(torch.ones(4))
    return y[:, 0] + y.view(2, -1)[:, :4]


def constants(x):
    return (CENTRE * x - CENTRE) / CENTRE.view(1, -1) + torch.where(x > 0, x, CENTRE)


def constant_places(x):
    return x[:, PLACES] + x[..., :4][:, torch.tensor([0, 1])]


CHANGES = [alias, slice_of_slice, gates, kept_dtype, renamed_axes, later_view, constants, constant_places]


@pytest.mark.parametrize("function", CHANGES, ids=lambda f: f.__name__)
def test_change_in_place(function):
    same_as_torch(function, X)


def test_the_callers_tensor_stays():
    x = keras.ops.convert_to_tensor(X)
    layer = lamina.Lambda(lambda x: x.mul_(torch.tensor(2.0)))
    layer(x)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(x), X)


def view_then_base(x):
    y = torch.abs(x)
    y.view(2, -1).add_(1)
    return y


def base_then_view(x):
    y = torch.abs(x)
    row = y[0]
    y.add_(1)
    return row


def one_view_then_another(x):
    y = torch.abs(x)
    a, b = y.transpose(1, 2), y.reshape(6, 4)
    a.add_(1)
    return b


@pytest.mark.parametrize(
    "function", [view_then_base, base_then_view, one_view_then_another], ids=lambda f: f.__name__
)
def test_outdated_memory_is_refused(function):
    with pytest.raises(CaptureError, match="shares memory with one changed in place"):
        run(function, X)


ASSIGNED = {
    "mask": lambda x: (x > 0, 0.0),
    "mask of rows": lambda x: (x[..., 0] > 0, -1.0),
    "mask and vector": lambda x: (x[..., 0] > 0, x[0, 0]),
    "step": lambda x: ((slice(None), slice(None), slice(0, None, 2)), 7.0),
    "step of one axis": lambda x: (slice(None, None, 2), x[0]),
    "index list": lambda x: ((slice(None), [2, 0]), x[:, :2] * 2),
    "index from the end": lambda x: ((slice(None), [-1]), 5.0),
    "ints and slices": lambda x: ((1, slice(None), -1), 3.0),
    "ellipsis": lambda x: ((Ellipsis, 0), x[..., 1]),
}


@pytest.mark.parametrize("name", ASSIGNED)
def test_assignment(name):
    def function(x):
        y = x.clone() * torch.ones(())
        key, value = ASSIGNED[name](x)
        y[key] = value
        return y

    same_as_torch(function, X)


def test_assignment_by_index_tensor():
    def function(x, i):
        y = torch.zeros_like(x)
        y[:, i] = x[:, :2]
        return y

    same_as_torch(function, X, np.array([2, 0]))


def test_assignment_of_several_values_by_a_mask_is_refused():
    def function(x):
        y = torch.abs(x)
        y[x > 0] = x.reshape(-1)
        return y

    with pytest.raises(CaptureError, match="boolean mask"):
        run(function, X)


def maximum(x):
    return x.max(1)


def spread(x):
    return x.std(1)


def swapped(x):
    return x.transpose(0, 1)


def with_torch(x):
    return torch.relu(maximum(x)[0]), spread(x * torch.ones(())), swapped(x[0]) + torch.zeros(())


def test_methods_of_a_function_that_names_pytorch_are_pytorchs():
    expression = lamina.capture(with_torch, X.shape)
    got = [keras.ops.convert_to_numpy(t) for t in expression.run(keras.ops.convert_to_tensor(X))]
    for a, b in zip(got, with_torch(torch.tensor(X)), strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-6)


def test_methods_of_a_function_that_names_no_framework_are_the_backends():
    if keras.backend.backend() == "torch":
        same_as_torch(lambda x: x.max(1)[0] + x.std(1), X)
    else:
        np.testing.assert_allclose(
            run(lambda x: x.max(1)[0] + x.std(1), X), X.max(1)[0] + X.std(1), rtol=1e-6
        )


def test_keywords_that_only_one_framework_has_decide():
    np.testing.assert_allclose(run(lambda x: x.max(dim=1)[0], X), X.max(1))
    np.testing.assert_allclose(run(lambda x: x.std(1, ddof=1), X), X.std(1, ddof=1), rtol=1e-6)


def test_size_is_a_number_and_a_function():
    assert run(lambda x: x / x.size, X).shape == X.shape
    same_as_torch(lambda x: torch.div(x, x.size(1)) + x.size()[-1], X)


@pytest.mark.parametrize("name", ["item", "numpy", "tolist", "backward", "nonzero"])
def test_what_leaves_the_expression_is_refused_by_name(name):
    with pytest.raises(CaptureError, match=name):
        run(lambda x: getattr(x * torch.ones(()), name)(), X)


def test_no_gradient_through_no_grad():
    layer = lamina.Lambda(half_stopped)
    x = keras.ops.ones((3,))
    assert "stop_gradient" in lamina.capture(half_stopped, (3,)).source()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), 3.0)


def half_stopped(x):
    with torch.no_grad():
        y = x * 2
    return x + y
