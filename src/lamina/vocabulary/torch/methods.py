"""Methods and attributes of `torch.Tensor`, as functions whose first argument is the tensor.

A method whose name ends in `_` changes its tensor: from then on the tensor stands for the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch import creation, elementwise, randoms, shaping
from lamina.vocabulary.torch.arguments import (
    Function,
    dtype_name,
    dtype_of,
    is_tensor,
    sizes,
    sizes_of,
)
from lamina.vocabulary.torch.arguments import tensor as as_tensor
from lamina.vocabulary.torch.dtypes import DTYPES, Device
from lamina.vocabulary.torch.notation import named, words
from lamina.vocabulary.torch.spelling import in_place, spelled
from lamina.vocabulary.torch.table import TABLE

# What `torch` has as a function and `torch.Tensor` as a method, of the same arguments.
_SAME = """abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr adjoint all allclose amax amin
    aminmax angle any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort asin asinh
    atan atan2 atanh baddbmm bernoulli bitwise_and bitwise_left_shift bitwise_not bitwise_or
    bitwise_right_shift bitwise_xor bmm broadcast_to ceil cholesky cholesky_inverse cholesky_solve chunk
    clamp clamp_max clamp_min clip clone conj copysign corrcoef cos cosh count_nonzero cov cross cummax
    cummin cumprod cumsum deg2rad det detach diag diag_embed diagflat diagonal diff digamma dist div divide
    dot dsplit eq equal erf erfc erfinv exp exp2 expm1 fix flatten fliplr flipud float_power floor
    floor_divide fmax fmin fmod frac gather gcd ge ger greater greater_equal gt hardshrink heaviside histc
    hsplit hypot i0 index_add index_copy index_fill index_select inner inverse isclose isfinite isinf isnan
    isneginf isposinf isreal istft kron kthvalue lcm ldexp le lerp less less_equal lgamma log log10 log1p
    log2 log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or logical_xor
    logit logsumexp lt masked_fill masked_scatter matmul matrix_exp matrix_power max maximum mean median min
    minimum mm moveaxis movedim msort mul multinomial multiply mv mvlgamma nan_to_num nanmean nanmedian
    nanquantile nansum narrow ne neg negative nextafter norm not_equal numel outer pinverse positive pow
    prelu prod qr quantile rad2deg ravel reciprocal relu remainder renorm repeat_interleave roll rot90 round
    rsqrt scatter scatter_add scatter_reduce select select_scatter sgn sigmoid sign signbit sin sinc sinh
    slice_scatter slogdet softmax sort split sqrt square squeeze std stft sub subtract sum svd swapaxes
    swapdims t take take_along_dim tan tanh tensor_split tile topk trace transpose triangular_solve tril triu
    true_divide trunc unbind unflatten unsqueeze var vdot vsplit xlogy is_floating_point is_complex
    permute reshape flip"""


def to(input: Any, *args: Any, **kwargs: Any) -> Any:
    """`x.to(dtype)`, `x.to(device)`, `x.to(device, dtype)` and `x.to(other)`."""
    wanted = kwargs.get("dtype")
    for argument in (*args, kwargs.get("other")):
        if is_tensor(argument):
            wanted = dtype_of(argument)
        elif _names_dtype(argument):
            wanted = argument
    return input if wanted is None else elementwise.cast_tensor(input, wanted)


def _names_dtype(value: Any) -> bool:
    if value is None or isinstance(value, (bool, int, Device)) or type(value).__name__ == "device":
        return False
    return dtype_name(value) in DTYPES


def type_(input: Any, dtype: Any = None) -> Any:
    """`x.type(dtype)`; without an argument, the name of the tensor's type."""
    if dtype is None:
        return f"torch.{_TYPES[dtype_of(input)]}Tensor"
    name = str(dtype).rpartition(".")[2].removesuffix("Tensor")
    known = {kind: dtype_ for dtype_, kind in _TYPES.items()}
    return elementwise.cast_tensor(input, known.get(name, dtype))


_TYPES = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long",
    "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool",
}  # fmt: skip


def _caster(name: str, dtype: str) -> Function:
    def call(input: Any, **storage: Any) -> Any:
        return elementwise.cast_tensor(input, dtype)

    return named(call, name, f"`x.{name}()`.")


def type_as(input: Any, other: Any) -> Any:
    """`x.type_as(other)`."""
    return elementwise.cast_tensor(input, dtype_of(other))


def same(input: Any, *args: Any, **kwargs: Any) -> Any:
    """`x.contiguous()`, `x.cpu()` and others that are about where a tensor lives."""
    return input


def dim(input: Any) -> int:
    """`x.dim()`."""
    return int(input.ndim)


def element_size(input: Any) -> int:
    """`x.element_size()`."""
    return DTYPES[dtype_of(input)].itemsize


def is_contiguous(input: Any, **storage: Any) -> bool:
    """`x.is_contiguous()`: an expression knows no memory."""
    return True


