"""Golden calls of `keras.ops.nn` and `keras.ops.image` that need more than operands."""

from __future__ import annotations

from collections.abc import Iterator

from tests.golden.calls import GoldenCall, call, ints, ramp, tensor

MASK = tensor([[[[True, False, False], [True, True, True]]]], "bool")
CORNERS = tensor([[0.0, 0.0], [0.0, 3.0], [3.0, 0.0], [3.0, 3.0]])
MOVED = tensor([[0.0, 1.0], [1.0, 3.0], [3.0, 0.0], [2.0, 3.0]])


def calls() -> Iterator[GoldenCall]:
    """All of them."""
    yield from _activations()
    yield from _normalisation()
    yield from _convolution()
    yield from _pooling()
    yield from _attention()
    yield from _losses()
    yield from _resampling()
    yield from _image()


def _activations() -> Iterator[GoldenCall]:
    yield call("celu", "$x", alpha=0.5)
    yield call("elu", "$x", alpha=0.5)
    yield call("gelu", "$x", approximate=False)
    yield call("glu", ramp(2, 4))
    yield call("glu", ramp(2, 4), axis=0)
    yield call("hard_shrink", "$x", threshold=0.75)
    yield call("leaky_relu", "$x", negative_slope=0.1)
    yield call("soft_shrink", "$x", threshold=0.25)
    yield call("softmax", "$x", axis=(0, 1))
    yield call("squareplus", "$x", b=2)
    yield call("threshold", "$x", 0.3, -1.0)
    yield call("one_hot", ints([0, 2, 1]), 3)
    yield call("one_hot", ints([[0, 2]]), 3, axis=0, dtype="int32")
    yield call("multi_hot", ints([[0, 2], [1, 1]]), 4)


def _normalisation() -> Iterator[GoldenCall]:
    yield call("batch_normalization", "$x", "$vector", "$above_one", 1)
    yield call(
        "batch_normalization",
        "$x",
        "$vector",
        "$above_one",
        axis=-1,
        offset="$vector_b",
        scale="$vector",
        epsilon=0.1,
    )
    yield call("layer_normalization", "$x", gamma="$above_one", beta="$vector", epsilon=1e-3)
    yield call("rms_normalization", "$x", scale="$above_one")
    yield call("moments", "$x", 0)
    yield call("moments", "$x", (0, 1), keepdims=True)
    yield call("normalize", "$x", axis=0, order=1)


def _convolution() -> Iterator[GoldenCall]:
    kernel = ramp(2, 2, 3, 2, scale=0.1, start=-1.0)
    depthwise = ramp(2, 2, 3, 1, scale=0.1, start=-0.5)
    pointwise = ramp(1, 1, 3, 2, scale=0.5, start=-1.0)
    last = {"data_format": "channels_last"}
    yield call("conv", "$image", kernel, **last)
    yield call("conv", "$image", kernel, strides=2, padding="same", **last)
    yield call("conv", "$sequence", ramp(3, 2, 2), dilation_rate=2, **last)
    yield call("conv_transpose", "$image", ramp(2, 2, 2, 3, scale=0.1), strides=2, **last)
    yield call("conv_transpose", "$sequence", ramp(3, 1, 2), strides=2, padding="same", **last)
    yield call("depthwise_conv", "$image", depthwise, **last)
    yield call("depthwise_conv", "$image", depthwise, padding="same", **last)
    yield call("separable_conv", "$image", depthwise, pointwise, **last)


def _pooling() -> Iterator[GoldenCall]:
    last = {"data_format": "channels_last"}
    for name in ("average_pool", "max_pool"):
        yield call(name, "$image", 2, strides=2, **last)
        yield call(name, "$image", (3, 2), strides=2, padding="same", **last)
        yield call(name, "$sequence", 3, strides=1, **last)
    for name in ("adaptive_average_pool", "adaptive_max_pool"):
        yield call(name, "$image", 2, **last)
        yield call(name, "$sequence", 4, **last)


