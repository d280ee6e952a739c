"""How a model was compiled: optimizer, loss and metrics of any Keras version."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

from lamina.errors import ArchiveError, LaminaError
from lamina.legacy.values import Config

if TYPE_CHECKING:
    from lamina.legacy.layers import Restorer

_OPTIMIZERS: Mapping[str, Any] = {
    name.lower(): value
    for name, value in vars(keras.optimizers).items()
    if isinstance(value, type) and issubclass(value, keras.optimizers.Optimizer) and name != "Optimizer"
}
_FIELDS = {"lr": "learning_rate"}
# What other versions had and Keras 3 does not, and what changes nothing once training goes on.
_DROPPED = ("decay", "is_legacy_optimizer", "jit_compile", "schedule_decay")
_METRICS = {"acc": "accuracy", "ce": "crossentropy"}


def compile_model(model: Any, saved: Any, restorer: Restorer) -> None:
    """Compiles a model as its file says; what Keras 3 cannot do is noted, and the model is left uncompiled.

    The state of the optimizer is not taken over: its variables have changed with every version.

    Args:
        model: The model.
        saved: `training_config` of an HDF5 file or SavedModel, or `compile_config` of a zip.
        restorer: Has the caller's functions, and the notes.
    """
    try:
        optimizer = _optimizer(saved.get("optimizer_config") or saved.get("optimizer"), restorer)
        model.compile(
            optimizer=optimizer,
            loss=_structure(saved.get("loss"), restorer),
            metrics=_structure(saved.get("metrics") or None, restorer),
            loss_weights=saved.get("loss_weights"),
        )
    except Exception as error:
        restorer.notes.add(
            "compile", f"how the model was compiled was dropped: {type(error).__name__}: {error}"
        )
        return
    restorer.notes.add(
        "compile", "the state of the optimizer was not taken over; training starts with a new one"
    )


def _optimizer(saved: Any, restorer: Restorer) -> Any:
    if isinstance(saved, str):
        saved = {"class_name": saved, "config": {}}
    if not isinstance(saved, Mapping):
        raise ArchiveError(f"expected an optimizer, received {saved!r:.100}")
    name = str(saved.get("class_name")).rsplit(">", 1)[-1]
    own = restorer.names.get(name)
    cls: Any = own if isinstance(own, type) else _OPTIMIZERS.get(name.lower())
    if cls is None:
        raise ArchiveError(f"Keras 3 has no optimizer {name!r}")
    saved_config: Config = dict(saved.get("config") or {})
    config = {_FIELDS.get(key, key): value for key, value in saved_config.items()}
    decay = config.get("decay")
    if decay:
        restorer.notes.add(
            "compile", f"the optimizer's decay of {decay} was dropped; use a learning rate schedule"
        )
    known = set(inspect.signature(cls).parameters) | {"name", "learning_rate"}
    return cls.from_config(
        _rate({key: value for key, value in config.items() if key in known and key not in _DROPPED})
    )


def _rate(config: Config) -> Config:
    """A learning rate schedule as Keras 3 spells it."""
    rate = config.get("learning_rate")
    if isinstance(rate, Mapping):
        name, inner = str(rate.get("class_name")), dict(rate.get("config") or {})
        config["learning_rate"] = keras.optimizers.schedules.deserialize(
            {"class_name": name, "config": inner}
        )
    return config


def _structure(value: Any, restorer: Restorer) -> Any:
    """Losses or metrics in the structure of the file."""
    if isinstance(value, list):
        return [_structure(item, restorer) for item in value]
    if not isinstance(value, Mapping):
        return _named(value, restorer)
    if "class_name" not in value:
        return {key: _structure(item, restorer) for key, item in value.items()}
    name, config = str(value["class_name"]).rsplit(">", 1)[-1], value.get("config")
    if name == "function":
        return _named(config, restorer)
    if isinstance(config, Mapping) and "fn" in config:
        # A function that Keras 2 had wrapped; it chose one for "accuracy" by the loss, as Keras 3 does.
        return "accuracy" if config.get("name") in ("acc", "accuracy") else _structure(config["fn"], restorer)
    own = restorer.names.get(name)
    if isinstance(own, type):
        return own(**config) if isinstance(config, Mapping) else own()
    return _keras_object(name, dict(config) if isinstance(config, Mapping) else {}, restorer)


def _keras_object(name: str, config: Config, restorer: Restorer) -> Any:
    for module in ("losses", "metrics"):
        cls = vars(getattr(keras, module)).get(name)
        if isinstance(cls, type):
            known = {
                "reduction",
                "name",
                "from_logits",
                "label_smoothing",
                "axis",
                "delta",
                "threshold",
                "num_classes",
            }
            kept = {key: item for key, item in config.items() if key in known and item is not None}
            if kept.get("reduction") in ("auto", "SUM_OVER_BATCH_SIZE"):
                kept["reduction"] = "sum_over_batch_size"
            return cls(**kept)
    raise ArchiveError(f"Keras 3 has no loss or metric {name!r}; supply it with names=")


def _named(value: Any, restorer: Restorer) -> Any:
    if not isinstance(value, str):
        return value
    if value in restorer.names:
        return restorer.names[value]
    known = _METRICS.get(value, value)
    for module in (keras.losses, keras.metrics):
        try:
            module.get(known)
        except (ValueError, LaminaError):
            continue
        return known
    if known in ("accuracy", "crossentropy"):
        return known
    raise ArchiveError(f"Keras 3 has no loss or metric {value!r}; supply it: names={{{value!r}: function}}")
