"""Every spelling of a saved function, both text forms, and the functions of which only the name is there."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from tests.bytecode.saved import blobs, save

from lamina.bytecode import (
    Array,
    NamedFunction,
    SavedFunction,
    is_saved_function,
    library_function,
    read_function,
    read_value,
)
from lamina.bytecode.text import to_bytes
from lamina.errors import BytecodeError

pytestmark = pytest.mark.backend_free

BLOB = blobs()[0]
TEXT = base64.encodebytes(BLOB).decode("ascii")
FACTOR = 2.0


def closure_text() -> str:
    import marshal

    k = 1
    return base64.b64encode(marshal.dumps((lambda x: x * k).__code__)).decode("ascii")


@pytest.mark.parametrize("blob", blobs()[::11], ids=len)
def test_both_text_forms_come_back(blob: bytes) -> None:
    assert to_bytes(base64.encodebytes(blob).decode("ascii")) == (blob, "base64")
    assert to_bytes(base64.b64encode(blob).decode("ascii")) == (blob, "base64")
    if b"\\u" not in blob and b"\\U" not in blob:
        assert to_bytes(blob.decode("raw_unicode_escape")) == (blob, "raw_unicode_escape")
        assert to_bytes(blob.decode("latin-1").encode("latin-1")) == (blob, "raw_unicode_escape")


def test_code_that_stands_there_twice_is_refused() -> None:
    both = {"code": TEXT, "defaults": None, "closure": None, "value": [TEXT, None, None]}
    with pytest.raises(BytecodeError, match="twice"):
        read_function({"class_name": "__lambda__", "config": both})


@pytest.mark.parametrize("text", ["", "YwAAA", "====", "hello world!", "c\x00"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(BytecodeError):
        read_function([text, None, None])


@pytest.mark.parametrize(
    "value",
    [
        [TEXT, [2.0, [1.0, -1.0]], None],
        {"class_name": "__tuple__", "items": [TEXT, [2.0, [1.0, -1.0]], None]},
        {
            "class_name": "__lambda__",
            "config": {"code": TEXT, "defaults": [2.0, [1.0, -1.0]], "closure": None},
        },
        {"class_name": "__lambda__", "config": {"value": [TEXT, [2.0, [1.0, -1.0]], None]}},
        [BLOB.decode("latin-1"), [2.0, [1.0, -1.0]], None],
    ],
)
def test_spellings_with_code(value: Any) -> None:
    assert is_saved_function(value)
    found = read_function(value)
    assert isinstance(found, SavedFunction)
    assert found.defaults == (2.0, [1.0, -1.0])
    assert found.closure == ()
    assert found.name == found.code.name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("softplus", NamedFunction("softplus")),
        (
            {
                "class_name": "function",
                "config": "scale",
                "module": "builtins",
                "registered_name": "function",
            },
            NamedFunction("scale", "builtins"),
        ),
        (
            {"class_name": "builtin_function_or_method", "config": "abs", "module": "builtins"},
            NamedFunction("abs", "builtins", "builtin_function_or_method"),
        ),
        ({"class_name": "method", "config": "scale", "module": None}, NamedFunction("scale", None, "method")),
    ],
)
def test_spellings_by_name(value: Any, expected: NamedFunction) -> None:
    assert not is_saved_function(value)
    assert read_function(value) == expected


@pytest.mark.parametrize(
    "value", [None, 3, [], [None, None, None], {}, {"class_name": "Dense", "config": {}}]
)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(BytecodeError, match="received"):
        read_function(value)


def test_shapes_are_no_functions() -> None:
    assert not is_saved_function([None, 3, 4])
    assert not is_saved_function("relu")
    assert not is_saved_function({"class_name": "__tuple__", "items": [1, 2]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "ndarray", "value": [1.0]}, Array([1.0])),
        (
            {"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "int32"}},
            Array([1, 2], "int32"),
        ),
        ({"class_name": "__tuple__", "items": [1, {"class_name": "__tuple__", "items": [2]}]}, (1, (2,))),
        ({"class_name": "__ellipsis__", "config": {}}, ...),
        ({"a": [1, {"type": "ndarray", "value": 2}]}, {"a": [1, Array(2)]}),
        (
            {"class_name": "function", "config": "inner", "module": "builtins"},
            NamedFunction("inner", "builtins"),
        ),
        (0.25, 0.25),
        ("inner", "inner"),
    ],
)
def test_values_of_closures(value: Any, expected: Any) -> None:
    assert read_value(value) == expected
    found = read_function([closure_text(), None, [value]])
    assert isinstance(found, SavedFunction)
    assert found.closure == (expected,)


def test_a_function_in_a_closure_with_its_code() -> None:
    inner = {"class_name": "__lambda__", "config": {"code": TEXT, "defaults": None, "closure": None}}
    found = read_function([closure_text(), None, [inner]])
    assert isinstance(found, SavedFunction)
    assert isinstance(found.closure[0], SavedFunction)


def test_a_closure_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(BytecodeError, match=r"reads 1 closure variables \(k\), but the file holds 2"):
        read_function([closure_text(), None, [1, 2]])


def test_deep_nesting_is_refused() -> None:
    value: Any = 1
    for _ in range(5000):
        value = [value]
    with pytest.raises(BytecodeError, match="nested more than"):
        read_value(value)
    for _ in range(200):
        value = {"class_name": "__lambda__", "config": {"code": closure_text(), "closure": [value]}}
    with pytest.raises(BytecodeError, match="nested more than"):
        read_function(value)


def library(name: str, path: str, closure: tuple[Any, ...] = ()) -> NamedFunction | None:
    saved = save(lambda x: x)
    code = replace(saved.code, name=name, filename=path)
    return library_function(SavedFunction(code, closure=closure, name=name))


def test_functions_of_the_libraries_themselves_are_told_by_their_path() -> None:
    packages = "/usr/lib/python3/dist-packages/"
    assert library("softplus", packages + "keras/backend/tensorflow_backend.py") == NamedFunction(
        "softplus", "keras.backend.tensorflow_backend"
    )
    dispatch = "C:\\Python\\Lib\\site-packages\\tensorflow\\python\\util\\dispatch.py"
    assert library("wrapper", dispatch, ("softplus", "softplus")) == NamedFunction(
        "softplus", "tensorflow.python.util.dispatch", "wrapper"
    )
    traceback = packages + "tensorflow/python/util/traceback_utils.py"
    lost = library("error_handler", traceback, ("op_dispatch_handler",))
    assert lost == NamedFunction("op_dispatch_handler", "tensorflow.python.util.traceback_utils", "wrapper")
    as_keras_3_names_it = NamedFunction("op_dispatch_handler", "tensorflow.python.util.dispatch")
    assert library("error_handler", traceback, (as_keras_3_names_it,)) == lost
    assert library("<lambda>", "train.py") is None
