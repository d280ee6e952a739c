"""Functions are found wherever a config can hold one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamina.archive import RefusedError, open_model
from lamina.archive.walk import snake_case

pytestmark = pytest.mark.backend_free

BASE64 = ["4wEAAAAAAAAA\n", None, None]
RAW = ["\xe3\x01\x00\x00\x00", [1], None]
PYTHON2 = ["c\x01\x00\x00\x00", None, [0.25]]
KERAS3 = {"class_name": "__lambda__", "config": {"code": "4wEAAAA\n", "defaults": None, "closure": None}}
BY_NAME = {"module": "builtins", "class_name": "function", "config": "f", "registered_name": "function"}


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}}


def found(*layers: Any, **more: Any) -> list[tuple[str, str, str]]:
    text = json.dumps({"class_name": "Functional", "config": {"name": "m", "layers": layers}, **more})
    model = open_model(text.encode())
    return [(node.path, node.class_name, node.pointer) for node in model.lambdas()]


def test_a_lambda_in_nested_models_and_wrappers() -> None:
    inner = layer("Lambda", "l", function=BASE64, function_type="lambda")
    wrapped = layer("Bidirectional", "b", layer=layer("TimeDistributed", "t", layer=inner))
    listed = {"class_name": "Sequential", "config": [inner]}
    assert found(layer("Model", "inner", layers=[wrapped]), listed) == [
        ("m/inner/b/t/l", "Lambda", "/config/config/layers/0/config/layers/0/config/layer/config/layer"),
        ("m/sequential/l", "Lambda", "/config/config/layers/1/config/0"),
    ]


def test_a_lambda_owns_its_own_functions_but_not_what_its_arguments_hold() -> None:
    inside = layer("Lambda", "l", function=BASE64, output_shape=RAW, mask=KERAS3, arguments={"f": KERAS3})
    assert [(path, kind) for path, kind, _ in found(inside)] == [("m/l", "Lambda"), ("m/l/f", "__lambda__")]


def test_registered_and_packaged_lambdas_are_lambdas() -> None:
    assert [kind for _, kind, _ in found(layer("Custom>Lambda", "l"), layer("keras.layers>Lambda", "k"))] == [
        "Lambda"
    ] * 2


def test_merge_is_a_lambda_only_with_a_function() -> None:
    with_mode = layer("Merge", "f", mode=RAW, mode_type="lambda", output_shape=None, output_shape_type="raw")
    with_shape = layer(
        "Merge", "s", mode="sum", mode_type="raw", output_shape=RAW, output_shape_type="lambda"
    )
    plain = layer("Merge", "p", mode="sum", mode_type="raw", layers=[layer("Lambda", "l")])
    assert [(path, kind) for path, kind, _ in found(with_mode, with_shape, plain)] == [
        ("m/f", "Merge"),
        ("m/s", "Merge"),
        ("m/p/l", "Lambda"),
    ]


@pytest.mark.parametrize("code", [BASE64, RAW, PYTHON2, {"class_name": "__tuple__", "items": BASE64}, KERAS3])
def test_code_is_found_outside_lambda_layers(code: Any) -> None:
    assert [entry[:2] for entry in found(layer("Dense", "d", deep=[{"activation": code}]))] == [
        ("m/d/activation", "__lambda__")
    ]


def test_functions_by_type_and_by_name_are_found() -> None:
    typed = layer(
        "RemappedLayer", "r", call="mangled", call_type="lambda", other="abs", other_type="function"
    )
    assert [entry[:2] for entry in found(typed, layer("Dense", "d", activation=BY_NAME))] == [
        ("m/r/call", "__lambda__"),
        ("m/r/other", "function"),
        ("m/d/activation", "function"),
    ]


def test_losses_metrics_and_compile_configs_are_walked(tmp_path: Any) -> None:
    import zipfile

    path = tmp_path / "model.keras"
    config = {"class_name": "Functional", "config": {"name": "m", "layers": []},
              "compile_config": {"loss": {"out": KERAS3}, "metrics": [BY_NAME]}}  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    model = open_model(path)
    assert "compile_config" not in model.config
    assert [(node.path, node.class_name, node.pointer) for node in model.lambdas()] == [
        ("compile/out", "__lambda__", "/compile_config/loss/out"),
        ("compile/metrics", "function", "/compile_config/metrics/0"),
    ]


def test_what_is_no_function_is_left_alone() -> None:
    assert not found(
        layer(
            "Dense", "d", activation="relu", shape=["a", None, None], units_type="raw", mode="x", mode_type=3
        ),
        layer("Embedding", "e", words=["cat", "dog", "cow"], triple=["c", 1, 2]),
    )


def test_a_lambda_without_a_config_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"json\.not-a-model"):
        found({"class_name": "Lambda", "config": [1]})
    with pytest.raises(RefusedError, match=r"json\.not-a-model"):
        found({"class_name": "Lambda"})


def test_objects_are_listed_with_names_made_from_classes() -> None:
    dense = layer("Dense", "d", kernel_initializer={"class_name": "GlorotUniform", "config": {}})
    text = json.dumps({"class_name": "Functional", "config": {"name": "m", "layers": [dense]}})
    nodes = list(open_model(text.encode()).walk())
    assert [(node.path, node.class_name) for node in nodes] == [
        ("m", "Functional"),
        ("m/d", "Dense"),
        ("m/d/glorot_uniform", "GlorotUniform"),
    ]


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["Lambda", "lambda", "__lambda__"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["class_name", "config", "f", "f_type", "items", "name"]), inner)
    ),
    max_leaves=40,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no bad strategy
@given(JSON)
def test_planted_code_is_always_found(value: Any) -> None:
    """However odd the surroundings, code that is no part of another function is reported once."""
    planted = {"class_name": "Functional", "config": {"around": value, "deep": {"x/y": [KERAS3]}}}
    model = open_model(json.dumps(planted).encode())
    with contextlib.suppress(RefusedError):  # a Lambda without a config, which is refused by itself
        pointers = [node.pointer for node in model.lambdas()]
        assert pointers.count("/config/config/deep/x~1y/0") == 1


def test_snake_case_is_that_of_keras() -> None:
    from keras.src.utils.naming import to_snake_case

    names = (
        "Dense",
        "Conv2D",
        "GRU",
        "LSTMCell",
        "MultiHeadAttention",
        "UnitNormalization",
        "A b",
        "ÄFoo1Bar",
    )
    assert [snake_case(name) for name in names] == [to_snake_case(name) for name in names]
