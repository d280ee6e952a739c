"""What each layer class was called, and its fields, before Keras 3: a table.

Source: `get_config` of Keras 1.2.2, Keras 2.3.1 and `tf.keras` 1.4 to 2.15.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from lamina._records import dataclass
from lamina.errors import ArchiveError

Config = dict[str, Any]
Change = Callable[[Config], Config]


@dataclass(frozen=True)
class Upgrade:
    """How the config of a class becomes one of Keras 3.

    Attributes:
        name: The class in Keras 3.
        renames: New names of fields.
        change: What renaming cannot do; takes and returns the renamed config.
    """

    name: str
    renames: Mapping[str, str] = field(default_factory=dict)
    change: Change | None = None


def _pairs(text: str) -> dict[str, str]:
    """Renames written as `old:new` words."""
    return dict(word.split(":") for word in text.split())


# Fields of Keras 1 that mean the same in every class which has them.
COMMON = _pairs(
    "W_regularizer:kernel_regularizer b_regularizer:bias_regularizer U_regularizer:recurrent_regularizer "
    "W_constraint:kernel_constraint b_constraint:bias_constraint bias:use_bias init:kernel_initializer "
    "border_mode:padding dim_ordering:data_format"
)
# Fields that no layer of Keras 3 has and that change nothing here.
DROPPED = frozenset(
    "input_dtype batch_input_shape input_shape input_length implementation consume_less module "
    "registered_name build_config shared_object_id time_major fused".split()
)

_RECURRENT = _pairs(
    "output_dim:units inner_init:recurrent_initializer inner_activation:recurrent_activation "
    "dropout_W:dropout dropout_U:recurrent_dropout"
)
_CONV1D = _pairs(
    "nb_filter:filters filter_length:kernel_size subsample_length:strides atrous_rate:dilation_rate"
)
_CONV2D = _pairs("nb_filter:filters subsample:strides atrous_rate:dilation_rate")
_POOL1D = _pairs("pool_length:pool_size stride:strides")


def _without(*names: str) -> Change:
    return lambda config: {key: value for key, value in config.items() if key not in names}


def _gather(new: str, *old: str) -> Change:
    """Several fields of Keras 1 as one tuple."""

    def change(config: Config) -> Config:
        if old[0] not in config:
            return config
        return {**_without(*old)(config), new: [config[name] for name in old]}

    return change


def _then(*changes: Change) -> Change:
    def change(config: Config) -> Config:
        for step in changes:
            config = step(config)
        return config

    return change


def _recurrent(config: Config) -> Config:
    config = _without("input_dim")(config)
    forget = config.pop("forget_bias_init", None)
    return (
        config if forget is None else {**config, "unit_forget_bias": str(forget).lower() in ("one", "ones")}
    )


def _gru(config: Config) -> Config:
    # Absent, it is what the class did before it had the field.
    return {"reset_after": False, **_recurrent(config)}


def _cudnn(config: Config) -> Config:
    return {**config, "activation": "tanh", "recurrent_activation": "sigmoid"}


def _batch_normalization(config: Config) -> Config:
    mode = config.pop("mode", 0)
    if mode not in (0, 2):
        raise ArchiveError(
            f"BatchNormalization of mode {mode} normalized each sample; Keras 3 has no such layer"
        )
    axis = config.get("axis", -1)
    if isinstance(axis, list):
        if len(axis) != 1:
            raise ArchiveError(f"BatchNormalization over the axes {axis}: Keras 3 takes one axis")
        config["axis"] = axis[0]
    if config.pop("renorm", False):
        raise ArchiveError("BatchNormalization with renorm=True: Keras 3 has no batch renormalization")
    lost = ("virtual_batch_size", "renorm_clipping", "renorm_momentum", "adjustment")
    return _without(*lost)(config)


def _embedding(config: Config) -> Config:
    config = {key.replace("kernel_", "embeddings_"): value for key, value in config.items()}
    return _without("dropout", "activity_regularizer")(config)


def _thresholded(config: Config) -> Config:
    return {**_without("theta")(config), "threshold": config.get("theta", 1.0)}


def _padding(config: Config) -> Config:
    """Keras 1 could name the sides in a dict."""
    value = config.get("padding")
    if isinstance(value, Mapping):
        sides = [value.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
        config["padding"] = [sides[:2], sides[2:]]
    return config


def _relu(config: Config) -> Config:
    return {key: 0.0 if value is None and key != "max_value" else value for key, value in config.items()}


def _softmax_axis(config: Config) -> Config:
    axis = config.get("axis", -1)
    return {**config, "axis": axis[0] if isinstance(axis, list) and len(axis) == 1 else axis}


def _deconvolution(config: Config) -> Config:
    return _without("output_shape")(_gather("kernel_size", "nb_row", "nb_col")(config))


_DENSE = Upgrade("Dense", _pairs("output_dim:units"), _without("input_dim"))
_CONVOLUTION1D = Upgrade("Conv1D", _CONV1D, _without("input_dim"))
_CONVOLUTION2D = Upgrade("Conv2D", _CONV2D, _gather("kernel_size", "nb_row", "nb_col"))
_NORMALIZATION = Upgrade("BatchNormalization", _pairs("beta_init:beta_initializer gamma_init:gamma_initializer"),
                         _batch_normalization)  # fmt: skip
_LSTM = Upgrade("LSTM", _RECURRENT, _recurrent)
_GRU = Upgrade("GRU", _RECURRENT, _gru)
_DROPOUT = _pairs("p:rate")

UPGRADES: Mapping[str, Upgrade] = {
    "Dense": _DENSE,
    "Convolution1D": _CONVOLUTION1D,
    "AtrousConvolution1D": _CONVOLUTION1D,
    "Convolution2D": _CONVOLUTION2D,
    "AtrousConvolution2D": _CONVOLUTION2D,
    "Deconvolution2D": Upgrade("Conv2DTranspose", _CONV2D, _deconvolution),
    "Convolution2DTranspose": Upgrade("Conv2DTranspose"),
    "SeparableConvolution2D": Upgrade(
        "SeparableConv2D",
        {**_CONV2D, "init": "depthwise_initializer"},
        _gather("kernel_size", "nb_row", "nb_col"),
    ),
    "Convolution3D": Upgrade(
        "Conv3D", _CONV2D, _gather("kernel_size", "kernel_dim1", "kernel_dim2", "kernel_dim3")
    ),
    "ConvLSTM2D": Upgrade(
        "ConvLSTM2D", {**_CONV2D, **_RECURRENT}, _then(_gather("kernel_size", "nb_row", "nb_col"), _recurrent)
    ),
    "SimpleRNN": Upgrade("SimpleRNN", _RECURRENT, _recurrent),
    "LSTM": _LSTM,
    "UnifiedLSTM": _LSTM,
    "GRU": _GRU,
    "UnifiedGRU": _GRU,
    "GRUCell": Upgrade("GRUCell", change=_gru),
    "CuDNNLSTM": Upgrade("LSTM", change=_cudnn),
    "CuDNNGRU": Upgrade("GRU", change=_then(_cudnn, lambda config: {**config, "reset_after": True})),
    "Embedding": Upgrade("Embedding", change=_embedding),
    "BatchNormalization": _NORMALIZATION,
    "BatchNormalizationV1": _NORMALIZATION,
    "BatchNormalizationV2": _NORMALIZATION,
    "SyncBatchNormalization": Upgrade(
        "BatchNormalization",
        change=_then(_batch_normalization, lambda config: {**config, "synchronized": True}),
    ),
    **{
        name: Upgrade(name, _DROPOUT)
        for name in ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout")
    },
    "GaussianNoise": Upgrade("GaussianNoise", _pairs("sigma:stddev")),
    "MaxPooling1D": Upgrade("MaxPooling1D", _POOL1D),
    "AveragePooling1D": Upgrade("AveragePooling1D", _POOL1D),
    "UpSampling1D": Upgrade("UpSampling1D", _pairs("length:size")),
    "ZeroPadding2D": Upgrade("ZeroPadding2D", change=_padding),
    "LeakyReLU": Upgrade("LeakyReLU", _pairs("alpha:negative_slope")),
    "PReLU": Upgrade("PReLU", _pairs("init:alpha_initializer")),
    "ReLU": Upgrade("ReLU", change=_relu),
    "Softmax": Upgrade("Softmax", change=_softmax_axis),
    "ThresholdedReLU": Upgrade("ReLU", change=_thresholded),
}

GONE: Mapping[str, str] = {
    "MaxoutDense": "Keras 2 removed it; supply a class with names={'MaxoutDense': ...}",
    "Highway": "Keras 2 removed it; supply a class with names={'Highway': ...}",
    "ParametricSoftplus": "Keras 2 removed it; supply a class with names={'ParametricSoftplus': ...}",
    "SReLU": "Keras 2 removed it; supply a class with names={'SReLU': ...}",
    "LocallyConnected1D": "Keras 3 removed it; supply a class with names={'LocallyConnected1D': ...}",
    "LocallyConnected2D": "Keras 3 removed it; supply a class with names={'LocallyConnected2D': ...}",
    "DenseFeatures": "it belongs to TensorFlow's feature columns, which Keras 3 does not have",
    "TFSMLayer": "it runs a TensorFlow program from another folder; load it with keras.layers.TFSMLayer",
    "TorchModuleWrapper": "it holds a pickled PyTorch module",
    "FlaxLayer": "it holds a pickled function",
    "JaxLayer": "it holds a pickled function",
}


def upgrade(class_name: str, config: Config) -> tuple[str, Config]:
    """The class and config of Keras 3 for a class and config of any version.

    Values inside the config are left as they are; only names change.

    Args:
        class_name: The class as the file names it.
        config: Its config.

    Raises:
        ArchiveError: Keras 3 has nothing that computes the same.

    Example:
        >>> upgrade("Dense", {"output_dim": 3, "bias": True})
        ('Dense', {'units': 3, 'use_bias': True})
    """
    if class_name in GONE:
        raise ArchiveError(f"layer class {class_name}: {GONE[class_name]}")
    found = UPGRADES.get(class_name, Upgrade(class_name))
    renames = {**COMMON, **found.renames}
    renamed = {renames.get(key, key): value for key, value in config.items() if key not in DROPPED}
    if found.change is not None:
        renamed = found.change(renamed)
    return found.name, _ordering(renamed)


def _ordering(config: Config) -> Config:
    """Keras 1 called the place of the channels `th` and `tf`."""
    place = config.get("data_format")
    known = {"th": "channels_first", "tf": "channels_last", "default": None}
    return {**config, "data_format": known[place]} if place in known else config
