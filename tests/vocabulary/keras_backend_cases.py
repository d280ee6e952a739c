"""Calls of the Keras 2 backend, each written once for lamina and for the oracle.

A case is a name, the arrays it is called on, and a function of `(K, *tensors)`. This module
imports no framework: the oracle process and the tests both read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call, or a short function around one.

    Args:
        name: The name of `K` that it tests.
        run: What both sides do.
        arrays: Inputs.
        oracle: What the oracle does instead, `(tf, *tensors)`, where tf_keras lacks the name.
        label: What tells the case from others of the name.
    """

    name: str
    run: Callable[..., Any]
    arrays: tuple[Any, ...] = ()
    oracle: Callable[..., Any] | None = None
    label: str = ""


_RANDOM = np.random.RandomState(0)


def floats(*shape: int) -> Any:
    return _RANDOM.normal(size=shape).astype("float32")


def positive(*shape: int) -> Any:
    return _RANDOM.uniform(0.05, 0.95, size=shape).astype("float32")


def simplex(*shape: int) -> Any:
    values = _RANDOM.uniform(0.01, 1.0, size=shape).astype("float32")
    return values / values.sum(-1, keepdims=True)


def ints(high: int, *shape: int) -> Any:
    return _RANDOM.randint(0, high, size=shape).astype("int32")


def bools(*shape: int) -> Any:
    return _RANDOM.uniform(size=shape) < 0.5


def _simple() -> Iterator[Case]:
    for (
        name
    ) in "abs cos exp sign sin square sigmoid softplus softsign tanh hard_sigmoid sqrt identity".split():
        for x in (floats(0, 3), floats(), 10 * floats(4, 1, 2)):
            yield Case(name, lambda K, x, name=name: getattr(K, name)(x), (x,))
    yield Case("log", lambda K, x: K.log(x), (positive(2, 3),))
    yield Case("round", lambda K, x: K.round(x), (np.array([-1.5, -0.5, 0.5, 1.5, 2.5, 2.4], "float32"),))
    yield Case("pow", lambda K, x: K.pow(x, 2), (floats(3),))
    yield Case("pow", lambda K, x, a: K.pow(x, a=a), (positive(3), floats(3)))
    for name in "abs sign square".split():
        yield Case(name, lambda K, x, name=name: getattr(K, name)(x), (ints(9, 2, 3) - 4,))
    for name in "maximum minimum equal not_equal greater greater_equal less less_equal".split():
        for x, y in ((floats(2, 3), floats(2, 3)), (ints(3, 4), ints(3, 4)), (floats(2, 1), floats(1, 3))):
            yield Case(name, lambda K, x, y, name=name: getattr(K, name)(x, y), (x, y))
        yield Case(name, lambda K, x, name=name: getattr(K, name)(x, y=0.5), (floats(3),))
    yield Case("lesser", lambda K, x, y: K.lesser(x, y), (floats(3), floats(3)), lambda tf, x, y: x < y)
    yield Case(
        "lesser_equal",
        lambda K, x, y: K.lesser_equal(x, y),
        (ints(3, 3), ints(3, 3)),
        lambda tf, x, y: x <= y,
    )


def _reductions() -> Iterator[Case]:
    axes = (None, 0, -1, [0, 2], (1, 2))
    for name in "sum mean max min prod std var logsumexp".split():
        for axis, keepdims in zip(axes, (False, True, False, True, False), strict=True):
            options = {"axis": axis, "keepdims": keepdims}
            yield Case(name, lambda K, x, n=name, o=options: getattr(K, n)(x, **o), (floats(2, 3, 4),))
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, -1, True), (floats(2, 3),))
    for name in "sum max min prod".split():
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, 0), (ints(9, 2, 3),))
    for name in "mean std var".split():
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, axis=1), (bools(3, 4),))
    for name in "any all".split():
        for axis in axes:
            yield Case(name, lambda K, x, n=name, a=axis: getattr(K, n)(x, axis=a), (bools(2, 3, 4),))
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, 0, keepdims=True), (ints(2, 3, 4),))
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, -1), (floats(3, 4),))
    for name in "argmax argmin".split():
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x), (floats(3, 4),))
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, axis=0), (ints(9, 3, 4),))
    for name in "cumsum cumprod".split():
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x), (floats(3, 4),))
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, axis=-1), (ints(4, 3, 4),))


