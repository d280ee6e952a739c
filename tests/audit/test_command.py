"""`lamina audit`: exit codes, formats, folders and lists."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lamina.auditing import many
from lamina.auditing.many import audit_many
from lamina.auditing.targets import expand
from lamina.cli.audit import command

pytestmark = pytest.mark.backend_free

_PURE = '{"class_name": "Sequential", "config": {"layers": []}}'
_BY_NAME = '{"class_name": "Sequential", "config": [{"class_name": "Mine", "config": {}}]}'
_BAD = '{"class_name": "Sequential", "config": [{"module": "os", "class_name": "system", "config": {}}]}'
_BROKEN = '{"class_name": '
_FILES = {"pure.json": _PURE, "by_name.json": _BY_NAME, "bad.json": _BAD, "broken.json": _BROKEN}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "package.json").write_text('{"name": "no model"}')
    return tmp_path


def run(*args: object, **kwargs: object) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args], **kwargs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "code"), [("pure", 0), ("by_name", 1), ("bad", 2), ("broken", 3), ("missing", 3)]
)
def test_exit_codes(folder: Path, name: str, code: int) -> None:
    assert run(folder / f"{name}.json").exit_code == code


@pytest.mark.parametrize(
    ("fail_on", "codes"),
    [
        ("needs-names", (0, 1, 2, 3)),
        ("by-name", (0, 1, 2, 3)),
        ("not-allowed", (0, 0, 2, 3)),
        ("not-understood", (0, 0, 0, 3)),
        ("never", (0, 0, 0, 0)),
    ],
)
def test_fail_on(folder: Path, fail_on: str, codes: tuple[int, ...]) -> None:
    names = ("pure", "by_name", "bad", "broken")
    found = tuple(run("--fail-on", fail_on, folder / f"{name}.json").exit_code for name in names)
    assert found == codes


def test_a_folder_with_a_corrupt_file_is_audited_to_the_end(folder: Path) -> None:
    result = run("--json", folder)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 3
    assert {Path(line["file"]).name: line["verdict"] for line in lines} == {
        "pure.json": "pure",
        "by_name.json": "by name",
        "bad.json": "not allowed",
        "broken.json": "not understood" if "class_name" in _BROKEN else None,
    }


def test_a_folder_without_models_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert run(tmp_path).exit_code == 3


def test_list_on_standard_input(folder: Path) -> None:
    text = f"{folder / 'pure.json'}\n\n{folder / 'bad.json'}\n"
    result = run("--json", "-", input=text)
    assert [json.loads(line)["verdict"] for line in result.stdout.splitlines()] == ["pure", "not allowed"]


def test_globs_and_doubles(folder: Path) -> None:
    found = expand([str(folder / "b*.json"), str(folder / "bad.json"), str(folder / "none*.json")])
    assert [Path(name).name for name in found] == ["bad.json", "broken.json", "by_name.json", "none*.json"]


def test_saved_model_folders_are_one_target(legacy: Path, tmp_path: Path) -> None:
    shutil.copytree(legacy / "py38_tf210__tfk" / "closure_float.sm", tmp_path / "m.sm")
    assert expand([str(tmp_path)]) == [str(tmp_path / "m.sm")]


def test_url(folder: Path) -> None:
    pytest.importorskip("fsspec")
    result = run("--json", f"file://{folder / 'bad.json'}", "memory://nothing.keras")
    verdicts = [json.loads(line)["verdict"] for line in result.stdout.splitlines()]
    assert verdicts == ["not allowed", "not understood"]


def test_url_of_a_folder_a_pattern_and_an_archive(folder: Path) -> None:
    pytest.importorskip("fsspec")
    inner = folder / "inner"
    inner.mkdir()
    for name in ("a.h5", "b.keras", "c.txt"):
        (inner / name).touch()
    archive = shutil.make_archive(str(folder / "models"), "zip", folder, "inner")
    at = f"file://{folder}"
    assert (
        expand([f"{at}/inner"])
        == expand([f"{at}/inner/*.[hk]*"])
        == [f"{at}/inner/{name}" for name in ("a.h5", "b.keras")]
    )
    assert expand([f"zip://inner/*.h5::{archive}"]) == [f"zip://inner/a.h5::{archive}"]
    for nothing in (f"{at}/none", f"{at}/none/*.h5", "unknown://a", f"{at}/inner/c.txt"):
        assert expand([nothing]) == [nothing]


def test_processes_agree_with_one(folder: Path) -> None:
    targets = [str(folder / name) for name in _FILES] * 10
    alone = {r.file: r.verdict for r in audit_many(targets, workers=1)}
    reports = list(audit_many(targets, workers=2))
    assert len(reports) == len(targets)
    assert {r.file: r.verdict for r in reports} == alone


def test_processes_take_over_from_this_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_ALONE_SECONDS", 0.0)
    monkeypatch.setattr(many, "_START_SECONDS", 0.0)
    targets = [str(folder / name) for name in _FILES] * 10
    here: list[float] = []
    begun = [report.file for report in many._here(targets, here)]
    assert 0 < len(begun) < len(targets)
    assert sorted(report.file for report in audit_many(targets)) == sorted(targets)


def test_processes_must_be_worth_their_start() -> None:
    assert not many.worth_processes([], 10**6)
    assert not many.worth_processes([1.2, 0.001, 0.001, 0.001], 50)  # the first one loaded what all need
    assert many.worth_processes([1.2, 0.001, 0.001, 0.001], 1000)
    assert many.worth_processes([0.9, 0.9], 2)
    assert not many.worth_processes([0.01] * 10, 10**6)  # it is not known for long enough


_CRASH = """
import os, sys
from lamina.auditing import many
real = many.audit_target
def audit_target(target):
    return os.kill(os.getpid(), 9) if target.endswith("bad.json") else real(target)
