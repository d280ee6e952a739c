"""Flips, crops, patches and measures of images."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.shapes import rank
from lamina.vocabulary.tensorflow.arguments import is_integer, known_sizes, operand, refuse, static, tensor
from lamina.vocabulary.tensorflow.colors import convert_image_dtype


def flip_left_right(image: Any) -> Any:
    """`tf.image.flip_left_right`."""
    return ops.flip(operand(image), axis=-2)


def flip_up_down(image: Any) -> Any:
    """`tf.image.flip_up_down`."""
    return ops.flip(operand(image), axis=-3)


def transpose(image: Any) -> Any:
    """`tf.image.transpose`: rows become columns."""
    return ops.swapaxes(operand(image), -3, -2)


def rot90(image: Any, k: int = 1) -> Any:
    """`tf.image.rot90`: counter-clockwise, `k` times."""
    x, turns = operand(image), int(static(k)) % 4
    if turns == 2:
        return ops.flip(x, axis=(-3, -2))
    if turns == 0:
        return x
    turned = ops.swapaxes(x, -3, -2)
    return ops.flip(turned, axis=-3 if turns == 1 else -2)


def central_crop(image: Any, central_fraction: Any) -> Any:
    """`tf.image.central_crop`: the middle part of images of known size."""
    x = operand(image)
    if central_fraction == 1:
        return x
    size = known_sizes(x, "image.central_crop", (-3, -2))
    starts = [int((n - n * central_fraction) / 2) for n in size]
    rows, columns = (slice(start, n - start) for start, n in zip(starts, size, strict=True))
    return x[..., rows, columns, :]


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """`tf.image.crop_to_bounding_box`."""
    rows = slice(static(offset_height), static(offset_height) + static(target_height))
    columns = slice(static(offset_width), static(offset_width) + static(target_width))
    return operand(image)[..., rows, columns, :]


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """`tf.image.pad_to_bounding_box`: zeros around the image."""
    x = operand(image)
    height, width = (
        ops.shape(x)[-3:-1] if not _known(x) else known_sizes(x, "image.pad_to_bounding_box", (-3, -2))
    )
    top, left = static(offset_height), static(offset_width)
    pads = ((top, static(target_height) - top - height), (left, static(target_width) - left - width))
    return ops.pad(x, (*[(0, 0)] * (rank(x) - 3), *pads, (0, 0)))


def _known(x: Any) -> bool:
    return all(isinstance(n, int) for n in x.shape[-3:-1])


def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """`tf.image.resize_with_crop_or_pad`: cut or filled up around the middle, for images of known size."""
    x = operand(image)
    keys, pads = [], []
    for have, want in zip(
        known_sizes(x, "image.resize_with_crop_or_pad", (-3, -2)), (target_height, target_width), strict=True
    ):
        start, before = max(have - want, 0) // 2, max(want - have, 0) // 2
        keys.append(slice(start, start + min(have, want)))
        pads.append((before, max(want - have - before, 0)))
    x = x[..., keys[0], keys[1], :]
    return ops.pad(x, (*[(0, 0)] * (rank(x) - 3), *pads, (0, 0))) if any(map(any, pads)) else x


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
) -> Any:
    """`tf.image.crop_and_resize`: a part of an image for each box, in normalised coordinates."""
    x = ops.cast(operand(image), "float32")
    rows, columns = (int(n) for n in static(crop_size))
    height, width = ops.shape(x)[1:3]
    boxes = tensor(boxes)
    top, left, bottom, right = (boxes[:, i] for i in range(4))
    ys, xs = _grid(top, bottom, rows, height), _grid(left, right, columns, width)
    inside = ops.logical_and(
        ops.expand_dims(_inside(ys, height), axis=2), ops.expand_dims(_inside(xs, width), axis=1)
    )
    images = ops.cast(tensor(box_indices), "int32")
    values = _sample(x, images, ys, xs, method)
    return ops.where(ops.expand_dims(inside, axis=-1), values, float(extrapolation_value))


def _grid(first: Any, last: Any, count: int, size: Any) -> Any:
    """Where the pixels of a crop lie along one axis, `(boxes, count)`."""
    extent = ops.subtract(tensor(size, "float32"), 1.0)
    if count == 1:
        return ops.expand_dims(ops.multiply(ops.multiply(0.5, ops.add(first, last)), extent), axis=1)
    step = ops.divide(ops.multiply(ops.subtract(last, first), extent), float(count - 1))
    steps = ops.expand_dims(np.arange(count, dtype=np.float32), axis=0)
    return ops.add(
        ops.expand_dims(ops.multiply(first, extent), axis=1),
        ops.multiply(ops.expand_dims(step, axis=1), steps),
    )


def _inside(places: Any, size: Any) -> Any:
    last = ops.subtract(tensor(size, "float32"), 1.0)
    return ops.logical_and(ops.greater_equal(places, 0.0), ops.less_equal(places, last))


def _sample(x: Any, images: Any, ys: Any, xs: Any, method: str) -> Any:
    if method == "nearest":
        return _pixels(x, images, _half_up(ys), _half_up(xs))
    top, left = ops.floor(ys), ops.floor(xs)
    down = ops.expand_dims(ops.expand_dims(ops.subtract(ys, top), axis=2), axis=3)
    across = ops.expand_dims(ops.expand_dims(ops.subtract(xs, left), axis=1), axis=3)
    corners = [[_pixels(x, images, y, z) for z in (left, ops.ceil(xs))] for y in (top, ops.ceil(ys))]
    upper, lower = (ops.add(a, ops.multiply(ops.subtract(b, a), across)) for a, b in corners)
    return ops.add(upper, ops.multiply(ops.subtract(lower, upper), down))


def _half_up(places: Any) -> Any:
    return ops.floor(ops.add(places, 0.5))


def _pixels(x: Any, images: Any, ys: Any, xs: Any) -> Any:
    """The pixel at each row and column, `(boxes, rows, columns, channels)`."""
    count, height, width, channels = ops.shape(x)
    ys = ops.clip(ops.cast(ys, "int32"), 0, tensor(height - 1))
    xs = ops.clip(ops.cast(xs, "int32"), 0, tensor(width - 1))
    rows = ops.add(ops.multiply(ops.expand_dims(images, axis=1), height), ys)
    places = ops.add(ops.expand_dims(ops.multiply(rows, width), axis=2), ops.expand_dims(xs, axis=1))
    return ops.take(ops.reshape(x, (count * height * width, channels)), places, axis=0)


def total_variation(images: Any) -> Any:
    """`tf.image.total_variation`: the sum of the differences of neighbours."""
    x = operand(images)
    down = ops.absolute(ops.subtract(x[..., 1:, :, :], x[..., :-1, :, :]))
    across = ops.absolute(ops.subtract(x[..., :, 1:, :], x[..., :, :-1, :]))
    return ops.add(ops.sum(down, axis=(-3, -2, -1)), ops.sum(across, axis=(-3, -2, -1)))


def image_gradients(image: Any) -> tuple[Any, Any]:
    """`tf.image.image_gradients`: differences to the next row and column; the last ones are zero."""
    x = operand(image)
    down = ops.subtract(x[:, 1:], x[:, :-1])
    across = ops.subtract(x[:, :, 1:], x[:, :, :-1])
    return (
        ops.pad(down, ((0, 0), (0, 1), (0, 0), (0, 0))),
        ops.pad(across, ((0, 0), (0, 0), (0, 1), (0, 0))),
    )


_SOBEL = [[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]


def sobel_edges(image: Any) -> Any:
    """`tf.image.sobel_edges`: the vertical and the horizontal edge of each channel, last."""
    x = ops.pad(operand(image), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    return ops.stack([_filtered(x, np.array(kernel, np.float32)) for kernel in _SOBEL], axis=-1)


def _filtered(x: Any, kernel: Any) -> Any:
    (channels,) = known_sizes(x, "image.sobel_edges", (-1,))
    each = np.tile(kernel[:, :, None, None], (1, 1, channels, 1))
    return ops.depthwise_conv(x, each, strides=1, padding="valid", data_format="channels_last")


def psnr(a: Any, b: Any, max_val: Any) -> Any:
    """`tf.image.psnr`: the ratio of peak and noise of each image, in decibel."""
    high = _as_floats(max_val, a)
    a, b = (convert_image_dtype(operand(v), "float32") for v in (a, b))
    error = ops.mean(ops.square(ops.subtract(a, b)), axis=(-3, -2, -1))
    peak = ops.multiply(20.0 / np.log(10.0), ops.log(high))
    return ops.subtract(peak, ops.multiply(10 / np.log(10.0), ops.log(error)))


def _as_floats(max_val: Any, image: Any) -> float:
    from lamina.vocabulary.tensorflow.arguments import dtype_of
    from lamina.vocabulary.tensorflow.dtypes import DTYPES

    return float(max_val) / DTYPES[dtype_of(image)].max if is_integer(image) else float(max_val)


def _ssim_kernel(size: int, sigma: float) -> Any:
    steps = np.arange(size, dtype=np.float32) - (size - 1) / 2
    line = -0.5 * np.square(steps) / sigma**2
    plane = np.exp((line[:, None] + line[None, :]).astype(np.float64))
    return (plane / plane.sum()).astype(np.float32)


def _ssim_maps(
    a: Any, b: Any, max_val: float, size: int, sigma: float, k1: float, k2: float
) -> tuple[Any, Any]:
    """The structural similarity of each place and channel, and its contrast part."""
    kernel = _ssim_kernel(size, sigma)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_a, mean_b = _filtered(a, kernel), _filtered(b, kernel)
    both = ops.multiply(ops.multiply(mean_a, mean_b), 2.0)
    squares = ops.add(ops.square(mean_a), ops.square(mean_b))
    luminance = ops.divide(ops.add(both, c1), ops.add(squares, c1))
    mixed = ops.multiply(_filtered(ops.multiply(a, b), kernel), 2.0)
    power = _filtered(ops.add(ops.square(a), ops.square(b)), kernel)
    contrast = ops.divide(ops.add(ops.subtract(mixed, both), c2), ops.add(ops.subtract(power, squares), c2))
    return ops.multiply(luminance, contrast), contrast


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    """`tf.image.ssim`: the structural similarity of each pair of images."""
    a, b = (_batched(convert_image_dtype(operand(v), "float32")) for v in (img1, img2))
    maps, _ = _ssim_maps(a, b, _as_floats(max_val, img1), filter_size, filter_sigma, k1, k2)
    maps = maps if rank(img1) == 4 else maps[0]
    if return_index_map:
        return ops.mean(maps, axis=-1)
    return ops.mean(ops.mean(maps, axis=(-3, -2)), axis=-1)


def _batched(x: Any) -> Any:
    if rank(x) not in (3, 4):
        refuse("image.ssim", f"images of {rank(x)} axes", "give images of three axes, or batches of them")
    return x if rank(x) == 4 else ops.expand_dims(x, axis=0)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """`tf.image.ssim_multiscale`: the similarity over images of half the size each time."""
    a, b = (convert_image_dtype(operand(v), "float32") for v in (img1, img2))
    parts = []
    for scale in range(len(power_factors)):
        a, b = (_halved(v) if scale else v for v in (a, b))
        whole, contrast = _ssim_maps(a, b, _as_floats(max_val, img1), filter_size, filter_sigma, k1, k2)
        last = scale == len(power_factors) - 1
        parts.append(ops.relu(ops.mean(whole if last else contrast, axis=(-3, -2))))
    stacked = ops.power(ops.stack(parts, axis=-1), np.asarray(power_factors, np.float32))
    return ops.mean(ops.prod(stacked, axis=-1), axis=-1)


def _halved(x: Any) -> Any:
    size = known_sizes(x, "image.ssim_multiscale", (-3, -2))
    odd = [(0, n % 2) for n in size]
    x = ops.pad(x, ((0, 0), *odd, (0, 0)), mode="symmetric") if any(n % 2 for n in size) else x
    return ops.average_pool(x, 2, strides=2, padding="valid", data_format="channels_last")
