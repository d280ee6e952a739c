"""Images and signals."""

from __future__ import annotations

import numpy as np
from tf_cases import Dtype, case, complexes, floats, ints, loose, positive, runs, variants

image, batch, whole = positive(5, 4, 3), positive(2, 6, 5, 3), ints(256, 4, 5, 3).astype("uint8")
sizes = ((8, 10), (3, 2), (6, 5), (7, 4), (1, 1), (12, 3))
for size in sizes:
    for method in "bilinear nearest bicubic area lanczos3 lanczos5 gaussian mitchellcubic".split():
        case("image.resize", batch, size, method=method)
        if method not in ("nearest", "area"):
            case("image.resize", batch, size, method=method, antialias=True)
    for align in (False, True):
        for name in "bilinear nearest_neighbor bicubic area".split():
            case(f"image.resize_{name}", batch, size, align_corners=align)
        for method in range(4):
            case("image.resize_images", batch, size, method=method, align_corners=align)
    for name in "bilinear nearest_neighbor bicubic".split():
        case(f"image.resize_{name}", batch, size, half_pixel_centers=True)
case("image.resize", image, [10, 8])
case("image.resize", image, np.array([10, 8]).tolist(), "nearest")
case("image.resize image.resize_images", whole, (8, 7))
case("image.resize", whole, (8, 7), method="nearest")
case("image.resize", whole, (4, 5))
case("image.resize", batch, (9, 9), preserve_aspect_ratio=True)
case("compat.v1.image.resize", batch, (12, 3))
case("compat.v1.image.resize", batch, (12, 3), align_corners=True)
runs("image.resize", lambda tf, x: tf.image.resize(x, (7, 3), tf.image.ResizeMethod.NEAREST_NEIGHBOR), batch)
runs(
    "image.resize_images",
    lambda tf, x: tf.compat.v1.image.resize_images(x, (7, 3), tf.compat.v1.image.ResizeMethod.BICUBIC),
    batch,
)
for name in "BILINEAR NEAREST_NEIGHBOR BICUBIC AREA LANCZOS3 LANCZOS5 GAUSSIAN MITCHELLCUBIC".split():
    runs(
        f"image.ResizeMethod.{name}",
        lambda tf, x, n=name: tf.image.resize(x, (7, 3), getattr(tf.image.ResizeMethod, n)),
        batch,
    )
case("image.resize_with_pad", batch, 8, 12)
case("image.resize_with_pad", image, 4, 4, method="nearest")
case("image.resize_image_with_pad", batch, 8, 12)
case(
    "image.flip_left_right image.flip_up_down image.transpose transpose_image=".replace(
        " transpose_image=", " image.transpose_image"
    ),
    image,
)
case("image.flip_left_right image.flip_up_down image.transpose", batch)
for k in (1, 2, 3, 4, -1):
    case("image.rot90", batch, k)
case("image.rot90", image)
variants("image.central_crop", (image,), {"central_fraction": 0.5}, {"central_fraction": 1.0})
case("image.central_crop", batch, 0.6)
case("image.crop_to_bounding_box", batch, 1, 2, 3, 2)
case("image.crop_to_bounding_box", image, 0, 0, 5, 4)
case("image.pad_to_bounding_box", batch, 1, 2, 9, 8)
case("image.pad_to_bounding_box", image, 0, 1, 5, 6)
for height, width in ((3, 9), (9, 2), (6, 5), (5, 4), (7, 6)):
    case("image.resize_with_crop_or_pad image.resize_image_with_crop_or_pad", batch, height, width)
boxes = np.array([[0.1, 0.2, 0.7, 0.9], [0.0, 0.0, 1.0, 1.0], [-0.2, 0.5, 1.1, 0.4]], "float32")
for method in ("bilinear", "nearest"):
    case("image.crop_and_resize", batch, boxes, np.array([0, 1, 1], "int32"), [4, 3], method=method)
case("image.crop_and_resize", batch, boxes, np.array([0, 1, 0], "int32"), [1, 2], extrapolation_value=0.5)
case("compat.v1.image.crop_and_resize", batch, boxes, box_ind=np.array([0, 1, 0], "int32"), crop_size=[2, 2])
for padding in ("VALID", "SAME"):
    case("image.extract_patches", batch, [1, 3, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], padding)
    case(
        "image.extract_image_patches extract_image_patches",
        batch,
        [1, 2, 2, 1],
        [1, 1, 1, 1],
        [1, 2, 2, 1],
        padding,
    )
case("image.total_variation", batch)
case("image.total_variation", image)
case("image.image_gradients image.sobel_edges", batch)
case("image.psnr", batch, positive(2, 6, 5, 3), 1.0)
case("image.psnr", whole, ints(256, 4, 5, 3).astype("uint8"), max_val=255)
large, other = positive(2, 16, 14, 2), positive(2, 16, 14, 2)
variants(
    "image.ssim", (large, other, 1.0), {}, {"filter_size": 5, "filter_sigma": 1.0, "k1": 0.02, "k2": 0.05}
)
case("image.ssim", ints(256, 12, 12, 1).astype("uint8"), ints(256, 12, 12, 1).astype("uint8"), 255)
loose(
    1e-4,
    "image.ssim_multiscale",
    positive(1, 25, 23, 1),
    positive(1, 25, 23, 1),
    1.0,
    power_factors=(0.4, 0.6),
)

