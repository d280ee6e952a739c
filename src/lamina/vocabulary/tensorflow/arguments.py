"""What TensorFlow's functions do to their arguments before they compute anything."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from lamina._numpy import np
from lamina.errors import ArgumentError, CaptureError
from lamina.vocabulary import dispatch
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.arrays import dtype_name as dtype_name
from lamina.vocabulary.keras_backend.arrays import is_tensor
from lamina.vocabulary.keras_backend.shapes import ShapeVector, is_size, is_tracer
from lamina.vocabulary.signatures import collects, parameters

if TYPE_CHECKING:
    from lamina.vocabulary.tensorflow.constant import Constant

Function = Callable[..., Any]

# Arguments that change how TensorFlow computes, or what it calls the result, but not the result.
_WITHOUT_EFFECT = frozenset(
    """name scope parallel_iterations back_prop swap_memory infer_shape shape_invariants validate_indices
        use_cudnn_on_gpu layout optimize collections loss_collection verify_shape strict
        partition_strategy a_is_sparse b_is_sparse validate_args fallback_to_while_loop warn
        bad_indices_policy summarize first_n validate_shape use_locking stable""".split()
)

# Keywords that had other names in other versions; those of a line mean the same.
_SYNONYMS = [
    line.split()
    for line in """
        axis dim dimension reduction_indices squeeze_dims concat_dim split_dim
        keepdims keep_dims
        filters filter kernel
        filter filters kernel
        dilations rates rate dilation_rate
        rate keep_prob
        labels targets
        box_indices box_ind
        sizes ksizes
        ksize window_shape pool_size
        block_shape block_size
        seq_axis seq_dim
        batch_axis batch_dim
        stride strides
        num_or_size_splits num_split
        num_columns num_cols
        perm axes
        true_fn fn1
        false_fn fn2
        dtype_hint preferred_dtype
        indices ids
        weights sample_weight
        on_value true_value
    """.splitlines()
    if line.strip()
]
# Names of a first argument.
_OPERANDS = frozenset(
    """x input value tensor input_tensor features logits values a t image images input_ inputs signal
        signals matrix diagonal params data labels real arr t_list elems condition operand""".split()
)


def spelled(function: Function) -> Function:
    """The same function, which also takes what other TensorFlow versions call its arguments."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs and not collects(function):
            kwargs = _translated(function, parameters(function), kwargs, len(args))
        return function(*args, **kwargs)

    return call


def _translated(
    function: Function, names: tuple[str, ...], given: Mapping[str, Any], bound: int
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {}
    for key, value in given.items():
        known = key if key in names else _synonym(key, names, bound)
        if known is not None:
            # Old versions pass both spellings, one of them as None.
            if kwargs.get(known) is None:
                kwargs[known] = value
        elif key not in _WITHOUT_EFFECT:
            raise ArgumentError(
                f"tf.{function.__name__} in an expression takes {', '.join(names)}; received {key}={value!r}"
            )
    return kwargs


def _synonym(key: str, names: tuple[str, ...], bound: int) -> str | None:
    for group in _SYNONYMS:
        if key in group and group[0] in names:
            return group[0]
    first = names[0] if names else None
    return first if key in _OPERANDS and bound == 0 and first in _OPERANDS else None


def refuse(function: str, problem: str, advice: str) -> NoReturn:
    """Raise the error of a call that cannot be an expression."""
    raise CaptureError(f"tf.{function}: {problem}; {advice}")


_WEAK = {"float64": "float32", "int64": "int32", "complex128": "complex128"}


def constant_array(value: Any, dtype: Any = None) -> Constant:
    """Known values as TensorFlow makes a tensor of them: Python floats are float32, ints int32."""
    from lamina.vocabulary.tensorflow.constant import Constant

    array = np.asarray(value)
    if dtype is not None:
        from lamina.expression.runner import numpy_dtype

        array = array.astype(numpy_dtype(dtype_name(dtype)))
    elif not _has_type(value):
        array = array.astype(_WEAK.get(array.dtype.name, array.dtype.name))
    return array.view(Constant)


def _has_type(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_type, value))
    return isinstance(value, (np.ndarray, np.generic))


def is_constant(value: Any) -> bool:
    """Whether a value consists of Python and NumPy numbers only."""
    if isinstance(value, (list, tuple)):
        return all(map(is_constant, value))
    return isinstance(value, (bool, int, float, complex, np.ndarray, np.generic))


def tensor(value: Any, dtype: Any = None) -> Any:
    """`tf.convert_to_tensor`: lists of tensors are stacked, known numbers stay known while capturing."""
    name = dtype_name(dtype)
    if is_tensor(value):
        return value if name is None else ops.cast(value, name)
    if is_constant(value):
        array = constant_array(value, name)
        return array if dispatch.active() is not None else ops.convert_to_tensor(array)
    if is_size_like(value) or is_sizes(value):
        return ops.convert_to_tensor(value, dtype=name or "int32")
    if isinstance(value, (list, tuple)):
        return ops.stack([tensor(item, name) for item in value])
    return ops.convert_to_tensor(value, dtype=name)


def is_size_like(value: Any) -> bool:
    """Whether `value` stands for the size of an axis, or for a number computed from sizes."""
    return is_size(value) and not isinstance(value, (int, np.generic, np.ndarray))


