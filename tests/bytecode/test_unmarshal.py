"""The unmarshaller agrees with Python's own on honest bytes, and refuses the others cheaply."""

from __future__ import annotations

import marshal
import struct
import tracemalloc
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bytecode.assembler import Assembly, marshal_code, marshal_value
from tests.bytecode.saved import blobs

from lamina.bytecode import Code, Limits, unmarshal
from lamina.errors import BytecodeError, LaminaError

pytestmark = pytest.mark.backend_free

RETURN = [("LOAD_CONST", 0), ("RETURN_VALUE", None)]
CONSTANTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 200), 1 << 200)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=12,
)


def with_constant(data: bytes) -> bytes:
    """A code object whose only constant is the given marshalled object."""
    whole = marshal_code(Assembly(RETURN, ("PLACE",), argcount=0), "3.4")
    # without the flag that makes the code object itself the first one to refer to
    return b"c" + whole[1:].replace(marshal_value("PLACE", "3.4"), data)


@given(CONSTANTS)
def test_constants_come_back_as_python_wrote_them(value: Any) -> None:
    assert repr(unmarshal(with_constant(marshal.dumps(value))).consts) == repr((value,))


@given(CONSTANTS)
def test_constants_of_the_oldest_format_too(value: Any) -> None:
    assert repr(unmarshal(with_constant(marshal.dumps(value, 2))).consts) == repr((value,))


def same(ours: Code, theirs: types.CodeType) -> None:
    for name in "name filename firstlineno argcount stacksize flags names varnames freevars cellvars".split():
        assert getattr(ours, name) == getattr(theirs, f"co_{name}")
    assert ours.code == theirs.co_code
    assert ours.exceptiontable == theirs.co_exceptiontable
    for mine, other in zip(ours.consts, theirs.co_consts, strict=True):
        if isinstance(mine, Code):
            same(mine, other)
        else:
            # repr tells 1 from 1.0 and True, but has no order for what is in a set
            assert (mine == other) if isinstance(other, frozenset) else (repr(mine) == repr(other))


def test_fields_are_those_of_the_running_python() -> None:
    functions = [value for value in vars(pytest).values() if isinstance(value, types.FunctionType)]
    functions += [value for value in vars(struct).values() if isinstance(value, types.FunctionType)]
    assert len(functions) > 10
    for function in functions:
        same(unmarshal(marshal.dumps(function.__code__)), function.__code__)


@pytest.mark.parametrize(
    ("constant", "reason"),
    [
        (b"r\xff\xff\x00\x00", "reference 65535"),
        (b"r\xff\xff\xff\xff", "reference -1"),
        (b"\xa9\x01r\x00\x00\x00\x00", "contains itself"),
        (b")\x01" * 60 + b"N", "nested deeper"),
        (b"(\xff\xff\xff\x7f", "elements announced"),
        (b"u\xff\xff\xff\x7f", "bytes announced"),
        (b"u\xff\xff\xff\xff", "bytes announced"),
        (b"l\xff\xff\xff\x7f", "an integer of"),
        (b"l\x02\x00\x00\x00\x01\x00\x00\x00", "normal form"),
        (b"u\x01\x00\x00\x00\xff", "not utf-8"),
        (b"z\x01\xff", "not ascii"),
        (b"f\x03abc", "no number"),
        (b"[\x00\x00\x00\x00", "no type that a code object contains"),
        (b"{0", "no type that a code object contains"),
        (b"<\x00\x00\x00\x00", "no type that a code object contains"),
        (b"S", "no type that a code object contains"),
        (b"0", "no type that a code object contains"),
    ],
)
def test_hostile_objects_are_refused(constant: bytes, reason: str) -> None:
    with pytest.raises(BytecodeError, match=reason):
        unmarshal(with_constant(constant))


def nested_references(times: int) -> bytes:
    """`t0 = (); t1 = (t0, t0); t2 = (t1, t1)`, each the second time by reference."""
    inner = [b"r" + struct.pack("<i", level + 1) for level in range(times)]
    return b"\xa9\x02" * times + b"\xa9\x00" + b"".join(reversed(inner))


def test_shared_objects_count_each_time() -> None:
    with pytest.raises(BytecodeError, match="more than 50000 objects"):
        unmarshal(with_constant(nested_references(30)))


def test_memory_stays_small_on_large_announcements() -> None:
    tracemalloc.start()
    for constant in (b"(\xff\xff\xff\x7f", b"u\xff\xff\xff\x7f", b"l\xff\xff\xff\x7f", nested_references(35)):
        with pytest.raises(BytecodeError):
            unmarshal(with_constant(constant))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_limits_are_the_callers() -> None:
    with pytest.raises(BytecodeError, match="more than the limit of 10"):
        unmarshal(blobs()[0], Limits(bytes=10))


@pytest.mark.parametrize(
    "data", [b"", b"c", b"\xe3", b"hello", b"\x80\x04N.", b"c" * 40, b"\xe3" + b"s" * 60]
)
def test_what_is_no_code_is_refused(data: bytes) -> None:
    with pytest.raises(BytecodeError):
        unmarshal(data)


@given(st.sampled_from(blobs()), st.data())
def test_every_truncation_is_refused(blob: bytes, data: st.DataObject) -> None:
    with pytest.raises(LaminaError):
        unmarshal(blob[: data.draw(st.integers(0, len(blob) - 1))])
