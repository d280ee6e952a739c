"""A vocabulary over NumPy, just large enough to compute what the old models' functions computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.bytecode import Array, Module, PlainNamespace


class Tensor(np.lib.mixins.NDArrayOperatorsMixin):
    """A wrapped array whose truth is unknown, as that of a tracer."""

    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Tensor:
        return Tensor(getattr(ufunc, method)(*[bare(value) for value in inputs], **kwargs))

    def __getitem__(self, key: Any) -> Tensor:
        return Tensor(self.value[key])

    def __bool__(self) -> bool:
        raise TypeError("a Python `if` on tensor values cannot be followed; use ops.where")

    def __iter__(self) -> Any:
        raise TypeError("a tensor is not iterated")


def bare(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.value
    if isinstance(value, list | tuple):
        return type(value)(bare(item) for item in value)
    return value


def tensors(value: Any) -> Any:
    return [Tensor(item) for item in value] if isinstance(value, list) else Tensor(value)


def over(function: Any) -> Any:
    return lambda *args, **kwargs: tensors(
        function(*map(bare, args), **{k: bare(v) for k, v in kwargs.items()})
    )


def _axes(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list | tuple) else axis


def _reduce(function: Any) -> Any:
    return over(lambda x, axis=None, keepdims=False: function(x, axis=_axes(axis), keepdims=keepdims))


def _l2_normalize(x: Any, axis: Any = None) -> Any:
    return x / np.sqrt(np.maximum(np.sum(x * x, axis=axis, keepdims=True), 1e-12))


def _softmax(x: Any, axis: int = -1) -> Any:
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _depth_to_space(x: Any, size: int) -> Any:
    batch, height, width, depth = x.shape
    cut = x.reshape(batch, height, width, size, size, depth // size**2)
    return cut.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height * size, width * size, -1)


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


def _cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


def _one_hot(x: Any, depth: int) -> Any:
    """A row of zeros for an index outside."""
    return (np.arange(depth) == x[..., None]).astype("float32")


_NN = {
    "l2_normalize": over(_l2_normalize),
    "softmax": over(_softmax),
    "depth_to_space": over(_depth_to_space),
    "relu": over(_relu),
}
_TF = {
    "nn": Module("tf.nn", _NN),
    "int32": "int32",
    "cast": over(_cast),
    "one_hot": over(_one_hot),
    "reduce_mean": _reduce(np.mean),
    "expand_dims": over(lambda x, axis: np.expand_dims(x, axis)),
    "stack": over(np.stack),
    "split": over(lambda x, parts, axis: np.split(x, parts, axis)),
}
_K = {
    "tf": Module("tf", _TF),
    "mean": _reduce(np.mean),
    "sum": _reduce(np.sum),
    "sqrt": over(np.sqrt),
    "square": over(np.square),
    "abs": over(np.abs),
    "maximum": over(np.maximum),
    "epsilon": lambda: 1e-7,
    "relu": over(_relu),
    "l2_normalize": over(_l2_normalize),
    "concatenate": over(lambda parts, axis=-1: np.concatenate(parts, axis)),
    "greater": over(np.greater),
    "switch": over(np.where),
    "expand_dims": over(lambda x, axis=-1, dim=None: np.expand_dims(x, axis if dim is None else dim)),
    "squeeze": over(lambda x, axis: np.squeeze(x, axis)),
    "in_train_phase": lambda train, test: test,
}
_OPS = {
    **{name: _K[name] for name in ("mean", "square", "relu", "concatenate", "expand_dims")},
    "normalize": over(_l2_normalize),
    "one_hot": over(_one_hot),
    "cast": over(_cast),
}


class Namespace(PlainNamespace):
    """Those modules under their usual names."""

    def __init__(self, **names: Any) -> None:
        jnp = {"square": over(np.square), "sum": _reduce(np.sum)}
        modules = {"K": _K, "tf": _TF, "tensorflow": _TF, "ops": _OPS, "jnp": jnp}
        keras = {"keras": {"ops": Module("keras.ops", _OPS)}}
        super().__init__(names, {**modules, **keras})

    def array(self, value: Array) -> Any:
        return Tensor(np.array(value.value, value.dtype or "float32"))


def numpy_result(value: Any) -> list[Any]:
    return [np.asarray(bare(item)) for item in (value if isinstance(value, list | tuple) else [value])]
