"""What an HDF5 file holds, as plain data: groups, their attributes of text, and datasets by place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from lamina._records import dataclass
from lamina.archive.limits import Limits
from lamina.archive.rules import Findings

# The attributes that Keras writes; no other is read.
CONFIGS = ("model_config", "training_config", "keras_version", "backend")
_NAMES = ("layer_names", "weight_names")

Text = str | bytes | list[str | bytes] | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """One array, without its numbers.

    Attributes:
        path: Names from the root, joined by slashes.
        shape: Its shape.
        dtype: NumPy's name for its type, `"bfloat16"`, or `""` for what is no plain number.
        order: `"<"` or `">"`.
        offset: First byte in the file, or None where h5py must read it (chunks, compression).
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    order: str = "<"
    offset: int | None = None


@dataclass(slots=True)
class Group:
    """A group with its children, and those attributes that Keras reads; `None` is no text."""

    path: str
    attributes: dict[str, Text] = field(default_factory=dict)
    children: dict[str, Group | Dataset] = field(default_factory=dict)

    def find(self, path: str) -> Group | Dataset | None:
        """The object at a relative path, or None."""
        found: Group | Dataset | None = self
        for name in path.split("/"):
            found = found.children.get(name) if isinstance(found, Group) else None
        return found

    def group(self, name: str) -> Group | None:
        """The child of that name where it is a group."""
        found = self.children.get(name)
        return found if isinstance(found, Group) else None

    def child_path(self, name: str) -> str:
        """The path of a child."""
        return f"{self.path}/{name}" if self.path else name


def is_read(name: str) -> bool:
    """Whether an attribute is one that Keras reads."""
    return name in CONFIGS or name == "dtype" or name.rstrip("0123456789") in _NAMES


def text_attribute(group: Group, name: str, findings: Findings, at: str = "") -> str | bytes | None:
    """A scalar text attribute, or None where there is none.

    Raises:
        RefusedError: The attribute is no text.
    """
    if name not in group.attributes:
        return None
    value = group.attributes[name]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str | bytes):
        raise findings.refused("hdf5.attribute-type", f"{name} is no text", at)
    return value


def names_attribute(group: Group, name: str, findings: Findings, at: str = "") -> list[str] | None:
    """A list of names, or None where there is none.

    Keras splits a list that does not fit an attribute into `name0`, `name1`, ...

    Raises:
        RefusedError: The attribute is no list of text, or repeats a name.
    """
    parts = [name] if name in group.attributes else _numbered(group.attributes, name)
    if not parts:
        return None
    names: list[str] = []
    for part in parts:
        value = group.attributes[part]
        if not isinstance(value, list):
            raise findings.refused("hdf5.attribute-type", f"{part} is no list of names", at)
        names += [decoded(item, findings, at) for item in value]
    if len(set(names)) != len(names):
        raise findings.refused("hdf5.linked-twice", f"{name} repeats a name", at)
    return names


def decoded(value: str | bytes, findings: Findings, at: str = "") -> str:
    """A name as text."""
    try:
        return value if isinstance(value, str) else value.decode()
    except UnicodeDecodeError as error:
        raise findings.refused("hdf5.damaged", f"a name that is not UTF-8: {value[:40]!r}", at) from error


def check_attribute_size(size: int, name: str, findings: Findings, limits: Limits, at: str = "") -> None:
    """Refuses an attribute whose text is larger than the limit on JSON."""
    if size > limits.json_bytes:
        raise findings.refused("hdf5.attribute-size", f"{name}: {size} bytes", at)


def _numbered(attributes: Mapping[str, Text], name: str) -> list[str]:
    parts: list[str] = []
    while f"{name}{len(parts)}" in attributes:
        parts.append(f"{name}{len(parts)}")
    return parts
