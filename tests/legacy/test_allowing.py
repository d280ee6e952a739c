"""`load_model` follows the audit: only what is pure, supplied or allowed by name is loaded."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from keras import ops

import lamina
from lamina.auditing import Verdict, audit
from lamina.auditing.policy import NotAllowedError
from lamina.cli import group
from lamina.errors import ArgumentError, LaminaError, NamesNeededError
from lamina.legacy import LegacyWarning

sys.path.insert(0, str(Path(__file__).parents[2]))
from attacks.build import saved as saved_code
from attacks.code import bad
from attacks.make import make
from attacks.registry import ATTACKS

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


def gate(x: Any) -> Any:
    return ops.sigmoid(x) * x


def gap(a: Any, b: Any) -> Any:
    return ops.mean(ops.abs(a - b))


class Gate(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return gate(x)


@pytest.fixture
def registered() -> Iterator[None]:
    """The three are registered with Keras, as users do it, and forgotten after the test."""
    table = keras.saving.get_custom_objects()
    before = dict(table)
    for item in (gate, gap, Gate):
        keras.saving.register_keras_serializable("allowing")(item)
    yield
    table.clear()
    table.update(before)


@pytest.fixture(params=["keras", "h5"])
def saved(request: pytest.FixtureRequest, registered: None, tmp_path: Path) -> tuple[Path, Any]:
    """A compiled model that refers to a function, a class and a loss of its author's by name."""
    layers = [keras.Input((3,)), keras.layers.Lambda(gate, name="gate"), Gate(name="own")]
    model = keras.Sequential([*layers, keras.layers.Dense(2, activation=gate)])
    model.compile("sgd", gap)
    path = tmp_path / f"model.{request.param}"
    model.save(path)
    return path, model


@pytest.mark.parametrize(
    "allow", [["gate", "Gate", "gap"], ["allowing>gate", "allowing>Gate", "allowing>gap"]]
)
def test_registered_objects_are_loaded_where_their_names_are_allowed(
    saved: tuple[Path, Any], allow: list[str]
) -> None:
    path, model = saved
    loaded = lamina.load_model(path, allow=allow, report=lambda note: None)
    np.testing.assert_allclose(ops.convert_to_numpy(loaded(X)), ops.convert_to_numpy(model(X)), rtol=1e-6)
    assert loaded.compiled


def test_unset_fails_closed_though_all_is_registered(saved: tuple[Path, Any]) -> None:
    with pytest.raises(NamesNeededError, match="allow=") as caught:
        lamina.load_model(saved[0])
    assert isinstance(caught.value, NotAllowedError)
    assert caught.value.names == ("Gate", "gate")
    assert {finding.rule for finding in caught.value.findings} == {"function.by-name", "object.custom"}


def test_supplied_objects_need_no_permission(saved: tuple[Path, Any]) -> None:
    path, model = saved
    for name in ("allowing>gate", "allowing>gap", "allowing>Gate"):
        del keras.saving.get_custom_objects()[name]
    loaded = lamina.load_model(path, names={"gate": gate, "Gate": Gate, "gap": gap}, report=lambda note: None)
    np.testing.assert_allclose(ops.convert_to_numpy(loaded(X)), ops.convert_to_numpy(model(X)), rtol=1e-6)


def test_a_loss_that_nobody_allowed_is_left_out_and_told(saved: tuple[Path, Any]) -> None:
    path, model = saved
    with pytest.warns(LegacyWarning, match="gap, which is neither Keras's own"):
        loaded = lamina.load_model(path, allow=["gate", "Gate"])
    assert not loaded.compiled
    np.testing.assert_allclose(ops.convert_to_numpy(loaded(X)), ops.convert_to_numpy(model(X)), rtol=1e-6)


