"""The vocabulary `einops` against einops itself."""

from __future__ import annotations

import einops
import keras
import numpy as np
import pytest
from einops import pack, rearrange, reduce, repeat, unpack
from hypothesis import given, settings
from hypothesis import strategies as st

import lamina
from lamina.errors import ArgumentError, CaptureError
from lamina.expression.model import Expression, leaves
from lamina.vocabulary.einops import REFUSED, TABLE
from lamina.vocabulary.einops.notation import side

rng = np.random.RandomState(0)


def n(*shape):
    return rng.normal(size=shape).astype("float32")


def i(*shape):
    return rng.randint(0, 9, size=shape).astype("int32")


STEPS = [(), (3,), (2, 2)]
CASES = [
    ("rearrange", lambda x: rearrange(x, "b h w c -> b c h w"), n(2, 3, 4, 5)),
    ("rearrange", lambda x: rearrange(x, "b h w c -> b (h w) c"), n(2, 3, 4, 5)),
    ("rearrange", lambda x: rearrange(x, "b (h w) c -> b h w c", h=3), n(2, 12, 5)),
    ("rearrange", lambda x: rearrange(x, "b (h p) (w q) c -> b (h w) (p q c)", p=2, q=3), n(2, 4, 6, 3)),
    ("rearrange", lambda x: rearrange(x, "b t (three h d) -> three b h t d", three=3, h=2), n(2, 5, 12)),
    ("rearrange", lambda x: rearrange(x, "b ... -> b (...)"), n(2, 3, 4)),
    ("rearrange", lambda x: rearrange(x, "... h w -> ... w h"), n(2, 3, 4, 5)),
    ("rearrange", lambda x: rearrange(x, "... -> ..."), n(2, 3)),
    ("rearrange", lambda x: rearrange(x, "b 1 c -> b c"), n(2, 1, 3)),
    ("rearrange", lambda x: rearrange(x, "b c -> b 1 c ()"), n(2, 3)),
    ("rearrange", lambda x: rearrange(x, "(b k) c -> b (k c)", k=2), n(4, 3)),
    ("rearrange", lambda x: rearrange(x, "b (a 1) -> (a b)"), n(2, 3)),
    ("rearrange", lambda x: rearrange([x, x * 2], "k b c -> b (k c)"), n(2, 3)),
    ("rearrange", lambda x: rearrange(x, "b (h h2) -> b h2 h", h2=4), i(2, 12)),
    ("reduce", lambda x: reduce(x, "b h w c -> b c", "mean"), n(2, 3, 4, 5)),
    ("reduce", lambda x: reduce(x, "b (h 2) (w 2) c -> b h w c", "max"), n(2, 4, 6, 3)),
    ("reduce", lambda x: reduce(x, "b (h k) c -> b c h", "min", k=3), n(2, 6, 3)),
    ("reduce", lambda x: reduce(x, "b ... c -> b c", reduction="sum"), n(2, 3, 4, 5)),
    ("reduce", lambda x: reduce(x, "b t c -> b 1 c", "prod"), n(2, 3, 4)),
    ("reduce", lambda x: reduce(x, "b t -> t b", "mean"), n(2, 3)),
    ("reduce", lambda x: reduce(x, "b t -> ", "max"), i(2, 3)),
    ("reduce", lambda x: reduce(x > 0, "b t c -> b t", "any"), n(2, 3, 4)),
    ("reduce", lambda x: reduce(x > 0, "b t c -> b", "all"), n(2, 3, 4)),
    ("reduce", lambda x: reduce(x, "b t c -> b c", lambda x, axes: x.sum(axes) * 2), n(2, 3, 4)),
    ("repeat", lambda x: repeat(x, "b c -> b t c", t=4), n(2, 3)),
    ("repeat", lambda x: repeat(x, "b h w -> b (h 2) (w 3)"), n(2, 3, 4)),
    ("repeat", lambda x: repeat(x, "b c -> (k b) c", k=2), n(2, 3)),
    ("repeat", lambda x: repeat(x, "b ... -> b ... copies", copies=2), n(2, 3, 4)),
    ("repeat", lambda x: repeat(x, "b (h w) -> b w h 2", h=2), i(2, 6)),
    ("einsum", lambda x: einops.einsum(x, x, "b row col, b other col -> b row other"), n(2, 3, 4)),
    ("einsum", lambda x: einops.einsum(x, "... a b -> ... b a"), n(2, 3, 4)),
    ("einsum", lambda x: einops.einsum(x, x[0], "b i j, i k -> b k j"), n(2, 3, 4)),
    ("pack", lambda x: pack([x, x[:, 0], x[:, :, None] * 2], "b * c")[0], n(2, 3, 4)),
    ("pack", lambda x: pack([x, x], "*")[0], n(2, 3)),
    ("unpack", lambda x: unpack(x, STEPS, "b * c"), n(2, 8, 3)),
    ("unpack", lambda x: unpack(x, [(2,), (-1, 2)], "b *"), n(2, 8)),
    ("unpack", lambda x: unpack(*pack([x, x[:, 0]], "b *"), "b *"), n(2, 3, 4)),
    ("parse_shape", lambda x: x * einops.parse_shape(x, "_ c")["c"], n(2, 3)),
    ("parse_shape", lambda x: x * einops.parse_shape(x, "_ ... d")["d"], n(2, 3, 4)),
]


def as_arrays(value):
    return [keras.ops.convert_to_numpy(leaf) for leaf in leaves(value)]