audit_target.__module__ = many.__name__
many.audit_target = audit_target
print(*sorted(f"{os.path.basename(r.file)}: {r.verdict.text}" for r in many.audit_many(sys.argv[1:], 2)), sep="\\n")
"""


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="a fork hands the crash on")
def test_a_crash_of_a_process_concerns_one_file(folder: Path) -> None:
    targets = [str(folder / name) for name in _FILES]
    done = subprocess.run(
        [sys.executable, "-c", _CRASH, *targets], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "bad.json: not understood",
        "broken.json: not understood",
        "by_name.json: by name",
        "pure.json: pure",
    ]


def test_text_shows_control_characters_as_marks(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(_BAD.replace("system", "\\u001b[31mred [b]bold"))
    result = run(tmp_path / "a.json")
    assert "\x1b[31mred" not in result.stdout
    assert "[b]bold" in result.stdout


def test_text_shows_colons_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "x:smile:.json").write_text(_BAD)
    assert "x:smile:.json" in run(tmp_path / "x:smile:.json").stdout


def test_text_shows_long_names_in_full(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(_BAD.replace("system", "s" * 300))
    printed = run(tmp_path / "a.json").stdout
    assert "\u2026" not in printed
    assert printed.count("s") > 300


def test_sarif(folder: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    log = json.loads(run("--format", "sarif", folder).stdout)
    jsonschema.validate(log, _SARIF)
    (found,) = log["runs"]
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in found["results"])
    levels = {
        Path(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).name: r["level"]
        for r in found["results"]
    }
    assert levels == {"by_name.json": "warning", "bad.json": "error", "broken.json": "error"}


def test_junit(folder: Path) -> None:
    root = ElementTree.fromstring(run("--format", "junit", folder).stdout)
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "2",
        "errors": "1",
    }
    assert sorted(child.tag for case in suite for child in case) == ["error", "failure", "failure"]


def test_output_file(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.sarif"
    assert run("--format", "sarif", "-o", target, folder / "pure.json").exit_code == 0
    assert json.loads(target.read_text())["version"] == "2.1.0"


# The part of the SARIF 2.1.0 schema that the log uses; additional properties are refused as there.
_TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "shortDescription": _TEXT,
        "help": _TEXT,
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": _LEVEL},
            "additionalProperties": False,
        },
        "properties": {"type": "object"},
    },
}
_PLACE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {"uri": {"type": "string", "format": "uri-reference"}},
                }
            },
        },
        "logicalLocations": {
            "type": "array",
            "items": {"properties": {"fullyQualifiedName": {"type": "string"}}},
        },
    },
}
_RESULT = {
    "type": "object",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": _LEVEL,
        "message": _TEXT,
        "locations": {"type": "array", "items": _PLACE},
        "properties": {"type": "object"},
    },
}
_DRIVER = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "semanticVersion": {"type": "string"},
        "rules": {"type": "array", "items": _RULE, "uniqueItems": True},
    },
}
_SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "tool": {"type": "object", "required": ["driver"], "properties": {"driver": _DRIVER}},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": _RESULT},
                },
            },
        },
    },
}
