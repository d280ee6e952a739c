"""Functions that old model files hold as Python bytecode, read without running them.

    text in a config --read_function--> SavedFunction --evaluate--> what it computes

`read_function` understands every spelling that a Keras has used; the bytes are unmarshalled by code
of our own into `Code`, which is data. `readings` decides from the code itself which Python wrote
it, 2.7 or 3.4 to 3.14. `evaluate` follows its instructions on objects that it is handed, reaching
nothing but what a `Namespace` gives it. Nothing here imports a deep-learning framework or NumPy.
"""

from __future__ import annotations

from lamina.bytecode.code import Code
from lamina.bytecode.decode import Instruction, decode, disassemble
from lamina.bytecode.evaluate import evaluate, free_names
from lamina.bytecode.function import is_saved_function, read_function, read_value
from lamina.bytecode.library import library_function
from lamina.bytecode.limits import Limits
from lamina.bytecode.namespace import Module, Namespace, PlainNamespace
from lamina.bytecode.report import MissingNamesError
from lamina.bytecode.unmarshal import unmarshal
from lamina.bytecode.values import Array, NamedFunction, SavedFunction
from lamina.bytecode.version import Reading, possible_versions, readings

__all__ = [
    "Array",
    "Code",
    "Instruction",
    "Limits",
    "MissingNamesError",
    "Module",
    "NamedFunction",
    "Namespace",
    "PlainNamespace",
    "Reading",
    "SavedFunction",
    "decode",
    "disassemble",
    "evaluate",
    "free_names",
    "is_saved_function",
    "library_function",
    "possible_versions",
    "read_function",
    "read_value",
    "readings",
    "unmarshal",
]
