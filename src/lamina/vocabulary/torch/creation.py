"""Making tensors: constants, ranges and filled tensors."""

from __future__ import annotations

from typing import Any

from lamina._numpy import np
from lamina.vocabulary import context
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.torch.arguments import (
    Function,
    default_dtype,
    dtype_name,
    dtype_of,
    is_kind,
    is_tensor,
    known_dtype,
    refuse,
    sizes,
    sizes_of,
    static,
    tensor,
    weak_dtype,
)
from lamina.vocabulary.torch.notation import named


def parameter(data: Any, requires_grad: bool = True) -> Any:
    """`torch.nn.Parameter`: made once, trained and saved with the layer."""
    return context.create_variable(data, trainable=bool(requires_grad))


def new_tensor(data: Any, *, dtype: Any = None) -> Any:
    """`torch.tensor`, `torch.as_tensor` and `torch.asarray`: of numbers, arrays and tensors."""
    if isinstance(data, np.ndarray):
        return ops.convert_to_tensor(data, dtype=dtype_name(dtype))
    return tensor(data, dtype)


def scalar_tensor(s: Any, *, dtype: Any = None) -> Any:
    """`torch.scalar_tensor`: of the default float type."""
    return tensor(s, dtype or default_dtype())


def from_numpy(ndarray: Any) -> Any:
    """`torch.from_numpy`: in the dtype of the array."""
    return ops.convert_to_tensor(ndarray)


def _filled(name: str) -> Function:
    def call(*size: Any, dtype: Any = None, **storage: Any) -> Any:
        given = storage.pop("size", None)
        shape = sizes_of(size if given is None else (given,))
        return getattr(ops, name)(shape, dtype=dtype_name(dtype) or default_dtype())

    return named(call, name, f"`torch.{name}`: of the default float type unless `dtype` says otherwise.")


zeros, ones = _filled("zeros"), _filled("ones")


def full(size: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """`torch.full`: of the dtype of the value."""
    name = dtype_name(dtype)
    if name is None:
        name = dtype_of(fill_value) if is_tensor(fill_value) else weak_dtype(fill_value)
    return ops.full(sizes_of((size,)), fill_value, dtype=name)


def _like(name: str) -> Function:
    def call(input: Any, *, dtype: Any = None, **storage: Any) -> Any:
        name_ = dtype_name(dtype)
        return getattr(ops, f"{name}_like")(input, **({"dtype": name_} if name_ else {}))

    return named(call, f"{name}_like", f"`torch.{name}_like`.")


zeros_like, ones_like = _like("zeros"), _like("ones")


def full_like(input: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """`torch.full_like`: of the dtype of `input`."""
    name = dtype_name(dtype)
    return ops.full_like(input, fill_value, **({"dtype": name} if name else {}))


def _new(name: str) -> Function:
    def call(input: Any, *size: Any, dtype: Any = None, **storage: Any) -> Any:
        given = storage.pop("size", None)
        shape = sizes_of(size if given is None else (given,))
        return getattr(ops, name)(shape, dtype=dtype_name(dtype) or dtype_of(input))

    return named(call, f"new_{name}", f"`x.new_{name}`: of the dtype of `x`.")


new_zeros, new_ones = _new("zeros"), _new("ones")


def new_full(input: Any, size: Any, fill_value: Any, *, dtype: Any = None) -> Any:
    """`x.new_full`: of the dtype of `x`."""
    return ops.full(sizes_of((size,)), fill_value, dtype=dtype_name(dtype) or dtype_of(input))


def new_tensor_like(input: Any, data: Any, *, dtype: Any = None) -> Any:
    """`x.new_tensor`: of the dtype of `x`."""
    return tensor(data, dtype or dtype_of(input))


def eye(n: Any, m: Any = None, *, dtype: Any = None) -> Any:
    """`torch.eye`."""
    return ops.eye(static(n), static(m), dtype=dtype_name(dtype) or default_dtype())


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None) -> Any:
    """`torch.arange`: int64, or floats where a bound is one."""
    bounds = [static(n) for n in ((0, start) if end is None else (start, end))]
    name = dtype_name(dtype)
    if name is None:
        floats = any(isinstance(n, float) for n in (*bounds, step))
        name = default_dtype() if floats else "int64"
    if any(map(is_tensor, (*bounds, step))):
        refuse("arange", "a bound is a tensor, and the size depends on it", "give numbers or sizes")
    low, high = bounds
    if all(isinstance(n, (int, float)) for n in (low, high, step)):
        return ops.convert_to_tensor(_numbers(low, high, step).astype(_numpy(name)))
    found = ops.arange(low, high, step, dtype="int32" if "int" in name else name)
    return found if known_dtype(found) == name else ops.cast(found, name)


def _numbers(start: float, end: float, step: float) -> np.ndarray[Any, Any]:
    count = max(int(np.ceil((end - start) / step)), 0)
    return start + np.arange(count) * step


def _numpy(name: str) -> np.dtype[Any]:
    from lamina.expression.runner import numpy_dtype

    return numpy_dtype(name)


def range_(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None) -> Any:
    """`torch.range`: the end is included, and the numbers are floats."""
    start, end = (0, start) if end is None else (start, end)
    count = int((end - start) / step) + 1
    return ops.convert_to_tensor(
        (start + np.arange(count) * step).astype(_numpy(dtype_name(dtype) or default_dtype()))
    )


def linspace(start: Any, end: Any, steps: Any, *, dtype: Any = None) -> Any:
    """`torch.linspace`: both ends included."""
    name = dtype_name(dtype) or default_dtype()
    if all(isinstance(n, (int, float)) for n in (start, end, steps)):
        numbers = np.linspace(start, end, steps)
        return ops.convert_to_tensor(numbers.astype(_numpy(name)))
    return ops.linspace(start, end, static(steps), dtype=name)


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None) -> Any:
    """`torch.logspace`."""
    numbers = np.logspace(start, end, steps, base=base)
    return ops.convert_to_tensor(numbers.astype(_numpy(dtype_name(dtype) or default_dtype())))


