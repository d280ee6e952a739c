"""Where a file's bytes come from: a path or bytes in memory, opened read-only and by one name."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import field
from typing import BinaryIO

from lamina._records import dataclass
from lamina.archive.rules import Findings

PathOrBytes = str | os.PathLike[str] | bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file or bytes; a value, which holds nothing open.

    Attributes:
        label: How messages name it.
        path: The path, or None for bytes.
        data: The bytes, or None for a path.
        stamp: Identity, size and time of the file when it was first seen.
    """

    label: str
    path: str | None = None
    data: bytes | None = field(default=None, repr=False)
    stamp: tuple[int, ...] = ()

    @classmethod
    def of(cls, path_or_bytes: PathOrBytes) -> Source:
        """Returns the source for an argument of the public functions.

        Raises:
            RefusedError: The path is missing or neither a regular file nor a folder.
        """
        if isinstance(path_or_bytes, bytes):
            return cls("<bytes>", data=path_or_bytes)
        path = os.fspath(path_or_bytes)
        return cls(path, path, stamp=_stamp(_stat(path)))

    @property
    def is_folder(self) -> bool:
        """Whether the path is a folder."""
        return self.path is not None and stat.S_ISDIR(self.stamp[0])

    def open(self) -> BinaryIO:
        """Opens the bytes for reading; the caller closes them.

        Raises:
            RefusedError: The file is not what it was when the source was made.
        """
        if self.data is not None:
            return io.BytesIO(self.data)
        assert self.path is not None
        try:
            file = open(self.path, "rb")  # noqa: SIM115, the caller closes it
        except OSError as error:
            raise Findings(self.label).refused("file.missing", error.strerror or str(error)) from error
        if _stamp(os.fstat(file.fileno())) != self.stamp:
            file.close()
            raise Findings(self.label).refused("file.changed")
        return file


def _stat(path: str) -> os.stat_result:
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise Findings(path).refused("file.missing", str(error)) from error
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise Findings(path).refused("file.not-regular")
    return found


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mode, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class Window(io.RawIOBase):
    """A read-only view of part of an open file, so that a stored zip member needs no copy.

    Example:
        >>> Window(io.BytesIO(b"abcdef"), 2, 3).read()
        b'cde'
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the position, as for any file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """The position."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Reads into a buffer and returns the number of bytes read."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._at))
        self._file.seek(self._start + self._at)
        data = self._file.read(count)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
