"""Every name of JAX that an expression may use, and what it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax import (
    arrays,
    control,
    distributions,
    dtypes,
    elementwise,
    images,
    keys,
    lax,
    lax_reductions,
    linalg,
    nn,
    randoms,
    selection,
    trees,
    windows,
)
from lamina.vocabulary.jax.arguments import Function, tensor
from lamina.vocabulary.jax.arrays import borrowed
from lamina.vocabulary.jax.reductions import NUMPY as REDUCTIONS
from lamina.vocabulary.jax.special import SPECIAL, STATS
from lamina.vocabulary.numpy import TABLE as NUMPY_TABLE
from lamina.vocabulary.numpy.creation import CONSTANTS


def _words(text: str) -> dict[str, str]:
    return {name: function or name for name, _, function in (word.partition("=") for word in text.split())}


# Names of jax.numpy that NumPy's vocabulary has with the same meaning.
_BORROWED = """allclose angle append array_equal array_equiv array_split atleast_1d atleast_2d atleast_3d
    block broadcast_arrays choose column_stack compress convolve corrcoef correlate cov cross
    cumulative_prod cumulative_sum delete diag diagflat diagonal diff digitize dot dsplit dstack ediff1d einsum
    flip fliplr flipud gradient histogram_bin_edges hsplit hstack inner insert interp
    iscomplex iscomplexobj isclose isin isneginf isposinf isreal isrealobj isscalar kron matmul
    matrix_transpose matvec median meshgrid moveaxis nanmedian nanpercentile nanquantile outer pad
    partition argpartition percentile permute_dims piecewise polyval quantile ravel_multi_index
    repeat resize roll rollaxis rot90 shape size ndim split swapaxes tensordot tile trace trapezoid
    tril triu unravel_index unstack unwrap vander vdot vecdot vecmat vsplit vstack
    linalg.cond linalg.diagonal linalg.lstsq linalg.matmul linalg.matrix_norm linalg.matrix_power
    linalg.matrix_transpose linalg.multi_dot linalg.outer linalg.qr linalg.slogdet linalg.svdvals
    linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm
    fft.fft fft.fft2 fft.fftfreq fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifft2 fft.ifftn
    fft.ifftshift fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftfreq fft.rfftn"""

# What stands under its own name in each module of this package; the rest of a word is another name.
_NUMPY: Mapping[ModuleType, str] = {
    selection: "argsort searchsorted sort take take_along_axis",
    arrays: """arange array asarray astype bincount broadcast_shapes broadcast_to concat=concatenate
        concatenate copy diag_indices empty empty_like expand_dims eye full full_like geomspace identity
        indices linspace logspace ones ones_like ravel reshape squeeze stack
        transpose tri tril_indices triu_indices vectorize zeros zeros_like""",
    elementwise: "bitwise_count clip i0 ldexp nan_to_num around=round_ round=round_ select sinc where",
    dtypes: "dtype finfo iinfo isdtype issubdtype promote_types=result_type result_type",
}
_LINALG = """cholesky cross det eigh eigvalsh inv matrix_rank norm pinv solve svd"""
_SCIPY_LINALG = """block_diag cho_factor cho_solve cholesky=scipy_cholesky det eigh=scipy_eigh inv
    solve=scipy_solve solve_triangular svd toeplitz"""
_NN = """celu dot_product_attention elu gelu glu hard_sigmoid hard_silu hard_swish=hard_silu hard_tanh
    identity leaky_relu log1mexp log_softmax logmeanexp logsumexp mish one_hot relu relu6 softmax
    squareplus standardize"""
_LAX: Mapping[ModuleType, str] = {
    lax: """approx_max_k approx_min_k batch_matmul broadcast broadcast_in_dim broadcast_to_rank
        broadcasted_iota collapse concatenate dot dot_general dynamic_index_in_dim dynamic_slice
        dynamic_slice_in_dim dynamic_update_index_in_dim dynamic_update_slice dynamic_update_slice_in_dim
        expand_dims fft index_in_dim index_take iota pad reduce reshape rev shape_as_value slice=slice_
        slice_in_dim sort sort_key_val split squeeze tile top_k transpose unstack""",
    windows: """conv conv_dimension_numbers conv_general_dilated conv_general_dilated_patches conv_transpose
        conv_with_general_padding reduce_window""",
    control: "associative_scan cond fori_loop map=map_ scan switch while_loop optimization_barrier=device_put",
    elementwise: """bitcast_convert_type clamp complex=complex_ convert_element_type div integer_pow logistic
        population_count=lax_population_count reduce_precision rem round=lax_round rsqrt select=lax_select
        select_n shift_right_logical stop_gradient""",
    arrays: "broadcast_shapes empty full full_like stack",
}
# Functions of jax.lax that are an operation of the opset.
LAX_SAME = _words("""abs acos=arccos acosh=arccosh add asin=arcsin asinh=arcsinh atan=arctan atan2=arctan2
    atanh=arctanh cbrt ceil conj cos cosh eq=equal erf
    erf_inv=erfinv erfc exp exp2 expm1 floor ge=greater_equal gt=greater imag is_finite=isfinite le=less_equal
    log log1p lt=less max=maximum min=minimum mul=multiply ne=not_equal neg=negative nextafter pow=power real
    reciprocal shift_left=left_shift shift_right_arithmetic=right_shift sign sin sinh sqrt square
    sub=subtract tan tanh""")
_RANDOM: Mapping[ModuleType, str] = {
    randoms: """bernoulli bits=random_bits categorical choice gumbel normal permutation randint
        truncated_normal uniform""",
    distributions: """ball beta binomial cauchy chisquare dirichlet double_sided_maxwell exponential f gamma
        generalized_normal geometric laplace loggamma logistic lognormal maxwell multivariate_normal
        orthogonal pareto rademacher rayleigh t triangular wald weibull_min""",
    keys: "PRNGKey=key key split fold_in",
}
_TREES = "all flatten leaves map reduce structure transpose unflatten"
_TRANSPARENT = "jit checkpoint remat named_call"
_IDENTITY = "device_put block_until_ready"
_SCOPES = """named_scope disable_jit debug_nans default_matmul_precision numpy_rank_promotion
    numpy_dtype_promotion default_device"""


def _named(module: ModuleType, text: str, prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": getattr(module, function) for name, function in _words(text).items()}


def _numpy() -> dict[str, Any]:
    made: dict[int, Function] = {}
    found: dict[str, Any] = {}
    for name in _BORROWED.split():
        plain = NUMPY_TABLE[name]
        found[f"numpy.{name}"] = made.setdefault(id(plain), borrowed(plain, name))
    constants: dict[str, Any] = {
        "pi": math.pi,
        "e": math.e,
        "inf": math.inf,
        "nan": math.nan,
        "newaxis": None,
    }
    constants |= {name: CONSTANTS[name] for name in ("euler_gamma", "s_", "index_exp")}
    windows_ = {
        f"numpy.{name}": arrays.window(name) for name in "bartlett blackman hamming hanning kaiser".split()
    }
    tables: tuple[Mapping[str, Any], ...] = (
        constants, dtypes.DTYPES, dtypes.ABSTRACT, elementwise.UFUNC_TABLE, REDUCTIONS,
    )  # fmt: skip
    for table in tables:
        found |= {f"numpy.{name}": value for name, value in table.items()}
    for module, words in _NUMPY.items():
        found |= _named(module, words, "numpy.")
    return found | windows_ | _named(linalg, _LINALG, "numpy.linalg.")


def _lax() -> dict[str, Any]:
    found: dict[str, Any] = {f"lax.{name}": elementwise.lax_op(op) for name, op in LAX_SAME.items()}
    for module, words in _LAX.items():
        found |= _named(module, words, "lax.")
    found |= {
        f"lax.bitwise_{name}": elementwise.UFUNC_TABLE[f"bitwise_{name}"]
        for name in ("and", "or", "xor", "not")
    }
    found |= {f"lax.{name}": function for name, function in lax_reductions.TABLE.items()}
    found |= {
        f"lax.{name}": SPECIAL[other] for name, other in (("lgamma", "gammaln"), ("digamma", "digamma"))
    }
    return found | {"lax.bessel_i0e": SPECIAL["i0e"], "lax.linalg.cholesky": linalg.cholesky}


def _other() -> dict[str, Any]:
    found: dict[str, Any] = {f"nn.{name}": function for name, function in nn.SAME.items()} | {
        "nn.swish": nn.SAME["silu"]
    }
    found |= _named(nn, _NN, "nn.")
    for module, words in _RANDOM.items():
        found |= _named(module, words, "random.")
    found["random.clone"] = control.device_put
    for name in _TREES.split():
        function = getattr(trees, f"tree_{name}")
        found |= {f"tree.{name}": function, f"tree_util.tree_{name}": function}
    found["tree_map"] = trees.tree_map
    found |= dict.fromkeys(_TRANSPARENT.split(), control.transparent)
    found |= dict.fromkeys(_IDENTITY.split(), control.device_put)
    found |= dict.fromkeys(_SCOPES.split(), control.scope)
    found |= {"vmap": control.vmap, "eval_shape": control.eval_shape, "debug.print": control.nothing}
    found |= {"ensure_compile_time_eval": control.scope}
    found |= {f"image.ResizeMethod.{name}": value for name, value in images.METHODS.items()}
    found |= _named(images, "resize scale_and_translate", "image.")
    return found


def _segments() -> dict[str, Any]:
    def reduction(name: str) -> Function:
        op = getattr(ops, name)

        def call(data: Any, segment_ids: Any, num_segments: Any = None, *args: Any, **options: Any) -> Any:
            if num_segments is None:
                from lamina.vocabulary.jax.arguments import refuse

                refuse(f"ops.{name}", "the number of segments depends on data", "give num_segments=")
            return op(tensor(data), ops.cast(tensor(segment_ids), "int32"), num_segments=num_segments)

        call.__doc__ = f"`jax.ops.{name}` with a known number of segments."
        return call

    return {
        f"ops.{name}": reduction(name) for name in "segment_sum segment_prod segment_max segment_min".split()
    }


def _scipy() -> dict[str, Any]:
    found: dict[str, Any] = {f"scipy.special.{name}": function for name, function in SPECIAL.items()}
    found |= {f"scipy.stats.{name}": function for name, function in STATS.items()}
    found |= _named(linalg, _SCIPY_LINALG, "scipy.linalg.")
    return found | {
        "scipy.special.logsumexp": nn.logsumexp,
        "scipy.special.softmax": nn.special_softmax,
        "scipy.special.log_softmax": nn.special_log_softmax,
    }


TABLE: Mapping[str, Any] = _numpy() | _lax() | _other() | _segments() | _scipy()
