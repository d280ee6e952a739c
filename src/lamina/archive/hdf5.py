"""The structure of HDF5 data, in which everything was found to lie in the file itself.

Files as Keras writes them are read by `RawReader`, others through h5py. h5py and the library under
it follow external links, open files named in a dataset and allocate what a dataset declares. So the
structure is walked first, by link and object header only: every link must be a hard link to an
object met once, every dataset must lie in the file and be as large as declared.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from lamina.archive.hdf5_raw import BUILTIN_FILTERS, RawReader
from lamina.archive.hdf5_tree import Dataset, Group, Text, check_attribute_size, is_read
from lamina.archive.hdf5_types import UnsupportedError
from lamina.archive.limits import MIB, Limits
from lamina.archive.rules import Findings, RefusedError
from lamina.errors import LaminaError

if TYPE_CHECKING:
    import h5py

_H5PY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, NotImplementedError)


def read_tree(file: BinaryIO, findings: Findings, limits: Limits, at: str = "") -> Group:
    """Reads and checks the structure of HDF5 data, in Python where it can.

    Args:
        file: The open file or window; its first byte is the first byte of the HDF5 data.
        findings: Where refusals are raised.
        limits: Bounds on the objects.
        at: The place of the data inside the outer file.

    Returns:
        The root group with everything in it.

    Raises:
        RefusedError: The data break an `hdf5.*` rule.
    """
    size = file.seek(0, os.SEEK_END)
    try:
        return RawReader(file, size, findings, limits, at).tree()
    except UnsupportedError as error:
        if not limits.h5py:
            raise findings.refused("hdf5.needs-h5py", str(error), at) from error
    with opened(file, findings, at) as root:
        return _Inspection(findings, limits, size, at).run(root)


@contextlib.contextmanager
def opened(file: BinaryIO, findings: Findings, at: str = "") -> Iterator[h5py.File]:
    """Opens HDF5 data, whose structure was checked before, with h5py."""
    import h5py

    with damage(findings, at), h5py.File(file, "r") as root:
        yield root


@contextlib.contextmanager
def damage(findings: Findings, at: str = "") -> Iterator[None]:
    """Turns what h5py raises on damaged data into a refusal."""
    try:
        yield
    except LaminaError:
        raise
    except _H5PY_ERRORS as error:
        raise findings.refused("hdf5.damaged", f"{type(error).__name__}: {error}", at) from error


class _Inspection:
    """One walk over all links and objects of a file."""

    def __init__(self, findings: Findings, limits: Limits, size: int, at: str) -> None:
        self._findings, self._limits, self._size, self._at = findings, limits, size, at
        self._seen: set[int] = set()

    def run(self, root: h5py.File) -> Group:
        from h5py import h5o

        group = h5o.open(root.id, b"/")
        self._seen.add(h5o.get_info(group).addr)
        tree = Group("", self._attributes(group))
        todo = [(group, tree)]
        while todo:
            group, node = todo.pop()
            for raw_name in group:
                name = raw_name.decode("utf-8", "surrogateescape")
                child, found = self._child(group, raw_name, node.child_path(name))
                node.children[name] = found
                if isinstance(found, Group):
                    todo.append((child, found))
        return tree

    def _attributes(self, item: Any) -> dict[str, Text]:
        from h5py import h5a

        names = (h5a.open(item, index=index).name for index in range(h5a.get_num_attrs(item)))
        texts = [name.decode("utf-8", "replace") for name in names]
        return {name: self._attribute(item, name) for name in texts if is_read(name)}

    def _attribute(self, item: Any, name: str) -> Text:
        import h5py

        attribute = h5py.h5a.open(item, name.encode())
        kind = attribute.get_type()
        count = attribute.get_space().get_simple_extent_npoints()
        check_attribute_size(count * kind.get_size(), name, self._findings, self._limits, self._at)
        if count and not isinstance(kind, h5py.h5t.TypeStringID):
            return None
        value = h5py.AttributeManager(_Holder(item))[name] if count else []
        items = value.tolist() if hasattr(value, "tolist") else value
        return items if isinstance(items, str | bytes | list) else None

    def _refused(self, rule: str, path: str, detail: str = "") -> RefusedError:
        return self._findings.refused(rule, f"{path!a}{': ' if detail else ''}{detail}", self._at)

    def _child(self, group: Any, name: bytes, path: str) -> tuple[Any, Group | Dataset]:
        """Checks one link and what it leads to."""
        from h5py import h5d, h5g, h5l, h5o

        kind = group.links.get_info(name).type
        if kind != h5l.TYPE_HARD:
            links = {h5l.TYPE_EXTERNAL: "hdf5.external-link", h5l.TYPE_SOFT: "hdf5.soft-link"}
            raise self._refused(links.get(kind, "hdf5.user-link"), path)
        child = h5o.open(group, name)
        address = h5o.get_info(child).addr
        if address in self._seen:
            raise self._refused("hdf5.linked-twice", path)
        self._seen.add(address)
        if len(self._seen) > self._limits.hdf5_objects:
            raise self._refused("hdf5.too-many-objects", path)
        if isinstance(child, h5d.DatasetID):
            return child, self._dataset(child, path)
        if isinstance(child, h5g.GroupID):
            return child, Group(path, self._attributes(child))
        return child, Dataset(path, (), "")

    def _dataset(self, dataset: Any, path: str) -> Dataset:
        from h5py import h5d

        plan = dataset.get_create_plist()
        if plan.get_external_count():
            raise self._refused("hdf5.external-storage", path)
        layout = plan.get_layout()
        if layout == h5d.VIRTUAL:
            raise self._refused("hdf5.virtual-dataset", path)
        declared = math.prod(dataset.shape or ()) * dataset.get_type().get_size()
        stored = dataset.get_storage_size()
        if layout == h5d.CHUNKED:
            self._chunked(dataset, plan, declared, stored, path)
        elif declared > stored or stored > self._size:
            raise self._refused("hdf5.shape-bomb", path, f"declares {declared} bytes, stores {stored}")
        elif layout == h5d.CONTIGUOUS and declared:
            offset = dataset.get_offset()
            if offset is None or offset + declared > self._size:
                raise self._refused("hdf5.shape-bomb", path, f"{declared} bytes at {offset} leave the file")
        dtype = dataset.dtype
        name = dtype.name if dtype.kind in "fiub" and not dtype.metadata else ""
        if dtype.kind == "V" and self._attributes(dataset).get("dtype") in ("bfloat16", b"bfloat16"):
            name = "bfloat16"
        return Dataset(path, dataset.shape or (), name)

    def _chunked(self, dataset: Any, plan: Any, declared: int, stored: int, path: str) -> None:
        for index in range(plan.get_nfilters()):
            filter_id = plan.get_filter(index)[0]
            if filter_id not in BUILTIN_FILTERS:
                raise self._refused("hdf5.filter", path, f"filter {filter_id}")
        shape, chunk = dataset.shape, plan.get_chunk()
        chunks = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))
        expanded = max(declared, math.prod(chunk) * dataset.get_type().get_size())
        if declared and (chunks > stored or dataset.get_num_chunks() < chunks):
            raise self._refused("hdf5.shape-bomb", path, f"declares {chunks} chunks, stores {stored} bytes")
        if expanded > MIB and expanded > self._limits.ratio * stored:
            raise self._refused("hdf5.shape-bomb", path, f"expands from {stored} to {expanded} bytes")


class _Holder:
    """What h5py's attribute reader expects: an object with an id."""

    def __init__(self, item: Any) -> None:
        self.id = item