def repeat(input: Any, *repeats: Any) -> Any:
    """`x.repeat(2, 3)`: the whole tensor again along each axis."""
    return shaping.tile(input, *repeats)


def sum_to_size(input: Any, *size: Any) -> Any:
    """`x.sum_to_size(size)`: added up over the axes that were broadcast."""
    wanted = sizes_of(size)
    lead = input.ndim - len(wanted)
    axes = (
        *range(lead),
        *(lead + i for i, n in enumerate(wanted) if isinstance(n, int) and n == 1),
    )
    return ops.reshape(ops.sum(input, axis=axes, keepdims=True) if axes else input, wanted)


def where(input: Any, condition: Any, other: Any) -> Any:
    """`x.where(condition, other)`."""
    return elementwise.where(condition, input, other)


# Changes in place


_IN_PLACE = """abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin
    arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh baddbmm bitwise_and bitwise_not bitwise_or
    bitwise_xor ceil clamp clamp_max clamp_min clip copysign cos cosh cumprod cumsum deg2rad digamma div
    divide eq erf erfc erfinv exp exp2 expm1 fix floor floor_divide fmod frac ge greater greater_equal gt
    hypot i0 index_add index_copy index_fill ldexp le lerp less less_equal lgamma log log10 log1p log2
    logical_and logical_not logical_or logical_xor logit lt masked_fill masked_scatter mul multiply
    nan_to_num ne neg negative nextafter not_equal pow rad2deg reciprocal relu remainder renorm round rsqrt
    scatter scatter_add scatter_reduce sgn sigmoid sign sin sinc sinh sqrt square squeeze sub subtract
    swapaxes swapdims t tan tanh transpose tril triu true_divide trunc unsqueeze xlogy"""


def fill(input: Any, value: Any) -> Any:
    """`x.fill_(value)`."""
    return ops.full_like(input, value)


def copy(input: Any, src: Any, non_blocking: bool = False) -> Any:
    """`x.copy_(src)`: broadcast, in the dtype of `x`."""
    return ops.copy(ops.broadcast_to(as_tensor(src), sizes(input)))


def fill_diagonal(input: Any, fill_value: Any, wrap: bool = False) -> Any:
    """`x.fill_diagonal_(value)`."""
    rows, columns = sizes(input)
    return ops.where(ops.eye(rows, columns, dtype="bool"), fill_value, input)


def _changing() -> dict[str, Function]:
    functions = {name: TABLE[name] for name in _IN_PLACE.split()} | {
        "fill": fill,
        "zero": ops.zeros_like,
        "copy": spelled(copy),
        "fill_diagonal": fill_diagonal,
        "requires_grad": same,
        "detach": shaping.detach,
        "uniform": spelled(randoms.uniform_),
        "normal": spelled(randoms.normal_),
        "bernoulli": spelled(randoms.bernoulli_),
    }
    return {f"{name}_": in_place(function, f"{name}_") for name, function in functions.items()}


_OWN: Mapping[str, Function] = {
    "where": where,
    "to": to,
    "type": type_,
    "type_as": type_as,
    "dim": dim,
    "ndimension": dim,
    "nelement": shaping.numel,
    "size": shaping.size,
    "element_size": element_size,
    "is_contiguous": is_contiguous,
    "repeat": repeat,
    "expand": shaping.expand,
    "expand_as": shaping.expand_as,
    "view": shaping.reshape,
    "view_as": shaping.view_as,
    "reshape_as": shaping.view_as,
    "unfold": shaping.unfold_axis,
    "sum_to_size": sum_to_size,
    "new_zeros": creation.new_zeros,
    "new_ones": creation.new_ones,
    "new_full": creation.new_full,
    "new_tensor": creation.new_tensor_like,
    **{
        name: _caster(name, dtype)
        for name, dtype in words(
            """float=float32 double=float64 half=float16 bfloat16 int=int32 long=int64 short=int16 char=int8
            byte=uint8 bool cfloat=complex64 cdouble=complex128"""
        ).items()
    },
    **dict.fromkeys(
        "contiguous cpu cuda pin_memory resolve_conj resolve_neg coalesce to_dense".split(), same
    ),
}

METHODS: Mapping[str, Function] = {
    **{name: TABLE[name] for name in _SAME.split()},
    **_OWN,
    **_changing(),
}


def _matrix_transpose(input: Any) -> Any:
    return ops.swapaxes(input, -1, -2)


# Attributes: what is looked up is the result itself.
PROPERTIES: Mapping[str, Function] = {
    "T": ops.transpose,
    "mT": _matrix_transpose,
    "H": TABLE["adjoint"],
    "mH": TABLE["adjoint"],
    "data": shaping.detach,
    "real": TABLE["real"],
    "imag": TABLE["imag"],
    "device": lambda input: Device(),
    "is_cuda": lambda input: False,
    "is_leaf": lambda input: False,
    "requires_grad": lambda input: False,
    "itemsize": element_size,
    "nbytes": lambda input: element_size(input) * shaping.numel(input),
}
