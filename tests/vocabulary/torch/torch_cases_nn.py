"""`torch.nn.functional`."""

from __future__ import annotations

import numpy as np
from torch_cases import bools, case, floats, halves, ints, longs, loose, positive, runs, variants

F = "nn.functional."


def f(names, *args, **kwargs):
    case(" ".join(F + name for name in names.split()), *args, **kwargs)


def each(name, args, *options):
    variants(F + name, args, *options)


ACTIVATIONS = """relu relu6 elu celu selu silu mish gelu leaky_relu hardtanh hardsigmoid hardswish hardshrink softshrink
    tanhshrink softsign logsigmoid softplus sigmoid tanh rrelu"""
for x in (3 * floats(3, 4), floats(0, 2), halves(5), floats()):
    f(ACTIVATIONS, x)
f("relu", ints(9, 5, low=-5))
f("relu relu6 selu silu mish hardsigmoid hardswish", floats(3), inplace=True)
f("relu elu leaky_relu", floats(3), inplace=True)
case("relu selu sigmoid tanh celu rrelu hardshrink", floats(5))
case("threshold nn.functional.threshold", floats(5), 0.1, 20.0)
each("elu", (floats(5),), {"alpha": 0.5}, {"alpha": 2.0, "inplace": True})
each("celu", (floats(5),), {"alpha": 0.5}, {})
each("leaky_relu", (floats(5),), {"negative_slope": 0.3}, {})
each("gelu", (floats(5),), {"approximate": "tanh"}, {})
each("hardtanh", (floats(5),), {"min_val": -0.2, "max_val": 0.4}, {})
each("hardshrink", (floats(5),), {"lambd": 0.2}, {})
each("softshrink", (floats(5),), {"lambd": 0.2}, {})
each("softplus", (30 * floats(5),), {"beta": 2.0}, {"beta": 0.5, "threshold": 3.0}, {})
each("rrelu", (floats(5),), {"lower": 0.1, "upper": 0.2}, {"training": False})
case("prelu nn.functional.prelu", floats(2, 3, 4), positive(3))
case("prelu nn.functional.prelu", floats(2, 3), positive(1))
f("glu", floats(2, 4))
f("glu", floats(4, 3), 0)
f("softmax log_softmax softmin", floats(2, 3), dim=1)
f("softmax log_softmax softmin", floats(2, 3, 4), 0)
case("softmax log_softmax special.softmax special.log_softmax", floats(2, 3), 0)
case("softmax log_softmax", halves(2, 3), dim=-1)
each("normalize", (floats(2, 3),), {}, {"p": 1.0, "dim": 0}, {"dim": (0, 1)}, {"p": np.inf, "eps": 10.0})
Q, K, W = floats(2, 2, 3, 4), floats(2, 2, 5, 4), floats(2, 2, 5, 6)
each("scaled_dot_product_attention", (Q, K, W), {}, {"scale": 0.3}, {"is_causal": True})
f("scaled_dot_product_attention", Q, K, W, attn_mask=floats(3, 5))
MASK = np.array([[True, False, True, True, False]] * 3)
f("scaled_dot_product_attention", Q, K, W, attn_mask=MASK)
f("scaled_dot_product_attention", floats(2, 4, 3, 4), K, W, enable_gqa=True)

# Losses
A, B = floats(4, 3), floats(4, 3)
REDUCTIONS = ({}, {"reduction": "sum"}, {"reduction": "none"})
for loss in "mse_loss l1_loss smooth_l1_loss huber_loss".split():
    each(loss, (A, B), *REDUCTIONS)
    if loss != "smooth_l1_loss":
        f(loss, A, B, weight=positive(4, 3))
