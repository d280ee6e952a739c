"""JSON and YAML architectures: what is ambiguous or too large is refused."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamina.archive import Limits, RefusedError, open_model
from lamina.archive.jsondata import parse_json
from lamina.archive.rules import Findings

pytestmark = pytest.mark.backend_free

MODEL = {"class_name": "Sequential", "config": {"name": "s", "layers": []}, "keras_version": "2.1.6"}


def refused(data: bytes | Path, limits: Limits | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        open_model(data, limits or Limits())
    return caught.value.note.rule


def parsed(text: str | bytes) -> tuple[Any, list[str]]:
    findings = Findings("test")
    return parse_json(text, findings, Limits()), [note.rule for note in findings.notes]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(value: Any, plain: bool) -> None:
    text = json.dumps(value, ensure_ascii=plain)
    found, notes = parsed(text.encode("utf-8", "surrogatepass") if plain else text.encode("utf-8"))
    assert found == json.loads(text)
    infinite = any(word in text for word in ("Infinity", "NaN"))
    assert set(notes) <= {"json.non-finite"} if infinite else notes == []


def test_a_model_in_json() -> None:
    text = json.dumps(MODEL).encode()
    for data in (text, b"\xef\xbb\xbf" + text, b"\n " + text):
        assert (open_model(data).config, open_model(data).keras_version) == (MODEL, "2.1.6")
    twice = open_model(json.dumps(json.dumps(MODEL)).encode())
    assert (twice.config, [note.rule for note in twice.notes]) == (MODEL, ["json.double-encoded"])


def test_non_finite_numbers_are_noted() -> None:
    value, notes = parsed('{"a": NaN, "b": -Infinity}')
    assert math.isnan(value["a"])
    assert (value["b"], notes) == (-math.inf, ["json.non-finite", "json.non-finite"])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b'{"class_name": "A", "config": {}, "class_name": "B"}', "json.duplicate-key"),
        (b'{"class_name": "A", "config": {"a": {"b": 1, "b": 1}}}', "json.duplicate-key"),
        (b'{"a": ' * 300 + b"1" + b"}" * 300, "json.depth"),
        (b"[" * 100_000, "json.depth"),
        (b"[" + b"0," * 1_100_000 + b"0]", "json.size"),
        (b"[" + b"9" * 10_000 + b"]", "json.size"),
        (b'{"class_name": "A", "config": {}} {}', "json.damaged"),
        (b'{"class_name": "A"', "json.damaged"),
        (b'{"class_name": "\xff"}', "json.not-utf8"),
        (b"{}", "json.not-a-model"),
        (b"[1, 2]", "json.not-a-model"),
        (b'{"class_name": 3, "config": {}}', "json.not-a-model"),
        (b'{"class_name": "A", "config": 3}', "json.not-a-model"),
    ],
)
def test_bad_json_is_refused(text: bytes, rule: str) -> None:
    assert refused(text) == rule


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "begins with"),
        (b"\x80\x04\x95", "pickle"),
        (b"\x93NUMPY", "NumPy"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_other_files_are_named(data: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        open_model(data)
    assert caught.value.note.rule == "file.unknown"


def test_paths_that_are_no_files_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing") == "file.missing"
    assert refused(Path("/dev/null")) == "file.not-regular"
    assert refused(tmp_path) == "file.unknown"
    with pytest.raises(RefusedError, match=r"weights\.missing"):
        open_model(json.dumps(MODEL).encode()).weights()


def test_an_error_keeps_its_note_across_processes() -> None:
    import pickle

    with pytest.raises(RefusedError) as caught:
        open_model(b"[]")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.note, str(copy)) == (caught.value.note, str(caught.value))


YAML = """
backend: tensorflow
class_name: Model
keras_version: 2.1.6
config:
  name: !!python/unicode 'm'
  layers:
  - class_name: Lambda
    config:
      {name: double, function: &f ["4wEAAAA=\\n", null, null], function_type: lambda, when: 2020-01-01}
    inbound_nodes: [[!!python/tuple [input_1, 0, 0]]]
  - class_name: Other
    config: {copy: *f, bound: .inf, truth: true, number: 0x10, nothing: ~}
"""


def test_a_model_in_yaml() -> None:
    pytest.importorskip("yaml")
    model = open_model(YAML.encode())
    assert (model.kind, model.keras_version, model.backend) == ("yaml", "2.1.6", "tensorflow")
    first, other = model.config["config"]["layers"]
    assert first["config"]["function"] == ["4wEAAAA=\n", None, None] == other["config"]["copy"]
    assert first["inbound_nodes"] == [[["input_1", 0, 0]]]
    assert first["config"]["when"] == "2020-01-01"
    assert other["config"] == {"copy": first["config"]["function"], "bound": math.inf, "truth": True,
                               "number": 16, "nothing": None}  # fmt: skip
    assert [note.rule for note in model.notes] == ["json.non-finite"]
    assert [node.path for node in model.lambdas()] == ["m/double", "m/other/copy"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("!!python/object/apply:os.system [id]", "yaml.tag"),
        ("!!python/object:collections.OrderedDict {}", "yaml.tag"),
        ("!!python/name:os.system ''", "yaml.tag"),
        ("!local x", "yaml.tag"),
        ("!!binary aGk=", "yaml.tag"),
        ("!!set {a, b}", "yaml.tag"),
        ("{a: 1, a: 2}", "json.duplicate-key"),
        ("{1: 2}", "yaml.damaged"),
        ("&a [*a]", "yaml.alias-cycle"),
        ("*missing", "yaml.damaged"),
        ("[" * 300 + "]" * 300, "json.depth"),
        ("[" * 5000, "yaml.damaged"),
        ("1" + ":1" * 5000, "json.size"),
        ("!!int many", "yaml.damaged"),
        ("{", "yaml.damaged"),
    ],
)
def test_bad_yaml_is_refused(text: str, rule: str) -> None:
    pytest.importorskip("yaml")
    assert refused(f"class_name: A\nconfig: {text}\n".encode()) == rule


def test_a_yaml_alias_bomb_is_refused() -> None:
    pytest.importorskip("yaml")
    lines = ["class_name: A", "config:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert refused("\n".join(lines).encode()) == "json.size"


def test_yaml_without_pyyaml_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert refused(b"class_name: A\nconfig: {}\n") == "yaml.needs-pyyaml"
