"""Golden calls of control flow, of the operations of `keras.ops` itself, and of `keras.random`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.golden.calls import OPERANDS, GoldenCall, call, ints, ramp, tensor
from tests.golden.values import Random


def calls() -> Iterator[GoldenCall]:
    """All of them."""
    yield from _control_flow()
    yield from _core()
    yield from _signal()
    yield from _random()


def _control_flow() -> Iterator[GoldenCall]:
    truth, number = tensor(True, "bool"), tensor(1.5)
    yield call("cond", truth, "@one", "@zero")
    yield call("cond", tensor(False, "bool"), "@one", "@zero")
    yield call("switch", ints(1), ["@double", "@halve", "@increment"], "$x")
    yield call("while_loop", "@below_ten", "@double", number)
    yield call("while_loop", "@below_ten", "@increment", tensor(0.0), maximum_iterations=3)
    yield call("fori_loop", 0, 4, "@add_index", number)
    yield call("scan", "@accumulate", number, "$vector")
    yield call("scan", "@accumulate", number, "$vector", reverse=True)
    yield call("associative_scan", "@add", "$x", axis=1)
    yield call("associative_scan", "@add", "$vector", reverse=True)
    yield call("map", "@double", "$x")
    yield call("vectorized_map", "@norm", "$x")
    yield call("operator.call", "@double", "$x")
    yield call("operator.call", "@add", "$x", b="$y")


def _core() -> Iterator[GoldenCall]:
    yield call("cast", tensor([1.7, -1.7, 300.0]), "int32")
    yield call("cast", "$x", "float16")
    yield call("cast", "$bool", "float32")
    yield call("saturate_cast", tensor([1.7, -1.7, 300.0]), "uint8")
    yield call("convert_to_tensor", [1, 2, 3])
    yield call("convert_to_tensor", [0.5, 2.0], dtype="float16")
    yield call("in_top_k", ints([1, 2]), "$probabilities", 1)
    yield call("rearrange", "$x", "a b -> b a")
    yield call("rearrange", ramp(2, 6), "a (b c) -> (a b) c", b=3)
    yield call("scatter", ints([[1], [3]]), tensor([2.0, 5.0]), (4,))
    yield call("scatter_update", "$x", ints([[0, 1], [1, 2]]), tensor([9.0, 8.0]))
    yield call("scatter_update", "$vector", ints([[0], [0]]), tensor([9.0, 8.0]), reduction="add")
    for name in ("segment_max", "segment_min", "segment_prod", "segment_sum"):
        yield call(name, "$vector", ints([0, 2, 0]), num_segments=3)
        yield call(name, "$tall", ints([0, 0, 1]), num_segments=2, sorted=True)
    yield call("slice", "$x", (0, 1), (2, 2))
    yield call("slice_update", "$x", (1, 0), tensor([[7.0, 8.0]]))
    yield call("top_k", "$x", 2)
    yield call("unstack", "$x")
    yield call("unstack", "$x", num=3, axis=1)
    yield call("view_as_complex", "$tall")


def _signal() -> Iterator[GoldenCall]:
    signal: Any = "$signal"
    yield call("extract_sequences", signal, 4, 2)
    yield call("fft", ("$x", "$y"))
    yield call("fft2", ("$x", "$y"))
    yield call("ifft2", ("$x", "$y"))
    yield call("rfft", signal)
    yield call("rfft", signal, fft_length=8)
    yield call("irfft", ("$x", "$y"))
    yield call("irfft", ("$x", "$y"), fft_length=6)
    yield call("stft", signal, 8, 4, 8)
    yield call("stft", signal, 4, 2, 8, window=None, center=False)
    spectrum = (ramp(1, 5, 5), ramp(1, 5, 5, scale=0.125))
    yield call("istft", spectrum, 8, 4, 8)
    yield call("istft", spectrum, 8, 4, 8, length=12, window="hamming")


def _random() -> Iterator[GoldenCall]:
    def drawn(
        low: float, high: float, op: str, *args: Any, dtype: str = "float32", **kwargs: Any
    ) -> GoldenCall:
        made = call(op, *args, seed=42, **kwargs)
        shape = args[0] if isinstance(args[0], tuple) else OPERANDS[args[0][1:]].shape
        return replace(made, random=Random(dtype, shape, low, high))

    yield drawn(0.0, 1.0, "random.beta", (4, 5), 2.0, 3.0)
    yield drawn(0.0, 6.0, "random.binomial", (4, 5), 6.0, 0.5)
    yield drawn(0.0, 50.0, "random.gamma", (4, 5), 2.0)
    yield drawn(4.0, 6.0, "random.normal", (4, 5), 5.0, 0.1)
    yield drawn(-9.0, 9.0, "random.normal", (3, 4), dtype="float32")
    yield drawn(3, 8, "random.randint", (4, 5), 3, 9, dtype="int32")
    yield drawn(4.8, 5.2, "random.truncated_normal", (4, 5), 5.0, 0.1)
    yield drawn(0.0, 1.0, "random.uniform", (4, 5))
    yield drawn(2.0, 3.0, "random.uniform", (4, 5), minval=2.0, maxval=3.0)
    yield drawn(-4.0, 4.0, "random.dropout", "$signal", 0.5)
    yield drawn(-2.0, 2.0, "random.shuffle", "$signal", axis=1)
    yield drawn(0.0, 0.96, "image.elastic_transform", "$image", data_format="channels_last")
    categorical = call("random.categorical", "$x", 6, seed=42)
    yield replace(categorical, random=Random("int32", (2, 6), 0, 2))