def _triangle(name: str, upper: bool) -> Function:
    def call(row: int, col: int, offset: int = 0, *, dtype: Any = None) -> Any:
        find = np.triu_indices if upper else np.tril_indices
        places = np.stack(find(row, offset, col)).astype(_numpy(dtype_name(dtype) or "int64"))
        return ops.convert_to_tensor(places)

    return named(call, name, f"`torch.{name}`: the places of a triangle, rows first.")


tril_indices, triu_indices = _triangle("tril_indices", False), _triangle("triu_indices", True)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """`torch.combinations`: of the elements of a vector of known size."""
    import itertools

    from lamina.vocabulary.torch.arguments import known_size

    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(pick(range(known_size("combinations", input, 0)), r))
    return ops.take(input, np.array(rows, np.int32).reshape(-1, r), axis=0)


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """`torch.vander` and, rising, `torch.linalg.vander`: powers of a vector as columns."""
    count = sizes(x)[-1] if N is None else N
    powers = ops.arange(count, dtype="int32")
    powers = powers if increasing else ops.subtract(count - 1, powers)
    wide = ops.expand_dims(x, axis=-1)
    return ops.power(wide, powers if not is_kind(x, 2) else ops.cast(powers, dtype_of(x)))


def rising_vander(x: Any, N: Any = None) -> Any:
    """`torch.linalg.vander`: powers from 0 on."""
    return vander(x, N, True)


def _window(name: str, make: Any) -> Function:
    def call(window_length: int, *args: Any, periodic: bool = True, dtype: Any = None, **options: Any) -> Any:
        if args and isinstance(args[0], bool):
            periodic, args = args[0], args[1:]
        length = int(static(window_length))
        if length <= 1:
            values = np.ones(length)
        else:
            values = make(np.arange(length), length if periodic else length - 1, *args, **options)
        return ops.convert_to_tensor(np.asarray(values).astype(_numpy(dtype_name(dtype) or default_dtype())))

    return named(call, name, f"`torch.{name}`: periodic unless asked otherwise.")


def _raised(n: Any, width: int, alpha: float, beta: float) -> Any:
    return alpha - beta * np.cos(2 * np.pi * n / width)


def _blackman(n: Any, width: int) -> Any:
    return 0.42 - 0.5 * np.cos(2 * np.pi * n / width) + 0.08 * np.cos(4 * np.pi * n / width)


hann_window = _window("hann_window", lambda n, width: _raised(n, width, 0.5, 0.5))
hamming_window = _window(
    "hamming_window", lambda n, width, alpha=0.54, beta=0.46: _raised(n, width, alpha, beta)
)
blackman_window = _window("blackman_window", _blackman)
bartlett_window = _window("bartlett_window", lambda n, width: 1 - np.abs(2 * n / width - 1))
kaiser_window = _window(
    "kaiser_window",
    lambda n, width, beta=12.0: np.i0(beta * np.sqrt(1 - (2 * n / width - 1) ** 2)) / np.i0(beta),
)
