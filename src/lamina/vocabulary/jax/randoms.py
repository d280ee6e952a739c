"""`jax.random`: the numbers of JAX's own generator, from the bits of a key."""

from __future__ import annotations

import math
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import (
    canonical,
    cast,
    dtype_name,
    dtype_of,
    inexact,
    is_constant,
    is_number,
    operand,
    rank,
    refuse,
    shape_of,
    shape_tuple,
    tensor,
)
from lamina.vocabulary.jax.arrays import broadcast_shapes
from lamina.vocabulary.jax.keys import as_keys, bits, split
from lamina.vocabulary.jax.selection import take

# Of each floating type: the random bits that are drawn, and how many of them are used.
_BITS = {"float32": (32, 23), "float16": (16, 10), "bfloat16": (8, 7)}


def float_name(dtype: Any) -> str:
    """The Keras name of the floating type that is drawn."""
    name = dtype_name(dtype) or "float32"
    if name not in _BITS:
        refuse("random", f"dtype={name}", "use float32, float16 or bfloat16")
    return name


def limits(name: str) -> Any:
    """The limits of a floating type."""
    import ml_dtypes

    return ml_dtypes.finfo(  # type: ignore[no-untyped-call]
        np.dtype(name) if name != "bfloat16" else ml_dtypes.bfloat16
    )


def _number(value: Any, name: str) -> Any:
    """A constant rounded to a floating type; a tensor cast to it."""
    if is_number(value) or (is_constant(value) and np.ndim(value) == 0):
        from lamina.expression.runner import numpy_dtype

        return float(np.asarray(float(value), numpy_dtype(name)))
    return cast(value, name)


def uniform(
    key: Any, shape: Any = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0, **other: Any
) -> Any:
    """`jax.random.uniform`."""
    name = float_name(dtype)
    drawn, used = _BITS[name]
    # The bits below the highest `drawn` are shifted out; a logical shift is an arithmetic one with a mask.
    places = ops.bitwise_and(ops.right_shift(bits(key, shape), drawn - used), (1 << used) - 1)
    unit = ops.multiply(ops.cast(places, name), 2.0**-used)
    low, high = _number(minval, name), _number(maxval, name)
    if isinstance(low, float) and isinstance(high, float):
        if (low, high) == (0.0, 1.0):
            return unit
        spread: Any = _number(high - low, name)
    else:
        spread = ops.subtract(high, low)
    return ops.maximum(ops.add(ops.multiply(unit, spread), low), low)


