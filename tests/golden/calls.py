"""The golden calls: at least one for every operation of the opset, on small inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.golden.values import Function, Random, Tensor, tensor

from lamina.expression import opset


@dataclass(frozen=True)
class GoldenCall:
    """One call; a random one says beforehand what is known of its result."""

    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    random: Random | None = None


def ints(data: Any) -> Tensor:
    return tensor(data, "int32")


def ramp(*shape: int, scale: float = 0.25, start: float = -2.0) -> Tensor:
    """Numbers of both signs that rise and fall, without ties in any row."""
    count = math.prod(shape)
    data = [start + scale * ((7 * i) % (count + 1 if count % 7 else count + 2)) for i in range(count)]
    return Tensor("float32", shape, tuple(data))


NAN = math.nan
OPERANDS = {
    "x": tensor([[-1.5, 0.25, 2.0], [0.5, -0.75, 3.0]]),
    "y": tensor([[0.5, -2.0, 1.25], [1.5, 0.75, -0.5]]),
    "positive": tensor([[0.5, 1.0, 2.25], [4.0, 0.125, 3.0]]),
    "unit": tensor([[-0.9, 0.25, 0.5], [0.0, -0.3, 0.75]]),
    "above_one": tensor([1.0, 1.5, 4.0]),
    "int": ints([[6, -4, 9], [3, 8, 1]]),
    "int_b": ints([[4, 6, 3], [2, 5, 7]]),
    "shift": ints([[1, 0, 2], [3, 1, 0]]),
    "bool": tensor([[True, False, True], [False, True, True]], "bool"),
    "bool_b": tensor([[True, True, False], [False, False, True]], "bool"),
    "complex": tensor([[1 + 2j, -0.5j], [3 - 1j, -2.0]], "complex64"),
    "nan": tensor([[1.0, NAN, 3.0], [NAN, 5.0, -2.0]]),
    "wild": tensor([1.0, NAN, math.inf, -math.inf, -0.0]),
    "half": tensor([[-1.5, 0.25, 2.0], [0.5, -0.75, 3.0]], "float16"),
    "brain": tensor([[-1.5, 0.25, 2.0], [0.5, -0.75, 3.0]], "bfloat16"),
    "square": tensor([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]),
    "general": tensor([[2.0, -1.0, 0.5], [1.0, 3.0, 0.25], [0.0, 0.5, 1.5]]),
    "tall": tensor([[1.0, 2.0], [0.5, -1.0], [2.0, 0.25]]),
    "vector": tensor([1.0, -2.0, 0.5]),
    "vector_b": tensor([0.25, 3.0, -1.0]),
    "sorted": tensor([-1.0, 0.0, 0.5, 2.0]),
    "image": ramp(1, 4, 4, 3, scale=0.02, start=0.01),
    "sequence": ramp(1, 6, 2),
    "signal": ramp(1, 16),
    "probabilities": tensor([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]),
    "one_hot": tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
}

# Operations called on the named operands alone.
PLAIN = {
    "x": """
        abs absolute arctan arcsinh cbrt ceil copy cos cosh deg2rad erf erfc exp exp2 expm1 fabs flip
        fliplr flipud floor hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid
        log_softmax max mean median min ndim negative normalize ones_like ptp rad2deg ravel real relu
        relu6 selu shape sigmoid sign signbit silu sin sinc sinh size soft_shrink softmax softplus
        softsign sort sparse_plus sparse_sigmoid sparsemax square squareplus squeeze std stop_gradient sum
        swish tan tanh tanh_shrink transpose tril triu trunc var zeros_like celu elu gelu all any amax
        amin argmax argmin argsort array average convert_to_tensor count_nonzero cumprod cumsum diagonal
        diff nonzero norm operator.abs operator.neg operator.pos prod i0 reciprocal round isreal logsumexp
        rms_normalization layer_normalization trapezoid
    """,
    "positive": "log log10 log1p log2 rsqrt sqrt",
    "unit": "arccos arcsin arctanh erfinv",
    "above_one": "arccosh vander",
    "int": "bitwise_invert bitwise_not abs sum max sort mean square relu cumsum unique",
    "bool": "logical_not any all sum argmax",
    "complex": "angle conj conjugate imag real abs isreal view_as_real",
    "wild": "isfinite isinf isnan isneginf isposinf nan_to_num sign",
    "nan": """
        nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd nansum
        nanvar max mean
    """,
    "half": "abs exp mean softmax sum relu gelu sigmoid cumsum tanh square",
    "brain": "abs exp mean softmax sum relu sigmoid tanh square",
    "square": "cholesky corrcoef det diag eigh inv logdet matrix_rank pinv slogdet trace",
    "general": "cholesky_inverse det eig inv lu_factor qr svd logdet slogdet",
    "tall": "pinv svd qr matrix_rank norm",
    "vector": "diag diagflat vander",
    "image": "image.rgb_to_grayscale image.rgb_to_hsv image.hsv_to_rgb image.sobel_edges image.gaussian_blur",
    "x y": """
        add arctan2 divide divide_no_nan equal floor_divide fmax fmin fmod greater greater_equal heaviside
        hypot less less_equal logaddexp logaddexp2 maximum minimum mod multiply nextafter not_equal
        operator.add operator.mul operator.sub operator.truediv operator.floordiv operator.mod subtract
        true_divide vdot allclose isclose append inner cdist polar
    """,
    "positive x": "power operator.pow",
    "half x": "add multiply power",
    "brain x": "add",
    "int x": "add multiply divide",
    "int int_b": """
        gcd lcm bitwise_and bitwise_or bitwise_xor add subtract multiply divide floor_divide mod maximum
        equal isin
    """,
    "int shift": "left_shift right_shift bitwise_left_shift bitwise_right_shift",
    "x shift": "ldexp",
    "bool bool_b": "logical_and logical_or logical_xor",
    "vector vector_b": "cross correlate dot inner kron outer vdot matmul",
    "square tall": "matmul dot solve solve_triangular kron",
    "general vector": "solve lstsq matmul solve_triangular",
    "one_hot probabilities": "categorical_crossentropy binary_crossentropy",
}

REDUCTIONS = """
    all any amax amin max mean median min prod std sum var argmax argmin nanmax nanmean nanmedian
    nanmin nanprod nanstd nansum nanvar nanargmax nanargmin ptp logsumexp norm
