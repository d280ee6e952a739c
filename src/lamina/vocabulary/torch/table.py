"""Every name of PyTorch that an expression may use, and what it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from lamina.vocabulary.torch import (
    activations,
    conv,
    creation,
    dtypes,
    elementwise,
    fourier,
    indexing,
    joining,
    linalg,
    losses,
    margins,
    normalization,
    ordering,
    padding,
    pooling,
    products,
    randoms,
    reductions,
    resize,
    sampling,
    shaping,
    special,
    transforms,
)
from lamina.vocabulary.torch.arguments import Function, is_tensor
from lamina.vocabulary.torch.notation import words
from lamina.vocabulary.torch.spelling import in_place, spelled

# What stands in `torch` itself, by the module of this package: `name` or `name=function`.
_ROOT: Mapping[ModuleType, str] = {
    activations: """celu hardshrink log_softmax=root_log_softmax prelu relu rrelu softmax=root_softmax
        threshold""",
    conv: """channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
        pixel_shuffle pixel_unshuffle""",
    creation: """arange asarray=new_tensor as_tensor=new_tensor bartlett_window blackman_window combinations
        eye from_numpy full full_like hamming_window hann_window kaiser_window linspace logspace ones
        ones_like range=range_ scalar_tensor tensor=new_tensor tril_indices triu_indices vander zeros
        zeros_like""",
    dtypes: "can_cast is_complex is_floating_point promote_types result_type get_default_dtype",
    elementwise: """add addcdiv addcmul allclose angle bitwise_not clamp clamp_max clamp_min clip=clamp
        complex=complex_ conj copysign div divide=div equal float_power frac isclose ldexp lerp logical_not
        logit masked_fill mul multiply=mul nan_to_num polar positive pow=pow_ round=round_ rsub sgn=sign sign sub
        subtract=sub true_divide where xlogy""",
    fourier: "istft stft",
    indexing: """diag diag_embed diagflat diagonal gather index_add index_copy index_fill index_select
        masked_scatter scatter scatter_add scatter_reduce select_scatter slice_scatter take take_along_dim
        trace tril triu unravel_index""",
    joining: """atleast_1d atleast_2d atleast_3d block_diag cat chunk column_stack concat=cat concatenate=cat
        dsplit dstack hsplit hstack row_stack=vstack split split_with_sizes=split stack tensor_split unbind
        unsafe_chunk=chunk unsafe_split=split unsafe_split_with_sizes=split vsplit vstack""",
    linalg: """cholesky cholesky_inverse cholesky_solve det inverse=inv logdet matrix_exp pinverse qr=old_qr
        slogdet svd=old_svd triangular_solve""",
    products: """addbmm addmm addmv addr baddbmm bilinear bmm=matmul chain_matmul cosine_similarity cross dot
        einsum ger=outer inner kron matmul matrix_power mm=matmul mv outer pairwise_distance pdist tensordot
        vdot""",
    normalization: "dropout=root_dropout alpha_dropout feature_alpha_dropout rms_norm",
    ordering: """aminmax argsort bucketize cummax cummin isin kthvalue max=max_ median min=min_ msort
        nanmedian nanquantile quantile searchsorted sort topk""",
    pooling: "adaptive_avg_pool1d avg_pool1d max_pool1d max_pool1d_with_indices max_pool2d max_pool3d",
    randoms: """bernoulli multinomial normal rand rand_like randint randint_like randn randn_like randperm
        manual_seed=seed_nothing seed=seed_nothing""",
    reductions: """argmax argmin cdist corrcoef count_nonzero cov cumprod cumsum cumulative_trapezoid diff
        dist histc logcumsumexp nanmean nansum norm renorm trapezoid trapz=trapezoid""",
    shaping: """adjoint broadcast_shapes broadcast_tensors broadcast_to cartesian_prod clone detach flatten
        flip fliplr flipud meshgrid moveaxis=movedim movedim narrow numel permute ravel repeat_interleave
        reshape roll rot90 select squeeze swapaxes=transpose swapdims=transpose t tile transpose unflatten
        unsqueeze view_as_complex view_as_real""",
    special: "digamma lgamma mvlgamma=multigammaln",
    transforms: """compile=identity_decorator cond enable_grad=mode autocast=mode inference_mode=no_grad
        is_grad_enabled=no_effect no_grad set_grad_enabled vmap""",
}
_FUNCTIONAL: Mapping[ModuleType, str] = {
    activations: """celu elu gelu glu gumbel_softmax hardshrink hardsigmoid hardswish hardtanh leaky_relu
        log_softmax mish normalize prelu relu rrelu scaled_dot_product_attention softmax softmin softplus
        softshrink threshold""",
    conv: """channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d fold
        pixel_shuffle pixel_unshuffle unfold""",
    indexing: "embedding one_hot",
    products: "bilinear cosine_similarity linear pairwise_distance pdist",
    losses: """binary_cross_entropy binary_cross_entropy_with_logits cross_entropy ctc_loss gaussian_nll_loss
        huber_loss kl_div l1_loss mse_loss nll_loss poisson_nll_loss smooth_l1_loss""",
    margins: """cosine_embedding_loss hinge_embedding_loss margin_ranking_loss multi_margin_loss
        multilabel_margin_loss multilabel_soft_margin_loss soft_margin_loss triplet_margin_loss
        triplet_margin_with_distance_loss""",
    normalization: """alpha_dropout batch_norm dropout dropout1d dropout2d dropout3d feature_alpha_dropout
        group_norm instance_norm layer_norm local_response_norm rms_norm""",
    padding: "pad",
    pooling: """adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool2d adaptive_max_pool3d avg_pool1d avg_pool2d avg_pool3d lp_pool1d lp_pool2d lp_pool3d
        max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices
        max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d""",
    resize: "interpolate upsample upsample_bilinear upsample_nearest",
    sampling: "affine_grid grid_sample",
}
_LINALG: Mapping[ModuleType, str] = {
    creation: "vander=rising_vander",
    linalg: """cholesky=linalg_cholesky cond det diagonal eigh eigvalsh inv lstsq matrix_exp matrix_norm
        matrix_rank norm pinv qr slogdet solve solve_triangular svd svdvals""",
    products: "cross=linalg_cross matmul matrix_power multi_dot vecdot",
    reductions: "vector_norm",
}
_SPECIAL: Mapping[ModuleType, str] = {
    activations: "log_softmax=root_log_softmax softmax=root_softmax",
    elementwise: "entr=bernoulli_entropy logit round=round_ xlog1py xlogy",
    special: """digamma erfcx gammaln=lgamma i0e i1 i1e log_ndtr modified_bessel_i1=i1 multigammaln ndtr
        ndtri psi=digamma""",
}
_OTHER: Mapping[str, Any] = {
    "func.vmap": transforms.vmap,
    "jit.script": transforms.identity_decorator,
    "jit.ignore": transforms.identity_decorator,
    "jit.export": transforms.identity_decorator,
    "jit.trace": transforms.trace,
    "nn.Parameter": creation.parameter,
    "nn.parameter.Parameter": creation.parameter,
    "utils.checkpoint.checkpoint": transforms.checkpoint,
    "_higher_order_ops.while_loop": transforms.while_loop,
    "cuda.is_available": transforms.no_effect,
    "backends.mps.is_available": transforms.no_effect,
    "random.manual_seed": randoms.seed_nothing,
    "cuda.manual_seed": randoms.seed_nothing,
    "cuda.manual_seed_all": randoms.seed_nothing,
    "amp.autocast": transforms.mode,
}
_CONSTANTS: Mapping[str, Any] = {
    **dtypes.NAMED,
    "Size": dtypes.size,
    "Tensor": dtypes.Tensor,
    "device": dtypes.Device,
    "dtype": dtypes.DType,
    "finfo": dtypes.FloatInfo,
    "iinfo": dtypes.IntegerInfo,
    "is_tensor": is_tensor,
    "newaxis": None,
    "contiguous_format": "contiguous_format",
    "preserve_format": "preserve_format",
    "channels_last": "channels_last",
    **{name: getattr(math, name) for name in ("pi", "e", "inf", "nan")},
}

# Further names of what is an operation under another name.
_ALIASES = """absolute=abs arccos=acos arccosh=acosh arcsin=asin arcsinh=asinh arctan=atan arctan2=atan2
    arctanh=atanh negative=neg greater=gt greater_equal=ge less=lt less_equal=le not_equal=ne
    fix=trunc"""
_ELEMENTWISE_SPECIAL = "erf erfc erfinv exp2 expm1 i0 modified_bessel_i0=i0 log1p sinc expit=sigmoid"


def _placed(places: Mapping[ModuleType, str]) -> dict[str, Function]:
    return {
        name: spelled(getattr(module, function))
        for module, text in places.items()
        for name, function in words(text).items()
    }


_PLAIN: Mapping[str, Function] = {**elementwise.SAME, **reductions.SAME, **reductions.SPREADS}


def _table() -> dict[str, Any]:
    plain = {name: spelled(f) for name, f in _PLAIN.items()}
    plain |= {name: plain[other] for name, other in words(_ALIASES).items()}
    sections = {
        "": plain
        | {n: spelled(f) for n, f in activations.SAME.items() if n in _ACTIVATIONS_OF_ROOT}
        | _placed(_ROOT),
        "nn.functional.": {n: spelled(f) for n, f in activations.SAME.items()} | _placed(_FUNCTIONAL),
        "linalg.": _placed(_LINALG),
        "special.": _placed(_SPECIAL)
        | {n: plain[f] for n, f in words(_ELEMENTWISE_SPECIAL).items()}
        | {"logsumexp": plain["logsumexp"]},
        "fft.": {name: spelled(function) for name, function in fourier.FUNCTIONS.items()},
    }
    return {prefix + name: value for prefix, names in sections.items() for name, value in names.items()}


# What changes its first argument, where it stands in `torch` and in `torch.nn.functional`.
_IN_PLACE = """abs acos acosh addmv arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil celu
    clamp clamp_max clamp_min clip cos cosh deg2rad detach dropout erf erfc exp exp2 expm1 fix floor frac gcd
    i0 lcm ldexp log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu round rrelu rsqrt
    selu sigmoid sin sinc sinh sqrt square tan tanh threshold trunc xlogy"""
_IN_PLACE_FUNCTIONAL = "celu elu hardtanh leaky_relu relu rrelu selu threshold"


def _changing(table: Mapping[str, Any]) -> dict[str, Function]:
    names = [*_IN_PLACE.split(), *(f"nn.functional.{name}" for name in _IN_PLACE_FUNCTIONAL.split())]
    return {f"{name}_": in_place(table[name], f"{name}_") for name in names}


_ACTIVATIONS_OF_ROOT = "selu sigmoid tanh".split()
_FOUND = _table()
TABLE: Mapping[str, Any] = MappingProxyType(
    dict(sorted({**_FOUND, **_changing(_FOUND), **_OTHER, **_CONSTANTS}.items()))
)
