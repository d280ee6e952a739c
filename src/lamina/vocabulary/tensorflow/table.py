"""Every name of TensorFlow that an expression may use, and what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from lamina.vocabulary.tensorflow import (
    arrays,
    cepstra,
    colors,
    control,
    conv,
    counting,
    dtypes,
    elementwise,
    graph,
    images,
    indexing,
    linalg,
    loops,
    nn,
    randoms,
    reductions,
    resize,
    signals,
)
from lamina.vocabulary.tensorflow.arguments import Function, spelled
from lamina.vocabulary.tracer import DimTracer

# What stands under its own name in each module of this package; the rest of a word is another name.
_FUNCTIONS: Mapping[ModuleType, str] = {
    arrays: """boolean_mask broadcast_static_shape broadcast_to concat constant convert_to_tensor
        ensure_shape expand_dims eye fill get_static_value identity identity_n invert_permutation
        is_tensor linspace meshgrid one_hot ones ones_like pad parallel_stack range=range_ rank=rank_
        repeat reshape reverse roll shape shape_n size split split_v0 squeeze stack stop_gradient tile
        transpose unravel_index unstack zeros zeros_like""",
    colors: """adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation
        convert_image_dtype grayscale_to_rgb hsv_to_rgb per_image_standardization rgb_to_grayscale
        rgb_to_hsv rgb_to_yiq rgb_to_yuv yiq_to_rgb yuv_to_rgb""",
    control: "case cond foldl foldr map_fn scan switch_case vectorized_map",
    loops: "while_loop",
    conv: """atrous_conv2d avg_pool batch_to_space batch_to_space_v1 conv1d conv2d_v1 conv_transpose
        convolution convolution_v1 depth_to_space depthwise_conv2d depthwise_conv2d_v1
        extract_image_patches extract_patches max_pool pool pool_v1 separable_conv2d separable_conv2d_v1
        space_to_batch space_to_batch_v1 space_to_depth""",
    dtypes: "as_dtype",
    elementwise: """add_n bitcast cast clip_by_value complex=complex_ conj crelu digamma div div_no_nan
        erfcinv is_non_decreasing is_strictly_increasing l2_loss lbeta lgamma multiply_no_nan ndtri
        polyval pow=pow_ realdiv reciprocal_no_nan round=round_ saturate_cast scalar_mul silu square
        squared_difference truediv truncatediv truncatemod xdivy xlog1py xlogy""",
    images: """central_crop crop_and_resize crop_to_bounding_box flip_left_right flip_up_down
        image_gradients image_transpose=transpose pad_to_bounding_box psnr resize_with_crop_or_pad rot90
        sobel_edges ssim ssim_multiscale total_variation""",
    counting: "bincount confusion_matrix histogram_fixed_width histogram_fixed_width_bins",
    indexing: """argsort batch_gather embedding_lookup gather gather_nd in_top_k reverse_sequence
        scatter_nd searchsorted sequence_mask slice=slice_ sort strided_slice tensor_scatter_nd_add
        tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update top_k
        where where_v1""",
    linalg: """adjoint band_part batch_matmul cholesky cholesky_solve cross det diag diag_part eigh
        eigvalsh einsum inv l2_normalize logdet lstsq matmul matrix_rank matrix_transpose matvec norm
        normalize pinv qr set_diag slogdet solve svd tensor_diag tensor_diag_part tensordot trace
        triangular_solve""",
    nn: """batch_norm_with_global_normalization batch_normalization bias_add compute_average_loss ctc_loss
        dropout dropout_v1 fused_batch_norm local_response_normalization log_poisson_loss log_softmax
        relu_layer scale_regularization_loss sigmoid_cross_entropy_with_logits softmax
        softmax_cross_entropy_with_logits sparse_softmax_cross_entropy_with_logits
        weighted_cross_entropy_with_logits xw_plus_b""",
    randoms: """categorical gamma multinomial normal random_brightness random_contrast random_crop
        random_flip_left_right random_flip_up_down random_hue random_saturation shuffle stateless_binomial
        stateless_categorical stateless_gamma stateless_normal stateless_random_brightness
        stateless_random_contrast stateless_random_crop stateless_random_flip_left_right
        stateless_random_flip_up_down stateless_random_hue stateless_random_saturation stateless_shuffle
        stateless_truncated_normal stateless_uniform truncated_normal uniform""",
    reductions: """argmax argmin clip_by_average_norm clip_by_global_norm clip_by_norm count_nonzero
        cumprod cumsum cumulative_logsumexp global_norm moments normalize_moments reduce_euclidean_norm
        reduce_mean reduce_prod reduce_sum sufficient_statistics weighted_moments zero_fraction""",
    resize: """resize resize_area resize_bicubic resize_bilinear resize_image_with_pad resize_images
        resize_nearest_neighbor resize_with_pad""",
    cepstra: "dct idct inverse_mdct linear_to_mel_weight_matrix mdct mfccs_from_log_mel_spectrograms",
    signals: """fft fft2d fft3d fftshift frame hamming_window hann_window ifft ifft2d ifft3d ifftshift
        inverse_stft inverse_stft_window_fn irfft irfft2d irfft3d kaiser_bessel_derived_window
        kaiser_window overlap_and_add rfft rfft2d rfft3d stft vorbis_window""",
}


def _words(text: str) -> dict[str, str]:
    """Public name to function name, of words `name` or `name=function`."""
    return {name: function or name for name, _, function in (word.partition("=") for word in text.split())}


def _functions() -> dict[str, Function]:
    found: dict[str, Function] = {
        **elementwise.SAME,
        **elementwise.CASTERS,
        **reductions.SAME,
        **counting.SEGMENTS,
    }
    for module, words in _FUNCTIONS.items():
        found |= {name: getattr(module, function) for name, function in _words(words).items()}
    return {name: spelled(function) for name, function in found.items()} | dict(graph.FUNCTIONS)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(_functions())

_ROOT_AND_MATH = """abs acos acosh add add_n argmax argmin asin asinh atan atan2 atanh cos cosh cumsum
    divide=truediv equal exp floor greater greater_equal less less_equal logical_and logical_not
    logical_or maximum minimum multiply negative not_equal pow reduce_all reduce_any reduce_logsumexp
    reduce_max reduce_mean reduce_min reduce_prod reduce_sum round scalar_mul sigmoid sign sin sinh sqrt
    square subtract tan tanh truediv"""
# In `tf.math` today, in `tf` until TensorFlow 2.
_OLD_ROOT_AND_MATH = """accumulate_n=add_n angle bincount ceil confusion_matrix conj count_nonzero cumprod
    digamma erf erfc expm1 floordiv floormod imag in_top_k invert_permutation is_finite is_inf is_nan
    is_non_decreasing is_strictly_increasing lbeta lgamma log log1p log_sigmoid logical_xor mod real
    reciprocal rint rsqrt segment_max segment_mean segment_min segment_prod segment_sum squared_difference
    unsorted_segment_max unsorted_segment_mean unsorted_segment_min unsorted_segment_prod
    unsorted_segment_sqrt_n unsorted_segment_sum"""
_MATH = """cumulative_logsumexp divide_no_nan=div_no_nan erfcinv erfinv l2_normalize log_softmax
    multiply_no_nan ndtri nextafter polyval reciprocal_no_nan reduce_euclidean_norm reduce_std
    reduce_variance softmax softplus softsign top_k xdivy xlog1py xlogy zero_fraction bessel_i0"""
_ROOT = """Assert as_dtype argsort assert_equal assert_greater assert_less assert_rank batch_to_space
    bitcast boolean_mask broadcast_static_shape broadcast_to case cast clip_by_global_norm clip_by_norm
    clip_by_value complex concat cond constant constant_initializer control_dependencies convert_to_tensor
    device einsum ensure_shape executing_eagerly expand_dims eye fill foldl foldr function gather
    gather_nd get_static_value group guarantee_const=identity histogram_fixed_width
    histogram_fixed_width_bins identity identity_n init_scope is_tensor linspace map_fn matmul meshgrid
    name_scope no_op norm one_hot ones ones_initializer ones_like pad parallel_stack print
    random_normal_initializer random_uniform_initializer range rank realdiv recompute_grad repeat reshape
    reverse reverse_sequence roll saturate_cast scan scatter_nd searchsorted sequence_mask shape shape_n
    size slice sort space_to_batch space_to_batch_nd=space_to_batch split squeeze stack stop_gradient
    strided_slice switch_case tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min
    tensor_scatter_nd_sub tensor_scatter_nd_update tensordot tile transpose truncatediv truncatemod tuple
    unravel_index unstack Variable vectorized_map where while_loop zeros zeros_initializer zeros_like"""
_LINALG = """adjoint band_part cholesky cholesky_solve cross det diag diag_part eigh eigvalsh einsum eye
    global_norm inv l2_normalize logdet lstsq matmul matrix_rank matrix_transpose matvec norm normalize
    pinv qr set_diag slogdet solve svd tensor_diag tensor_diag_part tensordot trace triangular_solve"""
_NN = """atrous_conv2d avg_pool avg_pool1d=avg_pool avg_pool2d=avg_pool avg_pool3d=avg_pool
    batch_norm_with_global_normalization batch_normalization bias_add compute_average_loss conv1d
    conv1d_transpose=conv_transpose conv2d=convolution conv2d_transpose=conv_transpose conv3d=convolution
    conv3d_transpose=conv_transpose conv_transpose convolution crelu ctc_loss depth_to_space
    depthwise_conv2d dropout elu embedding_lookup gelu in_top_k l2_loss l2_normalize leaky_relu
    local_response_normalization log_poisson_loss log_softmax lrn=local_response_normalization max_pool
    max_pool1d=max_pool max_pool2d=max_pool max_pool3d=max_pool moments normalize_moments pool relu relu6
    scale_regularization_loss selu separable_conv2d sigmoid sigmoid_cross_entropy_with_logits silu softmax
    softmax_cross_entropy_with_logits softplus softsign space_to_batch space_to_depth
    sparse_softmax_cross_entropy_with_logits sufficient_statistics swish=silu tanh top_k
    weighted_cross_entropy_with_logits weighted_moments zero_fraction"""
_IMAGE = """adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation central_crop
    convert_image_dtype crop_and_resize crop_to_bounding_box extract_patches flip_left_right flip_up_down
    grayscale_to_rgb hsv_to_rgb image_gradients pad_to_bounding_box per_image_standardization psnr
    random_brightness random_contrast random_crop random_flip_left_right random_flip_up_down random_hue
    random_saturation resize resize_with_crop_or_pad resize_with_pad rgb_to_grayscale rgb_to_hsv
    rgb_to_yiq rgb_to_yuv rot90 sobel_edges ssim ssim_multiscale stateless_random_brightness
    stateless_random_contrast stateless_random_crop stateless_random_flip_left_right
    stateless_random_flip_up_down stateless_random_hue stateless_random_saturation total_variation
    transpose=image_transpose yiq_to_rgb yuv_to_rgb"""
_SIGNAL = """dct fft fft2d fft3d fftshift frame hamming_window hann_window idct ifft ifft2d ifft3d
    ifftshift inverse_mdct inverse_stft inverse_stft_window_fn irfft irfft2d irfft3d
    kaiser_bessel_derived_window kaiser_window linear_to_mel_weight_matrix mdct
    mfccs_from_log_mel_spectrograms overlap_and_add rfft rfft2d rfft3d stft vorbis_window"""
_RANDOM = """categorical gamma normal set_seed=set_random_seed shuffle stateless_binomial
    stateless_categorical stateless_gamma stateless_normal stateless_truncated_normal stateless_uniform
    truncated_normal uniform experimental.stateless_shuffle=stateless_shuffle"""
_ASSERTIONS = """assert_equal assert_greater assert_greater_equal assert_integer assert_less
    assert_less_equal assert_near assert_negative assert_non_negative assert_non_positive
    assert_none_equal assert_positive assert_proper_iterable assert_rank assert_rank_at_least
    assert_rank_in assert_same_float_dtype assert_scalar assert_type"""
_BITWISE = "bitwise_and bitwise_or bitwise_xor invert=bitwise_invert left_shift right_shift"

# What TensorFlow 1 (or 0.x) had under names of its own.
_OLD_ROOT = f"""{_ASSERTIONS} Print arg_max=argmax arg_min=argmin batch_gather batch_matmul
    batch_to_space_nd=batch_to_space check_numerics cholesky cholesky_solve clip_by_average_norm
    colocate_with cross depth_to_space diag=tensor_diag diag_part=tensor_diag_part div div_no_nan
    extract_image_patches fft fft2d fft3d floor_div=floordiv get_variable global_norm
    glorot_normal_initializer glorot_uniform_initializer ifft ifft2d ifft3d inv=reciprocal
    lin_space=linspace matrix_band_part=band_part matrix_determinant=det matrix_diag=diag
    matrix_diag_part=diag_part matrix_inverse=inv matrix_set_diag=set_diag matrix_solve=solve
    matrix_solve_ls=lstsq matrix_transpose matrix_triangular_solve=triangular_solve mul=multiply
    multinomial neg=negative pack=stack qr random_crop random_gamma=gamma random_normal=normal
    random_shuffle=shuffle random_uniform=uniform reverse_v2=reverse select=where_v1 self_adjoint_eig=eigh
    self_adjoint_eigvals=eigvalsh set_random_seed space_to_depth sub=subtract svd
    tensor_scatter_add=tensor_scatter_nd_add tensor_scatter_sub=tensor_scatter_nd_sub
    tensor_scatter_update=tensor_scatter_nd_update to_bfloat16 to_complex128 to_complex64 to_double
    to_float to_int32 to_int64 trace truncated_normal truncated_normal_initializer unpack=unstack
    variable_scope verify_tensor_all_finite where_v2=where"""
_OLD_IMAGE = """extract_image_patches resize_area resize_bicubic resize_bilinear
    resize_image_with_crop_or_pad=resize_with_crop_or_pad resize_image_with_pad resize_images
    resize_nearest_neighbor transpose_image=image_transpose"""
_OLD_NN = """avg_pool_v2=avg_pool ctc_loss_v2=ctc_loss depthwise_conv2d_native=depthwise_conv2d
    fused_batch_norm max_pool_v2=max_pool relu_layer
    softmax_cross_entropy_with_logits_v2=softmax_cross_entropy_with_logits xw_plus_b"""

# What has the same name in TensorFlow 1 and 2 and another meaning, or another order of arguments.
_DIFFERENT = """batch_to_space=batch_to_space_v1 image.resize=resize_images nn.conv2d=conv2d_v1
    nn.convolution=convolution_v1 nn.depthwise_conv2d=depthwise_conv2d_v1 nn.dropout=dropout_v1
    nn.pool=pool_v1 nn.separable_conv2d=separable_conv2d_v1 space_to_batch=space_to_batch_v1
    where=where_v1"""

_PLACES: tuple[tuple[str, str], ...] = (
    *(("", words) for words in (_ROOT_AND_MATH, _OLD_ROOT_AND_MATH, _ROOT)),
    *(("math.", words) for words in (_ROOT_AND_MATH, _OLD_ROOT_AND_MATH, _MATH)),
    ("linalg.", _LINALG),
    ("nn.", _NN),
    ("image.", _IMAGE),
    ("signal.", _SIGNAL),
    ("random.", _RANDOM),
    ("bitwise.", _BITWISE),
    ("dtypes.", "as_dtype cast complex saturate_cast"),
    ("debugging.", f"{_ASSERTIONS} Assert assert_all_finite assert_shapes check_numerics"),
    ("nest.", "flatten is_nested map_structure pack_sequence_as assert_same_structure"),
    ("autograph.", "experimental.do_not_convert=do_not_convert"),
)
_OLD_PLACES: tuple[tuple[str, str], ...] = (
    ("", _OLD_ROOT),
    ("image.", _OLD_IMAGE),
    ("nn.", _OLD_NN),
    ("linalg.", "transpose=matrix_transpose"),
    ("random.", "multinomial set_random_seed"),
    (
        "manip.",
        """batch_to_space_nd=batch_to_space gather_nd reshape reverse roll scatter_nd
        space_to_batch_nd=space_to_batch tile""",
    ),
    ("contrib.", "framework.nest.flatten=flatten framework.nest.map_structure=map_structure"),
)


def dimension_value(dimension: Any) -> int | None:
    """`tf.compat.dimension_value`: a known size, or `None`."""
    return dimension.value if isinstance(dimension, DimTracer) else dimension


def tensor_shape(dims: Any = None) -> Any:
    """`tf.TensorShape`."""
    from lamina.tracing.shapes import KnownShape

    return KnownShape(() if dims is None else tuple(dims))


_CONSTANTS: Mapping[str, Any] = {
    **dtypes.NAMED,
    **{f"dtypes.{name}": dtype for name, dtype in dtypes.NAMED.items()},
    "AUTO_REUSE": True,
    "Dimension": lambda value: value,
    "DType": dtypes.DType,
    "dtypes.DType": dtypes.DType,
    **{f"image.ResizeMethod.{name}": method for name, method in resize.NAMED_METHODS.items()},
    "newaxis": None,
    "Tensor": dtypes.Tensor,
    "TensorArray": loops.TensorArray,
    "TensorShape": tensor_shape,
    "compat.dimension_value": dimension_value,
}


def _placed(places: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {
        prefix + name: FUNCTIONS[function]
        for prefix, words in places
        for name, function in _words(words).items()
    }


def _losses() -> dict[str, Any]:
    names = {**nn.LOSSES, "compute_weighted_loss": spelled(nn.compute_weighted_loss)}
    return {f"losses.{name}": function for name, function in names.items()}


TABLE: Mapping[str, Any] = MappingProxyType(
    dict(sorted({**_placed(_OLD_PLACES), **_losses(), **_placed(_PLACES), **_CONSTANTS}.items()))
)
TABLE_V1: Mapping[str, Any] = MappingProxyType({**TABLE, **_placed((("", _DIFFERENT),))})
