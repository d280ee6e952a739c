"""Layers' functions, losses, linear algebra."""

from __future__ import annotations

import numpy as np
from tf_cases import bools, case, complexes, floats, ints, loose, positive, runs, simplex, spd, variants

variants("nn.softmax nn.log_softmax", (floats(2, 3, 4),), {}, {"axis": 1}, {"axis": 0})
case("compat.v1.nn.softmax", floats(2, 3), dim=0)
logits = floats(4, 3)
case("nn.sigmoid_cross_entropy_with_logits", labels=positive(4, 3), logits=logits)
case("nn.weighted_cross_entropy_with_logits", labels=positive(4, 3), logits=logits, pos_weight=2.0)
case("compat.v1.nn.weighted_cross_entropy_with_logits", targets=positive(4, 3), logits=logits, pos_weight=2.0)
case("nn.softmax_cross_entropy_with_logits", labels=simplex(4, 3), logits=logits)
case("nn.softmax_cross_entropy_with_logits", simplex(4, 3), logits, axis=0)
case("nn.softmax_cross_entropy_with_logits_v2", labels=simplex(4, 3), logits=logits)
case("nn.sparse_softmax_cross_entropy_with_logits", labels=ints(3, 4), logits=logits)
case("nn.sparse_softmax_cross_entropy_with_logits", ints(3, 2, 2).astype("int64"), floats(2, 2, 3))
variants("nn.log_poisson_loss", (positive(4) * 3, floats(4)), {}, {"compute_full_loss": True})
case("nn.bias_add", floats(2, 3, 4), floats(4))
case("nn.bias_add", floats(2, 3, 4, 5), floats(3), "NCHW")
case("nn.xw_plus_b nn.relu_layer", floats(2, 3), floats(3, 4), floats(4))
moments = (floats(3), positive(3))
case("nn.batch_normalization", floats(2, 3), *moments, floats(3), floats(3), 1e-3)
case("nn.batch_normalization", floats(2, 4, 3), *moments, None, None, variance_epsilon=0.1)
case(
    "nn.batch_norm_with_global_normalization", floats(1, 2, 2, 3), *moments, floats(3), floats(3), 1e-3, True
)
case(
    "nn.batch_norm_with_global_normalization", floats(1, 2, 2, 3), *moments, floats(3), floats(3), 1e-3, False
)
case("nn.fused_batch_norm", floats(2, 4, 4, 3), floats(3), floats(3), *moments, is_training=False)
loose(1e-4, "nn.fused_batch_norm", floats(2, 4, 4, 3), floats(3), floats(3), epsilon=0.01)
case("nn.local_response_normalization nn.lrn", floats(1, 2, 3, 7))
case("nn.lrn", floats(1, 2, 3, 7), depth_radius=2, bias=1.5, alpha=0.3, beta=0.75)
case("nn.compute_average_loss", positive(6))
case("nn.compute_average_loss", positive(6), sample_weight=positive(6), global_batch_size=12)
case("nn.scale_regularization_loss", positive(3))
labels, lengths = np.array([[1, 2, 2], [3, 0, 0]], "int32"), np.array([3, 1], "int32")
steps = np.array([7, 6], "int32")
loose(1e-4, "nn.ctc_loss", labels, floats(7, 2, 5), lengths, steps)
loose(1e-4, "nn.ctc_loss", labels, floats(2, 7, 5), lengths, steps, logits_time_major=False, blank_index=-1)
loose(1e-4, "nn.ctc_loss_v2", labels, floats(7, 2, 5), lengths, steps)

same = {"strides": 1, "padding": "SAME"}
plans = (
    same,
    {"strides": [1, 2, 2, 1], "padding": "VALID"},
    {"strides": 2, "padding": "SAME"},
    {"strides": [2, 1], "padding": "SAME"},
    {"strides": 1, "padding": "VALID", "dilations": 2},
    {"strides": 1, "padding": [[0, 0], [1, 0], [2, 1], [0, 0]]},
)
loose(1e-4, "nn.conv2d", floats(2, 7, 6, 3), floats(3, 2, 3, 4), 1, "SAME", data_format="NHWC", name="c")
for plan in plans:
    loose(1e-4, "nn.conv2d", floats(2, 7, 6, 3), floats(3, 2, 3, 4), **plan)
