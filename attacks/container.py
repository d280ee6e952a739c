"""Attacks by the container: zip, JSON, YAML and HDF5."""

# ruff: noqa: E501, one row of a table is one line
from __future__ import annotations

import io
import json
import pickle
import stat
import struct
import zipfile
from typing import Any

import h5py
import numpy as np

from attacks.build import hdf5, keras_h5, keras_zip, layer, model, old_model, zipped
from attacks.registry import attack

_UNKNOWN = "not understood"
_ZIP = "GHSA-hqp4-2352-xf5r"
_LINKS = "CVE-2026-1669"
_BOMB = "CVE-2026-0897"
_PLAIN = model(layer("Dense", units=1))


def _members(*extra: tuple[Any, bytes]) -> bytes:
    config = json.dumps(_PLAIN).encode()
    return zipped([("metadata.json", b"{}"), ("config.json", config), *extra])


attack("zip_duplicate.keras", "two members named config.json", "zip.duplicate-member", _UNKNOWN, _ZIP)(
    lambda m: _members(("config.json", b"{}"))
)
attack("zip_case_twins.keras", "config.json and CONFIG.JSON", "zip.case-twins", _UNKNOWN, _ZIP)(
    lambda m: _members(("CONFIG.JSON", b"{}"))
)
for _tag, _name in (
    ("parent", "../evil.py"),
    ("absolute", "/tmp/evil.py"),
    ("drive", "C:/evil.py"),
    ("inside", "assets/../../e"),
):
    attack(
        f"zip_name_{_tag}.keras", f"a member that extracts outside: {_tag}", "zip.unsafe-name", advisory=_ZIP
    )(lambda m, name=_name: _members((name, b"evil")))


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("assets/link")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


