"""Mutated real code: only clean refusals, in bounded time."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bytecode.saved import blobs, world

from lamina.bytecode import (
    Limits,
    SavedFunction,
    disassemble,
    evaluate,
    free_names,
    read_function,
    readings,
    unmarshal,
)
from lamina.bytecode.decode import Impossible
from lamina.bytecode.version import LAYOUTS, check_code
from lamina.errors import LaminaError

pytestmark = pytest.mark.backend_free

BLOBS = blobs()
LIMITS = Limits(steps=3000, repairs=20)


class Opaque:
    """A tracer that allows everything but its truth."""

    def __bool__(self) -> bool:
        raise TypeError("a branch on tensor values")

    def __iter__(self) -> Any:
        raise TypeError("not iterable")

    def _same(self, *others: Any) -> Opaque:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __getitem__ = __neg__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __call__ = _same


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A golden blob with some bytes flipped, replaced, cut out, doubled, or mixed with another's."""
    data = bytearray(draw(st.sampled_from(BLOBS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(["flip", "set", "cut", "double", "splice"]))
        if kind == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set" and data:
            data[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 8))]
        elif kind == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 16))]
        else:
            other = draw(st.sampled_from(BLOBS))
            data[at:] = other[at:]
    return bytes(data)


def use(saved: SavedFunction) -> None:
    free_names(saved.code)
    for reading in readings(saved.code, lines=not saved.damaged):
        for program in reading.programs.values():
            disassemble(list(program.instructions))
    args = [Opaque() for _ in range(saved.code.argcount)]
    evaluate(saved, args, namespace=world(), limits=LIMITS, same=lambda one, other: True)


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(), st.booleans())
def test_mutated_code_is_read_or_refused(data: bytes, raw: bool) -> None:
    text = data.decode("latin-1") if raw else base64.b64encode(data).decode("ascii")
    with suppress(LaminaError):
        saved = read_function([text, None, None], LIMITS)
        assert isinstance(saved, SavedFunction)
        use(saved)


@settings(max_examples=300, deadline=2000)
@given(st.sampled_from(BLOBS), st.data())
def test_random_bytecode_in_honest_code_objects(blob: bytes, data: st.DataObject) -> None:
    code = unmarshal(blob)
    raw = bytearray(code.code)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    changed = unmarshal(blob.replace(code.code, bytes(raw), 1))
    for version in LAYOUTS[changed.layout]:
        with suppress(Impossible):
            check_code(changed, version, lines=False)
    with suppress(LaminaError):
        use(SavedFunction(changed, closure=(1,) * len(changed.freevars)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["class_name", "config", "items", "code", "type", "value"]), inner)
        | st.just({"class_name": "__lambda__", "config": {"code": "4wEA", "closure": None}})
    ),
    max_leaves=8,
)


@given(JSON)
def test_other_config_values_are_named_or_refused(value: Any) -> None:
    with suppress(LaminaError):
        read_function(value, LIMITS)
