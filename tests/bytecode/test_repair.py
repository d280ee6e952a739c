"""The two kinds of damage that old Keras did to code at saving are undone, and reported."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bytecode.assembler import Assembly, marshal_code
from tests.bytecode.saved import blobs

from lamina.bytecode import PlainNamespace, SavedFunction, evaluate, read_function, unmarshal
from lamina.errors import BytecodeError

pytestmark = pytest.mark.backend_free

BLOBS = blobs()
RETURN_SECOND = [("LOAD_CONST", 1), ("RETURN_VALUE", None)]


def windows(data: bytes) -> str:
    """What Keras wrote on Windows: `marshal.dumps(code).replace(b"\\\\", b"/")`."""
    return base64.b64encode(data.replace(b"\\", b"/")).decode("ascii")


def read(text: str) -> SavedFunction:
    found = read_function([text, None, None])
    assert isinstance(found, SavedFunction)
    return found


def code_bytes(data: bytes) -> list[bytes]:
    return [code.code for code in unmarshal(data).tree()]


@pytest.mark.parametrize("blob", [blob for blob in BLOBS if b"\\" in blob], ids=len)
def test_windows_slashes_are_put_back_in_the_code_of_every_python(blob: bytes) -> None:
    found = read(windows(blob))
    assert [code.code for code in found.code.tree()] == code_bytes(blob)
    changed = [mine for mine in code_bytes(blob) if b"\\" in mine]
    assert found.damaged or not changed
    assert not changed or any("0x5C" in note for note in found.notes)


def test_there_is_damage_to_repair_in_code_of_most_pythons() -> None:
    assert sum(any(b"\\" in code for code in code_bytes(blob)) for blob in BLOBS) > 50


@given(st.integers(0, 30), st.integers(0, 30))
def test_lengths_of_92_are_put_back(before: int, after: int) -> None:
    text = "x" * before + "y" * (92 - before)
    assembly = Assembly(RETURN_SECOND, (None, text, "z" * after), argcount=0)
    found = read(windows(marshal_code(assembly, "3.4")))
    assert found.code.consts == (None, text, "z" * after)
    assert "a length or index" in found.notes[0]
    assert evaluate(found, [], namespace=PlainNamespace()) == text


def test_floats_are_put_back_where_that_is_evident_and_integers_named() -> None:
    packed = {n / 1000: struct.pack("<d", n / 1000) for n in range(1, 9999)}
    short = next(value for value, raw in packed.items() if b"\\" in raw and b"/" not in raw)
    lines = [("LOAD_FAST", 0), ("UNPACK_SEQUENCE", 2), ("BUILD_TUPLE", 2), ("RETURN_VALUE", None)]
    assembly = Assembly(lines, (None, short, 92, 0.5, (short,)), (), ("x",))
    found = read(windows(marshal_code(assembly, "3.5")))
    assert found.code.consts == (None, short, 47, 0.5, (short,))
    notes = "\n".join(found.notes)
    assert f"was {short!r} before Windows" in notes
    assert "the constant 47 may have been another" in notes
    assert evaluate(found, [(1, 2)], namespace=PlainNamespace()) == (2, 1)


def escaped(assembly: Assembly) -> str:
    return marshal_code(assembly, "3.4").decode("raw_unicode_escape")


@pytest.mark.parametrize(
    "text", ["A\\u0041", "\u00fc\u5e73\\u0041", "\\u00e9", "a \\u00b0 b \\u00b1 c", "\\u5e73 \\u0100", "none"]
)
def test_lost_escapes_are_put_back(text: str) -> None:
    assembly = Assembly(RETURN_SECOND, (None, text, "after"), argcount=0)
    found = read(escaped(assembly))
    assert found.encoding == "raw_unicode_escape"
    assert len(found.code.consts[1]) == len(text)
    if text != "A\\u0041":  # of two equal characters nothing tells which was the escape
        assert found.code.consts[1] == text
    lost = any(f"\\u00{digits}" in text for digits in ("41", "e9", "b0", "b1"))
    assert bool(found.notes) == lost
    assert not lost or "lost an escape" in found.notes[0]


def test_what_cannot_be_mended_keeps_its_first_error() -> None:
    data = bytearray(marshal_code(Assembly(RETURN_SECOND, (None, "abc")), "3.4"))
    data[-20:] = b"\xff" * 20
    with pytest.raises(BytecodeError, match="damaged at byte"):
        read(base64.b64encode(bytes(data)).decode("ascii"))


def test_honest_code_is_left_alone() -> None:
    for blob in BLOBS[::7]:
        found = read(base64.b64encode(blob).decode("ascii"))
        assert (found.notes, found.damaged) == ((), False)