attack(
    "zip_symlink.keras",
    "a member that is a symbolic link",
    "zip.symlink",
    advisory="CVE-2025-12060, CVE-2025-12638",
)(lambda m: _members((_link(), b"/etc/hostname")))
attack("zip_prefix.keras", "bytes before the archive", "zip.prefix", _UNKNOWN)(
    lambda m: b"#!/bin/sh\n" + _members()
)
attack("zip_trailing.keras", "bytes after the archive", "zip.trailing", _UNKNOWN)(
    lambda m: _members() + b"evil" * 9
)
attack("zip_bomb.keras", "64 MB of zeros in 64 KB", "zip.ratio", _UNKNOWN, "Keras commit e5d9412")(
    lambda m: zipped([("config.json", b" " * (64 << 20))], zipfile.ZIP_DEFLATED)
)
attack(
    "zip_size.keras",
    "a member larger than it declares",
    "zip.header-mismatch",
    _UNKNOWN,
    "Keras commit a2f8eac",
)(lambda m: _patched_size(_members()))
attack("zip_many.keras", "twenty thousand members", "zip.too-many-members", _UNKNOWN, "Keras commit a2f8eac")(
    lambda m: _members(*((f"assets/{i}", b"") for i in range(20_000)))
)
attack("zip_pickle.keras", "a pickle as a member", "zip.pickle-member", advisory="CVE-2025-49655")(
    lambda m: _members(("assets/state.pkl", pickle.dumps({"a": 1})))
)
attack("zip_unknown.keras", "a member that no Keras writes", "zip.unknown-member", _UNKNOWN)(
    lambda m: _members(("payload.py", b"print()"))
)
attack(
    "npz_objects.keras",
    "weights as NumPy arrays of Python objects",
    "weights.object",
    advisory="CVE-2025-49655",
)(lambda m: _members(("model.weights.npz", _npz(np.array([{}], dtype=object)))))
attack("json_duplicate_key.keras", "two class names in one object", "json.duplicate-key", _UNKNOWN)(
    lambda m: keras_zip(json.dumps(_PLAIN)[:-1] + ', "class_name": "Lambda"}')
)
attack("json_depth.json", "lists nested a hundred thousand deep", "json.depth", _UNKNOWN)(
    lambda m: b'{"class_name": "Sequential", "config": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
)
attack("json_values.json", "two million values", "json.size", _UNKNOWN)(
    lambda m: b'{"class_name": "Sequential", "config": [' + b"0," * 2_000_000 + b"0]}"
)
attack("json_encoding.json", "UTF-16", "file.unknown", _UNKNOWN)(
    lambda m: json.dumps(_PLAIN).encode("utf-16")
)
attack("yaml_object.yaml", "a YAML tag that calls a function", "yaml.tag", advisory="CVE-2021-37678")(
    lambda m: f"class_name: Sequential\nconfig: !!python/object/apply:os.system ['touch {m}']\n".encode()
)
attack("yaml_cycle.yaml", "a YAML value that contains itself", "yaml.alias-cycle", _UNKNOWN)(
    lambda m: b"class_name: Sequential\nconfig: &a\n  layers: [*a]\n"
)
attack("yaml_aliases.yaml", "YAML aliases that multiply to billions", "json.size", _UNKNOWN)(
    lambda m: (
        b"class_name: Sequential\nconfig:\n  a0: &a0 [0,0,0,0,0,0,0,0,0,0]\n"
        + b"".join(b"  a%d: &a%d [%s]\n" % (i, i, b",".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 10))
    )
)
attack("pickle.keras", "a pickle under the name of a model", "file.unknown", _UNKNOWN, "CVE-2025-49655")(
    lambda m: pickle.dumps({"a": 1})
)
attack("empty.keras", "an empty file", "file.unknown", _UNKNOWN)(lambda m: b"")
attack("lfs_pointer.keras", "a Git LFS pointer instead of the file", "file.unknown", _UNKNOWN)(
    lambda m: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
)
attack("polyglot.h5", "HDF5 at the start and a zip at the end", "file.polyglot", _UNKNOWN)(
    lambda m: keras_h5(old_model()) + _members()
)
attack("truncated.keras", "a zip that is cut short", "zip.damaged", _UNKNOWN)(lambda m: _members()[:-30])
attack("truncated.h5", "HDF5 that is cut short", "hdf5.damaged", _UNKNOWN)(
    lambda m: keras_h5(old_model())[:-900]
)
attack("flipped.keras", "a flipped bit in the config", "zip.checksum", _UNKNOWN)(
    lambda m: _members().replace(b"sequential", b"sequentiam", 1)
)
attack("h5_external_link.h5", "a link to another file", "hdf5.external-link", advisory=_LINKS)(
    lambda m: keras_h5(
        old_model(), lambda f: _set(f, "model_weights/evil", h5py.ExternalLink("/etc/other.h5", "/x"))
    )
)
attack("h5_soft_link.h5", "a soft link", "hdf5.soft-link", advisory=_LINKS)(
    lambda m: keras_h5(old_model(), lambda f: _set(f, "model_weights/evil", h5py.SoftLink("/nowhere")))
)
attack("h5_external_storage.h5", "a dataset stored in another file", "hdf5.external-storage", advisory=_LINKS)(
    lambda m: keras_h5(old_model(), lambda f: f["model_weights"].create_dataset(
        "evil", (8,), "uint8", external=[("/etc/hostname", 0, 8)]))
)  # fmt: skip
attack("h5_virtual.h5", "a dataset made of another file's", "hdf5.virtual-dataset", advisory=_LINKS)(
    lambda m: keras_h5(old_model(), _virtual)
)
attack("h5_shape_bomb.h5", "a dataset that declares a terabyte", "hdf5.shape-bomb", _UNKNOWN, _BOMB)(
    lambda m: keras_h5(
        old_model(), lambda f: f["model_weights"].create_dataset("evil", (1 << 38,), "float32")
    )
)
attack("h5_cycle.h5", "a group that contains itself", "hdf5.linked-twice", _UNKNOWN, _BOMB)(
    lambda m: keras_h5(old_model(), lambda f: _set(f, "model_weights/evil", f["model_weights"]))
)
attack("h5_user_block.h5", "bytes before the HDF5 data", "hdf5.user-block", _UNKNOWN)(
    lambda m: b"#!/bin/sh\n" + bytes(502) + keras_h5(old_model())
)
attack("h5_trailing.h5", "bytes after the HDF5 data", "hdf5.trailing", _UNKNOWN)(
    lambda m: keras_h5(old_model()) + b"evil" * 99
)
attack(
    "h5_link_in_zip.keras",
    "a link to another file in the weights of a .keras",
    "hdf5.external-link",
    advisory=_LINKS,
)(
    lambda m: keras_zip(
        _PLAIN, weights=hdf5(lambda f: _set(f, "evil", h5py.ExternalLink("/etc/other.h5", "/x")))
    )
)
attack("h5_storage_in_zip.keras", "foreign storage in the weights of a .keras", "hdf5.external-storage", advisory=_LINKS)(
    lambda m: keras_zip(_PLAIN, weights=hdf5(lambda f: f.create_dataset(
        "evil", (8,), "uint8", external=[("/etc/hostname", 0, 8)])))
)  # fmt: skip
attack("h5_bomb_in_zip.keras", "a shape bomb in the weights of a .keras", "hdf5.shape-bomb", _UNKNOWN, _BOMB)(
    lambda m: keras_zip(_PLAIN, weights=hdf5(lambda f: f.create_dataset("evil", (1 << 38,), "float32")))
)
attack(
    "saved_model_folder.sm", "a folder with a SavedModel's name and nothing in it", "file.unknown", _UNKNOWN
)(lambda m: {"readme.txt": b""})


def _set(file: h5py.File, path: str, value: Any) -> None:
    file[path] = value


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((8,), "uint8")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (8,))
    file["model_weights"].create_virtual_dataset("evil", layout)


def _patched_size(data: bytes) -> bytes:
    """The archive with a smaller size in the central directory than in the member's own header."""
    at = data.find(b"PK\1\2")
    return data[: at + 24] + struct.pack("<I", 1) + data[at + 28 :]


def _npz(value: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, w=value)
    return buffer.getvalue()