def _shapes() -> Iterator[Case]:
    x = floats(2, 3, 4)
    yield Case("shape", lambda K, x: K.shape(x)[1], (x,))
    yield Case("shape", lambda K, x: list(K.shape(x)[:2] * 2 + 1), (x,))
    yield Case("shape", lambda K, x: list(K.shape(x)[1:] * np.array([2, 3], "int32") // 2 - 1), (x,))
    yield Case("shape", lambda K, x: list(3 * K.shape(x) % 4), (x,))
    yield Case("int_shape", lambda K, x: list(K.int_shape(x)), (x,))
    yield Case(
        "get_variable_shape", lambda K, x: list(K.get_variable_shape(x)), (x,), lambda tf, x: list(x.shape)
    )
    yield Case("ndim", lambda K, x: K.ndim(x), (x,))
    yield Case("count_params", lambda K, x: K.count_params(x), (x,))
    yield Case("size", lambda K, x: K.size(x), (x,), lambda tf, x: tf.size(x))
    yield Case("dtype", lambda K, x: K.dtype(x) == "float32", (x,))
    yield Case("dtype", lambda K, x: K.dtype(x) == "bool", (bools(2),))
    yield Case("reshape", lambda K, x: K.reshape(x, (4, -1)), (x,))
    yield Case("reshape", lambda K, x: K.reshape(x, [-1, K.shape(x)[2]]), (x,))
    yield Case("reshape", lambda K, x: K.reshape(x, K.stack([K.shape(x)[0], 12])), (x,))
    yield Case("reshape", lambda K, x: K.reshape(x, K.concatenate([K.shape(x)[:1], [6, 2]], axis=0)), (x,))
    yield Case("prod", lambda K, x: K.reshape(x, [-1, K.prod(K.shape(x)[1:])]), (x,))
    yield Case("flatten", lambda K, x: K.flatten(x), (x,))
    for shape in ((2, 3, 4), (0, 3), (3,), (2, 0, 5)):
        if shape != (2, 0, 5):
            yield Case("batch_flatten", lambda K, x: K.batch_flatten(x), (floats(*shape),))
    yield Case("expand_dims", lambda K, x: K.expand_dims(x), (x,))
    yield Case("expand_dims", lambda K, x: K.expand_dims(x, axis=1), (x,))
    yield Case("expand_dims", lambda K, x: K.expand_dims(x, dim=1), (x,), lambda tf, x: tf.expand_dims(x, 1))
    yield Case("squeeze", lambda K, x: K.squeeze(x, 1), (floats(2, 1, 3),))
    yield Case("squeeze", lambda K, x: K.squeeze(x, axis=-1), (floats(1, 2, 1),))
    yield Case("permute_dimensions", lambda K, x: K.permute_dimensions(x, [2, 0, 1]), (x,))
    yield Case("permute_dimensions", lambda K, x: K.permute_dimensions(x, pattern=(0, 2, 1)), (x,))
    yield Case("transpose", lambda K, x: K.transpose(x), (floats(2, 5),))
    yield Case("reverse", lambda K, x: K.reverse(x, 1), (x,))
    yield Case("reverse", lambda K, x: K.reverse(x, axes=[0, -1]), (x,))
    yield Case("repeat", lambda K, x: K.repeat(x, 3), (floats(2, 4),))
    yield Case("repeat_elements", lambda K, x: K.repeat_elements(x, 2, axis=1), (x,))
    yield Case("repeat_elements", lambda K, x: K.repeat_elements(x, rep=3, axis=-1), (ints(5, 2, 3),))
    yield Case("tile", lambda K, x: K.tile(x, [1, 2, 3]), (x,))
    yield Case("tile", lambda K, x: K.tile(x, 4), (floats(3),))
    yield Case("tile", lambda K, x: K.tile(x, (K.shape(x)[0], 1)), (floats(2, 2),))
    yield Case("stack", lambda K, x, y: K.stack([x, y]), (floats(2, 3), floats(2, 3)))
    yield Case("stack", lambda K, x, y: K.stack((x, y), axis=-1), (ints(4, 2), ints(4, 2)))
    yield Case("concatenate", lambda K, x, y: K.concatenate([x, y]), (floats(2, 3), floats(2, 1)))
    yield Case("concatenate", lambda K, x, y: K.concatenate([x, y], axis=0), (ints(4, 2), ints(4, 0)))
    yield Case("gather", lambda K, x, i: K.gather(x, i), (floats(5, 2), ints(5, 3, 2)))
    yield Case("one_hot", lambda K, i: K.one_hot(i, 4), (ints(4, 2, 3),))
    yield Case("one_hot", lambda K, i: K.one_hot(i, num_classes=3), (np.array([0, -1, 2], "int32"),))
    yield Case(
        "slice",
        lambda K, x: K.slice(x, [0, 1, 1], [2, -1, 2]),
        (x,),
        lambda tf, x: tf.slice(x, [0, 1, 1], [2, -1, 2]),
    )
    yield Case("temporal_padding", lambda K, x: K.temporal_padding(x), (x,))
    yield Case("temporal_padding", lambda K, x: K.temporal_padding(x, (0, 2)), (x,))
    for order in (None, "channels_first"):
        pads2 = ((1, 0), (2, 3))
        yield Case(
            "spatial_2d_padding",
            lambda K, x, o=order: K.spatial_2d_padding(x, data_format=o),
            (floats(1, 2, 3, 2),),
        )
        yield Case(
            "spatial_2d_padding",
            lambda K, x, o=order, p=pads2: K.spatial_2d_padding(x, p, o),
            (floats(1, 2, 3, 2),),
        )
        pads3 = [[1, 0], [2, 3], [0, 1]]
        yield Case(
            "spatial_3d_padding",
            lambda K, x, o=order, p=pads3: K.spatial_3d_padding(x, p, o),
            (floats(1, 2, 1, 3, 2),),
        )
    yield Case(
        "asymmetric_temporal_padding",
        lambda K, x: K.asymmetric_temporal_padding(x, 2, right_pad=0),
        (floats(2, 3, 4),),
        lambda tf, x: tf.pad(x, [[0, 0], [2, 0], [0, 0]]),
    )
    yield Case(
        "asymmetric_spatial_2d_padding",
        lambda K, x: K.asymmetric_spatial_2d_padding(x, 0, 1, 2, 3, dim_ordering="tf"),
        (floats(1, 2, 3, 2),),
        lambda tf, x: tf.pad(x, [[0, 0], [0, 1], [2, 3], [0, 0]]),
    )


def _constants() -> Iterator[Case]:
    yield Case("arange", lambda K: K.arange(4))
    yield Case("arange", lambda K: K.arange(-3))
    yield Case("arange", lambda K: K.arange(1, 9, 3))
    yield Case("arange", lambda K: K.arange(5, 0, -2, dtype="float32"))
    yield Case("arange", lambda K: K.arange(0.0, 1.0, 0.25))
    yield Case("arange", lambda K: K.arange(2.5, dtype="float16"))
    yield Case("arange", lambda K, x: K.arange(K.shape(x)[1]), (floats(2, 3),))
    for name in "zeros ones".split():
        yield Case(name, lambda K, n=name: getattr(K, n)((2, 3)))
        yield Case(name, lambda K, n=name: getattr(K, n)([2, 0], dtype="int32", name="a"))
    for name in "zeros_like ones_like".split():
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x), (ints(3, 2),))
        yield Case(name, lambda K, x, n=name: getattr(K, n)(x, dtype="float32"), (ints(3, 2),))
    yield Case("eye", lambda K: K.eye(3))
    yield Case("eye", lambda K: K.eye(2, dtype="int32"))
    yield Case("constant", lambda K: K.constant(3))
    yield Case("constant", lambda K: K.constant([[1, 2], [3, 4]], dtype="int32"))
    yield Case("constant", lambda K: K.constant(2.5, shape=(2, 3)))
    yield Case("constant", lambda K: K.constant(np.arange(6.0), shape=[2, 3]))
    yield Case("variable", lambda K: K.variable(np.arange(3.0)))
    yield Case("variable", lambda K: K.variable([1, 2], dtype="int32", name="v"))
    yield Case("cast", lambda K, x: K.cast(x, "int32"), (10 * floats(4),))
    yield Case("cast", lambda K, x: K.cast(x, "bool"), (ints(2, 4),))
    yield Case("cast", lambda K, x: K.cast(x, dtype=np.float32), (bools(4),))
    yield Case("cast", lambda K, x: K.cast(x, float), (ints(9, 4),))
    yield Case("cast", lambda K, x: K.cast(K.shape(x)[1], "float32"), (floats(2, 5),))
    yield Case("cast", lambda K, x: K.cast(K.shape(x), K.floatx()), (floats(2, 5),))
    yield Case("cast", lambda K, x: K.cast(x > 0, "float16"), (floats(5),))
    yield Case("cast_to_floatx", lambda K, x: K.cast_to_floatx(x), (ints(9, 4),))
    yield Case("cast_to_floatx", lambda K: K.cast_to_floatx(np.arange(3)))
    yield Case("print_tensor", lambda K, x: K.print_tensor(x, "x ="), (floats(1),))
    yield Case("stop_gradient", lambda K, x: K.stop_gradient(x), (floats(2),))
    yield Case("stop_gradient", lambda K, x, y: list(K.stop_gradient([x, y])), (floats(2), floats(1)))
    yield Case("is_sparse", lambda K, x: K.is_sparse(x), (floats(2),))
    yield Case("is_placeholder", lambda K, x: K.is_placeholder(x), (floats(2),))
    yield Case("is_keras_tensor", lambda K, x: K.is_keras_tensor(x), (floats(2),))
    yield Case(
        "is_tensor", lambda K, x: [K.is_tensor(x), K.is_tensor(3)], (floats(2),), lambda tf, x: [True, False]
    )
    yield Case("to_dense", lambda K, x: K.to_dense(x), (floats(2),))
    yield Case(
        "pattern_broadcast", lambda K, x: K.pattern_broadcast(x, [False]), (floats(2),), lambda tf, x: x
    )
    for name in "epsilon floatx image_data_format backend learning_phase".split():
        yield Case(name, lambda K, n=name: getattr(K, n)())
    yield Case("image_dim_ordering", lambda K: K.image_dim_ordering(), (), lambda tf: "tf")


