"""Write a file so that it is either complete or not there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[str]:
    """Gives a temporary path in the same folder, which replaces `path` when the block succeeds.

    The data are on disk before the name changes, and whatever was at `path` stays untouched
    when the block raises. The temporary name keeps the ending of `path`, since writers such as
    Keras choose the format by it.

    Args:
        path: The file to write.

    Yields:
        The path to write to.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic(f"{folder}/a.txt") as temporary:
        ...         _ = pathlib.Path(temporary).write_text("done")
        ...     pathlib.Path(folder, "a.txt").read_text()
        'done'
    """
    target = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{os.urandom(8).hex()}.{name}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    try:
        yield temporary
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        _sync(temporary, os.O_RDWR)
        os.replace(temporary, target)
        if os.name == "posix":
            _sync(folder, os.O_RDONLY)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _sync(path: str, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
