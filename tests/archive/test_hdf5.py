"""HDF5 files that reach outside themselves, or pretend to hold more than they do, are refused."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
import pytest

from lamina.archive import Limits, RefusedError, open_model
from lamina.archive.hdf5 import _Inspection
from lamina.archive.hdf5_raw import RawReader
from lamina.archive.hdf5_tree import Group
from lamina.archive.rules import Findings
from lamina.archive.source import Source

pytestmark = pytest.mark.backend_free

CONFIG = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.h5"


def write(path: Path, change: Callable[[h5py.File], Any] = lambda file: None, **options: Any) -> Path:
    with h5py.File(path, "w", **options) as file:
        file.attrs["model_config"] = CONFIG
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"dense"]
        layer = group.create_group("dense")
        layer.attrs["weight_names"] = [b"kernel:0"]
        layer["kernel:0"] = np.arange(6, dtype="float32")
        change(file)
    return path


def refused(path: Path | bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        open_model(path, limits or Limits())
    return caught.value.note.rule


def test_a_plain_file_opens(path: Path) -> None:
    for version in ("earliest", "latest"):
        model = open_model(write(path, libver=version))
        np.testing.assert_array_equal(model.weights().arrays()[0], np.arange(6, dtype="float32"))
        assert model.notes == ()


def many_layers(file: h5py.File) -> None:
    names = [f"dense_{index}" for index in range(20)]
    file["model_weights"].attrs["layer_names"] = names
    for name in names:
        file["model_weights"].create_group(name).attrs["weight_names"] = ["k"]
        file[f"model_weights/{name}/k"] = np.full((2, 2), 3, ">f8")


def test_dense_groups_are_left_to_h5py(path: Path) -> None:
    for version in ("earliest", "latest"):
        weights = open_model(write(path, many_layers, libver=version)).weights()
        np.testing.assert_array_equal(weights.arrays(), np.full((20, 2, 2), 3.0))
        strict = Limits(h5py=False)
        if version == "latest":
            assert refused(path, strict) == "hdf5.needs-h5py"
        else:
            assert len(open_model(path, strict).weights()) == 20


@pytest.mark.parametrize(
    "kind", ["f2", "f4", "f8", ">f4", "i1", "i2", "i4", "i8", ">i8", "u1", "u2", "u4", "u8", "?"]
)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_arrays_are_read_as_h5py_reads_them(path: Path, kind: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(0, 2, size=shape).astype(kind)

    def change(file: h5py.File) -> None:
        del file["model_weights/dense/kernel:0"]
        file["model_weights/dense/kernel:0"] = values

    model = open_model(write(path, change), Limits(h5py=False))
    (found,) = model.weights().arrays()
    np.testing.assert_array_equal(found, values)
    assert found.dtype == values.dtype.newbyteorder("=")


def test_the_reader_sees_what_h5py_sees(legacy: Path) -> None:
    checked = 0
    for source in sorted(legacy.glob("*/*.h5"))[::7]:
        with open(source, "rb") as file:
            size = source.stat().st_size
            raw = RawReader(file, size, Findings("raw"), Limits()).tree()
            with h5py.File(file, "r") as root:
                native = _Inspection(Findings("h5py"), Limits(), size, "").run(root)
        assert flat(raw) == flat(native)
        checked += 1
    assert checked > 150


def flat(group: Group) -> dict[str, Any]:
    found: dict[str, Any] = {group.path: {name: as_text(value) for name, value in group.attributes.items()}}
    for child in group.children.values():
        found |= flat(child) if isinstance(child, Group) else {child.path: (child.shape, child.dtype)}
    return found


def as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


def test_many_names_that_share_one_long_text_are_refused(path: Path) -> None:
    """Each name points to the same text in the file, so a small file would fill the memory."""
    names = [f"{index:04}" for index in range(3000)]

    def change(file: h5py.File) -> None:
        file["model_weights"].attrs["layer_names"] = ["x" * 60_000, *names]

    data = bytearray(write(path, change).read_bytes())
    at = data.index((60_000).to_bytes(4, "little"), data.index(b"layer_names"))
    for index in range(len(names) + 1):
        data[at + 16 * index : at + 16 * (index + 1)] = data[at : at + 16]
    assert refused(bytes(data)) == "hdf5.damaged"


def test_an_external_link_is_refused_and_not_followed(path: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.h5")
    read_at = os.stat(secret).st_atime_ns
    target = h5py.ExternalLink(str(secret), "/model_weights/dense/kernel:0")
    write(path, lambda file: file["model_weights/dense"].__setitem__("kernel:1", target))
    assert refused(path) == "hdf5.external-link"
    assert os.stat(secret).st_atime_ns == read_at


@pytest.mark.parametrize("target", ["/model_weights/dense", "/nowhere"])
def test_a_soft_link_is_refused(path: Path, target: str) -> None:
    write(path, lambda file: file.__setitem__("alias", h5py.SoftLink(target)))
    assert refused(path) == "hdf5.soft-link"


def test_external_storage_is_refused(path: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw.bin"
    raw.write_bytes(b"secret!!" * 8)

    def change(file: h5py.File) -> None:
        file.create_dataset("stolen", (16,), "float32", external=[(str(raw), 0, 64)])

    assert refused(write(path, change)) == "hdf5.external-storage"


def test_a_virtual_dataset_is_refused(path: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.h5")

    def change(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((6,), "float32")
        layout[:] = h5py.VirtualSource(str(other), "model_weights/dense/kernel:0", (6,))
        file.create_virtual_dataset("virtual", layout)

    assert refused(write(path, change, libver="latest")) == "hdf5.virtual-dataset"


@pytest.mark.parametrize("options", [{}, {"chunks": (1024,)}, {"chunks": (1024,), "compression": "gzip"}])
def test_a_shape_larger_than_the_stored_data_is_refused(path: Path, options: dict[str, Any]) -> None:
    def change(file: h5py.File) -> None:
        file.create_dataset("bomb", (1 << 40,), "float32", **options)

    assert refused(write(path, change)) == "hdf5.shape-bomb"
    assert path.stat().st_size < 100_000


def test_a_compression_bomb_is_refused(path: Path) -> None:
    def change(file: h5py.File) -> None:
        file.create_dataset("bomb", data=np.zeros(4 << 20, "uint8"), chunks=(1 << 20,), compression="gzip")

    assert refused(write(path, change)) == "hdf5.shape-bomb"


def test_chunked_and_compressed_weights_are_read(path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(100, 10)).astype("float32")

    def change(file: h5py.File) -> None:
        del file["model_weights/dense/kernel:0"]
        file["model_weights/dense"].create_dataset(
            "kernel:0", data=values, chunks=(30, 3), compression="gzip"
        )

    np.testing.assert_array_equal(open_model(write(path, change)).weights().arrays()[0], values)


def test_an_object_linked_twice_or_in_a_cycle_is_refused(path: Path) -> None:
    def twice(file: h5py.File) -> None:
        file["model_weights/dense/again"] = file["model_weights/dense/kernel:0"]

    def cycle(file: h5py.File) -> None:
        file["model_weights/dense/up"] = file["model_weights"]

    assert refused(write(path, twice)) == "hdf5.linked-twice"
    assert refused(write(path, cycle)) == "hdf5.linked-twice"


def test_a_filter_from_a_plugin_is_refused(path: Path) -> None:
    def change(file: h5py.File) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((6,))
        plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((6,))
        h5py.h5d.create(file.id, b"plugin", h5py.h5t.IEEE_F32LE, space, plan)

    assert refused(write(path, change)) == "hdf5.filter"


def test_bytes_around_the_data_are_refused(path: Path) -> None:
    assert refused(write(path, userblock_size=512)) == "hdf5.user-block"
    assert refused(write(path).read_bytes() + b"tail") == "hdf5.trailing"
    assert refused(path.read_bytes()[:-100]) == "hdf5.damaged"


def test_limits_on_objects_and_attributes(path: Path) -> None:
    assert refused(write(path), Limits(hdf5_objects=2)) == "hdf5.too-many-objects"
    assert refused(path, Limits(json_bytes=10)) == "hdf5.attribute-size"
    names = np.array([b"x" * 60] * 900)
    many = write(path, lambda file: file["model_weights"].attrs.__setitem__("layer_names", names))
    assert refused(many, Limits(json_bytes=10_000)) == "hdf5.attribute-size"


@pytest.mark.parametrize("value", [np.zeros(3), 7, np.array([b"a", b"b"])])
def test_a_config_of_another_type_is_refused(path: Path, value: Any) -> None:
    assert refused(write(path, lambda file: file.attrs.__setitem__("model_config", value))) in (
        "hdf5.attribute-type",
        "json.damaged",
    )


def test_names_split_over_several_attributes_are_joined(path: Path) -> None:
    def change(file: h5py.File) -> None:
        group = file["model_weights"]
        del group.attrs["layer_names"]
        group.attrs["layer_names0"], group.attrs["layer_names1"] = [b"dense"], [b"other"]
        other = group.create_group("other")
        other.attrs["weight_names"] = ["bias:0"]
        other["bias:0"] = np.float16(3)

    weights = open_model(write(path, change)).weights()
    assert weights.layers == {"dense": ("dense/kernel:0",), "other": ("other/bias:0",)}
    assert weights["other/bias:0"] == np.float16(3)
    assert [(slot.shape, slot.dtype) for slot in weights.slots] == [((6,), "float32"), ((), "float16")]
    with pytest.raises(KeyError):
        weights["nothing"]


@pytest.mark.parametrize("names", [[b"kernel:0", b"kernel:0"], [b"kernel:0", b"missing:0"]])
def test_names_that_repeat_or_lead_nowhere_are_refused(path: Path, names: list[bytes]) -> None:
    def change(file: h5py.File) -> None:
        file["model_weights/dense"].attrs["weight_names"] = names

    model = open_model(write(path, change))
    with pytest.raises(RefusedError):
        model.weights()


def test_weights_that_are_no_numbers_are_refused(path: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["model_weights/dense/kernel:0"]
        file["model_weights/dense/kernel:0"] = ["text"]

    with pytest.raises(RefusedError, match=r"weights\.format"):
        open_model(write(path, change)).weights()


def test_a_file_with_neither_model_nor_weights_is_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros(3)
    assert refused(path) == "hdf5.no-model"


def test_a_weights_file_opens_without_architecture(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        file.create_group("dense").attrs["weight_names"] = [b"k"]
        file["dense/k"] = np.zeros(3)
    model = open_model(path)
    assert (model.config, [note.rule for note in model.notes]) == ({}, ["hdf5.weights-only"])
    assert list(model.weights()) == ["dense/k"]


class Counting(io.FileIO):
    """A file that counts the bytes read from it."""

    total = 0

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        Counting.total += count or 0
        return count or 0

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        Counting.total += len(data or b"")
        return data or b""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Counting]]:
    def opened(self: Source) -> BinaryIO:
        return Counting(self.path, "rb")  # type: ignore[return-value,arg-type]

    monkeypatch.setattr(Source, "open", opened)
    Counting.total = 0
    return Counting


def test_listing_lambdas_reads_no_weights(path: Path, counted: type[Counting]) -> None:
    """100 MB of weights, of which the file system stores nothing since they were never written."""

    def change(file: h5py.File) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        for index in range(100):
            group = file["model_weights"].create_group(f"layer_{index}")
            space = h5py.h5s.create_simple((250, 1000))
            h5py.h5d.create(group.id, b"kernel:0", h5py.h5t.IEEE_F32LE, space, plan)

    write(path, change)
    assert path.stat().st_size > 100_000_000
    assert not list(open_model(path).lambdas())
    assert 0 < counted.total < path.stat().st_size / 100


def test_a_file_that_changes_between_two_looks_is_refused(path: Path) -> None:
    model = open_model(write(path))
    write(path, lambda file: file.create_group("more"))
    with pytest.raises(RefusedError, match=r"file\.changed"):
        model.weights()


def test_nothing_stays_open(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    model = open_model(write(path))
    weights = model.weights()
    weights.arrays()
    next(iter(weights.values()))
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before
