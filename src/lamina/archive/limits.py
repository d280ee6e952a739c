"""How much a file may make the reader do."""

from __future__ import annotations

from lamina._records import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the work and memory that reading one file may take.

    The defaults hold for every model that Keras itself ships, and keep a hostile file under
    200 MB of memory as long as only its architecture is read. Weights are bounded by what the
    file really stores.

    Attributes:
        json_bytes: Bytes of one JSON text.
        json_values: Values in one JSON text.
        json_depth: Nesting of lists and objects.
        yaml_bytes: Bytes of one YAML text; its reader is slow, so this is smaller.
        zip_members: Members of a zip archive.
        member_bytes: Bytes of a compressed zip member, once expanded in memory.
        ratio: Stored bytes may expand to this many times their number.
        hdf5_objects: Groups and datasets in an HDF5 file.
        h5py: Whether HDF5 that only the HDF5 library can read (chunks, dense groups) is given to it;
            that library may hang or crash on a hostile file.
        protobuf_bytes: Bytes of `keras_metadata.pb` or `saved_model.pb`.
        checkpoint_entries: Tensors in a TensorFlow checkpoint.
    """

    json_bytes: int = 32 * MIB
    json_values: int = 1_000_000
    json_depth: int = 200
    yaml_bytes: int = 2 * MIB
    zip_members: int = 10_000
    member_bytes: int = 64 * MIB
    ratio: int = 100
    hdf5_objects: int = 200_000
    h5py: bool = True
    protobuf_bytes: int = 64 * MIB
    checkpoint_entries: int = 100_000


DEFAULT_LIMITS = Limits()
