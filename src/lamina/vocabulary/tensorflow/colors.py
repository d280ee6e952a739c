"""Colours: spaces, brightness, contrast, and the dtypes of pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.tensorflow.arguments import dtype_name, dtype_of, is_integer, operand, tensor
from lamina.vocabulary.tensorflow.dtypes import DTYPES

_TO_YIQ = [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]]
_FROM_YIQ = [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]
_TO_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_FROM_YUV = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False) -> Any:
    """`tf.image.convert_image_dtype`: floats count from 0 to 1, integers to their maximum."""
    x, name = operand(image), dtype_name(dtype)
    before, after = DTYPES[dtype_of(x)], DTYPES[name]
    if before == after:
        return x
    if before.is_integer and after.is_integer:
        return _between_integers(x, before, after, saturate)
    if before.is_floating and after.is_floating:
        return ops.cast(x, name)
    if before.is_integer:
        return ops.multiply(ops.cast(x, name), 1.0 / before.max)
    scaled = ops.multiply(x, after.max + 0.5)
    return ops.saturate_cast(scaled, name) if saturate else ops.cast(scaled, name)


def _between_integers(x: Any, before: Any, after: Any, saturate: bool) -> Any:
    if before.max > after.max:
        scaled = ops.floor_divide(x, (before.max + 1) // (after.max + 1))
        return ops.saturate_cast(scaled, after.name) if saturate else ops.cast(scaled, after.name)
    wide = ops.saturate_cast(x, after.name) if saturate else ops.cast(x, after.name)
    return ops.multiply(wide, (after.max + 1) // (before.max + 1))


def _in_floats(image: Any, change: Callable[[Any], Any]) -> Any:
    """Change an image as floats, and give it back as what it was."""
    x = operand(image)
    if not is_integer(x):
        return change(x)
    return convert_image_dtype(change(convert_image_dtype(x, "float32")), dtype_of(x), saturate=True)


def _product(images: Any, matrix: Any) -> Any:
    return ops.tensordot(operand(images), np.asarray(matrix, np.float32), axes=1)


def rgb_to_grayscale(images: Any) -> Any:
    """`tf.image.rgb_to_grayscale`."""
    return _in_floats(images, lambda x: _product(x, [[0.2989], [0.587], [0.114]]))


def grayscale_to_rgb(images: Any) -> Any:
    """`tf.image.grayscale_to_rgb`."""
    return ops.repeat(operand(images), 3, axis=-1)


def rgb_to_yiq(images: Any) -> Any:
    """`tf.image.rgb_to_yiq`."""
    return _product(images, _TO_YIQ)


def yiq_to_rgb(images: Any) -> Any:
    """`tf.image.yiq_to_rgb`."""
    return _product(images, _FROM_YIQ)


def rgb_to_yuv(images: Any) -> Any:
    """`tf.image.rgb_to_yuv`."""
    return _product(images, _TO_YUV)


def yuv_to_rgb(images: Any) -> Any:
    """`tf.image.yuv_to_rgb`."""
    return _product(images, _FROM_YUV)


def _channels(images: Any) -> tuple[Any, Any, Any]:
    return images[..., 0], images[..., 1], images[..., 2]


def rgb_to_hsv(images: Any) -> Any:
    """`tf.image.rgb_to_hsv`: hue, saturation and value, each from 0 to 1."""
    red, green, blue = _channels(images := operand(images))
    value, least = ops.max(images, axis=-1), ops.min(images, axis=-1)
    spread = ops.subtract(value, least)
    saturation = _ratio(spread, value)
    sixth = ops.multiply(_ratio(ops.ones_like(spread), spread), 1.0 / 6.0)
    green_first = ops.add(ops.multiply(sixth, ops.subtract(blue, red)), 2.0 / 6.0)
    blue_first = ops.add(ops.multiply(sixth, ops.subtract(red, green)), 4.0 / 6.0)
    hue = ops.where(ops.equal(green, value), green_first, blue_first)
    hue = ops.where(ops.equal(red, value), ops.multiply(sixth, ops.subtract(green, blue)), hue)
    hue = ops.where(ops.greater(spread, 0), hue, ops.zeros_like(hue))
    hue = ops.where(ops.less(hue, 0), ops.add(hue, 1.0), hue)
    return ops.stack([hue, saturation, value], axis=-1)


def _ratio(a: Any, b: Any) -> Any:
    positive = ops.greater(b, 0)
    return ops.where(positive, ops.divide(a, ops.where(positive, b, ops.ones_like(b))), ops.zeros_like(a))


def hsv_to_rgb(images: Any) -> Any:
    """`tf.image.hsv_to_rgb`."""
    hue, saturation, value = _channels(operand(images))
    six = ops.multiply(hue, 6.0)
    red = ops.subtract(ops.absolute(ops.subtract(six, 3.0)), 1.0)
    green = ops.subtract(2.0, ops.absolute(ops.subtract(six, 2.0)))
    blue = ops.subtract(2.0, ops.absolute(ops.subtract(six, 4.0)))
    rgb = ops.clip(ops.stack([red, green, blue], axis=-1), 0.0, 1.0)
    mixed = ops.multiply(ops.subtract(rgb, 1.0), ops.expand_dims(saturation, axis=-1))
    return ops.multiply(ops.add(mixed, 1.0), ops.expand_dims(value, axis=-1))


def adjust_brightness(image: Any, delta: Any) -> Any:
    """`tf.image.adjust_brightness`: `delta` is added, in floats."""
    return _in_floats(image, lambda x: ops.add(x, delta))


def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """`tf.image.adjust_contrast`: away from the mean of each channel."""

    def change(x: Any) -> Any:
        mean = ops.mean(x, axis=(-3, -2), keepdims=True)
        return ops.add(ops.multiply(ops.subtract(x, mean), contrast_factor), mean)

    return _in_floats(images, change)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """`tf.image.adjust_gamma`: `gain * x ** gamma`."""
    return _in_floats(image, lambda x: ops.multiply(gain, ops.power(x, gamma)))


def adjust_hue(image: Any, delta: Any) -> Any:
    """`tf.image.adjust_hue`: `delta` is added to the hue, which turns around."""

    def change(x: Any) -> Any:
        hue, saturation, value = _channels(rgb_to_hsv(x))
        turned = ops.mod(ops.add(hue, delta), 1.0)
        return hsv_to_rgb(ops.stack([turned, saturation, value], axis=-1))

    return _in_floats(image, change)


def adjust_saturation(image: Any, saturation_factor: Any) -> Any:
    """`tf.image.adjust_saturation`: the saturation is multiplied, up to 1."""

    def change(x: Any) -> Any:
        hue, saturation, value = _channels(rgb_to_hsv(x))
        scaled = ops.clip(ops.multiply(saturation, saturation_factor), 0.0, 1.0)
        return hsv_to_rgb(ops.stack([hue, scaled, value], axis=-1))

    return _in_floats(image, change)


def per_image_standardization(image: Any) -> Any:
    """`tf.image.per_image_standardization`: mean 0, and variance 1 where the image is not flat."""
    x = operand(image)
    x = ops.cast(x, "float32") if is_integer(x) else x
    count = tensor(_pixels(x), "float32")
    mean = ops.mean(x, axis=(-3, -2, -1), keepdims=True)
    deviation = ops.std(x, axis=(-3, -2, -1), keepdims=True)
    return ops.divide(ops.subtract(x, mean), ops.maximum(deviation, ops.rsqrt(count)))


def _pixels(x: Any) -> Any:
    height, width, channels = ops.shape(x)[-3:]
    return height * width * channels