f("mse_loss l1_loss", A, B, size_average=False)
f("mse_loss", A, B, reduce=False)
each("smooth_l1_loss", (A, B), {"beta": 0.3}, {"beta": 0.0, "reduction": "sum"})
each("huber_loss", (A, B), {"delta": 0.3}, {"reduction": "none", "delta": 2.0})
P, T = positive(4, 3), bools(4, 3).astype("float32")
each("binary_cross_entropy", (P, T), *REDUCTIONS, {"weight": positive(3)})
f("binary_cross_entropy", np.array([0.0, 1.0], "float32"), np.array([1.0, 0.5], "float32"))
each(
    "binary_cross_entropy_with_logits",
    (A, T),
    *REDUCTIONS,
    {"weight": positive(3)},
    {"pos_weight": positive(3)},
)
Y = longs(3, 4)
HOLED = np.array([0, -100, 2, 1], "int64")
LOGP = np.log(positive(4, 3))
each("nll_loss", (LOGP, Y), *REDUCTIONS, {"weight": positive(3)})
each("nll_loss", (LOGP, HOLED), {}, {"reduction": "none"}, {"weight": positive(3), "reduction": "sum"})
f("nll_loss", LOGP, Y, ignore_index=1)
f("nll_loss cross_entropy", floats(2, 3, 4, 5), longs(3, 2, 4, 5))
each("cross_entropy", (A, Y), *REDUCTIONS, {"weight": positive(3)}, {"label_smoothing": 0.1})
each(
    "cross_entropy",
    (A, HOLED),
    {"weight": positive(3), "label_smoothing": 0.2},
    {"reduction": "none", "label_smoothing": 0.2},
)
each("cross_entropy", (A, P), *REDUCTIONS, {"label_smoothing": 0.1, "weight": positive(3)})
f("cross_entropy", floats(3), np.int64(1))
each("kl_div", (LOGP, P), *REDUCTIONS, {"reduction": "batchmean"})
each("kl_div", (LOGP, LOGP[::-1].copy()), {"log_target": True, "reduction": "sum"})
each("poisson_nll_loss", (A, 3 * P), *REDUCTIONS, {"full": True})
each("poisson_nll_loss", (P, 3 * P), {"log_input": False, "eps": 0.1})
each("gaussian_nll_loss", (A, B, positive(4, 3)), *REDUCTIONS, {"full": True})
f("gaussian_nll_loss", A, B, positive(4, 1), eps=0.5)
SIGNS = np.array([1, -1, 1, -1], "float32")
each("margin_ranking_loss", (floats(4), floats(4), SIGNS), *REDUCTIONS, {"margin": 0.5})
each("hinge_embedding_loss", (floats(4), SIGNS), *REDUCTIONS, {"margin": 2.0})
each("cosine_embedding_loss", (A, B, SIGNS), *REDUCTIONS, {"margin": 0.2})
each("triplet_margin_loss", (A, B, floats(4, 3)), *REDUCTIONS, {"margin": 0.5, "p": 1.0, "swap": True})
each(
    "triplet_margin_with_distance_loss",
    (A, B, floats(4, 3)),
    {},
    {"margin": 2.0, "swap": True, "reduction": "sum"},
)
runs(F + "triplet_margin_with_distance_loss",
     lambda torch, a, b, c: torch.nn.functional.triplet_margin_with_distance_loss(
         a, b, c, distance_function=lambda x, y: (x - y).abs().sum(-1)), A, B, floats(4, 3))  # fmt: skip
each("soft_margin_loss", (A, np.sign(B)), *REDUCTIONS)
each("multilabel_soft_margin_loss", (A, T), *REDUCTIONS, {"weight": positive(3)})
each("multi_margin_loss", (A, Y), *REDUCTIONS, {"p": 2, "margin": 0.5, "weight": positive(3)})
each("multilabel_margin_loss", (floats(2, 4), np.array([[3, 0, -1, 1], [1, -1, 2, 2]], "int64")), *REDUCTIONS)
LOGITS = np.log(np.random.RandomState(0).dirichlet(np.ones(5), (7, 3))).astype("float32")
LENGTHS = np.array([7, 6, 5], "int64"), np.array([3, 2, 1], "int64")
TARGETS = 1 + longs(4, 3, 3)
for option in REDUCTIONS:
    loose(1e-4, F + "ctc_loss", LOGITS, TARGETS, *LENGTHS, **option)

# Normalisation
IMAGE = floats(2, 4, 5, 6)
f("layer_norm", IMAGE, (6,))
f("layer_norm", IMAGE, [5, 6], positive(5, 6), floats(5, 6), 1e-3)
case("rms_norm nn.functional.rms_norm", IMAGE, (6,), positive(6))
f("rms_norm", IMAGE, [5, 6], eps=0.1)
f("batch_norm", IMAGE, floats(4), positive(4))
f("batch_norm", IMAGE, floats(4), positive(4), positive(4), floats(4), eps=1e-3)
f("batch_norm", floats(3, 4), floats(4), positive(4), training=False)
f("batch_norm", IMAGE, None, None, training=True)
f("instance_norm", IMAGE)
f("instance_norm", IMAGE, weight=positive(4), bias=floats(4))
f("instance_norm", IMAGE, floats(4), positive(4), use_input_stats=False)
f("group_norm", IMAGE, 2)
f("group_norm", IMAGE, 4, positive(4), floats(4), 1e-2)
f("local_response_norm", IMAGE, 3)
f("local_response_norm", IMAGE, 2, alpha=0.1, beta=0.5, k=2.0)
for name in "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split():
    f(name, floats(2, 3, 4), 0.5, False)
    f(name, floats(2, 3, 4), p=0.4, training=False, inplace=True)