loose(1e-4, "nn.conv2d", floats(2, 5, 5, 4), floats(3, 3, 2, 6), 1, "SAME")
loose(1e-4, "compat.v1.nn.conv2d", floats(2, 7, 6, 3), floats(3, 2, 3, 4), [1, 1, 1, 1], "SAME", True)
loose(
    1e-4,
    "compat.v1.nn.conv2d",
    floats(2, 7, 6, 3),
    filter=floats(3, 2, 3, 4),
    strides=[1, 2, 2, 1],
    padding="SAME",
)
for plan in (
    {"stride": 1, "padding": "SAME"},
    {"stride": 2, "padding": "VALID"},
    {"stride": [2], "padding": "SAME"},
):
    loose(1e-4, "nn.conv1d", floats(2, 7, 3), floats(3, 3, 4), **plan)
loose(1e-4, "nn.conv3d", floats(1, 4, 5, 4, 2), floats(2, 3, 2, 2, 3), [1, 1, 2, 1, 1], "SAME")
loose(1e-4, "nn.convolution", floats(2, 7, 6, 3), floats(3, 2, 3, 4))
loose(1e-4, "nn.convolution", floats(2, 7, 6, 3), floats(3, 2, 3, 4), strides=[2, 2], padding="SAME")
loose(1e-4, "nn.convolution", floats(2, 7, 3), floats(3, 3, 4), padding="SAME", dilations=[2])
loose(1e-4, "compat.v1.nn.convolution", floats(2, 7, 6, 3), floats(3, 2, 3, 4), "SAME")
loose(1e-4, "nn.atrous_conv2d", floats(2, 7, 6, 3), floats(3, 2, 3, 4), 2, "SAME")
for plan in ({}, {"strides": [1, 2, 2, 1]}, {"padding": "VALID"}):
    loose(
        1e-4,
        "nn.depthwise_conv2d",
        floats(2, 6, 6, 3),
        floats(3, 2, 3, 2),
        **{"strides": [1, 1, 1, 1], "padding": "SAME"} | plan,
    )
loose(
    1e-4,
    "nn.depthwise_conv2d",
    floats(2, 6, 6, 3),
    floats(3, 3, 3, 1),
    [1, 1, 1, 1],
    "SAME",
    dilations=[2, 2],
)
loose(1e-4, "nn.depthwise_conv2d_native", floats(2, 6, 6, 3), floats(3, 2, 3, 2), [1, 1, 1, 1], "SAME")
loose(
    1e-4,
    "compat.v1.nn.depthwise_conv2d",
    floats(2, 6, 6, 3),
    floats(3, 3, 3, 1),
    [1, 1, 1, 1],
    "SAME",
    rate=[2, 2],
)
loose(
    1e-4,
    "nn.separable_conv2d",
    floats(2, 6, 6, 3),
    floats(3, 3, 3, 2),
    floats(1, 1, 6, 4),
    [1, 1, 1, 1],
    "SAME",
)
loose(
    1e-4,
    "compat.v1.nn.separable_conv2d",
    floats(2, 6, 6, 3),
    floats(3, 3, 3, 2),
    floats(1, 1, 6, 4),
    [1, 1, 1, 1],
    "SAME",
    [2, 2],
)
for size, stride, padding in (
    ((10, 8), 2, "SAME"),
    ((9, 7), 2, "SAME"),
    ((11, 9), 2, "VALID"),
    ((7, 6), 1, "VALID"),
):
    loose(1e-4, "nn.conv2d_transpose", floats(2, 5, 4, 3), floats(3, 3, 4, 3), [2, *size, 4], stride, padding)
runs(
    "nn.conv2d_transpose",
    lambda tf, x, k: tf.nn.conv2d_transpose(x, k, [tf.shape(x)[0], 10, 8, 4], [1, 2, 2, 1]),
    floats(2, 5, 4, 3),
    floats(3, 3, 4, 3),
    tolerance=1e-4,
)
loose(
    1e-4,
    "compat.v1.nn.conv2d_transpose",
    value=floats(2, 5, 4, 3),
    filter=floats(3, 3, 4, 3),
    output_shape=[2, 10, 8, 4],
    strides=[1, 2, 2, 1],
)
loose(1e-4, "nn.conv_transpose", floats(2, 5, 4, 3), floats(3, 3, 4, 3), [2, 10, 8, 4], [2, 2])
loose(1e-4, "nn.conv1d_transpose", floats(2, 5, 3), floats(3, 4, 3), [2, 10, 4], 2)
loose(1e-4, "nn.conv3d_transpose", floats(1, 3, 2, 4, 2), floats(3, 2, 2, 3, 2), [1, 6, 4, 8, 3], 2)
for name in "max avg".split():
    for ksize, strides, padding in (
        (2, 2, "VALID"),
        ([1, 3, 2, 1], [1, 2, 1, 1], "SAME"),
        ((2, 3), (1, 1), "SAME"),
    ):
        case(f"nn.{name}_pool nn.{name}_pool2d", floats(2, 6, 5, 3), ksize, strides, padding)
    case(f"nn.{name}_pool_v2", floats(2, 6, 5, 3), 2, 2, "VALID")
    case(
        f"compat.v1.nn.{name}_pool",
        value=floats(2, 6, 5, 3),
        ksize=[1, 2, 2, 1],
        strides=[1, 2, 2, 1],
        padding="SAME",
    )
    case(f"nn.{name}_pool1d", floats(2, 7, 3), 3, 2, "SAME")
    case(f"nn.{name}_pool3d", floats(1, 4, 5, 4, 2), 2, 2, "VALID")
