"""Bytecode as the text that a JSON or HDF5 config holds, back to bytes."""

from __future__ import annotations

import binascii
import re

from lamina.errors import BytecodeError

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*\Z")


def to_bytes(text: str | bytes) -> tuple[bytes, str]:
    r"""The marshalled bytes behind `text`, and which of the two text forms it is.

    Keras up to 2.1.0 wrote raw_unicode_escape, every later one base64. They are told apart by their
    characters: marshalled code always contains zero bytes, which base64 never does.

    Args:
        text: The first item of a saved function.

    Returns:
        The bytes, and "base64" or "raw_unicode_escape".

    Raises:
        BytecodeError: The text is empty or neither form.

    Example:
        >>> to_bytes("YwAAAAA=\n")
        (b'c\x00\x00\x00\x00', 'base64')
        >>> to_bytes("c\x00\x00\x00\x00")
        (b'c\x00\x00\x00\x00', 'raw_unicode_escape')
    """
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    if not _BASE64.match(text):
        return _from_raw(text), "raw_unicode_escape"
    try:
        return binascii.a2b_base64(text), "base64"
    except binascii.Error as error:
        raise BytecodeError(
            f"The saved function is base64 text that is cut or damaged: {error}. Read the model "
            "from an undamaged copy of the file."
        ) from None


def _from_raw(text: str) -> bytes:
    r"""Characters below 256 are bytes; the others were a `\uXXXX` of six bytes before saving."""
    if not text:
        raise BytecodeError("The saved function is an empty text where bytecode was expected.")
    return text.encode("raw_unicode_escape", "surrogatepass")
