"""`.npz` files that the caller supplies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lamina.archive.arrays import read_arrays
from lamina.errors import ArchiveError

pytestmark = pytest.mark.backend_free


def test_arrays_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{f"arr_{index}": np.full(2, index) for index in range(12)})
    assert [array[0] for array in read_arrays(tmp_path / "a.npz").values()] == list(range(12))


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04", b"\x93NUMPY"])
def test_what_is_no_npz_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"a\.npz: expected an \.npz file"):
        read_arrays(path)


def test_one_array_and_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(2))
    np.savez(tmp_path / "b.npz", a=np.array([{}], dtype=object))
    for name in ("a.npy", "b.npz"):
        with pytest.raises(ArchiveError, match="expected an"):
            read_arrays(tmp_path / name)
