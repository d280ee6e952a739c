"""Random numbers, by distribution: the numbers themselves are those of the backend.

Each function draws from a seed of the layer; `torch.manual_seed` and `generator=` change nothing.
"""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.torch.arguments import (
    Function,
    cast_to,
    default_dtype,
    dtype_name,
    dtype_of,
    is_tensor,
    known_dtype,
    rank,
    sizes,
    sizes_of,
    static,
    tensor,
)
from lamina.vocabulary.torch.notation import named


def _drawn(name: str) -> Function:
    draw = {"rand": random.uniform, "randn": random.normal}[name]

    def call(*size: Any, dtype: Any = None, **storage: Any) -> Any:
        given = storage.pop("size", None)
        shape = sizes_of(size if given is None else (given,))
        return draw(shape, dtype=dtype_name(dtype) or default_dtype())

    return named(call, name, f"`torch.{name}`.")


def _like(name: str) -> Function:
    draw = {"rand": random.uniform, "randn": random.normal}[name]

    def call(input: Any, *, dtype: Any = None) -> Any:
        return draw(_shape(input), dtype=dtype_name(dtype) or known_dtype(input) or default_dtype())

    return named(call, f"{name}_like", f"`torch.{name}_like`.")


def _shape(x: Any) -> Any:
    return x.shape if hasattr(x.shape, "ref") else sizes(x)


rand, randn, rand_like, randn_like = _drawn("rand"), _drawn("randn"), _like("rand"), _like("randn")


def _integers(low: Any, high: Any, shape: Any, dtype: Any) -> Any:
    low, high = (0, low) if high is None else (low, high)
    name = dtype_name(dtype) or "int64"
    drawn = random.randint(shape, static(low), static(high), dtype="int32")
    return cast_to(drawn, name)


def randint(low: Any = 0, high: Any = None, size: Any = None, *, dtype: Any = None, **storage: Any) -> Any:
    """`torch.randint(low, high, size)`, also without the lower bound: below `high`."""
    if size is None:
        low, high, size = 0, low, high
    return _integers(low, high, sizes_of((size,)), dtype)


def randint_like(input: Any, low: Any = 0, high: Any = None, *, dtype: Any = None) -> Any:
    """`torch.randint_like`: in the dtype of `input`."""
    return _integers(low, high, _shape(input), dtype or dtype_of(input))


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, dtype: Any = None) -> Any:
    """`torch.normal`: of numbers and a size, or of tensors."""
    if size is not None:
        name = dtype_name(dtype) or default_dtype()
        return random.normal(sizes_of((size,)), mean=float(mean), stddev=float(std), dtype=name)
    shape = next(x for x in (mean, std) if is_tensor(x))
    if is_tensor(mean) and is_tensor(std):
        shape = ops.add(mean, ops.zeros_like(std))
    noise = random.normal(_shape(shape), dtype=known_dtype(shape) or default_dtype())
    return ops.add(ops.multiply(noise, std), mean)


def bernoulli(input: Any, p: Any = None) -> Any:
    """`torch.bernoulli`: 1 with the probability that each element gives, or `p`."""
    name = known_dtype(input) or default_dtype()
    below = ops.less(random.uniform(_shape(input), dtype="float32"), input if p is None else p)
    return ops.cast(below, name)


def multinomial(input: Any, num_samples: int, replacement: bool = False) -> Any:
    """`torch.multinomial`: places drawn by their weights; without replacement each one once."""
    logits = ops.log(input)
    rows = ops.expand_dims(logits, axis=0) if rank(input) == 1 else logits
    if replacement or num_samples == 1:
        drawn = random.categorical(rows, num_samples, dtype="int32")
    else:
        noise = random.uniform(sizes(rows), minval=1.1754944e-38, maxval=1.0)
        gumbels = ops.negative(ops.log(ops.negative(ops.log(noise))))
        drawn = ops.top_k(ops.add(rows, ops.cast(gumbels, known_dtype(rows) or "float32")), num_samples)[1]
    drawn = ops.squeeze(drawn, axis=0) if rank(input) == 1 else drawn
    return ops.cast(drawn, "int64")


def randperm(n: Any, *, dtype: Any = None) -> Any:
    """`torch.randperm`: the numbers below `n` in random order."""
    mixed = random.shuffle(ops.arange(static(n), dtype="int32"))
    return ops.cast(mixed, dtype_name(dtype) or "int64")


def seed_nothing(*args: Any, **kwargs: Any) -> None:
    """`torch.manual_seed`: seeds belong to the layer."""


# In-place draws: methods whose numbers take the place of the tensor's own.


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0) -> Any:
    """`x.uniform_(a, b)`."""
    return random.uniform(_shape(tensor), minval=float(a), maxval=float(b), dtype=known_dtype(tensor))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0) -> Any:
    """`x.normal_(mean, std)`."""
    return random.normal(_shape(tensor), mean=float(mean), stddev=float(std), dtype=known_dtype(tensor))


def bernoulli_(tensor_: Any, p: Any = 0.5) -> Any:
    """`x.bernoulli_(p)`: ones with probability `p`."""
    return bernoulli(tensor_, tensor(p) if not isinstance(p, (int, float)) else p)
