"""Making tensors: constants, variables, ranges, random numbers; and their dtypes."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.errors import ArgumentError
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import ops, random
from lamina.vocabulary.keras_backend.config import floatx
from lamina.vocabulary.keras_backend.shapes import ShapeVector, is_size, is_tracer

_DTYPE_SPELLINGS: dict[Any, str] = {
    float: "float32",
    bool: "bool",
    int: "int64",
    "float": "float32",
    "double": "float64",
    "half": "float16",
}


def dtype_name(dtype: Any) -> Any:
    """A Keras dtype name for whatever a framework takes as a dtype; `None` stays `None`."""
    dtype = getattr(dtype, "lamina_class", dtype)  # a type that a capture stands in for
    if dtype is None or (isinstance(dtype, str) and dtype not in _DTYPE_SPELLINGS):
        return dtype
    if isinstance(dtype, (type, str)):
        return _DTYPE_SPELLINGS.get(dtype) or np.dtype(dtype).name
    return getattr(dtype, "name", None) or str(dtype).rpartition(".")[2]


def dtype(x: Any) -> str:
    """`K.dtype`: the dtype as a string."""
    return str(dtype_name(x.dtype))


def cast(x: Any, dtype: Any) -> Any:
    """`K.cast`; a size that becomes an integer stays a size."""
    name = dtype_name(dtype)
    if is_size(x) or isinstance(x, ShapeVector):
        if name.startswith(("int", "uint")):
            return x
        x = ops.convert_to_tensor(x if is_size(x) else tuple(x))
    return ops.cast(x, name)


def is_tensor(x: Any) -> bool:
    """`K.is_tensor`: whether `x` is a tensor of the backend, or stands for one."""
    if is_tracer(x):
        return True
    import keras

    return bool(keras.ops.is_tensor(x)) or isinstance(x, (keras.KerasTensor, keras.Variable))


def is_keras_tensor(x: Any) -> bool:
    """`K.is_keras_tensor`: whether `x` is symbolic, which a captured function's tensors are.

    Raises:
        ArgumentError: `x` is no tensor at all.
    """
    if is_tracer(x):
        return True
    import keras

    if not is_tensor(x):
        raise ArgumentError(f"K.is_keras_tensor expects a tensor, received {type(x).__name__}")
    return isinstance(x, keras.KerasTensor)


def cast_to_floatx(x: Any) -> Any:
    """`K.cast_to_floatx`: a tensor stays a tensor, anything else becomes a NumPy array."""
    return ops.cast(x, floatx()) if is_tensor(x) else np.asarray(x, dtype=floatx())


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """`K.constant`: a tensor of `floatx` unless `dtype` says otherwise, filled or reshaped to `shape`."""
    tensor = ops.convert_to_tensor(value, dtype=dtype_name(dtype) or floatx())
    if shape is None:
        return tensor
    filled = np.size(value) == 1
    return (
        ops.broadcast_to(ops.reshape(tensor, ()), tuple(shape))
        if filled
        else ops.reshape(tensor, tuple(shape))
    )


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """`K.variable`: a trainable variable that starts at `value`."""
    return context.create_variable(value, dtype_name(dtype) or floatx(), name)


def _random_variable(method: str, shape: Any, a: float, b: float, dtype: Any, name: Any, seed: Any) -> Any:
    generator = np.random.RandomState(np.random.randint(10**9) if seed is None else seed)
    return variable(getattr(generator, method)(a, b, size=tuple(shape)), dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """`K.random_uniform_variable`: a variable that starts at uniform random numbers."""
    return _random_variable("uniform", shape, low, high, dtype, name, seed)


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """`K.random_normal_variable`: a variable that starts at normal random numbers."""
    return _random_variable("normal", shape, mean, scale, dtype, name, seed)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """`K.arange`: float bounds give floats even where `dtype` is left at `int32`."""
    if stop is None:
        start, stop = 0, max(start, 0) if isinstance(start, (int, float)) else start
    name = dtype_name(dtype)
    if any(isinstance(n, (float, np.floating)) for n in (start, stop, step)):
        numbers = ops.arange(start, stop, step, dtype="float32")
        return numbers if name in ("int32", "float32") else ops.cast(numbers, name)
    return ops.arange(start, stop, step, dtype=name)


def identity(x: Any, name: str | None = None) -> Any:
    """`K.identity` and the functions that differ from it only in a graph."""
    return x


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """`K.print_tensor`: returns `x`; an expression prints nothing."""
    return x


def is_sparse(tensor: Any) -> bool:
    """`K.is_sparse`: expressions hold dense tensors only."""
    return False


def is_placeholder(x: Any) -> bool:
    """`K.is_placeholder`: there are no placeholders."""
    return False


def pattern_broadcast(x: Any, pattern: Any) -> Any:
    """`K.pattern_broadcast` of the Theano backend: broadcasting needs no marks."""
    return x


def stop_gradient(variables: Any) -> Any:
    """`K.stop_gradient`, of a tensor or of each one in a list."""
    if isinstance(variables, (list, tuple)):
        return list(map(ops.stop_gradient, variables))
    return ops.stop_gradient(variables)


def _shape(shape: Any) -> Any:
    return tuple(shape) if isinstance(shape, (list, tuple)) else shape


def random_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """`K.random_normal`."""
    seed = context.stateful_seed(seed)
    return random.normal(_shape(shape), mean=mean, stddev=stddev, dtype=dtype_name(dtype), seed=seed)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """`K.truncated_normal`: normal numbers, redrawn beyond two standard deviations."""
    seed = context.stateful_seed(seed)
    return random.truncated_normal(
        _shape(shape), mean=mean, stddev=stddev, dtype=dtype_name(dtype), seed=seed
    )


def random_uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """`K.random_uniform`; an integer dtype draws integers below `maxval`."""
    name = dtype_name(dtype)
    integers = name is not None and name.startswith(("int", "uint"))
    draw = random.randint if integers else random.uniform
    low, high = (int(n) if integers and isinstance(n, float) else n for n in (minval, maxval))
    return draw(_shape(shape), minval=low, maxval=high, dtype=name, seed=context.stateful_seed(seed))


def random_bernoulli(shape: Any, p: Any = 0.0, dtype: Any = None, seed: int | None = None) -> Any:
    """`K.random_bernoulli` and `K.random_binomial`: 1 with probability `p`, else 0."""
    name = dtype_name(dtype) or floatx()
    return ops.cast(ops.less_equal(random_uniform(shape, seed=seed), p), name)


def dropout(x: Any, level: Any, noise_shape: Any = None, seed: int | None = None) -> Any:
    """`K.dropout`: zero a share `level` of the elements and scale up the others."""
    seed = context.stateful_seed(seed)
    return random.dropout(x, level, noise_shape=_shape(noise_shape), seed=seed)
