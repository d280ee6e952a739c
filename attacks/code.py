"""Attacks that hide what a function does. None of these functions is ever called.

Their payload would create the marker file; they are compiled from text, in which MARKER is its path.
"""

# ruff: noqa: E501, one row of a table is one line
from __future__ import annotations

import base64
import marshal
from types import CodeType
from typing import Any

from attacks.build import (
    keras_h5,
    keras_zip,
    lambda_layer,
    layer,
    marshalled,
    model,
    old_lambda,
    old_model,
    saved,
)
from attacks.registry import attack

_BYTECODE = "CVE-2024-3660"
_RUN = "__import__('os').system('touch MARKER')"


def code(source: str, marker: str, name: str = "f") -> CodeType:
    """The code object of the function `name` in a source text, or of a lambda expression."""
    text = source.replace("MARKER", marker)
    if not text.lstrip().startswith("def "):
        text = f"{name} = {text}"
    whole = compile(text, "model.py", "exec")
    return next(const for const in whole.co_consts if isinstance(const, CodeType))


def in_zip(function: Any, **config: Any) -> bytes:
    """A `.keras` file with one Lambda."""
    return keras_zip(model(lambda_layer(saved(function), **config)))


# name: (what it attempts, source, rule)
_FUNCTIONS = {
    "import_call": ("a shell command through __import__", f"lambda x: {_RUN} or x", "lambda.outside"),
    "open_write": ("writing a file through open", "lambda x: open('MARKER', 'w') and x", "lambda.outside"),
    "eval": ("eval of a text", "lambda x: eval('__import__(\"os\").system(\"touch MARKER\")')", "lambda.outside"),
    "exec": ("exec of compiled text", "lambda x: exec(compile('open(\"MARKER\",\"w\")', '', 'exec')) or x",
             "lambda.outside"),
    "runtime_names": ("names built at run time", "lambda x: getattr(__import__('o' + 's'), 'sys' + 'tem')('touch MARKER')",
                      "lambda.outside"),
    "reversed_strings": ("a module name written backwards", "lambda x: __import__('so'[::-1]).system('touch MARKER')",
                         "lambda.outside"),
    "subclass_walk": ("every class of the process, through attributes of a tuple",
                      "lambda x: [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen']",
                      "lambda.outside"),
    "function_globals": ("the globals of a function of the vocabulary",
                         "lambda x: K.mean.__globals__['os'].system('touch MARKER')", "lambda.outside"),
    "loader_globals": ("modules that Keras's own loader has imported, as plain globals",
                       "lambda x: os.system('touch MARKER') or x", "lambda.outside"),
    "import_statement": ("an import inside of the body", "def f(x):\n import subprocess\n subprocess.call(['touch', 'MARKER'])\n return x",
                         "lambda.outside"),
    "from_import": ("a from-import inside of the body", "def f(x):\n from os import system as mean\n mean('touch MARKER')\n return x",
                    "lambda.outside"),
    "relative_import": ("an import of a module of the framework that is no vocabulary",
                        "def f(x):\n from keras.src.utils.file_utils import get_file\n get_file('m', 'file:///MARKER')\n return x",
                        "lambda.outside"),
    "get_file": ("Keras's download function", "lambda x: keras.utils.get_file('m', 'http://localhost/m') and x",
                 "lambda.outside"),
    "write_file_op": ("TensorFlow's file operation", "lambda x: tf.io.write_file('MARKER', 'x') or x", "lambda.outside"),
    "read_file_op": ("reading a file into the tensor", "lambda x: x + tf.strings.length(tf.io.read_file('/etc/hostname'))",
                     "lambda.outside"),
    "py_function": ("Python inside of a TensorFlow graph", "lambda x: tf.py_function(lambda y: open('MARKER', 'w'), [x], 'float32')",
                    "lambda.outside"),
    "numpy_save": ("NumPy's file functions", "lambda x: np.save('MARKER', np.zeros(1)) or x", "lambda.outside"),
    "numpy_load": ("an unpickling NumPy load", "lambda x: x + np.load('MARKER', allow_pickle=True)", "lambda.outside"),
    "torch_load": ("an unpickling torch load", "lambda x: torch.load('MARKER')", "lambda.outside"),
    "tofile": ("a method of arrays that writes a file", "lambda x: x.numpy().tofile('MARKER')", "lambda.outside"),
    "shape_branch": ("a branch that only another input shape takes",
                     f"lambda x: x if x.shape[-1] == 4 else {_RUN}", "lambda.hidden"),
    "backend_branch": ("a branch that only another backend takes",
                       f"lambda x: {_RUN} if K.floatx() == 'bfloat16' else x * 2", "lambda.hidden"),
    "except_handler": ("a handler of an error that lamina does not raise",
                       f"def f(x):\n try:\n  y = x * 2\n except Exception:\n  y = {_RUN}\n return y", "lambda.hidden"),
    "nested_function": ("code inside of an inner function", f"def f(x):\n def g(y):\n  return {_RUN}\n return x * 2",
                        "lambda.hidden"),
    "comprehension": ("code inside of a comprehension", f"lambda x: [{_RUN} for _ in range(1)] and x", "lambda.outside"),
    "keyword_default": ("code in the defaults of an inner function",
                        f"def f(x):\n def g(y, z={_RUN}):\n  return y\n return g(x)", "lambda.outside"),
    "container_call": ("a module picked out of a list", "lambda x: [os, sys][0].system('touch MARKER')", "lambda.outside"),
    "setattr": ("changing a global switch", "lambda x: setattr(keras.config, 'floatx', 1) or x", "lambda.outside"),
    "unsafe_switch": ("turning safe mode off from within", "lambda x: keras.config.enable_unsafe_deserialization() or x",
                      "lambda.outside"),
    "format_string": ("attributes through a format string",
                      "lambda x: x * len('{0.__class__.__init__.__globals__}'.format(x))", "lambda.outside"),
    "with_open": ("a with statement",
                    "def f(x):\n with open('MARKER', 'w') as g:\n  g.write('x')\n return x", "lambda.outside"),
    "endless": ("a loop without end", "def f(x):\n while True:\n  pass", "lambda.outside"),
    "recursion": ("a function that calls itself", "def f(x):\n def g(y):\n  return g(y)\n return g(x)", "lambda.outside"),
    "integer_bomb": ("an integer of a billion digits", "lambda x: x * (9 ** 9 ** 9)", "lambda.outside"),
    "string_bomb": ("a text of a terabyte", "lambda x: x * len('a' * 10 ** 12)", "lambda.outside"),
    "list_bomb": ("a list of a terabyte", "lambda x: x * len([0] * 10 ** 12)", "lambda.outside"),
    "range_bomb": ("a loop over 10**15 numbers", "lambda x: x * sum(range(10 ** 15))", "lambda.outside"),
}  # fmt: skip
for _name, (_attempts, _source, _rule) in _FUNCTIONS.items():
    attack(f"{_name}.keras", _attempts, _rule, advisory=_BYTECODE)(
        lambda marker, source=_source: in_zip(code(source, marker), shape=[None, 4])
    )