case("nn.pool", floats(2, 6, 5, 3), [2, 2], "MAX", strides=[2, 2], padding="SAME")
case("nn.pool", floats(2, 6, 3), [3], "AVG")
case("compat.v1.nn.pool", floats(2, 6, 5, 3), [2, 2], "AVG", "VALID")
case("nn.depth_to_space", floats(2, 3, 4, 8), 2)
case("depth_to_space", floats(1, 3, 4, 9), block_size=3)
case("nn.space_to_depth space_to_depth", floats(2, 4, 6, 2), 2)
case("space_to_batch_nd", floats(2, 4, 6, 2), [2, 3], [[0, 0], [0, 0]])
case("space_to_batch nn.space_to_batch", floats(2, 3, 4, 2), [2, 2], [[1, 0], [1, 1]])
case("compat.v1.space_to_batch", floats(2, 4, 6, 2), [[0, 0], [0, 0]], 2)
case("batch_to_space", floats(8, 2, 3, 2), [2, 2], [[0, 1], [1, 0]])
case("batch_to_space_nd", floats(6, 2, 3), [3], [[0, 0]])
case("compat.v1.batch_to_space", floats(8, 2, 3, 2), [[0, 0], [0, 0]], 2)

a, b = floats(2, 3, 4), floats(2, 4, 5)
case("matmul", a, b)
case("matmul", floats(3, 4), floats(4, 2))
case("matmul", floats(1, 3, 4), floats(5, 4, 2))
case("matmul", a, floats(2, 5, 4), transpose_b=True)
case("matmul", floats(2, 4, 3), b, transpose_a=True)
case("matmul", floats(2, 4, 3), floats(2, 5, 4), adjoint_a=True, adjoint_b=True)
case("matmul", ints(4, 2, 3), ints(4, 3, 2))
case("batch_matmul", a, b)
variants("linalg.matvec", (floats(2, 3, 4), floats(2, 4)), {})
case("linalg.matvec", floats(2, 4, 3), floats(2, 4), transpose_a=True)
variants(
    "tensordot",
    (floats(2, 3, 4), floats(4, 3, 2)),
    {"axes": 1},
    {"axes": [[1], [1]]},
    {"axes": [[1, 2], [1, 0]]},
    {"axes": 0},
)
case("einsum", "bij,bjk->bik", a, b)
case("einsum", "...i,ij->...j", floats(2, 3, 4), floats(4, 2))
case("einsum", "bij->bji", a)
for option in (
    {},
    {"axis": 1},
    {"ord": 1, "axis": -1},
    {"ord": np.inf},
    {"ord": 3, "axis": 0, "keepdims": True},
    {"axis": [-2, -1]},
    {"ord": 1, "axis": (-2, -1)},
):
    case("norm", floats(2, 3, 4), **option)
case("compat.v1.norm", floats(2, 3), axis=1, keep_dims=True)
case("linalg.normalize", floats(2, 3))
case("linalg.normalize", floats(2, 3), axis=1, ord=1)
variants(
    "math.l2_normalize nn.l2_normalize linalg.l2_normalize",
    (floats(2, 3),),
    {"axis": 1},
    {"axis": [0, 1], "epsilon": 1e-3},
    {},
)
case("nn.l2_normalize", np.zeros((2, 2), "float32"), dim=1)
case("linalg.matrix_transpose linalg.adjoint", floats(2, 3, 4))
case("linalg.adjoint", complexes(2, 3))
case("linalg.matrix_transpose", complexes(2, 3), conjugate=True)
square = spd(2)
case(
    "linalg.cholesky linalg.inv linalg.det linalg.logdet linalg.slogdet linalg.eigvalsh linalg.trace", square
)
loose(1e-4, "linalg.inv", floats(3, 3) + 3 * np.eye(3, dtype="float32"), adjoint=True)
case("linalg.trace", floats(2, 3, 4))
for adjoint in (False, True):
    case("linalg.solve", square, floats(2, 3, 2), adjoint=adjoint)
    case("linalg.triangular_solve", square, floats(2, 3, 2), lower=not adjoint, adjoint=adjoint)