def is_sizes(value: Any) -> bool:
    """Whether `value` is a list of sizes, at least one of which is not a plain number."""
    if isinstance(value, ShapeVector):
        return True
    return isinstance(value, (list, tuple)) and all(map(is_size, value)) and any(map(is_size_like, value))


def all_sizes(*values: Any) -> bool:
    """Whether all values are sizes, at least one of which is not a plain number."""
    return any(map(is_size_like, values)) and all(is_size(v) for v in values)


def known_dtype(x: Any) -> str | None:
    """The dtype where it is known; `None` where it is not, and no guard is added."""
    if is_tracer(x):
        return x.recorder.peek_dtype(x.ref)  # type: ignore[no-any-return]
    if hasattr(x, "dtype"):
        return str(dtype_name(x.dtype))
    return None


def is_complex(x: Any) -> bool:
    """Whether an operand is complex, also where it depends on inputs of unknown dtype: those are real."""
    assumed = x.recorder.peek_dtype(x.ref, assume=True) if is_tracer(x) else known_dtype(x)
    return (assumed or "").startswith("complex")


def known_rank(x: Any) -> int | None:
    """The number of axes where it is known, and no guard is added."""
    if is_tracer(x):
        return x.recorder.peek_rank(x.ref)  # type: ignore[no-any-return]
    return len(x.shape) if hasattr(x, "shape") else None


def dtype_of(x: Any) -> str:
    """The dtype of an operand, which binds a captured expression to it."""
    if is_tracer(x) or hasattr(x, "dtype"):
        return str(dtype_name(x.dtype))
    return str(constant_array(x).dtype) if is_constant(x) else "int32"


def is_integer(x: Any) -> bool:
    """Whether an operand is known to have integers or bools; then the expression is bound to them."""
    known = known_dtype(x) if not isinstance(x, (bool, int, float, list, tuple)) else dtype_of(x)
    if known is None or not known.startswith(("int", "uint", "bool")):
        return False
    return dtype_of(x) == known


def beside(value: Any, other: Any) -> Any:
    """An operand as TensorFlow takes it beside the tensor `other`: known numbers get its dtype."""
    if isinstance(value, (list, tuple)) and not is_constant(value):
        return tensor(value)
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.dtype == np.float64):
        array = np.asarray(value)
        known = known_dtype(other)
        if known and (array.dtype.kind != "f" or "float" in known or "complex" in known):
            return constant_array(array, known)
        return constant_array(
            value if isinstance(value, (list, tuple)) else array, None if known else _weak(array)
        )
    return value


def _weak(array: np.ndarray[Any, Any]) -> str:
    return str(_WEAK.get(array.dtype.name, array.dtype.name))


def pair(x: Any, y: Any) -> tuple[Any, Any]:
    """The two operands of a binary operation."""
    return beside(x, y), beside(y, x)


def operand(x: Any) -> Any:
    """The operand of a unary operation."""
    return tensor(x) if isinstance(x, (list, tuple)) or is_size_like(x) else x


def static(value: Any) -> Any:
    """An argument that describes (axis, shape, paddings) as numbers, sizes and tuples of them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return static(value.tolist())
    if isinstance(value, (list, tuple)):
        return tuple(map(static, value))
    return value


def numbers(value: Any, function: str, what: str) -> Any:
    """An argument that must be known numbers.

    Raises:
        CaptureError: It is a tensor.
    """
    value = static(value)
    if is_tensor(value):
        refuse(function, f"{what} is a tensor, whose values are not known", "give it as Python numbers")
    return value


def shape_of(value: Any) -> Any:
    """A shape argument."""
    value = static(value)
    return (value,) if is_size(value) else value


def known_sizes(x: Any, function: str, axes: Iterable[int]) -> tuple[int, ...]:
    """Sizes of axes, which must be known.

    Raises:
        CaptureError: One is not.
    """
    shape = x.shape
    found = [shape[axis] for axis in axes]
    known = [n.value if is_tracer_size(n) else n for n in found]
    if any(n is None for n in known):
        refuse(function, f"the sizes {found} are not all known", "give the layer an input of known size")
    return tuple(map(int, known))


def is_tracer_size(n: Any) -> bool:
    """Whether `n` stands for a size of a function that is being captured."""
    return is_size_like(n) and hasattr(n, "recorder")


def size_or_none(n: Any) -> int | None:
    """A size if it is known."""
    if isinstance(n, (int, np.integer)):
        return int(n)
    return n.value if is_tracer_size(n) else None


def cast_like(result: Any, x: Any) -> Any:
    """A result with the dtype of the operand where Keras would have widened a small integer."""
    known = known_dtype(x)
    narrow = known in ("int8", "int16", "uint8", "uint16", "uint32", "float16", "bfloat16", "int64", "uint64")
    return ops.cast(result, dtype_of(x)) if narrow and known != known_dtype(result) else result


def greatest(a: Any, b: Any) -> Any:
    """The larger of two sizes, as arithmetic on sizes."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else (a + b + abs(a - b)) // 2


def least(a: Any, b: Any) -> Any:
    """The smaller of two sizes, as arithmetic on sizes."""
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else (a + b - abs(a - b)) // 2


SIZE_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "floor_divide": operator.floordiv,
    "mod": operator.mod,
    "maximum": greatest,
    "minimum": least,
}
