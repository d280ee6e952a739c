"""Mends marshalled bytes whose lengths do not fit because Keras damaged them at saving."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

from lamina.bytecode.code import Code
from lamina.bytecode.limits import Limits
from lamina.bytecode.unmarshal import MarshalError, unmarshal

SLASH, BACKSLASH = 0x2F, 0x5C
_BYTES_READ = 1 << 20
_NEAREST = 8  # how many of the last numbers or strings before a failure are suspected


def mend_container(
    data: bytes, failure: MarshalError, escaped: bool, limits: Limits, notes: list[str]
) -> Code:
    """The code object in `data` once as few bytes as possible are put back to what they were.

    Tries the repairs that let more of the data be read first.

    Args:
        data: The damaged bytes.
        failure: How reading them failed.
        escaped: Whether the text form was raw_unicode_escape, where escapes may be lost.
        limits: `repairs` bounds the attempts.
        notes: Receives a note for each repair.

    Returns:
        The code object.

    Raises:
        MarshalError: No repair helps; the error is the original one.
    """
    order = count()
    queue: list[tuple[int, int, int, bytes, MarshalError, tuple[str, ...]]]
    queue = [(0, 0, next(order), data, failure, ())]
    seen = {data}
    left = attempts(limits, len(data))
    while queue:
        *_, variant, error, done = heapq.heappop(queue)
        for note, repaired in _repairs(variant, error, escaped):
            if repaired in seen or len(repaired) > limits.bytes:
                continue
            if left == 0:
                raise failure
            left -= 1
            seen.add(repaired)
            try:
                code = unmarshal(repaired, limits)
            except MarshalError as worse:
                progress = len(worse.trail.strings) + len(worse.trail.numbers)
                made = (*done, note)
                heapq.heappush(queue, (-progress, len(made), next(order), repaired, worse, made))
                continue
            notes.extend((*done, note))
            return code
    raise failure


def attempts(limits: Limits, size: int) -> int:
    """How many repairs may be tried on that many bytes, so that large blobs cost no more than small ones.

    Example:
        >>> attempts(Limits(), 500), attempts(Limits(), 1 << 16)
        (256, 16)
    """
    return min(limits.repairs, _BYTES_READ // max(size, 1))


def _repairs(data: bytes, error: MarshalError, escaped: bool) -> Iterator[tuple[str, bytes]]:
    """Each single repair that may get past the error, with the note that reports it."""
    suspects = [at for at in error.trail.numbers if data[at : at + 1] == bytes([SLASH])]
    for position in reversed(suspects[-_NEAREST:]):
        repaired = data[:position] + bytes([BACKSLASH]) + data[position + 1 :]
        yield f"byte {position}, a length or index, was 0x5C before Windows wrote 0x2F", repaired
    for start, length in reversed(error.trail.strings[-_NEAREST:] if escaped else []):
        at = _lost_escape(data, start, length)
        if at is not None:
            escape = b"\\u%04x" % data[at]
            yield _escape_note(data[at], start), data[:at] + escape + data[at + 1 :]


def _lost_escape(data: bytes, start: int, length: int) -> int | None:
    """The character of a string that most likely was an escape of six bytes.

    Those that UTF-8 does not allow where they stand come first, then unusual ones, then letters.
    """
    window = data[start : start + max(length - 5, 0)]
    alone = _single_bytes(window)
    if not alone:
        return None
    return start + min(alone, key=lambda at: (0x20 <= window[at] < 0x7F, window[at] == BACKSLASH, at))


def _single_bytes(window: bytes) -> list[int]:
    """Where a byte is no part of a character that UTF-8 writes in several bytes."""
    found = []
    at = 0
    while at < len(window):
        size = 2 + (window[at] >= 0xE0) + (window[at] >= 0xF0)
        if window[at] >= 0xC2 and _is_character(window[at : at + size]):
            at += size
        else:
            found.append(at)
            at += 1
    return found


def _is_character(raw: bytes) -> bool:
    try:
        return len(raw.decode("utf-8")) == 1
    except UnicodeDecodeError:
        return False


def _escape_note(byte: int, start: int) -> str:
    return (
        f"the string at byte {start} lost an escape when it was saved as raw_unicode_escape; it is "
        f"taken to have stood for {chr(byte)!r}, written \\u{byte:04x}"
    )