case("dropout alpha_dropout feature_alpha_dropout", floats(3), 0.5, False)

# Convolutions
LINE, VOLUME = floats(2, 4, 9), floats(2, 4, 5, 4, 6)
for option in ({}, {"padding": 2}, {"padding": "same", "dilation": 2}, {"stride": 2, "padding": 1}, {"groups": 2},
               {"stride": 2, "dilation": 2, "padding": 3}):  # fmt: skip
    inner = 4 // option.get("groups", 1)
    f("conv1d", LINE, floats(6, inner, 3), floats(6), **option)
    f("conv2d", IMAGE, floats(6, inner, 3, 2), None, **option)
f("conv3d", VOLUME, floats(3, 4, 2, 3, 2), floats(3), (1, 2, 1), (1, 0, 1))
f("conv3d", VOLUME, floats(4, 2, 2, 2, 2), groups=2, padding="valid")
f("conv2d", IMAGE[0], floats(3, 4, 2, 2))
case("conv1d", LINE, floats(3, 4, 2))
case("conv2d", IMAGE, floats(4, 1, 3, 3), padding=1, groups=4)
case("conv3d", VOLUME, floats(2, 4, 1, 1, 1))
for option in ({}, {"stride": 2}, {"stride": 2, "padding": 1, "output_padding": 1}, {"groups": 2},
               {"dilation": 2, "padding": 1}, {"stride": 4, "padding": 3}):  # fmt: skip
    outer = 6 // option.get("groups", 1)
    f("conv_transpose1d", LINE, floats(4, outer, 3), floats(6), **option)
    f(
        "conv_transpose2d",
        IMAGE,
        floats(4, outer, 3, 2),
        floats(6),
        **(option | ({"padding": 1} if option.get("padding") == 3 else {})),
    )
f("conv_transpose3d", VOLUME, floats(4, 3, 2, 2, 2), None, 2, 1)
case("conv_transpose1d", LINE, floats(4, 3, 2))
case("conv_transpose2d", IMAGE, floats(4, 3, 2, 2), stride=2)
case("conv_transpose3d", VOLUME, floats(4, 3, 2, 2, 2))
f("linear", floats(2, 3, 4), floats(5, 4), floats(5))
f("linear", floats(3, 4), floats(5, 4))
case("bilinear nn.functional.bilinear", floats(3, 4), floats(3, 2), floats(5, 4, 2), floats(5))
f("unfold", IMAGE, 2)
each("unfold", (IMAGE, (2, 3)), {"padding": 1}, {"stride": 2, "dilation": (1, 2)})
f("fold", floats(2, 3 * 4, 6), (3, 4), 2)
f("fold", floats(2, 3 * 4, 9), (4, 4), 2, stride=2, padding=1)
case("pixel_shuffle nn.functional.pixel_shuffle", floats(2, 8, 3, 2), 2)
case("pixel_unshuffle nn.functional.pixel_unshuffle", floats(2, 3, 4, 6), 2)
case("channel_shuffle nn.functional.channel_shuffle", IMAGE, 2)

# Pooling
for name in ("max_pool", "avg_pool"):
    for axes, x in ((1, LINE), (2, IMAGE), (3, VOLUME)):
        f(f"{name}{axes}d", x, 2)
        each(
            f"{name}{axes}d",
            (x, 3),
            {"stride": 2, "padding": 1},
            {"ceil_mode": True, "stride": 2},
            {"stride": 1},
        )
        f(f"{name}{axes}d", x, 3, stride=3, padding=1, ceil_mode=True)
f("max_pool2d", IMAGE, (2, 3), dilation=(2, 1), stride=1)
f("max_pool1d", LINE, 3, 2, 1, 2)
each("avg_pool2d", (IMAGE, 3), {"padding": 1, "count_include_pad": False}, {"divisor_override": 5},
     {"padding": 1, "ceil_mode": True, "stride": 2, "count_include_pad": False})  # fmt: skip
for axes, x in ((1, LINE), (2, IMAGE), (3, VOLUME)):
    each(
        f"max_pool{axes}d",
        (x, 2),
        {"return_indices": True, "ceil_mode": True, "stride": 3},
        {"return_indices": True, "padding": 1, "dilation": 2, "stride": 1},
        {},
    )
    f(f"max_pool{axes}d_with_indices", x, 2)
    small = np.arange(np.prod(x.shape), dtype="float32").reshape(x.shape)[(..., *[slice(0, 4)] * axes)]
    runs(
        f"{F}max_unpool{axes}d",
        lambda torch, x, axes=axes: [
            getattr(torch.nn.functional, f"max_unpool{axes}d")(
                *getattr(torch.nn.functional, f"max_pool{axes}d")(x, 2, return_indices=True), 2, **options
            )
            for options in ({}, {"output_size": x.shape}, {"stride": 2, "padding": 0})[: 5 - axes]
        ],
        small,
    )