def bad(marker: str) -> CodeType:
    """The payload of the attacks that are about the place and not about the code."""
    return code(f"lambda x: {_RUN} or x", marker)


def good(marker: str) -> CodeType:
    """A harmless function."""
    return code("lambda x: x * 2", marker)


attack(
    "output_shape.keras",
    "code in output_shape, beside a harmless function",
    "lambda.outside",
    advisory=_BYTECODE,
)(lambda m: in_zip(good(m), output_shape=saved(bad(m))))
attack("mask.keras", "code in mask, beside a harmless function", "lambda.outside", advisory=_BYTECODE)(
    lambda m: in_zip(good(m), mask=saved(bad(m)))
)
attack("closure_code.keras", "a function with code in the closure", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(model(lambda_layer(saved(with_closure(), closure=[saved(bad(m))]))))
)
attack("default_code.keras", "a function with code in the defaults", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(
        model(lambda_layer(saved(code("lambda x, g=None: g(x)", m), defaults=[saved(bad(m))])))
    )
)
attack("constant_code.keras", "code in a tuple among the constants", "lambda.hidden", advisory=_BYTECODE)(
    lambda m: in_zip(good(m).replace(co_consts=(*good(m).co_consts, (bad(m),))))
)
attack(
    "library_path.keras",
    "code that claims to lie in an installed package",
    "lambda.outside",
    advisory=_BYTECODE,
)(lambda m: in_zip(bad(m).replace(co_filename="/usr/lib/python3/site-packages/helper/util.py")))
attack(
    "arguments_code.keras",
    "code among the arguments of a harmless Lambda",
    "lambda.outside",
    advisory=_BYTECODE,
)(lambda m: keras_zip(model(layer("Lambda", function=saved(good(m)), arguments={"g": saved(bad(m))}))))
attack(
    "registered_lambda.keras", "a Lambda under a registered class name", "lambda.outside", advisory=_BYTECODE
)(lambda m: keras_zip(model({**lambda_layer(saved(bad(m))), "class_name": "evil>Lambda"})))
attack(
    "both_spellings.keras",
    "code beside the expressions of a lamina.Lambda",
    "lambda.outside",
    advisory=_BYTECODE,
)(
    lambda m: keras_zip(
        model(layer("Lambda", "lamina", "lamina>Lambda", function=saved(bad(m)), expressions=_expression()))
    )
)
attack("time_distributed.keras", "a Lambda inside of a wrapper", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(model(layer("TimeDistributed", layer=lambda_layer(saved(bad(m))))))
)
attack(
    "inner_model.keras", "a Lambda inside of a model inside of a model", "lambda.outside", advisory=_BYTECODE
)(lambda m: keras_zip(model(model(model(lambda_layer(saved(bad(m))))))))
attack("loss.keras", "code as the loss", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(model(compiled={"optimizer": "adam", "loss": saved(bad(m)), "metrics": None}))
)
attack("metric.keras", "code among the metrics", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(
        model(compiled={"optimizer": "adam", "loss": "mse", "metrics": [["mae", saved(bad(m))]]})
    )
)
attack("schedule.keras", "code as the learning rate of the optimizer", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(
        model(compiled={"optimizer": layer("Adam", "keras.optimizers", learning_rate=saved(bad(m)))})
    )
)
attack("callback.keras", "a callback with code, in the compile config", "lambda.outside", advisory=_BYTECODE)(
    lambda m: keras_zip(
        model(
            compiled={"callbacks": [layer("LambdaCallback", "keras.callbacks", on_epoch_end=saved(bad(m)))]}
        )
    )
)
attack(
    "list_form.h5", "code in the list form of Keras 2, in HDF5", "lambda.outside", advisory="CVE-2025-9905"
)(lambda m: keras_h5(old_model(old_lambda(bad(m)))))
attack(
    "dict_form.h5", "code in the dict form of Keras 3, in HDF5", "lambda.outside", advisory="CVE-2025-9905"
)(lambda m: keras_h5(model(lambda_layer(saved(bad(m))))))
attack(
    "training_config.h5", "code in the training config of HDF5", "lambda.outside", advisory="CVE-2025-9905"
)(
    lambda m: keras_h5(
        old_model(), training={"loss": [marshalled(bad(m)), None, None], "optimizer_config": {}}
    )
)
attack("raw_text.json", "code as raw text, not base64", "lambda.outside", advisory=_BYTECODE)(
    lambda m: _json(old_model(old_lambda(marshal.dumps(bad(m)).decode("latin-1"))))
)
attack("output_shape_old.json", "code in output_shape of Keras 2", "lambda.outside", advisory=_BYTECODE)(
    lambda m: _json(
        old_model(
            old_lambda(good(m), output_shape=[marshalled(bad(m)), None, None], output_shape_type="lambda")
        )
    )
)
attack("merge_mode.json", "code in mode of Keras 1's Merge", "lambda.outside", advisory=_BYTECODE)(
    lambda m: _json(old_model({"class_name": "Merge", "config": {"name": "merge", "mode_type": "lambda",
                                                                 "mode": [marshalled(bad(m)), None, None]}}))
)  # fmt: skip
attack("tuple_form.json", "code in the tuple form of SavedModels", "lambda.outside", advisory=_BYTECODE)(
    lambda m: _json(old_model({"class_name": "Lambda", "config": {
        "name": "l", "function": {"class_name": "__tuple__", "items": [marshalled(bad(m)), None, None]}}}))
)  # fmt: skip
attack("code.yaml", "code in a YAML architecture", "lambda.outside", advisory=_BYTECODE)(
    lambda m: _yaml_lambda(marshalled(bad(m)))
)
_DAMAGED = "not understood"


