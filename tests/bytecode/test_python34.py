"""Python 3.4 and 3.5: code assembled from their documentation, checked by a second decoder (xdis)."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xdis.bytecode
import xdis.magics
import xdis.op_imports
import xdis.unmarshal
from tests.bytecode.assembler import Assembly, Untranslatable, marshal_code, translate
from tests.bytecode.saved import Golden, golden, probe, world
from xdis.version_info import PythonImplementation

from lamina.bytecode import SavedFunction, decode, evaluate, possible_versions, readings, unmarshal
from lamina.errors import BytecodeError

pytestmark = pytest.mark.backend_free


def assembled(assembly: Assembly, version: str) -> SavedFunction:
    return SavedFunction(unmarshal(marshal_code(assembly, version)))


def run(assembly: Assembly, version: str, *args: Any) -> Any:
    return evaluate(assembled(assembly, version), args, namespace=world())


def second_opinion(data: bytes, version: str) -> list[tuple[int, str, Any]]:
    """The instructions as xdis reads them, by its own unmarshaller and decoder."""
    magic = xdis.magics.magic2int(xdis.magics.magics[version])
    code = xdis.unmarshal.load_code(io.BytesIO(data), magic)
    opcodes = xdis.op_imports.get_opcode_module(
        tuple(map(int, version.split("."))), PythonImplementation.CPython
    )
    found = xdis.bytecode.get_instructions_bytes(code, opcodes)
    return [(at.offset, at.opname, at.arg) for at in found]


def translatable(version: str) -> list[tuple[Golden, Assembly]]:
    found = []
    for row in golden("2.7"):
        try:
            found.append((row, translate(row.saved.code, version)))
        except Untranslatable:
            continue
    return found


@pytest.mark.parametrize("version", ["3.4", "3.5"])
def test_translated_functions_give_what_they_gave(version: str) -> None:
    modern = {(row.name, repr(row.args), str(row.kwargs)): row.expected for row in golden("3.6")}
    wrong = {}
    rows = translatable(version)
    for row, assembly in rows:
        saved = SavedFunction(unmarshal(marshal_code(assembly, version)), row.saved.defaults)
        expected = modern[row.name, repr(row.args), str(row.kwargs)]
        try:
            found = repr(evaluate(saved, row.args, row.kwargs, namespace=world()))
        except BytecodeError as error:
            found = f"!{error}"
        right = found == expected
        if expected.startswith("!"):
            right = found.startswith("!") and expected.split(": ", 1)[1] in found
        if not right:
            wrong[row.name, repr(row.args)] = (expected, found)
    assert wrong == {}
    assert len(rows) >= 60


@pytest.mark.parametrize("version", ["3.4", "3.5"])
def test_a_second_decoder_agrees(version: str) -> None:
    for row, assembly in translatable(version):
        data = marshal_code(assembly, version)
        ours = decode(unmarshal(data), version)
        theirs = second_opinion(data, version)
        for mine, (offset, name, arg) in zip(ours, theirs, strict=True):
            assert (mine.offset, mine.opname) == (offset, name), row.name
            assert mine.arg == (arg or 0), row.name


@pytest.mark.parametrize("version", ["3.4", "3.5"])
def test_the_writer_is_3_4_or_3_5_and_never_a_wordcode_python(version: str) -> None:
    for _, assembly in translatable(version):
        versions = possible_versions(unmarshal(marshal_code(assembly, version)))
        assert version in versions
        assert set(versions) <= {"3.4", "3.5"}


CALL_VAR = [("LOAD_GLOBAL", 0), ("LOAD_FAST", 0), ("LOAD_CONST", 1), ("LOAD_CONST", 2), ("LOAD_CONST", 3)]
STAR = (7, 8)


def star_call(version: str) -> Assembly:
    """`probe(x, *(7, 8), a=1)`: 3.4 puts the sequence above the keywords, 3.5 below them."""
    keyword, star = [("LOAD_CONST", 1), ("LOAD_CONST", 2)], [("LOAD_CONST", 3)]
    operands = [*keyword, *star] if version == "3.4" else [*star, *keyword]
    call = [("CALL_FUNCTION_VAR", 0x0101), ("RETURN_VALUE", None)]
    return Assembly(
        [("LOAD_GLOBAL", 0), ("LOAD_FAST", 0), *operands, *call], (None, "a", 1, STAR), ("probe",), ("x",)
    )


@pytest.mark.parametrize("version", ["3.4", "3.5"])
def test_star_arguments_lie_where_each_version_put_them(version: str) -> None:
    assert len(readings(assembled(star_call(version), version).code)) == 2
    assert run(star_call(version), version, 5) == probe(5, *STAR, a=1)


def test_dictionaries_of_both_versions() -> None:
    old = [("BUILD_MAP", 1), ("LOAD_FAST", 0), ("LOAD_CONST", 1), ("STORE_MAP", None), ("RETURN_VALUE", None)]
    new = [("LOAD_CONST", 1), ("LOAD_FAST", 0), ("BUILD_MAP", 1), ("RETURN_VALUE", None)]
    assert run(Assembly(old, (None, "a"), (), ("x",)), "3.4", 5) == {"a": 5}
    assert run(Assembly(new, (None, "a"), (), ("x",)), "3.5", 5) == {"a": 5}
    assert possible_versions(unmarshal(marshal_code(Assembly(old, (None, "a"), (), ("x",)), "3.4"))) == [
        "3.4"
    ]


def test_unpacking_displays_of_3_5() -> None:
    lines = [("LOAD_CONST", 1), ("LOAD_FAST", 0), ("BUILD_LIST_UNPACK", 2), ("RETURN_VALUE", None)]
    assert run(Assembly(lines, (None, (1, 2)), (), ("x",)), "3.5", [3]) == [1, 2, 3]
    call = [
        ("LOAD_GLOBAL", 0), ("LOAD_FAST", 0), ("LOAD_FAST", 0), ("BUILD_MAP_UNPACK_WITH_CALL", 0x0102),
        ("CALL_FUNCTION_KW", 0), ("RETURN_VALUE", None),
    ]  # fmt: skip
    with pytest.raises(BytecodeError, match="two values for the argument"):
        run(Assembly(call, (None,), ("probe",), ("x",)), "3.5", {"a": 1})


@pytest.mark.parametrize("pairs_first", [True, False])
def test_keyword_only_defaults_on_either_side_of_the_others(pairs_first: bool) -> None:
    inner = Assembly(
        [("LOAD_FAST", 0), ("LOAD_FAST", 1), ("BUILD_TUPLE", 2), ("RETURN_VALUE", None)],
        varnames=("a", "k"),
        kwonlyargcount=1,
    )
    pairs, default = [("LOAD_CONST", 3), ("LOAD_CONST", 4)], [("LOAD_FAST", 0)]
    lines = [
        *([*pairs, *default] if pairs_first else [*default, *pairs]),
        ("LOAD_CONST", 1), ("LOAD_CONST", 2), ("MAKE_FUNCTION", 0x0101), ("CALL_FUNCTION", 0),
        ("RETURN_VALUE", None),
    ]  # fmt: skip
    assembly = Assembly(lines, (None, inner, "f.<locals>.g", "k", 9), (), ("x",))
    assert run(assembly, "3.4", 5) == (5, 9)