case(
    """image.rgb_to_grayscale image.rgb_to_hsv image.hsv_to_rgb image.rgb_to_yiq image.yiq_to_rgb
    image.rgb_to_yuv image.yuv_to_rgb""",
    batch,
)
case(
    "image.rgb_to_hsv image.hsv_to_rgb",
    np.array([[[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.2], [1, 0, 1]]], "float32"),
)
case("image.rgb_to_grayscale", whole)
case("image.grayscale_to_rgb", positive(2, 3, 1))
case("image.adjust_brightness", batch, 0.2)
case("image.adjust_brightness", whole, 0.2)
case("image.adjust_contrast", batch, 1.5)
case("image.adjust_contrast", whole, 0.5)
case("image.adjust_gamma", batch, 2.0, gain=0.5)
variants("image.adjust_hue", (batch,), {"delta": 0.3}, {"delta": -0.6})
loose(1e-4, "image.adjust_saturation", batch, 1.7)
case("image.per_image_standardization", batch)
case("image.per_image_standardization", whole)
case("image.per_image_standardization", np.ones((3, 3, 1), "float32"))
for name in ("uint8", "float32", "int16"):
    case("image.convert_image_dtype", whole, Dtype(name))
case("image.convert_image_dtype", batch, Dtype("uint8"))
case("image.convert_image_dtype", batch * 3 - 1, Dtype("uint8"), saturate=True)
case("image.convert_image_dtype", ints(30000, 4).astype("int16"), Dtype("uint8"), saturate=True)

wave, spectrum = floats(2, 16), complexes(2, 8)
for name in "fft ifft".split():
    case(f"signal.{name}", spectrum)
    loose(1e-4, f"signal.{name}2d signal.{name}3d", complexes(2, 3, 4, 5))
case("signal.rfft", wave)
case("signal.rfft", wave, [10])
case("signal.rfft", wave, fft_length=[20])
loose(1e-4, "signal.rfft2d", floats(2, 4, 6))
loose(1e-4, "signal.rfft2d", floats(2, 4, 6), [8, 4])
loose(1e-4, "signal.rfft3d", floats(4, 3, 6))
runs("signal.irfft", lambda tf, x: tf.signal.irfft(tf.signal.rfft(x)), wave)
runs("signal.irfft", lambda tf, x: tf.signal.irfft(tf.signal.rfft(x), [12]), wave)
runs("signal.irfft2d", lambda tf, x: tf.signal.irfft2d(tf.signal.rfft2d(x)), floats(2, 4, 6))
runs("signal.irfft3d", lambda tf, x: tf.signal.irfft3d(tf.signal.rfft3d(x)), floats(4, 3, 6))
variants("signal.fftshift signal.ifftshift", (floats(4, 5),), {}, {"axes": 1}, {"axes": [0]})
for length in (1, 7, 8):
    for periodic in (True, False):
        case("signal.hann_window signal.hamming_window", length, periodic=periodic)
    case("signal.kaiser_window signal.vorbis_window", length)
case("signal.kaiser_window", 9, beta=8.0)
case("signal.kaiser_bessel_derived_window", 8)
case("signal.frame", wave, 5, 3)
case("signal.frame", wave, 5, 3, pad_end=True, pad_value=1.0)
case("signal.frame", floats(2, 10, 3), 4, 2, axis=1)
case("signal.overlap_and_add", floats(2, 4, 6), 4)
case("signal.overlap_and_add", floats(3, 4), 4)
loose(1e-4, "signal.stft", wave, 6, 3)
loose(1e-4, "signal.stft", wave, 8, 4, fft_length=16, window_fn=None, pad_end=True)
runs(
    "signal.stft",
    lambda tf, x: tf.abs(tf.signal.stft(x, frame_length=8, frame_step=4, window_fn=tf.signal.hamming_window)),
    wave,
    tolerance=1e-4,
)
loose(1e-4, "signal.inverse_stft", complexes(2, 5, 5), 8, 4)
runs(
    "signal.inverse_stft signal.inverse_stft_window_fn",
    lambda tf, x: tf.signal.inverse_stft(
        tf.signal.stft(x, 8, 4), 8, 4, window_fn=tf.signal.inverse_stft_window_fn(4)
    ),
    wave,
    tolerance=1e-4,
)
for kind in (1, 2, 3, 4):
    loose(1e-4, "signal.dct", floats(2, 8), type=kind)
    if kind != 1:
        loose(1e-4, "signal.dct", floats(2, 8), type=kind, norm="ortho")
        loose(1e-4, "signal.idct", floats(2, 8), type=kind, norm="ortho")
    loose(1e-4, "signal.idct", floats(2, 8), type=kind)
loose(1e-4, "signal.dct", floats(2, 8), n=5)
variants("signal.mdct", (floats(2, 24), 8), {}, {"norm": "ortho"}, {"window_fn": None, "norm": "ortho"})
variants(
    "signal.inverse_mdct", (floats(2, 5, 4),), {}, {"norm": "ortho"}, {"window_fn": None, "norm": "ortho"}
)
loose(1e-4, "signal.linear_to_mel_weight_matrix")
loose(1e-4, "signal.linear_to_mel_weight_matrix", 10, 33, 16000, 20.0, 7000.0)
loose(1e-4, "signal.mfccs_from_log_mel_spectrograms", floats(2, 3, 8))


def mel_features(tf, x):
    """Log-mel features, as they are computed in front of a speech model."""
    stft = tf.signal.stft(x, frame_length=16, frame_step=8, fft_length=16)
    spectrogram = tf.abs(stft)
    weights = tf.signal.linear_to_mel_weight_matrix(4, stft.shape[-1], 8000, 80.0, 3600.0)
    mel = tf.tensordot(spectrogram, weights, 1)
    mel.set_shape(
        spectrogram.shape[:-1].concatenate(weights.shape[-1:])
        if hasattr(spectrogram.shape, "concatenate")
        else None
    )
    return tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(mel + 1e-6))[..., :3]


runs("signal.stft signal.linear_to_mel_weight_matrix", mel_features, floats(2, 64), tolerance=1e-4)
