"""Damaged and mutated files end in a clean refusal or in data, within bounded memory and time."""

from __future__ import annotations

import contextlib
import resource
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamina.archive import Limits, open_model
from lamina.errors import LaminaError

pytestmark = pytest.mark.backend_free

LIMITS = Limits(h5py=False)
SEEDS = [
    "py27_tf112_k122__keras/siamese_euclidean.h5",
    "py36_tf14_k208__tfk/sequential_first.h5",
    "v311_k315__keras3/siamese_euclidean.h5",
    "v311_k315__keras3/scale255_compiled.keras",
    "py310_tf212__tfk/siamese_euclidean.v3.keras",
    "py310_tf212__tfk/mask_given.keras",
    "py36_tf112_k122__keras/keras1_merge_lambda.json",
    "v311_k315__keras3/nested_model.json",
]
FOLDERS = ["py38_tf24__tfk/siamese_euclidean.sm", "py310_tf215__tfk/mask_given.sm"]
PARTS = ["keras_metadata.pb", "saved_model.pb", "variables/variables.index",
         "variables/variables.data-00000-of-00001"]  # fmt: skip

_place = st.integers(0, 1 << 20)
_small = st.binary(min_size=1, max_size=8)
_numbers = st.sampled_from([bytes(8), b"\xff" * 8, b"\xff" * 4, b"\x00\x00\x00\x01", b"\x7f", b"\x80"])
MUTATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _place, _small | _numbers),
        st.tuples(st.just("insert"), _place, _small),
        st.tuples(st.just("cut"), _place, st.binary(max_size=40)),
        st.tuples(st.just("end"), _place, st.just(b"")),
    ),
    min_size=1,
    max_size=4,
)
MANY = settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])


def mutated(data: bytes, mutations: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, value in mutations:
        at = place % (len(data) + 1)
        if kind == "put":
            data = data[:at] + value + data[at + len(value) :]
        elif kind == "insert":
            data = data[:at] + value + data[at:]
        elif kind == "cut":
            data = data[:at] + data[at + len(value) :]
        else:
            data = data[:at]
    return data


def use(source: bytes | Path) -> None:
    """Does all that can be done with a file; raises nothing but LaminaError."""
    with contextlib.suppress(LaminaError):
        model = open_model(source, LIMITS)
        assert all(node.pointer.startswith("/") for node in (*model.lambdas(), *model.walk()))
        if model.kind != "json":
            model.weights().arrays()


@pytest.fixture(scope="module", autouse=True)
def bounded_memory() -> object:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB on Linux


@pytest.mark.parametrize("name", SEEDS)
@MANY
@given(mutations=MUTATIONS)
def test_mutated_files(legacy: Path, name: str, mutations: list[tuple[str, int, bytes]]) -> None:
    use(mutated((legacy / name).read_bytes(), mutations))


@pytest.mark.parametrize("name", FOLDERS)
@MANY
@given(part=st.sampled_from(PARTS), mutations=MUTATIONS)
def test_mutated_folders(
    legacy: Path, tmp_path: Path, name: str, part: str, mutations: list[tuple[str, int, bytes]]
) -> None:
    folder = tmp_path / "model.sm"
    if not folder.exists():
        shutil.copytree(legacy / name, folder)
    original = legacy / name / part
    if original.exists():
        (folder / part).write_bytes(mutated(original.read_bytes(), mutations))
        use(folder)
        shutil.copyfile(original, folder / part)


@given(
    data=st.binary(max_size=200),
    magic=st.sampled_from([b"", b"\x89HDF\r\n\x1a\n", b"PK\3\4", b"{", b"class_name:"]),
)
def test_arbitrary_bytes(data: bytes, magic: bytes) -> None:
    use(magic + data)