def normal(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.normal`."""
    name = float_name(dtype)
    low = -1.0 + float(limits(name).epsneg)
    return ops.multiply(ops.erfinv(uniform(key, shape, name, low, 1.0)), _number(math.sqrt(2.0), name))


def bernoulli(key: Any, p: Any = 0.5, shape: Any = None, mode: str = "low", **other: Any) -> Any:
    """`jax.random.bernoulli`."""
    if mode != "low":
        refuse("random.bernoulli", f"mode={mode!r}", "leave it out")
    p = operand(p)
    name = "float32" if is_number(p) else dtype_of(inexact(p))
    return ops.less(uniform(key, shape_or_params(shape, p), name), p)


def shape_or_params(shape: Any, *values: Any) -> tuple[Any, ...]:
    """The shape asked for, or that of the parameters together."""
    if shape is not None:
        return shape_tuple(shape)
    return broadcast_shapes(*(shape_of(v) if rank(v) else () for v in map(operand, values)))


def gumbel(key: Any, shape: Any = (), dtype: Any = None, mode: str | None = None, **other: Any) -> Any:
    """`jax.random.gumbel`."""
    if mode not in (None, "low"):
        refuse("random.gumbel", f"mode={mode!r}", "leave it out")
    name = float_name(dtype)
    unit = uniform(key, shape, name, float(limits(name).tiny), 1.0)
    return ops.negative(ops.log(ops.negative(ops.log(unit))))


def categorical(
    key: Any,
    logits: Any,
    axis: int = -1,
    shape: Any = None,
    replace: bool = True,
    mode: str | None = None,
    **other: Any,
) -> Any:
    """`jax.random.categorical`: class numbers from unnormalised logarithms."""
    x = inexact(tensor(logits))
    sizes = list(shape_of(x))
    axis = axis % len(sizes)
    batch = (*sizes[:axis], *sizes[axis + 1 :])
    shape = batch if shape is None else shape_tuple(shape)
    before = shape[: len(shape) - len(batch)]
    if not replace:
        noise = ops.add(gumbel(key, tuple(sizes), dtype_of(x)), x)
        places = ops.top_k(ops.moveaxis(noise, axis, -1), math.prod(before))[1]
        return ops.reshape(ops.moveaxis(ops.cast(places, "int32"), -1, 0), shape)
    noise = gumbel(key, (*before, *sizes), dtype_of(x))
    return ops.argmax(ops.add(noise, x), axis=axis - len(sizes))


def truncated_normal(
    key: Any, lower: Any, upper: Any, shape: Any = None, dtype: Any = None, **other: Any
) -> Any:
    """`jax.random.truncated_normal`."""
    name = float_name(dtype)
    shape = shape_or_params(shape, lower, upper)
    low, high = _number(lower, name), _number(upper, name)
    root = _number(math.sqrt(2.0), name)
    ends = [math.erf(b / root) if isinstance(b, float) else ops.erf(ops.divide(b, root)) for b in (low, high)]
    drawn = ops.multiply(ops.erfinv(uniform(key, shape, name, *ends)), root)
    return ops.minimum(ops.maximum(drawn, _beside(low, math.inf, name)), _beside(high, -math.inf, name))


def _beside(bound: Any, towards: float, name: str) -> Any:
    if not isinstance(bound, float):
        return ops.nextafter(bound, ops.full_like(bound, towards)) if name == "float32" else bound
    return float(np.nextafter(np.float32(bound), np.float32(towards))) if name == "float32" else bound


def _remainder(words: Any, span: Any) -> Any:
    """The remainder of unsigned words by a number up to 2**30, in signed arithmetic."""
    half = ops.bitwise_and(ops.right_shift(words, 1), 0x7FFFFFFF)
    doubled = ops.multiply(ops.mod(half, span), 2)
    return ops.mod(ops.add(doubled, ops.bitwise_and(words, 1)), span)


def randint(key: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = None, **other: Any) -> Any:
    """`jax.random.randint`: integers from `minval`, below `maxval`."""
    name = canonical(dtype_name(dtype) or "int32")
    first, second = split(key)
    if is_constant(minval) and is_constant(maxval) and np.ndim(minval) == np.ndim(maxval) == 0:
        low, span = int(minval), max(int(maxval) - int(minval), 1)
        if span > 2**30:
            refuse("random.randint", f"a range of {span} numbers", "use one of at most 2**30")
        factor: Any = pow(2**16 % span, 2, 2**32) % span
    else:
        low = ops.cast(tensor(minval), "int32")
        span = ops.maximum(ops.subtract(ops.cast(tensor(maxval), "int32"), low), 1)
        factor = _remainder(ops.square(ops.mod(2**16, span)), span)
    high_part, low_part = (_remainder(bits(k, shape), span) for k in (first, second))
    offset = _remainder(ops.add(ops.multiply(high_part, factor), low_part), span)
    result = ops.add(offset, low)
    return result if name == "int32" else ops.cast(result, name)


def random_bits(key: Any, shape: Any = (), dtype: Any = None, **other: Any) -> Any:
    """`jax.random.bits`, as uint32."""
    name = dtype_name(dtype) or "uint32"
    if name != "uint32":
        refuse("random.bits", f"dtype={name}", "use uint32")
    return ops.cast(bits(key, shape), name)


def _shuffled(key: Any, x: Any, axis: int) -> Any:
    """Sorted by random words, as often as it takes for words to be unique."""
    sizes = shape_of(x)
    size = math.prod(sizes) if all(isinstance(n, int) for n in sizes) else 1000
    keys = as_keys(key)
    for _ in range(math.ceil(3 * math.log(max(1, size)) / math.log(2**32 - 1))):
        keys, drawn = split(keys)
        # Unsigned order in signed numbers: the highest bit is turned over.
        words = ops.bitwise_xor(bits(drawn, sizes), -(2**31))
        x = ops.take_along_axis(x, ops.argsort(words, axis=axis), axis=axis)
    return x


def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False, **other: Any) -> Any:
    """`jax.random.permutation`: a shuffled range, or a tensor shuffled along an axis."""
    if rank(operand(x)) == 0:
        return _shuffled(key, ops.arange(x, dtype="int32"), 0)
    x = tensor(x)
    if independent or rank(x) == 1:
        return _shuffled(key, x, axis)
    places = _shuffled(key, ops.arange(shape_of(x)[axis], dtype="int32"), 0)
    return ops.take(x, places, axis=axis)


def choice(
    key: Any,
    a: Any,
    shape: Any = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Any:
    """`jax.random.choice`: with or without replacement, by probabilities if given."""
    a = operand(a)
    alone = rank(a) == 0
    count = a if alone else shape_of(a)[axis]
    shape = shape_tuple(shape)
    number = math.prod(shape)
    if p is not None:
        places = _by_probability(key, inexact(tensor(p)), shape, replace, number, count)
    elif replace:
        places = randint(key, shape, 0, count)
    else:
        drawn = permutation(key, a, axis)
        kept = ops.get_item(drawn, (*(slice(None),) * axis, slice(number)))
        sizes = () if alone else shape_of(a)
        return ops.reshape(kept, shape if alone else (*sizes[:axis], *shape, *sizes[axis + 1 :]))
    return places if alone else take(a, places, axis, mode="clip")


def _by_probability(key: Any, p: Any, shape: Any, replace: bool, number: int, count: Any) -> Any:
    if not replace:
        noise = ops.add(gumbel(key, (count,), dtype_of(p)), ops.log(p))
        return ops.reshape(ops.cast(ops.top_k(noise, number)[1], "int32"), shape)
    total = ops.cumsum(p, axis=0)
    drawn = ops.multiply(ops.subtract(1.0, uniform(key, shape, dtype_of(p))), total[-1])
    found = ops.searchsorted(total, ops.reshape(drawn, (-1,)))
    return ops.reshape(ops.cast(found, "int32"), shape)
