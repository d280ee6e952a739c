"""Random numbers, by distribution: the numbers themselves are those of the backend."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.tensorflow.arguments import (
    dtype_name,
    is_constant,
    operand,
    refuse,
    shape_of,
    static,
    tensor,
)


def _seed(seed: Any) -> Any:
    return context.stateful_seed(seed)


def _stateless(seed: Any) -> int:
    """One number for the two of a stateless seed."""
    pair = static(seed)
    if not is_constant(pair):
        refuse(
            "random.stateless_*", "the seed is a tensor", "give the two numbers, or use the stateful function"
        )
    first, second = pair
    return int(np.random.SeedSequence([abs(int(first)), abs(int(second))]).generate_state(1)[0] >> 1)


def _plain(*values: Any) -> bool:
    return all(isinstance(v, (int, float)) for v in values)


def _normal(draw: Any, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: Any) -> Any:
    shape, name = shape_of(shape), dtype_name(dtype)
    if _plain(mean, stddev):
        return draw(shape, mean=mean, stddev=stddev, dtype=name, seed=seed)
    return ops.add(ops.multiply(draw(shape, dtype=name, seed=seed), stddev), mean)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: Any = None) -> Any:
    """`tf.random.normal`."""
    return _normal(random.normal, shape, mean, stddev, dtype, _seed(seed))


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", seed: Any = None
) -> Any:
    """`tf.random.truncated_normal`: redrawn beyond two standard deviations."""
    return _normal(random.truncated_normal, shape, mean, stddev, dtype, _seed(seed))


def _uniform(shape: Any, minval: Any, maxval: Any, dtype: Any, seed: Any) -> Any:
    shape, name = shape_of(shape), dtype_name(dtype)
    if name.startswith(("int", "uint")):
        if maxval is None:
            refuse("random.uniform", "integers need a bound", "give maxval=")
        return random.randint(shape, static(minval), static(maxval), dtype=name, seed=seed)
    maxval = 1.0 if maxval is None else maxval
    minval, maxval = (float(v) if isinstance(v, int) else v for v in (minval, maxval))
    if _plain(minval, maxval):
        return random.uniform(shape, minval=minval, maxval=maxval, dtype=name, seed=seed)
    spread = ops.subtract(maxval, minval)
    return ops.add(ops.multiply(random.uniform(shape, dtype=name, seed=seed), spread), minval)


def uniform(shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: Any = None) -> Any:
    """`tf.random.uniform`: integers below `maxval` where the dtype is integer."""
    return _uniform(shape, minval, maxval, dtype, _seed(seed))


def _gamma(shape: Any, alpha: Any, beta: Any, dtype: Any, seed: Any) -> Any:
    name = dtype_name(dtype)
    alpha = tensor(alpha, name)
    scaled = alpha if beta is None else ops.add(alpha, ops.zeros_like(tensor(beta, name)))
    full = (*shape_of(shape), *ops.shape(scaled))
    values = random.gamma(full, ops.broadcast_to(scaled, full), dtype=name, seed=seed)
    return values if beta is None else ops.divide(values, beta)


def gamma(shape: Any, alpha: Any, beta: Any = None, dtype: Any = "float32", seed: Any = None) -> Any:
    """`tf.random.gamma`: `shape` draws for each pair of parameters."""
    return _gamma(shape, alpha, beta, dtype, _seed(seed))


def categorical(logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None) -> Any:
    """`tf.random.categorical`: class numbers drawn from each row of unnormalised logarithms."""
    return _categorical(logits, num_samples, dtype, _seed(seed))


def multinomial(logits: Any, num_samples: Any, seed: Any = None, output_dtype: Any = None) -> Any:
    """`tf.multinomial` of TensorFlow 1."""
    return categorical(logits, num_samples, output_dtype, seed)


def _categorical(logits: Any, num_samples: Any, dtype: Any, seed: Any) -> Any:
    drawn = random.categorical(operand(logits), static(num_samples), dtype="int32", seed=seed)
    name = dtype_name(dtype) or "int64"
    return drawn if name == "int32" else ops.cast(drawn, name)


def shuffle(value: Any, seed: Any = None) -> Any:
    """`tf.random.shuffle`: along the first axis."""
    return _shuffled(operand(value), _seed(seed))


def _shuffled(x: Any, seed: Any) -> Any:
    # The shuffle of Keras on JAX mixes the columns of each row too.
    return ops.take(x, random.shuffle(ops.arange(ops.shape(x)[0], dtype="int32"), seed=seed), axis=0)


def _crop(value: Any, size: Any, seed: Any) -> Any:
    x, size = operand(value), shape_of(size)
    limits = [n - want for n, want in zip(ops.shape(x), size, strict=True)]
    room = ops.cast(ops.convert_to_tensor(limits), "float32")
    place = ops.multiply(random.uniform((len(size),), seed=seed), ops.add(room, 1.0))
    start = ops.cast(ops.minimum(ops.floor(place), room), "int32")
    return ops.slice(x, start, size)


def random_crop(value: Any, size: Any, seed: Any = None) -> Any:
    """`tf.image.random_crop`: a part of the given size at a random place."""
    return _crop(value, size, _seed(seed))


def stateless_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", alg: Any = None
) -> Any:
    """`tf.random.stateless_normal`: the same numbers in each call, by distribution those of TensorFlow."""
    return _normal(random.normal, shape, mean, stddev, dtype, _stateless(seed))


def stateless_truncated_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", alg: Any = None
) -> Any:
    """`tf.random.stateless_truncated_normal`."""
    return _normal(random.truncated_normal, shape, mean, stddev, dtype, _stateless(seed))


def stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", alg: Any = None
) -> Any:
    """`tf.random.stateless_uniform`."""
    return _uniform(shape, minval, maxval, dtype, _stateless(seed))


def stateless_categorical(logits: Any, num_samples: Any, seed: Any, dtype: Any = "int64") -> Any:
    """`tf.random.stateless_categorical`."""
    return _categorical(logits, num_samples, dtype, _stateless(seed))


def stateless_gamma(shape: Any, seed: Any, alpha: Any, beta: Any = None, dtype: Any = "float32") -> Any:
    """`tf.random.stateless_gamma`: the parameters are broadcast to `shape`."""
    full, name = shape_of(shape), dtype_name(dtype)
    values = random.gamma(
        full, ops.broadcast_to(tensor(alpha, name), full), dtype=name, seed=_stateless(seed)
    )
    return values if beta is None else ops.divide(values, beta)


def stateless_binomial(shape: Any, seed: Any, counts: Any, probs: Any, output_dtype: Any = "int32") -> Any:
    """`tf.random.stateless_binomial`."""
    full = shape_of(shape)
    counts, probs = (ops.broadcast_to(tensor(v, "float32"), full) for v in (counts, probs))
    return ops.cast(random.binomial(full, counts, probs, seed=_stateless(seed)), dtype_name(output_dtype))


def stateless_shuffle(value: Any, seed: Any, alg: Any = None) -> Any:
    """`tf.random.experimental.stateless_shuffle`."""
    return _shuffled(operand(value), _stateless(seed))


def stateless_random_crop(value: Any, size: Any, seed: Any) -> Any:
    """`tf.image.stateless_random_crop`."""
    return _crop(value, size, _stateless(seed))


# Random changes of images: one draw for all images, except for flips.


def _amount(bounds: tuple[Any, Any], seed: Any) -> Any:
    low, high = bounds
    return random.uniform((), minval=float(low), maxval=float(high), seed=seed)


def _changed(change: str, low_of: Any) -> tuple[Any, Any]:
    from lamina.vocabulary.tensorflow import colors

    function = getattr(colors, f"adjust_{change}")

    def drawn(image: Any, *bounds: Any, seed: Any = None) -> Any:
        return function(image, _amount(low_of(*bounds), _seed(seed)))

    def stateless(image: Any, *bounds: Any, seed: Any) -> Any:
        return function(image, _amount(low_of(*bounds), _stateless(seed)))

    return drawn, stateless


def random_brightness(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """`tf.image.random_brightness`."""
    return _changed("brightness", _symmetric)[0](image, max_delta, seed=seed)


def random_hue(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """`tf.image.random_hue`."""
    return _changed("hue", _symmetric)[0](image, max_delta, seed=seed)


def random_contrast(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """`tf.image.random_contrast`."""
    return _changed("contrast", _between)[0](image, lower, upper, seed=seed)


def random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """`tf.image.random_saturation`."""
    return _changed("saturation", _between)[0](image, lower, upper, seed=seed)


def stateless_random_brightness(image: Any, max_delta: Any, seed: Any) -> Any:
    """`tf.image.stateless_random_brightness`."""
    return _changed("brightness", _symmetric)[1](image, max_delta, seed=seed)


def stateless_random_hue(image: Any, max_delta: Any, seed: Any) -> Any:
    """`tf.image.stateless_random_hue`."""
    return _changed("hue", _symmetric)[1](image, max_delta, seed=seed)


def stateless_random_contrast(image: Any, lower: Any, upper: Any, seed: Any) -> Any:
    """`tf.image.stateless_random_contrast`."""
    return _changed("contrast", _between)[1](image, lower, upper, seed=seed)


def stateless_random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """`tf.image.stateless_random_saturation`."""
    return _changed("saturation", _between)[1](image, lower, upper, seed=seed)


def _symmetric(delta: Any) -> tuple[Any, Any]:
    return -delta, delta


def _between(low: Any, high: Any) -> tuple[Any, Any]:
    return low, high


def _flip(image: Any, axis: int, seed: Any) -> Any:
    x = operand(image)
    sizes = ops.shape(x)
    count = (sizes[0], 1, 1, 1) if len(sizes) == 4 else ()
    return ops.where(ops.less(random.uniform(count, seed=seed), 0.5), ops.flip(x, axis=axis), x)


def random_flip_left_right(image: Any, seed: Any = None) -> Any:
    """`tf.image.random_flip_left_right`: each image by itself."""
    return _flip(image, -2, _seed(seed))


def random_flip_up_down(image: Any, seed: Any = None) -> Any:
    """`tf.image.random_flip_up_down`: each image by itself."""
    return _flip(image, -3, _seed(seed))


def stateless_random_flip_left_right(image: Any, seed: Any) -> Any:
    """`tf.image.stateless_random_flip_left_right`."""
    return _flip(image, -2, _stateless(seed))


def stateless_random_flip_up_down(image: Any, seed: Any) -> Any:
    """`tf.image.stateless_random_flip_up_down`."""
    return _flip(image, -3, _stateless(seed))