def _contractions() -> Iterator[Case]:
    for a, b in (
        ((2, 3), (3, 4)),
        ((2, 3, 4), (4, 5)),
        ((2, 3, 4), (5, 4, 2)),
        ((2, 3), (4, 3, 2)),
        ((0, 3), (3, 2)),
    ):
        yield Case("dot", lambda K, x, y: K.dot(x, y), (floats(*a), floats(*b)))
    batch, common, others = 3, 4, (2, 5, 6)
    for m in (2, 3, 4):
        for n in (2, 3, 4):
            for a in range(1, m):
                for b in range(1, n):
                    if (m, n) == (4, 4) and a != b:
                        continue
                    x, y = [batch, *others[: m - 2]], [batch, *others[1 : n - 1]]
                    x.insert(a, common)
                    y.insert(b, common)
                    axes = (a, b - n) if (a + b) % 2 else [a, b]
                    yield Case(
                        "batch_dot",
                        lambda K, x, y, s=axes: K.batch_dot(x, y, axes=s),
                        (floats(*x), floats(*y)),
                    )
    yield Case("batch_dot", lambda K, x, y: K.batch_dot(x, y), (floats(2, 3, 4), floats(2, 4, 5)))
    yield Case("batch_dot", lambda K, x, y: K.batch_dot(x, y), (floats(2, 3), floats(2, 3)))
    yield Case("batch_dot", lambda K, x, y: K.batch_dot(x, y), (floats(2, 5, 3), floats(2, 3)))
    yield Case("batch_dot", lambda K, x, y: K.batch_dot(x, y, 1), (floats(2, 3), floats(2, 3, 5)))
    for order in ("channels_last", "channels_first"):
        first = order == "channels_first"
        x1, x2 = (floats(2, 3, 7), floats(2, 3, 6, 7)) if first else (floats(2, 7, 3), floats(2, 6, 7, 3))
        yield Case(
            "local_conv1d",
            lambda K, x, k, o=order: K.local_conv1d(x, k, (3,), (2,), o),
            (x1, floats(3, 9, 4)),
        )
        for name in ("local_conv2d", "local_conv"):
            yield Case(
                name,
                lambda K, x, k, n=name, o=order: getattr(K, n)(x, k, (2, 3), (2, 2), (3, 3), o),
                (x2, floats(9, 18, 2)),
            )


def cases() -> list[Case]:
    """Every case, always in the same order."""
    import keras_backend_layers

    return [
        *_simple(),
        *_reductions(),
        *_shapes(),
        *_constants(),
        *_contractions(),
        *keras_backend_layers.cases(),
    ]