def _damaged(change: Any) -> Any:
    return lambda m: in_zip(base64.b64encode(change(marshal.dumps(good(m)))).decode())


_SHALLOW = marshal.dumps((1, 2))
attack("truncated_code.keras", "code that is cut short", "lambda.damaged", _DAMAGED)(
    _damaged(lambda b: b[:-20])
)
attack("random_code.keras", "noise instead of code", "lambda.damaged", _DAMAGED)(
    _damaged(lambda b: b[:1] + b"\xa7" * 60)
)
attack("other_object.keras", "a marshalled tuple instead of code", "lambda.damaged", _DAMAGED)(
    _damaged(lambda b: _SHALLOW)
)
attack("no_opcodes.keras", "instructions that no Python has", "lambda.damaged", _DAMAGED)(
    lambda m: in_zip(good(m).replace(co_code=b"\xff\xff" * 8))
)
attack("stack_bomb.keras", "a stack of two billion entries", "lambda.damaged", _DAMAGED)(
    lambda m: in_zip(good(m).replace(co_stacksize=2**31 - 1))
)
attack(
    "marshal_depth.keras", "a marshalled tuple nested a hundred thousand deep", "lambda.damaged", _DAMAGED
)(_damaged(lambda b: b")\x01" * 100_000 + b"N"))
attack(
    "marshal_length.keras", "a marshalled tuple that declares two billion items", "lambda.damaged", _DAMAGED
)(_damaged(lambda b: b"(\xff\xff\xff\x7f" + b"N" * 50))
attack(
    "marshal_references.keras",
    "marshalled tuples that double forty times by reference",
    "lambda.damaged",
    _DAMAGED,
)(_damaged(lambda b: _doubling(40)))
attack("marshal_integer.keras", "a marshalled integer of a million digits", "lambda.damaged", _DAMAGED)(
    _damaged(lambda b: b"l" + (300_000).to_bytes(4, "little") + b"\x01\x00" * 300_000)
)
attack("closure_count.keras", "fewer closure values than the code reads", "lambda.damaged", _DAMAGED)(
    lambda m: keras_zip(model(lambda_layer(saved(with_closure(), closure=[]))))
)
attack("function_type.keras", "a number instead of a function", "lambda.damaged", _DAMAGED)(
    lambda m: keras_zip(model(lambda_layer(7)))
)
attack("closure_depth.keras", "a closure nested sixty deep", "lambda.damaged", _DAMAGED)(
    lambda m: keras_zip(model(lambda_layer(saved(with_closure(), closure=[_nested(60)]))))
)


def with_closure() -> CodeType:
    """The code of a function that calls what its closure holds."""

    def outer(g: Any) -> Any:
        return lambda x: g(x)

    return outer(None).__code__  # type: ignore[no-any-return]


def _doubling(times: int) -> bytes:
    """Nested pairs, each of which holds the one before twice."""
    body = b"\xa9\x02NN"
    for index in range(times):
        body = b"\xa9\x02" + body + b"r" + (times - index).to_bytes(4, "little")
    return body


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def _expression() -> Any:
    return [{"expression": {"lamina": 1, "by": "0.1.0", "calls": [["square", ["%0"]]], "outputs": "%1"}}]


def _json(config: Any) -> bytes:
    import json

    return json.dumps(config).encode()


def _yaml_lambda(text: str) -> bytes:
    code_line = "".join(text.split())
    return (
        "class_name: Sequential\nconfig:\n  name: s\n  layers:\n  - class_name: Lambda\n    config:\n"
        f"      name: l\n      function_type: lambda\n      function:\n      - {code_line}\n      - null\n      - null\n"
    ).encode()