@pytest.mark.parametrize("allow", [True, False, None, "gate", {"gate": gate}, [gate]])
def test_allow_is_a_list_of_names(saved: tuple[Path, Any], allow: Any) -> None:
    with pytest.raises(ArgumentError, match=r"list of names.*lamina audit"):
        lamina.load_model(saved[0], allow=allow)


@pytest.mark.parametrize("saved", ["keras"], indirect=True)
def test_the_command_converts_what_is_allowed_by_name(saved: tuple[Path, Any], tmp_path: Path) -> None:
    target = tmp_path / "new.keras"
    arguments = ["convert", str(saved[0]), str(target)]
    refused = CliRunner().invoke(group, arguments)
    assert refused.exit_code == 1
    assert "--allow" in refused.output
    assert not target.exists()
    allowed = [part for name in ("gate", "Gate", "gap") for part in ("--allow", name)]
    done = CliRunner().invoke(group, [*arguments, *allowed])
    assert done.exit_code == 0, done.output
    assert target.exists()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacks")
    make(folder)
    return folder


def test_no_hostile_file_is_loaded_and_nothing_runs(corpus: Path) -> None:
    loaded = []
    for attack in ATTACKS:
        if attack.verdict == "pure" or attack.file.endswith("loss_name.h5"):
            continue
        try:
            lamina.load_model(corpus / attack.file, report=lambda note: None)
        except LaminaError:
            continue
        loaded.append(attack.rule)
    # Instead of code that claims to be Keras's, lamina takes its own function of that name.
    assert loaded == ["function.library-code"]
    assert not (corpus / "MARKER").exists()


def test_a_refusal_shows_the_instructions_around_what_is_refused(corpus: Path) -> None:
    with pytest.raises(NotAllowedError, match=r"lambda\.outside") as caught:
        lamina.load_model(corpus / "017_numpy_save.keras")
    told = str(caught.value)
    assert "sequential/lambda.function: not allowed" in told
    assert "np.save (line 1)" in told
    assert "-->" in told  # the disassembly marks the instruction
    assert "ask the author" in told


# Files of lamina itself, tampered with, in the hands of stock Keras


def _lambda(config: Any) -> dict[str, Any]:
    """The config of the lamina layer somewhere inside."""
    if isinstance(config, dict) and config.get("registered_name") == "lamina>Lambda":
        return config["config"]
    children = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    return next((found for child in children if (found := _lambda(child))), {})


def _changed(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    change(_lambda(config))
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def _op(name: str) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        text = json.dumps(config["expressions"])
        assert '"relu"' in text
        config["expressions"] = json.loads(text.replace('"relu"', json.dumps(name)))

    return change


def _stock_code(config: dict[str, Any]) -> None:
    del config["expressions"]
    config["function"] = saved_code(bad("MARKER"))


TAMPERED = {
    "an operation of os": _op("os.system"),
    "an operation of Keras that reads files": _op("keras.utils.get_file"),
    "an operation with a dunder": _op("__import__"),
    "bytecode in place of the expression": _stock_code,
    "a function by name": lambda config: (
        config.update(
            function={"class_name": "function", "config": "system", "module": "os", "registered_name": None}
        )
        or config.pop("expressions")
    ),
    "no expression": lambda config: config.update(expressions=[]),
    "an expression of another type": lambda config: config.update(expressions="relu"),
    "a mask that is code": lambda config: config.update(
        mask={"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    ),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_stock_keras_in_safe_mode_runs_nothing_of_a_tampered_file(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "own.keras"
    keras.Sequential([keras.Input((3,)), lamina.Lambda(lambda x: ops.relu(x) * 2.0)]).save(path)
    assert audit(path).verdict is Verdict.PURE
    _changed(path, change)
    with pytest.raises((LaminaError, TypeError, ValueError)):
        keras.saving.load_model(path, safe_mode=True)
    with pytest.raises(LaminaError):
        lamina.load_model(path)
    assert audit(path).verdict > Verdict.BY_NAME
    assert not (tmp_path / "MARKER").exists()