""".split()

AXIS = """
    softmax log_softmax cumsum cumprod nancumsum nancumprod argsort sort diff flip normalize count_nonzero
    average sparsemax rms_normalization layer_normalization trapezoid
"""


def plain_calls() -> Iterator[GoldenCall]:
    """Calls of operations on operands alone, and of reductions with axis and keepdims."""
    for operands, names in PLAIN.items():
        values = tuple(OPERANDS[name] for name in operands.split())
        for name in names.split():
            yield GoldenCall(name, values)
    for name in REDUCTIONS:
        yield GoldenCall(name, (OPERANDS["x"],), {"axis": 1, "keepdims": True})
        yield GoldenCall(name, (OPERANDS["y"],), {"axis": -2})


def axis_calls() -> Iterator[GoldenCall]:
    """Operations that take an axis, on an axis that is not the default."""
    for name in AXIS.split():
        yield GoldenCall(name, (OPERANDS["x"],), {"axis": 0})
    for name in "quantile nanquantile percentile nanpercentile".split():
        scale = 100 if "percentile" in name else 1
        yield GoldenCall(name, (OPERANDS["x"], 0.3 * scale))
        yield GoldenCall(name, (OPERANDS["x"], 0.5 * scale), {"axis": 1, "keepdims": True})


def all_calls() -> Iterator[GoldenCall]:
    """Every golden call, in the order of the table."""
    from tests.golden import calls_core, calls_nn, calls_numpy

    found = [*plain_calls(), *axis_calls(), *calls_numpy.calls(), *calls_nn.calls(), *calls_core.calls()]
    order = {name: position for position, name in enumerate(opset.names())}
    return iter(sorted(found, key=lambda call: order[call.op]))


def call(op: str, *args: Any, **kwargs: Any) -> GoldenCall:
    """A golden call, written like the call itself; a string starting with `@` names a function."""
    return GoldenCall(op, tuple(map(_named, args)), {name: _named(value) for name, value in kwargs.items()})


def _named(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return Function(value[1:])
    if isinstance(value, str) and value.startswith("$"):
        return OPERANDS[value[1:]]
    if isinstance(value, (list, tuple)):
        return type(value)(map(_named, value))
    return value