f("max_pool2d_with_indices", np.zeros((1, 3, 4), "float32"), 2, 1)
case("avg_pool1d max_pool1d", LINE, 3)
case("max_pool1d_with_indices", LINE, 3)
case("max_pool2d", IMAGE, 2, 2)
case("max_pool3d", VOLUME, 2)
case("adaptive_avg_pool1d", LINE, 4)
for kind in ("avg", "max"):
    f(f"adaptive_{kind}_pool1d", LINE, 4)
    f(f"adaptive_{kind}_pool2d", IMAGE, (3, 4))
    f(f"adaptive_{kind}_pool2d", IMAGE, 1)
    f(f"adaptive_{kind}_pool2d", IMAGE, (None, 2))
    f(f"adaptive_{kind}_pool3d", VOLUME, (2, 1, 3))
f("lp_pool1d", np.abs(LINE), 2.0, 3)
f("lp_pool2d", np.abs(IMAGE), 3.0, 2, stride=1)
f("lp_pool3d", np.abs(VOLUME), 1.0, 2, ceil_mode=True)

# Padding and resizing
f("pad", IMAGE, (1, 2))
f("pad", IMAGE, (1, 2, 0, 3), value=2.5)
f("pad", IMAGE, (-1, 2, 1, -2))
f("pad", ints(9, 2, 3), (1, 1), "constant", 7)
for mode in "reflect replicate circular".split():
    f("pad", LINE, (2, 3), mode=mode)
    f("pad", IMAGE, (2, 1, 1, 0), mode)
for mode, x in (("nearest", LINE), ("nearest-exact", LINE), ("linear", LINE), ("area", LINE), ("nearest", IMAGE),
                ("nearest-exact", IMAGE), ("bilinear", IMAGE), ("bicubic", IMAGE), ("area", IMAGE),
                ("trilinear", VOLUME), ("nearest", VOLUME)):  # fmt: skip
    size = (7, 3, 8)[: x.ndim - 2]
    each("interpolate", (x,), {"size": size, "mode": mode}, {"scale_factor": 2, "mode": mode},
         {"scale_factor": 1.7, "mode": mode}, {"scale_factor": 0.6, "mode": mode},
         {"scale_factor": 1.3, "mode": mode, "recompute_scale_factor": True})  # fmt: skip
    if "linear" in mode or mode == "bicubic":
        each("interpolate", (x,), {"size": size, "mode": mode, "align_corners": True},
             {"scale_factor": 0.5, "mode": mode, "align_corners": True})  # fmt: skip
for mode in ("bilinear", "bicubic"):
    each("interpolate", (IMAGE,), {"size": (3, 4), "mode": mode, "antialias": True},
         {"size": (9, 2), "mode": mode, "antialias": True, "align_corners": False})  # fmt: skip
each("upsample", (IMAGE,), {"scale_factor": 2}, {"size": (3, 4), "mode": "bilinear", "align_corners": True})
f("upsample_nearest upsample_bilinear", IMAGE, scale_factor=2)
f("upsample_nearest upsample_bilinear", IMAGE, size=(4, 9))
GRID = 1.3 * np.tanh(floats(2, 3, 4, 2))
for mode in "bilinear nearest bicubic".split():
    for padding in "zeros border reflection".split():
        f("grid_sample", IMAGE, GRID, mode, padding, False)
        f("grid_sample", IMAGE, GRID, mode=mode, padding_mode=padding, align_corners=True)
f("grid_sample", VOLUME, 1.2 * np.tanh(floats(2, 2, 3, 2, 3)), align_corners=False)
f("affine_grid", floats(2, 2, 3), (2, 3, 4, 5), align_corners=False)
f("affine_grid", floats(2, 2, 3), [2, 3, 4, 5], align_corners=True)
f("affine_grid", floats(2, 3, 4), (2, 1, 2, 3, 4), False)

case("cosine_similarity nn.functional.cosine_similarity", floats(3, 4), floats(3, 4))
each("cosine_similarity", (floats(2, 3, 4), floats(2, 3, 4)), {"dim": -1}, {"dim": 0, "eps": 5.0})
case("pairwise_distance nn.functional.pairwise_distance", floats(3, 4), floats(3, 4))
each("pairwise_distance", (floats(3, 4), floats(3, 4)), {"p": 1.0, "keepdim": True}, {"eps": 0.1})
case("pdist nn.functional.pdist", floats(4, 3))
f("pdist", floats(4, 3), 1.0)
