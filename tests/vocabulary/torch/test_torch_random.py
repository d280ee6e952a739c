"""Random numbers of the PyTorch vocabulary, by distribution; dropout and the phase."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import lamina
from lamina.vocabulary.registry import Namespace
from lamina.vocabulary.torch import VOCABULARIES

torch = pytest.importorskip("torch")
# JAX says so of each 64-bit dtype, and computes in 32 bits.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")
OURS = Namespace(VOCABULARIES[0])
OURS.is_tensor_like = False  # TensorFlow asks it of every value that a function reads
N = 4000


@pytest.fixture(autouse=True)
def seeds():
    """The same numbers in every run, on both sides."""
    keras.utils.set_random_seed(1)
    torch.manual_seed(1)


def layer_of(function):
    return lamina.Lambda(lambda x: function(OURS, x))


def numbers(x):
    return keras.ops.convert_to_numpy(x)


INPUT = np.random.RandomState(0).uniform(0.2, 0.8, (N, 2)).astype("float32")
WEIGHTS = np.array([[0.1, 0.3, 0.6], [0.5, 0.25, 0.25]], "float32")
DISTRIBUTIONS = {
    "rand": lambda torch, x: torch.rand(N),
    "rand of a size": lambda torch, x: torch.rand((N, 2), dtype=torch.float32, device=x.device),
    "randn": lambda torch, x: torch.randn(N, 2),
    "randn of a shape": lambda torch, x: torch.randn(x.shape),
    "rand_like": lambda torch, x: torch.rand_like(x),
    "randn_like": lambda torch, x: torch.randn_like(x) * 2 + 1,
    "randint": lambda torch, x: torch.randint(0, 8, (N,)),
    "randint below": lambda torch, x: torch.randint(5, (N,), dtype=torch.int32),
    "randint keywords": lambda torch, x: torch.randint(low=2, high=5, size=(N, 1)),
    "randint_like": lambda torch, x: torch.randint_like(x, 3, 8),
    "normal": lambda torch, x: torch.normal(1.0, 2.0, (N,)),
    "normal of tensors": lambda torch, x: torch.normal(x, 0.1),
    "normal of a spread": lambda torch, x: torch.normal(mean=x, std=x),
    "normal of a number": lambda torch, x: torch.normal(3.0, x),
    "bernoulli": lambda torch, x: torch.bernoulli(x),
    "bernoulli p": lambda torch, x: torch.bernoulli(x, 0.3),
    "bernoulli method": lambda torch, x: x.bernoulli(),
    "uniform_": lambda torch, x: x.clone().uniform_(-1, 2),
    "normal_": lambda torch, x: x.new_zeros(N).normal_(2.0, 0.5),
    "bernoulli_": lambda torch, x: torch.zeros_like(x).bernoulli_(0.25),
    "dropout": lambda torch, x: torch.nn.functional.dropout(torch.ones(N), 0.3),
    "dropout2d": lambda torch, x: torch.nn.functional.dropout2d(torch.ones(N, 2, 1, 2), 0.3),
    "alpha_dropout": lambda torch, x: torch.nn.functional.alpha_dropout(torch.randn(N), 0.3, training=True),
    "rrelu": lambda torch, x: torch.nn.functional.rrelu(-torch.ones(N), training=True),
    "gumbel_softmax": lambda torch, x: torch.nn.functional.gumbel_softmax(torch.log(x), tau=0.7)[:, 0],
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name):
    function = DISTRIBUTIONS[name]
    got = numbers(layer_of(function)(keras.ops.convert_to_tensor(INPUT)))
    want = function(torch, torch.tensor(INPUT)).numpy()
    assert got.shape == want.shape
    assert got.dtype.name.rstrip("0123456789") == want.dtype.name.rstrip("0123456789")
    spread = want.std() + 1e-6
    assert abs(got.mean() - want.mean()) < 0.1 * spread + 1e-3
    assert abs(got.std() - want.std()) < 0.1 * spread + 1e-3
    for share in (10, 90):
        assert abs(np.percentile(got, share) - np.percentile(want, share)) < 0.2 * spread + 1e-3


def test_multinomial_by_weights():
    layer = layer_of(lambda torch, x: torch.multinomial(x, N, replacement=True))
    drawn = numbers(layer(keras.ops.convert_to_tensor(WEIGHTS)))
    assert drawn.shape == (2, N)
    for row, weights in zip(drawn, WEIGHTS, strict=True):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / N, weights, atol=0.05)


def test_multinomial_without_replacement_draws_each_place_once():
    layer = layer_of(lambda torch, x: torch.multinomial(x, 3))
    drawn = numbers(layer(keras.ops.convert_to_tensor(WEIGHTS)))
    np.testing.assert_array_equal(np.sort(drawn, axis=1), [[0, 1, 2]] * 2)


def test_randperm_is_a_permutation():
    layer = layer_of(lambda torch, x: torch.randperm(50) + 0 * x.sum().long())
    first, second = (numbers(layer(keras.ops.ones((1,)))) for _ in range(2))
    np.testing.assert_array_equal(np.sort(first), np.arange(50))
    assert (first != second).any()


def test_numbers_differ_from_call_to_call_and_are_saved_with_the_layer(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer_of(lambda torch, x: x + torch.randn_like(x))(inputs))
    x = keras.ops.zeros((2, 3))
    assert np.abs(numbers(model(x)) - numbers(model(x))).min() > 0
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert numbers(again(x)).std() > 0


def test_hard_gumbel_softmax_is_one_hot():
    layer = layer_of(lambda torch, x: torch.nn.functional.gumbel_softmax(x, hard=True, dim=-1))
    drawn = numbers(layer(keras.ops.convert_to_tensor(WEIGHTS)))
    np.testing.assert_allclose(drawn.sum(1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(drawn.max(1), 1.0, rtol=1e-6)


def test_dropout_follows_the_phase():
    layer = lamina.Lambda(lambda x, training=False: OURS.nn.functional.dropout(x, 0.5, training=training))
    x = keras.ops.ones((100, 4))
    np.testing.assert_array_equal(numbers(layer(x, training=False)), 1.0)
    assert set(np.unique(numbers(layer(x, training=True)))) == {0.0, 2.0}


def test_dropout_is_active_unless_it_is_told():
    kept = numbers(layer_of(lambda torch, x: torch.nn.functional.dropout(x, 0.25))(keras.ops.ones((2000,))))
    assert abs((kept == 0).mean() - 0.25) < 0.05
