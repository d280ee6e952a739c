"""Model files as bytes, written by hand: Keras itself refuses to write most of these."""

from __future__ import annotations

import base64
import io
import json
import marshal
import zipfile
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import h5py
import numpy as np

Json = Any
# The zip format's first date: two runs give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def marshalled(function: Callable[..., Any] | CodeType) -> str:
    """A function's code as the base64 text in which Keras stores it."""
    code = function if isinstance(function, CodeType) else function.__code__
    return base64.encodebytes(marshal.dumps(code)).decode()


def saved(function: Any, defaults: Json = None, closure: Json = None) -> Json:
    """A function as Keras 3 stores a lambda; text is taken as the stored code."""
    code = function if isinstance(function, str) else marshalled(function)
    return {"class_name": "__lambda__", "config": {"code": code, "defaults": defaults, "closure": closure}}


def named(name: Json, module: str = "builtins", kind: str = "function") -> Json:
    """A function as Keras 3 stores one by name."""
    return {"class_name": kind, "config": name, "module": module, "registered_name": name}


def layer(kind: str, home: str | None = "keras.layers", registered: Json = None, **config: Json) -> Json:
    """A layer as Keras 3 writes it."""
    config = {"name": kind.lower(), "trainable": True, "dtype": "float32", **config}
    return {"module": home, "class_name": kind, "config": config, "registered_name": registered}


def lambda_layer(function: Json, shape: Json = None, **config: Json) -> Json:
    """A Lambda layer around a stored function."""
    made = layer("Lambda", function=function, arguments={}, **config)
    if shape is not None:
        made["build_config"] = {"input_shape": shape}
    return made


def model(*layers: Json, compiled: Json = None) -> Json:
    """A Sequential model of Keras 3."""
    first = layer("InputLayer", name="input", batch_shape=[None, 4], sparse=False)
    config = {"name": "sequential", "trainable": True, "dtype": "float32", "layers": [first, *layers]}
    whole = {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
    return whole if compiled is None else {**whole, "compile_config": compiled}


def old_model(*layers: Json) -> Json:
    """A Sequential model of Keras 2."""
    return {
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": list(layers)},
        "keras_version": "2.3.1",
    }


def old_lambda(function: Any, **config: Json) -> Json:
    """A Lambda layer of Keras 2."""
    code = [function if isinstance(function, str) else marshalled(function), None, None]
    fields = {"name": "lambda_1", "function": code, "function_type": "lambda", "arguments": {}, **config}
    return {"class_name": "Lambda", "config": fields}


def keras_zip(config: Json, extra: Mapping[str, bytes] | None = None, weights: bytes | None = None) -> bytes:
    """A `.keras` file; a text as the config is written as it is."""
    text = config if isinstance(config, str) else json.dumps(config)
    members = {
        "metadata.json": json.dumps(
            {"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}
        ).encode(),
        "config.json": text.encode(),
        "model.weights.h5": empty_weights() if weights is None else weights,
        **(extra or {}),
    }
    if weights == b"":
        del members["model.weights.h5"]
    return zipped(list(members.items()))


def zipped(members: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive of members in this order, doubles included."""
    import warnings

    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, data in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, _DATE)
            if not isinstance(name, zipfile.ZipInfo):
                info.compress_type = method
            archive.writestr(info, data)
    return buffer.getvalue()


def hdf5(fill: Callable[[h5py.File], Any], **options: Any) -> bytes:
    """An HDF5 file that `fill` writes into."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        fill(file)
    return buffer.getvalue()


def empty_weights() -> bytes:
    """A weights file without weights."""
    return hdf5(lambda file: file.create_group("layers"))


def keras_h5(
    config: Json, fill: Callable[[h5py.File], Any] = lambda file: None, training: Json = None
) -> bytes:
    """A model as HDF5, and whatever `fill` adds to its weights."""

    def write(file: h5py.File) -> None:
        file.attrs["keras_version"] = b"2.3.1"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(config).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([b"dense"])
        dense = group.create_group("dense")
        dense.attrs["weight_names"] = np.array([b"dense/kernel:0"])
        dense.create_dataset("kernel:0", data=np.zeros((2, 2), "float32"))
        fill(file)

    return hdf5(write)


def protobuf(*fields: tuple[int, int | bytes | str]) -> bytes:
    """A protocol buffer message of numbered fields."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | 2) + _varint(len(data)) + data
    return out


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def saved_model(config: Json, operations: tuple[str, ...] = ("Placeholder", "Identity")) -> dict[str, bytes]:
    """A SavedModel folder: the Keras metadata, and a graph of these operations."""
    metadata = json.dumps({"model_config": config, "class_name": "Sequential"})
    node = protobuf((2, 0), (3, "root"), (4, "_tf_keras_sequential"), (5, metadata))
    nodes = [(1, protobuf((1, f"node{i}"), (2, operation))) for i, operation in enumerate(operations)]
    graph = protobuf((1, 1), (2, protobuf((2, protobuf(*nodes)))))
    return {"keras_metadata.pb": protobuf((1, node)), "saved_model.pb": graph}
