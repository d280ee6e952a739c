"""Reads the marshal format of Python 2.7 to 3.14 into `Code`, written for hostile input.

Source: `Python/marshal.c` of each version, whose type letters are the keys of `_READERS`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import field

from lamina._records import dataclass
from lamina.bytecode.code import Code
from lamina.bytecode.fields import FIELDS, build_code
from lamina.bytecode.limits import DEFAULT, Limits
from lamina.errors import BytecodeError

_FLAG_REF = 0x80
_SINGLETONS: dict[int, object] = {ord("N"): None, ord("T"): True, ord("F"): False, ord("."): ...}
_UNFINISHED = object()


@dataclass(slots=True)
class Trail:
    """Where the numbers and the strings of a blob lay, for mending it when it does not fit.

    `numbers` are the offsets of single bytes of lengths, counts and references; `strings` are the
    start and the declared length of every string, in the order read.
    """

    numbers: list[int] = field(default_factory=list)
    strings: list[tuple[int, int]] = field(default_factory=list)


class MarshalError(BytecodeError):
    """The bytes break the marshal format; `trail` says how far they could be read."""

    def __init__(self, message: str, trail: Trail) -> None:
        super().__init__(message)
        self.trail = trail


def unmarshal(data: bytes, limits: Limits = DEFAULT) -> Code:
    """The code object that `data` holds, of whichever Python wrote it.

    Args:
        data: What `marshal.dumps(function.__code__)` returned.
        limits: The bounds on what is read.

    Returns:
        The code object, with the nested ones among its constants.

    Raises:
        BytecodeError: The bytes are no code object of Python 2.7 or 3.4 to 3.14, or exceed a limit.
    """
    if len(data) > limits.bytes:
        raise BytecodeError(
            f"The saved bytecode has {len(data)} bytes, more than the limit of {limits.bytes}. "
            "A Lambda has some hundred bytes; if this file is trusted, raise Limits.bytes."
        )
    errors = []
    for layout in layouts_of(data):
        try:
            return _Reader(data, layout, limits).read_all()
        except MarshalError as error:
            errors.append(error)
    if errors:
        raise max(errors, key=lambda error: len(error.trail.strings))
    raise MarshalError(
        "The saved function is not Python bytecode of any known layout (2.7, 3.4 to 3.14): it starts "
        f"with {data[:8].hex(' ') or 'nothing'}, and a code object with e3 or 63.",
        Trail(),
    )


def layouts_of(data: bytes) -> list[str]:
    """The field layouts that the first bytes allow: a code letter, some numbers, a string letter.

    Example:
        >>> layouts_of(bytes.fromhex("63 01000000 01000000 02000000 13000000 73"))
        ['2.7']
    """
    if not data or data[0] & ~_FLAG_REF != ord("c"):
        return []
    ends = {layout: 1 + 4 * (fields.index("code")) for layout, fields in FIELDS.items()}
    return [name for name, end in ends.items() if data[end : end + 1] in (b"s", b"\xf3")]


class _Reader:
    """One pass over one blob in one layout."""

    def __init__(self, data: bytes, layout: str, limits: Limits) -> None:
        self.data = data
        self.layout = layout
        self.limits = limits
        self.position = 0
        self.depth = 0
        self.objects = 0
        self.references: list[tuple[object, int]] = []
        self.interned: list[bytes] = []
        self.trail = Trail()

    def read_all(self) -> Code:
        code = self.read_object()
        if not isinstance(code, Code):
            raise self.error(f"expected a code object, found {type(code).__name__}")
        if self.position != len(self.data):
            raise self.error(f"{len(self.data) - self.position} bytes follow the code object")
        return code

    def error(self, what: str) -> MarshalError:
        where = f"at byte {self.position} of {len(self.data)}"
        return MarshalError(f"The saved bytecode is damaged {where}: {what}.", self.trail)

    def take(self, count: int) -> bytes:
        if count < 0 or count > len(self.data) - self.position:
            raise self.error(f"{count} bytes announced, {len(self.data) - self.position} left")
        start, self.position = self.position, self.position + count
        return self.data[start : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, width: int = 4) -> int:
        self.trail.numbers.extend(range(self.position, self.position + width))
        return int.from_bytes(self.take(width), "little", signed=width > 1)

    def string(self, length: int) -> bytes:
        self.trail.strings.append((self.position, length))
        return self.take(length)

    def read_object(self) -> object:
        """The next object; shared ones count again, so that doubling structures stay bounded."""
        letter = self.byte()
        kind = letter & ~_FLAG_REF
        before = self.objects
        self.count(1)
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self.error(f"objects are nested deeper than {self.limits.depth}")
        slot = len(self.references)
        if letter & _FLAG_REF:
            self.references.append((_UNFINISHED, 0))
        value = self.read_kind(kind)
        if letter & _FLAG_REF:
            self.references[slot] = (value, self.objects - before)
        self.depth -= 1
        return value

    def read_kind(self, kind: int) -> object:
        if kind in _SINGLETONS:
            return _SINGLETONS[kind]
        reader = _READERS.get(kind)
        if reader is None:
            raise self.error(f"{kind:#04x} is no type that a code object contains")
        return reader(self)

    def count(self, weight: int) -> None:
        self.objects += weight
        if self.objects > self.limits.objects:
            raise self.error(f"more than {self.limits.objects} objects")

    def reference(self) -> object:
        index = self.number()
        if not 0 <= index < len(self.references):
            raise self.error(f"reference {index} to an object that does not exist")
        value, weight = self.references[index]
        if value is _UNFINISHED:
            raise self.error(f"object {index} contains itself")
        self.count(weight)
        return value

    def long_integer(self) -> int:
        """An integer in digits of 15 bits, the sign in the count of digits."""
        count = self.number()
        if abs(count) * 15 > self.limits.integer_bits:
            raise self.error(f"an integer of {abs(count) * 15} bits")
        digits = [self.number(2) for _ in range(abs(count))]
        if any(digit < 0 for digit in digits) or (digits and digits[-1] == 0):
            raise self.error("an integer that is not in its normal form")
        value = sum(digit << 15 * place for place, digit in enumerate(digits))
        return -value if count < 0 else value

    def float_text(self) -> float:
        text = self.take(self.byte())
        try:
            return float(text)
        except ValueError:
            raise self.error(f"{text!r} is no number") from None

    def float_binary(self) -> float:
        value: float = struct.unpack("<d", self.take(8))[0]
        return value

    def text(self, raw: bytes, encoding: str) -> str:
        try:
            return raw.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
        except UnicodeDecodeError as error:
            raise self.error(f"a string is not {encoding}: {error.reason}") from None

    def interned_text(self) -> object:
        raw = self.string(self.number())
        if self.layout != "2.7":
            return self.text(raw, "utf-8")
        self.interned.append(raw)
        return raw

    def interned_reference(self) -> bytes:
        index = self.number()
        if not 0 <= index < len(self.interned):
            raise self.error(f"reference {index} to a name that does not exist")
        return self.interned[index]

    def items(self, count: int) -> tuple[object, ...]:
        if not 0 <= count <= len(self.data) - self.position:
            raise self.error(f"{count} elements announced, {len(self.data) - self.position} bytes left")
        return tuple([self.read_object() for _ in range(count)])

    def frozen_set(self) -> frozenset[object]:
        try:
            return frozenset(self.items(self.number()))
        except TypeError:
            raise self.error("a set of things that cannot be in a set") from None

    def slice_object(self) -> slice:
        start, stop, step = self.read_object(), self.read_object(), self.read_object()
        return slice(start, stop, step)

    def code(self) -> Code:
        values: dict[str, object] = {}
        for name in FIELDS[self.layout]:
            is_number = name == "firstlineno" or ("code" not in values and name != "code")
            values[name] = self.number() if is_number else self.read_object()
        try:
            return build_code(self.layout, values)
        except BytecodeError as error:
            raise self.error(str(error)) from None


_READERS: dict[int, Callable[[_Reader], object]] = {
    ord("i"): lambda r: int.from_bytes(r.take(4), "little", signed=True),
    ord("I"): lambda r: int.from_bytes(r.take(8), "little", signed=True),
    ord("l"): _Reader.long_integer,
    ord("f"): _Reader.float_text,
    ord("g"): _Reader.float_binary,
    ord("x"): lambda r: complex(r.float_text(), r.float_text()),
    ord("y"): lambda r: complex(r.float_binary(), r.float_binary()),
    ord("s"): lambda r: r.string(r.number()),
    ord("t"): _Reader.interned_text,
    ord("R"): _Reader.interned_reference,
    ord("u"): lambda r: r.text(r.string(r.number()), "utf-8"),
    ord("a"): lambda r: r.text(r.string(r.number()), "ascii"),
    ord("A"): lambda r: r.text(r.string(r.number()), "ascii"),
    ord("z"): lambda r: r.text(r.string(r.number(1)), "ascii"),
    ord("Z"): lambda r: r.text(r.string(r.number(1)), "ascii"),
    ord("("): lambda r: r.items(r.number()),
    ord(")"): lambda r: r.items(r.number(1)),
    ord(">"): _Reader.frozen_set,
    ord(":"): _Reader.slice_object,
    ord("r"): _Reader.reference,
    ord("c"): _Reader.code,
}