case("linalg.triangular_solve", square, floats(2, 3, 2), lower=False)
case("linalg.cholesky_solve", np.linalg.cholesky(square), floats(2, 3, 2))
for full in (False, True):
    runs("linalg.qr", lambda tf, x, f=full: tf.matmul(*tf.linalg.qr(x, full_matrices=f)), floats(4, 3))
    runs("linalg.qr", lambda tf, x, f=full: tf.abs(tf.linalg.qr(x, full_matrices=f)[1]), floats(4, 3))
    runs("linalg.svd", lambda tf, x, f=full: tf.linalg.svd(x, f)[0], floats(4, 3))
runs(
    "linalg.svd",
    lambda tf, x: (lambda s, u, v: tf.matmul(u * s, v, transpose_b=True))(*tf.linalg.svd(x)),
    floats(4, 3),
)
case("linalg.svd", floats(4, 3), compute_uv=False)
runs("linalg.eigh", lambda tf, x: tf.linalg.eigh(x)[0], square)
runs("linalg.eigh", lambda tf, x: tf.abs(tf.linalg.eigh(x)[1]), square, tolerance=1e-4)
loose(1e-4, "linalg.pinv", floats(4, 3))
for shape in ((4, 3), (3, 4)):
    loose(1e-3, "linalg.lstsq", floats(*shape), floats(shape[0], 2))
    loose(1e-3, "linalg.lstsq", floats(*shape), floats(shape[0], 2), l2_regularizer=0.3)
loose(1e-3, "linalg.lstsq", floats(4, 3), floats(4, 2), fast=False)
case("linalg.matrix_rank", np.array([[1, 2], [2, 4]], "float32"))
case("linalg.matrix_rank", floats(3, 4))
case("linalg.cross", floats(4, 3), floats(4, 3))
case("linalg.diag linalg.tensor_diag", floats(3))
variants("linalg.diag", (floats(2, 3),), {}, {"k": 1}, {"k": -2})
variants("linalg.diag_part", (floats(2, 3, 4),), {}, {"k": 1}, {"k": -1})
case("linalg.set_diag", floats(2, 3, 4), floats(2, 3))
case("linalg.set_diag", floats(4, 3), floats(3))
for bounds in ((0, -1), (-1, 0), (1, 1), (0, 0), (-1, 1)):
    case("linalg.band_part matrix_band_part", floats(2, 3, 4), *bounds)
case("linalg.tensor_diag", floats(2, 3))
case("linalg.tensor_diag_part", floats(2, 3, 2, 3))

target, guess = floats(3, 4), floats(3, 4)
for reduction in (
    "weighted_sum_by_nonzero_weights",
    "none",
    "weighted_sum",
    "weighted_mean",
    "weighted_sum_over_batch_size",
):
    case(
        "losses.mean_squared_error",
        target,
        guess,
        np.array([[1.0], [0.0], [2.0]], "float32"),
        reduction=reduction,
    )
case("losses.mean_squared_error losses.absolute_difference losses.huber_loss", target, guess)
case(
    "losses.mean_squared_error losses.absolute_difference",
    labels=target,
    predictions=guess,
    weights=0.5,
    scope="s",
)
case("losses.huber_loss", target, guess, delta=0.5)
case("losses.log_loss", bools(3, 4).astype("float32"), positive(3, 4))
case("losses.hinge_loss", bools(3, 4).astype("float32"), guess)
case("losses.cosine_distance", target, guess, axis=1)
case("losses.sigmoid_cross_entropy", bools(3, 4).astype("float32"), guess)
case("losses.sigmoid_cross_entropy", bools(3, 4).astype("int32"), logits=guess, label_smoothing=0.1)
case("losses.softmax_cross_entropy", simplex(3, 4), guess)
case(
    "losses.softmax_cross_entropy",
    onehot_labels=simplex(3, 4),
    logits=guess,
    label_smoothing=0.1,
    weights=positive(3),
)
case("losses.sparse_softmax_cross_entropy", labels=ints(4, 3), logits=guess)
case("losses.compute_weighted_loss", positive(3, 4), positive(3, 1))