def _attention() -> Iterator[GoldenCall]:
    query, key, value = ramp(1, 2, 1, 4), ramp(1, 3, 1, 4, scale=0.125), ramp(1, 3, 1, 4, scale=0.5)
    plain = {"flash_attention": False}
    yield call("dot_product_attention", query, key, value, **plain)
    yield call("dot_product_attention", query, key, value, mask=MASK, scale=0.5, **plain)
    yield call("dot_product_attention", query, key, value, bias=ramp(1, 1, 2, 3), **plain)
    yield call("dot_product_attention", query, query, query, is_causal=True, **plain)


def _losses() -> Iterator[GoldenCall]:
    logits = ramp(1, 5, 4)
    lengths = ints([5])
    yield call("binary_crossentropy", "$one_hot", "$x", from_logits=True)
    yield call("categorical_crossentropy", "$one_hot", "$x", from_logits=True)
    yield call("sparse_categorical_crossentropy", ints([1, 2]), "$probabilities")
    yield call("sparse_categorical_crossentropy", ints([1, 2]), "$x", from_logits=True)
    yield call("ctc_loss", ints([[1, 2]]), logits, ints([2]), lengths)
    yield call("ctc_loss", ints([[1, 2]]), logits, ints([2]), lengths, mask_index=3)
    yield call("ctc_decode", logits, lengths)
    yield call("ctc_decode", logits, lengths, strategy="beam_search", beam_width=4, top_paths=2)
    yield call("psnr", "$x", "$y", 2.0)


def _resampling() -> Iterator[GoldenCall]:
    yield call("depth_to_space", ramp(1, 2, 2, 4), 2)
    yield call("space_to_depth", ramp(1, 4, 4, 1), 2)
    yield call("unfold", ramp(1, 1, 3, 3), 2)
    yield call("unfold", ramp(1, 2, 4, 4), (2, 2), padding=1, stride=2)
    yield call("fold", ramp(1, 4, 4), (4, 4), 2, stride=2)
    yield call("fold", ramp(1, 4, 4), (3, 3), 2)


def _image() -> Iterator[GoldenCall]:
    last = {"data_format": "channels_last"}
    shifted = tensor([[1.0, 0.0, 0.7, 0.0, 1.0, -0.2, 0.0, 0.0]])
    yield call("image.affine_transform", "$image", shifted, **last)
    yield call(
        "image.affine_transform", "$image", shifted, interpolation="nearest", fill_mode="reflect", **last
    )
    yield call(
        "image.crop_images", "$image", top_cropping=1, left_cropping=1, target_height=2, target_width=2
    )
    yield call("image.crop_images", "$image", 1, 0, bottom_cropping=1, right_cropping=2)
    yield call("image.pad_images", "$image", 1, 0, target_height=6, target_width=5)
    yield call("image.extract_patches", "$image", (2, 2), **last)
    yield call("image.extract_patches", "$image", 3, strides=1, padding="same", **last)
    yield call("image.extract_patches_3d", ramp(1, 2, 2, 2, 1), (1, 2, 2), **last)
    yield call("image.gaussian_blur", "$image", kernel_size=(3, 3), sigma=(0.5, 0.8), **last)
    yield call("image.map_coordinates", "$square", tensor([[0.5, 1.5], [1.0, 0.25]]), 1)
    yield call("image.map_coordinates", "$square", tensor([[-0.5, 1.5], [1.0, 4.0]]), 0, fill_mode="nearest")
    yield call("image.perspective_transform", "$image", CORNERS, MOVED, **last)
    yield call("image.resize", "$image", (2, 6), **last)
    yield call("image.resize", "$image", (8, 8), interpolation="nearest", **last)
    yield call("image.resize", "$image", (6, 3), interpolation="bicubic", antialias=True, **last)
    yield call("image.resize", "$image", (2, 4), crop_to_aspect_ratio=True, **last)
    yield call("image.resize", "$image", (2, 4), pad_to_aspect_ratio=True, fill_value=0.5, **last)
    yield call(
        "image.scale_and_translate",
        "$square",
        (4, 4),
        tensor([1.5, 1.25]),
        tensor([0.0, 0.5]),
        (0, 1),
        "linear",
    )
    yield call("image.ssim", "$image", ramp(1, 4, 4, 3, scale=0.015), filter_size=3)
