"""The vocabulary `K`: every name of the Keras 2 backend, with what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lamina.vocabulary.keras_backend import (
    arrays,
    config,
    contraction,
    control,
    conv,
    ctc,
    images,
    nn,
    shapes,
)
from lamina.vocabulary.keras_backend.notation import parse_table, with_old_keywords

_SPELLINGS = """
abs(x) = abs(x)
all(x, axis=None, keepdims=False) = all(x, axis=axis, keepdims=keepdims)
any(x, axis=None, keepdims=False) = any(x, axis=axis, keepdims=keepdims)
argmax(x, axis=-1) = argmax(x, axis=axis)
argmin(x, axis=-1) = argmin(x, axis=axis)
cos(x) = cos(x)
cumprod(x, axis=0) = cumprod(x, axis=axis)
cumsum(x, axis=0) = cumsum(x, axis=axis)
dot(x, y) = tensordot(x, y, axes=((-1,), (-2,)))
elu(x, alpha=1.0) = elu(x, alpha=alpha)
equal(x, y) = equal(x, y)
exp(x) = exp(x)
expand_dims(x, axis=-1) = expand_dims(x, axis=axis)
eye(size, dtype=None, name=None) = eye(size, dtype=dtype)
flatten(x) = reshape(x, (-1,))
gather(reference, indices) = take(reference, indices, axis=0)
greater(x, y) = greater(x, y)
greater_equal(x, y) = greater_equal(x, y)
in_top_k(predictions, targets, k) = in_top_k(targets, predictions, k)
less(x, y) = less(x, y)
less_equal(x, y) = less_equal(x, y)
lesser(x, y) = less(x, y)
lesser_equal(x, y) = less_equal(x, y)
log(x) = log(x)
logsumexp(x, axis=None, keepdims=False) = logsumexp(x, axis=axis, keepdims=keepdims)
max(x, axis=None, keepdims=False) = max(x, axis=axis, keepdims=keepdims)
maximum(x, y) = maximum(x, y)
mean(x, axis=None, keepdims=False) = mean(x, axis=axis, keepdims=keepdims)
min(x, axis=None, keepdims=False) = min(x, axis=axis, keepdims=keepdims)
minimum(x, y) = minimum(x, y)
not_equal(x, y) = not_equal(x, y)
one_hot(indices, num_classes) = one_hot(indices, num_classes, dtype="float32")
ones(shape, dtype=None, name=None) = ones(shape, dtype=dtype)
ones_like(x, dtype=None, name=None) = ones_like(x, dtype=dtype)
permute_dimensions(x, pattern) = transpose(x, axes=pattern)
pow(x, a) = power(x, a)
repeat_elements(x, rep, axis) = repeat(x, rep, axis=axis)
reverse(x, axes) = flip(x, axis=axes)
round(x) = round(x)
sigmoid(x) = sigmoid(x)
sign(x) = sign(x)
sin(x) = sin(x)
softplus(x) = softplus(x)
softsign(x) = softsign(x)
square(x) = square(x)
squeeze(x, axis) = squeeze(x, axis=axis)
std(x, axis=None, keepdims=False) = std(x, axis=axis, keepdims=keepdims)
sum(x, axis=None, keepdims=False) = sum(x, axis=axis, keepdims=keepdims)
tanh(x) = tanh(x)
transpose(x) = transpose(x)
var(x, axis=None, keepdims=False) = var(x, axis=axis, keepdims=keepdims)
zeros(shape, dtype=None, name=None) = zeros(shape, dtype=dtype)
zeros_like(x, dtype=None, name=None) = zeros_like(x, dtype=dtype)
"""

_CONVERTERS = {"axis": shapes.static_axis, "axes": shapes.static_axis, "dtype": arrays.dtype_name}

# Keras 1 spellings of keywords.
_OLD_KEYWORDS = {
    "dim": "axis",
    "dim_ordering": "data_format",
    "border_mode": "padding",
    "filter_dilation": "dilation_rate",
    "nb_classes": "num_classes",
}

_FUNCTIONS: Mapping[Any, str] = MappingProxyType(
    {
        arrays: """
            arange cast cast_to_floatx constant dropout dtype identity is_keras_tensor is_placeholder
            is_sparse is_tensor pattern_broadcast print_tensor random_bernoulli random_normal
            random_normal_variable random_uniform random_uniform_variable stop_gradient truncated_normal
            variable""",
        config: """
            backend epsilon floatx image_data_format image_dim_ordering learning_phase learning_phase_scope
            name_scope set_epsilon set_floatx set_image_data_format""",
        contraction: "batch_dot local_conv local_conv1d",
        control: "foldl foldr in_test_phase in_train_phase map_fn rnn switch",
        conv: """
            conv1d conv2d conv2d_transpose conv3d conv3d_transpose depthwise_conv2d pool2d pool3d
            separable_conv1d separable_conv2d""",
        ctc: "ctc_batch_cost ctc_decode",
        images: """
            asymmetric_spatial_2d_padding asymmetric_temporal_padding resize_images resize_volumes
            spatial_2d_padding spatial_3d_padding
            temporal_padding""",
        nn: """
            batch_normalization bias_add binary_crossentropy binary_focal_crossentropy
            categorical_crossentropy categorical_focal_crossentropy clip hard_sigmoid l2_normalize
            normalize_batch_in_training relu softmax sparse_categorical_crossentropy sqrt""",
        shapes: "batch_flatten concatenate count_params prod repeat reshape shape size stack tile",
    }
)

_RENAMED = {
    "deconv2d": conv.conv2d_transpose,
    "deconv3d": conv.conv3d_transpose,
    "get_variable_shape": shapes.static_shape,
    "int_shape": shapes.static_shape,
    "local_conv2d": contraction.local_conv,
    "ndim": shapes.rank,
    "random_binomial": arrays.random_bernoulli,
    "slice": shapes.slice_,
    "to_dense": arrays.identity,
}


def _build() -> dict[str, Any]:
    functions: dict[str, Any] = {
        name: getattr(module, name) for module, names in _FUNCTIONS.items() for name in names.split()
    }
    functions |= _RENAMED
    adapted = {name: with_old_keywords(function, _OLD_KEYWORDS) for name, function in functions.items()}
    return dict(sorted((adapted | parse_table(_SPELLINGS, _CONVERTERS, _OLD_KEYWORDS)).items()))


TABLE: Mapping[str, Any] = MappingProxyType(_build())

_STATE = "an expression has no effects: return the new value, and keep state in a layer of its own"
_HOST = "it reads values on the host; keep the value a tensor"
_GRAPH = "there is no TensorFlow graph or session; "

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "batch_get_value": _HOST,
        "batch_set_value": _STATE,
        "clear_session": _GRAPH + "call keras.utils.clear_session() outside of the function",
        "ctc_label_dense_to_sparse": "there are no sparse tensors; give the dense labels to K.ctc_batch_cost",
        "eval": _HOST,
        "function": "the Lambda is the function: return what you want to see, or build a keras.Model",
        "get_session": _GRAPH + "tensors are computed as they are made",
        "get_uid": "names do not matter in an expression; use keras.utils.get_uid or a fixed name",
        "get_value": _HOST,
        "gradients": "an expression is differentiated as a whole: train the model that holds it",
        "manual_variable_initialization": _GRAPH + "variables start at the value they are given",
        "moving_average_update": _STATE,
        "placeholder": "the inputs of the function are the placeholders; give the layer one more input",
        "reset_uids": "names do not matter in an expression",
        "set_learning_phase": "the phase is an argument of the call: layer(x, training=True)",
        "set_session": _GRAPH + "tensors are computed as they are made",
        "set_value": _STATE,
        "update": _STATE,
        "update_add": _STATE,
        "update_sub": _STATE,
    }
)

_INT32 = "int32, where Keras 2 on TensorFlow gives int64"
_SEED = "`seed=` starts a stream that the layer owns; outside a capture it gives the same numbers each time"
_LOGITS = "the output is taken as it is; Keras 2 looks for the logits behind K.softmax and K.sigmoid"
_POOL = "with padding='same' over sizes that are not known, the mean is Keras 3's: PyTorch repeats the border"

# Where a result differs from tf_keras on purpose; everything else is equal to 1e-5.
DEVIATIONS: Mapping[str, str] = MappingProxyType(
    {
        "argmax": _INT32,
        "argmin": _INT32,
        "binary_crossentropy": _LOGITS,
        "categorical_crossentropy": _LOGITS,
        "ctc_decode": _INT32,
        "dropout": _SEED,
        "eye": "a tensor, not a variable",
        "is_placeholder": "always False",
        "is_sparse": "always False: expressions hold dense tensors only",
        "mean": "integers have a float mean, where Keras 2 cuts it off",
        "one_hot": "an index beyond num_classes is an error on PyTorch, where Keras 2 gives zeros",
        "ones": "a tensor, not a variable",
        "pool2d": _POOL,
        "pool3d": _POOL,
        "print_tensor": "prints nothing",
        "random_bernoulli": _SEED,
        "random_binomial": _SEED,
        "random_normal": _SEED,
        "random_uniform": _SEED,
        "resize_images": "bicubic is to 2e-3 on JAX and another cubic on PyTorch, which has no lanczos; "
        "gaussian and mitchellcubic are refused",
        "rnn": "with unroll, go_backwards and zero_output_for_mask the mask follows the steps",
        "softmax": "takes tensors of one axis too",
        "sparse_categorical_crossentropy": _LOGITS,
        "truncated_normal": _SEED,
        "zeros": "a tensor, not a variable",
    }
)