def assert_captured(function, x, shape):
    expression = lamina.capture(function, keras.KerasTensor(shape, dtype=x.dtype.name))
    got = Expression.loads(expression.dumps()).run(keras.ops.convert_to_tensor(x))
    want = list(leaves(function(x)))
    for a, b in zip(as_arrays(got), want, strict=True):
        assert a.shape == b.shape
        assert a.dtype == (x.dtype if b.dtype.kind == "i" else b.dtype)
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("unknown", ["nothing", "batch"])
@pytest.mark.parametrize(
    ("name", "function", "x"), [pytest.param(*c, id=f"{c[0]}-{k}") for k, c in enumerate(CASES)]
)
def test_equals_einops(name, function, x, unknown):
    assert_captured(function, x, x.shape if unknown == "nothing" else (None, *x.shape[1:]))


def test_every_name_is_covered():
    assert {name for name, *_ in CASES} == set(TABLE)
    public = {name for name in dir(einops) if name[0].islower() and callable(getattr(einops, name))}
    assert public == set(TABLE) | set(REFUSED)


AXES = "a b c d".split()


@st.composite
def rearrangements(draw):
    """A pattern with its lengths and the shape it is for, of axes that are composed in any way."""
    sizes = {axis: draw(st.integers(1, 3)) for axis in AXES[: draw(st.integers(1, 4))]}

    def grouped(axes):
        groups = [[]]
        for axis in axes:
            if draw(st.booleans()):
                groups.append([])
            groups[-1].append(axis)
        return groups

    left = grouped(sizes)
    right = grouped(draw(st.permutations(list(sizes))))
    shape = [int(np.prod([sizes[axis] for axis in group])) for group in left]
    given = {axis: sizes[axis] for group in left for axis in group[1:]}
    pattern = " -> ".join(" ".join(f"({' '.join(group)})" for group in half) for half in (left, right))
    return pattern, given, shape


@settings(max_examples=40, deadline=None)
@given(rearrangements(), st.booleans())
def test_any_composition(case, batch_known):
    pattern, lengths, shape = case
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    spec = shape if batch_known or not shape or shape[0] < 2 else [None, *shape[1:]]
    assert_captured(lambda x: rearrange(x, pattern, **lengths), x, tuple(spec))


WRONG = {
    "b c -> b c d": "d on one side only",
    "b c d -> b c d": "2 axes, and the pattern 3",
    "b (c d) -> b c d": "lengths of c, d are not determined",
    "b (c d e) -> b c d e": "lengths of c, d, e",
    "b c -> b -> c": "2 arrows",
    "b b -> b": "names b twice",
    "b (c -> b c": "leaves a parenthesis open",
    "b c) -> b c": "closes a parenthesis",
    "b ((c)) -> b c": "nests",
    "b _c -> b _c": "'_c', which is no name",
    "b . -> b .": "'.', which is no name",
    "b (... c) -> b ... c": "ellipsis in parentheses",
    "b c -> b c ...": "ellipsis on its right side only",
    "b 6 -> b 6": "a length without name",
}


@pytest.mark.parametrize("pattern", WRONG)
def test_wrong_patterns_say_what_is_wrong(pattern):
    with pytest.raises(ArgumentError) as raised:
        lamina.capture(lambda x: rearrange(x, pattern), (None, 6))
    assert WRONG[pattern] in str(raised.value)
    with pytest.raises((einops.EinopsError, ValueError)):
        rearrange(n(2, 6), pattern)


def test_errors_show_pattern_shape_and_lengths():
    with pytest.raises(ArgumentError) as raised:
        lamina.capture(lambda x: rearrange(x, "b (h w) -> b h w", h=4), (None, 6))
    assert str(raised.value) == (
        "einops.rearrange('b (h w) -> b h w', h=4) on a tensor of shape (?, 6): (h w): 6 is not divisible by 4"
    )


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: rearrange(x, "b c -> b c", k=2), "does not name: k"),
        (lambda x: rearrange(x, "b c -> c b", c=5), "has length 5, and the tensor 6"),
        (lambda x: repeat(x, "b c -> b c k"), "new axes without a length: k"),
        (lambda x: repeat(x, "b c -> b"), "c on the left side only"),
        (lambda x: reduce(x, "b c -> b k", "sum"), "k on the right side only"),
        (lambda x: reduce(x, "b c -> b 2", "sum"), "a length without name on the right"),
        (lambda x: reduce(x, "b c -> b", "median"), "not 'median'"),
        (lambda x: reduce(x > 0, "b c -> b", "mean"), "the mean of bool"),
        (lambda x: einops.einsum("b c -> b", x), "pattern last"),
        (lambda x: einops.einsum(x, "b c, b -> b"), "expected 1 tensors"),
        (lambda x: einops.einsum(x, "b (c d) -> b"), "expected names"),
        (lambda x: pack([x], "b c"), "expected one '*'"),
        (lambda x: pack([x], "a b c *"), "2 axes only"),
        (lambda x: unpack(x, [(-1,), (-1,)], "b *"), "more than one shape"),
        (lambda x: unpack(x, [(2,), (3,)], "b *"), "add up to 5, not to 6"),
        (lambda x: unpack(x, [()], "b c *"), "the tensor has 2 axes"),
        (lambda x: x * einops.parse_shape(x, "a b c")["a"], "the tensor has 2 axes"),
    ],
)
def test_wrong_arguments_say_what_is_wrong(function, message):
    with pytest.raises(ArgumentError) as raised:
        lamina.capture(function, keras.KerasTensor((None, 6)))
    assert message in str(raised.value)
    with pytest.raises(Exception):  # noqa: B017 (einops has no single class of error for these)
        function(n(2, 6))


def test_host_values_are_refused_by_name():
    with pytest.raises(CaptureError, match="host"):
        lamina.capture(lambda x: einops.asnumpy(x), (None, 6))


def test_a_pattern_is_read_once():
    assert side("b (h w)") is side("b (h w)")
