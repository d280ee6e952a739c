"""The largest blobs that are let in, built to be slow, are still read or refused in little time."""

from __future__ import annotations

import base64
import struct
from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from tests.bytecode.assembler import Assembly, marshal_code

from lamina.bytecode import PlainNamespace, SavedFunction, evaluate, read_function, readings, unmarshal
from lamina.errors import LaminaError

pytestmark = pytest.mark.backend_free

SECONDS = 20.0  # on a busy machine; alone each takes under 2
SIZE = 60_000


def assembled(lines: list[tuple[str, Any]], consts: tuple[Any, ...] = (None,)) -> bytes:
    end = [("LOAD_CONST", 0), ("RETURN_VALUE", None)]
    return marshal_code(Assembly([*lines, *end], consts, varnames=("x",)), "3.4")


def blocks() -> bytes:
    return assembled([*[("SETUP_EXCEPT", 0)] * (SIZE // 3 - 10), ("LABEL", 0)])


def loops() -> bytes:
    lines: list[tuple[str, Any]] = []
    for index in range(SIZE // 16):
        lines += [
            ("LOAD_FAST", 0), ("GET_ITER", None), ("FOR_ITER", index), ("STORE_FAST", 0),
            ("JUMP_FORWARD", index), ("LABEL", index),
        ]  # fmt: skip
    return assembled(lines)


def escaped_strings() -> bytes:
    """A string of bytes that are no UTF-8, longer than the data."""
    data = assembled([], ("\u0080" * 20_000,))
    return data.replace(struct.pack("<i", 40_000), struct.pack("<i", 40_005))


def slashes() -> bytes:
    """Small functions without any valid version, full of bytes that may have been backslashes."""
    inner = Assembly([("LOAD_FAST", 47)] * 6 + [("RETURN_VALUE", None)], varnames=("x",))
    return assembled([], tuple([inner] * 800))


def shared_code() -> bytes:
    """One function many times by reference, within another many times, and so on."""
    data = assembled([("NOP", None)] * 5000)
    body = b"\xa9\xff" + data + b"r\x01\x00\x00\x00" * 254
    whole = assembled([], ("PLACE",))
    return b"c" + whole[1:].replace(b"u\x05\x00\x00\x00PLACE", body)


def doubled_names() -> bytes:
    return assembled([], tuple("\\" * 92 for _ in range(400))).replace(b"\\", b"/")


@pytest.mark.parametrize(
    "make",
    [blocks, loops, escaped_strings, slashes, shared_code, doubled_names],
    ids=lambda make: make.__name__,
)
@pytest.mark.parametrize("raw", [True, False], ids=["raw", "base64"])
def test_large_blobs_take_little_time(make: Any, raw: bool) -> None:
    data = make()
    text = data.decode("latin-1") if raw else base64.b64encode(data).decode("ascii")
    start = process_time()
    with suppress(LaminaError):
        saved = read_function([text, None, None])
        assert isinstance(saved, SavedFunction)
        evaluate(saved, [[1]], namespace=PlainNamespace())
    assert process_time() - start < SECONDS


def test_line_tables_with_endless_numbers_do_not_fit() -> None:
    from tests.bytecode.saved import golden

    row = next(row for row in golden("3.13") if row.name == "arith")
    code = row.saved.code
    table = b"\xf0" + b"\x7f" * SIZE
    data = marshal_313(code, table)
    start = process_time()
    with pytest.raises(LaminaError, match="line table"):
        readings(unmarshal(data))
    assert process_time() - start < SECONDS


def marshal_313(code: Any, table: bytes) -> bytes:
    """A code object of 3.13 without constants and names, with the given line table."""
    text = lambda value: b"s" + struct.pack("<i", len(value)) + value
    head = b"c" + struct.pack("<5i", 0, 0, 0, code.stacksize, 3)
    name = b"z\x01f"
    parts = [text(code.code), b")\x00", b")\x00", b")\x00", text(b""), name, name, name]
    return head + b"".join(parts) + struct.pack("<i", 1) + text(table) + text(b"")
