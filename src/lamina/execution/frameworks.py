"""What each framework does to an expression: which calls it can compile, and how."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from lamina._keras import keras
from lamina.execution.traced import Form, Traced, all_calls
from lamina.expression.model import Expression, references


class Framework(Protocol):
    """A backend of Keras."""

    def eager(self) -> bool:
        """Whether operations are computed now, rather than recorded."""

    def settings(self) -> Hashable:
        """What a compiled form depends on beside the tensors."""

    def key(self, tensor: Any) -> Hashable | None:
        """What a compiled form depends on, for a tensor that holds values; `None` for anything else."""

    def ways(self, expression: Expression, asked: bool) -> Sequence[str]:
        """How an expression is compiled, asked for or not; where one way fails, the next is tried."""

    def compile(self, way: str, expression: Expression, function: Callable[..., Any], values: Any) -> Form:
        """The compiled form for values like these."""


class _Backend:
    """What the backends have in common."""

    def __init__(self) -> None:
        self._floatx = keras.config.floatx
        self._data_format = keras.config.image_data_format

    def settings(self) -> Hashable:
        """Those of Keras that operations read."""
        return self._floatx(), self._data_format()

    def eager(self) -> bool:
        """Always: tracers show where operations are recorded."""
        return True


class Jax(_Backend):
    """`jax.jit`."""

    def __init__(self) -> None:
        import jax

        super().__init__()
        self._jit = jax.jit
        self._array = type(jax.numpy.zeros(()))

    def key(self, tensor: Any) -> Hashable | None:
        """Shape, dtype, and whether the dtype is weak."""
        return tensor.aval if type(tensor) is self._array else None

    def ways(self, expression: Expression, asked: bool) -> Sequence[str]:
        """There is one."""
        return ("jit",)

    def compile(self, way: str, expression: Expression, function: Callable[..., Any], values: Any) -> Form:
        """Traced at its first call."""
        traced = Traced(expression, function)
        return traced.form(self._jit(traced), lambda value: value)


class TensorFlow(_Backend):
    """`tf.function`, compiled by XLA where that is faster and means the same."""

    def __init__(self) -> None:
        import tensorflow as tf

        super().__init__()
        self._tf = tf
        self._eager_tensor = type(tf.constant(0))
        self._variable = type(tf.Variable(0))
        self._executes = tf.executing_eagerly

    def eager(self) -> bool:
        """Not inside a graph."""
        return bool(self._executes())

    def key(self, tensor: Any) -> Hashable | None:
        """Shape and dtype."""
        if type(tensor) is self._eager_tensor or type(tensor) is self._variable:
            return (tensor.shape, tensor.dtype)
        return None

    def ways(self, expression: Expression, asked: bool) -> Sequence[str]:
        """XLA first, where every operation is of those that it runs faster."""
        return ("xla", "graph") if all(map(_suits_xla, all_calls(expression))) else ("graph",)

    def compile(self, way: str, expression: Expression, function: Callable[..., Any], values: Any) -> Form:
        """Traced now: calling a concrete function spares the dispatch of `tf.function`."""
        tf = self._tf
        traced = Traced(expression, function)
        given = self._read_all(traced, values)
        specs = [tf.TensorSpec(value.shape, value.dtype) for value in given]
        compiled = tf.function(traced, autograph=False, jit_compile=way == "xla").get_concrete_function(
            *specs
        )
        form = traced.form(compiled, self._read)
        variables = [place for place, value in enumerate(values) if type(value) is self._variable]
        return form if not variables else Form(functools.partial(self._run_read, form, variables))

    def _read(self, value: Any) -> Any:
        """The tensor of a variable; a tape that watches the variable sees that it is read."""
        return self._tf.convert_to_tensor(value)

    def _read_all(self, traced: Traced, values: Sequence[Any]) -> list[Any]:
        given = list(values)
        for place in traced.seeds:
            given[place] = given[place].state.value
        return [self._read(value) for value in given]

    def _run_read(self, form: Form, variables: Sequence[int], values: list[Any]) -> Any:
        given = values.copy()
        for place in variables:
            given[place] = self._read(given[place])
        return form(given)


class Torch(_Backend):
    """The calls of torch on their own; and `torch.compile` where it is asked for, as it takes seconds."""

    def __init__(self) -> None:
        import torch
        from keras.src.backend.common import global_state

        super().__init__()
        self._torch = torch
        self._tensors = (torch.Tensor, torch.nn.Parameter)
        self._is_wrapped = torch._C._functorch.is_functorch_wrapped_tensor
        self._keras_state = global_state  # `clear_session` puts another object in the place of the scopes
        self._casts = getattr(torch._C, "_is_any_autocast_enabled", self._some_casts)

    def eager(self) -> bool:
        """Not while torch records or compiles."""
        return not self._torch.compiler.is_compiling() and self._torch._C._get_tracing_state() is None

    def settings(self) -> Hashable:
        """The device to which Keras moves tensors too, and what torch casts them to."""
        device = getattr(self._keras_state.GLOBAL_STATE_TRACKER, "torch_device", None)
        found = (self._floatx(), self._data_format(), device)
        return (*found, *map(self._cast_on, _CASTING)) if self._casts() else found

    def _some_casts(self) -> bool:
        return any(map(self._torch.is_autocast_enabled, _CASTING))

    def _cast_on(self, device: str) -> Any:
        return self._torch.is_autocast_enabled(device) and self._torch.get_autocast_dtype(device)

    def key(self, tensor: Any) -> Hashable | None:
        """What an executor counts by; torch keeps its own forms by what it guards."""
        if type(tensor) not in self._tensors or self._is_wrapped(tensor) or tensor.is_meta:
            return None
        return (tensor.shape, tensor.dtype, tensor.device)

    def ways(self, expression: Expression, asked: bool) -> Sequence[str]:
        """None for random operations: torch draws other values in compiled code."""
        random = any(call.op.startswith("random.") for call in all_calls(expression))
        return () if random else ("compile",) if asked else ("record",)

    def compile(self, way: str, expression: Expression, function: Callable[..., Any], values: Any) -> Form:
        """Recorded for these values; or compiled for all, as torch generalises over sizes by itself."""
        if way == "record":
            from lamina.execution.recorded import record

            traced = Traced(expression, function)
            return traced.form(record(traced, values), lambda value: value)
        known = self._compiled(expression, function)
        form = Form(lambda values: known(*values))
        form.direct = known
        return form

    def _compiled(self, expression: Expression, function: Callable[..., Any]) -> Callable[..., Any]:
        """The compiled function of an expression, for the settings that hold."""
        kept = expression.__dict__.setdefault("_torch_compiled", {})
        settings = self.settings()
        if settings not in kept:
            # Nothing that the code of Keras reads beside these changes; guarding all of it at each call
            # takes longer than the kernels of a small expression.
            filtered = getattr(self._torch.compiler, "skip_guard_on_globals_unsafe", None)
            options = {"guard_filter_fn": filtered} if filtered else None
            kept[settings] = self._torch.compile(function, options=options)
        found: Callable[..., Any] = kept[settings]
        return found


@functools.cache
def framework() -> Framework:
    """The one that Keras uses."""
    kinds: dict[str, Callable[[], Framework]] = {"jax": Jax, "tensorflow": TensorFlow, "torch": Torch}
    return kinds.get(keras.backend.backend(), Uncompiled)()


class Uncompiled(_Backend):
    """A backend that has no compiler, such as NumPy."""

    def key(self, tensor: Any) -> Hashable | None:
        """Nothing is compiled."""
        return None

    def ways(self, expression: Expression, asked: bool) -> Sequence[str]:
        """None."""
        return ()

    def compile(self, way: str, expression: Expression, function: Callable[..., Any], values: Any) -> Form:
        """Never called."""
        raise NotImplementedError


# Devices on which torch casts by itself.
_CASTING = ("cpu", "cuda", "mps", "xpu")

# The operations that XLA fuses to advantage on a CPU too, and computes as TensorFlow's kernels do. Not
# here: what XLA has slower (sorting, convolutions, cumulative sums), what it draws differently (random
# operations), and where TensorFlow raises an error that XLA does not (indices out of range, division of
# integers by zero).
_XLA = frozenset(
    """
    operator.abs operator.add operator.getitem operator.mul operator.neg operator.pos operator.sub
    operator.truediv
    cast convert_to_tensor erf erfc logsumexp rsqrt shape stop_gradient
    abs absolute add all amax amin any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax
    argmin broadcast_to ceil clip concatenate cos cosh deg2rad divide divide_no_nan dot einsum equal exp exp2
    expand_dims expm1 flip floor full full_like get_item greater greater_equal hypot isfinite isinf isnan
    less less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul max
    maximum mean min minimum moveaxis multiply ndim negative not_equal ones ones_like outer pad power prod
    ravel reciprocal reshape roll round sign sin sinh size split sqrt square squeeze stack std subtract sum
    swapaxes tan tanh tensordot tile transpose true_divide trunc var where zeros zeros_like
    celu elu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh layer_normalization leaky_relu log_sigmoid
    log_softmax normalize one_hot relu relu6 rms_normalization selu sigmoid silu softmax softplus softsign
    squareplus swish tanh_shrink
    """.split()
)


def _suits_xla(call: Any) -> bool:
    if call.op == "get_item" and any(references(call.args[1:])):
        return False
    return call.op in _XLA
