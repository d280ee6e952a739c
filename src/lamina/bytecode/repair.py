"""Reads the code of a saved function, mending the two kinds of damage that old Keras did to it.

On Windows Keras replaced every backslash byte (0x5C) of the marshalled code by a slash (0x2F).
Keras up to 2.1.0 saved through raw_unicode_escape, which made one character out of a backslash, a u
and four digits. Both change lengths, so the bytes do not fit until they are undone.
"""

from __future__ import annotations

from lamina._records import dataclass
from lamina.bytecode.code import Code
from lamina.bytecode.limits import DEFAULT, Limits
from lamina.bytecode.mend_code import has_windows_path, mend_constants, mend_instructions
from lamina.bytecode.mend_container import mend_container
from lamina.bytecode.text import to_bytes
from lamina.bytecode.unmarshal import MarshalError, unmarshal
from lamina.bytecode.version import readings
from lamina.errors import BytecodeError


@dataclass(frozen=True, slots=True)
class FoundCode:
    """What the text of a saved function turned out to be.

    `damaged` says that bytes had to be mended, so that the line table may be wrong.
    """

    code: Code
    encoding: str
    notes: tuple[str, ...] = ()
    damaged: bool = False


def read_code(text: str | bytes, limits: Limits = DEFAULT) -> FoundCode:
    """The code object behind the text of a saved function, mended if it was damaged at saving.

    Args:
        text: The text form, base64 or raw_unicode_escape.
        limits: The bounds on what is read and tried.

    Returns:
        The code object, the text form, and a note for each thing that was mended.

    Raises:
        BytecodeError: The text holds no code object, or one that cannot be mended.
    """
    if len(text) > 6 * limits.bytes:
        raise BytecodeError(
            f"A saved function of {len(text)} characters exceeds Limits.bytes ({limits.bytes})."
        )
    data, encoding = to_bytes(text)
    notes: list[str] = []
    try:
        code = unmarshal(data, limits)
    except MarshalError as error:
        code = mend_container(data, error, encoding == "raw_unicode_escape", limits, notes)
    damaged = bool(notes)
    if not _is_readable(code, lines=not damaged):
        code = mend_instructions(code, limits, notes)
        damaged = True
    slashed = any("0x5C" in note for note in notes)
    if slashed or has_windows_path(code):
        code = mend_constants(code, notes)
    return FoundCode(code, encoding, tuple(notes), damaged)


def _is_readable(code: Code, lines: bool) -> bool:
    try:
        return bool(readings(code, lines))
    except BytecodeError:
        return False
