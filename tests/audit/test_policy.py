"""What may be loaded: only what is pure, supplied, or allowed by name."""

from __future__ import annotations

import pytest

from lamina.auditing import Finding, Report, Verdict
from lamina.auditing.policy import NotAllowedError, check
from lamina.errors import ArgumentError, LaminaError, NamesNeededError

pytestmark = pytest.mark.backend_free


def report(verdict: Verdict, *names: str) -> Report:
    return Report(
        "m.keras", findings=(Finding("lambda.outside", verdict, names=names, message="what\nmore"),)
    )


def test_pure_passes() -> None:
    check(Report("m.keras"))
    check(report(Verdict.PURE))


@pytest.mark.parametrize("verdict", [v for v in Verdict if v])
def test_unset_fails_closed(verdict: Verdict) -> None:
    with pytest.raises(NotAllowedError) as error:
        check(report(verdict, "gate"))
    assert isinstance(error.value, LaminaError)
    assert error.value.findings[0].verdict is verdict


def test_names_must_all_be_supplied() -> None:
    needs = report(Verdict.NEEDS_NAMES, "SCALE", "helper.mean")
    check(needs, names={"SCALE": 2, "helper": object()})
    check(needs, allow=["SCALE", "helper.mean"])
    with pytest.raises(NotAllowedError, match=r"helper\.mean"):
        check(needs, names={"SCALE": 2})


def test_a_class_may_be_allowed_by_either_of_its_names() -> None:
    found = report(Verdict.BY_NAME, "Gate", "mine>Gate")
    check(found, allow=["mine>Gate"])
    check(found, names={"Gate": object})


@pytest.mark.parametrize("verdict", [Verdict.NOT_ALLOWED, Verdict.NOT_UNDERSTOOD])
def test_what_is_not_allowed_cannot_be_allowed(verdict: Verdict) -> None:
    with pytest.raises(NotAllowedError):
        check(
            report(verdict, "os.system"),
            allow=["os.system", "lambda.outside", "m.keras"],
            names={"os.system": 1, "os": 2},
        )


def test_what_only_lacks_names_asks_for_them() -> None:
    findings = (
        Finding("lambda.needs-names", Verdict.NEEDS_NAMES, names=("SCALE", "mean")),
        Finding("function.by-name", Verdict.BY_NAME, names=("gate", "mine>gate")),
    )
    with pytest.raises(
        NamesNeededError, match=r"names=\{'SCALE': \.\.\., 'gate': \.\.\., 'mean': \.\.\.\}"
    ) as caught:
        check(Report("m.keras", findings=findings))
    assert isinstance(caught.value, NotAllowedError)
    assert caught.value.names == ("SCALE", "gate", "mean")


def test_what_the_compile_config_lacks_does_not_stop_the_model() -> None:
    loss = Finding("function.by-name", Verdict.BY_NAME, pointer="/compile_config/loss", names=("gap",))
    assert check(Report("m.keras", findings=(loss,))) == (loss,)
    assert check(Report("m.keras", findings=(loss,)), allow=["gap"]) == ()
    code = Finding(
        "lambda.outside", Verdict.NOT_ALLOWED, pointer="/compile_config/loss", names=("os.system",)
    )
    with pytest.raises(NotAllowedError):
        check(Report("m.keras", findings=(code,)))


@pytest.mark.parametrize(
    "pointer", ["/objects/3/config/activation", "/config/config/layers/1/config/output_shape"]
)
def test_names_in_what_is_not_used_need_not_be_supplied(pointer: str) -> None:
    shape = Finding("function.by-name", Verdict.BY_NAME, pointer=pointer, names=("shape_of",))
    assert check(Report("m.h5", findings=(shape,))) == ()
    code = Finding("lambda.outside", Verdict.NOT_ALLOWED, pointer=pointer)
    with pytest.raises(NotAllowedError):
        check(Report("m.h5", findings=(code,)))


def test_rules_that_nothing_reads_may_be_allowed_by_their_id() -> None:
    member = Finding("zip.unknown-member", Verdict.NOT_UNDERSTOOD, message="'notes.txt'")
    assert check(Report("m.keras", findings=(member,)), allow=["zip.unknown-member"]) == ()
    with pytest.raises(NotAllowedError):
        check(Report("m.keras", findings=(member,)))
    pickled = Finding("zip.pickle-member", Verdict.NOT_ALLOWED)
    with pytest.raises(NotAllowedError):
        check(Report("m.keras", findings=(pickled,)), allow=["zip.pickle-member"])


@pytest.mark.parametrize("allow", [True, False, "gate", b"gate", 3, [1], None])
def test_allow_is_a_list_of_names(allow: object) -> None:
    with pytest.raises(ArgumentError, match="list of names"):
        check(Report("m.keras"), allow=allow)  # type: ignore[arg-type]
