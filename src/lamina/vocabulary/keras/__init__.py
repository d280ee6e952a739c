"""Keras's own functions: `keras.ops`, `keras.random`, activations, losses, metrics, merging, and `K`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lamina._keras import keras
from lamina.errors import ArgumentError
from lamina.expression import opset
from lamina.vocabulary import context, keras_backend
from lamina.vocabulary.dispatch import op_function, ops
from lamina.vocabulary.keras.images import APPLICATIONS
from lamina.vocabulary.keras.losses import LOSSES, LOSSES_2
from lamina.vocabulary.keras.merging import MERGING
from lamina.vocabulary.keras.metrics import METRICS
from lamina.vocabulary.keras_backend.arrays import dtype_name
from lamina.vocabulary.keras_backend.shapes import rank, static_shape
from lamina.vocabulary.registry import Vocabulary


def _op(name: str) -> Callable[..., Any]:
    return op_function(name)


def _aliases() -> dict[str, Any]:
    """Every operation under its own name and under each submodule of `keras.ops` that may hold it."""
    table: dict[str, Any] = {}
    for name in opset.names():
        if not name.startswith(("operator.", "random.")):
            function = _op(name)
            table[name] = function
            for submodule in ("nn", "numpy", "linalg", "core", "math"):
                table.setdefault(f"{submodule}.{name}", function)
    return table


OPS: Mapping[str, Any] = {
    **_aliases(),
    "dtype": lambda x: x.dtype,
    "is_tensor": lambda x: hasattr(x, "shape"),
}
OPS_REFUSED: Mapping[str, str] = {
    "convert_to_numpy": "it reads tensor values on the host; keep the tensor and use keras.ops on it",
    "custom_gradient": "an expression has the gradients of its operations; write a Layer for your own",
    "jvp": "an expression has the gradients of its operations; write a Layer for your own",
    "vectorize": "use keras.ops.vectorized_map",
    "empty": "its values are not defined; use keras.ops.zeros",
    "empty_like": "its values are not defined; use keras.ops.zeros_like",
}
RANDOM: Mapping[str, Any] = {
    name.removeprefix("random."): _op(name) for name in opset.names() if name.startswith("random.")
}


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """`keras.activations.relu`, every argument."""
    if not negative_slope and max_value is None and not threshold:
        return ops.relu(x)
    return keras_backend.TABLE["relu"](x, alpha=negative_slope, max_value=max_value, threshold=threshold)


def linear(x: Any) -> Any:
    """`keras.activations.linear`."""
    return x


def softmax(x: Any, axis: int = -1) -> Any:
    """`keras.activations.softmax`."""
    return ops.softmax(x, axis=axis)


def gelu(x: Any, approximate: bool = False) -> Any:
    """`keras.activations.gelu`, exact unless told otherwise; `keras.ops.gelu` is not."""
    return ops.gelu(x, approximate=approximate)


def mish(x: Any) -> Any:
    """`keras.activations.mish`: x tanh(softplus(x))."""
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


_SAME_ACTIVATIONS = (
    "celu elu exponential glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid "
    "log_softmax relu6 selu sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid sparsemax "
    "squareplus swish tanh tanh_shrink threshold"
).split()
ACTIVATIONS: Mapping[str, Any] = {
    **{name: _op("exp" if name == "exponential" else name) for name in _SAME_ACTIVATIONS},
    "gelu": gelu,
    "relu": relu,
    "linear": linear,
    "softmax": softmax,
    "mish": mish,
}


def _relu_2(
    x: Any,
    alpha: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
    negative_slope: float | None = None,
) -> Any:
    """`relu` of Keras 2, whose slope is called `alpha`."""
    slope = alpha if negative_slope is None else negative_slope
    return keras_backend.TABLE["relu"](x, alpha=slope, max_value=max_value, threshold=threshold)


# Keras 2, which today is `tf_keras`.
ACTIVATIONS_2: Mapping[str, Any] = {
    **ACTIVATIONS,
    "hard_sigmoid": keras_backend.TABLE["hard_sigmoid"],
    "relu": _relu_2,
}


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """`keras.utils.normalize` on tensors."""
    return ops.normalize(x, axis=axis, order=order)


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """`keras.utils.to_categorical` on tensors.

    Raises:
        ArgumentError: `num_classes` is not given; it cannot be read from the values of a tensor.
    """
    if num_classes is None:
        raise ArgumentError("to_categorical of a tensor needs num_classes: its values are not known")
    column = rank(x) > 1 and static_shape(x)[-1] == 1
    return ops.one_hot(ops.squeeze(x, axis=-1) if column else x, num_classes)


class _Variable:
    """`keras.Variable` in a captured function: made once, trained and saved with the layer."""

    __name__ = "Variable"

    @property
    def lamina_class(self) -> Any:
        """The class itself, for `isinstance`."""
        return keras.Variable

    def __call__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
    ) -> Any:
        """The variable, or what stands for it."""
        dtype = dtype_name(dtype)
        if isinstance(initializer, str):
            initializer = keras.initializers.get(initializer)
        if callable(initializer) and shape is not None:
            dtype = dtype or keras.config.floatx()
            initializer = initializer(tuple(shape), dtype=dtype)
        return context.create_variable(initializer, dtype, name, trainable)


UTILS: Mapping[str, Any] = {"normalize": normalize, "to_categorical": to_categorical}


def _under(prefix: str, table: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{name}": value for name, value in table.items()}


_ROOT = {
    "Variable": _Variable(),
    **_under("ops", OPS),
    **_under("random", RANDOM),
    **_under("activations", ACTIVATIONS),
    **_under("utils", UTILS),
    **_under("layers", MERGING),
    **_under("losses", LOSSES),
    **_under("metrics", METRICS),
    **_under("applications", APPLICATIONS),
    **_under("backend", keras_backend.TABLE),
}
_ROOT_2 = {**_ROOT, **_under("activations", ACTIVATIONS_2), **_under("losses", LOSSES_2)}
_HOMES = ("keras", "keras._tf_keras.keras", "tensorflow.keras")
_HOMES_2 = ("tf_keras", "tensorflow.python.keras")
_BACKEND_HOMES = ("keras.src.legacy.backend",)


def _everywhere(name: str, homes: tuple[str, ...] = (*_HOMES, *_HOMES_2)) -> tuple[str, ...]:
    return tuple(f"{home}.{name}" for home in homes)


# Where a result differs from Keras on purpose.
DEVIATIONS: Mapping[str, str] = {
    "applications.imagenet_utils.preprocess_input": "integer images become floats, as arrays do in Keras",
    "losses.mean_squared_logarithmic_error": "half precision stays half on every backend",
    "losses.sparse_categorical_crossentropy": "ignore_class leaves no mask on the result",
    "utils.to_categorical": "float32 on every backend; Keras gives int64 on PyTorch",
}

# What the module of the Keras 2 backend imports, and people reach through it.
_TENSORFLOW_OPS = {
    name: f"tensorflow.python.ops.{name}"
    for name in "array_ops control_flow_ops image_ops math_ops nn random_ops".split()
}
_REFUSED = {f"backend.{name}": why for name, why in keras_backend.REFUSED.items()}

VOCABULARIES = (
    Vocabulary("keras.ops", _everywhere("ops"), OPS, OPS_REFUSED),
    Vocabulary("keras.random", _everywhere("random"), RANDOM),
    Vocabulary("keras.activations", _everywhere("activations", _HOMES), ACTIVATIONS),
    Vocabulary("keras.activations", _everywhere("activations", _HOMES_2), ACTIVATIONS_2),
    Vocabulary("keras.utils", _everywhere("utils"), UTILS),
    Vocabulary("keras.layers", _everywhere("layers"), MERGING),
    Vocabulary("keras.losses", _everywhere("losses", _HOMES), LOSSES),
    Vocabulary("keras.losses", (*_everywhere("losses", _HOMES_2), *_everywhere("objectives")), LOSSES_2),
    Vocabulary("keras.metrics", _everywhere("metrics"), METRICS),
    Vocabulary("keras.applications", _everywhere("applications"), APPLICATIONS),
    Vocabulary(
        "K",
        (*_everywhere("backend"), *_BACKEND_HOMES),
        keras_backend.TABLE,
        keras_backend.REFUSED,
        links={"tf": "tensorflow", "np": "numpy", **_TENSORFLOW_OPS},
    ),
    Vocabulary("keras", _HOMES, _ROOT, _REFUSED),
    Vocabulary("keras", _HOMES_2, _ROOT_2, _REFUSED),
)
