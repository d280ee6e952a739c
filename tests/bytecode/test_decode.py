"""Decoding agrees with the running Python's `dis`; the opcode tables with xdis for the other versions."""

from __future__ import annotations

import base64
import dis
import marshal
import sys
import types
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from tests.bytecode.saved import VERSIONS, blobs, golden
from xdis.op_imports import get_opcode_module
from xdis.version_info import PythonImplementation

from lamina.bytecode import decode, disassemble, unmarshal
from lamina.bytecode.decode import Impossible
from lamina.bytecode.lower import lower
from lamina.bytecode.opcodes import TABLES
from lamina.bytecode.operations import EFFECTS

pytestmark = pytest.mark.backend_free

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def functions() -> Iterator[types.CodeType]:
    """The functions of some modules of the standard library, as this Python compiled them."""
    import argparse
    import ast
    import json.decoder
    import random
    import statistics

    for module in (argparse, ast, json.decoder, random, statistics, dis):
        for value in vars(module).values():
            members = vars(value).values() if isinstance(value, type) else [value]
            for member in members:
                if isinstance(member, types.FunctionType) and member.__module__ == module.__name__:
                    yield member.__code__


def test_the_running_python_decodes_the_same() -> None:
    count = 0
    for code in functions():
        ours = decode(unmarshal(marshal.dumps(code)), HERE)
        theirs = [at for at in dis.get_instructions(code) if at.opname not in ("EXTENDED_ARG", "CACHE")]
        assert [at.opname for at in ours] == [at.opname for at in theirs]
        assert [at.arg for at in ours] == [at.arg or 0 for at in theirs]
        lines = [at.positions.lineno for at in theirs if at.positions is not None]
        assert [at.line for at in ours] == lines
        for mine, other in zip(ours, theirs, strict=True):
            if "JUMP" in mine.opname or mine.opname in ("FOR_ITER", "SEND"):
                assert mine.argval == other.argval
            elif isinstance(other.argval, str) and mine.opname.startswith(("LOAD_", "STORE_")):
                assert str(mine.argval) in (other.argval, str(other.argval).removesuffix(" + NULL"))
        count += 1
    assert count > 300


@pytest.mark.parametrize("version", TABLES)
def test_opcode_numbers_agree_with_xdis(version: str) -> None:
    theirs = get_opcode_module(tuple(map(int, version.split("."))), PythonImplementation.CPython)
    for number, name in TABLES[version].names.items():
        assert theirs.opmap[name.replace("SLICE+", "SLICE_")] == number


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_is_known_to_the_stack_simulation(version: str) -> None:
    for row in golden(version):
        for code in row.saved.code.tree():
            for operation in lower(code, version).operations:
                assert operation.name in EFFECTS


def shift() -> Any:
    return lambda x: x + 1


def test_a_disassembly_shows_lines_and_marks_the_place() -> None:
    code = unmarshal(marshal.dumps(shift().__code__))
    instructions = decode(code, HERE)
    text = disassemble(instructions, around=instructions[2].offset, context=1)
    rows = text.splitlines()
    assert len(rows) == 3
    assert "-->" in rows[1]
    assert instructions[2].opname in rows[1]
    assert str(code.firstlineno) in disassemble(instructions)


@pytest.mark.parametrize("version", VERSIONS)
def test_other_layouts_refuse(version: str) -> None:
    """Code read as a Python of another encoding is refused or gives other instructions, never an error."""
    for row in golden(version)[:20]:
        for other in TABLES:
            with suppress(Impossible):
                decode(row.saved.code, other)


def test_reading_and_evaluating_take_well_under_5_ms() -> None:
    from time import perf_counter

    from tests.bytecode.saved import world

    from lamina.bytecode import SavedFunction, evaluate, read_function

    texts = [base64.b64encode(blob).decode("ascii") for blob in blobs()]
    times = []
    for text in texts:
        start = perf_counter()
        saved = read_function([text, None, None])
        assert isinstance(saved, SavedFunction)
        try:
            evaluate(saved, [3] * saved.code.argcount, namespace=world())
        except ValueError:
            pass
        times.append(perf_counter() - start)
    assert sorted(times)[len(times) // 2] < 0.005
