"""Names of PyTorch that no expression can stand for, and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# A reason and what to use instead, and the names that it is for.
_REASONS: tuple[tuple[str, str], ...] = (
    (
        "the size of its result depends on the values; keep the mask, and use torch.where or a product",
        "nonzero argwhere masked_select unique unique_consecutive bincount",
    ),
    (
        "the size of its result depends on the values; keep every row and mark it with torch.where",
        "sparse_coo_tensor sparse_csr_tensor sparse hspmm sspaddmm smm",
    ),
    (
        "it finds the most frequent value, which Keras has no operation for; use torch.median",
        "mode",
    ),
    (
        "an expression is differentiated as a whole; train the model, or use the gradients of the backend",
        """autograd autograd.grad autograd.backward autograd.functional autograd.Function func.grad
        func.grad_and_value func.jacrev func.jacfwd func.hessian func.vjp func.jvp func.linearize""",
    ),
    (
        "load the model outside of the function and call it as a layer",
        "hub hub.load load save jit.load jit.save export onnx package",
    ),
    (
        "it makes a module with weights; use keras.layers outside of the function and call them in it",
        """nn.Module nn.Linear nn.Conv1d nn.Conv2d nn.Conv3d nn.ConvTranspose2d nn.LSTM nn.GRU nn.RNN
        nn.Embedding nn.MultiheadAttention nn.Transformer nn.BatchNorm1d nn.BatchNorm2d nn.LayerNorm
        nn.Sequential nn.ModuleList""",
    ),
    (
        "its windows may differ in size; use F.max_pool2d with return_indices=True, or torch.max of all positions",
        """nn.functional.adaptive_max_pool1d_with_indices nn.functional.adaptive_max_pool2d_with_indices
        nn.functional.adaptive_max_pool3d_with_indices""",
    ),
    (
        "its windows are random; use F.max_pool2d",
        "nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d",
    ),
    (
        "Keras has no operation for it; torch.special has erf, gammaln, digamma and i0",
        """polygamma special.polygamma special.zeta igamma igammac special.gammainc
        special.gammaincc special.bessel_j0 special.bessel_j1 special.bessel_y0 special.bessel_y1
        special.modified_bessel_k0 special.modified_bessel_k1 special.airy_ai
        special.spherical_bessel_j0""",
    ),
    (
        "Keras does not draw from this distribution; draw with torch.rand or torch.randn",
        "poisson distributions binomial",
    ),
    (
        "no backend but PyTorch has it for every matrix; use torch.linalg.eigh for symmetric ones",
        "linalg.eig linalg.eigvals eig lobpcg",
    ),
    (
        "Keras has no operation for it; use torch.linalg.solve, or torch.linalg.cholesky",
        """linalg.lu lu linalg.lu_factor linalg.lu_solve lu_solve lu_unpack linalg.ldl_factor
        linalg.ldl_solve linalg.householder_product geqrf ormqr orgqr linalg.tensorsolve linalg.tensorinv""",
    ),
    (
        "its values are whatever was in memory; use torch.zeros",
        "empty empty_like empty_strided empty_permuted",
    ),
    (
        "an expression holds no quantized numbers; quantize the model with keras.Model.quantize",
        "quantization ao quantize_per_tensor quantize_per_channel dequantize",
    ),
    (
        "an expression knows no memory; use reshape, slices and torch.Tensor.unfold",
        "as_strided as_strided_scatter",
    ),
    (
        "it takes the weights of a whole layer; use keras.layers.MultiHeadAttention, or scaled_dot_product_attention",
        "nn.functional.multi_head_attention_forward",
    ),
    (
        "its loss walks a tree of words; use F.cross_entropy",
        "nn.AdaptiveLogSoftmaxWithLoss",
    ),
    (
        "its windows overlap by an offset for each bag; use F.embedding and a sum",
        "nn.functional.embedding_bag",
    ),
    (
        "it sets how PyTorch computes, and an expression runs on every backend",
        """set_default_dtype set_default_tensor_type set_default_device set_num_threads
        set_printoptions""",
    ),
    (
        "an expression runs on one device; distribute the model with keras.distribution",
        "distributed multiprocessing nn.DataParallel nn.parallel",
    ),
    (
        "data is loaded before the model runs",
        "utils.data",
    ),
)
REFUSED: Mapping[str, str] = MappingProxyType(
    {name: why for why, names in _REASONS for name in names.split()}
)

# Methods of tensors, in the same way.
_METHOD_REASONS: tuple[tuple[str, str], ...] = (
    (
        "it takes the values out of the expression; keep it a tensor",
        "item tolist numpy data_ptr storage untyped_storage",
    ),
    (
        "an expression is differentiated as a whole; train the model",
        "backward grad grad_fn register_hook retain_grad",
    ),
    (
        "the size of its result depends on the values; use torch.where or a product with the mask",
        "nonzero masked_select unique unique_consecutive argwhere bincount to_sparse",
    ),
    ("an expression knows no memory; use reshape and slices", "as_strided set_ stride resize_ data_ptr"),
)
REFUSED_METHODS: Mapping[str, str] = MappingProxyType(
    {name: why for why, names in _METHOD_REASONS for name in names.split()}
)
