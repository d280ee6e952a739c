"""Arrays that the caller supplies in an `.npz` file: weights, or samples of inputs and outputs."""

from __future__ import annotations

import os
import zipfile
from typing import Any

import numpy as np

from lamina.errors import ArchiveError


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Reads every array of an `.npz` file, in its order, and nothing that is pickled.

    Args:
        path: The file.

    Raises:
        ArchiveError: It cannot be opened, or it is no such file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/a.npz", i0=[1, 2])
        ...     {name: array.tolist() for name, array in read_arrays(f"{folder}/a.npz").items()}
        {'i0': [1, 2]}
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ArchiveError(f"{os.fspath(path)}: expected an .npz file of arrays; {error}") from error
