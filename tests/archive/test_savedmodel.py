"""SavedModel folders: the metadata and the checkpoint, read without TensorFlow and checked against it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamina.archive import Limits, RefusedError, open_model
from lamina.archive.checkpoint import read_bundle
from lamina.archive.folder import Folder
from lamina.archive.rules import Findings
from lamina.archive.table import masked_crc32c, table_entries
from lamina.archive.wire import Wire

pytestmark = pytest.mark.backend_free


@pytest.fixture
def saved(legacy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(legacy / "py310_tf215__tfk" / "scale255_compiled.sm", tmp_path / "model.sm"))


def refused(path: Path, weights: bool = False, limits: Limits | None = None) -> str:
    def use() -> None:
        model = open_model(path, limits or Limits())
        if weights:
            model.weights().arrays()

    with pytest.raises(RefusedError) as caught:
        use()
    return caught.value.note.rule


def test_the_model_and_its_compile_config(saved: Path) -> None:
    model = open_model(saved)
    assert (model.kind, model.keras_version, model.backend) == ("savedmodel", "2.15.0", "tensorflow")
    assert model.config["class_name"] == "Functional"
    assert model.compile_config["loss"] == "mse"
    assert [node.path for node in model.lambdas()] == ["model/rescale"]
    assert list(model.weights()) == ["dense/kernel", "dense/bias"]


def test_a_lambda_that_only_another_object_holds_is_found(saved: Path) -> None:
    """TensorFlow revives layers from their own metadata, so code hidden there must be seen."""
    data = (saved / "keras_metadata.pb").read_bytes()
    marker = b'"keras_version"'
    assert data.count(b"4wEAAAAA") == 3
    at = data.rindex(b"4wEAAAAA")
    assert at > data.index(marker)
    (saved / "keras_metadata.pb").write_bytes(data[:at] + b"4wIAAAAA" + data[at + 8 :])
    assert [node.path for node in open_model(saved).lambdas()] == ["model/rescale", "object 2/rescale"]


def test_links_out_of_the_folder_are_refused(saved: Path, tmp_path: Path) -> None:
    shard = saved / "variables" / "variables.data-00000-of-00001"
    secret = tmp_path / "secret"
    shard.rename(secret)
    shard.symlink_to(secret)
    assert refused(saved, weights=True) == "savedmodel.symlink"
    metadata = saved / "keras_metadata.pb"
    metadata.unlink()
    metadata.symlink_to("/etc/hostname")
    assert refused(saved) == "savedmodel.symlink"


def test_folders_that_are_no_keras_models_are_refused(saved: Path) -> None:
    (saved / "keras_metadata.pb").write_bytes(b"")
    assert refused(saved) == "savedmodel.no-keras"
    (saved / "keras_metadata.pb").write_bytes(b"\x0a\x7f\x01")
    assert refused(saved) == "protobuf.damaged"
    (saved / "keras_metadata.pb").unlink()
    os.mkfifo(saved / "keras_metadata.pb")
    assert refused(saved) == "file.not-regular"


def test_limits(saved: Path) -> None:
    assert refused(saved, limits=Limits(protobuf_bytes=100)) == "protobuf.size"
    assert refused(saved, limits=Limits(json_bytes=5000)) == "json.size"
    assert refused(saved, weights=True, limits=Limits(checkpoint_entries=3)) == "checkpoint.damaged"


def test_damaged_checkpoints_are_refused(saved: Path) -> None:
    index = saved / "variables" / "variables.index"
    shard = saved / "variables" / "variables.data-00000-of-00001"
    data = index.read_bytes()
    for at in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[at] ^= 0x10
        index.write_bytes(flipped)
        # Bits that no reader looks at (the metaindex, padding of the footer) may change freely.
        if at < len(data) - 48 - 30:
            assert refused(saved, weights=True).startswith("checkpoint.")
    index.write_bytes(data[:-1])
    assert refused(saved, weights=True) == "checkpoint.damaged"
    index.write_bytes(data)
    shard.write_bytes(shard.read_bytes()[:100])
    assert refused(saved, weights=True) == "checkpoint.damaged"
    shard.unlink()
    assert refused(saved, weights=True) == "file.missing"


def test_a_compressed_index_is_refused() -> None:
    block = b"\0\0\0\0"

    def framed(kind: bytes) -> bytes:
        return block + kind + masked_crc32c(block + kind).to_bytes(4, "little")

    footer = bytes([0, 4, 9, 4]).ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little")
    wire = Wire(Findings("x"), "checkpoint.damaged")
    assert table_entries(memoryview(framed(b"\0") * 2 + footer), wire, 10) == {}
    with pytest.raises(RefusedError, match=r"checkpoint\.compressed"):
        table_entries(memoryview(framed(b"\0") + framed(b"\1") + footer), wire, 10)


def test_checksum_of_the_documented_example() -> None:
    """RFC 3720, B.4: 32 bytes of zeros have the CRC32C aa36918a."""
    crc = 0x8A9136AA
    assert masked_crc32c(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@given(st.binary(max_size=60))
def test_any_bytes_as_protobuf_end_in_fields_or_a_refusal(data: bytes) -> None:
    wire = Wire(Findings("x"), "protobuf.damaged")
    read = []
    with contextlib.suppress(RefusedError):
        read += [len(value) for _, value in wire.fields(memoryview(data)) if isinstance(value, memoryview)]
    assert sum(read) <= len(data)


WRITER = """
import json, sys
import numpy as np
import tensorflow as tf
kinds = json.loads(sys.argv[2])
class Model(tf.Module):
    def __init__(self):
        super().__init__()
        values = [tf.cast(tf.reshape(tf.range(6), (2, 3)) % 2, kind) for kind in kinds]
        self.variables_ = [tf.Variable(value) for value in values]
        self.many = [tf.Variable(float(i)) for i in range(300)]
tf.train.Checkpoint(model=Model()).write(sys.argv[1])
"""


@pytest.mark.slow
def test_every_data_type_is_read_as_tensorflow_wrote_it(tmp_path: Path) -> None:
    kinds = ["float32", "float64", "int32", "uint8", "int16", "int8", "complex64", "int64", "bool",
             "bfloat16", "uint16", "complex128", "float16", "uint32", "uint64"]  # fmt: skip
    (tmp_path / "variables").mkdir()
    command = [sys.executable, "-c", WRITER, str(tmp_path / "variables" / "variables"), json.dumps(kinds)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    )
    assert done.returncode == 0, done.stderr
    bundle = read_bundle(Folder(str(tmp_path)), Limits())
    from lamina.archive.checkpoint import _DTYPES, _slot

    found = {}
    for key, entry in bundle.entries.items():
        if entry.dtype in _DTYPES:
            slot = _slot(bundle, key, key)
            found[key] = (slot.dtype, next(bundle.read([slot])))
    for index, kind in enumerate(kinds):
        name, value = found[f"model/variables_/{index}/.ATTRIBUTES/VARIABLE_VALUE"]
        assert name == kind
        np.testing.assert_array_equal(value.astype("complex128").real, [[0, 1, 0], [1, 0, 1]])
    assert float(found["model/many/217/.ATTRIBUTES/VARIABLE_VALUE"][1]) == 217.0
