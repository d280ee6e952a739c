"""The corpus of hostile files: each is refused by the right rule, and nothing in it runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lamina.auditing import Verdict, audit
from lamina.auditing.policy import NotAllowedError, check
from lamina.auditing.rules import AUDIT_RULES

pytestmark = pytest.mark.backend_free

sys.path.insert(0, str(Path(__file__).parents[2]))
from attacks.make import make, table  # noqa: E402
from attacks.registry import ATTACKS, Attack  # noqa: E402


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    make(folder)
    return folder


def _id(attack: Attack) -> str:
    return attack.file


@pytest.mark.parametrize("attack", ATTACKS, ids=_id)
def test_answer(corpus: Path, attack: Attack) -> None:
    report = audit(corpus / attack.file)
    assert report.verdict.text == attack.verdict, report
    assert not attack.rule or any(f.rule.startswith(attack.rule) for f in report.findings), report
    assert not (corpus / "MARKER").exists()
    refused = [finding for finding in report.findings if finding.verdict is Verdict.NOT_ALLOWED]
    assert not any("names={" in finding.message for finding in refused)  # no advice to supply it


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.verdict != "pure"], ids=_id)
def test_policy_fails_closed(corpus: Path, attack: Attack) -> None:
    report = audit(corpus / attack.file)
    if attack.rule == "function.library-code":
        assert check(report) == ()  # nothing of the code is used
        return
    if all(f.pointer.startswith("/compile_config") and f.verdict is Verdict.BY_NAME for f in report.findings):
        assert check(report) == report.findings  # the model may be loaded without how it was compiled
        return
    with pytest.raises(NotAllowedError):
        check(report)


@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS if a.file.endswith((".keras", ".h5", ".json"))], ids=_id
)
def test_bytes_and_path_agree(corpus: Path, attack: Attack) -> None:
    path = corpus / attack.file
    by_path, by_bytes = audit(path), audit(path.read_bytes(), name=str(path))
    assert [f.rule for f in by_path.findings] == [f.rule for f in by_bytes.findings]
    assert by_path.verdict == by_bytes.verdict


def test_no_false_alarm_among_the_harmless() -> None:
    harmless = [a for a in ATTACKS if "_benign_" in a.file]
    assert len(harmless) >= 15
    assert {a.verdict for a in harmless} <= {"pure", "needs names", "by name"}


def test_numbers_are_unique_and_every_audit_rule_has_an_attack() -> None:
    assert [a.number for a in ATTACKS] == list(range(1, len(ATTACKS) + 1))
    reached = {a.rule for a in ATTACKS}
    silent = {"lambda.needs-shape", "audit.unfinished"}
    assert set(AUDIT_RULES) - reached <= silent


def test_readme_has_the_table() -> None:
    readme = Path(sys.modules["attacks.make"].__file__ or "").with_name("README.md").read_text()
    assert table() in readme


def test_nothing_else_is_opened_and_nothing_written(corpus: Path) -> None:
    """Every file opened while auditing lies in the corpus or in Python's own folders; none for writing."""
    seen: list[tuple[str, str]] = []
    active = True
    forbidden = ("os.system", "subprocess.Popen", "socket.connect", "os.remove", "os.mkdir", "os.rename")

    def hook(event: str, args: tuple[object, ...]) -> None:
        if active and event == "open" and isinstance(args[2], int):
            writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes or not str(args[0]).startswith((str(corpus), *filter(None, sys.path))):
                seen.append((event, f"{args}"))
        elif active and event in (*forbidden, "marshal.loads", "pickle.find_class", "exec", "compile"):
            seen.append((event, f"{args}"))

    for attack in ATTACKS:  # whatever is imported lazily is imported now
        audit(corpus / attack.file)
    sys.addaudithook(hook)
    try:
        for attack in ATTACKS:
            audit(corpus / attack.file)
    finally:
        active = False
    assert seen == []
    assert sorted(os.listdir(corpus)) == sorted([*(a.file for a in ATTACKS), "manifest.json"])


def test_damaged_code_is_never_pure(corpus: Path) -> None:
    for attack in ATTACKS:
        if attack.rule == "lambda.damaged":
            assert audit(corpus / attack.file).verdict is Verdict.NOT_UNDERSTOOD
