"""Every rule has its documentation, its advice and a verdict; places that carry code are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lamina.archive import LambdaNode
from lamina.auditing import Verdict, audit
from lamina.auditing.document import rules_page
from lamina.auditing.graph import classify
from lamina.auditing.known import CLASSES, FUNCTIONS
from lamina.auditing.rules import every_rule
from lamina.auditing.shapes import Shapes

pytestmark = pytest.mark.backend_free

_DOCS = Path(__file__).parents[2] / "docs" / "audit"


def model(*layers: Any, **more: Any) -> bytes:
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}, **more}
    return json.dumps(config).encode()


def test_the_page_of_rules_is_current() -> None:
    assert (_DOCS / "rules.md").read_text() == rules_page()


def test_every_rule_has_advice() -> None:
    rules = every_rule()
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.summary and rule.advice and "." in rule.id for rule in rules)


def test_keras_names_are_all_known() -> None:
    keras = pytest.importorskip("keras")
    for part in ("layers", "initializers", "regularizers", "constraints", "optimizers", "losses", "metrics"):
        module = getattr(keras, part)
        classes = {name for name in dir(module) if isinstance(getattr(module, name), type)}
        unknown = (
            classes
            - CLASSES
            - FUNCTIONS
            - {"TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "Lambda"}
        )
        assert unknown == set()
    assert {"get_file", "load_model", "func_load", "enable_unsafe_deserialization", "system"} & (
        CLASSES | FUNCTIONS
    ) == set()


_OUTSIDE = """WriteFile ReadFile PyFunc EagerPyFunc PyFuncStateless MatchingFiles SaveV2 Print LoadDataset
RpcCall TFRecordDataset XlaCustomCall InitializeTableFromTextFileV2""".split()


@pytest.mark.parametrize("name", _OUTSIDE)
def test_operations_that_reach_outside(name: str) -> None:
    assert classify(name) == "outside"


@pytest.mark.parametrize("name", ["MatMul", "Conv2D", "ReadVariableOp", "RandomUniform", "While", "Relu"])
def test_operations_that_compute(name: str) -> None:
    assert classify(name) == "allowed"


def test_path_and_pointer_lead_to_the_layer() -> None:
    inner = {"class_name": "Lambda", "config": {"name": "gate", "function": "unknown_function"}}
    wrapper = {"class_name": "TimeDistributed", "config": {"name": "td", "layer": inner}}
    (finding,) = audit(model(wrapper)).findings
    assert finding.path == "s/td/gate.function"
    assert finding.pointer == "/config/config/layers/0/config/layer/config/function"


def test_worst_verdict_counts() -> None:
    by_name = {"class_name": "Mine", "config": {}}
    gadget = {"module": "os", "class_name": "system", "config": {}}
    assert audit(model(by_name)).verdict is Verdict.BY_NAME
    assert audit(model(by_name, gadget)).verdict is Verdict.NOT_ALLOWED


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ({"build_config": {"input_shape": [None, 3]}}, [(None, 3)]),
        ({"build_config": {"input_shape": [[None, 3], [None, 2]]}}, [[(None, 3), (None, 2)]]),
        ({"config": {"batch_input_shape": [None, 5]}}, [(None, 5)]),
        ({"build_config": {"input_shape": "x"}}, None),
        ({"build_config": {"input_shape": [None, -3]}}, None),
        ({"build_config": {"input_shape": [True]}}, None),
        ({}, None),
    ],
)
def test_shapes(layer: dict[str, Any], shape: Any) -> None:
    node = LambdaNode("l", "/config/layers/0", "l", "Lambda", {})
    assert Shapes({"config": {"layers": [layer]}}).of(node) == shape


def test_shapes_of_connected_inputs() -> None:
    first = {"name": "a", "config": {"batch_input_shape": [None, 7]}}
    layer = {"name": "l", "config": {}, "inbound_nodes": [[["a", 0, 0, {}]]]}
    node = LambdaNode("l", "/config/layers/1", "l", "Lambda", {})
    assert Shapes({"config": {"layers": [first, layer]}}).of(node) == [(None, 7)]
    assert Shapes({"config": {"layers": []}}).of(node) is None
